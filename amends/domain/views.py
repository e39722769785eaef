"""What a case looks like from outside: status, next step, open actions, advice. Derived, never stored (DESIGN §3)."""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from amends.domain import commands as k
from amends.domain import events as e
from amends.domain.case import Case, public_id
from amends.domain.commands import CaseLine
from amends.domain.decide import LADDERS, guards, subject
from amends.domain.docket import Context, Docket
from amends.domain.draft import CaseDraft, Draft, base
from amends.domain.events import Deadline
from amends.domain.order import shipping_state
from amends.domain.permissions import ROLES, is_party
from amends.domain.policy import Freight, Policy, SilenceOutcome
from amends.domain.refusals import Code, Refusal, refuse
from amends.domain.rules import amounts, lapsing, opening, rejecting, reviewing, transit
from amends.domain.time import Instant
from amends.domain.words import (
    Basis,
    EvidenceKind,
    Fault,
    Goods,
    Kind,
    Outcome,
    PayoutState,
    Remedy,
    Side,
    SmallPaymentType,
    Stage,
)

_SHIPPED_REMEDIES = (Remedy.EXCHANGE, Remedy.RESEND)


def remedy_of(case: Case) -> Remedy:
    """The remedy agreed last, else the kind asked (rules §12)."""
    return case.agreement.remedy if case.agreement is not None else Remedy(case.kind.value)


def status_code(case: Case) -> int:
    """The numeric status of the marketplace gateway (rules §12)."""
    remedy = remedy_of(case)
    appealed = case.appeal is not None and case.appeal.decided_at is None
    if case.is_open and (appealed or case.suspension is not None):
        return 8
    match case.stage:
        case Stage.CLOSED:
            return _closed_code(case, remedy)
        case Stage.UNDER_REVIEW:
            return 8
        case Stage.AWAITING_BUYER:
            return 6
        case Stage.AWAITING_MERCHANT:
            return _AWAITING[Remedy(case.kind.value)]
        case Stage.IN_MOTION:
            return _moving_code(case, remedy)


_AWAITING = {
    Remedy.REFUND_ONLY: 2,
    Remedy.RETURN_AND_REFUND: 3,
    Remedy.EXCHANGE: 14,
    Remedy.RESEND: 14,
    Remedy.REPAIR: 21,
}

_CLOSED = {
    Outcome.REFUNDED: 10,
    Outcome.SETTLED: 10,
    Outcome.NOTHING_LEFT: 13,
    Outcome.REFUNDED_ELSEWHERE: 10,
    Outcome.WITHDRAWN: 11,
    Outcome.CANCELLED: 11,
    Outcome.LAPSED_AFTER_REJECTION: 12,
    Outcome.LAPSED_NOT_REFUSED: 13,
    Outcome.LAPSED_NOT_SENT: 13,
}


def _closed_code(case: Case, remedy: Remedy) -> int:
    assert case.closing is not None, "a closed case has an end"
    outcome = case.closing.outcome
    if outcome is Outcome.COMPLETED:
        return 25 if remedy is Remedy.REPAIR else 16
    if outcome is Outcome.SENT_BACK and case.paid_minor:
        return 10
    if outcome in (Outcome.DISMISSED, Outcome.SENT_BACK):
        return {Remedy.EXCHANGE: 17, Remedy.RESEND: 17, Remedy.REPAIR: 24}.get(remedy, 9)
    if outcome is Outcome.LAPSED_NOT_SENT and remedy is Remedy.EXCHANGE:
        return 17
    return 24 if outcome is Outcome.LAPSED_NOT_SENT and remedy is Remedy.REPAIR else _CLOSED[outcome]


def _moving_code(case: Case, remedy: Remedy) -> int:
    agreement = case.agreement
    paying = any(p.state in (PayoutState.PAYING, PayoutState.UNKNOWN, PayoutState.PAID) for p in case.payouts)
    match case.goods:
        case Goods.INTERCEPTING:
            return 33
        case Goods.REFUSAL_AGREED:
            return 31
        case Goods.COMING_BACK | Goods.BACK if not paying:
            return 31
        case Goods.RETURN_DUE | Goods.RETURN_IN_TRANSIT:
            return {Remedy.EXCHANGE: 15, Remedy.REPAIR: 22}.get(remedy, 7)
        case Goods.RETURN_DELIVERED:
            return {Remedy.EXCHANGE: 14, Remedy.REPAIR: 22}.get(remedy, 3)
        case Goods.IN_REPAIR:
            return 22
        case Goods.REPLACEMENT_DUE:
            return 32 if remedy is Remedy.RESEND else 14
        case Goods.REPLACEMENT_IN_TRANSIT:
            return 27 if remedy is Remedy.REPAIR else 18
        case Goods.WITH_BUYER if remedy in (*_SHIPPED_REMEDIES, Remedy.REPAIR) and not paying:
            return 27 if remedy is Remedy.REPAIR else 18
        case _:
            own = agreement is not None and agreement.basis in (Basis.MERCHANT, Basis.OFFER)
            return 4 if own else 5


