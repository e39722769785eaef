"""Return freight on the buyer's receipt: some by itself, the rest by a person (rules §3; R4.1)."""

import pytest

from amends.domain import commands as k
from amends.domain import events as e
from amends.domain.effects import Pay
from amends.domain.refusals import Code
from amends.domain.words import (
    AppealOutcome,
    EvidenceKind,
    Holding,
    Kind,
    Ledger,
    Outcome,
    Payer,
    Remedy,
    RulingOutcome,
    SmallPaymentType,
)
from tests.domain.stories import B, P, R, X, return_agreed
from tests.support.given import ARBITRATOR, BUYER, COLLEAGUE, OWNER, TOLD, Scene, bought, line, ruling

RETURN = RulingOutcome.RETURN_AND_REFUND


def came_with_receipt(claimed: int = 45_00, kind: Kind = B, reason: str = "quality") -> Scene:
    receipt = k.EvidenceItem(EvidenceKind.FREIGHT_RECEIPT)
    return return_agreed(kind, reason).handed_in(freight_paid=claimed, receipt=receipt)


def freight_paid(scene: Scene) -> int:
    return sum(pay.amount_minor for pay in scene.sent if isinstance(pay, Pay) and pay.ledger is Ledger.COMPENSATION)


def won(**more: object) -> k.Rule:
    """The goods stay with the merchant, the money goes back."""
    return ruling(RETURN, 65_00, goods=Holding.MERCHANT_KEEPS, **more)


def disputed() -> Scene:
    """The merchant disputes what came back, the buyer asks the platform."""
    return came_with_receipt().rejected("return_damaged").given(BUYER, k.RequestIntervention())


@pytest.mark.parametrize(("granted", "paid"), [(None, 30_00), (30_01, 30_01), (45_00, 45_00), (10_00, 30_00)])
def test_the_merchant_may_grant_all_of_the_receipt_and_never_less_than_the_policy_does(granted, paid):
    """Rules §3: at most 30.00 without a person."""
    case = came_with_receipt().given(OWNER, k.AcceptReturn(return_freight=granted))
    assert freight_paid(case) == paid
    assert case.case.freight_granted_minor == paid


def test_silence_pays_no_more_than_the_policy_does():
    assert freight_paid(came_with_receipt().swept("check_return")) == 30_00


def test_the_merchant_may_grant_freight_that_nobody_could_demand():
    """The buyer pays this leg, and the merchant gives it all the same."""
    case = came_with_receipt(reason="no_reason").given(OWNER, k.AcceptReturn(return_freight=12_00))
    assert freight_paid(case) == 12_00


@pytest.mark.parametrize("kind", [X, P])
def test_freight_of_goods_to_be_exchanged_or_repaired_may_be_granted_too(kind):
    case = came_with_receipt(kind=kind)
    if kind is P:
        case = case.given(OWNER, k.ShipReplacement("SF", "SF2"))
        assert freight_paid(case) == 30_00
        return
    assert freight_paid(case.given(OWNER, k.AcceptReturn(return_freight=45_00))) == 45_00


@pytest.mark.parametrize(
    ("granted", "code"),
    [(0, Code.AMOUNT_NOT_POSITIVE), (-1, Code.AMOUNT_NOT_POSITIVE), (45_01, Code.EXCEEDS_MAXIMUM)],
)
def test_nobody_grants_more_than_the_receipt_shows(granted, code):
    came_with_receipt().when(OWNER, k.AcceptReturn(return_freight=granted)).then_refused(
        code, maximum_minor=45_00
    ).and_nothing_written()


def test_freight_is_granted_within_the_compensation_of_the_order():
    """Rules §3: 600.00 an order; a settlement of other goods took 50.00 of it after the receipt was given."""
    receipt = k.EvidenceItem(EvidenceKind.FREIGHT_RECEIPT)
    one = (k.CaseLine(1, 1),)
    case = bought(lines=(line(quantity=2, paid=59_00),)).delivered().opened(B, "quality", lines=one)
    case = case.given(OWNER, k.Agree(1)).handed_in(freight_paid=600_00, receipt=receipt)
    offer = k.MakeOffer(
        Remedy.SMALL_PAYMENT, amount=50_00, message="一点心意", small_payment_type=SmallPaymentType.OTHER
    )
    other = case.opened(R, "damaged", lines=one).given(OWNER, offer)
    other = other.given(BUYER, k.AcceptOffer(other.standing)).about(case.case_id)
    other.when(OWNER, k.AcceptReturn(return_freight=550_01)).then_refused(
        Code.EXCEEDS_COMPENSATION, left_minor=550_00
    ).and_nothing_written()
    assert freight_paid(other.given(OWNER, k.AcceptReturn(return_freight=550_00))) == 50_00 + 550_00


