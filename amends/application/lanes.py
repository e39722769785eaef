"""Queues before the engine: what has queued up becomes a batch (DESIGN §1).

Interactive and bulk commands wait in lanes of their own, or ten thousand scans would stand before one click.
A lane is bounded: beyond its depth it says so at once instead of letting people wait for nothing.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple, Self

from amends.application.engine import Engine
from amends.application.ports import Answer, Envelope, Failed, Unavailable

log = logging.getLogger(__name__)

LARGEST_BATCH = 64
"""More gains little and keeps the others of the process waiting while it is decided."""


class LaneFull(Exception):
    """Too much is waiting already; nothing of this was taken."""

    retry_after_seconds = 1


class _Waiting(NamedTuple):
    envelope: Envelope
    answered: "asyncio.Future[Answer | Failed]"


class Lane:
    """A bounded queue and its writers; each writer takes whatever has queued up, one batch at a time.

    A batch sets out at once where none is under way, and else when it is at least half as large as those are. The
    first of many senders to come back would otherwise get a batch for himself each time, and what a batch costs
    whatever its size would be most of what is done.
    """

    def __init__(self, engine: Engine, name: str, *, writers: int, depth: int) -> None:
        self.name = name
        self.depth = depth
        self._engine = engine
        self._writers = writers
        self._queue: deque[_Waiting] = deque()
        self._under_way = 0
        self._news = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def waiting(self) -> int:
        return len(self._queue)

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._write(), name=f"{self.name}-{n}") for n in range(self._writers)]

    async def stop(self) -> None:
        """Finish what was taken in, then end."""
        await self._until(lambda: not self._queue and not self._under_way)
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task

    def put(self, envelopes: Sequence[Envelope]) -> "list[asyncio.Future[Answer | Failed]]":
        """Queue all of them or, raising LaneFull, none."""
        if self.waiting + len(envelopes) > self.depth:
            raise LaneFull(f"{self.waiting} commands wait in the {self.name} lane")
        loop = asyncio.get_running_loop()
        waiting = [_Waiting(envelope, loop.create_future()) for envelope in envelopes]
        self._queue += waiting
        self._news.set()
        return [one.answered for one in waiting]

    async def _write(self) -> None:
        while True:
            await self._until(self._is_worth_a_batch)
            taken = [self._queue.popleft() for _ in range(min(len(self._queue), LARGEST_BATCH))]
            self._under_way += len(taken)
            try:
                # A sender who left before his turn is not served; one who leaves later changes nothing for the batch.
                await self._answer([one for one in taken if not one.answered.cancelled()])
            finally:
                self._under_way -= len(taken)
                self._news.set()

    def _is_worth_a_batch(self) -> bool:
        return bool(self._queue) and 2 * len(self._queue) >= self._under_way

    async def _until(self, holds: Callable[[], bool]) -> None:
        while not holds():
            self._news.clear()
            await self._news.wait()

    async def _answer(self, batch: list[_Waiting]) -> None:
        # Sorted by merchant a batch stays on few machines; the sort is stable, so an order's commands keep their order.
        batch.sort(key=lambda one: one.envelope.merchant_id)
        fault: Exception
        try:
            answers = await self._engine.handle([one.envelope for one in batch])
        except Unavailable as unavailable:
            fault = unavailable
        except Exception as unexpected:
            log.exception("a batch of %d commands failed", len(batch))
            fault = unexpected
        else:
            for one, answer in zip(batch, answers, strict=True):
                if not one.answered.cancelled():
                    one.answered.set_result(answer)
            return
        for one in batch:
            if not one.answered.cancelled():
                one.answered.set_exception(fault)


class Lanes:
    """The way to the engine for everything in a process that serves people."""

    def __init__(
        self,
        engine: Engine,
        *,
        interactive_writers: int = 2,
        bulk_writers: int = 1,
        interactive_depth: int = 2_000,
        bulk_depth: int = 20_000,
    ) -> None:
        self.interactive = Lane(engine, "interactive", writers=interactive_writers, depth=interactive_depth)
        self.bulk = Lane(engine, "bulk", writers=bulk_writers, depth=bulk_depth)

    async def __aenter__(self) -> Self:
        self.interactive.start()
        self.bulk.start()
        return self

    async def __aexit__(self, *error: object) -> None:
        await asyncio.gather(self.interactive.stop(), self.bulk.stop())

    async def submit(self, envelope: Envelope) -> Answer:
        """One command of a person who waits. Raises LaneFull, Failed, Unavailable."""
        (answered,) = self.interactive.put([envelope])
        answer = await answered
        if isinstance(answer, Failed):
            raise answer
        return answer

    async def submit_bulk(self, envelopes: Sequence[Envelope]) -> list[Answer | Failed]:
        """Many commands, answered in their order; all are taken or, raising LaneFull, none. Raises Unavailable.

        After Unavailable some may have been written; sent again with their keys they are not carried out twice.
        """
        answered = self.bulk.put(envelopes)
        outcomes = await asyncio.gather(*answered, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException) and not isinstance(outcome, Failed):
                raise outcome
        return [outcome for outcome in outcomes if isinstance(outcome, Answer | Failed)]
