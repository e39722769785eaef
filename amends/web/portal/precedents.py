"""How cases alike ended, in words (R3.9)."""

from amends.application.precedents import Precedent, Tally
from amends.wording.catalogue import N_, Language, translate
from amends.wording.formats import percent

_OWN = N_(
    "Your shop's finished cases of the same kind, reason and sort of goods in 90 days: {cases}; "
    "{share} ended in a refund."
)
_OF_ALL = N_(
    "All finished cases of the same kind, reason and sort of goods in 90 days: {cases}; {share} ended in a refund."
)
_COUNT = N_("{count} of them")
_OTHERS = N_("At all other shops: {share} ended in a refund.")
_RULED = N_("Where the platform ruled: {for_buyer} of {ruled} for the buyer.")
_RULED_SHARE = N_("Where the platform ruled: {share} for the buyer.")

_FEW = 10
"""Of fewer cases no share is told, only their number: 1 of 2 is not half of anything."""


def for_shop(precedent: Precedent, language: Language) -> tuple[str, ...]:
    """Sentences for the shop: its own cases by number, those of others by their share alone."""
    own = _told(_OWN, precedent.own, language)
    others = precedent.others
    if not others.cases:
        return own
    told = [translate(_OTHERS, language).format(share=percent(others.refunded / others.cases, language))]
    if others.ruled >= _FEW:
        share = percent(others.for_buyer / others.ruled, language)
        told.append(translate(_RULED_SHARE, language).format(share=share))
    return (*own, *told)


def for_platform(tally: Tally, language: Language) -> tuple[str, ...]:
    """Sentences for the platform's people: all shops together."""
    return _told(_OF_ALL, tally, language)


def _told(text: str, tally: Tally, language: Language) -> tuple[str, ...]:
    if not tally.cases:
        return ()
    share = translate(_COUNT, language).format(count=tally.refunded)
    if tally.cases >= _FEW:
        share = percent(tally.refunded / tally.cases, language)
    told = [translate(text, language).format(cases=tally.cases, share=share)]
    if tally.ruled:
        told.append(translate(_RULED, language).format(ruled=tally.ruled, for_buyer=tally.for_buyer))
    return tuple(told)
