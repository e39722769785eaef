"""What may be opened, changed and taken back (rules §1, §2); eligibility gives all reasons at once."""

from collections.abc import Iterable
from datetime import timedelta

from msgspec import Struct

from amends.domain import events as e
from amends.domain.case import Case
from amends.domain.commands import CaseLine, EvidenceItem, Modify, OpenCase, Withdraw
from amends.domain.docket import PolicyBook
from amends.domain.draft import CaseDraft, Draft
from amends.domain.order import (
    NO_REASON_7,
    NO_REASON_EXCLUDABLE,
    NO_REASON_EXCLUDED,
    RETURN_SCANS,
    Line,
    Order,
    delivered_at,
    no_scan_for,
    shipping_state,
)
from amends.domain.policy import Freight, GoodsGroup, Policy, Reason
from amends.domain.refusals import Code, Refusal, first_of, refuse
from amends.domain.rules import amounts, answering, closing
from amends.domain.rules.evidence import file_evidence, missing_groups, unknown_items
from amends.domain.time import NEVER, Instant, end_of_local_day
from amends.domain.words import Basis, Fault, Goods, Kind, Outcome, Payer, PayoutState, ScanCode, Side

_GOODS: dict[str, Goods] = {
    "not_shipped": Goods.NOT_SHIPPED,
    "in_transit": Goods.IN_TRANSIT,
    "delivered": Goods.WITH_BUYER,
    "coming_back": Goods.COMING_BACK,
    "back": Goods.BACK,
    "lost": Goods.LOST,
}

_KINDS: dict[GoodsGroup, tuple[Kind, ...]] = {
    "group_failed": (Kind.REFUND_ONLY,),
    "not_shipped": (Kind.REFUND_ONLY,),
    "in_transit": (Kind.REFUND_ONLY,),
    "coming_back": (Kind.REFUND_ONLY,),
    "delivered": tuple(Kind),
}
"""Rules §1, the table of kinds by goods; reasons and warranty narrow it further."""


class Asked(Struct, frozen=True):
    """What somebody wants, before it is judged."""

    kind: Kind
    reason: str
    lines: tuple[CaseLine, ...]
    amount_minor: int | None
    goods_received: bool
    note: str


class Judged(Struct, frozen=True):
    """Eligibility's answer: the refusals that hold, and the terms where there are figures for them.

    No refusals and `terms.must_look` is the third answer: a person must look (rules §1).
    """

    refusals: tuple[Refusal, ...]
    terms: e.Terms | None
    first_applied_at: Instant


def goods_group(order: Order) -> GoodsGroup:
    """Which column of the table of kinds the order is in."""
    if order.group is not None and order.group.state == "failed":
        return "group_failed"
    match shipping_state(order):
        case "not_shipped":
            return "not_shipped"
        case "in_transit" | "lost":
            return "in_transit"
        case "delivered":
            return "delivered"
        case "coming_back" | "back":
            return "coming_back"


