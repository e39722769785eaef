"""Every deadline of the policy at both edges of its instant: a microsecond before nothing, then what rules §4 say."""

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

import pytest

from amends.domain import commands as k
from amends.domain import events as e
from amends.domain.words import Basis, Goods, Outcome, Remedy, Stage
from tests.domain.stories import (
    ALL,
    GOODS_ALONE,
    REVIEW,
    B,
    P,
    R,
    S,
    X,
    agreed,
    appealed,
    arrived,
    asked_for_more,
    came_back,
    closed,
    evidence_over,
    intercepting,
    left_after_asking,
    money,
    no_channel_left,
    offered,
    overdue,
    payout_unknown,
    refund_asked_of_platform,
    refusable,
    rejected,
    repair_overdue,
    replaced,
    replacement_sent,
    return_agreed,
    return_posted,
    reviewed,
    script_sent,
    stuck,
    to_replace,
    to_ship_back,
    travelling,
    unshipped,
    unstopped,
)
from tests.support.given import BUYER, POLICY, SYSTEM, TICK, Scene, bought, days, hours, like, that

# What each silence does ------------------------------


class Silence(NamedTuple):
    """`arm` is the row of the policy's `then` that the case meets; `events` follow the passing of the deadline."""

    key: str
    arm: str
    story: Callable[[], Scene]
    length: timedelta
    events: tuple[type[e.Event] | like, ...]
    stage: Stage
    goods: Goods
    runs: set[str]


REVIEWED = {"evidence:buyer", "evidence:merchant", "ruling"}
MOVES, REVIEWS, MERCHANT, REJECTED, CLOSED = (
    Stage.IN_MOTION, Stage.UNDER_REVIEW, Stage.AWAITING_MERCHANT, Stage.AWAITING_BUYER, Stage.CLOSED,
)  # fmt: skip
G, M = Goods, Remedy


