"""News of an order: from the shop, from the courier, from silence. Goods that come back find their way to money."""

from datetime import timedelta

from msgspec.structs import replace

from amends.domain import events as e
from amends.domain.commands import AskPlatformRefund, CaseLine, OpenCase, RecordScan, SyncOrder
from amends.domain.draft import CaseDraft, Draft
from amends.domain.folds.goods import add_scan
from amends.domain.order import RETURN_SCANS, Order, Parcel, shipping_state
from amends.domain.policy import Policy
from amends.domain.refusals import Code, Refusal, first_of, refuse
from amends.domain.rules import (
    amounts,
    answering,
    closing,
    lapsing,
    offers,
    opening,
    paying,
    replacements,
    returns,
    transit,
)
from amends.domain.rules.evidence import file_evidence, missing_groups
from amends.domain.words import EvidenceKind, Goods, Kind, Leg, Remedy, ScanCode, Side, Stage


def sync(draft: Draft, command: SyncOrder) -> None:
    """The shop's news replace the mirror; scans stay. Older news than what is known changes nothing.

    Nor does any of an order whose cases were erased: it would tell anew who the buyer is, and nothing would erase it.
    """
    before, now = draft.order, draft.context.now
    cases = draft.docket.cases
    if cases and all(case.erased_at is not None for case in cases):
        return
    occurred_at = command.occurred_at or now
    if before is not None and before.synced_at is not None and occurred_at < before.synced_at:
        return
    order = Order(
        merchant_id=draft.merchant.merchant_id,
        order_no=command.order_no,
        buyer_id=command.buyer_id,
        currency=command.currency,
        lines=command.lines,
        freight_paid=command.freight_paid,
        paid=command.paid,
        payments=command.payments,
        group=command.group,
        ship_by=command.ship_by,
        label_printed=command.label_printed,
        parcel=_parcel(before, command),
        paid_at=command.paid_at,
        confirmed_at=command.confirmed_at,
        confirmed_by=command.confirmed_by,
        buyer_phone=command.buyer_phone,
        cancelled_at=command.cancelled_at,
        refunded_elsewhere=max(command.refunded_elsewhere, before.refunded_elsewhere if before else 0),
        chargeback=command.chargeback,
        free_shipping=command.free_shipping,
        synced_at=occurred_at,
        stop_shipping=before.stop_shipping if before else False,
    )
    draft.order = order
    _balance_moved(draft, before, order)
    if _did_not_fill(draft, before, order) and not draft.cases:
        _refund_group(draft)
    _watch(draft)


def _did_not_fill(draft: Draft, before: Order | None, order: Order) -> bool:
    """The shop says so, or a group that was forming turns out to have filled too late (rules §4, `group_fill`)."""
    group = order.group
    if group is None or group.state == "failed":
        return group is not None
    waited = before is not None and before.group is not None and before.group.state == "forming"
    if not waited or group.grouped_at is None:
        return False
    return group.grouped_at >= _policy(draft).due("group_fill", group.started_at)


def _parcel(before: Order | None, command: SyncOrder) -> Parcel | None:
    known = before.parcel if before else None
    if command.carrier is None or command.tracking_no is None:
        return known
    if known is not None and known.tracking_no == command.tracking_no:
        return known
    return Parcel(command.carrier, command.tracking_no, known.scans if known else ())


def _balance_moved(draft: Draft, before: Order | None, order: Order) -> None:
    """Money that went out elsewhere, or a chargeback that began or ended (rules §3)."""
    if before is None:
        return
    less = amounts.refundable_minor(order) < amounts.refundable_minor(before)
    for case_id in list(draft.cases):
        c = draft.on(case_id)
        if not c.case.is_open:
            continue
        if less:
            paying.balance_reduced(c, "refunded_elsewhere" if order.chargeback is None else "chargeback")
        if order.chargeback is None or order.chargeback.state != "open":
            paying.release_held(c)
        closing.settle(c)


def _policy(draft: Draft) -> Policy:
    return draft.context.policies.in_force(draft.context.now)


