"""One seed, one life of a small marketplace: two engines, a deliverer and a provider, all of which may break off.

Nothing waits for real: time is moved by hand, the store is in memory, and chance comes from one generator.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

from msgspec.structs import replace

from amends.adapters.payments.sandbox import Fate, SandboxProvider
from amends.application.deliver import Deliverer
from amends.application.engine import Engine
from amends.application.ids import Ids
from amends.application.partners import (
    InterceptionAnswer,
    PaymentOrder,
    PayoutNews,
    payout_envelope,
)
from amends.application.ports import CaseKey, Envelope, Failed, OrderKey, Session, Store, Write
from amends.application.sweep import Sweep
from amends.domain import commands as k
from amends.domain.actor import SYSTEM, Actor
from amends.domain.decide import decide
from amends.domain.docket import Docket
from amends.domain.evolve import fold
from amends.domain.views import actions
from amends.domain.words import Leg
from amends.store.memory import MemoryDeadlines, MemoryStore
from amends.store.memory_reader import MemoryReader
from tests.property import news, people, strategies
from tests.property.dice import Seeded
from tests.property.lives import BY_VERB, WEIGHTS, forming
from tests.property.world import MERCHANT_ID, POLICIES, Seen, World
from tests.simulation.auditor import Auditor
from tests.support.shops import ManualClock

ORDERS = 4
STEPS = 70
DRAIN = timedelta(hours=3)
DRAINS = 160

ODDS = {
    Fate.AT_ONCE: 30, Fate.LATER: 20, Fate.TWICE: 10, Fate.WEBHOOK_FIRST: 8, Fate.SILENT: 6, Fate.ANSWER_LOST: 8,
    Fate.UNSURE: 6, Fate.BUSY: 6, Fate.FAILS: 6,
}  # fmt: skip
"""Far more trouble than in life. A payout that never arrives waits for two persons, who are not played here."""


class Killed(BaseException):
    """The process ended between two steps; nothing below it may catch this."""


class FlakyStore:
    """Ends the process now and then, before a write or right after it, and lets others in between."""

    def __init__(self, store: MemoryStore, chance: random.Random) -> None:
        self._store = store
        self._chance = chance
        self.calm = False

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        async with self._store.session() as session:
            yield FlakySession(session, self)  # type: ignore[misc]

    def maybe_killed(self, percent: int) -> None:
        if not self.calm and self._chance.randrange(100) < percent:
            raise Killed

    async def others_first(self) -> None:
        for _ in range(self._chance.randrange(3)):
            await asyncio.sleep(0)


class FlakySession:
    def __init__(self, session: Session, flaky: FlakyStore) -> None:
        self._session = session
        self._flaky = flaky
        self.load, self.hold, self.facts = session.load, session.hold, session.facts

    async def write(self, writes: Sequence[Write]) -> frozenset[OrderKey]:
        await self._flaky.others_first()
        self._flaky.maybe_killed(3)
        moved = await self._session.write(writes)
        self._flaky.maybe_killed(3)
        return moved


class FlakyProvider:
    """The way to the provider: we may end right after the money left."""

    pays_an_id_once = True

    def __init__(self, provider: SandboxProvider, flaky: FlakyStore) -> None:
        self._provider = provider
        self._flaky = flaky
        self.ask = provider.ask

    async def pay(self, order: PaymentOrder) -> PayoutNews:
        answer = await self._provider.pay(order)
        self._flaky.maybe_killed(5)
        return answer


class Courier:
    """Takes every request; parcels go their own way."""

    async def intercept(self, carrier: str, tracking_no: str) -> InterceptionAnswer:
        return InterceptionAnswer(accepted=True)

    async def deliver_after_all(self, carrier: str, tracking_no: str) -> None:
        return

    async def stop_shipping(self, merchant_id: int, order_no: str) -> None:
        return


class Mirror(World):
    """One order as the store has it, for those who choose what to do next."""

    def __init__(self, play: "Play", order_no: str) -> None:
        merchant = news.merchant(play.dice)
        super().__init__(replace(merchant, merchant_id=MERCHANT_ID), play.clock.now(), Seen())
        self.play, self.order_no = play, order_no
        self.told = replace(news.order(play.dice, self.now), order_no=order_no)

    async def refresh(self) -> None:
        """Read the order again, at the time that it is now."""
        self.docket: Docket = await self.play.reader.docket(OrderKey(MERCHANT_ID, self.order_no))
        self.now = self.play.clock.now()


class Play:
    """`run` plays a seed to its end; an AssertionError says what did not hold."""

    def __init__(self, seed: int) -> None:
        self.dice = Seeded(seed)
        self.chance = random.Random(f"kills/{seed}")
        self.clock = ManualClock(self.dice.pick(news.STARTS))
        self.memory = MemoryStore()
        self.store = FlakyStore(self.memory, self.chance)
        self.reader = MemoryReader(self.memory)
        self.provider = SandboxProvider(self.clock, self._hear, seed=seed, odds=ODDS)
        self.auditor = Auditor()
        self.unanswered: list[Envelope] = []
        self.late: list[Envelope] = []
        self.kills = 0
        self._keys = 0
        self._start()

    def _start(self) -> None:
        """Come up (again): nothing is remembered but what the store and the provider keep."""
        store: Store = self.store
        node = self.kills * 2 % 1000
        self.engines = [Engine(store, decide, POLICIES, self.clock, Ids(node + i)) for i in (1, 2)]
        self.sweep = Sweep(self.engines[0], MemoryDeadlines(self.memory), self.clock)
        courier = Courier()
        self.deliverer = Deliverer(
            self.memory.outbox,
            self.engines[1].handle,
            self.clock,
            self.chance,
            payments=FlakyProvider(self.provider, self.store),
            courier=courier,
            shop=courier,
        )

    async def run(self) -> None:
        self.orders = [Mirror(self, f"o{number}") for number in range(1, ORDERS + 1)]
        self.memory.merchants[MERCHANT_ID] = self.orders[0].docket.merchant
        self.store.calm = True
        for order in self.orders:
            await self._send(self._envelope(SYSTEM, order.told, order.order_no))
            await order.refresh()
            if order.docket.order is not None and order.told.paid_at is not None and not forming(order):
                for scan in news.journey(self.dice, order):
                    await self._send(self._envelope(SYSTEM, scan, order.order_no))
        self.store.calm = False
        for _ in range(STEPS):
            await self.dice.pick(HAPPENINGS)(self)
            await self._audit()
        await self._drain()

    # What happens

    async def somebody_acts(self) -> None:
        """One, or several at once through both engines, as people do who do not wait for each other."""
        wanted = [await self._wish() for _ in range(self.dice.pick((1, 1, 2, 4)))]
        await asyncio.gather(*(self._send(envelope) for envelope in wanted if envelope is not None))

    async def _wish(self) -> Envelope | None:
        order = self.dice.pick(self.orders)
        await order.refresh()
        if not order.cases or self.dice.chance(25):
            drawn = strategies.application(self.dice, order)
            command = replace(drawn[0], order_no=order.order_no) if drawn else None
            return self._envelope(people.BUYER, command, order.order_no) if command else None
        case = self.dice.pick(order.cases)
        actor = self.dice.pick(people.PARTIES if self.dice.chance(65) else people.PLATFORM)
        found = actions(order.docket, case.case_id, order.context(actor, case.case_id))
        kinds = [BY_VERB[action.verb] for action in found if action.allowed]
        weighted = [kind for kind in kinds for _ in range(WEIGHTS.get(kind, 4))]
        if not weighted:
            return None
        look = order.look(case.case_id, actor)
        return self._envelope(actor, strategies.fitting(self.dice.pick(weighted), look, self.dice), case=case.case_id)

    async def parcel_moves(self) -> None:
        """A scan arrives now, later, or twice."""
        order = self.dice.pick(self.orders)
        await order.refresh()
        drawn = news.case_scan(self.dice, order, calm=False) if self.dice.chance(60) else None
        if drawn is not None:
            envelope = self._envelope(SYSTEM, drawn[1], case=drawn[0])
        elif order.order.paid_at is not None and not forming(order):
            scan = news.outward_scan(self.dice, order, calm=False)
            envelope = self._envelope(SYSTEM, replace(scan, leg=Leg.OUTWARD), order.order_no)
        else:
            return
        if self.dice.chance(25):
            self.late.append(envelope)
        else:
            await self._send(envelope)
        if self.dice.chance(15):
            await self._send(envelope)

    async def late_news_arrive(self) -> None:
        if self.late:
            await self._send(self.late.pop(self.dice.below(len(self.late))))

    async def shop_tells(self) -> None:
        order = self.dice.pick(self.orders)
        await order.refresh()
        order.told = news.order_news(self.dice, order, order.told, calm=self.dice.chance(70))
        await self._send(self._envelope(SYSTEM, order.told, order.order_no))

    async def client_asks_again(self) -> None:
        """Whoever got no answer sends the same under the same key."""
        if self.unanswered:
            await self._send(self.unanswered.pop(0))

    async def time_passes(self) -> None:
        order = self.dice.pick(self.orders)
        await order.refresh()
        self.clock.at = max(self.clock.at, news.later(self.dice, order))

    async def sweep_comes(self) -> None:
        if await self._survives(self.sweep.once()):
            await self._audit()
            self.auditor.check_swept(self.clock.now())

    async def money_leaves(self) -> None:
        await self._survives(self.deliverer.deliver_due())

    async def provider_works(self) -> None:
        await self._survives(self.provider.work())

    # How

    def _envelope(
        self, actor: Actor, command: k.Command, order_no: str | None = None, case: int | None = None
    ) -> Envelope:
        self._keys += 1
        return Envelope(actor, MERCHANT_ID, command, case_id=case, order_no=order_no, key=f"k{self._keys}")

    async def _send(self, envelope: Envelope) -> None:
        engine = self.dice.pick(self.engines)
        try:
            (answer,) = await engine.handle([envelope])
        except Killed:
            self.unanswered.append(envelope)
            self._killed()
            return
        assert not isinstance(answer, Failed), f"{envelope} failed: {answer}"
        if answer.refusal is None and envelope.key is not None:
            self.auditor.hear(f"{envelope.actor.name} {envelope.key}", answer)

    async def _hear(self, said: Sequence[PayoutNews]) -> None:
        await self.engines[0].handle([envelope for one in said if (envelope := payout_envelope(one)) is not None])

    async def _survives(self, work: Awaitable[object]) -> bool:
        try:
            await work
        except Killed:
            self._killed()
            return False
        return True

    def _killed(self) -> None:
        """What the process had in hand is gone; what it had lent from the outbox comes back when the lease is over."""
        self.kills += 1
        self.memory.held_by = None
        self._start()

    async def _audit(self) -> None:
        """Read everything that is on record and hold it against the simpler model."""
        for key, records in list(self.memory.records.items()):
            case = CaseKey(*key)
            facts = [record.fact for record in records]
            self.auditor.read(case, facts)
            assert fold(facts) == self.memory.cases[case].case, f"{case} is not what its events make of it"
        self.auditor.check_promises()
        paid = {order.order_no: order.told.paid for order in self.orders}
        self.auditor.check_money(paid, POLICIES.in_force(self.clock.now()).limits.compensation_per_order_minor)
        self.auditor.check_provider(self.provider.paid_minor())

    async def _drain(self) -> None:
        """Nothing breaks any more, nobody acts: weeks later both books agree and nobody waits for nothing."""
        self.store.calm = True
        while self.unanswered or self.late:
            await self._send((self.unanswered or self.late).pop(0))
        for order in self.orders:
            if order.told.chargeback is not None and order.told.chargeback.state == "open":
                # Until the bank has decided, held money waits for the bank.
                ended = replace(order.told.chargeback, state=self.dice.pick(("won", "lost")))
                order.told = replace(order.told, chargeback=ended, occurred_at=None)
                await self._send(self._envelope(SYSTEM, order.told, order.order_no))
        for _ in range(DRAINS):
            self.clock.advance(DRAIN)
            await self.deliverer.deliver_due()
            await self.provider.work()
            await self.sweep.once()
        await self._audit()
        self.auditor.check_swept(self.clock.now())
        self.auditor.check_settled(self.provider.paid_minor())
        for stored in self.memory.cases.values():
            case = stored.case
            assert not case.is_open or case.deadlines or case.suspension, f"{case.case_id} waits for nobody: {case}"


HAPPENINGS = (
    *(Play.somebody_acts,) * 8,
    *(Play.parcel_moves,) * 3,
    Play.late_news_arrive,
    Play.shop_tells,
    *(Play.client_asks_again,) * 2,
    *(Play.time_passes,) * 3,
    *(Play.sweep_comes,) * 2,
    *(Play.money_leaves,) * 3,
    *(Play.provider_works,) * 2,
)


def play(seed: int) -> Play:
    """Play one seed to its end."""
    game = Play(seed)
    asyncio.run(game.run())
    return game