SILENCES = [
    # key                  arm                 story               length      what follows, and where that leaves it
    Silence("answer.not_shipped", "any", unshipped, hours(24),
            (agreed(M.REFUND_ONLY, ALL), money(ALL)), MOVES, G.NOT_SHIPPED, set()),

    Silence("answer.in_transit", "merchant", left_after_asking, hours(47),
            (agreed(M.REFUND_ONLY, ALL), money(ALL)), MOVES, G.IN_TRANSIT, set()),
    Silence("answer.in_transit", "carrier", stuck, hours(48),
            (agreed(M.REFUND_ONLY, ALL), money(ALL)), MOVES, G.IN_TRANSIT, set()),
    Silence("answer.in_transit", "price_difference", lambda: travelling("price_difference"), hours(48),
            (REVIEW,), REVIEWS, G.IN_TRANSIT, REVIEWED),
    Silence("answer.in_transit", "freight_refund", lambda: travelling("freight_refund"), hours(48),
            (REVIEW,), REVIEWS, G.IN_TRANSIT, REVIEWED),
    Silence("answer.in_transit", "any", travelling, hours(48),
            (agreed(M.REFUND_ONLY, GOODS_ALONE, goods=G.INTERCEPTING), e.InterceptionRequested),
            MOVES, G.INTERCEPTING, {"unstopped"}),

    Silence("answer.with_buyer", "not_received", lambda: arrived(R, "not_received"), hours(48),
            (agreed(M.REFUND_ONLY, ALL), money(ALL)), MOVES, G.WITH_BUYER, set()),
    Silence("answer.with_buyer", "empty_parcel", lambda: arrived(R, "empty_parcel"), hours(48),
            (agreed(M.REFUND_ONLY, ALL), money(ALL)), MOVES, G.WITH_BUYER, set()),
    Silence("answer.with_buyer", "agreed", lambda: arrived(B, "agreed"), hours(48),
            (REVIEW,), REVIEWS, G.WITH_BUYER, REVIEWED),
    Silence("answer.with_buyer", "price_difference", lambda: arrived(R, "price_difference"), hours(48),
            (REVIEW,), REVIEWS, G.WITH_BUYER, REVIEWED),
    Silence("answer.with_buyer", "freight_refund", lambda: arrived(R, "freight_refund"), hours(48),
            (REVIEW,), REVIEWS, G.WITH_BUYER, REVIEWED),
    Silence("answer.with_buyer", "refund_only", lambda: arrived(R, "quality"), hours(48),
            (agreed(M.RETURN_AND_REFUND, ALL, return_address_id="a1"),), MOVES, G.RETURN_DUE, {"ship_return"}),
    Silence("answer.with_buyer", "return_and_refund", lambda: arrived(B, "quality"), hours(48),
            (agreed(M.RETURN_AND_REFUND, ALL, return_address_id="a1"),), MOVES, G.RETURN_DUE, {"ship_return"}),
    Silence("answer.with_buyer", "exchange", lambda: arrived(X, "quality"), hours(48),
            (agreed(M.EXCHANGE, ALL, return_address_id="a1"),), MOVES, G.RETURN_DUE, {"ship_return"}),
    Silence("answer.with_buyer", "resend", lambda: arrived(S, "missing_items"), hours(48),
            (agreed(M.RESEND, ALL),), MOVES, G.REPLACEMENT_DUE, {"ship_replacement"}),
    Silence("answer.with_buyer", "repair", lambda: arrived(P, "quality"), hours(48),
            (agreed(M.REPAIR, ALL, return_address_id="a1"),), MOVES, G.RETURN_DUE, {"ship_return"}),

    Silence("answer.coming_back", "any", came_back, hours(48),
            (agreed(M.REFUND_ONLY, ALL), money(ALL)), MOVES, G.COMING_BACK, set()),

    Silence("negotiation_wait", "any", script_sent, hours(0.5),
            (), MERCHANT, G.WITH_BUYER, {"answer.with_buyer"}),
    Silence("offer_open:merchant", "any", offered, hours(48),
            (that(e.OffersEnded, why="lapsed"),), MERCHANT, G.WITH_BUYER, {"answer.with_buyer"}),

    Silence("intercept_result", "any", intercepting, hours(72),
            (that(e.ReturnedToMerchant, why="intercept_timeout"),), MERCHANT, G.IN_TRANSIT, {"answer.in_transit"}),
    Silence("unstopped", "any", unstopped, hours(72),
            (agreed(M.REFUND_ONLY, GOODS_ALONE), money(GOODS_ALONE)), MOVES, G.IN_TRANSIT, set()),
    Silence("refuse_parcel", "any", refusable, hours(48),
            (closed(Outcome.LAPSED_NOT_REFUSED),), CLOSED, G.REFUSAL_AGREED, set()),

    Silence("ship_return", "any", return_agreed, days(7),
            (closed(Outcome.LAPSED_NOT_SENT),), CLOSED, G.RETURN_DUE, set()),
    Silence("return_scan", "any", return_posted, hours(72),
            (), MOVES, G.RETURN_IN_TRANSIT, {"return_number"}),
    Silence("return_number", "any", lambda: return_posted().swept("return_scan"), hours(48),
            (closed(Outcome.LAPSED_NOT_SENT),), CLOSED, G.RETURN_IN_TRANSIT, set()),
    Silence("return_transit", "any", lambda: return_agreed().sent_back(), days(10),
            (that(e.LookRequired, why="return_overdue"),), REVIEWS, G.RETURN_IN_TRANSIT, {"look", "carrier_answer"}),
    Silence("carrier_answer", "any", lambda: overdue().swept("look"), hours(72 - 71),
            (), REVIEWS, G.RETURN_IN_TRANSIT, {"look"}),
    Silence("check_return", "any", lambda: return_agreed().handed_in(), hours(48),
            (that(e.ReturnAccepted, basis=Basis.LAPSE), money(ALL)), MOVES, G.BACK, set()),

    Silence("ship_replacement", "any", to_replace, hours(48),
            (that(e.RefundInstead, refund_minor=ALL), money(ALL)), MOVES, G.BACK, set()),
    Silence("repair", "any", lambda: return_agreed(P).handed_in(), days(30),
            (that(e.ReturnAccepted, basis=Basis.LAPSE), e.RepairChoiceGiven), MOVES, G.IN_REPAIR, {"repair_choice"}),
    Silence("repair_choice", "any", repair_overdue, days(7),
            (that(e.RefundInstead, refund_minor=ALL), money(ALL)), MOVES, G.BACK, set()),
    Silence("replacement_transit", "any", replacement_sent, days(10),
            (that(e.ReplacementFailed, why="overdue"),), MOVES, G.REPLACEMENT_DUE, {"ship_replacement"}),
    Silence("confirm_replacement", "any", replaced, days(7),
            (that(e.ReceiptConfirmed, basis=Basis.LAPSE), closed(Outcome.COMPLETED)), CLOSED, G.WITH_BUYER, set()),

    Silence("after_rejection", "any", rejected, days(7),
            (closed(Outcome.LAPSED_AFTER_REJECTION),), CLOSED, G.WITH_BUYER, set()),

    Silence("evidence:buyer", "any", reviewed, hours(24),
            (that(e.DeadlinePassed, key="evidence:merchant", outcome="judge"),), REVIEWS, G.WITH_BUYER, {"ruling"}),
    Silence("evidence_more:buyer", "any", asked_for_more, hours(24),
            (), REVIEWS, G.WITH_BUYER, {"ruling"}),
    Silence("ruling", "any", evidence_over, hours(24),
            (that(e.PlatformWasLate, key="ruling", times=1),), REVIEWS, G.WITH_BUYER, {"ruling"}),
    Silence("look", "any", lambda: return_agreed().sent_back().swept("return_transit"), hours(24),
            (that(e.PlatformWasLate, key="look", times=1),), REVIEWS, G.RETURN_IN_TRANSIT, {"look", "carrier_answer"}),
    Silence("wish", "any", refund_asked_of_platform, hours(24),
            (that(e.PlatformWasLate, key="wish", times=1),), REVIEWS, G.NOT_SHIPPED, {"wish", "offer_open:platform"}),
    Silence("ship_back", "any", to_ship_back, hours(72),
            (that(e.RefundInstead, refund_minor=ALL), money(ALL)), MOVES, G.BACK, set()),
    Silence("appeal_decision", "any", appealed, hours(72),
            (that(e.PlatformWasLate, key="appeal_decision", times=1),), REVIEWS, G.WITH_BUYER, {"appeal_decision"}),

    Silence("payout_account", "any", no_channel_left, days(7),
            (), MOVES, G.NOT_SHIPPED, {"payout_account"}),
    Silence("payout_unknown", "any", payout_unknown, hours(72),
            (), MOVES, G.NOT_SHIPPED, {"payout_unknown"}),
]  # fmt: skip

