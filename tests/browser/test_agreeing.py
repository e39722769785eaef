"""Buyer and shop find an answer between themselves: every step taken by a person, on a phone and at a desk."""

import re
from datetime import timedelta

from playwright.sync_api import expect

from amends.domain import commands as k
from amends.domain.order import Group
from amends.domain.words import Leg, ScanCode
from tests.portal.buyer_stories import BUYER as B42
from tests.portal.buyer_stories import OWNER as LI

BUYER, OWNER, WANG, SUN = "buyer/b42", "merchant/1001/li", "merchant/1001/wang", "merchant/1001/sun"


def apply(buyer, order_no: str, kind: str, reason: str, **entered: str) -> str:
    """From the order to the case that it becomes; its number."""
    buyer.go(f"/buyer/orders/1001/{order_no}")
    buyer.follows("Apply for after-sale service")
    for chosen in (f"kind={kind}", f"reason={reason}"):
        buyer.page.locator(f'a.option-link[href*="{chosen}"]').click()
        buyer.page.wait_for_url(f"**{chosen}*")
    form = buyer.page.locator("#application")
    for name, value in entered.items():
        buyer.fill(form, name.replace("__", "."), value)
    buyer.fits()
    buyer.presses(buyer.name_of("open-case"))
    buyer.page.wait_for_url("**/buyer/cases/*")
    buyer.is_told("open-case")
    return buyer.page.url.partition("/cases/")[2].partition("?")[0]


def test_what_was_not_shipped_is_refunded_and_both_see_it_happen(person, story):
    """R4.4, R5.3, R2.2, R2.4: apply, see the time left and what silence does; the shop agrees; the money arrives."""
    buyer, shop = person(BUYER), person(OWNER)
    case_id = apply(buyer, story("bought"), "refund_only", "changed_mind")
    buyer.sees("Waiting for the merchant's answer")
    expect(buyer.page.locator("[data-due]").first).to_be_visible()
    buyer.waits_for_the_line(f"/buyer/cases/{case_id}")

    shop.go("/merchant")
    shop.page.locator(f"#line-{case_id} .case-link").click()
    shop.sees("Nothing was shipped yet: nothing is lost by agreeing.")
    shop.does("agree")
    shop.is_told("agree")
    buyer.sees_by_itself("The refund is being paid")

    story.paid_out(case_id)
    buyer.sees_by_itself("Closed: refunded")
    buyer.sees("Result and reasons")


def test_an_order_whose_group_is_still_forming_says_why_it_cannot_be_complained_of(person, story):
    """R4.3"""
    started = story.site.clock.now()
    order_no = story("bought", group=Group("forming", started))
    buyer = person(BUYER)
    buyer.go(f"/buyer/orders/1001/{order_no}/apply")
    expect(buyer.page.locator("a.option-link")).to_have_count(0)
    shut = buyer.page.locator(".option-shut small").first
    expect(shut).to_be_visible()
    assert shut.inner_text().strip(), "why and until when"


def test_both_talk_offer_decline_counter_and_settle_and_may_go_on_after_the_end(person, story):
    """R2.1, R2.4: the conversation is live on both screens; a settled case can be settled further."""
    case_id = story("complained")
    buyer, shop = person(BUYER), person(WANG)
    shop.waits_for_the_line(f"/merchant/cases/{case_id}")
    buyer.waits_for_the_line(f"/buyer/cases/{case_id}")

    shop.writes("您好，壶嘴的问题我们看到了，补偿您 10 元可以吗？")
    buyer.sees_by_itself("壶嘴的问题我们看到了")
    buyer.writes("十元不够修的。")
    shop.sees_by_itself("十元不够修的。")

    shop.does("make-offer", remedy="refund_only", **{"amount:money": "10.00"}, message="补偿 10 元，商品留用")
    buyer.sees_by_itself("补偿 10 元，商品留用")
    buyer.presses(buyer.name_of("decline-offer"))
    buyer.is_told("decline-offer")
    buyer.does("make-offer", remedy="refund_only", **{"amount:money": "25.00"}, message="二十五元我就不退了")
    shop.sees_by_itself("二十五元我就不退了")
    shop.presses(shop.name_of("accept-offer"))
    shop.is_told("accept-offer")
    buyer.sees_by_itself("The refund is being paid")
    story.paid_out(case_id)
    buyer.sees_by_itself("Closed: refunded")

    shop.go(f"/merchant/cases/{case_id}")
    shop.does("make-offer", remedy="refund_only", **{"amount:money": "5.00"}, message="再补您五元运费")
    buyer.sees_by_itself("再补您五元运费")
    buyer.presses(buyer.name_of("accept-offer"))
    buyer.is_told("accept-offer")


