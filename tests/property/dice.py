"""One way to choose, whether Hypothesis chooses (and shrinks towards the first of everything) or a seeded generator."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cache
from random import Random
from typing import TypeVar

from hypothesis import note
from hypothesis import strategies as st

T = TypeVar("T")


class Dice(ABC):
    """Draws of whole numbers, and what follows from them. The first choice is always the simplest."""

    @abstractmethod
    def below(self, n: int) -> int:
        """0 to n - 1."""

    @abstractmethod
    def tell(self, line: str) -> None:
        """What followed from the dice, kept for whoever has to understand a failure."""

    def between(self, least: int, most: int) -> int:
        return least + self.below(most - least + 1)

    def pick(self, items: Sequence[T]) -> T:
        return items[self.below(len(items))]

    def chance(self, percent: int) -> bool:
        """True in `percent` of a hundred draws."""
        return self.below(100) >= 100 - percent

    def some(self, items: Sequence[T], most: int) -> tuple[T, ...]:
        """At least one and at most `most` of them, in their order."""
        count = self.between(1, min(most, len(items)))
        left = list(range(len(items)))
        chosen = [left.pop(self.below(len(left))) for _ in range(count)]
        return tuple(items[i] for i in sorted(chosen))


class Drawn(Dice):
    """Hypothesis chooses."""

    def __init__(self, data: st.DataObject) -> None:
        self._data = data

    def below(self, n: int) -> int:
        return self._data.draw(_below(n)) if n > 1 else 0

    def tell(self, line: str) -> None:
        note(line)


@cache
def _below(n: int) -> st.SearchStrategy[int]:
    """Evenly, where `integers` would favour the ends."""
    return st.sampled_from(range(n)) if n <= 100 else st.integers(0, n - 1)


class Seeded(Dice):
    """A generator chooses: the same seed, the same choices."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self.story: list[str] = []

    def tell(self, line: str) -> None:
        self.story.append(line)

    def below(self, n: int) -> int:
        return self._random.randrange(n)
