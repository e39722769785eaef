"""Records as they leave the service: ids as text, refusals with words (DESIGN §7)."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from amends.application.visibility import visible
from amends.domain.actor import Actor
from amends.domain.case import public_case_id
from amends.domain.events import CaseOpened, Fact
from amends.domain.policy import Policy
from amends.domain.refusals import Refusal
from amends.domain.time import Instant
from amends.wording.reader import Reader
from amends.wording.refusals import explain


class PublicFact(Struct, frozen=True):
    """One event of a case in the record: the `seq`-th, by whom, at which instant."""

    case_id: str
    seq: int
    at: Instant
    by: str
    event: Any


def public_facts(facts: Iterable[Fact], merchant_id: int, actor: Actor) -> list[PublicFact]:
    """What this actor may see of some events of one case."""
    shown = [fact for fact in (visible(one, actor) for one in facts) if fact is not None]
    case_id = public_case_id(merchant_id, shown[0].case_id) if shown else ""
    return [_public(fact, case_id, merchant_id) for fact in shown]


def _public(fact: Fact, case_id: str, merchant_id: int) -> PublicFact:
    event = fact.event
    if isinstance(event, CaseOpened):
        event = msgspec.to_builtins(event) | {"case_id": case_id, "merchant_id": str(merchant_id)}
    return PublicFact(case_id, fact.seq, fact.at, fact.by, event)


def told(refusal: Refusal, merchant_id: int, reader: Reader, policy: Policy | None = None) -> dict[str, Any]:
    """A refusal with its facts and its words; `also` has what stands in the way at the same time."""
    body = _told(refusal, merchant_id, reader, policy) | {"waiting_helps": refusal.waiting_helps}
    if refusal.also:
        body["also"] = [_told(other, merchant_id, reader, policy) for other in refusal.also]
    return body


def _told(refusal: Refusal, merchant_id: int, reader: Reader, policy: Policy | None) -> dict[str, Any]:
    words = explain(Refusal(refusal.code, refusal.facts), reader, policy)
    return {
        **_facts(refusal.facts, merchant_id),
        "code": refusal.code,
        "title": words.title,
        "detail": words.detail,
        "advice": words.advice,
    }


def _facts(facts: Mapping[str, Any], merchant_id: int) -> dict[str, Any]:
    shown = {name: value for name, value in facts.items() if value is not None}
    if isinstance(shown.get("case_id"), int):
        shown["case_id"] = public_case_id(merchant_id, shown["case_id"])
    return shown
