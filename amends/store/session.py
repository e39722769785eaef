"""A batch at PostgreSQL: read without locks; then lock and compare, write and commit in two flights (DESIGN §1)."""

from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
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
from amends.store.arrays import Longs, Texts, Value
from amends.store.database import Connection, load_queries, must_be_decided_again, translated, unavailable
from amends.store.flight import Leg, fly, statement

_sql = load_queries("batch")
_order = msgspec.json.Decoder(Order)
_case = msgspec.json.Decoder(Case)
_settings = msgspec.json.Decoder(Merchant)

_begin = Leg(statement(_sql.begin))
_commit = Leg(statement(_sql.commit))
_load = statement(_sql.load)
_load_receipts = statement(_sql.load_receipts)
_load_evidence = statement(_sql.load_evidence)
_load_auto_refunds = statement(_sql.load_auto_refunds)
_load_facts = statement(_sql.load_facts)
_new_heads = statement(_sql.new_heads)
_lock_heads = statement(_sql.lock_heads)
_write_heads = statement(_sql.write_heads)
_WRITES = (
    (statement(_sql.write_orders), columns.orders),
    (statement(_sql.write_words), columns.words),
    (statement(_sql.new_cases), columns.new_cases),
    (statement(_sql.write_cases), columns.cases),
    (statement(_sql.write_evidence), columns.evidence),
    (statement(_sql.write_parcels), columns.parcels),
    (statement(_sql.write_endings), columns.endings),
    (statement(_sql.write_outbox), columns.outbox),
    (statement(_sql.write_events), columns.events),
    (statement(_sql.write_receipts), columns.receipts),
)
"""In this order: the rows that others wait for are taken last."""


class PostgresSession:
    """One connection, for as long as one batch needs it. `announce` hears of cases after the commit."""

    def __init__(self, connection: Connection, announce: Announce = unheard) -> None:
        self._connection = connection
        self._announce = announce

    async def load(self, wanted: Wanted) -> Loading:
        legs = {
            "dockets": Leg(
                _load,
                {
                    "order_merchants": Longs(key.merchant_id for key in wanted.orders),
                    "order_nos": Texts(key.order_no for key in wanted.orders),
                    "case_merchants": Longs(key.merchant_id for key in wanted.cases),
                    "case_ids": Longs(key.case_id for key in wanted.cases),
                },
            )
        }
        if wanted.receipts:
            merchants, actors, keys = zip(*wanted.receipts, strict=True)
            names: dict[str, Value] = {"merchants": Longs(merchants), "actors": Texts(actors), "keys": Texts(keys)}
            legs["receipts"] = Leg(_load_receipts, names)
        if wanted.evidence_of:
            merchants, case_ids = zip(*wanted.evidence_of, strict=True)
            legs["evidence"] = Leg(_load_evidence, {"merchants": Longs(merchants), "case_ids": Longs(case_ids)})
        if wanted.auto_refunds_of:
            orders = columns.keys(wanted.auto_refunds_of)
            legs["unasked"] = Leg(_load_auto_refunds, {**orders, "since": wanted.auto_refunds_since})
        async with unavailable():
            found = dict(zip(legs, await fly(self._connection, tuple(legs.values())), strict=True))
        unasked = {OrderKey(row[0], row[1]): row[2] for row in found.get("unasked", ())}
        marks: dict[CaseKey, tuple[EvidenceMark, ...]] = dict.fromkeys(wanted.evidence_of, ())
        for merchant_id, case_id, *mark in found.get("evidence", ()):
            marks[CaseKey(merchant_id, case_id)] += (_mark(*mark),)
        loading = Loading({}, {}, {})
        for row in found["dockets"]:
            loaded = _loaded(row, unasked, marks)
            key = OrderKey(row[0], row[1])
            loading.orders[key] = loaded
            for case_id in loaded.chains:
                loading.order_of[CaseKey(row[0], case_id)] = key
        for row in found.get("receipts", ()):
            receipt_key = ReceiptKey(*row[:3])
            loading.receipts[receipt_key] = Receipt(receipt_key, *row[3:])
        return loading

    async def hold(self, orders: Sequence[OrderKey]) -> None:
        keys = columns.keys(orders)
        async with unavailable():
            await fly(self._connection, (_begin, Leg(_new_heads, keys), Leg(_lock_heads, keys)))

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
        legs = []
        if self._connection.info.transaction_status != TransactionStatus.INTRANS:
            legs.append(_begin)
        unheard_of = [write.key for write in writes if write.read_version == 0]
        if unheard_of:
            legs.append(Leg(_new_heads, columns.keys(unheard_of)))
        legs.append(Leg(_lock_heads, columns.keys(write.key for write in writes)))
        locked = (await fly(self._connection, legs))[-1]
        versions = {(merchant_id, order_no): version for merchant_id, order_no, version in locked}
        return frozenset(write.key for write in writes if versions.get(write.key) != write.read_version)

    async def _write(self, winners: Sequence[Write]) -> None:
        """Second flight: everything, and the commit behind it; an error on the way undoes all of it."""
        legs = [Leg(_write_heads, columns.heads(winners))]
        for write_rows, columns_of in _WRITES:
            rows = columns_of(winners)
            if rows is not None:
                legs.append(Leg(write_rows, rows))
        await fly(self._connection, (*legs, _commit))

    async def _give_up(self) -> None:
        """A connection that broke undoes the transaction by itself, and the pool replaces it."""
        with suppress(psycopg.OperationalError):
            await self._connection.rollback()

    async def facts(self, ranges: Sequence[FactRange]) -> list[tuple[Fact, ...]]:
        merchants, case_ids, first_seqs, last_seqs = zip(*ranges, strict=True)
        places = {
            "merchants": Longs(merchants),
            "case_ids": Longs(case_ids),
            "first_seqs": Longs(first_seqs),
            "last_seqs": Longs(last_seqs),
        }
        async with unavailable():
            (rows,) = await fly(self._connection, (Leg(_load_facts, places),))
        found: list[list[Fact]] = [[] for _ in ranges]
        for place, payload in rows:
            found[place - 1].append(unseal(payload))
        return [tuple(facts) for facts in found]


def _loaded(row: tuple[Any, ...], unasked: dict[OrderKey, int], marks: dict[CaseKey, Any]) -> Loaded:
    merchant_id, order_no, version, order, settings, case_ids, states, chains = row
    docket = Docket(
        _merchant(settings) if settings else Merchant(merchant_id),
        _order.decode(order) if order else None,
        tuple(_case.decode(state) for state in states or ()),
        unasked.get(OrderKey(merchant_id, order_no), 0),
    )
    case_ids = case_ids or ()
    evidence = {
        case_id: found for case_id in case_ids if (found := marks.get(CaseKey(merchant_id, case_id))) is not None
    }
    return Loaded(version, docket, dict(zip(case_ids, chains or (), strict=True)), evidence)


@lru_cache(maxsize=4096)
def _merchant(settings: bytes) -> Merchant:
    """A batch has many orders of few merchants."""
    return _settings.decode(settings)


def _mark(evidence_id: str, side: str, kind: str, filed_at: Any) -> EvidenceMark:
    return EvidenceMark(evidence_id, Side(side), EvidenceKind(kind), filed_at)
