"""Effects leave through the outbox, answers come back as commands, whatever goes wrong outside."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from amends.adapters.payments.sandbox import Fate, SandboxProvider
from amends.application.deliver import CALLS_AT_ONCE, LEASE, MONEY, REQUESTS, Backoff, Deliverer
from amends.application.engine import Engine
from amends.application.ids import Ids
from amends.application.partners import (
    InterceptionAnswer,
    NotReached,
    PaymentOrder,
    PayoutNews,
    PayoutWord,
    payout_envelope,
)
from amends.application.policies import Policies
from amends.application.ports import Answer, CaseKey, Envelope, Failed, Unavailable
from amends.domain import commands as k
from amends.domain.actor import SYSTEM, buyer, merchant
from amends.domain.case import Case
from amends.domain.decide import decide
from amends.domain.order import Group, Line, Payment, Scan
from amends.domain.words import Funds, Goods, Kind, Leg, PayoutState, ScanCode, Stage
from amends.store.database import Database
from amends.store.migrate import migrate
from amends.store.outbox import PostgresOutbox
from amends.store.postgres import PostgresStore
from amends.store.reader import PostgresReader
from tests.support.database import fresh_database, template_database

SHOP = 1001
NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


class HandClock:
    def __init__(self) -> None:
        self.at = NOON

    def now(self) -> datetime:
        return self.at

    def advance(self, **length: float) -> None:
        self.at += timedelta(**length)


class QuietCourier:
    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answer: InterceptionAnswer | Exception = InterceptionAnswer(accepted=True)

    async def intercept(self, carrier: str, tracking_no: str) -> InterceptionAnswer:
        self.asked.append(f"{carrier} {tracking_no}")
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def deliver_after_all(self, carrier: str, tracking_no: str) -> None:
        self.asked.append(f"after all {carrier} {tracking_no}")


class QuietShop:
    def __init__(self) -> None:
        self.stopped: list[tuple[int, str]] = []

    async def stop_shipping(self, merchant_id: int, order_no: str) -> None:
        self.stopped.append((merchant_id, order_no))


class House:
    """The service with a provider of a fixed temper, on a database of its own."""

    def __init__(self, database: Database, provider: SandboxProvider | None = None, fate: Fate = Fate.AT_ONCE) -> None:
        self.clock = HandClock()
        self.engine = Engine(PostgresStore(database), decide, Policies.load(None), self.clock, Ids(1))
        self.outbox = PostgresOutbox(database)
        self.reader = PostgresReader(database)
        self.courier, self.shop = QuietCourier(), QuietShop()
        self.provider = provider or SandboxProvider(self.clock, self.hear, seed=1, odds={fate: 1})
        self.deliverer = self.new_deliverer()

    def new_deliverer(self, **options: object) -> Deliverer:
        parts = {"payments": self.provider, "courier": self.courier, "shop": self.shop, **options}
        return Deliverer(self.outbox, self.engine.handle, self.clock, random.Random(1), **parts)

    async def hear(self, news: Sequence[PayoutNews]) -> None:
        await self.engine.handle([envelope for one in news if (envelope := payout_envelope(one)) is not None])

    async def send(self, *envelopes: Envelope) -> list[Answer]:
        answers = await self.engine.handle(envelopes)
        for answer in answers:
            assert isinstance(answer, Answer), answer
            assert answer.refusal is None, answer.refusal
        return answers

    async def case_of(self, order_no: str, **order: object) -> CaseKey:
        """An unshipped order, refunded at once because nothing was printed yet: one payout is to be sent."""
        await self.send(self.order(order_no, **order))
        return await self.open(order_no, "changed_mind")

    def order(self, order_no: str, **changes: object) -> Envelope:
        line = Line(1, "SKU-1", "手冲咖啡壶 600ml", "home", 1, 5_900, 5_900)
        fields = {
            "order_no": order_no, "buyer_id": "b1", "currency": "CNY", "lines": (line,), "freight_paid": 0,
            "paid": 5_900, "payments": (Payment("wechat", f"wx-{order_no}", 5_900),), "label_printed": False,
            "paid_at": NOON - timedelta(days=1),
        }  # fmt: skip
        return Envelope(SYSTEM, SHOP, k.SyncOrder(**fields | changes))

    async def open(self, order_no: str, reason: str) -> CaseKey:
        command = k.OpenCase(order_no, (k.CaseLine(1, 1),), Kind.REFUND_ONLY, reason, goods_received=False)
        (answer,) = await self.send(Envelope(buyer("b1"), SHOP, command))
        assert answer.case_id is not None
        return CaseKey(SHOP, answer.case_id)

    async def case(self, key: CaseKey) -> Case:
        case = await self.reader.case(key)
        assert case is not None
        return case

    async def errors(self) -> list[str]:
        return [letter.error for letter in await self.outbox.dead_letters(10)]


@pytest.fixture
def dsn(postgres) -> AsyncIterator[str]:
    with fresh_database(postgres, template_database(postgres, "deliver", migrate)) as dsn:
        yield dsn


@asynccontextmanager
async def house(dsn: str, *arguments: object) -> AsyncIterator[House]:
    async with Database(dsn, batch_connections=2, page_connections=3) as database:
        yield House(database, *arguments)


def test_a_payout_is_paid_and_its_case_ends(dsn):
    async def story():
        async with house(dsn) as h:
            key = await h.case_of("A1")
            assert (await h.case(key)).funds is Funds.PAYING
            await h.deliverer.deliver_due()
            case = await h.case(key)
            assert (case.stage, case.paid_minor) == (Stage.CLOSED, 5_900)
            assert h.provider.paid_minor() == {case.payouts[0].payout_id: 5_900}

    asyncio.run(story())


@pytest.mark.parametrize(
    "fate",
    [Fate.LATER, Fate.TWICE, Fate.WEBHOOK_FIRST, Fate.SILENT, Fate.ANSWER_LOST, Fate.UNSURE, Fate.BUSY],
)
def test_however_the_provider_answers_the_buyer_is_paid_exactly_once(dsn, fate):
    """G33, G35, L05: late, twice, before the call returns, never, broken off, unsure, turned away."""

    async def story():
        async with house(dsn, None, fate) as h:
            keys = [await h.case_of(f"A{n}") for n in range(3)]
            for _ in range(50):
                await h.deliverer.deliver_due()
                await h.provider.work()
                h.clock.advance(hours=1)
            for key in keys:
                case = await h.case(key)
                assert (case.stage, case.paid_minor) == (Stage.CLOSED, 5_900)
            assert list(h.provider.paid_minor().values()) == [5_900] * 3
            assert h.provider.sent_again() == {}
            assert await h.outbox.lease(h.clock.now(), h.clock.now(), 10) == []
            assert await h.errors() == []

    asyncio.run(story())


def test_a_call_that_broke_off_is_asked_about_and_never_sent_again(dsn):
    """Rules §3: an order that never arrived stays unknown until a person settles it."""

    async def story():
        async with house(dsn, None, Fate.ORDER_LOST) as h:
            key = await h.case_of("A1")
            for _ in range(80):
                await h.deliverer.deliver_due()
                h.clock.advance(hours=1)
            case = await h.case(key)
            assert (case.stage, case.funds) == (Stage.IN_MOTION, Funds.UNKNOWN)
            assert h.provider.paid_minor() == {}
            assert h.provider.sent_again() == {}

    asyncio.run(story())


def test_a_deliverer_that_died_after_paying_is_followed_by_one_that_asks_first(dsn):
    async def dies(envelopes: Sequence[Envelope]) -> list[Answer | Failed]:
        raise Unavailable("killed here, after the call and before its mark")

    async def story():
        async with house(dsn) as h:
            key = await h.case_of("A1")
            dying = Deliverer(
                h.outbox, dies, h.clock, random.Random(1), payments=h.provider, courier=h.courier, shop=h.shop
            )
            with pytest.raises(Unavailable):
                await dying.deliver_due()
            assert len(h.provider.paid_minor()) == 1
            assert (await h.case(key)).funds is Funds.PAYING

            await h.deliverer.deliver_due()
            assert (await h.case(key)).funds is Funds.PAYING, "the message is still lent to the one that died"
            h.clock.at += LEASE
            await h.deliverer.deliver_due()
            assert (await h.case(key)).stage is Stage.CLOSED
            assert h.provider.sent_again() == {}

    asyncio.run(story())


class Forgetful:
    """A provider that pays whatever it is sent, as often as it is sent, and breaks off before it answers."""

    pays_an_id_once = False

    def __init__(self) -> None:
        self.paid: list[str] = []

    async def pay(self, order: PaymentOrder) -> PayoutNews:
        self.paid.append(order.payout_id)
        raise asyncio.CancelledError

    async def ask(self, payout_id: str, channel: str) -> PayoutNews:
        assert channel == "wechat"
        return PayoutNews(payout_id, PayoutWord.NEVER_HEARD)


def test_a_provider_that_would_pay_an_id_twice_gets_it_once(dsn):
    async def story():
        async with house(dsn, Forgetful()) as h:
            key = await h.case_of("A1")
            with pytest.raises(asyncio.CancelledError):
                await h.deliverer.deliver_due()
            h.clock.at += LEASE
            await h.new_deliverer().deliver_due()
            assert len(h.provider.paid) == 1
            assert (await h.case(key)).funds is Funds.UNKNOWN

    asyncio.run(story())


class Hanging:
    """A provider that takes an order and never answers."""

    pays_an_id_once = True

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.asked: list[str] = []

    async def pay(self, order: PaymentOrder) -> PayoutNews:
        self.taken.append(order.payout_id)
        return await asyncio.Future()

    async def ask(self, payout_id: str, channel: str) -> PayoutNews:
        self.asked.append(f"{channel} {payout_id}")
        return PayoutNews(payout_id, PayoutWord.PENDING)


def test_a_provider_that_hangs_is_cut_off_and_its_payouts_are_unknown(dsn):
    async def story():
        async with house(dsn, Hanging()) as h:
            key = await h.case_of("A1")
            await h.new_deliverer(call_seconds=0.05).deliver_due()
            assert (await h.case(key)).payouts[0].state is PayoutState.UNKNOWN
            assert h.provider.asked == [f"wechat {h.provider.taken[0]}"]

    asyncio.run(story())


def test_a_hanging_provider_holds_up_no_courier(dsn):
    async def story():
        async with house(dsn, Hanging()) as h:
            await h.case_of("A1")
            running = asyncio.create_task(h.new_deliverer(call_seconds=30).run())
            await asyncio.sleep(0.3)
            await _intercepting(h)
            for _ in range(60):
                await asyncio.sleep(0.05)
                if h.courier.asked:
                    break
            running.cancel()
            assert h.courier.asked == ["sf SF100"]

    asyncio.run(story())


def test_a_channel_that_says_no_for_good_gives_way_to_the_next_one(dsn):
    async def story():
        async with house(dsn) as h:
            payments = (Payment("wechat", "closed-1", 3_000), Payment("alipay", "ali-1", 5_900))
            key = await h.case_of("A1", payments=payments, paid=5_900)
            await h.deliverer.deliver_due()
            case = await h.case(key)
            assert [(p.channel, p.state) for p in case.payouts] == [
                ("wechat", PayoutState.FAILED),
                ("alipay", PayoutState.PAID),
                ("alipay", PayoutState.PAID),
            ]
            assert case.paid_minor == 5_900

    asyncio.run(story())


def test_what_cannot_be_reached_is_tried_again_and_then_left_to_a_person(dsn):
    async def story():
        async with house(dsn) as h:
            h.courier.answer = NotReached("the courier is down")
            key = await _intercepting(h)
            for _ in range(REQUESTS.attempts + 5):
                await h.deliverer.deliver_due()
                h.clock.advance(hours=1)
            assert len(h.courier.asked) == REQUESTS.attempts
            assert await h.errors() == ["NotReached: the courier is down"]

            h.courier.answer = InterceptionAnswer(accepted=False, why="查无此单")
            (letter,) = await h.outbox.dead_letters(1)
            await h.outbox.revive(SHOP, letter.message.message_id, h.clock.now())
            await h.deliverer.deliver_due()
            assert await h.errors() == []
            assert (await h.case(key)).stage is Stage.AWAITING_MERCHANT, "a refusal brings the case back (R3.1)"

    asyncio.run(story())


def test_an_interception_is_asked_for_and_taken_back(dsn):
    async def story():
        async with house(dsn) as h:
            key = await _intercepting(h)
            await h.deliverer.deliver_due()
            assert (await h.case(key)).goods is Goods.INTERCEPTING
            await h.send(Envelope(buyer("b1"), SHOP, k.Withdraw(), case_id=key.case_id))
            await h.deliverer.deliver_due()
            assert h.courier.asked == ["sf SF100", "after all sf SF100"]

    asyncio.run(story())


def test_the_shop_hears_that_an_order_must_not_be_shipped(dsn):
    async def story():
        async with house(dsn) as h:
            group = Group("failed", NOON - timedelta(days=2))
            await h.send(h.order("G1", group=group))
            await h.deliverer.deliver_due()
            assert h.shop.stopped == [(SHOP, "G1")]

    asyncio.run(story())


def test_two_deliverers_share_a_backlog_and_send_nothing_twice(dsn):
    async def story():
        async with house(dsn) as h:
            count = CALLS_AT_ONCE + 20
            await h.send(*(h.order(f"A{n}") for n in range(count)))
            for n in range(count):
                await h.open(f"A{n}", "changed_mind")
            await asyncio.gather(h.deliverer.deliver_due(), h.new_deliverer().deliver_due())
            assert len(h.provider.paid_minor()) == count
            assert h.provider.sent_again() == {}

    asyncio.run(story())


def test_pauses_double_up_to_the_longest_and_never_fall_together():
    generator = random.Random(7)
    for backoff in (MONEY, REQUESTS, Backoff(1, 60, 5)):
        for attempt, middle in (
            (1, backoff.first_seconds),
            (3, backoff.first_seconds * 4),
            (99, backoff.longest_seconds),
        ):
            pauses = {backoff.pause(attempt, generator).total_seconds() for _ in range(50)}
            assert len(pauses) == 50
            assert all(0.5 * middle <= pause <= 1.5 * middle for pause in pauses)


async def _intercepting(h: House) -> CaseKey:
    scan = Scan(ScanCode.PICKED_UP, NOON - timedelta(hours=5))
    await h.send(
        h.order("B1", label_printed=True, carrier="sf", tracking_no="SF100"),
        Envelope(SYSTEM, SHOP, k.RecordScan(Leg.OUTWARD, "sf", "SF100", scan), order_no="B1"),
    )
    key = await h.open("B1", "changed_mind")
    await h.send(Envelope(merchant(SHOP, "li"), SHOP, k.InterceptParcel(), case_id=key.case_id))
    return key
