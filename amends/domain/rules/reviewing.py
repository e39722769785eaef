"""The platform steps in: intervention, evidence, rulings and the second pair of eyes (rules §9; R1.3, R5.4)."""

from datetime import timedelta

from amends.domain import events as e
from amends.domain.case import Review, Ruling
from amends.domain.commands import ApproveRuling, Assign, RequestEvidence, RequestIntervention, Rule
from amends.domain.docket import EvidenceMark
from amends.domain.draft import LASTING, CaseDraft
from amends.domain.order import DURABLE, delivered_at
from amends.domain.policy import Freight
from amends.domain.refusals import Code, Refusal, refuse
from amends.domain.rules import amounts, answering, closing
from amends.domain.rules.evidence import exists
from amends.domain.time import Instant
from amends.domain.words import (
    Basis,
    Fault,
    Goods,
    Holding,
    Ledger,
    Outcome,
    Payer,
    Remedy,
    Role,
    RulingOutcome,
    Side,
    Stage,
)

_MONEY = (RulingOutcome.REFUND, RulingOutcome.RETURN_AND_REFUND)
_WITH_BUYER = (Goods.WITH_BUYER, Goods.RETURN_DUE, Goods.REPLACEMENT_DUE)

REMEDIES: dict[RulingOutcome, Remedy] = {
    RulingOutcome.REFUND: Remedy.REFUND_ONLY,
    RulingOutcome.RETURN_AND_REFUND: Remedy.RETURN_AND_REFUND,
    RulingOutcome.EXCHANGE: Remedy.EXCHANGE,
    RulingOutcome.RESEND: Remedy.RESEND,
    RulingOutcome.REPAIR: Remedy.REPAIR,
}


def burden_on(c: CaseDraft) -> Side:
    """On whom the burden of proof lies now (F 4.3; law: 消保法 23, durable goods within 6 months)."""
    reason = c.policy.reasons.get(c.case.reason)
    arrived = delivered_at(c.order)
    young = arrived is not None and c.at < arrived + timedelta(days=c.policy.limits.durable_burden_days)
    for asked in c.case.lines:
        line = c.order.line(asked.line_no)
        durable = line is not None and (DURABLE in line.flags or c.policy.category(line.category).durable)
        if durable and young and reason is not None and reason.quality:
            return Side.MERCHANT
    return reason.burden if reason else Side.BUYER


def may_request(c: CaseDraft, command: RequestIntervention | None) -> Refusal | None:
    """After a rejection at once; before, 48 h after the first opening; again when the platform is late (R5.3)."""
    case = c.case
    match case.stage:
        case Stage.AWAITING_MERCHANT:
            from_ = case.opened_at + timedelta(hours=c.policy.limits.intervention_after_hours)
            if c.at < from_:
                return refuse(Code.TOO_EARLY, until=from_)
        case Stage.IN_MOTION:
            if not _may_step_into_motion(c):
                return refuse(Code.WRONG_STAGE, stage=case.stage, goods=case.goods)
        case Stage.UNDER_REVIEW:
            review = case.review
            late = review is not None and review.late > 0
            asked_since = review is not None and review.asked_again_at is not None and review.requested > review.late
            if not late or asked_since:
                due = c.running("ruling") or c.running("look")
                return refuse(Code.ALREADY_REQUESTED, due_at=due.due_at if due else None)
    return None


def _may_step_into_motion(c: CaseDraft) -> bool:
    """What silence agreed to for the buyer, or goods that do not come as agreed (rules §5)."""
    case = c.case
    silent = case.agreement is not None and case.agreement.basis is Basis.LAPSE and case.goods is Goods.RETURN_DUE
    under_way = 0 if case.goods is Goods.REPLACEMENT_DUE else 1
    never_came = case.replacements_sent - case.replacement_disputes > under_way
    return silent or case.repair_choice or never_came or case.replacement_disputes >= 2


def request(c: CaseDraft, command: RequestIntervention) -> None:
    review = c.case.review
    if c.case.stage is Stage.UNDER_REVIEW and review is not None:
        c.add(e.InterventionRequested(c.actor.side, command.statement, max(review.requested, 1) + 1, burden_on(c)))
        return
    enter_review(c, c.actor.side, command.statement)


def enter_review(c: CaseDraft, side: Side, statement: str = "") -> None:
    """The platform has the case: both sides are asked for evidence, the ruling clock starts (R4.2, R5.4)."""
    closing.end_offers(c)
    c.stop_all(keep=LASTING)
    c.add(e.InterventionRequested(side, statement, 1, burden_on(c)))
    start_review(c)


