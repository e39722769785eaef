"""The ledger in memory."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from amends.application.ledger import ChainHead, Growing, Kept, Pending, SignedHead
from amends.application.ports import CaseKey
from amends.domain.time import Instant
from amends.proof.merkle import Node
from amends.store.memory import MemoryStore


class MemoryLedger:
    """Over the cases of a store."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._turn = asyncio.Lock()
        self._nodes: dict[Node, bytes] = {}
        self._cases: dict[CaseKey, dict[int, Kept]] = {}
        self._files: dict[str, int] = {}
        self._heads: list[SignedHead] = []
        self._keys: dict[int, str] = {}
        self._stamps: dict[int, tuple[bytes, Instant]] = {}
        self._marks: dict[int, int] = {}

    @asynccontextmanager
    async def growing(self) -> AsyncIterator[Growing]:
        async with self._turn:
            yield self

    async def head(self) -> SignedHead | None:
        return self._with_stamp(self._heads[-1]) if self._heads else None

    async def head_over(self, leaf: int, *, stamped: bool = False) -> SignedHead | None:
        found = [head for head in self._heads if head.size > leaf and (not stamped or head.size in self._stamps)]
        return self._with_stamp(found[0]) if found else None

    async def heads_over(self, leaves: Sequence[int]) -> list[SignedHead]:
        sizes = {next(head.size for head in self._heads if head.size > leaf) for leaf in leaves}
        return [self._with_stamp(head) for head in self._heads if head.size in sizes]

    async def head_of(self, size: int) -> SignedHead | None:
        found = [head for head in self._heads if head.size == size]
        return self._with_stamp(found[0]) if found else None

    def _with_stamp(self, head: SignedHead) -> SignedHead:
        reply, _ = self._stamps.get(head.size, (None, None))
        return SignedHead(head.size, head.root, head.at, head.note, reply)

    async def nodes(self, nodes: Sequence[Node]) -> dict[Node, bytes]:
        return {node: self._nodes[node] for node in nodes if node in self._nodes}

    async def kept_of(self, case: CaseKey) -> list[Kept]:
        return sorted(self._cases.get(case, {}).values())

    async def files(self, hashes: Sequence[str]) -> dict[str, int]:
        return {hashed: self._files[hashed] for hashed in hashes if hashed in self._files}

    async def key_notes(self) -> list[str]:
        return [self._keys[number] for number in sorted(self._keys)]

    async def add_key(self, number: int, note: str) -> None:
        self._keys.setdefault(number, note)

    async def stamped_at(self) -> Instant | None:
        return max((at for _, at in self._stamps.values()), default=None)

    async def add_stamp(self, size: int, reply: bytes, at: Instant) -> None:
        self._stamps.setdefault(size, (reply, at))

    async def pending(self) -> Pending:
        marks = {merchant: len(facts) for merchant, facts in self._store.feeds.items()}
        changed = {
            CaseKey(merchant, fact.case_id)
            for merchant in marks
            for fact in self._store.feeds[merchant][self._marks.get(merchant, 0) :]
        }
        found = [await self.pending_of(case) for case in sorted(changed)]
        return Pending(
            [one for pending in found for one in pending.cases],
            sorted({hashed for pending in found for hashed in pending.files}),
            {merchant: upto for merchant, upto in marks.items() if upto > self._marks.get(merchant, 0)},
        )

    async def pending_of(self, case: CaseKey) -> Pending:
        records = self._store.records[case]
        newest = [ChainHead(case, records[-1].fact.seq, records[-1].chain)] if records else []
        hashes = {row.sha256 for row in self._store.evidence[case] if row.sha256}
        return Pending(
            [one for one in newest if one.seq not in self._cases.get(case, {})],
            sorted(hashes - self._files.keys()),
        )

    async def add(
        self, pending: Pending, first_leaf: int, nodes: Mapping[Node, bytes], head: SignedHead | None
    ) -> None:
        leaves = itertools.count(first_leaf)
        for case, seq, chain in pending.cases:
            self._cases.setdefault(case, {})[seq] = Kept(seq, chain, next(leaves))
        self._files.update((hashed, next(leaves)) for hashed in pending.files)
        self._nodes.update(nodes)
        self._marks.update(pending.marks)
        if head is not None:
            self._heads.append(head)
