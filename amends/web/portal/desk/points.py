"""What each side says, point against point, with the evidence under the point that it supports (R5.4)."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple

import msgspec

from amends.application.outward import PublicFact
from amends.application.queries import EvidenceView
from amends.domain import events as e
from amends.domain.time import Instant
from amends.domain.words import Side
from amends.wording.catalogue import N_, Language, translate

_APPLYING, _REVIEW, _APPEAL = N_("Application and rejection"), N_("Before the platform"), N_("Appeal")
_AGAIN, _STEPPING_IN = N_("Goods sent instead"), N_("Asking the platform to step in")
_APPLICATION, _REJECTION, _ASKING, _STATEMENT = (
    N_("application"),
    N_("rejection"),
    N_("asking the platform in"),
    N_("statement"),
)
_DISPUTE, _GROUNDS = N_("disputing the replacement"), N_("appeal")


class Said(NamedTuple):
    """A point as it was made, and the evidence that it names."""

    side: Side
    source: str
    text: str
    at: Instant
    evidence: list[EvidenceView]


class Stage(NamedTuple):
    """Points made at one stage, the buyer's beside the merchant's."""

    title: str
    rows: list[tuple[Said | None, Said | None]]


class Sides(NamedTuple):
    """`loose` is evidence under no point, by side."""

    stages: list[Stage]
    loose: dict[Side, list[EvidenceView]]


def sides(facts: Sequence[PublicFact], evidence: Sequence[EvidenceView], language: Language) -> Sides:
    """All points in the order in which they were made; a newer statement or application replaces the one before."""
    known = {one.evidence_id: one for one in evidence}
    stages: dict[str, dict[Side, dict[str, list[Said]]]] = {}
    for fact in facts:
        made = list(_points(fact))
        for stage, side, source, text, names in made:
            if not text or side not in (Side.BUYER, Side.MERCHANT):
                continue
            theirs = stages.setdefault(stage, {Side.BUYER: {}, Side.MERCHANT: {}})[side]
            said = Said(side, translate(source, language), text, fact.at, [known[n] for n in names if n in known])
            before = theirs.get(source, [])
            theirs[source] = [*before, said] if before and before[0].at == fact.at else [said]
    used = {
        one.evidence_id
        for by_side in stages.values()
        for by_source in by_side.values()
        for points in by_source.values()
        for said in points
        for one in said.evidence
    }
    return Sides(
        [
            Stage(
                translate(title, language),
                list(zip_longest(*(_all(by_side[side]) for side in (Side.BUYER, Side.MERCHANT)))),
            )
            for title, by_side in stages.items()
        ],
        {
            side: [one for one in evidence if one.side is side and one.evidence_id not in used]
            for side in (Side.BUYER, Side.MERCHANT)
        },
    )


def _all(by_source: dict[str, list[Said]]) -> list[Said]:
    return [said for points in by_source.values() for said in points]


def _points(fact: PublicFact) -> Iterator[tuple[str, Side, str, str, Sequence[str]]]:
    """Stage, side, source, text and evidence of each point that an event makes."""
    event = fact.event
    if isinstance(event, dict):
        terms = msgspec.convert(event["terms"], e.Terms)
        yield _APPLYING, Side.BUYER, _APPLICATION, terms.note, ()
        return
    match event:
        case e.ApplicationModified(terms=terms):
            yield _APPLYING, Side.BUYER, _APPLICATION, terms.note, ()
        case e.CaseRejected(points=points, evidence=proof):
            for place, one in enumerate(points):
                yield _APPLYING, Side.MERCHANT, _REJECTION, one.text, one.evidence or (proof if place == 0 else ())
        case e.ReplacementDisputed(reason=text):
            yield _AGAIN, Side.BUYER, _DISPUTE, text, ()
        case e.InterventionRequested(side=side, statement=text):
            yield _STEPPING_IN, side, _ASKING, text, ()
        case e.PositionStated(side=side, points=points):
            for one in points:
                yield _REVIEW, side, _STATEMENT, one.text, one.evidence
        case e.Appealed(side=side, grounds=text):
            yield _APPEAL, side, _GROUNDS, text, ()