def start_review(c: CaseDraft) -> None:
    for side in (Side.BUYER, Side.MERCHANT):
        c.start(f"evidence:{side.value}", owner=side.value)
    c.start("ruling")


def may_request_evidence(c: CaseDraft, command: RequestEvidence | None) -> Refusal | None:
    """One later request per side (rules §4, `evidence_more`); a late platform may not pause itself."""
    review = c.case.review
    asked = {request.side for request in review.requests} if review is not None else set()
    if command is None:
        return refuse(Code.ALREADY_REQUESTED) if {Side.BUYER, Side.MERCHANT} <= asked else None
    return refuse(Code.ALREADY_REQUESTED, side=command.side) if command.side in asked else None


def request_evidence(c: CaseDraft, command: RequestEvidence) -> None:
    """Ask for more, and pause the ruling for as long as is left of the pauses (R4.2)."""
    side = Side(command.side)
    due = c.start(f"evidence_more:{side.value}", owner=side.value)
    review = c.case.review or Review(c.at, Side.PLATFORM)
    left = timedelta(hours=c.policy.limits.pauses_hours) - timedelta(seconds=review.paused_seconds)
    pause = max(timedelta(0), min(due - c.at, left))
    ruling = c.running("ruling")
    if ruling is None or review.late:
        pause = timedelta(0)
    elif pause:
        c.move(ruling, ruling.due_at + pause)
    c.add(e.EvidenceRequested(side, command.what, due, int(pause.total_seconds())))


def may_assign(c: CaseDraft, command: Assign | None) -> Refusal | None:
    """An appeal goes to somebody who neither ruled nor approved (R1.1)."""
    pending = c.case.appeal is not None and c.case.appeal.decided_at is None
    if command is not None and pending and command.staff in _hands_on(c.case.ruling):
        return refuse(Code.SAME_PERSON, first=command.staff)
    return None


def _hands_on(ruling: Ruling | None) -> tuple[str, ...]:
    return (ruling.by, ruling.approved_by) if ruling is not None and ruling.noticed_at is not None else ()


def assign(c: CaseDraft, command: Assign) -> None:
    c.add(e.CaseAssigned(command.staff, command.note))


def proposed(c: CaseDraft) -> Ruling | None:
    """A ruling that waits for the second person."""
    return c.case.ruling if c.case.ruling is not None and c.case.ruling.waits else None


def may_rule(c: CaseDraft, command: Rule | None) -> Refusal | None:
    """The ladder of rules §9, from who may rule to what the findings rest on."""
    ruling = c.case.ruling
    if c.case.appeal is not None and c.case.appeal.decided_at is None:
        return refuse(Code.WRONG_STAGE, stage=c.case.stage, needs="decide_appeal")
    if proposed(c) is not None:
        return refuse(Code.ALREADY_REQUESTED, by=ruling.by if ruling else "")
    twice = ruling is not None and ruling.noticed_at is None and ruling.returned >= 2
    if twice and c.actor.role is not Role.SUPERVISOR:
        return refuse(Code.NEEDS_SECOND_PERSON, role=Role.SUPERVISOR)
    return None if command is None else check_ruling(c, command)


def check_ruling(c: CaseDraft, command: Rule, *, with_compensation: bool = False) -> Refusal | None:
    """Whether a ruling can stand: outcome, amount, goods, findings, shares."""
    case = c.case
    refusal = _check_goods(c, command.outcome, command.goods)
    if refusal is not None:
        return refusal
    taken = amounts.taken_elsewhere(c.draft, case, c.policy)
    if taken and (command.outcome is not RulingOutcome.DISMISS or command.goods is Holding.BACK_TO_BUYER):
        return refuse(Code.QUANTITY_TAKEN, lines=taken)
    if command.outcome in _MONEY:
        refusal = _check_amount(c, command.amount, with_compensation=with_compensation)
        if refusal is not None:
            return refusal
    buyer_keeps = command.outcome is RulingOutcome.REFUND and case.goods in _WITH_BUYER
    if buyer_keeps and not command.no_return_because.strip():
        return refuse(Code.EXPLANATION_TOO_SHORT, needs_characters=1, needs=["no_return_because"])
    if command.return_freight is not None:
        owed = command.freight.back is Payer.MERCHANT and command.outcome is not RulingOutcome.DISMISS
        refusal = amounts.check_return_freight(c, command.return_freight, at_most_minor=None if owed else 0)
        if refusal is not None:
            return refusal
    refusal = _check_findings(c, command)
    if refusal is not None:
        return refusal
    shares = command.shares
    total = shares.buyer + shares.merchant + shares.carrier + shares.platform if shares else None
    if (command.fault is Fault.SHARED or shares is not None) and total != 100:
        return refuse(Code.SHARES_DO_NOT_SUM, total=total or 0)
    return None


