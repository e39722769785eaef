"""The platform's desk: queues, both sides point against point, ruling with a preview, second eyes, appeals."""

import re
from datetime import timedelta

import pytest

from amends.domain import commands as k
from amends.domain.words import EvidenceKind
from tests.portal.buyer_stories import BUYER, OWNER
from tests.portal.desk_stories import DeskStory
from tests.portal.filling import filled
from tests.portal.reading import seen, words
from tests.portal.site import Browser

pytestmark = pytest.mark.anyio

GAO, SHEN, ZHOU = "platform/gao", "platform/shen", "platform/zhou"
RULING = {
    "outcome": "return_and_refund",
    "amount:money": "59.00",
    "fault": "merchant",
    "findings.0.text": "照片与视频能够看出壶嘴根部有裂纹。",
    "findings.0.rests_on.0": "e1",
    "findings.0.rests_on.1": "scan:delivered",
    "findings.0.clause": "visible-defect",
}

VIDEO = k.EvidenceItem(EvidenceKind.VIDEO, name="再次倒水.mp4")


@pytest.fixture
def story(site) -> DeskStory:
    return DeskStory(site)


@pytest.fixture
async def desk(site):
    """Steps in as somebody and gives their browser."""
    opened = []

    async def step_in(actor: str) -> Browser:
        one = Browser(site)
        opened.append(one)
        await one.step_in(actor)
        return one

    yield step_in
    for one in opened:
        await one.aclose()


async def act(
    browser: Browser, case_id: str, action: str, given: dict[str, str] | None = None, status: int = 303
) -> str:
    """Fill in the form that leads there, send it, and read the page that follows."""
    path = f"/desk/cases/{case_id}"
    form = filled(await seen(browser, path), f"/{action}") | (given or {})
    answer = await browser.post(f"{path}/{action}", data=form)
    assert answer.status_code == status, words(answer.text)
    return await seen(browser, path) if status == 303 else answer.text


async def rule(browser: Browser, case_id: str, verb: str = "rule", given: dict[str, str] | None = None) -> str:
    """See what it would do, then mean it."""
    preview = await act(browser, case_id, f"preview/{verb}", given or RULING, status=200)
    form = filled(preview, f"/cases/{case_id}/{verb}")
    answer = await browser.post(f"/desk/cases/{case_id}/{verb}", data=form)
    assert answer.status_code == 303, words(answer.text)
    return await seen(browser, f"/desk/cases/{case_id}")


# Queues ---------------------------------------------------------------------------------------------------


async def test_every_list_shows_its_cases_and_how_many_they_are(story, desk):
    cases = {
        "mine": await story.heard("20260302-1"),
        "second": await story.proposed("20260302-2"),
        "appeal": await story.appealed("20260302-3"),
        "suspended": await story.suspended("20260302-4"),
    }
    shen = await desk(SHEN)
    for name in ("second", "appeal", "suspended"):
        page = await seen(shen, f"/desk?queue={name}")
        assert re.findall(r'data-case="([^"]+)"', page) == [cases[name]]
    assert "待复核 1" in words(page)
    gao = await desk(GAO)
    assert cases["mine"] in await seen(gao, "/desk?queue=mine")
    assert "申诉 0" in words(await seen(gao, "/desk")), "who ruled is not offered the appeal (R1.1)"
    assert "待复核 0" in words(await seen(gao, "/desk")), "nor a second look at the own ruling"


async def test_a_case_that_the_platform_is_late_with_says_so(story, desk):
    case_id = await story.late("20260302-1")
    page = await seen(await desk(SHEN), "/desk?queue=late")
    assert case_id in page
    assert "平台超时" in words(page)


async def test_lists_are_searched_filtered_and_turned_page_by_page(site, story, desk):
    one, two = await story.heard("20260302-1"), await story.heard("20260302-2", pieces=3)
    shen = await desk(SHEN)
    assert re.findall(r'data-case="([^"]+)"', await seen(shen, "/desk?queue=all&q=20260302-2")) == [two]
    assert re.findall(r'data-case="([^"]+)"', await seen(shen, "/desk?queue=all&by=amount")) == [two, one]
    assert "没有符合条件" in words(await seen(shen, "/desk?queue=all&reason=counterfeit"))
    await seen(shen, "/desk?queue=all&cursor=nonsense", 422)


