"""Who may open which page, and that no page shows what its reader may not see: every role at everything it reaches."""

import re

import pytest

from amends.application.ports import CaseFilter
from amends.domain.words import Role, Side
from amends.web.portal import AREAS
from amends.web.portal.sessions import side_of
from tests.portal.buyer_stories import stage
from tests.portal.crawling import crawled
from tests.portal.desk_stories import DeskStory
from tests.portal.site import PEOPLE, Browser

pytestmark = pytest.mark.anyio

PHONE = "13812345678"
"""The buyer's whole number; nobody asked to see it."""

OFFICERS = ("高远", "沈静", "platform/gao", "platform/shen", ">gao<", ">shen<")
"""Who decides is a number to the parties."""

PEOPLE_BY_ACTOR = {person.actor: person for person in PEOPLE}
HTML = {"accept": "text/html"}
_PARAMETER = re.compile(r"\{[^}]+\}")


@pytest.fixture
async def full(site):
    """One case of every sort, and what the desk has beyond them."""
    cases = await stage(site)
    story = DeskStory(site)
    cases["proposed"] = await story.proposed("20260302-0120")
    cases["appealed"] = await story.appealed("20260302-0121")
    cases["suspended"] = await story.suspended("20260302-0122")
    return cases


def area_of(actor: str):
    return AREAS[side_of(actor)]


async def reached_by(site, actor: str):
    async with Browser(site) as browser:
        await browser.step_in(actor)

        async def get(path: str) -> tuple[int, str]:
            answer = await browser.get(path, headers=HTML)
            while answer.status_code in (302, 303):
                answer = await browser.get(answer.headers["location"], headers=HTML)
            return answer.status_code, answer.text

        return await crawled(get, area_of(actor).home)


@pytest.mark.parametrize("actor", PEOPLE_BY_ACTOR)
async def test_every_link_leads_somewhere_and_shows_only_what_its_reader_may_see(site, full, actor):
    """R3.6, R3.7."""
    pages = await reached_by(site, actor)
    assert len(pages) >= 3, [page.path for page in pages]
    assert {page.path: page.status for page in pages if page.status != 200} == {}
    side = side_of(actor)
    secrets = [] if side is Side.BUYER and actor.endswith("b42") else [PHONE]
    secrets += [] if side is Side.PLATFORM else OFFICERS
    if actor == "buyer/b43":
        secrets += list(full.values())
    shown = {
        (page.path, secret): page.html[max(0, page.html.index(secret) - 60) :][:160]
        for page in pages
        for secret in secrets
        if secret in page.html
    }
    assert shown == {}


def handlers(side: Side):
    """Every page and step of an area, with the roles that it is for."""
    for route in AREAS[side].routes:
        for path in route.paths:
            for method in sorted(route.http_methods - {"OPTIONS", "HEAD"}):
                yield method, path, route.opt.get("roles")


@pytest.mark.parametrize("actor", [actor for actor in PEOPLE_BY_ACTOR if side_of(actor) is not Side.BUYER])
async def test_what_is_not_for_a_role_is_refused_to_it_and_changes_nothing(site, full, actor):
    role, area = PEOPLE_BY_ACTOR[actor].role, area_of(actor)
    case_id = full["waiting"]
    async with Browser(site) as browser:
        home = await browser.step_in(actor)
        token = re.search(r'name="form_token" value="([^"]+)"', home.text)
        before = await _versions(site, full)
        refused = 0
        for method, path, roles in handlers(area.side):
            if roles is None or role in roles:
                continue
            address = area.path + _PARAMETER.sub(case_id, path)
            data = {"form_token": token[1] if token else ""}
            answer = await browser.request(method, address, data=data if method == "POST" else None, headers=HTML)
            assert answer.status_code == 403, (method, address, answer.status_code)
            refused += 1
        assert await _versions(site, full) == before
        menu = {item.path for item in area.menu} - {item.path for item in area.menu_for(role)}
        assert not [path for path in menu if f'href="{path}"' in home.text]
        assert refused or role is not Role.PRE_SALE, "settings and quick texts are not for pre-sale staff"


async def _versions(site, cases: dict[str, str]) -> list[tuple[int, str]]:
    page = await site.desk.records.cases(CaseFilter(), None, 200)
    return sorted((row.case.version, str(row.case.case_id)) for row in page.rows)


@pytest.mark.parametrize("actor", PEOPLE_BY_ACTOR)
async def test_the_other_sides_pages_ask_to_sign_in(site, full, actor):
    async with Browser(site) as browser:
        await browser.step_in(actor)
        for side, area in AREAS.items():
            if side is side_of(actor):
                continue
            for path in (area.home, f"{area.path}/cases/{full['waiting']}"):
                answer = await browser.get(path, headers=HTML)
                assert answer.status_code == 303, path
                assert "sign-in" in answer.headers["location"] or "/demo" in answer.headers["location"]
