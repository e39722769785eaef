"""What the platform does: how it changes a case."""

from msgspec.structs import replace

from amends.domain import events as e
from amends.domain.case import AppealState, Case, EvidenceRequest, Review, Ruling, Suspension
from amends.domain.folds.change import Change
from amends.domain.time import Instant
from amends.domain.words import AppealOutcome, Side, Stage


def look(case: Case, event: e.LookRequired, at: Instant) -> Change:
    review = case.review or Review(at, Side.SYSTEM)
    return {"stage": Stage.UNDER_REVIEW, "look": event.why, "review": review, "ending": None}


def intervention(case: Case, event: e.InterventionRequested, at: Instant) -> Change:
    review = case.review or Review(at, event.side)
    again = at if event.times > 1 else None
    return {
        "stage": Stage.UNDER_REVIEW,
        "review": replace(review, requested=event.times, burden_on=event.burden_on, asked_again_at=again),
        "preparation": None,
    }


def human_review(case: Case, event: e.HumanReviewRequested, at: Instant) -> Change:
    return {"stage": Stage.UNDER_REVIEW, "review": case.review or Review(at, Side.BUYER), "look": "human_review"}


def platform_refund(case: Case, event: e.PlatformRefundAsked, at: Instant) -> Change:
    return {"stage": Stage.UNDER_REVIEW, "merchant_asked": True, "review": Review(at, Side.MERCHANT)}


def assigned(case: Case, event: e.CaseAssigned, at: Instant) -> Change:
    return {"assignee": event.staff}


def evidence_requested(case: Case, event: e.EvidenceRequested, at: Instant) -> Change:
    review = case.review or Review(at, Side.PLATFORM)
    request = EvidenceRequest(event.side, event.what, event.due_at)
    return {
        "review": replace(
            review,
            requests=(*review.requests, request),
            paused_seconds=review.paused_seconds + event.pauses_seconds,
        )
    }


def ruling_proposed(case: Case, event: e.RulingProposed, at: Instant) -> Change:
    return {"ruling": Ruling(event.terms, event.by, at, returned=event.returned_times, waits=True), "look": ""}


def ruling_returned(case: Case, event: e.RulingReturned, at: Instant) -> Change:
    assert case.ruling is not None, "only a proposed ruling can be returned"
    return {"ruling": replace(case.ruling, returned=case.ruling.returned + 1, waits=False)}


def ruling_given(case: Case, event: e.RulingGiven, at: Instant) -> Change:
    proposed_at = case.ruling.proposed_at if case.ruling else at
    return {
        "ruling": Ruling(event.terms, event.by, proposed_at, event.approved_by, at, event.appeal_until),
        "fault": event.terms.fault,
        "freight": event.terms.freight,
        "rejection": None,
        "look": "",
    }


def late(case: Case, event: e.PlatformWasLate, at: Instant) -> Change:
    review = case.review or Review(at, Side.SYSTEM)
    return {"review": replace(review, late=event.times)}


def appealed(case: Case, event: e.Appealed, at: Instant) -> Change:
    return {"appeal": AppealState(event.side, at), "appealed_by": (*case.appealed_by, event.side)}


def appeal_decided(case: Case, event: e.AppealDecided, at: Instant) -> Change:
    assert case.appeal is not None, "only a standing appeal is decided"
    appeal = replace(case.appeal, decided_at=at, outcome=event.outcome, waived_minor=event.waived_minor)
    if event.outcome is AppealOutcome.REOPEN:
        return {"appeal": appeal, "stage": Stage.UNDER_REVIEW, "review": Review(at, case.appeal.side), "ending": None}
    if event.terms is None:
        return {"appeal": appeal}
    ruling = Ruling(event.terms, event.by, at, noticed_at=at)
    return {"appeal": appeal, "ruling": ruling, "fault": event.terms.fault, "freight": event.terms.freight}


def suspended(case: Case, event: e.CaseSuspended, at: Instant) -> Change:
    return {"suspension": Suspension(at, event.until)}


def extended(case: Case, event: e.DeadlineExtended, at: Instant) -> Change:
    """A longer clock of the platform's own is a pause; one of the ruling counts with those for evidence (R4.2)."""
    deadline = case.deadline(event.key)
    if deadline is None or deadline.owner != "platform":
        return {}
    if event.key == "ruling" and case.review is not None:
        return {"review": replace(case.review, paused_seconds=case.review.paused_seconds + event.by_seconds)}
    return {"extended": case.extended | {event.key: case.extended.get(event.key, 0) + event.by_seconds}}


def resumed(case: Case, event: e.CaseResumed, at: Instant) -> Change:
    return {"suspension": None}