async def test_the_next_case_is_taken_with_one_step_and_by_one_person(story, desk):
    case_id = await story.rejected("20260302-1")
    await story.send(k.RequestIntervention("请平台判断。"), BUYER, case_id=case_id)
    gao, shen = await desk(GAO), await desk(SHEN)
    page = await seen(gao, "/desk")
    taken = await gao.post("/desk/next", data=filled(page, "/next"))
    assert taken.headers["location"] == f"/desk/cases/{case_id}?queue=mine"
    assert "高远" in words(await seen(gao, taken.headers["location"]))

    nothing = await shen.post("/desk/next", data=filled(await seen(shen, "/desk"), "/next"))
    assert "没有可领取的" in words(await seen(shen, nothing.headers["location"]))


@pytest.mark.parametrize(
    ("actor", "offers"),
    [
        (GAO, {"assign", "rule", "request-evidence", "make-offer", "suspend", "extend-deadline", "cancel"}),
        (SHEN, {"assign", "rule", "request-evidence", "make-offer", "suspend", "extend-deadline", "cancel"}),
        (ZHOU, {"assign", "make-offer", "cancel"}),
        ("platform/bai", {"extend-deadline", "credit-outage"}),
        ("platform/yan", set()),
    ],
)
async def test_each_role_finds_the_steps_that_are_its_own(story, desk, actor, offers):
    case_id = await story.heard("20260302-1")
    page = await seen(await desk(actor), f"/desk/cases/{case_id}")
    found = set(re.findall(rf'action="/desk/cases/{case_id}/(?:preview/)?([a-z-]+)[?#"]', page))
    assert found - {"send-message"} == offers


@pytest.mark.parametrize("actor", ["buyer/b42", "merchant/1001/li"])
async def test_nobody_else_gets_to_the_desk(story, desk, actor):
    case_id = await story.heard("20260302-1")
    stranger = await desk(actor)
    for path in ("/desk", f"/desk/cases/{case_id}"):
        page = await stranger.get(path)
        assert (page.status_code, page.headers["location"]) == (303, "/demo")


# The case -------------------------------------------------------------------------------------------------

STATES = ("heard", "proposed", "appealed", "suspended", "late", "reviewed", "ruled", "refunded", "returning", "offered")


@pytest.mark.parametrize("state", STATES)
async def test_every_state_is_told_in_both_languages(story, desk, state):
    case_id = await getattr(story, state)("20260302-1")
    shen = await desk(SHEN)
    assert case_id in words(await seen(shen, f"/desk/cases/{case_id}"))
    await shen.get("/language/en")
    english = words(await seen(shen, f"/desk/cases/{case_id}"))
    for title in ("Rules that apply", "Similar rulings", "What the records prove"):
        assert title in english


async def test_both_sides_stand_point_against_point_with_the_evidence_under_its_point(story, desk):
    """R5.4"""
    case_id = await story.heard("20260302-1")
    page = await seen(await desk(GAO), f"/desk/cases/{case_id}")
    row = page[page.index("壶嘴根部有裂纹") : page.index("倒水时一直漏，有视频")]
    assert "壶嘴.jpg" in row
    assert "出库时完好" in row
    assert "出库质检.jpg" in row


async def test_the_records_say_who_answered_when_what_was_missed_and_which_file_never_changed(story, desk):
    """R4.6"""
    case_id = await story.late("20260302-1")
    page = words(await seen(await desk(GAO), f"/desk/cases/{case_id}"))
    proven = page[page.index("记录能证明的") : page.index("协商与经过")]
    for told in ("已签收", "首次答复", "按时", "e1", "没有附文件", "顺丰"):
        assert told in proven


async def test_the_burden_of_proof_and_the_clauses_of_the_reason_stand_beside_it(story, desk):
    case_id = await story.heard("20260302-1")
    page = words(await seen(await desk(GAO), f"/desk/cases/{case_id}"))
    rules = page[page.index("适用规则") :]
    assert "举证责任在买家" in rules
    assert "商品不符合质量要求的" in rules
    assert "消保法 24" in rules


async def test_rulings_alike_lead_to_their_cases(story, desk):
    before = await story.ruled("20260302-1")
    case_id = await story.heard("20260302-2")
    page = await seen(await desk(GAO), f"/desk/cases/{case_id}")
    alike = page[page.index('id="alike"') :]
    assert f'href="/desk/cases/{before}"' in alike
    assert "同类商品" in alike


# Ruling ---------------------------------------------------------------------------------------------------


