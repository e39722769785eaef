"""The store in memory, for rehearsals and tests. It passes the same contract suite as PostgreSQL."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

from msgspec.structs import replace

from amends.application.ports import (
    Announce,
    CaseKey,
    Change,
    Due,
    Ending,
    EvidenceRow,
    FactRange,
    Loaded,
    Loading,
    OrderKey,
    ParcelRow,
    Receipt,
    ReceiptKey,
    Record,
    Rejected,
    ServiceKey,
    Session,
    Wanted,
    Write,
    unheard,
)
from amends.domain.case import Case
from amends.domain.docket import Docket
from amends.domain.events import Fact
from amends.domain.order import Merchant, Order
from amends.domain.time import NEVER, Instant
from amends.store.memory_outbox import MemoryOutbox

_PLACES = 4
"""As many batches run at once, as over a few connections."""


class StoredCase(NamedTuple):
    """A row of the cases."""

    case: Case
    chain: bytes
    title: str
    updated_at: Instant
    retry_at: Instant | None
    auto_refunded_at: Instant | None

    @property
    def due_at(self) -> Instant:
        return self.case.next_due_at or NEVER


class StoredOrder(NamedTuple):
    """A row of the orders."""

    order: Order
    words: str
    seen_at: Instant
    retry_at: Instant | None


class MemoryStore:
    """All tables as dictionaries."""

    def __init__(self, announce: Announce = unheard) -> None:
        self.announce = announce
        self.versions: dict[OrderKey, int] = {}
        self.orders: dict[OrderKey, StoredOrder] = {}
        self.cases: dict[CaseKey, StoredCase] = {}
        self.cases_of: defaultdict[OrderKey, list[CaseKey]] = defaultdict(list)
        self.records: defaultdict[CaseKey, list[Record]] = defaultdict(list)
        self.feeds: defaultdict[int, list[Fact]] = defaultdict(list)
        self.evidence: defaultdict[CaseKey, list[EvidenceRow]] = defaultdict(list)
        self.endings: dict[CaseKey, Ending] = {}
        self.parcels: dict[tuple[OrderKey, int | None, str], ParcelRow] = {}
        self.receipts: dict[ReceiptKey, Receipt] = {}
        self.receipts_at: dict[ReceiptKey, Instant] = {}
        self.merchants: dict[int, Merchant] = {}
        self.service_keys: dict[bytes, ServiceKey] = {}
        self.outbox = MemoryOutbox(self)
        self.held_by: MemorySession | None = None
        self.released = asyncio.Event()
        self._places = asyncio.Semaphore(_PLACES)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        async with self._places:
            session = MemorySession(self)
            try:
                yield session
            finally:
                session.let_go()


class MemorySession:
    """Others get their turn between reading and writing, as at a real database."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def load(self, wanted: Wanted) -> Loading:
        await asyncio.sleep(0)
        store = self._store
        known = [(case, store.cases[case].case) for case in wanted.cases if case in store.cases]
        keys = {*wanted.orders, *(OrderKey(case.merchant_id, case.order_no) for _, case in known)}
        loading = Loading({}, {}, {key: store.receipts[key] for key in wanted.receipts if key in store.receipts})
        for key in keys:
            loading.orders[key] = self._loaded(key, wanted)
            for case in store.cases_of[key]:
                loading.order_of[case] = key
        return loading

    def _loaded(self, key: OrderKey, wanted: Wanted) -> Loaded:
        store = self._store
        stored = store.orders.get(key)
        keys = store.cases_of[key]
        docket = Docket(
            store.merchants.get(key.merchant_id) or Merchant(key.merchant_id),
            stored.order if stored else None,
            tuple(store.cases[case].case for case in keys),
            self._auto_refunds(key, wanted.auto_refunds_since) if key in wanted.auto_refunds_of else 0,
        )
        return Loaded(
            store.versions.get(key, 0),
            docket,
            {case.case_id: store.cases[case].chain for case in keys},
            {
                case.case_id: tuple(row.mark for row in store.evidence[case])
                for case in keys
                if case in wanted.evidence_of
            },
        )

    def _auto_refunds(self, key: OrderKey, since: Instant | None) -> int:
        stored = self._store.orders.get(key)
        return sum(
            1
            for row in self._store.cases.values()
            if stored
            and (row.case.merchant_id, row.case.buyer_id) == (key.merchant_id, stored.order.buyer_id)
            and row.auto_refunded_at
            and (since is None or row.auto_refunded_at > since)
        )

    async def hold(self, orders: Sequence[OrderKey]) -> None:  # noqa: ARG002 (all of them, here)
        await self._turn()
        self._store.held_by = self

    async def _turn(self) -> None:
        while self._store.held_by not in (None, self):
            await self._store.released.wait()

    def let_go(self) -> None:
        """What was held is free again."""
        if self._store.held_by is self:
            self._store.held_by = None
            self._store.released.set()
            self._store.released.clear()

    async def write(self, writes: Sequence[Write]) -> frozenset[OrderKey]:
        await asyncio.sleep(0)
        await self._turn()
        try:
            return self._write(writes)
        finally:
            self.let_go()

    def _write(self, writes: Sequence[Write]) -> frozenset[OrderKey]:
        store = self._store
        moved = frozenset(write.key for write in writes if store.versions.get(write.key, 0) != write.read_version)
        winners = [write for write in writes if write.key not in moved]
        if any(receipt.key in store.receipts for write in winners for receipt in write.receipts):
            return frozenset(write.key for write in writes)
        for write in winners:
            _check(write)
        for write in winners:
            self._put(write)
        store.announce(
            Change(write.key.merchant_id, changed.case.case_id, changed.case.version)
            for write in winners
            for changed in write.cases
        )
        return moved

    def _put(self, write: Write) -> None:
        store, merchant_id, now = self._store, write.key.merchant_id, write.written_at
        store.versions[write.key] = write.read_version + 1
        before = store.orders.get(write.key)
        if write.order is not None:
            words = before.words if before else ""
            store.orders[write.key] = StoredOrder(write.order, words, before.seen_at if before else now, None)
        if write.words is not None:
            store.orders[write.key] = store.orders[write.key]._replace(words=write.words)
        for case, chain, is_new, title, auto_refunded_at in write.cases:
            key = CaseKey(merchant_id, case.case_id)
            if is_new:
                store.cases_of[write.key].append(key)
                store.cases[key] = StoredCase(case, chain, title, now, None, auto_refunded_at)
            else:
                known = store.cases[key]
                unasked = auto_refunded_at or known.auto_refunded_at
                store.cases[key] = StoredCase(case, chain, known.title, now, None, unasked)
        for fact, payload, chain in write.facts:
            store.records[CaseKey(merchant_id, fact.case_id)].append(Record(fact, payload, chain, now))
            store.feeds[merchant_id].append(fact)
        for row in write.evidence:
            store.evidence[CaseKey(merchant_id, row.case_id)].append(row)
        for parcel in write.parcels:
            store.parcels[write.key, parcel.case_id, parcel.leg] = parcel
        store.endings.update((CaseKey(merchant_id, ending.case_id), ending) for ending in write.endings)
        store.outbox.add(write.outbox)
        store.receipts.update((receipt.key, receipt) for receipt in write.receipts)
        store.receipts_at.update((receipt.key, write.written_at) for receipt in write.receipts)

    async def facts(self, ranges: Sequence[FactRange]) -> list[tuple[Fact, ...]]:
        records = self._store.records
        return [
            tuple(record.fact for record in records[CaseKey(merchant_id, case_id)][first - 1 : last])
            for merchant_id, case_id, first, last in ranges
        ]


