"""The buyer's pages: what can be asked for, what stands and what can be done, each said before it is done."""

import re
from datetime import timedelta
from html import unescape

import pytest

from amends.application.access import Caller
from amends.application.visibility import officer_number
from amends.domain import commands as k
from amends.domain.actor import buyer as buyer_of
from amends.domain.actor import platform
from amends.domain.words import Remedy, Role, ScanCode
from amends.web.portal.buyer.casefile import FILED
from tests.portal.buyer_stories import ARBITRATOR, GROUNDS, OWNER, Story
from tests.portal.filling import filled
from tests.portal.reading import seen, words
from tests.portal.site import Browser

pytestmark = pytest.mark.anyio


@pytest.fixture
def story(site) -> Story:
    return Story(site)


@pytest.fixture
async def buyer(site):
    async with Browser(site) as one:
        await one.step_in("buyer/b42")
        yield one


@pytest.fixture
async def stranger(site):
    async with Browser(site) as one:
        await one.step_in("buyer/b43")
        yield one


async def act(browser: Browser, case_id: str, verb: str, **given: str) -> str:
    """Fill in the form of a step, send it, and read the page that follows."""
    path = f"/buyer/cases/{case_id}"
    answer = await browser.post(f"{path}/{verb}", data=filled(await seen(browser, path), f"/{verb}", **given))
    if answer.status_code != 303:
        return answer.text
    assert answer.headers["location"] == path
    return await seen(browser, path)


# Every state ----------------------------------------------------------------------------------------------

STATES = {
    "complained": "等待商家处理",
    "offered": "等待商家处理",
    "rejected": "商家已驳回",
    "reviewed": "平台处理中",
    "ruled": "平台未支持申请",
    "return_due": "寄回商品",
    "returning": "退货运输中",
    "refunded": "已退款",
}


@pytest.mark.parametrize("state", STATES)
async def test_every_state_is_told_without_an_internal_code_in_both_languages(story, buyer, state):
    case_id = await getattr(story, state)("20260302-1")
    page = words(await seen(buyer, f"/buyer/cases/{case_id}"))
    assert STATES[state] in page
    assert re.findall(r"\b[a-z]+_[a-z_]+\b|\b(?:shunfeng|yuantong|wechat)\b", page) == []

    await buyer.get("/language/en")
    english = words(await seen(buyer, f"/buyer/cases/{case_id}"))
    assert re.findall(r"\b[a-z]+_[a-z_]+\b", english) == []
    for sentence in ("等待", "申请", "退款", "凭证"):
        # What people wrote stays as it was written; everything that the page says is English.
        assert sentence not in english.replace("壶嘴漏水", "").split("Conversation")[0]


async def test_a_case_and_an_order_are_nobody_elses(story, buyer, stranger):
    case_id = await story.offered("20260302-1")
    for path in (
        f"/buyer/cases/{case_id}",
        f"/buyer/cases/{case_id}/change",
        "/buyer/orders/1001/20260302-1",
        "/buyer/orders/1001/20260302-1/apply",
        f"/buyer/service?case={case_id}",
    ):
        await seen(buyer, path)
        assert "壶嘴" not in await seen(stranger, path, 403)
    refused = await stranger.post(
        f"/buyer/cases/{case_id}/withdraw",
        data=filled(await seen(stranger, "/buyer/service"), "/buyer/service"),
    )
    assert refused.status_code == 403
    assert "等待商家处理" in words(await seen(buyer, f"/buyer/cases/{case_id}"))


async def test_what_waits_for_the_buyer_stands_on_top_of_the_list(story, buyer):
    await story.refunded("20260302-1")
    await story.return_due("20260302-2")
    await story.complained("20260302-3")
    page = words(await seen(buyer, "/buyer"))

    order = [
        page.index(title) for title in ("等您处理", "等待买家寄回商品", "进行中", "等待商家处理", "已结束", "已退款")
    ]
    assert order == sorted(order)


async def test_orders_lead_to_their_cases_and_to_applying(story, buyer):
    case_id = await story.complained("20260302-1")
    page = await seen(buyer, "/buyer/orders")
    assert f'href="/buyer/cases/{case_id}"' in page
    assert 'href="/buyer/orders/1001/20260302-1/apply"' in page

    one = await seen(buyer, "/buyer/orders/1001/20260302-1")
    assert "顺丰速运" in words(one)
    assert f'href="/buyer/cases/{case_id}"' in one


