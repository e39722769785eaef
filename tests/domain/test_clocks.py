"""What moves, bounds and restarts a deadline, and windows in which something is possible (rules, Time, §4)."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from amends.domain import commands as k
from amends.domain import events as e
from amends.domain.effects import Intercept, Pay, StopShipping
from amends.domain.order import Group
from amends.domain.refusals import Code
from amends.domain.words import (
    Basis,
    EvidenceKind,
    Funds,
    Goods,
    Holding,
    Leg,
    Outcome,
    Remedy,
    RulingOutcome,
    ScanCode,
    Side,
    Stage,
)
from tests.domain.stories import (
    ALL,
    GOODS_ALONE,
    REVIEW,
    B,
    R,
    S,
    X,
    agreed,
    appealed,
    arrived,
    came_back,
    dismissed,
    evidence_over,
    intercepting,
    money,
    overdue,
    repair_overdue,
    replacement_sent,
    return_agreed,
    return_disputed,
    return_posted,
    reviewed,
    travelling,
    unstopped,
)
from tests.support.given import (
    ARBITRATOR,
    BUYER,
    OPERATOR,
    OWNER,
    PAID_AT,
    POLICY,
    SHOP,
    SUPERVISOR,
    SYSTEM,
    TICK,
    TOLD,
    Scene,
    bought,
    days,
    hours,
    line,
    proof,
    ruling,
    that,
)

# The answer to an order that has not left ------------------------------


SHIP_BY = [
    # shipping promised in   the merchant's time
    (hours(48),              hours(24)),
    (hours(24) + TICK,       hours(24)),
    (hours(10),              hours(10)),
    (hours(4),               hours(4)),
    (hours(2),               hours(4)),
    (-hours(5),              hours(4)),
]  # fmt: skip


@pytest.mark.parametrize(("promised", "left"), SHIP_BY)
def test_the_answer_ends_with_the_promised_shipping_but_leaves_four_hours(promised, left):
    """R4.4, rules §4."""
    case = bought(ship_by=PAID_AT + promised).opened(R, "changed_mind")
    assert case.due("answer.not_shipped") == PAID_AT + left


def test_the_clock_of_the_back_scan_starts_when_the_goods_are_back():
    """Rules §4: opened, or the `back` scan if later."""
    case = came_back().later(hours(30)).scanned(ScanCode.RETURNED)
    assert case.due("answer.coming_back") == case.now + hours(48)
    assert case.case.goods is Goods.BACK


def test_a_modification_starts_the_answer_again():
    """R5.2, rules §5."""
    case = arrived(B, "quality").later(hours(40)).given(BUYER, k.Modify(amount=30_00))
    assert case.due("answer.with_buyer") == case.now + hours(48)


def test_silence_pays_for_goods_that_stay_only_where_the_merchant_switched_it_on():
    """R2.3."""
    case = bought(replace(SHOP, silent_refund_only=True)).delivered().opened(R, "quality")
    left = case.at(case.due("answer.with_buyer")).when(SYSTEM, k.Lapse())
    left.then(e.DeadlinePassed, agreed(Remedy.REFUND_ONLY, ALL, goods=Goods.WITH_BUYER), money(ALL))


@pytest.mark.parametrize("kind", [B, X])
def test_silence_of_a_merchant_without_a_return_address_pays_without_the_goods(kind):
    """Rules §4."""
    case = bought(replace(SHOP, addresses=())).delivered().opened(kind, "quality")
    left = case.at(case.due("answer.with_buyer")).when(SYSTEM, k.Lapse())
    left.then(e.DeadlinePassed, agreed(Remedy.REFUND_ONLY, ALL, reason="no_return_address"), money(ALL))


def test_silence_about_an_empty_parcel_sends_again_where_that_was_asked():
    """R2.3: as asked."""
    case = arrived(S, "empty_parcel")
    left = case.at(case.due("answer.with_buyer")).when(SYSTEM, k.Lapse())
    left.then(e.DeadlinePassed, agreed(Remedy.RESEND, ALL))


def test_silence_pays_what_is_left_and_says_what_was_asked():
    """Rules §3."""
    case = arrived(R, "not_received").news(lines=(line(category="electronics"),), refunded_elsewhere=50_00)
    left = case.at(case.due("answer.with_buyer")).when(SYSTEM, k.Lapse())
    left.then(e.DeadlinePassed, agreed(Remedy.REFUND_ONLY, 15_00, asked_minor=65_00), money(15_00))


# In transit ------------------------------


def test_silence_asks_the_courier_and_the_money_waits_for_the_parcel():
    case = unstopped()
    assert case.sent == (Intercept("SF", "SF1"),)
    back = case.later(hours(5)).scanned(ScanCode.RETURNING)
    assert [type(message) for message in back.sent] == [Intercept, Pay]


def test_silence_asks_no_courier_who_stands_at_the_door():
    """R3.1: two hours after the first out-for-delivery scan it is too late to ask."""
    case = travelling().later(hours(40)).scanned(ScanCode.OUT_FOR_DELIVERY)
    left = case.at(case.due("answer.in_transit")).when(SYSTEM, k.Lapse())
    left = left.then(e.DeadlinePassed, agreed(Remedy.REFUND_ONLY, GOODS_ALONE))
    assert left.sent == ()
    assert left.running == {"unstopped"}


def test_a_parcel_delivered_while_the_money_waits_goes_back_to_the_merchant_with_a_day():
    """Rules §4, `answer.in_transit`; then as `answer.with_buyer`: a return, never money alone."""
    case = unstopped().later(hours(71)).scanned(ScanCode.DELIVERED)
    assert case.case.stage is Stage.AWAITING_MERCHANT
    assert case.due("answer.with_buyer") == case.now + hours(24)
    case.at(case.due("answer.with_buyer")).when(SYSTEM, k.Lapse()).then(
        e.DeadlinePassed, agreed(Remedy.RETURN_AND_REFUND, GOODS_ALONE)
    )


def test_a_parcel_delivered_after_the_money_left_asks_nothing_of_the_merchant_again():
    """Paid by silence on a parcel that nobody saw arrive: what was sent is not asked for twice."""
    case = unstopped().swept("unstopped").later(hours(2)).scanned(ScanCode.DELIVERED)
    assert case.case.stage is Stage.IN_MOTION
    assert case.answered().case.closing.outcome is Outcome.REFUNDED


@pytest.mark.parametrize("answer_first", [True, False])
def test_a_parcel_delivered_after_it_turned_back_is_looked_at_and_nobody_debited(answer_first):
    """Rules §7, before the provider's answer as after it."""
    case = intercepting().later(hours(5)).scanned(ScanCode.INTERCEPTED)
    case = case.answered() if answer_first else case
    case = case.later(hours(20)).scanned(ScanCode.DELIVERED)
    assert (case.case.stage, case.case.goods) == (Stage.UNDER_REVIEW, Goods.WITH_BUYER)
    assert case.running == {"look"}
    assert case.answered().case.stage is Stage.UNDER_REVIEW