def judge(draft: Draft, policies: tuple[Policy, ...], asked: Asked, own: Case | None, *, by_system: bool) -> Judged:
    """Everything that stands against an application, and its terms.

    `policies` are the ones at opening and at payment: windows and freight follow the better for the buyer.
    """
    policy, order, now = policies[0], draft.order, draft.context.now
    assert order is not None, "an application is about an order"
    own_id = own.case_id if own else None
    group = goods_group(order)
    goods = _GOODS[shipping_state(order)] if group != "group_failed" else Goods.NOT_SHIPPED
    reason = policy.reasons.get(asked.reason)
    found: list[Refusal] = []

    if order.group is not None and order.group.state == "forming":
        found.append(refuse(Code.GROUP_FORMING, until=order.due_at))
    if order.paid_at is None or order.paid == 0:
        found.append(refuse(Code.NOT_PAID))
    if not _kind_possible(asked, order, group, policy, now):
        possible = tuple(kind for kind in _KINDS[group] if kind is not asked.kind)
        found.append(
            refuse(Code.KIND_NOT_POSSIBLE, kind=asked.kind, goods=goods, possible=possible, needs="warranty")
            if asked.kind in _KINDS[group]
            else refuse(Code.KIND_NOT_POSSIBLE, kind=asked.kind, goods=goods, possible=possible)
        )
    if reason is None or not _reason_allowed(asked, reason, group, order, policy, by_system=by_system):
        found.append(refuse(Code.REASON_NOT_ALLOWED, reason=asked.reason, kind=asked.kind, goods=goods))
        return Judged(tuple(found), None, now)

    early = _too_early(asked.reason, order, policy, now)
    if early is not None:
        found.append(refuse(Code.TOO_EARLY, until=early))
    first_applied_at = _first_applied_at(draft, policy, asked.lines, own)
    ends_at = max(window_ends_at(draft, p, reason, asked.lines) for p in policies)
    # The platform may open for somebody who is late; who did stands in the record (scenario E15).
    if first_applied_at >= ends_at and draft.actor.side is not Side.PLATFORM:
        found.append(refuse(Code.WINDOW_OVER, ended_at=ends_at))
    pieces = amounts.Pieces(draft, asked.lines, policy, own_id)
    wrong = _wrong_quantities(order, asked.lines, {} if reason.money_only else pieces.taken)
    if wrong:
        found.append(refuse(Code.QUANTITY_TAKEN, lines=wrong))
    applications = _applications(draft.cases.values(), policy, asked.lines, reason.family)
    if applications >= policy.limits.applications:
        found.append(refuse(Code.TOO_MANY_APPLICATIONS, applications=applications, limit=policy.limits.applications))
    ruled = _already_ruled(draft, policy, asked.lines, reason.family, own_id)
    if ruled is not None:
        found.append(refuse(Code.ALREADY_RULED, case_id=ruled.case_id))

    outward = pieces.outward_freight_minor(reason, goods)
    if reason.family == "freight":
        maximum = order.freight_paid + policy.limits.return_freight_minor
    else:
        maximum = max(0, pieces.price_minor() + outward)
    amount = maximum if asked.amount_minor is None else asked.amount_minor
    own_held = own.refund_committed_minor if own else 0
    balance = amounts.balance_minor(draft) + own_held
    if amount < 1:
        found.append(refuse(Code.AMOUNT_NOT_POSITIVE, asked_minor=amount, maximum_minor=maximum))
    if amount > maximum:
        found.append(refuse(Code.EXCEEDS_MAXIMUM, asked_minor=amount, maximum_minor=maximum))
    if amount > balance:
        found.append(refuse(Code.EXCEEDS_BALANCE, asked_minor=amount, left_minor=balance))

    terms = e.Terms(
        kind=asked.kind,
        reason=asked.reason,
        lines=asked.lines,
        amount_minor=amount,
        maximum_minor=maximum,
        goods_received=asked.goods_received,
        fault=_fault(draft, asked.reason, reason),
        freight=_freight(policies, asked.reason, reason),
        outward_freight_minor=max(0, outward),
        must_look=reason.look or (order.paid >= policy.limits.four_eyes_minor and scans_contradict(order)),
        clause=f"windows.{reason.window}",
        note=asked.note,
    )
    return Judged(tuple(found), terms, first_applied_at)


def scans_contradict(order: Order) -> bool:
    """A parcel cannot turn back after it was delivered, or be delivered after it came back."""
    scans = order.parcel.scans if order.parcel else ()
    seen_return = seen_delivered = False
    for scan in scans:
        if scan.code in RETURN_SCANS:
            if seen_delivered:
                return True
            seen_return = True
        elif scan.code is ScanCode.DELIVERED:
            if seen_return:
                return True
            seen_delivered = True
    return False


def window_ends_at(draft: Draft, policy: Policy, reason: Reason, lines: Iterable[CaseLine]) -> Instant:
    """Until when an application with this reason is in time; `NEVER` while the window is open-ended (rules §1)."""
    order = draft.order
    assert order is not None, "windows are an order's"
    windows, confirmed = policy.windows, order.confirmed_at
    ends = NEVER
    for asked in lines:
        line = order.line(asked.line_no)
        if line is None:
            continue
        since, arrived = confirmed, delivered_at(order)
        replaced_at = _replaced_at(draft.cases.values(), asked.line_no)
        if replaced_at is not None:
            since = arrived = replaced_at
        match reason.window:
            case "no_reason":
                if no_reason_right(line, policy) == "seven":
                    if arrived is not None:
                        ends = min(ends, end_of_local_day(arrived, windows.no_reason_7_days, policy.zone))
                elif since is not None:
                    ends = min(ends, end_of_local_day(since, windows.after_confirmation_days, policy.zone))
            case "merchant_fault":
                if since is not None:
                    ends = min(ends, end_of_local_day(since, windows.after_confirmation_days, policy.zone))
            case "not_received":
                if since is not None and order.confirmed_by == "timer":
                    ends = min(ends, end_of_local_day(since, windows.after_timer_days, policy.zone))
                elif since is not None:
                    ends = min(ends, since)
            case "none":
                pass
    return ends


