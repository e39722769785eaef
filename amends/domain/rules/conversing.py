"""Messages, evidence and positions: the conversation that is part of the record (R2.4, R5.4)."""

from amends.domain import events as e
from amends.domain.commands import Point, RecordCall, RevealContact, SendMessage, StatePosition
from amends.domain.draft import CaseDraft
from amends.domain.policy import Limits
from amends.domain.refusals import Code, Refusal, refuse
from amends.domain.rules.evidence import file_evidence, in_time, unknown_in_points, unknown_items


def may_send(c: CaseDraft, command: SendMessage | None) -> Refusal | None:
    """Words go on for ever; what they bring along is evidence, and that has its time."""
    if command is not None and any(item.evidence_id is None for item in command.evidence):
        late = in_time(c, c.actor.side)
        if late is not None:
            return late
    strange = unknown_items(command.evidence, c.case.evidence.count) if command else []
    return refuse(Code.UNKNOWN_EVIDENCE, evidence=strange) if strange else None


def send(c: CaseDraft, command: SendMessage) -> None:
    ids = file_evidence(c, c.actor.side, command.evidence)
    c.add(e.MessageSent(c.actor.side, command.text, ids, command.script_id or ""))


def may_state(c: CaseDraft, command: StatePosition | None) -> Refusal | None:
    """A point says something and rests on evidence that is there."""
    if command is None:
        return None
    if any(not point.text.strip() for point in command.points):
        return refuse(Code.EXPLANATION_TOO_SHORT, needs_characters=1)
    long = too_long(command.points, c.policy.limits)
    if long is not None:
        return long
    strange = unknown_in_points(command.points, c.case.evidence.count)
    return refuse(Code.UNKNOWN_EVIDENCE, evidence=strange) if strange else None


def too_long(points: tuple[Point, ...], limits: Limits) -> Refusal | None:
    """More points, or longer ones, than the policy lets anybody read (rules §9; R5.4)."""
    longest = max((len(point.text.strip()) for point in points), default=0)
    if len(points) <= limits.points and longest <= limits.point_characters:
        return None
    return refuse(
        Code.EXPLANATION_TOO_LONG,
        points=len(points),
        most_points=limits.points,
        characters=longest,
        most_characters=limits.point_characters,
    )


def state(c: CaseDraft, command: StatePosition) -> None:
    c.add(e.PositionStated(c.actor.side, command.points))


def may_reveal(c: CaseDraft, command: RevealContact | None) -> Refusal | None:
    """While the case is open; a case without a number has nothing to reveal."""
    if c.order.buyer_phone is None:
        return refuse(Code.KIND_NOT_POSSIBLE, needs="buyer_phone")
    return None


def reveal(c: CaseDraft, command: RevealContact) -> None:
    c.add(e.ContactRevealed(command.reason))


def may_record_call(c: CaseDraft, command: RecordCall | None) -> Refusal | None:
    return None


def record_call(c: CaseDraft, command: RecordCall) -> None:
    c.add(e.CallRecorded(command.result, f"e{c.case.evidence.count + 1}", command.note))


def spoke_with_buyer(c: CaseDraft) -> bool:
    """Whether the merchant wrote to the buyer on this case; a script is no conversation (rules §6)."""
    return c.case.talk.merchant_wrote_at is not None