@pytest.mark.parametrize("code", [ScanCode.IN_TRANSIT, ScanCode.DELIVERED])
def test_a_parcel_that_was_lost_and_paid_is_looked_at_when_it_is_found(code):
    """Rules §7: never a debit."""
    case = travelling().given(OWNER, k.AgreeRefundAfterRefusal()).later(hours(5)).scanned(ScanCode.LOST)
    assert case.case.funds is Funds.PAYING
    case = case.later(hours(20)).scanned(code)
    assert (case.case.stage, case.running) == (Stage.UNDER_REVIEW, {"look"})


def test_interception_ends_five_days_after_the_opening():
    """Rules §4: 72 h, all interception within 120 h."""
    case = travelling()
    opened_at = case.now
    case = case.given(OPERATOR, k.ExtendDeadline("answer.in_transit", 72, "节日")).later(hours(100))
    case = case.given(OWNER, k.InterceptParcel())
    assert case.due("intercept_result") == opened_at + hours(120)


def test_a_failed_interception_leaves_the_merchant_a_day():
    """R3.1."""
    case = intercepting().swept("intercept_result")
    assert case.due("answer.in_transit") == case.now + hours(24)


def test_two_days_to_refuse_start_at_the_first_attempt_and_end_fifteen_days_after_agreeing():
    """R3.2, rules §4."""
    case = travelling().given(OWNER, k.AgreeRefundAfterRefusal())
    agreed_at = case.now
    assert case.due("refuse_parcel") == agreed_at + days(15)
    early = case.later(days(3)).scanned(ScanCode.ATTEMPTED)
    assert early.due("refuse_parcel") == early.now + hours(48)
    assert case.later(days(3)).scanned(ScanCode.OUT_FOR_DELIVERY).due("refuse_parcel") == agreed_at + days(15)
    assert case.later(days(14)).scanned(ScanCode.ATTEMPTED).due("refuse_parcel") == agreed_at + days(15)