class NextStep(Struct, frozen=True, omit_defaults=True):
    """Whose turn it is, by when, and what happens if nobody acts (look: every case page answers this first).

    `owner` is a side, `courier`, or `system` while money is on its way. `amount_minor` is what silence pays.
    """

    owner: str
    deadline: Deadline | None
    outcome: SilenceOutcome = "final"
    amount_minor: int = 0


_BESIDE = ("offer_open", "negotiation_wait", "evidence", "evidence_more", "carrier_answer", "appeal_decision")
"""Clocks that run beside the one that owns the case."""

_PAYS = ("agree_refund", "refund_instead", "accept_return")


def clock_of_turn(case: Case) -> Deadline | None:
    """The clock of whoever owns the next step; None when none runs."""
    main = [d for d in case.deadlines if base(d.key) not in _BESIDE] if case.is_open else []
    if not main and case.is_open:
        main = [d for d in case.deadlines if d.key == "appeal_decision"]
    return min(main, key=lambda d: d.due_at, default=None)


def next_step(case: Case, policy: Policy) -> NextStep:
    """The owner of the next step and its clock (rules, Owner).

    What silence does is the policy's word here, as a list can tell it from the case alone; `foretold` is exact.
    """
    if case.suspension is not None:
        until = case.suspension.until
        return NextStep("platform", Deadline("suspension", "platform", case.suspension.since, until), "resume")
    deadline = clock_of_turn(case)
    if deadline is None:
        return NextStep("system" if case.is_open else "nobody", None)
    outcome = policy.outcome(base(deadline.key), case.reason, case.fault, case.kind)
    if case.must_look and case.review is None and outcome in (*_PAYS, "agree", "agree_return", "agree_intercept"):
        outcome = "review"
    pays = outcome in _PAYS or (outcome == "agree" and case.kind is Kind.REFUND_ONLY)
    stands = case.agreement.refund_minor if case.agreement is not None else case.amount_minor
    return NextStep(deadline.owner, deadline, outcome, (case.due_minor or stands) if pays else 0)


def foretold(c: CaseDraft) -> NextStep:
    """The next step with what silence really does, because it is tried: the deadline passes on a copy (R5.3).

    The merchant's switch, what is left of the order, a missing address, a parcel that cannot be stopped any more: all
    that a lapse looks at is counted in.
    """
    c.flush()
    step = next_step(c.case, c.policy)
    if step.deadline is None or c.case.suspension is not None:
        return step
    key, due_at = step.deadline.key, step.deadline.due_at
    docket = replace(c.draft.docket, order=c.draft.order, cases=tuple(c.draft.cases.values()))
    then = Draft(docket, replace(c.draft.context, now=due_at, received_at=None)).on(c.case_id)
    lapsing.lapse_until(then, due_at)
    events = [fact.event for fact in then.draft.facts if fact.case_id == c.case_id]
    passed = [n for n, event in enumerate(events) if isinstance(event, e.DeadlinePassed)]
    first = next(n for n in passed if getattr(events[n], "key", "") == key)
    came = events[first + 1 : next((n for n in passed if n > first), len(events))]
    paid = sum(event.amount_minor for event in came if isinstance(event, e.PayoutOrdered))
    said = c.policy.outcome(base(key), c.case.reason, c.case.fault, c.case.kind)
    return NextStep(step.owner, step.deadline, _came_to(came, said, c.case.kind), paid)


