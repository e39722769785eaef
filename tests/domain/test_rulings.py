"""The platform steps in: evidence, burden, rulings, the second pair of eyes, and what is carried out (rules §9)."""

from typing import Any

import pytest

from amends.domain import commands as k
from amends.domain import events as e
from amends.domain.docket import Decided
from amends.domain.refusals import Code
from amends.domain.words import (
    EvidenceKind,
    Fault,
    Goods,
    Holding,
    Leg,
    Outcome,
    Payer,
    RulingOutcome,
    ScanCode,
    Side,
    Stage,
)
from tests.domain.stories import (
    B,
    arrived,
    evidence_over,
    no_channel_left,
    overdue,
    payout_unknown,
    rejected,
    return_disputed,
    reviewed,
    travelling,
)
from tests.support.given import (
    ARBITRATOR,
    BUYER,
    COLLEAGUE,
    OWNER,
    SERVICE,
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

DISMISS, REFUND, RETURN = RulingOutcome.DISMISS, RulingOutcome.REFUND, RulingOutcome.RETURN_AND_REFUND
KEEPS, BACK = Holding.MERCHANT_KEEPS, Holding.BACK_TO_BUYER
NO_RETURN = {"no_return_because": "商品已变质，无法退回"}


def dear(amount: int | None = None) -> Scene:
    """800.00 yuan of goods under review; `amount` when less is asked."""
    case = bought(lines=(line(paid=800_00),), freight_paid=0).delivered()
    return case.opened(B, "quality", amount=amount).reviewed()


def return_under_review() -> Scene:
    return return_disputed().given(BUYER, k.RequestIntervention())


# Stepping in ------------------------------


@pytest.mark.parametrize("actor", [BUYER, OWNER])
def test_both_sides_are_asked_for_evidence_whoever_asks_the_platform(actor):
    """R1.3, R5.4."""
    case = (
        rejected()
        .when(actor, k.RequestIntervention("请处理"))
        .then(that(e.InterventionRequested, side=actor.side, times=1))
    )
    assert case.running == {"evidence:buyer", "evidence:merchant", "ruling"}
    owners = {deadline.key: deadline.owner for deadline in case.case.deadlines}
    assert owners == {"evidence:buyer": "buyer", "evidence:merchant": "merchant", "ruling": "platform"}


def test_asking_again_when_the_platform_is_late_raises_it_once_each_time():
    """R4.2."""
    case = evidence_over().swept("ruling")
    case = case.when(BUYER, k.RequestIntervention("还没有处理")).then(that(e.InterventionRequested, times=2))
    case.when(BUYER, k.RequestIntervention()).then_refused(Code.ALREADY_REQUESTED).and_nothing_written()
    case.swept("ruling").given(BUYER, k.RequestIntervention())


BURDENS = [
    # reason             category        days after delivery   the burden lies on
    ("quality",          "clothing",     1,                    Side.BUYER),
    ("quality",          "electronics",  1,                    Side.MERCHANT),  # law: 消保法 23
    ("not_as_described", "electronics",  1,                    Side.MERCHANT),
    ("wrong_item",       "electronics",  1,                    Side.BUYER),
    ("quality",          "electronics",  182,                  Side.MERCHANT),
    ("quality",          "electronics",  184,                  Side.BUYER),
    ("counterfeit",      "clothing",     1,                    Side.MERCHANT),
    ("damaged",          "clothing",     1,                    Side.MERCHANT),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "category", "wait", "side"), BURDENS)
def test_the_burden_of_proof_follows_reason_and_goods(reason, category, wait, side):
    """Rules §9: durable goods, a defect within six months: the merchant first."""
    scene = bought(lines=(line(category=category),)).delivered().later(days(wait))
    assert scene.opened(B, reason).reviewed().case.review.burden_on is side


# What a ruling orders ------------------------------

WAYS: list[tuple[RulingOutcome, int | None, dict[str, Any], Goods, tuple[set[str], list[int]]]] = [
    # outcome                amount  more       the goods               what runs, what is paid at once
    (REFUND,                 65_00, NO_RETURN,  Goods.WITH_BUYER,       (set(),                [65_00])),
    (REFUND,                 20_00, NO_RETURN,  Goods.WITH_BUYER,       (set(),                [20_00])),
    (RETURN,                 65_00, {},         Goods.RETURN_DUE,       ({"ship_return"},      [])),
    (RulingOutcome.EXCHANGE, None,  {},         Goods.RETURN_DUE,       ({"ship_return"},      [])),
    (RulingOutcome.RESEND,   None,  {},         Goods.REPLACEMENT_DUE,  ({"ship_replacement"}, [])),
    (RulingOutcome.REPAIR,   None,  {},         Goods.RETURN_DUE,       ({"ship_return"},      [])),
]  # fmt: skip


