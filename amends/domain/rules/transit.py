"""A parcel on its way to the buyer: interception, refund after refusal, and every scan (rules §7; R3.1, R3.2)."""

from datetime import timedelta

from amends.domain import events as e
from amends.domain.case import Case
from amends.domain.commands import AgreeRefundAfterRefusal, InterceptParcel, RecordInterception
from amends.domain.draft import CaseDraft
from amends.domain.order import RETURN_SCANS, Scan, shipping_state
from amends.domain.refusals import Code, Refusal, refuse
from amends.domain.rules import amounts, answering, closing, opening, paying
from amends.domain.time import Instant
from amends.domain.words import Basis, Goods, Leg, Outcome, PayoutState, Remedy, ScanCode, Stage

_ON_THE_WAY = (Goods.INTERCEPTING, Goods.REFUSAL_AGREED)
_UNSETTLED = (Stage.AWAITING_MERCHANT, Stage.AWAITING_BUYER)
_TURNED_BACK = (Goods.COMING_BACK, Goods.BACK, Goods.LOST)
_ATTEMPTS = (ScanCode.ATTEMPTED, ScanCode.AT_PICKUP_POINT)


def stoppable_until(c: CaseDraft) -> Instant | None:
    """Until when the courier can be asked: 2 h after the first out-for-delivery scan, 120 h after opening."""
    parcel, parcels = c.order.parcel, c.policy.parcels
    if parcel is None or shipping_state(c.order) != "in_transit":
        return None
    until = c.case.opened_at + timedelta(hours=c.policy.deadlines["intercept_result"].at_most_hours)
    out = parcel.first(ScanCode.OUT_FOR_DELIVERY)
    if out is not None:
        until = min(until, out.occurred_at + timedelta(hours=parcels.intercept_after_out_for_delivery_hours))
    return until


def can_be_stopped(c: CaseDraft) -> bool:
    until = stoppable_until(c)
    return until is not None and c.at < until


def _not_in_transit(c: CaseDraft) -> Refusal | None:
    if c.case.goods is not Goods.IN_TRANSIT or shipping_state(c.order) != "in_transit":
        return refuse(Code.NOT_IN_TRANSIT, goods=c.case.goods)
    left = amounts.balance_minor(c.draft) + c.case.due_minor
    if c.case.amount_minor > left:
        return refuse(Code.EXCEEDS_BALANCE, asked_minor=c.case.amount_minor, left_minor=left)
    return None


def may_intercept(c: CaseDraft, command: InterceptParcel | None) -> Refusal | None:
    refusal = _not_in_transit(c)
    if refusal is not None:
        return refusal
    until = stoppable_until(c)
    if until is None or c.at >= until:
        return refuse(Code.TOO_LATE_TO_INTERCEPT, ended_at=until)
    return None


def intercept(c: CaseDraft, command: InterceptParcel) -> None:
    ask_courier(c, Basis.MERCHANT)
    latest = c.case.opened_at + timedelta(hours=c.policy.deadlines["intercept_result"].at_most_hours)
    c.start("intercept_result", due_at=min(c.policy.due("intercept_result", c.at), latest))


def intercept_by_silence(c: CaseDraft) -> None:
    """Agreed by silence: the money waits for a return scan, or for a parcel that is never delivered (rules §4)."""
    ask_courier(c, Basis.LAPSE)
    c.start("unstopped")


def wait_unstopped(c: CaseDraft) -> None:
    """Agreed by silence when the courier cannot be asked any more: the money waits for the parcel alone."""
    _promise(c, Basis.LAPSE, Goods.INTERCEPTING)
    c.start("unstopped")


def ask_courier(c: CaseDraft, basis: Basis) -> None:
    """Ask the courier; the refund is promised now and paid on the courier's confirmation."""
    _promise(c, basis, Goods.INTERCEPTING)
    parcel = c.order.parcel
    if parcel is not None:
        c.add(e.InterceptionRequested(parcel.carrier, parcel.tracking_no, basis))


def _promise(c: CaseDraft, basis: Basis, goods: Goods) -> None:
    case = c.case
    if basis is Basis.MERCHANT:
        c.stop(*answering.ANSWERS)
    c.stop_all()
    closing.end_offers(c)
    refund = min(case.amount_minor, amounts.balance_minor(c.draft) + case.due_minor)
    freight = c.policy.freight.get("intercept", case.freight)
    c.add(
        e.CaseAgreed(
            basis=basis,
            remedy=Remedy.REFUND_ONLY,
            refund_minor=refund,
            asked_minor=case.amount_minor if refund != case.amount_minor else 0,
            goods=goods,
            lines=case.lines,
            fault=case.fault,
            freight=freight,
        )
    )


