"""How each event changes a case. Folding the events of a case gives its stored state, always."""

from collections.abc import Callable, Iterable
from typing import Any

from msgspec.structs import replace

from amends.domain import events as e
from amends.domain.case import (
    Agreement,
    AppealState,
    Case,
    Closing,
    Evidence,
    EvidenceRequest,
    Offer,
    Payout,
    Preparation,
    Rejection,
    Review,
    Ruling,
    Suspension,
)
from amends.domain.commands import CaseLine
from amends.domain.order import Parcel, Scan
from amends.domain.time import Instant
from amends.domain.words import AppealOutcome, EvidenceKind, Funds, Goods, Ledger, Leg, PayoutState, Remedy, Side, Stage

Change = dict[str, Any]

_PAID_IN_MONEY = (Remedy.REFUND_ONLY, Remedy.RETURN_AND_REFUND)
"""Remedies whose refund is promised at once; for the others the figure is what is paid if the goods never come."""


def opened(event: e.CaseOpened, at: Instant) -> Case:
    """The first state of a case."""
    terms = event.terms
    return Case(
        case_id=event.case_id,
        merchant_id=event.merchant_id,
        order_no=event.order_no,
        buyer_id=event.buyer_id,
        currency=event.currency,
        policy=event.policy,
        version=1,
        stage=Stage.AWAITING_MERCHANT,
        goods=event.goods,
        opened_by=event.opened_by,
        opened_at=at,
        applied_at=at,
        first_applied_at=event.first_applied_at,
        **_terms(terms),
    )


def evolve(case: Case, fact: e.Fact) -> Case:
    """The case after one more event."""
    event = fact.event
    case = replace(case, version=fact.seq, **_CHANGES[type(event)](case, event, fact.at))
    return replace(case, funds=funds_of(case)) if type(event) in _MONEY else case


def fold(facts: Iterable[e.Fact]) -> Case:
    """The state of a case from all its events; the first must be its opening."""
    first, *rest = facts
    case = opened(first.event, first.at)
    for fact in rest:
        case = evolve(case, fact)
    return case


def funds_of(case: Case) -> Funds:
    """The funds axis, from the payouts and what is promised."""
    states = {payout.state for payout in case.payouts}
    if PayoutState.UNKNOWN in states:
        return Funds.UNKNOWN
    if PayoutState.PAYING in states or PayoutState.HELD in states:
        return Funds.PAYING
    if case.due_minor or case.compensation_due_minor:
        return Funds.FAILED if PayoutState.FAILED in states else Funds.PROMISED
    if PayoutState.PAID in states:
        return Funds.PAID
    return Funds.NONE


def add_lines(left: tuple[CaseLine, ...], right: tuple[CaseLine, ...]) -> tuple[CaseLine, ...]:
    """Quantities added line by line."""
    total: dict[int, int] = {}
    for line in (*left, *right):
        total[line.line_no] = total.get(line.line_no, 0) + line.quantity
    return tuple(CaseLine(line_no, quantity) for line_no, quantity in sorted(total.items()) if quantity)


def add_scan(parcel: Parcel, scan: Scan) -> Parcel:
    """The parcel with one more scan, in order of `occurred_at`."""
    return replace(parcel, scans=tuple(sorted((*parcel.scans, scan), key=lambda s: s.occurred_at)))


def _terms(terms: e.Terms) -> Change:
    return {
        "kind": terms.kind,
        "reason": terms.reason,
        "lines": terms.lines,
        "amount_minor": terms.amount_minor,
        "maximum_minor": terms.maximum_minor,
        "goods_received": terms.goods_received,
        "fault": terms.fault,
        "freight": terms.freight,
        "outward_freight_minor": terms.outward_freight_minor,
        "must_look": terms.must_look,
        "clause": terms.clause,
        "note": terms.note,
    }


def _nothing(case: Case, event: e.Event, at: Instant) -> Change:
    return {}


def _deadlines(case: Case, event: e.DeadlinesSet, at: Instant) -> Change:
    gone = {ended.key for ended in event.ended} | {running.key for running in event.running}
    kept = tuple(deadline for deadline in case.deadlines if deadline.key not in gone)
    return {"deadlines": kept + event.running}


