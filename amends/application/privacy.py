"""What of an event is chained as a salted hash only: words that people wrote, and what one side does not see.

So a person's words can be erased, and a dossier can leave out what its reader may not see, and the chain still holds.
Which fields these are is written down with each event when it is sealed; changing this table changes later events only.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple, get_args, get_type_hints

import msgspec
from msgspec import NODEFAULT, Struct
from msgspec.structs import replace

from amends.domain import commands as k
from amends.domain import events as e
from amends.domain import order as o

PERSONAL: dict[type[Struct], tuple[str, ...]] = {
    e.CaseOpened: ("buyer_id",),
    e.Terms: ("note",),
    e.CaseClosed: ("reason",),
    e.MessageSent: ("text",),
    e.EvidenceFiled: ("note",),
    k.EvidenceItem: ("name", "note", "sha256"),
    k.Point: ("text",),
    e.CallRecorded: ("note",),
    e.ContactRevealed: ("reason",),
    e.OfferMade: ("message",),
    e.OfferAccepted: ("note",),
    e.OfferDeclined: ("note",),
    e.RejectionPrepared: ("added_text",),
    e.RefusalAgreed: ("message",),
    e.InterceptionRequested: ("tracking_no",),
    e.InterceptionCancelled: ("tracking_no",),
    e.ParcelScanned: ("tracking_no",),
    e.ReturnShipped: ("tracking_no",),
    e.ReplacementShipped: ("tracking_no",),
    o.Scan: ("place", "text"),
    e.InterceptionAnswered: ("why",),
    e.ReplacementDisputed: ("reason",),
    e.PayoutPaid: ("provider_reference",),
    e.PayoutFailed: ("why",),
    e.PayoutSettlementProposed: ("statement",),
    e.InterventionRequested: ("statement",),
    e.HumanReviewRequested: ("note",),
    e.PlatformRefundAsked: ("note",),
    e.CaseAssigned: ("note",),
    e.RulingTerms: ("no_return_because",),
    k.Finding: ("text",),
    e.RulingReturned: ("reason",),
    e.Appealed: ("grounds",),
    e.AppealDecided: ("reason",),
    e.CaseSuspended: ("reason",),
    e.DeadlineExtended: ("reason",),
}
"""Written by a person, about one, or leading to one; covered where there is anything."""

NOT_FOR_ALL: dict[type[Struct], tuple[str, ...]] = {
    e.EvidenceRequested: ("what",),
    e.RejectionPrepared: ("solutions",),
    e.RulingGiven: ("by", "approved_by"),
    e.AppealDecided: ("by",),
    e.PayoutOrdered: ("reference",),
    e.PayoutAccountNamed: ("reference",),
    e.PayoutPaid: ("advanced",),
    e.CaseSuspended: ("paper",),
}
"""What `visibility` keeps from a side; always covered, because a gap would tell that there is nothing."""

STAFF, BUYER = "/staff", "/buyer"
"""Places of the person behind `by`: who did it for a shop or for the platform, and the buyer."""

KEPT = frozenset((
    STAFF, "/event/what", "/event/solutions", "/event/by", "/event/approved_by", "/event/advanced", "/event/paper",
))  # fmt: skip
"""Places that stay when the words of persons are erased: who answered for what is nobody's private life."""

CHECKED = frozenset({"sha256"})
"""Fields whose form is checked when they are read: left out where they were erased."""

Cover = Callable[[str, Any], Any]
"""What stands in place of the value at a pointer; the value is None where the field is left out of the JSON."""


class _Plan(NamedTuple):
    """Fields of one type: covered where given, covered always (each with its default), and those with such inside."""

    given: tuple[tuple[str, Any], ...]
    always: tuple[tuple[str, Any], ...]
    inside: tuple[str, ...]


def covered(value: Struct, pointer: str, cover: Cover) -> Struct:
    """The value with everything private in it replaced by what `cover` gives."""
    plan = _plan(type(value))
    changed = {}
    for name, default in plan.given:
        text = getattr(value, name)
        if text is not None and text != default:
            changed[name] = cover(f"{pointer}/{name}", text)
    for name, default in plan.always:
        found = getattr(value, name)
        # Left out of the JSON where it is the default.
        changed[name] = cover(f"{pointer}/{name}", None if found == default else found)
    for name in plan.inside:
        inner = getattr(value, name)
        if isinstance(inner, tuple):
            changed[name] = tuple(covered(one, f"{pointer}/{name}/{place}", cover) for place, one in enumerate(inner))
        elif inner is not None:
            changed[name] = covered(inner, f"{pointer}/{name}", cover)
    return replace(value, **changed) if changed else value


@cache
def _plan(kind: type[Struct]) -> _Plan:
    defaults = {field.name: field.default for field in msgspec.structs.fields(kind)}

    def with_default(names: tuple[str, ...]) -> tuple[tuple[str, Any], ...]:
        return tuple((name, defaults.get(name, NODEFAULT)) for name in names)

    inside = tuple(name for name, hint in get_type_hints(kind).items() if any(map(has_private, _structs(hint))))
    return _Plan(with_default(PERSONAL.get(kind, ())), with_default(NOT_FOR_ALL.get(kind, ())), inside)


@cache
def has_private(kind: type[Struct]) -> bool:
    """Whether anything in values of this type is ever covered."""
    return any(_plan(kind))


def _structs(hint: Any) -> Iterator[type[Struct]]:
    if isinstance(hint, type) and issubclass(hint, Struct):
        yield hint
    for inner in get_args(hint):
        yield from _structs(inner)