# Returns and replacements ------------------------------


def test_a_corrected_number_starts_the_wait_for_a_scan_again():
    case = return_posted().swept("return_scan").later(hours(47)).given(BUYER, k.ShipReturn("YTO", "YT1"))
    assert case.running == {"return_scan"}
    assert case.due("return_scan") == case.now + hours(72)


def test_the_ten_days_of_a_return_start_at_its_first_scan():
    case = return_posted().later(hours(50)).scanned(ScanCode.PICKED_UP, Leg.RETURN)
    assert case.running == {"return_transit"}
    assert case.due("return_transit") == case.now + days(10)


def test_a_return_refused_at_the_merchants_door_is_to_be_checked():
    """Rules §4, `check_return`."""
    case = return_agreed().sent_back().later(hours(24)).scanned(ScanCode.REFUSED, Leg.RETURN)
    assert case.due("check_return") == case.now + hours(48)


def test_a_replacement_is_sent_again_once_and_then_paid():
    """Rules §4, `replacement_transit`."""
    case = replacement_sent().swept("replacement_transit").given(OWNER, k.ShipReplacement("SF", "SF2"))
    case.at(case.due("replacement_transit")).when(SYSTEM, k.Lapse()).then(
        e.DeadlinePassed, that(e.RefundInstead, refund_minor=ALL), money(ALL)
    )


@pytest.mark.parametrize("code", [ScanCode.LOST, ScanCode.RETURNED])
def test_a_replacement_that_is_lost_or_comes_back_leaves_two_days_to_send_again(code):
    case = replacement_sent().later(hours(30)).scanned(code, Leg.REPLACEMENT)
    assert case.running == {"ship_replacement"}
    assert case.due("ship_replacement") == case.now + hours(48)


def test_after_a_late_repair_the_buyer_chooses_a_new_one_or_the_money():
    """Rules §4, `repair`: the merchant has the goods already."""
    case = repair_overdue()
    new = case.given(BUYER, k.ChooseAfterRepair("exchange"))
    assert (new.case.goods, new.running) == (Goods.REPLACEMENT_DUE, {"ship_replacement"})
    money_instead = case.given(BUYER, k.ChooseAfterRepair("refund"))
    assert [pay.amount_minor for pay in money_instead.sent] == [65_00]
    sent = case.given(OWNER, k.ShipReplacement("SF", "SF2"))
    sent.when(BUYER, k.ChooseAfterRepair("refund")).then_refused(Code.WRONG_STAGE).and_nothing_written()


def test_goods_of_a_return_that_nobody_ruled_on_bring_the_platform():
    """Rules §4, `after_rejection`: no case closes while the merchant holds goods for nothing."""
    case = return_disputed()
    left = case.at(case.due("after_rejection")).when(SYSTEM, k.Lapse()).then(e.DeadlinePassed, REVIEW)
    assert left.case.stage is Stage.UNDER_REVIEW


@pytest.mark.parametrize("code", [ScanCode.REFUSED, ScanCode.RETURNED])
def test_goods_to_be_sent_back_without_an_agreement_are_paid_at_what_was_asked(code):
    """The parcel came back and nobody had agreed on anything: 72 h to send it again, as ruled, then money."""
    case = bought().shipped().scanned(code).rejected().given(BUYER, k.RequestIntervention()).later(hours(12))
    case = case.given(ARBITRATOR, ruling(RulingOutcome.DISMISS, None, "chat", goods=Holding.BACK_TO_BUYER))
    case.at(case.due("ship_back")).when(SYSTEM, k.Lapse()).then(
        e.DeadlinePassed, that(e.RefundInstead, refund_minor=ALL), money(ALL)
    )


# The platform's own clocks ------------------------------


def test_a_late_platform_is_given_a_day_each_time_and_counted():
    """R4.2, rules §4, `ruling`."""
    case = evidence_over().swept("ruling")
    assert case.due("ruling") == case.now + hours(24)
    case = case.swept("ruling")
    assert case.case.review.late == 2
    assert case.due("ruling") == case.now + hours(24)


def test_a_late_appeal_is_given_a_day():
    case = appealed().swept("appeal_decision")
    assert case.due("appeal_decision") == case.now + hours(24)


def test_evidence_of_the_first_round_pauses_nothing():
    """Rules §4."""
    case = reviewed()
    assert case.due("ruling") == case.now + hours(48)


