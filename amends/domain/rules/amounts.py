"""How much: prices of pieces, the balance of an order, the maximum of a case (rules §3)."""

from collections.abc import Iterable

from amends.domain.case import Case
from amends.domain.commands import CaseLine
from amends.domain.draft import Draft
from amends.domain.money import share_of_pieces, split
from amends.domain.order import Order
from amends.domain.policy import Freight, Policy, Reason
from amends.domain.words import Fault, Goods, Ledger, Payer

GOODS_MOVING_BACK = frozenset({Goods.COMING_BACK, Goods.BACK, Goods.RETURN_IN_TRANSIT, Goods.RETURN_DELIVERED})


def balance_minor(draft: Draft) -> int:
    """What may still be refunded of the order: paid, less what any case or the shop itself gave back."""
    order = draft.order
    assert order is not None, "only an order has a balance"
    return max(0, refundable_minor(order) - draft.committed_minor(Ledger.REFUND))


def refundable_minor(order: Order) -> int:
    """The most that cases may refund of the order: what came in and did not go out elsewhere."""
    charged_back = order.chargeback.amount if order.chargeback and order.chargeback.state == "lost" else 0
    return max(0, order.paid - order.refunded_elsewhere - charged_back)


def compensation_left_minor(draft: Draft, policy: Policy) -> int:
    """What the merchant's account may still be charged for this order."""
    return max(0, policy.limits.compensation_per_order_minor - draft.committed_minor(Ledger.COMPENSATION))


def pieces_taken(cases: Iterable[Case], policy: Policy, own_case: int | None) -> dict[int, int]:
    """Pieces of each line that are in another open case, came back, or were refunded in full.

    A partial refund with the goods kept leaves the pieces; cases that look only at money take none (rules §1).
    """
    taken: dict[int, int] = {}
    for case in cases:
        if case.case_id == own_case or looks_only_at_money(case, policy):
            continue
        lines = case.lines if case.is_open or refunded_in_full(case) else case.returned
        for line in lines:
            taken[line.line_no] = taken.get(line.line_no, 0) + line.quantity
    return taken


def looks_only_at_money(case: Case, policy: Policy) -> bool:
    reason = policy.reasons.get(case.reason)
    return reason is not None and reason.money_only


def refunded_in_full(case: Case) -> bool:
    """Whether a finished case gave back all that its goods cost; freight beside."""
    return case.refund_committed_minor > 0 and (
        case.refund_committed_minor >= case.maximum_minor - case.outward_freight_minor
    )


def partly_refunded_minor(cases: Iterable[Case], policy: Policy, own_case: int | None) -> dict[int, int]:
    """Money already given back on lines whose pieces are still the buyer's, by line."""
    given: dict[int, int] = {}
    for case in cases:
        amount = case.refund_committed_minor
        if case.case_id == own_case or case.is_open or not amount or refunded_in_full(case) or case.returned:
            continue
        parts = split(amount, [line.quantity for line in case.lines])
        for line, part in zip(case.lines, parts, strict=True):
            given[line.line_no] = given.get(line.line_no, 0) + part
    return given


def price_minor(draft: Draft, lines: Iterable[CaseLine], policy: Policy, own_case: int | None) -> int:
    """What the buyer paid for these pieces and was not given back yet."""
    order = draft.order
    assert order is not None, "only an order has prices"
    cases = draft.cases.values()
    taken = pieces_taken(cases, policy, own_case)
    given = partly_refunded_minor(cases, policy, own_case)
    price = 0
    for asked in lines:
        line = order.line(asked.line_no)
        if line is None:
            continue
        already = min(taken.get(line.line_no, 0), line.quantity - asked.quantity)
        share = share_of_pieces(line.paid, line.quantity, max(0, already), asked.quantity)
        price += max(0, share - given.get(line.line_no, 0))
    return price


def nothing_stays(draft: Draft, lines: Iterable[CaseLine], policy: Policy, own_case: int | None) -> bool:
    """Whether with these pieces nothing of the order stays with the buyer."""
    order = draft.order
    assert order is not None, "only an order has lines"
    taken = pieces_taken(draft.cases.values(), policy, own_case)
    for line in lines:
        taken[line.line_no] = taken.get(line.line_no, 0) + line.quantity
    return all(taken.get(line.line_no, 0) >= line.quantity for line in order.lines)


def outward_freight_minor(
    draft: Draft, lines: tuple[CaseLine, ...], reason: Reason, goods: Goods, policy: Policy, own_case: int | None
) -> int:
    """Outward freight in the maximum of a case.

    Added when nothing stays and the buyer is not at fault, or nothing ever left; taken off when a partial
    return at the buyer's fault breaks free shipping (rules §2, law: 暂行办法 18).
    """
    order = draft.order
    assert order is not None, "only an order has freight"
    if reason.money_only:
        return 0
    whole = nothing_stays(draft, lines, policy, own_case)
    if goods is Goods.NOT_SHIPPED or reason.fault is not Fault.BUYER:
        return order.freight_paid if whole and freight_not_given_back(draft, own_case) else 0
    breaks = order.free_shipping
    if breaks is None or whole or goods is not Goods.WITH_BUYER:
        return 0
    stays = sum(line.paid for line in order.lines) - price_minor(draft, lines, policy, own_case)
    return -breaks.freight if stays < breaks.threshold else 0


def freight_not_given_back(draft: Draft, own_case: int | None) -> bool:
    """Outward freight is granted once per order."""
    return not any(
        case.outward_freight_minor > 0 and (case.is_open or case.refund_committed_minor > 0)
        for case in draft.cases.values()
        if case.case_id != own_case
    )


def return_freight_minor(case: Case, freight: Freight, policy: Policy) -> int:
    """Return freight that the merchant owes without a person looking, from the buyer's receipt."""
    if freight.back is not Payer.MERCHANT:
        return 0
    return min(case.freight_claim_minor, policy.limits.return_freight_minor)
