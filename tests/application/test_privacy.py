"""Every text of every event is either covered in the record or one of those that tell nothing about a person."""

import json
from datetime import UTC, datetime
from itertools import product
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec
import pytest
from msgspec import Struct

from amends.application.privacy import BUYER, NOT_FOR_ALL, PERSONAL, STAFF
from amends.application.sealing import GENESIS, disclosures, erased, follows, line_of, seal, unseal
from amends.application.visibility import visible
from amends.domain.actor import buyer, merchant
from amends.domain.events import AppealDecided, Event, Fact, RulingGiven
from amends.proof.record import value_at

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CASE = 383_056_223_592_779_776

TELLS_NOTHING = {
    "Deadline": "key owner",
    "EndedDeadline": "key how",
    "DeadlinePassed": "key policy",
    "CaseOpened": "order_no currency policy",
    "Terms": "reason clause",
    "CaseReopened": "why",
    "MessageSent": "evidence script_id",
    "EvidenceItem": "evidence_id",
    "Point": "evidence",
    "CallRecorded": "result evidence_id",
    "OfferMade": "offer_id",
    "OfferAccepted": "offer_id",
    "OfferDeclined": "offer_id",
    "OffersEnded": "offer_ids why",
    "CaseAgreed": "return_address_id reason",
    "RejectionPrepared": "reason script",
    "CaseRejected": "reason evidence",
    "InterceptionRequested": "carrier",
    "InterceptionCancelled": "carrier",
    "ReturnedToMerchant": "why",
    "LookRequired": "why",
    "ParcelScanned": "carrier",
    "InterceptionAnswered": "answer",
    "ReturnShipped": "carrier receipt_id",
    "ReplacementShipped": "carrier",
    "ReplacementFailed": "why",
    "RefundInstead": "why",
    "PayoutOrdered": "payout_id channel",
    "PayoutReleased": "payout_id",
    "PayoutPaid": "payout_id",
    "PayoutUnknown": "payout_id",
    "PayoutFailed": "payout_id",
    "PayoutCancelled": "payout_id why",
    "PayoutMismatched": "payout_id",
    "PayoutSettlementProposed": "payout_id result by",
    "PayoutAccountNamed": "channel",
    "BalanceReduced": "why",
    "CaseAssigned": "staff",
    "RulingProposed": "by",
    "Finding": "rests_on clause",
    "RulingReturned": "by",
    "PlatformWasLate": "key",
    "DeadlineExtended": "key",
    "OutageCredited": "keys",
}
"""By type, its numbers, codes and keys: what they say comes from this code, a policy or a shop's own numbering."""


def parts(hint: Any) -> list[Any]:
    inner = [part for arg in get_args(hint) for part in parts(arg)]
    return inner if get_origin(hint) is Annotated else [hint, *inner]


def kinds() -> list[type[Struct]]:
    """All events and everything inside them."""
    found: list[type[Struct]] = []
    waiting: list[type[Struct]] = list(Event.__subclasses__())
    while waiting:
        kind = waiting.pop()
        if kind not in found:
            found.append(kind)
            hints = [part for hint in get_type_hints(kind).values() for part in parts(hint)]
            waiting += [part for part in hints if isinstance(part, type) and issubclass(part, Struct)]
    return found


def texts(kind: type[Struct]) -> set[str]:
    hints = get_type_hints(kind, include_extras=False)
    return {name for name, hint in hints.items() if str in parts(hint)}


def sample(hint: Any, *, full: bool) -> Any:
    """A value of the type; `full` fills what may be left out."""
    hint = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    if isinstance(hint, type) and issubclass(hint, Struct):
        fields = [field for field in msgspec.structs.fields(hint) if full or field.required]
        return hint(**{f.name: "ab" * 32 if f.name == "sha256" else sample(f.type, full=full) for f in fields})
    if get_origin(hint) is tuple:
        return tuple(sample(get_args(hint)[0], full=full) for _ in range(2)) if full else ()
    if type(None) in get_args(hint):
        return sample(get_args(hint)[0], full=True)
    if hint is datetime:
        return NOON
    if get_origin(hint) is Literal:
        return get_args(hint)[0]
    if isinstance(hint, type) and hasattr(hint, "__members__"):
        return next(iter(hint.__members__.values()))
    return {str: "words of a person" if full else "", int: 7, bool: full}.get(hint, "any")


AUTHORS = ("merchant/1001/li", "buyer/b42", "platform/gao")
FACTS = [
    Fact(CASE, 1, NOON, by, sample(kind, full=full))
    for kind, full, by in product(Event.__subclasses__(), (True, False), AUTHORS)
]
"""Each event with everything that it may hold and with nothing that it may leave out, by everybody."""


def test_every_text_of_an_event_is_covered_or_known_to_tell_nothing():
    for kind in kinds():
        covered = {*PERSONAL.get(kind, ()), *NOT_FOR_ALL.get(kind, ())}
        known = set(TELLS_NOTHING.get(kind.__name__, "").split())
        undecided = texts(kind) - covered - known
        assert not undecided, f"{kind.__name__}: is {sorted(undecided)} about a person? Then it belongs into PERSONAL"
        assert not covered & known
        assert known <= texts(kind), f"{kind.__name__} has no such text any more: {known - texts(kind)}"


def test_every_event_reads_back_and_its_chain_holds_before_and_after_erasing():
    for fact in FACTS:
        (sealed,) = seal([fact], GENESIS)
        assert unseal(sealed.payload) == fact
        assert follows(GENESIS, sealed.payload, sealed.chain)
        left = erased(sealed.payload)
        assert follows(GENESIS, left, sealed.chain), fact
        assert type(unseal(left).event) is type(fact.event)
        assert unseal(left).by == ("buyer" if fact.by == "buyer/b42" else fact.by)
        assert b'"b42"' not in left
        assert b"buyer/b42" not in left
        assert erased(left) == left


@pytest.mark.parametrize("actor", [buyer("b42"), merchant(1001, "li")], ids=lambda actor: str(actor.side))
def test_whatever_a_side_does_not_see_of_an_event_is_covered_in_its_line(actor):
    for fact in FACTS:
        decides = isinstance(fact.event, RulingGiven | AppealDecided)
        seen = visible(fact, actor)
        if seen is None or (decides and not fact.by.startswith("platform/")):
            continue
        (sealed,) = seal([fact], GENESIS)
        line = json.loads(line_of(sealed.payload))
        all_of_it, shown = as_json(fact), as_json(seen)
        for told in disclosures(sealed.payload):
            if told.pointer not in (STAFF, BUYER) and found(shown, told.pointer) != told.value:
                hide(all_of_it, told.pointer)
                hide(shown, told.pointer)
                hide(line, told.pointer)
        assert all_of_it["event"] == shown["event"], "the side sees something else than the line tells"
        assert fact.by == seen.by or "staff" in line
        assert "b42" not in line["by"], "who the buyer is can be kept back"


def as_json(fact: Fact) -> Any:
    return json.loads(msgspec.json.encode(fact))


def found(document: Any, pointer: str) -> Any:
    way, _, name = pointer.rpartition("/")
    return value_at(document, way).get(name)


def hide(document: Any, pointer: str) -> None:
    way, _, name = pointer.rpartition("/")
    value_at(document, way).pop(name, None)
