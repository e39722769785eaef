"""What holds of an order and its cases whatever anybody does, by name."""

from collections.abc import Callable, Iterator
from typing import Any, Union

import msgspec

from amends.domain import commands as k
from amends.domain import events as e
from amends.domain.case import Case
from amends.domain.docket import Docket
from amends.domain.draft import base
from amends.domain.evolve import evolve, fold, opened
from amends.domain.folds.money import funds_of
from amends.domain.order import Order, shipping_state
from amends.domain.rules.amounts import looks_only_at_money, refundable_minor
from amends.domain.rules.opening import scans_contradict
from amends.domain.time import Instant
from amends.domain.views import next_step, status_code
from amends.domain.words import Goods, Ledger, Outcome, PayoutState, ScanCode, Stage
from tests.property.world import Step, World

GONE = (PayoutState.FAILED, PayoutState.CANCELLED)


# Of the state after every command --------------------------------------------------------------------------


def never_more_promised_than_was_paid(world: World) -> None:
    """Refunds: refunded + promised + paying <= paid (rules §3)."""
    if world.docket.order is not None:
        committed = world.docket.committed_minor(Ledger.REFUND)
        assert committed <= world.order.paid, f"{committed} of {world.order.paid} paid"


def no_channel_gives_back_more_than_it_took(world: World) -> None:
    """Original channels first, each up to what it paid (rules §3); accounts the buyer named are the exception."""
    if world.docket.order is None:
        return
    named = {case.account for case in world.cases if case.account is not None}
    given: dict[tuple[str, str], int] = {}
    for case in world.cases:
        for payout in case.payouts:
            if payout.ledger is Ledger.REFUND and payout.state not in GONE:
                channel = (payout.channel, payout.reference)
                given[channel] = given.get(channel, 0) + payout.amount_minor
    took = {(payment.channel, payment.reference): payment.paid for payment in world.order.payments}
    for channel, amount in given.items():
        assert channel in named or amount <= took[channel], f"{amount} through {channel}, which paid {took[channel]}"


def never_compensated_above_the_cap(world: World) -> None:
    """Compensation: at most `compensation_per_order` (rules §3)."""
    committed = world.docket.committed_minor(Ledger.COMPENSATION)
    for case in world.cases:
        cap = world.policies.get(case.policy).limits.compensation_per_order_minor
        assert committed <= cap, f"{committed} above {cap}"


def an_open_case_has_an_owner_and_a_clock(world: World) -> None:
    """A running deadline, or a watched movement of money; then the owner is known (rules, Owner)."""
    for case in world.cases:
        if not case.is_open:
            continue
        step = next_step(case, world.policies.get(case.policy))
        assert step.owner in ("buyer", "merchant", "platform", "courier", "system"), step
        if step.deadline is None:
            assert _money_moves(case, world.order), f"nobody moves the case next: {_told(case)}"
        owners = {
            d.owner
            for d in case.deadlines
            if base(d.key) not in ("offer_open", "negotiation_wait", "evidence", "evidence_more", "carrier_answer")
            and base(d.key) not in ("appeal_decision", "payout_unknown", "payout_account")
        }
        assert len(owners) <= 1, f"several own the next step: {_told(case)}"


def _money_moves(case: Case, order: Order) -> bool:
    """A payout that somebody watches: sent, or held by something that ends."""
    held_by = case.suspension is not None or (order.chargeback is not None and order.chargeback.state == "open")
    return any(
        payout.state is PayoutState.PAYING or (payout.state is PayoutState.HELD and held_by) for payout in case.payouts
    )


def an_unknown_payout_has_its_clock(world: World) -> None:
    """Asked again by its id; after 3 days a person settles it (rules §3)."""
    for case in world.cases:
        for payout in case.payouts:
            if payout.state is PayoutState.UNKNOWN:
                assert case.deadline(f"payout_unknown:{payout.payout_id}") is not None, _told(case)


