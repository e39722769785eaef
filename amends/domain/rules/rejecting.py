"""Negotiate before rejecting: reason, script, wait, then the itemised rejection with proof (rules §6; R3.4, R3.5)."""

from datetime import timedelta
from typing import assert_never

from amends.domain import events as e
from amends.domain.commands import CaseLine, PrepareRejection, Reject
from amends.domain.draft import CaseDraft
from amends.domain.order import CUSTOM_MADE, shipping_state
from amends.domain.policy import RejectionCondition, RejectionReason
from amends.domain.refusals import Code, Refusal, refuse
from amends.domain.rules import answering, closing
from amends.domain.rules.conversing import spoke_with_buyer, too_long
from amends.domain.rules.evidence import file_evidence, missing_groups, unknown_in_points, unknown_items
from amends.domain.rules.transit import can_be_stopped
from amends.domain.words import EvidenceKind, Goods, Remedy, ScanCode, Side, Stage

_RETURN_HELD = (Goods.RETURN_DELIVERED, Goods.IN_REPAIR)


def allowed_reasons(c: CaseDraft) -> list[str]:
    """The rejection reasons that fit the case as it stands."""
    return [code for code, reason in c.policy.rejection_reasons.items() if _fits(c, code, reason)]


def _fits(c: CaseDraft, code: str, reason: RejectionReason) -> bool:
    if c.case.stage is Stage.IN_MOTION and not code.startswith("return_"):
        return False
    return all(_holds(c, condition) for condition in reason.when)


def _holds(c: CaseDraft, condition: RejectionCondition) -> bool:
    case = c.case
    match condition:
        case "any":
            return True
        case "not_shipped" | "in_transit" | "with_buyer" | "return_due" | "return_in_transit":
            return case.goods.value == condition
        case "return_delivered":
            return case.goods in _RETURN_HELD
        case "shipped_before_opening":
            picked_up = c.order.parcel.first(ScanCode.PICKED_UP) if c.order.parcel else None
            return picked_up is not None and picked_up.occurred_at < case.first_applied_at
        case "custom_made":
            lines = (c.order.line(line.line_no) for line in case.lines)
            return any(line is not None and CUSTOM_MADE in line.flags for line in lines)
        case "cannot_be_stopped":
            return case.intercepted_before or not can_be_stopped(c)
        case "reason_needs_evidence":
            return bool(c.policy.reasons[case.reason].evidence)
        case "no_reason":
            return case.reason == "no_reason"
        case "own_offer":
            return case.offers_made.get(Side.MERCHANT, 0) > 0
        case "no_reply":
            preparation = case.preparation
            return preparation is None or preparation.replied_at is None
        case _:
            assert_never(condition)


def may_prepare(c: CaseDraft, command: PrepareRejection | None) -> Refusal | None:
    case, limits = c.case, c.policy.limits
    if command is not None and command.application != case.application:
        return refuse(Code.APPLICATION_CHANGED, application=case.application, amount_minor=case.amount_minor)
    allowed = allowed_reasons(c)
    if (command is None and not allowed) or (command is not None and command.reason not in allowed):
        if not spoke_with_buyer(c):
            return refuse(Code.NO_CONVERSATION)
        return refuse(Code.REASON_NOT_ALLOWED, reason=command.reason if command else None, allowed=allowed)
    if not spoke_with_buyer(c):
        return refuse(Code.NO_CONVERSATION)
    if case.scripts_sent >= limits.scripts_per_application:
        return refuse(Code.ROUNDS_USED_UP, made=case.scripts_sent, limit=limits.scripts_per_application)
    return None


def prepare(c: CaseDraft, command: PrepareRejection) -> None:
    """The script goes out as it is; the wait starts. A clock with less left is moved, once (rules §4)."""
    reason = c.policy.rejection_reasons[command.reason]
    waits_until = c.start("negotiation_wait")
    answer = next((d for d in c.clocks() if d.key in (*answering.ANSWERS, "check_return", "repair")), None)
    needed = waits_until + timedelta(hours=c.policy.limits.answer_after_wait_hours)
    moves = answer is not None and answer.due_at < waits_until and not c.case.answer_moved
    if moves and answer is not None:
        c.move(answer, needed)
    c.add(
        e.RejectionPrepared(
            application=c.case.application,
            reason=command.reason,
            round=c.case.scripts_sent + 1,
            script=reason.script,
            solutions=_solutions(c, reason),
            waits_until=waits_until,
            added_text=command.added_text,
            moves_answer=moves,
        )
    )


