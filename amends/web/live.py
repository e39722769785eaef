"""What changed, as it changes: server-sent events for whoever watches (R2.4, DESIGN §7).

The store says only "case X reached version N"; each watcher then reads what is new behind the number he has, so a
notice that is lost or doubled does no harm. One case and one merchant's feed are numbered, and `Last-Event-ID`
continues them without a gap. A buyer's or the platform's whole list has no such number: its watchers are told to read
the list again when they come back.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager

from amends.application import ports
from amends.application.ports import CaseKey, Change, Subject, Unavailable
from amends.domain.case import public_case_id
from amends.web.wire import encode

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 15.0
"""Proxies close quiet connections; and whatever notice was lost is found by looking this often."""

BESIDE_SECONDS = 2.0
"""How often a page looks for what is no change of a case: who else has it open."""

_MOST_WATCHERS = 10_000
_MOST_PENDING = 1_000
QUEUE_SECONDS = 2.0
"""Others who come and go in the queue are told at most so often: a thousand may wait there."""

_PAUSE_SECONDS = 0.05
"""Changes that come in a burst are read together."""

_RELOAD = b"event: reload\ndata: {}\n\n"
_HEARTBEAT = b": still here\n\n"

Numbered = Callable[[int], Awaitable[tuple[list[tuple[int, object]], int]]]
"""What there is behind a number, each with its own, and the number to go on from."""


class TooManyWatch(Exception):
    """No more can watch here."""


class Watching:
    """One watcher: what he is to be told, until he takes it."""

    def __init__(self, wants: Callable[[Change], bool], subjects: frozenset[Subject]) -> None:
        self.wants = wants
        self.subjects = subjects
        self.pending: dict[CaseKey, int] = {}
        self.missed = False
        self._something = asyncio.Event()

    def tell(self, change: Change) -> None:
        if len(self.pending) < _MOST_PENDING:
            self.pending[CaseKey(change.merchant_id, change.case_id)] = change.version
        else:
            self.missed = True
        self._something.set()

    def tell_missed(self) -> None:
        self.missed = True
        self._something.set()

    async def something(self, seconds: float) -> bool:
        """Wait; False when nothing came."""
        try:
            await asyncio.wait_for(self._something.wait(), seconds)
        except TimeoutError:
            return False
        await asyncio.sleep(_PAUSE_SECONDS)
        self._something.clear()
        return True

    def take(self) -> tuple[dict[CaseKey, int], bool]:
        """What is pending, and whether something was missed."""
        taken = self.pending, self.missed
        self.pending, self.missed = {}, False
        return taken


class Hub:
    """Passes the store's notices on to this process's watchers."""

    def __init__(self, watch: ports.Watch) -> None:
        self._watch = watch
        self._watchers: set[Watching] = set()

    async def forever(self) -> None:
        """Listen to the store."""
        async for changes in self._watch.changes():
            for watcher in tuple(self._watchers):
                if not changes:
                    watcher.tell_missed()
                for change in changes:
                    if change.subject in watcher.subjects and watcher.wants(change):
                        watcher.tell(change)

    @contextmanager
    def watching(
        self, wants: Callable[[Change], bool], subjects: frozenset[Subject] = frozenset({"case"})
    ) -> Iterator[Watching]:
        """Be told from now on. Raises TooManyWatch."""
        if len(self._watchers) >= _MOST_WATCHERS:
            raise TooManyWatch
        watcher = Watching(wants, subjects)
        self._watchers.add(watcher)
        try:
            yield watcher
        finally:
            self._watchers.discard(watcher)

    @property
    def watchers(self) -> int:
        return len(self._watchers)


async def follow(hub: Hub, wants: Callable[[Change], bool], after: int, read: Numbered) -> AsyncIterator[bytes]:
    """Everything behind a number, now and as it comes; nothing is missed and nothing told twice."""
    with hub.watching(wants) as watcher:
        while True:
            watcher.take()
            behind = after
            try:
                found, after = await read(behind)
            except Unavailable as fault:
                log.warning("a live page waits for the store: %s", fault)
                found = []
            for number, value in found:
                yield b"id: %d\nevent: fact\ndata: %b\n\n" % (number, encode(value))
            if after == behind and not await watcher.something(HEARTBEAT_SECONDS):
                yield _HEARTBEAT


async def announce(
    hub: Hub,
    wants: Callable[[Change], bool],
    theirs: Callable[[CaseKey], Awaitable[bool]],
    beside: Callable[[], Awaitable[bool]] | None = None,
) -> AsyncIterator[bytes]:
    """Which cases reached which version. It begins with `reload`: what happened before is not told.

    `beside` is asked every few seconds whether something else on the page is new.
    """
    with hub.watching(wants) as watcher:
        yield _RELOAD
        while True:
            if not await watcher.something(HEARTBEAT_SECONDS if beside is None else BESIDE_SECONDS):
                yield _RELOAD if beside is not None and await beside() else _HEARTBEAT
                continue
            changes, missed = watcher.take()
            if missed:
                yield _RELOAD
            for key, version in changes.items():
                if await theirs(key):
                    yield b"event: change\ndata: %b\n\n" % encode({"case_id": public_case_id(*key), "version": version})


async def listen_in(hub: Hub, talk: CaseKey | None, *, to_queue: bool) -> AsyncIterator[bytes]:
    """That a talk with the service goes on, at once; with `to_queue`, also that somebody came to the queue or left it.

    Waits grow by time alone, so that the page is read again at each heartbeat as well.
    """

    def wants(change: Change) -> bool:
        return (to_queue and change.subject == "queue") or (change.merchant_id, change.case_id) == talk

    with hub.watching(wants, frozenset({"talk", "queue"})) as watcher:
        yield _RELOAD
        while True:
            if await watcher.something(HEARTBEAT_SECONDS):
                until = time.monotonic() + QUEUE_SECONDS
                while talk not in watcher.pending and (left := until - time.monotonic()) > 0:
                    await watcher.something(left)
            watcher.take()
            yield _RELOAD
