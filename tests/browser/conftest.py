"""A phone in somebody's hand, at a demonstration of its own."""

import itertools
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page

from tests.browser.persons import DESK_IN_ENGLISH, PHONE, PHONE_IN_CHINESE, Person, Way
from tests.portal.conftest import chromium, live_site
from tests.portal.desk_stories import DeskStory

__all__ = ["chromium", "live_site", "person", "phone", "story", "way"]

_numbers = itertools.count(1)
_MEANT = re.compile("409|Transition was (aborted|skipped)")
"""Chromium reports every answer above 399; a refused step is meant. A slow machine leaves out the fading of pages."""


@pytest.fixture
def phone(chromium, live_site) -> Iterator[Callable[..., Page]]:
    """Whatever a console complains of fails the test."""
    _, address = live_site
    contexts, complaints = [], []

    def step_in(actor: str, **options: object) -> Page:
        context = chromium.new_context(base_url=address, **(PHONE | options))
        contexts.append(context)
        assert context.request.post("/demo", form={"actor": actor}, max_redirects=0).status == 303
        page = context.new_page()
        page.on("pageerror", lambda fault: complaints.append(str(fault)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        return page

    yield step_in
    for context in contexts:
        context.close()
    assert [one for one in complaints if not _MEANT.search(one)] == []


@pytest.fixture(params=[PHONE_IN_CHINESE, DESK_IN_ENGLISH], ids=["phone, Chinese", "desk, English"])
def way(request) -> Way:
    """Every journey is made on a phone and at a desk, once in each language (R3.8)."""
    return request.param


@pytest.fixture
def person(phone, way: Way) -> Callable[[str], Person]:
    """Somebody who stepped in, with a browser of his own."""
    return lambda actor: Person(phone(actor, **way.screen), way.language)


class Told:
    """What happened elsewhere: told to the service without a page. Every order has a number of its own."""

    def __init__(self, site) -> None:
        self.site = site
        self._story = DeskStory(site)

    def __call__(self, state: str, **more) -> str:
        """`told("complained")` is a case of a new order, `told("delivered")` an order."""
        return self.site.run(getattr(self._story, state)(f"20260302-j{next(_numbers)}", **more))

    def __getattr__(self, step: str) -> Callable[..., object]:
        """`told.scanned(...)` goes on with one that was told before."""
        return lambda *given, **more: self.site.run(getattr(self._story, step)(*given, **more))


@pytest.fixture
def story(live_site) -> Told:
    site, _ = live_site
    return Told(site)
