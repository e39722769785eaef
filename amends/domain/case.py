"""A case as its events left it: three axes and the facts beside them (DESIGN §3)."""

from msgspec import Struct

from amends.domain.commands import CaseLine
from amends.domain.events import Deadline, RulingTerms
from amends.domain.order import Parcel
from amends.domain.policy import Freight
from amends.domain.time import Instant
from amends.domain.words import (
    Basis,
    EvidenceKind,
    Fault,
    Funds,
    Goods,
    Kind,
    Ledger,
    Outcome,
    PayoutState,
    Remedy,
    Side,
    SmallPaymentType,
    Stage,
)


class Offer(Struct, frozen=True, omit_defaults=True):
    """An offer on the table."""

    offer_id: str
    side: Side
    remedy: Remedy
    amount_minor: int
    made_at: Instant
    lapses_at: Instant
    accepted_by: tuple[Side, ...] = ()
    message: str = ""
    small_payment_type: SmallPaymentType | None = None


class Agreement(Struct, frozen=True, omit_defaults=True):
    """What stands and is carried out. `due_minor` of the promise is not yet ordered as a payout."""

    basis: Basis
    remedy: Remedy
    refund_minor: int
    lines: tuple[CaseLine, ...]
    at: Instant
    compensation_minor: int = 0
    return_address_id: str = ""


class Payout(Struct, frozen=True, omit_defaults=True):
    """Money on its way, under an id made before it was sent."""

    payout_id: str
    ledger: Ledger
    amount_minor: int
    channel: str
    reference: str
    state: PayoutState
    ordered_at: Instant
    proposed_by: str = ""
    proposed_result: str = ""
    advanced: bool = False
    mismatched: bool = False
    unknown_at: Instant | None = None


class Preparation(Struct, frozen=True, omit_defaults=True):
    """A rejection in preparation: reason, script sent, waits until (R3.5)."""

    reason: str
    round: int
    sent_at: Instant
    waits_until: Instant
    replied_at: Instant | None = None
    answered_at: Instant | None = None


class Talk(Struct, frozen=True, omit_defaults=True):
    """Who wrote last and when; a script does not count as the merchant's."""

    merchant_wrote_at: Instant | None = None
    buyer_wrote_at: Instant | None = None
    messages: int = 0


class Evidence(Struct, frozen=True, omit_defaults=True):
    """How much each side filed, by kind. The list itself is in the events."""

    count: int = 0
    buyer: dict[EvidenceKind, int] = {}
    merchant: dict[EvidenceKind, int] = {}

    def has(self, side: Side, group: tuple[EvidenceKind, ...]) -> bool:
        """Whether the side filed one kind of the group."""
        filed = self.buyer if side is Side.BUYER else self.merchant
        return any(kind in filed for kind in group)


class Rejection(Struct, frozen=True, omit_defaults=True):
    """The merchant's standing no."""

    reason: str
    at: Instant


class EvidenceRequest(Struct, frozen=True, omit_defaults=True):
    """What the platform asked of a side."""

    side: Side
    what: tuple[str, ...]
    due_at: Instant


class Review(Struct, frozen=True, omit_defaults=True):
    """The platform has the case, or had it."""

    entered_at: Instant
    requested_by: Side
    requested: int = 0
    late: int = 0
    paused_seconds: int = 0
    burden_on: Side = Side.BUYER
    requests: tuple[EvidenceRequest, ...] = ()
    asked_again_at: Instant | None = None


class Ruling(Struct, frozen=True, omit_defaults=True):
    """A ruling: proposed and waiting for a second person (`waits`), returned, or standing (`noticed_at`)."""

    terms: RulingTerms
    by: str
    proposed_at: Instant
    approved_by: str = ""
    noticed_at: Instant | None = None
    appeal_until: Instant | None = None
    returned: int = 0
    waits: bool = False


class AppealState(Struct, frozen=True, omit_defaults=True):
    """An appeal; `decided_at` when it is over. `closed_outcome` is what the case goes back to when upheld."""

    side: Side
    at: Instant
    decided_at: Instant | None = None
    outcome: str = ""
    waived_minor: int = 0


class Suspension(Struct, frozen=True):
    """The clocks stand still."""

    since: Instant
    until: Instant


class Closing(Struct, frozen=True, omit_defaults=True):
    """How and when it ended; kept while the case runs again after a reopening.

    As `Case.ending` it is decided and waits for an appeal or for money on its way.
    """

    outcome: Outcome
    at: Instant
    by: Side


_GIVEN_UP = (PayoutState.FAILED, PayoutState.CANCELLED)


