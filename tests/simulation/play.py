"""One seed, one life of a small marketplace: two engines, two deliverers and a sweep, all of which may break off.

Nothing waits for real: time is moved by hand, the store is in memory, and chance comes from the seed alone.
"""

import asyncio
import random
from collections.abc import Awaitable, Sequence
from datetime import timedelta
from typing import Literal

from msgspec.structs import replace

from amends.adapters.couriers.sandbox import SandboxCourier
from amends.adapters.payments.sandbox import Fate, SandboxProvider
from amends.adapters.shop import LogShop
from amends.application.deliver import Deliverer
from amends.application.engine import Engine
from amends.application.ids import Ids
from amends.application.partners import ParcelScan, PayoutNews, PayoutWord, payout_envelope
from amends.application.ports import CaseKey, Envelope, Failed, OrderKey, Store
from amends.application.sweep import Sweep
from amends.domain import commands as k
from amends.domain.actor import SYSTEM, Actor
from amends.domain.decide import decide
from amends.domain.docket import Docket
from amends.domain.evolve import fold
from amends.domain.words import Leg, PayoutState
from amends.store.memory import MemoryDeadlines, MemoryStore
from amends.store.memory_reader import MemoryReader
from tests.property import news, people, strategies
from tests.property.dice import Seeded
from tests.property.lives import forming, likely, open_to, somebody
from tests.property.world import MERCHANT_ID, POLICIES, Seen, World
from tests.simulation.auditor import Auditor
from tests.simulation.flaky import FlakyStore, Killed, Mortality, WayToTheProvider
from tests.support.shops import ManualClock

ORDERS = 3
STEPS = 110
DRAIN = timedelta(hours=3)
DRAINS = 160

ODDS = {
    Fate.AT_ONCE: 30, Fate.LATER: 20, Fate.TWICE: 10, Fate.WEBHOOK_FIRST: 8, Fate.SILENT: 6, Fate.ANSWER_LOST: 8,
    Fate.UNSURE: 6, Fate.BUSY: 6, Fate.FAILS: 6, Fate.ORDER_LOST: 6,
}  # fmt: skip
"""Far more trouble than in life."""


