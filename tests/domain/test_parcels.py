"""What the courier's scans do: interception, refusal, goods that come back, loss (rules §7; R3.1, R3.2)."""

from typing import Any

import pytest

from amends.domain import commands as k
from amends.domain import events as e
from amends.domain.effects import Intercept, Pay
from amends.domain.order import Scan, shipping_state
from amends.domain.refusals import Code
from amends.domain.words import Basis, Fault, Funds, Goods, Leg, Outcome, ScanCode, Side, Stage
from tests.domain.stories import R, return_agreed, unshipped
from tests.support.given import BUYER, OPERATOR, OWNER, SYSTEM, Scene, bought, days, hours, line, that


def asked(**changes: Any) -> Scene:
    return bought(**changes).shipped().later(hours(1)).opened(R, "changed_mind")


def stopping() -> Scene:
    return asked().given(OWNER, k.InterceptParcel())


def refusing(**changes: Any) -> Scene:
    return asked(**changes).given(OWNER, k.AgreeRefundAfterRefusal())


def after(case: Scene, *codes: ScanCode) -> Scene:
    """An hour between scans."""
    for code in codes:
        case = case.later(hours(1)).scanned(code)
    return case


C = ScanCode

# Where an order is, from its scans alone ------------------------------

STATES = [
    # scans in order of happening                                    state
    ((),                                                             "not_shipped"),
    ((C.PICKED_UP,),                                                 "in_transit"),
    ((C.PICKED_UP, C.AT_PICKUP_POINT),                               "in_transit"),
    ((C.PICKED_UP, C.OUT_FOR_DELIVERY, C.ATTEMPTED),                 "in_transit"),
    ((C.PICKED_UP, C.DELIVERED),                                     "delivered"),
    ((C.PICKED_UP, C.REFUSED),                                       "coming_back"),
    ((C.PICKED_UP, C.INTERCEPTED),                                   "coming_back"),
    ((C.PICKED_UP, C.RETURNING, C.IN_TRANSIT),                       "coming_back"),
    ((C.PICKED_UP, C.RETURNING, C.RETURNED),                         "back"),
    ((C.PICKED_UP, C.RETURNED, C.RETURNING),                         "back"),
    ((C.PICKED_UP, C.LOST),                                          "lost"),
    ((C.PICKED_UP, C.LOST, C.IN_TRANSIT),                            "in_transit"),
    ((C.PICKED_UP, C.REFUSED, C.DELIVERED),                          "delivered"),
    ((C.PICKED_UP, C.INTERCEPT_FAILED),                              "in_transit"),
]  # fmt: skip


@pytest.mark.parametrize(("codes", "state"), STATES)
def test_the_state_of_a_parcel_follows_from_its_scans(codes, state):
    """Rules §1, §7."""
    assert shipping_state(after(bought(), *codes).about(None).order) == state


def test_scans_that_arrive_out_of_order_are_put_in_the_order_of_happening():
    scene = bought().later(hours(10)).scanned(C.DELIVERED)
    scene = scene.scanned(C.OUT_FOR_DELIVERY, at=scene.now - hours(2)).scanned(C.PICKED_UP, at=scene.now - hours(9))
    assert shipping_state(scene.order) == "delivered"
    assert [scan.code for scan in scene.order.parcel.scans] == [C.PICKED_UP, C.OUT_FOR_DELIVERY, C.DELIVERED]


def test_the_same_scan_told_twice_changes_nothing():
    case = stopping().later(hours(3)).scanned(C.INTERCEPTED)
    case.when(SYSTEM, k.RecordScan(Leg.OUTWARD, "SF", "SF1", Scan(C.INTERCEPTED, case.now))).then()


# Interception ------------------------------

