"""The ledger: an append-only tree over the chains of all cases and the hashes of all files (DESIGN §5).

Whoever keeps one of its published heads can tell later whether anything that it covers was changed.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from hashlib import sha256
from typing import NamedTuple, Protocol

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct

from amends.application.ports import CaseKey, Clock, Unavailable
from amends.domain.case import public_case_id
from amends.domain.time import Instant
from amends.proof.heads import Head, KeyNote, introduced, read_keys
from amends.proof.merkle import Node, Span, consistency, grown, inclusion, leaf_hash, nodes_of, span_hash
from amends.proof.notes import Signer, signed
from amends.proof.record import case_entry, file_entry

log = structlog.get_logger(__name__)

GROWS_EVERY = timedelta(seconds=30)
STAMPED_EVERY = timedelta(minutes=10)
"""Authorities allow a few requests an hour for nothing, or charge for each."""


class ChainHead(NamedTuple):
    """The chain of a case after its event `seq`."""

    case: CaseKey
    seq: int
    chain: bytes


class Kept(NamedTuple):
    """A chain head in the ledger."""

    seq: int
    chain: bytes
    leaf: int


class SignedHead(Struct, frozen=True):
    """A head as it is published. `stamp` is an authority's reply for the note, where there is one."""

    size: int
    root: bytes
    at: Instant
    note: str
    stamp: bytes | None = None


class Pending(Struct, frozen=True):
    """What is not in the ledger yet; `marks` are the feed numbers up to which it then is, by merchant."""

    cases: Sequence[ChainHead] = ()
    files: Sequence[str] = ()
    marks: Mapping[int, int] = {}


class Growing(Protocol):
    """The ledger while one writer alone makes it longer."""

    async def head(self) -> SignedHead | None:
        """The newest."""

    async def key_notes(self) -> list[str]:
        """How the signing keys were introduced, the first one first."""

    async def nodes(self, nodes: Sequence[Node]) -> dict[Node, bytes]:
        """Hashes of whole subtrees."""

    async def pending(self) -> Pending:
        """The next that follow in the feeds, so many as go into one write."""

    async def pending_of(self, case: CaseKey) -> Pending:
        """One case as it is now, with its files."""

    async def add(
        self, pending: Pending, first_leaf: int, nodes: Mapping[Node, bytes], head: SignedHead | None
    ) -> None:
        """Write down cases and files as the leaves from `first_leaf` on, with subtrees and head, all or nothing.

        Without a head, the marks alone.
        """


class Book(Protocol):
    """Where the ledger is kept. Nothing in it can be changed or removed. All raise Unavailable."""

    def growing(self) -> AbstractAsyncContextManager[Growing]:
        """Waits until nobody else makes it longer."""

    async def head(self) -> SignedHead | None:
        """The newest head."""

    async def head_over(self, leaf: int, *, stamped: bool = False) -> SignedHead | None:
        """The earliest head that has the leaf; `stamped`: of those that an authority stamped."""

    async def heads_over(self, leaves: Sequence[int]) -> list[SignedHead]:
        """The earliest heads that have each of the leaves, by size."""

    async def head_of(self, size: int) -> SignedHead | None:
        """The head of exactly that size."""

    async def nodes(self, nodes: Sequence[Node]) -> dict[Node, bytes]:
        """Hashes of whole subtrees."""

    async def kept_of(self, case: CaseKey) -> list[Kept]:
        """All chain heads of a case, by event."""

    async def files(self, hashes: Sequence[str]) -> dict[str, int]:
        """The leaves of files by their SHA-256; those that are not in it are left out."""

    async def key_notes(self) -> list[str]:
        """How the signing keys were introduced, the first one first."""

    async def add_key(self, number: int, note: str) -> None:
        """Introduce a key, unless there is one of that number."""

    async def stamped_at(self) -> Instant | None:
        """When a head was last stamped."""

    async def add_stamp(self, size: int, reply: bytes, at: Instant) -> None:
        """What an authority answered for a head."""


