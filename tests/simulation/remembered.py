"""A life of the simulation in which every text is told apart, put into PostgreSQL as its engines wrote it."""

import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache
from hashlib import sha256
from typing import Any

import msgspec
from msgspec.inspect import StrType, UnionType, type_info
from msgspec.structs import replace

from amends.application.ports import Envelope, OrderKey, Session, Store, Write
from amends.domain import commands as k
from amends.store.memory import MemoryStore
from tests.simulation.flaky import FlakyStore
from tests.simulation.play import Play

LONG = 200
"""Texts that may be as long as this are words of a person; what is shorter are codes and numbers."""

KEPT = "paper"
"""Whose order stopped the case stays on record."""


class Remembering:
    """Keeps every write that the store took."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self.writes: list[Write] = []

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        async with self._store.session() as session:
            yield _RememberingSession(session, self.writes)  # type: ignore[misc]


class _RememberingSession:
    def __init__(self, session: Session, writes: list[Write]) -> None:
        self._session = session
        self._writes = writes
        self.load, self.hold, self.facts = session.load, session.hold, session.facts

    async def write(self, writes: Sequence[Write]) -> frozenset[OrderKey]:
        moved = await self._session.write(writes)
        self._writes += [write for write in writes if write.key not in moved]
        return moved


class Told(Play):
    """Whatever somebody writes ends in a number of its own, and each piece of evidence has a file."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.remembering = Remembering(self.memory)
        self.store = FlakyStore(self.remembering, self.mortality)  # type: ignore[arg-type]
        self._words = itertools.count(1)
        self._start()

    def _envelope(self, *about: Any, **more: Any) -> Envelope:
        envelope = super()._envelope(*about, **more)
        is_news = isinstance(envelope.command, k.SyncOrder)
        return envelope if is_news else replace(envelope, command=self._told_apart(envelope.command))

    def _told_apart(self, value: Any) -> Any:
        if isinstance(value, tuple) and not hasattr(value, "_fields"):
            return tuple(self._told_apart(one) for one in value)
        if not isinstance(value, msgspec.Struct):
            return value
        changed = {name: self._told_apart(getattr(value, name)) for name in value.__struct_fields__}
        changed |= {name: f"{text} #w{next(self._words)}#" for name in written(type(value)) if (text := changed[name])}
        if isinstance(value, k.EvidenceItem) and value.kind is not None:
            changed["sha256"] = sha256(f"file {next(self._words)}".encode()).hexdigest()
        return replace(value, **changed)


@cache
def written(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    """The fields of a type in which people write."""
    found = []
    for field in type_info(kind).fields:  # type: ignore[attr-defined]
        kinds = field.type.types if isinstance(field.type, UnionType) else (field.type,)
        if field.name != KEPT and any(isinstance(one, StrType) and (one.max_length or 0) >= LONG for one in kinds):
            found.append(field.name)
    return tuple(found)


async def put(writes: Sequence[Write], store: Store) -> None:
    """In the order in which they were taken."""
    for write in writes:
        async with store.session() as session:
            moved = await session.write([write])
            assert not moved, write.key
