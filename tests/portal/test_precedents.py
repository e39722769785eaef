"""How cases alike ended stands beside a case, at the shop and at the platform's desk (R3.9)."""

from datetime import timedelta

import pytest

from amends.domain import commands as k
from tests.portal.buyer_stories import BUYER
from tests.portal.desk_stories import DeskStory
from tests.portal.reading import seen, words
from tests.portal.site import Browser

pytestmark = pytest.mark.anyio


@pytest.fixture
def story(site) -> DeskStory:
    return DeskStory(site)


@pytest.fixture
async def owner(browser):
    await browser.step_in("merchant/1001/li")
    return browser


async def test_a_shop_reads_how_its_own_cases_alike_ended_and_opens_them(story, owner):
    ruled = await story.ruled("20260302-1")
    withdrawn = await story.complained("20260302-2")
    await story.send(k.Withdraw(), BUYER, case_id=withdrawn)
    other_kind = await story.refunded("20260302-3")
    case_id = await story.complained("20260302-4")

    page = words(await seen(owner, f"/merchant/cases/{case_id}"))
    assert "近 90 天，本店同类型、同原因、同品类的已结束售后共 2 件，其中以退款结束的有 0 件。" in page
    assert "平台裁决 1 件，0 件支持买家。" in page
    assert "其他店铺" not in page, "there are none that could be told of"

    listed = await seen(owner, f"/merchant/cases/{case_id}/similar")
    for one in (ruled, withdrawn):
        assert f'href="/merchant/cases/{one}"' in listed
    assert f'href="/merchant/cases/{other_kind}"' not in listed
    assert "同类售后" in words(listed)


async def test_without_cases_alike_nothing_is_said(story, owner):
    case_id = await story.complained("20260302-1")
    assert "同类售后" not in words(await seen(owner, f"/merchant/cases/{case_id}"))
    assert "没有同类型" in words(await seen(owner, f"/merchant/cases/{case_id}/similar"))


async def test_another_shops_list_is_not_shown(story, site):
    case_id = await story.complained("20260302-1")
    async with Browser(site) as buyer:
        await buyer.step_in("buyer/b42")
        refused = await buyer.get(f"/merchant/cases/{case_id}/similar", headers={"accept": "text/html"})
        assert refused.status_code in (302, 303, 403)


async def test_the_desk_reads_how_all_cases_alike_ended(story, site):
    await story.ruled("20260302-1")
    case_id = await story.heard("20260302-2")
    site.clock.advance(timedelta(minutes=2))
    async with Browser(site) as desk:
        await desk.step_in("platform/gao")
        page = words(await seen(desk, f"/desk/cases/{case_id}"))
        assert "近 90 天，全平台同类型、同原因、同品类的已结束售后共 1 件，其中以退款结束的有 0 件。" in page
        assert "平台裁决 1 件，0 件支持买家。" in page
