"""The demo's outside at work: courier, provider and deadlines, parcels that people hand in, and time to be let pass."""

import asyncio
import logging
import math
import random
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from amends.adapters.clock import MovableClock
from amends.adapters.couriers.sandbox import SandboxCourier
from amends.adapters.payments.sandbox import SandboxProvider
from amends.adapters.shop import LogShop
from amends.application.deliver import Deliverer, Submit
from amends.application.intake import Intake
from amends.application.partners import ParcelScan, PayoutNews
from amends.application.ports import CaseKey, FeedItem, OrderKey, Outbox, Reader, Unavailable
from amends.application.sweep import Sweep
from amends.demo.orders import daytime
from amends.demo.people import buyers, shops
from amends.domain.case import Case
from amends.domain.events import RefusalAgreed, ReplacementShipped, ReturnShipped
from amends.domain.time import Instant

log = logging.getLogger(__name__)

LOOKS_EVERY_SECONDS = 2.0
HOUR = timedelta(hours=1)
MOST_STEPS = 120
PAGE = 500


class Files(NamedTuple):
    """Where the partners keep their memory."""

    books: Path
    journal: Path

    @classmethod
    def under(cls, folder: Path) -> "Files":
        folder.mkdir(parents=True, exist_ok=True)
        return cls(folder / "payments.jsonl", folder / "parcels.jsonl")


class Outside:
    """Everything that moves by itself while the demo runs."""

    def __init__(
        self, *, clock: MovableClock, outbox: Outbox, submit: Submit, intake: Intake, records: Reader, sweep: Sweep,
        files: Files, seed: int,
    ) -> None:  # fmt: skip
        async def hear_payouts(news: Sequence[PayoutNews]) -> None:
            await intake.payouts(news)

        async def hear_scans(scans: Sequence[ParcelScan]) -> None:
            await intake.scans(scans)

        self._clock = clock
        self._sweep = sweep
        self._provider = SandboxProvider(clock, hear_payouts, seed=seed, books=files.books)
        self._courier = SandboxCourier(clock, hear_scans, seed=seed, journal=files.journal)
        self._counter = _Counter(records, self._courier, clock, seed)

        def deliverer() -> Deliverer:
            return Deliverer(
                outbox,
                submit,
                clock,
                random.Random(),  # noqa: S311 - spreads retries
                payments=self._provider,
                courier=self._courier,
                shop=LogShop(),
            )

        self._deliverer, self._deliverer_of_passing_time = deliverer(), deliverer()
        self._one_at_a_time = asyncio.Lock()

    async def run(self) -> None:
        """Until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                for work in (self._deliverer, self._provider, self._courier, self._counter):
                    group.create_task(work.run())
                group.create_task(self._sweep.forever())
        finally:
            self._provider.close()
            self._courier.close()

    async def pass_time(self, length: timedelta) -> Instant:
        """Let time pass in small steps, so that parcels, payments and deadlines fall in their order."""
        async with self._one_at_a_time:
            await self._counter.work()  # nobody hands in anything while time passes
            steps = min(MOST_STEPS, max(1, math.ceil(length / HOUR)))
            for _ in range(steps):
                self._clock.advance(length / steps)
                await self._courier.work()
                await self._provider.work()
                await self._sweep.once()
                await self._deliverer_of_passing_time.deliver_due()
            return self._clock.now()


class _Counter:
    """Where people hand in parcels: what the records say was sent is given to the courier."""

    def __init__(self, records: Reader, courier: SandboxCourier, clock: MovableClock, seed: int) -> None:
        self._records = records
        self._courier = courier
        self._clock = clock
        self._draws = random.Random(f"{seed}/counter")  # noqa: S311 - chance for show, not for secrets
        self._shops = {shop.merchant_id: shop.city for shop in shops(seed)}
        self._buyers = {buyer.buyer_id: buyer.city for buyer in buyers(seed)}
        self._read: dict[int, int] = {}
        self._new_from: dict[int, int] = {}

    async def run(self) -> None:
        while True:
            try:
                await self.work()
            except Unavailable:
                log.warning("the counter cannot read what was sent", exc_info=True)
            await asyncio.sleep(LOOKS_EVERY_SECONDS)

    async def work(self) -> None:
        """Read what is new of every shop. The first time that is everything: the courier knows what it has."""
        for merchant_id in self._shops:
            if merchant_id not in self._new_from:
                self._new_from[merchant_id] = await self._records.feed_no(merchant_id)
            while page := await self._records.feed(merchant_id, self._read.get(merchant_id, 0), PAGE):
                for item in page:
                    await self._take(merchant_id, item)
                self._read[merchant_id] = page[-1].feed_no

    async def _take(self, merchant_id: int, item: FeedItem) -> None:
        match item.fact.event:
            case ReturnShipped(carrier=carrier, tracking_no=number) if not self._courier.knows(carrier, number):
                case = await self._case(merchant_id, item)
                self._hand_over(carrier, number, self._buyers.get(case.buyer_id, "买家"), self._shops[merchant_id])
            case ReplacementShipped(carrier=carrier, tracking_no=number) if not self._courier.knows(carrier, number):
                case = await self._case(merchant_id, item)
                self._hand_over(carrier, number, self._shops[merchant_id], self._buyers.get(case.buyer_id, "买家"))
            case RefusalAgreed() if item.feed_no > self._new_from[merchant_id]:
                case = await self._case(merchant_id, item)
                docket = await self._records.docket(OrderKey(merchant_id, case.order_no))
                if docket.order is not None and docket.order.parcel is not None:
                    self._courier.refuse_at_door(docket.order.parcel.carrier, docket.order.parcel.tracking_no)

    async def _case(self, merchant_id: int, item: FeedItem) -> Case:
        case = await self._records.case(CaseKey(merchant_id, item.fact.case_id))
        assert case is not None, "every event is about a case"
        return case

    def _hand_over(self, carrier: str, tracking_no: str, origin: str, destination: str) -> None:
        at = daytime(self._clock.now() + timedelta(hours=self._draws.uniform(0.5, 6)), self._draws)
        self._courier.take_over(carrier, tracking_no, origin=origin, destination=destination, at=at)