class Keys(Protocol):
    """The private keys on this machine, by number."""

    def get(self, number: int) -> Ed25519PrivateKey | None:
        """The key, if it is here."""

    def make(self, number: int) -> Ed25519PrivateKey:
        """A new key; the one that is there, if another process was quicker."""


class TimeStamps(Protocol):
    """A time-stamping authority (RFC 3161)."""

    async def stamp(self, content: bytes) -> bytes:
        """Its reply, checked to be about these bytes. Raises Unstamped."""


class Unstamped(Exception):
    """The authority did not answer, or not as it should."""


class NotCovered(Exception):
    """Not in the ledger, and cannot be entered or signed here: the key is on another machine."""


class Inclusion(NamedTuple):
    """That a tree has an entry at a place."""

    entry: bytes
    leaf: int
    proof: list[bytes]


class EarlierHead(NamedTuple):
    """A head on the way, and the proof that it is the beginning of the last one."""

    head: SignedHead
    proof: list[bytes]


class CaseProof(Struct, frozen=True):
    """That a case and its files are in the ledger, under the earliest head that has them all.

    `cases` are the chain heads that were entered, from the first event on, and `earlier` the heads that had each of
    them first: so one sees by when each event was on record.
    """

    head: SignedHead
    cases: Sequence[Inclusion]
    files: Sequence[Inclusion]
    earlier: Sequence[EarlierHead]
    key_notes: Sequence[str]


