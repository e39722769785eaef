"""`serve`, `worker`, `migrate` and `doctor` as an operator runs them: real processes, a database that comes along."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import psycopg
import pytest

from amends.domain.case import public_case_id
from amends.store.embedded import EmbeddedPostgres
from tests.http.stories import OWNER, opening, order
from tests.support.database import folder_for_server

PATIENCE_SECONDS = 60


def amends(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "amends", *map(str, arguments)],
        capture_output=True, text=True, encoding="utf-8", check=False, env=os.environ | environment,
    )  # fmt: skip


@contextmanager
def running(*arguments: str | Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-m", "amends", *map(str, arguments)], stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_SECONDS)
        process.stderr.close()


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with folder_for_server() as folder:
        yield folder


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def until(what: str, found, process: subprocess.Popen[bytes]) -> None:
    """Wait for something to be so."""
    ends_at = time.monotonic() + PATIENCE_SECONDS
    while not found():
        assert process.poll() is None, f"{what}: the process ended with {process.returncode}"
        assert time.monotonic() < ends_at, f"{what} did not happen"
        time.sleep(0.1)


def is_healthy(address: str) -> bool:
    try:
        return httpx2.get(f"{address}/health").status_code == 200
    except httpx2.TransportError:
        return False


def test_a_refund_is_paid_by_the_processes_of_one_machine(folder: Path):
    """Serve and worker share the database that comes along; the sandbox provider pays."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with running("serve", "--port", port, "--data", folder) as serve:
        until("serving", lambda: is_healthy(address), serve)
        key = (folder / "service-key").read_text(encoding="ascii")
        assert (folder / "service-key").stat().st_mode & 0o777 == 0o600
        with (
            running("worker", "--data", folder) as worker,
            httpx2.Client(base_url=address, headers={"authorization": f"Bearer {key}"}) as client,
        ):
            client.put("/v1/merchants/1001", json={"staff": {"li": "owner"}}).raise_for_status()
            client.post("/v1/orders", json=order()).raise_for_status()
            opened = client.post("/v1/cases", json=opening(), headers={"amends-actor": "buyer/b42"}).raise_for_status()
            path = f"/v1/cases/{opened.json()['case_id']}"
            client.post(f"{path}/agree", json={"application": 1}, headers={"amends-actor": OWNER}).raise_for_status()

            def attempted() -> bool:
                box = client.get("/v1/outbox").raise_for_status().json()
                case = client.get(path, headers={"amends-actor": OWNER}).raise_for_status().json()
                return box["waiting"] == 0 and case["status"]["funds"] in ("paid", "paying", "unknown")

            until("delivery", attempted, worker)
        assert worker.returncode == 0
    assert serve.returncode in (0, -signal.SIGTERM)


def test_a_dossier_made_at_the_terminal_holds_under_the_key_that_the_service_publishes(folder: Path, tmp_path: Path):
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with running("serve", "--port", port, "--data", folder) as serve:
        until("serving", lambda: is_healthy(address), serve)
        key = (folder / "service-key").read_text(encoding="ascii")
        headers = {"authorization": f"Bearer {key}", "amends-actor": "buyer/b42"}
        with httpx2.Client(base_url=address, headers=headers) as client:
            client.post("/v1/orders", json=order("o2"), headers={"amends-actor": "system"}).raise_for_status()
            case = client.post("/v1/cases", json=opening("o2")).raise_for_status().json()["case_id"]
            path = tmp_path / "dossier.zip"
            made = amends("dossier", case, "-o", path, "--for", "buyer", "--data", folder)
            assert (made.returncode, made.stderr) == (0, "")
            assert "2 events, 0 files of evidence" in made.stdout
            published = client.get("/v1/ledger/keys").raise_for_status().json()["keys"][0]["key"]
            served = client.get(f"/v1/cases/{case}/dossier").raise_for_status().content
        checked = amends("verify", path, "--key", published)
        assert checked.returncode == 0, checked.stdout
        assert served == path.read_bytes()
        again = amends("dossier", case, "-o", path, "--data", folder)
        assert again.returncode == 1
        assert "exists" in again.stderr
        assert amends("dossier", case, "-o", tmp_path / "d.pdf", "--data", folder).returncode == 0
        assert (tmp_path / "d.pdf").read_bytes().startswith(b"%PDF")
        missing = amends("dossier", "1001-0000000000007", "-o", tmp_path / "x.zip", "--data", folder)
        assert (missing.returncode, missing.stderr) == (1, "There is no such case.\n")
        assert not (tmp_path / "x.zip").exists()


