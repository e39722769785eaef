"""Each refusal code in a case that earns it, with its facts; a refusal writes nothing and sends nothing (rules §11)."""

from collections.abc import Callable
from functools import wraps

from amends.domain import commands as k
from amends.domain.order import Group
from amends.domain.refusals import Code
from amends.domain.words import EvidenceKind, Kind, Remedy, RulingOutcome, ScanCode, SmallPaymentType, Stage
from tests.support.given import (
    ARBITRATOR,
    AUDITOR,
    BUYER,
    COLLEAGUE,
    OWNER,
    PAID_AT,
    PRE_SALE,
    RIVAL,
    STRANGER,
    SUPERVISOR,
    SYSTEM,
    TICK,
    TOLD,
    Refused,
    Scene,
    bought,
    days,
    hours,
    line,
    proof,
    ruling,
    shop_of,
)

ELSEWHERE = {Code.KEY_REUSED, Code.STALE_VERSION}
"""Known only where commands are received: the engine's tests have them."""

_proved: set[Code] = set()


def refuses(code: Code) -> Callable[[Callable[[], Refused]], Callable[[], None]]:
    """The story ends in that refusal, and leaves no trace."""

    def hold(story: Callable[[], Refused]) -> Callable[[], None]:
        _proved.add(code)

        @wraps(story)
        def test() -> None:
            refused = story()
            assert refused.refusal.code is code
            refused.and_nothing_written()

        return test

    return hold


def broken_cup(**changes: object) -> Scene:
    """A return for a defect, just opened."""
    return bought(**changes).delivered().opened(Kind.RETURN_AND_REFUND, "quality")


def on_its_way(**changes: object) -> Scene:
    """The buyer changed her mind while the parcel travels."""
    return bought(**changes).shipped().opened(Kind.REFUND_ONLY, "changed_mind")


def small(amount: int) -> k.MakeOffer:
    return k.MakeOffer(
        Remedy.SMALL_PAYMENT, amount=amount, message="补偿", small_payment_type=SmallPaymentType.OTHER
    )  # fmt: skip


# Whose it is ------------------------------


@refuses(Code.UNKNOWN_CASE)
def test_a_case_that_is_not_there():
    return broken_cup().about(42).when(BUYER, k.Withdraw()).then_refused(Code.UNKNOWN_CASE)


@refuses(Code.UNKNOWN_CASE)
def test_a_payout_that_was_never_ordered():
    return broken_cup().when(SYSTEM, k.RecordPayout("x-p1", "done")).then_refused(Code.UNKNOWN_CASE, payout_id="x-p1")


@refuses(Code.UNKNOWN_ORDER)
def test_an_order_that_the_shop_never_told_of():
    asked = bought().asking(Kind.REFUND_ONLY, "changed_mind")
    return shop_of().when(BUYER, asked).then_refused(Code.UNKNOWN_ORDER)


@refuses(Code.NOT_YOURS)
def test_somebody_elses_order():
    scene = bought()
    return scene.when(STRANGER, scene.asking(Kind.REFUND_ONLY, "changed_mind")).then_refused(Code.NOT_YOURS)


@refuses(Code.NOT_YOURS)
def test_another_merchants_case():
    return broken_cup().when(RIVAL, k.Agree(1)).then_refused(Code.NOT_YOURS)


@refuses(Code.NOT_ALLOWED_FOR_ROLE)
def test_presale_staff_agreeing():
    """R3.7."""
    return (
        broken_cup()
        .when(PRE_SALE, k.Agree(1))
        .then_refused(Code.NOT_ALLOWED_FOR_ROLE, role="pre_sale", roles=["after_sale", "owner"])
    )


@refuses(Code.NOT_ALLOWED_FOR_ROLE)
def test_an_auditor_writing():
    return broken_cup().when(AUDITOR, k.SendMessage("在看")).then_refused(Code.NOT_ALLOWED_FOR_ROLE)


@refuses(Code.UNKNOWN_CASE)
def test_a_case_that_is_not_there_before_the_role():
    """Precedence, rules §11: whoever asks learns first that there is no such case."""
    return broken_cup().about(42).when(BUYER, k.Assign("zhou")).then_refused(Code.UNKNOWN_CASE)


