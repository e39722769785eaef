"""Taking files and words out of cases whose time is over, on PostgreSQL, as the owner of the tables."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec

from amends.application.ports import CaseKey
from amends.application.retention import (
    Erasure,
    Finished,
    Loose,
    LooseOfBuyer,
    OrderRemains,
    Remains,
    Right,
    Taken,
)
from amends.domain.case import Case
from amends.domain.order import Order
from amends.domain.time import Instant
from amends.domain.words import Side
from amends.store.database import Connection, load_queries, owner

_sql = load_queries("retention")
_ORDERS = 5_000
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
_case = msgspec.json.Decoder(Case)
_order = msgspec.json.Decoder(Order)


class PostgresArchive:
    """`url` has to name the owner of the tables: the service's role can change no event."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def finished(self, before: Instant, after: Finished | None, limit: int) -> list[Finished]:
        behind = {
            "after_at": after.closed_at if after is not None else _LONG_AGO,
            "after_merchant": after.key.merchant_id if after is not None else 0,
            "after_case": after.key.case_id if after is not None else 0,
        }
        return [_finished(row) for row in await self._rows(_sql.finished, before=before, limit=limit, **behind)]

    async def one(self, case: CaseKey) -> Finished | None:
        rows = await self._rows(_sql.one, **case._asdict())
        return _finished(rows[0]) if rows else None

    async def of_buyer(self, buyer_id: str) -> list[Finished]:
        return [_finished(row) for row in await self._rows(_sql.of_buyer, buyer_id=buyer_id)]

    async def loose_of(self, buyer_id: str, before: Instant, *, dry: bool) -> LooseOfBuyer:
        about = {"buyer_id": buyer_id, "asker": f"{Side.BUYER}/{buyer_id}", "before": before}
        async with self._transaction() as connection:
            (row,) = await (await connection.execute(_sql.loose_of_buyer.sql, about)).fetchall()
            if not dry:
                orders = await (await connection.execute(_sql.orders_over_of_buyer.sql, about)).fetchall()
                await _drop_orders(connection, orders, before)
                await connection.execute(_sql.drop_talks_of_buyer.sql, about)
                await connection.execute(_sql.drop_sign_ins_of_buyer.sql, about)
            orders_gone, talks_gone, orders_kept, talks_kept, last_at = row
            return LooseOfBuyer(Loose(orders_gone, talks_gone), Loose(orders_kept, talks_kept), last_at)

    async def erase(
        self,
        finished: Finished,
        right: Right,
        case_remains: Callable[[Sequence[bytes], Instant], Remains],
        order_remains: Callable[[Order, Sequence[Case]], OrderRemains],
        remove: Callable[[str], Awaitable[None]],
    ) -> Taken | None:
        case = finished.key._asdict()
        order = {"merchant_id": finished.key.merchant_id, "order_no": finished.case.order_no}
        async with self._transaction() as connection:
            await connection.execute(_sql.take.sql, order)
            await connection.execute(_sql.lock.sql, case)
            if not await _value(connection, _sql.still_due, case | {"closed_at": finished.closed_at}):
                return None
            rows = await _all(connection, _sql.payloads, case)
            remains = case_remains([payload for _, payload in rows], right.at)
            changed = [
                {**case, "seq": seq, "payload": left.decode()}
                for (seq, payload), left in zip(rows, remains.payloads, strict=True)
                if left != payload
            ]
            await connection.cursor().executemany(_sql.erase_event.sql, changed)
            await connection.execute(_sql.erase_actors.sql, case)
            await connection.execute(_sql.erase_case.sql, case | {"state": remains.state.decode(), "now": right.at})
            whole = [_case.decode(row[0]) for row in await _all(connection, _sql.whole_of_order, order)]
            left = order_remains(_order.decode(await _value(connection, _sql.order_now, order)), whole)
            await connection.execute(_sql.erase_words.sql, order | {"words": left.words})
            if not whole:
                await connection.execute(_sql.erase_order.sql, order | {"state": left.state.decode()})
                for query in (_sql.drop_outward_parcel, _sql.drop_receipts_of_order, _sql.drop_messages_of_order):
                    await connection.execute(query.sql, order)
            for query in (_sql.drop_receipts, _sql.drop_messages, _sql.drop_talk, _sql.drop_conversations):
                await connection.execute(query.sql, case)
            await connection.execute(_sql.drop_parcels.sql, case | order)
            released, size = await _release_files(connection, case | {"closed_at": finished.closed_at})
            taken = Taken(remains.events, len(released), size)
            await connection.execute(
                _sql.record.sql,
                case
                | {"now": right.at, "erased_by": right.by, "because": right.because, "kept_until": right.kept_until}
                | {"events": taken.events, "files": taken.files, "file_bytes": taken.file_bytes},
            )
        for hashed in released:
            await self._drop_file(hashed, remove)
        return taken

    async def drop_released(self, remove: Callable[[str], Awaitable[None]]) -> None:
        for (hashed,) in await self._rows(_sql.released):
            await self._drop_file(hashed, remove)

    async def _drop_file(self, hashed: str, remove: Callable[[str], Awaitable[None]]) -> None:
        """The row is gone when the bytes are: who dies in between begins anew."""
        about = {"sha256": hashed}
        async with self._transaction() as connection:
            await connection.execute(_sql.guard.sql, about)
            await connection.execute(_sql.drop_released.sql, about)
            if not await _value(connection, _sql.others, about):
                await remove(hashed)

    async def erasures(self, since: Instant) -> list[Erasure]:
        return [
            Erasure(CaseKey(*row[:2]), Right(*row[2:6]), Taken(*row[6:]))
            for row in await self._rows(_sql.erasures, since=since)
        ]

    async def loose(self, before: Instant, *, dry: bool) -> Loose:
        if dry:
            async with owner(self._url) as connection:
                about = {"before": before}
                orders = await _value(connection, _sql.count_orders, about)
                return Loose(orders, await _value(connection, _sql.count_talks, about))
        async with owner(self._url) as connection:
            talks = await _value(connection, _sql.drop_talks, {"before": before})
            return Loose(await _drop_orders_by_age(connection, before), talks)

    async def _rows(self, query: Any, **parameters: Any) -> list[tuple[Any, ...]]:
        async with owner(self._url) as connection:
            return await (await connection.execute(query.sql, parameters)).fetchall()

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Connection]:
        async with owner(self._url) as connection, connection.transaction():
            yield connection