INTERCEPTED = [
    # scans after the courier was asked                 what becomes of the case                   paid
    ((C.INTERCEPTED,),                                  (Stage.IN_MOTION, Goods.COMING_BACK),      True),
    ((C.RETURNING,),                                    (Stage.IN_MOTION, Goods.COMING_BACK),      True),
    ((C.RETURNED,),                                     (Stage.IN_MOTION, Goods.BACK),             True),
    ((C.REFUSED,),                                      (Stage.IN_MOTION, Goods.COMING_BACK),      True),
    ((C.LOST,),                                         (Stage.IN_MOTION, Goods.LOST),             True),
    ((C.IN_TRANSIT, C.OUT_FOR_DELIVERY),                (Stage.IN_MOTION, Goods.INTERCEPTING),     False),
    ((C.INTERCEPT_FAILED,),                             (Stage.AWAITING_MERCHANT, Goods.IN_TRANSIT), False),
    ((C.DELIVERED,),                                    (Stage.AWAITING_MERCHANT, Goods.WITH_BUYER), False),
    ((C.INTERCEPTED, C.DELIVERED),                      (Stage.UNDER_REVIEW, Goods.WITH_BUYER),    True),
]  # fmt: skip


@pytest.mark.parametrize(("codes", "left", "paid"), INTERCEPTED)
def test_an_interception_pays_on_the_couriers_confirmation_alone(codes, left, paid):
    """R3.1, rules §7."""
    case = after(stopping(), *codes)
    assert (case.case.stage, case.case.goods) == left
    assert ([pay.amount_minor for pay in case.sent if isinstance(pay, Pay)] == [59_00]) is paid


def test_scans_that_contradict_each_other_move_no_money():
    """Rules §7: a return scan with a later `delivered` that arrived first."""
    case = stopping().later(hours(3))
    case = case.given(SYSTEM, k.RecordInterception("accepted"))
    delivered = case.scanned(C.DELIVERED)
    turned = delivered.scanned(C.INTERCEPTED, at=delivered.now - hours(1))
    assert not [pay for pay in turned.sent if isinstance(pay, Pay)]


def test_the_courier_is_asked_and_its_word_alone_moves_no_money():
    """R3.1."""
    case = stopping()
    assert case.sent == (Intercept("SF", "SF1"),)
    case = case.given(SYSTEM, k.RecordInterception("accepted"))
    assert case.sent == (Intercept("SF", "SF1"),)
    assert case.case.goods is Goods.INTERCEPTING


def test_a_courier_that_says_no_returns_the_case_with_the_reason():
    """R3.1."""
    case = (
        stopping()
        .when(SYSTEM, k.RecordInterception("refused", "已派件"))
        .then(e.InterceptionAnswered, that(e.ReturnedToMerchant, why="已派件"))
    )
    assert case.due("answer.in_transit") == case.now + hours(24)
    assert case.case.due_minor == 0


def test_a_failed_interception_returns_to_the_merchant_with_the_money_promised_no_more():
    case = after(stopping(), C.INTERCEPT_FAILED)
    assert (case.case.funds, case.case.agreement) == (Funds.NONE, None)
    assert case.due("answer.in_transit") == case.now + hours(24)


def test_delivered_while_waiting_the_merchant_has_a_day_and_then_a_return_is_agreed():
    """Rules §7: lapse as `answer.with_buyer`."""
    case = after(stopping(), C.DELIVERED)
    assert case.due("answer.with_buyer") == case.now + hours(24)
    left = case.swept("answer.with_buyer")
    assert (left.case.goods, left.running) == (Goods.RETURN_DUE, {"ship_return"})


# Refund after refusal ------------------------------


@pytest.mark.parametrize(("category", "possible"), [("home", True), ("electronics", True), ("cosmetics", True),
                                                    ("fresh", False), ("custom", False)])  # fmt: skip
def test_a_refusal_is_agreed_only_where_the_goods_carry_the_no_reason_right(category, possible):
    """R3.2, D31."""
    case = asked(lines=(line(category=category),))
    answer = case.when(OWNER, k.AgreeRefundAfterRefusal())
    if possible:
        answer.then(e.CaseAgreed, that(e.RefusalAgreed, until=case.now + days(15), message="refuse_parcel"))
    else:
        answer.then_refused(Code.CATEGORY_NOT_REFUSABLE, lines=[1]).and_nothing_written()


REFUSED = [
    # scans after the agreement                        what becomes of the case                     paid
    ((C.REFUSED,),                                     (Stage.IN_MOTION, Goods.COMING_BACK),        True),
    ((C.ATTEMPTED, C.RETURNING),                       (Stage.IN_MOTION, Goods.COMING_BACK),        True),
    ((C.ATTEMPTED, C.RETURNING, C.RETURNED),           (Stage.IN_MOTION, Goods.BACK),               True),
    ((C.OUT_FOR_DELIVERY, C.ATTEMPTED),                (Stage.IN_MOTION, Goods.REFUSAL_AGREED),     False),
    ((C.DELIVERED,),                                   (Stage.AWAITING_MERCHANT, Goods.WITH_BUYER), False),
]  # fmt: skip


