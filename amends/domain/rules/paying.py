"""Money on its way: orders for payouts, the provider's answers, and the exits when it says no (rules §3)."""

from amends.domain import events as e
from amends.domain.case import Payout
from amends.domain.commands import NamePayoutAccount, RecordPayout, SettlePayout
from amends.domain.draft import CaseDraft
from amends.domain.order import Payment
from amends.domain.refusals import Code, Refusal, refuse
from amends.domain.rules import amounts, closing
from amends.domain.words import Ledger, PayoutState, Stage


def pay_due(c: CaseDraft) -> None:
    """Order payouts for all that is due."""
    _pay(c, c.case.due_minor, c.case.compensation_due_minor)


def pay_owed(c: CaseDraft) -> None:
    """Order payouts for what waits for no goods; the rest stays promised until it is decided."""
    if c.case.stage is Stage.IN_MOTION and c.case.goods in closing.GOODS_AT_REST:
        pay_due(c)
    else:
        _pay(c, c.case.owed_minor, c.case.compensation_owed_minor)


def _pay(c: CaseDraft, refund_minor: int, compensation_minor: int) -> None:
    """Original channels first, each up to what it paid; with none left the buyer names an account (rules §3)."""
    left = refund_minor
    for payment, part in _channels(c, refund_minor):
        _order(c, Ledger.REFUND, part, payment.channel, payment.reference)
        left -= part
    account = _account(c, Ledger.REFUND)
    if left and account is not None:
        _order(c, Ledger.REFUND, left, *account)
    elif left:
        c.start("payout_account")
    if compensation_minor:
        failed = _failed_channels(c, Ledger.COMPENSATION)
        channels = [(p.channel, p.reference) for p in c.order.payments if (p.channel, p.reference) not in failed]
        way = _account(c, Ledger.COMPENSATION) or next(iter(channels), None)
        if way is not None:
            _order(c, Ledger.COMPENSATION, compensation_minor, *way)
        else:
            c.start("payout_account")


def _account(c: CaseDraft, ledger: Ledger) -> tuple[str, str] | None:
    """The account that the buyer named, unless it failed too: then another one is asked for."""
    return None if c.case.account in _failed_channels(c, ledger) else c.case.account


def _failed_channels(c: CaseDraft, ledger: Ledger) -> set[tuple[str, str]]:
    return {(p.channel, p.reference) for p in c.case.payouts if p.state is PayoutState.FAILED and p.ledger is ledger}


def _channels(c: CaseDraft, wanted: int) -> list[tuple[Payment, int]]:
    """How much each payment of the order gives back, in the order in which they were made."""
    used: dict[tuple[str, str], int] = {}
    for case in c.draft.cases.values():
        for payout in case.payouts:
            gone = payout.state in (PayoutState.FAILED, PayoutState.CANCELLED)
            if payout.ledger is Ledger.REFUND and not gone:
                key = (payout.channel, payout.reference)
                used[key] = used.get(key, 0) + payout.amount_minor
    failed = _failed_channels(c, Ledger.REFUND)
    parts: list[tuple[Payment, int]] = []
    for payment in c.order.payments:
        key = (payment.channel, payment.reference)
        part = min(wanted, max(0, payment.paid - used.get(key, 0)))
        if part and key not in failed:
            parts.append((payment, part))
            wanted -= part
    return parts


def _order(c: CaseDraft, ledger: Ledger, amount_minor: int, channel: str, reference: str) -> None:
    payout_id = c.name("p", len(c.case.payouts) + 1)
    c.add(e.PayoutOrdered(payout_id, ledger, amount_minor, channel, reference, held=must_hold(c, amount_minor)))


def must_hold(c: CaseDraft, amount_minor: int) -> bool:
    """Nothing is sent while the case is suspended or the order charged back; an appeal holds large sums only."""
    if c.case.suspension is not None:
        return True
    if c.order.chargeback is not None and c.order.chargeback.state == "open":
        return True
    appeal = c.case.appeal
    return appeal is not None and appeal.decided_at is None and amount_minor >= c.policy.limits.four_eyes_minor


def release_held(c: CaseDraft) -> None:
    """Send what was held, when nothing holds it any more."""
    for payout in c.case.payouts:
        if payout.state is PayoutState.HELD and not must_hold(c, payout.amount_minor):
            c.add(e.PayoutReleased(payout.payout_id))


def cancel_held(c: CaseDraft, why: str) -> None:
    """The money went another way: held payouts are not sent."""
    for payout in c.case.payouts:
        if payout.state is PayoutState.HELD:
            c.add(e.PayoutCancelled(payout.payout_id, why))


def may_record_payout(c: CaseDraft, command: RecordPayout | None) -> Refusal | None:
    if command is not None and c.case.payout(command.payout_id) is None:
        return refuse(Code.UNKNOWN_CASE, payout_id=command.payout_id)
    return None


def record_payout(c: CaseDraft, command: RecordPayout) -> None:
    """The provider's word on a payout; the same word again changes nothing (scenarios G35, L05)."""
    payout = c.case.payout(command.payout_id)
    assert payout is not None, "the ladder asked for it"
    if command.amount is not None and command.amount != payout.amount_minor:
        _mismatched(c, payout, command.answer, command.amount)
        return
    _apply(c, payout, command.answer, command.provider_reference, command.why, advanced=command.advanced)


