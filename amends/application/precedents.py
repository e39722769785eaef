"""How cases alike ended: the same kind, reason and sort of goods, in the last 90 days (R3.9)."""

from datetime import timedelta
from typing import NamedTuple, Protocol

from msgspec import Struct

from amends.application.kept import Kept
from amends.application.ports import CaseRow, Clock
from amends.application.projection import category
from amends.domain.case import Case
from amends.domain.order import Order
from amends.domain.time import Instant
from amends.domain.words import Kind

LOOKED_BACK = timedelta(days=90)

MOST_COUNTED = 1000
"""The newest so many say enough, and bound what counting costs."""

LEAST_OF_OTHERS = 10
"""Below so many cases of other shops nothing is said of them, so that nobody can be recognised."""

_MOST_KEPT = 10_000


class Alike(NamedTuple):
    """What makes cases alike."""

    kind: Kind
    reason: str
    category: str


class Tally(NamedTuple):
    """Finished cases; of them so many with money back, so many ruled on, and of those so many for the buyer."""

    cases: int = 0
    refunded: int = 0
    ruled: int = 0
    for_buyer: int = 0


class Precedent(Struct, frozen=True):
    """How cases alike ended in one shop, and in all others; empty where there are too few of them to be told."""

    own: Tally
    others: Tally


class Endings(Protocol):
    """Where endings are kept. All raise Unavailable."""

    async def endings_of_shop(self, merchant_id: int, alike: Alike, since: Instant, most: int) -> Tally:
        """How a shop's newest cases alike ended."""

    async def endings_of_others(self, not_merchant: int, alike: Alike, since: Instant, most: int) -> Tally:
        """How those of everybody else's shops among the newest of all ended."""

    async def ended_alike(self, merchant_id: int, alike: Alike, since: Instant, most: int) -> list[CaseRow]:
        """A shop's finished cases alike, the newest first."""


def alike_to(case: Case, order: Order) -> Alike:
    return Alike(case.kind, case.reason, category(case, order))


class Precedents:
    """What is told beside a case; counted again every minute. All raise Unavailable."""

    def __init__(self, endings: Endings, clock: Clock) -> None:
        self._endings = endings
        self._clock = clock
        self._of_shop: Kept[tuple[int, Alike], Tally] = Kept(clock, _MOST_KEPT)
        self._of_others: Kept[tuple[int, Alike], Tally] = Kept(clock, _MOST_KEPT)

    async def of_shop(self, merchant_id: int, alike: Alike) -> Precedent:
        """For a shop: its own, and the others' as figures alone."""
        own = await self._of_shop.get(
            (merchant_id, alike),
            lambda now: self._endings.endings_of_shop(merchant_id, alike, now - LOOKED_BACK, MOST_COUNTED),
        )
        others = await self._of_all_but(merchant_id, alike)
        return Precedent(own, others if others.cases >= LEAST_OF_OTHERS else Tally())

    async def of_all(self, alike: Alike) -> Tally:
        """For the platform's people: all shops together."""
        return await self._of_all_but(_NOBODY, alike)

    async def cases(self, merchant_id: int, alike: Alike, most: int) -> list[CaseRow]:
        """The shop's own, the newest first."""
        return await self._endings.ended_alike(merchant_id, alike, self._clock.now() - LOOKED_BACK, most)

    async def _of_all_but(self, merchant_id: int, alike: Alike) -> Tally:
        return await self._of_others.get(
            (merchant_id, alike),
            lambda now: self._endings.endings_of_others(merchant_id, alike, now - LOOKED_BACK, MOST_COUNTED),
        )


_NOBODY = 0
"""No shop has this number, so nobody is left out."""
