"""What each side says, point against point (R5.4).

Points of the same stage stand beside each other, numbered by side through the whole dossier, so that a ruling, a piece
of evidence and a letter to a court can name them.
"""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple

from amends.application.dossier_pages.blocks import Block, Claim, Group, Sides
from amends.application.dossier_pages.teller import Teller
from amends.domain import events as e
from amends.domain.words import Side


class Position(NamedTuple):
    """A point as it was made; `number` like B2 or M1."""

    number: str
    side: Side
    stage: str
    source: str
    text: str
    evidence: Sequence[str]
    fact: e.Fact


def made(t: Teller) -> list[Position]:
    """All points in the order in which they were made."""
    _ = t._
    numbers = {Side.BUYER: _("B{number}"), Side.MERCHANT: _("M{number}")}
    count = dict.fromkeys(numbers, 0)
    found = []
    for fact in t.facts:
        for side, stage, source, text, evidence in _points(t, fact):
            if text and side in numbers:
                count[side] += 1
                number = numbers[side].format(number=count[side])
                found.append(Position(number, side, stage, source, text, evidence, fact))
    return found


def positions(t: Teller) -> list[Block]:
    _ = t._
    stages: dict[str, dict[Side, list[Claim]]] = {}
    for one in made(t):
        sides = stages.setdefault(one.stage, {Side.BUYER: [], Side.MERCHANT: []})
        source = f"{one.source} · {t.moment(one.fact.at)}"
        sides[one.side].append(Claim(one.number, one.text, t.rests_on(one.evidence), source))
    groups = [
        Group(stage, list(zip_longest(sides[Side.BUYER], sides[Side.MERCHANT]))) for stage, sides in stages.items()
    ]
    return [Sides(_("Buyer"), _("Merchant"), groups)] if groups else []


def _points(t: Teller, fact: e.Fact) -> Iterator[tuple[Side, str, str, str, Sequence[str]]]:
    """Side, stage, source, text and evidence of each point that an event makes."""
    _ = t._
    applying, reviewing, appealing = _("Application and rejection"), _("Before the platform"), _("Appeal")
    match fact.event:
        case e.CaseOpened(terms=terms) | e.ApplicationModified(terms=terms):
            yield Side.BUYER, applying, _("application"), terms.note, ()
        case e.CaseRejected(points=points):
            yield from ((Side.MERCHANT, applying, _("rejection"), one.text, one.evidence) for one in points)
        case e.ReplacementDisputed(reason=text):
            yield Side.BUYER, _("Goods sent instead"), _("disputing the replacement"), text, ()
        case e.InterventionRequested(side=side, statement=text):
            yield side, reviewing, _("asking the platform in"), text, ()
        case e.PositionStated(side=side, points=points):
            yield from ((side, reviewing, _("statement"), one.text, one.evidence) for one in points)
        case e.Appealed(side=side, grounds=text):
            yield side, appealing, _("appeal"), text, ()
