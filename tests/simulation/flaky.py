"""A process that may end at any moment, and partners that do not forgive it."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

from amends.adapters.payments.sandbox import SandboxProvider
from amends.application.partners import NotReached, PaymentOrder, PayoutNews, Unanswered
from amends.application.ports import OrderKey, Session, Write
from amends.store.memory import MemoryStore

T = TypeVar("T")

WRITE_PERCENT = 3
PAY_PERCENT = 5
ANYWHERE_PERCENT = 12


class Killed(BaseException):
    """The process ended between two steps; nothing below it may catch this."""


class Mortality:
    """When the process ends: before or after a write, after money left, or at whatever it was waiting for."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self.calm = False
        """Nothing breaks any more."""

    def strikes(self, percent: int) -> bool:
        return not self.calm and self._chance.randrange(100) < percent

    def maybe(self, percent: int) -> None:
        if self.strikes(percent):
            raise Killed

    async def over(self, work: Awaitable[T]) -> T:
        """Do the work, or end somewhere in it. Raises Killed."""
        task = asyncio.ensure_future(work)
        if self.strikes(ANYWHERE_PERCENT):
            for _ in range(self._chance.randrange(60)):
                await asyncio.sleep(0)
            task.cancel()
        try:
            return await task
        except asyncio.CancelledError:
            # Here, or in another part of the same process that ended with it.
            raise Killed from None

    async def others_first(self) -> None:
        for _ in range(self._chance.randrange(3)):
            await asyncio.sleep(0)


class FlakyStore:
    """Lets others in before each write."""

    def __init__(self, store: MemoryStore, mortality: Mortality) -> None:
        self._store = store
        self._mortality = mortality

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        async with self._store.session() as session:
            yield FlakySession(session, self._mortality)  # type: ignore[misc]


class FlakySession:
    def __init__(self, session: Session, mortality: Mortality) -> None:
        self._session = session
        self._mortality = mortality
        self.load, self.hold, self.facts = session.load, session.hold, session.facts

    async def write(self, writes: Sequence[Write]) -> frozenset[OrderKey]:
        await self._mortality.others_first()
        self._mortality.maybe(WRITE_PERCENT)
        moved = await self._session.write(writes)
        self._mortality.maybe(WRITE_PERCENT)
        return moved


class WayToTheProvider:
    """We may end right after the money left. `pays_an_id_once` False: whatever arrives is paid, known or not."""

    def __init__(self, provider: SandboxProvider, mortality: Mortality, *, pays_an_id_once: bool) -> None:
        self._provider = provider
        self._mortality = mortality
        self.pays_an_id_once = pays_an_id_once
        self.arrived: Counter[str] = Counter()
        self.ask = provider.ask

    async def pay(self, order: PaymentOrder) -> PayoutNews:
        await self._mortality.others_first()
        try:
            answer = await self._provider.pay(order)
        except NotReached:
            raise
        except Unanswered:
            self.arrived[order.payout_id] += 1
            raise
        self.arrived[order.payout_id] += 1
        self._mortality.maybe(PAY_PERCENT)
        return answer
