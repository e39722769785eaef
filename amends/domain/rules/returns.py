"""Goods on their way back: the buyer sends, the courier carries, the merchant checks (rules §3, §4, §6; R2.2)."""

from amends.domain import events as e
from amends.domain.case import Case
from amends.domain.commands import AcceptReturn, CaseLine, ShipReturn
from amends.domain.draft import CaseDraft
from amends.domain.money import share_of_pieces
from amends.domain.order import Scan
from amends.domain.refusals import Code, Refusal, refuse
from amends.domain.rules import amounts, answering, closing, paying, rejecting
from amends.domain.rules.evidence import file_evidence
from amends.domain.words import Basis, EvidenceKind, Goods, Leg, Remedy, ScanCode, Side, Stage


def may_ship(c: CaseDraft, command: ShipReturn | None) -> Refusal | None:
    """When a return is due; a number without any scan may be corrected (rules §4, `return_number`)."""
    case = c.case
    correcting = case.goods is Goods.RETURN_IN_TRANSIT and not (case.return_parcel and case.return_parcel.scans)
    if case.goods is not Goods.RETURN_DUE and not correcting:
        return refuse(Code.WRONG_STAGE, stage=case.stage, goods=case.goods)
    if command is None or command.freight_paid is None:
        return None
    if command.freight_paid < 1:
        return refuse(Code.AMOUNT_NOT_POSITIVE, asked_minor=command.freight_paid)
    if command.receipt is None or command.receipt.kind is not EvidenceKind.FREIGHT_RECEIPT:
        return refuse(Code.MISSING_EVIDENCE, missing=[(EvidenceKind.FREIGHT_RECEIPT,)])
    left = amounts.compensation_left_minor(c.draft, c.policy)
    if command.freight_paid > left:
        return refuse(Code.EXCEEDS_COMPENSATION, asked_minor=command.freight_paid, left_minor=left)
    return None


def ship(c: CaseDraft, command: ShipReturn) -> None:
    receipt = file_evidence(c, Side.BUYER, (command.receipt,)) if command.receipt else ()
    c.stop("ship_return", "return_number")
    closing.end_offers(c)
    c.add(
        e.ReturnShipped(command.carrier, command.tracking_no, command.freight_paid or 0, receipt[0] if receipt else "")
    )
    c.start("return_scan")


def may_accept(c: CaseDraft, command: AcceptReturn | None) -> Refusal | None:
    """Once the return is on its way; the merchant may take it before the courier says delivered."""
    case = c.case
    if case.goods not in (Goods.RETURN_IN_TRANSIT, Goods.RETURN_DELIVERED) or case.agreement is None:
        return refuse(Code.WRONG_STAGE, stage=case.stage, goods=case.goods)
    if case.agreement.remedy is Remedy.RETURN_AND_REFUND and not case.due_minor:
        # Nothing is left to pay with: the goods cannot be taken for nothing.
        return refuse(Code.EXCEEDS_BALANCE, asked_minor=case.agreement.refund_minor, left_minor=0)
    if command is not None and command.return_freight is not None:
        refusal = amounts.check_return_freight(c, command.return_freight)
        if refusal is not None:
            return refusal
    if command is None or command.quantities is None:
        return None
    agreed = {line.line_no: line.quantity for line in outstanding(case)}
    wrong = [
        {"line_no": line.line_no, "left": agreed.get(line.line_no, 0)}
        for line in command.quantities
        if not 1 <= line.quantity <= agreed.get(line.line_no, 0)
    ]
    twice = len({line.line_no for line in command.quantities}) != len(command.quantities)
    if wrong or twice or not command.quantities:
        return refuse(Code.QUANTITY_TAKEN, lines=wrong)
    return None


def outstanding(case: Case) -> tuple[CaseLine, ...]:
    """Pieces agreed to come back that the merchant has not accepted yet."""
    back = {line.line_no: line.quantity for line in case.returned}
    left = (CaseLine(n.line_no, n.quantity - back.get(n.line_no, 0)) for n in answering.whole(case))
    return tuple(line for line in left if line.quantity > 0)


def accept(c: CaseDraft, command: AcceptReturn) -> None:
    received = command.quantities or outstanding(c.case)
    take(c, received, Basis.MERCHANT, granted_minor=command.return_freight or 0)


def take(c: CaseDraft, received: tuple[CaseLine, ...], basis: Basis, *, granted_minor: int = 0) -> None:
    """The merchant has these pieces. Fewer than agreed: money for what came, the rest disputed (rules §6).

    `granted_minor` is what a person grants of the return freight; silence pays within the policy's limit only.
    """
    case = c.case
    agreement = case.agreement
    assert agreement is not None, "only an agreed return can be taken"
    complete = received == outstanding(case)
    remedy = agreement.remedy
    money = remedy is Remedy.RETURN_AND_REFUND
    refund = (case.due_minor if complete else _part(c, received)) if money else 0
    goods = {Remedy.EXCHANGE: Goods.REPLACEMENT_DUE, Remedy.REPAIR: Goods.IN_REPAIR}.get(remedy, Goods.BACK)
    freight = max(granted_minor, amounts.return_freight_minor(case, case.freight, c.policy))
    c.stop("check_return", "return_transit", "return_scan", "return_number", "carrier_answer", "look")
    c.add(
        e.ReturnAccepted(
            lines=received,
            refund_minor=refund,
            goods=goods if complete else Goods.RETURN_DELIVERED,
            basis=basis,
            complete=complete,
            compensation_minor=min(freight, amounts.compensation_left_minor(c.draft, c.policy)),
        )
    )
    if complete:
        c.stop_all()
        if goods is Goods.REPLACEMENT_DUE:
            c.start("ship_replacement")
        elif goods is Goods.IN_REPAIR:
            c.start("repair")
        paying.pay_due(c)
        return
    paying.pay_owed(c)
    left = outstanding(c.case)
    rejecting.stand(c, "return_incomplete", None, (), left)


