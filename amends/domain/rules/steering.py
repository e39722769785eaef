"""What the platform does around a case: suspend, resume, extend, cancel, credit an outage (rules §4, §9)."""

from datetime import timedelta

from amends.domain import events as e
from amends.domain.commands import Cancel, CreditOutage, ExtendDeadline, Resume, Suspend
from amends.domain.draft import CaseDraft, base
from amends.domain.refusals import Code, Refusal, refuse
from amends.domain.rules import closing, paying
from amends.domain.words import Outcome, PayoutState


def may_suspend(c: CaseDraft, command: Suspend | None) -> Refusal | None:
    """At most 30 days; longer only with a court's or police's paper."""
    if c.case.suspension is not None:
        return refuse(Code.ALREADY_REQUESTED, until=c.case.suspension.until)
    if command is None:
        return None
    if command.until <= c.at:
        return refuse(Code.WINDOW_OVER, ended_at=command.until)
    most = c.policy.due("suspension", c.at)
    if command.until > most and not command.paper.strip():
        return refuse(Code.MISSING_EVIDENCE, missing=[("document",)], until=most)
    return None


def suspend(c: CaseDraft, command: Suspend) -> None:
    c.add(e.CaseSuspended(command.until, command.reason, command.paper))


def may_resume(c: CaseDraft, command: Resume | None) -> Refusal | None:
    if c.case.suspension is None:
        return refuse(Code.WRONG_STAGE, stage=c.case.stage, needs="suspension")
    return None


def resume(c: CaseDraft, command: Resume | None) -> None:
    """The clocks run again, each moved by the time suspended; held money is sent."""
    suspension = c.case.suspension
    assert suspension is not None, "the ladder asked for it"
    stood = c.at - suspension.since
    for deadline in c.clocks():
        # A clock that started while the case stood still has only stood still since then.
        still = c.at - max(suspension.since, deadline.started_at)
        c.move(deadline, deadline.due_at + max(timedelta(0), still))
    c.add(e.CaseResumed(int(stood.total_seconds())))
    paying.release_held(c)


def may_extend(c: CaseDraft, command: ExtendDeadline | None) -> Refusal | None:
    running = [deadline.key for deadline in c.clocks()]
    if not running or (command is not None and command.deadline not in running):
        return refuse(Code.WRONG_STAGE, stage=c.case.stage, running=running)
    spare = {deadline.key: _spare(c, deadline) for deadline in c.clocks()}
    left = max(spare.values()) if command is None else spare[command.deadline]
    if left < timedelta(hours=command.by_hours if command is not None else 1):
        most = int(c.policy.limits.pauses_hours)
        return refuse(Code.PAUSES_USED_UP, left_hours=int(left.total_seconds()) // 3600, most_hours=most)
    return None


def _spare(c: CaseDraft, deadline: e.Deadline) -> timedelta:
    """By how much a clock may still be made longer.

    The platform's own: within the pauses of the policy, those for evidence counted in, and not at all once it was late
    (rules §4, `ruling`; R4.2). Somebody else's: as the reason on record can bear.
    """
    if deadline.owner != "platform":
        return timedelta.max
    review = c.case.review
    if review is not None and review.late and base(deadline.key) in _GETS_LATE:
        return timedelta(0)
    paused = review.paused_seconds if deadline.key == "ruling" and review else c.case.extended.get(deadline.key, 0)
    return max(timedelta(0), timedelta(hours=c.policy.limits.pauses_hours) - timedelta(seconds=paused))


_GETS_LATE = ("ruling", "look", "appeal_decision", "wish")


def extend(c: CaseDraft, command: ExtendDeadline) -> None:
    deadline = c.running(command.deadline)
    assert deadline is not None, "the ladder found it"
    length = timedelta(hours=command.by_hours)
    c.add(e.DeadlineExtended(command.deadline, int(length.total_seconds()), command.reason))
    c.move(deadline, deadline.due_at + length)


def may_cancel(c: CaseDraft, command: Cancel | None) -> Refusal | None:
    """Duplicates and mistakes only; not once money was sent, the merchant has the goods, or somebody appealed."""
    case = c.case
    sent = any(p.state is not PayoutState.CANCELLED for p in case.payouts)
    appealed = case.appeal is not None and case.appeal.decided_at is None
    if sent or appealed or case.ending is not None or closing.holds_unpaid_goods(c):
        return refuse(Code.WRONG_STAGE, stage=case.stage, goods=case.goods, funds=case.funds)
    return None


def cancel(c: CaseDraft, command: Cancel) -> None:
    closing.close(c, Outcome.CANCELLED, reason=command.reason)


def may_credit(c: CaseDraft, command: CreditOutage | None) -> Refusal | None:
    if command is not None and not command.starts_at < command.ends_at <= c.at:
        return refuse(Code.TOO_EARLY, until=command.ends_at)
    return None


def credit(c: CaseDraft, command: CreditOutage) -> None:
    """Deadlines that ended inside the outage are moved by its length; they were not judged before."""
    inside = [d for d in c.clocks() if command.starts_at <= d.due_at <= command.ends_at]
    for deadline in inside:
        c.move(deadline, deadline.due_at + (command.ends_at - command.starts_at))
    if inside:
        c.add(e.OutageCredited(command.starts_at, command.ends_at, tuple(d.key for d in inside)))
