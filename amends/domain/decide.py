"""One command judged on an order and its cases: what follows, or a refusal (DESIGN §1)."""

from collections.abc import Callable
from typing import Any, NamedTuple

from msgspec.structs import replace

from amends.domain import commands as k
from amends.domain.case import Case
from amends.domain.docket import Context, Decided, Docket
from amends.domain.draft import CaseDraft, Draft
from amends.domain.permissions import (
    FOR_A_WHILE_AFTER_CLOSING,
    ROLES,
    STAGES,
    WHILE_ENDING,
    WHILE_SUSPENDED,
    is_party,
)
from amends.domain.refusals import Code, Refusal, refuse
from amends.domain.rules import (
    answering,
    appealing,
    closing,
    conversing,
    evidence,
    lapsing,
    offers,
    opening,
    orders,
    paying,
    rejecting,
    replacements,
    returns,
    reviewing,
    steering,
    transit,
)
from amends.domain.time import Instant
from amends.domain.words import Goods, Leg, Stage


class Ladder(NamedTuple):
    """A command's guards, and what follows when none refuses."""

    may: Callable[[CaseDraft, Any], Refusal | None]
    do: Callable[[CaseDraft, Any], None]


def _always(c: CaseDraft, command: k.Command | None) -> Refusal | None:
    return None


def _nothing_more(c: CaseDraft, command: k.Command) -> None:
    """The lapses that were due are already applied."""


LADDERS: dict[type[k.Command], Ladder] = {
    k.Modify: Ladder(opening.may_modify, opening.modify),
    k.Withdraw: Ladder(opening.may_withdraw, opening.withdraw),
    k.Agree: Ladder(answering.may_agree, answering.agree),
    k.MakeOffer: Ladder(offers.may_make, offers.make),
    k.AcceptOffer: Ladder(offers.may_accept, offers.accept),
    k.DeclineOffer: Ladder(offers.may_answer, offers.decline),
    k.PrepareRejection: Ladder(rejecting.may_prepare, rejecting.prepare),
    k.Reject: Ladder(rejecting.may_reject, rejecting.reject),
    k.InterceptParcel: Ladder(transit.may_intercept, transit.intercept),
    k.AgreeRefundAfterRefusal: Ladder(transit.may_agree_refusal, transit.agree_refusal),
    k.RecordInterception: Ladder(transit.may_record_interception, transit.record_interception),
    k.ShipReturn: Ladder(returns.may_ship, returns.ship),
    k.AcceptReturn: Ladder(returns.may_accept, returns.accept),
    k.ShipReplacement: Ladder(replacements.may_ship, replacements.ship),
    k.ShipBack: Ladder(replacements.may_ship_back, replacements.ship_back),
    k.ConfirmReceipt: Ladder(replacements.may_confirm, replacements.confirm),
    k.DisputeReplacement: Ladder(replacements.may_dispute, replacements.dispute),
    k.ChooseAfterRepair: Ladder(replacements.may_choose, replacements.choose),
    k.SendMessage: Ladder(conversing.may_send, conversing.send),
    k.AddEvidence: Ladder(evidence.may_add, evidence.add),
    k.StatePosition: Ladder(conversing.may_state, conversing.state),
    k.RevealContact: Ladder(conversing.may_reveal, conversing.reveal),
    k.RecordCall: Ladder(conversing.may_record_call, conversing.record_call),
    k.RequestIntervention: Ladder(reviewing.may_request, reviewing.request),
    k.RequestEvidence: Ladder(reviewing.may_request_evidence, reviewing.request_evidence),
    k.Assign: Ladder(reviewing.may_assign, reviewing.assign),
    k.Rule: Ladder(reviewing.may_rule, reviewing.rule),
    k.ApproveRuling: Ladder(reviewing.may_approve, reviewing.approve),
    k.Appeal: Ladder(appealing.may_appeal, appealing.appeal),
    k.DecideAppeal: Ladder(appealing.may_decide, appealing.decide),
    k.AskHumanReview: Ladder(appealing.may_ask_review, appealing.ask_review),
    k.Suspend: Ladder(steering.may_suspend, steering.suspend),
    k.Resume: Ladder(steering.may_resume, steering.resume),
    k.ExtendDeadline: Ladder(steering.may_extend, steering.extend),
    k.Cancel: Ladder(steering.may_cancel, steering.cancel),
    k.CreditOutage: Ladder(steering.may_credit, steering.credit),
    k.RecordPayout: Ladder(paying.may_record_payout, paying.record_payout),
    k.SettlePayout: Ladder(paying.may_settle_payout, paying.settle_payout),
    k.NamePayoutAccount: Ladder(paying.may_name_account, paying.name_account),
    k.RecordScan: Ladder(_always, orders.record_case_scan),
    k.Lapse: Ladder(_always, _nothing_more),
}


def decide(docket: Docket, command: k.Command, context: Context) -> Decided | Refusal:
    """Judge one command. Deadlines due at `context.now` are applied first (rules, Time).

    A refusal leaves everything as it was, the lapses too: the sweep or the next command applies them
    again, at the same instants.
    """
    if isinstance(command, k.SyncOrder):
        return _wrong_role(command, context) or _sync(docket, command, context)
    if context.case_id is None:
        return _about_order(docket, command, context)
    return _about_case(docket, context.case_id, command, context)