async def _drop_orders_by_age(connection: Connection, before: Instant) -> int:
    """All pages of them, each in a transaction of its own: a run that was killed has less to do when it begins anew."""
    after, count = {"after_at": _LONG_AGO, "after_merchant": 0, "after_order": ""}, 0
    while True:
        about = after | {"before": before, "limit": _ORDERS}
        page = await (await connection.execute(_sql.page_of_orders.sql, about)).fetchall()
        if not page:
            return count
        count += await _drop_orders(connection, [row[1:] for row in page], before)
        after = dict(zip(after, page[-1], strict=True))


async def _drop_orders(connection: Connection, keys: Sequence[Sequence[Any]], before: Instant) -> int:
    """Those of the keys that are over and that nobody complained of; how many these were."""
    merchants, orders = [key[0] for key in keys], [key[1] for key in keys]
    gone: int = await _value(connection, _sql.drop_orders, {"merchants": merchants, "orders": orders, "before": before})
    return gone


async def _release_files(connection: Connection, case: dict[str, Any]) -> tuple[list[str], int]:
    """Hashes of the files that nobody has any more, and how many bytes they are.

    The bytes go when this is for good: until then somebody may want the case kept.
    """
    released, size = [], 0
    for (hashed,) in await _all(connection, _sql.hashes, case):
        about = case | {"sha256": hashed}
        await connection.execute(_sql.guard.sql, about)
        gone = await _all(connection, _sql.release_files, about)
        if gone and not await _value(connection, _sql.others, about):
            await connection.execute(_sql.forget_leaf.sql, about)
            size += gone[0][0]
            released.append(hashed)
    await connection.execute(_sql.forget_files.sql, case)
    # Now, because whoever looks at a picture meanwhile holds its row and writes before it is forgotten, or not at all.
    await connection.execute(_sql.drop_examinations.sql, case)
    await connection.execute(_sql.drop_matches.sql, case)
    return released, size


async def _all(connection: Connection, query: Any, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    return await (await connection.execute(query.sql, parameters)).fetchall()


async def _value(connection: Connection, query: Any, parameters: dict[str, Any]) -> Any:
    row = await (await connection.execute(query.sql, parameters)).fetchone()
    assert row is not None, "exists and count answer always"
    return row[0]


def _finished(row: Sequence[Any]) -> Finished:
    merchant_id, case_id, _order_no, closed_at, case, order, held, since = row
    return Finished(CaseKey(merchant_id, case_id), closed_at, _case.decode(case), _order.decode(order), held, since)
