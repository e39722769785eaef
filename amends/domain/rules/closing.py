"""How a case ends, and when it may (rules, Owner: no case closes while the merchant holds unpaid goods)."""

from amends.domain import events as e
from amends.domain.case import Case
from amends.domain.draft import CaseDraft
from amends.domain.rules import amounts
from amends.domain.words import Goods, Ledger, Outcome, PayoutState, Remedy, Side, Stage

GOODS_AT_REST = frozenset({
    Goods.NOT_SHIPPED, Goods.IN_TRANSIT, Goods.WITH_BUYER, Goods.COMING_BACK, Goods.BACK, Goods.LOST,
    Goods.INTERCEPTING, Goods.REFUSAL_AGREED,
})  # fmt: skip
"""Once the money is paid nothing has to move any more; an unshipped or stopped parcel is the merchant's own."""

HELD_BY_MERCHANT = frozenset({
    Goods.RETURN_DELIVERED, Goods.IN_REPAIR, Goods.BACK, Goods.COMING_BACK, Goods.RETURN_IN_TRANSIT,
    Goods.SHIP_BACK_DUE,
})  # fmt: skip
"""The buyer's goods are with the merchant, or on their way there."""

SENT = (PayoutState.PAYING, PayoutState.UNKNOWN, PayoutState.PAID)
"""Money that left or may have left; what is held may yet be cancelled."""

_MONEY_REMEDIES = (Remedy.REFUND_ONLY, Remedy.RETURN_AND_REFUND, Remedy.SMALL_PAYMENT)


def holds_unpaid_goods(c: CaseDraft) -> bool:
    """Whether the merchant has goods of this case that are neither paid back nor sent back."""
    case = c.case
    if amounts.looks_only_at_money(case, c.policy):
        return False
    if case.goods is Goods.REPLACEMENT_DUE:
        return bool(case.returned)
    paid = any(p.ledger is Ledger.REFUND and p.state in SENT for p in case.payouts)
    return case.goods in HELD_BY_MERCHANT and not paid


def close(c: CaseDraft, outcome: Outcome, by: Side | None = None, reason: str = "") -> None:
    """End the case at once: offers and clocks with it."""
    end_offers(c)
    c.stop_all(keep=())
    c.add(e.CaseClosed(outcome, by or c.actor.side, reason))


def finish(c: CaseDraft, outcome: Outcome, by: Side | None = None) -> None:
    """End the case, or wait with it while an appeal is to be decided or its money is on its way.

    A closed case moves no money, so a payout that may yet fail has to find the case open (rules, Owner).
    """
    if not c.case.owed_minor and not c.case.compensation_owed_minor:
        c.stop("payout_account", how="moot")
    owed = c.running("payout_account") is not None
    if not _waits(c):
        close(c, outcome, by)
        return
    end_offers(c)
    c.stop_all()
    c.add(
        e.ExecutionFinished(
            outcome=outcome,
            by=by or c.actor.side,
            owed_minor=c.case.owed_minor if owed else 0,
            compensation_owed_minor=c.case.compensation_owed_minor if owed else 0,
        )
    )


def _waits(c: CaseDraft) -> bool:
    case = c.case
    pending = case.appeal is not None and case.appeal.decided_at is None
    moving = any(p.state in (PayoutState.HELD, PayoutState.PAYING, PayoutState.UNKNOWN) for p in case.payouts)
    return pending or moving or c.running("payout_account") is not None


def end_offers(c: CaseDraft, why: str = "moved_on") -> None:
    """Offers end when stage, goods or application change (rules §8)."""
    offers = tuple(offer.offer_id for offer in c.case.offers)
    if offers:
        c.add(e.OffersEnded(offers, why))
    c.stop("offer_open:buyer", "offer_open:merchant", "offer_open:platform", how="moot")


def nothing_left(c: CaseDraft, *, elsewhere: bool = False) -> None:
    """No money is left for this case. Goods that the merchant holds still need a person."""
    if holds_unpaid_goods(c):
        look(c, "nothing_left_goods_held")
        return
    outcome = Outcome.REFUNDED_ELSEWHERE if elsewhere else Outcome.NOTHING_LEFT
    finish(c, Outcome.REFUNDED if c.case.ordered_minor(Ledger.REFUND) else outcome, Side.SYSTEM)


def look(c: CaseDraft, why: str) -> None:
    """A person at the platform must look; until then no money moves (rules §4, `look`)."""
    end_offers(c)
    c.stop_all()
    c.add(e.LookRequired(why))
    c.start("look")


def settle(c: CaseDraft) -> None:
    """Close when everything that was agreed or ruled is done."""
    case = c.case
    agreement = case.agreement
    if case.ending is not None and case.suspension is None and not _waits(c):
        if holds_unpaid_goods(c):
            look(c, "goods_held")
        else:
            close(c, case.ending.outcome, case.ending.by)
        return
    if case.ending is not None or case.stage is not Stage.IN_MOTION or case.goods not in GOODS_AT_REST:
        return
    if case.due_minor or case.compensation_due_minor or case.suspension is not None:
        return
    if c.running("confirm_replacement") is not None:
        return
    if any(p.state not in (PayoutState.PAID, PayoutState.FAILED, PayoutState.CANCELLED) for p in case.payouts):
        return
    if not _is_money_now(case):
        return
    c.draft.as_system(c.at)
    small = agreement is not None and agreement.remedy is Remedy.SMALL_PAYMENT
    finish(c, Outcome.SETTLED if small else Outcome.REFUNDED, Side.SYSTEM)


def _is_money_now(case: Case) -> bool:
    """Whether what stands is paid in money, from the start or because the goods did not come."""
    agreed = case.agreement is not None and case.agreement.remedy in _MONEY_REMEDIES
    return agreed or case.refund_committed_minor > 0