def test_a_long_conversation_opened_whole_stays_so_while_the_other_side_writes(person, story):
    """R2.4: the newest come first; the address says that all of it is shown, so going back shows the newest again."""
    case_id = story("complained")
    for number in range(40):
        story.send(k.SendMessage(f"第 {number} 条"), B42, case_id=case_id)
    buyer = person(BUYER)
    buyer.waits_for_the_line(f"/buyer/cases/{case_id}")
    buyer.does_not_see("第 3 条")
    buyer.page.locator(".earlier a").click()
    buyer.sees("第 3 条")
    expect(buyer.page).to_have_url(re.compile("talk=all"))
    story.send(k.SendMessage("都看到了。"), LI, case_id=case_id)
    buyer.sees_by_itself("都看到了。")
    buyer.sees("第 3 条")
    buyer.page.go_back()
    buyer.does_not_see("第 3 条")
    buyer.sees("都看到了。")


def test_an_exchange_goes_back_is_checked_and_the_new_one_is_confirmed(person, story):
    """R2.2, R4.1, R4.6: who pays which freight is said before; each parcel has its number; each side its turn."""
    buyer, shop = person(BUYER), person(OWNER)
    order_no = story("delivered")
    case_id = apply(
        buyer, order_no, "exchange", "quality", note="壶嘴漏水，倒水时流到桌上。", evidence__0__note="壶嘴根部的裂纹"
    )
    shop.go(f"/merchant/cases/{case_id}")
    shop.does("agree")
    shop.is_told("agree")

    buyer.go(f"/buyer/cases/{case_id}")
    buyer.sees("Waiting for the buyer to send the goods back")
    buyer.sees("Send the goods to")
    buyer.does("ship-return", carrier="yuantong", tracking_no=f"YT-{order_no}")
    buyer.is_told("ship-return")
    for code in (ScanCode.PICKED_UP, ScanCode.DELIVERED):
        story.site.clock.advance(timedelta(hours=20))
        story.scanned(order_no, code, Leg.RETURN, case_id)

    shop.go("/merchant?queue=check")
    shop.page.locator(f"#line-{case_id} .case-link").click()
    shop.does("accept-return")
    shop.is_told("accept-return")
    shop.does("ship-replacement", carrier="shunfeng", tracking_no=f"SFN-{order_no}")
    shop.is_told("ship-replacement")
    story.replaced(order_no, case_id)

    buyer.go(f"/buyer/cases/{case_id}")
    buyer.does("confirm-receipt")
    buyer.sees("Closed: completed")


def test_an_application_is_changed_while_the_time_for_it_runs(person, story):
    """R5.2: kind and amount anew; the shop's time to answer starts again."""
    case_id = story("complained")
    buyer = person(BUYER)
    buyer.go(f"/buyer/cases/{case_id}")
    buyer.follows(buyer.name_of("modify"))
    buyer.follows("Choose another")
    for chosen in ("kind=refund_only", "reason=quality"):
        buyer.page.locator(f'a.option-link[href*="{chosen}"]').click()
        buyer.page.wait_for_url(f"**{chosen}*")
    form = buyer.page.locator("main form[method=post]").last
    buyer.fill(form, "amount:money", "20.00")
    buyer.fill(form, "note", "想留下壶，退一部分就好，壶嘴自己修。")
    buyer.presses(buyer.name_of("modify"))
    buyer.is_told("modify")
    expect(buyer.page.locator(".about .sum")).to_have_text("¥20.00")

    shop = person(OWNER)
    shop.go(f"/merchant/cases/{case_id}")
    shop.sees("application no. {number}", number=2)
    expect(shop.page.locator(".case-title .sum")).to_have_text("¥20.00")


