"""Appeals: either side, once, to somebody who neither ruled nor approved (rules §9; R1.1)."""

from amends.domain import events as e
from amends.domain.case import Case
from amends.domain.commands import Appeal, AskHumanReview, DecideAppeal
from amends.domain.draft import CaseDraft
from amends.domain.refusals import Code, Refusal, refuse
from amends.domain.rules import amounts, closing, paying, reviewing
from amends.domain.rules.evidence import file_evidence, unknown_items
from amends.domain.time import Instant
from amends.domain.words import (
    AppealOutcome,
    Basis,
    Ledger,
    Outcome,
    Payer,
    Remedy,
    Role,
    RulingOutcome,
    Side,
    Stage,
)

_OWN_WAY = (Basis.MERCHANT, Basis.OFFER)


def appeal_until(c: CaseDraft) -> Instant | None:
    """Until when an appeal is in time: 7 days from the notice of a ruling, else from the closing."""
    case = c.case
    if case.ruling is not None and case.ruling.appeal_until is not None:
        return case.ruling.appeal_until
    if case.closing is None or case.is_open:
        return None
    return c.policy.due("appeal_window", case.closing.at)


def got_less(case: Case, side: Side) -> bool:
    """Whether a side got less than it asked, by a ruling or a closing (rules §9)."""
    if case.ruling is not None and case.ruling.noticed_at is not None:
        terms = case.ruling.terms
        return not _gives_all(case, terms) if side is Side.BUYER else terms.outcome is not RulingOutcome.DISMISS
    assert case.closing is not None, "asked of a finished case"
    if side is Side.MERCHANT:
        return case.paid_minor > 0 and case.agreement is not None and case.agreement.basis not in _OWN_WAY
    if case.freight.back is Payer.MERCHANT and case.freight_granted_minor < case.freight_claim_minor:
        return True
    return case.closing.outcome is not Outcome.COMPLETED and case.paid_minor < case.amount_minor


def _gives_all(case: Case, terms: e.RulingTerms) -> bool:
    """What was asked, or its money without the goods to send back."""
    remedy = reviewing.REMEDIES.get(terms.outcome)
    as_asked = remedy == Remedy(case.kind.value)
    if remedy is Remedy.REFUND_ONLY or (as_asked and remedy is Remedy.RETURN_AND_REFUND):
        return terms.amount_minor >= case.amount_minor
    return as_asked


def may_appeal(c: CaseDraft, command: Appeal | None) -> Refusal | None:
    case, side = c.case, c.actor.side
    ruled = case.ruling is not None and case.ruling.noticed_at is not None
    if case.stage is Stage.IN_MOTION and not ruled:
        return refuse(Code.WRONG_STAGE, stage=case.stage)
    if side in case.appealed_by:
        return refuse(Code.ALREADY_REQUESTED, side=side)
    pending = case.appeal is not None and case.appeal.decided_at is None
    if pending:
        return refuse(Code.ALREADY_REQUESTED, side=case.appeal.side if case.appeal else None)
    until = appeal_until(c)
    if until is None or c.at >= until:
        return refuse(Code.WINDOW_FOR_APPEAL_OVER, ended_at=until)
    if not got_less(case, side):
        return refuse(Code.WRONG_STAGE, stage=case.stage, needs="less_than_asked")
    taken = amounts.taken_elsewhere(c.draft, case, c.policy)
    if taken and side is Side.BUYER:
        return refuse(Code.QUANTITY_TAKEN, lines=taken)
    if command is None:
        return None
    least = c.policy.limits.grounds_characters
    if len(command.grounds.strip()) < least:
        return refuse(Code.EXPLANATION_TOO_SHORT, needs_characters=least)
    strange = unknown_items(command.evidence, case.evidence.count)
    return refuse(Code.UNKNOWN_EVIDENCE, evidence=strange) if strange else None


def appeal(c: CaseDraft, command: Appeal) -> None:
    """It does not stop what is being carried out; a finished case runs again."""
    side = c.actor.side
    if not c.case.is_open:
        closing.end_offers(c)
        c.add(e.CaseReopened("appeal"))
    file_evidence(c, side, command.evidence)
    c.add(e.Appealed(side, command.grounds))
    c.start("appeal_decision")