def _came_to(events: list[e.Event], said: SilenceOutcome, kind: Kind) -> SilenceOutcome:
    """What a lapse came to, by what happened; `said` is the policy's word for it."""
    asked = any(isinstance(event, e.InterceptionRequested) for event in events)
    for event in events:
        match event:
            case e.InterventionRequested():
                return "review"
            case e.LookRequired():
                return "look"
            case e.PlatformWasLate():
                return "late"
            case e.RefundInstead():
                return "refund_instead"
            case e.CaseAgreed(goods=Goods.INTERCEPTING):
                return "agree_intercept" if asked else "agree_unstopped"
            case e.CaseAgreed(remedy=Remedy.REFUND_ONLY):
                return "agree" if said == "agree" and kind is Kind.REFUND_ONLY else "agree_refund"
            case e.CaseClosed(outcome=outcome) | e.ExecutionFinished(outcome=outcome):
                nothing = outcome in (Outcome.NOTHING_LEFT, Outcome.REFUNDED_ELSEWHERE)
                return "close_nothing_left" if nothing else said
            case _:
                continue
    return said


class Action(Struct, frozen=True, omit_defaults=True):
    """One command that this actor could send: open now, or why not and until when."""

    verb: str
    allowed: bool
    refusal: Refusal | None = None


_NOT_SHOWN = (k.RecordScan, k.RecordPayout, k.RecordInterception, k.Lapse, k.SyncOrder, k.OpenCase,
              k.AskPlatformRefund)  # fmt: skip


def actions(docket: Docket, case_id: int, context: Context) -> tuple[Action, ...]:
    """Which commands are open to the actor, by the very guards that will judge them (DESIGN §3)."""
    case = docket.case(case_id)
    if case is None or docket.order is None or not is_party(context.actor, docket.order):
        return ()
    c = subject(docket, context, case)
    found = []
    for kind in LADDERS:
        if kind in _NOT_SHOWN or context.actor.role not in ROLES[kind]:
            continue
        refusal = guards(c, kind, None)
        found.append(Action(k.verb(kind), refusal is None, refusal))
    return tuple(found)


def may_do_now(docket: Docket, case_id: int, context: Context) -> tuple[str, ...]:
    """The verbs that are open: the way on, told with every refusal."""
    return tuple(action.verb for action in actions(docket, case_id, context) if action.allowed)


class ReasonAnswer(Struct, frozen=True, omit_defaults=True):
    """One reason under one kind: possible or not, and the figures that the page says before applying."""

    reason: str
    possible: bool
    must_look: bool = False
    refusals: tuple[Refusal, ...] = ()
    maximum_minor: int = 0
    outward_freight_minor: int = 0
    freight: Freight | None = None
    fault: Fault | None = None
    evidence: tuple[tuple[EvidenceKind, ...], ...] = ()
    description_characters: int = 0
    window_ends_at: Instant | None = None


class KindAnswer(Struct, frozen=True):
    """One kind and its reasons; `possible` when one of them is."""

    kind: Kind
    possible: bool
    reasons: tuple[ReasonAnswer, ...]


class Eligibility(Struct, frozen=True):
    """What may be opened on an order now, and why the rest may not (rules §1)."""

    lines: tuple[CaseLine, ...]
    balance_minor: int
    kinds: tuple[KindAnswer, ...]


def eligibility(docket: Docket, context: Context, lines: tuple[CaseLine, ...] | None = None) -> Eligibility:
    """Kinds, reasons, amounts, freight and evidence for these pieces; without `lines` for all that is left."""
    assert docket.order is not None, "asked about a known order"
    draft = Draft(docket, context)
    lapsing.lapse_all(draft)
    policy = context.policies.in_force(context.now)
    if lines is None:
        taken = amounts.pieces_taken(draft.cases.values(), policy, None)
        left = (CaseLine(n.line_no, n.quantity - taken.get(n.line_no, 0)) for n in docket.order.lines)
        lines = tuple(line for line in left if line.quantity > 0)
    return _eligible(draft, policy, lines, None)


class Openings(Struct, frozen=True, omit_defaults=True):
    """What may be done on an order when an opening was refused: reasons by kind, the open cases, when to come again.

    `possible_from` is the earliest instant at which waiting alone makes something possible.
    """

    reasons: dict[Kind, tuple[str, ...]]
    open_cases: tuple[str, ...] = ()
    possible_from: Instant | None = None

    @property
    def verbs(self) -> tuple[str, ...]:
        """What to send next: another opening, or a message on a case that runs."""
        return (*(("open-case",) if self.reasons else ()), *(("send-message",) if self.open_cases else ()))