async def test_what_a_ruling_would_do_is_said_to_both_sides_words_before_it_is_meant(story, desk):
    case_id = await story.heard("20260302-1")
    gao = await desk(GAO)
    preview = words(await act(gao, case_id, "preview/rule", RULING, status=200))
    assert "如果这样裁决" in preview
    assert "退货退款 ¥59.00" in preview
    read = preview[preview.index("如果这样裁决") :]
    assert "照片与视频能够看出壶嘴根部有裂纹" in read
    assert "物流记录：已签收" in read
    assert "您需在" in preview[preview.index("买家看到") : preview.index("商家看到")]
    assert "平台处理中" in words(await seen(gao, f"/desk/cases/{case_id}")), "nothing was ruled yet"

    after = words(await rule(gao, case_id))
    assert "裁决已记录" in after
    assert "等待买家寄回商品" in after


async def test_a_ruling_that_cannot_stand_is_refused_with_what_is_missing_and_keeps_what_was_entered(story, desk):
    case_id = await story.heard("20260302-1")
    gao = await desk(GAO)
    for change, told in (
        ({"amount:money": "99.00"}, "最多 ¥65.00"),
        ({"outcome": "refund", "no_return_because": ""}, "说明"),
        ({"findings.0.clause": ""}, "条款"),
        ({"fault": "shared", "shares.buyer": "30"}, "100"),
    ):
        page = await act(gao, case_id, "preview/rule", RULING | change, status=409)
        alert = words("<main" + page[page.index('id="trouble"') :])[:200]
        assert told in alert, alert
        assert RULING["findings.0.text"] in page


async def test_what_the_other_side_could_not_see_long_enough_cannot_be_chosen_and_it_says_from_when_it_can(
    site, story, desk
):
    """Rules §9: a preview would refuse it, so the form says it before."""
    case_id = await story.reviewed("20260302-1")
    gao = await desk(GAO)
    await story.send(k.AddEvidence((VIDEO,)), BUYER, case_id=case_id)

    async def page() -> str:
        return await seen(gao, f"/desk/cases/{case_id}")

    async def can_be_chosen(evidence_id: str) -> bool:
        (box,) = re.findall(rf'<input type="checkbox" name="findings.0[^>]*value="{evidence_id}"[^>]*>', await page())
        return "disabled" not in box

    assert not await can_be_chosen("e3")
    assert "对方看到该凭证不足 12 小时" in words(await page())
    refused = await act(gao, case_id, "preview/rule", RULING | {"findings.0.rests_on.0": "e3"}, status=409)
    assert "还不能进行此操作" in words(refused), "what the page said before"
    site.clock.advance(timedelta(hours=12) - timedelta(microseconds=1))
    assert not await can_be_chosen("e3")
    site.clock.advance(timedelta(microseconds=1))
    assert await can_be_chosen("e3")
    assert "对方看到该凭证不足" not in words(await page())


async def test_what_the_other_side_answered_can_be_chosen_at_once(story, desk):
    case_id = await story.reviewed("20260302-1")
    gao = await desk(GAO)
    await story.send(k.AddEvidence((VIDEO,)), BUYER, case_id=case_id)
    assert "对方看到该凭证不足" in words(await seen(gao, f"/desk/cases/{case_id}"))
    await story.send(k.SendMessage("视频已看，壶嘴确实在漏。"), OWNER, case_id=case_id)
    assert "对方看到该凭证不足" not in words(await seen(gao, f"/desk/cases/{case_id}"))


async def test_shares_are_sent_only_where_the_fault_is_shared(story, desk):
    case_id = await story.heard("20260302-1")
    shared = RULING | {"fault": "shared", "shares.buyer": "30", "shares.merchant": "70"}
    after = words(await rule(await desk(GAO), case_id, given=shared))
    assert "70%" in after


async def test_above_the_four_eyes_amount_somebody_else_approves(story, desk):
    case_id = await story.heard("20260302-1", pieces=10)
    gao, shen = await desk(GAO), await desk(SHEN)
    large = RULING | {"amount:money": "590.00"}
    preview = words(await act(gao, case_id, "preview/rule", large, status=200))
    assert "需要第二人复核" in preview
    assert "买家看到" not in preview
    own = await rule(gao, case_id, given=large)
    assert "须由另一位" in words(own)
    assert "/approve-ruling" not in own

    back = words(await act(shen, case_id, "approve-ruling", {"approve": "false", "reason": "请补充对照片的认定。"}))
    assert "请补充对照片的认定" in back
    await rule(gao, case_id, given=large)
    after = words(await act(shen, case_id, "approve-ruling"))
    assert "等待买家寄回商品" in after


