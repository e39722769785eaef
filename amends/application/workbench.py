"""What a shop's people work with beside the cases: queues, the shop's figures, quick texts, who has a case open."""

from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple, Protocol

from msgspec import Struct

from amends.application.kept import Kept
from amends.application.ports import CaseKey, CasePage, Clock
from amends.application.precedents import Endings
from amends.domain import views
from amends.domain.case import Case
from amends.domain.time import NEVER, Instant
from amends.domain.words import Fault, Goods, PayoutState, Side, Stage


class Queue(StrEnum):
    """Where a case lies on the shop's desk. Every case lies in one."""

    ANSWER = "answer"
    NEGOTIATING = "negotiating"
    CHECK = "check"
    SHIP = "ship"
    REVIEW = "review"
    WAITING = "waiting"
    FINISHED = "finished"


MINE = (Queue.ANSWER, Queue.NEGOTIATING, Queue.CHECK, Queue.SHIP)
"""Queues in which the shop's own clock runs."""


def queue_of(case: Case) -> Queue:
    """Answer: nobody has written to the buyer yet. Waiting: it is the buyer's or the courier's turn, or money moves."""
    if not case.is_open:
        return Queue.FINISHED
    if case.stage is Stage.UNDER_REVIEW:
        return Queue.REVIEW
    clock = views.clock_of_turn(case)
    if clock is None or clock.owner != Side.MERCHANT:
        return Queue.WAITING
    if case.stage is Stage.AWAITING_MERCHANT:
        talked = case.talk.merchant_wrote_at or case.preparation or case.offers_made.get(Side.MERCHANT)
        return Queue.NEGOTIATING if talked else Queue.ANSWER
    return Queue.CHECK if case.goods is Goods.RETURN_DELIVERED else Queue.SHIP


def queue_at(case: Case) -> Instant:
    """What a queue is sorted by: the clock of the turn, for a finished case its end."""
    if not case.is_open and case.closing is not None:
        return case.closing.at
    clock = views.clock_of_turn(case)
    return clock.due_at if clock is not None else NEVER


class QueueFilter(Struct, frozen=True):
    """Cases of one queue of a merchant; `due_before` asks for all that the shop has to do until then, of any queue.

    By time left the soonest comes first, finished cases the newest first; `by_amount` the dearest.
    """

    merchant_id: int
    queue: Queue = Queue.ANSWER
    due_before: Instant | None = None
    kinds: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    by_amount: bool = False


class Counts(NamedTuple):
    """Cases in each queue and, of the shop's own, how many are due; none above what was asked for at most."""

    queues: dict[Queue, int]
    due: int


class QuickText(Struct, frozen=True):
    """A text that the shop's people send with one click."""

    text_id: str
    title: str
    text: str


class Viewer(NamedTuple):
    """Somebody of the shop who had a case open at `seen_at`."""

    staff: str
    seen_at: Instant


class Workbench(Endings, Protocol):
    """Where all this is kept. All raise Unavailable."""

    async def queue(self, wanted: QueueFilter, cursor: str | None, limit: int) -> CasePage:
        """A page of a queue. Raises BadCursor."""

    async def counts(self, merchant_id: int, due_before: Instant, most: int) -> Counts:
        """How much lies in each queue, counted up to `most`."""

    async def orders_counted(self, merchant_id: int, since: Instant, until: Instant) -> int:
        """Orders whose group filled, or that were paid where there are no groups, in (since, until]."""

    async def stepped_in(self, merchant_id: int, since: Instant) -> list[Case]:
        """Cases in which somebody asked the platform to step in after `since`."""

    async def quick_texts(self, merchant_id: int) -> list[QuickText]:
        """By title."""

    async def put_quick_text(self, merchant_id: int, text: QuickText) -> None:
        """Add a text, or replace the one with the same id."""

    async def drop_quick_text(self, merchant_id: int, text_id: str) -> None:
        """Take a text away."""

    async def see(self, key: CaseKey, staff: str, now: Instant, since: Instant) -> list[Viewer]:
        """Somebody has the case open; gives the others who were seen after `since`, by name.

        Of those who were not seen for long nothing is kept.
        """

    async def leave(self, key: CaseKey, staff: str) -> None:
        """Somebody closed the case."""

    async def viewers(self, key: CaseKey, since: Instant) -> list[Viewer]:
        """Who had the case open after `since`, by name."""


RATES_OVER = timedelta(days=30)
"""The window of the published figures (rules §13)."""

_MOST_KEPT = 10_000


class Rates(Struct, frozen=True):
    """The shop's published figures over 30 days, formula version 1 (rules §13): numerators and their denominator."""

    orders: int
    interventions: int
    disputes: int

    def intervention_rate(self, more: int = 0) -> float:
        return self._rate(self.interventions + more)

    def dispute_rate(self, more: int = 0) -> float:
        return self._rate(self.disputes + more)

    def _rate(self, number: int) -> float:
        return number / self.orders if self.orders else 0.0


def rates(orders: int, cases: Iterable[Case], since: Instant) -> Rates:
    """The figures, from the cases that the platform was asked about."""
    found = list(cases)
    return Rates(
        orders,
        len({case.order_no for case in found if asked_by_buyer(case, since)}),
        len({case.order_no for case in found if is_dispute_refund(case, since)}),
    )


def asked_by_buyer(case: Case, since: Instant) -> bool:
    """Whether the buyer asked the platform to step in, after `since`."""
    review = case.review
    return review is not None and review.requested_by is Side.BUYER and review.entered_at > since


_SHARED = (Fault.MERCHANT, Fault.SHARED)


def is_dispute_refund(case: Case, since: Instant) -> bool:
    """Paid by a ruling with a share of the merchant, or in full by agreement after the platform stepped in."""
    if case.review is None:
        return False
    paid = [p for p in case.payouts if p.state is PayoutState.PAID and p.ordered_at > since]
    if not paid:
        return False
    if case.ruling is not None and case.ruling.noticed_at is not None:
        return case.ruling.terms.fault in _SHARED
    return sum(p.amount_minor for p in paid) >= case.amount_minor


class Figures:
    """The shop's figures as they stand, counted again every minute."""

    def __init__(self, workbench: Workbench, clock: Clock) -> None:
        self._workbench = workbench
        self._kept: Kept[int, Rates] = Kept(clock, _MOST_KEPT)

    async def rates(self, merchant_id: int) -> Rates:
        """Raises Unavailable."""

        async def counted(now: Instant) -> Rates:
            since = now - RATES_OVER
            orders = await self._workbench.orders_counted(merchant_id, since, now)
            return rates(orders, await self._workbench.stepped_in(merchant_id, since), since)

        return await self._kept.get(merchant_id, counted)