def _check(write: Write) -> None:
    """The constraints of the heads."""
    if not 0 <= write.refund_minor <= write.refundable_minor:
        raise Rejected("CheckViolation: refunds_stay_within_what_was_paid")
    if not 0 <= write.compensation_minor <= write.compensation_cap_minor:
        raise Rejected("CheckViolation: compensation_stays_within_its_cap")


class MemoryDeadlines:
    """The queue of deadlines that have passed."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._sweeper = asyncio.Lock()

    async def due_cases(self, now: Instant, after: Due | None, limit: int) -> list[Due]:
        due = [
            Due(row.retry_at or row.due_at, key.merchant_id, row.case.order_no, key.case_id)
            for key, row in self._store.cases.items()
            if (row.retry_at or row.due_at) <= now
        ]
        due.sort(key=_place)
        return [one for one in due if after is None or _place(one) > _place(after)][:limit]

    async def due_orders(self, now: Instant, after: Due | None, limit: int) -> list[Due]:
        due = [
            Due(row.retry_at or row.order.due_at, *key, None)
            for key, row in self._store.orders.items()
            if row.order.due_at and (row.retry_at or row.order.due_at) <= now
        ]
        return sorted(one for one in due if after is None or one > after)[:limit]

    async def set_aside(self, dues: Sequence[Due], now: Instant, retry_at: Instant) -> list[Due]:
        still = {*await self.due_cases(now, None, 2**31), *await self.due_orders(now, None, 2**31)}
        stuck = [one for one in dues if any(one[1:] == due[1:] for due in still)]
        for _, merchant_id, order_no, case_id in stuck:
            if case_id is None:
                order = OrderKey(merchant_id, order_no)
                self._store.orders[order] = self._store.orders[order]._replace(retry_at=retry_at)
            else:
                case = CaseKey(merchant_id, case_id)
                self._store.cases[case] = self._store.cases[case]._replace(retry_at=retry_at)
        return stuck

    @asynccontextmanager
    async def sweeping(self) -> AsyncIterator[bool]:
        if self._sweeper.locked():
            yield False
            return
        async with self._sweeper:
            yield True


def _place(due: Due) -> tuple[Instant, int, int]:
    return due.due_at, due.merchant_id, due.case_id or 0


class MemoryRegistry:
    """Merchants' settings and service keys."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def merchant(self, merchant_id: int) -> Merchant | None:
        return self._store.merchants.get(merchant_id)

    async def put_merchant(self, merchant: Merchant, now: Instant) -> None:  # noqa: ARG002 (nobody asks when)
        self._store.merchants[merchant.merchant_id] = merchant

    async def service_key(self, sha256: bytes) -> ServiceKey | None:
        key = self._store.service_keys.get(sha256)
        return key if key is not None and key.revoked_at is None else None

    async def service_keys(self, limit: int) -> list[ServiceKey]:
        newest = sorted(self._store.service_keys.values(), key=lambda key: key.sha256)
        return sorted(newest, key=lambda key: key.created_at, reverse=True)[:limit]

    async def service_keys_of(self, merchant_id: int, limit: int) -> list[ServiceKey]:
        newest = await self.service_keys(len(self._store.service_keys))
        return [key for key in newest if key.merchant_id == merchant_id][:limit]

    async def revoke_service_key(self, key_id: str, by: str, now: Instant) -> bool:
        for key in self._store.service_keys.values():
            if key.key_id == key_id and key.revoked_at is None:
                self._store.service_keys[key.sha256] = replace(key, revoked_at=now, revoked_by=by)
                return True
        return False

    async def put_service_key(self, key: ServiceKey) -> None:
        self._store.service_keys.setdefault(key.sha256, key)