def _watch(draft: Draft) -> None:
    """When silence next moves the order itself: a group that does not fill, a parcel without a scan for 10 days."""
    order = draft.order
    assert order is not None, "only a known order is watched"
    due = None
    if order.group is not None and order.group.state == "forming":
        policy = _policy(draft)
        due = policy.due("group_fill", order.group.started_at)
        due += timedelta(minutes=policy.deadlines["group_fill"].grace_minutes)
        if draft.cases:
            due = None
    elif shipping_state(order) == "in_transit" and order.parcel is not None and amounts.balance_minor(draft):
        silent = _policy(draft).due("outward_silence", order.parcel.scans[-1].occurred_at)
        due = silent if silent > draft.context.now or order.due_at is not None else draft.context.now
    if due != order.due_at:
        draft.order = replace(order, due_at=due)


def lapse(draft: Draft) -> None:
    """Silence about the order itself: refund a group that did not fill, or a parcel nobody saw for 10 days."""
    order, now = draft.order, draft.context.now
    if order is None or order.due_at is None or order.due_at > now:
        return
    draft.as_system(order.due_at)
    if order.group is not None and order.group.state == "forming":
        _refund_group(draft)
    else:
        _lost(draft, "no_scan")
    order = draft.order
    assert order is not None, "it was there before"
    draft.order = replace(order, due_at=None)
    draft.as_sender()


def _refund_group(draft: Draft) -> None:
    """No group, no sale: everything is paid back by itself, and the shop is told not to ship (R4.3)."""
    order = draft.order
    assert order is not None, "a group is an order's"
    assert order.group is not None, "an order without a group waits for nobody"
    # The shop may still call it forming; that it did not fill in time is what counts.
    draft.order = order = replace(order, group=replace(order.group, state="failed"))
    c = _open_by_system(draft, "group_failed")
    if c is not None:
        answering.system_refund(c, "group_failed")
        closing.settle(c)
    draft.order = replace(order, stop_shipping=True)


def _what_is_left(draft: Draft, policy: Policy) -> tuple[CaseLine, ...]:
    """Every piece of the order that is in no open case, did not come back and was not refunded in full."""
    order = draft.order
    assert order is not None, "pieces are an order's"
    taken = amounts.pieces_taken(draft.cases.values(), policy, None)
    left = (CaseLine(line.line_no, line.quantity - taken.get(line.line_no, 0)) for line in order.lines)
    return tuple(line for line in left if line.quantity > 0)


def _open_by_system(draft: Draft, reason: str) -> CaseDraft | None:
    """A case for everything of the order that is left; None where nothing is."""
    order = draft.order
    assert order is not None, "a case is about an order"
    draft.as_system(draft.at)
    policy = _policy(draft)
    lines = _what_is_left(draft, policy)
    command = OpenCase(order.order_no, lines, Kind.REFUND_ONLY, reason, goods_received=False)
    asked = opening.Asked(command.kind, reason, lines, None, goods_received=False, note="")
    judged = opening.judge(draft, (policy,), asked, None, by_system=True)
    left = min(amounts.balance_minor(draft), judged.terms.maximum_minor if judged.terms else 0)
    if not lines or not left or judged.terms is None or draft.context.new_case_id in draft.cases:
        return None
    terms = replace(judged.terms, amount_minor=left)
    return opening.open_case(draft, command, replace(judged, terms=terms))


def record_outward_scan(draft: Draft, command: RecordScan) -> None:
    """A scan of the order's own parcel, for the order and every case that it concerns (rules §7)."""
    order = draft.order
    assert order is not None, "scans are about a known order"
    parcel = order.parcel or Parcel(command.carrier, command.tracking_no)
    if any(s.code is command.scan.code and s.occurred_at == command.scan.occurred_at for s in parcel.scans):
        return
    news, now = command.scan, draft.context.now
    # What had lapsed when it happened stays lapsed; what lapses later is judged with the scan known (rules, Time).
    running = [case_id for case_id, case in draft.cases.items() if case.is_open]
    for case_id in running:
        lapsing.lapse_until(draft.on(case_id), min(news.occurred_at, now))
    seen = replace(order, parcel=add_scan(parcel, news))
    draft.order = seen
    acted = False
    for case_id in list(draft.cases):
        c = draft.on(case_id)
        if c.case.is_open and transit.concerns(c.case):
            transit.scan(c, command.carrier, command.tracking_no, news)
            closing.settle(c)
            draft.as_sender()
            acted = acted or not amounts.looks_only_at_money(c.case, c.policy)
    if not acted:
        for case_id in reversed(list(draft.cases)):
            c = draft.on(case_id)
            if not c.case.is_open and transit.after_closing(c, command.carrier, command.tracking_no, news):
                closing.settle(c)
                draft.as_sender()
                break
    # Pieces in no case are as much back, or lost, as those that somebody asked about.
    if news.code in RETURN_SCANS and shipping_state(seen) in ("coming_back", "back"):
        _open_by_system(draft, "parcel_came_back")
    elif news.code is ScanCode.LOST:
        _refund_what_is_left(draft, "lost")
    draft.as_sender()
    for case_id in running:
        c = draft.on(case_id)
        c.flush()
        if c.case.is_open:
            lapsing.lapse_until(c, now)
    _watch(draft)