@refuses(Code.NOT_YOURS)
def test_somebody_elses_case_before_the_role():
    return broken_cup().when(STRANGER, k.Assign("zhou")).then_refused(Code.NOT_YOURS)


# When ------------------------------


@refuses(Code.SUSPENDED)
def test_agreeing_while_the_clocks_stand_still():
    case = broken_cup()
    until = case.now + days(10)
    case = case.given(ARBITRATOR, k.Suspend(until, "等待检测"))
    return case.when(OWNER, k.Agree(1)).then_refused(Code.SUSPENDED, until=until)


@refuses(Code.WRONG_STAGE)
def test_agreeing_to_what_was_withdrawn():
    case = broken_cup().given(BUYER, k.Withdraw())
    return case.when(OWNER, k.Agree(1)).then_refused(Code.WRONG_STAGE, stage=Stage.CLOSED)


@refuses(Code.APPLICATION_CHANGED)
def test_agreeing_to_the_application_before():
    """Rules §5: with the new figures."""
    case = broken_cup().given(BUYER, k.Modify(amount=40_00))
    return case.when(OWNER, k.Agree(1)).then_refused(Code.APPLICATION_CHANGED, application=2, amount_minor=40_00)


@refuses(Code.OFFER_REPLACED)
def test_accepting_the_offer_before():
    case = broken_cup().given(OWNER, k.MakeOffer(Remedy.REFUND_ONLY, amount=20_00))
    earlier = case.standing
    case = case.given(OWNER, k.MakeOffer(Remedy.REFUND_ONLY, amount=10_00))
    return case.when(BUYER, k.AcceptOffer(earlier)).then_refused(
        Code.OFFER_REPLACED, standing_offer_id=case.standing, remedy=Remedy.REFUND_ONLY, amount_minor=10_00
    )


@refuses(Code.OFFER_OVER)
def test_accepting_an_offer_at_the_instant_it_lapses():
    case = broken_cup().given(OWNER, k.MakeOffer(Remedy.REFUND_ONLY, amount=20_00))
    case.at(case.due("offer_open:merchant") - TICK).given(BUYER, k.AcceptOffer(case.standing))
    late = case.at(case.due("offer_open:merchant"))
    return late.when(BUYER, k.AcceptOffer(case.standing)).then_refused(Code.OFFER_OVER, offer_id=case.standing)


# What may be opened ------------------------------


@refuses(Code.GROUP_FORMING)
def test_asking_while_the_group_is_forming():
    """R4.3, E31. Until when: 24 h and the 10 minutes in which news may still arrive."""
    scene = bought(group=Group("forming", PAID_AT), carrier=None)
    return scene.when(BUYER, scene.asking(Kind.REFUND_ONLY, "changed_mind")).then_refused(
        Code.GROUP_FORMING, until=PAID_AT + hours(24 + 1 / 6)
    )


@refuses(Code.NOT_PAID)
def test_asking_for_an_order_that_nobody_paid():
    """G07, G31, E29."""
    scene = bought(paid_at=None)
    return scene.when(BUYER, scene.asking(Kind.REFUND_ONLY, "changed_mind")).then_refused(Code.NOT_PAID)


@refuses(Code.KIND_NOT_POSSIBLE)
def test_returning_what_has_not_arrived():
    scene = bought().shipped()
    asked = scene.asking(Kind.RETURN_AND_REFUND, "agreed")
    return scene.when(BUYER, asked).then_refused(
        Code.KIND_NOT_POSSIBLE, kind=Kind.RETURN_AND_REFUND, possible=(Kind.REFUND_ONLY,)
    )


@refuses(Code.REASON_NOT_ALLOWED)
def test_saying_not_received_of_a_parcel_that_has_not_left():
    scene = bought()
    return scene.when(BUYER, scene.asking(Kind.REFUND_ONLY, "not_received")).then_refused(Code.REASON_NOT_ALLOWED)


