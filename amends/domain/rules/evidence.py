"""Evidence of a case: numbering, what is still missing, what is unknown (rules §1, §6)."""

from collections.abc import Collection, Iterable

from msgspec.structs import replace

from amends.domain import events as e
from amends.domain.commands import AddEvidence, EvidenceItem, Point
from amends.domain.draft import CaseDraft
from amends.domain.refusals import Code, Refusal, refuse
from amends.domain.words import EvidenceKind, Side, Stage


def missing_groups(
    groups: Iterable[tuple[EvidenceKind, ...]], given: Collection[EvidenceKind]
) -> list[tuple[EvidenceKind, ...]]:
    """Groups of which no kind was given; any kind of a group will do."""
    return [group for group in groups if not any(kind in given for kind in group)]


def unknown_items(items: Iterable[EvidenceItem], filed: int) -> list[str]:
    """Items that name evidence that is not on the case, or nothing at all. `filed` is how many there are."""
    return [item.evidence_id or "?" for item in items if not _known(item, filed)]


def _known(item: EvidenceItem, filed: int) -> bool:
    return item.kind is not None if item.evidence_id is None else exists(item.evidence_id, filed)


def exists(evidence_id: str, filed: int) -> bool:
    """Whether `e3` is one of the `filed` pieces of evidence."""
    number = evidence_id[1:]
    return evidence_id[:1] == "e" and number.isascii() and number.isdigit() and 1 <= int(number) <= filed


def unknown_in_points(points: Iterable[Point], filed: int) -> list[str]:
    """Evidence that points rest on and that is not on the case."""
    return [name for point in points for name in point.evidence if not exists(name, filed)]


def file_evidence(c: CaseDraft, side: Side, items: Iterable[EvidenceItem], note: str = "") -> tuple[str, ...]:
    """File what is new and give the ids of all items, in order."""
    ids: list[str] = []
    new: list[EvidenceItem] = []
    count = c.case.evidence.count
    for item in items:
        evidence_id = item.evidence_id
        if evidence_id is None:
            count += 1
            evidence_id = f"e{count}"
            new.append(replace(item, evidence_id=evidence_id))
        ids.append(evidence_id)
    if new:
        c.add(e.EvidenceFiled(side, tuple(new), note))
    return tuple(ids)


def in_time(c: CaseDraft, side: Side) -> Refusal | None:
    """With the platform, each side has until its clock ends (rules §4, `evidence`).

    After that it is judged on what is there. What had come in by then counts, however long it lay at the door.
    """
    review = c.case.review
    if c.case.stage is not Stage.UNDER_REVIEW or review is None or side not in (Side.BUYER, Side.MERCHANT):
        return None
    if any(c.running(f"{clock}:{side.value}") for clock in ("evidence", "evidence_more")):
        return None
    asked = (request.due_at for request in review.requests if request.side is side)
    ended_at = max((c.policy.due("evidence", review.entered_at), *asked))
    came_at = c.draft.context.received_at or c.now
    return refuse(Code.EVIDENCE_TIME_OVER, ended_at=ended_at) if came_at >= ended_at else None


def may_add(c: CaseDraft, command: AddEvidence | None) -> Refusal | None:
    late = in_time(c, c.actor.side)
    if late is not None:
        return late
    strange = unknown_items(command.evidence, c.case.evidence.count) if command else []
    if strange:
        return refuse(Code.UNKNOWN_EVIDENCE, evidence=strange)
    # The marketplace has the chat from before the case; whatever else there is, the parties file themselves.
    kinds = {item.kind for item in command.evidence} if command else {EvidenceKind.CHAT_LOG}
    if c.actor.side is Side.SYSTEM and kinds != {EvidenceKind.CHAT_LOG}:
        return refuse(Code.NOT_ALLOWED_FOR_ROLE)
    return None


def add(c: CaseDraft, command: AddEvidence) -> None:
    side = c.actor.side
    file_evidence(c, side, command.evidence, command.note)
    c.stop(f"evidence:{side.value}", f"evidence_more:{side.value}")
