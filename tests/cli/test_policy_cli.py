"""`amends policy` as an operator types it."""

import subprocess
import sys
from pathlib import Path

import pytest

from amends.application.policies import shipped_text


def policy(*arguments: str | Path) -> tuple[int, str, str]:
    """Exit code, output, errors."""
    done = subprocess.run(
        [sys.executable, "-m", "amends", "policy", *map(str, arguments)],
        capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def changed_file(tmp_path):
    text = shipped_text().replace("hours = 0.5 ", "hours = 0.75 ").replace('label = "缺货"', 'label = "没货了"')
    text = text.replace('evidence = [["freight_receipt"]]\n', "")
    file = tmp_path / "changed.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_check_finds_the_shipped_policy_good():
    code, out, _ = policy("check")
    assert code == 0
    assert "marketplace-cn-2026.1 is good: 35 deadlines, 20 reasons" in out


def test_check_lists_every_fault_with_file_and_line_and_fails(tmp_path):
    file = tmp_path / "broken.toml"
    text = shipped_text().replace("points = 20 ", "points = 0 ").replace('fault = "carrier"', 'fault = "carier"', 1)
    file.write_text(text, encoding="utf-8")
    code, out, _ = policy("check", file)
    assert code == 1
    head, points, fault = out.splitlines()
    assert head == f"{file}: 2 faults"
    assert points.startswith(f"{file}:52: limits.points: 0 would leave nobody a way")
    assert "reasons.stuck_in_transit.fault: 'carier' is not possible here; carrier is meant?" in fault


def test_a_file_that_is_not_there_is_told_from_a_file_with_faults(tmp_path):
    code, out, errors = policy("check", tmp_path / "none.toml")
    assert (code, out) == (2, "")
    assert "No such file" in errors


def test_diff_of_the_same_policy_is_empty():
    assert policy("diff", "shipped", "shipped") == (0, "The two policies say the same.\n", "")


def test_diff_names_each_changed_value_by_its_path_old_and_new(changed_file):
    code, out, _ = policy("diff", "shipped", changed_file)
    assert code == 1
    assert [line.split("\t") for line in out.splitlines()] == [
        ["deadlines.negotiation_wait.hours", "0.5", "0.75"],
        ["reasons.out_of_stock.label", "缺货", "没货了"],
        ["reasons.freight_refund.evidence", '[["freight_receipt"]]', "(gone)"],
    ]


def test_diff_the_other_way_says_what_was_not_there(changed_file):
    _, out, _ = policy("diff", changed_file, "shipped")
    assert ["reasons.freight_refund.evidence", "(not there)", '[["freight_receipt"]]'] in [
        line.split("\t") for line in out.splitlines()
    ]


def test_show_prints_every_deadline_whole():
    code, out, _ = policy("show", "--section", "deadlines")
    assert code == 0
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in out.splitlines() if line.startswith("│")]
    assert ["negotiation_wait", "buyer", "30 min waking", "may_reject", "rules §4; R3.5"] in rows
    assert ["replacement_transit", "courier", "10 d", "send_again", "rules §4"] in rows


def test_show_has_every_section():
    code, out, _ = policy("show")
    assert code == 0
    for title in ("Windows", "Limits", "Parcels", "Deadlines", "Categories", "Reasons", "Reasons to reject",
                  "Who pays the freight", "Clauses for rulings", "Holidays"):  # fmt: skip
        assert f"\n{title} " in out