# Applying -------------------------------------------------------------------------------------------------

APPLY = "/buyer/orders/1001/20260302-1/apply"


async def test_what_is_not_possible_is_shown_with_its_reason_and_no_way_to_choose_it(story, buyer):
    """R4.4: before shipping only the money can be asked for."""
    await story.bought("20260302-1")
    page = await seen(buyer, APPLY)

    assert "kind=refund_only" in page
    assert "kind=exchange" not in page
    assert "商品目前“未发货”，可以选择：仅退款" in words(page)
    # An address made up by hand chooses nothing.
    assert "<textarea" not in await seen(buyer, f"{APPLY}?kind=exchange&reason=quality")


async def test_goods_without_warranty_cannot_be_repaired_and_the_page_says_so(story, buyer):
    await story.delivered("20260302-1")
    assert "没有保修" in words(await seen(buyer, APPLY))


async def test_a_reason_whose_time_has_not_come_says_from_when(story, buyer):
    await story.bought("20260302-1")
    page = await seen(buyer, f"{APPLY}?kind=refund_only")
    late = page[page.index("未按约定时间发货") :][:400]
    assert "3月4日 17:00" in late
    assert "reason=late_shipping" not in page


async def test_before_sending_the_page_says_the_maximum_who_pays_freight_what_is_needed_and_what_follows(story, buyer):
    await story.delivered("20260302-1")
    page = words(await seen(buyer, f"{APPLY}?kind=return_and_refund&reason=quality"))
    assert "最多 ¥65.00" in page
    assert "您支付的运费 ¥6.00 一并退回" in page
    assert "寄回的运费由商家承担" in page
    assert "至少 10 个字" in page
    assert "商品照片或视频" in page
    assert re.search(r"提交后：等待商家处理 商家需在 3月\d+日 \d\d:\d\d 前答复", page)
    assert "到时没有答复" in page

    mine = words(await seen(buyer, f"{APPLY}?kind=return_and_refund&reason=no_reason"))
    assert "最多 ¥59.00" in mine
    assert "寄回的运费由您承担" in mine


async def test_fewer_pieces_bring_less(story, buyer):
    await story.delivered("20260302-1", pieces=3)
    way = f"{APPLY}?kind=return_and_refund&reason=no_reason"
    assert "最多 ¥177.00" in words(await seen(buyer, way))
    one = await seen(buyer, f"{way}&q1=1")
    assert "最多 ¥59.00" in words(one)
    assert filled(one, "/apply")["lines.0.quantity"] == "1"


async def test_an_application_opens_the_case(story, buyer):
    await story.delivered("20260302-1")
    form = filled(
        await seen(buyer, f"{APPLY}?kind=return_and_refund&reason=quality"),
        "/apply",
        note="壶嘴漏水，倒水时流到桌上。",
        evidence__0__note="裂纹在壶嘴根部",
    )
    answer = await buyer.post(APPLY, data=form)
    assert answer.status_code == 303
    page = words(await seen(buyer, answer.headers["location"]))
    assert "申请已提交" in page
    assert "等待商家处理" in page
    assert "裂纹在壶嘴根部" in page
    again = await buyer.post(APPLY, data=form)
    assert again.headers["location"] == answer.headers["location"]


async def test_what_is_missing_is_said_and_what_was_entered_stays(story, buyer):
    await story.delivered("20260302-1")
    form = filled(await seen(buyer, f"{APPLY}?kind=return_and_refund&reason=quality"), "/apply", note="漏水")
    for name in ("evidence.0.kind", "evidence.0.note"):
        del form[name]
    answer = await buyer.post(APPLY, data=form)
    assert answer.status_code == 409
    assert "还需要：商品照片或视频，以及不少于 10 个字的说明" in words(answer.text)
    assert filled(answer.text, "/apply")["note"] == "漏水"

    answer = await buyer.post(APPLY, data=form | {"amount:money": "很多"})
    assert "金额请写成 15.00 这样的形式" in words(answer.text)


