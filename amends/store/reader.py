"""What pages and lists read, from PostgreSQL."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

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
from amends.application.projection import desk_due_at
from amends.application.sealing import unseal
from amends.domain.case import Case
from amends.domain.docket import Docket
from amends.domain.events import Fact
from amends.domain.order import Order
from amends.domain.time import NEVER, Instant
from amends.domain.words import Kind, Leg, Stage
from amends.store.arrays import Texts
from amends.store.database import Database, load_queries
from amends.store.session import PostgresSession

_sql = load_queries("reader")
_desk = load_queries("arbitration")
_order = msgspec.json.Decoder(Order)
_case = msgspec.json.Decoder(Case)
_LARGEST_ID = 2**63 - 1
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


class PostgresReader:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def docket(self, key: OrderKey, evidence_of: CaseKey | None = None) -> Docket:
        wanted = Wanted([key], [], evidence_of=[evidence_of] if evidence_of else [])
        async with self._database.for_page() as connection:
            loaded = (await PostgresSession(connection).load(wanted)).orders[key]
        evidence = loaded.evidence.get(evidence_of.case_id, ()) if evidence_of else ()
        return msgspec.structs.replace(loaded.docket, evidence=evidence)

    async def docket_of(self, key: CaseKey) -> Docket | None:
        async with self._database.for_page() as connection:
            loading = await PostgresSession(connection).load(Wanted([], [key], evidence_of=[key]))
        order_key = loading.order_of.get(key)
        if order_key is None:
            return None
        loaded = loading.orders[order_key]
        return msgspec.structs.replace(loaded.docket, evidence=loaded.evidence[key.case_id])

    async def case(self, key: CaseKey) -> Case | None:
        rows = await self._database.rows(_sql.case_state, merchant_id=key.merchant_id, case_id=key.case_id)
        return _case.decode(rows[0][0]) if rows else None

    async def timeline(self, key: CaseKey, after_seq: int, limit: int) -> list[Fact]:
        rows = await self._database.rows(_sql.timeline, **key._asdict(), after_seq=after_seq, page=limit)
        return [unseal(row[0]) for row in rows]

    async def records(self, key: CaseKey) -> list[Record]:
        rows = await self._database.rows(_sql.records, **key._asdict())
        return [Record(unseal(payload), payload, chain, at) for payload, chain, at in rows]

    async def cases(self, wanted: CaseFilter, cursor: str | None, limit: int) -> CasePage:
        query, scope = _list_of(wanted)
        by_due = "after_due" in query.sql
        place = _place_by_due(cursor) if by_due else _place_by_age(cursor)
        rows = await self._database.rows(query, **scope, **_filters(wanted), **place, page=limit + 1)
        found = tuple(CaseRow(_case.decode(state), title, updated_at) for state, title, updated_at in rows[:limit])
        if len(rows) <= limit:
            return CasePage(found, None)
        last = found[-1].case
        if by_due:
            return CasePage(found, pack(last.next_due_at or NEVER, last.merchant_id, last.case_id))
        return CasePage(found, pack(last.case_id, last.merchant_id))

    async def counts(self, merchant_id: int | None, due_before: Instant) -> list[StageCount]:
        if merchant_id is None:
            rows = await self._database.rows(_sql.counts_of_all, due_before=due_before)
        else:
            rows = await self._database.rows(_sql.counts_of_merchant, merchant_id=merchant_id, due_before=due_before)
        return [StageCount(Stage(stage), cases, due) for stage, cases, due in rows]

    async def desk(self, wanted: DeskFilter, cursor: str | None, limit: int) -> CasePage:
        query = _desk.desk_by_amount if wanted.by_amount else _desk.desk_by_due
        place = _place_by_amount(cursor) if wanted.by_amount else _place_by_due(cursor)
        rows = await self._database.rows(query, **_desk_filters(wanted), **place, page=limit + 1)
        found = tuple(CaseRow(_case.decode(state), title, updated_at) for state, title, updated_at in rows[:limit])
        if len(rows) <= limit:
            return CasePage(found, None)
        last = found[-1].case
        first = last.amount_minor if wanted.by_amount else desk_due_at(last)
        return CasePage(found, pack(first, last.merchant_id, last.case_id))

    async def desk_counts(self, staff: str) -> list[DeskCount]:
        return [DeskCount(*row) for row in await self._database.rows(_desk.desk_counts, staff=staff)]

    async def ruled_alike(self, case: Case, limit: int) -> list[Ruled]:
        rows = await self._database.rows(
            _desk.ruled_alike, reason=case.reason, kind=case.kind, not_case=case.case_id, page=limit
        )
        return [Ruled(_case.decode(state), _order.decode(order), title) for state, order, title in rows]

    async def load(self) -> list[Load]:
        return [Load(*row) for row in await self._database.rows(_desk.load)]

    async def ruled_since(self, since: Instant) -> list[RuledBy]:
        return [RuledBy(*row) for row in await self._database.rows(_desk.ruled_since, since=since)]

    async def orders_of_buyer(self, buyer_id: str, cursor: str | None, limit: int) -> OrderPage:
        seen_at, merchant_id, order_no = unpack(cursor, tuple[Instant, Number, Name], (NEVER, 0, ""))
        rows = await self._database.rows(
            _sql.orders_of_buyer,
            buyer_id=buyer_id,
            before_seen=seen_at,
            before_merchant=merchant_id,
            before_order=order_no,
            page=limit + 1,
        )
        orders = tuple(_order.decode(row[0]) for row in rows[:limit])
        return OrderPage(orders, pack(*rows[limit - 1][1:]) if len(rows) > limit else None)

    async def parcels(self, tracking_nos: Sequence[str]) -> list[ParcelRow]:
        rows = await self._database.rows(_sql.parcels, tracking_nos=Texts(tracking_nos))
        return [
            ParcelRow(merchant_id, order_no, case_id or None, Leg(leg), carrier, tracking_no)
            for merchant_id, order_no, case_id, leg, carrier, tracking_no in rows
        ]

    async def feed(self, merchant_id: int, after: int, limit: int) -> list[FeedItem]:
        rows = await self._database.rows(_sql.feed, merchant_id=merchant_id, after_no=after, page=limit)
        return [FeedItem(feed_no, unseal(payload)) for feed_no, payload in rows]

    async def feed_no(self, merchant_id: int) -> int:
        rows = await self._database.rows(_sql.feed_no, merchant_id=merchant_id)
        return int(rows[0][0]) if rows else 0


def _list_of(wanted: CaseFilter) -> tuple[Any, dict[str, Any]]:
    if wanted.buyer_id is not None:
        return _sql.cases_of_buyer_newest, {"buyer_id": wanted.buyer_id}
    if wanted.merchant_id is not None:
        query = _sql.cases_of_merchant_by_due if wanted.by_due else _sql.cases_of_merchant_newest
        return query, {"merchant_id": wanted.merchant_id}
    return (_sql.cases_by_due if wanted.by_due else _sql.cases_newest), {}


def _filters(wanted: CaseFilter) -> dict[str, Any]:
    return {
        "stages": Texts(wanted.stages or Stage),
        "kinds": Texts(wanted.kinds or Kind),
        "reasons": Texts(map(_literally, wanted.reasons)) if wanted.reasons else Texts(["%"]),
        "assignee": "%" if wanted.assignee is None else _literally(wanted.assignee),
        "due_before": wanted.due_before or NEVER,
        "words": f"%{_literally(wanted.text.lower())}%",
    }


def _desk_filters(wanted: DeskFilter) -> dict[str, Any]:
    return {
        "like": f"%{_literally(wanted.queue)}%",
        "assignee": "%" if wanted.assignee is None else _literally(wanted.assignee),
        "hands_off": wanted.hands_off,
        "reasons": Texts(map(_literally, wanted.reasons)) if wanted.reasons else Texts(["%"]),
        "words": f"%{_literally(wanted.text.lower())}%",
    }


def _literally(text: str) -> str:
    """Text as a LIKE pattern that matches only itself."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _place_by_due(cursor: str | None) -> dict[str, Any]:
    due_at, merchant_id, case_id = unpack(cursor, tuple[Instant, Number, Number], (_LONG_AGO, 0, 0))
    return {"after_due": due_at, "after_merchant": merchant_id, "after_case": case_id}


def _place_by_amount(cursor: str | None) -> dict[str, Any]:
    amount_minor, merchant_id, case_id = unpack(cursor, tuple[Number, Number, Number], (_LARGEST_ID, 0, 0))
    return {"after_amount": amount_minor, "after_merchant": merchant_id, "after_case": case_id}


def _place_by_age(cursor: str | None) -> dict[str, Any]:
    case_id, merchant_id = unpack(cursor, tuple[Number, Number], (_LARGEST_ID, _LARGEST_ID))
    return {"after_case": case_id, "after_merchant": merchant_id}