class Ledger:
    """Grows by what the feeds bring, on a machine that has the key."""

    def __init__(self, book: Book, keys: Keys, clock: Clock, time_stamps: TimeStamps | None = None) -> None:
        self._book = book
        self._keys = keys
        self._clock = clock
        self._time_stamps = time_stamps

    async def begin(self) -> None:
        """Make the first key, if there is none."""
        if await self._book.key_notes():
            return
        private = self._keys.make(1)
        name = f"amends/{sha256(private.public_key().public_bytes_raw()).hexdigest()[:8]}"
        key = Signer(name, private)
        await self._book.add_key(1, introduced(KeyNote(name, 1, key.public, self._now()), key, None))

    async def rotate(self) -> KeyNote | None:
        """Hand over to a new key; None where the present one is not on this machine."""
        notes = await self._book.key_notes()
        present = self._signer(notes)
        if present is None:
            return None
        number = len(notes) + 1
        key = Signer(present.public.name, self._keys.make(number))
        statement = KeyNote(key.public.name, number, key.public, self._now())
        await self._book.add_key(number, introduced(statement, key, present))
        return statement

    async def grow(self) -> bool:
        """Enter what comes next in the feeds; whether there may be more. Raises Unavailable."""
        async with self._book.growing() as growing:
            pending = await growing.pending()
            if not pending.marks:
                return False
            return await self._enter(growing, pending)

    async def cover(self, case: CaseKey) -> int:
        """Enter a case as it is now; the number of its newest event. Raises NotCovered, Unavailable."""
        async with self._book.growing() as growing:
            pending = await growing.pending_of(case)
            if (pending.cases or pending.files) and not await self._enter(growing, pending):
                raise NotCovered
        return (await self._book.kept_of(case))[-1].seq

    async def proof(self, case: CaseKey, seq: int, files: Sequence[str]) -> CaseProof:
        """That the case up to its event `seq` and these files are in the ledger. Raises NotCovered, Unavailable."""
        kept = [one for one in await self._book.kept_of(case) if one.seq <= seq]
        leaves = await self._book.files(files)
        if not kept or kept[-1].seq != seq or len(leaves) < len(set(files)):
            raise NotCovered
        last = max([one.leaf for one in kept] + list(leaves.values()))
        head = await self._book.head_over(last, stamped=True) or await self._book.head_over(last)
        assert head is not None, "leaves and heads are written together"
        public_id = public_case_id(*case)
        cases = [(case_entry(public_id, one.seq, one.chain), one.leaf) for one in kept]
        hashes = [(file_entry(hashed), leaf) for hashed, leaf in sorted(leaves.items())]
        return CaseProof(
            head,
            await self._inclusions(cases, head.size),
            await self._inclusions(hashes, head.size),
            await self._earlier([one.leaf for one in kept], head),
            await self._book.key_notes(),
        )

    async def signed(self, text: str) -> str:
        """A note by the present key. Raises NotCovered where that is on another machine, Unavailable."""
        signer = self._signer(await self._book.key_notes())
        if signer is None:
            raise NotCovered
        return signed(text, signer)

    async def consistency(self, old: int, new: int) -> list[bytes]:
        """That the ledger of size `old` is the beginning of the one of size `new`. Raises ValueError, Unavailable."""
        return (await self._hashes([consistency(old, new)]))[0]

    async def stamp(self) -> None:
        """Have the newest head stamped, where an authority is set and none was stamped lately."""
        head, last = await self._book.head(), await self._book.stamped_at()
        now = self._clock.now()
        if self._time_stamps is None or head is None or head.stamp is not None:
            return
        if last is not None and now < last + STAMPED_EVERY:
            return
        reply = await self._time_stamps.stamp(head.note.encode())
        await self._book.add_stamp(head.size, reply, now)

    async def forever(self) -> None:
        """Grow until cancelled."""
        while True:
            try:
                while await self.grow():
                    pass
                await self.stamp()
            except Unavailable as fault:
                log.warning("ledger_waits", fault=str(fault))
            except Unstamped as fault:
                log.warning("ledger_unstamped", fault=str(fault))
            await asyncio.sleep(GROWS_EVERY.total_seconds())

    async def _enter(self, growing: Growing, pending: Pending) -> bool:
        """Whether it could: only where the key is."""
        signer = self._signer(await growing.key_notes())
        if signer is None:
            return False
        entries = [case_entry(public_case_id(*one.case), one.seq, one.chain) for one in pending.cases]
        entries += [file_entry(hashed) for hashed in pending.files]
        if not entries:
            await growing.add(pending, 0, {}, None)
            return True
        before = await growing.head()
        size = before.size if before else 0
        edge = await growing.nodes(nodes_of(Span(0, size)))
        nodes = grown(size, edge, map(leaf_hash, entries))
        whole = Span(0, size + len(entries))
        head = Head(signer.public.name, whole.end, span_hash(whole, edge | nodes), self._now())
        await growing.add(pending, size, nodes, SignedHead(head.size, head.root, head.at, signed(head.text, signer)))
        return True

    def _signer(self, notes: Sequence[str]) -> Signer | None:
        if not notes:
            return None
        statement = read_keys(note.encode() for note in notes)[-1]
        private = self._keys.get(statement.number)
        signer = Signer(statement.ledger, private) if private else None
        return signer if signer and signer.public == statement.key else None

    async def _inclusions(self, entries: Sequence[tuple[bytes, int]], size: int) -> list[Inclusion]:
        proofs = await self._hashes([inclusion(leaf, size) for _, leaf in entries])
        return [Inclusion(entry, leaf, proof) for (entry, leaf), proof in zip(entries, proofs, strict=True)]

    async def _earlier(self, leaves: Sequence[int], last: SignedHead) -> list[EarlierHead]:
        heads = [head for head in await self._book.heads_over(leaves) if head.size < last.size]
        proofs = await self._hashes([consistency(head.size, last.size) for head in heads])
        return [EarlierHead(head, proof) for head, proof in zip(heads, proofs, strict=True)]

    async def _hashes(self, paths: Iterable[list[Span]]) -> list[list[bytes]]:
        """The hashes of many proofs with one look at the book."""
        paths = list(paths)
        nodes = await self._book.nodes(sorted({node for path in paths for span in path for node in nodes_of(span)}))
        return [[span_hash(span, nodes) for span in path] for path in paths]

    def _now(self) -> Instant:
        return self._clock.now().replace(microsecond=0)
