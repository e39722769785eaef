"""What was seen in pictures of evidence, on PostgreSQL."""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec

from amends.application.examining import Due, Examination, Match
from amends.application.likeness import Mark, bands, difference, probes
from amends.application.ports import CaseKey
from amends.domain.time import Instant
from amends.domain.words import EvidenceKind, Side
from amends.store.arrays import Longs
from amends.store.database import Database, load_queries

_sql = load_queries("examinations")


class PostgresExaminations:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def due(self, now: Instant, until: Instant, limit: int) -> list[Due]:
        rows = await self._rows(_sql.due, now=now, until=until, limit=limit)
        return [Due(CaseKey(*row[:2]), row[2], EvidenceKind(row[3]), *row[4:]) for row in rows]

    async def put(self, examination: Examination) -> None:
        shapes = [mark.shape for mark in examination.marks]
        lines = examination.lines
        values = {
            **examination.case._asdict(),
            "evidence_id": examination.evidence_id,
            "sha256": examination.sha256,
            "examined_at": examination.examined_at,
            "shapes": Longs(shapes),
            "edges": Longs([mark.edges for mark in examination.marks]),
            "whole_bands": bands(shapes[:1]),
            "view_bands": bands(shapes),
            "lines": msgspec.json.encode(lines).decode() if lines is not None else None,
        }
        async with self._database.for_page() as connection:
            await connection.execute(_sql.put.sql, values)

    async def of_case(self, case: CaseKey) -> list[Examination]:
        rows = await self._rows(_sql.of_case, **case._asdict())
        return [
            Examination(case, name, hashed, at, tuple(map(Mark, shapes, edges)), _lines(lines))
            for name, hashed, at, shapes, edges, lines in rows
        ]

    async def matches(self, case: CaseKey, sha256: str, marks: Sequence[Mark], limit: int) -> list[Match]:
        about: dict[str, Any] = {**case._asdict(), "sha256": sha256}
        found = [_match(row, None) for row in await self._rows(_sql.same, **about, limit=limit)]
        if not marks or len(found) >= limit:
            return found
        shapes = [mark.shape for mark in marks]
        about |= {"whole_probes": probes(shapes[:1]), "view_probes": probes(shapes)}
        async with self._database.for_page() as connection, connection.transaction():
            for setting in _sql.by_index.sql.split(";"):
                await connection.execute(setting)
            rows = await (await connection.execute(_sql.alike.sql, about, binary=True)).fetchall()
        near = []
        for bits, where in (await asyncio.to_thread(_near, marks, rows))[:limit]:
            near += [_match(row, bits) for row in await self._rows(_sql.filed, **where)]
        near.sort(key=lambda match: (match.differing_bits, match.filed_at))
        return found + near[: limit - len(found)]

    async def _rows(self, query: Any, **parameters: Any) -> list[tuple[Any, ...]]:
        async with self._database.for_page() as connection:
            return await (await connection.execute(query.sql, parameters, binary=True)).fetchall()


def _near(marks: Sequence[Mark], rows: Sequence[tuple[Any, ...]]) -> list[tuple[int, dict[str, Any]]]:
    """Those that are nearly the same: how many bits are apart, and which evidence it is."""
    found = []
    for merchant_id, case_id, evidence_id, sha256, shapes, edges in rows:
        bits = difference(marks, [Mark(*mark) for mark in zip(shapes, edges, strict=True)])
        if bits is not None:
            about = {"merchant_id": merchant_id, "case_id": case_id, "evidence_id": evidence_id, "sha256": sha256}
            found.append((bits, about))
    return sorted(found, key=lambda one: one[0])


def _match(row: Sequence[Any], differing_bits: int | None) -> Match:
    merchant_id, case_id, evidence_id, side, filed_at = row
    return Match(CaseKey(merchant_id, case_id), evidence_id, Side(side), filed_at, differing_bits)


def _lines(stored: bytes | None) -> tuple[str, ...] | None:
    return msgspec.json.decode(stored, type=tuple[str, ...]) if stored is not None else None