def money_that_is_owed_is_on_its_way(world: World) -> None:
    """A promise waits for goods, for a person or for an account; never for nobody."""
    for case in world.cases:
        assert case.owed_minor <= case.due_minor, _told(case)
        assert case.compensation_owed_minor <= case.compensation_due_minor, _told(case)
        owed = case.due_minor or case.compensation_due_minor
        assert case.is_open or not owed, f"owed by a closed case: {_told(case)}"
        if case.stage is Stage.IN_MOTION and owed and case.goods in (Goods.WITH_BUYER, Goods.BACK, Goods.NOT_SHIPPED):
            waits = case.deadline("payout_account") or case.deadline("confirm_replacement")
            assert waits is not None, f"owed and not ordered: {_told(case)}"


def a_closed_case_runs_no_clock_and_no_money(world: World) -> None:
    """Only offers outlive the end (rules §5, §8)."""
    for case in world.cases:
        if case.is_open:
            continue
        assert {base(d.key) for d in case.deadlines} <= {"offer_open"}, _told(case)
        moving = [p for p in case.payouts if p.state in (PayoutState.PAYING, PayoutState.UNKNOWN, PayoutState.HELD)]
        assert not moving, f"money moves in a closed case: {_told(case)}"


def no_piece_is_in_two_open_cases(world: World) -> None:
    """Quantities of this order, not in another open case; price and freight look only at money (rules §1).

    A case that ended and is only looked at again (money that was reversed, a merchant's appeal) asks for nothing.
    """
    asked: dict[int, int] = {}
    for case in world.cases:
        only_looked_at = case.closing is not None and case.stage is Stage.UNDER_REVIEW
        money_only = looks_only_at_money(case, world.policies.get(case.policy))
        if case.is_open and not money_only and not only_looked_at:
            for line in case.lines:
                asked[line.line_no] = asked.get(line.line_no, 0) + line.quantity
    for line_no, quantity in asked.items():
        bought = world.order.line(line_no)
        assert bought is not None, f"line {line_no} is not of the order"
        assert quantity <= bought.quantity, f"{quantity} of {bought.quantity} pieces of line {line_no} in open cases"


def funds_follow_from_payouts(world: World) -> None:
    for case in world.cases:
        assert case.funds is funds_of(case), _told(case)


def goods_that_come_back_find_their_way_to_money(world: World) -> None:
    """Every piece of a parcel on its way back is in an open case or paid for, while there is money (rules §7)."""
    order = world.docket.order
    if order is None or order.parcel is None or scans_contradict(order) or order.paid_at is None:
        return
    came_back = shipping_state(order) in ("coming_back", "back")
    if not came_back or refundable_minor(order) <= world.docket.committed_minor(Ledger.REFUND):
        return
    for line in order.lines:
        cared_for = sum(
            asked.quantity
            for case in world.cases
            for asked in case.lines
            if asked.line_no == line.line_no and (case.is_open or _has_money(case) or _decided(case))
        )
        assert cared_for >= line.quantity or line.paid == 0, f"nobody cares for line {line.line_no}, which came back"


def _decided(case: Case) -> bool:
    """Somebody at the platform ruled, or the goods went to the buyer again."""
    ruled = case.ruling is not None and case.ruling.noticed_at is not None
    return ruled or (case.closing is not None and case.closing.outcome in (Outcome.SENT_BACK, Outcome.COMPLETED))


def every_case_has_a_status(world: World) -> None:
    for case in world.cases:
        assert status_code(case) > 0


def every_deadline_ends_after_it_starts(world: World) -> None:
    for case in world.cases:
        keys = [deadline.key for deadline in case.deadlines]
        assert len(keys) == len(set(keys)), f"a clock runs twice: {_told(case)}"
        for deadline in case.deadlines:
            assert deadline.due_at >= deadline.started_at, deadline
            assert deadline.started_at <= world.now, f"{deadline} starts after {world.now}"


def every_payout_was_sent_at_most_once(world: World) -> None:
    """A payout has an id made before it is sent; never sent twice (DESIGN §3, Money)."""
    sent = [pay.payout_id for _, pay in world.payouts_sent()]
    assert len(sent) == len(set(sent)), f"sent twice: {sorted(sent)}"
    for case in world.cases:
        for payout in case.payouts:
            told = payout.payout_id in sent
            never = payout.state in (PayoutState.HELD, PayoutState.CANCELLED)
            assert told or never, f"{payout} was never sent"