@pytest.mark.parametrize(("outcome", "amount", "more", "goods", "moves"), WAYS)
def test_a_ruling_is_carried_out_by_the_ordinary_deadlines(outcome, amount, more, goods, moves):
    """R1.3, D35: below the four-eyes amount it stands at once."""
    runs, paid = moves
    case = reviewed().given(ARBITRATOR, ruling(outcome, amount, **more))
    assert case.case.ruling.appeal_until == case.now + days(7)
    assert (case.case.goods, case.running) == (goods, runs)
    assert [pay.amount_minor for pay in case.sent] == paid


def test_a_dismissal_ends_the_case():
    case = reviewed().when(ARBITRATOR, ruling(DISMISS)).then(e.RulingGiven, that(e.CaseClosed, outcome="dismissed"))
    assert case.case.closing.by is Side.PLATFORM


def test_fault_and_freight_of_the_ruling_replace_those_of_the_reason():
    shared = ruling(RETURN, 60_00, fault=Fault.SHARED, shares=k.Shares(buyer=40, merchant=60),
                    freight=k.FreightRuling(Payer.MERCHANT, Payer.BUYER))  # fmt: skip
    case = reviewed().given(ARBITRATOR, shared)
    assert (case.case.fault, case.case.freight.back) == (Fault.SHARED, Payer.BUYER)


NOT_SO = [
    # the ruling                                                       code
    (ruling(REFUND, None, **NO_RETURN),                                Code.AMOUNT_NOT_POSITIVE),
    (ruling(REFUND, 0, **NO_RETURN),                                   Code.AMOUNT_NOT_POSITIVE),
    (ruling(REFUND, 65_01, **NO_RETURN),                               Code.EXCEEDS_MAXIMUM),
    (ruling(REFUND, 65_00),                                            Code.EXPLANATION_TOO_SHORT),  # law: 116号令 27
    (ruling(DISMISS, goods=BACK),                                      Code.KIND_NOT_POSSIBLE),
    (ruling(DISMISS, findings=()),                                     Code.FINDING_WITHOUT_BASIS),
    (ruling(DISMISS, findings=(k.Finding(TOLD, (), "visible-defect"),)), Code.FINDING_WITHOUT_BASIS),
    (ruling(DISMISS, None, "e9"),                                      Code.UNKNOWN_EVIDENCE),
    (ruling(DISMISS, None, "scan:lost"),                               Code.UNKNOWN_EVIDENCE),
    (ruling(DISMISS, fault=Fault.SHARED),                              Code.SHARES_DO_NOT_SUM),
    (ruling(DISMISS, shares=k.Shares(buyer=101)),                      Code.SHARES_DO_NOT_SUM),
]  # fmt: skip


@pytest.mark.parametrize(("command", "code"), NOT_SO)
def test_a_ruling_that_cannot_stand_is_refused_by_name(command, code):
    reviewed().when(ARBITRATOR, command).then_refused(code).and_nothing_written()


def test_a_ruling_gives_no_more_than_is_left_of_the_order():
    case = reviewed().news(lines=(line(category="electronics"),), refunded_elsewhere=50_00)
    case.when(ARBITRATOR, ruling(REFUND, 65_00, **NO_RETURN)).then_refused(
        Code.EXCEEDS_BALANCE, left_minor=15_00
    ).and_nothing_written()
    case.given(ARBITRATOR, ruling(REFUND, 15_00, **NO_RETURN))


@pytest.mark.parametrize("basis", ["e1", "scan:delivered", "chat"])
def test_a_finding_rests_on_evidence_a_scan_or_the_conversation(basis):
    reviewed().given(ARBITRATOR, ruling(DISMISS, None, basis))


def test_goods_that_never_arrived_can_only_be_paid_or_not():
    case = travelling().rejected("shipped_normally").given(BUYER, k.RequestIntervention())
    case.when(ARBITRATOR, ruling(RETURN, 59_00, "chat")).then_refused(Code.KIND_NOT_POSSIBLE).and_nothing_written()
    case.given(ARBITRATOR, ruling(REFUND, 59_00, "chat"))


# Goods that the merchant holds ------------------------------

HELD: list[tuple[k.Rule, Code | None]] = [
    # the ruling on goods that came back               code
    (ruling(DISMISS),                                  Code.KIND_NOT_POSSIBLE),
    (ruling(DISMISS, goods=KEEPS),                     Code.KIND_NOT_POSSIBLE),
    (ruling(DISMISS, goods=BACK),                      None),
    (ruling(REFUND, 65_00),                            Code.KIND_NOT_POSSIBLE),
    (ruling(REFUND, 65_00, goods=KEEPS),               None),
    (ruling(REFUND, 20_00, goods=BACK),                None),
    (ruling(RulingOutcome.EXCHANGE, goods=KEEPS),      None),
]  # fmt: skip


