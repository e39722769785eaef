"""The closed sets of values that every layer names the same way (DESIGN §3)."""

from enum import StrEnum


class Word(StrEnum):
    """A member of a closed set. Hashes as its text, in C: these are dictionary keys on every hot path."""

    __hash__ = str.__hash__


class Side(Word):
    """A party to a case."""

    BUYER = "buyer"
    MERCHANT = "merchant"
    PLATFORM = "platform"
    SYSTEM = "system"


class Role(Word):
    """What somebody's job lets them do; `permissions` has the table."""

    BUYER = "buyer"
    OWNER = "owner"
    AFTER_SALE = "after_sale"
    PRE_SALE = "pre_sale"
    SERVICE_AGENT = "service_agent"
    ARBITRATOR = "arbitrator"
    SUPERVISOR = "supervisor"
    OPERATOR = "operator"
    AUDITOR = "auditor"
    SYSTEM = "system"


class Kind(Word):
    """What the buyer asks for."""

    REFUND_ONLY = "refund_only"
    RETURN_AND_REFUND = "return_and_refund"
    EXCHANGE = "exchange"
    RESEND = "resend"
    REPAIR = "repair"


class Remedy(Word):
    """What is agreed or ruled: the kinds, and the small payment that ends a case (R3.3)."""

    REFUND_ONLY = "refund_only"
    RETURN_AND_REFUND = "return_and_refund"
    EXCHANGE = "exchange"
    RESEND = "resend"
    REPAIR = "repair"
    SMALL_PAYMENT = "small_payment"


class Stage(Word):
    """Who moves the case next, coarsely."""

    AWAITING_MERCHANT = "awaiting_merchant"
    AWAITING_BUYER = "awaiting_buyer"
    IN_MOTION = "in_motion"
    UNDER_REVIEW = "under_review"
    CLOSED = "closed"


class Goods(Word):
    """Where the goods are, as this case sees them."""

    NOT_SHIPPED = "not_shipped"
    IN_TRANSIT = "in_transit"
    WITH_BUYER = "with_buyer"
    INTERCEPTING = "intercepting"
    REFUSAL_AGREED = "refusal_agreed"
    COMING_BACK = "coming_back"
    BACK = "back"
    RETURN_DUE = "return_due"
    RETURN_IN_TRANSIT = "return_in_transit"
    RETURN_DELIVERED = "return_delivered"
    IN_REPAIR = "in_repair"
    REPLACEMENT_DUE = "replacement_due"
    REPLACEMENT_IN_TRANSIT = "replacement_in_transit"
    SHIP_BACK_DUE = "ship_back_due"
    LOST = "lost"


class Funds(Word):
    """Where the money of this case is; derived from its payouts."""

    NONE = "none"
    PROMISED = "promised"
    PAYING = "paying"
    PAID = "paid"
    UNKNOWN = "unknown"
    FAILED = "failed"


class Fault(Word):
    """Whose fault it is; `none` where nobody's, `shared` only in rulings."""

    BUYER = "buyer"
    MERCHANT = "merchant"
    CARRIER = "carrier"
    PLATFORM = "platform"
    SHARED = "shared"
    NONE = "none"


class Payer(Word):
    """Who pays a leg of freight."""

    BUYER = "buyer"
    MERCHANT = "merchant"
    PLATFORM = "platform"


class ScanCode(Word):
    """What a carrier says about a parcel (rules §7)."""

    PICKED_UP = "picked_up"
    IN_TRANSIT = "in_transit"
    AT_PICKUP_POINT = "at_pickup_point"
    OUT_FOR_DELIVERY = "out_for_delivery"
    ATTEMPTED = "attempted"
    DELIVERED = "delivered"
    REFUSED = "refused"
    INTERCEPTED = "intercepted"
    INTERCEPT_FAILED = "intercept_failed"
    RETURNING = "returning"
    RETURNED = "returned"
    LOST = "lost"


class Leg(Word):
    """Which journey a parcel makes."""

    OUTWARD = "outward"
    RETURN = "return"
    REPLACEMENT = "replacement"


class Ledger(Word):
    """The two purses of an order (DESIGN §3, Money)."""

    REFUND = "refund"
    COMPENSATION = "compensation"


class PayoutState(Word):
    """`held` is ordered but not sent: the case is suspended or the order is charged back."""

    HELD = "held"
    PAYING = "paying"
    PAID = "paid"
    UNKNOWN = "unknown"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Basis(Word):
    """Why something stands: by whose act or silence."""

    MERCHANT = "merchant"
    OFFER = "offer"
    LAPSE = "lapse"
    SWITCH = "switch"
    SYSTEM = "system"
    RULING = "ruling"
    APPEAL = "appeal"


class Outcome(Word):
    """How a case ended."""

    REFUNDED = "refunded"
    COMPLETED = "completed"
    SETTLED = "settled"
    DISMISSED = "dismissed"
    SENT_BACK = "sent_back"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"
    NOTHING_LEFT = "nothing_left"
    REFUNDED_ELSEWHERE = "refunded_elsewhere"
    LAPSED_NOT_REFUSED = "lapsed_not_refused"
    LAPSED_NOT_SENT = "lapsed_not_sent"
    LAPSED_AFTER_REJECTION = "lapsed_after_rejection"


class Holding(Word):
    """What becomes of goods that the merchant holds when the platform rules (rules §9)."""

    MERCHANT_KEEPS = "merchant_keeps"
    BACK_TO_BUYER = "back_to_buyer"


class RulingOutcome(Word):
    """What a ruling may order."""

    REFUND = "refund"
    RETURN_AND_REFUND = "return_and_refund"
    EXCHANGE = "exchange"
    RESEND = "resend"
    REPAIR = "repair"
    DISMISS = "dismiss"


class AppealOutcome(Word):
    """What becomes of an appeal; `reopen` only where nobody had ruled."""

    UPHOLD = "uphold"
    CHANGE = "change"
    REOPEN = "reopen"


class EvidenceKind(Word):
    """What a piece of evidence is."""

    PHOTO = "photo"
    PACKING_PHOTO = "packing_photo"
    VIDEO = "video"
    AUDIO = "audio"
    DOCUMENT = "document"
    CHAT_SCREENSHOT = "chat_screenshot"
    CHAT_LOG = "chat_log"
    LISTING_TAG = "listing_tag"
    CONFIRMATION = "confirmation"
    FREIGHT_RECEIPT = "freight_receipt"
    WEIGHT_RECORD = "weight_record"
    CALL_RECORD = "call_record"
    QUALITY_REPORT = "quality_report"
    CARRIER_ANSWER = "carrier_answer"
    PURCHASE_PROOF = "purchase_proof"


class SmallPaymentType(Word):
    """What a small payment is for (rules §8)."""

    FREIGHT = "freight"
    DIFFERENCE = "difference"
    OTHER = "other"
