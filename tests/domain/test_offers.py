"""Offers to settle, before and after the end, and the small payment (rules §8; R2.1, R3.3)."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from amends.domain import commands as k
from amends.domain import events as e
from amends.domain.actor import Actor
from amends.domain.refusals import Code
from amends.domain.words import (
    Basis,
    EvidenceKind,
    Goods,
    Ledger,
    Outcome,
    Remedy,
    RulingOutcome,
    ScanCode,
    Side,
    SmallPaymentType,
    Stage,
)
from tests.domain.stories import B, S, arrived, dismissed, rejected, return_agreed, reviewed, travelling, unshipped
from tests.support.given import (
    AGENT,
    ARBITRATOR,
    BUYER,
    OWNER,
    SHOP,
    SYSTEM,
    Scene,
    bought,
    days,
    hours,
    line,
    proof,
    ruling,
    that,
)


def offer(amount: int | None = 20_00, remedy: Remedy = Remedy.REFUND_ONLY, **more: Any) -> k.MakeOffer:
    return k.MakeOffer(remedy, amount=amount, **more)


def small(amount: int = 10_00, **more: Any) -> k.MakeOffer:
    told: dict[str, Any] = {"message": "给您补偿", "small_payment_type": SmallPaymentType.OTHER} | more
    return offer(amount, Remedy.SMALL_PAYMENT, **told)


def asked() -> Scene:
    return arrived(B, "quality")


def taken(case: Scene, actor: Actor = BUYER) -> Scene:
    return case.given(actor, k.AcceptOffer(case.standing))


# What is accepted is carried out ----------------------------------------------------------------------------

REMEDIES = [
    # remedy                     amount   goods after it          what runs, or is paid at once
    (Remedy.REFUND_ONLY,         20_00,   Goods.WITH_BUYER,       set(),                20_00),
    (Remedy.REFUND_ONLY,         None,    Goods.WITH_BUYER,       set(),                65_00),
    (Remedy.RETURN_AND_REFUND,   50_00,   Goods.RETURN_DUE,       {"ship_return"},      0),
    (Remedy.EXCHANGE,            None,    Goods.RETURN_DUE,       {"ship_return"},      0),
    (Remedy.RESEND,              None,    Goods.REPLACEMENT_DUE,  {"ship_replacement"}, 0),
    (Remedy.REPAIR,              None,    Goods.RETURN_DUE,       {"ship_return"},      0),
]  # fmt: skip


@pytest.mark.parametrize(("remedy", "amount", "goods", "runs", "paid"), REMEDIES)
def test_an_accepted_offer_is_carried_out_without_asking_again(remedy, amount, goods, runs, paid):
    """R2.1, D05."""
    case = asked().given(OWNER, offer(amount, remedy))
    left = case.when(BUYER, k.AcceptOffer(case.standing)).after
    assert (left.case.agreement.basis, left.case.agreement.remedy) == (Basis.OFFER, remedy)
    assert (left.case.goods, left.running) == (goods, runs)
    assert [pay.amount_minor for pay in left.sent] == ([paid] if paid else [])


def test_a_counter_offer_of_the_buyer_is_accepted_by_the_merchant():
    case = asked().given(OWNER, offer(10_00)).given(BUYER, offer(30_00))
    assert len(case.case.offers) == 2
    assert [pay.amount_minor for pay in taken(case, AGENT).sent] == [30_00]


@pytest.mark.parametrize("actor", [OWNER, AGENT])
def test_nobody_answers_an_offer_of_the_own_side(actor):
    case = asked().given(OWNER, offer())
    for command in (k.AcceptOffer(case.standing), k.DeclineOffer(case.standing)):
        case.when(actor, command).then_refused(Code.NOT_ALLOWED_FOR_ROLE).and_nothing_written()


def test_a_declined_offer_is_over_and_nothing_else_moves():
    case = asked().given(OWNER, offer())
    left = case.when(BUYER, k.DeclineOffer(case.standing, "太少了")).then(e.OfferDeclined)
    assert left.running == {"answer.with_buyer"}
    assert left.due("answer.with_buyer") == case.due("answer.with_buyer")
    left.when(BUYER, k.AcceptOffer(case.standing)).then_refused(Code.OFFER_OVER).and_nothing_written()


def test_an_offer_moves_no_deadline():
    case = asked()
    assert case.given(OWNER, offer()).due("answer.with_buyer") == case.due("answer.with_buyer")


def test_the_next_offer_of_a_side_replaces_its_earlier_one_only():
    case = asked().given(BUYER, offer(40_00)).given(OWNER, offer(10_00))
    case.when(OWNER, offer(15_00)).then(that(e.OffersEnded, why="replaced"), that(e.OfferMade, amount_minor=15_00))
    assert {one.side for one in case.given(OWNER, offer(15_00)).case.offers} == {Side.BUYER, Side.MERCHANT}


def test_ten_offers_a_side_and_application():
    case = asked().given(OWNER, *(offer(10_00 + n) for n in range(10)))
    case.when(OWNER, offer()).then_refused(Code.ROUNDS_USED_UP, made=10, limit=10).and_nothing_written()
    case.given(BUYER, offer())
    case.given(BUYER, k.Modify(amount=40_00)).given(OWNER, offer())


# When an offer ends ----------------------------------------------------------------------------------------------


def of_both() -> Scene:
    return asked().given(OWNER, offer(10_00)).given(BUYER, offer(40_00))


MOVES: list[tuple[str, Callable[[], Scene]]] = [
    ("the application changes", lambda: of_both().given(BUYER, k.Modify(amount=50_00))),
    ("the merchant agrees", lambda: of_both().given(OWNER, k.Agree(1))),
    ("the merchant rejects", lambda: of_both().rejected()),
    ("silence agrees", lambda: of_both().swept("answer.with_buyer")),
    ("the platform steps in", lambda: rejected().given(OWNER, offer(10_00)).given(BUYER, k.RequestIntervention())),
    ("the goods arrive", lambda: travelling().given(OWNER, offer(10_00)).later(hours(3)).scanned(ScanCode.DELIVERED)),
    ("the parcel turns back", lambda: travelling().given(OWNER, offer(10_00)).scanned(ScanCode.RETURNING)),
    ("the return leaves", lambda: return_agreed().given(OWNER, offer(10_00)).given(BUYER, k.ShipReturn("YTO", "YT1"))),
    ("the replacement leaves", lambda: arrived(S, "missing_items").given(OWNER, k.Agree(1), offer(10_00))
                                            .given(OWNER, k.ShipReplacement("SF", "SF2"))),
    ("a ruling is given", lambda: reviewed().given(OWNER, offer(10_00))
                                            .given(ARBITRATOR, ruling(RulingOutcome.DISMISS))),
    ("it is withdrawn", lambda: of_both().given(BUYER, k.Withdraw())),
]  # fmt: skip


@pytest.mark.parametrize(("why", "story"), MOVES, ids=[row[0] for row in MOVES])
def test_an_offer_ends_when_stage_goods_or_application_change(why, story):
    """Rules §8."""
    case = story()
    assert case.events(e.OffersEnded)
    assert case.case.offers == ()
    assert not {key for key in case.running if key.startswith("offer_open")}


TALK = [(BUYER, k.SendMessage("在吗")), (BUYER, k.AddEvidence(proof(EvidenceKind.VIDEO))),
        (OWNER, k.PrepareRejection(1, "facts_differ"))]  # fmt: skip


@pytest.mark.parametrize(("actor", "command"), TALK, ids=[k.verb(type(row[1])) for row in TALK])
def test_talk_and_evidence_leave_offers_standing(actor, command):
    case = of_both().given(OWNER, k.SendMessage("您好")).given(actor, command)
    assert len(case.case.offers) == 2


# What can be offered -----------------------------------------------------------------------------------------------

NOT_POSSIBLE = [
    # the case                       the offer                                                code
    (unshipped,                      offer(None, Remedy.RETURN_AND_REFUND),  Code.KIND_NOT_POSSIBLE),
    (travelling,                     offer(None, Remedy.EXCHANGE),  Code.KIND_NOT_POSSIBLE),
    (travelling,                     small(),  Code.KIND_NOT_POSSIBLE),
    (asked,                          offer(goods="send_back"),  Code.KIND_NOT_POSSIBLE),
    (asked,                          offer(10_00, Remedy.RETURN_AND_REFUND, goods="keep"),    Code.KIND_NOT_POSSIBLE),
    (asked,                          offer(0),  Code.AMOUNT_NOT_POSITIVE),
    (asked,                          offer(-1),  Code.AMOUNT_NOT_POSITIVE),
    (asked,                          offer(65_01),  Code.EXCEEDS_MAXIMUM),
    (asked,                          small(200_01),  Code.EXCEEDS_MAXIMUM),
    (asked,                          small(0),  Code.AMOUNT_NOT_POSITIVE),
    (asked,                          small(message=" "),  Code.EXPLANATION_TOO_SHORT),
    (asked,                          small(small_payment_type=None),  Code.EXPLANATION_TOO_SHORT),
]  # fmt: skip


@pytest.mark.parametrize(("story", "command", "code"), NOT_POSSIBLE)
def test_only_what_can_be_carried_out_can_be_offered(story, command, code):
    story().when(OWNER, command).then_refused(code).and_nothing_written()


def test_an_offer_for_which_nothing_is_left_any_more_cannot_be_taken():
    case = bought().delivered().opened(B, "quality").given(OWNER, offer(60_00)).news(refunded_elsewhere=10_00)
    case.when(BUYER, k.AcceptOffer(case.standing)).then_refused(
        Code.EXCEEDS_BALANCE, asked_minor=60_00, left_minor=55_00
    ).and_nothing_written()


def test_a_return_needs_an_address_to_go_to():
    case = bought(replace(SHOP, addresses=())).delivered().opened(B, "quality").given(
        OWNER, offer(None, Remedy.RETURN_AND_REFUND)
    )  # fmt: skip
    case.when(BUYER, k.AcceptOffer(case.standing)).then_refused(Code.UNKNOWN_ADDRESS).and_nothing_written()


# The platform between both ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("first", "second"), [(BUYER, OWNER), (OWNER, BUYER)])
def test_an_offer_of_the_platform_needs_both_sides_and_shows_the_first_to_the_second(first, second):
    """Rules §8."""
    case = reviewed().given(ARBITRATOR, offer(30_00))
    half = case.when(first, k.AcceptOffer(case.standing)).then(that(e.OfferAccepted, complete=False))
    assert half.case.offers[0].accepted_by == (first.side,)
    assert not half.sent
    half.when(first, k.AcceptOffer(case.standing)).then_refused(Code.NOT_ALLOWED_FOR_ROLE).and_nothing_written()
    whole = taken(half, second)
    assert [pay.amount_minor for pay in whole.sent] == [30_00]


def test_an_offer_of_the_platform_that_one_side_declines_is_over():
    case = reviewed().given(ARBITRATOR, offer(30_00))
    half = taken(case, OWNER)
    left = half.given(BUYER, k.DeclineOffer(case.standing))
    assert left.case.offers == ()
    assert left.case.stage is Stage.UNDER_REVIEW


def test_half_an_acceptance_lapses_with_the_offer():
    case = reviewed().given(ARBITRATOR, offer(30_00))
    half = taken(case.later(hours(1)), OWNER)
    late = half.at(case.due("offer_open:platform"))
    late.when(BUYER, k.AcceptOffer(case.standing)).then_refused(Code.OFFER_OVER).and_nothing_written()


# Small payments -------------------------------------------------------------------------------------------------------


def test_a_small_payment_is_paid_at_once_and_ends_the_case():
    """R3.3, D33: from the merchant's account, beside the order's balance."""
    case = asked().given(OWNER, small(10_00))
    left = taken(case)
    (pay,) = left.sent
    assert (pay.ledger, pay.amount_minor) == (Ledger.COMPENSATION, 10_00)
    left = left.answered()
    assert left.case.closing.outcome is Outcome.SETTLED
    assert left.docket.committed_minor(Ledger.REFUND) == 0


def test_a_small_payment_leaves_the_goods_and_the_right_to_ask_again():
    left = taken(asked().given(OWNER, small())).answered()
    assert left.opened(B, "quality").case.maximum_minor == 65_00


@pytest.mark.parametrize(("actor", "most"), [(OWNER, 200_00), (AGENT, 50_00)])
def test_staff_give_small_payments_up_to_the_owners_limit(actor, most):
    """R3.7, rules §10."""
    shop = replace(SHOP, small_payment_staff_limit=50_00)
    case = bought(shop).delivered().opened(B, "quality")
    case.given(actor, small(most))
    case.when(actor, small(most + 1)).then_refused(Code.EXCEEDS_MAXIMUM, maximum_minor=most).and_nothing_written()


def test_three_small_payments_an_order_over_all_its_cases():
    scene = bought(lines=(line(quantity=4),)).delivered()
    for _ in range(3):
        scene = scene.opened(B, "quality", lines=(k.CaseLine(1, 1),))
        scene = taken(scene.given(OWNER, small())).answered()
    scene = scene.opened(B, "not_as_described", lines=(k.CaseLine(1, 1),))
    scene.when(OWNER, small()).then_refused(Code.TOO_MANY_SMALL_PAYMENTS).and_nothing_written()


# After the end ------------------------------------------------------------------------------------------------------


def test_an_offer_accepted_after_the_end_reopens_is_carried_out_and_ends_again():
    """R2.1, rules §8: the ruling stays."""
    case = dismissed().later(days(10)).given(OWNER, offer(20_00))
    left = case.when(BUYER, k.AcceptOffer(case.standing)).then(
        e.OfferAccepted, that(e.CaseReopened, why="settled_later"), e.CaseAgreed, that(e.PayoutOrdered)
    )
    assert left.case.stage is Stage.IN_MOTION
    ended = left.answered()
    assert ended.case.closing.outcome is Outcome.REFUNDED
    assert ended.case.ruling.terms.outcome is RulingOutcome.DISMISS


def test_an_offer_made_after_the_end_lapses_like_any_other():
    case = dismissed().later(days(10)).given(OWNER, offer(20_00))
    case.at(case.due("offer_open:merchant")).when(SYSTEM, k.Lapse()).then(
        e.DeadlinePassed, that(e.OffersEnded, why="lapsed")
    )


def test_goods_can_still_be_exchanged_after_the_end():
    case = dismissed().later(days(3)).given(OWNER, offer(None, Remedy.EXCHANGE))
    left = taken(case)
    assert (left.case.stage, left.running) == (Stage.IN_MOTION, {"ship_return"})


def test_no_more_than_is_left_of_the_maximum_is_given_after_the_end():
    case = asked().given(OWNER, offer(60_00))
    case = taken(case).answered()
    case.when(OWNER, offer(5_01)).then_refused(Code.EXCEEDS_MAXIMUM, maximum_minor=5_00).and_nothing_written()
    more = case.given(OWNER, offer(5_00))
    assert taken(more).answered().case.paid_minor == 65_00