async def test_an_application_can_be_changed_and_the_merchants_time_starts_again(story, buyer):
    """R5.2."""
    case_id = await story.complained("20260302-1")
    page = await seen(buyer, f"/buyer/cases/{case_id}/change?kind=refund_only&reason=quality")
    assert "修改后商家的答复时间重新计算" in words(page)
    assert filled(page, "/change")["note"].startswith("壶嘴漏水")

    form = filled(page, "/change") | {"amount:money": "30.00"}
    answer = await buyer.post(f"/buyer/cases/{case_id}/change", data=form)
    assert answer.status_code == 303
    after = words(await seen(buyer, f"/buyer/cases/{case_id}"))
    assert "仅退款 · 质量问题 ¥30.00" in after

    stale = await buyer.post(f"/buyer/cases/{case_id}/change", data=form | {"key": "another"})
    assert stale.status_code == 409
    assert "售后单刚刚有更新" in words(stale.text)


# Acting ---------------------------------------------------------------------------------------------------


async def test_an_offer_says_what_accepting_leads_to_and_is_accepted(story, buyer):
    case_id = await story.offered("20260302-1")
    before = words(await seen(buyer, f"/buyer/cases/{case_id}"))
    assert "如果接受：退款中。立即退款 ¥15.00。" in before
    assert "如果不接受，售后照常进行。" in before

    after = words(await act(buyer, case_id, "accept-offer"))
    assert "退款中" in after
    assert "微信支付" in after


async def test_an_offer_is_declined_or_countered(story, buyer):
    case_id = await story.offered("20260302-1")
    form = {"amount:money": "25.00"}
    after = words(await act(buyer, case_id, "make-offer", remedy="refund_only", message="25 元可以接受", **form))
    assert "仅退款 ¥25.00" in after
    assert "等待对方答复" in after
    assert "该方案已失效" in words(await act(buyer, case_id, "decline-offer"))


async def test_an_offer_of_the_platform_says_that_the_merchant_must_accept_as_well(story, buyer):
    case_id = await story.reviewed("20260302-1")
    await story.send(k.MakeOffer(Remedy.REFUND_ONLY, 30_00), ARBITRATOR, case_id=case_id)
    after = words(await act(buyer, case_id, "accept-offer"))
    assert "您已接受，商家也接受后生效" in after


async def test_a_step_that_is_too_early_stays_visible_with_its_moment(story, buyer):
    """R1.3."""
    case_id = await story.complained("20260302-1")
    page = await seen(buyer, f"/buyer/cases/{case_id}")
    assert 'aria-describedby="why-request-intervention"' in page
    assert re.search(r"申请平台介入\s*还不能进行此操作： ?3月5日 \d\d:\d\d 起可以操作", words(page))

    story.site.clock.advance(timedelta(hours=49))
    rejected = await story.rejected("20260302-2")
    story.site.clock.advance(timedelta(hours=30))
    after = words(await act(buyer, rejected, "request-intervention", statement="请平台判断"))
    assert "平台处理中" in after
    assert "平台需在" in after


async def test_the_step_that_the_clock_asks_for_stands_under_the_clock(story, buyer):
    case_id = await story.return_due("20260302-1")
    page = await seen(buyer, f"/buyer/cases/{case_id}")
    status = page[page.index('class="status card') : page.index('class="steps')]
    assert 'id="do-ship-return"' in status
    assert "浙江省杭州市余杭区" in words(page)
    assert page.count('id="do-ship-return"') == 1

    after = words(await act(buyer, case_id, "ship-return", carrier="yuantong", tracking_no="YT123"))
    assert "圆通速递 YT123" in after
    assert "退货运输中" in after


async def test_the_freight_of_a_return_is_claimed_with_a_receipt_only(story, buyer):
    case_id = await story.return_due("20260302-1")
    given = {"carrier": "yuantong", "tracking_no": "YT123", "freight_paid:money": "12.00"}
    assert "运费凭据" in words(await act(buyer, case_id, "ship-return", **given))
    paid = await act(buyer, case_id, "ship-return", receipt__kind="freight_receipt", **given)
    assert "退货运输中" in words(paid)


async def test_evidence_is_filed_and_ticked_off(story, buyer):
    """R1.2."""
    case_id = await story.complained("20260302-1")
    after = await act(buyer, case_id, "add-evidence", evidence__0__kind="video", evidence__0__note="倒水时的漏水过程")
    assert "倒水时的漏水过程" in words(after)
    assert 'id="e2"' in after