async def test_an_appeal_is_decided_by_somebody_else_with_a_preview(story, desk):
    """R1.1"""
    case_id = await story.appealed("20260302-1")
    gao, shen = await desk(GAO), await desk(SHEN)
    own = await seen(gao, f"/desk/cases/{case_id}")
    assert "preview/decide-appeal" not in own
    assert "须由另一位" in words(own)

    decision = {"outcome": "change", "reason": "第二张照片足以证明。"} | {
        f"ruling.{name}": value for name, value in RULING.items()
    }
    preview = words(await act(shen, case_id, "preview/decide-appeal", decision, status=200))
    assert "如果这样决定" in preview
    after = words(await rule(shen, case_id, "decide-appeal", decision))
    assert "等待买家寄回商品" in after


async def test_an_appeal_can_be_upheld_and_says_that_nothing_changes(story, desk):
    case_id = await story.appealed("20260302-1")
    after = words(await rule(await desk(SHEN), case_id, "decide-appeal", {"outcome": "uphold", "reason": "理由不足。"}))
    assert "平台未支持申请" in after


# Around it ------------------------------------------------------------------------------------------------


async def test_evidence_is_asked_of_a_side_once_by_a_date(story, desk):
    """R4.2: the pause is shown."""
    case_id = await story.heard("20260302-1")
    gao = await desk(GAO)
    after = words(await act(gao, case_id, "request-evidence", {"side": "buyer", "what.0": "开箱视频"}))
    assert "平台请双方补充凭证" in after or "补充凭证" in after
    assert "已暂停" in after
    page = await seen(gao, f"/desk/cases/{case_id}")
    assert "已要求过一次" in page


async def test_a_settlement_is_proposed_to_both_sides(story, desk):
    """R1.3"""
    case_id = await story.heard("20260302-1")
    after = words(await act(await desk(GAO), case_id, "make-offer", {"remedy": "refund_only", "amount:money": "20.00"}))
    assert "¥20.00" in after
    assert "方案" in after


async def test_a_case_is_handed_over_paused_resumed_lengthened_and_cancelled(site, story, desk):
    case_id = await story.heard("20260302-1")
    gao, shen = await desk(GAO), await desk(SHEN)
    assert "沈静" in words(await act(gao, case_id, "assign", {"staff": "shen", "note": "请主管处理"}))
    until = (site.clock.now() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    assert "已暂停" in words(await act(shen, case_id, "suspend", {"until:local": until, "reason": "等待鉴定"}))
    assert "平台处理中" in words(await act(shen, case_id, "resume"))
    longer = {"deadline": "ruling", "by_hours": "12", "reason": "证据较多"}
    assert "证据较多" in words(await act(shen, case_id, "extend-deadline", longer))
    assert "平台已取消" in words(await act(shen, case_id, "cancel", {"reason": "duplicate"}))


async def test_an_appeal_can_be_given_to_nobody_who_had_a_hand_in_the_ruling(story, desk):
    case_id = await story.appealed("20260302-1")
    page = await seen(await desk(SHEN), f"/desk/cases/{case_id}")
    takers = page[page.index('name="staff" required') :][:600]
    assert 'value="shen"' in takers
    assert 'value="gao"' not in takers


async def test_platform_people_write_to_both_sides(story, desk):
    case_id = await story.heard("20260302-1")
    await act(await desk(ZHOU), case_id, "send-message", {"text": "请双方在今天之内补充。"})
    async with Browser(story.site) as buyer:
        await buyer.step_in("buyer/b42")
        assert "请双方在今天之内补充" in await seen(buyer, f"/buyer/cases/{case_id}")


async def test_who_acts_on_an_old_page_is_told(story, desk):
    case_id = await story.heard("20260302-1")
    gao = await desk(GAO)
    preview = await act(gao, case_id, "preview/rule", RULING, status=200)
    await story.send(k.SendMessage("我们愿意退款。"), OWNER, case_id=case_id)
    answer = await gao.post(f"/desk/cases/{case_id}/rule", data=filled(preview, f"/cases/{case_id}/rule"))
    assert answer.status_code == 409
    assert "刚刚有更新" in answer.text
