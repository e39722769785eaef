"""Rows of uploaded files, on PostgreSQL."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from amends.application.files import Copy, FiledFile, FileRow, FileState, Form, Intent, Removed
from amends.application.ports import CaseKey
from amends.domain.time import Instant
from amends.domain.words import Side
from amends.store.arrays import Texts
from amends.store.database import Connection, Database, load_queries

_sql = load_queries("files")


class PostgresFiles:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, row: FileRow) -> None:
        async with self._database.for_page() as connection, connection.transaction():
            await _guard(connection, row.sha256)
            await connection.execute(
                _sql.add.sql,
                _values(row)
                | {
                    "owner": row.owner,
                    "uploaded_by": row.uploaded_by,
                    "name": row.name,
                    "size_bytes": row.size_bytes,
                    "received_bytes": row.received_bytes,
                    "created_at": row.created_at,
                    "touched_at": row.touched_at,
                },
            )

    async def row(self, merchant_id: int, file_id: int) -> FileRow | None:
        rows = await self._database.rows(_sql.row, merchant_id=merchant_id, file_id=file_id)
        return _row(rows[0]) if rows else None

    async def received(self, row: FileRow, longer: FileRow) -> bool:
        values = {
            "before_bytes": row.received_bytes,
            "after_bytes": longer.received_bytes,
            "facts": msgspec.json.encode(longer.facts).decode(),
            "now": longer.touched_at,
        }
        async with self._database.for_page() as connection:
            changed = await connection.execute(_sql.received.sql, _key(row) | values)
            return changed.rowcount == 1

    async def settle(self, row: FileRow, now: Instant) -> None:
        async with self._database.for_page() as connection, connection.transaction():
            await _guard(connection, row.sha256)
            await connection.execute(_sql.settle.sql, _values(row) | {"now": now})

    async def count(self, merchant_id: int, owner: str, case_id: int | None, since: Instant) -> int:
        rows = await self._database.rows(_sql.count, merchant_id=merchant_id, owner=owner, case_id=case_id, since=since)
        return int(rows[0][0])

    async def touch(self, merchant_id: int, owner: str, hashes: Sequence[str], now: Instant) -> frozenset[str]:
        rows = await self._database.rows(
            _sql.touch, merchant_id=merchant_id, owner=owner, hashes=Texts(hashes), now=now
        )
        return frozenset(row[0] for row in rows)

    async def filed(self, case: CaseKey, owners: Mapping[Side, Sequence[str]]) -> list[FiledFile]:
        rows = await self._database.rows(
            _sql.filed,
            **case._asdict(),
            buyers=Texts(owners.get(Side.BUYER, ())),
            merchants=Texts(owners.get(Side.MERCHANT, ())),
            system=Texts(owners.get(Side.SYSTEM, ())),
        )
        return [FiledFile(row[0], Side(row[1]), _row(row[2:])) for row in rows]

    async def left_over(self, before: Instant, limit: int) -> list[FileRow]:
        async with self._database.for_page() as connection:
            await connection.execute(_sql.mark_filed.sql, {"before": before})
        return [_row(row) for row in await self._database.rows(_sql.left_over, before=before, limit=limit)]

    async def unfinished(self, before: Instant, limit: int) -> list[FileRow]:
        return [_row(row) for row in await self._database.rows(_sql.unfinished, before=before, limit=limit)]

    async def done(self, row: FileRow) -> None:
        async with self._database.for_page() as connection:
            await connection.execute(_sql.done.sql, _key(row))

    @asynccontextmanager
    async def removing(self, row: FileRow, before: Instant) -> AsyncIterator[Removed]:
        async with self._database.for_page() as connection, connection.transaction():
            await _guard(connection, row.sha256)
            gone = await connection.execute(_sql.remove.sql, _key(row) | {"before": before})
            others = await (await connection.execute(_sql.others.sql, {"sha256": row.sha256})).fetchone()
            assert others is not None, "exists answers always"
            yield Removed(gone.rowcount == 1, gone.rowcount == 1 and not others[0])


async def _guard(connection: Connection, sha256: str) -> None:
    if sha256:
        await connection.execute(_sql.guard.sql, {"sha256": sha256})


def _key(row: FileRow) -> dict[str, Any]:
    return {"merchant_id": row.merchant_id, "file_id": row.file_id}


def _values(row: FileRow) -> dict[str, Any]:
    return _key(row) | {
        "case_id": row.case_id,
        "state": row.state.value,
        "sha256": row.sha256,
        "media_type": row.media_type,
        "facts": msgspec.json.encode(row.facts).decode(),
        "copies": msgspec.json.encode(row.copies).decode(),
        "intent": msgspec.json.encode(row.intent).decode() if row.intent is not None else None,
    }


def _row(row: Sequence[Any]) -> FileRow:
    merchant_id, file_id, owner, uploaded_by, name, size, state, created_at, touched_at, case_id, received, *rest = row
    sha256, media_type, facts, copies, intent = rest
    return FileRow(
        merchant_id=merchant_id,
        file_id=file_id,
        owner=owner,
        uploaded_by=uploaded_by,
        name=name,
        size_bytes=size,
        state=FileState(state),
        created_at=created_at,
        touched_at=touched_at,
        case_id=case_id,
        received_bytes=received,
        sha256=sha256,
        media_type=media_type,
        facts=msgspec.json.decode(facts),
        copies=msgspec.json.decode(copies, type=dict[Form, Copy]),
        intent=msgspec.json.decode(intent, type=Intent) if intent is not None else None,
    )
