"""The page of legal holds: who sees it, what is said before one is placed, what lifting asks for (issue 4)."""

import pytest

from amends.application.ports import CaseKey
from amends.domain.case import parse_case_id
from tests.portal.filling import filled
from tests.portal.reading import seen, words
from tests.portal.site import Browser, Site
from tests.portal.test_desk import GAO, SHEN, desk, story

__all__ = ["desk", "story"]

pytestmark = pytest.mark.anyio

BAI, YAN, ZHOU = "platform/bai", "platform/yan", "platform/zhou"
COURT = "杭州互联网法院 (2028) 浙 0192 民初 118 号"
MEANS = "解除之前，此单的任何内容都不会删除"
LIES = "起处于法律保全状态"


async def place(site: Site, case_id: str, reason: str = COURT) -> None:
    await site.desk.holds.place(CaseKey(*(parse_case_id(case_id) or (0, 0))), reason, BAI)


async def standing(site: Site) -> list[tuple[int, str, str]]:
    return [(one.number, one.reason, one.by) for one in await site.desk.holds.standing()]


async def send(browser: Browser, page: str, action: str, status: int = 303, **given: str) -> str:
    """The form of the page that leads there, as a browser without JavaScript sends it."""
    answer = await browser.post(action, data=filled(page, action, **given), headers={"accept": "text/html"})
    assert answer.status_code == status, words(answer.text)
    return answer.text


@pytest.mark.parametrize(
    ("actor", "may_look", "may_hold"),
    [(BAI, True, True), (SHEN, True, True), (GAO, True, False), (YAN, True, False), (ZHOU, False, False)],
)
async def test_those_who_run_it_hold_cases_and_those_who_rule_or_audit_see_which(site, desk, actor, may_look, may_hold):
    (case_id,) = await site.opened()
    await place(site, case_id)
    browser = await desk(actor)
    page = await seen(browser, "/desk/holds", 200 if may_look else 403)
    assert (COURT in page) is may_look
    assert ('action="/desk/holds/preview"' in page) is may_hold
    assert (f"/desk/holds/{case_id}/1/lift" in page) is may_hold
    home = await seen(browser, "/desk/policy" if actor == BAI else "/desk")
    assert ('href="/desk/holds"' in home) is may_look, "the menu leads there"
    told = words(await seen(browser, f"/desk/cases/{case_id}"))
    assert (LIES in told) is may_look


@pytest.mark.parametrize(
    ("actor", "may_place"), [("platform/bai", True), ("platform/shen", True), ("platform/gao", False)]
)
async def test_a_case_leads_whoever_may_place_one_to_a_form_that_names_it(site, actor, may_place):
    (case_id,) = await site.opened()
    async with Browser(site) as browser:
        await browser.step_in(actor)
        page = await seen(browser, f"/desk/cases/{case_id}")
        assert (f'href="/desk/holds?case={case_id}#place"' in page) is may_place
        if may_place:
            assert f'value="{case_id}"' in await seen(browser, f"/desk/holds?case={case_id}")


async def test_parties_are_told_nothing_of_a_hold(site):
    """R3.6: what the police asks for is not for those whom it concerns."""
    (case_id,) = await site.opened()
    await place(site, case_id)
    for actor, path in (("buyer/b42", f"/buyer/cases/{case_id}"), ("merchant/1001/li", f"/merchant/cases/{case_id}")):
        async with Browser(site) as browser:
            await browser.step_in(actor)
            page = await seen(browser, path)
            assert COURT not in page
            assert LIES not in page


async def test_before_a_hold_is_placed_it_is_said_what_it_means_and_nothing_is_placed_yet(site, desk):
    (case_id,) = await site.opened()
    bai = await desk(BAI)
    page = await seen(bai, "/desk/holds")
    assert "没有生效的保全" in page
    looked = await send(bai, page, "/desk/holds/preview", 200, case_id=f" {case_id} ", reason=f"{COURT}\r\n")
    for told in (MEANS, case_id, COURT, "手冲咖啡壶"):
        assert told in words(looked)
    assert await standing(site) == []

    await send(bai, looked, "/desk/holds")
    assert await standing(site) == [(1, COURT, BAI)]
    listed = words(await seen(bai, "/desk/holds"))
    assert f"已对 {case_id} 发起第 1 号保全" in listed
    assert "由白朗发起" in listed
    assert "生效 1 条" in listed
    assert COURT in words(await seen(bai, f"/desk/cases/{case_id}"))


