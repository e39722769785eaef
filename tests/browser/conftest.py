"""A phone in somebody's hand, at a demonstration of its own."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page

from tests.portal.conftest import chromium, live_site

__all__ = ["chromium", "live_site", "phone"]

SIZE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
_MEANT = re.compile("409|Transition was (aborted|skipped)")
"""Chromium reports every answer above 399; a refused step is meant. A slow machine leaves out the fading of pages."""


@pytest.fixture
def phone(chromium, live_site) -> Iterator[Callable[..., Page]]:
    """Whatever a console complains of fails the test."""
    _, address = live_site
    contexts, complaints = [], []

    def step_in(actor: str, **options: object) -> Page:
        context = chromium.new_context(base_url=address, **(SIZE | options))
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
