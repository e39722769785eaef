"""How the service runs over a store in memory: there is no server, and neither ledger nor looks are waited for."""

from collections.abc import Sequence
from datetime import UTC, datetime

from amends.application.checks import MOST, Unsealed, Waiting
from amends.application.cursors import Number, pack, unpack
from amends.application.ports import CaseKey, CasePage, CaseRow, Clock
from amends.domain.time import Instant
from amends.domain.words import Stage
from amends.store.memory import MemoryStore

_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


class MemoryCheckup:
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def server(self, machine: Clock) -> None:  # noqa: ARG002 - there is none to compare clocks with
        return None

    async def missing(self) -> Sequence[str]:
        return ()

    async def deliveries(self, now: Instant) -> Waiting:
        backlog = await self._store.outbox.backlog(now)
        return Waiting(min(backlog.waiting, MOST), backlog.oldest_due_at)

    async def given_up(self) -> Waiting:
        return _waiting([letter.dead_at for letter in await self._store.outbox.dead_letters(MOST)])

    async def overdue_cases(self, now: Instant) -> Waiting:
        return _waiting([row.due_at for row in self._store.cases.values() if row.due_at <= now])

    async def overdue_orders(self, now: Instant) -> Waiting:
        due = (row.order.due_at for row in self._store.orders.values())
        return _waiting([at for at in due if at is not None and at <= now])

    async def unseen_evidence(self) -> None:
        return None

    async def unsealed(self) -> Unsealed | None:
        return None

    async def late_twice(self, limit: int) -> Sequence[CaseKey]:
        late = [
            (row.due_at, key)
            for key, row in self._store.cases.items()
            if row.case.stage is Stage.UNDER_REVIEW and row.case.review is not None and row.case.review.late >= 2
        ]
        return [key for _, key in sorted(late)[:limit]]

    async def stuck(self, since: Instant, now: Instant, cursor: str | None, limit: int) -> CasePage:  # noqa: ARG002
        behind = unpack(cursor, tuple[Instant, Number, Number], (_LONG_AGO, 0, 0))
        rows = sorted(
            ((row.retry_at or row.due_at, *key), row) for key, row in self._store.cases.items() if row.due_at <= since
        )
        found = [(place, row) for place, row in rows if place > behind]
        shown = tuple(CaseRow(row.case, row.title, row.updated_at) for _, row in found[:limit])
        return CasePage(shown, pack(*found[limit - 1][0]) if len(found) > limit else None)


def _waiting(instants: list[Instant]) -> Waiting:
    return Waiting(min(len(instants), MOST), min(instants, default=None))
