"""Offers to settle, from either side or the platform, also after closing (rules §8; R2.1, R3.3)."""

from amends.domain import events as e
from amends.domain.case import Offer
from amends.domain.commands import AcceptOffer, DeclineOffer, MakeOffer
from amends.domain.draft import CaseDraft
from amends.domain.order import shipping_state
from amends.domain.refusals import Code, Refusal, refuse
from amends.domain.rules import amounts, answering
from amends.domain.words import Basis, Goods, Ledger, PayoutState, Remedy, Role, Side, SmallPaymentType, Stage

_PARTIES = (Side.BUYER, Side.MERCHANT)

_AFTER_DELIVERY = (
    Remedy.RETURN_AND_REFUND, Remedy.EXCHANGE, Remedy.RESEND, Remedy.REPAIR, Remedy.SMALL_PAYMENT,
)  # fmt: skip


def goods_not_moving(c: CaseDraft) -> bool:
    """Whether something agreed can still be replaced by an offer: nothing sent, no money on its way."""
    case = c.case
    still = case.goods in (Goods.WITH_BUYER, Goods.RETURN_DUE, Goods.REPLACEMENT_DUE, Goods.NOT_SHIPPED)
    return still and all(p.state is PayoutState.FAILED for p in case.payouts) and not case.returned


def after_closing(c: CaseDraft) -> bool:
    """Offers stay possible for a while after the end (R2.1)."""
    closing_ = c.case.closing
    return closing_ is not None and c.at < c.policy.due("offers_after_closing", closing_.at)


def may_make(c: CaseDraft, command: MakeOffer | None) -> Refusal | None:
    case, limits = c.case, c.policy.limits
    side = c.actor.side
    taken = amounts.taken_elsewhere(c.draft, case, c.policy)
    if taken:
        return refuse(Code.QUANTITY_TAKEN, lines=taken)
    made = case.offers_made.get(side, 0)
    if made >= limits.offers_per_side:
        return refuse(Code.ROUNDS_USED_UP, made=made, limit=limits.offers_per_side)
    return _fits(c, command.remedy, command.amount, command) if command is not None else None


def _fits(c: CaseDraft, remedy: Remedy, amount: int | None, command: MakeOffer | None) -> Refusal | None:
    """Whether a remedy can be carried out now; asked when it is offered and again when it is accepted."""
    case = c.case
    delivered = shipping_state(c.order) == "delivered"
    if remedy in _AFTER_DELIVERY and not (delivered and case.goods in _WHEN_WITH_BUYER):
        return refuse(Code.KIND_NOT_POSSIBLE, kind=remedy, goods=case.goods)
    wants_goods = command is not None and command.goods == "send_back" and remedy is Remedy.REFUND_ONLY
    keeps_goods = command is not None and command.goods == "keep" and remedy is Remedy.RETURN_AND_REFUND
    if wants_goods or keeps_goods:
        return refuse(Code.KIND_NOT_POSSIBLE, kind=remedy, goods=case.goods)
    if remedy is Remedy.SMALL_PAYMENT:
        if command is not None and (command.small_payment_type is None or not command.message.strip()):
            return refuse(Code.EXPLANATION_TOO_SHORT, needs_characters=1, needs=["small_payment_type", "message"])
        return _fits_small_payment(c, amount)
    if amount is None:
        return None
    if amount < 1:
        return refuse(Code.AMOUNT_NOT_POSITIVE, asked_minor=amount, maximum_minor=case.maximum_minor)
    maximum = case.maximum_minor - case.ordered_minor(Ledger.REFUND)
    if amount > maximum:
        return refuse(Code.EXCEEDS_MAXIMUM, asked_minor=amount, maximum_minor=maximum)
    left = amounts.balance_minor(c.draft) + case.due_minor
    if amount > left:
        return refuse(Code.EXCEEDS_BALANCE, asked_minor=amount, left_minor=left)
    return None


_WHEN_WITH_BUYER = (Goods.WITH_BUYER, Goods.RETURN_DUE, Goods.REPLACEMENT_DUE, Goods.BACK)


def _fits_small_payment(c: CaseDraft, amount: int | None) -> Refusal | None:
    case, limits = c.case, c.policy.limits
    if amount is None or amount < 1:
        return refuse(Code.AMOUNT_NOT_POSITIVE, asked_minor=amount or 0, maximum_minor=limits.small_payment_minor)
    own = c.merchant.small_payment_staff_limit
    staff_limit = own if own is not None and c.actor.role is Role.AFTER_SALE else limits.small_payment_minor
    most = min(limits.small_payment_minor, staff_limit)
    if amount > most:
        return refuse(Code.EXCEEDS_MAXIMUM, asked_minor=amount, maximum_minor=most)
    left = amounts.compensation_left_minor(c.draft, c.policy) + case.compensation_due_minor
    if amount > left:
        return refuse(Code.EXCEEDS_COMPENSATION, asked_minor=amount, left_minor=left)
    made = sum(other.small_payments for other in c.draft.cases.values())
    if made >= limits.small_payments_per_order:
        return refuse(Code.TOO_MANY_SMALL_PAYMENTS, made=made, limit=limits.small_payments_per_order)
    return None


