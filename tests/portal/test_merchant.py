"""The shop's desk: queues, a case with its tools, rejecting step by step, many at once (R2, R3, R6.2)."""

import re
from contextlib import asynccontextmanager
from datetime import timedelta
from html import unescape

import pytest

from amends.application.access import key_hash
from amends.application.ports import CaseKey, ServiceKey
from amends.domain import commands as k
from amends.domain.case import parse_case_id, public_case_id
from amends.domain.events import ContactRevealed
from amends.domain.words import Kind, Leg, Remedy, ScanCode
from tests.portal.buyer_stories import BUYER, OWNER, Story
from tests.portal.filling import filled
from tests.portal.reading import seen, words
from tests.portal.site import Browser

pytestmark = pytest.mark.anyio


@pytest.fixture
def story(site) -> Story:
    return Story(site)


@asynccontextmanager
async def entered(site, staff: str):
    async with Browser(site) as one:
        await one.step_in(f"merchant/1001/{staff}")
        yield one


@pytest.fixture
async def owner(site):
    async with entered(site, "li") as one:
        yield one


@pytest.fixture
async def agent(site):
    async with entered(site, "wang") as one:
        yield one


@pytest.fixture
async def adviser(site):
    """Before the sale: reads, writes and files evidence (R3.7)."""
    async with entered(site, "sun") as one:
        yield one


async def act(browser: Browser, case_id: str, verb: str, at: str = "", **given: str) -> str:
    """Fill in the form of a step, send it, and read the page that follows."""
    path = f"/merchant/cases/{case_id}"
    answer = await browser.post(f"{path}/{verb}", data=filled(await seen(browser, path + at), f"/{verb}", **given))
    if answer.status_code != 303:
        return answer.text
    return await seen(browser, answer.headers["location"].partition("#")[0])


# Queues -----------------------------------------------------------------------------------------------------


def tabs(page: str) -> dict[str, str]:
    """Names of the queues and how much lies in them."""
    found = re.findall(
        r'<a href="/merchant\?queue=\w+"[^>]*>([^<]+?)(?: <span class="count"[^>]*>([^<]*)</span>)?</a>', page
    )
    return {name.strip(): count for name, count in found}


async def test_every_case_lies_in_the_queue_where_an_agent_looks_for_it(story, owner):
    await story.complained("20260302-1")
    await story.offered("20260302-2")
    await story.rejected("20260302-3")
    await story.reviewed("20260302-4")
    returning = await story.returning("20260302-5")
    await story.scanned("20260302-5", ScanCode.DELIVERED, Leg.RETURN, returning)
    await story.refunded("20260302-6")

    page = await seen(owner, "/merchant")
    assert tabs(page) | {"即将超时": ""} == {
        "待处理": "1", "即将超时": "", "协商中": "1", "待验货": "1", "待发货": "0", "平台介入": "1", "等待对方": "1",
        "已结束": "",
    }  # fmt: skip
    assert returning in await seen(owner, "/merchant?queue=check")


async def test_what_is_due_within_twelve_hours_is_counted_apart(site, story, owner):
    case_id = await story.complained("20260302-1")
    assert tabs(await seen(owner, "/merchant"))["即将超时"] == "0"
    site.clock.advance(timedelta(hours=37))
    page = await seen(owner, "/merchant?queue=soon")
    assert tabs(page)["即将超时"] == "1"
    assert case_id in page
    assert "还剩 11 小时" in words(page)


async def test_a_line_says_who_wrote_last(site, story, owner):
    await story.complained("20260302-1")
    assert "尚无留言" in words(await seen(owner, "/merchant"))
    case_id = await story.offered("20260302-2")
    site.clock.advance(timedelta(hours=1))
    await story.send(k.SendMessage("15 元太少了"), BUYER, case_id=case_id)
    assert "买家留言" in words(await seen(owner, "/merchant?queue=negotiating"))


