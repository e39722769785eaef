"""Legal holds: cases that a court or the police wants kept whole, whatever their time (issue 4, retention).

A hold is never changed: it is placed once and lifted once, each with who, when and why, and stays on record.
"""

from datetime import UTC, datetime
from typing import NamedTuple, Protocol

from msgspec import Struct

from amends.application.cursors import Number, pack, unpack
from amends.application.ports import CaseKey, Clock
from amends.domain.time import Instant
from amends.domain.words import Role

MAY_PLACE = frozenset({Role.OPERATOR, Role.SUPERVISOR})
MAY_SEE = MAY_PLACE | {Role.ARBITRATOR, Role.AUDITOR}
"""Placing and lifting is for those who run the service; who rules, or audits, may know of it."""

LONGEST_REASON = 500

_EVER = datetime(9999, 12, 31, tzinfo=UTC)
_MOST = 2**63 - 1
_DIGITS = 9


class Hold(Struct, frozen=True):
    """A case that must be kept, by whose word; the last three are None while it stands."""

    case: CaseKey
    number: int
    reason: str
    by: str
    at: Instant
    lifted_by: str | None = None
    lifted_at: Instant | None = None
    lifted_because: str | None = None


class Done(NamedTuple):
    """A hold, and whether this very step placed or lifted it; the same step sent again changes nothing."""

    hold: Hold
    is_new: bool


class Place(NamedTuple):
    """A line of the list: those that stand come first, then by when they were placed or lifted, the newest first."""

    stands: bool
    at: Instant
    merchant_id: Number
    case_id: Number
    number: Number


BEGINNING = Place(stands=True, at=_EVER, merchant_id=_MOST, case_id=_MOST, number=2**31 - 1)


class HoldPage(NamedTuple):
    """Part of the list; `standing` is how many stand altogether."""

    holds: list[Hold]
    standing: int
    next_cursor: str | None


class NotHeld(Exception):
    """Nothing was placed or lifted. `hold` is the one that was lifted before."""

    def __init__(self, code: str, hold: Hold | None = None) -> None:
        self.code = code
        self.hold = hold
        super().__init__(code)


class HoldBook(Protocol):
    """The holds. All raise Unavailable."""

    async def place(self, case: CaseKey, reason: str, by: str, at: Instant) -> Done:
        """Not new where one stands on the case for the same reason. Raises NotHeld: no such case, or erased."""

    async def lift(self, case: CaseKey, number: int, because: str, by: str, at: Instant) -> Done | None:
        """Not new where it was lifted before; None where there is no such hold."""

    async def of_case(self, case: CaseKey) -> list[Hold]:
        """Those that stand on a case, the oldest first."""

    async def listed(self, behind: Place, limit: int) -> list[Hold]:
        """The list behind a place."""

    async def count_standing(self) -> int:
        """How many stand."""


class Holds:
    """Placing, lifting and listing; who may is the business of the caller."""

    def __init__(self, book: HoldBook, clock: Clock) -> None:
        self._book = book
        self._clock = clock

    async def place(self, case: CaseKey, reason: str, by: str) -> Done:
        """Keep a case whole until this is lifted. Raises NotHeld, Unavailable."""
        return await self._book.place(case, _reason(reason), by, self._clock.now())

    async def lift(self, case: CaseKey, number: int, because: str, by: str) -> Done:
        """Lifted once; the same person with the same reason may say it again. Raises NotHeld, Unavailable."""
        because = _reason(because)
        done = await self._book.lift(case, number, because, by, self._clock.now())
        if done is None:
            raise NotHeld("unknown_hold")
        if not done.is_new and (done.hold.lifted_by, done.hold.lifted_because) != (by, because):
            raise NotHeld("hold_lifted", done.hold)
        return done

    async def of_case(self, case: CaseKey) -> list[Hold]:
        """Those that stand on a case, the oldest first. Raises Unavailable."""
        return await self._book.of_case(case)

    async def standing(self) -> list[Hold]:
        """All that stand, the newest first. Raises Unavailable."""
        return await self._book.listed(BEGINNING, await self._book.count_standing())

    async def page(self, cursor: str | None, limit: int) -> HoldPage:
        """Part of the list. Raises BadCursor, Unavailable."""
        found = await self._book.listed(unpack(cursor, Place, BEGINNING), limit + 1)
        more = pack(*place_of(found[limit - 1])) if len(found) > limit else None
        return HoldPage(found[:limit], await self._book.count_standing(), more)


def place_of(hold: Hold) -> Place:
    """Where a hold stands in the list."""
    return Place(hold.lifted_at is None, hold.lifted_at or hold.at, *hold.case, hold.number)


def number_of(text: str) -> int:
    """The number of a hold, as an address has it. Raises NotHeld."""
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
        raise NotHeld("unknown_hold")
    return int(text)


def _reason(text: str) -> str:
    """Two who cite the same paper mean the same hold, however they spaced it."""
    reason = " ".join(text.split())
    if not reason:
        raise NotHeld("reason_missing")
    return reason