def _replaced_at(cases: Iterable[Case], line_no: int) -> Instant | None:
    """When the buyer got a replacement of this line: it starts its own windows."""
    return max(
        (
            case.closing.at
            for case in cases
            if case.closing is not None
            and case.closing.outcome is Outcome.COMPLETED
            and any(line.line_no == line_no for line in case.lines)
        ),
        default=None,
    )


def no_reason_right(line: Line, policy: Policy) -> str:
    """`standard` (15 days), `seven` or `excluded` for one line, waivers counted in (law: 暂行办法 6, 7)."""
    right = policy.category(line.category).no_reason
    if NO_REASON_EXCLUDED in line.flags or right == "excluded":
        return "excluded"
    if NO_REASON_EXCLUDABLE in line.flags or right == "excludable":
        return "excluded" if line.no_reason_waived_at is not None else "seven"
    return "seven" if NO_REASON_7 in line.flags or right == "seven" else "standard"


def _kind_possible(asked: Asked, order: Order, group: GoodsGroup, policy: Policy, now: Instant) -> bool:
    if asked.kind not in _KINDS[group]:
        return False
    if asked.kind is not Kind.REPAIR:
        return True
    since = order.confirmed_at or delivered_at(order)
    for line in asked.lines:
        known = order.line(line.line_no)
        days = policy.category(known.category).warranty_days if known else 0
        if days == 0 or (since is not None and now >= end_of_local_day(since, days, policy.zone)):
            return False
    return True


def _reason_allowed(
    asked: Asked, reason: Reason, group: GoodsGroup, order: Order, policy: Policy, *, by_system: bool
) -> bool:
    if asked.kind not in reason.kinds or group not in reason.goods or not (reason.by_buyer or by_system):
        return False
    if reason.window != "no_reason" or asked.kind not in (Kind.RETURN_AND_REFUND, Kind.EXCHANGE):
        return True
    known = [line for line in (order.line(a.line_no) for a in asked.lines) if line is not None]
    return all(no_reason_right(line, policy) != "excluded" for line in known)


def _too_early(code: str, order: Order, policy: Policy, now: Instant) -> Instant | None:
    """From when a reason that is about waiting may be used; None when it may now."""
    if code == "late_shipping" and order.ship_by is not None and now < order.ship_by:
        return order.ship_by
    if code == "stuck_in_transit" and shipping_state(order) != "lost":
        silent = timedelta(hours=policy.parcels.stuck_hours)
        if order.parcel is not None and order.parcel.scans and no_scan_for(order, now) < silent:
            return order.parcel.scans[-1].occurred_at + silent
    return None


def _overlap(left: Iterable[CaseLine], right: Iterable[CaseLine]) -> bool:
    return bool({line.line_no for line in left} & {line.line_no for line in right})


def _first_applied_at(draft: Draft, policy: Policy, lines: tuple[CaseLine, ...], own: Case | None) -> Instant:
    """By which day windows are judged.

    A case begun soon after one that lapsed, was withdrawn or rejected counts from the day of the first (rules §1).
    """
    if own is not None:
        return own.first_applied_at
    now = draft.context.now
    grace = timedelta(days=policy.windows.same_as_first_days)
    earlier = [
        case.first_applied_at
        for case in draft.cases.values()
        if case.closing is not None
        and not case.is_open
        and case.closing.outcome
        in (Outcome.WITHDRAWN, Outcome.LAPSED_AFTER_REJECTION, Outcome.LAPSED_NOT_REFUSED, Outcome.LAPSED_NOT_SENT)
        and now - case.closing.at < grace
        and (case.ruling is None or case.ruling.noticed_at is None)
        and _overlap(case.lines, lines)
    ]
    return min(earlier, default=now)


def _wrong_quantities(order: Order, lines: tuple[CaseLine, ...], taken: dict[int, int]) -> list[dict[str, int]]:
    """Lines that cannot be asked for: unknown, not positive, twice, or more pieces than are left."""
    seen: set[int] = set()
    wrong = [{"line_no": 0, "left": 0}] if not lines else []
    for asked in lines:
        line = order.line(asked.line_no)
        left = max(0, line.quantity - taken.get(asked.line_no, 0)) if line else 0
        if asked.quantity < 1 or asked.quantity > left or asked.line_no in seen:
            wrong.append({"line_no": asked.line_no, "left": left})
        seen.add(asked.line_no)
    return wrong


