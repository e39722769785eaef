"""R5.1: talking to a person, in two browsers at once: what one writes stands at the other within a second."""

import re

import pytest
from playwright.sync_api import Page, expect

from amends.application.access import Caller
from amends.domain.actor import buyer, platform
from amends.domain.words import Role

WIDE = {"viewport": {"width": 1440, "height": 900}, "has_touch": False, "is_mobile": False}
WITHIN_MILLISECONDS = 1_000
SLOWER_MILLISECONDS = 4_000
"""Others who leave the queue are told every two seconds."""

SHEN = Caller(platform("shen", Role.SUPERVISOR), None)


def watched(page: Page, path: str) -> None:
    """Open a page and wait until it hears of changes."""
    with page.expect_response(lambda response: response.url.endswith("/live")):
        page.goto(path)


def say(page: Page, text: str) -> None:
    page.get_by_label("消息").fill(text)
    page.get_by_role("button", name="发送").click()


@pytest.mark.parametrize(("actor", "area", "named"), [
    ("buyer/b43", "buyer", "买家 b43"), ("merchant/1001/wang", "merchant", "店铺 1001 wang"),
])  # fmt: skip
def test_a_message_goes_each_way_and_what_is_typed_stays(phone, live_site, actor, area, named):
    asker, zhou = phone(actor), phone("platform/zhou", **WIDE)
    watched(zhou, "/desk/inbox")
    asker.goto(f"/{area}/service")
    asker.get_by_label("您想咨询什么").fill("请转人工")
    with asker.expect_response(lambda response: response.url.endswith("/live")):
        asker.get_by_role("button", name="发送").click()
    expect(asker.get_by_role("heading", name=re.compile("您排在第"))).to_be_visible()

    waiting = zhou.get_by_role("link", name=re.compile(named))
    expect(waiting).to_be_visible(timeout=SLOWER_MILLISECONDS)
    with zhou.expect_response(lambda response: response.url.endswith("/live")):
        waiting.click()
    with zhou.expect_response(lambda response: response.url.endswith("/live")):
        zhou.get_by_role("button", name="接待").click()
    expect(asker.get_by_role("heading", name="人工客服已接入")).to_be_visible(timeout=WITHIN_MILLISECONDS)

    asker.get_by_label("消息").fill("我还在写")
    say(zhou, "您好，请问是哪一笔订单？")
    expect(asker.locator(".talk")).to_contain_text("请问是哪一笔订单", timeout=WITHIN_MILLISECONDS)
    expect(asker.get_by_label("消息")).to_have_value("我还在写")
    say(asker, "昨天下单的那一笔")
    expect(zhou.locator(".talk")).to_contain_text("昨天下单的那一笔", timeout=WITHIN_MILLISECONDS)
    zhou.get_by_role("button", name="结束对话").click()
    expect(asker.get_by_role("heading", name="该会话已结束")).to_be_visible(timeout=WITHIN_MILLISECONDS)


def test_the_place_in_the_queue_moves_up_by_itself(phone, live_site):
    site, _ = live_site
    before = site.run(site.desk.service.ask_person(Caller(buyer("b77"), None), "人工"))
    page = phone("buyer/b42")
    page.goto("/buyer/service")
    page.get_by_label("您想咨询什么").fill("人工")
    with page.expect_response(lambda response: response.url.endswith("/live")):
        page.get_by_role("button", name="发送").click()
    expect(page.get_by_role("heading", name="您排在第 2 位")).to_be_visible()
    site.run(site.desk.service.take(SHEN, before.conversation_id))
    expect(page.get_by_role("heading", name="您排在第 1 位")).to_be_visible(timeout=SLOWER_MILLISECONDS)


def test_a_broken_line_is_polled_over(phone, live_site):
    site, _ = live_site
    waiting = site.run(site.desk.service.ask_person(Caller(buyer("b43"), None), "人工"))
    page = phone("buyer/b43")
    page.route("**/live", lambda route: route.fulfill(status=204))
    page.goto(f"/buyer/service/{waiting.conversation_id}")
    expect(page.get_by_role("heading", name=re.compile("您排在第"))).to_be_visible()
    site.run(site.desk.service.take(SHEN, waiting.conversation_id))
    expect(page.get_by_role("heading", name="人工客服已接入")).to_be_visible(timeout=12_000)
