"""The desk in a browser: from taking a case to an appeal decided by somebody else, in both languages, on any screen."""

import itertools
import re

import pytest
from playwright.sync_api import Page, expect

from amends.domain import commands as k
from tests.browser.test_buyer import fits, serious_faults
from tests.portal.buyer_stories import BUYER, GROUNDS
from tests.portal.desk_stories import DeskStory

WIDE = {"viewport": {"width": 1280, "height": 860}, "has_touch": False, "is_mobile": False}
GAO, SHEN, ZHOU = "platform/gao", "platform/shen", "platform/zhou"

_numbers = itertools.count(1)


@pytest.fixture
def told(live_site):
    """Tells a story of a new order; the case's public id."""
    site, _ = live_site

    def tell(state: str, **more) -> str:
        return site.run(getattr(DeskStory(site), state)(f"20260302-d{next(_numbers)}", **more))

    return tell


def write_ruling(page: Page, amount: str) -> None:
    form = page.locator("#ruling-form")
    form.get_by_label("退货退款").check()
    form.locator('[name$="amount:money"]').fill(amount)
    form.get_by_label("认定的事实").first.fill("照片与视频能够看出壶嘴根部有裂纹。")
    form.get_by_label(re.compile("已签收")).first.check()
    form.get_by_label("适用条款").first.select_option("visible-defect")


def test_from_taking_a_case_to_an_appeal_decided_by_somebody_else(phone, told, live_site):
    """R1.1, R1.3, R4.6: take, ask for evidence, rule, second pair of eyes, appeal."""
    site, _ = live_site
    case_id = told("rejected", pieces=10)
    story = DeskStory(site)
    site.run(story.send(k.RequestIntervention("请平台判断。"), BUYER, case_id=case_id))

    gao = phone(GAO, **WIDE)
    gao.goto("/desk?queue=unassigned")
    gao.get_by_role("button", name="领取下一单").click()
    expect(gao).to_have_url(re.compile(case_id))

    gao.get_by_text("要求补充凭证").first.click()
    asking = gao.locator("#do-request-evidence")
    asking.get_by_label("买家").check()
    asking.get_by_label("需要补充的凭证").fill("倒水时的视频")
    asking.get_by_role("button", name="要求补充凭证").click()
    expect(gao.get_by_text("已暂停", exact=True)).to_be_visible()

    write_ruling(gao, "590.00")
    gao.get_by_role("button", name="预览裁决结果").click()
    expect(gao.get_by_text("需要第二人复核")).to_be_visible()
    expect(gao.locator('#ruling-form [name="amount:money"]')).to_have_value("590.00")
    gao.get_by_role("button", name="提交复核").click()
    expect(gao.get_by_text("有裁决等待复核")).to_be_visible()
    expect(gao.get_by_role("button", name="复核通过")).to_have_count(0)

    shen = phone(SHEN, **WIDE)
    shen.goto("/desk?queue=second")
    shen.locator(f'[data-case="{case_id}"]').click()
    shen.get_by_role("button", name="复核通过").click()
    expect(shen.get_by_text("等待买家寄回商品").first).to_be_visible()
    expect(gao.get_by_text("等待买家寄回商品").first).to_be_visible(timeout=3_000)


def test_an_appeal_is_changed_by_somebody_who_had_no_hand_in_it(phone, told, live_site):
    site, _ = live_site
    case_id = told("ruled")
    site.run(DeskStory(site).send(k.Appeal(GROUNDS), BUYER, case_id=case_id))
    gao = phone(GAO, **WIDE)
    gao.goto("/desk?queue=appeal")
    expect(gao.locator(f'[data-case="{case_id}"]')).to_have_count(0)

    shen = phone(SHEN, **WIDE)
    shen.goto("/desk?queue=appeal")
    shen.locator(f'[data-case="{case_id}"]').click()
    form = shen.locator("#appeal-form")
    expect(form.locator('[name$="amount:money"]')).to_be_hidden()
    form.locator('[value="change"]').check()
    form.locator('textarea[name="reason"]').fill("第二张照片足以证明裂纹。")
    form.get_by_label("退货退款").check()
    form.get_by_label("认定的事实").first.fill("第二张照片能够看出裂纹。")
    form.get_by_label(re.compile("已签收")).first.check()
    form.get_by_label("适用条款").first.select_option("visible-defect")
    form.get_by_role("button", name="预览裁决结果").click()
    expect(shen.get_by_text("如果这样决定")).to_be_visible()
    expect(shen.get_by_text("买家看到")).to_be_visible()
    shen.locator("#preview").get_by_role("button").click()
    expect(shen.get_by_text("等待买家寄回商品").first).to_be_visible()


def test_fields_that_do_not_belong_to_the_outcome_are_away_and_shares_draw_their_bar(phone, told):
    page = phone(GAO, **WIDE)
    page.goto(f"/desk/cases/{told('heard')}")
    form = page.locator("#ruling-form")
    form.get_by_label("不支持申请").check()
    expect(form.locator('[name$="amount:money"]')).to_be_hidden()
    form.locator('[value="refund"]').check()
    expect(form.get_by_label("为何不需要退货")).to_be_visible()
    expect(form.locator(".when-shared")).to_be_hidden()
    form.locator('[name="fault"]').select_option("shared")
    form.locator('[name="shares.buyer"]').fill("30")
    assert form.locator("[data-shares] rect").first.get_attribute("width") == "30"


def test_who_asked_for_a_person_reads_the_answer_at_once(phone, live_site):
    """R5.1"""
    buyer = phone("buyer/b43")
    buyer.goto("/buyer/service")
    buyer.get_by_label("您想咨询什么").fill("转人工")
    buyer.get_by_role("button", name="发送").click()
    expect(buyer.get_by_role("heading", name=re.compile("您排在第"))).to_be_visible()

    zhou = phone(ZHOU, **WIDE)
    zhou.goto("/desk/inbox")
    zhou.get_by_role("link", name=re.compile("买家 b43")).click()
    zhou.get_by_role("button", name="接待").click()
    zhou.get_by_label("消息").fill("您好，请问是哪一笔订单？")
    zhou.get_by_role("button", name="发送").click()
    expect(buyer.get_by_text("请问是哪一笔订单")).to_be_visible(timeout=8_000)


@pytest.mark.parametrize("size", [{}, WIDE], ids=["phone", "desktop"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_fits_and_has_no_serious_fault_for_those_who_cannot_see_it(phone, told, size, scheme, language):
    case_id, waiting = told("held"), told("proposed")
    page = phone(SHEN, color_scheme=scheme, **size)
    page.goto(f"/language/{language}?to=/desk")
    for path in (
        "/desk?queue=all",
        f"/desk/cases/{case_id}?queue=all",
        f"/desk/cases/{waiting}",
        "/desk/inbox",
        "/desk/team",
        "/desk/policy",
        "/desk/outbox",
        "/desk/holds",
        "/desk/health",
        "/desk/clock",
    ):
        page.goto(path)
        page.evaluate(
            "for (const one of document.querySelectorAll('.drawer, .rule-box, .more, .about')) one.open = true"
        )
        assert fits(page), f"{path} scrolls sideways"
        assert serious_faults(page) == [], path