def _family(case: Case, policy: Policy) -> str:
    reason = policy.reasons.get(case.reason)
    return reason.family if reason else case.reason


def _applications(cases: Iterable[Case], policy: Policy, lines: tuple[CaseLine, ...], family: str) -> int:
    """Applications so far on these lines and reason family; every modification counts as one."""
    return sum(
        case.application
        for case in cases
        if case.opened_by is not Side.SYSTEM and _family(case, policy) == family and _overlap(case.lines, lines)
    )


def _already_ruled(
    draft: Draft, policy: Policy, lines: tuple[CaseLine, ...], family: str, own_id: int | None
) -> Case | None:
    """The case in which the same pieces and reason family were ruled: the way is the appeal.

    Pieces are the same when a line has too few for them to be others.
    """
    order = draft.order
    assert order is not None, "pieces are an order's"
    others = {line.line_no: line.quantity for line in order.lines}
    for asked in lines:
        others[asked.line_no] = others.get(asked.line_no, 0) - asked.quantity
    for case in draft.cases.values():
        ruled = case.ruling is not None and case.ruling.noticed_at is not None
        if case.case_id == own_id or not ruled or _family(case, policy) != family:
            continue
        for line in case.lines:
            others[line.line_no] = others.get(line.line_no, 0) - line.quantity
        if _overlap(case.lines, lines) and any(others[line.line_no] < 0 for line in case.lines):
            return case
    return None


def _fault(draft: Draft, code: str, reason: Reason) -> Fault:
    if code != "parcel_came_back":
        return reason.fault
    before = [case for case in draft.cases.values() if case.goods in (Goods.IN_TRANSIT, Goods.REFUSAL_AGREED)]
    return before[-1].fault if before else reason.fault


def _freight(policies: tuple[Policy, ...], code: str, reason: Reason) -> Freight:
    """Who pays which leg; of two policies the one that asks less of the buyer."""

    def asks(freight: Freight) -> int:
        return sum(payer is Payer.BUYER for payer in (freight.outward, freight.back, freight.replacement))

    return min((p.freight.get(code) or p.freight[reason.fault] for p in policies), key=asks)


def policies_for(order: Order, policies: PolicyBook, opened_under: Policy) -> tuple[Policy, ...]:
    """The policy at opening, and the one at payment when it is another."""
    at_payment = policies.in_force(order.paid_at) if order.paid_at else opened_under
    return (opened_under,) if at_payment.version == opened_under.version else (opened_under, at_payment)


def missing_to_open(reason: Reason, note: str, given: Iterable[EvidenceItem]) -> Refusal | None:
    """What the reason asks for and is not there: evidence, or a description of enough characters."""
    missing = missing_groups(reason.evidence, {item.kind for item in given if item.kind is not None})
    short = len(note.strip()) < reason.description_characters
    if missing or short:
        needs = reason.description_characters if short else 0
        return refuse(Code.MISSING_EVIDENCE, missing=missing, needs_characters=needs)
    return None


def may_open(draft: Draft, command: OpenCase) -> tuple[Refusal | None, Judged | None]:
    """The whole ladder for an opening; all reasons at once."""
    order, context = draft.order, draft.context
    assert order is not None, "the order is known before its cases are"
    policy = context.policies.in_force(context.now)
    asked = Asked(command.kind, command.reason, command.lines, command.amount, command.goods_received, command.note)
    by_system = draft.actor.side is Side.SYSTEM
    judged = judge(draft, policies_for(order, context.policies, policy), asked, None, by_system=by_system)
    found = list(judged.refusals)
    reason = policy.reasons.get(command.reason)
    if reason is not None and not by_system:
        missing = missing_to_open(reason, command.note, command.evidence)
        if missing is not None:
            found.append(missing)
    strange = unknown_items(command.evidence, 0)
    if strange:
        found.append(refuse(Code.UNKNOWN_EVIDENCE, evidence=strange))
    return first_of(found), judged


def open_case(draft: Draft, command: OpenCase, judged: Judged) -> CaseDraft:
    """From here on it succeeds: the case is opened, and answered at once where a switch says so (R3.9)."""
    order, context = draft.order, draft.context
    terms = judged.terms
    assert order is not None, "the order is known before its cases are"
    assert terms is not None, "terms exist when nothing stands against them"
    policy = context.policies.in_force(context.now)
    c = draft.open(
        e.CaseOpened(
            case_id=context.new_case_id,
            merchant_id=order.merchant_id,
            order_no=order.order_no,
            buyer_id=order.buyer_id,
            currency=order.currency,
            policy=policy.version,
            terms=terms,
            goods=_GOODS[shipping_state(order)],
            opened_by=draft.actor.side,
            first_applied_at=judged.first_applied_at,
        )
    )
    file_evidence(c, Side.BUYER, command.evidence)
    answering.start_answer(c)
    if draft.actor.side is not Side.SYSTEM:
        _answer_at_once(c)
    return c


