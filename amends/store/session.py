"""A batch at PostgreSQL: read without locks; then lock and compare, write and commit in two flights (DESIGN §1)."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import msgspec
import psycopg
from psycopg.pq import TransactionStatus

from amends.application.ports import (
    Announce,
    CaseKey,
    Change,
    FactRange,
    Loaded,
    Loading,
    OrderKey,
    Receipt,
    ReceiptKey,
    Wanted,
    Write,
    unheard,
)
from amends.application.sealing import unseal
from amends.domain.case import Case
from amends.domain.docket import Docket, EvidenceMark
from amends.domain.events import Fact
from amends.domain.order import Merchant, Order
from amends.domain.words import EvidenceKind, Side
from amends.store import columns
from amends.store.arrays import Longs, Texts
from amends.store.database import Connection, load_queries, must_be_decided_again, translated, unavailable

_sql = load_queries("batch")
_order = msgspec.json.Decoder(Order)
_case = msgspec.json.Decoder(Case)
_merchant = msgspec.json.Decoder(Merchant)

_FLIGHT = (
    (_sql.write_orders.sql, columns.orders),
    (_sql.write_words.sql, columns.words),
    (_sql.new_cases.sql, columns.new_cases),
    (_sql.write_cases.sql, columns.cases),
    (_sql.write_evidence.sql, columns.evidence),
    (_sql.write_parcels.sql, columns.parcels),
    (_sql.write_outbox.sql, columns.outbox),
    (_sql.write_events.sql, columns.events),
    (_sql.write_receipts.sql, columns.receipts),
)
"""In this order: the rows that others wait for are taken last."""


class PostgresSession:
    """One connection, for as long as one batch needs it. `announce` hears of cases after the commit."""

    def __init__(self, connection: Connection, announce: Announce = unheard) -> None:
        self._connection = connection
        self._announce = announce

    async def load(self, wanted: Wanted) -> Loading:
        async with unavailable(), self._connection.pipeline():
            dockets = await self._execute(
                _sql.load,
                order_merchants=Longs(key.merchant_id for key in wanted.orders),
                order_nos=Texts(key.order_no for key in wanted.orders),
                case_merchants=Longs(key.merchant_id for key in wanted.cases),
                case_ids=Longs(key.case_id for key in wanted.cases),
            )
            receipts = evidence = auto_refunds = None
            if wanted.receipts:
                merchants, actors, keys = zip(*wanted.receipts, strict=True)
                receipts = await self._execute(
                    _sql.load_receipts, merchants=Longs(merchants), actors=Texts(actors), keys=Texts(keys)
                )
            if wanted.evidence_of:
                merchants, case_ids = zip(*wanted.evidence_of, strict=True)
                evidence = await self._execute(_sql.load_evidence, merchants=Longs(merchants), case_ids=Longs(case_ids))
            if wanted.auto_refunds_of:
                merchants, order_nos = zip(*wanted.auto_refunds_of, strict=True)
                auto_refunds = await self._execute(
                    _sql.load_auto_refunds,
                    merchants=Longs(merchants),
                    order_nos=Texts(order_nos),
                    since=wanted.auto_refunds_since,
                )
        unasked = {OrderKey(row[0], row[1]): row[2] for row in await auto_refunds.fetchall()} if auto_refunds else {}
        marks: dict[CaseKey, tuple[EvidenceMark, ...]] = dict.fromkeys(wanted.evidence_of, ())
        for merchant_id, case_id, *mark in await evidence.fetchall() if evidence else ():
            marks[CaseKey(merchant_id, case_id)] += (_mark(*mark),)
        loading = Loading({}, {}, {})
        for row in await dockets.fetchall():
            loaded = _loaded(row, unasked, marks)
            key = OrderKey(row[0], row[1])
            loading.orders[key] = loaded
            for case_id in loaded.chains:
                loading.order_of[CaseKey(row[0], case_id)] = key
        for row in await receipts.fetchall() if receipts else ():
            receipt_key = ReceiptKey(*row[:3])
            loading.receipts[receipt_key] = Receipt(receipt_key, *row[3:])
        return loading

    async def hold(self, orders: Sequence[OrderKey]) -> None:
        async with unavailable(), self._connection.pipeline():
            await self._execute(_sql.begin)
            await self._execute(_sql.new_heads, **columns.keys(orders))
            await self._execute(_sql.lock_heads, **columns.keys(orders))

    async def write(self, writes: Sequence[Write]) -> frozenset[OrderKey]:
        try:
            moved = await self._lock(writes)
            winners = [write for write in writes if write.key not in moved]
            if winners:
                await self._write(winners)
            else:
                await self._connection.rollback()
        except psycopg.Error as fault:
            await self._give_up()
            if must_be_decided_again(fault):
                return frozenset(write.key for write in writes)
            raise translated(fault) from fault
        self._announce(
            Change(write.key.merchant_id, changed.case.case_id, changed.case.version)
            for write in winners
            for changed in write.cases
        )
        return moved

    async def _lock(self, writes: Sequence[Write]) -> frozenset[OrderKey]:
        """First flight: lock the heads in order; those whose version is not the one that was read have moved."""
        if not writes:
            return frozenset()
        held = self._connection.info.transaction_status == TransactionStatus.INTRANS
        async with self._connection.pipeline():
            if not held:
                await self._execute(_sql.begin)
            unheard_of = [write.key for write in writes if write.read_version == 0]
            if unheard_of:
                await self._execute(_sql.new_heads, **columns.keys(unheard_of))
            cursor = await self._execute(_sql.lock_heads, **columns.keys(write.key for write in writes))
        versions = {(row[0], row[1]): row[2] for row in await cursor.fetchall()}
        return frozenset(write.key for write in writes if versions.get(write.key) != write.read_version)

    async def _write(self, winners: Sequence[Write]) -> None:
        """Second flight: everything, and the commit behind it; an error on the way undoes all of it."""
        async with self._connection.pipeline():
            await self._execute(_sql.write_heads, **columns.heads(winners))
            for statement, columns_of in _FLIGHT:
                rows = columns_of(winners)
                if rows is not None:
                    await self._connection.execute(statement, rows, binary=True)
            await self._execute(_sql.commit)

    async def _give_up(self) -> None:
        """A connection that broke undoes the transaction by itself, and the pool replaces it."""
        with suppress(psycopg.OperationalError):
            await self._connection.rollback()

    async def facts(self, ranges: Sequence[FactRange]) -> list[tuple[Fact, ...]]:
        merchants, case_ids, first_seqs, last_seqs = zip(*ranges, strict=True)
        async with unavailable():
            cursor = await self._execute(
                _sql.load_facts,
                merchants=Longs(merchants),
                case_ids=Longs(case_ids),
                first_seqs=Longs(first_seqs),
                last_seqs=Longs(last_seqs),
            )
            rows = await cursor.fetchall()
        found: list[list[Fact]] = [[] for _ in ranges]
        for place, payload in rows:
            found[place - 1].append(unseal(payload))
        return [tuple(facts) for facts in found]

    async def _execute(self, query: Any, **parameters: Any) -> psycopg.AsyncCursor[tuple[Any, ...]]:
        return await self._connection.execute(query.sql, parameters or None, binary=True)


def _loaded(row: tuple[Any, ...], unasked: dict[OrderKey, int], marks: dict[CaseKey, Any]) -> Loaded:
    merchant_id, order_no, version, order, settings, case_ids, states, chains = row
    docket = Docket(
        _merchant.decode(settings) if settings else Merchant(merchant_id),
        _order.decode(order) if order else None,
        tuple(_case.decode(state) for state in states or ()),
        unasked.get(OrderKey(merchant_id, order_no), 0),
    )
    case_ids = case_ids or ()
    evidence = {
        case_id: found for case_id in case_ids if (found := marks.get(CaseKey(merchant_id, case_id))) is not None
    }
    return Loaded(version, docket, dict(zip(case_ids, chains or (), strict=True)), evidence)


def _mark(evidence_id: str, side: str, kind: str, filed_at: Any) -> EvidenceMark:
    return EvidenceMark(evidence_id, Side(side), EvidenceKind(kind), filed_at)
