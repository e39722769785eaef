"""Which orders there are and how far each has come, computed from their numbers alone.

So the process that sends requests and the one that fills the database agree without talking.
"""

from datetime import timedelta
from typing import NamedTuple, Self

from amends.bench.market import FIRST_MERCHANT, LIVES, MERCHANTS, NOW, POLICIES, REFUND, RETURN, SCAN, Step, Subject

_FIRST_ORDER = 2_026_100_000_000_000
FIRST_CASE = 1 << 57
"""Of February 2025: below every number that is given out while measuring."""

_PARTS = {"open a return": 0.28, "open a refund": 0.18, SCAN.name: 0.12}
"""Parts of all orders: openings use theirs up. The other pools share the rest evenly, and keep their size."""


ON_ITS_WAY: tuple[Step, ...] = ()
"""The life of an order that has not arrived."""


class Overdue(NamedTuple):
    """How far cases came before nobody did anything, by which deadline, and what part of all it is."""

    life: tuple[Step, ...]
    steps: int
    clock: str
    part: float


OVERDUE = (
    Overdue(RETURN, 2, "answer.with_buyer", 0.4),
    Overdue(REFUND, 1, "answer.with_buyer", 0.2),
    Overdue(RETURN, 3, "ship_return", 0.2),
    Overdue(RETURN, 6, "check_return", 0.2),
)


class Pool(NamedTuple):
    """Orders `first` to `first + orders - 1`, which have come so far that `step` of `life` is next, and wait for it."""

    name: str
    life: tuple[Step, ...]
    step: int
    waits: timedelta
    first: int
    orders: int
    shops: int = MERCHANTS

    def subject(self, number: int) -> Subject:
        """The order with that number, as its sender knows it."""
        case_id = FIRST_CASE + number if self.step else None
        return Subject(merchant_of(number, self.shops), str(_FIRST_ORDER + number), case_id)


class World(NamedTuple):
    """All orders of a database, in pools that follow on each other."""

    pools: tuple[Pool, ...]

    @property
    def orders(self) -> int:
        return sum(pool.orders for pool in self.pools)

    @classmethod
    def busy(cls, orders: int) -> Self:
        """A marketplace in full swing: a pool before each step of each life, named for it, and one behind the last.

        One more is of orders on their way, whose parcels are scanned.
        """
        rest = (1 - sum(_PARTS.values())) / sum(map(len, LIVES))
        plan = [
            (name, life, place, timedelta(minutes=30), _PARTS.get(name, rest))
            for life in LIVES
            for place, name in enumerate((*(step.name for step in life), after(life)))
        ]
        plan.append((SCAN.name, ON_ITS_WAY, 0, timedelta(minutes=30), _PARTS[SCAN.name]))
        return cls(_pools(plan, orders))

    @classmethod
    def overdue(cls, orders: int) -> Self:
        """Cases whose deadline has just passed, all of them."""
        deadlines = POLICIES.in_force(NOW).deadlines
        plan = [
            (f"{clock} of {steps}", life, steps, timedelta(hours=deadlines[clock].hours), part)
            for life, steps, clock, part in OVERDUE
        ]
        return cls(_pools(plan, orders))

    @classmethod
    def of_one_shop(cls, orders: int) -> Self:
        """The same cases while their clocks still run, all of them the first merchant's."""
        plan = [(f"{clock} of {steps}", life, steps, timedelta(hours=3), part) for life, steps, clock, part in OVERDUE]
        return cls(tuple(pool._replace(shops=1) for pool in _pools(plan, orders)))


def after(life: tuple[Step, ...]) -> str:
    """The pool of those whose life is over."""
    return f"after {life[-1].name}"


def _pools(plan: list[tuple[str, tuple[Step, ...], int, timedelta, float]], orders: int) -> tuple[Pool, ...]:
    pools: list[Pool] = []
    first = 0
    for name, life, step, waits, part in plan:
        pools.append(Pool(name, life, step, waits, first, round(orders * part)))
        first += pools[-1].orders
    return tuple(pools)


def merchant_of(number: int, shops: int = MERCHANTS) -> int:
    """Orders are spread evenly over the merchants."""
    return FIRST_MERCHANT + number * 7_919 % shops
