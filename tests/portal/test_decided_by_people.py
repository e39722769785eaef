"""What only persons decide, sent from the page that draws it: payouts, outages, return freight above the limit."""

from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from amends.application.ports import CaseKey
from amends.domain import commands as k
from amends.domain.actor import SYSTEM
from amends.domain.case import parse_case_id, public_case_id
from amends.domain.words import EvidenceKind, Kind, Leg, PayoutState, ScanCode
from tests.portal.buyer_stories import ARBITRATOR, BUYER, OWNER
from tests.portal.desk_stories import DeskStory
from tests.portal.filling import filled
from tests.portal.reading import seen, words
from tests.portal.site import Browser

pytestmark = pytest.mark.anyio

SHEN, GAO, BAI = "platform/shen", "platform/gao", "platform/bai"
STATEMENT = "2026-03-06 对账单第 12 行：已入账。"


@pytest.fixture
def story(site) -> DeskStory:
    return DeskStory(site)


@asynccontextmanager
async def entered(site, actor: str):
    async with Browser(site) as one:
        await one.step_in(actor)
        yield one


async def act(browser: Browser, path: str, verb: str, **given: str) -> tuple[int, str]:
    """Fill in the form of a step and send it: the status, and the page that follows."""
    answer = await browser.post(f"{path}/{verb}", data=filled(await seen(browser, path), f"/{verb}", **given))
    return answer.status_code, words(await seen(browser, path) if answer.status_code == 303 else answer.text)


async def case_of(site, case_id: str):
    named = parse_case_id(case_id)
    assert named is not None
    case = await site.desk.records.case(CaseKey(*named))
    assert case is not None
    return case


async def stuck(story: DeskStory, order_no: str) -> str:
    """For three days the provider has not known what became of a refund (rules §3)."""
    await story.bought(order_no)
    opening = k.OpenCase(order_no, (k.CaseLine(1, 1),), Kind.REFUND_ONLY, "changed_mind", goods_received=False)
    case_id = public_case_id(1001, (await story.send(opening, BUYER, order_no=order_no)).case_id or 0)
    await story.send(k.Agree(1), OWNER, case_id=case_id)
    (payout,) = (await case_of(story.site, case_id)).payouts
    await story.send(k.RecordPayout(payout.payout_id, "unknown"), SYSTEM, case_id=case_id)
    story.site.clock.advance(timedelta(hours=73))
    return case_id


async def sent_back(story: DeskStory, order_no: str, freight_minor: int) -> str:
    """The goods came back to the shop, with a receipt for the freight."""
    case_id = await story.return_due(order_no)
    receipt = k.EvidenceItem(EvidenceKind.FREIGHT_RECEIPT, name="运费.jpg")
    await story.send(k.ShipReturn("yuantong", f"YT-{order_no}", freight_minor, receipt), BUYER, case_id=case_id)
    for code in (ScanCode.PICKED_UP, ScanCode.DELIVERED):
        story.site.clock.advance(timedelta(hours=3))
        await story.scanned(order_no, code, Leg.RETURN, case_id)
    return case_id


async def test_a_payout_of_unknown_fate_is_settled_by_two_persons(site, story):
    case_id = await stuck(story, "20260302-1")
    path = f"/desk/cases/{case_id}"
    said = {"result": "done", "statement": STATEMENT}
    async with entered(site, BAI) as bai, entered(site, SHEN) as shen:
        assert (await act(bai, path, "settle-payout", **said))[0] == 303
        before = await case_of(site, case_id)
        assert before.payouts[0].state is PayoutState.UNKNOWN, "one person alone settles nothing"

        status, page = await act(bai, path, "settle-payout", **said)
        assert status == 409
        assert "须由另一位人员处理" in page
        assert await case_of(site, case_id) == before

        assert (await act(shen, path, "settle-payout", **said))[0] == 303
    assert (await case_of(site, case_id)).payouts[0].state is PayoutState.PAID


