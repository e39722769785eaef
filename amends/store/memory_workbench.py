"""Queues, figures, quick texts and who has a case open, in memory."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from amends.application.cursors import Number, pack, unpack
from amends.application.ports import CaseKey, CasePage, CaseRow, Ending
from amends.application.precedents import Alike, Tally
from amends.application.projection import counted_at
from amends.application.workbench import MINE, Counts, Queue, QueueFilter, QuickText, Viewer, queue_at, queue_of
from amends.domain.case import Case
from amends.domain.events import InterventionRequested
from amends.domain.time import NEVER, Instant
from amends.domain.words import Side
from amends.store.memory import MemoryStore, StoredCase

_LARGEST = 2**63 - 1
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


class MemoryWorkbench:
    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._texts: dict[tuple[int, str], QuickText] = {}
        self._viewers: dict[tuple[CaseKey, str], Instant] = {}

    async def queue(self, wanted: QueueFilter, cursor: str | None, limit: int) -> CasePage:
        found = [row for row in self._store.cases.values() if _fits(row.case, wanted)]
        place_of: Callable[[StoredCase], tuple[Any, ...]] = _by_amount if wanted.by_amount else _by_time
        newest_first = wanted.by_amount or (wanted.due_before is None and wanted.queue is Queue.FINISHED)
        if wanted.by_amount:
            place: tuple[Any, ...] = unpack(cursor, tuple[Number, Number], (_LARGEST, _LARGEST))
        else:
            start = (NEVER, _LARGEST) if newest_first else (_LONG_AGO, 0)
            place = unpack(cursor, tuple[Instant, Number], start)
        behind = [row for row in found if (place_of(row) < place if newest_first else place_of(row) > place)]
        behind.sort(key=place_of, reverse=newest_first)
        rows = tuple(CaseRow(row.case, row.title, row.updated_at) for row in behind[:limit])
        return CasePage(rows, pack(*place_of(behind[limit - 1])) if len(behind) > limit else None)

    async def counts(self, merchant_id: int, due_before: Instant, most: int) -> Counts:
        cases = [row.case for row in self._store.cases.values() if row.case.merchant_id == merchant_id]
        found = Counter(map(queue_of, cases))
        due = sum(queue_of(case) in MINE and queue_at(case) <= due_before for case in cases)
        return Counts({queue: min(most, found[queue]) for queue in Queue}, min(most, due))

    async def orders_counted(self, merchant_id: int, since: Instant, until: Instant) -> int:
        counted = (counted_at(row.order) for key, row in self._store.orders.items() if key.merchant_id == merchant_id)
        return sum(at is not None and since < at <= until for at in counted)

    async def stepped_in(self, merchant_id: int, since: Instant) -> list[Case]:
        return [
            self._store.cases[key].case
            for key, records in self._store.records.items()
            if key.merchant_id == merchant_id
            and any(isinstance(one.fact.event, InterventionRequested) and one.fact.at > since for one in records)
        ]

    async def endings_of_shop(self, merchant_id: int, alike: Alike, since: Instant, most: int) -> Tally:
        newest = self._endings(alike, since, lambda key: key.merchant_id == merchant_id)[:most]
        return _tally([ending for _, ending in newest])

    async def endings_of_others(self, not_merchant: int, alike: Alike, since: Instant, most: int) -> Tally:
        newest = self._endings(alike, since, lambda _: True)[:most]
        return _tally([ending for key, ending in newest if key.merchant_id != not_merchant])

    async def ended_alike(self, merchant_id: int, alike: Alike, since: Instant, most: int) -> list[CaseRow]:
        newest = self._endings(alike, since, lambda key: key.merchant_id == merchant_id)[:most]
        rows = [self._store.cases[key] for key, _ in newest]
        return [CaseRow(row.case, row.title, row.updated_at) for row in rows]

    def _endings(self, alike: Alike, since: Instant, wanted: Callable[[CaseKey], bool]) -> list[tuple[CaseKey, Ending]]:
        found = [
            (key, ending)
            for key, ending in self._store.endings.items()
            if (ending.kind, ending.reason, ending.category) == alike and ending.ended_at > since and wanted(key)
        ]
        return sorted(found, key=lambda one: one[1].ended_at, reverse=True)

    async def quick_texts(self, merchant_id: int) -> list[QuickText]:
        mine = [text for (owner, _), text in self._texts.items() if owner == merchant_id]
        return sorted(mine, key=lambda text: (text.title, text.text_id))

    async def put_quick_text(self, merchant_id: int, text: QuickText) -> None:
        self._texts[merchant_id, text.text_id] = text

    async def drop_quick_text(self, merchant_id: int, text_id: str) -> None:
        self._texts.pop((merchant_id, text_id), None)

    async def see(self, key: CaseKey, staff: str, now: Instant, since: Instant) -> list[Viewer]:
        self._viewers[key, staff] = now
        return [viewer for viewer in await self.viewers(key, since) if viewer.staff != staff]

    async def leave(self, key: CaseKey, staff: str) -> None:
        self._viewers.pop((key, staff), None)

    async def viewers(self, key: CaseKey, since: Instant) -> list[Viewer]:
        here = (Viewer(staff, at) for (case, staff), at in self._viewers.items() if case == key and at > since)
        return sorted(here)


def _tally(endings: list[Ending]) -> Tally:
    return Tally(
        len(endings),
        sum(ending.is_refunded for ending in endings),
        sum(ending.ruled_for is not None for ending in endings),
        sum(ending.ruled_for is Side.BUYER for ending in endings),
    )


def _fits(case: Case, wanted: QueueFilter) -> bool:
    if wanted.due_before is not None:
        inside = queue_of(case) in MINE and queue_at(case) <= wanted.due_before
    else:
        inside = queue_of(case) is wanted.queue
    return (
        inside
        and case.merchant_id == wanted.merchant_id
        and (not wanted.kinds or case.kind in wanted.kinds)
        and (not wanted.reasons or case.reason in wanted.reasons)
    )


def _by_time(row: StoredCase) -> tuple[Instant, int]:
    return queue_at(row.case), row.case.case_id


def _by_amount(row: StoredCase) -> tuple[int, int]:
    return row.case.amount_minor, row.case.case_id
