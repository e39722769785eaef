"""Short names of everything that has a closed set of values: for badges, filters, lists and forms."""

from collections.abc import Mapping
from enum import StrEnum

from amends.domain.words import (
    AppealOutcome,
    Basis,
    EvidenceKind,
    Fault,
    Funds,
    Goods,
    Holding,
    Kind,
    Ledger,
    Leg,
    Outcome,
    Payer,
    PayoutState,
    Remedy,
    Role,
    RulingOutcome,
    ScanCode,
    Side,
    SmallPaymentType,
    Stage,
)
from amends.wording.catalogue import N_, Language, translate

LABELS: dict[type[StrEnum], Mapping[str, str]] = {
    Side: {
        Side.BUYER: N_("Buyer"),
        Side.MERCHANT: N_("Merchant"),
        Side.PLATFORM: N_("Platform"),
        Side.SYSTEM: N_("System"),
    },
    Role: {
        Role.BUYER: N_("Buyer"),
        Role.OWNER: N_("Shop owner"),
        Role.AFTER_SALE: N_("After-sale agent"),
        Role.PRE_SALE: N_("Pre-sale agent"),
        Role.SERVICE_AGENT: N_("Service agent"),
        Role.ARBITRATOR: N_("Arbitrator"),
        Role.SUPERVISOR: N_("Supervisor"),
        Role.OPERATOR: N_("Operator"),
        Role.AUDITOR: N_("Auditor"),
        Role.SYSTEM: N_("System"),
    },
    Kind: {
        Kind.REFUND_ONLY: N_("Refund only"),
        Kind.RETURN_AND_REFUND: N_("Return and refund"),
        Kind.EXCHANGE: N_("Exchange"),
        Kind.RESEND: N_("Resend"),
        Kind.REPAIR: N_("Repair"),
    },
    Remedy: {
        Remedy.REFUND_ONLY: N_("Refund only"),
        Remedy.RETURN_AND_REFUND: N_("Return and refund"),
        Remedy.EXCHANGE: N_("Exchange"),
        Remedy.RESEND: N_("Resend"),
        Remedy.REPAIR: N_("Repair"),
        Remedy.SMALL_PAYMENT: N_("Small payment"),
    },
    Stage: {
        Stage.AWAITING_MERCHANT: N_("Waiting for the merchant"),
        Stage.AWAITING_BUYER: N_("Waiting for the buyer"),
        Stage.IN_MOTION: N_("Being carried out"),
        Stage.UNDER_REVIEW: N_("With the platform"),
        Stage.CLOSED: N_("Closed"),
    },
    Goods: {
        Goods.NOT_SHIPPED: N_("Not shipped"),
        Goods.IN_TRANSIT: N_("On the way to the buyer"),
        Goods.WITH_BUYER: N_("With the buyer"),
        Goods.INTERCEPTING: N_("Being stopped on the way"),
        Goods.REFUSAL_AGREED: N_("To be refused by the buyer"),
        Goods.COMING_BACK: N_("Coming back"),
        Goods.BACK: N_("Back at the merchant"),
        Goods.RETURN_DUE: N_("To be sent back by the buyer"),
        Goods.RETURN_IN_TRANSIT: N_("Return on its way"),
        Goods.RETURN_DELIVERED: N_("Return delivered"),
        Goods.IN_REPAIR: N_("In repair"),
        Goods.REPLACEMENT_DUE: N_("To be shipped by the merchant"),
        Goods.REPLACEMENT_IN_TRANSIT: N_("New parcel on its way"),
        Goods.SHIP_BACK_DUE: N_("To be sent back by the merchant"),
        Goods.LOST: N_("Lost"),
    },
    Funds: {
        Funds.NONE: N_("No money moves"),
        Funds.PROMISED: N_("Refund promised"),
        Funds.PAYING: N_("Being refunded"),
        Funds.PAID: N_("Refunded"),
        Funds.UNKNOWN: N_("Refund being confirmed"),
        Funds.FAILED: N_("Refund failed"),
    },
    Fault: {
        Fault.BUYER: N_("Buyer"),
        Fault.MERCHANT: N_("Merchant"),
        Fault.CARRIER: N_("Courier"),
        Fault.PLATFORM: N_("Platform"),
        Fault.SHARED: N_("Shared"),
        Fault.NONE: N_("Nobody"),
    },
    Payer: {
        Payer.BUYER: N_("Buyer"),
        Payer.MERCHANT: N_("Merchant"),
        Payer.PLATFORM: N_("Platform"),
    },
    ScanCode: {
        ScanCode.PICKED_UP: N_("Picked up"),
        ScanCode.IN_TRANSIT: N_("On the way"),
        ScanCode.AT_PICKUP_POINT: N_("At the pick-up point"),
        ScanCode.OUT_FOR_DELIVERY: N_("Out for delivery"),
        ScanCode.ATTEMPTED: N_("Delivery attempted"),
        ScanCode.DELIVERED: N_("Delivered"),
        ScanCode.REFUSED: N_("Refused"),
        ScanCode.INTERCEPTED: N_("Stopped"),
        ScanCode.INTERCEPT_FAILED: N_("Could not be stopped"),
        ScanCode.RETURNING: N_("Going back"),
        ScanCode.RETURNED: N_("Came back"),
        ScanCode.LOST: N_("Lost"),
    },
    Leg: {
        Leg.OUTWARD: N_("To the buyer"),
        Leg.RETURN: N_("Return"),
        Leg.REPLACEMENT: N_("Replacement"),
    },
    Ledger: {
        Ledger.REFUND: N_("Refund"),
        Ledger.COMPENSATION: N_("Compensation"),
    },
    PayoutState: {
        PayoutState.HELD: N_("Held"),
        PayoutState.PAYING: N_("Being paid"),
        PayoutState.PAID: N_("Paid"),
        PayoutState.UNKNOWN: N_("Being confirmed"),
        PayoutState.FAILED: N_("Failed"),
        PayoutState.CANCELLED: N_("Cancelled"),
    },
    Basis: {
        Basis.MERCHANT: N_("By the merchant"),
        Basis.OFFER: N_("By an accepted offer"),
        Basis.LAPSE: N_("By a passed deadline"),
        Basis.SWITCH: N_("By the merchant's setting"),
        Basis.SYSTEM: N_("By the system"),
        Basis.RULING: N_("By a ruling"),
        Basis.APPEAL: N_("By an appeal"),
    },
    Outcome: {
        Outcome.REFUNDED: N_("Refunded"),
        Outcome.COMPLETED: N_("Completed"),
        Outcome.SETTLED: N_("Settled"),
        Outcome.DISMISSED: N_("Not supported by the platform"),
        Outcome.SENT_BACK: N_("Goods sent back to the buyer"),
        Outcome.WITHDRAWN: N_("Withdrawn by the buyer"),
        Outcome.CANCELLED: N_("Cancelled"),
        Outcome.NOTHING_LEFT: N_("Nothing left to refund"),
        Outcome.REFUNDED_ELSEWHERE: N_("Refunded outside this case"),
        Outcome.LAPSED_NOT_REFUSED: N_("Closed: the parcel was not refused"),
        Outcome.LAPSED_NOT_SENT: N_("Closed: the goods were not sent back"),
        Outcome.LAPSED_AFTER_REJECTION: N_("Closed after the rejection"),
    },
    Holding: {
        Holding.MERCHANT_KEEPS: N_("The merchant keeps the goods"),
        Holding.BACK_TO_BUYER: N_("The goods go back to the buyer"),
    },
    RulingOutcome: {
        RulingOutcome.REFUND: N_("Refund"),
        RulingOutcome.RETURN_AND_REFUND: N_("Return and refund"),
        RulingOutcome.EXCHANGE: N_("Exchange"),
        RulingOutcome.RESEND: N_("Resend"),
        RulingOutcome.REPAIR: N_("Repair"),
        RulingOutcome.DISMISS: N_("Application not supported"),
    },
    AppealOutcome: {
        AppealOutcome.UPHOLD: N_("Upheld"),
        AppealOutcome.CHANGE: N_("Changed"),
        AppealOutcome.REOPEN: N_("Handled again"),
    },
    EvidenceKind: {
        EvidenceKind.PHOTO: N_("Photo of the goods"),
        EvidenceKind.PACKING_PHOTO: N_("Photo of the packing"),
        EvidenceKind.VIDEO: N_("Video"),
        EvidenceKind.AUDIO: N_("Recording"),
        EvidenceKind.DOCUMENT: N_("Document"),
        EvidenceKind.CHAT_SCREENSHOT: N_("Screenshot of a chat"),
        EvidenceKind.CHAT_LOG: N_("Chat record"),
        EvidenceKind.LISTING_TAG: N_("Listing that says so"),
        EvidenceKind.CONFIRMATION: N_("The buyer's confirmation at purchase"),
        EvidenceKind.FREIGHT_RECEIPT: N_("Freight receipt"),
        EvidenceKind.WEIGHT_RECORD: N_("Weight record"),
        EvidenceKind.CALL_RECORD: N_("Call record"),
        EvidenceKind.QUALITY_REPORT: N_("Test report"),
        EvidenceKind.CARRIER_ANSWER: N_("The courier's answer"),
        EvidenceKind.PURCHASE_PROOF: N_("Proof of purchase"),
    },
    SmallPaymentType: {
        SmallPaymentType.FREIGHT: N_("Freight"),
        SmallPaymentType.DIFFERENCE: N_("Price difference"),
        SmallPaymentType.OTHER: N_("Other"),
    },
}
"""English names by type: the same value may be called differently as a fault and as an outcome."""

