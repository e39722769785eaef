"""An operator's mistakes come back all at once, in words."""

from pathlib import Path

import pytest

from amends.settings import Settings, SettingsRefused, load_settings


def test_without_any_setting_the_service_is_for_this_machine_alone():
    assert load_settings({"PATH": "/bin"}) == Settings()
    assert Settings().host == "127.0.0.1"
    assert Settings().database_url is None


def test_variables_set_each_field_in_its_own_type():
    settings = load_settings(
        {"AMENDS_PORT": "9000", "AMENDS_DATA_DIR": "/srv/amends", "AMENDS_POLICY_DIR": "rules", "AMENDS_HOST": "::1"}
    )
    assert settings.port == 9000
    assert settings.data_dir == Path("/srv/amends")
    assert settings.policy_dir == Path("rules")
    assert settings.host == "::1"


def test_a_variable_overrules_the_file(tmp_path):
    file = tmp_path / "amends.toml"
    file.write_text('port = 9000\nhost = "127.0.0.2"\n')
    settings = load_settings({"AMENDS_CONFIG": str(file), "AMENDS_PORT": "9001"})
    assert (settings.port, settings.host) == (9001, "127.0.0.2")


def test_an_empty_variable_leaves_a_setting_out():
    assert load_settings({"AMENDS_PORT": "", "AMENDS_POLICY_DIR": "", "AMENDS_CONFIG": ""}) == Settings()


def test_all_faults_are_told_at_once_each_with_where_it_stands(tmp_path):
    file = tmp_path / "amends.toml"
    file.write_text('port = 0\ncolour = "red"\ndata_dir = 7\n')
    with pytest.raises(SettingsRefused) as refused:
        load_settings({"AMENDS_CONFIG": str(file), "AMENDS_WEB_PROCESSES": "many", "AMENDS_PRT": "1"})
    faults = refused.value.faults
    assert len(faults) == 5
    assert any(fault.startswith(f"port in {file}: ") for fault in faults)
    assert any(fault.startswith(f"data_dir in {file}: Expected a path") for fault in faults)
    assert any(fault.startswith("AMENDS_WEB_PROCESSES: ") for fault in faults)
    assert any(fault.startswith(f"colour in {file}: there is no such setting") for fault in faults)
    assert any(fault.startswith("AMENDS_PRT: there is no such setting; known are") for fault in faults)
    assert all(fault in str(refused.value) for fault in faults)


@pytest.mark.parametrize("content", [None, "port = ", "\xff"])
def test_a_file_that_cannot_be_read_is_a_fault_and_not_ignored(tmp_path, content):
    file = tmp_path / "amends.toml"
    if content is not None:
        file.write_bytes(content.encode("latin-1"))
    with pytest.raises(SettingsRefused, match=r"AMENDS_CONFIG=.*amends\.toml"):
        load_settings({"AMENDS_CONFIG": str(file)})
