"""How each event changes a case. Folding the events of a case gives its stored state, always."""

from collections.abc import Callable, Iterable
from typing import Any

from msgspec.structs import replace

from amends.domain import events as e
from amends.domain.case import Case, Closing
from amends.domain.folds import goods, money, review, talk
from amends.domain.folds.change import Change
from amends.domain.time import Instant
from amends.domain.words import Stage


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
    if type(event) in _MONEY:
        funds = money.funds_of(case)
        return case if funds is case.funds else replace(case, funds=funds)
    return case


def fold(facts: Iterable[e.Fact]) -> Case:
    """The state of a case from all its events; the first must be its opening."""
    first, *rest = facts
    case = opened(first.event, first.at)
    for fact in rest:
        case = evolve(case, fact)
    return case


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
    gone = [ended.key for ended in event.ended] + [running.key for running in event.running]
    kept = [deadline for deadline in case.deadlines if deadline.key not in gone]
    return {"deadlines": (*kept, *event.running)}


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
        "owed_minor": 0,
        "compensation_owed_minor": 0,
        "preparation": None,
        "repair_choice": False,
        "suspension": None,
        "look": "",
    }


_CHANGES: dict[type[e.Event], Callable[[Case, Any, Instant], Change]] = {
    e.DeadlinesSet: _deadlines,
    e.DeadlinePassed: _nothing,
    e.ApplicationModified: _modified,
    e.CaseReopened: _reopened,
    e.CaseClosed: _closed,
    e.MessageSent: talk.message,
    e.EvidenceFiled: talk.evidence,
    e.PositionStated: talk.position,
    e.CallRecorded: talk.call,
    e.ContactRevealed: _nothing,
    e.OfferMade: talk.offer_made,
    e.OfferAccepted: talk.offer_accepted,
    e.OfferDeclined: talk.offer_declined,
    e.OffersEnded: talk.offers_ended,
    e.CaseAgreed: money.agreed,
    e.RejectionPrepared: talk.prepared,
    e.CaseRejected: talk.rejected,
    e.InterceptionRequested: goods.interception,
    e.InterceptionCancelled: _nothing,
    e.InterceptionAnswered: _nothing,
    e.RefusalAgreed: goods.refusal_agreed,
    e.ReturnedToMerchant: goods.back_to_merchant,
    e.LookRequired: review.look,
    e.ParcelScanned: goods.scanned,
    e.ReturnShipped: goods.return_shipped,
    e.ReturnAccepted: goods.return_accepted,
    e.ReplacementShipped: goods.replacement_shipped,
    e.ReplacementDisputed: goods.replacement_disputed,
    e.ReplacementFailed: goods.replacement_failed,
    e.RefundInstead: money.refund_instead,
    e.RepairChoiceGiven: goods.repair_choice,
    e.RemedyChosen: goods.remedy_chosen,
    e.ReceiptConfirmed: goods.confirmed,
    e.ShipBackOrdered: goods.ship_back,
    e.PayoutOrdered: money.ordered,
    e.PayoutReleased: money.released,
    e.PayoutPaid: money.paid,
    e.PayoutUnknown: money.unknown,
    e.PayoutFailed: money.failed,
    e.PayoutCancelled: money.payout_cancelled,
    e.PayoutMismatched: money.mismatched,
    e.PayoutSettlementProposed: money.settlement_proposed,
    e.PayoutAccountNamed: money.account,
    e.BalanceReduced: money.balance,
    e.InterventionRequested: review.intervention,
    e.HumanReviewRequested: review.human_review,
    e.PlatformRefundAsked: review.platform_refund,
    e.CaseAssigned: review.assigned,
    e.EvidenceRequested: review.evidence_requested,
    e.RulingProposed: review.ruling_proposed,
    e.RulingReturned: review.ruling_returned,
    e.RulingGiven: review.ruling_given,
    e.PlatformWasLate: review.late,
    e.Appealed: review.appealed,
    e.AppealDecided: review.appeal_decided,
    e.CaseSuspended: review.suspended,
    e.CaseResumed: review.resumed,
    e.DeadlineExtended: review.extended,
    e.OutageCredited: _nothing,
    e.ExecutionFinished: money.finished,
}

_MONEY = frozenset({
    e.CaseClosed, e.CaseAgreed, e.ReturnedToMerchant, e.ReturnAccepted, e.RefundInstead, e.PayoutOrdered,
    e.PayoutReleased, e.PayoutPaid, e.PayoutUnknown, e.PayoutFailed, e.PayoutCancelled, e.BalanceReduced,
    e.ExecutionFinished,
})  # fmt: skip
