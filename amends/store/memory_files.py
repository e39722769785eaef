"""Rows of uploaded files, in memory."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from msgspec.structs import replace

from amends.application.files import FiledFile, FileRow, FileState, Removed
from amends.application.ports import CaseKey
from amends.domain.time import Instant
from amends.domain.words import Side
from amends.store.memory import MemoryStore


class MemoryFiles:
    """Beside the cases of a store."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._rows: dict[tuple[int, int], FileRow] = {}
        self._filed: set[tuple[int, int]] = set()
        self._guard = asyncio.Lock()

    async def add(self, row: FileRow) -> None:
        async with self._guard:
            self._rows[_key(row)] = row

    async def row(self, merchant_id: int, file_id: int) -> FileRow | None:
        return self._rows.get((merchant_id, file_id))

    async def received(self, row: FileRow, longer: FileRow) -> bool:
        known = self._rows.get(_key(row))
        if known is None or known.state is not FileState.RECEIVING or known.received_bytes != row.received_bytes:
            return False
        self._rows[_key(row)] = longer
        return True

    async def settle(self, row: FileRow, now: Instant) -> None:
        async with self._guard:
            if _key(row) in self._rows:
                self._put(row, now)

    async def count(self, merchant_id: int, owner: str, case_id: int | None, since: Instant) -> int:
        return sum(
            (row.merchant_id, row.owner, row.case_id) == (merchant_id, owner, case_id)
            and (case_id is not None or row.created_at > since)
            for row in self._rows.values()
        )

    async def touch(self, merchant_id: int, owner: str, hashes: Sequence[str], now: Instant) -> frozenset[str]:
        mine = [
            row
            for row in self._rows.values()
            if (row.merchant_id, row.owner, row.state) == (merchant_id, owner, FileState.KEPT) and row.sha256 in hashes
        ]
        for row in mine:
            self._put(row, max(now, row.touched_at))
        return frozenset(row.sha256 for row in mine)

    async def filed(self, case: CaseKey, owners: Mapping[Side, Sequence[str]]) -> list[FiledFile]:
        found: dict[str, FiledFile] = {}
        for evidence in self._store.evidence[case]:
            for row in self._rows.values():
                is_theirs = row.owner in owners.get(evidence.mark.side, ()) and row.state is FileState.KEPT
                if is_theirs and (row.merchant_id, row.sha256) == (case.merchant_id, evidence.sha256):
                    evidence_id = evidence.mark.evidence_id
                    found[evidence_id] = FiledFile(evidence_id, evidence.mark.side, row)
        return [found[evidence_id] for evidence_id in sorted(found)]

    async def left_over(self, before: Instant, limit: int) -> list[FileRow]:
        named = {
            (case.merchant_id, evidence.sha256)
            for case, filed in self._store.evidence.items()
            for evidence in filed
            if evidence.sha256
        }
        for key, row in self._rows.items():
            if row.touched_at < before and (row.merchant_id, row.sha256) in named:
                self._filed.add(key)
        return self._untouched(before)[:limit]

    async def unfinished(self, before: Instant, limit: int) -> list[FileRow]:
        return [
            row for row in self._untouched(before) if row.intent is not None and row.received_bytes == row.size_bytes
        ][:limit]

    async def done(self, row: FileRow) -> None:
        known = self._rows.get(_key(row))
        if known is not None:
            self._rows[_key(row)] = replace(known, intent=None)

    @asynccontextmanager
    async def removing(self, row: FileRow, before: Instant) -> AsyncIterator[Removed]:
        async with self._guard:
            key = _key(row)
            gone = key in self._rows and key not in self._filed and self._rows[key].touched_at < before
            if gone:
                del self._rows[key]
            others = any(other.sha256 == row.sha256 for other in self._rows.values())
            yield Removed(gone, gone and not others)

    def media_type(self, merchant_id: int, sha256: str) -> str:
        """Of a file that is kept; empty where none is."""
        return next(
            (
                row.media_type
                for row in self._rows.values()
                if (row.merchant_id, row.sha256, row.state) == (merchant_id, sha256, FileState.KEPT)
            ),
            "",
        )

    def _put(self, row: FileRow, now: Instant) -> None:
        self._rows[_key(row)] = replace(row, touched_at=now)

    def _untouched(self, before: Instant) -> list[FileRow]:
        rows = [row for key, row in self._rows.items() if row.touched_at < before and key not in self._filed]
        return sorted(rows, key=lambda row: row.touched_at)


def _key(row: FileRow) -> tuple[int, int]:
    return row.merchant_id, row.file_id
