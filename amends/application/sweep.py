"""The deadline sweep: whatever is due becomes a `lapse`, judged by the same rules as everything else (DESIGN §2)."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from msgspec import Struct

from amends.application.engine import Engine
from amends.application.ports import Clock, Deadlines, Due, Envelope, Unavailable
from amends.domain.actor import SYSTEM
from amends.domain.commands import Lapse
from amends.domain.time import Instant

log = logging.getLogger(__name__)

PAGE = 512
BATCH = 128
AT_ONCE = 4
"""Batches on their way together, so that the rules work while the store does."""

RETRY_AFTER = timedelta(minutes=5)
"""How long something is left alone that is still due after its turn."""


class Swept(Struct, frozen=True):
    """What one round did: deadlines judged, and how many of them were set aside as they are still due."""

    judged: int = 0
    set_aside: int = 0


class Sweep:
    """Goes through everything that is due, oldest first. Two sweepers that overlap do no harm: only slower."""

    def __init__(self, engine: Engine, deadlines: Deadlines, clock: Clock) -> None:
        self._engine = engine
        self._deadlines = deadlines
        self._clock = clock

    async def once(self) -> Swept:
        """One round, or nothing while another process sweeps. Raises Unavailable."""
        async with self._deadlines.sweeping() as mine:
            if not mine:
                return Swept()
            now = self._clock.now()
            cases = await self._through(self._deadlines.due_cases, now)
            orders = await self._through(self._deadlines.due_orders, now)
            return Swept(cases.judged + orders.judged, cases.set_aside + orders.set_aside)

    async def forever(self, every_seconds: float = 1.0) -> None:
        """Round after round, over outages of the store."""
        while True:
            try:
                await self.once()
            except Unavailable as fault:
                log.warning("the sweep waits for the store: %s", fault)
            await asyncio.sleep(every_seconds)

    async def _through(self, due: Callable[[Instant, Due | None, int], Awaitable[list[Due]]], now: Instant) -> Swept:
        """Page after page; a page lies behind the one before, whatever becomes of that one meanwhile."""
        free = asyncio.Semaphore(AT_ONCE)
        judging: list[asyncio.Task[int]] = []
        judged = 0
        page = await due(now, None, PAGE)
        try:
            while page:
                judged += len(page)
                by_merchant = sorted(page, key=lambda one: (one.merchant_id, one.order_no))
                for start in range(0, len(page), BATCH):
                    await free.acquire()
                    batch = by_merchant[start : start + BATCH]
                    judging.append(asyncio.create_task(self._judge(batch, now)))
                    judging[-1].add_done_callback(lambda _: free.release())
                page = await due(now, page[-1], PAGE)
            return Swept(judged, sum(await asyncio.gather(*judging)))
        finally:
            for task in judging:
                task.cancel()
            await asyncio.gather(*judging, return_exceptions=True)

    async def _judge(self, batch: list[Due], now: Instant) -> int:
        """Whatever is still due after its turn, for whatever reason, is set aside so that it blocks nobody."""
        await self._engine.handle([_lapse(one) for one in batch])
        stuck = await self._deadlines.set_aside(batch, now, now + RETRY_AFTER)
        for one in stuck:
            log.error("still due after its lapse was judged, set aside: %s", one)
        return len(stuck)


def _lapse(due: Due) -> Envelope:
    if due.case_id is None:
        return Envelope(SYSTEM, due.merchant_id, Lapse(), order_no=due.order_no)
    return Envelope(SYSTEM, due.merchant_id, Lapse(), case_id=due.case_id)
