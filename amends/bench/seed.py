"""Fills a database: a few cases of every age are played through the engine, then multiplied inside the database.

So every row has the form and the size that the store itself gave it. Only the hashes are not worked out anew.
"""

import random
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from importlib.resources import files
from typing import Any

import aiosql
import psycopg

from amends.application import ports
from amends.application.engine import Engine
from amends.application.ids import Ids
from amends.application.ports import Answer, Envelope, OrderKey, Write
from amends.bench.market import (
    DELIVERED_AT,
    FIRST_MERCHANT,
    MERCHANTS,
    MESSAGE,
    NOW,
    ORDER,
    POLICIES,
    SCAN,
    Step,
    StoppedClock,
    Subject,
    journey,
    keyed,
    settings,
)
from amends.bench.world import ON_ITS_WAY, Pool, World
from amends.domain.decide import decide
from amends.domain.time import Instant
from amends.store.database import Database
from amends.store.postgres import PostgresStore
from amends.store.registry import PostgresRegistry

_VARIANTS = 24
"""Patterns of each age, five minutes apart, so that not all deadlines pass at one instant."""

_APART = timedelta(minutes=5)
_STEP = timedelta(minutes=20)
_MERCHANT = 990_000_000_001
_FIRST_ORDER = 9_000_000_000_000_000
_NO_CASE = "no case"
"""Stands where a pattern has none yet; no row holds this text."""

_sql: Any = aiosql.from_path(str(files("amends.bench") / "sql" / "multiply.sql"), "psycopg")

Writes = dict[str, Write]
"""What the store wrote for one command of each step, by the step's name."""

Played = dict[str, list[Subject]]
"""The patterns of each pool, by its name."""


async def seed(url: str, world: World) -> Writes:
    """Fill a database that has its tables and nothing else. Gives what each step wrote, for the baseline to write."""
    async with Database(url, batch_connections=1, page_connections=2) as database:
        await PostgresRegistry(database).put_merchant(settings(_MERCHANT), NOW)
        patterns = _Patterns(PostgresStore(database))
        played = await patterns.play(world)
    _multiply(url, world, played)
    return patterns.writes


class _Patterns:
    """Plays lives up to the step that each pool waits for, over a store that is watched."""

    def __init__(self, store: ports.Store) -> None:
        self.writes: Writes = {}
        self._clock = StoppedClock()
        self._watched = _Watched(store)
        self._engine = Engine(self._watched, decide, POLICIES, self._clock, Ids(1))
        self._orders = self._commands = 0

    async def play(self, world: World) -> Played:
        played: Played = defaultdict(list)
        for variant in range(_VARIANTS):
            casts: dict[timedelta, list[tuple[Pool, Subject]]] = defaultdict(list)
            for pool in world.pools:
                subject = Subject(_MERCHANT, str(_FIRST_ORDER + self._orders))
                self._orders += 1
                played[pool.name].append(subject)
                casts[pool.waits].append((pool, subject))
            for waits, cast in casts.items():
                await self._play(cast, NOW - waits - variant * _APART)
        return played

    async def _play(self, cast: list[tuple[Pool, Subject]], last_at: Instant) -> None:
        """Everybody's last step is at `last_at`; after each step two messages are written."""
        subjects = [subject for _, subject in cast]
        self._clock.at = DELIVERED_AT - timedelta(days=3)
        await self._send(ORDER, subjects)
        arriving = [subject for pool, subject in cast if pool.life is not ON_ITS_WAY]
        for number, scans in enumerate(zip(*map(journey, subjects), strict=True)):
            news = dict(zip(subjects, scans, strict=True))
            those = subjects if number < 2 else arriving
            await self._handle(those, [news[subject] for subject in those])
        for left in range(max(pool.step for pool, _ in cast), 0, -1):
            self._clock.at = last_at - (left - 1) * _STEP
            acting: dict[Step, list[Subject]] = defaultdict(list)
            for pool, subject in cast:
                if pool.step >= left:
                    acting[pool.life[pool.step - left]].append(subject)
            for step, those in acting.items():
                await self._send(step, those)
            for _ in range(2):
                await self._send(MESSAGE, [subject for those in acting.values() for subject in those])
        self._clock.at = NOW
        await self._send(SCAN, [subject for subject in subjects if subject not in arriving])

    async def _send(self, step: Step, subjects: Sequence[Subject]) -> None:
        if not subjects:
            return
        answers = await self._handle(subjects, [step.send(subject, self._commands) for subject in subjects])
        for subject, answer in zip(subjects, answers, strict=True):
            subject.case_id = answer.case_id
        last = subjects[-1]
        self.writes[step.name] = self._watched.written[OrderKey(last.merchant_id, last.order_no)]

    async def _handle(self, subjects: Sequence[Subject], envelopes: Sequence[Envelope]) -> list[Answer]:
        self._commands += 1
        keys = [f"{subject.order_no}-{self._commands:015}" for subject in subjects]
        answers = await self._engine.handle([keyed(*pair) for pair in zip(envelopes, keys, strict=True)])
        accepted = [answer for answer in answers if isinstance(answer, Answer) and answer.refusal is None]
        assert len(accepted) == len(envelopes), answers
        return accepted


class _Watched:
    """A store that remembers what was written last for each order."""

    def __init__(self, store: ports.Store) -> None:
        self._store = store
        self.written: dict[OrderKey, Write] = {}

    @asynccontextmanager
    async def session(self) -> AsyncIterator[ports.Session]:
        async with self._store.session() as session:
            yield _WatchedSession(session, self.written)


class _WatchedSession:
    def __init__(self, session: ports.Session, written: dict[OrderKey, Write]) -> None:
        self._session = session
        self._written = written
        self.load = session.load
        self.hold = session.hold
        self.facts = session.facts

    async def write(self, writes: Sequence[Write]) -> frozenset[OrderKey]:
        self._written.update({write.key: write for write in writes})
        return await self._session.write(writes)


def _multiply(url: str, world: World, played: Played) -> None:
    """Copy the patterns to all orders of the world, in no order, as orders come in."""
    seeds = []
    for pool in world.pools:
        patterns = played[pool.name]
        for number in range(pool.first, pool.first + pool.orders):
            subject, pattern = pool.subject(number), patterns[number % len(patterns)]
            p_case, p_public = (str(pattern.case_id), pattern.public_id) if pattern.case_id else (_NO_CASE, _NO_CASE)
            seeds.append((subject.merchant_id, subject.order_no, subject.case_id or 0,
                          subject.public_id if subject.case_id else "", _MERCHANT, pattern.order_no,
                          p_case, p_public))  # fmt: skip
    random.Random(1).shuffle(seeds)  # noqa: S311 - chance for spreading rows, not for secrets
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("set synchronous_commit = off")
        _sql.make_seeds(connection)
        _sql.make_own(connection)
        with connection.cursor() as cursor, cursor.copy("copy seeds from stdin") as copy:
            for row in seeds:
                copy.write_row(row)
        _sql.analyse_seeds(connection)
        _sql.merchants(connection, pattern=_MERCHANT, first=FIRST_MERCHANT, last=FIRST_MERCHANT + MERCHANTS - 1)
        for table in _TABLES:
            getattr(_sql, table)(connection, pattern=_MERCHANT)
        _sql.feeds(connection)
        _sql.tidy(connection)


_TABLES = "orders order_words heads cases endings events evidence parcels outbox receipts".split()
