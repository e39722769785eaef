"""The state of a database, for whoever runs the service."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import psycopg

from amends.application.checks import MOST, Server, Unsealed, Waiting
from amends.application.cursors import Number, pack, unpack
from amends.application.ports import CaseKey, CasePage, CaseRow, Clock
from amends.domain.case import Case
from amends.domain.time import Instant
from amends.store.arrays import Value
from amends.store.database import Connection, Database, load_queries, owner
from amends.store.flight import Leg, Row, fly, statement
from amends.store.migrate import missing

_sql = load_queries("checkup")
_case = msgspec.json.Decoder(Case)
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)

_HORIZON = timedelta(minutes=10)
"""What is lent or was set aside comes back within five minutes at most; a clock may be off by some."""


def reach(url: str) -> None:
    """Whether it answers at all. Raises psycopg.OperationalError."""
    with psycopg.connect(url, connect_timeout=5) as connection:
        connection.execute(_sql.server.sql)


class PostgresCheckup:
    """Over whatever connections it is given: those for pages, or the owner's where the tables may not be there yet."""

    def __init__(self, url: str, connected: Callable[[], AbstractAsyncContextManager[Connection]]) -> None:
        self._url = url
        self._connected = connected

    @classmethod
    def of(cls, database: Database) -> "PostgresCheckup":
        return cls(database.url, database.for_page)

    @classmethod
    def as_owner(cls, url: str) -> "PostgresCheckup":
        return cls(url, lambda: owner(url))

    async def server(self, machine: Clock) -> Server:
        async with self._connected() as connection:
            before = machine.now()
            (rows,) = await fly(connection, (Leg(statement(_sql.server)),))
            after = machine.now()
        ((version, clock, size_bytes),) = rows
        return Server(version, clock - (before + (after - before) / 2), size_bytes)

    async def missing(self) -> Sequence[str]:
        return await asyncio.to_thread(missing, self._url)

    async def deliveries(self, now: Instant) -> Waiting:
        return await self._waiting(_sql.deliveries, now=now, horizon=now + _HORIZON)

    async def given_up(self) -> Waiting:
        return await self._waiting(_sql.given_up)

    async def overdue_cases(self, now: Instant) -> Waiting:
        return await self._waiting(_sql.overdue_cases, now=now, horizon=now + _HORIZON)

    async def overdue_orders(self, now: Instant) -> Waiting:
        return await self._waiting(_sql.overdue_orders, now=now, horizon=now + _HORIZON)

    async def unseen_evidence(self) -> Waiting:
        return await self._waiting(_sql.unseen_evidence)

    async def unsealed(self) -> Unsealed:
        (row,) = await self._rows(_sql.unsealed, most=MOST)
        return Unsealed(*row)

    async def late_twice(self, limit: int) -> Sequence[CaseKey]:
        return [CaseKey(*row) for row in await self._rows(_sql.late_twice, most=MOST, page=limit)]

    async def stuck(self, since: Instant, now: Instant, cursor: str | None, limit: int) -> CasePage:
        due_at, merchant_id, case_id = unpack(cursor, tuple[Instant, Number, Number], (_LONG_AGO, 0, 0))
        place: dict[str, Value] = {"after_due": due_at, "after_merchant": merchant_id, "after_case": case_id}
        rows = await self._rows(_sql.stuck, since=since, horizon=now + _HORIZON, **place, page=limit + 1)
        found = tuple(CaseRow(_case.decode(state), title, updated_at) for _, state, title, updated_at in rows[:limit])
        if len(rows) <= limit:
            return CasePage(found, None)
        last = found[-1].case
        return CasePage(found, pack(rows[limit - 1][0], last.merchant_id, last.case_id))

    async def _waiting(self, query: Any, **values: Value) -> Waiting:
        (row,) = await self._rows(query, **values, most=MOST)
        return Waiting(*row)

    async def _rows(self, query: Any, **values: Value) -> list[Row]:
        async with self._connected() as connection:
            (found,) = await fly(connection, (Leg(statement(query), values),))
        return found