def _solutions(c: CaseDraft, reason: RejectionReason) -> tuple[Remedy, ...]:
    """What can be offered with one click, of what fits the reason."""
    if shipping_state(c.order) == "delivered":
        return reason.solutions
    return tuple(remedy for remedy in reason.solutions if remedy is Remedy.REFUND_ONLY)


def may_reject(c: CaseDraft, command: Reject | None) -> Refusal | None:
    case = c.case
    if command is not None and command.application != case.application:
        return refuse(Code.APPLICATION_CHANGED, application=case.application, amount_minor=case.amount_minor)
    if not spoke_with_buyer(c):
        return refuse(Code.NO_CONVERSATION)
    preparation = case.preparation
    if preparation is None or (command is not None and command.reason != preparation.reason):
        return refuse(Code.NOT_PREPARED, prepared=preparation.reason if preparation else None)
    if preparation.replied_at is None and c.at < preparation.waits_until:
        return refuse(Code.WAITING_FOR_BUYER, waits_until=preparation.waits_until)
    if preparation.replied_at is not None and preparation.answered_at is None:
        return refuse(Code.REPLY_UNANSWERED, replied_at=preparation.replied_at)
    if not _fits(c, preparation.reason, c.policy.rejection_reasons[preparation.reason]):
        return refuse(Code.REASON_NOT_ALLOWED, reason=preparation.reason, allowed=allowed_reasons(c))
    return _explained(c, command) if command is not None else None


def _explained(c: CaseDraft, command: Reject) -> Refusal | None:
    """At least one point of enough characters, and the proof that the reason requires."""
    least = c.policy.limits.explanation_characters
    if not command.points or any(len(point.text.strip()) < least for point in command.points):
        return refuse(Code.EXPLANATION_TOO_SHORT, needs_characters=least)
    long = too_long(command.points, c.policy.limits)
    if long is not None:
        return long
    reason = c.policy.rejection_reasons[command.reason]
    given = {item.kind for item in command.evidence if item.kind is not None} | set(c.case.evidence.merchant)
    missing = missing_groups(proof(c, reason), given)
    if missing:
        return refuse(Code.MISSING_EVIDENCE, missing=missing)
    new = sum(item.evidence_id is None for item in command.evidence)
    strange = unknown_items(command.evidence, c.case.evidence.count)
    strange += unknown_in_points(command.points, c.case.evidence.count + new)
    return refuse(Code.UNKNOWN_EVIDENCE, evidence=strange) if strange else None


def proof(c: CaseDraft, reason: RejectionReason) -> tuple[tuple[EvidenceKind, ...], ...]:
    """What the reason asks for in this case: of each group one kind."""
    return (*reason.proof, *(reason.proof_if_excludable if _excludable(c) else ()))


def _excludable(c: CaseDraft) -> bool:
    """Goods excluded only by the buyer's confirmation at purchase: it has to be shown (law: 暂行办法 7, 20)."""
    lines = (c.order.line(line.line_no) for line in c.case.lines)
    return any(
        line is not None
        and ("no_reason_excludable" in line.flags or c.policy.category(line.category).no_reason == "excludable")
        for line in lines
    )


def reject(c: CaseDraft, command: Reject) -> None:
    evidence = file_evidence(c, Side.MERCHANT, command.evidence)
    disputed = c.case.disputed or answering.whole(c.case)
    stand(c, command.reason, command, evidence, disputed if c.case.goods in _RETURN_HELD else ())


def stand(
    c: CaseDraft,
    reason: str,
    command: Reject | None,
    evidence: tuple[str, ...],
    lines: tuple[CaseLine, ...],
) -> None:
    """The merchant's no stands; the buyer's clock starts."""
    c.stop_all()
    closing.end_offers(c)
    c.add(
        e.CaseRejected(
            application=c.case.application,
            reason=reason,
            points=command.points if command else (),
            evidence=evidence,
            lines=lines,
        )
    )
    c.start("after_rejection")
