"""A shop's queues, quick texts and viewers are kept alike by both stores."""

import asyncio
from datetime import timedelta

import pytest
from msgspec.structs import replace

from amends.application.ports import BadCursor, CaseFilter, CaseKey
from amends.application.workbench import Queue, QueueFilter, QuickText, rates
from amends.domain import commands as k
from amends.domain.actor import buyer
from tests.support.shops import HOUR, OpenShop, Shop, about, opening, order

MERCHANT = 1001


async def case_ids(shop: Shop, wanted: QueueFilter, limit: int = 50) -> list[int]:
    """All pages of a queue, one after the other."""
    found: list[int] = []
    cursor = None
    while True:
        page = await shop.workbench.queue(wanted, cursor, limit)
        found += [row.case.case_id for row in page.rows]
        if (cursor := page.cursor) is None:
            return found


def test_a_case_goes_from_queue_to_queue_with_what_happens_to_it(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            fresh, talked, withdrawn = await shop.opened(3)
            await shop.one(about(talked, k.SendMessage("您好，请问是什么情况？")))
            await shop.one(about(withdrawn, k.Withdraw(), buyer("b42")))
            for queue, case in ((Queue.ANSWER, fresh), (Queue.NEGOTIATING, talked), (Queue.FINISHED, withdrawn)):
                assert await case_ids(shop, QueueFilter(MERCHANT, queue)) == [case.case_id]

            counts = await shop.workbench.counts(MERCHANT, shop.clock.now() + 12 * HOUR, 999)
            assert [counts.queues[queue] for queue in Queue] == [1, 1, 0, 0, 0, 0, 1]
            assert counts.due == 0
            later = shop.clock.now() + timedelta(days=3)
            assert (await shop.workbench.counts(MERCHANT, later, 999)).due == 2
            assert (await shop.workbench.counts(MERCHANT, later, 1)).due == 1, "counted up to what is shown"

    asyncio.run(story())


def test_a_queue_is_read_page_by_page_by_time_left_and_by_amount(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            cases: list[CaseKey] = []
            for pieces in (2, 5, 1, 4):
                cases += await shop.opened(1, pieces=pieces)
                shop.clock.advance(HOUR)
            by_time = [case.case_id for case in cases]
            by_amount = [cases[place].case_id for place in (1, 3, 0, 2)]
            for due_before in (None, shop.clock.now() + timedelta(days=3)):
                wanted = QueueFilter(MERCHANT, Queue.ANSWER, due_before)
                assert await case_ids(shop, wanted, 3) == by_time
                assert (
                    await case_ids(shop, QueueFilter(MERCHANT, Queue.ANSWER, due_before, by_amount=True), 1)
                    == by_amount
                )
            assert await case_ids(shop, QueueFilter(1002, Queue.ANSWER)) == []
            assert await case_ids(shop, QueueFilter(MERCHANT, reasons=("quality",))) == []
            assert await case_ids(shop, QueueFilter(MERCHANT, kinds=("refund_only",)), 2) == by_time
            with pytest.raises(BadCursor):
                await shop.workbench.queue(QueueFilter(MERCHANT), "nonsense", 5)

    asyncio.run(story())


def test_a_case_is_found_by_what_the_buyer_wrote_last(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            await shop.accepted([order("o-1"), order("o-2")])
            asked = opening("o-1")
            said = await shop.one(replace(asked, command=replace(asked.command, note="壶嘴漏水，倒水时流到桌上")))
            await shop.accepted([opening("o-2")])

            async def found(text):
                rows = (await shop.reader.cases(CaseFilter(MERCHANT, text=text), None, 10)).rows
                return [row.case.case_id for row in rows]

            assert await found("漏水") == [said.case_id]
            case = CaseKey(MERCHANT, said.case_id)
            await shop.one(about(case, k.Modify(note="壶盖缺了一角"), buyer("b42")))
            assert (await found("漏水"), await found("缺了一角")) == ([], [said.case_id])
            await shop.accepted([order("o-1", title="另一把壶")])
            assert await found("缺了一角") == [said.case_id], "news of the order forgot what was asked"

    asyncio.run(story())


def test_what_the_platform_was_asked_about_counts_in_the_shops_figures(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            start = shop.clock.now() - timedelta(days=1)
            cases = await shop.opened(4)
            shop.clock.advance(timedelta(hours=5))
            assert await shop.workbench.orders_counted(MERCHANT, start, shop.clock.now()) == 4
            assert await shop.workbench.orders_counted(MERCHANT, shop.clock.now(), shop.clock.now()) == 0
            assert await shop.workbench.stepped_in(MERCHANT, start) == []

            await shop.one(about(cases[0], k.SendMessage("您好，我们想先了解一下情况。")))
            await shop.one(about(cases[0], k.PrepareRejection(1, "facts_differ")))
            shop.clock.advance(timedelta(hours=16))
            point = k.Point("出库时的照片显示商品完好无损，与申请原因不一致。")
            photo = k.EvidenceItem(k.EvidenceKind.PHOTO, name="出库.jpg")
            await shop.one(about(cases[0], k.Reject(1, "facts_differ", (point,), (photo,))))
            asked = await shop.one(about(cases[0], k.RequestIntervention("请平台判断"), buyer("b42")))
            assert asked.refusal is None, asked.refusal

            found = rates(4, await shop.workbench.stepped_in(MERCHANT, start), start)
            assert (found.interventions, found.disputes) == (1, 0)
            assert found.intervention_rate() == 0.25
            assert await shop.workbench.stepped_in(MERCHANT, shop.clock.now()) == []

    asyncio.run(story())


def test_quick_texts_are_the_shops_own(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            hello, sorry = QuickText("a", "问好", "您好"), QuickText("b", "道歉", "非常抱歉")
            for text in (hello, sorry, QuickText("a", "问好", "您好，在的")):
                await shop.workbench.put_quick_text(MERCHANT, text)
            found = await shop.workbench.quick_texts(MERCHANT)
            assert {text.text_id: text.text for text in found} == {"a": "您好，在的", "b": "非常抱歉"}
            assert await shop.workbench.quick_texts(1002) == []
            await shop.workbench.drop_quick_text(MERCHANT, "a")
            assert [text.text_id for text in await shop.workbench.quick_texts(MERCHANT)] == ["b"]

    asyncio.run(story())


def test_who_has_a_case_open_is_known_until_he_leaves_or_is_not_seen_for_long(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            case, other = CaseKey(MERCHANT, 7), CaseKey(MERCHANT, 8)
            now = shop.clock.now()

            async def see(key, staff, at):
                return [viewer.staff for viewer in await shop.workbench.see(key, staff, at, now - HOUR)]

            assert await see(case, "li", now) == []
            assert await see(case, "wang", now + HOUR / 2) == ["li"]
            assert await see(case, "wang", now + HOUR / 2) == ["li"]
            assert await see(other, "sun", now) == []

            async def seen_since(since):
                return [viewer.staff for viewer in await shop.workbench.viewers(case, since)]

            assert await seen_since(now - HOUR) == ["li", "wang"]
            assert await seen_since(now) == ["wang"]
            await shop.workbench.leave(case, "wang")
            assert await seen_since(now - HOUR) == ["li"]

    asyncio.run(story())