class Case(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Snapshot of a case. `version` counts its events; amounts are minor units of `currency`.

    `due_minor` is promised and not ordered as a payout; `owed_minor` of it waits for no goods any more: it is for a
    return that came, or was sent and refused. `freight_claim_minor` is the return freight on the buyer's receipt,
    `freight_granted_minor` what of it was granted. `extended` are seconds by which the platform's own clocks were
    made longer. `erased_at` is told by no event: since then the record has nothing personal in it.
    """

    case_id: int
    merchant_id: int
    order_no: str
    buyer_id: str
    currency: str
    policy: str
    version: int

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
    note: str = ""
    clause: str = ""

    stage: Stage
    goods: Goods
    funds: Funds = Funds.NONE

    opened_by: Side
    opened_at: Instant
    applied_at: Instant
    first_applied_at: Instant
    application: int = 1

    deadlines: tuple[Deadline, ...] = ()
    agreement: Agreement | None = None
    payouts: tuple[Payout, ...] = ()
    due_minor: int = 0
    compensation_due_minor: int = 0
    owed_minor: int = 0
    compensation_owed_minor: int = 0
    freight_claim_minor: int = 0
    freight_granted_minor: int = 0
    returned: tuple[CaseLine, ...] = ()
    disputed: tuple[CaseLine, ...] = ()

    offers: tuple[Offer, ...] = ()
    offers_made: dict[Side, int] = {}
    offer_count: int = 0
    small_payments: int = 0

    talk: Talk = Talk()
    evidence: Evidence = Evidence()
    positions: dict[Side, int] = {}
    preparation: Preparation | None = None
    scripts_sent: int = 0
    answer_moved: bool = False
    rejection: Rejection | None = None

    intercepted_before: bool = False
    return_parcel: Parcel | None = None
    replacement_parcel: Parcel | None = None
    replacements_sent: int = 0
    replacement_disputes: int = 0
    sending_back: bool = False
    interception_at: Instant | None = None
    refusal_agreed_at: Instant | None = None
    repair_choice: bool = False

    review: Review | None = None
    ruling: Ruling | None = None
    appeal: AppealState | None = None
    appealed_by: tuple[Side, ...] = ()
    suspension: Suspension | None = None
    extended: dict[str, int] = {}
    assignee: str = ""
    look: str = ""
    account: tuple[str, str] | None = None
    merchant_asked: bool = False

    ending: Closing | None = None
    closing: Closing | None = None
    reopened_why: str = ""
    erased_at: Instant | None = None

    @property
    def is_open(self) -> bool:
        return self.stage is not Stage.CLOSED

    def deadline(self, key: str) -> Deadline | None:
        """The running deadline with that key."""
        for deadline in self.deadlines:
            if deadline.key == key:
                return deadline
        return None

    def offer(self, offer_id: str) -> Offer | None:
        """The standing offer with that id."""
        return next((o for o in self.offers if o.offer_id == offer_id), None)

    def offer_of(self, side: Side) -> Offer | None:
        """The standing offer of that side."""
        return next((o for o in self.offers if o.side == side), None)

    def payout(self, payout_id: str) -> Payout | None:
        return next((p for p in self.payouts if p.payout_id == payout_id), None)

    def ordered_minor(self, ledger: Ledger) -> int:
        """Money ordered from that ledger and not given up: on its way or there."""
        ordered = 0
        for payout in self.payouts:
            if payout.ledger is ledger and payout.state not in _GIVEN_UP:
                ordered += payout.amount_minor
        return ordered

    @property
    def refund_committed_minor(self) -> int:
        """Refund of this case that the order's balance must keep: promised, paying or paid (rules §3)."""
        return self.due_minor + self.ordered_minor(Ledger.REFUND)

    @property
    def compensation_committed_minor(self) -> int:
        return self.compensation_due_minor + self.ordered_minor(Ledger.COMPENSATION)

    @property
    def paid_minor(self) -> int:
        """What the buyer really got from this case."""
        return sum(p.amount_minor for p in self.payouts if p.state is PayoutState.PAID)

    @property
    def next_due_at(self) -> Instant | None:
        """The earliest instant at which silence moves this case; none while suspended except its own end."""
        if self.suspension is not None:
            return self.suspension.until
        return min((d.due_at for d in self.deadlines), default=None)


_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = tuple(a + b for a in _ALPHABET for b in _ALPHABET)


def public_case_id(merchant_id: int, case_id: int) -> str:
    """`1001-` and the 63-bit number in 13 characters of Crockford's base 32 (DESIGN §2)."""
    pairs = [_PAIRS[case_id >> shift & 1023] for shift in (50, 40, 30, 20, 10, 0)]
    return f"{merchant_id}-{_ALPHABET[case_id >> 60]}{''.join(pairs)}"


def public_id(case: Case) -> str:
    return public_case_id(case.merchant_id, case.case_id)


_VALUES = {c: i for i, c in enumerate(_ALPHABET)} | {c.lower(): i for i, c in enumerate(_ALPHABET)}


def parse_case_id(text: str) -> tuple[int, int] | None:
    """(merchant_id, case_id) of a public id; None when it is not one."""
    merchant, dash, digits = text.partition("-")
    if not dash or not merchant.isascii() or not merchant.isdigit() or len(merchant) > 19 or len(digits) != 13:
        return None
    number = 0
    for character in digits:
        value = _VALUES.get(character)
        if value is None:
            return None
        number = number * 32 + value
    if number >= 1 << 63 or int(merchant) >= 1 << 63:
        return None
    return int(merchant), number
