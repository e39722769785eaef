"""Messages to the outside, on PostgreSQL."""

from collections.abc import Sequence
from typing import Any

import msgspec

from amends.application.ports import Backlog, DeadLetter, Delivery, Leased, OutboxMessage
from amends.domain.effects import Effect
from amends.domain.time import Instant
from amends.store.arrays import Longs, Texts, Times
from amends.store.database import Database, load_queries

_sql = load_queries("outbox")
_effect = msgspec.json.Decoder[Effect](Effect)


class PostgresOutbox:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def lease(self, now: Instant, until: Instant, limit: int) -> list[Leased]:
        async with self._database.for_page() as connection:
            cursor = await connection.execute(
                _sql.lease.sql, {"now": now, "leased_until": until, "page": limit}, binary=True
            )
            return [Leased(_message(row[:6]), row[6]) for row in await cursor.fetchall()]

    async def settle(self, deliveries: Sequence[Delivery], now: Instant) -> None:
        if not deliveries:
            return
        async with self._database.for_page() as connection:
            await connection.execute(
                _sql.settle.sql,
                {
                    "merchants": Longs(one.merchant_id for one in deliveries),
                    "message_ids": Longs(one.message_id for one in deliveries),
                    "dones": Longs(int(one.done) for one in deliveries),
                    "retries": Times(one.retry_at for one in deliveries),
                    "errors": Texts(one.error for one in deliveries),
                    "answers": Texts(one.answer for one in deliveries),
                    "now": now,
                },
            )

    async def dead_letters(self, limit: int) -> list[DeadLetter]:
        async with self._database.for_page() as connection:
            cursor = await connection.execute(_sql.dead_letters.sql, {"page": limit}, binary=True)
            return [DeadLetter(_message(row[:6]), *row[6:]) for row in await cursor.fetchall()]

    async def revive(self, merchant_id: int, message_id: int, now: Instant) -> bool:
        async with self._database.for_page() as connection:
            cursor = await connection.execute(
                _sql.revive.sql, {"merchant_id": merchant_id, "message_id": message_id, "now": now}
            )
            return await cursor.fetchone() is not None

    async def backlog(self, now: Instant) -> Backlog:
        async with self._database.for_page() as connection:
            return Backlog(*await _sql.backlog(connection, now=now))

    async def prune_messages(self, done_before: Instant, limit: int) -> int:
        return await self._pruned(_sql.prune_messages.sql, done_before, limit)

    async def prune_receipts(self, written_before: Instant, limit: int) -> int:
        return await self._pruned(_sql.prune_receipts.sql, written_before, limit)

    async def _pruned(self, statement: str, before: Instant, limit: int) -> int:
        async with self._database.for_page() as connection:
            cursor = await connection.execute(statement, {"before": before, "page": limit})
            return len(await cursor.fetchall())


def _message(row: tuple[Any, ...]) -> OutboxMessage:
    merchant_id, message_id, order_no, case_id, effect, due_at = row
    return OutboxMessage(merchant_id, message_id, order_no, case_id, _effect.decode(effect), due_at)