async def test_cases_are_found_by_order_case_goods_and_what_the_buyer_wrote(story, owner):
    case_id = await story.complained("20260302-77", title="竹编收纳篮")
    other = await story.refunded("20260302-78")
    for text in ("20260302-77", "收纳篮", "流到桌上"):
        page = await seen(owner, f"/merchant?q={text}")
        assert case_id in page, text
        assert other not in page, text
    straight = await owner.get(f"/merchant?q={case_id.lower()}")
    assert straight.headers["location"] == f"/merchant/cases/{case_id}"
    assert "没有找到" in await seen(owner, "/merchant?q=没有这种东西")


async def test_a_queue_is_narrowed_by_kind_and_reason_and_sorted_by_amount(story, owner):
    small = await story.complained("20260302-1")
    large = await story.complained("20260302-2", pieces=3)
    page = await seen(owner, "/merchant?queue=answer&sort=amount")
    assert page.index(large) < page.index(small)
    assert small in await seen(owner, "/merchant?queue=answer&kind=return_and_refund&reason=quality")
    assert small not in await seen(owner, "/merchant?queue=answer&kind=exchange")
    assert small not in await seen(owner, "/merchant?queue=answer&reason=no_reason")
    assert small in await seen(owner, "/merchant?queue=nonsense&kind=nonsense&cursor=nonsense")


# A case -------------------------------------------------------------------------------------------------------

