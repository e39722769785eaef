"""A case as one reader sees it: where it stands, whose turn it is, until when, what silence does, what can be done."""

from typing import Any

from msgspec import Struct

from amends.application.outward import told
from amends.application.visibility import visible_case, visible_order
from amends.domain import views
from amends.domain.actor import Actor
from amends.domain.case import (
    Agreement,
    AppealState,
    Case,
    Closing,
    Offer,
    Payout,
    Preparation,
    Rejection,
    Review,
    Ruling,
    Suspension,
    public_case_id,
    public_id,
)
from amends.domain.commands import CaseLine
from amends.domain.docket import Context, Docket, PolicyBook
from amends.domain.draft import CaseDraft
from amends.domain.events import Deadline
from amends.domain.order import Order, Parcel, ReturnAddress, shipping_state
from amends.domain.policy import Freight, Policy
from amends.domain.rules import amounts
from amends.domain.time import Instant
from amends.domain.words import (
    EvidenceKind,
    Fault,
    Funds,
    Goods,
    Kind,
    Ledger,
    Outcome,
    PayoutState,
    Role,
    Side,
    Stage,
)
from amends.wording.labels import label
from amends.wording.reader import Reader
from amends.wording.statuses import lapse, status, turn


class Status(Struct, frozen=True, omit_defaults=True):
    """Where a case stands: in words, on its three axes, and as the marketplace gateway's number (rules §12)."""

    code: int
    text: str
    stage: Stage
    goods: Goods
    funds: Funds
    outcome: Outcome | None = None
    suspended_until: Instant | None = None


class Clock(Struct, frozen=True, omit_defaults=True):
    """A running deadline; `then` is what its lapse does."""

    key: str
    owner: str
    started_at: Instant
    due_at: Instant
    text: str
    then: str
    then_text: str


class Next(Struct, frozen=True, omit_defaults=True):
    """Whose turn it is, by when, and what happens if nobody acts; `amount_minor` is what silence pays."""

    owner: str
    key: str = ""
    due_at: Instant | None = None
    text: str = ""
    then: str = ""
    then_text: str = ""
    amount_minor: int = 0
    started_at: Instant | None = None


class Application(Struct, frozen=True, omit_defaults=True):
    """What is asked, and the figures that were worked out for it."""

    number: int
    kind: Kind
    kind_text: str
    reason: str
    reason_text: str
    lines: tuple[CaseLine, ...]
    amount_minor: int
    maximum_minor: int
    goods_received: bool
    fault: Fault
    freight: Freight
    opened_by: Side
    opened_at: Instant
    applied_at: Instant
    note: str = ""
    must_look: bool = False
    clause: str = ""


class Money(Struct, frozen=True):
    """Minor units. `left_minor` is what the order's balance could still give back beyond all promises.

    `freight_claimed_minor` is the return freight on the buyer's receipt, `freight_granted_minor` what was granted.
    """

    currency: str
    asked_minor: int
    maximum_minor: int
    promised_minor: int
    refunded_minor: int
    compensated_minor: int
    freight_claimed_minor: int
    freight_granted_minor: int
    left_minor: int
    payouts: tuple[Payout, ...]


class Wanted(Struct, frozen=True, omit_defaults=True):
    """One line of the evidence checklist: one of `kinds` is enough; `due_at` where a clock waits for it."""

    side: Side
    kinds: tuple[EvidenceKind, ...]
    texts: tuple[str, ...]
    given: bool
    due_at: Instant | None = None


class EvidenceSummary(Struct, frozen=True):
    """How much each side filed, by kind, what is asked for, and on whom the burden of proof lies now."""

    count: int
    buyer: dict[EvidenceKind, int]
    merchant: dict[EvidenceKind, int]
    checklist: tuple[Wanted, ...]
    burden_on: Side


class ActionView(Struct, frozen=True, omit_defaults=True):
    """A command that this actor could send; where it is not open, `why` is the refusal with its facts and words."""

    verb: str
    allowed: bool
    why: dict[str, Any] | None = None


class Parcels(Struct, frozen=True, omit_defaults=True):
    """The parcels of a case with their scans."""

    shipping_state: str
    outward: Parcel | None = None
    back: Parcel | None = None
    replacement: Parcel | None = None


