"""What can be asked of a case: one intention each (rules §11). Actor, case, key and time are the envelope's."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from amends.domain.order import Chargeback, FreeShipping, Group, Line, Payment, Scan, Short, Text
from amends.domain.time import Instant
from amends.domain.words import (
    AppealOutcome,
    EvidenceKind,
    Fault,
    Holding,
    Kind,
    Leg,
    Payer,
    Remedy,
    RulingOutcome,
    SmallPaymentType,
)

Amount = Annotated[int, Meta(ge=-(2**53), le=2**53)]
"""Minor units. Zero and negative amounts reach the rules, which refuse them by name."""

MOST_POINTS, MOST_POINT_CHARACTERS = 100, 2000
"""What a request may carry at all; the policy says how much of it is read (`limits.points`, `point_characters`)."""


def _kebab(name: str) -> str:
    return "".join(f"-{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))


class Command(Struct, frozen=True, forbid_unknown_fields=True, tag_field="command", tag=_kebab, omit_defaults=True):
    """Base of all commands; the tag is the API's verb (`open-case`)."""


class CaseLine(Struct, frozen=True, forbid_unknown_fields=True):
    """Pieces of one line of the order."""

    line_no: Annotated[int, Meta(ge=1, le=10_000)]
    quantity: Annotated[int, Meta(ge=-1_000_000, le=1_000_000)]


