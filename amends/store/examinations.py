"""What was seen in pictures of evidence, on PostgreSQL."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from amends.application.examining import MOST_ALIKE, Due, Examination, Match
from amends.application.likeness import Mark, bands, difference, probes, wholes
from amends.application.passages import Line
from amends.application.ports import CaseKey
from amends.domain.time import Instant
from amends.domain.words import EvidenceKind, Side
from amends.store.arrays import Longs
from amends.store.database import Database, load_queries

_sql = load_queries("examinations")


class _Piece(NamedTuple):
    merchant_id: int
    case_id: int
    evidence_id: str
    sha256: str


class PostgresExaminations:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def due(self, now: Instant, until: Instant, limit: int) -> list[Due]:
        rows = await self._database.rows(_sql.due, now=now, until=until, limit=limit)
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
            "whole_bands": bands(_wholes(examination.marks)),
            "view_bands": bands(shapes),
            "lines": msgspec.json.encode(lines).decode() if lines is not None else None,
        }
        async with self._database.for_page() as connection:
            # Before looking for others: of two that are looked at beside each other, the later one finds the earlier.
            await connection.execute(_sql.put.sql, values)
        for bits, other in await self._alike(examination):
            pair = _pair(examination, other) | {"differing_bits": bits}
            async with self._database.for_page() as connection:
                await connection.execute(_sql.put_match.sql, pair)
        async with self._database.for_page() as connection:
            await connection.execute(_sql.done.sql, values)

    async def of_case(self, case: CaseKey) -> list[Examination]:
        rows = await self._database.rows(_sql.of_case, **case._asdict())
        return [
            Examination(case, name, hashed, at, tuple(map(Mark, shapes, edges)), _lines(lines))
            for name, hashed, at, shapes, edges, lines in rows
        ]

    async def matches(self, case: CaseKey, limit: int) -> list[Match]:
        about = {**case._asdict(), "limit": limit}
        same = [_match(row) for row in await self._database.rows(_sql.same, **about)]
        alike = [_match(row) for row in await self._database.rows(_sql.alike, **about)]
        counted = Counter(match.here for match in same)
        for match in alike:
            counted[match.here] += 1
            if counted[match.here] <= limit:
                same.append(match)
        return same

    async def _alike(self, examination: Examination) -> list[tuple[int, _Piece]]:
        """Nearly the same pictures, the nearest first: how many bits are apart, and which evidence it is."""
        if not examination.marks:
            return []
        shapes = [mark.shape for mark in examination.marks]
        about = {
            **examination.case._asdict(),
            "sha256": examination.sha256,
            "whole_probes": probes(_wholes(examination.marks)),
            "view_probes": probes(shapes),
        }
        async with self._database.for_page() as connection, connection.transaction():
            for setting in _sql.by_index.sql.split(";"):
                await connection.execute(setting)
            rows = await (await connection.execute(_sql.candidates.sql, about, binary=True)).fetchall()
        return (await asyncio.to_thread(_near, examination.marks, rows))[:MOST_ALIKE]


def _near(marks: Sequence[Mark], rows: Sequence[tuple[Any, ...]]) -> list[tuple[int, _Piece]]:
    found = []
    for merchant_id, case_id, evidence_id, sha256, shapes, edges in rows:
        bits = difference(marks, [Mark(*mark) for mark in zip(shapes, edges, strict=True)])
        if bits is not None:
            found.append((bits, _Piece(merchant_id, case_id, evidence_id, sha256)))
    return sorted(found)


def _pair(examination: Examination, other: _Piece) -> dict[str, Any]:
    """The smaller case first, whichever was looked at later."""
    one, two = sorted((_Piece(*examination.case, examination.evidence_id, examination.sha256), other))
    return one._asdict() | {f"other_{name}": value for name, value in two._asdict().items()}


def _match(row: Sequence[Any]) -> Match:
    here, merchant_id, case_id, evidence_id, side, kind, filed_at, differing_bits = row
    return Match(
        here, CaseKey(merchant_id, case_id), evidence_id, Side(side), EvidenceKind(kind), filed_at, differing_bits
    )


def _wholes(marks: Sequence[Mark]) -> list[int]:
    return [mark.shape for mark in wholes(marks)]


def _lines(stored: bytes | None) -> tuple[Line, ...] | None:
    """Lines that were kept before documents were read have no page, and are texts alone."""
    if stored is None:
        return None
    found = msgspec.json.decode(stored, type=list[Line | str])
    return tuple(Line(one) if isinstance(one, str) else one for one in found)
