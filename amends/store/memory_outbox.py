"""Messages to the outside, in memory."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from amends.application.ports import Backlog, DeadLetter, Delivery, Leased, OutboxMessage
from amends.domain.time import Instant

if TYPE_CHECKING:
    from amends.store.memory import MemoryStore


class _Stored(NamedTuple):
    message: OutboxMessage
    due_at: Instant
    attempts: int = 0
    leased_until: Instant | None = None
    done_at: Instant | None = None
    dead_at: Instant | None = None
    error: str = ""
    answer: str = ""

    @property
    def waits(self) -> bool:
        return self.done_at is None and self.dead_at is None


class MemoryOutbox:
    def __init__(self, store: "MemoryStore") -> None:
        self._store = store
        self._messages: dict[tuple[int, int], _Stored] = {}

    def add(self, messages: Iterable[OutboxMessage]) -> None:
        """Part of a batch's write."""
        for message in messages:
            self._messages[message.merchant_id, message.message_id] = _Stored(message, message.due_at)

    async def lease(self, now: Instant, until: Instant, limit: int) -> list[Leased]:
        due = [
            (row.leased_until or row.due_at, *key)
            for key, row in self._messages.items()
            if row.waits and (row.leased_until or row.due_at) <= now
        ]
        leased = []
        for _, *key in sorted(due)[:limit]:
            merchant_id, message_id = key
            row = self._messages[merchant_id, message_id]
            row = row._replace(leased_until=until, attempts=row.attempts + 1)
            self._messages[merchant_id, message_id] = row
            leased.append(Leased(row.message, row.attempts))
        return leased

    async def prune_messages(self, done_before: Instant, limit: int) -> int:
        done = [(row.done_at, key) for key, row in self._messages.items() if row.done_at and row.done_at < done_before]
        for _, key in sorted(done)[:limit]:
            del self._messages[key]
        return len(done[:limit])

    async def prune_receipts(self, written_before: Instant, limit: int) -> int:
        old = sorted((at, key) for key, at in self._store.receipts_at.items() if at < written_before)[:limit]
        for _, key in old:
            del self._store.receipts[key], self._store.receipts_at[key]
        return len(old)

    async def settle(self, deliveries: Sequence[Delivery], now: Instant) -> None:
        for one in deliveries:
            row = self._messages[one.merchant_id, one.message_id]
            self._messages[one.merchant_id, one.message_id] = row._replace(
                done_at=now if one.done else None,
                dead_at=now if not one.done and one.retry_at is None else None,
                due_at=one.retry_at or row.due_at,
                leased_until=None,
                error=one.error,
                answer=one.answer,
            )

    async def dead_letters(self, limit: int) -> list[DeadLetter]:
        dead = [
            DeadLetter(row.message, row.attempts, row.dead_at, row.error)
            for row in self._messages.values()
            if row.dead_at is not None
        ]
        return sorted(dead, key=lambda letter: letter.dead_at, reverse=True)[:limit]

    async def revive(self, merchant_id: int, message_id: int, now: Instant) -> bool:
        row = self._messages.get((merchant_id, message_id))
        if row is None or row.dead_at is None:
            return False
        self._messages[merchant_id, message_id] = row._replace(dead_at=None, due_at=now)
        return True

    async def backlog(self, now: Instant) -> Backlog:
        rows = self._messages.values()
        waiting = [row.due_at for row in rows if row.waits and row.due_at <= now]
        dead = sum(1 for row in rows if row.dead_at is not None)
        overdue = sum(1 for case in self._store.cases.values() if case.due_at <= now)
        return Backlog(len(waiting), min(waiting, default=None), dead, overdue)
