"""Promises and payouts: how they change a case."""

from typing import Any

from msgspec.structs import replace

from amends.domain import events as e
from amends.domain.case import (
    Agreement,
    Case,
    Closing,
    Payout,
)
from amends.domain.folds.change import Change
from amends.domain.time import Instant
from amends.domain.words import Funds, Goods, Ledger, PayoutState, Remedy, Stage

_PAID_IN_MONEY = (Remedy.REFUND_ONLY, Remedy.RETURN_AND_REFUND)
"""Remedies whose refund is promised at once; for the others the figure is what is paid if the goods never come."""


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


def agreed(case: Case, event: e.CaseAgreed, at: Instant) -> Change:
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
        "owed_minor": 0,
        "compensation_owed_minor": 0,
        "freight_granted_minor": case.freight_granted_minor + event.return_freight_minor,
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


def refund_instead(case: Case, event: e.RefundInstead, at: Instant) -> Change:
    return {"due_minor": event.refund_minor, "owed_minor": 0, "goods": event.goods, "repair_choice": False}


def ordered(case: Case, event: e.PayoutOrdered, at: Instant) -> Change:
    state = PayoutState.HELD if event.held else PayoutState.PAYING
    payout = Payout(event.payout_id, event.ledger, event.amount_minor, event.channel, event.reference, state, at)
    change = {name: max(0, getattr(case, name) - event.amount_minor) for name in _PROMISE[event.ledger]}
    return {"payouts": (*case.payouts, payout), **change}


_PROMISE = {
    Ledger.REFUND: ("due_minor", "owed_minor"),
    Ledger.COMPENSATION: ("compensation_due_minor", "compensation_owed_minor"),
}


def _payout(case: Case, payout_id: str, **change: Any) -> Change:
    return {
        "payouts": tuple(replace(p, **change) if p.payout_id == payout_id else p for p in case.payouts),
    }


def released(case: Case, event: e.PayoutReleased, at: Instant) -> Change:
    return _payout(case, event.payout_id, state=PayoutState.PAYING)


def finished(case: Case, event: e.ExecutionFinished, at: Instant) -> Change:
    pending = case.appeal is not None and case.appeal.decided_at is None
    stage = Stage.UNDER_REVIEW if pending else Stage.IN_MOTION
    return {
        "stage": stage,
        "ending": Closing(event.outcome, at, event.by),
        "due_minor": event.owed_minor,
        "compensation_due_minor": event.compensation_owed_minor,
        "owed_minor": event.owed_minor,
        "compensation_owed_minor": event.compensation_owed_minor,
        "preparation": None,
        "repair_choice": False,
        "look": "",
    }


def paid(case: Case, event: e.PayoutPaid, at: Instant) -> Change:
    return _payout(case, event.payout_id, state=PayoutState.PAID, advanced=event.advanced)


def unknown(case: Case, event: e.PayoutUnknown, at: Instant) -> Change:
    return _payout(case, event.payout_id, state=PayoutState.UNKNOWN, unknown_at=at)


def failed(case: Case, event: e.PayoutFailed, at: Instant) -> Change:
    payout = case.payout(event.payout_id)
    assert payout is not None, "a payout fails only after it was ordered"
    change = _payout(
        case, event.payout_id, state=PayoutState.FAILED, proposed_by="", proposed_result="", mismatched=False
    )
    return change | {name: getattr(case, name) + payout.amount_minor for name in _PROMISE[payout.ledger]}


def payout_cancelled(case: Case, event: e.PayoutCancelled, at: Instant) -> Change:
    return _payout(case, event.payout_id, state=PayoutState.CANCELLED)


def mismatched(case: Case, event: e.PayoutMismatched, at: Instant) -> Change:
    return _payout(case, event.payout_id, mismatched=True, unknown_at=at)


def settlement_proposed(case: Case, event: e.PayoutSettlementProposed, at: Instant) -> Change:
    return _payout(case, event.payout_id, proposed_by=event.by, proposed_result=event.result)


def account(case: Case, event: e.PayoutAccountNamed, at: Instant) -> Change:
    return {"account": (event.channel, event.reference)}


def balance(case: Case, event: e.BalanceReduced, at: Instant) -> Change:
    left = min(case.due_minor, event.left_minor)
    return {"due_minor": left, "owed_minor": min(case.owed_minor, left)}