def _modified(case: Case, event: e.ApplicationModified, at: Instant) -> Change:
    return _terms(event.terms) | {
        "goods": event.goods,
        "stage": Stage.AWAITING_MERCHANT,
        "application": event.application,
        "applied_at": at,
        "preparation": None,
        "scripts_sent": 0,
        "rejection": None,
        "offers_made": {},
    }


def _reopened(case: Case, event: e.CaseReopened, at: Instant) -> Change:
    return {"stage": Stage.UNDER_REVIEW, "reopened_why": event.why}


def _closed(case: Case, event: e.CaseClosed, at: Instant) -> Change:
    pending = case.appeal is not None and case.appeal.decided_at is None
    return {
        "appeal": None if pending else case.appeal,
        "stage": Stage.CLOSED,
        "closing": Closing(event.outcome, at, event.by),
        "ending": None,
        "due_minor": 0,
        "compensation_due_minor": 0,
        "preparation": None,
        "repair_choice": False,
        "suspension": None,
        "look": "",
    }


def _replied(case: Case, at: Instant) -> Change:
    """The buyer did something that counts as a reply to a script (rules §6)."""
    preparation = case.preparation
    if preparation is None or preparation.replied_at is not None:
        return {}
    return {"preparation": replace(preparation, replied_at=at)}


def _message(case: Case, event: e.MessageSent, at: Instant) -> Change:
    talk = replace(case.talk, messages=case.talk.messages + 1)
    if event.side is Side.BUYER:
        return {"talk": replace(talk, buyer_wrote_at=at), **_replied(case, at)}
    if event.side is not Side.MERCHANT or event.script_id:
        return {"talk": talk}
    preparation = case.preparation
    change: Change = {"talk": replace(talk, merchant_wrote_at=at)}
    if preparation and preparation.replied_at is not None and preparation.answered_at is None:
        change["preparation"] = replace(preparation, answered_at=at)
    return change


def _evidence(case: Case, event: e.EvidenceFiled, at: Instant) -> Change:
    kinds = [item.kind for item in event.items if item.kind is not None]
    change: Change = {"evidence": _filed(case.evidence, event.side, kinds)}
    return change | _replied(case, at) if event.side is Side.BUYER else change


def _filed(evidence: Evidence, side: Side, kinds: list[EvidenceKind]) -> Evidence:
    count = evidence.count + len(kinds)
    if side not in (Side.BUYER, Side.MERCHANT):
        return replace(evidence, count=count)
    filed = dict(evidence.buyer if side is Side.BUYER else evidence.merchant)
    for kind in kinds:
        filed[kind] = filed.get(kind, 0) + 1
    return replace(evidence, count=count, **{side.value: filed})


def _position(case: Case, event: e.PositionStated, at: Instant) -> Change:
    return {"positions": case.positions | {event.side: len(event.points)}}


def _call(case: Case, event: e.CallRecorded, at: Instant) -> Change:
    return {"evidence": _filed(case.evidence, Side.MERCHANT, [EvidenceKind.CALL_RECORD])}


def _offer_made(case: Case, event: e.OfferMade, at: Instant) -> Change:
    offer = Offer(
        event.offer_id,
        event.side,
        event.remedy,
        event.amount_minor,
        at,
        event.lapses_at,
        event.accepted_by,
        event.message,
        event.small_payment_type,
    )
    made = case.offers_made | {event.side: case.offers_made.get(event.side, 0) + 1}
    change: Change = {"offers": (*case.offers, offer), "offers_made": made, "offer_count": case.offer_count + 1}
    return change | _replied(case, at) if event.side is Side.BUYER else change


def _offer_accepted(case: Case, event: e.OfferAccepted, at: Instant) -> Change:
    if event.complete:
        offers = tuple(o for o in case.offers if o.offer_id != event.offer_id)
    else:
        offers = tuple(
            replace(o, accepted_by=(*o.accepted_by, event.side)) if o.offer_id == event.offer_id else o
            for o in case.offers
        )
    change: Change = {"offers": offers}
    return change | _replied(case, at) if event.side is Side.BUYER else change


