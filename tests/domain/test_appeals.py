"""Appeals and the look of a person at what the system decided alone (rules §9; R1.1)."""

from collections.abc import Callable
from typing import Any

import pytest

from amends.domain import commands as k
from amends.domain import events as e
from amends.domain.actor import platform
from amends.domain.docket import Decided
from amends.domain.refusals import Code
from amends.domain.words import (
    AppealOutcome,
    Basis,
    Holding,
    Kind,
    Ledger,
    Outcome,
    PayoutState,
    Remedy,
    Role,
    RulingOutcome,
    Side,
    Stage,
)
from tests.domain.stories import B, R, X, appealed, arrived, dismissed, rejected, replaced, unshipped
from tests.support.given import (
    ARBITRATOR,
    BUYER,
    COLLEAGUE,
    OWNER,
    SERVICE,
    SUPERVISOR,
    TICK,
    TOLD,
    Scene,
    bought,
    days,
    line,
    ruling,
    that,
)

GROUNDS = "裁决没有考虑我方提交的开箱视频和检测报告"
APPEAL = k.Appeal(GROUNDS)
UPHOLD, CHANGE, REOPEN = AppealOutcome.UPHOLD, AppealOutcome.CHANGE, AppealOutcome.REOPEN
DISMISS, RETURN = RulingOutcome.DISMISS, RulingOutcome.RETURN_AND_REFUND


def decide_appeal(outcome: AppealOutcome, command: k.Rule | None = None) -> k.DecideAppeal:
    return k.DecideAppeal(outcome, TOLD, command)


def refund(amount: int, **more: Any) -> k.Rule:
    return ruling(RulingOutcome.REFUND, amount, **({"no_return_because": "商品已无法退回"} | more))


def ruled(command: k.Rule, kind: Kind = B, **fields: Any) -> Scene:
    case = bought(lines=(line(category="electronics"),)).delivered().opened(kind, "quality", **fields).reviewed()
    return case.given(ARBITRATOR, command)


# Who may ------------------------------

WHO: list[tuple[str, Callable[[], Scene], bool, bool]] = [
    # how it stands                                                               the buyer may   the merchant may
    ("dismissed",                 lambda: ruled(ruling(DISMISS)),                         True,   False),
    ("won in full",               lambda: ruled(ruling(RETURN, 65_00)),                   False,  True),
    ("won in part",               lambda: ruled(ruling(RETURN, 30_00)),                   True,   True),
    ("asked a return, got money", lambda: ruled(refund(65_00)),                           False,  True),
    ("asked money, got a return", lambda: ruled(ruling(RETURN, 65_00), R),                True,   True),
    ("asked money, got a repair", lambda: ruled(ruling(RulingOutcome.REPAIR), R),         True,   True),
    ("asked and got an exchange", lambda: ruled(ruling(RulingOutcome.EXCHANGE), X),       False,  True),
    ("lapsed after rejection",    lambda: rejected().swept("after_rejection"),            True,   False),
    ("withdrawn",                 lambda: unshipped().given(BUYER, k.Withdraw()),         True,   False),
    ("cancelled",                 lambda: unshipped().given(SERVICE, k.Cancel("mistake")), True,  False),
    ("paid by silence",           lambda: unshipped().swept("answer.not_shipped").answered(), False, True),
    ("paid as agreed",            lambda: unshipped().given(OWNER, k.Agree(1)).answered(), False, False),
    ("replaced",                  lambda: replaced().given(BUYER, k.ConfirmReceipt()),    False,  False),
]  # fmt: skip


@pytest.mark.parametrize(("how", "story", "buyer_may", "merchant_may"), WHO, ids=[row[0] for row in WHO])
def test_a_side_that_got_less_than_it_asked_may_appeal(how, story, buyer_may, merchant_may):
    """R1.1, D07: any finished case, not only a ruling."""
    case = story()
    for actor, may in ((BUYER, buyer_may), (OWNER, merchant_may)):
        answer = case.when(actor, APPEAL)
        if may:
            assert isinstance(answer.answer, Decided), answer.answer
            assert "appeal_decision" in answer.after.running
        else:
            answer.then_refused(Code.WRONG_STAGE, needs="less_than_asked").and_nothing_written()


def test_a_settlement_of_the_buyers_own_choice_is_less_than_asked_all_the_same():
    """Rules §9: any closing without a ruling that gave the side less than it asked."""
    case = arrived(B, "quality").given(OWNER, k.MakeOffer(Remedy.REFUND_ONLY, amount=10_00))
    case = case.given(BUYER, k.AcceptOffer(case.standing)).answered()
    case.given(BUYER, APPEAL)