def openings(docket: Docket, context: Context) -> Openings:
    """Told with every refused opening, by the judge of the next one (rules §1)."""
    found = eligibility(docket, context)
    if not found.lines and docket.order is not None:
        # All pieces are taken: what looks only at money is about them all the same.
        found = eligibility(docket, context, tuple(CaseLine(n.line_no, n.quantity) for n in docket.order.lines))
    reasons = {kind.kind: tuple(one.reason for one in kind.reasons if one.possible) for kind in found.kinds}
    waits = [
        refusals[0].facts["until"]
        for kind in found.kinds
        for refusals in (one.refusals for one in kind.reasons)
        if len(refusals) == 1 and refusals[0].waiting_helps and refusals[0].facts.get("until") is not None
    ]
    running = tuple(public_id(case) for case in docket.cases if case.is_open)
    return Openings({kind: codes for kind, codes in reasons.items() if codes}, running, min(waits, default=None))


def modification(docket: Docket, case_id: int, context: Context) -> Eligibility:
    """The same for changing an application (R5.2): its own pieces and money count as free."""
    case = docket.case(case_id)
    assert case is not None, "asked about a known case"
    c = subject(docket, context, case)
    return _eligible(c.draft, c.policy, c.case.lines, c.case)


def _eligible(draft: Draft, policy: Policy, lines: tuple[CaseLine, ...], own: Case | None) -> Eligibility:
    assert draft.order is not None, "asked about a known order"
    policies = opening.policies_for(draft.order, draft.context.policies, policy)
    kinds = []
    for kind in Kind:
        answers = tuple(
            _reason(draft, policies, kind, code, lines=lines, own=own)
            for code, reason in policy.reasons.items()
            if kind in reason.kinds and reason.by_buyer
        )
        kinds.append(KindAnswer(kind, any(answer.possible for answer in answers), answers))
    held = own.refund_committed_minor if own else 0
    return Eligibility(lines, amounts.balance_minor(draft) + held, tuple(kinds))


def _reason(
    draft: Draft,
    policies: tuple[Policy, ...],
    kind: Kind,
    code: str,
    *,
    lines: tuple[CaseLine, ...],
    own: Case | None,
) -> ReasonAnswer:
    received = draft.order is not None and shipping_state(draft.order) == "delivered" and code != "not_received"
    asked = opening.Asked(kind, code, lines, None, goods_received=received, note="")
    judged = opening.judge(draft, policies, asked, own, by_system=False)
    reason, terms = policies[0].reasons[code], judged.terms
    ends = max(opening.window_ends_at(draft, p, reason, lines) for p in policies)
    return ReasonAnswer(
        reason=code,
        possible=not judged.refusals,
        must_look=terms is not None and terms.must_look,
        refusals=judged.refusals,
        maximum_minor=terms.maximum_minor if terms else 0,
        outward_freight_minor=terms.outward_freight_minor if terms else 0,
        freight=terms.freight if terms else None,
        fault=terms.fault if terms else None,
        evidence=reason.evidence,
        description_characters=reason.description_characters,
        window_ends_at=ends if ends.year < 9000 else None,
    )


class RemedyAnswer(Struct, frozen=True, omit_defaults=True):
    """Whether a remedy could be offered now, for whatever amount."""

    remedy: Remedy
    refusal: Refusal | None = None


def remedies(docket: Docket, case_id: int, context: Context) -> tuple[RemedyAnswer, ...]:
    """What the actor could offer now, by the guards that will judge the offer (R2.1)."""
    case = docket.case(case_id)
    assert case is not None, "asked about a known case"
    c = subject(docket, context, case)
    return tuple(RemedyAnswer(remedy, guards(c, k.MakeOffer, _least_offer(remedy))) for remedy in Remedy)


def _least_offer(remedy: Remedy) -> k.MakeOffer:
    """The smallest offer of that kind that says all it has to."""
    if remedy is Remedy.SMALL_PAYMENT:
        return k.MakeOffer(remedy, amount=1, message="-", small_payment_type=SmallPaymentType.OTHER)
    return k.MakeOffer(remedy)


class RejectionAnswer(Struct, frozen=True, omit_defaults=True):
    """Whether a rejection could be prepared for a reason, and the proof that it will need."""

    reason: str
    proof: tuple[tuple[EvidenceKind, ...], ...]
    refusal: Refusal | None = None