def _offer_declined(case: Case, event: e.OfferDeclined, at: Instant) -> Change:
    change: Change = {"offers": tuple(o for o in case.offers if o.offer_id != event.offer_id)}
    return change | _replied(case, at) if event.side is Side.BUYER else change


def _offers_ended(case: Case, event: e.OffersEnded, at: Instant) -> Change:
    return {"offers": tuple(o for o in case.offers if o.offer_id not in event.offer_ids)}


def _agreed(case: Case, event: e.CaseAgreed, at: Instant) -> Change:
    return {
        "stage": Stage.IN_MOTION,
        "goods": event.goods,
        "fault": event.fault,
        "freight": event.freight,
        "agreement": Agreement(
            event.basis,
            event.remedy,
            event.refund_minor,
            event.lines,
            at,
            event.compensation_minor,
            event.return_address_id,
        ),
        "due_minor": event.refund_minor if event.remedy in _PAID_IN_MONEY else 0,
        "compensation_due_minor": event.compensation_minor,
        "freight_claim_minor": case.freight_claim_minor if event.goods is Goods.RETURN_IN_TRANSIT else 0,
        "returned": event.lines if _taken_with(case, event) else case.returned,
        "preparation": None,
        "rejection": None,
        "ending": None,
        "look": "",
        "sending_back": False,
        "repair_choice": False,
        "small_payments": case.small_payments + (event.remedy == "small_payment"),
    }


def _taken_with(case: Case, event: e.CaseAgreed) -> bool:
    """Whether the merchant keeps a return with this agreement: it had it, or pays for it on its way."""
    if case.goods in (Goods.RETURN_DELIVERED, Goods.IN_REPAIR):
        return event.goods in (Goods.BACK, Goods.REPLACEMENT_DUE, Goods.IN_REPAIR)
    if case.goods in (Goods.BACK, Goods.COMING_BACK):
        return event.goods in (Goods.REPLACEMENT_DUE, Goods.IN_REPAIR)
    return case.goods is Goods.RETURN_IN_TRANSIT and event.goods is Goods.COMING_BACK


def _prepared(case: Case, event: e.RejectionPrepared, at: Instant) -> Change:
    return {
        "preparation": Preparation(event.reason, event.round, at, event.waits_until),
        "scripts_sent": event.round,
        "answer_moved": case.answer_moved or event.moves_answer,
        "talk": replace(case.talk, messages=case.talk.messages + 1),
    }


def _rejected(case: Case, event: e.CaseRejected, at: Instant) -> Change:
    return {
        "stage": Stage.AWAITING_BUYER,
        "rejection": Rejection(event.reason, at),
        "disputed": event.lines,
        "preparation": None,
    }


def _interception(case: Case, event: e.InterceptionRequested, at: Instant) -> Change:
    return {"stage": Stage.IN_MOTION, "goods": Goods.INTERCEPTING, "interception_at": at, "intercepted_before": True}


def _refusal_agreed(case: Case, event: e.RefusalAgreed, at: Instant) -> Change:
    return {"stage": Stage.IN_MOTION, "goods": Goods.REFUSAL_AGREED, "refusal_agreed_at": at}


def _back_to_merchant(case: Case, event: e.ReturnedToMerchant, at: Instant) -> Change:
    return {
        "stage": Stage.AWAITING_MERCHANT,
        "goods": event.goods,
        "interception_at": None,
        "refusal_agreed_at": None,
        "agreement": None,
        "due_minor": 0,
        "compensation_due_minor": 0,
    }


def _look(case: Case, event: e.LookRequired, at: Instant) -> Change:
    review = case.review or Review(at, Side.SYSTEM)
    return {"stage": Stage.UNDER_REVIEW, "look": event.why, "review": review, "ending": None}


def _scanned(case: Case, event: e.ParcelScanned, at: Instant) -> Change:
    match event.leg:
        case Leg.RETURN:
            parcel = case.return_parcel or Parcel(event.carrier, event.tracking_no)
            return {"goods": event.goods, "return_parcel": add_scan(parcel, event.scan)}
        case Leg.REPLACEMENT:
            parcel = case.replacement_parcel or Parcel(event.carrier, event.tracking_no)
            return {"goods": event.goods, "replacement_parcel": add_scan(parcel, event.scan)}
        case Leg.OUTWARD:
            return {"goods": event.goods}