@pytest.mark.parametrize(("command", "code"), HELD)
def test_nobody_keeps_the_buyers_goods_for_nothing(command, code):
    """Rules, Owner, §9."""
    answer = return_under_review().when(ARBITRATOR, command)
    if code is not None:
        answer.then_refused(code).and_nothing_written()
    else:
        assert isinstance(answer.answer, Decided), answer.answer


def test_goods_sent_back_as_ruled_end_the_case_when_they_arrive():
    """Rules §4, `ship_back`."""
    case = return_under_review().given(ARBITRATOR, ruling(DISMISS, goods=BACK))
    assert case.running == {"ship_back"}
    case = case.given(OWNER, k.ShipBack("SF", "SF2")).later(hours(30)).scanned(ScanCode.DELIVERED, Leg.REPLACEMENT)
    assert case.swept("confirm_replacement").case.closing.outcome is Outcome.SENT_BACK
    assert case.sent == ()


def test_a_part_of_the_money_and_the_goods_back():
    case = return_under_review().given(ARBITRATOR, ruling(REFUND, 20_00, goods=BACK))
    assert [pay.amount_minor for pay in case.sent] == [20_00]
    assert case.running == {"ship_back"}
    case = case.answered().given(OWNER, k.ShipBack("SF", "SF2")).later(hours(30))
    case = case.scanned(ScanCode.DELIVERED, Leg.REPLACEMENT).given(BUYER, k.ConfirmReceipt())
    assert (case.case.closing.outcome, case.case.paid_minor) == (Outcome.SENT_BACK, 20_00)
    again = case.asking(B, "not_as_described")
    assert case.given(BUYER, again).case.maximum_minor == 65_00 - 20_00


# Evidence that the other side could not see ------------------------------


def test_no_finding_rests_on_evidence_that_the_other_side_could_not_see_for_twelve_hours():
    """Rules §9."""
    case = reviewed().later(hours(20)).given(BUYER, k.AddEvidence(proof(EvidenceKind.VIDEO)))
    seen = case.now + hours(12)
    command = ruling(DISMISS, None, f"e{case.case.evidence.count}")
    case.at(seen - TICK).when(ARBITRATOR, command).then_refused(Code.TOO_EARLY, until=seen).and_nothing_written()
    case.at(seen).given(ARBITRATOR, command)


def test_unless_it_answered():
    case = reviewed().later(hours(20)).given(BUYER, k.AddEvidence(proof(EvidenceKind.VIDEO)))
    command = ruling(DISMISS, None, f"e{case.case.evidence.count}")
    answered = case.later(hours(1)).given(OWNER, k.SendMessage("视频看过了"))
    answered.given(ARBITRATOR, command)
    own = case.later(hours(1)).given(BUYER, k.SendMessage("请看视频"))
    own.when(ARBITRATOR, command).then_refused(Code.TOO_EARLY).and_nothing_written()


# The second pair of eyes ------------------------------

FOUR_EYES = [
    # asked    ruled     needs a second person
    (499_99,   400_00,   False),
    (500_00,   400_00,   True),
    (800_00,   100_00,   True),
    (400_00,   499_99,   False),
    (400_00,   500_00,   True),
    (500_00,   None,     True),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "ruled", "second"), FOUR_EYES)
def test_from_five_hundred_yuan_asked_or_ruled_a_second_person_looks(asked, ruled, second):
    """Rules §9."""
    command = ruling(RETURN, ruled) if ruled else ruling(DISMISS)
    case = dear(asked).given(ARBITRATOR, command)
    assert case.case.ruling.waits is second
    assert (case.case.stage is Stage.UNDER_REVIEW) is second
    assert ("ruling" in case.running) is second


def test_the_second_person_approves_and_the_ruling_stands():
    case = dear().given(ARBITRATOR, ruling(RETURN, 800_00))
    case.when(ARBITRATOR, ruling(RETURN, 700_00)).then_refused(Code.ALREADY_REQUESTED).and_nothing_written()
    left = case.when(COLLEAGUE, k.ApproveRuling(approve=True)).then(
        that(e.RulingGiven, by="zhou", approved_by="wu"), e.CaseAgreed
    )
    assert left.running == {"ship_return"}