def test_later_requests_pause_the_ruling_for_two_days_at_most():
    """R4.2: one per side, 24 h each, all pauses within 48 h."""
    case = reviewed()
    due = case.due("ruling")
    case = case.given(ARBITRATOR, k.RequestEvidence("buyer", ("开箱视频",)))
    assert case.due("ruling") == due + hours(24)
    case = case.given(ARBITRATOR, k.RequestEvidence("merchant", ("发货视频",)))
    assert case.due("ruling") == due + hours(48)
    case.when(ARBITRATOR, k.RequestEvidence("buyer", ("再拍一次",))).then_refused(
        Code.ALREADY_REQUESTED, side="buyer"
    ).and_nothing_written()


def test_a_late_platform_may_not_pause_itself():
    """Rules §4, `ruling`."""
    case = evidence_over().swept("ruling")
    due = case.due("ruling")
    assert case.given(SUPERVISOR, k.RequestEvidence("buyer", ("开箱视频",))).due("ruling") == due


def test_evidence_filed_ends_the_clock_of_its_side():
    case = reviewed().given(BUYER, k.AddEvidence(proof(EvidenceKind.VIDEO)))
    assert case.running == {"evidence:merchant", "ruling"}


# The order itself ------------------------------


def forming(**changes: object) -> Scene:
    return bought(group=Group("forming", PAID_AT), **changes)


GROUP_LAPSES = PAID_AT + hours(24) + timedelta(minutes=10)


def test_a_group_that_did_not_fill_is_refunded_ten_minutes_after_its_day():
    """R4.3, rules §4, `group_fill`."""
    scene = forming()
    assert scene.order.due_at == GROUP_LAPSES
    scene.at(GROUP_LAPSES - TICK).when(SYSTEM, k.Lapse()).then()
    left = scene.at(GROUP_LAPSES).when(SYSTEM, k.Lapse())
    refund = that(e.CaseAgreed, basis=Basis.SYSTEM, remedy=Remedy.REFUND_ONLY, refund_minor=ALL)
    left = left.then(that(e.CaseOpened, opened_by=Side.SYSTEM), refund, money(ALL))
    assert left.order.stop_shipping
    assert StopShipping("o1") in left.sent
    assert left.answered().case.closing.outcome is Outcome.REFUNDED


def test_news_of_a_group_that_filled_in_the_last_second_keep_the_order():
    scene = forming().at(GROUP_LAPSES - TICK)
    scene = scene.news(group=Group("formed", PAID_AT, grouped_at=PAID_AT + hours(24) - TICK))
    assert scene.order.due_at is None
    scene.at(GROUP_LAPSES).when(SYSTEM, k.Lapse()).then()


FILLED = [
    # the group filled after   refunded
    (hours(24) - TICK,         False),
    (hours(24),                True),
]  # fmt: skip


@pytest.mark.parametrize(("after", "refunded"), FILLED)
def test_news_in_the_ten_minutes_are_judged_by_when_the_group_filled(after, refunded):
    """Rules §4, `group_fill`: the shop's `grouped_at`, not when it says so."""
    scene = forming().at(PAID_AT + hours(24) + timedelta(minutes=5))
    scene = scene.news(group=Group("formed", PAID_AT, grouped_at=PAID_AT + after))
    assert bool(scene.sent) is refunded
    assert scene.order.stop_shipping is refunded


def test_a_group_formed_too_late_stays_refunded_and_the_shop_is_told_not_to_ship():
    scene = forming().at(GROUP_LAPSES).given(SYSTEM, k.Lapse())
    scene = scene.later(hours(1)).news(group=Group("formed", PAID_AT, grouped_at=PAID_AT + hours(25)))
    assert scene.order.stop_shipping
    assert len(scene.docket.cases) == 1


def test_a_parcel_nobody_saw_for_ten_days_is_the_merchants_loss():
    """Rules §7: lost outward is refunded by the system."""
    scene = bought().shipped()
    due = scene.now + days(10)
    assert scene.order.due_at == due
    scene.at(due - TICK).when(SYSTEM, k.Lapse()).then()
    refund = that(e.CaseAgreed, basis=Basis.SYSTEM, refund_minor=ALL)
    scene.at(due).when(SYSTEM, k.Lapse()).then(e.CaseOpened, refund, money(ALL))