def _return_shipped(case: Case, event: e.ReturnShipped, at: Instant) -> Change:
    return {
        "goods": Goods.RETURN_IN_TRANSIT,
        "return_parcel": Parcel(event.carrier, event.tracking_no),
        "freight_claim_minor": event.freight_minor,
    }


def _return_accepted(case: Case, event: e.ReturnAccepted, at: Instant) -> Change:
    return {
        "stage": Stage.IN_MOTION,
        "look": "",
        "goods": event.goods,
        "returned": add_lines(case.returned, event.lines),
        "compensation_due_minor": case.compensation_due_minor + event.compensation_minor,
        "freight_claim_minor": 0,
    }


def _replacement_shipped(case: Case, event: e.ReplacementShipped, at: Instant) -> Change:
    return {
        "goods": Goods.REPLACEMENT_IN_TRANSIT,
        "replacement_parcel": Parcel(event.carrier, event.tracking_no),
        "replacements_sent": event.attempt,
        "repair_choice": False,
        "sending_back": event.sent_back,
    }


def _replacement_disputed(case: Case, event: e.ReplacementDisputed, at: Instant) -> Change:
    return {"goods": event.goods, "replacement_disputes": event.times}


def _replacement_failed(case: Case, event: e.ReplacementFailed, at: Instant) -> Change:
    return {"goods": Goods.SHIP_BACK_DUE if case.sending_back else Goods.REPLACEMENT_DUE}


def _refund_instead(case: Case, event: e.RefundInstead, at: Instant) -> Change:
    return {"due_minor": event.refund_minor, "goods": event.goods, "repair_choice": False}


def _confirmed(case: Case, event: e.ReceiptConfirmed, at: Instant) -> Change:
    return {"goods": Goods.WITH_BUYER}


def _repair_choice(case: Case, event: e.RepairChoiceGiven, at: Instant) -> Change:
    return {"repair_choice": True}


def _remedy_chosen(case: Case, event: e.RemedyChosen, at: Instant) -> Change:
    agreement = case.agreement and replace(case.agreement, remedy=event.remedy)
    return {"agreement": agreement, "goods": event.goods, "repair_choice": False}


def _ship_back(case: Case, event: e.ShipBackOrdered, at: Instant) -> Change:
    return {"stage": Stage.IN_MOTION, "goods": Goods.SHIP_BACK_DUE, "sending_back": True, "ending": None, "look": ""}


def _ordered(case: Case, event: e.PayoutOrdered, at: Instant) -> Change:
    state = PayoutState.HELD if event.held else PayoutState.PAYING
    payout = Payout(event.payout_id, event.ledger, event.amount_minor, event.channel, event.reference, state, at)
    due = "due_minor" if event.ledger is Ledger.REFUND else "compensation_due_minor"
    left = max(0, getattr(case, due) - event.amount_minor)
    return {"payouts": (*case.payouts, payout), due: left}


def _payout(case: Case, payout_id: str, **change: Any) -> Change:
    return {
        "payouts": tuple(replace(p, **change) if p.payout_id == payout_id else p for p in case.payouts),
    }


def _released(case: Case, event: e.PayoutReleased, at: Instant) -> Change:
    return _payout(case, event.payout_id, state=PayoutState.PAYING)


def _finished(case: Case, event: e.ExecutionFinished, at: Instant) -> Change:
    pending = case.appeal is not None and case.appeal.decided_at is None
    stage = Stage.UNDER_REVIEW if pending else Stage.IN_MOTION
    return {
        "stage": stage,
        "ending": Closing(event.outcome, at, event.by),
        "due_minor": event.owed_minor,
        "compensation_due_minor": event.compensation_owed_minor,
        "preparation": None,
        "repair_choice": False,
        "look": "",
    }


def _paid(case: Case, event: e.PayoutPaid, at: Instant) -> Change:
    return _payout(case, event.payout_id, state=PayoutState.PAID, advanced=event.advanced)


