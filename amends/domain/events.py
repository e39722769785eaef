"""What happened to a case: facts in the past tense with every figure they depended on.

A published, stored format: add, never edit. Actor and instant are in the `Fact` around each event.
"""

# allowed: more than 600 lines, as a catalogue that is looked up and never read through

from typing import Annotated, Any

from msgspec import Meta, Struct

from amends.domain.commands import CaseLine, EvidenceItem, Finding, Point, Shares
from amends.domain.order import Scan
from amends.domain.policy import Freight, LapseOutcome
from amends.domain.time import Instant
from amends.domain.words import (
    AppealOutcome,
    Basis,
    Fault,
    Goods,
    Holding,
    Kind,
    Ledger,
    Leg,
    Outcome,
    Payer,
    Remedy,
    RulingOutcome,
    Side,
    SmallPaymentType,
)


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))


class Event(Struct, frozen=True, tag_field="event", tag=_snake, omit_defaults=True):
    """Base of all events; the tag is the stored name."""


class Deadline(Struct, frozen=True, omit_defaults=True):
    """A running deadline: whose silence it measures and the instant at which it passes."""

    key: str
    owner: str
    started_at: Instant
    due_at: Instant


class EndedDeadline(Struct, frozen=True):
    """A deadline that runs no more; `how` is `met`, `passed` or `moot`."""

    key: str
    how: str


class DeadlinesSet(Event, frozen=True):
    """Clocks started or moved (`running` replaces the one with the same key) and clocks that ended."""

    running: tuple[Deadline, ...] = ()
    ended: tuple[EndedDeadline, ...] = ()


class DeadlinePassed(Event, frozen=True):
    """Nobody acted in time; what the policy made of it."""

    key: str
    due_at: Instant
    outcome: LapseOutcome
    policy: str


# Opening -------------------------------------------------------------------------------------------------


class Terms(Struct, frozen=True, omit_defaults=True):
    """What is asked, and the figures that were worked out for it.

    `maximum_minor` is the most that may be refunded, `clause` the window that allowed the opening.
    """

    kind: Kind
    reason: str
    lines: tuple[CaseLine, ...]
    amount_minor: int
    maximum_minor: int
    goods_received: bool
    fault: Fault
    freight: Freight
    outward_freight_minor: int = 0
    must_look: bool = False
    clause: str = ""
    note: str = ""


class CaseOpened(Event, frozen=True):
    """Somebody asked for amends. `first_applied_at` is the day by which windows are judged."""

    case_id: int
    merchant_id: int
    order_no: str
    buyer_id: str
    currency: str
    policy: str
    terms: Terms
    goods: Goods
    opened_by: Side
    first_applied_at: Instant


class ApplicationModified(Event, frozen=True):
    """The buyer changed the application and applied again (R5.2)."""

    application: int
    terms: Terms
    goods: Goods


class CaseReopened(Event, frozen=True):
    """A closed case runs again; `why` is `appeal`, `settled_later`, `late_scan`, `human_review`."""

    why: str


class CaseClosed(Event, frozen=True):
    """It ended. `reason` is a policy reason or a free word of the one who ended it."""

    outcome: Outcome
    by: Side
    reason: str = ""


# Conversation --------------------------------------------------------------------------------------------


class MessageSent(Event, frozen=True):
    """A message to the other side. A script is a message with `script_id` and is no conversation (rules §6)."""

    side: Side
    text: str
    evidence: tuple[str, ...] = ()
    script_id: str = ""


class EvidenceFiled(Event, frozen=True):
    """Evidence of one side, numbered in the case (`e1`, `e2`, …)."""

    side: Side
    items: tuple[EvidenceItem, ...]
    note: str = ""


class PositionStated(Event, frozen=True):
    """One side's itemised statement (R5.4)."""

    side: Side
    points: tuple[Point, ...]


class CallRecorded(Event, frozen=True):
    """A phone call to the buyer and what it brought."""

    result: str
    evidence_id: str
    note: str = ""


class ContactRevealed(Event, frozen=True):
    """Somebody looked at the buyer's phone number (R3.6)."""

    reason: str


# Offers --------------------------------------------------------------------------------------------------


class OfferMade(Event, frozen=True):
    """An offer is on the table until `lapses_at`; it replaces the sender's earlier one."""

    offer_id: str
    side: Side
    remedy: Remedy
    amount_minor: int
    lapses_at: Instant
    accepted_by: tuple[Side, ...] = ()
    message: str = ""
    small_payment_type: SmallPaymentType | None = None


class OfferAccepted(Event, frozen=True):
    """One side took it; `complete` when nobody else has to."""

    offer_id: str
    side: Side
    complete: bool
    note: str = ""


class OfferDeclined(Event, frozen=True):
    """One side said no."""

    offer_id: str
    side: Side
    note: str = ""


class OffersEnded(Event, frozen=True):
    """Offers that stand no more: `lapsed`, `replaced`, `moved_on`."""

    offer_ids: tuple[str, ...]
    why: str