def _wrong_role(command: k.Command, context: Context) -> Refusal | None:
    """Asked once it is clear whose order it is: by precedence (rules §11)."""
    roles = ROLES.get(type(command), frozenset())
    if context.actor.role in roles:
        return None
    return refuse(Code.NOT_ALLOWED_FOR_ROLE, role=context.actor.role, roles=sorted(role.value for role in roles))


def _sync(docket: Docket, command: k.SyncOrder, context: Context) -> Decided:
    draft = Draft(docket, context)
    orders.sync(draft, command)
    return draft.decided(None)


def _about_order(docket: Docket, command: k.Command, context: Context) -> Decided | Refusal:
    """Openings, and what concerns the order itself."""
    if docket.order is None:
        return refuse(Code.UNKNOWN_ORDER)
    if not is_party(context.actor, docket.order):
        return refuse(Code.NOT_YOURS)
    refusal = _wrong_role(command, context)
    if refusal is not None:
        return refusal
    draft = Draft(docket, context)
    match command:
        case k.OpenCase():
            lapsing.lapse_all(draft)
            refusal, judged = opening.may_open(draft, command)
            if refusal is not None or judged is None:
                return refusal or refuse(Code.UNKNOWN_ORDER)
            # From here on it succeeds.
            if command.contact_phone is not None:
                draft.order = replace(docket.order, buyer_phone=command.contact_phone)
            c = opening.open_case(draft, command, judged)
            closing.settle(c)
            return draft.decided(c.case_id)
        case k.AskPlatformRefund():
            lapsing.lapse_all(draft)
            refusal, judged = orders.may_ask_refund(draft, command)
            if refusal is not None or judged is None:
                return refusal or refuse(Code.UNKNOWN_ORDER)
            return draft.decided(orders.ask_refund(draft, command, judged).case_id)
        case k.RecordScan(leg=Leg.OUTWARD):
            orders.record_outward_scan(draft, command)
            return draft.decided(None)
        case k.Lapse():
            orders.lapse(draft)
            return draft.decided(None)
        case _:
            return refuse(Code.UNKNOWN_CASE)


def _about_case(docket: Docket, case_id: int, command: k.Command, context: Context) -> Decided | Refusal:
    """The common ladder of every command about a case: whose, then when, then the command's own rungs."""
    case = docket.case(case_id)
    if case is None or docket.order is None:
        return refuse(Code.UNKNOWN_CASE)
    if not is_party(context.actor, docket.order):
        return refuse(Code.NOT_YOURS)
    refusal = _wrong_role(command, context)
    if refusal is not None:
        return refusal
    draft = Draft(docket, context)
    c = draft.on(case_id)
    happened_at = _happened_at(command)
    if not isinstance(command, k.CreditOutage):
        # A fact counts when it happened: what lapses after that is judged with the fact known.
        lapsing.lapse_until(c, min(happened_at, context.now) if happened_at else context.now)
    refusal = guards(c, type(command), command)
    if refusal is not None:
        return refusal

    # From here on it succeeds.
    LADDERS[type(command)].do(c, command)
    closing.settle(c)
    draft.as_sender()
    if happened_at is not None:
        c.flush()
        lapsing.lapse_until(c, context.now)
    return draft.decided(case_id)


def _happened_at(command: k.Command) -> Instant | None:
    return command.scan.occurred_at if isinstance(command, k.RecordScan) else None


def guards(c: CaseDraft, kind: type[k.Command], command: k.Command | None) -> Refusal | None:
    """Stage, suspension and the command's own ladder; pages ask with `command=None` (DESIGN §3)."""
    case = c.case
    if case.suspension is not None and kind not in WHILE_SUSPENDED:
        return refuse(Code.SUSPENDED, until=case.suspension.until)
    if case.stage not in STAGES[kind] or not _condition_holds(c, kind):
        return refuse(Code.WRONG_STAGE, stage=case.stage, stages=sorted(STAGES[kind]))
    return LADDERS[kind].may(c, command)


def _condition_holds(c: CaseDraft, kind: type[k.Command]) -> bool:
    """The cells of rules §5 that carry a condition shared by several commands."""
    case = c.case
    if case.ending is not None and case.stage is Stage.IN_MOTION and kind not in WHILE_ENDING:
        return False
    if case.stage is Stage.CLOSED and kind in FOR_A_WHILE_AFTER_CLOSING:
        return offers.after_closing(c)
    if kind in _OFFERS and case.stage is Stage.IN_MOTION:
        return offers.goods_not_moving(c)
    if kind in _OFFERS and case.stage is Stage.UNDER_REVIEW:
        return reviewing.proposed(c) is None
    if kind in (k.PrepareRejection, k.Reject) and case.stage is Stage.IN_MOTION:
        return case.goods in (Goods.RETURN_DELIVERED, Goods.IN_REPAIR)
    return True


_OFFERS = (k.MakeOffer, k.AcceptOffer, k.DeclineOffer)


def subject(docket: Docket, context: Context, case: Case) -> CaseDraft:
    """A draft of a case with its due deadlines applied, for asking what could be done now."""
    c = Draft(docket, context).on(case.case_id)
    lapsing.lapse_until(c, context.now)
    return c
