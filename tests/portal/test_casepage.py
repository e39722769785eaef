"""A case page answers who is next and until when, and carries out what its forms ask."""

import re
from datetime import timedelta

import msgspec
import pytest
from msgspec.structs import replace

from amends.application.ports import CaseKey, OrderKey
from amends.application.retention import case_remains, order_remains
from amends.application.sealing import unseal
from amends.domain.case import Case, parse_case_id
from amends.domain.order import Order
from tests.portal.buyer_stories import Story
from tests.portal.site import Browser

pytestmark = pytest.mark.anyio

HTML = {"accept": "text/html"}


def form_of(page: str, action: str) -> dict[str, str]:
    """The hidden fields of the form that leads there."""
    form = re.search(rf'<form[^>]*action="[^"]*/{action}".*?</form>', page, re.DOTALL)
    assert form, f"no form leads to {action}"
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form[0]))


@pytest.fixture
async def merchant(site):
    async with Browser(site) as one:
        await one.step_in("merchant/1001/li")
        yield one


@pytest.fixture
async def buyer(site):
    async with Browser(site) as one:
        await one.step_in("buyer/b42")
        yield one


async def test_first_of_all_it_says_where_it_stands_whose_turn_it_is_until_when_and_what_silence_does(site, buyer):
    (case_id,) = await site.opened()
    page = (await buyer.get(f"/buyer/cases/{case_id}")).text

    head = page[page.index('id="status"') :]
    for words in ("等待商家处理", "商家需在", "还剩", "到时没有答复"):
        assert words in head[:1_500]
    assert re.search(r'<progress class="bar" max="\d+" value="\d+"', page)


async def test_a_message_reaches_the_other_side_and_may_hold_anything(site, buyer, merchant):
    (case_id,) = await site.opened()
    hostile = "</textarea><script>alert(1)</script> {{ 7*7 }} 'quoted' & 您好"
    path = f"/merchant/cases/{case_id}"
    sent = await merchant.post(
        f"{path}/send-message", data={**form_of((await merchant.get(path)).text, "send-message"), "text": hostile}
    )
    assert (sent.status_code, sent.headers["location"]) == (303, path)

    page = (await buyer.get(f"/buyer/cases/{case_id}")).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7*7 }}" in page
    assert "<script>alert(1)" not in page


async def test_a_form_sent_twice_does_its_work_once(site, merchant):
    (case_id,) = await site.opened()
    path = f"/merchant/cases/{case_id}"
    form = {**form_of((await merchant.get(path)).text, "send-message"), "text": "只说一遍"}
    for _ in range(2):
        assert (await merchant.post(f"{path}/send-message", data=form)).status_code == 303

    assert (await merchant.get(path)).text.count("只说一遍") == 1


async def test_what_was_done_is_told_once_on_the_next_page(site, merchant):
    (case_id,) = await site.opened()
    path = f"/merchant/cases/{case_id}"
    await merchant.post(f"{path}/agree", data=form_of((await merchant.get(path)).text, "agree"))

    assert "已同意申请。" in (await merchant.get(path)).text
    assert "已同意申请。" not in (await merchant.get(path)).text


async def test_who_acts_on_an_old_page_is_told_and_nothing_happens(site, buyer, merchant):
    (case_id,) = await site.opened()
    path = f"/merchant/cases/{case_id}"
    old = form_of((await merchant.get(path)).text, "agree")
    page = (await buyer.get(f"/buyer/cases/{case_id}")).text
    await buyer.post(f"/buyer/cases/{case_id}/withdraw", data=form_of(page, "withdraw"))

    answer = await merchant.post(f"{path}/agree", data=old)
    assert answer.status_code == 409
    assert 'role="alert"' in answer.text
    assert "售后单刚刚有更新" in answer.text


