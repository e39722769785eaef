"""What the engine, the sweep and the deliverer need from the outside, as Protocols; store and adapters fulfil them."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Literal, NamedTuple, Protocol

from msgspec import Struct

from amends.application.desk_rows import DeskCount, DeskFilter, Load, Ruled, RuledBy
from amends.domain.actor import Actor
from amends.domain.case import Case
from amends.domain.commands import Command
from amends.domain.docket import Context, Decided, Docket, EvidenceMark
from amends.domain.effects import Effect
from amends.domain.events import Fact
from amends.domain.order import Merchant, Order
from amends.domain.refusals import Refusal
from amends.domain.time import Instant
from amends.domain.words import Kind, Leg, Side, Stage


class OrderKey(NamedTuple):
    """The unit of concurrency."""

    merchant_id: int
    order_no: str


class CaseKey(NamedTuple):
    """A case by its merchant and number."""

    merchant_id: int
    case_id: int


class ReceiptKey(NamedTuple):
    """An idempotency key is its sender's own: two actors may use the same one."""

    merchant_id: int
    actor: str
    key: str


class Envelope(Struct, frozen=True):
    """One command on its way: who, about which case or order, under which key, on which version.

    `order_no` is given for commands about an order; commands about a case carry `case_id` only.
    `key` is the idempotency key, unique per actor; `expected_version` the case version the sender saw.
    `received_at` is when it reached the service, where a process that died kept it from being decided at once.
    """

    actor: Actor
    merchant_id: int
    command: Command
    case_id: int | None = None
    order_no: str | None = None
    key: str | None = None
    expected_version: int | None = None
    received_at: Instant | None = None


class Answer(Struct, frozen=True, omit_defaults=True):
    """What became of an envelope: `refusal`, or the case's new `version` and `facts`.

    `facts` are the new events of the command's own case, `case` is the case as they left it; `replayed` marks the
    first answer given again, without the case.
    """

    merchant_id: int
    order_no: str | None = None
    case_id: int | None = None
    version: int | None = None
    facts: tuple[Fact, ...] = ()
    refusal: Refusal | None = None
    replayed: bool = False
    case: Case | None = None


class Failed(Exception):
    """A command that got no answer; its neighbours in the batch did. Nothing of it was written."""


class Unstorable(Failed):
    """Text with a NUL or a lone surrogate, which no database and no canonical JSON can hold."""


class Contended(Failed):
    """The order changed under the command more often than the engine tries; it may be sent again."""


class Unavailable(Exception):
    """The store cannot be reached or broke off. A command with a key may be sent again safely."""


class Rejected(Exception):
    """The store refused a write that the rules had allowed; nothing of it was written."""


class Decide(Protocol):
    """The rules: `amends.domain.decide.decide`."""

    def __call__(self, docket: Docket, command: Command, context: Context) -> Decided | Refusal:
        """Everything that follows from the command, or why nothing does."""


class Clock(Protocol):
    """The only source of `now`."""

    def now(self) -> Instant:
        """The current instant, aware, UTC."""


# Reading and writing a batch -------------------------------------------------------------------------------


class Receipt(Struct, frozen=True):
    """Idempotency: what was asked under a key, and which events were the answer.

    `facts` of the answer are the events `first_seq` to `version` of `case_id`; they are not stored twice.
    """

    key: ReceiptKey
    input_hash: bytes
    order_no: str
    case_id: int | None
    first_seq: int
    version: int


class Loaded(Struct, frozen=True):
    """A docket with the head version it was read at (0: no head yet) and each case's chain head.

    `evidence` is there for the cases it was asked of.
    """

    version: int
    docket: Docket
    chains: dict[int, bytes]
    evidence: dict[int, tuple[EvidenceMark, ...]]


class Wanted(Struct, frozen=True):
    """What a batch needs to read. `evidence_of` and `auto_refunds_of` name those that need more than a docket."""

    orders: Sequence[OrderKey]
    cases: Sequence[CaseKey]
    receipts: Sequence[ReceiptKey] = ()
    evidence_of: Sequence[CaseKey] = ()
    auto_refunds_of: Sequence[OrderKey] = ()
    auto_refunds_since: Instant | None = None


class Loading(Struct, frozen=True):
    """Answer of `Session.load`. Orders asked for by key are all there; cases that do not exist are not."""

    orders: dict[OrderKey, Loaded]
    order_of: dict[CaseKey, OrderKey]
    receipts: dict[ReceiptKey, Receipt]