STATE: tuple[Callable[[World], None], ...] = (
    never_more_promised_than_was_paid,
    no_channel_gives_back_more_than_it_took,
    never_compensated_above_the_cap,
    an_open_case_has_an_owner_and_a_clock,
    an_unknown_payout_has_its_clock,
    money_that_is_owed_is_on_its_way,
    a_closed_case_runs_no_clock_and_no_money,
    no_piece_is_in_two_open_cases,
    goods_that_come_back_find_their_way_to_money,
    funds_follow_from_payouts,
    every_case_has_a_status,
    every_deadline_ends_after_it_starts,
    every_payout_was_sent_at_most_once,
)


# Of what one command did -----------------------------------------------------------------------------------


def no_command_commits_more_than_is_left(step: Step) -> None:
    """What the outside lowers under a promise stays promised; nothing adds to it (rules §3)."""
    before, after, order = step.before, step.after, step.after.order
    if order is None:
        return
    bound = max(refundable_minor(order), before.committed_minor(Ledger.REFUND))
    assert after.committed_minor(Ledger.REFUND) <= bound, f"more than {bound} is committed"


def facts_are_numbered_without_gaps(step: Step) -> None:
    for case_id, facts in _by_case(step).items():
        before = step.before.case(case_id)
        first = before.version + 1 if before else 1
        assert [fact.seq for fact in facts] == list(range(first, first + len(facts)))


def nothing_happens_in_the_future(step: Step) -> None:
    for fact in step.decided.facts:
        assert fact.at <= step.context.now, f"{fact} counts after {step.context.now}"


def folding_gives_what_is_stored(step: Step) -> None:
    for case_id, states in _states(step).items():
        assert states[-1][1] == step.after.case(case_id), "the events do not lead to the state"


def a_closed_case_moves_no_money(step: Step) -> None:
    """It is reopened by its own event first (rules, Owner)."""
    for states in _states(step).values():
        for before, _, fact in states:
            if isinstance(fact.event, e.PayoutOrdered | e.PayoutReleased):
                assert before is not None
                assert before.is_open, f"{fact.event} in a closed case"


def a_closed_case_is_left_alone_until_reopened(step: Step) -> None:
    """Talk goes on, and the record of money that moved; stage, goods and promise rest (rules §5)."""
    for states in _states(step).values():
        for before, after, fact in states:
            if before is None or before.is_open or isinstance(fact.event, e.CaseReopened):
                continue
            assert not after.is_open, f"{fact.event} opened a closed case"
            assert isinstance(fact.event, _AFTER_CLOSING), f"{fact.event} in a closed case"


_AFTER_CLOSING = (
    e.MessageSent, e.EvidenceFiled, e.PositionStated, e.OfferMade, e.OfferAccepted, e.OfferDeclined, e.OffersEnded,
    e.DeadlinesSet, e.DeadlinePassed, e.DeadlineExtended, e.OutageCredited, e.InterceptionAnswered,
    e.PayoutMismatched,
)  # fmt: skip


def no_case_closes_on_goods_that_nobody_paid_for(step: Step) -> None:
    """Not while the merchant holds goods neither paid back nor sent back (rules, Owner)."""
    for case, closed in _closings(step):
        if looks_only_at_money(case, step.context.policies.get(case.policy)):
            continue
        held = returned_to_merchant(step.after, case) or case.goods in (Goods.BACK, Goods.COMING_BACK)
        assert not held or _has_money(case), f"the merchant keeps the goods for nothing: {closed} {_told(case)}"