def make(c: CaseDraft, command: MakeOffer) -> None:
    case, side = c.case, c.actor.side
    amount = command.amount
    if amount is None:
        amount = min(
            case.maximum_minor - case.ordered_minor(Ledger.REFUND), amounts.balance_minor(c.draft) + case.due_minor
        )
    put(c, side, command.remedy, amount, command=command)


def put(
    c: CaseDraft,
    side: Side,
    remedy: Remedy,
    amount_minor: int,
    *,
    accepted_by: tuple[Side, ...] = (),
    command: MakeOffer | None = None,
) -> None:
    """Put an offer on the table; it replaces the side's earlier one and moves no deadline."""
    earlier = c.case.offer_of(side)
    if earlier is not None:
        c.add(e.OffersEnded((earlier.offer_id,), "replaced"))
    lapses_at = c.start(f"offer_open:{side.value}")
    c.add(
        e.OfferMade(
            offer_id=c.name("o", c.case.offer_count + 1),
            side=side,
            remedy=remedy,
            amount_minor=amount_minor,
            lapses_at=lapses_at,
            accepted_by=accepted_by,
            message=command.message if command else "",
            small_payment_type=command.small_payment_type if command else None,
        )
    )


def _standing(c: CaseDraft, offer_id: str) -> Offer | Refusal:
    """The offer meant, or what stands instead with its figures (rules §5)."""
    offer = c.case.offer(offer_id)
    if offer is not None:
        return offer
    side = c.actor.side
    others = [o for o in c.case.offers if o.side is not side and side not in o.accepted_by]
    if others:
        return refuse(
            Code.OFFER_REPLACED,
            standing_offer_id=others[-1].offer_id,
            remedy=others[-1].remedy,
            amount_minor=others[-1].amount_minor,
        )
    return refuse(Code.OFFER_OVER, offer_id=offer_id)


def may_answer(c: CaseDraft, command: AcceptOffer | DeclineOffer | None) -> Refusal | None:
    """Only somebody else's offer can be answered, each side once."""
    side = c.actor.side
    open_to_me = [o for o in c.case.offers if o.side is not side and side not in o.accepted_by]
    if not open_to_me and command is None:
        return refuse(Code.OFFER_OVER)
    if command is None:
        return None
    offer = _standing(c, command.offer_id)
    if isinstance(offer, Refusal):
        return offer
    if offer.side is side or side in offer.accepted_by:
        return refuse(Code.NOT_ALLOWED_FOR_ROLE, role=c.actor.role, needs="other_side")
    return None


def may_accept(c: CaseDraft, command: AcceptOffer | None) -> Refusal | None:
    refusal = may_answer(c, command)
    if refusal is not None:
        return refusal
    taken = amounts.taken_elsewhere(c.draft, c.case, c.policy)
    if taken:
        return refuse(Code.QUANTITY_TAKEN, lines=taken)
    if command is None:
        return None
    offer = c.case.offer(command.offer_id)
    assert offer is not None, "the ladder found it"
    if offer.remedy in (Remedy.RETURN_AND_REFUND, Remedy.EXCHANGE, Remedy.REPAIR) and c.merchant.address(None) is None:
        return refuse(Code.UNKNOWN_ADDRESS)
    return _fits(c, offer.remedy, offer.amount_minor, None)


def accept(c: CaseDraft, command: AcceptOffer) -> None:
    """Take it. A platform offer needs both sides; the first acceptance is shown to the other."""
    offer = c.case.offer(command.offer_id)
    assert offer is not None, "the ladder found it"
    side = c.actor.side
    waiting = [p for p in _PARTIES if p not in (*offer.accepted_by, side) and offer.side is Side.PLATFORM]
    c.add(e.OfferAccepted(offer.offer_id, side, complete=not waiting, note=command.note))
    if waiting:
        return
    c.stop(f"offer_open:{offer.side.value}")
    if c.case.stage is Stage.CLOSED:
        c.add(e.CaseReopened("settled_later"))
    if offer.remedy is not Remedy.SMALL_PAYMENT:
        answering.carry_out(c, Basis.OFFER, offer.remedy, offer.amount_minor)
        return
    claimed = max(0, c.case.freight_claim_minor - c.case.freight_granted_minor)
    freight = min(offer.amount_minor, claimed) if offer.small_payment_type is SmallPaymentType.FREIGHT else 0
    answering.carry_out(
        c,
        Basis.OFFER,
        offer.remedy,
        0,
        compensation_minor=offer.amount_minor - freight,
        return_freight_minor=freight,
    )


def decline(c: CaseDraft, command: DeclineOffer) -> None:
    offer = c.case.offer(command.offer_id)
    assert offer is not None, "the ladder found it"
    c.stop(f"offer_open:{offer.side.value}")
    c.add(e.OfferDeclined(offer.offer_id, c.actor.side, command.note))


def lapse(c: CaseDraft, key: str) -> None:
    """An offer ends, nothing else moves."""
    offer = c.case.offer_of(Side(key.partition(":")[2]))
    if offer is not None:
        c.add(e.OffersEnded((offer.offer_id,), "lapsed"))
