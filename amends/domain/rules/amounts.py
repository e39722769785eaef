"""How much: prices of pieces, the balance of an order, the maximum of a case (rules §3)."""

from collections.abc import Iterable

from amends.domain.case import Case
from amends.domain.commands import CaseLine
from amends.domain.draft import CaseDraft, Draft
from amends.domain.money import share_of_pieces, split
from amends.domain.order import Order
from amends.domain.policy import Freight, Policy, Reason
from amends.domain.refusals import Code, Refusal, refuse
from amends.domain.words import Fault, Goods, Ledger, Outcome, Payer

GOODS_MOVING_BACK = frozenset({Goods.COMING_BACK, Goods.BACK, Goods.RETURN_IN_TRANSIT, Goods.RETURN_DELIVERED})


def balance_minor(draft: Draft) -> int:
    """What may still be refunded of the order: paid, less what any case or the shop itself gave back."""
    order = draft.order
    assert order is not None, "only an order has a balance"
    return max(0, refundable_minor(order) - draft.committed_minor(Ledger.REFUND))


def refundable_minor(order: Order) -> int:
    """The most that cases may refund of the order: what came in and did not go out elsewhere."""
    charged_back = order.chargeback.amount if order.chargeback and order.chargeback.state == "lost" else 0
    return max(0, order.paid - _refunded_by_shop_minor(order) - charged_back)


def _refunded_by_shop_minor(order: Order) -> int:
    """What the shop gave back itself. An order that it cancelled without a figure counts whole (rules §3).

    A group that did not fill is no cancelling by the shop: that one is refunded here (R4.3).
    """
    failed = order.group is not None and order.group.state != "formed"
    if order.cancelled_at is None or order.refunded_elsewhere or failed:
        return order.refunded_elsewhere
    return order.paid


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
        lines = case.lines if case.is_open or refunded_in_full(case) else _came_back(case)
        for line in lines:
            taken[line.line_no] = taken.get(line.line_no, 0) + line.quantity
    return taken


def taken_elsewhere(draft: Draft, case: Case, policy: Policy) -> list[dict[str, int]]:
    """Lines of an ended case whose pieces another case has by now, or gave back: it cannot have them again.

    A case that never ended holds its pieces itself.
    """
    order = draft.order
    assert order is not None, "pieces are an order's"
    if case.closing is None or looks_only_at_money(case, policy):
        return []
    taken = pieces_taken(draft.cases.values(), policy, case.case_id)
    known = {line.line_no: line.quantity for line in order.lines}
    left = {line.line_no: max(0, known.get(line.line_no, 0) - taken.get(line.line_no, 0)) for line in case.lines}
    return [{"line_no": n.line_no, "left": left[n.line_no]} for n in case.lines if n.quantity > left[n.line_no]]


def _came_back(case: Case) -> tuple[CaseLine, ...]:
    """Pieces of a finished case that the merchant has."""
    return () if case.closing is not None and case.closing.outcome in _GOODS_WENT_BACK else case.returned


_GOODS_WENT_BACK = (Outcome.COMPLETED, Outcome.SENT_BACK)
"""What the buyer returned, or other pieces for it, are with the buyer again."""


def looks_only_at_money(case: Case, policy: Policy) -> bool:
    reason = policy.reasons.get(case.reason)
    return reason is not None and reason.money_only


def refunded_in_full(case: Case) -> bool:
    """Whether a finished case gave back all that its goods cost; freight beside."""
    return case.refund_committed_minor > 0 and (
        case.refund_committed_minor >= case.maximum_minor - case.outward_freight_minor
    )


def partly_refunded_minor(cases: Iterable[Case]) -> dict[int, int]:
    """Money already given back on lines whose pieces are still the buyer's, by line."""
    given: dict[int, int] = {}
    for case in cases:
        amount = case.refund_committed_minor
        if case.is_open or not amount or refunded_in_full(case) or _came_back(case):
            continue
        parts = split(amount, [line.quantity for line in case.lines])
        for line, part in zip(case.lines, parts, strict=True):
            given[line.line_no] = given.get(line.line_no, 0) + part
    return given


