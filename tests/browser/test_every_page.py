"""Every page that links lead to, in a real browser: it fits its screen, and axe finds no serious fault on it."""

import re

import httpx2
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from amends.domain.words import Side
from amends.web.portal import AREAS
from amends.web.portal.sessions import side_of
from tests.portal.buyer_stories import stage
from tests.portal.crawling import crawled
from tests.portal.desk_stories import DeskStory

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DESK = {"viewport": {"width": 1280, "height": 800}}
_MEANT = re.compile("409|503")
_SHIFTS = """window.shifts = 0;
new PerformanceObserver((list) => { for (const one of list.getEntries()) window.shifts += one.value; })
  .observe({type: "layout-shift", buffered: true});"""


@pytest.fixture(scope="module")
def full(live_site):
    """One case of every sort."""
    site, _ = live_site
    site.run(stage(site))
    story = DeskStory(site)
    site.run(story.proposed("20260302-0120"))
    site.run(story.appealed("20260302-0121"))


async def paths_of(address: str, actor: str) -> list[str]:
    async with httpx2.AsyncClient(base_url=address, follow_redirects=True) as browser:
        await browser.post("/demo", data={"actor": actor})

        async def get(path: str) -> tuple[int, str]:
            answer = await browser.get(path, headers={"accept": "text/html"})
            return answer.status_code, answer.text

        return [page.path for page in await crawled(get, AREAS[side_of(actor)].home, of_a_kind=1)]


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("actor", "language"),
    [
        ("buyer/b42", "zh"), ("buyer/b42", "en"), ("merchant/1001/li", "zh"), ("merchant/1001/li", "en"),
        ("platform/shen", "zh"), ("platform/gao", "en"), ("platform/bai", "zh"), ("platform/zhou", "zh"),
    ],
)  # fmt: skip
def test_every_page_fits_its_screen_and_has_no_serious_fault(chromium, live_site, full, actor, language):
    """R3.8. In English as well, whose words are longer."""
    site, address = live_site
    paths = site.run(paths_of(address, actor))
    assert len(paths) >= 2
    locale = "zh-CN" if language == "zh" else "en-GB"
    faults: list[str] = []
    for size in (PHONE, DESK):
        context = chromium.new_context(base_url=address, locale=locale, reduced_motion="reduce", **size)
        assert context.request.post("/demo", form={"actor": actor}, max_redirects=0).status == 303
        with_axe = size is DESK or side_of(actor) is Side.BUYER
        faults += faults_of(context.new_page(), paths, with_axe=with_axe)
        context.close()
    assert faults == []


def faults_of(page: Page, paths: list[str], *, with_axe: bool) -> list[str]:
    """Whatever is wrong with a page, with its width and address; axe takes most of the time."""
    faults: list[str] = []
    width = page.viewport_size["width"]

    def complain(text: str) -> None:
        if not _MEANT.search(text):
            faults.append(f"{width} {page.url}: {text}")

    page.on("pageerror", lambda fault: complain(str(fault)))
    page.on("console", lambda said: complain(said.text) if said.type == "error" else None)
    page.add_init_script(_SHIFTS)
    for path in paths:
        page.goto(path)
        if page.evaluate("document.documentElement.scrollWidth") > width:  # a phone's own width grows with the page
            complain("it scrolls sideways")
        if (shifts := page.evaluate("window.shifts")) > 0.01:
            complain(f"it jumps while it loads: {shifts:.3f}")
        if with_axe:
            for fault in Axe().run(page).response["violations"]:
                if fault["impact"] in ("serious", "critical"):
                    for node in fault["nodes"]:
                        complain(f"{fault['id']}: {node['html'][:160]}")
    return faults
