"""What silence does: every deadline that passed is applied at its own instant, in order (rules §4)."""

from amends.domain import events as e
from amends.domain.case import Case
from amends.domain.draft import CaseDraft, Draft, base
from amends.domain.policy import LapseOutcome
from amends.domain.rules import (
    answering,
    closing,
    offers,
    replacements,
    returns,
    reviewing,
    steering,
    transit,
)
from amends.domain.time import Instant
from amends.domain.words import Basis, Goods, Kind, Outcome, Remedy, Side

_MONEY_BY_SILENCE = ("agree", "agree_refund", "agree_return", "agree_intercept", "accept_return", "refund_instead")


def lapse_until(c: CaseDraft, until: Instant) -> None:
    """Apply every deadline of the case that is due at `until`, earliest first; at the instant itself it has passed.

    A lapse counts at its own instant, so a late sweep never lengthens what follows from it.
    """
    while _something_due(c.case, until):
        suspension = c.case.suspension
        if suspension is not None:
            c.draft.as_system(suspension.until)
            steering.resume(c, None)
            closing.settle(c)
            c.flush()
            continue
        due = min(c.case.deadlines, key=lambda d: (d.due_at, d.key))
        c.draft.as_system(due.due_at)
        _lapse(c, due)
        closing.settle(c)
        c.flush()
    c.draft.as_sender()


def _something_due(case: Case, until: Instant) -> bool:
    """Whether silence did something by then. Asked before every command, and nearly always denied."""
    if case.suspension is not None:
        return until >= case.suspension.until
    for deadline in case.deadlines:  # noqa: SIM110 (a generator costs more than all it looks at)
        if deadline.due_at <= until:
            return True
    return False


def lapse_all(draft: Draft) -> None:
    """What is due on the order's cases counts before a new one is judged: it may free pieces or money."""
    for case_id, case in list(draft.cases.items()):
        if case.next_due_at is not None:
            lapse_until(draft.on(case_id), draft.context.now)


def _lapse(c: CaseDraft, due: e.Deadline) -> None:
    case = c.case
    outcome = c.policy.outcome(base(due.key), case.reason, case.fault, case.kind)
    c.add(e.DeadlinePassed(due.key, due.due_at, outcome, case.policy))
    c.stop(due.key, how="passed")
    if case.must_look and outcome in _MONEY_BY_SILENCE and case.review is None:
        # Where a person must look, nothing is agreed or paid by silence (rules §1).
        reviewing.enter_review(c, Side.SYSTEM)
        return
    _apply(c, due.key, outcome)


def _apply(c: CaseDraft, key: str, outcome: LapseOutcome) -> None:
    match outcome:
        case "agree" | "agree_return":
            _agree(c, outcome)
        case "agree_refund":
            answering.carry_out(c, Basis.LAPSE, Remedy.REFUND_ONLY, answering.still_asked_minor(c.case))
        case "agree_intercept" if transit.can_be_stopped(c):
            transit.intercept_by_silence(c)
        case "agree_intercept":
            transit.wait_unstopped(c)
        case "review":
            reviewing.enter_review(c, Side.SYSTEM)
        case "end_offer":
            offers.lapse(c, key)
        case "back_to_merchant":
            answering.back_to_merchant(c, "intercept_timeout", Goods.IN_TRANSIT)
        case "close_not_refused":
            closing.finish(c, Outcome.LAPSED_NOT_REFUSED)
        case "close_not_sent":
            closing.finish(c, Outcome.LAPSED_NOT_SENT)
        case "close_rejected":
            _close_rejected(c)
        case "close_completed":
            replacements.confirmed_by_silence(c)
        case "ask_return_number":
            c.start("return_number")
        case "accept_return":
            returns.take(c, returns.outstanding(c.case), Basis.LAPSE)
        case "refund_instead":
            answering.refund_instead(c, key)
        case "choose_refund":
            returns.take_for_repair(c, Basis.LAPSE)
            c.add(e.RepairChoiceGiven())
            c.start("repair_choice")
        case "send_again":
            replacements.failed(c, "overdue")
        case "look" if base(key) == "return_transit":
            returns.overdue(c, "return_overdue")
        case "look" if base(key) == "payout_unknown":
            # From now on a person may settle it from the provider's statement (rules §3); nobody is late yet.
            c.start(key)
        case "look" | "late":
            _platform_late(c, key)
        case "remind":
            c.start(key)
        case "may_reject" | "judge" | "final" | "resume" | "refund_order":
            return


def _agree(c: CaseDraft, outcome: LapseOutcome) -> None:
    """The merchant was silent: as asked, or as a return where the buyer would keep the goods (R2.3)."""
    asked = answering.as_asked(c.case)
    silent = c.merchant.silent_refund_only and c.case.kind is Kind.REFUND_ONLY
    remedy = Remedy.RETURN_AND_REFUND if outcome == "agree_return" and not silent else asked
    answering.carry_out(c, Basis.LAPSE, remedy, answering.still_asked_minor(c.case))


def _close_rejected(c: CaseDraft) -> None:
    """The buyer let the rejection stand; goods that the merchant has need a ruling first."""
    if c.case.goods in closing.HELD_BY_MERCHANT:
        reviewing.enter_review(c, Side.SYSTEM)
    else:
        closing.finish(c, Outcome.LAPSED_AFTER_REJECTION)


def _platform_late(c: CaseDraft, key: str) -> None:
    """The platform's own lateness is recorded and the clock armed again (rules §4, `ruling`, `look`)."""
    late = (c.case.review.late if c.case.review else 0) + 1
    c.add(e.PlatformWasLate(key, late))
    c.start(key, hours=c.policy.deadlines[base(key)].again_hours or None)
