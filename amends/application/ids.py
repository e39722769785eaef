"""Numbers that sort by time and are made without asking anybody (DESIGN §2).

63 bits: 41 of milliseconds since 2024 (until 2093), 10 of the process's node, 12 of a sequence within the millisecond.
"""

from datetime import UTC, datetime, timedelta

from amends.domain.time import Instant

EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
NODES = 1 << 10
_PER_MILLISECOND = 1 << 12
_MILLISECOND = timedelta(milliseconds=1)


class Ids:
    """One per process; `node` must be its own among those that run at the same time."""

    def __init__(self, node: int) -> None:
        if not 0 <= node < NODES:
            raise ValueError(f"node {node} is not one of 0..{NODES - 1}")
        self._node = node
        self._millisecond = 0
        self._sequence = 0

    def next(self, now: Instant) -> int:
        """Greater than all before it from this process, also when the clock stood still or went back."""
        millisecond = (now - EPOCH) // _MILLISECOND
        if millisecond > self._millisecond:
            self._millisecond, self._sequence = millisecond, 0
        else:
            self._sequence += 1
            if self._sequence == _PER_MILLISECOND:
                self._millisecond, self._sequence = self._millisecond + 1, 0
        return (self._millisecond << 22) | (self._node << 12) | self._sequence
