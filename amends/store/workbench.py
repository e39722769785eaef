"""Queues, figures, quick texts and who has a case open, on PostgreSQL."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from amends.application.cursors import Number, pack, unpack
from amends.application.ports import CaseKey, CasePage, CaseRow
from amends.application.precedents import Alike, Tally
from amends.application.workbench import MINE, Counts, Queue, QueueFilter, QuickText, Viewer, queue_at
from amends.domain.case import Case
from amends.domain.time import NEVER, Instant
from amends.store.arrays import Texts
from amends.store.database import Database, load_queries

_sql = load_queries("workbench")
_case = msgspec.json.Decoder(Case)
_LARGEST = 2**63 - 1
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
_FORGOTTEN_AFTER = timedelta(hours=1)


class PostgresWorkbench:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def queue(self, wanted: QueueFilter, cursor: str | None, limit: int) -> CasePage:
        query, values = _query(wanted, cursor)
        rows = await self._database.rows(
            query,
            **values,
            merchant_id=wanted.merchant_id,
            kinds=Texts(wanted.kinds),
            reasons=Texts(wanted.reasons),
            page=limit + 1,
        )
        found = tuple(CaseRow(_case.decode(state), title, updated_at) for state, title, updated_at in rows[:limit])
        if len(rows) <= limit:
            return CasePage(found, None)
        last = found[-1].case
        return CasePage(found, pack(last.amount_minor if wanted.by_amount else queue_at(last), last.case_id))

    async def counts(self, merchant_id: int, due_before: Instant, most: int) -> Counts:
        queues = Texts(Queue)
        rows = await self._database.rows(
            _sql.counts, merchant_id=merchant_id, queues=queues, due_before=due_before, most=most
        )
        found = {Queue(queue): (cases, due) for queue, cases, due in rows}
        due = min(most, sum(found[queue][1] for queue in MINE))
        return Counts({queue: cases for queue, (cases, _) in found.items()}, due)

    async def orders_counted(self, merchant_id: int, since: Instant, until: Instant) -> int:
        rows = await self._database.rows(_sql.orders_counted, merchant_id=merchant_id, since=since, until=until)
        return int(rows[0][0])

    async def stepped_in(self, merchant_id: int, since: Instant) -> list[Case]:
        rows = await self._database.rows(_sql.stepped_in, merchant_id=merchant_id, since=since)
        return [_case.decode(state) for (state,) in rows]

    async def endings_of_shop(self, merchant_id: int, alike: Alike, since: Instant, most: int) -> Tally:
        query = _sql.endings_of_shop
        return Tally(
            *(await self._database.rows(query, **alike._asdict(), merchant_id=merchant_id, since=since, most=most))[0]
        )

    async def endings_of_others(self, not_merchant: int, alike: Alike, since: Instant, most: int) -> Tally:
        query = _sql.endings_of_others
        return Tally(
            *(await self._database.rows(query, **alike._asdict(), not_merchant=not_merchant, since=since, most=most))[0]
        )

    async def ended_alike(self, merchant_id: int, alike: Alike, since: Instant, most: int) -> list[CaseRow]:
        rows = await self._database.rows(
            _sql.ended_alike, **alike._asdict(), merchant_id=merchant_id, since=since, most=most
        )
        return [CaseRow(_case.decode(state), title, updated_at) for state, title, updated_at in rows]

    async def quick_texts(self, merchant_id: int) -> list[QuickText]:
        return [QuickText(*row) for row in await self._database.rows(_sql.quick_texts, merchant_id=merchant_id)]

    async def put_quick_text(self, merchant_id: int, text: QuickText) -> None:
        async with self._database.for_page() as connection:
            await _sql.put_quick_text(
                connection, merchant_id=merchant_id, text_id=text.text_id, title=text.title, text=text.text
            )

    async def drop_quick_text(self, merchant_id: int, text_id: str) -> None:
        async with self._database.for_page() as connection:
            await _sql.drop_quick_text(connection, merchant_id=merchant_id, text_id=text_id)

    async def see(self, key: CaseKey, staff: str, now: Instant, since: Instant) -> list[Viewer]:
        place = {**key._asdict(), "staff": staff}
        rows = await self._database.rows(_sql.see, **place, now=now, since=since, before=now - _FORGOTTEN_AFTER)
        return [Viewer(*row) for row in rows]

    async def leave(self, key: CaseKey, staff: str) -> None:
        async with self._database.for_page() as connection:
            await _sql.leave(connection, **key._asdict(), staff=staff)

    async def viewers(self, key: CaseKey, since: Instant) -> list[Viewer]:
        return [Viewer(*row) for row in await self._database.rows(_sql.viewers, **key._asdict(), since=since)]


def _query(wanted: QueueFilter, cursor: str | None) -> tuple[Any, dict[str, Any]]:
    """The statement of a list, with the place in it."""
    if wanted.due_before is not None:
        scope: dict[str, Any] = {"queues": Texts(MINE), "due_before": wanted.due_before}
    else:
        scope = {"queue": wanted.queue}
    if wanted.by_amount:
        amount, case_id = unpack(cursor, tuple[Number, Number], (_LARGEST, _LARGEST))
        query = _sql.queue_by_amount if wanted.due_before is None else _sql.due_by_amount
        return query, scope | {"after_amount": amount, "after_case": case_id}
    if wanted.due_before is None and wanted.queue is Queue.FINISHED:
        at, case_id = unpack(cursor, tuple[Instant, Number], (NEVER, _LARGEST))
        return _sql.queue_by_end, scope | {"after_at": at, "after_case": case_id}
    at, case_id = unpack(cursor, tuple[Instant, Number], (_LONG_AGO, 0))
    query = _sql.queue_by_time if wanted.due_before is None else _sql.due_by_time
    return query, scope | {"after_at": at, "after_case": case_id}
