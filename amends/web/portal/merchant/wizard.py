"""Rejecting, step by step: reason, script, the time to reply, then the itemised explanation with proof (R3.4, R3.5)."""

from typing import Any, Literal, NamedTuple

from amends.application.queries import RejectionView
from amends.domain import events as e
from amends.domain.words import EvidenceKind, Remedy, Side
from amends.web.portal.casepage import CasePage
from amends.web.portal.visit import Visit
from amends.wording.catalogue import N_, translate
from amends.wording.labels import label

Step = Literal["talk", "reason", "script", "wait", "explain"]

STEPS = (
    (N_("Choose the reason"), ("talk", "reason")),
    (N_("Send the script"), ("script",)),
    (N_("Wait for the buyer's reply"), ("wait",)),
    (N_("Explanation and proof"), ("explain",)),
)

POINTS = (
    N_("Why the request does not hold, and what shows it"),
    N_("What is the shop's responsibility, and what is not"),
    N_("Which rule applies"),
    N_("What the shop offered to the buyer"),
)
"""What a rejection that stands up says point by point (R3.9)."""

_PROVED_BY_ITSELF = (EvidenceKind.CALL_RECORD,)
"""Proof that comes of a step of its own."""


class Proof(NamedTuple):
    """Something that the reason needs; `kinds` are (value, text), any will do."""

    kinds: tuple[tuple[str, str], ...]
    given: bool
    by_call: bool


class Wizard(NamedTuple):
    """`why` says what is in the way of the step at hand; `solutions` can be offered instead with one click."""

    step: Step
    line: tuple[tuple[str, str], ...]
    reasons: tuple[RejectionView, ...]
    chosen: RejectionView | None
    why: dict[str, Any] | None
    proof: tuple[Proof, ...]
    solutions: tuple[tuple[str, str], ...]
    again: bool


_OVER = ("wrong_stage", "suspended", "not_allowed_for_role")


def is_rejecting(here: Visit, page: CasePage) -> bool:
    """Whether somebody began: by opening it (`?reject=`) or by having sent a script."""
    reject = page.actions.get("reject")
    if reject is None or "prepare-rejection" not in page.actions or (reject.why and reject.why["code"] in _OVER):
        return False
    return "reject" in here.request.query_params or page.view.preparation is not None


def read_wizard(here: Visit, page: CasePage, reasons: tuple[RejectionView, ...]) -> Wizard | None:
    """None unless somebody began."""
    if not is_rejecting(here, page):
        return None
    asked, prepared = here.request.query_params.get("reject"), page.view.preparation
    named = asked or (prepared.reason if prepared else "")
    chosen = next((one for one in reasons if one.reason == named), None)
    step, why = _step(page, chosen, asked)
    place = next(number for number, (_, steps) in enumerate(STEPS) if step in steps)
    return Wizard(
        step,
        tuple(
            (translate(text, here.language), "done" if number < place else "now" if number == place else "todo")
            for number, (text, _) in enumerate(STEPS)
        ),
        reasons,
        chosen,
        why,
        _proof(here, page, chosen),
        _solutions(here, page),
        again=page.may("prepare-rejection"),
    )


def _step(page: CasePage, chosen: RejectionView | None, asked: str | None) -> tuple[Step, dict[str, Any] | None]:
    prepare, reject, prepared = page.actions["prepare-rejection"], page.actions["reject"], page.view.preparation
    if prepare.why is not None and prepare.why["code"] == "no_conversation":
        return "talk", prepare.why
    begins_anew = asked is not None and (prepared is None or asked not in ("", prepared.reason))
    if prepared is None or begins_anew:
        if chosen is None or chosen.why is not None:
            return "reason", chosen.why if chosen else prepare.why
        return "script", None
    return ("explain", None) if reject.allowed else ("wait", reject.why)


def _proof(here: Visit, page: CasePage, chosen: RejectionView | None) -> tuple[Proof, ...]:
    filed = page.view.evidence.merchant
    return tuple(
        Proof(
            tuple((kind, label(kind, here.language)) for kind in kinds),
            any(kind in filed for kind in kinds),
            all(kind in _PROVED_BY_ITSELF for kind in kinds),
        )
        for kinds in (chosen.proof if chosen else ())
    )


def _solutions(here: Visit, page: CasePage) -> tuple[tuple[str, str], ...]:
    """What the script's answer suggests to offer, unless an offer of ours stands already."""
    if not page.may("make-offer") or any(offer.side is Side.MERCHANT for offer in page.view.offers):
        return ()
    sent = [fact.event for fact in page.facts if isinstance(fact.event, e.RejectionPrepared)]
    remedies: tuple[Remedy, ...] = sent[-1].solutions if sent else ()
    return tuple((remedy, label(remedy, here.language)) for remedy in remedies)