def _lost(draft: Draft, why: str) -> None:
    """An outward parcel that is lost is the merchant's risk: refunded by the system (rules §7)."""
    for case_id in list(draft.cases):
        c = draft.on(case_id)
        case = c.case
        open_question = case.stage in (Stage.AWAITING_MERCHANT, Stage.AWAITING_BUYER) or case.goods in (
            Goods.INTERCEPTING,
            Goods.REFUSAL_AGREED,
        )
        about_goods = transit.concerns(case) and not amounts.looks_only_at_money(case, c.policy)
        if case.is_open and about_goods and open_question:
            answering.system_refund(c, why)
            closing.settle(c)
    _refund_what_is_left(draft, why)


def _refund_what_is_left(draft: Draft, why: str) -> None:
    c = _open_by_system(draft, "stuck_in_transit")
    if c is not None:
        answering.system_refund(c, why)
        closing.settle(c)


def record_case_scan(c: CaseDraft, command: RecordScan) -> None:
    """A scan of a return or of something on its way to the buyer; the same scan again changes nothing."""
    parcel = c.case.return_parcel if command.leg is Leg.RETURN else c.case.replacement_parcel
    news = command.scan
    if parcel is None or any(s.code is news.code and s.occurred_at == news.occurred_at for s in parcel.scans):
        return
    if not c.case.is_open:
        if command.leg is Leg.RETURN:
            returns.after_closing(c, command.carrier, command.tracking_no, news)
        return
    act = returns.scan if command.leg is Leg.RETURN else replacements.scan
    act(c, command.carrier, command.tracking_no, news)


def may_ask_refund(draft: Draft, command: AskPlatformRefund) -> tuple[Refusal | None, opening.Judged | None]:
    """The merchant asks the platform to refund an unshipped order, with the chat as proof (R4.4)."""
    order = draft.order
    assert order is not None, "asked about a known order"
    if opening.goods_group(order) != "not_shipped":
        return refuse(Code.KIND_NOT_POSSIBLE, kind=Kind.REFUND_ONLY, goods=shipping_state(order)), None
    policy = _policy(draft)
    lines = _what_is_left(draft, policy)
    asked = opening.Asked(Kind.REFUND_ONLY, "agreed", lines, None, goods_received=False, note=command.note)
    judged = opening.judge(draft, (policy,), asked, None, by_system=False)
    found = list(judged.refusals)
    kinds = {item.kind for item in command.evidence if item.kind is not None}
    missing = missing_groups([(EvidenceKind.CHAT_SCREENSHOT,)], kinds)
    if missing:
        found.append(refuse(Code.MISSING_EVIDENCE, missing=missing))
    return first_of(found), judged


def ask_refund(draft: Draft, command: AskPlatformRefund, judged: opening.Judged) -> CaseDraft:
    """Paid when the buyer accepts on his page, or a person finds the wish in the chat (rules §9)."""
    order, terms = draft.order, judged.terms
    assert order is not None, "asked about a known order"
    assert terms is not None, "terms exist when nothing stands against them"
    c = draft.open(
        e.CaseOpened(
            case_id=draft.context.new_case_id,
            merchant_id=order.merchant_id,
            order_no=order.order_no,
            buyer_id=order.buyer_id,
            currency=order.currency,
            policy=_policy(draft).version,
            terms=terms,
            goods=Goods.NOT_SHIPPED,
            opened_by=Side.MERCHANT,
            first_applied_at=judged.first_applied_at,
        )
    )
    file_evidence(c, Side.MERCHANT, command.evidence)
    c.add(e.PlatformRefundAsked(command.note))
    offers.put(c, Side.PLATFORM, Remedy.REFUND_ONLY, terms.amount_minor, accepted_by=(Side.MERCHANT,))
    c.start("wish")
    return c
