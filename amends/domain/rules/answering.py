"""The merchant's answer, and carrying out whatever stands: agreed, offered, ruled or left to silence (rules §4)."""

from datetime import timedelta

from amends.domain import events as e
from amends.domain.case import Case
from amends.domain.commands import Agree, CaseLine
from amends.domain.draft import CaseDraft
from amends.domain.policy import Freight
from amends.domain.refusals import Code, Refusal, refuse
from amends.domain.rules import amounts, closing, paying
from amends.domain.words import Basis, Fault, Goods, Ledger, Remedy, Stage

_ANSWER: dict[Goods, str] = {
    Goods.NOT_SHIPPED: "answer.not_shipped",
    Goods.IN_TRANSIT: "answer.in_transit",
    Goods.LOST: "answer.in_transit",
    Goods.WITH_BUYER: "answer.with_buyer",
    Goods.COMING_BACK: "answer.coming_back",
    Goods.BACK: "answer.coming_back",
}

ANSWERS = ("answer.not_shipped", "answer.in_transit", "answer.with_buyer", "answer.coming_back")

_NEEDS_RETURN = (Remedy.RETURN_AND_REFUND, Remedy.EXCHANGE, Remedy.REPAIR)


def answer_deadline(case: Case) -> e.Deadline | None:
    """The running clock on the merchant's answer."""
    return next((d for d in case.deadlines if d.key in ANSWERS), None)


def start_answer(c: CaseDraft, hours: float | None = None) -> None:
    """Start the merchant's clock for where the goods are now; `hours` when the case came back to the merchant."""
    key = _ANSWER[c.case.goods]
    c.stop(*(other for other in ANSWERS if other != key), how="moot")
    rule, due = c.policy.deadlines[key], None
    if key == "answer.not_shipped" and hours is None and c.order.ship_by is not None:
        least = c.at + timedelta(hours=rule.at_least_hours)
        due = max(least, min(c.policy.due(key, c.at), c.order.ship_by))
    c.start(key, hours=hours, due_at=due)


def back_to_merchant(c: CaseDraft, why: str, goods: Goods) -> None:
    """The way agreed on failed: the merchant answers again, with a shorter clock (rules §4)."""
    c.stop_all()
    closing.end_offers(c)
    c.add(e.ReturnedToMerchant(why, goods))
    hours = None if goods in (Goods.COMING_BACK, Goods.BACK) else c.policy.parcels.back_to_merchant_hours
    start_answer(c, hours)


def still_asked_minor(case: Case) -> int:
    """What is asked and was not sent yet; a part may have been paid for what came back (rules §6)."""
    return max(0, case.amount_minor - case.ordered_minor(Ledger.REFUND))


def as_asked(case: Case) -> Remedy:
    """The remedy that the buyer asked for."""
    return Remedy(case.kind.value)


def may_agree(c: CaseDraft, command: Agree | None) -> Refusal | None:
    """The merchant may always give what is asked, also while the platform reviews (rules §5)."""
    case = c.case
    if case.stage is Stage.UNDER_REVIEW and case.merchant_asked:
        return refuse(Code.WRONG_STAGE, stage=case.stage, needs="buyer")
    if command is not None and command.application != case.application:
        return refuse(Code.APPLICATION_CHANGED, application=case.application, amount_minor=case.amount_minor)
    taken = amounts.taken_elsewhere(c.draft, case, c.policy)
    if taken:
        return refuse(Code.QUANTITY_TAKEN, lines=taken)
    remedy = as_asked(case)
    if remedy in (Remedy.REFUND_ONLY, Remedy.RETURN_AND_REFUND):
        left = amounts.balance_minor(c.draft) + case.due_minor
        if still_asked_minor(case) > left:
            return refuse(Code.EXCEEDS_BALANCE, asked_minor=still_asked_minor(case), left_minor=left)
    if remedy in _NEEDS_RETURN and case.goods is Goods.WITH_BUYER:
        wanted = command.return_address_id if command else None
        if c.merchant.address(wanted) is None:
            return refuse(Code.UNKNOWN_ADDRESS, address_id=wanted)
    return None


def agree(c: CaseDraft, command: Agree) -> None:
    carry_out(
        c,
        Basis.MERCHANT,
        as_asked(c.case),
        still_asked_minor(c.case),
        address_id=command.return_address_id,
        reason=command.note,
    )