class Pieces:
    """Some pieces of an order, priced beside what other cases took or gave back."""

    def __init__(self, draft: Draft, lines: Iterable[CaseLine], policy: Policy, own_case: int | None) -> None:
        assert draft.order is not None, "pieces are an order's"
        self._order = draft.order
        self._others = [case for case in draft.cases.values() if case.case_id != own_case]
        self._lines = tuple(line for line in lines if line.quantity > 0)
        self.taken = pieces_taken(self._others, policy, None)
        self._given = partly_refunded_minor(self._others)

    def price_minor(self) -> int:
        """What the buyer paid for these pieces and was not given back yet."""
        price = 0
        for asked in self._lines:
            line = self._order.line(asked.line_no)
            if line is None:
                continue
            already = min(self.taken.get(line.line_no, 0), line.quantity - asked.quantity)
            share = share_of_pieces(line.paid, line.quantity, max(0, already), asked.quantity)
            price += max(0, share - self._given.get(line.line_no, 0))
        return price

    def nothing_stays(self) -> bool:
        """Whether with these pieces nothing of the order stays with the buyer."""
        gone = self._gone()
        return all(gone.get(line.line_no, 0) >= line.quantity for line in self._order.lines)

    def _gone(self) -> dict[int, int]:
        """Pieces that are taken already, and these."""
        gone = dict(self.taken)
        for line in self._lines:
            gone[line.line_no] = gone.get(line.line_no, 0) + line.quantity
        return gone

    def _worth_without_minor(self, gone: dict[int, int]) -> int:
        """What was paid for the pieces of the order that are not `gone`."""
        worth = 0
        for line in self._order.lines:
            away = min(gone.get(line.line_no, 0), line.quantity)
            worth += share_of_pieces(line.paid, line.quantity, away, line.quantity - away)
        return worth

    def outward_freight_minor(self, reason: Reason, goods: Goods) -> int:
        """Outward freight in the maximum of a case.

        Added when nothing stays and the buyer is not at fault, or nothing ever left; taken off when a partial
        return at the buyer's fault breaks free shipping (rules §2, law: 暂行办法 18).
        """
        if reason.money_only:
            return 0
        whole = self.nothing_stays()
        if goods is Goods.NOT_SHIPPED or reason.fault is not Fault.BUYER:
            return self._order.freight_paid if whole and not self._freight_given_back() else 0
        breaks = self._order.free_shipping
        if breaks is None or whole or goods is not Goods.WITH_BUYER:
            return 0
        before, stays = self._worth_without_minor(self.taken), self._worth_without_minor(self._gone())
        return -breaks.freight if stays < breaks.threshold <= before else 0

    def _freight_given_back(self) -> bool:
        """Outward freight is granted once per order: to a case that runs, or that paid more than its goods."""
        return any(case.outward_freight_minor > 0 and (case.is_open or _beyond_goods(case)) for case in self._others)


def _beyond_goods(case: Case) -> bool:
    return case.refund_committed_minor > case.maximum_minor - case.outward_freight_minor


def return_freight_minor(case: Case, freight: Freight, policy: Policy) -> int:
    """Return freight that the merchant owes without a person looking, from the buyer's receipt."""
    if freight.back is not Payer.MERCHANT:
        return 0
    automatic = min(case.freight_claim_minor, policy.limits.return_freight_minor)
    return max(0, automatic - case.freight_granted_minor)


def check_return_freight(c: CaseDraft, granted_minor: int, *, at_most_minor: int | None = None) -> Refusal | None:
    """Whether a person may grant so much of the return freight on the buyer's receipt (rules §3)."""
    claimed = max(0, c.case.freight_claim_minor - c.case.freight_granted_minor)
    maximum = claimed if at_most_minor is None else min(claimed, at_most_minor)
    if granted_minor < 1:
        return refuse(Code.AMOUNT_NOT_POSITIVE, asked_minor=granted_minor, maximum_minor=maximum)
    if granted_minor > maximum:
        return refuse(Code.EXCEEDS_MAXIMUM, asked_minor=granted_minor, maximum_minor=maximum)
    left = compensation_left_minor(c.draft, c.policy)
    if granted_minor > left:
        return refuse(Code.EXCEEDS_COMPENSATION, asked_minor=granted_minor, left_minor=left)
    return None