class EvidenceItem(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A piece of evidence: `evidence_id` alone names one already filed on the case, else `kind` describes a new one."""

    kind: EvidenceKind | None = None
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")] | None = None
    name: Annotated[str, Meta(max_length=200)] = ""
    note: Annotated[str, Meta(max_length=500)] = ""
    evidence_id: Annotated[str, Meta(max_length=32)] | None = None


EvidenceItems = Annotated[tuple[EvidenceItem, ...], Meta(max_length=60)]


class Point(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One item of a statement (R5.4) and the evidence it rests on, by id."""

    text: Annotated[str, Meta(max_length=MOST_POINT_CHARACTERS)]
    evidence: tuple[Short, ...] = ()


class OpenCase(Command, frozen=True):
    """Ask for amends. Sent by the buyer, or by the platform on the buyer's behalf."""

    order_no: Short
    lines: Annotated[tuple[CaseLine, ...], Meta(max_length=500)]
    kind: Kind
    reason: Short
    goods_received: bool
    amount: Amount | None = None
    note: Text = ""
    evidence: EvidenceItems = ()
    contact_phone: Annotated[str, Meta(pattern=r"^\+?[0-9 -]{5,20}$")] | None = None


class Modify(Command, frozen=True):
    """Change the application and apply again (R5.2); counts as an application."""

    kind: Kind | None = None
    reason: Short | None = None
    amount: Amount | None = None
    lines: Annotated[tuple[CaseLine, ...], Meta(max_length=500)] | None = None
    goods_received: bool | None = None
    note: Text | None = None
    evidence: EvidenceItems = ()


class Withdraw(Command, frozen=True):
    """The buyer takes the request back."""

    note: Text = ""


class ShipReturn(Command, frozen=True):
    """The buyer sent the goods. `freight_paid` (minor units) with a receipt claims the return freight."""

    carrier: Short
    tracking_no: Short
    freight_paid: Amount | None = None
    receipt: EvidenceItem | None = None


class ConfirmReceipt(Command, frozen=True):
    """The buyer has the replacement, the repaired goods or the goods sent back."""

    note: Text = ""


class DisputeReplacement(Command, frozen=True):
    """The replacement is not what was agreed."""

    reason: Annotated[str, Meta(min_length=1, max_length=500)]
    evidence: EvidenceItems = ()


class NamePayoutAccount(Command, frozen=True):
    """Where to pay when every channel of the order failed for good (rules §3)."""

    channel: Short
    reference: Short


class ChooseAfterRepair(Command, frozen=True):
    """The repair is late: the buyer chooses an exchange or the refund (rules §4, `repair`)."""

    remedy: Literal["exchange", "refund"]


class SendMessage(Command, frozen=True):
    """Write to the other side; part of the record (R2.4)."""

    text: Annotated[str, Meta(min_length=1, max_length=2000)]
    evidence: EvidenceItems = ()
    script_id: Short | None = None


class AddEvidence(Command, frozen=True):
    """File evidence (R1.2)."""

    evidence: Annotated[tuple[EvidenceItem, ...], Meta(min_length=1, max_length=60)]
    note: Text = ""


class StatePosition(Command, frozen=True):
    """State the position point by point (R5.4)."""

    points: Annotated[tuple[Point, ...], Meta(min_length=1, max_length=MOST_POINTS)]


class MakeOffer(Command, frozen=True):
    """Offer to settle; replaces the sender's earlier offer (rules §8)."""

    remedy: Remedy
    amount: Amount | None = None
    goods: Literal["keep", "send_back"] | None = None
    message: Annotated[str, Meta(max_length=200)] = ""
    small_payment_type: SmallPaymentType | None = None


class AcceptOffer(Command, frozen=True):
    """Take the offer: it is carried out without asking again."""

    offer_id: Short
    note: Text = ""


class DeclineOffer(Command, frozen=True):
    """Say no to the offer."""

    offer_id: Short
    note: Text = ""


class RequestIntervention(Command, frozen=True):
    """Ask the platform to step in (R1.3); sent again when the platform is late."""

    statement: Annotated[str, Meta(max_length=2000)] = ""


class Appeal(Command, frozen=True):
    """Ask somebody else to handle it again (R1.1)."""

    grounds: Annotated[str, Meta(max_length=2000)]
    evidence: EvidenceItems = ()


class Agree(Command, frozen=True):
    """The merchant agrees to what is asked."""

    application: int
    return_address_id: Short | None = None
    note: Text = ""


class InterceptParcel(Command, frozen=True):
    """Ask the courier to stop the parcel (R3.1)."""

    note: Text = ""


class AgreeRefundAfterRefusal(Command, frozen=True):
    """The buyer refuses the parcel, then the money comes (R3.2)."""

    note: Text = ""


class PrepareRejection(Command, frozen=True):
    """Pick the reason; the matching script is sent and the wait starts (R3.5)."""

    application: int
    reason: Short
    added_text: Annotated[str, Meta(max_length=1000)] = ""


class Reject(Command, frozen=True):
    """Reject, itemised and with proof, after negotiating (R3.4, R3.5)."""

    application: int
    reason: Short
    points: Annotated[tuple[Point, ...], Meta(max_length=MOST_POINTS)] = ()
    evidence: EvidenceItems = ()


class AcceptReturn(Command, frozen=True):
    """The return is as agreed; fewer pieces than agreed dispute the rest (rules §6).

    `return_freight` (minor units) grants more of the freight on the buyer's receipt than the policy pays by itself.
    """

    quantities: Annotated[tuple[CaseLine, ...], Meta(max_length=500)] | None = None
    return_freight: Amount | None = None
    note: Text = ""


class ShipReplacement(Command, frozen=True):
    """New, missing or repaired goods are on their way to the buyer."""

    carrier: Short
    tracking_no: Short
    repaired: bool = False


class ShipBack(Command, frozen=True):
    """The goods go back to the buyer, as ruled."""

    carrier: Short
    tracking_no: Short


class AskPlatformRefund(Command, frozen=True):
    """The shop has no refund button: the merchant asks the platform to refund an unshipped order (R4.4)."""

    order_no: Short
    evidence: EvidenceItems = ()
    note: Text = ""


class RevealContact(Command, frozen=True):
    """Show the buyer's phone number; recorded (R3.6)."""

    reason: Annotated[str, Meta(min_length=1, max_length=200)]


class RecordCall(Command, frozen=True):
    """What a phone call brought; counts as a call record."""

    result: Literal["reached", "no_answer", "busy", "off", "wrong_person"]
    note: Text = ""


class Assign(Command, frozen=True):
    """Give the case to a platform person, or take it."""

    staff: Short
    note: Text = ""


class RequestEvidence(Command, frozen=True):
    """Ask one side for named evidence by a due date; once per side after the first round (rules §4)."""

    side: Literal["buyer", "merchant"]
    what: Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=300)], ...], Meta(min_length=1, max_length=20)]


