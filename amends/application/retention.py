"""Records whose time is over: what has to be kept, until when, and what goes then (law: 电商法 31; policy `retention`).

From a case that is due go its files, every word of a person, who the buyer is, and what leads to the buyer. Its events
stay, with a salted hash in place of each of these, so that the chain over them and the ledger still prove what
happened, when, and who decided. A buyer may ask for it as soon as the law lets go (PIPL 47); what has to stay is told.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import NamedTuple, Protocol

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from amends.application.files import Form, blob_key
from amends.application.policies import Policies, UnknownPolicy
from amends.application.policy_checks import LEAST_YEARS
from amends.application.ports import CaseKey, Clock
from amends.application.projection import words
from amends.application.sealing import erased, unseal
from amends.domain.case import Case
from amends.domain.evolve import fold
from amends.domain.order import Order, Parcel, delivered_at
from amends.domain.time import Instant, end_of_local_year, local_years_ago
from amends.wording.erased import ERASED

_PAGE = 200
_YEAR = timedelta(days=365)

BECAUSE_OVER = "its time is over"


class Finished(Struct, frozen=True):
    """A case that is whole, with its order; `closed_at` is None while it runs. `held` says why it must be kept."""

    key: CaseKey
    closed_at: Instant | None
    case: Case
    order: Order
    held: str | None = None
    held_since: Instant | None = None


class Remains(Struct, frozen=True):
    """What is left of a case: its events, the snapshot that follows from them, and how many of them said less."""

    payloads: Sequence[bytes]
    state: bytes
    events: int


class OrderRemains(Struct, frozen=True):
    """What is left of an order, and what it is found by."""

    state: bytes
    words: str


class Right(NamedTuple):
    """By whom something is erased, when, by what right, and until when it had to be kept."""

    by: str
    at: Instant
    because: str
    kept_until: Instant


class Taken(NamedTuple):
    """How much went: events that said something of a person, files and their bytes."""

    events: int
    files: int
    file_bytes: int


class Erasure(NamedTuple):
    """What is on record of a case that was erased."""

    key: CaseKey
    right: Right
    taken: Taken


class Loose(NamedTuple):
    """What belongs to no case: orders that nobody complained of, and talks with the service."""

    orders: int
    talks: int


class LooseOfBuyer(NamedTuple):
    """What a buyer has beside cases: how much went, how much stays, and when the last of that was over."""

    gone: Loose
    kept: Loose
    last_at: Instant | None


class Archive(Protocol):
    """The tables, as their owner. All raise Unavailable."""

    async def finished(self, before: Instant, after: Finished | None, limit: int) -> list[Finished]:
        """Whole cases that closed before an instant, by closing, behind one of them."""

    async def one(self, case: CaseKey) -> Finished | None:
        """A case that is whole."""

    async def of_buyer(self, buyer_id: str) -> list[Finished]:
        """All cases of a buyer that are whole, closed or not, by closing."""

    async def loose_of(self, buyer_id: str, before: Instant, *, dry: bool) -> LooseOfBuyer:
        """Remove what is a buyer's and belongs to no case: orders over before an instant, and talks that are closed."""

    async def erase(
        self,
        finished: Finished,
        right: Right,
        case_remains: Callable[[Sequence[bytes], Instant], Remains],
        order_remains: Callable[[Order, Sequence[Case]], OrderRemains],
        remove: Callable[[str], Awaitable[None]],
    ) -> Taken | None:
        """Everything at once, or nothing: None where the case moved or is held since.

        `remove` gets hashes of files when that is for good; who dies before leaves them to `drop_released`.
        """

    async def drop_released(self, remove: Callable[[str], Awaitable[None]]) -> None:
        """Remove files that are nobody's since a case was erased."""

    async def erasures(self, since: Instant) -> list[Erasure]:
        """What was erased from an instant on, in that order."""

    async def loose(self, before: Instant, *, dry: bool) -> Loose:
        """Remove what belongs to no case and was over before an instant; `dry` only counts."""


class Removal(Protocol):
    """Where files are; see `amends.application.files.Blobs`."""

    async def delete(self, keys: Sequence[str]) -> None:
        """Remove; what is not there is no fault."""


class Due(NamedTuple):
    """A case whose time is over, unless it is held; one that a buyer asked for may have to be kept until then.

    `kept_until` is None while the case runs.
    """

    finished: Finished
    kept_until: Instant | None


class Outcome(NamedTuple):
    """What became of a case that was due; `taken` is None where it was only looked at, or left."""

    due: Due
    taken: Taken | None
    why_not: str = ""


class Answer(Struct, frozen=True):
    """What a buyer is told who asked for erasure: every case with what became of it, and what there was beside them.

    `loose_until` is when the last of what stays beside them may go; None where nothing stays, or a talk still runs.
    """

    cases: tuple[Outcome, ...]
    loose: LooseOfBuyer
    loose_until: Instant | None


class TooEarly(Exception):
    """The law still asks for the record; `kept_until` is None while the case runs."""

    def __init__(self, kept_until: Instant | None) -> None:
        self.kept_until = kept_until
        super().__init__(kept_until)


class Held(Exception):
    """Somebody with the right to ask wants the case kept; the text says why."""


