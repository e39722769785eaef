"""While the demo runs: what people hand in travels, and time that is let pass happens in its order."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from amends.adapters.clock import MovableClock
from amends.application.engine import Engine
from amends.application.ids import Ids
from amends.application.intake import Intake
from amends.application.lanes import Lanes
from amends.application.policies import Policies
from amends.application.ports import Answer, CaseKey, Envelope
from amends.application.sweep import Sweep
from amends.demo.album import keeping
from amends.demo.history import Back
from amends.demo.market import SEED, load
from amends.demo.outside import Files, Outside
from amends.demo.people import shops
from amends.domain import commands as k
from amends.domain.actor import buyer, merchant
from amends.domain.case import Case
from amends.domain.decide import decide
from amends.domain.order import shipping_state
from amends.domain.words import Goods, Kind, ScanCode, Stage
from amends.store.memory import MemoryDeadlines, MemoryRegistry, MemoryStore
from amends.store.memory_files import MemoryFiles
from amends.store.memory_reader import MemoryReader


class Demo:
    """A small marketplace that runs on."""

    def __init__(self, store: MemoryStore, lanes: Lanes, clock: MovableClock, outside: Outside) -> None:
        self.store, self.lanes, self.clock, self.outside = store, lanes, clock, outside

    async def send(self, envelope: Envelope) -> Answer:
        answer = await self.lanes.submit(envelope)
        assert answer.refusal is None, answer.refusal
        return answer

    def case(self, key: CaseKey) -> Case:
        return self.store.cases[key].case


@asynccontextmanager
async def demo(folder: Path) -> AsyncIterator[Demo]:
    store, clock, files = MemoryStore(), MovableClock(folder / "clock"), Files.under(folder / "sandbox")
    policies = Policies.load(None)
    async with keeping(MemoryFiles(store), folder, policies.in_force(clock.now()).files) as kept:
        back = Back(store, store.outbox, MemoryDeadlines(store), policies, kept, files.books, files.journal)
        await load(back, MemoryRegistry(store), Ids(1), seed=SEED, now=clock.now(), orders=400, stories=60)
    engine = Engine(store, decide, policies, clock, Ids(2))
    async with Lanes(engine) as lanes:
        records = MemoryReader(store)
        outside = Outside(
            clock=clock,
            outbox=store.outbox,
            submit=lanes.submit_bulk,
            intake=Intake(lanes, records),
            records=records,
            sweep=Sweep(engine, MemoryDeadlines(store), clock),
            files=files,
            seed=SEED,
        )
        running = asyncio.create_task(outside.run())
        try:
            yield Demo(store, lanes, clock, outside)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


def test_a_return_that_somebody_sends_travels_arrives_and_is_paid(tmp_path):
    async def story():
        async with demo(tmp_path) as d:
            key = await opened(d, Kind.RETURN_AND_REFUND)
            stored = d.case(key)
            owner = shops(SEED)[stored.merchant_id - 1001].settings
            agent = merchant(stored.merchant_id, next(iter(owner.staff)))
            await d.send(Envelope(agent, key.merchant_id, k.Agree(1), case_id=key.case_id))
            ship = k.ShipReturn("shunfeng", "SF00000000001")
            await d.send(Envelope(buyer(stored.buyer_id), key.merchant_id, ship, case_id=key.case_id))

            for _ in range(14):
                if (goods := d.case(key).goods) is Goods.RETURN_DELIVERED:
                    break
                assert goods is Goods.RETURN_IN_TRANSIT
                await d.outside.pass_time(timedelta(hours=12))
            assert d.case(key).goods is Goods.RETURN_DELIVERED
            await d.outside.pass_time(timedelta(days=5))
            case = d.case(key)
            assert (case.stage, case.paid_minor) == (Stage.CLOSED, case.amount_minor)
            arrived = case.return_parcel.first(ScanCode.DELIVERED, ScanCode.REFUSED).occurred_at
            assert case.closing.at - arrived >= timedelta(hours=48), "silence counts from the arrival, not the jump"

    asyncio.run(story())


def test_time_goes_on_from_where_the_history_ended(tmp_path):
    async def story():
        async with demo(tmp_path) as d:
            before = {key: stored.case.version for key, stored in d.store.cases.items()}
            moving = travelling(d)
            assert moving
            began = d.clock.now()
            assert await d.outside.pass_time(timedelta(days=6)) >= began + timedelta(days=6)
            assert sum(d.store.cases[key].case.version > version for key, version in before.items()) > 20
            assert len(travelling(d) & moving) < len(moving) * 0.2, "what was on its way has arrived"

    asyncio.run(story())


def travelling(d: Demo) -> set[str]:
    return {key.order_no for key, stored in d.store.orders.items() if shipping_state(stored.order) == "in_transit"}


async def opened(d: Demo, kind: Kind) -> CaseKey:
    """A case on an order that has arrived, needs no description, and has none yet."""
    for key, stored in sorted(d.store.orders.items()):
        order = stored.order
        if d.store.cases_of[key] or shipping_state(order) != "delivered":
            continue
        lines = (k.CaseLine(1, order.lines[0].quantity),)
        command = k.OpenCase(order.order_no, lines, kind, "no_reason", goods_received=True)
        answer = await d.lanes.submit(Envelope(buyer(order.buyer_id), order.merchant_id, command))
        if answer.refusal is None:
            return CaseKey(order.merchant_id, answer.case_id)
    raise AssertionError("no order fits")
