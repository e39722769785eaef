"""A shop's agent at the desk and on a phone: queues, a rejection by keyboard alone, two people on one case."""

import itertools
import re

import pytest
from playwright.sync_api import Page, expect

from amends.domain import commands as k
from tests.browser.test_buyer import fits, serious_faults
from tests.portal.buyer_stories import BUYER, OWNER, Story

DESK = {"viewport": {"width": 1280, "height": 860}, "has_touch": False, "is_mobile": False}
POINT = "照片中的裂纹在壶底，与描述的壶嘴漏水不一致。"

_numbers = itertools.count(500)


@pytest.fixture
def told(live_site):
    """Tells a story of a new order: `told("complained")` is a case that waits for the shop."""
    site, _ = live_site

    def tell(state: str, **more) -> str:
        return site.run(getattr(Story(site), state)(f"20260302-{next(_numbers)}", **more))

    return tell


@pytest.fixture
def say(live_site):
    """Somebody does something elsewhere."""
    site, _ = live_site

    def send(command: k.Command, actor, case_id: str) -> None:
        site.run(Story(site).send(command, actor, case_id=case_id))

    return send


def tab_to(page: Page, selector: str, most: int = 40) -> None:
    """With the Tab key alone."""
    for _ in range(most):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab does not lead to {selector}")


def test_a_rejection_is_completed_by_keyboard_alone(phone, told, say, live_site):
    """R3.4, R3.5: from the queue over reason, script, reply and answer to the itemised rejection with proof."""
    case_id = told("complained")
    say(k.SendMessage("您好，请问漏水发生在什么时候？"), OWNER, case_id)
    page = phone("merchant/1001/li", **DESK)
    page.goto("/merchant?queue=negotiating")
    for _ in range(40):
        page.keyboard.press("j")
        if case_id in page.evaluate("document.activeElement.href || ''"):
            break
    page.keyboard.press("e")
    page.wait_for_url(f"**/cases/{case_id}?queue=negotiating")

    page.keyboard.press("r")
    page.wait_for_url("**reject=*")
    tab_to(page, "a[href*='reject=facts_differ']")
    page.keyboard.press("Enter")
    page.wait_for_url("**reject=facts_differ*")
    expect(page.locator(".script-text")).to_contain_text("我们核对了商品和发货记录")
    expect(page.get_by_role("button", name="发送并前往聊天")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**#composer")
    expect(page.locator(".wizard-left")).to_contain_text("还剩")
    expect(page.locator("#wizard")).to_contain_text("请耐心等待消费者回复")

    say(k.SendMessage("第一次用就漏。"), BUYER, case_id)
    expect(page.locator("#wizard")).to_contain_text("买家的回复还没有得到答复")
    page.keyboard.press("m")
    page.keyboard.type("收到，我们再核对一次。")
    page.keyboard.press("Enter")
    expect(page.locator("#wizard")).to_contain_text("该原因需要的凭证")

    tab_to(page, "body")  # leave the line, so that letters are keys again
    page.keyboard.press("r")
    page.wait_for_url("**reject=*")
    tab_to(page, "[name='points.0.text']")
    page.keyboard.type(POINT)
    tab_to(page, "[name='evidence.0.note']")
    page.keyboard.type("出库时拍摄")
    tab_to(page, "#wizard button.grave")
    page.keyboard.press("Enter")
    expect(page.locator(".case-clock")).to_contain_text("商家已驳回")
    expect(page.locator(".talk")).to_contain_text(POINT)


def test_the_same_on_a_phone_with_a_thumb(phone, told, say):
    """R3.8"""
    case_id = told("complained")
    page = phone("merchant/1001/wang")
    page.goto("/merchant")
    page.locator(f"#line-{case_id} .case-link").click()
    page.get_by_role("link", name="驳回…").click()
    page.get_by_role("link", name="立即沟通").click()
    page.get_by_label("消息").fill("您好，请问漏水发生在什么时候？")
    page.get_by_role("button", name="发送", exact=True).click()
    page.get_by_role("link", name="申请原因与事实不符").click()
    page.get_by_role("button", name="发送并前往聊天").click()
    say(k.SendMessage("第一次用就漏。"), BUYER, case_id)
    page.get_by_label("消息").fill("收到，我们再核对一次。")
    page.get_by_role("button", name="发送", exact=True).click()
    page.get_by_label("申请为何不成立").first.fill(POINT)
    page.get_by_label("说明了什么").first.fill("出库时拍摄")
    assert fits(page)
    page.get_by_role("button", name="驳回申请").click()
    expect(page.locator(".case-clock")).to_contain_text("商家已驳回")


def test_agreeing_in_english_leads_to_the_return(phone, told):
    case_id = told("complained")
    page = phone("merchant/1001/li", **DESK)
    page.goto("/language/en")
    page.goto(f"/merchant/cases/{case_id}")
    page.keyboard.press("a")
    form = page.locator("#do-agree")
    expect(form.get_by_label("Where the goods go")).to_be_focused()
    expect(form).to_contain_text("it counts neither as an intervention nor as a dispute refund")
    form.get_by_role("button", name="Agree").click()
    expect(page.locator(".case-clock")).to_contain_text("Waiting for the buyer to send the goods back")


def test_what_the_buyer_writes_and_who_else_is_here_appears_by_itself(phone, told, say):
    case_id = told("complained")
    first, second = phone("merchant/1001/li", **DESK), phone("merchant/1001/wang", **DESK)
    with first.expect_response(lambda response: "/live" in response.url):
        first.goto(f"/merchant/cases/{case_id}")
    first.wait_for_timeout(200)
    first.get_by_label("消息").fill("我还在写")
    say(k.SendMessage("在吗，壶嘴一直漏水"), BUYER, case_id)
    expect(first.locator(".talk")).to_contain_text("在吗，壶嘴一直漏水", timeout=1_500)

    second.goto(f"/merchant/cases/{case_id}")
    expect(second.get_by_text("李文静 也在查看此单")).to_be_visible()
    expect(first.get_by_text("王浩 也在查看此单")).to_be_visible(timeout=8_000)
    expect(first.get_by_label("消息")).to_have_value("我还在写")
    second.close()
    expect(first.get_by_text("王浩 也在查看此单")).to_be_hidden(timeout=8_000)


def test_cases_stay_picked_while_others_come_in_and_are_done_at_once(phone, live_site):
    site, _ = live_site
    here = site.run(site.opened(2))
    page = phone("merchant/1001/li", **DESK)
    with page.expect_response(lambda response: "/live" in response.url):
        page.goto("/merchant?queue=answer")
    page.wait_for_timeout(200)
    expect(page.locator(".bulk-bar")).to_be_hidden()
    for case_id in here:
        page.locator(f"#line-{case_id} .case-link").focus()
        page.keyboard.press("x")
    (late,) = site.run(site.opened())
    expect(page.locator(f"#line-{late}")).to_be_visible()
    expect(page.locator("[data-pick]:checked")).to_have_count(2)

    page.locator(".bulk-bar").get_by_role("button", name="同意申请").click()
    expect(page.get_by_role("heading", name="同意申请：2 单")).to_be_visible()
    page.get_by_role("button", name="对选中的售后单执行").click()
    expect(page.get_by_role("heading", name="已完成 2 单，共 2 单")).to_be_visible()


def test_filters_search_and_keys_need_no_mouse(phone, told):
    case_id = told("complained", title="竹编收纳篮 大号")
    page = phone("merchant/1001/li", **DESK)
    page.goto("/merchant")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.keyboard.type("竹编收纳篮")
    page.keyboard.press("Enter")
    expect(page.locator(f"#line-{case_id}")).to_be_visible()
    page.get_by_label("全部类型").select_option("exchange")
    expect(page.get_by_text("没有找到")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, {}], ids=["desk", "phone"])