def _unknown(case: Case, event: e.PayoutUnknown, at: Instant) -> Change:
    return _payout(case, event.payout_id, state=PayoutState.UNKNOWN)


def _failed(case: Case, event: e.PayoutFailed, at: Instant) -> Change:
    payout = case.payout(event.payout_id)
    assert payout is not None, "a payout fails only after it was ordered"
    due = "due_minor" if payout.ledger is Ledger.REFUND else "compensation_due_minor"
    return {
        **_payout(
            case, event.payout_id, state=PayoutState.FAILED, proposed_by="", proposed_result="", mismatched=False
        ),
        due: getattr(case, due) + payout.amount_minor,
    }


def _payout_cancelled(case: Case, event: e.PayoutCancelled, at: Instant) -> Change:
    return _payout(case, event.payout_id, state=PayoutState.CANCELLED)


def _mismatched(case: Case, event: e.PayoutMismatched, at: Instant) -> Change:
    return _payout(case, event.payout_id, mismatched=True)


def _settlement_proposed(case: Case, event: e.PayoutSettlementProposed, at: Instant) -> Change:
    return _payout(case, event.payout_id, proposed_by=event.by, proposed_result=event.result)


def _account(case: Case, event: e.PayoutAccountNamed, at: Instant) -> Change:
    return {"account": (event.channel, event.reference)}


def _balance(case: Case, event: e.BalanceReduced, at: Instant) -> Change:
    return {"due_minor": min(case.due_minor, event.left_minor)}


def _intervention(case: Case, event: e.InterventionRequested, at: Instant) -> Change:
    review = case.review or Review(at, event.side)
    again = at if event.times > 1 else None
    return {
        "stage": Stage.UNDER_REVIEW,
        "review": replace(review, requested=event.times, burden_on=event.burden_on, asked_again_at=again),
        "preparation": None,
    }


def _human_review(case: Case, event: e.HumanReviewRequested, at: Instant) -> Change:
    return {"stage": Stage.UNDER_REVIEW, "review": case.review or Review(at, Side.BUYER), "look": "human_review"}


def _platform_refund(case: Case, event: e.PlatformRefundAsked, at: Instant) -> Change:
    return {"stage": Stage.UNDER_REVIEW, "merchant_asked": True, "review": Review(at, Side.MERCHANT)}


def _assigned(case: Case, event: e.CaseAssigned, at: Instant) -> Change:
    return {"assignee": event.staff}


def _evidence_requested(case: Case, event: e.EvidenceRequested, at: Instant) -> Change:
    review = case.review or Review(at, Side.PLATFORM)
    request = EvidenceRequest(event.side, event.what, event.due_at)
    return {
        "review": replace(
            review,
            requests=(*review.requests, request),
            paused_seconds=review.paused_seconds + event.pauses_seconds,
        )
    }


def _ruling_proposed(case: Case, event: e.RulingProposed, at: Instant) -> Change:
    return {"ruling": Ruling(event.terms, event.by, at, returned=event.returned_times, waits=True), "look": ""}


def _ruling_returned(case: Case, event: e.RulingReturned, at: Instant) -> Change:
    assert case.ruling is not None, "only a proposed ruling can be returned"
    return {"ruling": replace(case.ruling, returned=case.ruling.returned + 1, waits=False)}


def _ruling_given(case: Case, event: e.RulingGiven, at: Instant) -> Change:
    proposed_at = case.ruling.proposed_at if case.ruling else at
    return {
        "ruling": Ruling(event.terms, event.by, proposed_at, event.approved_by, at, event.appeal_until),
        "fault": event.terms.fault,
        "freight": event.terms.freight,
        "rejection": None,
        "look": "",
    }


def _late(case: Case, event: e.PlatformWasLate, at: Instant) -> Change:
    review = case.review or Review(at, Side.SYSTEM)
    return {"review": replace(review, late=event.times)}


def _appealed(case: Case, event: e.Appealed, at: Instant) -> Change:
    return {"appeal": AppealState(event.side, at), "appealed_by": (*case.appealed_by, event.side)}


