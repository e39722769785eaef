"""A shop with everything between commands and tables, over either store."""

import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta

from amends.application.engine import Engine
from amends.application.ids import Ids
from amends.application.ledger import Book
from amends.application.policies import Policies
from amends.application.ports import (
    Answer,
    CaseKey,
    Deadlines,
    Decide,
    Envelope,
    Outbox,
    Reader,
    Registry,
    Store,
)
from amends.application.workbench import Workbench
from amends.domain import commands as k
from amends.domain.actor import SYSTEM, Actor, buyer, merchant
from amends.domain.decide import decide
from amends.domain.order import Line, Payment
from amends.domain.time import Instant
from amends.domain.words import Kind
from amends.store.database import Database
from amends.store.deadlines import PostgresDeadlines
from amends.store.ledger import PostgresLedger
from amends.store.memory import MemoryDeadlines, MemoryRegistry, MemoryStore
from amends.store.memory_ledger import MemoryLedger
from amends.store.memory_reader import MemoryReader
from amends.store.memory_workbench import MemoryWorkbench
from amends.store.outbox import PostgresOutbox
from amends.store.postgres import PostgresStore
from amends.store.reader import PostgresReader
from amends.store.registry import PostgresRegistry
from amends.store.workbench import PostgresWorkbench

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
POLICIES = Policies.load()

_nodes = itertools.count(1)


class ManualClock:
    """Stands still until told otherwise."""

    def __init__(self, at: Instant = MONDAY) -> None:
        self.at = at

    def now(self) -> Instant:
        return self.at

    def advance(self, by: timedelta) -> None:
        self.at += by


class Shop:
    """The service without its pages. Orders cost 100 yuan for ten pieces; they are paid and not shipped."""

    def __init__(
        self,
        judge: Decide,
        *,
        store: Store,
        reader: Reader,
        deadlines: Deadlines,
        outbox: Outbox,
        registry: Registry,
        book: Book,
        workbench: Workbench,
    ) -> None:
        self.clock = ManualClock()
        self.store = store
        self.reader = reader
        self.deadlines = deadlines
        self.outbox = outbox
        self.registry = registry
        self.book = book
        self.workbench = workbench
        self.engine = self.new_engine(judge)

    def new_engine(self, judge: Decide = decide) -> Engine:
        return Engine(self.store, judge, POLICIES, self.clock, Ids(next(_nodes) % 1024))

    async def one(self, envelope: Envelope) -> Answer:
        (answer,) = await self.engine.handle([envelope])
        assert isinstance(answer, Answer), answer
        return answer

    async def accepted(self, envelopes: Sequence[Envelope]) -> list[Answer]:
        answers = await self.engine.handle(envelopes)
        assert all(isinstance(answer, Answer) and answer.refusal is None for answer in answers), answers
        return [answer for answer in answers if isinstance(answer, Answer)]

    async def opened(self, count: int = 1, *, merchant_id: int = 1001, pieces: int = 1) -> list[CaseKey]:
        """Cases on orders of their own, all waiting for the merchant."""
        orders = [f"o{next(_numbers)}" for _ in range(count)]
        await self.accepted([order(number, merchant_id) for number in orders])
        answers = await self.accepted([opening(number, merchant_id, pieces) for number in orders])
        return [CaseKey(answer.merchant_id, answer.case_id or 0) for answer in answers]


_numbers = itertools.count(1)

OpenShop = Callable[..., AbstractAsyncContextManager[Shop]]


@asynccontextmanager
async def shop_in_memory(judge: Decide = decide) -> AsyncIterator[Shop]:
    store = MemoryStore()
    yield Shop(
        judge,
        store=store,
        reader=MemoryReader(store),
        deadlines=MemoryDeadlines(store),
        outbox=store.outbox,
        registry=MemoryRegistry(store),
        book=MemoryLedger(store),
        workbench=MemoryWorkbench(store),
    )


@asynccontextmanager
async def shop_on_postgres(dsn: str, judge: Decide = decide) -> AsyncIterator[Shop]:
    async with Database(dsn, batch_connections=3, page_connections=3) as database:
        yield Shop(
            judge,
            store=PostgresStore(database),
            reader=PostgresReader(database),
            deadlines=PostgresDeadlines(database),
            outbox=PostgresOutbox(database),
            registry=PostgresRegistry(database),
            book=PostgresLedger(database),
            workbench=PostgresWorkbench(database),
        )


def order(
    order_no: str, merchant_id: int = 1001, *, buyer_id: str = "b42", title: str = "保温杯", paid: int = 10_000
) -> Envelope:
    line = Line(1, f"sku-{order_no}", title, "other", 10, paid // 10, paid)
    command = k.SyncOrder(
        order_no,
        buyer_id,
        "CNY",
        (line,),
        0,
        paid,
        (Payment("wechat", f"pay-{order_no}", paid),),
        paid_at=MONDAY,
        ship_by=MONDAY + timedelta(days=2),
        buyer_phone="13800000000",
    )
    return Envelope(SYSTEM, merchant_id, command, order_no=order_no)


def opening(
    order_no: str, merchant_id: int = 1001, pieces: int = 1, *, buyer_id: str = "b42", key: str | None = None
) -> Envelope:
    command = k.OpenCase(order_no, (k.CaseLine(1, pieces),), Kind.REFUND_ONLY, "changed_mind", goods_received=False)
    return Envelope(buyer(buyer_id), merchant_id, command, order_no=order_no, key=key)


def about(case: CaseKey, command: k.Command, actor: Actor | None = None, **rest: object) -> Envelope:
    """A command about a case; the merchant's owner sends it unless said otherwise."""
    sender = actor or merchant(case.merchant_id, "li")
    return Envelope(sender, case.merchant_id, command, case_id=case.case_id, **rest)  # type: ignore[arg-type]