@pytest.mark.parametrize(("codes", "left", "paid"), REFUSED)
def test_the_money_comes_when_tracking_shows_the_refusal(codes, left, paid):
    """R3.2, R4.5."""
    case = after(refusing(), *codes)
    assert (case.case.stage, case.case.goods) == left
    assert ([pay.amount_minor for pay in case.sent] == [59_00]) is paid


def test_a_paid_refusal_ends_the_case_once_the_money_is_there():
    case = after(refusing(), C.REFUSED).answered()
    assert case.case.closing.outcome is Outcome.REFUNDED


# Goods that come back find their way to money ------------------------------


def test_goods_that_nobody_asked_about_open_their_own_case():
    """Rules §7."""
    scene = after(bought().shipped(), C.RETURNING)
    assert (scene.case.reason, scene.case.stage, scene.case.amount_minor) == (
        "parcel_came_back", Stage.AWAITING_MERCHANT, 65_00,
    )  # fmt: skip
    assert [pay.amount_minor for pay in scene.swept("answer.coming_back").sent] == [65_00]


def test_a_later_scan_of_the_same_way_back_opens_nothing_more():
    scene = after(bought().shipped(), C.REFUSED, C.RETURNING, C.RETURNED)
    assert len(scene.docket.cases) == 1


@pytest.mark.parametrize("story", ["lapsed", "rejected", "withdrawn"])
def test_a_closed_case_about_the_goods_runs_again_when_they_come_back(story):
    """Rules §7, Time."""
    ended = {
        "lapsed": lambda: after(refusing(), C.ATTEMPTED).swept("refuse_parcel"),
        "rejected": lambda: asked().rejected("shipped_normally").swept("after_rejection"),
        "withdrawn": lambda: asked().given(BUYER, k.Withdraw()),
    }[story]()
    back = after(ended, C.RETURNING)
    assert len(back.docket.cases) == 1
    assert back.case.is_open
    assert back.case.goods is Goods.COMING_BACK
    paid = back if story == "lapsed" else back.swept("answer.coming_back")
    assert sum(pay.amount_minor for pay in paid.sent if isinstance(pay, Pay)) == 59_00


def test_a_return_scan_older_than_the_lapse_counts_from_when_it_happened():
    """Rules, Time: a late scan reopens what it would have prevented."""
    case = after(refusing(), C.ATTEMPTED)
    lapses = case.due("refuse_parcel")
    closed = case.at(lapses + hours(5)).given(SYSTEM, k.Lapse())
    late = closed.scanned(C.REFUSED, at=lapses - hours(1))
    assert [pay.amount_minor for pay in late.sent] == [59_00]
    in_time = case.at(lapses + hours(5)).scanned(C.REFUSED, at=lapses - hours(1))
    assert [pay.amount_minor for pay in in_time.sent] == [59_00]
    assert in_time.events(e.DeadlinePassed) == []


def test_pieces_in_no_case_are_paid_beside_those_that_somebody_asked_about():
    """Rules §7: if no open case covers those goods."""
    scene = bought(lines=(line(1), line(2))).shipped().opened(R, "changed_mind", lines=(k.CaseLine(1, 2),))
    scene = after(scene, C.REFUSED)
    assert [case.reason for case in scene.docket.cases] == ["changed_mind", "parcel_came_back"]
    assert [case.lines for case in scene.docket.cases] == [(k.CaseLine(1, 2),), (k.CaseLine(2, 2),)]


def test_goods_that_nobody_asked_about_come_back_at_nobodys_fault():
    """Rules §2: as in the case before, else none."""
    scene = after(bought().shipped(), C.REFUSED)
    assert scene.case.fault is Fault.NONE


# Lost, and found again ------------------------------


