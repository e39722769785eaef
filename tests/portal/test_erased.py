"""A case whose time is over: words of the reader's language where words were, nothing to do any more (issue 4)."""

import re
from datetime import timedelta
from html.parser import HTMLParser
from typing import cast

import msgspec
import pytest

from amends.application.access import Caller
from amends.application.dossier import Contents
from amends.application.dossier_pages import pages
from amends.application.ports import CaseKey
from amends.domain import commands as k
from amends.domain.case import parse_case_id
from amends.domain.words import AppealOutcome
from amends.store.memory import MemoryStore
from amends.wording.catalogue import LANGUAGES
from tests.portal.buyer_stories import BUYER, OWNER
from tests.portal.desk_stories import SUPERVISOR
from tests.portal.reading import seen, words
from tests.portal.test_desk import GAO, desk, story
from tests.support.dossiers import AUDITOR
from tests.support.erasing import erase

__all__ = ["desk", "story"]

pytestmark = pytest.mark.anyio

LI = "merchant/1001/li"
WORD = {"zh": "已删除", "en": "erased"}
WRITTEN = re.compile(
    r"壶嘴漏水|裂纹|维持原裁决，|壶嘴\.jpg|wx-2026|SF-2026|(?<![0-9A-Za-z_-])b42(?![0-9A-Za-z_-])|13812345678"
)
"""The buyer's id as a word: a key of a page may hold its letters."""


@pytest.fixture
async def case_id(site, story) -> str:
    """Ruled, appealed, decided; four years later it was erased."""
    case_id = await story.appealed("20260302-0101")
    upheld = k.DecideAppeal(AppealOutcome.UPHOLD, "维持原裁决，新的照片没有改变事实。")
    await story.send(upheld, SUPERVISOR, case_id=case_id)
    site.clock.advance(timedelta(days=4 * 366))
    erase(cast("MemoryStore", site.desk.records._store), key(case_id), site.clock.now())
    return case_id


def key(case_id: str) -> CaseKey:
    return CaseKey(*(parse_case_id(case_id) or (0, 0)))


class Looker(HTMLParser):
    """Attributes and the steps that a page offers, and which words stand quietly."""

    def __init__(self) -> None:
        super().__init__()
        self.attributes: list[str] = []
        self.steps: list[str] = []
        self.fields: list[str] = []
        self.quiet: list[str] = []
        self._is_quiet = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        self.attributes += given.values()
        self._is_quiet = tag == "span" and given.get("class") == "soft"
        if tag == "form":
            self.steps.append(given.get("action", ""))
        if tag in ("textarea", "select"):
            self.fields.append(given.get("name", ""))

    def handle_data(self, text: str) -> None:
        if self._is_quiet:
            self.quiet.append(text)
            self._is_quiet = False


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("actor", "base"), [(GAO, "desk"), (LI, "merchant")])
async def test_a_page_says_quietly_in_its_readers_language_what_was_erased_and_offers_no_step(
    desk, case_id, actor, base, language
):
    browser = await desk(actor)
    browser.cookies.set("amends_language", language)
    page = await seen(browser, f"/{base}/cases/{case_id}")
    looked = Looker()
    looked.feed(page)
    assert "[erased]" not in page
    assert not WRITTEN.search(page)
    assert looked.quiet.count(WORD[language]) >= 8, "who the buyer was, points, reasons, notes"
    assert not [one for one in looked.attributes if "<" in one or WORD[language] in one]
    assert not [one for one in looked.steps if case_id in one], "nothing is done with it any more"
    assert "evidence" not in " ".join(looked.fields), "no paper of it is proof of anything any more"
    assert ("凭证" if language == "zh" else "vidence") in words(page), "that there was evidence stays on record"


async def test_its_buyer_is_nobody_who_could_open_it(desk, case_id):
    await seen(await desk("buyer/b42"), f"/buyer/cases/{case_id}", 403)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reader", [OWNER, AUDITOR], ids=lambda reader: str(reader.side))
async def test_the_dossier_for_people_says_the_same_and_names_no_buyer(site, case_id, reader, language):
    contents = await site.desk.dossiers.contents(key(case_id), Caller(reader, None), language)
    assert isinstance(contents, Contents), contents
    printed = msgspec.json.encode(pages(contents, [])).decode()
    assert "[erased]" not in printed
    assert "****" not in printed, "a piece of the mark is no account number"
    assert not WRITTEN.search(printed)
    assert printed.count(f'"{WORD[language]}"') >= 8
    assert "2030-03-09 13:00" in printed, "when it was erased"
    pdf = await site.desk.dossiers.pdf(contents)
    assert pdf.startswith(b"%PDF")


async def test_a_person_who_types_the_mark_is_shown_as_he_typed_it(desk, story):
    """Nobody can make it look as if something had been erased."""
    case_id = await story.complained("20260302-0108")
    await story.send(k.SendMessage("[erased]"), BUYER, case_id=case_id)
    page = words(await seen(await desk(LI), f"/merchant/cases/{case_id}"))
    assert "[erased]" in page
    assert WORD["zh"] not in page