class Finding(Struct, frozen=True, forbid_unknown_fields=True):
    """What was found, on which evidence or scan (`rests_on`: `e3`, `scan:delivered`), under which clause."""

    text: Annotated[str, Meta(min_length=1, max_length=1000)]
    rests_on: tuple[Short, ...]
    clause: Short


class FreightRuling(Struct, frozen=True, forbid_unknown_fields=True):
    """Who pays each leg."""

    outward: Payer
    back: Payer
    replacement: Payer = Payer.MERCHANT


class Shares(Struct, frozen=True, forbid_unknown_fields=True):
    """Shares of fault in per cent; must sum to 100."""

    buyer: Annotated[int, Meta(ge=0, le=100)] = 0
    merchant: Annotated[int, Meta(ge=0, le=100)] = 0
    carrier: Annotated[int, Meta(ge=0, le=100)] = 0
    platform: Annotated[int, Meta(ge=0, le=100)] = 0


class Rule(Command, frozen=True):
    """Decide the case (rules §9). `no_return_because` says why money moves without goods.

    `return_freight` (minor units) is what the merchant pays now of the return freight on the buyer's receipt; nothing
    said: what the policy pays by itself.
    """

    outcome: RulingOutcome
    fault: Fault
    freight: FreightRuling
    findings: Annotated[tuple[Finding, ...], Meta(max_length=20)]
    amount: Amount | None = None
    goods: Holding | None = None
    shares: Shares | None = None
    no_return_because: Annotated[str, Meta(max_length=500)] = ""
    return_freight: Amount | None = None


class ApproveRuling(Command, frozen=True):
    """Second pair of eyes: approve, or send back with a reason."""

    approve: bool
    reason: Annotated[str, Meta(max_length=1000)] = ""


class DecideAppeal(Command, frozen=True):
    """Uphold, change (with a ruling) or reopen; by somebody who neither ruled nor approved."""

    outcome: AppealOutcome
    reason: Annotated[str, Meta(min_length=1, max_length=1000)]
    ruling: Rule | None = None


class SettlePayout(Command, frozen=True):
    """A person says from the provider's statement what became of an unknown payout; a second one confirms."""

    payout_id: Short
    result: Literal["done", "failed"]
    statement: Annotated[str, Meta(min_length=1, max_length=500)]


class ExtendDeadline(Command, frozen=True):
    """Lengthen a running deadline before it is due."""

    deadline: Short
    by_hours: Annotated[int, Meta(ge=1, le=24 * 30)]
    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class Suspend(Command, frozen=True):
    """Stop the clocks until an instant; `paper` names a court's or police's paper for longer than the limit."""

    until: Instant
    reason: Annotated[str, Meta(min_length=1, max_length=500)]
    paper: Annotated[str, Meta(max_length=500)] = ""


class Resume(Command, frozen=True):
    """Let the clocks run again, moved by the time suspended."""

    note: Text = ""


class Cancel(Command, frozen=True):
    """Close a duplicate or a mistake; can be appealed."""

    reason: Literal["duplicate", "mistake"]
    note: Text = ""


class CreditOutage(Command, frozen=True):
    """Move the deadlines that ended inside an outage by its length (rules, Time)."""

    starts_at: Instant
    ends_at: Instant


