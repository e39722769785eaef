"""Goods on their way to the buyer: replacements, repairs, goods sent back after a ruling (rules §4)."""

from amends.domain import events as e
from amends.domain.commands import ChooseAfterRepair, ConfirmReceipt, DisputeReplacement, ShipBack, ShipReplacement
from amends.domain.draft import CaseDraft
from amends.domain.order import Scan
from amends.domain.refusals import Code, Refusal, refuse
from amends.domain.rules import answering, closing, returns
from amends.domain.rules.evidence import file_evidence, unknown_items
from amends.domain.words import Basis, Goods, Leg, Outcome, Remedy, ScanCode, Side, Stage

_FAILED = (ScanCode.LOST, ScanCode.REFUSED, ScanCode.RETURNING, ScanCode.RETURNED, ScanCode.INTERCEPTED)


def _at_buyer(c: CaseDraft) -> bool:
    """The replacement was delivered and waits for the buyer's word."""
    return c.running("confirm_replacement") is not None


def may_ship(c: CaseDraft, command: ShipReplacement | None) -> Refusal | None:
    """When a replacement is due, or the repaired goods go back."""
    if c.case.goods not in (Goods.REPLACEMENT_DUE, Goods.IN_REPAIR):
        return refuse(Code.WRONG_STAGE, stage=c.case.stage, goods=c.case.goods)
    return None


def ship(c: CaseDraft, command: ShipReplacement) -> None:
    repaired = c.case.goods is Goods.IN_REPAIR or command.repaired
    returns.take_for_repair(c, Basis.MERCHANT)
    _send(c, command.carrier, command.tracking_no, repaired=repaired, sent_back=False)


def may_ship_back(c: CaseDraft, command: ShipBack | None) -> Refusal | None:
    if c.case.goods is not Goods.SHIP_BACK_DUE:
        return refuse(Code.WRONG_STAGE, stage=c.case.stage, goods=c.case.goods)
    return None


def ship_back(c: CaseDraft, command: ShipBack) -> None:
    _send(c, command.carrier, command.tracking_no, repaired=False, sent_back=True)


def _send(c: CaseDraft, carrier: str, tracking_no: str, *, repaired: bool, sent_back: bool) -> None:
    c.stop("ship_replacement", "repair", "repair_choice", "ship_back")
    closing.end_offers(c)
    attempt = c.case.replacements_sent + 1
    c.add(e.ReplacementShipped(carrier, tracking_no, attempt, repaired, sent_back))
    c.start("replacement_transit")


def may_confirm(c: CaseDraft, command: ConfirmReceipt | None) -> Refusal | None:
    """From the moment something is on its way to the buyer."""
    if c.case.goods is not Goods.REPLACEMENT_IN_TRANSIT and not _at_buyer(c):
        return refuse(Code.WRONG_STAGE, stage=c.case.stage, goods=c.case.goods)
    return None


def confirm(c: CaseDraft, command: ConfirmReceipt) -> None:
    c.add(e.ReceiptConfirmed())
    complete(c)


def complete(c: CaseDraft) -> None:
    """The buyer has the goods: done, unless money of the same case is still on its way."""
    closing.finish(c, Outcome.SENT_BACK if c.case.sending_back else Outcome.COMPLETED)


def may_dispute(c: CaseDraft, command: DisputeReplacement | None) -> Refusal | None:
    """Once it was delivered; goods that were only sent back are the buyer's own."""
    if not _at_buyer(c) or c.case.sending_back:
        return refuse(Code.WRONG_STAGE, stage=c.case.stage, goods=c.case.goods)
    strange = unknown_items(command.evidence, c.case.evidence.count) if command else []
    return refuse(Code.UNKNOWN_EVIDENCE, evidence=strange) if strange else None


def dispute(c: CaseDraft, command: DisputeReplacement) -> None:
    """Back to the merchant, who sends again while attempts are left; else the buyer may ask the platform."""
    file_evidence(c, Side.BUYER, command.evidence)
    times = c.case.replacement_disputes + 1
    c.stop("confirm_replacement")
    closing.end_offers(c)
    c.add(e.ReplacementDisputed(command.reason, times, Goods.REPLACEMENT_DUE))
    c.start("ship_replacement")


def may_choose(c: CaseDraft, command: ChooseAfterRepair | None) -> Refusal | None:
    if not c.case.repair_choice:
        return refuse(Code.WRONG_STAGE, stage=c.case.stage, goods=c.case.goods)
    return None


def choose(c: CaseDraft, command: ChooseAfterRepair) -> None:
    """The repair was late: the merchant has the goods, so an exchange needs no return."""
    c.stop("repair_choice")
    if command.remedy == "refund":
        answering.refund_instead(c, "chosen_after_repair")
        return
    c.add(e.RemedyChosen(Remedy.EXCHANGE, Goods.REPLACEMENT_DUE))
    c.start("ship_replacement")


def scan(c: CaseDraft, carrier: str, tracking_no: str, news: Scan) -> None:
    """A scan of the parcel to the buyer."""
    case = c.case
    arrived = case.goods is Goods.REPLACEMENT_IN_TRANSIT and news.code is ScanCode.DELIVERED
    goods = Goods.WITH_BUYER if arrived else case.goods
    c.add(e.ParcelScanned(Leg.REPLACEMENT, carrier, tracking_no, news, goods))
    if case.goods is not Goods.REPLACEMENT_IN_TRANSIT or case.stage is not Stage.IN_MOTION:
        return
    if arrived:
        c.stop("replacement_transit")
        c.start("confirm_replacement")
    elif news.code in _FAILED:
        failed(c, news.code)


def failed(c: CaseDraft, why: str) -> None:
    """Lost, returned or overdue: the merchant sends again once, then the money comes (rules §4)."""
    c.stop("replacement_transit", how="moot")
    if c.case.replacements_sent >= c.policy.limits.replacement_attempts:
        answering.refund_instead(c, why)
        return
    c.add(e.ReplacementFailed(why))
    c.start("ship_back" if c.case.goods is Goods.SHIP_BACK_DUE else "ship_replacement")


def confirmed_by_silence(c: CaseDraft) -> None:
    c.add(e.ReceiptConfirmed(Basis.LAPSE))
    complete(c)