OF_THE_ORDER = {"outward_silence", "group_fill"}
"""Silence that moves an order, with or without a case: further down."""

WINDOWS = {"appeal_window", "offers_after_closing", "suspension"}
"""Lengths after which something is possible no more, or again: further down."""


def named(key: str, story: Scene) -> str:
    """`payout_unknown` runs under the id of its payout."""
    return next((running for running in story.running if running.startswith(f"{key}:")), key)


@pytest.mark.parametrize("row", SILENCES, ids=[f"{row.key} {row.arm}" for row in SILENCES])
def test_silence_does_what_the_rules_say_at_the_instant_and_nothing_before(row):
    """Rules §4; R2.3, R4.2. D01, D13."""
    story = row.story()
    key = named(row.key, story)
    rule = POLICY.deadlines[row.key.partition(":")[0]]
    due = story.due(key)
    assert due == story.now + row.length

    story.at(due - TICK).when(SYSTEM, k.Lapse()).then()

    passed = that(e.DeadlinePassed, key=key, due_at=due, outcome=rule.then[row.arm])
    left = story.at(due).when(SYSTEM, k.Lapse()).then(passed, *row.events)
    assert (left.case.stage, left.case.goods) == (row.stage, row.goods)
    assert {running.partition(":")[0] if row.key == "payout_unknown" else running for running in left.running} == (
        row.runs
    )


@pytest.mark.parametrize("row", SILENCES, ids=[f"{row.key} {row.arm}" for row in SILENCES])
def test_a_late_sweep_lengthens_nothing(row):
    """Rules, Time: what follows from a lapse counts from the instant at which the deadline passed."""
    story = row.story()
    due = story.due(named(row.key, story))
    punctual, late = (story.at(due + wait).given(SYSTEM, k.Lapse()) for wait in (timedelta(0), hours(0.4)))
    assert late.case == punctual.case
    assert late.facts == punctual.facts


@pytest.mark.parametrize("row", SILENCES, ids=[f"{row.key} {row.arm}" for row in SILENCES])
def test_a_command_at_the_instant_finds_the_deadline_passed(row):
    """Rules, Time: decided first, swept or not. The message is refused by nobody and writes the lapse down first."""
    story = row.story()
    due = story.due(named(row.key, story))
    written = story.at(due).given(BUYER, k.SendMessage("在吗"))
    swept = story.at(due).given(SYSTEM, k.Lapse()).given(BUYER, k.SendMessage("在吗"))
    assert [fact.event for fact in written.facts] == [fact.event for fact in swept.facts]


def test_every_deadline_and_every_arm_of_the_policy_is_proved_here():
    arms = {(row.key.partition(":")[0], row.arm) for row in SILENCES}
    written = {(key, arm) for key, rule in POLICY.deadlines.items() for arm in rule.then}
    assert arms | {(key, "any") for key in OF_THE_ORDER | WINDOWS} == written


# Where a person must look, silence pays nothing ------------------------------


@pytest.mark.parametrize("kind", [R, B])
def test_silence_about_a_counterfeit_brings_the_platform_and_no_money(kind):
    """Rules §1: the third answer."""
    case = bought().delivered().opened(kind, "counterfeit")
    left = case.at(case.due("answer.with_buyer")).when(SYSTEM, k.Lapse()).then(e.DeadlinePassed, REVIEW)
    assert left.case.stage is REVIEWS
    assert not left.sent