def test_a_small_order_is_advised_to_be_refunded_a_dear_one_to_be_prepared_for(person, story):
    """R3.9"""
    shop = person(OWNER)
    shop.go(f"/merchant/cases/{story('complained', each=3_00)}")
    expect(shop.page.locator(".advice h2")).to_contain_text(shop.name_of("agree"))
    expect(shop.page.locator(".advice p").first).to_contain_text("¥10.00")
    shop.go(f"/merchant/cases/{story('complained', each=2_600_00)}")
    shop.sees("The order is worth much: state your points early, with an offer on record.")


def test_a_small_payment_settles_a_case_whose_parcel_was_signed_for(person, story):
    """R3.3, R2.1"""
    case_id = story("complained")
    buyer, shop = person(BUYER), person(OWNER)
    buyer.waits_for_the_line(f"/buyer/cases/{case_id}")
    shop.go(f"/merchant/cases/{case_id}")
    drawer = shop.form("small-payment")
    shop.fill(drawer, "amount:money", "12.00")
    shop.fill(drawer, "small_payment_type", "difference")
    shop.fill(drawer, "message", "小额补偿 12 元")
    drawer.get_by_role("button", name=shop.words("Small payment"), exact=True).click()
    shop.is_told("make-offer")
    buyer.sees_by_itself("小额补偿 12 元")
    buyer.presses(buyer.name_of("accept-offer"))
    buyer.is_told("accept-offer")
    story.paid_out(case_id)
    buyer.sees_by_itself("Closed: both sides settled")


def test_the_number_of_the_buyer_is_shown_once_and_that_is_recorded(person, story):
    """R3.6"""
    case_id = story("complained")
    shop = person(WANG)
    shop.go(f"/merchant/cases/{case_id}")
    if shop.page.locator("#facts").get_attribute("open") is None:
        shop.page.locator("#facts > summary").click()
    expect(shop.page.locator(".contact b")).to_have_text("138****5678")
    shop.page.locator(".contact details > summary").click()
    shop.page.locator(".contact [name=reason]").fill("约定取件时间")
    shop.page.locator(".contact").get_by_role("button", name=shop.name_of("reveal-contact")).click()
    expect(shop.page.locator(".contact b")).to_have_text("13812345678")
    shop.go(f"/merchant/cases/{case_id}")
    expect(shop.page.locator(".contact b")).to_have_text("138****5678")
    expect(shop.page.locator(".talk").get_by_text("约定取件时间")).to_be_visible()


def test_pre_sale_staff_may_talk_and_the_owner_gives_them_more(person, story):
    """R3.7"""
    case_id = story("complained")
    sun, owner = person(SUN), person(OWNER)
    sun.go(f"/merchant/cases/{case_id}")
    expect(sun.page.locator("#do-agree")).to_have_count(0)
    sun.writes("您好，我先帮您记录，售后同事会联系您。")

    owner.go("/merchant/settings")
    form = owner.page.locator("#staff form.drawer-form")
    owner.page.locator("#staff details.drawer > summary").click()
    owner.fill(form, "name", "sun")
    owner.fill(form, "role", "after_sale")
    form.get_by_role("button", name=owner.words("Save"), exact=True).click()
    owner.fits()
    try:
        sun.go(f"/merchant/cases/{case_id}")
        expect(sun.page.locator("#do-agree")).to_have_count(1)
    finally:
        owner.go("/merchant/settings")
        owner.page.locator("#staff details.drawer > summary").click()
        owner.fill(form, "name", "sun")
        owner.fill(form, "role", "pre_sale")
        form.get_by_role("button", name=owner.words("Save"), exact=True).click()
        owner.fits()
