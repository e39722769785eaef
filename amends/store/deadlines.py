"""Deadlines that have passed, on PostgreSQL."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from amends.application.ports import CaseKey, Due, OrderKey
from amends.domain.time import Instant
from amends.store.arrays import Longs, Texts, Value
from amends.store.database import Database, load_queries

_sql = load_queries("deadlines")
_FIRST = Due(datetime(1, 1, 1, tzinfo=UTC), 0, "", 0)
_SWEEPING = 0x616D_656E_6473_01
"""Advisory lock of the one sweeper: "amends" and a number."""


class PostgresDeadlines:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def due_cases(self, now: Instant, after: Due | None, limit: int) -> list[Due]:
        after = after or _FIRST
        place: dict[str, Value] = {
            "after_due": after.due_at, "after_merchant": after.merchant_id, "after_case": after.case_id,
        }  # fmt: skip
        return [Due(*row) for row in await self._database.rows(_sql.due_cases, now=now, page=limit, **place)]

    async def due_orders(self, now: Instant, after: Due | None, limit: int) -> list[Due]:
        after = after or _FIRST
        place: dict[str, Value] = {
            "after_due": after.due_at, "after_merchant": after.merchant_id, "after_order": after.order_no,
        }  # fmt: skip
        rows = await self._database.rows(_sql.due_orders, now=now, page=limit, **place)
        return [Due(due_at, merchant_id, order_no, None) for due_at, merchant_id, order_no in rows]

    async def set_aside(self, dues: Sequence[Due], now: Instant, retry_at: Instant) -> list[Due]:
        cases = {CaseKey(due.merchant_id, due.case_id): due for due in dues if due.case_id is not None}
        orders = {OrderKey(due.merchant_id, due.order_no): due for due in dues if due.case_id is None}
        stuck: list[Due] = []
        if cases:
            merchants, case_ids = zip(*cases, strict=True)
            rows = await self._database.rows(
                _sql.set_aside_cases,
                merchants=Longs(merchants),
                case_ids=Longs(case_ids),
                now=now,
                retry_at=retry_at,
            )
            stuck += [cases[CaseKey(*row)] for row in rows]
        if orders:
            merchants, order_nos = zip(*orders, strict=True)
            rows = await self._database.rows(
                _sql.set_aside_orders,
                merchants=Longs(merchants),
                order_nos=Texts(order_nos),
                now=now,
                retry_at=retry_at,
            )
            stuck += [orders[OrderKey(*row)] for row in rows]
        return stuck

    @asynccontextmanager
    async def sweeping(self) -> AsyncIterator[bool]:
        async with self._database.for_page() as connection:
            mine = bool(await _sql.take_sweeping(connection, lock=_SWEEPING))
            try:
                yield mine
            finally:
                if mine and not connection.broken:
                    await _sql.leave_sweeping(connection, lock=_SWEEPING)