OWNERS: Mapping[str, str] = {
    "buyer": N_("Buyer"),
    "merchant": N_("Merchant"),
    "platform": N_("Platform"),
    "courier": N_("Courier"),
    "nobody": N_("Nobody"),
    "system": N_("System"),
}
"""Whose silence a deadline measures, or whose evidence it is."""

DEADLINES: Mapping[str, str] = {
    "answer.not_shipped": N_("Merchant's answer"),
    "answer.in_transit": N_("Merchant's answer"),
    "answer.with_buyer": N_("Merchant's answer"),
    "answer.coming_back": N_("Merchant's answer"),
    "negotiation_wait": N_("Waiting for the buyer's reply"),
    "offer_open": N_("Offer stands"),
    "intercept_result": N_("Stopping the parcel"),
    "unstopped": N_("Parcel to be stopped"),
    "outward_silence": N_("Courier's next scan"),
    "refuse_parcel": N_("Refusing the parcel"),
    "ship_return": N_("Sending the goods back"),
    "return_scan": N_("Pick-up of the return"),
    "return_number": N_("Correcting the tracking number"),
    "return_transit": N_("Arrival of the return"),
    "carrier_answer": N_("The courier's answer"),
    "check_return": N_("Checking the return"),
    "ship_replacement": N_("Shipping the goods"),
    "repair": N_("Repair"),
    "repair_choice": N_("Choice after a late repair"),
    "replacement_transit": N_("Arrival of the goods"),
    "confirm_replacement": N_("Confirming receipt"),
    "after_rejection": N_("Buyer's answer to the rejection"),
    "evidence": N_("Filing evidence"),
    "evidence_more": N_("Filing more evidence"),
    "ruling": N_("Platform's ruling"),
    "look": N_("Platform's look"),
    "wish": N_("Buyer's confirmation"),
    "ship_back": N_("Sending the goods back to the buyer"),
    "appeal_window": N_("Time to appeal"),
    "appeal_decision": N_("Decision on the appeal"),
    "offers_after_closing": N_("Offers after closing"),
    "suspension": N_("Pause"),
    "group_fill": N_("Filling the group"),
    "payout_account": N_("Naming an account"),
    "payout_unknown": N_("Confirming the refund"),
}
"""Names of the policy's deadlines."""

