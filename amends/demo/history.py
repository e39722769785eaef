"""Plays the demo's past: people, parcels and payments act at their instants, through the engine and its partners."""

import heapq
import itertools
import logging
import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct

from amends.adapters.couriers.journeys import Way
from amends.adapters.couriers.sandbox import SandboxCourier
from amends.adapters.payments.sandbox import SandboxProvider
from amends.adapters.shop import LogShop
from amends.application.deliver import Deliverer
from amends.application.engine import Engine
from amends.application.ids import Ids
from amends.application.partners import ParcelScan, PayoutNews, payout_envelope
from amends.application.ports import Answer, Deadlines, Envelope, Failed, Outbox, Store
from amends.application.sweep import Sweep
from amends.demo.album import Album, Filing, Keeping
from amends.demo.orders import DemoOrder, daytime
from amends.demo.scene import Act, Scene, Script, Turn, Until
from amends.domain.actor import SYSTEM
from amends.domain.case import Case
from amends.domain.commands import Command, RecordScan
from amends.domain.decide import decide
from amends.domain.docket import Context, Decided, Docket, PolicyBook
from amends.domain.effects import effects
from amends.domain.order import Scan
from amends.domain.refusals import Refusal
from amends.domain.time import Instant
from amends.domain.words import Leg

log = logging.getLogger(__name__)

STEP = timedelta(minutes=15)
"""What falls due within a step happens at one instant of it: fewer batches, and nobody sees it."""

LONGEST = timedelta(hours=1)
"""The courier and the provider are listened to at least so often, and retries of deliveries made."""

SWEEPS_EVERY = timedelta(hours=2)


class Back(NamedTuple):
    """The service behind the engine, memory or PostgreSQL, and the files of its sandbox partners."""

    store: Store
    outbox: Outbox
    deadlines: Deadlines
    policies: PolicyBook
    keeping: Keeping
    books: Path | None = None
    journal: Path | None = None


class HistoryClock:
    """Says whatever instant is being played."""

    def __init__(self, at: Instant) -> None:
        self.at = at

    def now(self) -> Instant:
        return self.at


class Whose(NamedTuple):
    """Which order, and which case of it, a parcel belongs to."""

    merchant_id: int
    order_no: str
    case_id: int | None
    leg: Leg


class Played(Struct):
    """What came of it. `turns` are stories that the rules ended early, `failed` commands without an answer."""

    commands: int = 0
    turns: list[Turn] = []
    failed: list[Failed] = []


