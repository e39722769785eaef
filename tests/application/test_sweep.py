"""The deadline sweep: everything due is judged once, and what is poisoned stands in nobody's way."""

import asyncio
from datetime import timedelta

from msgspec.structs import replace

from amends.application.ports import CaseFilter, OrderKey
from amends.application.sweep import PAGE, RETRY_AFTER, Sweep, Swept
from amends.domain import commands as k
from amends.domain.decide import decide
from amends.domain.docket import Context, Decided, Docket
from amends.domain.order import Group
from amends.domain.refusals import Refusal
from amends.domain.words import Basis, Stage
from tests.support.shops import HOUR, MONDAY, OpenShop, Shop, opening, order

DAY = timedelta(days=1)


def sweep_of(shop: Shop) -> Sweep:
    return Sweep(shop.engine, shop.deadlines, shop.clock)


async def waiting(shop: Shop) -> int:
    counts = await shop.reader.counts(None, shop.clock.now())
    return sum(count.cases for count in counts if count.stage is Stage.AWAITING_MERCHANT)


def test_what_is_due_lapses_and_what_is_not_stays(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            cases = await shop.opened(3)
            shop.clock.advance(HOUR)
            later = await shop.opened(2)
            shop.clock.advance(DAY - HOUR)
            assert await sweep_of(shop).once() == Swept(judged=3)
            for case in cases:
                assert (await shop.reader.case(case)).agreement.basis is Basis.LAPSE
                lapse = (await shop.reader.timeline(case, 2, 1))[0]
                assert (lapse.at, lapse.by) == (MONDAY + DAY, "system")
            assert {(await shop.reader.case(case)).stage for case in later} == {Stage.AWAITING_MERCHANT}
            assert await sweep_of(shop).once() == Swept()

    asyncio.run(story())


def test_more_than_a_page_is_swept_in_one_round(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            await shop.opened(PAGE + 20)
            shop.clock.advance(DAY)
            assert await sweep_of(shop).once() == Swept(judged=PAGE + 20)
            assert await waiting(shop) == 0

    asyncio.run(story())


def _poisoned(docket: Docket, command: k.Command, context: Context) -> Decided | Refusal:
    """Rules that stumble over lapses of some orders."""
    if isinstance(command, k.Lapse) and docket.order is not None and "poison" in docket.order.order_no:
        raise ZeroDivisionError
    return decide(docket, command, context)


def test_a_poisoned_case_is_set_aside_and_tried_again_later(open_shop: OpenShop):
    async def story():
        async with open_shop(_poisoned) as shop:
            await shop.accepted([order("poison-1"), order("poison-2")])
            await shop.accepted([opening("poison-1"), opening("poison-2")])
            await shop.opened(5)
            shop.clock.advance(DAY)
            assert await sweep_of(shop).once() == Swept(judged=7, set_aside=2)
            assert await waiting(shop) == 2
            assert await sweep_of(shop).once() == Swept()
            shop.clock.advance(RETRY_AFTER)
            assert await sweep_of(shop).once() == Swept(judged=2, set_aside=2)
            shop.engine = shop.new_engine()
            shop.clock.advance(RETRY_AFTER)
            assert await sweep_of(shop).once() == Swept(judged=2)
            assert await waiting(shop) == 0

    asyncio.run(story())


def test_two_sweepers_that_overlap_do_no_harm(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            cases = await shop.opened(40)
            shop.clock.advance(DAY)
            due = await shop.deadlines.due_cases(shop.clock.now(), None, 100)
            both = [Sweep(shop.new_engine(), shop.deadlines, shop.clock) for _ in range(2)]
            # Past the lock, as when its connection broke in the middle of a round.
            await asyncio.gather(*(sweep._judge(due, shop.clock.now()) for sweep in both))
            lengths = {len(await shop.reader.timeline(case, 0, 100)) for case in cases}
            (one,) = (await shop.reader.cases(CaseFilter(), None, 1)).rows
            assert lengths == {one.case.version}
            payouts = await shop.outbox.lease(shop.clock.now(), shop.clock.now() + HOUR, 1000)
            assert len(payouts) == 40

    asyncio.run(story())


def test_a_group_that_does_not_fill_is_refunded_without_a_case_to_ask(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            sync = order("group")
            forming = replace(sync, command=replace(sync.command, group=Group("forming", MONDAY)))
            await shop.accepted([forming, order("plain")])
            shop.clock.advance(DAY + HOUR)
            assert await sweep_of(shop).once() == Swept(judged=1)
            docket = await shop.reader.docket(OrderKey(1001, "group"))
            assert docket.order.stop_shipping
            assert [case.reason for case in docket.cases] == ["group_failed"]

    asyncio.run(story())


def test_nobody_sweeps_while_another_does(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            await shop.opened(2)
            shop.clock.advance(DAY)
            async with shop.deadlines.sweeping():
                assert await sweep_of(shop).once() == Swept()
            assert await sweep_of(shop).once() == Swept(judged=2)

    asyncio.run(story())
