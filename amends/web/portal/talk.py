"""The record of a case as a conversation: what was said, decided and what happened, in one reader's words."""

from collections.abc import Collection, Iterable
from itertools import groupby
from typing import Any, Literal, NamedTuple

import msgspec

from amends.application.outward import PublicFact
from amends.domain import events as e
from amends.domain.case import Preparation
from amends.domain.time import Instant
from amends.domain.words import Side
from amends.wording.reader import Reader
from amends.wording.timeline import happening, is_told, prepared_message, who

Kind = Literal["said", "script", "offer", "ruling", "points", "rejected", "happened"]


class Entry(NamedTuple):
    """One line of the conversation. `voice` colours it, `mine` puts it on the reader's own side.

    `standing` is true of offers that can be accepted, and of a script that still waits for a reply.
    """

    seq: int
    kind: Kind
    voice: Side
    mine: bool
    who: str
    at: Instant
    text: str
    event: Any
    evidence: tuple[str, ...] = ()
    standing: bool = False


def conversation(
    facts: Iterable[PublicFact],
    reader: Reader,
    *,
    standing_offers: Collection[str] = (),
    preparation: Preparation | None = None,
) -> list[Entry]:
    """All that people should read, in order; bookkeeping is left out."""
    found = []
    for fact in facts:
        event = _event(fact)
        kind = _KINDS.get(type(event), "happened")
        evidence: tuple[str, ...] = ()
        standing = _stands(event, standing_offers, preparation)
        match event:
            case e.MessageSent():
                text, evidence = event.text, event.evidence
            case e.EvidenceFiled():
                text = happening(event, fact.by, reader)
                evidence = tuple(item.evidence_id for item in event.items if item.evidence_id)
            case e.RejectionPrepared():
                text = "\n".join(part for part in (event.script, event.added_text) if part)
            case e.RefusalAgreed():
                text = prepared_message(event, reader) or happening(event, fact.by, reader)
            case _:
                text = happening(event, fact.by, reader)
        if text:
            voice = Side(fact.by.partition("/")[0])
            said_by = who(fact.by, reader)
            mine = voice is reader.side
            found.append(Entry(fact.seq, kind, voice, mine, said_by, fact.at, text, event, evidence, standing))
    return found


def _stands(event: Any, standing_offers: Collection[str], preparation: Preparation | None) -> bool:
    match event:
        case e.OfferMade():
            return event.offer_id in standing_offers
        case e.RejectionPrepared():
            return preparation is not None and preparation.replied_at is None and preparation.round == event.round
    return False


_KINDS: dict[type[e.Event], Kind] = {
    e.MessageSent: "said",
    e.RefusalAgreed: "said",
    e.RejectionPrepared: "script",
    e.OfferMade: "offer",
    e.RulingGiven: "ruling",
    e.PositionStated: "points",
    e.CaseRejected: "rejected",
}
"""How an event is drawn; all others are a line of what happened."""


def _event(fact: PublicFact) -> e.Event:
    """Opened cases leave the service with their ids as text; here they are events again."""
    if not isinstance(fact.event, dict):
        return fact.event  # type: ignore[no-any-return]
    numbers = {"case_id": 0, "merchant_id": int(fact.event["merchant_id"])}
    return msgspec.convert(fact.event | numbers, e.CaseOpened)


_LATEST = 30
"""So many lines of a conversation come with the page; a standing offer or script always does."""


def latest(
    facts: Iterable[PublicFact], standing_offers: Collection[str], preparation: Preparation | None
) -> tuple[int, list[PublicFact]]:
    """How many lines lie before what the page shows at first, and of what it tells: the others need no words."""
    told = [fact for fact in facts if isinstance(fact.event, dict) or is_told(fact.event)]
    places = (place for place, fact in enumerate(told) if _stands(fact.event, standing_offers, preparation))
    cut = max(0, min(next(places, len(told)), len(told) - _LATEST))
    return cut, told[cut:]


_FEW = 4
"""So many happenings in a row are shown; of more, the first and the newest, the others in a drawer."""


def folded(entries: Iterable[Entry]) -> list[Entry | list[Entry]]:
    """The conversation with long runs of what merely happened put into lists of their own."""
    found: list[Entry | list[Entry]] = []
    for kind, run in groupby(entries, key=lambda entry: entry.kind):
        ones = list(run)
        if kind == "happened" and len(ones) > _FEW:
            found += [ones[0], ones[1:-2], *ones[-2:]]
        else:
            found += ones
    return found
