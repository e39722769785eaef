"""The pages in one process, and Chromium for what only a browser can show."""

import shutil
from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import sync_playwright

from tests.portal.site import Browser, Site, running, served

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """A demonstration, in this process."""
    async with running(Site()) as one:
        yield one


@pytest.fixture
async def browser(site: Site) -> AsyncIterator[Browser]:
    """A browser without JavaScript at the demonstration."""
    async with Browser(site) as one:
        yield one


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    """A real browser. Ended with each module, as it holds an event loop that others would stumble over."""
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        pytest.fail("There is no Chromium. On Debian: apt-get install chromium fonts-noto-cjk")
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def live_site() -> Iterator[tuple[Site, str]]:
    """A demonstration served to a real browser, and its address."""
    site = Site()
    with served(site) as address:
        yield site, address
