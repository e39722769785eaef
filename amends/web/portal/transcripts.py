"""Chats from before the case on its page: folded, the newest messages first, the rest by link."""

from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urlencode

from amends.application import transcripts
from amends.application.outward import PublicFact
from amends.application.ports import CaseKey
from amends.application.transcripts import Line, Transcript
from amends.domain.events import EvidenceFiled
from amends.domain.time import Instant
from amends.domain.words import Side
from amends.web.portal.visit import Visit
from amends.wording.labels import label
from amends.wording.timeline import who

_OPENED = 2
"""So many chats are read for the page, the newest; others on request."""

_LATEST = 30
_PAGE = 100


class Said(NamedTuple):
    """A message as the page shows it."""

    voice: Side
    mine: bool
    who: str
    at: Instant
    text: str


class Chat(NamedTuple):
    """A chat, or only where it can be read: then `messages` is 0. `lines` are a stretch of it.

    `by_marketplace` tells the marketplace's own record from what `filed_by` says the chat was.
    """

    evidence_id: str
    by_marketplace: bool
    filed_by: str
    href: str
    source: str = ""
    messages: int = 0
    first_at: Instant | None = None
    last_at: Instant | None = None
    lines: tuple[Said, ...] = ()
    older: int = 0
    newer: int = 0
    older_href: str = ""
    newer_href: str = ""
    is_open: bool = False


async def chats(here: Visit, key: CaseKey, facts: Iterable[PublicFact], at: str) -> list[Chat]:
    """Those of the case, in the order in which they were filed. `at` is the case's address."""
    kept = [number for number, file in here.files.items() if file.media_type in transcripts.MEDIA_TYPES]
    if not kept:
        return []
    filed_by = {
        item.evidence_id: fact.by
        for fact in facts
        if isinstance(fact.event, EvidenceFiled)
        for item in fact.event.items
    }
    kept = sorted((number for number in kept if number in filed_by), key=lambda number: int(number[1:]))
    wanted = here.request.query_params.get("chat", "")
    found = []
    for number in kept:
        by = filed_by[number]
        closed = Chat(number, by == Side.SYSTEM, who(by, here.reader()), _href(at, number))
        told = None
        if number == wanted or number in kept[-_OPENED:]:
            told = await here.desk.evidence.transcript(key, number, here.caller)
        found.append(closed if told is None else _opened(here, closed, told, at, is_open=number == wanted))
    return found


def _opened(here: Visit, chat: Chat, told: Transcript, at: str, *, is_open: bool) -> Chat:
    count = len(told.messages)
    start, end = _stretch(here.request.query_params.get("to", "") if is_open else "", count)
    return chat._replace(
        source=told.source,
        messages=count,
        first_at=told.messages[0].at,
        last_at=told.messages[-1].at,
        lines=tuple(_said(here, line) for line in told.messages[start:end]),
        older=start,
        newer=count - end,
        older_href=_href(at, chat.evidence_id, start) if start else "",
        newer_href=_href(at, chat.evidence_id, min(count, end + _PAGE)) if end < count else "",
        is_open=is_open,
    )


def _stretch(asked: str, count: int) -> tuple[int, int]:
    """From which message to which; `asked` is where it ends."""
    if not (asked.isascii() and asked.isdigit() and len(asked) < 9):
        return max(0, count - _LATEST), count
    end = max(1, min(int(asked), count))
    return max(0, end - _PAGE), end


def _said(here: Visit, line: Line) -> Said:
    side = line.side.speaks_for
    named = label(side, here.language)
    author = f"{named} · {line.author}" if line.author else named
    return Said(side, side is here.actor.side, author, line.at, line.text)


def _href(at: str, evidence_id: str, end: int | None = None) -> str:
    asked = {"chat": evidence_id} | ({"to": end} if end is not None else {})
    return f"{at}?{urlencode(asked)}#chat-{evidence_id}"
