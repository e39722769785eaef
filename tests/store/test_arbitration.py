"""What the platform's desk reads, over memory and over PostgreSQL: queues, counts, rulings alike, load (rules §9)."""

import asyncio

import pytest

from amends.application.desk_rows import DeskCount, DeskFilter, Load, RuledBy
from amends.application.ports import BadCursor, CaseKey
from amends.domain import commands as k
from amends.domain.actor import buyer, platform
from amends.domain.words import AppealOutcome, EvidenceKind, Fault, Payer, Role, RulingOutcome
from tests.support.shops import HOUR, MONDAY, OpenShop, Shop, about, opening, order

GAO = platform("gao", Role.ARBITRATOR)
LIN = platform("lin", Role.ARBITRATOR)
PHOTO = k.EvidenceItem(EvidenceKind.PHOTO, name="杯子.jpg")
FINDING = k.Finding("照片显示杯口有裂纹。", ("e1",), "visible-defect")
NO = k.Rule(RulingOutcome.DISMISS, Fault.BUYER, k.FreightRuling(Payer.BUYER, Payer.BUYER), (FINDING,))
GROUNDS = "裁决没有考虑我提交的第二张照片，裂纹在签收当天就有。"


async def reviewed(shop: Shop, *pieces: int, title: str = "保温杯", paid: int = 10_000) -> list[CaseKey]:
    """A case for each number of pieces: the merchant rejected, the buyer asked the platform to step in."""
    cases = []
    for place, quantity in enumerate(pieces):
        await shop.accepted([order(f"o{place}-{quantity}", title=title, paid=paid)])
        (answer,) = await shop.accepted([opening(f"o{place}-{quantity}", pieces=quantity)])
        case = CaseKey(1001, answer.case_id or 0)
        await shop.accepted(
            [
                about(case, k.SendMessage("照片发您了", (PHOTO,)), buyer("b42")),
                about(case, k.SendMessage("您好，请问裂纹在哪里？")),
                about(case, k.PrepareRejection(1, "facts_differ")),
            ]
        )
        cases.append(case)
    shop.clock.advance(20 * HOUR)
    for case in cases:
        await shop.accepted(
            [
                about(case, k.Reject(1, "facts_differ", (k.Point("照片中的杯子不是本店出售的。"),), (PHOTO,))),
                about(case, k.RequestIntervention("请平台判断"), buyer("b42")),
            ]
        )
    return cases


async def numbers(shop: Shop, wanted: DeskFilter) -> list[int]:
    """All cases of a list, read two rows at a time."""
    found, cursor = [], None
    while True:
        page = await shop.reader.desk(wanted, cursor, 2)
        found += [row.case.case_id for row in page.rows]
        if page.cursor is None:
            return found
        cursor = page.cursor