@refuses(Code.WINDOW_OVER)
def test_asking_when_the_window_has_ended():
    """R4.1."""
    scene = bought().delivered()
    scene = scene.news(confirmed_at=scene.now, confirmed_by="buyer").later(days(17))
    return scene.when(BUYER, scene.asking(Kind.RETURN_AND_REFUND, "no_reason")).then_refused(
        Code.WINDOW_OVER, ended_at=(PAID_AT + days(16)).replace(hour=16)
    )


@refuses(Code.QUANTITY_TAKEN)
def test_asking_for_a_piece_that_is_in_another_open_case():
    """E27."""
    case = bought().delivered().opened(Kind.RETURN_AND_REFUND, "quality", lines=(k.CaseLine(1, 1),))
    return case.when(BUYER, case.asking(Kind.RETURN_AND_REFUND, "no_reason")).then_refused(
        Code.QUANTITY_TAKEN, lines=[{"line_no": 1, "left": 1}]
    )


@refuses(Code.TOO_MANY_APPLICATIONS)
def test_a_sixth_application_for_the_same():
    """E33; every modification counts as one."""
    case = broken_cup().given(BUYER, *(k.Modify(amount=50_00 - n) for n in range(4)))
    return case.when(BUYER, k.Modify(amount=40_00)).then_refused(Code.TOO_MANY_APPLICATIONS, applications=5, limit=5)


@refuses(Code.ALREADY_RULED)
def test_asking_again_for_what_was_ruled():
    case = broken_cup().reviewed().given(ARBITRATOR, ruling(RulingOutcome.DISMISS))
    return case.when(BUYER, case.asking(Kind.RETURN_AND_REFUND, "quality")).then_refused(
        Code.ALREADY_RULED, case_id=case.case_id
    )


def test_what_was_ruled_on_one_piece_leaves_the_other():
    """Rules §1: the same quantities; one of two pieces may be another one, two of two are not."""
    one, both = (k.CaseLine(1, 1),), (k.CaseLine(1, 2),)
    case = bought().delivered().opened(Kind.RETURN_AND_REFUND, "quality", lines=one)
    case = case.reviewed().given(ARBITRATOR, ruling(RulingOutcome.DISMISS))
    asked = case.asking(Kind.RETURN_AND_REFUND, "quality", lines=both)
    case.when(BUYER, asked).then_refused(Code.ALREADY_RULED).and_nothing_written()
    case.opened(Kind.RETURN_AND_REFUND, "quality", lines=one)


# How much ------------------------------


@refuses(Code.AMOUNT_NOT_POSITIVE)
def test_asking_for_nothing():
    scene = bought()
    return scene.when(BUYER, scene.asking(Kind.REFUND_ONLY, "changed_mind", amount=0)).then_refused(
        Code.AMOUNT_NOT_POSITIVE, asked_minor=0, maximum_minor=65_00
    )


@refuses(Code.EXCEEDS_MAXIMUM)
def test_asking_for_more_than_the_goods_cost():
    """G15, G25."""
    scene = bought()
    return scene.when(BUYER, scene.asking(Kind.REFUND_ONLY, "changed_mind", amount=65_01)).then_refused(
        Code.EXCEEDS_MAXIMUM, asked_minor=65_01, maximum_minor=65_00
    )


@refuses(Code.EXCEEDS_BALANCE)
def test_asking_for_what_the_shop_paid_back_already():
    """G09."""
    scene = bought(refunded_elsewhere=30_00)
    return scene.when(BUYER, scene.asking(Kind.REFUND_ONLY, "changed_mind", amount=35_01)).then_refused(
        Code.EXCEEDS_BALANCE, asked_minor=35_01, left_minor=35_00
    )


def compensated(case: Scene, *amounts: int) -> Scene:
    """Small payments made and paid, one after the other."""
    for amount in amounts:
        case = case.given(OWNER, small(amount))
        case = case.given(BUYER, k.AcceptOffer(case.standing)).answered()
    return case