def no_case_closes_on_a_buyer_with_nothing(step: Step) -> None:
    """Not while the buyer has neither goods nor money nor a decision (rules, Owner)."""
    for case, closed in _closings(step):
        decided = (case.ruling is not None and case.ruling.noticed_at is not None) or closed.outcome in (
            Outcome.WITHDRAWN, Outcome.CANCELLED, Outcome.REFUNDED_ELSEWHERE, Outcome.NOTHING_LEFT,
        )  # fmt: skip
        away: tuple[Goods, ...] = (
            Goods.LOST, Goods.COMING_BACK, Goods.BACK, Goods.RETURN_DELIVERED, Goods.IN_REPAIR, Goods.REPLACEMENT_DUE,
            Goods.SHIP_BACK_DUE,
        )  # fmt: skip
        if case.return_parcel is not None and case.return_parcel.scans:
            # A number without any scan counts as goods that were not sent (rules §4, `return_number`).
            away += (Goods.RETURN_IN_TRANSIT,)
        decided = decided or looks_only_at_money(case, step.context.policies.get(case.policy))
        assert decided or _has_money(case) or case.goods not in away, f"nothing for the buyer: {closed} {_told(case)}"


def returned_to_merchant(docket: Docket, case: Case) -> bool:
    """Whether goods of the case arrived at the merchant and none left again, by scans and words alone."""
    back = case.return_parcel is not None and any(
        scan.code in (ScanCode.DELIVERED, ScanCode.REFUSED) for scan in case.return_parcel.scans
    )
    return (back or bool(case.returned)) and case.replacements_sent == 0


def _has_money(case: Case) -> bool:
    return any(payout.state not in GONE for payout in case.payouts)


def a_deadline_passes_at_its_own_instant(step: Step) -> None:
    """Never before it is due, whenever the sweep comes (rules, Time)."""
    for states in _states(step).values():
        for before, _, fact in states:
            if isinstance(fact.event, e.DeadlinePassed):
                assert before is not None
                running = before.deadline(fact.event.key)
                assert running is not None, f"{fact.event.key} did not run"
                assert running.due_at == fact.event.due_at == fact.at <= step.context.now


def nothing_that_was_due_is_left(step: Step) -> None:
    """Deadlines due are applied before a command is judged (rules, Time)."""
    about = step.context.case_id
    if about is None or isinstance(step.command, k.CreditOutage):
        return
    case = step.after.case(about)
    assert case is not None
    due_at = case.next_due_at
    assert due_at is None or due_at > step.context.now, f"{due_at} is past: {_told(case)}"


def a_running_deadline_is_never_shortened(step: Step) -> None:
    """Pauses, extensions and credit lengthen; only the buyer's days to refuse shrink, at the first attempt."""
    for case_id, states in _states(step).items():
        for before, after, fact in states:
            if before is None or not isinstance(fact.event, e.DeadlinesSet):
                continue
            for deadline in fact.event.running:
                running = before.deadline(deadline.key)
                restarted = deadline.started_at == fact.at or (running and running.started_at != deadline.started_at)
                if running is None or restarted or deadline.key == "refuse_parcel":
                    continue
                assert deadline.due_at >= running.due_at, f"{case_id}: {running} became {deadline}, {after.stage}"


def while_suspended_nothing_lapses_and_no_money_leaves(step: Step) -> None:
    """Rules §4, `suspension`."""
    for states in _states(step).values():
        for before, _, fact in states:
            if before is None or before.suspension is None:
                continue
            sent = isinstance(fact.event, e.PayoutOrdered) and not fact.event.held
            assert not sent, f"{fact.event} while suspended"
            assert not isinstance(fact.event, e.DeadlinePassed | e.PayoutReleased), f"{fact.event} while suspended"


def silence_never_pays_where_a_person_must_look(step: Step) -> None:
    """The third answer: nothing in it is agreed or paid by silence or by a switch (rules §1)."""
    for states in _states(step).values():
        for before, _, fact in states:
            if before is None or not before.must_look or not isinstance(fact.event, e.CaseAgreed):
                continue
            goes_on = fact.event.reason == "late_scan" and before.agreement is not None
            assert goes_on or fact.event.basis not in ("switch", "system"), fact
            assert fact.event.basis != "lapse" or before.review is not None, fact


