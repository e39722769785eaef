"""The service inbox, where who asks for a person is answered, and the supervisor's page (R5.1, R4.2)."""

import re
from datetime import timedelta

import pytest

from amends.application.access import Caller
from amends.application.ports import CaseKey
from amends.domain.actor import merchant
from amends.domain.case import parse_case_id
from tests.portal.buyer_stories import BUYER
from tests.portal.filling import filled
from tests.portal.reading import seen, words
from tests.portal.test_desk import GAO, SHEN, ZHOU, desk, rule, story

__all__ = ["desk", "story"]

pytestmark = pytest.mark.anyio


async def asked(site, case_id: str) -> tuple[str, str]:
    """A buyer has waited for twenty minutes, about a case; a shop for five. Their conversations."""
    service = site.desk.service
    key = CaseKey(*parse_case_id(case_id))
    first = await service.hear(Caller(BUYER, None), "转人工", case=key)
    site.clock.advance(timedelta(minutes=15))
    second = await service.hear(Caller(merchant(1001, "li"), 1001), "找人工客服")
    site.clock.advance(timedelta(minutes=5))
    return first.conversation_id, second.conversation_id


async def test_who_waits_longest_stands_on_top_and_is_taken_answered_and_let_go(site, story, desk):
    case_id = await story.offered("20260302-1")
    first, second = await asked(site, case_id)
    zhou = await desk(ZHOU)
    page = await seen(zhou, "/desk/inbox")
    assert page.index(first) < page.index(second)
    assert "已等 20 分钟" in words(page)

    path = f"/desk/inbox/{first}"
    page = await seen(zhou, path)
    assert f'href="/desk/cases/{case_id}"' in page
    assert "转人工" in page
    await zhou.post(f"{path}/take", data=filled(page, "/take"))
    page = await seen(zhou, path)
    assert (await zhou.post(path, data=filled(page, path, text="您好，我是平台客服。"))).status_code == 303
    page = await seen(zhou, path)
    assert "您好，我是平台客服。" in page
    await zhou.post(f"{path}/close", data=filled(page, "/close"))
    assert first not in await seen(zhou, "/desk/inbox")
    assert second in await seen(zhou, "/desk/inbox")


async def test_a_line_of_the_inbox_says_what_was_said_last_and_by_whom(site, story, desk):
    first, _ = await asked(site, await story.offered("20260302-1"))
    zhou = await desk(ZHOU)
    page = words(await seen(zhou, "/desk/inbox"))
    assert "转人工" in page
    assert "找人工客服" in page
    site.clock.advance(timedelta(minutes=1))
    await site.desk.service.hear(Caller(BUYER, None), "壶底一直在滴水")
    page = words(await seen(zhou, "/desk/inbox"))
    assert "壶底一直在滴水" in page
    assert "转人工" not in page
    path = f"/desk/inbox/{first}"
    await zhou.post(f"{path}/take", data=filled(await seen(zhou, path), "/take"))
    await zhou.post(path, data=filled(await seen(zhou, path), path, text="请拍一张照片"))
    assert "您：请拍一张照片" in words(await seen(zhou, "/desk/inbox"))


async def test_two_do_not_take_the_same_conversation(site, story, desk):
    first, _ = await asked(site, await story.offered("20260302-1"))
    zhou, gao = await desk(ZHOU), await desk(GAO)
    path = f"/desk/inbox/{first}"
    form = filled(await seen(gao, path), "/take")
    await zhou.post(f"{path}/take", data=filled(await seen(zhou, path), "/take"))
    late = await gao.post(f"{path}/take", data=form)
    assert late.status_code == 409
    assert "周敏正在接待" in words(late.text)


async def test_a_message_that_cannot_be_sent_stays_where_it_was_typed(site, story, desk):
    first, _ = await asked(site, await story.offered("20260302-1"))
    zhou = await desk(ZHOU)
    path = f"/desk/inbox/{first}"
    await zhou.post(f"{path}/take", data=filled(await seen(zhou, path), "/take"))
    form = filled(await seen(zhou, path), path, text="我来处理")
    await site.desk.service.close(Caller(BUYER, None), first)
    late = await zhou.post(path, data=form)
    assert late.status_code == 409
    assert 'role="alert"' in late.text


@pytest.mark.parametrize(("actor", "status"), [(ZHOU, 200), (GAO, 200), ("platform/yan", 200), ("platform/bai", 403)])
async def test_the_inbox_is_for_those_who_answer(desk, actor, status):
    await seen(await desk(actor), "/desk/inbox", status)


@pytest.mark.parametrize(("actor", "status"), [(SHEN, 200), ("platform/yan", 200), (GAO, 403), (ZHOU, 403)])
async def test_the_team_is_seen_by_its_supervisor(desk, actor, status):
    await seen(await desk(actor), "/desk/team", status)


async def test_the_supervisor_sees_load_overdue_pace_and_what_was_changed_on_appeal(story, desk):
    late = await story.late("20260302-1")
    case_id = await story.appealed("20260302-2")
    shen = await desk(SHEN)
    decision = {
        "outcome": "change",
        "reason": "第二张照片足以证明。",
        "ruling.outcome": "return_and_refund",
        "ruling.findings.0.text": "第二张照片能够看出裂纹。",
        "ruling.findings.0.rests_on.0": "e1",
        "ruling.findings.0.clause": "visible-defect",
    }
    await rule(shen, case_id, "decide-appeal", decision)
    page = await seen(shen, "/desk/team")
    row = words("<main>" + page[page.index('<th scope="row">高远') :].partition("</tr>")[0])
    assert re.search(r"高远 仲裁员 \d+ 1 ", row), row
    assert "1 100.0%" in row
    assert "13 小时" in row
    assert late in page[page.index('class="rows card desk-rows"') :]


async def test_both_pages_speak_english(site, story, desk):
    first, _ = await asked(site, await story.offered("20260302-1"))
    shen = await desk(SHEN)
    await shen.get("/language/en")
    assert "waits 20 minutes" in words(await seen(shen, f"/desk/inbox/{first}"))
    assert "Half of them within" in words(await seen(shen, "/desk/team"))
