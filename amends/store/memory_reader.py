"""What pages and lists read, from memory."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from statistics import median
from typing import Any

from msgspec.structs import replace

from amends.application.cursors import Name, Number, pack, unpack
from amends.application.desk_rows import DeskCount, DeskFilter, Load, Ruled, RuledBy
from amends.application.ports import (
    CaseFilter,
    CaseKey,
    CasePage,
    CaseRow,
    FeedItem,
    OrderKey,
    OrderPage,
    ParcelRow,
    Record,
    StageCount,
    Wanted,
)
from amends.application.projection import desk_due_at, queues, ruled_at
from amends.domain.case import Case
from amends.domain.docket import Docket
from amends.domain.events import Fact, RulingGiven
from amends.domain.time import NEVER, Instant
from amends.domain.words import AppealOutcome
from amends.store.memory import MemorySession, MemoryStore, StoredCase

_LARGEST_ID = 2**63 - 1
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


class MemoryReader:
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def docket(self, key: OrderKey, evidence_of: CaseKey | None = None) -> Docket:
        wanted = Wanted([key], [], evidence_of=[evidence_of] if evidence_of else [])
        loaded = (await MemorySession(self._store).load(wanted)).orders[key]
        evidence = loaded.evidence.get(evidence_of.case_id, ()) if evidence_of else ()
        return replace(loaded.docket, evidence=evidence)

    async def docket_of(self, key: CaseKey) -> Docket | None:
        stored = self._store.cases.get(key)
        return await self.docket(OrderKey(key.merchant_id, stored.case.order_no), key) if stored else None

    async def case(self, key: CaseKey) -> Case | None:
        stored = self._store.cases.get(key)
        return stored.case if stored else None

    async def timeline(self, key: CaseKey, after_seq: int, limit: int) -> list[Fact]:
        return [record.fact for record in self._store.records[key][after_seq : after_seq + limit]]

    async def records(self, key: CaseKey) -> list[Record]:
        return list(self._store.records[key])

    async def cases(self, wanted: CaseFilter, cursor: str | None, limit: int) -> CasePage:
        found = [row for row in self._store.cases.values() if self._fits(row, wanted)]
        place_of: Callable[[StoredCase], tuple[Any, ...]]
        if wanted.by_due and wanted.buyer_id is None:
            place_of = _by_due
            due = unpack(cursor, tuple[Instant, Number, Number], (_LONG_AGO, 0, 0))
            found = sorted((row for row in found if _by_due(row) > due), key=_by_due)
        else:
            place_of = _by_age
            newest = unpack(cursor, tuple[Number, Number], (_LARGEST_ID, _LARGEST_ID))
            found = sorted((row for row in found if _by_age(row) < newest), key=_by_age, reverse=True)
        rows = tuple(CaseRow(row.case, row.title, row.updated_at) for row in found[:limit])
        return CasePage(rows, pack(*place_of(found[limit - 1])) if len(found) > limit else None)

    def _fits(self, row: StoredCase, wanted: CaseFilter) -> bool:
        case = row.case
        words = self._store.orders[OrderKey(case.merchant_id, case.order_no)].words
        if wanted.buyer_id is not None:
            mine = case.buyer_id == wanted.buyer_id
        else:
            mine = wanted.merchant_id is None or case.merchant_id == wanted.merchant_id
        return (
            mine
            and (not wanted.stages or case.stage in wanted.stages)
            and (not wanted.kinds or case.kind in wanted.kinds)
            and (not wanted.reasons or case.reason in wanted.reasons)
            and (wanted.assignee is None or case.assignee == wanted.assignee)
            and (wanted.due_before is None or row.due_at <= wanted.due_before)
            and wanted.text.lower() in words
        )

    async def counts(self, merchant_id: int | None, due_before: Instant) -> list[StageCount]:
        rows = [row for row in self._store.cases.values() if merchant_id in (None, row.case.merchant_id)]
        due = Counter(row.case.stage for row in rows if row.due_at < due_before)
        return [
            StageCount(stage, cases, due[stage]) for stage, cases in Counter(row.case.stage for row in rows).items()
        ]

    async def desk(self, wanted: DeskFilter, cursor: str | None, limit: int) -> CasePage:
        found = [row for row in self._store.cases.values() if self._on_desk(row, wanted)]
        if wanted.by_amount:
            amount, *rest = unpack(cursor, tuple[Number, Number, Number], (_LARGEST_ID, 0, 0))
            found = sorted((row for row in found if _by_amount(row) > (-amount, *rest)), key=_by_amount)
        else:
            due = unpack(cursor, tuple[Instant, Number, Number], (_LONG_AGO, 0, 0))
            found = sorted((row for row in found if _by_desk(row) > due), key=_by_desk)
        rows = tuple(CaseRow(row.case, row.title, row.updated_at) for row in found[:limit])
        if len(found) <= limit:
            return CasePage(rows, None)
        last = found[limit - 1]
        if wanted.by_amount:
            return CasePage(rows, pack(last.case.amount_minor, last.case.merchant_id, last.case.case_id))
        return CasePage(rows, pack(*_by_desk(last)))

    def _on_desk(self, row: StoredCase, wanted: DeskFilter) -> bool:
        case = row.case
        words = self._store.orders[OrderKey(case.merchant_id, case.order_no)].words
        return (
            queues(case) != ""
            and wanted.queue in queues(case)
            and (wanted.assignee is None or case.assignee == wanted.assignee)
            and not (wanted.hands_off and _is_handled(case, wanted.hands_off))
            and (not wanted.reasons or case.reason in wanted.reasons)
            and wanted.text.lower() in words
        )

    async def desk_counts(self, staff: str) -> list[DeskCount]:
        found = Counter(
            (queues(case), case.assignee == staff, case.assignee == "", _is_handled(case, staff))
            for case in self._of_desk()
        )
        return [DeskCount(*group, count) for group, count in found.items()]

    def _of_desk(self) -> list[Case]:
        return [row.case for row in self._store.cases.values() if queues(row.case)]

    async def ruled_alike(self, case: Case, limit: int) -> list[Ruled]:
        found = [
            (at, row)
            for row in self._store.cases.values()
            if (at := ruled_at(row.case)) is not None
            and (row.case.reason, row.case.kind) == (case.reason, case.kind)
            and row.case.case_id != case.case_id
        ]
        found.sort(key=lambda one: one[0], reverse=True)
        return [
            Ruled(row.case, self._store.orders[OrderKey(row.case.merchant_id, row.case.order_no)].order, row.title)
            for _, row in found[:limit]
        ]

    async def load(self) -> list[Load]:
        theirs = defaultdict[str, list[Case]](list)
        for case in self._of_desk():
            theirs[case.assignee].append(case)
        return [
            Load(
                staff,
                len(cases),
                sum("late" in queues(case) for case in cases),
                min(map(desk_due_at, cases)),
            )
            for staff, cases in theirs.items()
        ]

    async def ruled_since(self, since: Instant) -> list[RuledBy]:
        theirs = defaultdict[str, list[tuple[bool, bool, float]]](list)
        for key, row in self._store.cases.items():
            case, at = row.case, ruled_at(row.case)
            if at is None or at < since or case.ruling is None or case.review is None:
                continue
            facts = [record.fact for record in self._store.records[key]]
            first = next((fact for fact in facts if isinstance(fact.event, RulingGiven)), None)
            changed = first is not None and case.appeal is not None and case.appeal.outcome == AppealOutcome.CHANGE
            took = ((first.at if first else at) - case.review.entered_at).total_seconds()
            theirs[first.event.by if first else case.ruling.by].append((case.appeal is not None, changed, took))
        return [
            RuledBy(
                staff,
                len(rulings),
                sum(appealed for appealed, _, _ in rulings),
                sum(changed for _, changed, _ in rulings),
                round(median(took for _, _, took in rulings)),
            )
            for staff, rulings in theirs.items()
        ]

    async def orders_of_buyer(self, buyer_id: str, cursor: str | None, limit: int) -> OrderPage:
        rows = [(key, row) for key, row in self._store.orders.items() if row.order.buyer_id == buyer_id]
        rows.sort(key=lambda item: item[0])
        rows.sort(key=lambda item: item[1].seen_at, reverse=True)
        seen_at, *place = unpack(cursor, tuple[Instant, Number, Name], (NEVER, 0, ""))
        rows = [
            (key, row) for key, row in rows if row.seen_at < seen_at or (row.seen_at == seen_at and list(key) > place)
        ]
        page = tuple(row.order for _, row in rows[:limit])
        if len(rows) <= limit:
            return OrderPage(page, None)
        key, last = rows[limit - 1]
        return OrderPage(page, pack(last.seen_at, *key))

    async def parcels(self, tracking_nos: Sequence[str]) -> list[ParcelRow]:
        rows = [row for row in self._store.parcels.values() if row.tracking_no in tracking_nos]
        return sorted(rows, key=lambda row: (row.tracking_no, row.merchant_id, row.order_no, row.case_id or 0, row.leg))

    async def feed(self, merchant_id: int, after: int, limit: int) -> list[FeedItem]:
        facts = self._store.feeds[merchant_id][after : after + limit]
        return [FeedItem(after + place, fact) for place, fact in enumerate(facts, start=1)]

    async def feed_no(self, merchant_id: int) -> int:
        return len(self._store.feeds[merchant_id])


def _by_due(row: StoredCase) -> tuple[Instant, int, int]:
    return row.due_at, row.case.merchant_id, row.case.case_id


def _by_desk(row: StoredCase) -> tuple[Instant, int, int]:
    return desk_due_at(row.case), row.case.merchant_id, row.case.case_id


def _by_amount(row: StoredCase) -> tuple[int, int, int]:
    return -row.case.amount_minor, row.case.merchant_id, row.case.case_id


def _is_handled(case: Case, staff: str) -> bool:
    """Whether this person had a hand in the ruling that somebody else must look at."""
    waits = {"appeal", "second"} & set(queues(case).split())
    return bool(waits) and case.ruling is not None and staff in (case.ruling.by, case.ruling.approved_by)


def _by_age(row: StoredCase) -> tuple[int, int]:
    return row.case.case_id, row.case.merchant_id