def test_each_side_appeals_once():
    case = ruled(ruling(RETURN, 30_00)).given(BUYER, APPEAL)
    case.when(BUYER, APPEAL).then_refused(Code.ALREADY_REQUESTED).and_nothing_written()
    case.when(OWNER, APPEAL).then_refused(Code.ALREADY_REQUESTED, side=Side.BUYER).and_nothing_written()
    decided = case.given(COLLEAGUE, decide_appeal(UPHOLD))
    decided.when(BUYER, APPEAL).then_refused(Code.ALREADY_REQUESTED).and_nothing_written()
    decided.given(OWNER, APPEAL)


def test_grounds_have_twenty_characters():
    """D15."""
    case = dismissed()
    case.when(BUYER, k.Appeal("字" * 19)).then_refused(
        Code.EXPLANATION_TOO_SHORT, needs_characters=20
    ).and_nothing_written()
    case.given(BUYER, k.Appeal("字" * 20))


def test_seven_days_count_from_the_closing_where_nobody_ruled():
    """D17."""
    case = rejected().swept("after_rejection")
    ends = case.now + days(7)
    case.at(ends - TICK).given(BUYER, APPEAL)
    case.at(ends).when(BUYER, APPEAL).then_refused(Code.WINDOW_FOR_APPEAL_OVER, ended_at=ends).and_nothing_written()


# Who decides ------------------------------


def test_somebody_decides_who_neither_ruled_nor_approved():
    """R1.1."""
    case = bought(lines=(line(paid=500_00),)).delivered().opened(B, "quality").reviewed()
    case = case.given(ARBITRATOR, ruling(DISMISS)).given(COLLEAGUE, k.ApproveRuling(approve=True))
    case = case.given(BUYER, APPEAL)
    for hand in (ARBITRATOR, COLLEAGUE):
        case.when(hand, decide_appeal(UPHOLD)).then_refused(Code.SAME_PERSON, first=hand.staff).and_nothing_written()
        case.when(SUPERVISOR, k.Assign(hand.staff)).then_refused(Code.SAME_PERSON).and_nothing_written()
    case.given(SUPERVISOR, k.Assign("sun"), decide_appeal(UPHOLD))


def test_a_large_change_is_a_supervisors():
    """Rules §9: from the four-eyes amount a second pair of eyes."""
    case = bought(lines=(line(paid=500_00),)).delivered().opened(B, "quality").reviewed()
    case = case.given(ARBITRATOR, ruling(DISMISS)).given(SUPERVISOR, k.ApproveRuling(approve=True))
    case = case.given(BUYER, APPEAL)
    change = decide_appeal(CHANGE, ruling(RETURN, 500_00))
    case.when(COLLEAGUE, change).then_refused(Code.NEEDS_SECOND_PERSON, role="supervisor").and_nothing_written()
    other = platform("tian", Role.SUPERVISOR)
    case.given(other, change)


def test_nobody_else_rules_while_an_appeal_is_open():
    case = appealed()
    case.when(COLLEAGUE, ruling(DISMISS)).then_refused(Code.WRONG_STAGE, needs="decide_appeal").and_nothing_written()


# What is decided ------------------------------


def test_an_upheld_ruling_ends_the_case_as_it_had_ended():
    case = (
        appealed()
        .when(COLLEAGUE, decide_appeal(UPHOLD))
        .then(that(e.AppealDecided, outcome=UPHOLD), that(e.CaseClosed, outcome=Outcome.DISMISSED))
    )
    assert case.running == set()


def test_a_changed_ruling_is_carried_out():
    case = appealed().given(COLLEAGUE, decide_appeal(CHANGE, ruling(RETURN, 65_00)))
    assert (case.case.stage, case.running) == (Stage.IN_MOTION, {"ship_return"})
    assert case.case.agreement.basis is Basis.APPEAL


def test_a_change_needs_its_ruling():
    appealed().when(COLLEAGUE, decide_appeal(CHANGE)).then_refused(Code.FINDING_WITHOUT_BASIS).and_nothing_written()


def test_only_what_nobody_ruled_is_reopened():
    appealed().when(COLLEAGUE, decide_appeal(REOPEN)).then_refused(
        Code.WRONG_STAGE, needs="no_ruling_before"
    ).and_nothing_written()
    case = rejected().swept("after_rejection").given(BUYER, APPEAL)
    case = case.given(COLLEAGUE, decide_appeal(REOPEN))
    assert (case.case.stage, case.running) == (Stage.UNDER_REVIEW, {"evidence:buyer", "evidence:merchant", "ruling"})
    assert case.case.review.late == 0