def test_the_desk_lists_what_the_platform_has_by_time_left_or_by_amount(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            await shop.opened()
            small, large, middling = await reviewed(shop, 1, 9, 4)
            assert await numbers(shop, DeskFilter()) == [small.case_id, large.case_id, middling.case_id]
            by_amount = [large.case_id, middling.case_id, small.case_id]
            assert await numbers(shop, DeskFilter(by_amount=True)) == by_amount
            assert await numbers(shop, DeskFilter(text="o2-4")) == [middling.case_id]
            assert await numbers(shop, DeskFilter(reasons=("quality",))) == []
            with pytest.raises(BadCursor):
                await shop.reader.desk(DeskFilter(by_amount=True), "nonsense", 2)

    asyncio.run(story())


def test_the_platforms_own_clock_sorts_the_desk_and_no_other(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            first, second = await reviewed(shop, 1, 1)
            await shop.accepted([about(first, k.RequestEvidence("buyer", ("开箱视频",)), GAO)])
            assert await numbers(shop, DeskFilter()) == [second.case_id, first.case_id]
            (load,) = await shop.reader.load()
            case = await shop.reader.case(second)
            assert load.next_due_at == case.deadline("ruling").due_at > case.next_due_at

    asyncio.run(story())


def test_a_case_is_in_the_queue_of_whoever_must_act_and_leaves_it(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            (case,) = await reviewed(shop, 1)
            assert await numbers(shop, DeskFilter(assignee="")) == [case.case_id]
            await shop.accepted([about(case, k.Assign("gao"), GAO)])
            assert await numbers(shop, DeskFilter(assignee="")) == []
            assert await numbers(shop, DeskFilter(assignee="gao")) == [case.case_id]

            await shop.accepted([about(case, k.Suspend(shop.clock.now() + 24 * HOUR, "等待鉴定"), GAO)])
            assert await numbers(shop, DeskFilter("suspended")) == [case.case_id]
            assert await numbers(shop, DeskFilter("review")) == []
            await shop.accepted([about(case, k.Resume(), GAO)])

            shop.clock.advance(13 * HOUR)
            await shop.accepted([about(case, NO, GAO)])
            assert await numbers(shop, DeskFilter()) == []

    asyncio.run(story())


def test_a_ruling_above_the_four_eyes_amount_waits_for_somebody_else(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            (case,) = await reviewed(shop, 10, title="咖啡机", paid=100_000)
            shop.clock.advance(13 * HOUR)
            await shop.accepted([about(case, NO, GAO)])
            assert await numbers(shop, DeskFilter("second", hands_off="lin")) == [case.case_id]
            assert await numbers(shop, DeskFilter("second", hands_off="gao")) == []
            assert await shop.reader.desk_counts("gao") == [DeskCount("second", False, True, True, 1)]
            assert await shop.reader.desk_counts("lin") == [DeskCount("second", False, True, False, 1)]

    asyncio.run(story())


def test_an_appeal_is_not_offered_to_those_who_ruled(open_shop: OpenShop):
    """R1.1"""

    async def story():
        async with open_shop() as shop:
            (case,) = await reviewed(shop, 10, title="咖啡机", paid=100_000)
            shop.clock.advance(13 * HOUR)
            await shop.accepted([about(case, NO, GAO)])
            await shop.accepted([about(case, k.ApproveRuling(approve=True), LIN)])
            await shop.accepted([about(case, k.Appeal(GROUNDS), buyer("b42"))])
            offered = {name: await numbers(shop, DeskFilter("appeal", hands_off=name)) for name in ("gao", "lin")}
            assert offered == {"gao": [], "lin": []}
            assert await numbers(shop, DeskFilter("appeal", hands_off="shen")) == [case.case_id]

    asyncio.run(story())


def test_a_platform_that_was_late_is_listed_so(open_shop: OpenShop):
    """R4.2: 48 hours to rule."""

    async def story():
        async with open_shop() as shop:
            (case,) = await reviewed(shop, 1)
            assert await numbers(shop, DeskFilter("late")) == []
            shop.clock.advance(80 * HOUR)
            await shop.accepted([about(case, k.Assign("gao"), GAO)])
            assert await numbers(shop, DeskFilter("late")) == [case.case_id]
            (load,) = await shop.reader.load()
            assert load == Load("gao", 1, 1, load.next_due_at)

    asyncio.run(story())


def test_rulings_alike_are_on_the_same_reason_and_kind_the_newest_first(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            first, second, open_ = await reviewed(shop, 1, 1, 1)
            shop.clock.advance(13 * HOUR)
            await shop.accepted([about(first, NO, GAO)])
            shop.clock.advance(HOUR)
            await shop.accepted([about(second, NO, LIN)])
            case = await shop.reader.case(open_)
            alike = await shop.reader.ruled_alike(case, 10)
            assert [one.case.case_id for one in alike] == [second.case_id, first.case_id]
            assert alike[0].order.lines[0].category == "other"
            assert await shop.reader.ruled_alike(await shop.reader.case(first), 1) == [alike[0]]

    asyncio.run(story())


def test_what_was_changed_on_appeal_counts_with_the_one_who_ruled_first(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            case, other = await reviewed(shop, 1, 1)
            shop.clock.advance(13 * HOUR)
            await shop.accepted([about(case, NO, GAO), about(other, NO, GAO)])
            await shop.accepted([about(case, k.Appeal(GROUNDS), buyer("b42"))])
            shop.clock.advance(30 * HOUR)
            yes = k.Rule(
                RulingOutcome.REFUND,
                Fault.MERCHANT,
                k.FreightRuling(Payer.MERCHANT, Payer.MERCHANT),
                (FINDING,),
                amount=500,
                no_return_because="未发货",
            )
            await shop.accepted([about(case, k.DecideAppeal(AppealOutcome.CHANGE, "照片足以证明裂纹", yes), LIN)])
            took = await shop.reader.ruled_since(MONDAY)
            assert took == [RuledBy("gao", 2, 1, 1, took[0].median_seconds)]
            assert took[0].median_seconds == 13 * 3600
            assert await shop.reader.ruled_since(shop.clock.now() + HOUR) == []

    asyncio.run(story())