class History:
    """The world around all stories at once."""

    def __init__(self, back: Back, ids: Ids, *, seed: int, starts_at: Instant) -> None:
        self.clock = HistoryClock(starts_at)
        self.engine = Engine(back.store, self._look_on, back.policies, self.clock, ids)
        self.provider = SandboxProvider(self.clock, self._hear_payouts, seed=seed, books=back.books)
        self.courier = SandboxCourier(self.clock, self._hear_scans, seed=seed, journal=back.journal)
        self.album = Album(back.keeping, ids)
        self.played = Played()
        self._sweep = Sweep(self.engine, back.deadlines, self.clock)
        self._deliverer = Deliverer(
            back.outbox,
            self.engine.handle,
            self.clock,
            random.Random(f"{seed}/retries"),  # noqa: S311 - chance for show, not for secrets
            payments=self.provider,
            courier=self.courier,
            shop=LogShop(),
        )
        self._draws = random.Random(f"{seed}/steps")  # noqa: S311 - chance for show, not for secrets
        self._starts_at = starts_at
        self._serial = itertools.count()
        self._starting: list[tuple[Instant, int, Script]] = []
        self._acting: list[tuple[Instant, int, Act, Script]] = []
        self._waiting: dict[int, list[tuple[Until, Script]]] = {}
        self._cases: dict[int, Case] = {}
        self._changed: dict[int, None] = {}
        self._news: list[Envelope] = []
        self._whose: dict[str, Whose] = {}
        self._undelivered = False
        self._sweeps_at = starts_at

    # What stories find around them

    @property
    def now(self) -> Instant:
        return self.clock.at

    def case(self, case_id: int) -> Case:
        return self._cases[case_id]

    def hand_over(
        self, leg: Leg, scene: Scene, carrier: str, tracking_no: str, way: Way | None = None
    ) -> tuple[Scan, ...]:
        order = scene.order
        self._whose[tracking_no] = Whose(order.shop.merchant_id, order.order_no, scene.case_id, leg)
        origin, destination = order.shop.city, order.buyer.city
        if leg is Leg.RETURN:
            origin, destination = destination, origin
        at = daytime(self.now + timedelta(hours=self._draws.uniform(0.5, 6)), self._draws)
        return self.courier.take_over(carrier, tracking_no, origin=origin, destination=destination, at=at, way=way)

    def refuse_at_door(self, order: DemoOrder) -> None:
        if order.parcel is not None:
            self.courier.refuse_at_door(order.parcel.carrier, order.parcel.tracking_no)

    def take(self, filing: Filing) -> str:
        return self.album.take(filing)

    # What happens

    def begins(self, at: Instant, script: Script) -> None:
        """A script's first step is asked for at `at`."""
        heapq.heappush(self._starting, (at, next(self._serial), script))

    def lives(self, order: DemoOrder) -> None:
        """An order's own life, with or without a story."""
        self.begins(max(order.paid_at, self._starts_at), self._life(order))

    async def play(self, until: Instant, progress: Callable[[float], None]) -> None:
        """Everything from here to `until`."""
        length = until - self._starts_at
        while self.clock.at < until:
            self.clock.at = min(self._next(), until)
            await self._step()
            progress((self.clock.at - self._starts_at) / length)
        await self._sweep.once()
        await self._deliverer.deliver_due()
        await self.album.keep()

    def close(self) -> None:
        self.album.close()
        self.provider.close()
        self.courier.close()

    def _next(self) -> Instant:
        """The next instant at which something is done: never twice the same, and not on the full minute."""
        first = min(heap[0][0] for heap in (self._starting, self._acting) if heap) if self._busy() else None
        latest = self.clock.at + LONGEST
        wanted = latest if first is None else min(max(first, self.clock.at), latest)
        steps = (wanted - self._starts_at) // STEP + 1
        return self._starts_at + steps * STEP + timedelta(seconds=self._draws.uniform(0, 840))

    def _busy(self) -> bool:
        return bool(self._starting or self._acting)

    async def _step(self) -> None:
        now = self.clock.at
        await self.courier.work()
        await self.provider.work()
        while self._starting and self._starting[0][0] <= now:
            self._go_on(heapq.heappop(self._starting)[2], None)
        acts = []
        while self._acting and self._acting[0][0] <= now:
            acts.append(heapq.heappop(self._acting)[2:])
        news, self._news = self._news, []
        answers = await self._tell([*news, *(act.envelope for act, _ in acts)])
        for (_, script), answer in zip(acts, answers[len(news) :], strict=True):
            if isinstance(answer, Answer):
                self._go_on(script, answer)
        if self._undelivered or now >= self._sweeps_at:
            self._undelivered = False
            await self._deliverer.deliver_due()
        if now >= self._sweeps_at:
            await self._sweep.once()
            self._sweeps_at = now + SWEEPS_EVERY
        self._wake()

    async def _tell(self, envelopes: Sequence[Envelope]) -> list[Answer | Failed]:
        if not envelopes:
            return []
        answers = await self.engine.handle(envelopes)
        self.played.commands += len(answers)
        self.played.failed += [answer for answer in answers if isinstance(answer, Failed)]
        return answers

    def _go_on(self, script: Script, answer: Answer | None) -> None:
        """Ask a script for its next step; conditions that hold already are no steps."""
        try:
            step = script.send(answer)
            while isinstance(step, Until):
                if not step.holds(self._cases[step.case_id]):
                    self._waiting.setdefault(step.case_id, []).append((step, script))
                    return
                step = script.send(None)
        except StopIteration:
            return
        except Turn as turn:
            log.debug("a story ended early: %s", turn)
            self.played.turns.append(turn)
            return
        heapq.heappush(self._acting, (step.at, next(self._serial), step, script))

    def _wake(self) -> None:
        changed, self._changed = self._changed, {}
        for case_id in changed:
            for until, script in self._waiting.pop(case_id, ()):
                if until.holds(self._cases[case_id]):
                    self._go_on(script, None)
                else:
                    self._waiting.setdefault(case_id, []).append((until, script))

    def _life(self, order: DemoOrder) -> Script:
        yield Act(self.now, order.news(self.now))
        formed_at = order.group.grouped_at if order.group else None
        if formed_at is not None and formed_at > self.now:
            yield Act(formed_at, order.news(formed_at))
        if order.cancelled_at is not None:
            at = max(order.cancelled_at, self.now)
            yield Act(at, order.news(at))
        if order.parcel is None:
            return
        carrier, number, leaves_at, way, can_be_stopped = order.parcel
        if leaves_at > self.now:
            yield Act(leaves_at, order.news(leaves_at))
        self._whose[number] = Whose(order.shop.merchant_id, order.order_no, None, Leg.OUTWARD)
        scans = self.courier.take_over(
            carrier,
            number,
            origin=order.shop.city,
            destination=order.buyer.city,
            at=leaves_at,
            way=way,
            can_be_stopped=can_be_stopped,
        )
        arrives_at = scans[-1].occurred_at if scans and scans[-1].code == "delivered" else None
        if arrives_at is not None and order.confirms_after is not None:
            at = max(arrives_at + order.confirms_after, self.now)
            yield Act(at, order.news(at, confirmed_at=at))

    # What is overheard

    def _look_on(self, docket: Docket, command: Command, context: Context) -> Decided | Refusal:
        decided = decide(docket, command, context)
        if isinstance(decided, Decided):
            for case in decided.cases:
                self._cases[case.case_id] = case
                self._changed[case.case_id] = None
            self._undelivered |= any(effects(fact, self._cases[fact.case_id]) for fact in decided.facts)
        return decided

    async def _hear_scans(self, news: Sequence[ParcelScan]) -> None:
        for one in sorted(news, key=lambda one: one.scan.occurred_at):
            merchant_id, order_no, case_id, leg = self._whose[one.tracking_no]
            command = RecordScan(leg, one.carrier, one.tracking_no, one.scan)
            about = {"order_no": order_no} if case_id is None else {"case_id": case_id}
            self._news.append(Envelope(SYSTEM, merchant_id, command, **about))

    async def _hear_payouts(self, news: Sequence[PayoutNews]) -> None:
        self._news += [envelope for one in news if (envelope := payout_envelope(one)) is not None]