def silence_never_pays_for_goods_that_stay(step: Step) -> None:
    """Never money for goods that the buyer keeps unless the merchant opted in (R2.3)."""
    for states in _states(step).values():
        for before, _, fact in states:
            event = fact.event
            if before is None or not isinstance(event, e.CaseAgreed) or event.basis != "lapse":
                continue
            stays = before.goods is Goods.WITH_BUYER and event.goods is Goods.WITH_BUYER and event.remedy != "resend"
            if stays and not step.after.merchant.silent_refund_only:
                assert before.reason in ("not_received", "empty_parcel") or event.reason == "no_return_address", fact


def facts_survive_being_stored(step: Step) -> None:
    """A published format: every event and every state can be written and read back as it was."""
    for fact in step.decided.facts:
        stored = msgspec.json.decode(msgspec.json.encode(fact), type=StoredFact)
        assert e.Fact(stored.case_id, stored.seq, stored.at, stored.by, stored.event) == fact
    for case in step.decided.cases:
        assert _CASE.decode(msgspec.json.encode(case)) == case
    if step.decided.order is not None:
        assert _ORDER.decode(msgspec.json.encode(step.decided.order)) == step.decided.order


AnyEvent: Any = Union[tuple(e.Event.__subclasses__())]  # noqa: UP007 (made from the subclasses there are)


class StoredFact(msgspec.Struct, frozen=True):
    case_id: int
    seq: int
    at: Instant
    by: str
    event: AnyEvent


_CASE = msgspec.json.Decoder(Case)
_ORDER = msgspec.json.Decoder(Order)

STEP: tuple[Callable[[Step], None], ...] = (
    no_command_commits_more_than_is_left,
    facts_are_numbered_without_gaps,
    nothing_happens_in_the_future,
    folding_gives_what_is_stored,
    a_closed_case_moves_no_money,
    a_closed_case_is_left_alone_until_reopened,
    no_case_closes_on_goods_that_nobody_paid_for,
    no_case_closes_on_a_buyer_with_nothing,
    a_deadline_passes_at_its_own_instant,
    nothing_that_was_due_is_left,
    a_running_deadline_is_never_shortened,
    while_suspended_nothing_lapses_and_no_money_leaves,
    silence_never_pays_where_a_person_must_look,
    silence_never_pays_for_goods_that_stay,
    facts_survive_being_stored,
)


def the_record_folds_to_the_state(world: World) -> None:
    """From the very first event; asked at the end of a life."""
    for case in world.cases:
        assert fold(world.facts[case.case_id]) == case


def hold(world: World) -> None:
    """Everything, after a command."""
    for step in world.steps:
        for check in STEP:
            check(step)
    world.steps.clear()
    for holds in STATE:
        holds(world)


def _by_case(step: Step) -> dict[int, list[e.Fact]]:
    found: dict[int, list[e.Fact]] = {}
    for fact in step.decided.facts:
        found.setdefault(fact.case_id, []).append(fact)
    return found


def _states(step: Step) -> dict[int, list[tuple[Case | None, Case, e.Fact]]]:
    """Each event of the command with the case before and after it."""
    found = {}
    for case_id, facts in _by_case(step).items():
        case = step.before.case(case_id)
        states: list[tuple[Case | None, Case, e.Fact]] = []
        for fact in facts:
            now = opened(fact.event, fact.at) if case is None else evolve(case, fact)
            states.append((case, now, fact))
            case = now
        found[case_id] = states
    return found


def _closings(step: Step) -> Iterator[tuple[Case, e.CaseClosed]]:
    """Cases as they were just before they closed."""
    for states in _states(step).values():
        for before, _, fact in states:
            if isinstance(fact.event, e.CaseClosed):
                assert before is not None
                yield before, fact.event


def _told(case: Case) -> str:
    """Enough of a case to understand what went wrong."""
    clocks = ", ".join(f"{d.key} {d.owner}" for d in case.deadlines)
    payouts = ", ".join(f"{p.ledger} {p.amount_minor} {p.state}" for p in case.payouts)
    return (
        f"{case.kind} {case.reason} {case.stage} {case.goods} {case.funds} due {case.due_minor}"
        f"+{case.compensation_due_minor}; clocks: {clocks or 'none'}; payouts: {payouts or 'none'}; look: {case.look!r}"
    )