def test_every_scan_starts_the_ten_days_again():
    scene = bought().shipped().later(days(9)).scanned(ScanCode.IN_TRANSIT)
    assert scene.order.due_at == scene.now + days(10)


def test_a_lost_parcel_pays_the_case_that_waits_for_it():
    scene = travelling().given(OWNER, k.AgreeRefundAfterRefusal()).about(None)
    left = scene.at(scene.order.due_at).when(SYSTEM, k.Lapse())
    left.then(that(e.CaseAgreed, basis=Basis.SYSTEM, refund_minor=GOODS_ALONE), money(GOODS_ALONE))


# What is possible until an instant, or again from it ------------------------------


def test_an_appeal_is_in_time_until_seven_days_after_the_notice():
    """R1.1; `appeal_window`."""
    case = dismissed()
    assert case.case.ruling.appeal_until == case.now + days(7)
    case.at(case.now + days(7) - TICK).when(BUYER, k.Appeal(TOLD * 2)).then(e.CaseReopened, e.Appealed)
    case.at(case.now + days(7)).when(BUYER, k.Appeal(TOLD * 2)).then_refused(
        Code.WINDOW_FOR_APPEAL_OVER
    ).and_nothing_written()


def test_offers_are_possible_until_fifteen_days_after_the_end():
    """R2.1; `offers_after_closing`."""
    case = dismissed()
    offer = k.MakeOffer(Remedy.REFUND_ONLY, amount=10_00)
    case.at(case.now + days(15) - TICK).when(OWNER, offer).then(e.OfferMade)
    case.at(case.now + days(15)).when(OWNER, offer).then_refused(Code.WRONG_STAGE).and_nothing_written()


def suspended(until: datetime | None = None, paper: str = "") -> Scene:
    case = arrived(B, "quality").later(hours(20))
    return case.given(ARBITRATOR, k.Suspend(until or case.now + days(10), "等待检测", paper))


def test_a_suspended_case_goes_on_by_itself_with_its_clocks_moved():
    """Rules §4, `suspension`: meanwhile nothing lapses."""
    case = suspended()
    due, until = case.due("answer.with_buyer"), case.case.suspension.until
    case.at(until - TICK).when(SYSTEM, k.Lapse()).then()
    left = case.at(until).when(SYSTEM, k.Lapse()).then(that(e.CaseResumed, moved_seconds=864_000))
    assert left.due("answer.with_buyer") == due + days(10)


def test_a_case_resumed_early_moves_its_clocks_by_the_time_that_it_stood():
    case = suspended()
    due = case.due("answer.with_buyer")
    case = case.later(hours(30)).given(SUPERVISOR, k.Resume())
    assert case.due("answer.with_buyer") == due + hours(30)


def test_money_that_falls_due_while_a_case_stands_still_is_held_until_it_goes_on():
    """Rules §4, `suspension`: no payout is sent."""
    case = intercepting()
    case = case.given(ARBITRATOR, k.Suspend(case.now + days(3), "警方调查"))
    stopped = case.later(hours(5)).scanned(ScanCode.INTERCEPTED)
    assert [type(message) for message in stopped.sent] == [Intercept]
    gone_on = stopped.at(case.now + days(3)).given(SYSTEM, k.Lapse())
    assert [type(message) for message in gone_on.sent] == [Intercept, Pay]


NOT_SUSPENDED = [
    # suspended until           code
    (-hours(1),                 Code.WINDOW_OVER),
    (hours(0),                  Code.WINDOW_OVER),
]  # fmt: skip


@pytest.mark.parametrize(("length", "code"), NOT_SUSPENDED)
def test_a_case_is_suspended_into_the_future(length, code):
    case = arrived(B, "quality")
    case.when(ARBITRATOR, k.Suspend(case.now + length, "等待检测")).then_refused(code).and_nothing_written()


def test_a_suspended_case_is_not_suspended_again():
    case = suspended()
    case.when(ARBITRATOR, k.Suspend(case.now + days(20), "再等")).then_refused(Code.SUSPENDED).and_nothing_written()


def test_longer_than_thirty_days_needs_a_paper():
    case = arrived(B, "quality")
    month = case.now + days(30)
    case.given(ARBITRATOR, k.Suspend(month, "等待检测"))
    case.when(ARBITRATOR, k.Suspend(month + TICK, "等待检测")).then_refused(
        Code.MISSING_EVIDENCE, until=month
    ).and_nothing_written()
    case.given(ARBITRATOR, k.Suspend(month + TICK, "等待判决", "(2026)粤 01 民初 1 号"))