def test_a_lost_parcel_is_the_merchants_risk():
    """Rules §7: refund_only agreed by the system."""
    scene = after(bought().shipped(), C.LOST)
    assert [pay.amount_minor for pay in scene.sent] == [65_00]
    assert (scene.case.opened_by, scene.case.agreement.basis) == (Side.SYSTEM, Basis.SYSTEM)


def test_a_lost_parcel_pays_the_case_that_asked():
    case = after(asked(), C.LOST)
    assert len(case.docket.cases) == 1
    assert [pay.amount_minor for pay in case.sent] == [59_00]


def test_found_again_is_looked_at_and_never_a_debit():
    case = after(bought().shipped(), C.LOST).answered()
    found = after(case, C.DELIVERED)
    assert (found.case.stage, found.case.look) == (Stage.UNDER_REVIEW, "found_again")
    assert found.case.paid_minor == 65_00


def test_a_lost_return_is_looked_at():
    """Rules §4, `return_transit`: whose label it was decides."""
    case = return_agreed().sent_back().later(hours(30)).scanned(C.LOST, Leg.RETURN)
    assert (case.case.stage, case.running) == (Stage.UNDER_REVIEW, {"look", "carrier_answer"})


# The clock follows the goods ------------------------------


def test_a_parcel_that_leaves_while_the_merchant_is_silent_gives_him_the_time_of_the_road():
    case = unshipped().later(hours(10)).scanned(C.PICKED_UP)
    assert case.case.goods is Goods.IN_TRANSIT
    assert case.running == {"answer.in_transit"}
    assert case.due("answer.in_transit") == case.case.opened_at + hours(48)


def test_a_parcel_that_arrives_while_the_merchant_is_silent_leaves_him_a_day_at_least():
    case = asked().later(hours(40)).scanned(C.DELIVERED)
    assert case.due("answer.with_buyer") == case.now + hours(24)
    early = asked().later(hours(4)).scanned(C.DELIVERED)
    assert early.due("answer.with_buyer") == early.case.opened_at + hours(48)


@pytest.mark.parametrize("code", [C.DELIVERED, C.OUT_FOR_DELIVERY])
def test_goods_that_move_on_never_shorten_a_clock_that_was_lengthened(code):
    case = asked().given(OPERATOR, k.ExtendDeadline("answer.in_transit", 72, "仓库停电"))
    due = case.due("answer.in_transit")
    key = "answer.with_buyer" if code is C.DELIVERED else "answer.in_transit"
    assert case.later(hours(4)).scanned(code).due(key) == due


@pytest.mark.parametrize("code", [C.RETURNING, C.RETURNED])
def test_the_rest_of_the_way_back_leaves_a_paid_case_closed(code):
    case = after(refusing(), C.REFUSED).answered()
    assert not after(case, code).case.is_open


def test_an_outward_scan_after_the_end_changes_nothing_else():
    case = asked().given(OWNER, k.Agree(1)).answered()
    assert case.case.closing.outcome is Outcome.REFUNDED
    assert after(case, C.OUT_FOR_DELIVERY).docket.cases == case.docket.cases


# Returns ------------------------------


def test_a_return_sent_after_all_reopens_what_had_lapsed_as_not_sent():
    """Rules, Time."""
    case = return_agreed().given(BUYER, k.ShipReturn("YTO", "YT1")).swept("return_scan").swept("return_number")
    assert case.case.closing.outcome is Outcome.LAPSED_NOT_SENT
    case = case.later(hours(5)).scanned(C.PICKED_UP, Leg.RETURN)
    assert (case.case.goods, case.running) == (Goods.RETURN_IN_TRANSIT, {"return_transit"})
    case = case.later(hours(30)).scanned(C.DELIVERED, Leg.RETURN).given(OWNER, k.AcceptReturn())
    assert [pay.amount_minor for pay in case.sent] == [65_00]


def test_a_return_that_comes_back_to_the_buyer_is_to_be_sent_again():
    case = return_agreed().sent_back().later(hours(30)).scanned(C.RETURNED, Leg.RETURN)
    assert (case.case.goods, case.running) == (Goods.RETURN_DUE, {"ship_return"})


def test_the_merchant_may_take_a_return_before_the_courier_says_delivered():
    case = return_agreed().sent_back().given(OWNER, k.AcceptReturn())
    assert [pay.amount_minor for pay in case.sent] == [65_00]
