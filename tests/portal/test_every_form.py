"""Every form that a page draws can be sent as it is filled in: it does its work, or says on a page why not."""

import re
from collections import Counter
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest

from amends.application.access import Caller
from amends.domain import commands as k
from amends.domain.actor import SYSTEM, buyer
from amends.domain.case import public_case_id
from amends.domain.words import Kind
from amends.web.portal import AREAS
from amends.web.portal.sessions import side_of
from tests.portal.buyer_stories import BUYER, OWNER, stage
from tests.portal.crawling import crawled, kind_of
from tests.portal.desk_stories import DeskStory
from tests.portal.reading import words
from tests.portal.site import PEOPLE, Browser, Site

pytestmark = pytest.mark.anyio

HTML = {"accept": "text/html"}
OF_A_KIND = 3
"""Forms of one verb that are sent for each role, of different cases."""

_ENDS_THE_VISIT = ("/sign-out",)
_TEXT = "按实际情况逐条说明：包装、外观和物流记录均已核对，与所述一致。"
_SHOWS = re.compile(r"/reveal-contact|/preview/|/bulk")
"""What changes nothing, or is shown once in the answer itself."""

_REFUSED = re.compile(r'role="alert"|class="lonely"|class="note')
_OF_A_PROGRAM = ("请求正文", "未知字段", "Expected `", "Object ", "$.", "Traceback")
"""What no form of ours may be answered with: it was drawn by us, so it fits what is read from it."""


class Form:
    """A form as a person fills it in: what must be given is given, the first choice is taken."""

    def __init__(self, action: str) -> None:
        self.action = action
        self.fields: list[tuple[str, str]] = []
        self.chosen: set[str] = set()
        self.pressed = False

    def put(self, name: str, value: str) -> None:
        if name:
            self.fields.append((name, value))