class SealedFact(NamedTuple):
    """A fact as stored: canonical JSON and the chain hash up to and including it."""

    fact: Fact
    payload: bytes
    chain: bytes


class ChangedCase(NamedTuple):
    """A case as a batch leaves it; `auto_refunded_at` when this batch paid unasked."""

    case: Case
    chain: bytes
    is_new: bool
    title: str
    auto_refunded_at: Instant | None


class EvidenceRow(NamedTuple):
    """A piece of evidence as rulings and the hash index need it; `sha256` is empty where no file was given."""

    case_id: int
    mark: EvidenceMark
    sha256: str


class ParcelRow(NamedTuple):
    """Which order, and which case of it, a tracking number belongs to. `case_id` is None for the outward parcel."""

    merchant_id: int
    order_no: str
    case_id: int | None
    leg: Leg
    carrier: str
    tracking_no: str


class Ending(NamedTuple):
    """How a case ended, with what it is compared by; `ruled_for` is the side that a standing ruling favours."""

    case_id: int
    kind: Kind
    reason: str
    category: str
    ended_at: Instant
    is_refunded: bool
    ruled_for: Side | None


class OutboxMessage(Struct, frozen=True):
    """An effect to deliver; `message_id` is time-ordered and names it for good."""

    merchant_id: int
    message_id: int
    order_no: str
    case_id: int | None
    effect: Effect
    due_at: Instant


class Write(Struct, frozen=True):
    """All that the commands of one order in one batch leave behind; written whole or not at all.

    `order` is None when it did not change, `words` when its search text did not. `refundable_minor` and
    `compensation_cap_minor` bound the two sums; a bound that the outside lowered keeps room for what was promised.
    """

    key: OrderKey
    read_version: int
    order: Order | None
    words: str | None
    cases: tuple[ChangedCase, ...]
    facts: tuple[SealedFact, ...]
    evidence: tuple[EvidenceRow, ...]
    parcels: tuple[ParcelRow, ...]
    outbox: tuple[OutboxMessage, ...]
    receipts: tuple[Receipt, ...]
    refund_minor: int
    compensation_minor: int
    refundable_minor: int
    compensation_cap_minor: int
    written_at: Instant
    endings: tuple[Ending, ...] = ()


class FactRange(NamedTuple):
    """The events `first_seq` to `last_seq` of a case."""

    merchant_id: int
    case_id: int
    first_seq: int
    last_seq: int


class Session(Protocol):
    """One place at the store, held by one batch while it reads, decides and writes."""

    async def load(self, wanted: Wanted) -> Loading:
        """Read everything that a batch needs, without locks. Raises Unavailable."""

    async def hold(self, orders: Sequence[OrderKey]) -> None:
        """Let nobody else change these orders until this session has written once. Raises Unavailable."""

    async def write(self, writes: Sequence[Write]) -> frozenset[OrderKey]:
        """Write what still fits in one transaction; returns the orders that moved, of which nothing was written.

        A receipt that a twin wrote first counts as all having moved. Writing nothing only lets go of what is held.
        Raises Rejected, Unavailable.
        """

    async def facts(self, ranges: Sequence[FactRange]) -> list[tuple[Fact, ...]]:
        """Events by range, in the order asked for. Raises Unavailable."""


class Store(Protocol):
    """Where orders, cases, events, receipts and the outbox live. PostgreSQL and memory pass one contract suite."""

    def session(self) -> AbstractAsyncContextManager[Session]:
        """Waits for a free place: as many batches run at once as the store has places."""


# Sweeping and delivering -----------------------------------------------------------------------------------


class Due(NamedTuple):
    """A case, or an order itself (`case_id` None), whose deadline has passed. `due_at` is the place in the queue."""

    due_at: Instant
    merchant_id: int
    order_no: str
    case_id: int | None


class Deadlines(Protocol):
    """The queue of deadlines that have passed."""

    async def due_cases(self, now: Instant, after: Due | None, limit: int) -> list[Due]:
        """Cases due at `now`, by (due_at, merchant_id, case_id), behind `after`."""

    async def due_orders(self, now: Instant, after: Due | None, limit: int) -> list[Due]:
        """Orders due at `now` themselves, by (due_at, merchant_id, order_no), behind `after`."""

    async def set_aside(self, dues: Sequence[Due], now: Instant, retry_at: Instant) -> list[Due]:
        """Look at those that are still due at `now` again at `retry_at` only, unless they change before.

        Returns them.
        """

    def sweeping(self) -> AbstractAsyncContextManager[bool]:
        """Whether this is the one sweeper, held until left."""


