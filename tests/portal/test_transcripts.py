"""A chat from before the case on its page: folded, escaped, by stretches, with whose word it is (R2.1, R2.4)."""

import json
import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from amends.adapters.files.looking.chat_tables import read
from amends.application.access import Caller
from amends.application.evidence import Wish
from amends.application.files import FileRow
from amends.domain.actor import SYSTEM, Actor, merchant
from amends.domain.case import parse_case_id
from amends.domain.policy import FileLimits
from amends.domain.words import EvidenceKind, Role
from tests.portal.reading import seen, words
from tests.portal.site import Browser, Site

pytestmark = pytest.mark.anyio

PAGES = [("buyer/b42", "/buyer"), ("merchant/1001/li", "/merchant"), ("platform/gao", "/desk")]


async def file_chat(site: Site, case_id: str, texts: list[str], actor: Actor = SYSTEM) -> None:
    """One message a minute, the last one an hour ago; buyer and shop in turn."""
    end = site.clock.now() - timedelta(hours=1)
    messages = [
        {
            "at": (end - timedelta(minutes=len(texts) - place)).isoformat(),
            "side": ("buyer", "merchant")[place % 2],
            "text": text,
        }
        for place, text in enumerate(texts)
    ]

    async def sent():
        yield json.dumps({"source": "客服聊天<i>", "messages": messages}).encode()

    caller = Caller(actor, None)
    merchant_id, number = parse_case_id(case_id) or (0, 0)
    row = await site.desk.evidence.take(
        Wish(merchant_id, number, None, "chat.json", EvidenceKind.CHAT_LOG), caller, sent()
    )
    assert isinstance(row, FileRow), row
    answer = await site.desk.evidence.file(row, caller)
    assert answer is not None
    assert answer.refusal is None


@pytest.mark.parametrize(("actor", "path"), PAGES)
async def test_both_sides_and_the_platform_read_it_folded_and_none_of_it_as_markup(site: Site, actor: str, path: str):
    (case_id,) = await site.opened()
    await file_chat(site, case_id, ["<script>alert(1)</script>", "{{ 7 * 7 }}"])
    async with Browser(site) as browser:
        await browser.step_in(actor)
        page = await seen(browser, f"{path}/cases/{case_id}")
    (part,) = re.findall(r'<details class="more earlier-chat" id="chat-e1" *>.*?</details>', page, re.DOTALL)
    read = words(f"<main>{part}")
    assert "此前的聊天记录 · 客服聊天<i> · 2 条消息" in read
    assert "由平台从自有聊天记录中导入" in read
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in part
    assert "{{ 7 * 7 }}" in part
    assert "<i>" not in part
    led = set(re.findall(r'href="([^"]*chat=e1[^"]*)"', page))
    assert led <= {f"{path}/cases/{case_id}?chat=e1#chat-e1"}, "evidence leads to where it is read"
    assert 'data-symbol="application"' not in page, "it is no PDF"


async def test_what_a_side_files_is_said_to_be_its_own_word(site: Site):
    (case_id,) = await site.opened()
    await file_chat(site, case_id, ["在吗", "在的"], merchant(1001, "li", Role.OWNER))
    async with Browser(site) as browser:
        await browser.step_in("buyer/b42")
        page = words(await seen(browser, f"/buyer/cases/{case_id}"))
    assert "作为己方凭证提交，平台未予核实" in page
    assert "自有聊天记录" not in page


async def test_the_newest_thirty_come_first_and_the_rest_by_link_back_to_the_beginning(site: Site):
    (case_id,) = await site.opened()
    await file_chat(site, case_id, [f"第{number:03}句" for number in range(1, 251)])
    async with Browser(site) as browser:
        await browser.step_in("buyer/b42")
        page = await seen(browser, f"/buyer/cases/{case_id}")
        shown = [re.findall(r"第(\d+)句", page)]
        while older := re.search(r'class="earlier"><a href="([^"#]+)[^"]*">更早的', page):
            page = await seen(browser, older[1].replace("&amp;", "&"))
            assert re.search(r'id="chat-e1" open>', page)
            shown.insert(0, re.findall(r"第(\d+)句", page))
        assert [len(part) for part in shown] == [20, 100, 100, 30]
        assert [int(number) for part in shown for number in part] == list(range(1, 251))
        for asked in ("999999", "0", "-3", "x", "9" * 40):
            assert "第" in await seen(browser, f"/buyer/cases/{case_id}?chat=e1&to={asked}")


async def test_of_many_only_the_newest_are_read_for_the_page_and_the_others_when_asked_for(site: Site):
    (case_id,) = await site.opened()
    for number in range(1, 4):
        await file_chat(site, case_id, [f"第{number}份"])
    async with Browser(site) as browser:
        await browser.step_in("buyer/b42")
        page = await seen(browser, f"/buyer/cases/{case_id}")
        assert re.findall(r"第(\d)份", page) == ["2", "3"]
        assert "第1份" in await seen(browser, f"/buyer/cases/{case_id}?chat=e1")


async def test_a_case_without_one_reads_no_file(site: Site, monkeypatch: pytest.MonkeyPatch):
    (case_id,) = await site.opened()

    def never(*_asked: object) -> None:
        raise AssertionError("nothing to read")

    monkeypatch.setattr(site.desk.evidence, "transcript", never)
    async with Browser(site) as browser:
        await browser.step_in("buyer/b42")
        assert "earlier-chat" not in await seen(browser, f"/buyer/cases/{case_id}")


def speakers(example: str) -> list[tuple[str, str]]:
    found = read(example.strip().encode(), ZoneInfo("Asia/Shanghai"), msgspec.structs.asdict(FileLimits()))
    return [(line.side, line.author) for line in found.messages]


@pytest.mark.parametrize(("language", "author"), [("zh", "小李"), ("en", "Li")])
async def test_the_example_beside_the_field_is_a_chat_that_is_taken(site: Site, language: str, author: str):
    (case_id,) = await site.opened()
    async with Browser(site) as browser:
        await browser.step_in("merchant/1001/li")
        await browser.get(f"/language/{language}")
        page = await seen(browser, f"/merchant/cases/{case_id}")
    examples = re.findall(r"<pre>(.*?)</pre>", page, re.DOTALL)
    assert examples
    for example in examples:
        assert speakers(unescape(example)) == [("buyer", ""), ("merchant", author)]
    assert 'accept="image/*,video/*,audio/*,application/pdf,application/json,.json,text/csv,.csv"' in page


def test_the_example_of_the_manual_is_a_chat_that_is_taken():
    manual = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    (example,) = re.findall(r"\n((?:    [^\n]*\n)*    时间,(?:[^\n]*\n)(?:    [^\n]*\n)*)", manual)
    plain = "\n".join(line.removeprefix("    ") for line in example.splitlines())
    assert speakers(plain) == [("buyer", ""), ("merchant", "小李")]