def carry_out(
    c: CaseDraft,
    basis: Basis,
    remedy: Remedy,
    amount_minor: int,
    *,
    compensation_minor: int = 0,
    return_freight_minor: int | None = None,
    fault: Fault | None = None,
    freight: Freight | None = None,
    address_id: str | None = None,
    reason: str = "",
) -> None:
    """Make a remedy stand and start it: goods move or money is sent.

    `amount_minor` comes on top of what this case has paid already. It is cut to what is left of the order,
    and the event says what was wanted (rules §3). For an exchange, resend or repair it is what is paid if the
    goods never come. `return_freight_minor` is what a person grants of the freight on the buyer's receipt; nothing
    said: what the policy pays by itself.
    """
    case = c.case
    left = amounts.balance_minor(c.draft) + case.due_minor
    refund = min(amount_minor, left)
    freight = freight or case.freight
    if remedy in _NEEDS_RETURN and case.goods not in closing.HELD_BY_MERCHANT:
        address = c.merchant.address(address_id)
        if address is None:
            # No true return address is the merchant's failing: the money moves without the goods (rules §4).
            remedy, reason = Remedy.REFUND_ONLY, reason or "no_return_address"
    money = remedy in (Remedy.REFUND_ONLY, Remedy.RETURN_AND_REFUND)
    if money and not refund and not compensation_minor and not return_freight_minor:
        closing.nothing_left(c)
        return

    goods = _goods_after(case, remedy)
    if return_freight_minor is None:
        paid_for = case.goods is Goods.RETURN_IN_TRANSIT and goods is Goods.COMING_BACK
        arrived = paid_for or case.goods in (Goods.RETURN_DELIVERED, Goods.IN_REPAIR)
        return_freight_minor = amounts.return_freight_minor(case, freight, c.policy) if arrived else 0
    spare = max(0, amounts.compensation_left_minor(c.draft, c.policy) - compensation_minor)
    return_freight_minor = min(return_freight_minor, spare)
    if basis in (Basis.MERCHANT, Basis.OFFER):
        c.stop(*ANSWERS)
    c.stop_all()
    c.stop("payout_account", how="moot")
    closing.end_offers(c)
    address = c.merchant.address(address_id)
    c.add(
        e.CaseAgreed(
            basis=basis,
            remedy=remedy,
            refund_minor=refund if remedy is not Remedy.SMALL_PAYMENT else 0,
            compensation_minor=compensation_minor + return_freight_minor,
            return_freight_minor=return_freight_minor,
            asked_minor=amount_minor if amount_minor != refund else 0,
            goods=goods,
            lines=case.lines,
            fault=fault or case.fault,
            freight=freight,
            return_address_id=address.address_id if address and goods is Goods.RETURN_DUE else "",
            reason=reason,
        )
    )
    proceed(c)


def proceed(c: CaseDraft) -> None:
    """Start the clock, or the money, of what stands, from where the goods are."""
    match c.case.goods:
        case Goods.RETURN_DUE:
            c.start("ship_return")
        case Goods.RETURN_IN_TRANSIT:
            c.start("return_transit")
        case Goods.IN_REPAIR:
            c.start("repair")
        case Goods.REPLACEMENT_DUE:
            c.start("ship_replacement")
        case Goods.INTERCEPTING | Goods.REFUSAL_AGREED:
            pass
        case _:
            paying.pay_due(c)


def _goods_after(case: Case, remedy: Remedy) -> Goods:
    """Where the goods go first under a remedy; goods that the merchant has need no return."""
    taken = case.goods is Goods.REPLACEMENT_DUE and bool(case.returned)
    held = taken or case.goods in (Goods.RETURN_DELIVERED, Goods.IN_REPAIR, Goods.BACK, Goods.COMING_BACK)
    match remedy:
        case Remedy.REFUND_ONLY | Remedy.SMALL_PAYMENT:
            # A return on its way or at the merchant stays there: the money pays for it.
            kept = {Goods.RETURN_DELIVERED: Goods.BACK, Goods.IN_REPAIR: Goods.BACK, Goods.SHIP_BACK_DUE: Goods.BACK}
            replaced = Goods.BACK if taken else Goods.WITH_BUYER
            unsent = {Goods.RETURN_DUE: Goods.WITH_BUYER, Goods.REPLACEMENT_DUE: replaced}
            moving = {Goods.RETURN_IN_TRANSIT: Goods.COMING_BACK, Goods.REPLACEMENT_IN_TRANSIT: Goods.WITH_BUYER}
            stopped = {Goods.INTERCEPTING: Goods.IN_TRANSIT, Goods.REFUSAL_AGREED: Goods.IN_TRANSIT}
            return (kept | unsent | moving | stopped).get(case.goods, case.goods)
        case Remedy.RETURN_AND_REFUND:
            if held:
                return case.goods if case.goods is Goods.COMING_BACK else Goods.BACK
            return case.goods if case.goods is Goods.RETURN_IN_TRANSIT else Goods.RETURN_DUE
        case Remedy.EXCHANGE:
            if held:
                return Goods.REPLACEMENT_DUE
            return case.goods if case.goods is Goods.RETURN_IN_TRANSIT else Goods.RETURN_DUE
        case Remedy.REPAIR:
            if held:
                return Goods.IN_REPAIR
            return case.goods if case.goods is Goods.RETURN_IN_TRANSIT else Goods.RETURN_DUE
        case Remedy.RESEND:
            return Goods.REPLACEMENT_DUE


def system_refund(c: CaseDraft, reason: str) -> None:
    """The system refunds without asking: lost parcels, failed groups, goods that came back (rules §7)."""
    c.draft.as_system(c.at)
    if c.case.must_look:
        closing.look(c, reason)
        return
    amount = c.case.agreement.refund_minor if c.case.agreement else c.case.amount_minor
    carry_out(c, Basis.SYSTEM, Remedy.REFUND_ONLY, amount, reason=reason)


def refund_instead(c: CaseDraft, why: str) -> None:
    """The goods that were agreed do not come: pay what was set when it was agreed, else what was asked (rules §4)."""
    agreement = c.case.agreement
    agreed = agreement.refund_minor if agreement else still_asked_minor(c.case)
    refund = min(agreed, amounts.balance_minor(c.draft) + c.case.due_minor)
    if not refund:
        closing.nothing_left(c)
        return
    c.stop_all()
    c.add(e.RefundInstead(refund, why, _goods_at_rest(c.case)))
    paying.pay_due(c)


def _goods_at_rest(case: Case) -> Goods:
    if case.returned or case.goods in (Goods.IN_REPAIR, Goods.SHIP_BACK_DUE, Goods.RETURN_DELIVERED):
        return Goods.BACK
    return Goods.WITH_BUYER


def whole(case: Case) -> tuple[CaseLine, ...]:
    """The lines that stand: as agreed, else as asked."""
    return case.agreement.lines if case.agreement else case.lines