EVENTS: Mapping[str, str] = {
    "deadlines_set": N_("Deadlines set"),
    "deadline_passed": N_("Deadline passed"),
    "case_opened": N_("Application made"),
    "application_modified": N_("Application changed"),
    "case_reopened": N_("Case reopened"),
    "case_closed": N_("Case closed"),
    "message_sent": N_("Message"),
    "evidence_filed": N_("Evidence filed"),
    "position_stated": N_("Position stated"),
    "call_recorded": N_("Call recorded"),
    "contact_revealed": N_("Phone number shown"),
    "offer_made": N_("Offer made"),
    "offer_accepted": N_("Offer accepted"),
    "offer_declined": N_("Offer declined"),
    "offers_ended": N_("Offer ended"),
    "case_agreed": N_("Agreed"),
    "rejection_prepared": N_("Rejection being prepared"),
    "case_rejected": N_("Rejected by the merchant"),
    "interception_requested": N_("Courier asked to stop the parcel"),
    "interception_cancelled": N_("Courier asked to deliver after all"),
    "refusal_agreed": N_("Refund after refusal agreed"),
    "returned_to_merchant": N_("Back to the merchant"),
    "look_required": N_("A person looks into it"),
    "parcel_scanned": N_("News of the parcel"),
    "interception_answered": N_("Courier's answer on stopping the parcel"),
    "return_shipped": N_("Goods sent back"),
    "return_accepted": N_("Return accepted"),
    "replacement_shipped": N_("Goods shipped"),
    "replacement_disputed": N_("Replacement disputed"),
    "replacement_failed": N_("Replacement did not arrive"),
    "refund_instead": N_("Refund instead of goods"),
    "repair_choice_given": N_("Repair late: the buyer may choose"),
    "remedy_chosen": N_("Choice made"),
    "receipt_confirmed": N_("Receipt confirmed"),
    "payout_ordered": N_("Refund ordered"),
    "payout_released": N_("Held refund released"),
    "payout_paid": N_("Refund paid"),
    "payout_unknown": N_("Refund being confirmed"),
    "payout_failed": N_("Refund failed"),
    "payout_cancelled": N_("Refund cancelled"),
    "payout_mismatched": N_("Refund differs from the order"),
    "payout_settlement_proposed": N_("Refund being settled from the statement"),
    "payout_account_named": N_("Account named"),
    "balance_reduced": N_("Balance reduced"),
    "intervention_requested": N_("Platform asked to step in"),
    "human_review_requested": N_("Person asked to look"),
    "platform_refund_asked": N_("Platform asked to refund"),
    "case_assigned": N_("Assigned"),
    "evidence_requested": N_("Evidence asked for"),
    "ruling_proposed": N_("Ruling proposed"),
    "ruling_returned": N_("Ruling sent back"),
    "ruling_given": N_("Ruling given"),
    "ship_back_ordered": N_("Goods to be sent back to the buyer"),
    "platform_was_late": N_("Platform late"),
    "appealed": N_("Appeal made"),
    "appeal_decided": N_("Appeal decided"),
    "execution_finished": N_("Carried out"),
    "case_suspended": N_("Paused"),
    "case_resumed": N_("Resumed"),
    "deadline_extended": N_("Deadline extended"),
    "outage_credited": N_("Deadlines moved after an outage"),
}
"""Names of events by their stored tag, for the timeline."""


def label(value: StrEnum, language: Language) -> str:
    """The short name of a value."""
    return translate(LABELS[type(value)][value], language)


def owner_label(owner: str, language: Language) -> str:
    return translate(OWNERS[owner], language)


def deadline_label(key: str, language: Language) -> str:
    """The short name of a deadline; `evidence:buyer` runs under `evidence`."""
    return translate(DEADLINES[key.partition(":")[0]], language)


def event_label(tag: str, language: Language) -> str:
    return translate(EVENTS[tag], language)


CALL_RESULTS: Mapping[str, str] = {
    "reached": N_("Reached"),
    "no_answer": N_("No answer"),
    "busy": N_("Busy"),
    "off": N_("Switched off"),
    "wrong_person": N_("Wrong person"),
}
"""What came of a phone call."""


def call_label(result: str, language: Language) -> str:
    return translate(CALL_RESULTS[result], language)
