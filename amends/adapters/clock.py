"""The only sources of `now`."""

import fcntl
import mmap
import os
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

from amends.domain.time import Instant

_MICROSECOND = timedelta(microseconds=1)
_WORD = struct.Struct("<q")


class SystemClock:
    """The machine's clock."""

    def now(self) -> Instant:
        return datetime.now(UTC)


class MovableClock:
    """The machine's clock and an offset that only grows, for demonstrations and tests.

    The offset is eight bytes of a file that every process on the machine maps into its memory: moved for one, moved
    for all, and still moved after a restart.
    """

    def __init__(self, file: Path) -> None:
        self._file = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if os.fstat(self._file).st_size < _WORD.size:
                os.truncate(self._file, _WORD.size)
            self._offset = mmap.mmap(self._file, _WORD.size)
        except BaseException:
            os.close(self._file)
            raise

    def now(self) -> Instant:
        return datetime.now(UTC) + self.offset

    @property
    def offset(self) -> timedelta:
        return timedelta(microseconds=_WORD.unpack_from(self._offset)[0])

    def advance(self, length: timedelta) -> Instant:
        """Move on and say what time it is now. Back there is no way: what has been recorded has happened."""
        if length < timedelta(0):
            raise ValueError("a clock moves forward only")
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            _WORD.pack_into(self._offset, 0, (self.offset + length) // _MICROSECOND)
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)
        return self.now()

    def close(self) -> None:
        self._offset.close()
        os.close(self._file)