class Leased(Struct, frozen=True):
    """An outbox message lent to one deliverer. `attempts` counts this one: above 1 it may have been sent before."""

    message: OutboxMessage
    attempts: int


class Delivery(Struct, frozen=True):
    """What became of a leased message: delivered (`done`), to try again at `retry_at`, or else given up (dead)."""

    merchant_id: int
    message_id: int
    done: bool
    retry_at: Instant | None = None
    error: str = ""
    answer: str = ""


class DeadLetter(Struct, frozen=True):
    """A message given up; a person looks at it and may send it again."""

    message: OutboxMessage
    attempts: int
    dead_at: Instant
    error: str


class Backlog(Struct, frozen=True):
    """How far deliveries and deadlines are behind; `oldest_due_at` of the outbox, None when it is empty."""

    waiting: int
    oldest_due_at: Instant | None
    dead: int
    overdue_cases: int


class Outbox(Protocol):
    """Messages to the outside."""

    async def lease(self, now: Instant, until: Instant, limit: int) -> list[Leased]:
        """Lend due messages until an instant; after it they are due again (a deliverer that died)."""

    async def settle(self, deliveries: Sequence[Delivery], now: Instant) -> None:
        """Write down what became of leased messages."""

    async def dead_letters(self, limit: int) -> list[DeadLetter]:
        """The newest messages given up."""

    async def revive(self, merchant_id: int, message_id: int, now: Instant) -> bool:
        """Make a dead letter due again; False when there is none with that id."""

    async def backlog(self, now: Instant) -> Backlog:
        """How much waits."""

    async def prune_messages(self, done_before: Instant, limit: int) -> int:
        """Forget messages that were delivered before an instant, the oldest first; how many. Those given up stay."""

    async def prune_receipts(self, written_before: Instant, limit: int) -> int:
        """Forget receipts written before an instant; how many."""


# Merchants and keys ----------------------------------------------------------------------------------------


class ServiceKey(Struct, frozen=True):
    """A shop's key. `merchant_id` None: for all merchants. `sha256` is of the key, which is shown only once.

    A revoked key admits nobody and stays on record.
    """

    sha256: bytes
    name: str
    merchant_id: int | None
    created_at: Instant
    revoked_at: Instant | None = None
    revoked_by: str | None = None

    @property
    def key_id(self) -> str:
        """What people call it by; tells nothing of the key itself."""
        return self.sha256.hex()[:16]


class Registry(Protocol):
    """Merchants' settings and service keys."""

    async def merchant(self, merchant_id: int) -> Merchant | None:
        """The settings, None when none were given."""

    async def put_merchant(self, merchant: Merchant, now: Instant) -> None:
        """Create or replace the settings."""

    async def service_key(self, sha256: bytes) -> ServiceKey | None:
        """The key with that hash, if it was not revoked."""

    async def service_keys(self, limit: int) -> list[ServiceKey]:
        """All keys, the newest first, revoked ones too."""

    async def service_keys_of(self, merchant_id: int, limit: int) -> list[ServiceKey]:
        """A merchant's own keys, the newest first, revoked ones too."""

    async def revoke_service_key(self, key_id: str, by: str, now: Instant) -> bool:
        """False when there is no such key, or it was revoked before."""

    async def put_service_key(self, key: ServiceKey) -> None:
        """Add a key."""


# Reading for pages -----------------------------------------------------------------------------------------


class CaseFilter(Struct, frozen=True):
    """Which cases: a merchant's, a buyer's, or with neither all; empty fields narrow nothing down.

    `text` is looked for in order number, buyer, titles, goods codes and tracking numbers. Cases without a
    deadline are never `due_before`. `by_due` sorts by the next deadline, soonest first, else the newest case comes
    first; a buyer's are always sorted so.
    """

    merchant_id: int | None = None
    buyer_id: str | None = None
    stages: tuple[Stage, ...] = ()
    kinds: tuple[Kind, ...] = ()
    reasons: tuple[str, ...] = ()
    assignee: str | None = None
    due_before: Instant | None = None
    text: str = ""
    by_due: bool = False