async def test_an_outage_moves_the_deadlines_that_ended_in_it_and_one_in_the_future_is_refused(site, story):
    case_id = await story.complained("20260302-1")
    path = f"/desk/cases/{case_id}"
    due_at = (await case_of(site, case_id)).deadline("answer.with_buyer").due_at
    site.clock.at = due_at + timedelta(minutes=30)
    hour = "%Y-%m-%dT%H:%M"
    local = due_at + timedelta(hours=8)
    async with entered(site, BAI) as bai:
        before = await case_of(site, case_id)
        status, page = await act(
            bai,
            path,
            "credit-outage",
            **{
                "starts_at:local": local.strftime(hour),
                "ends_at:local": (local + timedelta(days=1)).strftime(hour),
            },
        )
        assert status == 409
        assert "还不能进行此操作" in page
        assert await case_of(site, case_id) == before

        given = {
            "starts_at:local": (local - timedelta(hours=2)).strftime(hour),
            "ends_at:local": (local + timedelta(minutes=10)).strftime(hour),
        }
        assert (await act(bai, path, "credit-outage", **given))[0] == 303
    assert (await case_of(site, case_id)).deadline("answer.with_buyer").due_at == due_at + timedelta(
        hours=2, minutes=10
    )


async def test_the_shop_grants_more_return_freight_than_the_policy_pays_by_itself(site, story):
    """Rules §3: up to 30.00 by itself, more by a person, never more than the receipt says."""
    case_id = await sent_back(story, "20260302-1", 45_00)
    path = f"/merchant/cases/{case_id}"
    async with entered(site, "merchant/1001/li") as owner:
        page = words(await seen(owner, path))
        assert "运费凭据上为 ¥45.00。不填时，按规则最多支付 ¥30.00。" in page
        assert "退货运费承担方 商家" in page

        before = await case_of(site, case_id)
        status, page = await act(owner, path, "accept-return", **{"return_freight:money": "45.01"})
        assert status == 409
        assert "金额超过上限" in page
        assert await case_of(site, case_id) == before

        status, page = await act(owner, path, "accept-return", **{"return_freight:money": "42.00"})
        assert status == 303
        assert "其中已认可 ¥42.00 商家" in page
    assert (await case_of(site, case_id)).freight_granted_minor == 42_00


async def test_left_empty_the_policy_pays_up_to_its_limit(site, story):
    case_id = await sent_back(story, "20260302-1", 45_00)
    async with entered(site, "merchant/1001/li") as owner:
        status, _ = await act(owner, f"/merchant/cases/{case_id}", "accept-return")
        assert status == 303
    assert (await case_of(site, case_id)).freight_granted_minor == 30_00


async def test_the_platform_grants_return_freight_in_a_ruling(site, story):
    """The shop disputes what came back: the ruling says what of the receipt it pays."""
    case_id = await sent_back(story, "20260302-1", 45_00)
    proof = tuple(
        k.EvidenceItem(kind, name="拆包.jpg")
        for kind in (EvidenceKind.PHOTO, EvidenceKind.VIDEO, EvidenceKind.PACKING_PHOTO)
    )
    await story.send(k.SendMessage("您好，退回的壶身有磕碰，请问寄出前检查过吗？"), OWNER, case_id=case_id)
    await story.send(k.PrepareRejection(1, "return_damaged"), OWNER, case_id=case_id)
    site.clock.advance(timedelta(hours=20))
    point = k.Point("退回的壶身有明显磕碰，与出库照片不一致。")
    await story.send(k.Reject(1, "return_damaged", (point,), proof), OWNER, case_id=case_id)
    await story.send(k.RequestIntervention("寄出时完好，请平台判断。"), BUYER, case_id=case_id)
    await story.send(k.Assign("gao"), ARBITRATOR, case_id=case_id)
    site.clock.advance(timedelta(hours=13))
    path = f"/desk/cases/{case_id}"
    given = {
        "outcome": "return_and_refund",
        "amount:money": "65.00",
        "return_freight:money": "45.01",
        "goods": "merchant_keeps",
        "fault": "merchant",
        "findings.0.text": "照片显示壶嘴根部有裂纹，运费凭据与运单一致。",
        "findings.0.rests_on.0": "e1",
        "findings.0.clause": "visible-defect",
    }
    async with entered(site, GAO) as gao:
        page = await seen(gao, path)
        before = await case_of(site, case_id)
        refused = await gao.post(f"{path}/rule", data=filled(page, "/preview/rule") | given)
        assert refused.status_code == 409
        assert "金额超过上限" in words(refused.text)
        assert await case_of(site, case_id) == before

        given["return_freight:money"] = "45.00"
        preview = await gao.post(f"{path}/preview/rule", data=filled(page, "/preview/rule") | given)
        assert preview.status_code == 200, words(preview.text)
        ruled = await gao.post(f"{path}/rule", data=filled(preview.text, f"/cases/{case_id}/rule"))
        assert ruled.status_code == 303, words(ruled.text)
        assert "其中已认可 ¥45.00 平台" in words(await seen(gao, path))
    assert (await case_of(site, case_id)).freight_granted_minor == 45_00