class Forms(HTMLParser):
    def __init__(self, tomorrow: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._tomorrow = tomorrow
        self._open: Form | None = None
        self._area: dict[str, str] | None = None
        self._written = ""
        self._select: dict[str, str] | None = None
        self._options: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag == "form" and has.get("method") == "post":
            self._open = Form(unescape(has.get("action", "")))
            self.found.append(self._open)
        form = self._open
        if form is None or "disabled" in has:
            return
        if tag == "input":
            self._input(form, has)
        elif tag == "button" and has.get("name") and not form.pressed:
            form.pressed = True
            form.put(has["name"], has.get("value", ""))
        elif tag == "textarea":
            self._area, self._written = has, ""
        elif tag == "select":
            self._select, self._options = has, []
        elif tag == "option":
            self._options.append((has.get("value", ""), "selected" in has))

    def _input(self, form: Form, has: dict[str, str]) -> None:
        name, kind = has.get("name", ""), has.get("type", "text")
        if kind == "radio":
            if name not in form.chosen:
                form.chosen.add(name)
                form.put(name, has.get("value", "on"))
        elif kind == "checkbox":
            if "required" in has or "checked" in has or name == "case":
                form.put(name, has.get("value", "on"))
        elif kind not in ("file", "submit"):
            form.put(name, has.get("value") or (self._given(has) if "required" in has else ""))

    def _given(self, has: dict[str, str]) -> str:
        if has.get("type") == "number":
            return has.get("min") or "1"
        if has.get("type") == "datetime-local":
            return self._tomorrow
        if has.get("type") == "password":
            return "correct horse battery"
        return "1.00" if has["name"].endswith(":money") else _TEXT[: int(has.get("maxlength") or 200)]

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._written += data

    def handle_endtag(self, tag: str) -> None:
        form = self._open
        if tag == "form":
            self._open = None
        elif tag == "textarea" and form is not None and self._area is not None:
            must = "required" in self._area or "minlength" in self._area
            form.put(self._area.get("name", ""), self._written.strip() or (_TEXT if must else ""))
            self._area = None
        elif tag == "select" and form is not None and self._select is not None:
            picked = [value for value, selected in self._options if selected and value]
            named = [value for value, _ in self._options if value]
            form.put(self._select.get("name", ""), (picked or named or [""])[0])
            self._select = None


@pytest.fixture
async def full(site: Site) -> dict[str, str]:
    """One case of every sort, what the desk has beyond them, a payout of unknown fate, a talk, a hold."""
    story = DeskStory(site)
    stuck_case = await stuck(story, "20260302-0124")
    cases = await stage(site)
    cases["proposed"] = await story.proposed("20260302-0120")
    cases["appealed"] = await story.appealed("20260302-0121")
    cases["suspended"] = await story.suspended("20260302-0122")
    cases["held"] = await story.held("20260302-0123")
    await site.desk.service.ask_person(Caller(buyer("b77"), None), "转人工")
    return cases | {"stuck": stuck_case}


async def stuck(story: DeskStory, order_no: str) -> str:
    """For three days the provider has not known what became of a refund: two persons settle it (rules §3)."""
    await story.bought(order_no)
    opening = k.OpenCase(order_no, (k.CaseLine(1, 1),), Kind.REFUND_ONLY, "changed_mind", goods_received=False)
    opened = await story.send(opening, BUYER, order_no=order_no)
    case_id = public_case_id(1001, opened.case_id or 0)
    agreed = await story.send(k.Agree(1), OWNER, case_id=case_id)
    (payout_id,) = {named for fact in agreed.facts if (named := getattr(fact.event, "payout_id", None))}
    await story.send(k.RecordPayout(payout_id, "unknown"), SYSTEM, case_id=case_id)
    story.site.clock.advance(timedelta(hours=73))
    return case_id


@pytest.mark.parametrize("actor", [person.actor for person in PEOPLE])
async def test_a_form_does_its_work_or_says_why_not(site, full, actor):
    area = AREAS[side_of(actor)]
    tomorrow = (site.clock.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    async with Browser(site) as browser:
        await browser.step_in(actor)

        async def get(path: str) -> tuple[int, str]:
            answer = await browser.get(path, headers=HTML)
            while answer.status_code in (302, 303):
                answer = await browser.get(answer.headers["location"], headers=HTML)
            return answer.status_code, answer.text

        paths = [page.path for page in await crawled(get, area.home)]
        paths.sort(key=lambda path: path.endswith("/clock"))  # time that passes would end what others show
        paths += [f"{area.path}/cases/{case_id}" for case_id in full.values() if "-" in case_id]
        sent, faults, worked = Counter[str](), [], 0
        for path in dict.fromkeys(paths):
            status, page = await get(path)
            number = 0
            while status == 200:
                forms = Forms(tomorrow)
                forms.feed(page)
                if number >= len(forms.found):
                    break
                form = forms.found[number]
                number += 1
                action = urljoin(path, form.action)
                kind = kind_of(urlsplit(action).path)
                if action.endswith(_ENDS_THE_VISIT) or sent[kind] >= OF_A_KIND:
                    continue
                sent[kind] += 1
                data = {}
                for name, value in form.fields:
                    data[name] = (
                        [*data[name], value]
                        if isinstance(data.get(name), list)
                        else ([data[name], value] if name in data else value)
                    )
                answer = await browser.post(action, data=data, headers=HTML)
                told = words(answer.text) if "<main" in answer.text else answer.text
                if answer.status_code == 303 or (answer.status_code == 200 and _SHOWS.search(action)):
                    worked += 1
                elif answer.status_code not in (200, 409) or not _REFUSED.search(answer.text):
                    faults.append((path, action, answer.status_code, told[:300]))
                elif any(word in told for word in _OF_A_PROGRAM):
                    at = min(told.index(word) for word in _OF_A_PROGRAM if word in told)
                    faults.append((path, action, answer.status_code, told[max(0, at - 200) : at + 200]))
                status, page = await get(path)
        assert faults == []
        assert worked or actor == "platform/yan", sent
