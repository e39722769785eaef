"""The pages of those who run the service: policy and its changes, deliveries, health, the demo's clock."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from amends.application.policies import Policies, parse_policy, shipped_text
from amends.application.policy_diff import Difference, differences
from amends.application.ports import Delivery, Envelope
from amends.domain import commands as k
from amends.domain.words import Kind
from tests.portal.buyer_stories import BUYER, OWNER
from tests.portal.filling import filled
from tests.portal.reading import seen, words
from tests.portal.site import Browser, Site, running
from tests.portal.test_desk import GAO, SHEN, desk, story

__all__ = ["desk", "story"]

pytestmark = pytest.mark.anyio

BAI, YAN = "platform/bai", "platform/yan"
SHIPPED = parse_policy(shipped_text(), "shipped")
LATER = msgspec.structs.replace(
    SHIPPED,
    version="marketplace-cn-test",
    effective_from=SHIPPED.effective_from + timedelta(days=1),
    limits=msgspec.structs.replace(SHIPPED.limits, four_eyes_minor=300_00),
)


@pytest.mark.parametrize("path", ["/desk/policy", "/desk/outbox", "/desk/health"])
@pytest.mark.parametrize(("actor", "status"), [(BAI, 200), (SHEN, 200), (YAN, 200), (GAO, 403), ("platform/zhou", 403)])
async def test_those_who_run_it_see_how_it_runs(desk, path, actor, status):
    await seen(await desk(actor), path, status)


@pytest.mark.parametrize("path", ["/desk/policy", "/desk/outbox", "/desk/health", "/desk/clock"])
async def test_every_page_speaks_english(desk, path):
    bai = await desk(BAI)
    await bai.get("/language/en")
    page = words(await seen(bai, path))
    assert not any("\u4e00" <= sign <= "\u9fff" for sign in page.replace("《", "").split("Source")[0])


def test_a_change_is_told_by_its_place_with_both_values():
    assert differences(SHIPPED, SHIPPED) == []
    found = {one.path: one for one in differences(SHIPPED, LATER)}
    assert found["limits.four_eyes_minor"] == Difference("limits.four_eyes_minor", "50000", "30000")
    assert set(found) == {"version", "effective_from", "limits.four_eyes_minor"}


async def test_the_policy_in_force_its_history_and_what_changed(site, desk):
    texts = {SHIPPED.version: shipped_text(), LATER.version: shipped_text()}
    portal = site.app.framework.state.portal
    site.app.framework.state.portal = replace(
        portal, desk=replace(portal.desk, policies=Policies((SHIPPED, LATER), texts))
    )
    bai = await desk(BAI)
    page = await seen(bai, "/desk/policy")
    assert page.index(LATER.version) < page.index(SHIPPED.version)
    assert "需要复核的金额 ¥300.00" in words(page)

    changes = words(await seen(bai, f"/desk/policy/{LATER.version}"))
    assert "limits.four_eyes_minor 50000 30000" in changes
    assert "首个版本" in words(await seen(bai, f"/desk/policy/{SHIPPED.version}"))
    await seen(bai, "/desk/policy/no-such-version", 404)


async def test_what_was_given_up_is_sent_again_by_those_who_may(site, story, desk):
    await story.bought("20260302-1")
    ask = k.OpenCase("20260302-1", (k.CaseLine(1, 1),), Kind.REFUND_ONLY, "changed_mind", goods_received=False)
    opened = await story.send(ask, BUYER, order_no="20260302-1")
    await site.desk.lanes.submit(Envelope(OWNER, 1001, k.Agree(1), case_id=opened.case_id))
    now = site.clock.now()
    leased = await site.desk.outbox.lease(now, now + timedelta(minutes=1), 10)
    assert leased
    await site.desk.outbox.settle(
        [
            Delivery(one.message.merchant_id, one.message.message_id, done=False, error="the provider does not answer")
            for one in leased
        ],
        now,
    )
    auditor = await seen(await desk(YAN), "/desk/outbox")
    assert "the provider does not answer" in auditor
    assert "/retry" not in auditor

    bai = await desk(BAI)
    page = await seen(bai, "/desk/outbox")
    assert "¥65.00" in words(page)
    sent = await bai.post(_retry(page), data=filled(page, "/retry"))
    assert sent.status_code == 303
    backlog = await site.desk.outbox.backlog(site.clock.now())
    assert (backlog.waiting, backlog.dead) == (1, len(leased) - 1)


def _retry(page: str) -> str:
    return page[page.index('action="/desk/outbox/') + 8 :].partition('"')[0]


async def test_health_names_cases_whose_deadline_nobody_carried_out(site, desk):
    bai = await desk(BAI)
    assert "运行正常" in words(await seen(bai, "/desk/health"))
    (case_id,) = await site.opened()
    site.clock.advance(timedelta(days=10))
    page = await seen(bai, "/desk/health")
    assert "有 1 项需要处理" in words(page)
    assert case_id in page


async def test_the_clock_of_a_demonstration_goes_on_and_never_back(site, desk):
    bai = await desk(BAI)
    before = site.clock.now()
    form = filled(await seen(bai, "/desk/clock"), "/desk/clock")
    assert (await bai.post("/desk/clock", data=form | {"hours": "24"})).status_code == 303
    assert site.clock.now() == before + timedelta(days=1)
    for hours in ("-1", "0", "999999", "x"):
        assert (await bai.post("/desk/clock", data=form | {"hours": hours})).status_code >= 400
    assert site.clock.now() == before + timedelta(days=1)


async def test_there_is_no_clock_outside_of_demonstrations():
    async with running(Site(demo=False)) as site, Browser(site) as one:
        secret = await site.app.framework.state.portal.sessions.begin(BAI)
        one.cookies.set("amends_platform", secret)
        await seen(one, "/desk/clock", 404)
        await seen(one, "/desk/health")