def _answer_at_once(c: CaseDraft) -> None:
    """Agreed without waiting: nothing printed yet, or below the merchant's own switch (rules §10)."""
    case, limits = c.case, c.policy.limits
    reason = c.policy.reasons[case.reason]
    if case.kind is not Kind.REFUND_ONLY or case.must_look:
        return
    unprinted = case.goods is Goods.NOT_SHIPPED and c.order.label_printed is False
    below = c.merchant.auto_refund_below
    small = (
        below is not None
        and c.order.paid < below
        and reason.auto_refund
        and c.draft.docket.auto_refunds < limits.auto_refunds_per_buyer
    )
    if unprinted or small:
        answering.carry_out(c, Basis.SWITCH, answering.as_asked(case), case.amount_minor)


def may_modify(c: CaseDraft, command: Modify | None) -> Refusal | None:
    case = c.case
    if closing.holds_unpaid_goods(c):
        return refuse(Code.WRONG_STAGE, stage=case.stage, goods=case.goods)
    if command is None:
        applications = _applications(c.draft.cases.values(), c.policy, case.lines, _family(case, c.policy))
        if applications >= c.policy.limits.applications:
            return refuse(Code.TOO_MANY_APPLICATIONS, applications=applications, limit=c.policy.limits.applications)
        return None
    asked = _modified(case, command)
    judged = judge(c.draft, policies_for(c.order, c.draft.context.policies, c.policy), asked, case, by_system=False)
    found = list(judged.refusals)
    reason = c.policy.reasons.get(asked.reason)
    if reason is not None:
        filed = [EvidenceItem(kind=kind) for kind in case.evidence.buyer]
        missing = missing_to_open(reason, asked.note, (*command.evidence, *filed))
        if missing is not None:
            found.append(missing)
    strange = unknown_items(command.evidence, case.evidence.count)
    if strange:
        found.append(refuse(Code.UNKNOWN_EVIDENCE, evidence=strange))
    return first_of(found)


def _modified(case: Case, command: Modify) -> Asked:
    """The application as changed. An amount that was the maximum follows the new maximum."""
    amount = command.amount
    if amount is None and case.amount_minor != case.maximum_minor:
        amount = case.amount_minor
    return Asked(
        command.kind or case.kind,
        command.reason or case.reason,
        command.lines if command.lines is not None else case.lines,
        amount,
        case.goods_received if command.goods_received is None else command.goods_received,
        case.note if command.note is None else command.note,
    )


def modify(c: CaseDraft, command: Modify) -> None:
    asked = _modified(c.case, command)
    judged = judge(c.draft, policies_for(c.order, c.draft.context.policies, c.policy), asked, c.case, by_system=False)
    assert judged.terms is not None, "the ladder found nothing against it"

    # From here on it succeeds: offers and preparation end, the answer deadline starts again (rules §5).
    closing.end_offers(c)
    c.stop_all()
    c.add(e.ApplicationModified(c.case.application + 1, judged.terms, _GOODS[shipping_state(c.order)]))
    file_evidence(c, Side.BUYER, command.evidence)
    answering.start_answer(c)


def may_withdraw(c: CaseDraft, command: Withdraw | None) -> Refusal | None:
    """Until money is sent or the return is on its way (rules §5)."""
    case = c.case
    sent = any(p.state is not PayoutState.CANCELLED for p in case.payouts)
    moving = case.goods in (Goods.RETURN_IN_TRANSIT, Goods.REPLACEMENT_IN_TRANSIT, Goods.SHIP_BACK_DUE)
    if sent or moving or case.ending is not None or closing.holds_unpaid_goods(c):
        return refuse(Code.WRONG_STAGE, stage=case.stage, goods=case.goods, funds=case.funds)
    return None


def withdraw(c: CaseDraft, command: Withdraw) -> None:
    if c.case.goods is Goods.INTERCEPTING and c.order.parcel is not None:
        c.add(e.InterceptionCancelled(c.order.parcel.carrier, c.order.parcel.tracking_no))
    closing.close(c, Outcome.WITHDRAWN, reason=command.note)
