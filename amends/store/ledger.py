"""The ledger on PostgreSQL."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from amends.application.ledger import ChainHead, Growing, Kept, Pending, SignedHead
from amends.application.ports import CaseKey
from amends.domain.time import Instant
from amends.proof.merkle import Node
from amends.store.arrays import Blobs, Longs, Texts
from amends.store.database import Connection, Database, load_queries

_sql = load_queries("ledger")

_LOCK = 0x616D_656E_6473_03
"""Advisory lock of the one who makes it longer: "amends" and a number."""

_MERCHANTS, _EVENTS = 200, 1_000
"""So much is entered at once: below a second's work, however far behind the ledger is."""


class PostgresLedger:
    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def growing(self) -> AsyncIterator[Growing]:
        async with self._database.for_page() as connection, connection.transaction():
            await connection.execute(_sql.wait_for_growing.sql, {"lock": _LOCK})
            yield PostgresGrowing(connection)

    async def head(self) -> SignedHead | None:
        return _head(await self._database.rows(_sql.head))

    async def head_over(self, leaf: int, *, stamped: bool = False) -> SignedHead | None:
        return _head(await self._database.rows(_sql.stamped_head_over if stamped else _sql.head_over, leaf=leaf))

    async def heads_over(self, leaves: Sequence[int]) -> list[SignedHead]:
        return [SignedHead(*row) for row in await self._database.rows(_sql.heads_over, leaves=Longs(leaves))]

    async def head_of(self, size: int) -> SignedHead | None:
        return _head(await self._database.rows(_sql.head_of, size=size))

    async def nodes(self, nodes: Sequence[Node]) -> dict[Node, bytes]:
        async with self._database.for_page() as connection:
            return await PostgresGrowing(connection).nodes(nodes)

    async def kept_of(self, case: CaseKey) -> list[Kept]:
        return [Kept(*row) for row in await self._database.rows(_sql.kept_of, **case._asdict())]

    async def files(self, hashes: Sequence[str]) -> dict[str, int]:
        return dict(await self._database.rows(_sql.files, hashes=Texts(hashes)))

    async def key_notes(self) -> list[str]:
        return [row[0] for row in await self._database.rows(_sql.key_notes)]

    async def add_key(self, number: int, note: str) -> None:
        async with self._database.for_page() as connection:
            await connection.execute(_sql.add_key.sql, {"number": number, "note": note})

    async def stamped_at(self) -> Instant | None:
        rows = await self._database.rows(_sql.stamped_at)
        return rows[0][0] if rows else None

    async def add_stamp(self, size: int, reply: bytes, at: Instant) -> None:
        async with self._database.for_page() as connection:
            await connection.execute(_sql.add_stamp.sql, {"size": size, "reply": reply, "at": at})


class PostgresGrowing:
    """Inside the transaction of the one who makes it longer."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def head(self) -> SignedHead | None:
        return _head(await self._rows(_sql.head))

    async def key_notes(self) -> list[str]:
        return [row[0] for row in await self._rows(_sql.key_notes)]

    async def nodes(self, nodes: Sequence[Node]) -> dict[Node, bytes]:
        levels, places = Longs(node.level for node in nodes), Longs(node.place for node in nodes)
        rows = await self._rows(_sql.nodes, levels=levels, places=places)
        return {Node(level, place): hashed for level, place, hashed in rows}

    async def pending(self) -> Pending:
        rows = await self._rows(_sql.pending, merchants=_MERCHANTS, page=_EVENTS)
        cases = [
            ChainHead(CaseKey(merchant_id, case_id), seq, chain)
            for merchant_id, _, case_id, seq, chain, leaf in rows
            if leaf is None
        ]
        changed = {CaseKey(row[0], row[2]) for row in rows}
        return Pending(cases, await self._new_files(changed), {row[0]: row[1] for row in rows})

    async def pending_of(self, case: CaseKey) -> Pending:
        rows = await self._rows(_sql.pending_of, **case._asdict())
        cases = [ChainHead(case, seq, chain) for seq, chain, leaf in rows if leaf is None]
        return Pending(cases, await self._new_files({case}))

    async def _new_files(self, cases: set[CaseKey]) -> list[str]:
        merchants, case_ids = Longs(key.merchant_id for key in cases), Longs(key.case_id for key in cases)
        return [row[0] for row in await self._rows(_sql.new_files, merchants=merchants, case_ids=case_ids)]

    async def add(
        self, pending: Pending, first_leaf: int, nodes: Mapping[Node, bytes], head: SignedHead | None
    ) -> None:
        cases, files = pending.cases, pending.files
        async with self._connection.pipeline():
            await self._write(
                _sql.add_cases,
                merchants=Longs(one.case.merchant_id for one in cases),
                case_ids=Longs(one.case.case_id for one in cases),
                seqs=Longs(one.seq for one in cases),
                chains=Blobs(one.chain for one in cases),
                leaves=Longs(range(first_leaf, first_leaf + len(cases))),
            )
            first_file = first_leaf + len(cases)
            await self._write(
                _sql.add_files, hashes=Texts(files), leaves=Longs(range(first_file, first_file + len(files)))
            )
            await self._write(
                _sql.add_nodes,
                levels=Longs(node.level for node in nodes),
                places=Longs(node.place for node in nodes),
                hashes=Blobs(nodes.values()),
            )
            if head is not None:
                await self._write(_sql.add_head, size=head.size, root=head.root, at=head.at, note=head.note)
            await self._write(_sql.add_marks, merchants=Longs(pending.marks), feed_nos=Longs(pending.marks.values()))

    async def _rows(self, query: Any, **parameters: Any) -> list[tuple[Any, ...]]:
        return await (await self._connection.execute(query.sql, parameters, binary=True)).fetchall()

    async def _write(self, query: Any, **parameters: Any) -> None:
        await self._connection.execute(query.sql, parameters)


def _head(rows: Sequence[tuple[Any, ...]]) -> SignedHead | None:
    return SignedHead(*rows[0]) if rows else None
