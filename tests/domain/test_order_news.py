"""What the shop tells of an order, and what its parcel does while a case runs (rules §7, §11)."""

from amends.domain import commands as k
from amends.domain.effects import Pay
from amends.domain.order import Group
from amends.domain.refusals import Code
from amends.domain.words import Kind, Outcome, ScanCode, Stage
from tests.domain.stories import B, return_agreed, travelling, unshipped
from tests.support.given import BUYER, OWNER, PAID_AT, SYSTEM, bought, hours, order


def test_older_news_change_nothing():
    scene = bought(occurred_at=PAID_AT + hours(2))
    scene.when(SYSTEM, order(buyer_phone="000", occurred_at=PAID_AT + hours(1))).then()
    late = scene.given(SYSTEM, order(buyer_phone="000", occurred_at=PAID_AT + hours(1)))
    assert late.order.buyer_phone == "13800000000"
    assert late.given(SYSTEM, order(buyer_phone="000", occurred_at=PAID_AT + hours(3))).order.buyer_phone == "000"


def test_scans_stay_when_the_shop_tells_of_the_order_again():
    scene = bought().shipped().news(label_printed=True)
    assert [scan.code for scan in scene.order.parcel.scans] == [ScanCode.PICKED_UP]
    assert scene.news(carrier=None, tracking_no=None).order.parcel is not None


def test_what_was_paid_back_elsewhere_never_grows_less():
    scene = bought(refunded_elsewhere=20_00).news(refunded_elsewhere=0)
    assert scene.order.refunded_elsewhere == 20_00


def test_a_failed_group_is_refunded_once_however_often_the_shop_says_so():
    """R4.3, G33."""
    failed = Group("failed", PAID_AT)
    scene = bought(group=failed).news(group=failed).news(group=failed)
    assert len(scene.docket.cases) == 1
    assert len([message for message in scene.sent if isinstance(message, Pay)]) == 1


def test_a_parcel_that_turns_back_after_a_return_was_agreed_leaves_nothing_to_send():
    """Received only by the shop's timer: the money comes for the goods that come."""
    scene = bought().shipped().news(confirmed_at=PAID_AT + hours(3), confirmed_by="timer").later(hours(5))
    case = scene.opened(B, "no_reason").given(OWNER, k.Agree(1)).later(hours(5)).scanned(ScanCode.RETURNED)
    assert [pay.amount_minor for pay in case.sent] == [59_00]


def test_a_parcel_that_turns_back_after_it_was_handed_over_is_looked_at():
    """Rules §7: contradiction, no money."""
    case = return_agreed(B, "no_reason").later(hours(5)).scanned(ScanCode.RETURNED)
    assert (case.case.stage, case.case.look) == (Stage.UNDER_REVIEW, "scans_contradict")
    assert not case.sent


def test_a_request_about_money_alone_is_not_settled_by_a_parcel():
    """Rules §1: price and freight look only at money."""
    scene = travelling("price_difference").given(OWNER, k.SendMessage("您好"))
    lost = scene.later(hours(3)).scanned(ScanCode.LOST)
    assert sorted(case.reason for case in lost.docket.cases) == ["price_difference", "stuck_in_transit"]
    price = next(case for case in lost.docket.cases if case.reason == "price_difference")
    assert price.stage is Stage.AWAITING_MERCHANT


def test_an_order_that_the_shop_cancelled_is_refunded_by_the_shop():
    """Rules §3: counts into the balance; a case with nothing left closes."""
    case = unshipped()
    left = case.news(cancelled_at=case.now)
    assert left.case.closing.outcome is Outcome.REFUNDED_ELSEWHERE
    assert [effect for effect in left.sent if isinstance(effect, Pay)] == []
    again = left.when(BUYER, left.asking(Kind.REFUND_ONLY, "changed_mind"))
    again.then_refused(Code.EXCEEDS_BALANCE, left_minor=0)


def test_a_cancelled_order_with_a_figure_counts_by_the_figure():
    case = unshipped()
    left = case.news(cancelled_at=case.now, refunded_elsewhere=20_00)
    assert left.case.is_open
    assert left.swept("answer.not_shipped").case.refund_committed_minor == 45_00


def test_what_was_paid_before_the_shop_cancelled_stays_paid():
    paid = unshipped().given(OWNER, k.Agree(1)).answered()
    left = paid.news(cancelled_at=paid.now)
    assert (left.case, left.sent) == (paid.case, paid.sent)


def test_a_group_that_failed_is_refunded_here_though_the_shop_calls_it_cancelled():
    """R4.3."""
    group = Group("failed", PAID_AT)
    left = bought(group=group, cancelled_at=PAID_AT)
    assert sum(effect.amount_minor for effect in left.sent if isinstance(effect, Pay)) == left.order.paid
