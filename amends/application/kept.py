"""Answers that may be a minute old: what a page shows beside its own matter is not worked out for each reader."""

from collections.abc import Awaitable, Callable, Hashable
from datetime import timedelta
from typing import Generic, TypeVar

from amends.application.ports import Clock
from amends.domain.time import Instant

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_KEPT_FOR = timedelta(minutes=1)


class Kept(Generic[K, V]):
    """Per process, by what was asked; `most` answers at once."""

    def __init__(self, clock: Clock, most: int) -> None:
        self._clock = clock
        self._most = most
        self._answers: dict[K, tuple[Instant, V]] = {}

    async def get(self, asked: K, find: Callable[[Instant], Awaitable[V]]) -> V:
        """The answer that is kept, or found now. Raises what `find` raises."""
        now = self._clock.now()
        kept = self._answers.get(asked)
        if kept is not None and abs(now - kept[0]) < _KEPT_FOR:
            return kept[1]
        found = await find(now)
        if len(self._answers) >= self._most:
            self._answers.clear()
        self._answers[asked] = now, found
        return found