class CaseView(Struct, frozen=True, omit_defaults=True):
    """A case as this actor may see it."""

    case_id: str
    merchant_id: str
    merchant_name: str
    order_no: str
    buyer_id: str
    title: str
    policy: str
    version: int
    status: Status
    next: Next
    deadlines: tuple[Clock, ...]
    application: Application
    money: Money
    evidence: EvidenceSummary
    parcels: Parcels
    actions: tuple[ActionView, ...]
    offers: tuple[Offer, ...] = ()
    messages: int = 0
    agreement: Agreement | None = None
    preparation: Preparation | None = None
    rejection: Rejection | None = None
    review: Review | None = None
    ruling: Ruling | None = None
    appeal: AppealState | None = None
    closing: Closing | None = None
    return_address: ReturnAddress | None = None
    contact: str | None = None
    account: tuple[str, str] | None = None
    advice: views.Advice | None = None
    assignee: str = ""
    look: str = ""
    reopened_why: str = ""
    erased_at: Instant | None = None


class CaseLineView(Struct, frozen=True, omit_defaults=True):
    """A case in a list. `next` says whose turn it is and until when."""

    case_id: str
    merchant_id: str
    order_no: str
    buyer_id: str
    title: str
    version: int
    status: Status
    next: Next
    kind: Kind
    reason: str
    amount_minor: int
    currency: str
    opened_at: Instant
    updated_at: Instant | None = None
    assignee: str = ""


def case_view(docket: Docket, c: CaseDraft, context: Context, reader: Reader, version: int) -> CaseView:
    """The case of a draft that has its due deadlines applied; `version` is the stored one."""
    actor, order, policy = context.actor, c.order, c.policy
    c.flush()
    case = visible_case(c.case, actor)
    reason = policy.reasons.get(case.reason)
    chinese = reader.language == "zh"
    step = next_of(case, policy, reader, c)
    return CaseView(
        case_id=public_id(case),
        merchant_id=str(case.merchant_id),
        merchant_name=docket.merchant.name,
        order_no=case.order_no,
        buyer_id=case.buyer_id,
        title=_title(order, case),
        policy=case.policy,
        version=version,
        status=status_of(case, reader),
        next=step,
        deadlines=tuple(_clock(deadline, case, policy, reader, step) for deadline in case.deadlines),
        application=Application(
            number=case.application,
            kind=case.kind,
            kind_text=label(case.kind, reader.language),
            reason=case.reason,
            reason_text=(reason.label if chinese else reason.label_en) if reason else case.reason,
            lines=case.lines,
            amount_minor=case.amount_minor,
            maximum_minor=case.maximum_minor,
            goods_received=case.goods_received,
            fault=case.fault,
            freight=case.freight,
            opened_by=case.opened_by,
            opened_at=case.opened_at,
            applied_at=case.applied_at,
            note=case.note,
            must_look=case.must_look,
            clause=case.clause,
        ),
        money=_money(c, case),
        evidence=EvidenceSummary(
            case.evidence.count,
            case.evidence.buyer,
            case.evidence.merchant,
            tuple(
                Wanted(
                    line.side,
                    line.kinds,
                    tuple(label(kind, reader.language) for kind in line.kinds),
                    line.given,
                    line.due_at,
                )
                for line in views.checklist(case, policy)
            ),
            views.burden(c),
        ),
        parcels=Parcels(shipping_state(order), order.parcel, case.return_parcel, case.replacement_parcel),
        # Nothing is done any more with a case of which nobody can read what it was about.
        actions=_actions(docket, case.case_id, context, reader, policy) if case.erased_at is None else (),
        offers=case.offers,
        messages=case.talk.messages,
        agreement=case.agreement,
        preparation=case.preparation,
        rejection=case.rejection,
        review=case.review,
        ruling=case.ruling,
        appeal=case.appeal,
        closing=case.closing,
        return_address=docket.merchant.address(case.agreement.return_address_id)
        if case.agreement is not None and case.agreement.return_address_id
        else None,
        contact=visible_order(order, actor, has_open_case=case.is_open).buyer_phone,
        account=case.account,
        advice=views.advice(c) if actor.side is Side.MERCHANT else None,
        assignee=case.assignee,
        look=case.look,
        reopened_why=case.reopened_why,
        erased_at=case.erased_at,
    )


