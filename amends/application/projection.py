"""What the store keeps beside events and snapshots so that it can be found: pure functions of events and orders."""

from collections.abc import Iterable, Iterator

from amends.application.ports import Ending, EvidenceRow, ParcelRow
from amends.domain.case import Case, Payout
from amends.domain.docket import EvidenceMark
from amends.domain.events import (
    CallRecorded,
    CaseAgreed,
    EvidenceFiled,
    Fact,
    ReplacementShipped,
    ReturnShipped,
)
from amends.domain.order import Order
from amends.domain.time import NEVER, Instant
from amends.domain.words import Basis, EvidenceKind, Ledger, Leg, PayoutState, RulingOutcome, Side, Stage

FOUND_BY = frozenset({CallRecorded, CaseAgreed, EvidenceFiled, ReplacementShipped, ReturnShipped})
"""Events that any of these functions looks at; the others are the great majority."""


def evidence_rows(fact: Fact) -> Iterator[EvidenceRow]:
    """The pieces of evidence that an event files."""
    match fact.event:
        case EvidenceFiled(side=side, items=items):
            for item in items:
                if item.kind is not None and item.evidence_id is not None:
                    mark = EvidenceMark(item.evidence_id, side, item.kind, fact.at)
                    yield EvidenceRow(fact.case_id, mark, item.sha256 or "")
        case CallRecorded(evidence_id=evidence_id):
            mark = EvidenceMark(evidence_id, Side.MERCHANT, EvidenceKind.CALL_RECORD, fact.at)
            yield EvidenceRow(fact.case_id, mark, "")


def parcel_row(fact: Fact, case: Case) -> ParcelRow | None:
    """The parcel that an event sends off."""
    match fact.event:
        case ReturnShipped(carrier=carrier, tracking_no=tracking_no):
            leg = Leg.RETURN
        case ReplacementShipped(carrier=carrier, tracking_no=tracking_no):
            leg = Leg.REPLACEMENT
        case _:
            return None
    return ParcelRow(case.merchant_id, case.order_no, case.case_id, leg, carrier, tracking_no)


def outward_row(before: Order | None, now: Order) -> ParcelRow | None:
    """The order's own parcel, when its tracking number is new."""
    parcel = now.parcel
    if parcel is None or (before and before.parcel and before.parcel.tracking_no == parcel.tracking_no):
        return None
    return ParcelRow(now.merchant_id, now.order_no, None, Leg.OUTWARD, parcel.carrier, parcel.tracking_no)


def paid_unasked(fact: Fact) -> bool:
    """Whether this event is an automatic refund, as the limit per buyer counts them (R3.9)."""
    return isinstance(fact.event, CaseAgreed) and fact.event.basis is Basis.SWITCH


def words(order: Order, cases: Iterable[Case] = ()) -> str:
    """What an order and its cases are found by, with what the buyer wrote when asking. Never the phone number.

    In small letters, so that a search need not make them small case by case.
    """
    found = [order.order_no, order.buyer_id]
    for line in order.lines:
        found += (line.title, line.sku)
    if order.parcel is not None:
        found.append(order.parcel.tracking_no)
    found += (case.note for case in cases if case.note and case.erased_at is None)
    return " ".join(found).lower()


def title(order: Order) -> str:
    """What a list calls the order: its first line."""
    return order.lines[0].title if order.lines else order.order_no


def queues(case: Case) -> str:
    """The queues of the platform's desk that a case stands in, by name, with spaces between; mostly none.

    `suspended`, `appeal`, `second` (a ruling waits for a second pair of eyes) and `review` exclude each other.
    `late` stands beside them when the platform missed its own time, `payout` when a person has to settle one.
    """
    if not case.is_open:
        return ""
    found = []
    if case.suspension is not None:
        found.append("suspended")
    elif case.appeal is not None and case.appeal.decided_at is None:
        found.append("appeal")
    elif case.ruling is not None and case.ruling.waits:
        found.append("second")
    elif case.stage is Stage.UNDER_REVIEW:
        found.append("review")
    if found and case.review is not None and case.review.late:
        found.append("late")
    if any(_is_stuck(case, payout) for payout in case.payouts):
        found.append("payout")
    return " ".join(found)


def _is_stuck(case: Case, payout: Payout) -> bool:
    """Its fate has been unknown for so long that the clock was armed again for a person."""
    if payout.state is not PayoutState.UNKNOWN or payout.unknown_at is None:
        return False
    clock = case.deadline(f"payout_unknown:{payout.payout_id}")
    return clock is not None and clock.started_at > payout.unknown_at


_PLATFORMS = ("ruling", "look", "appeal_decision")


def desk_due_at(case: Case) -> Instant:
    """By when the platform has to act on a case of its desk: its own clock, else the next one that runs."""
    if case.suspension is None:
        own = [clock.due_at for clock in case.deadlines if clock.key in _PLATFORMS]
        if own:
            return min(own)
    return case.next_due_at or NEVER


def ruled_at(case: Case) -> Instant | None:
    """When the ruling that stands was noticed to both sides."""
    return case.ruling.noticed_at if case.ruling is not None else None


def ending(case: Case, order: Order) -> Ending | None:
    """How a finished case ended. One that runs again counts by its last end until it ends anew."""
    if case.is_open or case.closing is None:
        return None
    return Ending(
        case.case_id,
        case.kind,
        case.reason,
        category(case, order),
        case.closing.at,
        case.ordered_minor(Ledger.REFUND) > 0,
        _ruled_for(case),
    )


def category(case: Case, order: Order) -> str:
    """What sort of goods a case is about: its first line's."""
    line = order.line(case.lines[0].line_no) if case.lines else None
    return line.category if line is not None else ""


def _ruled_for(case: Case) -> Side | None:
    if case.ruling is None or case.ruling.noticed_at is None:
        return None
    return Side.MERCHANT if case.ruling.terms.outcome is RulingOutcome.DISMISS else Side.BUYER


def counted_at(order: Order) -> Instant | None:
    """From when an order counts in the shop's figures: its group filled, or it was paid where there are none (R6.1)."""
    if order.group is not None:
        return order.group.grouped_at
    return order.paid_at
