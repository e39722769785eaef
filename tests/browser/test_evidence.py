"""Files from a phone: sent while their sender writes on, over a line that breaks, and without scripts at all (R1.2)."""

import itertools
import re
from datetime import datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from amends.application.ports import CaseKey
from amends.domain.case import parse_case_id
from tests.browser.persons import PHONE
from tests.portal.buyer_stories import Story
from tests.support import files

_numbers = itertools.count(1)


@pytest.fixture
def complained(live_site):
    site, _ = live_site
    return lambda: site.run(Story(site).complained(f"20260302-f{next(_numbers)}"))


@pytest.fixture
def sender(chromium, live_site):
    """A phone whose console may complain: of a broken line, and of files that are not taken."""
    _, address = live_site
    contexts = []

    def step_in(**options):
        context = chromium.new_context(base_url=address, **(PHONE | options))
        contexts.append(context)
        assert context.request.post("/demo", form={"actor": "buyer/b42"}, max_redirects=0).status == 303
        return context.new_page()

    yield step_in
    for context in contexts:
        context.close()


def chosen(name: str, content: bytes, media_type: str = "image/jpeg") -> dict:
    return {"name": name, "mimeType": media_type, "buffer": content}


def add_evidence(page, case_id: str):
    page.goto(f"/buyer/cases/{case_id}")
    drawer = page.locator("#do-add-evidence")
    drawer.locator("summary").first.click()
    return drawer


def test_photos_and_a_video_are_sent_at_once_and_lie_in_the_case(phone, complained):
    page = phone("buyer/b42")
    drawer = add_evidence(page, complained())

    drawer.locator("input[type=file]").first.set_input_files(
        [
            chosen("壶嘴.jpg", files.photo(1600, 1200)),
            chosen("底部.jpg", files.photo(1200, 1600, "navy")),
            chosen("漏水.mp4", files.video(), "video/mp4"),
        ]
    )
    expect(drawer.get_by_text("已上传")).to_have_count(3)
    drawer.locator("select[name='evidence.0.kind']").select_option("photo")
    drawer.get_by_role("button").last.click()

    pictures = page.locator("ul.evidence .thumb img")
    expect(pictures).to_have_count(3)
    for picture in pictures.all():
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("complete", value=True)
        assert picture.evaluate("one => one.naturalWidth") > 100
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    faults = [one for one in Axe().run(page).response["violations"] if one["impact"] in ("serious", "critical")]
    assert faults == []


def test_a_line_that_breaks_only_delays(sender, complained):
    page = sender()
    drawer = add_evidence(page, complained())
    broken = []

    def break_the_second(route):
        if route.request.method == "PATCH" and len(broken) < 2 and route.request.headers["upload-offset"] != "0":
            broken.append(route.request.headers["upload-offset"])
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route(re.compile("/buyer/uploads/"), break_the_second)
    drawer.locator("input[type=file]").first.set_input_files([chosen("漏水.jpg", files.noise(1400, 1400))])

    expect(drawer.get_by_text("已上传")).to_be_visible(timeout=15_000)
    assert len(broken) == 2


def test_what_is_not_taken_says_why_beside_the_file_and_the_others_go(sender, complained):
    page = sender()
    drawer = add_evidence(page, complained())
    drawer.locator("input[type=file]").first.set_input_files(
        [chosen("photo.jpg", b"<svg onload='alert(1)'>"), chosen("壶嘴.jpg", files.photo())]
    )
    expect(drawer.get_by_text("不支持这种文件")).to_be_visible()
    expect(drawer.get_by_text("已上传")).to_have_count(1)


def test_without_scripts_files_come_with_the_form(sender, complained):
    page = sender(java_script_enabled=False)
    drawer = add_evidence(page, complained())
    drawer.locator("select[name='evidence.0.kind']").select_option("photo")
    drawer.locator("input[type=file]").first.set_input_files(
        [chosen("壶嘴.jpg", files.photo()), chosen("底部.png", files.saved(files.picture(colour="navy"), "PNG"))]
    )
    drawer.get_by_role("button").last.click()
    expect(page.locator("ul.evidence .thumb img")).to_have_count(2)


def test_without_scripts_a_file_that_is_not_taken_leaves_the_form_as_it_was(sender, complained):
    page = sender(java_script_enabled=False)
    drawer = add_evidence(page, complained())
    drawer.locator("textarea, input[name='evidence.0.note']").first.fill("裂纹在壶嘴根部")
    drawer.locator("input[type=file]").first.set_input_files([chosen("photo.jpg", b"<svg onload='alert(1)'>")])
    drawer.get_by_role("button").last.click()
    expect(page.get_by_text("不支持这种文件")).to_be_visible()
    expect(page.locator("input[name='evidence.0.note']")).to_have_value("裂纹在壶嘴根部")


def chat_rows(page, *more: str) -> bytes:
    """A chat of two messages an hour before the latest instant on the page, as a spreadsheet in China saves it."""
    told = page.eval_on_selector_all("time", "ones => ones.map((one) => one.dateTime)")
    at = datetime.fromisoformat(min(told)) + timedelta(hours=7)
    rows = ("时间,发送方,内容", f"{at:%Y-%m-%d %H:%M},买家,壶嘴会漏水吗", f"{at:%Y-%m-%d %H:%M},商家：小李,不会的")
    return "\r\n".join((*rows, *more)).encode("gb18030")


def test_a_chat_as_csv_is_read_on_the_page_whatever_kind_stood_in_the_list(phone, complained, live_site):
    page, case_id = phone("buyer/b42"), complained()
    drawer = add_evidence(page, case_id)
    drawer.locator("select[name='evidence.0.kind']").select_option("photo")
    expect(drawer.get_by_text("聊天记录（CSV 或 JSON）").first).to_be_visible()
    drawer.locator("input[type=file]").first.set_input_files([chosen("聊天.csv", chat_rows(page), "text/csv")])
    expect(drawer.get_by_text("已上传")).to_be_visible()
    drawer.get_by_role("button").last.click()

    chat = page.locator(".earlier-chat")
    chat.locator("summary").click()
    expect(chat.get_by_text("壶嘴会漏水吗")).to_be_visible()
    expect(chat.get_by_text("商家 · 小李")).to_be_visible()
    expect(chat.get_by_text("按 GB18030 编码读取")).to_be_visible()
    site, _ = live_site
    records = site.run(site.desk.records.records(CaseKey(*parse_case_id(case_id))))
    assert [item.kind for item in records[-1].fact.event.items] == ["chat_log"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    faults = [one for one in Axe().run(page).response["violations"] if one["impact"] in ("serious", "critical")]
    assert faults == []


@pytest.mark.parametrize("with_scripts", [True, False])
def test_a_chat_with_bad_rows_is_refused_with_their_lines(sender, complained, with_scripts: bool):
    page = sender(java_script_enabled=with_scripts)
    drawer = add_evidence(page, complained())
    told = chat_rows(page, "昨天,买家,在吗", "2026-03-02 09:00,客服,在的")
    drawer.locator("input[type=file]").first.set_input_files([chosen("聊天.csv", told, "text/csv")])
    if not with_scripts:
        drawer.get_by_role("button").last.click()
    expect(page.get_by_text("第 4 行：时间“昨天”无法识别；第 5 行：发送方“客服”无法判断属于哪一方")).to_be_visible()
    expect(page.locator(".earlier-chat")).to_have_count(0)