def may_agree_refusal(c: CaseDraft, command: AgreeRefundAfterRefusal | None) -> Refusal | None:
    """Only in transit, and only where every piece carries the no-reason right (R3.2)."""
    refusal = _not_in_transit(c)
    if refusal is not None and refusal.code is Code.NOT_IN_TRANSIT:
        return refusal
    lines = [c.order.line(line.line_no) for line in c.case.lines]
    excluded = [line.line_no for line in lines if line and opening.no_reason_right(line, c.policy) == "excluded"]
    if excluded:
        return refuse(Code.CATEGORY_NOT_REFUSABLE, lines=excluded)
    return refusal


def agree_refusal(c: CaseDraft, command: AgreeRefundAfterRefusal) -> None:
    """The merchant is led to the chat; how to refuse and when money comes is the prepared message."""
    _promise(c, Basis.MERCHANT, Goods.REFUSAL_AGREED)
    until = c.at + timedelta(hours=c.policy.deadlines["refuse_parcel"].at_most_hours)
    c.add(e.RefusalAgreed(until, "refuse_parcel"))
    attempted = c.order.parcel.first(*_ATTEMPTS) if c.order.parcel else None
    c.start("refuse_parcel", due_at=min(until, c.policy.due("refuse_parcel", c.at)) if attempted else until)


def may_record_interception(c: CaseDraft, command: RecordInterception | None) -> Refusal | None:
    return None


def record_interception(c: CaseDraft, command: RecordInterception) -> None:
    """The courier's word alone moves no money; a no returns the case to the merchant with the reason (R3.1)."""
    c.add(e.InterceptionAnswered(command.answer, command.why))
    if command.answer == "refused" and c.running("intercept_result") is not None:
        answering.back_to_merchant(c, command.why or "intercept_refused", Goods.IN_TRANSIT)


def scan(c: CaseDraft, carrier: str, tracking_no: str, news: Scan) -> None:
    """What an outward scan does to one open case. The order already carries it."""
    case, state = c.case, shipping_state(c.order)
    goods = _goods(case.goods, state)
    c.add(e.ParcelScanned(Leg.OUTWARD, carrier, tracking_no, news, goods))
    if goods is not case.goods:
        closing.end_offers(c)
    if case.stage is Stage.IN_MOTION and case.goods in _ON_THE_WAY:
        _promised(c, news, goods)
    elif case.stage is Stage.IN_MOTION and case.goods in _TURNED_BACK and goods in (Goods.IN_TRANSIT, Goods.WITH_BUYER):
        closing.look(c, "found_again")
    elif case.stage is Stage.IN_MOTION and case.goods is Goods.RETURN_DUE and goods is not Goods.RETURN_DUE:
        _returned_unopened(c)
    elif case.stage in _UNSETTLED:
        _unsettled(c, case.goods, goods)


def concerns(case: Case) -> bool:
    """Whether outward scans still say where the goods of this open case are."""
    return case.goods in (
        Goods.NOT_SHIPPED, Goods.IN_TRANSIT, Goods.INTERCEPTING, Goods.REFUSAL_AGREED, Goods.COMING_BACK, Goods.LOST,
        Goods.WITH_BUYER, Goods.RETURN_DUE,
    ) and not case.returned  # fmt: skip


def _goods(before: Goods, state: str) -> Goods:
    """The goods axis for a state of the outward parcel; what the case waits for stays until it happens."""
    now = {
        "not_shipped": Goods.NOT_SHIPPED,
        "in_transit": Goods.IN_TRANSIT,
        "delivered": Goods.WITH_BUYER,
        "coming_back": Goods.COMING_BACK,
        "back": Goods.BACK,
        "lost": Goods.LOST,
    }[state]
    if before is Goods.RETURN_DUE:
        return now if now in (Goods.COMING_BACK, Goods.BACK) else before
    return before if before in _ON_THE_WAY and now in (Goods.NOT_SHIPPED, Goods.IN_TRANSIT) else now