async def test_points_rest_on_evidence(story, buyer):
    """R5.4."""
    case_id = await story.complained("20260302-1")
    after = await act(
        buyer, case_id, "state-position", points__0__text="壶嘴根部有裂纹", points__0__evidence__0="e1",
        points__2__text="第一次使用就漏水",
    )  # fmt: skip
    points = after[after.index('class="points"') :][:600]
    assert "壶嘴根部有裂纹" in points
    assert 'href="#e1"' in points
    assert "第一次使用就漏水" in points


async def test_what_did_not_work_stays_open_in_its_form_with_the_reason(story, buyer):
    case_id = await story.ruled("20260302-1")
    page = await act(buyer, case_id, "appeal", grounds="不服")
    assert "每一点至少 20 个字" in words(page)
    assert re.search(r'id="do-appeal" open', page)
    assert filled(page, "/appeal")["grounds"] == "不服"


async def test_a_ruling_is_told_with_its_findings_clauses_evidence_and_who_decided_and_can_be_appealed(story, buyer):
    """R1.1."""
    case_id = await story.ruled("20260302-1")
    page = await seen(buyer, f"/buyer/cases/{case_id}")
    result = words("<main>" + page[page.index('class="card block result"') : page.index('class="card about"')])
    for told in (
        "不支持申请",
        "照片显示裂纹在壶底",
        "买家初步举证",
        "凭证 e1",
        "物流记录：已签收",
        f"平台专员 {officer_number('gao')}",
        "可申诉至",
    ):
        assert told in result
    assert 'href="#e1"' in page

    after = words(await act(buyer, case_id, "appeal", grounds=GROUNDS))
    assert "申诉已提交" in after
    assert "平台处理中" in after


async def test_how_it_was_agreed_is_told_where_nobody_ruled(story, buyer):
    case_id = await story.refunded("20260302-1")
    page = words(await seen(buyer, f"/buyer/cases/{case_id}"))
    assert "已退款 ¥65.00" in page
    assert "商家" in page[page.index("达成方式") :][:20]
    assert "待退" not in page


async def test_after_closing_the_two_can_still_settle_for_a_while(story, buyer):
    """R2.1."""
    case_id = await story.ruled("20260302-1")
    await story.send(k.MakeOffer(Remedy.REFUND_ONLY, 20_00, message="再商量"), OWNER, case_id=case_id)
    assert "如果接受" in words(await seen(buyer, f"/buyer/cases/{case_id}"))

    story.site.clock.advance(timedelta(days=16))
    page = await seen(buyer, f"/buyer/cases/{case_id}")
    assert 'action="/buyer/cases/' not in page
    assert "composer" not in page


async def test_what_the_platform_asks_of_the_buyer_is_named_with_its_time(story, buyer):
    case_id = await story.reviewed("20260302-1")
    await story.send(k.RequestEvidence("buyer", ("壶嘴正面的清晰照片",)), ARBITRATOR, case_id=case_id)
    page = words(await seen(buyer, f"/buyer/cases/{case_id}"))
    assert re.search(r"平台请您在 .+? 前补充： 壶嘴正面的清晰照片", page)


async def test_filing_evidence_is_a_line_of_its_own(story, buyer):
    case_id = await story.complained("20260302-1")
    said = words(await seen(buyer, f"/buyer/cases/{case_id}"))
    assert said.count("您提交了申请") == 1
    assert "您提交了凭证" in said


async def test_of_a_long_conversation_the_newest_comes_and_what_can_be_answered_and_the_rest_when_asked(story, buyer):
    case_id = await story.offered("20260302-1")
    for number in range(40):
        await story.send(k.SendMessage(f"第 {number} 句"), OWNER, case_id=case_id)
    page = await seen(buyer, f"/buyer/cases/{case_id}")
    assert "accept-offer" in page
    assert "您提交了申请" not in words(page), "it lies before the offer that stands"
    earlier = re.search(r'<p class="earlier"><a href="([^"#]+)#f\d+"', page)
    assert earlier
    whole = await seen(buyer, unescape(earlier[1]))
    assert "您提交了申请" in words(whole)
    assert 'class="earlier"' not in whole
    offer = re.search(r'name="offer_id" value="([^"]+)"', page)
    assert offer
    await story.send(k.DeclineOffer(offer[1]), buyer_of("b42"), case_id=case_id)
    page = await seen(buyer, f"/buyer/cases/{case_id}")
    assert "第 39 句" in page
    assert "第 1 句" not in page


