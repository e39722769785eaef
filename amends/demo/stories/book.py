"""Where stories are kept: each with how often it is told and about how long it runs."""

from collections.abc import Callable
from typing import NamedTuple

from amends.demo.orders import Wish
from amends.demo.scene import Scene, Script


class Story(NamedTuple):
    """`weight` is its part of all stories; `days` about how long it runs, so that some are caught in the middle."""

    name: str
    weight: int
    days: float
    wish: Wish
    tell: Callable[[Scene], Script]


BOOK: list[Story] = []


def story(weight: int, days: float, wish: Wish) -> Callable[[Callable[[Scene], Script]], Callable[[Scene], Script]]:
    """Put a script into the book."""

    def keep(tell: Callable[[Scene], Script]) -> Callable[[Scene], Script]:
        BOOK.append(Story(tell.__name__, weight, days, wish, tell))
        return tell

    return keep
