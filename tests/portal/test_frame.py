"""What holds for every page: nothing from elsewhere, nothing inline, small, and told in the reader's language."""

import gzip
import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import amends.web
from amends.web.portal.assets import assets
from amends.web.portal.rendering import environment, read_by
from amends.wording.reader import Reader
from tests.portal.site import PEOPLE

WEB = Path(amends.web.__file__).parent
TEMPLATES = sorted(path.relative_to(WEB / "templates").as_posix() for path in (WEB / "templates").rglob("*.html"))
PAGES = ("/demo", "/sign-in", "/demo/gallery", "/hand-over/unknown", "/nothing/here")
HTML = {"accept": "text/html"}

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_template_compiles_and_says_what_it_needs(name):
    environment().get_template(name)
    assert (WEB / "templates" / name).read_text(encoding="utf-8").startswith("{#")


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_template_has_what_the_content_policy_forbids(name):
    text = (WEB / "templates" / name).read_text(encoding="utf-8")
    assert not re.findall(r"\sstyle=|<style|\son[a-z]+=|hx-on|javascript:|<script(?![^>]*\bsrc=)", text)


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_takes_nothing_from_elsewhere_and_says_so(browser, path):
    page = await browser.get(path, headers=HTML)

    assert re.findall(r"(?:src|href|action)=\"(?:https?:)?//", page.text) == []
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert page.headers["cache-control"] == "private, no-store"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_is_whole_in_english_as_well(browser, path):
    await browser.get("/language/en")
    page = await browser.get(path, headers=HTML)

    # The gallery's cases are in Chinese whoever looks; the link to Chinese is always.
    frame = page.text.replace("中文", "") if path != "/demo/gallery" else ""
    names = "".join(person.name + person.works_at for person in PEOPLE)
    assert set(re.findall(r"[\u4e00-\u9fff]", frame)) <= set(names)


async def test_the_same_template_speaks_to_each_reader_in_turn(browser):
    heads = []
    for language in ("zh", "en", "zh"):
        await browser.get(f"/language/{language}")
        heads += re.findall(r'role="columnheader">([^<]+)<', (await browser.get("/demo/gallery")).text)
    assert heads == ["买家", "商家", "Buyer", "Merchant", "买家", "商家"]


async def test_an_address_that_does_not_exist_is_a_page_to_people_and_a_problem_to_programs(browser):
    page = await browser.get("/nothing/here", headers=HTML)
    assert page.status_code == 404
    assert "没有这个页面" in page.text

    problem = await browser.get("/nothing/here", headers={"accept": "application/json"})
    assert problem.headers["content-type"].startswith("application/problem+json")


async def test_pages_and_assets_are_sent_small(browser):
    page = await browser.get("/demo/gallery", headers={"accept-encoding": "gzip"})
    assert page.headers["content-encoding"] == "gzip"

    names = ("app.css", "app.js", "vendor/htmx.js", "icons.svg", "mark.svg")
    first_visit_bytes = sum(len(assets()[name].gzipped) for name in names) + len(gzip.compress(page.content))
    assert first_visit_bytes < 60_000, "pages are promised with 100 kB, pictures and all"


async def test_an_asset_is_kept_for_good_under_the_name_of_its_content(browser):
    address = re.search(r'href="(/static/app\.css\?[0-9a-f]+)"', (await browser.get("/demo")).text)
    assert address
    style = await browser.get(address[1])
    assert style.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in style.headers["cache-control"]
    assert style.content == assets()["app.css"].content

    for path in ("/static/nothing.css", "/static/../app.py", "/static/%2e%2e/app.py", "/static/"):
        assert (await browser.get(path, headers=HTML)).status_code == 404


@pytest.mark.parametrize("side", ["buyer", "merchant", "platform"])
async def test_the_gallery_draws_every_component_for_every_side(browser, side):
    page = await browser.get(f"/demo/gallery?as={side}")
    assert page.status_code == 200
    for sign in ("status-mine", "countdown", "note-bad", "is-over", "ruling", "share-carrier", "option-shut", "empty"):
        assert sign in page.text, sign


async def test_a_filter_on_a_constant_waits_for_its_reader():
    """Compiled while a Chinese reader looks, the same template speaks English to the next."""
    template = None
    said = []
    for language in ("zh", "en"):
        with read_by(Reader(datetime(2026, 11, 20, tzinfo=UTC), ZoneInfo("Asia/Shanghai"), language)):
            template = template or environment().from_string('{{ "buyer"|owner }}')
            said.append(template.render())
    assert said == ["买家", "Buyer"]