def case_line(
    case: Case, title: str, updated_at: Instant | None, *, actor: Actor, policies: PolicyBook, reader: Reader
) -> CaseLineView:
    """A row of a list."""
    case = visible_case(case, actor)
    policy = policies.get(case.policy)
    return CaseLineView(
        case_id=public_case_id(case.merchant_id, case.case_id),
        merchant_id=str(case.merchant_id),
        order_no=case.order_no,
        buyer_id=case.buyer_id,
        title=title,
        version=case.version,
        status=status_of(case, reader),
        next=next_of(case, policy, reader),
        kind=case.kind,
        reason=case.reason,
        amount_minor=case.amount_minor,
        currency=case.currency,
        opened_at=case.opened_at,
        updated_at=updated_at,
        assignee=case.assignee,
    )


def status_of(case: Case, reader: Reader) -> Status:
    """Where the case stands."""
    outcome = case.closing.outcome if case.closing is not None and not case.is_open else None
    suspension: Suspension | None = case.suspension
    text = status(
        case.stage, case.goods, case.funds, reader.language, outcome=outcome, suspended=suspension is not None
    )
    return Status(
        views.status_code(case), text, case.stage, case.goods, case.funds, outcome,
        suspension.until if suspension else None,
    )  # fmt: skip


def next_of(case: Case, policy: Policy, reader: Reader, c: CaseDraft | None = None) -> Next:
    """Whose turn it is. With the draft of the case, what silence does is told exactly; a list has no draft."""
    step = views.next_step(case, policy)
    if c is not None and step.deadline is not None and step.deadline == views.clock_of_turn(c.case):
        step = views.foretold(c)
    if step.deadline is None:
        return Next(step.owner)
    key, due_at = step.deadline.key, step.deadline.due_at
    # Whether silence pays without a return is the merchant's switch, which a list does not read.
    certain = c is not None or step.outcome != "agree_return"
    return Next(
        step.owner,
        key,
        due_at,
        turn(key, step.owner, due_at, reader),
        step.outcome if certain else "",
        lapse(key, step.outcome, reader, step.amount_minor or None) if certain else "",
        step.amount_minor,
        step.deadline.started_at,
    )


def _clock(deadline: Deadline, case: Case, policy: Policy, reader: Reader, step: Next) -> Clock:
    outcome = policy.outcome(deadline.key.partition(":")[0], case.reason, case.fault, case.kind)
    told = (outcome, lapse(deadline.key, outcome, reader))
    return Clock(
        deadline.key,
        deadline.owner,
        deadline.started_at,
        deadline.due_at,
        turn(deadline.key, deadline.owner, deadline.due_at, reader),
        *(told if deadline.key != step.key else (step.then, step.then_text)),
    )


def _money(c: CaseDraft, case: Case) -> Money:
    paid = {
        ledger: sum(p.amount_minor for p in case.payouts if p.ledger is ledger and p.state is PayoutState.PAID)
        for ledger in Ledger
    }
    return Money(
        currency=case.currency,
        asked_minor=case.amount_minor,
        maximum_minor=case.maximum_minor,
        promised_minor=case.refund_committed_minor + case.compensation_committed_minor,
        refunded_minor=paid[Ledger.REFUND],
        compensated_minor=paid[Ledger.COMPENSATION],
        freight_claimed_minor=case.freight_claim_minor,
        freight_granted_minor=case.freight_granted_minor,
        left_minor=amounts.balance_minor(c.draft),
        payouts=case.payouts,
    )


def _actions(docket: Docket, case_id: int, context: Context, reader: Reader, policy: Policy) -> tuple[ActionView, ...]:
    if context.actor.role is Role.AUDITOR:
        return ()
    merchant_id = docket.merchant.merchant_id
    return tuple(
        ActionView(
            action.verb,
            action.allowed,
            told(action.refusal, merchant_id, reader, policy) if action.refusal else None,
        )
        for action in views.actions(docket, case_id, context)
    )


def _title(order: Order, case: Case) -> str:
    line = order.line(case.lines[0].line_no) if case.lines else None
    return line.title if line else order.order_no