# Outages, extensions and holidays ------------------------------


def test_an_outage_moves_the_deadlines_that_ended_inside_by_its_length():
    """Rules, Time."""
    case = arrived(B, "quality")
    due = case.due("answer.with_buyer")
    outage = k.CreditOutage(due - hours(2), due + hours(1))
    after_it = case.at(due + hours(1)).when(OPERATOR, outage).then(that(e.OutageCredited, keys=("answer.with_buyer",)))
    assert after_it.due("answer.with_buyer") == due + hours(3)
    elsewhere = k.CreditOutage(due - hours(5), due - hours(4))
    case.at(due - hours(3)).when(OPERATOR, elsewhere).then()


def test_an_outage_is_credited_when_it_is_over():
    case = arrived(B, "quality")
    case.when(OPERATOR, k.CreditOutage(case.now - hours(1), case.now + TICK)).then_refused(
        Code.TOO_EARLY, until=case.now + TICK
    ).and_nothing_written()


def test_a_deadline_is_lengthened_only_before_it_is_due():
    """Rules §9, `extend-deadline`."""
    case = arrived(B, "quality")
    due = case.due("answer.with_buyer")
    longer = k.ExtendDeadline("answer.with_buyer", 12, "商家仓库停电")
    assert case.at(due - TICK).given(OPERATOR, longer).due("answer.with_buyer") == due + hours(12)
    case.at(due).when(OPERATOR, longer).then_refused(Code.WRONG_STAGE).and_nothing_written()


def test_the_platform_lengthens_its_own_ruling_by_48_hours_in_all():
    """R4.2, rules §4: pauses for evidence and extensions count together, and are on record."""
    case = reviewed()
    due = case.due("ruling")
    paused = case.given(ARBITRATOR, k.RequestEvidence("merchant", ("发货视频",)))
    assert (paused.due("ruling"), paused.case.review.paused_seconds) == (due + hours(24), 24 * 3600)
    paused.when(SUPERVISOR, k.ExtendDeadline("ruling", 25, "等检测报告")).then_refused(
        Code.PAUSES_USED_UP, left_hours=24, most_hours=48
    ).and_nothing_written()
    longer = paused.given(SUPERVISOR, k.ExtendDeadline("ruling", 24, "等检测报告"))
    assert (longer.due("ruling"), longer.case.review.paused_seconds) == (due + hours(48), 48 * 3600)
    asked = longer.given(ARBITRATOR, k.RequestEvidence("buyer", ("开箱视频",)))
    assert asked.due("ruling") == due + hours(48)


def test_a_late_platform_may_not_make_its_clock_longer():
    """Rules §4, `ruling`: to the supervisor, who may not pause it."""
    case = reviewed().swept("ruling")
    case.when(SUPERVISOR, k.ExtendDeadline("ruling", 1, "人手不足")).then_refused(
        Code.PAUSES_USED_UP, left_hours=0
    ).and_nothing_written()


@pytest.mark.parametrize(("story", "key"), [(overdue, "look"), (appealed, "appeal_decision")])
def test_every_clock_of_the_platforms_own_is_bounded(story, key):
    """Each has 48 hours of its own; the look was given 47 of them in the story."""
    case = story()
    if key == "appeal_decision":
        case = case.given(SUPERVISOR, k.ExtendDeadline(key, 47, "调取物流底单"))
    case = case.given(SUPERVISOR, k.ExtendDeadline(key, 1, "调取物流底单"))
    case.when(SUPERVISOR, k.ExtendDeadline(key, 1, "再等一天")).then_refused(Code.PAUSES_USED_UP).and_nothing_written()


HOLIDAY = POLICY.holidays[0]


@pytest.mark.parametrize(
    ("opened_at", "length"),
    [
        (HOLIDAY.starts_at - TICK, hours(48)),
        (HOLIDAY.starts_at,        hours(48 + 72)),
        (HOLIDAY.ends_at - TICK,   hours(48 + 72)),
        (HOLIDAY.ends_at,          hours(48)),
    ],
)  # fmt: skip
def test_a_holiday_lengthens_the_deadlines_that_start_inside(opened_at, length):
    """Rules, Time; B21: the instant is fixed when the clock starts."""
    case = bought(lines=(line(category="clothing"),)).delivered().at(opened_at).opened(B, "quality")
    assert case.due("answer.with_buyer") == opened_at + length