def _appeal_decided(case: Case, event: e.AppealDecided, at: Instant) -> Change:
    assert case.appeal is not None, "only a standing appeal is decided"
    appeal = replace(case.appeal, decided_at=at, outcome=event.outcome, waived_minor=event.waived_minor)
    if event.outcome is AppealOutcome.REOPEN:
        return {"appeal": appeal, "stage": Stage.UNDER_REVIEW, "review": Review(at, case.appeal.side), "ending": None}
    if event.terms is None:
        return {"appeal": appeal}
    ruling = Ruling(event.terms, event.by, at, noticed_at=at)
    return {"appeal": appeal, "ruling": ruling, "fault": event.terms.fault, "freight": event.terms.freight}


def _suspended(case: Case, event: e.CaseSuspended, at: Instant) -> Change:
    return {"suspension": Suspension(at, event.until)}


def _resumed(case: Case, event: e.CaseResumed, at: Instant) -> Change:
    return {"suspension": None}


_CHANGES: dict[type[e.Event], Callable[[Case, Any, Instant], Change]] = {
    e.DeadlinesSet: _deadlines,
    e.DeadlinePassed: _nothing,
    e.ApplicationModified: _modified,
    e.CaseReopened: _reopened,
    e.CaseClosed: _closed,
    e.MessageSent: _message,
    e.EvidenceFiled: _evidence,
    e.PositionStated: _position,
    e.CallRecorded: _call,
    e.ContactRevealed: _nothing,
    e.OfferMade: _offer_made,
    e.OfferAccepted: _offer_accepted,
    e.OfferDeclined: _offer_declined,
    e.OffersEnded: _offers_ended,
    e.CaseAgreed: _agreed,
    e.RejectionPrepared: _prepared,
    e.CaseRejected: _rejected,
    e.InterceptionRequested: _interception,
    e.InterceptionCancelled: _nothing,
    e.InterceptionAnswered: _nothing,
    e.RefusalAgreed: _refusal_agreed,
    e.ReturnedToMerchant: _back_to_merchant,
    e.LookRequired: _look,
    e.ParcelScanned: _scanned,
    e.ReturnShipped: _return_shipped,
    e.ReturnAccepted: _return_accepted,
    e.ReplacementShipped: _replacement_shipped,
    e.ReplacementDisputed: _replacement_disputed,
    e.ReplacementFailed: _replacement_failed,
    e.RefundInstead: _refund_instead,
    e.RepairChoiceGiven: _repair_choice,
    e.RemedyChosen: _remedy_chosen,
    e.ReceiptConfirmed: _confirmed,
    e.ShipBackOrdered: _ship_back,
    e.PayoutOrdered: _ordered,
    e.PayoutReleased: _released,
    e.PayoutPaid: _paid,
    e.PayoutUnknown: _unknown,
    e.PayoutFailed: _failed,
    e.PayoutCancelled: _payout_cancelled,
    e.PayoutMismatched: _mismatched,
    e.PayoutSettlementProposed: _settlement_proposed,
    e.PayoutAccountNamed: _account,
    e.BalanceReduced: _balance,
    e.InterventionRequested: _intervention,
    e.HumanReviewRequested: _human_review,
    e.PlatformRefundAsked: _platform_refund,
    e.CaseAssigned: _assigned,
    e.EvidenceRequested: _evidence_requested,
    e.RulingProposed: _ruling_proposed,
    e.RulingReturned: _ruling_returned,
    e.RulingGiven: _ruling_given,
    e.PlatformWasLate: _late,
    e.Appealed: _appealed,
    e.AppealDecided: _appeal_decided,
    e.CaseSuspended: _suspended,
    e.CaseResumed: _resumed,
    e.DeadlineExtended: _nothing,
    e.OutageCredited: _nothing,
    e.ExecutionFinished: _finished,
}

_MONEY = frozenset({
    e.CaseClosed, e.CaseAgreed, e.ReturnedToMerchant, e.ReturnAccepted, e.RefundInstead, e.PayoutOrdered,
    e.PayoutReleased, e.PayoutPaid, e.PayoutUnknown, e.PayoutFailed, e.PayoutCancelled, e.BalanceReduced,
    e.ExecutionFinished,
})  # fmt: skip