class AskHumanReview(Command, frozen=True):
    """The buyer asks that a person looks at what the system decided alone (rules §9, law: order 116 art. 27)."""

    note: Text = ""


class SyncOrder(Command, frozen=True):
    """News of the order from the shop: creates or replaces the mirror. `occurred_at` orders news."""

    order_no: Short
    buyer_id: Short
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")]
    lines: Annotated[tuple[Line, ...], Meta(min_length=1, max_length=500)]
    freight_paid: Annotated[int, Meta(ge=0, le=2**53)]
    paid: Annotated[int, Meta(ge=0, le=2**53)]
    payments: Annotated[tuple[Payment, ...], Meta(max_length=20)]
    group: Group | None = None
    ship_by: Instant | None = None
    label_printed: bool | None = None
    carrier: Short | None = None
    tracking_no: Short | None = None
    paid_at: Instant | None = None
    confirmed_at: Instant | None = None
    confirmed_by: Literal["buyer", "timer"] | None = None
    buyer_phone: Annotated[str, Meta(max_length=32)] | None = None
    cancelled_at: Instant | None = None
    refunded_elsewhere: Annotated[int, Meta(ge=0, le=2**53)] = 0
    chargeback: Chargeback | None = None
    free_shipping: FreeShipping | None = None
    occurred_at: Instant | None = None


class RecordScan(Command, frozen=True):
    """A carrier scan of the outward parcel, or of a case's return or replacement parcel."""

    leg: Leg
    carrier: Short
    tracking_no: Short
    scan: Scan


class RecordPayout(Command, frozen=True):
    """What the payment provider says about a payout. `advanced`: the platform paid for a merchant short of funds."""

    payout_id: Short
    answer: Literal["done", "failed", "unknown"]
    provider_reference: str = ""
    why: str = ""
    advanced: bool = False
    amount: Amount | None = None


class RecordInterception(Command, frozen=True):
    """The courier's own word on an interception, beside its scans."""

    answer: Literal["accepted", "refused"]
    why: str = ""


class Lapse(Command, frozen=True):
    """A deadline passed. The sweep sends it; the rules judge it again."""


BUYER_COMMANDS = (Withdraw, Modify, ShipReturn, ConfirmReceipt, DisputeReplacement, NamePayoutAccount,
                  ChooseAfterRepair, AskHumanReview)  # fmt: skip
PARTY_COMMANDS = (SendMessage, AddEvidence, StatePosition, MakeOffer, AcceptOffer, DeclineOffer,
                  RequestIntervention, Appeal)  # fmt: skip
MERCHANT_COMMANDS = (Agree, InterceptParcel, AgreeRefundAfterRefusal, PrepareRejection, Reject, AcceptReturn,
                     ShipReplacement, ShipBack, RevealContact, RecordCall)  # fmt: skip
PLATFORM_COMMANDS = (Assign, RequestEvidence, Rule, ApproveRuling, DecideAppeal, SettlePayout, ExtendDeadline,
                     Suspend, Resume, Cancel, CreditOutage)  # fmt: skip
SYSTEM_COMMANDS = (RecordScan, RecordPayout, RecordInterception, Lapse)

CASE_COMMANDS: tuple[type[Command], ...] = (
    *BUYER_COMMANDS, *PARTY_COMMANDS, *MERCHANT_COMMANDS, *PLATFORM_COMMANDS, *SYSTEM_COMMANDS,
)  # fmt: skip
"""Commands about a case that exists."""

ORDER_COMMANDS: tuple[type[Command], ...] = (OpenCase, AskPlatformRefund, SyncOrder)
"""Commands about an order; outward scans and order lapses come without a case as well."""

ALL_COMMANDS: tuple[type[Command], ...] = (*ORDER_COMMANDS, *CASE_COMMANDS)


def verb(command: type[Command]) -> str:
    """The API's verb of a command type, `open-case`."""
    return str(command.__struct_config__.tag)
