"""Parcels, returns and replacements: how they change a case."""

from msgspec.structs import replace

from amends.domain import events as e
from amends.domain.case import Case
from amends.domain.commands import CaseLine
from amends.domain.folds.change import Change
from amends.domain.order import Parcel, Scan
from amends.domain.time import Instant
from amends.domain.words import Goods, Leg, Stage


def add_lines(left: tuple[CaseLine, ...], right: tuple[CaseLine, ...]) -> tuple[CaseLine, ...]:
    """Quantities added line by line."""
    total: dict[int, int] = {}
    for line in (*left, *right):
        total[line.line_no] = total.get(line.line_no, 0) + line.quantity
    return tuple(CaseLine(line_no, quantity) for line_no, quantity in sorted(total.items()) if quantity)


def add_scan(parcel: Parcel, scan: Scan) -> Parcel:
    """The parcel with one more scan, in order of `occurred_at`."""
    return replace(parcel, scans=tuple(sorted((*parcel.scans, scan), key=lambda s: s.occurred_at)))


def interception(case: Case, event: e.InterceptionRequested, at: Instant) -> Change:
    return {"stage": Stage.IN_MOTION, "goods": Goods.INTERCEPTING, "interception_at": at, "intercepted_before": True}


def refusal_agreed(case: Case, event: e.RefusalAgreed, at: Instant) -> Change:
    return {"stage": Stage.IN_MOTION, "goods": Goods.REFUSAL_AGREED, "refusal_agreed_at": at}


def back_to_merchant(case: Case, event: e.ReturnedToMerchant, at: Instant) -> Change:
    return {
        "stage": Stage.AWAITING_MERCHANT,
        "goods": event.goods,
        "interception_at": None,
        "refusal_agreed_at": None,
        "agreement": None,
        "due_minor": 0,
        "compensation_due_minor": 0,
        "owed_minor": 0,
        "compensation_owed_minor": 0,
    }


def scanned(case: Case, event: e.ParcelScanned, at: Instant) -> Change:
    match event.leg:
        case Leg.RETURN:
            parcel = case.return_parcel or Parcel(event.carrier, event.tracking_no)
            return {"goods": event.goods, "return_parcel": add_scan(parcel, event.scan)}
        case Leg.REPLACEMENT:
            parcel = case.replacement_parcel or Parcel(event.carrier, event.tracking_no)
            return {"goods": event.goods, "replacement_parcel": add_scan(parcel, event.scan)}
        case Leg.OUTWARD:
            return {"goods": event.goods}


def return_shipped(case: Case, event: e.ReturnShipped, at: Instant) -> Change:
    return {
        "goods": Goods.RETURN_IN_TRANSIT,
        "return_parcel": Parcel(event.carrier, event.tracking_no),
        "freight_claim_minor": event.freight_minor,
        "freight_granted_minor": 0,
    }


def return_accepted(case: Case, event: e.ReturnAccepted, at: Instant) -> Change:
    return {
        "stage": Stage.IN_MOTION,
        "look": "",
        "goods": event.goods,
        "returned": add_lines(case.returned, event.lines),
        "compensation_due_minor": case.compensation_due_minor + event.compensation_minor,
        "owed_minor": min(case.due_minor, case.owed_minor + event.refund_minor),
        "compensation_owed_minor": case.compensation_owed_minor + event.compensation_minor,
        "freight_granted_minor": case.freight_granted_minor + event.compensation_minor,
    }


def replacement_shipped(case: Case, event: e.ReplacementShipped, at: Instant) -> Change:
    return {
        "goods": Goods.REPLACEMENT_IN_TRANSIT,
        "replacement_parcel": Parcel(event.carrier, event.tracking_no),
        "replacements_sent": event.attempt,
        "repair_choice": False,
        "sending_back": event.sent_back,
    }


def replacement_disputed(case: Case, event: e.ReplacementDisputed, at: Instant) -> Change:
    return {"goods": event.goods, "replacement_disputes": event.times}


def replacement_failed(case: Case, event: e.ReplacementFailed, at: Instant) -> Change:
    return {"goods": Goods.SHIP_BACK_DUE if case.sending_back else Goods.REPLACEMENT_DUE}


def confirmed(case: Case, event: e.ReceiptConfirmed, at: Instant) -> Change:
    return {"goods": Goods.WITH_BUYER}


def repair_choice(case: Case, event: e.RepairChoiceGiven, at: Instant) -> Change:
    return {"repair_choice": True}


def remedy_chosen(case: Case, event: e.RemedyChosen, at: Instant) -> Change:
    agreement = case.agreement and replace(case.agreement, remedy=event.remedy)
    return {"agreement": agreement, "goods": event.goods, "repair_choice": False}


def ship_back(case: Case, event: e.ShipBackOrdered, at: Instant) -> Change:
    return {"stage": Stage.IN_MOTION, "goods": Goods.SHIP_BACK_DUE, "sending_back": True, "ending": None, "look": ""}