def take_for_repair(c: CaseDraft, basis: Basis) -> None:
    """Goods that were in repair count as taken when they leave again, or when the repair is overdue."""
    if c.case.goods is not Goods.IN_REPAIR or not outstanding(c.case):
        return
    freight = amounts.return_freight_minor(c.case, c.case.freight, c.policy)
    freight = min(freight, amounts.compensation_left_minor(c.draft, c.policy))
    c.add(
        e.ReturnAccepted(
            lines=outstanding(c.case),
            refund_minor=0,
            goods=Goods.IN_REPAIR,
            basis=basis,
            compensation_minor=freight,
        )
    )
    paying.pay_due(c)


def _part(c: CaseDraft, received: tuple[CaseLine, ...]) -> int:
    """What the received pieces are of the promise: by price paid, cumulative over earlier parts."""
    case = c.case
    order = c.order
    worth = 0
    whole = 0
    for agreed in answering.whole(case):
        line = order.line(agreed.line_no)
        assert line is not None, "agreed lines are lines of the order"
        price = share_of_pieces(line.paid, line.quantity, 0, agreed.quantity)
        whole += price
        came = next((r.quantity for r in received if r.line_no == agreed.line_no), 0)
        worth += share_of_pieces(price, agreed.quantity, 0, came)
    agreement = case.agreement
    assert agreement is not None, "only an agreed return comes in parts"
    return min(case.due_minor, agreement.refund_minor * worth // whole if whole else case.due_minor)


def scan(c: CaseDraft, carrier: str, tracking_no: str, news: Scan) -> None:
    """A scan of the return parcel."""
    case = c.case
    before = case.goods
    arrived = news.code in (ScanCode.DELIVERED, ScanCode.REFUSED)
    repair = case.agreement is not None and case.agreement.remedy is Remedy.REPAIR
    goods = before
    if before is Goods.RETURN_IN_TRANSIT and arrived:
        goods = Goods.IN_REPAIR if repair else Goods.RETURN_DELIVERED
    elif before is Goods.RETURN_IN_TRANSIT and news.code is ScanCode.RETURNED:
        goods = Goods.RETURN_DUE
    c.add(e.ParcelScanned(Leg.RETURN, carrier, tracking_no, news, goods))
    if goods is not before:
        closing.end_offers(c)
    if before is not Goods.RETURN_IN_TRANSIT or case.stage is not Stage.IN_MOTION:
        return
    c.stop("return_scan", "return_number")
    if goods is Goods.IN_REPAIR:
        c.stop("return_transit")
        c.start("repair")
    elif goods is Goods.RETURN_DELIVERED:
        c.stop("return_transit")
        c.start("check_return")
    elif goods is Goods.RETURN_DUE:
        c.stop("return_transit", how="moot")
        c.start("ship_return")
    elif news.code is ScanCode.LOST:
        overdue(c, "return_lost")
    elif c.running("return_transit") is None:
        c.start("return_transit")


def overdue(c: CaseDraft, why: str) -> None:
    """A return that does not arrive: a person looks; the buyer may show the carrier's answer (rules §4)."""
    closing.look(c, why)
    c.start("carrier_answer")


def after_closing(c: CaseDraft, carrier: str, tracking_no: str, news: Scan) -> None:
    """A scan for a case that lapsed as not sent: it was sent after all, so it runs again (rules, Time)."""
    case = c.case
    agreement = case.agreement
    if agreement is None or case.refund_committed_minor or case.compensation_committed_minor:
        return
    if case.goods not in (Goods.RETURN_DUE, Goods.RETURN_IN_TRANSIT):
        return  # a scan that comes late about a return that came and was settled
    c.add(e.CaseReopened("late_scan"))
    c.draft.as_system(c.at)
    if amounts.taken_elsewhere(c.draft, case, c.policy):
        c.add(e.ParcelScanned(Leg.RETURN, carrier, tracking_no, news, Goods.RETURN_IN_TRANSIT))
        closing.look(c, "sent_under_another_case")
        return
    refund = min(agreement.refund_minor, amounts.balance_minor(c.draft))
    c.add(
        e.CaseAgreed(
            basis=Basis.SYSTEM,
            remedy=agreement.remedy,
            refund_minor=refund,
            goods=Goods.RETURN_IN_TRANSIT,
            lines=agreement.lines,
            fault=case.fault,
            freight=case.freight,
            reason="late_scan",
        )
    )
    scan(c, carrier, tracking_no, news)