async def test_a_step_that_is_not_possible_stays_visible_with_its_reason(site, merchant):
    (case_id,) = await site.opened()
    page = (await merchant.get(f"/merchant/cases/{case_id}")).text

    shut = page[page.index('id="why-intercept-parcel"') - 400 :][:800]
    assert 'aria-disabled="true"' in shut
    assert "未发货" in shut


async def test_when_the_time_is_over_the_page_shows_what_silence_did_although_nobody_swept(site, buyer):
    (case_id,) = await site.opened()
    site.clock.advance(timedelta(days=8))
    page = (await buyer.get(f"/buyer/cases/{case_id}")).text

    assert "等待商家处理" not in page


@pytest.mark.parametrize("actor", ["buyer/b43", "merchant/1002/qian"])
async def test_somebody_elses_case_is_not_shown(site, actor):
    (case_id,) = await site.opened()
    async with Browser(site) as stranger:
        side = actor.split("/")[0]
        secret = await site.app.framework.state.portal.sessions.begin(actor)
        stranger.cookies.set(f"amends_{side}", secret)
        page = await stranger.get(f"/{side}/cases/{case_id}")
        assert page.status_code == 403
        assert "手冲咖啡壶" not in page.text


@pytest.mark.parametrize("case_id", ["1001-0000000000001", "nonsense", "1001-000000000000U", "%00"])
async def test_a_case_that_does_not_exist_says_so(buyer, case_id):
    page = await buyer.get(f"/buyer/cases/{case_id}", headers=HTML)
    assert page.status_code == 404


@pytest.mark.parametrize("verb", ["record-payout", "lapse", "agree", "no-such-verb", "rule"])
async def test_a_form_made_up_by_its_sender_does_nothing(site, buyer, verb):
    (case_id,) = await site.opened()
    page = (await buyer.get(f"/buyer/cases/{case_id}")).text
    token = form_of(page, "withdraw")["form_token"]
    answer = await buyer.post(f"/buyer/cases/{case_id}/{verb}", data={"form_token": token, "application": "1"})
    assert 400 <= answer.status_code < 500
    assert "等待商家处理" in (await buyer.get(f"/buyer/cases/{case_id}")).text


async def test_a_list_shows_each_case_with_its_clock(site, buyer):
    await site.opened(3, title="保温杯")
    page = (await buyer.get("/buyer")).text

    assert page.count("保温杯") >= 3
    assert page.count("data-due") >= 3


async def erase(site, case_id: str) -> None:
    """As the owner of the tables does when the time for keeping the case is over."""
    store, key = site.desk.records._store, CaseKey(*parse_case_id(case_id))
    records = store.records[key]
    left = case_remains([record.payload for record in records], site.clock.now())
    pairs = zip(records, left.payloads, strict=True)
    store.records[key] = [replace(was, fact=unseal(payload), payload=payload) for was, payload in pairs]
    case = msgspec.json.decode(left.state, type=Case)
    store.cases[key] = store.cases[key]._replace(case=case)
    order_key = OrderKey(key.merchant_id, case.order_no)
    stored = store.orders[order_key]
    store.orders[order_key] = stored._replace(
        order=msgspec.json.decode(order_remains(stored.order, ()).state, type=Order)
    )


@pytest.mark.parametrize(("actor", "area"), [("merchant/1001/li", "merchant"), ("platform/gao", "desk")])
async def test_a_case_whose_words_were_erased_says_so_and_still_tells_its_course(site, actor, area):
    case_id = await Story(site).ruled("20260302-0301")
    async with Browser(site) as one:
        await one.step_in(actor)
        before = (await one.get(f"/{area}/cases/{case_id}")).text
        await erase(site, case_id)
        after = await one.get(f"/{area}/cases/{case_id}")
    assert after.status_code == 200, after.text
    assert "漏水" in before
    assert "漏水" not in after.text
    assert not re.search(r"\bb42\b", after.text), "by itself: a random key may hold the same letters"
    assert "保存期限已满" in after.text
    assert "不支持" in after.text