# Answering -----------------------------------------------------------------------------------------------


class CaseAgreed(Event, frozen=True):
    """A remedy stands and is being carried out.

    `refund_minor` is promised from the order's balance, `compensation_minor` from the merchant's account, and
    `return_freight_minor` of that is for the buyer's receipt.
    `asked_minor` was wanted when less was left; `goods` is where the goods go next.
    """

    basis: Basis
    remedy: Remedy
    refund_minor: int
    goods: Goods
    lines: tuple[CaseLine, ...]
    fault: Fault
    freight: Freight
    compensation_minor: int = 0
    asked_minor: int = 0
    return_address_id: str = ""
    reason: str = ""
    return_freight_minor: int = 0


class RejectionPrepared(Event, frozen=True):
    """The script for a rejection was sent; the merchant waits for the buyer until `waits_until` (R3.5)."""

    application: int
    reason: str
    round: int
    script: str
    solutions: tuple[Remedy, ...]
    waits_until: Instant
    added_text: str = ""
    moves_answer: bool = False


class CaseRejected(Event, frozen=True):
    """The merchant rejected, itemised; a `return_*` reason disputes a delivered return."""

    application: int
    reason: str
    points: tuple[Point, ...]
    evidence: tuple[str, ...] = ()
    lines: tuple[CaseLine, ...] = ()


class InterceptionRequested(Event, frozen=True):
    """The courier is asked to stop the parcel (R3.1)."""

    carrier: str
    tracking_no: str
    basis: Basis


class InterceptionCancelled(Event, frozen=True):
    """The courier is asked to deliver after all."""

    carrier: str
    tracking_no: str


class RefusalAgreed(Event, frozen=True):
    """The buyer refuses the parcel, then the money comes; at the latest by `until` (R3.2)."""

    until: Instant
    message: str


class ReturnedToMerchant(Event, frozen=True):
    """Interception failed or the parcel was delivered: the merchant answers again."""

    why: str
    goods: Goods


class LookRequired(Event, frozen=True):
    """Records contradict or a movement is overdue: a person at the platform must look (rules §4, `look`)."""

    why: str


# Parcels -------------------------------------------------------------------------------------------------


class ParcelScanned(Event, frozen=True):
    """A carrier scan that concerns this case, and where the goods are after it."""

    leg: Leg
    carrier: str
    tracking_no: str
    scan: Scan
    goods: Goods


class InterceptionAnswered(Event, frozen=True):
    """The courier's own word on the interception."""

    answer: str
    why: str = ""


class ReturnShipped(Event, frozen=True):
    """The buyer sent the goods. `freight_minor` is claimed from the merchant with a receipt."""

    carrier: str
    tracking_no: str
    freight_minor: int = 0
    receipt_id: str = ""


class ReturnAccepted(Event, frozen=True):
    """The merchant has the goods back as agreed; `refund_minor` of the promise falls due.

    `compensation_minor` is for the return freight on the buyer's receipt.
    """

    lines: tuple[CaseLine, ...]
    refund_minor: int
    goods: Goods
    basis: Basis
    complete: bool = True
    compensation_minor: int = 0


class ReplacementShipped(Event, frozen=True):
    """New, missing, repaired or returned goods left the merchant; `attempt` counts from 1."""

    carrier: str
    tracking_no: str
    attempt: int
    repaired: bool = False
    sent_back: bool = False


class ReplacementDisputed(Event, frozen=True):
    """The buyer says the replacement is not what was agreed."""

    reason: str
    times: int
    goods: Goods


class ReplacementFailed(Event, frozen=True):
    """Lost, returned or overdue: the merchant sends again."""

    why: str


class RefundInstead(Event, frozen=True):
    """The goods that were agreed do not come: `refund_minor`, set when agreed, is paid instead."""

    refund_minor: int
    why: str
    goods: Goods


class RepairChoiceGiven(Event, frozen=True):
    """The repair is late: the buyer may choose an exchange or the refund."""


class RemedyChosen(Event, frozen=True):
    """The buyer chose after a late repair."""

    remedy: Remedy
    goods: Goods


class ReceiptConfirmed(Event, frozen=True):
    """The buyer has the goods, by word or by silence."""

    basis: Basis | None = None


# Money ---------------------------------------------------------------------------------------------------


class PayoutOrdered(Event, frozen=True):
    """Money is to be sent under its own id, made before it is sent. `held` waits for a suspension or chargeback."""

    payout_id: str
    ledger: Ledger
    amount_minor: int
    channel: str
    reference: str
    held: bool = False


class PayoutReleased(Event, frozen=True):
    """A held payout is sent now."""

    payout_id: str


class PayoutPaid(Event, frozen=True):
    """The provider says done. `advanced`: by the platform, claimed from the merchant's deposit."""

    payout_id: str
    provider_reference: str = ""
    advanced: bool = False


