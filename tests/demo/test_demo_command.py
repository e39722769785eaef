"""`amends demo` as people use it: one line, a clean end, on again where it was, and over a kill."""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.support.database import folder_for_server

PROJECT = Path(__file__).parents[2]
LINE = re.compile(r"(http://127\.0\.0\.1:\d+)  service key (amends_\S+)  calls at /docs\n")


class Running:
    """A demo that answers."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        line = process.stdout.readline()
        found = LINE.fullmatch(line)
        assert found, line or process.communicate()[1]
        self.address, self.key = found.groups()

    def ask(self, path: str, body: object = None, actor: str = "platform/shen") -> Any:
        headers = {"authorization": f"Bearer {self.key}", "amends-actor": actor, "content-type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(self.address + path, data, headers), timeout=60) as answer:
            return json.load(answer)

    def newest(self) -> list[str]:
        return [case["case_id"] for case in self.ask("/v1/cases?limit=20")["cases"]]

    def end(self, sign: signal.Signals) -> tuple[int, str]:
        """Exit code, and what stood on standard output beside the line."""
        self.process.send_signal(sign)
        rest, _ = self.process.communicate(timeout=60)
        return self.process.returncode, rest


def launch(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "amends", "demo", "--data", folder],
        cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@contextmanager
def ended(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """Whatever the test finds, nothing is left running."""
    with process:
        try:
            yield process
        finally:
            process.kill()


def served(folder: Path) -> bool:
    return (folder / "postgres" / "cluster" / "postmaster.pid").exists()


@pytest.mark.timeout(400)
def test_it_starts_with_one_line_ends_cleanly_and_goes_on_where_it_was():
    with folder_for_server() as folder:
        with ended(launch(folder)) as process:
            parcels = folder / "sandbox" / "parcels.jsonl"
            while not (parcels.exists() and parcels.stat().st_size):
                assert process.poll() is None, process.communicate()[1]
                time.sleep(0.05)
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=60) == 130, "ended while the marketplace was being made"
            assert not served(folder)

        with ended(launch(folder)) as process:
            first = Running(process)
            assert len(first.newest()) == 20
            before = datetime.fromisoformat(first.ask("/v1/demo/clock", {"advance": "PT1S"})["now"])
            first.ask("/v1/demo/clock", {"advance": "PT30H"})
            seen = first.newest()
            assert first.end(signal.SIGINT) == (0, "")
            assert not served(folder)

        with ended(launch(folder)) as process:
            second = Running(process)
            assert second.key == first.key
            assert set(seen) <= {*second.newest(), *seen[10:]}, "the same marketplace"
            now = datetime.fromisoformat(second.ask("/v1/demo/clock", {"advance": "PT1S"})["now"])
            assert now - before >= timedelta(hours=30)
            process.kill()
            process.communicate()
            assert served(folder), "nobody was left to stop the database"

        with ended(launch(folder)) as process:
            third = Running(process)
            assert third.newest()
            assert third.end(signal.SIGTERM) == (0, "")
            assert not served(folder)