async def test_the_same_paper_is_not_asked_for_twice_and_another_one_stands_beside_it(site, desk):
    (case_id,) = await site.opened()
    shen = await desk(SHEN)
    page = await seen(shen, "/desk/holds")
    first = await send(shen, page, "/desk/holds/preview", 200, case_id=case_id, reason=COURT)
    await place(site, case_id)
    await send(shen, first, "/desk/holds")  # somebody was faster
    assert "已有依据相同的第 1 号保全" in words(await seen(shen, "/desk/holds"))
    again = await send(shen, page, "/desk/holds/preview", 200, case_id=case_id, reason=COURT)
    assert "无需重复发起" in again
    assert 'action="/desk/holds"' not in again
    other = await send(shen, page, "/desk/holds/preview", 200, case_id=case_id, reason="公安机关调取证据通知书 77 号")
    assert "此单已有 1 条保全生效" in other
    await send(shen, other, "/desk/holds")
    assert [number for number, _, _ in await standing(site)] == [2, 1]


@pytest.mark.parametrize("step", ["/desk/holds/preview", "/desk/holds"])
@pytest.mark.parametrize(
    ("entered", "told"),
    [
        ({"case_id": "1001-0AM8D4JNM0400", "reason": COURT}, "找不到"),
        ({"case_id": "no case", "reason": COURT}, "找不到"),
        ({"case_id": "", "reason": COURT}, "找不到"),
        ({"reason": " 　\r\n"}, "没有填写依据"),
        ({}, "没有填写依据"),
    ],
)
async def test_what_cannot_be_held_is_refused_with_what_is_wrong_and_keeps_what_was_entered(
    site, desk, step, entered, told
):
    (case_id,) = await site.opened()
    bai = await desk(BAI)
    token = filled(await seen(bai, "/desk/holds"), "/desk/holds/preview")["form_token"]
    data = {"case_id": case_id, "form_token": token} | entered
    answer = await bai.post(step, data=data, headers={"accept": "text/html"})
    assert answer.status_code == 409
    assert told in words(answer.text[answer.text.index("<main") :])
    assert f'value="{data["case_id"]}"' in answer.text
    assert await standing(site) == []


async def test_a_hold_is_lifted_with_a_reason_once_and_stays_on_record(site, desk):
    (case_id,) = await site.opened()
    await place(site, case_id)
    bai = await desk(BAI)
    lift = f"/desk/holds/{case_id}/1/lift"
    page = await seen(bai, "/desk/holds")
    assert "没有填写依据" in await send(bai, page, lift, 409, because="  ")
    assert await standing(site) == [(1, COURT, BAI)]

    await send(bai, page, lift, because="案件已审结")
    assert await standing(site) == []
    listed = words(await seen(bai, "/desk/holds"))
    assert f"{case_id} 的第 1 号保全已解除" in listed
    assert "由白朗解除" in listed
    assert "案件已审结" in listed
    assert LIES not in words(await seen(bai, f"/desk/cases/{case_id}"))
    again = await (await desk(SHEN)).get("/desk/holds")
    assert lift not in again.text
    assert "此前已解除" in await send(bai, page, lift, 409, because="别的原因")
    for number in ("7", "0", "x"):
        unknown = f"/desk/holds/{case_id}/{number}/lift"
        assert "没有这条保全" in await send(bai, page.replace(lift, unknown), unknown, 409, because="已结")


async def test_a_long_list_goes_on_behind_its_first_page(site, desk):
    (one, other) = await site.opened(2)
    for number in range(51):
        await place(site, one, f"文书 {number} 号")
    await site.desk.holds.lift(CaseKey(*(parse_case_id(one) or (0, 0))), 51, "已结", BAI)
    await place(site, other, "较新的文书")
    bai = await desk(BAI)
    first = await seen(bai, "/desk/holds")
    assert "生效 51 条" in words(first)
    assert first.count('id="hold-') == 50
    assert first.index("文书 49 号") < first.index("文书 2 号")
    further = first[first.index("/desk/holds?after=") :].partition('"')[0]
    rest = words(await seen(bai, further))
    assert "文书 0 号" in rest
    assert rest.index("文书 0 号") < rest.index("已解除") < rest.index("文书 50 号")
    assert await seen(bai, "/desk/holds?after=nonsense")


async def test_the_page_speaks_english_with_every_part_of_it_shown(site, desk):
    (case_id,) = await site.opened(title="Kettle")
    await place(site, case_id, "court paper 118")
    bai = await desk(BAI)
    await bai.get("/language/en")
    page = await seen(bai, "/desk/holds")
    shown = [page, await send(bai, page, "/desk/holds/preview", 200, case_id=case_id, reason="police paper 77")]
    await send(bai, page, f"/desk/holds/{case_id}/1/lift", because="decided")
    shown.append(await seen(bai, "/desk/holds"))
    for one in shown:
        main = words(one[: one.index("</main>")]).replace("木棠生活馆", "").replace("白朗", "").replace("店铺", "")
        assert not [sign for sign in main if "\u4e00" <= sign <= "\u9fff"], main