def test_disapproval_needs_a_reason_and_goes_back_once_then_to_a_supervisor():
    """Rules §9: whose ruling stands without a further look."""
    case = dear().given(ARBITRATOR, ruling(RETURN, 800_00))
    case.when(COLLEAGUE, k.ApproveRuling(approve=False, reason="不对")).then_refused(
        Code.EXPLANATION_TOO_SHORT, needs_characters=10
    ).and_nothing_written()
    case = case.when(COLLEAGUE, k.ApproveRuling(approve=False, reason=TOLD)).then(
        that(e.RulingReturned, to_supervisor=False)
    )
    case = case.given(ARBITRATOR, ruling(RETURN, 700_00))
    case = case.when(COLLEAGUE, k.ApproveRuling(approve=False, reason=TOLD)).then(
        that(e.RulingReturned, to_supervisor=True)
    )
    case.when(ARBITRATOR, ruling(RETURN, 600_00)).then_refused(Code.NEEDS_SECOND_PERSON).and_nothing_written()
    left = case.given(SUPERVISOR, ruling(RETURN, 600_00))
    assert left.case.ruling.noticed_at == left.now
    assert not left.case.ruling.waits


def test_the_second_look_takes_place_within_the_time_of_the_ruling():
    """Rules §9: approves within the deadline."""
    case = dear()
    due = case.due("ruling")
    case = case.given(ARBITRATOR, ruling(RETURN, 800_00))
    assert case.due("ruling") == due
    case.at(due).when(SYSTEM, k.Lapse()).then(
        e.DeadlinePassed, e.DeadlinePassed, e.DeadlinePassed, that(e.PlatformWasLate, key="ruling")
    )


# Settled while the platform has it ------------------------------


def test_the_merchant_may_give_in_while_the_platform_has_it():
    """Rules §5: settled."""
    case = reviewed().given(OWNER, k.Agree(1))
    assert (case.case.stage, case.running) == (Stage.IN_MOTION, {"ship_return"})


def test_a_return_that_the_merchant_takes_under_review_is_paid_and_ends():
    case = return_under_review().given(OWNER, k.AcceptReturn()).answered()
    assert case.case.closing.outcome is Outcome.REFUNDED


def test_a_return_that_turns_up_during_the_look_is_taken_and_paid():
    case = overdue().later(hours(1)).scanned(ScanCode.DELIVERED, Leg.RETURN).given(OWNER, k.AcceptReturn())
    assert case.answered().case.closing.outcome is Outcome.REFUNDED


# The merchant asks the platform to refund (R4.4) ------------------------------


def wish(**fields: object) -> k.AskPlatformRefund:
    return k.AskPlatformRefund("o1", **({"evidence": proof(EvidenceKind.CHAT_SCREENSHOT)} | fields))


def test_a_refund_that_the_merchant_asks_for_is_paid_when_the_buyer_accepts():
    """R4.4: no intervention of the buyer."""
    case = bought().given(OWNER, wish())
    assert (case.case.reason, case.case.stage, case.case.opened_by) == ("agreed", Stage.UNDER_REVIEW, Side.MERCHANT)
    case.when(OWNER, k.AcceptOffer(case.standing)).then_refused(Code.NOT_ALLOWED_FOR_ROLE).and_nothing_written()
    case.when(OWNER, k.Agree(1)).then_refused(Code.WRONG_STAGE, needs="buyer").and_nothing_written()
    left = case.given(BUYER, k.AcceptOffer(case.standing))
    assert [pay.amount_minor for pay in left.sent] == [65_00]
    assert left.events(e.InterventionRequested) == []


def test_or_when_a_person_finds_the_wish_in_the_chat():
    case = bought().given(OWNER, wish()).later(hours(13))
    assert case.given(ARBITRATOR, ruling(REFUND, 65_00)).answered().case.paid_minor == 65_00


def test_the_wish_needs_the_chat_and_an_order_that_has_not_left():
    bought().when(OWNER, wish(evidence=())).then_refused(
        Code.MISSING_EVIDENCE, missing=[(EvidenceKind.CHAT_SCREENSHOT,)]
    ).and_nothing_written()
    bought().shipped().when(OWNER, wish()).then_refused(Code.KIND_NOT_POSSIBLE).and_nothing_written()


# Cancelling ------------------------------


def test_a_duplicate_is_cancelled_by_the_platform_and_frees_its_pieces():
    case = arrived(B, "quality").given(SERVICE, k.Cancel("duplicate"))
    assert case.case.closing.outcome is Outcome.CANCELLED
    case.opened(B, "quality")


@pytest.mark.parametrize("story", [payout_unknown, no_channel_left, return_under_review])
def test_nothing_is_cancelled_once_money_or_goods_moved(story):
    story().when(SERVICE, k.Cancel("mistake")).then_refused(Code.WRONG_STAGE).and_nothing_written()
