"""Parcels that are still on their way: stopped, refused at the door, sent back; each at a phone and at a desk."""

from datetime import timedelta

from playwright.sync_api import expect

from amends.domain import commands as k
from amends.domain.actor import SYSTEM
from amends.domain.words import ScanCode
from tests.portal.buyer_stories import BUYER as B42

BUYER, WANG = "buyer/b42", "merchant/1001/wang"


def test_a_parcel_is_stopped_and_the_money_is_paid_when_the_courier_confirms(person, story):
    """R3.1, R4.5: the shop needs no refusal of the buyer's; what follows is said before."""
    case_id = story("regretted")
    buyer, shop = person(BUYER), person(WANG)
    buyer.waits_for_the_line(f"/buyer/cases/{case_id}")
    shop.go(f"/merchant/cases/{case_id}")
    shop.does("intercept-parcel")
    shop.is_told("intercept-parcel")
    buyer.sees_by_itself("The courier is stopping the parcel")

    story.send(k.RecordInterception("accepted"), SYSTEM, case_id=case_id)
    story.site.clock.advance(timedelta(hours=6))
    story.scanned(story.order_of(case_id), ScanCode.INTERCEPTED)
    buyer.sees_by_itself("The parcel is coming back")
    expect(buyer.page.locator(".payouts")).to_contain_text("¥59.00")


def test_a_courier_that_cannot_stop_it_hands_the_case_back_with_the_reason(person, story):
    """R3.1"""
    case_id = story("regretted")
    shop = person(WANG)
    shop.waits_for_the_line(f"/merchant/cases/{case_id}")
    shop.does("intercept-parcel")
    shop.is_told("intercept-parcel")
    story.send(k.RecordInterception("refused", "包裹已装车，无法拦截"), SYSTEM, case_id=case_id)
    shop.sees_by_itself("Waiting for the merchant's answer")
    shop.sees("包裹已装车，无法拦截")


def test_a_refusal_at_the_door_is_agreed_and_the_shop_is_led_to_the_chat(person, story):
    """R3.2, R4.5: the buyer is told how to refuse; the refund follows the courier's scan."""
    case_id = story("regretted", category="furniture")
    buyer, shop = person(BUYER), person(WANG)
    buyer.waits_for_the_line(f"/buyer/cases/{case_id}")
    shop.go(f"/merchant/cases/{case_id}")
    shop.does("agree-refund-after-refusal")
    shop.page.wait_for_url("**#composer")
    shop.is_told("agree-refund-after-refusal")
    expect(buyer.page.locator(".talk .bubble").last).to_be_visible()
    buyer.sees_by_itself("Refund follows once the buyer has refused the parcel")

    story.site.clock.advance(timedelta(hours=20))
    story.scanned(story.order_of(case_id), ScanCode.REFUSED)
    buyer.sees_by_itself("The parcel is coming back")
    expect(buyer.page.locator(".payouts")).to_contain_text("¥59.00")


def test_a_request_is_withdrawn_and_made_again_once_the_goods_are_there(person, story):
    """R4.5"""
    case_id = story("regretted")
    buyer = person(BUYER)
    buyer.go(f"/buyer/cases/{case_id}")
    buyer.does("withdraw", note="想先收到看看")
    buyer.is_told("withdraw")
    buyer.sees("Closed: the buyer withdrew the application")
    order_no = story.order_of(case_id)
    for code in (ScanCode.OUT_FOR_DELIVERY, ScanCode.DELIVERED):
        story.site.clock.advance(timedelta(hours=8))
        story.scanned(order_no, code)
    buyer.go(f"/buyer/orders/1001/{order_no}/apply?kind=return_and_refund&reason=no_reason")
    buyer.presses(buyer.name_of("open-case"))
    buyer.is_told("open-case")


def test_silence_agrees_and_a_case_says_so_before_and_after(person, story):
    """R2.3, R5.3: the time left and its outcome stand on the page; then it has happened, with nobody's doing."""
    case_id = story("complained")
    buyer = person(BUYER)
    buyer.go(f"/buyer/cases/{case_id}")
    status = buyer.page.locator("section.status")
    expect(status.locator("[data-due]")).to_be_visible()
    before = status.inner_text()
    story.site.clock.advance(timedelta(days=4))
    story.send(k.SendMessage("有人吗？"), B42, case_id=case_id)
    buyer.go(f"/buyer/cases/{case_id}")
    buyer.sees("Waiting for the buyer to send the goods back")
    assert status.inner_text() != before