class Retention:
    def __init__(self, archive: Archive, files: Removal, policies: Policies, clock: Clock) -> None:
        self._archive = archive
        self._files = files
        self._policies = policies
        self._clock = clock

    async def run(self, by: str, *, dry: bool = False) -> AsyncIterator[Outcome]:
        """Erase what is due, case by case; `dry` only tells what would go. Raises Unavailable."""
        if not dry:
            await self._archive.drop_released(self._remove)
        async for due in self.due():
            if due.finished.held is not None:
                yield Outcome(due, None, f"held: {due.finished.held}")
            elif dry:
                yield Outcome(due, None)
            else:
                yield await self._erase(due, by, BECAUSE_OVER)

    async def erase(self, case: CaseKey, by: str, because: str) -> Outcome | None:
        """One case as soon as the law lets it go, where the policy would keep it for longer.

        None where there is no such case, or nothing left in it. Raises TooEarly, Held, Unavailable.
        """
        finished = await self._archive.one(case)
        if finished is None:
            return None
        until = self._kept_until(finished, LEAST_YEARS) if finished.closed_at is not None else None
        if until is None or self._clock.now() < until:
            raise TooEarly(until)
        if finished.held is not None:
            raise Held(finished.held)
        return await self._erase(Due(finished, until), by, because)

    async def forget(self, buyer_id: str, by: str, because: str, *, dry: bool = False) -> Answer:
        """Erase what is personal of a buyer, as far as the law lets go; `dry` only tells. Raises Unavailable."""
        outcomes = [
            await self._forget(finished, by, because, dry=dry) for finished in await self._archive.of_buyer(buyer_id)
        ]
        now, zone = self._clock.now(), self._policies.in_force(self._clock.now()).zone
        loose = await self._archive.loose_of(buyer_id, local_years_ago(now, LEAST_YEARS, zone), dry=dry)
        until = end_of_local_year(loose.last_at, LEAST_YEARS, zone) if loose.last_at is not None else None
        return Answer(tuple(outcomes), loose, until)

    async def _forget(self, finished: Finished, by: str, because: str, *, dry: bool) -> Outcome:
        if finished.closed_at is None:
            return Outcome(Due(finished, None), None, "it is still running")
        due = Due(finished, self._kept_until(finished, LEAST_YEARS))
        assert due.kept_until is not None
        if finished.held is not None:
            return Outcome(due, None, f"held: {finished.held}")
        if self._clock.now() < due.kept_until:
            return Outcome(due, None, "the law asks for the record (电商法 31)")
        return Outcome(due, None) if dry else await self._erase(due, by, because)

    async def clear(self, *, dry: bool = False) -> Loose:
        """Remove what belongs to no case and whose time is over; `dry` only counts. Raises Unavailable."""
        now = self._clock.now()
        policy = self._policies.in_force(now)
        return await self._archive.loose(local_years_ago(now, policy.retention.years, policy.zone), dry=dry)

    async def told(self, since: date) -> list[Erasure]:
        """What was erased from a day on, in local time, also by a run that broke off. Raises Unavailable."""
        zone = self._policies.in_force(self._clock.now()).zone
        return await self._archive.erasures(datetime.combine(since, time(), zone))

    async def due(self) -> AsyncIterator[Due]:
        """Cases whose time is over by now, by closing."""
        now, after = self._clock.now(), None
        while page := await self._archive.finished(now - LEAST_YEARS * _YEAR, after, _PAGE):
            for finished in page:
                until = self.kept_until(finished)
                if until <= now:
                    yield Due(finished, until)
            after = page[-1]

    def kept_until(self, finished: Finished) -> Instant:
        """By the rules of the case or those of today, whichever keep it longer."""
        policies = [self._policies.in_force(self._clock.now())]
        with suppress(UnknownPolicy):
            policies.append(self._policies.get(finished.case.policy))
        return self._kept_until(finished, max(policy.retention.years for policy in policies))

    def _kept_until(self, finished: Finished, years: int) -> Instant:
        zone = self._policies.in_force(self._clock.now()).zone
        return end_of_local_year(over_at(finished), years, zone)

    async def _erase(self, due: Due, by: str, because: str) -> Outcome:
        assert due.kept_until is not None, "cases that run are not erased"
        right = Right(by, self._clock.now(), because, due.kept_until)
        taken = await self._archive.erase(due.finished, right, case_remains, order_remains, self._remove)
        return Outcome(due, taken, "" if taken is not None else "it moved meanwhile")

    async def _remove(self, sha256_hex: str) -> None:
        await self._files.delete([blob_key(sha256_hex, form) for form in Form])


def over_at(finished: Finished) -> Instant:
    """When the whole matter was over: the case closed, the goods delivered and confirmed."""
    order = finished.order
    assert finished.closed_at is not None, "asked of closed cases"
    ends = (finished.closed_at, order.paid_at, delivered_at(order), order.confirmed_at, order.cancelled_at)
    return max(end for end in ends if end is not None)


def case_remains(payloads: Sequence[bytes], at: Instant) -> Remains:
    """What is left of a case, erased at an instant, without the words of persons and without the buyer."""
    left = [erased(payload) for payload in payloads]
    case = replace(fold(unseal(payload) for payload in left), buyer_id=ERASED, erased_at=at)
    changed = sum(was != now for was, now in zip(payloads, left, strict=True))
    return Remains(left, msgspec.json.encode(case), changed)


def order_remains(order: Order, whole: Sequence[Case]) -> OrderRemains:
    """What is left of an order as its row has it: all but the erased words while a case of it is whole."""
    left = order if whole else without_buyer(order)
    return OrderRemains(msgspec.json.encode(left), words(left, whole))


def without_buyer(order: Order) -> Order:
    """The shop's number, goods and amounts, and nothing that leads to the buyer."""
    return replace(
        order,
        buyer_id="",
        buyer_phone=None,
        payments=tuple(replace(payment, reference=ERASED) for payment in order.payments),
        parcel=_without_places(order.parcel),
    )


def _without_places(parcel: Parcel | None) -> Parcel | None:
    if parcel is None:
        return None
    return replace(parcel, tracking_no="", scans=tuple(replace(scan, place="", text="") for scan in parcel.scans))