class PayoutUnknown(Event, frozen=True):
    """The provider does not know; it is asked again by the payout's id, never sent again."""

    payout_id: str


class PayoutFailed(Event, frozen=True):
    """The provider refused for good; the next channel is tried, or the buyer names an account."""

    payout_id: str
    why: str = ""


class PayoutCancelled(Event, frozen=True):
    """A held payout will not be sent: the money went another way."""

    payout_id: str
    why: str


class PayoutMismatched(Event, frozen=True):
    """The provider reports another amount than was ordered; a person must look."""

    payout_id: str
    ordered_minor: int
    reported_minor: int


class PayoutSettlementProposed(Event, frozen=True):
    """A person read the provider's statement; a second one must confirm."""

    payout_id: str
    result: str
    statement: str
    by: str


class PayoutAccountNamed(Event, frozen=True):
    """Where the buyer wants the money that no channel of the order took."""

    channel: str
    reference: str


class BalanceReduced(Event, frozen=True):
    """The shop or the provider paid back outside; less is left for this case."""

    left_minor: int
    why: str


# Platform ------------------------------------------------------------------------------------------------


class InterventionRequested(Event, frozen=True):
    """Somebody asked the platform to step in (R1.3); `times` counts the buyer asking again when it is late."""

    side: Side
    statement: str
    times: int
    burden_on: Side


class HumanReviewRequested(Event, frozen=True):
    """The buyer wants a person to look at what the system decided alone."""

    note: str = ""


class PlatformRefundAsked(Event, frozen=True):
    """The merchant asked the platform to refund an unshipped order (R4.4)."""

    note: str = ""


class CaseAssigned(Event, frozen=True):
    """A platform person has the case."""

    staff: str
    note: str = ""


class EvidenceRequested(Event, frozen=True):
    """One side is asked for named evidence by `due_at`; `pauses` moves the ruling deadline."""

    side: Side
    what: tuple[str, ...]
    due_at: Instant
    pauses_seconds: int = 0


class RulingTerms(Struct, frozen=True, omit_defaults=True):
    """What is ruled (rules §9)."""

    outcome: RulingOutcome
    amount_minor: int
    fault: Fault
    freight: Freight
    findings: tuple[Finding, ...]
    goods: Holding | None = None
    shares: Shares | None = None
    no_return_because: str = ""
    return_freight_minor: int | None = None


class RulingProposed(Event, frozen=True):
    """A ruling at or above the four-eyes amount waits for a second person."""

    terms: RulingTerms
    by: str
    returned_times: int = 0


class RulingReturned(Event, frozen=True):
    """The second person disapproved; `to_supervisor` after the second time."""

    reason: str
    by: str
    to_supervisor: bool


class RulingGiven(Event, frozen=True):
    """A ruling stands and was noticed to both sides; it may be appealed until `appeal_until`."""

    terms: RulingTerms
    by: str
    approved_by: str
    appeal_until: Instant


class ShipBackOrdered(Event, frozen=True):
    """The goods that the merchant holds go back to the buyer; `freight` says who pays the leg (rules §9)."""

    freight: Payer


class PlatformWasLate(Event, frozen=True):
    """The platform missed its own deadline; recorded for the supervisor and re-armed."""

    key: str
    times: int


class Appealed(Event, frozen=True):
    """One side wants somebody else to handle it again (R1.1)."""

    side: Side
    grounds: str


class AppealDecided(Event, frozen=True):
    """What became of the appeal; `terms` when the ruling changed."""

    outcome: AppealOutcome
    reason: str
    by: str
    terms: RulingTerms | None = None
    waived_minor: int = 0


class ExecutionFinished(Event, frozen=True):
    """Everything agreed or ruled is done; the end, `outcome`, waits for an appeal or for money on its way.

    `owed_minor` of the promise is still to be sent; the rest is no longer promised.
    """

    outcome: Outcome = Outcome.REFUNDED
    by: Side = Side.SYSTEM
    owed_minor: int = 0
    compensation_owed_minor: int = 0


class CaseSuspended(Event, frozen=True):
    """The clocks stand still until an instant at the latest."""

    until: Instant
    reason: str
    paper: str = ""


class CaseResumed(Event, frozen=True):
    """The clocks run again, each moved by `moved_seconds`."""

    moved_seconds: int


class DeadlineExtended(Event, frozen=True):
    """A running deadline was lengthened, with the reason."""

    key: str
    by_seconds: int
    reason: str


class OutageCredited(Event, frozen=True):
    """Deadlines that ended inside an outage were moved by its length."""

    starts_at: Instant
    ends_at: Instant
    keys: tuple[str, ...]


class Fact(Struct, frozen=True, omit_defaults=True):
    """One event of one case in the record: the `seq`-th, by whom, at which instant.

    `at` is when it counts: the command's instant, or the instant of the deadline that it follows from.
    """

    case_id: int
    seq: Annotated[int, Meta(ge=1)]
    at: Instant
    by: str
    event: Any
