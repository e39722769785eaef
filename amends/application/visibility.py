"""What may be seen of the record, and by whom: one function (DESIGN §2), the same for API, pages, feed and dossier.

The platform sees everything. The two parties see what was said and done between them and what was decided about
them; they do not see how the platform works inside (who has the case, rulings that wait for a second person), who at
the other side's desk did something, nor each other's account numbers. Who decided they know by number, not by name.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from msgspec.structs import replace

from amends.application.files import Form
from amends.domain import events as e
from amends.domain.actor import Actor
from amends.domain.case import Case, EvidenceRequest
from amends.domain.order import Order
from amends.domain.words import Side
from amends.wording.erased import ERASED

_ALL_FORMS = frozenset(Form)
_SHOWN_FORMS = frozenset({Form.DISPLAY, Form.THUMB})

_OF_OTHER_CASES = frozenset({"same_file", "similar_picture"})
_OF_ORIGINALS = frozenset({"taken_at", "device", "software"})
"""Findings that say what only the original says."""

_INSIDE = frozenset({e.CaseAssigned, e.RulingProposed, e.RulingReturned, e.PayoutSettlementProposed})
"""Events that only the platform sees."""

_DECISIONS = frozenset({e.RulingGiven, e.AppealDecided})
"""Events whose `by` decided, which is the parties' to know (R1.1), by number; who approved a ruling is not."""


def visible(fact: e.Fact, actor: Actor) -> e.Fact | None:
    """The event as this actor may see it; None when not at all."""
    if _sees_all(actor):
        return fact
    kind = type(fact.event)
    if kind in _INSIDE:
        return None
    shown = _SHOWN.get(kind)
    event: Any = shown(fact.event, actor.side) if shown else fact.event
    by = f"{Side.PLATFORM}/{event.by}" if kind in _DECISIONS else author(fact.by, actor)
    return fact if event is fact.event and by == fact.by else replace(fact, by=by, event=event)


def visible_case(case: Case, actor: Actor) -> Case:
    """The case as this actor may see it, without what only the platform sees."""
    if _sees_all(actor):
        return case
    ruling = case.ruling if case.ruling is not None and case.ruling.noticed_at is not None else None
    return replace(
        case,
        assignee="",
        ruling=ruling and replace(ruling, by=officer_number(ruling.by), approved_by="", returned=0),
        review=case.review and replace(case.review, requests=_requests(case.review.requests, actor.side)),
        payouts=tuple(
            replace(payout, reference=_hidden(payout.reference, actor.side), proposed_by="", proposed_result="",
                    advanced=payout.advanced and actor.side is Side.MERCHANT)
            for payout in case.payouts
        ),
        account=case.account and (case.account[0], _hidden(case.account[1], actor.side)),
    )  # fmt: skip


def visible_order(order: Order, actor: Actor, *, has_open_case: bool) -> Order:
    """The order as this actor may see it: the merchant sees the phone number masked, while a case is open (R3.6)."""
    if actor.side is not Side.MERCHANT:
        return order
    phone = masked_phone(order.buyer_phone) if order.buyer_phone is not None and has_open_case else None
    payments = tuple(replace(payment, reference=_hidden(payment.reference, actor.side)) for payment in order.payments)
    return replace(order, buyer_phone=phone, payments=payments)


def masked_phone(phone: str) -> str:
    """`138****5678`"""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 11 else "****" + phone[-2:]


def author(name: str, actor: Actor) -> str:
    """Who did it: at the other side's desk and at the platform, persons are not named."""
    side, _, rest = name.partition("/")
    if side == Side.PLATFORM:
        return side
    if side == Side.MERCHANT and actor.side is Side.BUYER:
        return f"{side}/{rest.partition('/')[0]}"
    return name


def officer_number(staff: str) -> str:
    """`0427`: whoever decided, so that two who decided are told apart and nobody is named."""
    return f"{int.from_bytes(sha256(staff.encode()).digest()[:4], 'big') % 10_000:04}"


def forms_of(side: Side, actor: Actor) -> frozenset[Form]:
    """Which forms of a file a reader of the case may get: the other side only what shows nothing but the thing itself.

    The original carries where and with what it was made; it is for the side that filed it and for the platform. What
    the marketplace itself filed is both sides' own talk, and each gets it as it was filed.
    """
    return _ALL_FORMS if _sees_all(actor) or side in (actor.side, Side.SYSTEM) else _SHOWN_FORMS


def sees_other_cases(actor: Actor) -> bool:
    """That a file or a picture is in another case is for the platform alone."""
    return _sees_all(actor)


def sees_finding(code: str, side: Side, actor: Actor) -> bool:
    """Whether a fact found in evidence of that side is for this reader: of other cases only the platform knows."""
    if _sees_all(actor):
        return True
    if code in _OF_OTHER_CASES:
        return False
    return code not in _OF_ORIGINALS or Form.ORIGINAL in forms_of(side, actor)


def _sees_all(actor: Actor) -> bool:
    return actor.side is Side.PLATFORM or actor.side is Side.SYSTEM


def _requests(requests: tuple[EvidenceRequest, ...], side: Side) -> tuple[EvidenceRequest, ...]:
    return tuple(request if request.side is side else replace(request, what=()) for request in requests)


def _hidden(reference: str, side: Side) -> str:
    """Where the buyer's money goes is the buyer's."""
    shown_whole = side is Side.BUYER or reference in ("", ERASED)
    return reference if shown_whole else f"****{reference[-4:]}"


def _evidence_requested(event: e.EvidenceRequested, side: Side) -> e.EvidenceRequested:
    """The pause is shown to both (R4.2), what was asked to the side that was asked."""
    return event if event.side is side else replace(event, what=())


def _rejection_prepared(event: e.RejectionPrepared, side: Side) -> e.RejectionPrepared:
    """The buyer reads the script; what could be offered instead is the merchant's advice."""
    return replace(event, solutions=()) if side is Side.BUYER else event


def _ruling_given(event: e.RulingGiven, _side: Side) -> e.RulingGiven:
    """Who decided is shown by number, who looked over the shoulder not at all."""
    return replace(event, by=officer_number(event.by), approved_by="")


def _appeal_decided(event: e.AppealDecided, _side: Side) -> e.AppealDecided:
    return replace(event, by=officer_number(event.by))


def _payout_ordered(event: e.PayoutOrdered, side: Side) -> e.PayoutOrdered:
    return replace(event, reference=_hidden(event.reference, side))


def _account_named(event: e.PayoutAccountNamed, side: Side) -> e.PayoutAccountNamed:
    return replace(event, reference=_hidden(event.reference, side))


def _payout_paid(event: e.PayoutPaid, side: Side) -> e.PayoutPaid:
    """Whose purse the platform helped out is between it and the merchant."""
    return replace(event, advanced=False) if side is Side.BUYER else event


def _case_suspended(event: e.CaseSuspended, _side: Side) -> e.CaseSuspended:
    """A court's or the police's paper is not passed on."""
    return replace(event, paper="")


_SHOWN: dict[type[e.Event], Callable[[Any, Side], e.Event]] = {
    e.EvidenceRequested: _evidence_requested,
    e.RejectionPrepared: _rejection_prepared,
    e.RulingGiven: _ruling_given,
    e.AppealDecided: _appeal_decided,
    e.PayoutOrdered: _payout_ordered,
    e.PayoutAccountNamed: _account_named,
    e.PayoutPaid: _payout_paid,
    e.CaseSuspended: _case_suspended,
}
"""Events of which a party sees less than the platform; all others are seen whole."""