def may_decide(c: CaseDraft, command: DecideAppeal | None) -> Refusal | None:
    case = c.case
    if case.appeal is None or case.appeal.decided_at is not None:
        return refuse(Code.WRONG_STAGE, stage=case.stage, needs="appeal")
    ruling = case.ruling if case.ruling is not None and case.ruling.noticed_at is not None else None
    if ruling is not None and c.actor.staff in (ruling.by, ruling.approved_by):
        return refuse(Code.SAME_PERSON, first=c.actor.staff)
    if command is None:
        return None
    if command.outcome is AppealOutcome.REOPEN and (ruling is not None or case.stage is not Stage.UNDER_REVIEW):
        return refuse(Code.WRONG_STAGE, stage=case.stage, needs="no_ruling_before")
    if command.outcome is AppealOutcome.UPHOLD and _ends_again(c) and closing.holds_unpaid_goods(c):
        # The goods came back meanwhile: somebody has to say who pays for them or where they go.
        return refuse(Code.KIND_NOT_POSSIBLE, kind=command.outcome, goods=case.goods, needs="goods")
    if command.outcome is not AppealOutcome.CHANGE:
        return None
    if command.ruling is None:
        return refuse(Code.FINDING_WITHOUT_BASIS, findings=[])
    large = reviewing.needs_four_eyes(c, command.ruling.amount or 0)
    if large and c.actor.role is not Role.SUPERVISOR:
        return refuse(Code.NEEDS_SECOND_PERSON, role=Role.SUPERVISOR)
    return reviewing.check_ruling(c, command.ruling, with_compensation=True)


def decide(c: CaseDraft, command: DecideAppeal) -> None:
    """Uphold, change or reopen. What a buyer was paid is never taken back: the platform bears or waives it."""
    by = c.actor.staff
    c.stop("appeal_decision")
    match command.outcome:
        case AppealOutcome.UPHOLD:
            c.add(e.AppealDecided(command.outcome, command.reason, by))
            paying.release_held(c)
            if _ends_again(c):
                _close_again(c)
        case AppealOutcome.REOPEN:
            c.add(e.AppealDecided(command.outcome, command.reason, by))
            c.stop_all()
            reviewing.start_review(c)
        case AppealOutcome.CHANGE:
            _change(c, command)


def _ends_again(c: CaseDraft) -> bool:
    """Whether nothing but the appeal keeps the case from its end."""
    return c.case.stage is Stage.UNDER_REVIEW and not (c.running("ruling") or c.running("look"))


def _close_again(c: CaseDraft) -> None:
    """Back to how it had ended; a case that finished meanwhile ends as it would have."""
    ended = c.case.ending or c.case.closing
    assert ended is not None, "an appeal is under review once the case has ended"
    closing.finish(c, ended.outcome, Side.PLATFORM)


def _change(c: CaseDraft, command: DecideAppeal) -> None:
    assert command.ruling is not None, "the ladder asked for it"
    c.stop_all()
    paying.cancel_held(c, "appeal")
    case = c.case
    money = command.ruling.outcome in (RulingOutcome.REFUND, RulingOutcome.RETURN_AND_REFUND)
    terms = reviewing.terms_of(command.ruling, (command.ruling.amount or 0) if money else 0)
    # Return freight came on top of what was asked for the goods.
    beside = max(0, case.ordered_minor(Ledger.COMPENSATION) - case.freight_granted_minor)
    sent = case.ordered_minor(Ledger.REFUND) + beside
    dismissed = terms.outcome is RulingOutcome.DISMISS
    more = max(0, terms.amount_minor - sent) if money else 0
    waived = max(0, sent - terms.amount_minor) if money or dismissed else 0
    c.add(e.AppealDecided(command.outcome, command.reason, c.actor.staff, terms, waived))
    refund = min(more, amounts.balance_minor(c.draft) + c.case.due_minor)
    reviewing.execute(c, terms, Basis.APPEAL, refund, more - refund)


def may_ask_review(c: CaseDraft, command: AskHumanReview | None) -> Refusal | None:
    """What the system decided alone is looked at by a person when the buyer asks (rules §9; law: 116号令 27)."""
    case = c.case
    closing_ = case.closing
    until = appeal_until(c)
    if closing_ is None or case.is_open:
        return refuse(Code.WRONG_STAGE, stage=case.stage)
    if case.review is not None or case.reopened_why == "human_review":
        return refuse(Code.ALREADY_REQUESTED)
    if until is None or c.at >= until:
        return refuse(Code.WINDOW_FOR_APPEAL_OVER, ended_at=until)
    if closing_.by is not Side.SYSTEM or not got_less(case, Side.BUYER):
        return refuse(Code.WRONG_STAGE, stage=case.stage, needs="decided_by_system")
    taken = amounts.taken_elsewhere(c.draft, case, c.policy)
    return refuse(Code.QUANTITY_TAKEN, lines=taken) if taken else None


def ask_review(c: CaseDraft, command: AskHumanReview) -> None:
    closing.end_offers(c)
    c.add(e.CaseReopened("human_review"))
    c.add(e.HumanReviewRequested(command.note))
    c.start("look")