@pytest.mark.parametrize(("granted", "paid"), [(None, 30_00), (12_00, 12_00), (45_00, 45_00)])
def test_a_ruling_says_what_of_the_receipt_the_merchant_pays(granted, paid):
    """R4.1: a person at the platform looked at the receipt."""
    case = disputed().given(ARBITRATOR, won(return_freight=granted))
    assert freight_paid(case) == paid


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (won(return_freight=45_01), Code.EXCEEDS_MAXIMUM),
        (won(return_freight=0), Code.AMOUNT_NOT_POSITIVE),
        (won(return_freight=1, freight=k.FreightRuling(Payer.MERCHANT, Payer.BUYER)), Code.EXCEEDS_MAXIMUM),
    ],
)
def test_a_ruling_grants_what_was_claimed_of_a_leg_that_is_the_merchants(command, code):
    disputed().when(ARBITRATOR, command).then_refused(code).and_nothing_written()


def settled_by_silence() -> Scene:
    return came_with_receipt().swept("check_return").answered()


def test_the_rest_of_the_receipt_is_what_an_appeal_may_be_about():
    """R1.1: the buyer got less than was asked, and somebody else decides; nothing is paid twice."""
    case = settled_by_silence()
    assert case.case.closing.outcome is Outcome.REFUNDED
    change = k.DecideAppeal(AppealOutcome.CHANGE, TOLD, won(return_freight=15_00))
    case = case.given(BUYER, k.Appeal(TOLD * 2)).given(COLLEAGUE, change)
    assert freight_paid(case) == 45_00
    assert case.case.appeal.waived_minor == 0
    closed = case.answered()
    assert closed.case.closing.outcome is Outcome.REFUNDED
    assert closed.case.paid_minor == 65_00 + 45_00


def test_a_receipt_paid_in_full_leaves_nothing_to_appeal_about():
    case = came_with_receipt().given(OWNER, k.AcceptReturn(return_freight=45_00)).answered()
    case.when(BUYER, k.Appeal(TOLD * 2)).then_refused(Code.WRONG_STAGE, needs="less_than_asked")


def test_after_closing_the_rest_can_be_settled_by_an_offer():
    """R2.1, rules §8: a small payment for freight counts as freight granted."""
    offer = k.MakeOffer(
        Remedy.SMALL_PAYMENT, amount=15_00, message="补足退货运费", small_payment_type=SmallPaymentType.FREIGHT
    )
    case = settled_by_silence().given(OWNER, offer)
    case = case.given(BUYER, k.AcceptOffer(case.standing)).answered()
    assert (freight_paid(case), case.case.freight_granted_minor) == (45_00, 45_00)
    assert not case.case.is_open


def test_the_record_says_how_much_of_a_compensation_is_freight():
    case = disputed().when(ARBITRATOR, won(return_freight=40_00))
    agreed = [fact.event for fact in case.after.facts if isinstance(fact.event, e.CaseAgreed)][-1]
    assert (agreed.compensation_minor, agreed.return_freight_minor) == (40_00, 40_00)


def test_money_without_waiting_for_the_parcel_pays_the_freight_too():
    """The merchant pays while the return is on its way: the leg stays the merchant's."""
    receipt = k.EvidenceItem(EvidenceKind.FREIGHT_RECEIPT)
    case = return_agreed().sent_back(freight_paid=12_00, receipt=receipt).swept("return_transit")
    ruled = case.given(ARBITRATOR, ruling(RulingOutcome.REFUND, 65_00, "scan:picked_up"))
    assert freight_paid(ruled) == 12_00