def test_no_page_of_the_shop_has_a_serious_fault_or_scrolls_sideways(phone, told, say, size, scheme):
    """Every page, with everything open."""
    talked = told("offered")
    say(k.PrepareRejection(1, "facts_differ"), OWNER, talked)
    order_no = told("bought")
    page = phone("merchant/1001/li", **(size | {"color_scheme": scheme}))
    for path in (
        "/merchant?queue=answer",
        f"/merchant/cases/{talked}?queue=negotiating",
        f"/merchant/cases/{told('complained')}?reject=",
        f"/merchant/cases/{talked}?reject=proof_insufficient",
        f"/merchant/cases/{told('ruled')}",
        f"/merchant/bulk?do=agree&case={talked}",
        f"/merchant/orders/1001/{order_no}",
        "/merchant/orders",
        "/merchant/settings",
        "/merchant/texts",
        "/merchant/service",
    ):
        page.goto(path)
        page.evaluate("for (const one of document.querySelectorAll('details:not(.drop)')) one.open = true")
        assert fits(page), f"{path} scrolls sideways"
        assert serious_faults(page) == [], path


def test_the_clock_of_a_case_never_jumps_the_page(phone, told):
    """Nothing moves once it is drawn."""
    page = phone("merchant/1001/li", **DESK)
    page.goto(f"/merchant/cases/{told('offered')}")
    page.wait_for_timeout(1_200)
    moved = page.evaluate(
        "new Promise(done => { let sum = 0; new PerformanceObserver(list => { for (const one of list.getEntries())"
        " sum += one.value; }).observe({type: 'layout-shift', buffered: true}); setTimeout(() => done(sum), 200); })"
    )
    assert moved < 0.05
    assert re.search("还剩", page.locator(".case-clock").inner_text())