def test_a_new_key_takes_over_and_what_was_signed_before_still_holds(folder: Path, tmp_path: Path):
    with running("serve", "--port", free_port(), "--data", folder):
        first = amends("ledger", "show", "--data", folder)
        assert first.returncode == 0, first.stderr
        key = first.stdout.split("\n")[0].rpartition(" ")[2]
        case = _any_case(folder)
        before, after = tmp_path / "before.zip", tmp_path / "after.zip"
        assert amends("dossier", case, "-o", before, "--data", folder).returncode == 0
        rotated = amends("ledger", "rotate", "--data", folder)
        assert (rotated.returncode, rotated.stdout[:28]) == (0, "Key 2 signs from now on: ame")
        assert amends("dossier", case, "-o", after, "--data", folder).returncode == 0
        for path in (before, after):
            checked = amends("verify", path, "--key", key)
            assert checked.returncode == 0, checked.stdout
        assert amends("ledger", "show", "--data", folder).stdout.startswith(first.stdout.split("\n")[0])


def test_a_case_is_held_and_released_at_the_terminal_and_nothing_young_is_erased(folder: Path):
    with running("serve", "--port", free_port(), "--data", folder):
        listed = amends("retention", "holds", "--data", folder)
        assert (listed.returncode, listed.stdout) == (0, "None stands.\n")
        case = _any_case(folder)
        for arguments, told in (
            (("hold", case, "--reason", "court paper 118", "--by", "bai"), f"Hold 1 on {case} stands."),
            (("hold", case, "--reason", "court paper 118"), f"Hold 1 on {case} stands already, for the same reason."),
            (("holds",), "court paper 118"),
            (("lift", case, "1", "--because", "decided", "--by", "bai"), f"Hold 1 on {case} is lifted."),
            (("run", "--dry-run"), "0 cases would go, 0 stay."),
            (("run",), "0 cases erased, 0 left; 0 bytes of files removed."),
        ):
            done = amends("retention", *arguments, "--data", folder)
            assert done.returncode == 0, done.stderr
            assert told in done.stdout
        for arguments, told in (
            (("lift", case, "1", "--because", "again", "--by", "he"), "It was lifted already, at"),
            (("lift", case, "2", "--because", "decided"), "There is no such hold."),
            (("hold", case, "--reason", " "), "Say why"),
            (("hold", "1001-0000000000000", "--reason", "court paper"), "There is no such case."),
        ):
            refused = amends("retention", *arguments, "--data", folder)
            assert refused.returncode == 1
            assert told in refused.stderr
        refused = amends("retention", "erase", case, "--because", "asked", "--data", folder)
        assert refused.returncode == 1
        assert "still running" in refused.stderr or "The law asks for it until" in refused.stderr


def _any_case(folder: Path) -> str:
    with (
        EmbeddedPostgres(folder / "postgres") as server,
        psycopg.connect(server.create_database("amends")) as connection,
    ):
        row = connection.execute("select merchant_id, case_id from cases order by case_id limit 1").fetchone()
    assert row is not None, "the tests before opened some"
    return public_case_id(*row)


def test_the_doctor_finds_a_running_service_well(folder: Path):
    examined = amends("doctor", "--data", folder)
    lines = examined.stdout.splitlines()
    assert examined.returncode == 0, examined.stdout
    assert {line[0] for line in lines} <= {"✓", "i"}
    subjects = [line[2:].partition(":")[0] for line in lines]
    assert subjects[:4] == ["Time limits", "Deliveries", "Given up", "Rulings"]
    assert {"Database", "Clock", "Migrations", "Disk of the evidence", "Disk of the database", "Policy"} < {*subjects}


def test_migrating_twice_finds_nothing_left(folder: Path):
    again = amends("migrate", "--data", folder)
    assert (again.returncode, again.stderr.strip()) == (0, "Nothing was missing.")


def test_a_database_of_ones_own_is_migrated_on_demand_only(empty_database: str, tmp_path: Path):
    own = {"AMENDS_DATABASE_URL": empty_database, "AMENDS_DATA_DIR": str(tmp_path)}
    unserved = amends("serve", **own)
    assert unserved.returncode == 1
    assert "amends migrate" in unserved.stderr
    sick = amends("doctor", **own)
    assert sick.returncode == 1
    assert "are missing: 0001" in sick.stdout
    assert "Run amends migrate" in sick.stdout

    assert amends("migrate", **own).stderr.startswith("Applied: 0001")
    assert amends("doctor", **own).returncode == 0


@pytest.mark.parametrize("command", ["serve", "worker", "migrate", "doctor"])
def test_a_database_that_is_away_is_said_in_a_line(command: str, tmp_path: Path):
    nowhere = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    found = amends(command, AMENDS_DATABASE_URL=nowhere, AMENDS_DATA_DIR=str(tmp_path))
    assert found.returncode == 1
    assert "cannot be reached" in found.stdout + found.stderr
    assert "Traceback" not in found.stderr


def test_settings_that_cannot_be_used_are_all_named(tmp_path: Path):
    found = amends("serve", "--data", tmp_path, AMENDS_PORT="many", AMENDS_WEB_PROCESSES="0")
    assert found.returncode == 1
    assert "AMENDS_PORT" in found.stderr
    assert "AMENDS_WEB_PROCESSES" in found.stderr