@refuses(Code.EXCEEDS_COMPENSATION)
def test_compensating_beyond_the_cap_of_the_order():
    """Rules §3: of 600.00 yuan two small payments and the freight of a return leave 170.00."""
    one = (k.CaseLine(1, 1),)
    first = bought().delivered().opened(Kind.RETURN_AND_REFUND, "quality", lines=one)
    first = compensated(first, 200_00, 200_00)
    receipt = k.EvidenceItem(EvidenceKind.FREIGHT_RECEIPT)
    other = first.opened(Kind.EXCHANGE, "quality", lines=one).given(OWNER, k.Agree(1))
    other = other.handed_in(freight_paid=30_00, receipt=receipt).given(OWNER, k.AcceptReturn())
    again = other.about(first.case_id)
    again.given(OWNER, small(170_00))
    return again.when(OWNER, small(170_01)).then_refused(
        Code.EXCEEDS_COMPENSATION, asked_minor=170_01, left_minor=170_00
    )


@refuses(Code.TOO_MANY_SMALL_PAYMENTS)
def test_a_fourth_small_payment():
    """R3.3."""
    case = compensated(broken_cup(), 10_00, 10_00, 10_00)
    return case.when(OWNER, small(10_00)).then_refused(Code.TOO_MANY_SMALL_PAYMENTS, made=3, limit=3)


# Parcels ------------------------------


@refuses(Code.NOT_IN_TRANSIT)
def test_intercepting_what_has_not_been_picked_up():
    """A tracking number alone changes nothing (rules §1)."""
    case = bought().opened(Kind.REFUND_ONLY, "changed_mind")
    return case.when(OWNER, k.InterceptParcel()).then_refused(Code.NOT_IN_TRANSIT, goods="not_shipped")


@refuses(Code.NOT_IN_TRANSIT)
def test_agreeing_to_a_refusal_of_what_was_signed_for():
    """R3.2, D31."""
    return broken_cup().when(OWNER, k.AgreeRefundAfterRefusal()).then_refused(Code.NOT_IN_TRANSIT)


@refuses(Code.CATEGORY_NOT_REFUSABLE)
def test_agreeing_to_a_refusal_of_fresh_food():
    """R3.2, D31."""
    case = on_its_way(lines=(line(category="fresh"),))
    return case.when(OWNER, k.AgreeRefundAfterRefusal()).then_refused(Code.CATEGORY_NOT_REFUSABLE, lines=[1])


@refuses(Code.TOO_LATE_TO_INTERCEPT)
def test_intercepting_two_hours_after_the_courier_set_out():
    """R3.1."""
    case = on_its_way().scanned(ScanCode.OUT_FOR_DELIVERY)
    ends = case.now + hours(2)
    case.at(ends - TICK).given(OWNER, k.InterceptParcel())
    return case.at(ends).when(OWNER, k.InterceptParcel()).then_refused(Code.TOO_LATE_TO_INTERCEPT, ended_at=ends)


# The platform ------------------------------


@refuses(Code.TOO_EARLY)
def test_asking_the_platform_before_the_merchant_had_his_time():
    """R1.3, rules §5."""
    case = broken_cup()
    return case.when(BUYER, k.RequestIntervention()).then_refused(Code.TOO_EARLY, until=case.now + hours(48))


@refuses(Code.ALREADY_REQUESTED)
def test_asking_the_platform_twice_while_it_is_in_time():
    case = broken_cup().reviewed()
    return case.when(BUYER, k.RequestIntervention()).then_refused(Code.ALREADY_REQUESTED, due_at=case.due("ruling"))


# Rejecting ------------------------------


@refuses(Code.NO_CONVERSATION)
def test_preparing_a_rejection_before_a_word_was_written():
    """R3.4, D27."""
    return broken_cup().when(OWNER, k.PrepareRejection(1, "facts_differ")).then_refused(Code.NO_CONVERSATION)


def prepared() -> Scene:
    return broken_cup().given(OWNER, k.SendMessage("您好"), k.PrepareRejection(1, "facts_differ"))


def rejecting(*points: str, evidence: tuple[k.EvidenceItem, ...] = proof(EvidenceKind.PHOTO)) -> k.Reject:
    return k.Reject(1, "facts_differ", tuple(k.Point(text) for text in points or (TOLD,)), evidence)


@refuses(Code.ROUNDS_USED_UP)
def test_a_third_script_for_one_application():
    case = prepared().given(OWNER, k.PrepareRejection(1, "other_agreement"))
    return case.when(OWNER, k.PrepareRejection(1, "facts_differ")).then_refused(Code.ROUNDS_USED_UP, made=2, limit=2)