def _check_goods(c: CaseDraft, outcome: RulingOutcome, goods: Holding | None) -> Refusal | None:
    """Whether the goods are where the ruling needs them, and nobody keeps what the buyer was not paid for."""
    case = c.case
    held = case.goods in closing.HELD_BY_MERCHANT or bool(case.returned)
    if outcome not in (RulingOutcome.REFUND, RulingOutcome.DISMISS) and not (held or case.goods in _WITH_BUYER):
        return refuse(Code.KIND_NOT_POSSIBLE, kind=outcome, goods=case.goods)
    keeps_for_nothing = outcome is RulingOutcome.DISMISS and goods is not Holding.BACK_TO_BUYER
    lost = case.look in ("return_overdue", "return_lost") and case.goods is Goods.RETURN_IN_TRANSIT
    if closing.holds_unpaid_goods(c) and not lost and (keeps_for_nothing or goods is None):
        # Nobody keeps the buyer's goods without paying for them.
        return refuse(Code.KIND_NOT_POSSIBLE, kind=outcome, goods=case.goods, needs="goods")
    if goods is Holding.BACK_TO_BUYER and not held:
        return refuse(Code.KIND_NOT_POSSIBLE, kind=outcome, goods=case.goods, needs="held_goods")
    return None


def _check_amount(c: CaseDraft, amount: int | None, *, with_compensation: bool) -> Refusal | None:
    case = c.case
    if amount is None or amount < 1:
        return refuse(Code.AMOUNT_NOT_POSITIVE, asked_minor=amount or 0, maximum_minor=case.maximum_minor)
    if amount > case.maximum_minor:
        return refuse(Code.EXCEEDS_MAXIMUM, asked_minor=amount, maximum_minor=case.maximum_minor)
    more = amount - case.ordered_minor(Ledger.REFUND)
    left = amounts.balance_minor(c.draft) + case.due_minor
    if more > left and not with_compensation:
        return refuse(Code.EXCEEDS_BALANCE, asked_minor=amount, left_minor=left)
    if more > left:
        spare = amounts.compensation_left_minor(c.draft, c.policy) + case.compensation_due_minor
        if more - left > spare:
            return refuse(Code.EXCEEDS_COMPENSATION, asked_minor=more - left, left_minor=spare)
    return None


def _check_findings(c: CaseDraft, command: Rule) -> Refusal | None:
    """Each finding rests on something on record that both sides could see, and cites a clause of the policy."""
    baseless = [i for i, f in enumerate(command.findings) if not f.rests_on or f.clause not in c.policy.clauses]
    if not command.findings or baseless:
        return refuse(Code.FINDING_WITHOUT_BASIS, findings=baseless)
    named = {name for finding in command.findings for name in finding.rests_on}
    filed = c.case.evidence.count
    unknown = sorted(name for name in named if not exists(name, filed) and not _scan_on_record(c, name))
    if unknown:
        return refuse(Code.UNKNOWN_EVIDENCE, evidence=unknown)
    marks = {mark.evidence_id: mark for mark in c.draft.docket.evidence}
    fresh = {name: until for name in named if name in marks and (until := unseen_until(c, marks[name])) is not None}
    if fresh:
        return refuse(Code.TOO_EARLY, until=max(fresh.values()), evidence=sorted(fresh))
    return None


def _scan_on_record(c: CaseDraft, name: str) -> bool:
    """`scan:delivered`, of any parcel of the case, or `message`, `position` of either side."""
    what, _, code = name.partition(":")
    if what == "chat":
        return c.case.talk.messages > 0
    parcels = (c.order.parcel, c.case.return_parcel, c.case.replacement_parcel)
    return what == "scan" and any(scan.code == code for parcel in parcels if parcel for scan in parcel.scans)


def unseen_until(c: CaseDraft, mark: EvidenceMark) -> Instant | None:
    """When a finding may rest on it; None: now. The other side could see it for 12 h, or answered (rules §9)."""
    until = mark.filed_at + timedelta(hours=c.policy.limits.seen_before_finding_hours)
    talk = c.case.talk
    answered = talk.merchant_wrote_at if mark.side is Side.BUYER else talk.buyer_wrote_at
    return None if c.at >= until or (answered is not None and answered >= mark.filed_at) else until