def _mismatched(c: CaseDraft, payout: Payout, answer: str, amount_minor: int) -> None:
    """Another amount than was ordered: a person reads the statement; what was paid already stays as it was."""
    if payout.state in (PayoutState.PAYING, PayoutState.UNKNOWN) and c.running(_unknown_key(payout)) is None:
        c.add(e.PayoutMismatched(payout.payout_id, payout.amount_minor, amount_minor))
        c.start(_unknown_key(payout))
    elif payout.state is PayoutState.FAILED and answer == "done":
        _paid_after_failure(c, payout, amount_minor)


def _paid_after_failure(c: CaseDraft, payout: Payout, amount_minor: int) -> None:
    """Money moved after the provider had said no; if it was sent another way too, a person sorts it out."""
    if payout.mismatched:
        return
    if not c.case.is_open:
        c.add(e.CaseReopened("paid_after_failure"))
    c.add(e.PayoutMismatched(payout.payout_id, 0, amount_minor))
    closing.look(c, "paid_after_failure")


def _apply(
    c: CaseDraft, payout: Payout, answer: str, reference: str = "", why: str = "", *, advanced: bool = False
) -> None:
    match answer, payout.state:
        case "done", PayoutState.PAYING | PayoutState.UNKNOWN | PayoutState.HELD:
            c.add(e.PayoutPaid(payout.payout_id, reference, advanced))
            c.stop(_unknown_key(payout))
        case "failed", PayoutState.PAYING | PayoutState.UNKNOWN:
            c.add(e.PayoutFailed(payout.payout_id, why))
            c.stop(_unknown_key(payout))
            pay_owed(c)
        case "failed", PayoutState.PAID:
            # The provider takes its word back: nothing is sent again before a person has looked.
            if not c.case.is_open:
                c.add(e.CaseReopened("payout_reversed"))
            c.add(e.PayoutFailed(payout.payout_id, why))
            closing.look(c, "payout_reversed")
        case "done", PayoutState.FAILED:
            _paid_after_failure(c, payout, payout.amount_minor)
        case "unknown", PayoutState.PAYING:
            c.add(e.PayoutUnknown(payout.payout_id))
            c.start(_unknown_key(payout))
        case _:
            return


def _unknown_key(payout: Payout) -> str:
    return f"payout_unknown:{payout.payout_id}"


def may_settle_payout(c: CaseDraft, command: SettlePayout | None) -> Refusal | None:
    """Two persons read the provider's statement (rules §3)."""
    stuck = [p for p in c.case.payouts if c.running(_unknown_key(p)) is not None]
    if not stuck:
        return refuse(Code.WRONG_STAGE, stage=c.case.stage, needs="unknown_payout")
    if command is not None:
        stuck = [p for p in stuck if p.payout_id == command.payout_id]
        if not stuck:
            return refuse(Code.WRONG_STAGE, stage=c.case.stage, needs="unknown_payout", payout_id=command.payout_id)
    payout = min(stuck, key=lambda p: p.unknown_at or p.ordered_at)
    from_ = (payout.unknown_at or payout.ordered_at) + c.policy.deadlines["payout_unknown"].length
    if c.at < from_:
        return refuse(Code.TOO_EARLY, until=from_)
    if command is None:
        return None
    if payout.proposed_by == c.actor.name and payout.proposed_result == command.result:
        return refuse(Code.SAME_PERSON, first=payout.proposed_by)
    return None


def settle_payout(c: CaseDraft, command: SettlePayout) -> None:
    payout = c.case.payout(command.payout_id)
    assert payout is not None, "the ladder asked for it"
    if payout.proposed_by in ("", c.actor.name) or payout.proposed_result != command.result:
        c.add(e.PayoutSettlementProposed(payout.payout_id, command.result, command.statement, c.actor.name))
        return
    _apply(c, payout, command.result, why=command.statement)


def may_name_account(c: CaseDraft, command: NamePayoutAccount | None) -> Refusal | None:
    if c.running("payout_account") is None:
        return refuse(Code.WRONG_STAGE, stage=c.case.stage, needs="failed_payout")
    return None


def name_account(c: CaseDraft, command: NamePayoutAccount) -> None:
    c.add(e.PayoutAccountNamed(command.channel, command.reference))
    c.stop("payout_account")
    pay_owed(c)


def balance_reduced(c: CaseDraft, why: str) -> None:
    """The shop or the provider paid back outside: what is still due shrinks to what is left."""
    others = c.draft.committed_minor(Ledger.REFUND) - c.case.refund_committed_minor
    left = max(0, amounts.refundable_minor(c.order) - others - c.case.ordered_minor(Ledger.REFUND))
    if c.case.due_minor > left:
        c.add(e.BalanceReduced(left, why))
        if not c.case.due_minor and not c.case.compensation_due_minor:
            c.stop("payout_account", how="moot")
    over = c.draft.committed_minor(Ledger.REFUND) > amounts.refundable_minor(c.order)
    if over and any(p.state is PayoutState.HELD for p in c.case.payouts):
        cancel_held(c, why)
    if c.case.stage is not Stage.CLOSED and left == 0 and not c.case.refund_committed_minor:
        closing.nothing_left(c, elsewhere=True)