@refuses(Code.NOT_PREPARED)
def test_rejecting_for_another_reason_than_prepared():
    case = prepared().given(BUYER, k.SendMessage("请看照片")).given(OWNER, k.SendMessage("看过了"))
    return case.when(OWNER, k.Reject(1, "other_agreement")).then_refused(Code.NOT_PREPARED, prepared="facts_differ")


@refuses(Code.WAITING_FOR_BUYER)
def test_rejecting_before_the_buyer_could_reply():
    """R3.5, D29."""
    case = prepared()
    until = case.now + hours(0.5)
    early = case.at(until - TICK)
    return early.when(OWNER, rejecting()).then_refused(Code.WAITING_FOR_BUYER, waits_until=until)


@refuses(Code.REPLY_UNANSWERED)
def test_rejecting_without_answering_the_buyers_reply():
    case = prepared().given(BUYER, k.SendMessage("请看照片"))
    return case.later(hours(1)).when(OWNER, rejecting()).then_refused(Code.REPLY_UNANSWERED, replied_at=case.now)


@refuses(Code.EXPLANATION_TOO_SHORT)
def test_rejecting_with_nine_characters():
    case = prepared().later(hours(1))
    return case.when(OWNER, rejecting(TOLD, "字" * 9)).then_refused(Code.EXPLANATION_TOO_SHORT, needs_characters=10)


@refuses(Code.PAUSES_USED_UP)
def test_giving_the_ruling_an_hour_more_than_all_pauses_allow():
    """R4.2: 48 hours in all."""
    case = bought().delivered().opened(Kind.RETURN_AND_REFUND, "quality").reviewed()
    case = case.given(SUPERVISOR, k.ExtendDeadline("ruling", 48, "等待检测"))
    return case.when(SUPERVISOR, k.ExtendDeadline("ruling", 1, "再等等")).then_refused(
        Code.PAUSES_USED_UP, left_hours=0, most_hours=48
    )


@refuses(Code.EXPLANATION_TOO_LONG)
def test_rejecting_with_one_character_too_many():
    """R5.4: 300 characters a point."""
    case = prepared().later(hours(1))
    case.given(OWNER, rejecting("字" * 300))
    return case.when(OWNER, rejecting("字" * 301)).then_refused(Code.EXPLANATION_TOO_LONG, most_characters=300)


@refuses(Code.MISSING_EVIDENCE)
def test_rejecting_without_the_proof_that_the_reason_needs():
    """D09."""
    case = prepared().later(hours(1))
    return case.when(OWNER, rejecting(evidence=())).then_refused(Code.MISSING_EVIDENCE, missing=[(EvidenceKind.PHOTO,)])


@refuses(Code.MISSING_EVIDENCE)
def test_opening_without_the_evidence_that_the_reason_needs():
    """R1.2: the list of what is missing, and the description beside it."""
    scene = bought().delivered()
    return scene.when(BUYER, scene.asking(Kind.REFUND_ONLY, "quality", evidence=(), note="坏了")).then_refused(
        Code.MISSING_EVIDENCE, missing=[(EvidenceKind.PHOTO, EvidenceKind.VIDEO)], needs_characters=10
    )


@refuses(Code.UNKNOWN_EVIDENCE)
def test_writing_about_evidence_that_nobody_filed():
    shown = (k.EvidenceItem(evidence_id="e9"),)
    return broken_cup().when(BUYER, k.SendMessage("见图", shown)).then_refused(Code.UNKNOWN_EVIDENCE, evidence=["e9"])


@refuses(Code.EVIDENCE_TIME_OVER)
def test_filing_evidence_when_the_platforms_day_for_it_is_over():
    """Rules §4, `evidence`: judged on what is there; a message goes through, with a new photo it does not."""
    case = broken_cup().reviewed()
    ends = case.now + hours(24)
    photo = (k.EvidenceItem(EvidenceKind.PHOTO),)
    case.at(ends - TICK).given(BUYER, k.AddEvidence(photo))
    case.at(ends).given(BUYER, k.SendMessage("请看前面的照片"))
    case.at(ends).when(BUYER, k.SendMessage("见图", photo)).then_refused(Code.EVIDENCE_TIME_OVER, ended_at=ends)
    return case.at(ends).when(BUYER, k.AddEvidence(photo)).then_refused(Code.EVIDENCE_TIME_OVER, ended_at=ends)


