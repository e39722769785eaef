"""The movable clock: forward only, the same for every process, and still moved after a restart."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from amends.adapters.clock import MovableClock, SystemClock

TICK = timedelta(seconds=1)


def test_a_new_clock_tells_the_time_of_the_machine(tmp_path):
    assert abs(MovableClock(tmp_path / "clock").now() - datetime.now(UTC)) < TICK
    assert abs(SystemClock().now() - datetime.now(UTC)) < TICK


def test_a_clock_moves_forward_and_keeps_its_lead_after_a_restart(tmp_path):
    clock = MovableClock(tmp_path / "clock")
    clock.advance(timedelta(hours=47))
    assert abs(clock.advance(timedelta(hours=1)) - datetime.now(UTC) - timedelta(hours=48)) < TICK
    clock.close()
    assert MovableClock(tmp_path / "clock").offset == timedelta(hours=48)


def test_a_clock_never_moves_back(tmp_path):
    clock = MovableClock(tmp_path / "clock")
    with pytest.raises(ValueError, match="forward"):
        clock.advance(timedelta(microseconds=-1))
    assert clock.offset == timedelta(0)


def test_a_clock_that_is_moved_by_one_process_moves_for_all(tmp_path):
    clock = MovableClock(tmp_path / "clock")
    move = (
        "import sys; from datetime import timedelta; from pathlib import Path; "
        "from amends.adapters.clock import MovableClock; "
        "MovableClock(Path(sys.argv[1])).advance(timedelta(days=2))"
    )
    subprocess.run([sys.executable, "-c", move, tmp_path / "clock"], check=True)
    assert clock.offset == timedelta(days=2)