class Mirror(World):
    """One order as the store has it, for those who choose what to do next."""

    def __init__(self, play: "Play", order_no: str) -> None:
        merchant = news.merchant(play.dice)
        super().__init__(replace(merchant, merchant_id=MERCHANT_ID), play.clock.now(), Seen())
        self.play, self.order_no = play, order_no
        self.told = replace(news.order(play.dice, self.now), order_no=order_no, tracking_no=f"SF-{order_no}")

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
        self.mortality = Mortality(self.chance)
        self.store = FlakyStore(self.memory, self.mortality)
        self.reader = MemoryReader(self.memory)
        self.provider = SandboxProvider(self.clock, self._hear, seed=seed, odds=ODDS)
        self.way = WayToTheProvider(self.provider, self.mortality, pays_an_id_once=self.dice.chance(50))
        self.courier = SandboxCourier(self.clock, self._hear_scans, seed=seed)
        self.auditor = Auditor()
        self.stubborn = self.dice.chance(40)
        self.unanswered: list[Envelope] = []
        self.answered: list[Envelope] = []
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
        self.deliverers = [
            Deliverer(
                self.memory.outbox,
                engine.handle,
                self.clock,
                self.chance,
                payments=self.way,
                courier=self.courier,
                shop=LogShop(),
            )
            for engine in self.engines
        ]

    async def run(self) -> None:
        self.orders = [Mirror(self, f"o{number}") for number in range(1, ORDERS + 1)]
        self.memory.merchants[MERCHANT_ID] = self.orders[0].docket.merchant
        self.mortality.calm = True
        for order in self.orders:
            await self._send(self._envelope(SYSTEM, order.told, order.order_no))
            await order.refresh()
            if order.told.paid_at is None or forming(order):
                continue
            if self.dice.chance(50):
                self._hand_over("SF", order.told.tracking_no or "")
                continue
            for scan in news.journey(self.dice, order):
                await self._send(self._envelope(SYSTEM, scan, order.order_no))
        self.mortality.calm = False
        for _ in range(STEPS):
            happening = self.dice.pick(HAPPENINGS)
            self.dice.tell(f"{self.clock.now():%m-%d %H:%M:%S} {happening.__name__}")
            await happening(self)
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
        if not order.cases or self.dice.chance(12):
            drawn = strategies.application(self.dice, order)
            command = replace(drawn[0], order_no=order.order_no) if drawn else None
            return self._envelope(people.BUYER, command, order.order_no) if command else None
        case = self.dice.pick(order.cases)
        actor = somebody(self.dice, order, case.case_id)
        kinds = open_to(order, case.case_id, actor)
        kind = likely(self.dice, order, case.case_id, actor, kinds, stubborn=self.stubborn)
        if kind is None:
            return None
        look = order.look(case.case_id, actor)
        command = strategies.fitting(kind, look, self.dice)
        if isinstance(command, k.SettlePayout):
            return await self._settlement(actor, command.payout_id, case.case_id)
        return self._envelope(actor, command, case=case.case_id)

    async def _settlement(self, actor: Actor, payout_id: str, case_id: int) -> Envelope | None:
        """What the provider's statement says; nobody settles what it does not tell yet."""
        word = (await self.provider.ask(payout_id, self._channel(payout_id))).word
        if word is PayoutWord.PENDING:
            return None
        result: Literal["done", "failed"] = "done" if word is PayoutWord.DONE else "failed"
        return self._envelope(actor, k.SettlePayout(payout_id, result, "对账单第 3 行"), case=case_id)

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
        """Whoever got no answer sends the same under the same key; some do although they got one."""
        if self.unanswered:
            await self._send(self.unanswered.pop(0))
        elif self.answered:
            await self._send(self.dice.pick(self.answered))

    async def time_passes(self) -> None:
        """Mostly minutes and hours; up to the edge of a deadline, or days, now and then."""
        order = self.dice.pick(self.orders)
        await order.refresh()
        later = news.later(self.dice, order)
        if later - self.clock.at > timedelta(hours=30) and self.dice.chance(60):
            later = self.clock.at + timedelta(hours=self.dice.pick((1, 5, 9)))
        self.clock.at = max(self.clock.at, later)

    async def sweep_comes(self) -> None:
        if await self._survives(self.sweep.once()):
            await self._audit()
            self.auditor.check_swept(self.clock.now())

    async def money_leaves(self) -> None:
        """By one deliverer, or by both at once."""
        count = self.dice.pick((1, 1, 2))
        await asyncio.gather(*(self._survives(one.deliver_due()) for one in self.deliverers[:count]))

    async def provider_works(self) -> None:
        await self._survives(self.provider.work())

    async def courier_works(self) -> None:
        """Parcels that cases sent off are handed over first."""
        for parcel in self.memory.parcels.values():
            if parcel.case_id is not None:
                self._hand_over(parcel.carrier, parcel.tracking_no)
        await self._survives(self.courier.work())

    # How

    def _envelope(
        self, actor: Actor, command: k.Command, order_no: str | None = None, case: int | None = None
    ) -> Envelope:
        self._keys += 1
        return Envelope(actor, MERCHANT_ID, command, case_id=case, order_no=order_no, key=f"k{self._keys}")

    def _channel(self, payout_id: str) -> str:
        payouts = (stored.case.payout(payout_id) for stored in self.memory.cases.values())
        return next((payout.channel for payout in payouts if payout is not None), "")

    def _hand_over(self, carrier: str, tracking_no: str) -> None:
        self.courier.take_over(carrier, tracking_no, origin="杭州", destination="成都", at=self.clock.now())

    async def _send(self, envelope: Envelope) -> None:
        self.dice.tell(f"    {envelope.actor.name} {envelope.case_id or envelope.order_no}: {envelope.command}")
        engine = self.dice.pick(self.engines)
        try:
            (answer,) = await self.mortality.over(engine.handle([envelope]))
        except Killed:
            self.unanswered.append(envelope)
            self._killed()
            return
        assert not isinstance(answer, Failed), f"{envelope} failed: {answer}"
        if answer.refusal is None and envelope.key is not None:
            self.auditor.hear(f"{envelope.actor.name} {envelope.key}", answer)
            self.answered.append(envelope)

    async def _hear(self, said: Sequence[PayoutNews]) -> None:
        await self.engines[0].handle([envelope for one in said if (envelope := payout_envelope(one)) is not None])

    async def _hear_scans(self, scans: Sequence[ParcelScan]) -> None:
        """As the intake finds whose parcel it is, without its lanes."""
        rows = await self.reader.parcels(sorted({scan.tracking_no for scan in scans}))
        await self.engines[1].handle(
            [
                Envelope(
                    SYSTEM,
                    row.merchant_id,
                    k.RecordScan(row.leg, row.carrier, row.tracking_no, scan.scan),
                    case_id=row.case_id,
                    order_no=row.order_no if row.case_id is None else None,
                )
                for scan in scans
                for row in rows
                if row.tracking_no == scan.tracking_no and row.carrier == scan.carrier
            ]
        )

    async def _survives(self, work: Awaitable[object]) -> bool:
        try:
            await self.mortality.over(work)
        except Killed:
            self._killed()
            return False
        return True

    def _killed(self) -> None:
        """What the process had in hand is gone; what it had lent from the outbox comes back when the lease is over."""
        self.kills += 1
        self.dice.tell("    killed")
        for deliverer in self.deliverers:
            for call in deliverer._calls:
                call.cancel()
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
        if not self.way.pays_an_id_once:
            self.auditor.check_sent_once(self.way.arrived)

    async def _drain(self) -> None:
        """Nothing breaks any more, nobody acts: weeks later both books agree and nobody waits for nothing."""
        self.mortality.calm = True
        while self.unanswered or self.late:
            await self._send((self.unanswered or self.late).pop(0))
        for order in self.orders:
            known = (await self.reader.docket(OrderKey(MERCHANT_ID, order.order_no))).order
            if known is not None and known.chargeback is not None and known.chargeback.state == "open":
                # Until the bank has decided, held money waits for the bank. News that came too late was passed over.
                ended = replace(known.chargeback, state=self.dice.pick(("won", "lost")))
                order.told = replace(order.told, chargeback=ended, occurred_at=None)
                await self._send(self._envelope(SYSTEM, order.told, order.order_no))
        for number in range(DRAINS):
            self.clock.advance(DRAIN)
            if number % 8 == 0:
                await self._platform_settles()
            await self.deliverers[0].deliver_due()
            await self.courier_works()
            await self.provider.work()
            await self.sweep.once()
        await self._audit()
        self.auditor.check_swept(self.clock.now())
        self.auditor.check_settled(self.provider.paid_minor())
        for stored in self.memory.cases.values():
            case = stored.case
            assert not case.is_open or case.deadlines or case.suspension, f"{case.case_id} waits for nobody: {case}"

    async def _platform_settles(self) -> None:
        """Two persons go through the payouts that are open to be settled."""
        for stored in list(self.memory.cases.values()):
            case = stored.case
            for payout in case.payouts:
                if payout.state is not PayoutState.UNKNOWN or case.suspension is not None:
                    continue
                for arbitrator in people.ARBITRATORS:
                    envelope = await self._settlement(arbitrator, payout.payout_id, case.case_id)
                    if envelope is not None:
                        await self._send(envelope)


HAPPENINGS = (
    *(Play.somebody_acts,) * 14,
    *(Play.parcel_moves,) * 3,
    Play.late_news_arrive,
    Play.shop_tells,
    *(Play.client_asks_again,) * 2,
    *(Play.time_passes,) * 3,
    *(Play.sweep_comes,) * 2,
    *(Play.money_leaves,) * 3,
    *(Play.provider_works,) * 2,
    *(Play.courier_works,) * 2,
)


def play(seed: int) -> Play:
    """Play one seed to its end."""
    game = Play(seed)
    try:
        asyncio.run(game.run())
    except Exception as fault:
        fault.add_note("\n".join([f"seed {seed}; the last that happened:", *game.dice.story[-40:]]))
        raise
    return game
