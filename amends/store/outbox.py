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
        rows = await self._database.rows(_sql.lease, now=now, leased_until=until, page=limit)
        return [Leased(_message(row[:6]), row[6]) for row in rows]

    async def settle(self, deliveries: Sequence[Delivery], now: Instant) -> None:
        if not deliveries:
            return
        await self._database.rows(
            _sql.settle,
            merchants=Longs(one.merchant_id for one in deliveries),
            message_ids=Longs(one.message_id for one in deliveries),
            dones=Longs(int(one.done) for one in deliveries),
            retries=Times(one.retry_at for one in deliveries),
            errors=Texts(one.error for one in deliveries),
            answers=Texts(one.answer for one in deliveries),
            now=now,
        )

    async def dead_letters(self, limit: int) -> list[DeadLetter]:
        rows = await self._database.rows(_sql.dead_letters, page=limit)
        return [DeadLetter(_message(row[:6]), *row[6:]) for row in rows]

    async def revive(self, merchant_id: int, message_id: int, now: Instant) -> bool:
        return bool(await self._database.rows(_sql.revive, merchant_id=merchant_id, message_id=message_id, now=now))

    async def backlog(self, now: Instant) -> Backlog:
        async with self._database.for_page() as connection:
            return Backlog(*await _sql.backlog(connection, now=now))

    async def prune_messages(self, done_before: Instant, limit: int) -> int:
        return len(await self._database.rows(_sql.prune_messages, before=done_before, page=limit))

    async def prune_receipts(self, written_before: Instant, limit: int) -> int:
        return len(await self._database.rows(_sql.prune_receipts, before=written_before, page=limit))


def _message(row: tuple[Any, ...]) -> OutboxMessage:
    merchant_id, message_id, order_no, case_id, effect, due_at = row
    return OutboxMessage(merchant_id, message_id, order_no, case_id, _effect.decode(effect), due_at)