STATES = {
    "complained": "等待商家处理",
    "offered": "等待商家处理",
    "rejected": "商家已驳回",
    "reviewed": "平台处理中",
    "ruled": "平台未支持申请",
    "return_due": "等待买家寄回商品",
    "returning": "退货运输中",
    "refunded": "已退款",
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("staff", ["li", "sun"])
async def test_every_state_is_told_without_an_internal_code_in_both_languages(site, story, state, staff):
    case_id = await getattr(story, state)("20260302-1")
    async with entered(site, staff) as browser:
        page = words(await seen(browser, f"/merchant/cases/{case_id}"))
        assert STATES[state] in page
        assert re.findall(r"\b[a-z]+_[a-z_]+\b|\b(?:shunfeng|yuantong|wechat)\b", page) == []
        await browser.get("/language/en")
        english = words(await seen(browser, f"/merchant/cases/{case_id}"))
        assert re.findall(r"\b[a-z]+_[a-z_]+\b", english) == []
        for sentence in ("等待", "申请", "退款", "凭证", "建议"):
            assert sentence not in english.split("Conversation")[0]


async def test_a_case_of_another_shop_is_not_shown(site, story):
    case_id = await story.complained("20260302-1")
    async with Browser(site) as stranger:
        secret = await site.app.framework.state.portal.sessions.begin("merchant/1002/qian")
        stranger.cookies.set("amends_merchant", secret)
        await seen(stranger, f"/merchant/cases/{case_id}", 403)
        assert case_id not in await seen(stranger, "/merchant?q=手冲")


async def test_before_the_sale_staff_reads_and_writes_and_has_no_other_tool(story, adviser):
    case_id = await story.complained("20260302-1")
    page = await seen(adviser, f"/merchant/cases/{case_id}")
    for verb in ("agree", "make-offer", "prepare-rejection", "reject", "reveal-contact", "record-call"):
        assert f"/{verb}" not in page, verb
    assert "/send-message" in page
    assert "/add-evidence" in page
    for path in ("/merchant/settings", "/merchant/texts"):
        assert "您的角色" in await seen(adviser, path, 403)
    assert 'href="/merchant/settings"' not in page


async def test_agreeing_says_what_follows_and_names_the_address(story, owner):
    case_id = await story.complained("20260302-1")
    page = words(await seen(owner, f"/merchant/cases/{case_id}"))
    assert "双方自行解决，不计入介入率和纠纷退款率" in page
    after = await act(owner, case_id, "agree", return_address_id="a1")
    assert "等待买家寄回商品" in words(after)


async def test_an_offer_and_a_small_payment_reach_the_buyer(story, owner):
    case_id = await story.complained("20260302-1")
    path = f"/merchant/cases/{case_id}"
    page = await act(
        owner, case_id, "make-offer", remedy="refund_only", message="补偿您 15 元", **{"amount:money": "15.00"}
    )
    assert "仅退款 ¥15.00" in words(page)
    assert "等待对方答复" in words(page)

    small = {"remedy": "small_payment", "amount:money": "5", "small_payment_type": "freight", "message": "补邮费"}
    whole = filled(await seen(owner, path), "/make-offer") | small
    assert (await owner.post(f"{path}/make-offer", data=whole)).status_code == 303
    assert "小额打款 ¥5.00" in words(await seen(owner, path))


async def test_the_buyers_offer_can_be_accepted_in_the_conversation(story, owner):
    case_id = await story.complained("20260302-1")
    await story.send(k.MakeOffer(Remedy.REFUND_ONLY, 20_00, message="退 20 我就留着"), BUYER, case_id=case_id)
    assert "如果接受：" in words(await seen(owner, f"/merchant/cases/{case_id}"))
    assert "退款中" in words(await act(owner, case_id, "accept-offer"))


async def test_a_tool_that_does_not_fit_stays_in_sight_with_the_reason(story, owner):
    case_id = await story.complained("20260302-1")
    page = await seen(owner, f"/merchant/cases/{case_id}")
    assert "拦截包裹" in words(page)
    assert "包裹不在运输途中" in words(page)
    assert "/intercept-parcel" not in page


async def on_the_way(story: Story, order_no: str) -> str:
    """A parcel that is travelling and that the buyer does not want any more."""
    await story.bought(order_no)
    story.site.clock.advance(timedelta(hours=5))
    await story.scanned(order_no, ScanCode.PICKED_UP)
    story.site.clock.advance(timedelta(hours=2))
    command = k.OpenCase(order_no, (k.CaseLine(1, 1),), Kind.REFUND_ONLY, "changed_mind", goods_received=False)
    answer = await story.send(command, BUYER, order_no=order_no)
    return public_case_id(1001, answer.case_id or 0)


async def test_refund_after_refusal_leads_to_the_chat_with_the_message_that_tells_how(story, owner):
    """R3.2"""
    case_id = await on_the_way(story, "20260302-1")
    path = f"/merchant/cases/{case_id}"
    form = filled(await seen(owner, path), "/agree-refund-after-refusal")
    answer = await owner.post(f"{path}/agree-refund-after-refusal", data=form)
    assert answer.headers["location"] == f"{path}#composer"
    page = words(await seen(owner, path))
    assert re.search("快递送达时，请您在 [^ ]+ [0-9:]+ 前拒收包裹，不要签收", page)
    assert "退款会按原支付方式退回" in page


async def test_a_parcel_is_stopped_with_one_click(story, owner):
    """R3.1"""
    case_id = await on_the_way(story, "20260302-1")
    page = words(await seen(owner, f"/merchant/cases/{case_id}"))
    assert "建议：拦截包裹" in page
    assert "拦截中" in words(await act(owner, case_id, "intercept-parcel"))


async def test_fewer_pieces_than_agreed_can_be_accepted(site, story, owner):
    case_id = await story.complained("20260302-1", pieces=3)
    await story.send(k.Agree(1), OWNER, case_id=case_id)
    await story.send(k.ShipReturn("yuantong", "YT-20260302-1"), BUYER, case_id=case_id)
    for code in (ScanCode.PICKED_UP, ScanCode.DELIVERED):
        site.clock.advance(timedelta(hours=9))
        await story.scanned("20260302-1", code, Leg.RETURN, case_id)
    page = await seen(owner, f"/merchant/cases/{case_id}")
    assert "少于约定件数时，这些商品退款，其余进入争议" in page
    await act(owner, case_id, "accept-return", quantities__0__quantity="2")
    case = await site.desk.records.case(key_of(case_id))
    assert [line.quantity for line in case.returned] == [2]
    assert [line.quantity for line in case.disputed] == [1]


def key_of(case_id: str) -> CaseKey:
    return CaseKey(*(parse_case_id(case_id) or (0, 0)))


async def test_the_number_is_masked_until_somebody_asks_and_says_why(site, story, agent):
    """R3.6"""
    case_id = await story.complained("20260302-1")
    path = f"/merchant/cases/{case_id}"
    page = await seen(agent, path)
    assert "138****5678" in page
    assert "13812345678" not in page
    shown = await agent.post(f"{path}/reveal-contact", data=filled(page, "/reveal-contact", reason="确认退货地址"))
    assert shown.status_code == 200
    assert "13812345678" in shown.text
    assert "13812345678" not in await seen(agent, path), "shown again without a record"
    record = await site.desk.records.timeline(key_of(case_id), 0, 99)
    (fact,) = [one for one in record if isinstance(one.event, ContactRevealed)]
    assert (fact.by, fact.event.reason) == ("merchant/1001/wang", "确认退货地址")


async def test_a_call_is_recorded_as_evidence(story, owner):
    case_id = await story.complained("20260302-1")
    page = words(await act(owner, case_id, "record-call", result="no_answer", note="响铃未接"))
    assert "通话记录 · 无人接听" in page


# Figures ------------------------------------------------------------------------------------------------------


async def test_what_rejecting_does_to_the_figures_is_said_before(story, owner):
    """R6.2, with the numbers of this shop: 2 orders, 1 intervention."""
    await story.reviewed("20260302-1")
    case_id = await story.complained("20260302-2")
    page = words(await seen(owner, f"/merchant/cases/{case_id}"))
    assert "此后买家可申请平台介入，届时介入率将由 50.00% 变为 100.00%" in page
    assert "若平台支持买家，近 30 天纠纷退款率将由 0.00% 变为 50.00%" in page
    assert "介入率 50.00%" in page


async def test_paying_in_full_after_the_platform_stepped_in_counts_and_this_is_said(story, owner):
    case_id = await story.reviewed("20260302-1")
    page = words(await seen(owner, f"/merchant/cases/{case_id}"))
    assert "平台已介入，此时全额退款，纠纷退款率将由 0.00% 变为 100.00%" in page
    assert "双方自行解决" not in page


# Rejecting ----------------------------------------------------------------------------------------------------


async def test_a_rejection_leads_from_talking_over_script_and_wait_to_the_reasons(site, story, owner):
    """R3.4, R3.5: every step of it, without a script in the browser."""
    case_id = await story.complained("20260302-1")
    path = f"/merchant/cases/{case_id}"

    page = words(await seen(owner, f"{path}?reject="))
    assert "立即沟通" in page, "no rejection without a conversation"
    await act(owner, case_id, "send-message", text="您好，请问漏水发生在什么时候？")

    page = await seen(owner, f"{path}?reject=")
    assert "reject=facts_differ" in page
    assert "申请原因与事实不符" in page
    assert "需要凭证：商品照片" in words(page)
    assert "reject=return_damaged" not in page, "a reason that does not fit is not offered"

    page = await seen(owner, f"{path}?reject=facts_differ")
    assert "我们核对了商品和发货记录" in page
    form = filled(page, "/prepare-rejection", added_text="出库照片稍后发您。")
    sent = await owner.post(f"{path}/prepare-rejection", data=form)
    assert sent.headers["location"] == f"{path}#composer", "one click sends and moves to the chat"

    page = await seen(owner, path)
    assert "出库照片稍后发您。" in page
    assert "wizard-left" in page, "the waiting time counts down"
    assert f"{path}/reject" not in page

    refused = await owner.post(
        f"{path}/reject",
        data={
            "form_token": form["form_token"],
            "application": "1",
            "reason": "facts_differ",
            "points.0.text": "x" * 20,
        },
    )
    assert refused.status_code == 409
    assert "请耐心等待消费者回复" in refused.text

    await story.send(k.SendMessage("第一次用就漏。"), BUYER, case_id=case_id)
    assert "买家的回复还没有得到答复" in words(await seen(owner, path)), "the reply wants an answer first"
    await act(owner, case_id, "send-message", text="收到，我们再核对一次。")

    page = await seen(owner, path)
    for label in ("申请为何不成立", "哪些是店铺的责任", "适用哪条规则", "店铺向买家提出过什么方案"):
        assert label in page
    assert "纠纷退款率" in page
    short = await owner.post(f"{path}/reject", data=filled(page, "/reject", points__0__text="不同意"))
    assert short.status_code == 409
    assert "不同意</textarea>" in short.text, "what was typed stays"
    done = await act(
        owner,
        case_id,
        "reject",
        points__0__text="照片中的裂纹在壶底，与描述的壶嘴漏水不一致。",
        evidence__0__note="出库时拍摄",
    )
    assert "商家已驳回" in words(done)


async def test_each_point_of_a_rejection_stands_beside_what_the_record_gives_for_it(site, story, owner):
    """R3.9: whose responsibility, which rules, what was offered."""
    case_id = await story.complained("20260302-1")
    await story.send(k.SendMessage("您好，请问漏水发生在什么时候？"), OWNER, case_id=case_id)
    await story.send(k.PrepareRejection(1, "facts_differ"), OWNER, case_id=case_id)
    site.clock.advance(timedelta(hours=20))
    page = words(await seen(owner, f"/merchant/cases/{case_id}"))
    assert "买家已提供该原因所需凭证，请说明为何不足以证明问题。" in page
    assert "按申请原因，责任方为商家；举证责任在买家。退货运费由商家承担。" in page
    assert "消费者可以退货" in page
    assert "（消保法 24）" in page
    assert "已提出方案 0 次" in page


async def test_offering_instead_is_one_click_while_the_shop_waits(story, owner):
    case_id = await story.complained("20260302-1")
    await story.send(k.SendMessage("您好，请问漏水发生在什么时候？"), OWNER, case_id=case_id)
    await story.send(k.PrepareRejection(1, "facts_differ"), OWNER, case_id=case_id)
    path = f"/merchant/cases/{case_id}"
    form = filled(await seen(owner, path), "/make-offer")
    assert form["remedy"] == "return_and_refund"
    assert (await owner.post(f"{path}/make-offer", data=form)).status_code == 303
    assert "等待对方答复" in words(await seen(owner, path))


# Two at once ----------------------------------------------------------------------------------------------------


async def test_two_on_one_case_see_each_other_and_cannot_overwrite_each_other(story, owner, agent):
    case_id = await story.complained("20260302-1")
    path = f"/merchant/cases/{case_id}"
    mine = filled(await seen(agent, path), "/agree", return_address_id="a1")
    page = await seen(owner, path)
    assert "王浩 也在查看此单" in words(page)
    assert "李文静" not in words(page).split("售后单")[0]
    await act(owner, case_id, "make-offer", remedy="refund_only", **{"amount:money": "15.00"})

    answer = await agent.post(f"{path}/agree", data=mine)
    assert answer.status_code == 409
    assert "售后单刚刚有更新" in words(answer.text)
    assert 'class="changes' in answer.text, "what changed is told"
    assert "李文静 也在查看此单" in words(answer.text)
    assert "等待商家处理" in words(await seen(agent, path))


# Many at once ---------------------------------------------------------------------------------------------------


async def test_many_cases_are_agreed_to_after_each_said_what_it_will_do(site, story, owner):
    here = [await story.complained(f"20260302-{number}") for number in (1, 2)]
    closed = await story.refunded("20260302-3")
    query = "&".join(f"case={case_id}" for case_id in [*here, closed])
    page = await seen(owner, f"/merchant/bulk?do=agree&queue=answer&{query}")
    assert words(page).count("等待买家寄回商品") == 2
    assert "disabled" in page

    form = filled(page, "/bulk?queue=answer")
    versions = re.findall(r'name="case" value="([^"]+)" checked', page)
    assert [one.partition(":")[0] for one in versions] == here, "what is not possible is not picked"
    await story.send(k.SendMessage("还在吗？"), BUYER, case_id=here[1])
    done = await owner.post("/merchant/bulk?queue=answer", data=form | {"case": versions})
    assert "已完成 1 单，共 2 单" in words(done.text)
    assert (await site.desk.records.case(key_of(here[0]))).agreement is not None
    assert (await site.desk.records.case(key_of(here[1]))).agreement is None, "somebody had acted meanwhile"

    again = await owner.post("/merchant/bulk?queue=answer", data=form | {"case": versions})
    assert "已完成 1 单，共 2 单" in words(again.text), "sent twice, it is done once and told twice"


async def test_one_message_goes_to_many_buyers(site, story, adviser):
    here = [await story.complained(f"20260302-{number}") for number in (1, 2)]
    query = "&".join(f"case={case_id}" for case_id in here)
    page = await seen(adviser, f"/merchant/bulk?do=send-message&{query}")
    form = filled(page, "/bulk?queue=", text="春节期间发货会晚两天。")
    done = await adviser.post(
        "/merchant/bulk?queue=", data=form | {"case": re.findall(r'name="case" value="([^"]+)"', page)}
    )
    assert "已完成 2 单，共 2 单" in words(done.text)
    for case_id in here:
        assert "春节期间发货会晚两天。" in await seen(adviser, f"/merchant/cases/{case_id}")
    assert "您的角色" in await seen(adviser, f"/merchant/bulk?do=agree&{query}", 403)


# Settings -------------------------------------------------------------------------------------------------------


async def test_the_owner_takes_people_on_changes_roles_and_lets_them_go(site, owner, agent):
    """R3.7"""
    page = await seen(owner, "/merchant/settings")
    form = filled(page, "/settings/staff", name="hao", role="pre_sale", password="rather long words")
    assert (await owner.post("/merchant/settings/staff", data=form)).status_code == 303
    async with Browser(site) as newcomer:
        entry = await newcomer.post("/sign-in", data={"account": "1001/hao", "password": "rather long words"})
        assert entry.headers["location"] == "/merchant"
        assert "售前客服" in await seen(newcomer, "/merchant")
        remove = filled(await seen(owner, "/merchant/settings"), "/settings/staff/remove", name="hao")
        await owner.post("/merchant/settings/staff/remove", data=remove)
        assert (await newcomer.get("/merchant")).status_code == 303, "still signed in"

    lesser = filled(await seen(owner, "/merchant/settings"), "/settings/staff", name="li", role="pre_sale")
    assert (await owner.post("/merchant/settings/staff", data=lesser)).status_code == 409
    await seen(agent, "/merchant/settings", 403)
    stolen = await agent.post("/merchant/settings/staff", data=filled(await seen(agent, "/merchant/texts"), "/texts"))
    assert stolen.status_code == 403


async def test_addresses_rules_and_limits_reach_what_decides(site, owner):
    page = await seen(owner, "/merchant/settings")
    form = filled(
        page, "/settings/addresses", name="二号仓", phone="13900000001", address="浙江省金华市", default="true"
    )
    await owner.post("/merchant/settings/addresses", data=form)
    rules = filled(page, "/settings/rules", silent_refund_only="true")
    await owner.post(
        "/merchant/settings/rules",
        data=rules | {"auto_refund_below:money": "10", "small_payment_staff_limit:money": "20.50"},
    )
    shop = await site.desk.registry.merchant(1001)
    assert (shop.auto_refund_below, shop.silent_refund_only, shop.small_payment_staff_limit) == (10_00, True, 20_50)
    assert [(one.name, one.default) for one in shop.addresses] == [("仓库", False), ("二号仓", True)]

    page = await seen(owner, "/merchant/settings")
    await owner.post("/merchant/settings/rules", data=filled(page, "/settings/rules") | {"auto_refund_below:money": ""})
    back = filled(page, "/settings/addresses/default", address_id="a1")
    await owner.post("/merchant/settings/addresses/default", data=back)
    gone = filled(page, "/settings/addresses/remove", address_id=shop.addresses[1].address_id)
    await owner.post("/merchant/settings/addresses/remove", data=gone)
    shop = await site.desk.registry.merchant(1001)
    assert shop.auto_refund_below is None
    assert [(one.name, one.default) for one in shop.addresses] == [("仓库", True)]


async def test_a_quick_text_is_kept_put_into_the_line_and_removed(site, story, agent, adviser):
    page = await seen(agent, "/merchant/texts")
    await agent.post("/merchant/texts", data=filled(page, "/texts", title="包装", text="退货请用原包装。"))
    case_id = await story.complained("20260302-1")
    page = await seen(adviser, f"/merchant/cases/{case_id}")
    (href,) = re.findall(r'href="(/merchant/cases/[^"]*say=[^"]*)#composer"', page)
    assert "退货请用原包装。</textarea>" in await seen(adviser, unescape(href))
    page = await seen(agent, "/merchant/texts")
    text_id = re.findall(r'name="text_id" value="(\w+)"', page)[0]
    await agent.post("/merchant/texts/remove", data=filled(page, "/texts") | {"text_id": text_id})
    assert "还没有常用语" in await seen(agent, "/merchant/texts")


# Orders and the service -------------------------------------------------------------------------------------------


async def test_the_platform_is_asked_to_refund_what_was_not_shipped(story, owner):
    """R4.4"""
    await story.bought("20260302-1")
    found = await owner.get("/merchant/orders?no=20260302-1")
    assert found.headers["location"] == "/merchant/orders/1001/20260302-1"
    page = await seen(owner, "/merchant/orders/1001/20260302-1")
    form = filled(page, "/ask-platform-refund", evidence__0__note="买家在聊天中要求退款")
    sent = await owner.post("/merchant/orders/1001/20260302-1/ask-platform-refund", data=form)
    assert sent.status_code == 303, sent.text
    assert "平台处理中" in words(await seen(owner, sent.headers["location"]))
    assert "没有订单 nope" in words(await seen(owner, "/merchant/orders?no=nope"))


async def test_an_order_that_was_shipped_says_why_the_platform_cannot_be_asked(story, owner):
    await story.delivered("20260302-1")
    page = await seen(owner, "/merchant/orders/1001/20260302-1")
    assert "/ask-platform-refund" not in page
    assert "申请平台退款 目前不能选择这种处理方式：与商品目前的状态不符" in words(page)


async def test_a_person_is_called_from_the_shops_side_as_well(owner):
    """R5.1"""
    page = await seen(owner, "/merchant/service")
    sent = await owner.post("/merchant/service", data=filled(page, "/merchant/service", text="转人工"))
    assert sent.status_code == 303
    assert "您排在第 1 位" in words(await seen(owner, sent.headers["location"]))


async def test_the_owner_sees_the_shops_keys_and_takes_one_back_when_sure(site, owner):
    own = ServiceKey(key_hash("amends_own"), "仓库系统", 1001, site.clock.now())
    foreign = ServiceKey(key_hash("amends_foreign"), "别家的系统", 1002, site.clock.now())
    everybodys = ServiceKey(key_hash("amends_all"), "平台的系统", None, site.clock.now())
    for key in (own, foreign, everybodys):
        await site.desk.registry.put_service_key(key)
    page = await seen(owner, "/merchant/settings")
    assert "仓库系统" in page
    assert "别家的系统" not in page
    assert "平台的系统" not in page

    path = "/merchant/settings/keys/revoke"
    unsure = await owner.post(path, data=filled(page, "/keys/revoke"))
    assert unsure.status_code == 409
    assert "密钥没有吊销" in unsure.text
    for key in (foreign, everybodys):
        refused = await owner.post(path, data=filled(page, "/keys/revoke") | {"key_id": key.key_id, "sure": "true"})
        assert refused.status_code == 409
        assert "密钥不存在" in refused.text
    assert await site.desk.registry.service_key(own.sha256) is not None

    done = await owner.post(path, data=filled(page, "/keys/revoke", key_id=own.key_id, sure="true"))
    assert done.status_code == 303
    assert await site.desk.registry.service_key(own.sha256) is None
    assert await site.desk.registry.service_key(foreign.sha256) is not None
    told = words(await seen(owner, "/merchant/settings"))
    assert "merchant/1001/li 于 今天" in told
