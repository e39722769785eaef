"""A buyer with a phone: from the order to the money, without a step that surprises."""

import itertools
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from amends.application.access import Caller
from amends.domain import commands as k
from amends.domain.actor import platform
from amends.domain.words import Remedy, Role
from tests.portal.buyer_stories import OWNER, Story

_numbers = itertools.count(1)


@pytest.fixture
def told(live_site):
    """Tells a story of a new order: `told("offered")` is a case with an offer, `told("delivered")` an order."""
    site, _ = live_site

    def tell(state: str, **more) -> str:
        return site.run(getattr(Story(site), state)(f"20260302-{next(_numbers)}", **more))

    return tell


async def taken(site, conversation: str) -> None:
    """Somebody of the service is there."""
    agent = Caller(platform("zhou", Role.SERVICE_AGENT), None)
    await site.desk.service.take(agent, conversation)
    await site.desk.service.reply(agent, conversation, "您好，我是平台客服。")


def serious_faults(page) -> list[str]:
    return [
        f"{fault['id']}: {node['html'][:120]}"
        for fault in Axe().run(page).response["violations"]
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]


def fits(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_from_the_order_to_an_application(phone, told):
    order_no = told("delivered", pieces=3)
    page = phone("buyer/b42")
    page.goto("/buyer")
    page.get_by_role("link", name="我的订单").click()
    page.get_by_role("article", name=order_no).get_by_role("link", name="申请售后").click()

    page.get_by_label("手冲咖啡壶").select_option("2")
    page.get_by_role("link", name="退货退款").click()
    page.get_by_role("link", name="质量问题").click()
    expect(page.get_by_text("最多 ¥118.00").first).to_be_visible()
    page.get_by_label("问题描述").fill("两个壶嘴都漏水，倒水时流到桌上。")
    page.get_by_label("说明了什么").fill("壶嘴根部的裂纹")
    assert fits(page)
    page.get_by_role("button", name="提交申请").click()

    expect(page.get_by_role("heading", name="等待商家处理")).to_be_visible()
    expect(page.get_by_text("申请已提交")).to_be_visible()
    expect(page.locator(".about .sum")).to_have_text("¥118.00")


def test_an_offer_slides_in_says_what_follows_and_is_accepted_with_one_touch(phone, told, live_site):
    site, _ = live_site
    case_id = told("complained")
    page = phone("buyer/b42")
    with page.expect_response(lambda response: "/live" in response.url):
        page.goto(f"/buyer/cases/{case_id}")
    page.wait_for_timeout(150)
    page.get_by_label("消息").fill("我还在想")

    offer = k.MakeOffer(Remedy.REFUND_ONLY, 15_00, message="补偿 15 元，商品留用")
    site.run(Story(site).send(offer, OWNER, case_id=case_id))
    expect(page.get_by_text("立即退款 ¥15.00")).to_be_visible(timeout=1_500)
    expect(page.get_by_label("消息")).to_have_value("我还在想")

    page.get_by_role("button", name="接受", exact=True).click()
    expect(page.get_by_role("heading", name="退款中")).to_be_visible()


def test_countering_opens_the_form_that_the_link_promises(phone, told):
    page = phone("buyer/b42")
    page.goto(f"/buyer/cases/{told('offered')}")
    page.get_by_role("link", name="还价").click()
    expect(page.locator("#counter")).to_be_visible()

    form = page.locator("#do-make-offer")
    form.get_by_label("小额打款", exact=True).check()
    expect(form.get_by_label("小额打款用途")).to_be_visible()
    form.get_by_label("仅退款").check()
    expect(form.get_by_label("小额打款用途")).to_be_hidden()
    form.get_by_label("金额").fill("25.00")
    form.get_by_role("button", name="提出方案").click()
    expect(page.get_by_text("等待对方答复")).to_be_visible()


def test_a_refused_step_keeps_what_was_typed_and_says_what_is_missing(phone, told):
    page = phone("buyer/b42")
    page.goto(f"/buyer/cases/{told('ruled')}")
    page.locator("#do-appeal > summary").click()
    grounds = page.locator("#do-appeal").get_by_label("您认为结果哪里不对")
    grounds.fill("不服")
    page.evaluate("document.querySelector('#do-appeal form').noValidate = true")
    page.locator("#do-appeal").get_by_role("button", name="申诉").click()

    expect(page.get_by_role("alert")).to_contain_text("至少 20 个字")
    expect(grounds).to_have_value("不服")
    expect(grounds).to_be_visible()


def test_asking_for_a_person_shows_the_place_in_the_queue_and_hears_the_answer(phone, live_site):
    site, _ = live_site
    page = phone("buyer/b43")
    page.goto("/buyer/service")
    page.get_by_label("您想咨询什么").fill("人工")
    page.get_by_role("button", name="发送").click()
    expect(page.get_by_role("heading", name=re.compile("您排在第 1 位"))).to_be_visible()

    site.run(taken(site, page.url.rpartition("/")[2]))
    expect(page.get_by_text("您好，我是平台客服")).to_be_visible(timeout=8_000)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", ["offered", "ruled", "return_due"])
def test_a_case_fits_a_phone_and_has_no_serious_fault_for_those_who_cannot_see_it(phone, told, state, scheme):
    page = phone("buyer/b42", color_scheme=scheme)
    page.goto(f"/buyer/cases/{told(state)}")
    page.evaluate("for (const one of document.querySelectorAll('.drawer, .about')) one.open = true")
    assert fits(page), "it scrolls sideways"
    assert serious_faults(page) == []


def test_applying_and_the_service_have_no_serious_fault_either(phone, told):
    order_no = told("delivered")
    page = phone("buyer/b42")
    for path in (
        "/buyer",
        "/buyer/orders",
        f"/buyer/orders/1001/{order_no}",
        f"/buyer/orders/1001/{order_no}/apply",
        f"/buyer/orders/1001/{order_no}/apply?kind=return_and_refund&reason=quality",
        "/buyer/service",
    ):
        page.goto(path)
        assert fits(page), f"{path} scrolls sideways"
        assert serious_faults(page) == [], path
