"""What the figures were measured on: without it they mean nothing."""

import os
import platform
import statistics
import time
from pathlib import Path

from msgspec import Struct

_WRITES = 200
_PAGE = bytes(8192)


class Machine(Struct, frozen=True):
    """A machine. `fdatasync_us` is what one durable write of a page costs, which no commit can undercut.

    `load` is how many processes wanted to run in the minute before: above the number of cores, others share in every
    figure.
    """

    cores: int
    processor: str
    system: str
    python: str
    fdatasync_us: float
    load: float


def look(folder: Path) -> Machine:
    """The machine that runs this, with the disk that `folder` is on."""
    return Machine(
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        processor=_processor(),
        system=platform.platform(terse=True),
        python=f"{platform.python_version()}, {platform.python_compiler()}",
        fdatasync_us=_fdatasync_us(folder / "fdatasync"),
        load=os.getloadavg()[0],
    )


def _processor() -> str:
    """Linux knows the model; elsewhere the kind must do."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _fdatasync_us(file: Path) -> float:
    """Median time of writing a page over and making that durable, as PostgreSQL does with its log."""
    sync = getattr(os, "fdatasync", os.fsync)
    times = []
    descriptor = os.open(file, os.O_CREAT | os.O_WRONLY, 0o600)
    try:
        for number in range(_WRITES):
            os.pwrite(descriptor, _PAGE, number % 64 * len(_PAGE))
            begin = time.perf_counter()
            sync(descriptor)
            times.append(time.perf_counter() - begin)
    finally:
        os.close(descriptor)
        file.unlink()
    return 1e6 * statistics.median(times)