class CaseRow(Struct, frozen=True):
    """A case in a list."""

    case: Case
    title: str
    updated_at: Instant


class CasePage(Struct, frozen=True):
    """`cursor` asks for the next page; None on the last one."""

    rows: tuple[CaseRow, ...]
    cursor: str | None


class OrderPage(Struct, frozen=True):
    """`cursor` asks for the next page; None on the last one."""

    orders: tuple[Order, ...]
    cursor: str | None


class FeedItem(Struct, frozen=True):
    """An event of a merchant's cases with its number in the merchant's feed."""

    feed_no: int
    fact: Fact


class Record(Struct, frozen=True):
    """A stored event: the exact bytes that the chain runs over, the hash up to it, and when it was written down."""

    fact: Fact
    payload: bytes
    chain: bytes
    recorded_at: Instant


class StageCount(Struct, frozen=True):
    """How many cases are in a stage, and how many of them are due before the instant asked for."""

    stage: Stage
    cases: int
    due: int


class BadCursor(ValueError):
    """A cursor that no page gave out."""


class Reader(Protocol):
    """What pages and lists read. All raise Unavailable."""

    async def docket(self, key: OrderKey, evidence_of: CaseKey | None = None) -> Docket:
        """An order with all its cases, as decisions read it; `docket.order` is None when it is unknown."""

    async def docket_of(self, key: CaseKey) -> Docket | None:
        """The docket of a case's order; None when there is no such case."""

    async def case(self, key: CaseKey) -> Case | None:
        """One case."""

    async def timeline(self, key: CaseKey, after_seq: int, limit: int) -> list[Fact]:
        """Events of a case behind `after_seq`, in order."""

    async def records(self, key: CaseKey) -> list[Record]:
        """All events of a case as they were sealed."""

    async def cases(self, wanted: CaseFilter, cursor: str | None, limit: int) -> CasePage:
        """A page of cases. Raises BadCursor."""

    async def counts(self, merchant_id: int | None, due_before: Instant) -> list[StageCount]:
        """Cases per stage, of one merchant or of all."""

    async def desk(self, wanted: DeskFilter, cursor: str | None, limit: int) -> CasePage:
        """A page of the platform's queues. Raises BadCursor."""

    async def desk_counts(self, staff: str) -> list[DeskCount]:
        """How much stands in the platform's queues, as it concerns one person."""

    async def ruled_alike(self, case: Case, limit: int) -> list[Ruled]:
        """The newest rulings on the reason and kind of a case, without its own."""

    async def load(self) -> list[Load]:
        """Who has how much to do at the platform."""

    async def ruled_since(self, since: Instant) -> list[RuledBy]:
        """What each person ruled, of all that was ruled since an instant."""

    async def orders_of_buyer(self, buyer_id: str, cursor: str | None, limit: int) -> OrderPage:
        """A buyer's orders with all merchants, newest first. Raises BadCursor."""

    async def parcels(self, tracking_nos: Sequence[str]) -> list[ParcelRow]:
        """Everything that travels under these numbers, with whatever merchant (a fan-out read)."""

    async def feed(self, merchant_id: int, after: int, limit: int) -> list[FeedItem]:
        """A merchant's events behind a feed number, without gaps."""

    async def feed_no(self, merchant_id: int) -> int:
        """The number of the merchant's newest event; 0 before the first."""


# Live ------------------------------------------------------------------------------------------------------


Subject = Literal["case", "talk", "queue", "echo"]
"""What changed: a case; a talk with the service; such a talk, and with it who waits for a person; nothing: a trial."""


class Change(NamedTuple):
    """A case reached a version. Talks have their own numbers in the place of a case's, and no version."""

    merchant_id: int
    case_id: int
    version: int
    subject: Subject = "case"


class Announce(Protocol):
    """Tells whoever watches what was committed; never waits and never fails."""

    def __call__(self, changes: Iterable[Change]) -> None:
        """Of each case, the newest version counts."""


def unheard(changes: Iterable[Change]) -> None:
    """Announce, for programs that nobody watches."""


class Watch(Protocol):
    """Hears what was committed, by any process."""

    def changes(self) -> AsyncIterator[Sequence[Change]]:
        """Batches of changes, for ever. An empty one says that some may have been missed: read what is new."""