def test_a_ruling_after_a_reopening_may_be_appealed_by_the_other_side():
    case = rejected().swept("after_rejection").given(BUYER, APPEAL).given(COLLEAGUE, decide_appeal(REOPEN))
    case = case.given(ARBITRATOR, ruling(RETURN, 65_00))
    case.given(OWNER, APPEAL)


# Money ------------------------------


def test_an_appeal_does_not_stop_what_is_carried_out():
    """Rules §9."""
    case = ruled(ruling(RETURN, 65_00)).given(OWNER, APPEAL).handed_in().given(OWNER, k.AcceptReturn())
    assert [pay.amount_minor for pay in case.sent] == [65_00]
    case = case.answered()
    assert (case.case.is_open, case.running) == (True, {"appeal_decision"})
    assert case.given(COLLEAGUE, decide_appeal(UPHOLD)).case.closing.outcome is Outcome.REFUNDED


@pytest.mark.parametrize(("paid", "held"), [(499_99, False), (500_00, True)])
def test_an_unsent_payout_waits_only_from_the_four_eyes_amount(paid, held):
    case = bought(lines=(line(paid=paid),), freight_paid=0).delivered().opened(B, "quality").reviewed()
    case = case.given(ARBITRATOR, ruling(RETURN, paid))
    case = case.given(SUPERVISOR, k.ApproveRuling(approve=True)) if held else case
    case = case.given(OWNER, APPEAL).handed_in().given(OWNER, k.AcceptReturn())
    assert (case.case.payouts[0].state is PayoutState.HELD) is held
    upheld = case.given(COLLEAGUE, decide_appeal(UPHOLD))
    assert [pay.amount_minor for pay in upheld.sent] == [paid]


def test_what_the_buyer_wins_comes_from_the_balance_and_the_rest_from_compensation():
    """Rules §9."""
    case = ruled(ruling(DISMISS)).given(BUYER, APPEAL).news(
        lines=(line(category="electronics"),), refunded_elsewhere=50_00
    )  # fmt: skip
    case = case.given(COLLEAGUE, decide_appeal(CHANGE, refund(65_00)))
    assert [(pay.ledger, pay.amount_minor) for pay in case.sent] == [
        (Ledger.REFUND, 15_00), (Ledger.COMPENSATION, 50_00),
    ]  # fmt: skip


def test_what_the_buyer_was_paid_is_never_taken_back():
    """Rules §9: recorded as waived."""
    case = ruled(refund(65_00)).answered().given(OWNER, APPEAL)
    case = case.given(COLLEAGUE, decide_appeal(CHANGE, ruling(DISMISS)))
    assert (case.case.paid_minor, case.case.appeal.waived_minor) == (65_00, 65_00)
    assert len(case.sent) == 1
    assert case.case.closing.outcome is Outcome.REFUNDED


def test_what_was_held_is_not_sent_when_the_ruling_falls():
    case = bought(lines=(line(paid=800_00),), freight_paid=0).delivered().opened(B, "quality").reviewed()
    case = case.given(ARBITRATOR, ruling(RETURN, 800_00)).given(SUPERVISOR, k.ApproveRuling(approve=True))
    case = case.given(OWNER, APPEAL).handed_in().given(OWNER, k.AcceptReturn())
    other = platform("tian", Role.SUPERVISOR)
    case = case.given(other, decide_appeal(CHANGE, ruling(DISMISS, goods=Holding.BACK_TO_BUYER)))
    assert case.case.payouts[0].state is PayoutState.CANCELLED
    assert (case.sent, case.running) == ((), {"ship_back"})


# What the system decided alone ------------------------------


def test_a_person_looks_at_what_the_system_decided_alone_when_the_buyer_asks():
    """Rules §9; law: 116号令 27."""
    case = rejected().swept("after_rejection")
    looked_at = case.when(BUYER, k.AskHumanReview("请人工看一下")).then(e.CaseReopened, e.HumanReviewRequested)
    assert (looked_at.case.stage, looked_at.running) == (Stage.UNDER_REVIEW, {"look"})
    looked_at.given(ARBITRATOR, ruling(RETURN, 65_00))


def test_not_at_what_people_decided_and_not_twice():
    withdrawn = unshipped().given(BUYER, k.Withdraw())
    withdrawn.when(BUYER, k.AskHumanReview()).then_refused(
        Code.WRONG_STAGE, needs="decided_by_system"
    ).and_nothing_written()
    dismissed().when(BUYER, k.AskHumanReview()).then_refused(Code.ALREADY_REQUESTED).and_nothing_written()
    late = rejected().swept("after_rejection").later(days(7))
    late.when(BUYER, k.AskHumanReview()).then_refused(Code.WINDOW_FOR_APPEAL_OVER).and_nothing_written()