@refuses(Code.UNKNOWN_ADDRESS)
def test_agreeing_to_a_return_to_an_address_that_is_not_on_record():
    return broken_cup().when(OWNER, k.Agree(1, "a9")).then_refused(Code.UNKNOWN_ADDRESS, address_id="a9")


# Rulings ------------------------------


def dear() -> Scene:
    """At the four-eyes amount, with the platform."""
    return broken_cup(lines=(line(paid=500_00),), freight_paid=0).reviewed()


@refuses(Code.SAME_PERSON)
def test_approving_ones_own_ruling():
    case = dear().given(ARBITRATOR, ruling(RulingOutcome.RETURN_AND_REFUND, 500_00))
    return case.when(ARBITRATOR, k.ApproveRuling(approve=True)).then_refused(Code.SAME_PERSON, first="zhou")


@refuses(Code.NEEDS_SECOND_PERSON)
def test_a_third_ruling_by_anybody_but_a_supervisor():
    """Disapproval goes back once, then to a supervisor (rules §9)."""
    case = dear()
    for _ in range(2):
        case = case.given(ARBITRATOR, ruling(RulingOutcome.RETURN_AND_REFUND, 500_00))
        case = case.given(COLLEAGUE, k.ApproveRuling(approve=False, reason=TOLD))
    case.given(SUPERVISOR, ruling(RulingOutcome.DISMISS))
    return case.when(COLLEAGUE, ruling(RulingOutcome.DISMISS)).then_refused(Code.NEEDS_SECOND_PERSON, role="supervisor")


@refuses(Code.FINDING_WITHOUT_BASIS)
def test_a_finding_under_a_clause_that_the_policy_does_not_have():
    sound, loose = k.Finding(TOLD, ("e1",), "visible-defect"), k.Finding(TOLD, ("e1",), "gut-feeling")
    return (
        broken_cup()
        .reviewed()
        .when(ARBITRATOR, ruling(RulingOutcome.DISMISS, findings=(sound, loose)))
        .then_refused(Code.FINDING_WITHOUT_BASIS, findings=[1])
    )


@refuses(Code.SHARES_DO_NOT_SUM)
def test_shares_of_fault_that_make_ninety_nine():
    case = broken_cup().reviewed()
    return case.when(
        ARBITRATOR, ruling(RulingOutcome.DISMISS, fault="shared", shares=k.Shares(buyer=50, merchant=49))
    ).then_refused(Code.SHARES_DO_NOT_SUM, total=99)


@refuses(Code.WINDOW_FOR_APPEAL_OVER)
def test_appealing_seven_days_after_the_notice():
    """R1.1, D17."""
    case = broken_cup().reviewed().given(ARBITRATOR, ruling(RulingOutcome.DISMISS))
    ends = case.now + days(7)
    case.at(ends - TICK).given(BUYER, k.Appeal(TOLD * 2))
    return case.at(ends).when(BUYER, k.Appeal(TOLD * 2)).then_refused(Code.WINDOW_FOR_APPEAL_OVER, ended_at=ends)


# All of them ------------------------------


def test_every_code_is_proved_here_or_by_the_engine():
    assert (_proved | ELSEWHERE) == set(Code)
    assert not _proved & ELSEWHERE


def test_all_reasons_stand_together_the_first_by_precedence_leading():
    """Rules §1: all reasons at once."""
    scene = bought(paid_at=None, group=Group("forming", PAID_AT))
    asked = scene.asking(Kind.RETURN_AND_REFUND, "agreed", lines=(k.CaseLine(1, 3),), amount=0)
    scene.when(BUYER, asked).then_refused(Code.GROUP_FORMING).and_also(
        Code.NOT_PAID, Code.KIND_NOT_POSSIBLE, Code.QUANTITY_TAKEN, Code.AMOUNT_NOT_POSITIVE
    ).and_nothing_written()
