"""Everything that somebody can reach by links alone."""

import re
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterator
from html import unescape
from typing import NamedTuple
from urllib.parse import parse_qsl, urljoin, urlsplit

_HREF = re.compile(r'<(?:a|area)\b[^>]*?\shref="([^"]*)"')
_NOT_PAGES = re.compile(r"/(live|dossier|evidence|files)(/|\?|$)|^/language/")


class Reached(NamedTuple):
    path: str
    status: int
    html: str


async def crawled(get: Callable[[str], Awaitable[tuple[int, str]]], start: str, *, of_a_kind: int = 2) -> list[Reached]:
    """Pages from `start` on, as far as links of the same area lead.

    Of pages that differ in their numbers only, `of_a_kind` are opened: a case with another number is the same page.
    """
    area = "/" + start.split("/")[1]
    waiting, known, kinds = deque([start]), {start}, Counter[str]()
    found: list[Reached] = []
    while waiting:
        path = waiting.popleft()
        status, html = await get(path)
        found.append(Reached(path, status, html))
        for link in _links(path, html):
            kind = kind_of(link)
            if link in known or not urlsplit(link).path.startswith(area) or kinds[kind] >= of_a_kind:
                continue
            known.add(link)
            kinds[kind] += 1
            waiting.append(link)
    return found


def _links(path: str, html: str) -> Iterator[str]:
    for href in _HREF.findall(html):
        link = urljoin(path, unescape(href)).partition("#")[0]
        if link.startswith("/") and not link.startswith("//") and not _NOT_PAGES.search(link):
            yield link


def kind_of(path: str) -> str:
    """The path without its numbers, and which questions it asks; of tabs and filters, the value as well."""
    parts = urlsplit(path)
    told = re.sub(r"/[^/]*\d[^/]*", "/#", parts.path)
    asked = [(name, value if value.replace("_", "").isalpha() else "#") for name, value in parse_qsl(parts.query)]
    return f"{told}?{sorted(asked)}" if asked else told