async def test_a_parcel_stopped_on_its_way_is_a_step_of_its_own(story, buyer):
    await story.bought("20260302-1")
    story.site.clock.advance(timedelta(hours=3))
    await story.scanned("20260302-1", ScanCode.PICKED_UP)
    answer = await buyer.post(
        APPLY, data=filled(await seen(buyer, f"{APPLY}?kind=refund_only&reason=changed_mind"), "/apply")
    )
    case_id = answer.headers["location"].rpartition("/")[2]
    await story.send(k.InterceptParcel(), OWNER, case_id=case_id)
    page = await seen(buyer, f"/buyer/cases/{case_id}")
    assert re.search(r'data-state="now"[^>]*><span>包裹退回', page)


# Service --------------------------------------------------------------------------------------------------


async def test_only_who_asks_for_a_person_queues_for_one(site, buyer):
    """R5.1."""
    front = await seen(buyer, "/buyer/service")
    hint = await buyer.post("/buyer/service", data=filled(front, "/buyer/service", text="运费险怎么算"))
    assert "还没有转接人工" in words(hint.text)
    assert "运费险怎么算" in hint.text
    nothing = await buyer.post("/buyer/service", data=filled(front, "/buyer/service"))
    assert "请先写下您想咨询的问题" in words(nothing.text)

    routed = await buyer.post("/buyer/service", data=filled(front, "/buyer/service", text="转 人 工"))
    assert routed.status_code == 303
    page = words(await seen(buyer, routed.headers["location"]))
    assert "您排在第 1 位" in page
    assert "无法预计等待时间" in page


async def test_the_place_in_the_queue_and_the_wait_follow_the_pace_of_the_last_hour(site, buyer, stranger):
    service, agent = site.desk.service, Caller(platform("zhou", Role.SERVICE_AGENT), None)
    for number in range(4):
        asked = await service.ask_person(Caller(buyer_of(f"b{number}"), None), "人工")
        await service.take(agent, asked.conversation_id)
    front = await seen(stranger, "/buyer/service")
    await stranger.post("/buyer/service", data=filled(front, "/buyer/service", person="1"))

    front = await seen(buyer, "/buyer/service")
    routed = await buyer.post("/buyer/service", data=filled(front, "/buyer/service", person="1"))
    page = words(await seen(buyer, routed.headers["location"]))
    assert "您排在第 2 位" in page
    assert "大约 30 分钟后有人接待" in page


async def test_a_talk_goes_on_with_the_person_who_took_it_and_is_nobody_elses(site, story, buyer, stranger):
    case_id = await story.complained("20260302-1")
    front = await seen(buyer, f"/buyer/service?case={case_id}")
    assert "手冲咖啡壶" in words(front)
    routed = await buyer.post("/buyer/service", data=filled(front, "/buyer/service", text="请找人工客服"))
    path = routed.headers["location"]
    agent = Caller(platform("zhou", Role.SERVICE_AGENT), None)
    await site.desk.service.take(agent, path.rpartition("/")[2])
    await site.desk.service.reply(agent, path.rpartition("/")[2], "您好，请问有什么可以帮您？")

    page = await seen(buyer, path)
    assert "人工客服已接入" in words(page)
    assert "有什么可以帮您" in words(page)
    assert "zhou" not in page
    assert f'href="/buyer/cases/{case_id}"' in page
    said = await buyer.post(path, data=filled(page, path, text="商家一直不回复"))
    assert said.status_code == 303
    assert "商家一直不回复" in words(await seen(buyer, path))
    await seen(stranger, path, 404)

    await buyer.post(f"{path}/close", data=filled(page, "/close"))
    over = await seen(buyer, path)
    assert "已结束" in words(over)
    assert "composer" not in over


async def test_every_kind_of_evidence_that_a_reason_asks_for_can_be_filed(site):
    """R1.2: what the checklist wants, the form offers."""
    policy = site.desk.policies.in_force(site.clock.now())
    wanted = {kind for reason in policy.reasons.values() for group in reason.evidence for kind in group}
    assert wanted <= set(FILED)