def _promised(c: CaseDraft, news: Scan, goods: Goods) -> None:
    """An interception or agreed refusal learns how the parcel went. Contradiction: no money (fail closed)."""
    if opening.scans_contradict(c.order):
        closing.look(c, "scans_contradict")
    elif goods in _TURNED_BACK:
        c.draft.as_system(c.at)
        c.stop_all()
        paying.pay_due(c)
    elif goods is Goods.WITH_BUYER:
        answering.back_to_merchant(c, "delivered", Goods.WITH_BUYER)
    elif news.code is ScanCode.INTERCEPT_FAILED and c.running("intercept_result") is not None:
        answering.back_to_merchant(c, "intercept_failed", Goods.IN_TRANSIT)
    elif news.code in _ATTEMPTS and c.case.refusal_agreed_at is not None:
        running = c.running("refuse_parcel")
        counted_from = max(c.case.refusal_agreed_at, news.occurred_at)
        if running is not None:
            c.move(running, min(running.due_at, c.policy.due("refuse_parcel", counted_from)))


def _returned_unopened(c: CaseDraft) -> None:
    """A return was agreed, and the parcel itself turns back: the buyer has nothing left to send."""
    if opening.scans_contradict(c.order):
        closing.look(c, "scans_contradict")
    else:
        answering.system_refund(c, "came_back")


def _unsettled(c: CaseDraft, before: Goods, goods: Goods) -> None:
    """The merchant still has to answer: the clock follows where the goods are."""
    if goods is before or ((before, goods) == (Goods.COMING_BACK, Goods.BACK) and not c.running("answer.coming_back")):
        return
    money_only = amounts.looks_only_at_money(c.case, c.policy)
    if goods is Goods.LOST:
        if not money_only:
            answering.system_refund(c, "lost")
    elif goods in (Goods.COMING_BACK, Goods.BACK):
        if c.case.stage is Stage.AWAITING_BUYER and money_only:
            return
        if c.case.stage is Stage.AWAITING_BUYER:
            answering.back_to_merchant(c, "came_back", goods)
        else:
            answering.start_answer(c)
    elif c.case.stage is Stage.AWAITING_MERCHANT:
        # The goods moved on while the merchant was silent: the clock of the new place, from the application on,
        # and never less than what was left or, once delivered, than what a returned case would have.
        key = "answer.in_transit" if goods is Goods.IN_TRANSIT else "answer.with_buyer"
        stood_since = c.case.suspension.since if c.case.suspension else c.at
        least = [c.at + (d.due_at - stood_since) for d in c.clocks() if d.key in answering.ANSWERS]
        if goods is not Goods.IN_TRANSIT:
            least.append(c.at + timedelta(hours=c.policy.parcels.back_to_merchant_hours))
        answering.start_answer(c)
        c.start(key, due_at=max([c.policy.due(key, c.case.applied_at), *least]))


def after_closing(c: CaseDraft, carrier: str, tracking_no: str, news: Scan) -> bool:
    """A scan about a finished case; True when it was this case's to act on (rules §7, Time)."""
    case, state = c.case, shipping_state(c.order)
    sent = any(p.state in (PayoutState.PAID, PayoutState.PAYING, PayoutState.UNKNOWN) for p in case.payouts)
    if sent:
        came_after = news.code is ScanCode.DELIVERED and case.goods in _TURNED_BACK
        if came_after:
            # Paid, and now with the buyer after all: a person looks, the buyer is never debited.
            c.add(e.CaseReopened("late_scan"))
            c.add(e.ParcelScanned(Leg.OUTWARD, carrier, tracking_no, news, Goods.WITH_BUYER))
            closing.look(c, "found_again")
        return came_after
    if news.code not in RETURN_SCANS or case.closing is None or not amounts.balance_minor(c.draft):
        return False
    if case.closing.outcome not in _MAY_COME_BACK or case.goods not in (*_ON_THE_WAY, Goods.IN_TRANSIT):
        return False
    if amounts.looks_only_at_money(case, c.policy) or amounts.taken_elsewhere(c.draft, case, c.policy):
        return False
    goods = Goods.BACK if state == "back" else Goods.COMING_BACK
    agreed = case.goods in _ON_THE_WAY
    c.add(e.CaseReopened("late_scan"))
    c.add(e.ParcelScanned(Leg.OUTWARD, carrier, tracking_no, news, goods))
    if opening.scans_contradict(c.order):
        closing.look(c, "scans_contradict")
    elif agreed:
        answering.system_refund(c, "late_scan")
    else:
        answering.back_to_merchant(c, "came_back", goods)
    return True


_MAY_COME_BACK = (
    Outcome.LAPSED_NOT_REFUSED, Outcome.LAPSED_AFTER_REJECTION, Outcome.WITHDRAWN, Outcome.DISMISSED,
)  # fmt: skip