def rejections(docket: Docket, case_id: int, context: Context) -> tuple[RejectionAnswer, ...]:
    """Every reason to reject, by the guards that will judge its preparation (R3.5)."""
    case = docket.case(case_id)
    assert case is not None, "asked about a known case"
    c = subject(docket, context, case)
    return tuple(
        RejectionAnswer(
            code,
            rejecting.proof(c, reason),
            guards(c, k.PrepareRejection, k.PrepareRejection(c.case.application, code)),
        )
        for code, reason in c.policy.rejection_reasons.items()
    )


class Missing(Struct, frozen=True):
    """One line of the evidence checklist: any kind of the group will do (R1.2).

    `due_at` is when the clock that waits for it runs out; what comes later is filed, but not waited for.
    """

    side: Side
    kinds: tuple[EvidenceKind, ...]
    given: bool
    due_at: Instant | None = None


def checklist(case: Case, policy: Policy) -> tuple[Missing, ...]:
    """What the buyer's reason, and a rejection in preparation, ask for, and what is there."""
    reason = policy.reasons.get(case.reason)
    groups = [(Side.BUYER, group) for group in (reason.evidence if reason else ())]
    prepared = case.preparation.reason if case.preparation else case.rejection.reason if case.rejection else None
    rejection = policy.rejection_reasons.get(prepared) if prepared else None
    groups += [(Side.MERCHANT, group) for group in (rejection.proof if rejection else ())]
    lines = []
    for side, group in groups:
        given = case.evidence.has(side, group)
        lines.append(Missing(side, group, given, None if given else evidence_due_at(case, side)))
    return tuple(lines)


def evidence_due_at(case: Case, side: Side) -> Instant | None:
    """By when a side files: the platform's request, or for a rejection in preparation the clock of the answer."""
    waiting = [d for d in case.deadlines if base(d.key) in ("evidence", "evidence_more") and d.owner == side]
    if not waiting and case.preparation is not None and side is Side.MERCHANT:
        waiting = [d for d in (clock_of_turn(case),) if d is not None and d.owner == side]
    return min((d.due_at for d in waiting), default=None)


def burden(c: CaseDraft) -> Side:
    """On whom the burden of proof lies: fixed when the platform stepped in, else by reason and goods (rules §9)."""
    return c.case.review.burden_on if c.case.review is not None else reviewing.burden_on(c)


class Advice(Struct, frozen=True, omit_defaults=True):
    """What a fair clerk would do now, and why (R3.9): a verb to send, the reason, remarks beside it."""

    verb: str
    why: str
    remarks: tuple[str, ...] = ()
    facts: dict[str, Any] = {}


def advice(c: CaseDraft) -> Advice | None:
    """The first that fits of rules §10; None where the merchant has nothing to answer."""
    case, order, limits = c.case, c.order, c.policy.limits
    if case.stage is not Stage.AWAITING_MERCHANT:
        return None
    remarks = ("state_position_early",) if order.paid >= limits.advise_position_from_minor else ()
    reason = c.policy.reasons[case.reason]
    complete = all(case.evidence.has(Side.BUYER, group) for group in reason.evidence)
    if order.paid < limits.advise_refund_below_minor:
        return Advice("agree", "low_value", remarks, {"below_minor": limits.advise_refund_below_minor})
    if case.goods is Goods.NOT_SHIPPED:
        return Advice("agree", "not_shipped", remarks)
    if case.goods is Goods.IN_TRANSIT and transit.can_be_stopped(c):
        return Advice("intercept-parcel", "can_be_stopped", remarks, {"until": transit.stoppable_until(c)})
    if case.goods is Goods.IN_TRANSIT and transit.may_agree_refusal(c, None) is None:
        return Advice("agree-refund-after-refusal", "can_be_refused", remarks)
    if case.reason == "no_reason":
        return Advice("agree", "no_reason_right", remarks)
    if reason.fault is Fault.MERCHANT and complete:
        return Advice("make-offer", "fault_and_evidence", remarks)
    if not complete or (reason.burden is Side.BUYER and not case.evidence.buyer):
        return Advice("send-message", "facts_missing", (*remarks, "prepare_itemised_rejection"))
    return Advice("agree", "claim_stands", remarks)


def preview(docket: Docket, case_id: int, context: Context) -> CaseDraft | Refusal:
    """The case with its due deadlines applied, for reading; a refusal where it is not the actor's."""
    case = docket.case(case_id)
    if case is None or docket.order is None:
        return refuse(Code.UNKNOWN_CASE)
    if not is_party(context.actor, docket.order):
        return refuse(Code.NOT_YOURS)
    return subject(docket, context, case)