def terms_of(command: Rule, amount_minor: int) -> e.RulingTerms:
    return e.RulingTerms(
        outcome=command.outcome,
        amount_minor=amount_minor,
        fault=command.fault,
        freight=Freight(command.freight.outward, command.freight.back, command.freight.replacement),
        findings=command.findings,
        goods=command.goods,
        shares=command.shares,
        no_return_because=command.no_return_because,
        return_freight_minor=command.return_freight,
    )


def needs_four_eyes(c: CaseDraft, amount_minor: int) -> bool:
    """From 500.00 yuan asked or ruled a second person looks (rules §9)."""
    return max(c.case.amount_minor, amount_minor) >= c.policy.limits.four_eyes_minor


def rule(c: CaseDraft, command: Rule) -> None:
    """Decide. Below the four-eyes amount it stands at once; a supervisor's word after two returns stands too."""
    terms = terms_of(command, (command.amount or 0) if command.outcome in _MONEY else 0)
    before = c.case.ruling
    returned = before.returned if before is not None and before.noticed_at is None else 0
    if needs_four_eyes(c, terms.amount_minor) and returned < 2:
        closing.end_offers(c)
        c.add(e.RulingProposed(terms, c.actor.staff, returned))
        return
    stand(c, terms, c.actor.staff, "")


def may_approve(c: CaseDraft, command: ApproveRuling | None) -> Refusal | None:
    ruling = proposed(c)
    if ruling is None:
        return refuse(Code.WRONG_STAGE, stage=c.case.stage, needs="proposed_ruling")
    if c.actor.staff == ruling.by:
        return refuse(Code.SAME_PERSON, first=ruling.by)
    if command is None:
        return None
    if command.approve:
        # The goods may have moved since it was proposed.
        return _check_goods(c, ruling.terms.outcome, ruling.terms.goods)
    least = c.policy.limits.explanation_characters
    if len(command.reason.strip()) < least:
        return refuse(Code.EXPLANATION_TOO_SHORT, needs_characters=least)
    return None


def approve(c: CaseDraft, command: ApproveRuling) -> None:
    ruling = proposed(c)
    assert ruling is not None, "the ladder found it"
    if not command.approve:
        c.add(e.RulingReturned(command.reason, c.actor.staff, to_supervisor=ruling.returned >= 1))
        return
    stand(c, ruling.terms, ruling.by, c.actor.staff)


def stand(c: CaseDraft, terms: e.RulingTerms, by: str, approved_by: str) -> None:
    """The ruling is noticed to both sides and carried out by the ordinary deadlines (rules §9)."""
    appeal_until = c.policy.due("appeal_window", c.at)
    closing.end_offers(c)
    c.stop_all()
    c.add(e.RulingGiven(terms, by, approved_by, appeal_until))
    more = max(0, terms.amount_minor - c.case.ordered_minor(Ledger.REFUND))
    execute(c, terms, Basis.RULING, more, 0)


def execute(c: CaseDraft, terms: e.RulingTerms, basis: Basis, refund_minor: int, compensation_minor: int) -> None:
    """Carry a ruling out: money, goods to be moved, or the end of the case."""
    held = c.case.goods in closing.HELD_BY_MERCHANT or bool(c.case.returned)
    back = held and terms.goods is Holding.BACK_TO_BUYER
    pays = refund_minor + compensation_minor + (terms.return_freight_minor or 0)
    if terms.outcome is RulingOutcome.DISMISS or (terms.outcome in _MONEY and not pays):
        if back:
            _send_back(c, terms)
        elif c.case.refund_committed_minor > c.case.due_minor:
            closing.finish(c, Outcome.REFUNDED, Side.PLATFORM)
        else:
            closing.finish(c, Outcome.DISMISSED, Side.PLATFORM)
        return
    amount = refund_minor if terms.outcome in _MONEY else c.case.maximum_minor
    answering.carry_out(
        c,
        basis,
        REMEDIES[terms.outcome],
        amount,
        compensation_minor=compensation_minor,
        return_freight_minor=terms.return_freight_minor,
        fault=terms.fault,
        freight=terms.freight,
    )
    if back and terms.outcome is RulingOutcome.REFUND and c.case.is_open:
        _send_back(c, terms)


def _send_back(c: CaseDraft, terms: e.RulingTerms) -> None:
    c.add(e.ShipBackOrdered(terms.freight.back))
    c.start("ship_back")
