"""Negotiate before rejecting: reason, script, wait, then the itemised no with its proof (rules §6; R3.4, R3.5)."""

from collections.abc import Callable
from datetime import datetime
from itertools import product

import pytest
from msgspec.structs import replace

from amends.domain import commands as k
from amends.domain import events as e
from amends.domain.order import CUSTOM_MADE
from amends.domain.refusals import Code
from amends.domain.words import EvidenceKind, Outcome, Remedy, ScanCode, Stage
from tests.domain.stories import B, R, arrived, intercepting, left_after_asking, return_agreed, travelling, unshipped
from tests.support.given import BUYER, OWNER, POLICY, SERVICE, TICK, TOLD, Scene, bought, hours, line, proof, that

HELLO = k.SendMessage("您好，请问哪里有问题？")


def asked() -> Scene:
    return arrived(B, "quality")


def no(reason: str = "facts_differ", *points: str, evidence: tuple[k.EvidenceItem, ...] | None = None) -> k.Reject:
    shown = proof(*(group[0] for group in POLICY.rejection_reasons[reason].proof)) if evidence is None else evidence
    return k.Reject(1, reason, tuple(k.Point(text) for text in points or (TOLD,)), shown)


# The whole way ------------------------------


def test_a_rejection_takes_talk_script_wait_points_and_proof():
    """R3.4, R3.5, D27, D29: each step refused until the one before it is done."""
    case = asked()
    case.when(OWNER, no()).then_refused(Code.NO_CONVERSATION).and_nothing_written()
    case.when(OWNER, k.PrepareRejection(1, "facts_differ")).then_refused(Code.NO_CONVERSATION).and_nothing_written()

    case = case.given(OWNER, HELLO)
    case.when(OWNER, no()).then_refused(Code.NOT_PREPARED, prepared=None).and_nothing_written()

    script = POLICY.rejection_reasons["facts_differ"].script
    case = case.when(OWNER, k.PrepareRejection(1, "facts_differ", "请补充照片")).then(
        that(e.RejectionPrepared, round=1, reason="facts_differ", script=script, added_text="请补充照片")
    )
    until = case.now + hours(0.5)
    case.at(until - TICK).when(OWNER, no()).then_refused(
        Code.WAITING_FOR_BUYER, waits_until=until
    ).and_nothing_written()

    over = case.at(until)
    over.when(OWNER, no("facts_differ", "太短")).then_refused(Code.EXPLANATION_TOO_SHORT).and_nothing_written()
    over.when(OWNER, no(evidence=())).then_refused(
        Code.MISSING_EVIDENCE, missing=[(EvidenceKind.PHOTO,)]
    ).and_nothing_written()
    left = over.when(OWNER, no()).then(
        e.DeadlinePassed, e.EvidenceFiled, that(e.CaseRejected, reason="facts_differ", evidence=("e2",))
    )
    assert left.case.stage is Stage.AWAITING_BUYER
    assert left.running == {"after_rejection"}


def test_a_reply_ends_the_wait_once_the_merchant_answered_it():
    """Rules §6: the first reply wants a message, later ones do not."""
    case = asked().given(OWNER, HELLO, k.PrepareRejection(1, "facts_differ"))
    case = case.later(hours(0.1)).given(BUYER, k.SendMessage("请看照片"))
    case.when(OWNER, no()).then_refused(Code.REPLY_UNANSWERED, replied_at=case.now).and_nothing_written()
    case = case.given(OWNER, k.SendMessage("照片看过了")).given(BUYER, k.SendMessage("还有一张"))
    assert case.given(OWNER, no()).case.stage is Stage.AWAITING_BUYER


REPLIES: list[tuple[str, Callable[[Scene], Scene], bool]] = [
    # what happens                       after the script                                                   a reply
    ("a message",          lambda case: case.given(BUYER, k.SendMessage("在")),                              True),
    ("an offer",           lambda case: case.given(BUYER, k.MakeOffer(Remedy.REFUND_ONLY, amount=30_00)),    True),
    ("evidence",           lambda case: case.given(BUYER, k.AddEvidence(proof(EvidenceKind.VIDEO))),         True),
    ("an offer declined",  lambda case: case.given(BUYER, k.DeclineOffer(case.standing)),                    True),
    ("a position",         lambda case: case.given(BUYER, k.StatePosition((k.Point(TOLD),))),                False),
    ("the merchant's own", lambda case: case.given(OWNER, k.SendMessage("在吗")),                            False),
    ("the platform's",     lambda case: case.given(SERVICE, k.SendMessage("请尽快答复")),                    False),
    ("nothing",            lambda case: case,                                                                False),
]  # fmt: skip


@pytest.mark.parametrize(("what", "happens", "replies"), REPLIES, ids=[row[0] for row in REPLIES])
def test_what_counts_as_a_reply(what, happens, replies):
    """Rules §6: message, offer, answer to an offer, evidence, modification."""
    case = asked().given(OWNER, HELLO, k.MakeOffer(Remedy.REFUND_ONLY, amount=10_00))
    case = case.given(OWNER, k.PrepareRejection(1, "facts_differ")).later(hours(0.1))
    code = Code.REPLY_UNANSWERED if replies else Code.WAITING_FOR_BUYER
    happens(case).when(OWNER, no()).then_refused(code).and_nothing_written()


def test_a_script_is_no_conversation():
    """Rules §6."""
    scripted = asked().given(OWNER, k.SendMessage("您好", script_id="greeting"))
    scripted.when(OWNER, k.PrepareRejection(1, "facts_differ")).then_refused(Code.NO_CONVERSATION)
    platform_only = asked().given(SERVICE, k.SendMessage("请协商"))
    platform_only.when(OWNER, k.PrepareRejection(1, "facts_differ")).then_refused(Code.NO_CONVERSATION)


def test_the_reason_is_judged_after_the_conversation_and_before_the_rounds():
    """Rules §6: the order of refusals."""
    case = asked()
    strange = k.PrepareRejection(1, "return_damaged")
    case.when(OWNER, strange).then_refused(Code.NO_CONVERSATION).and_nothing_written()
    case = case.given(OWNER, HELLO)
    case.when(OWNER, strange).then_refused(Code.REASON_NOT_ALLOWED).and_nothing_written()
    case = case.given(OWNER, k.PrepareRejection(1, "facts_differ"), k.PrepareRejection(1, "other_agreement"))
    case.when(OWNER, strange).then_refused(Code.REASON_NOT_ALLOWED).and_nothing_written()
    case.when(OWNER, k.PrepareRejection(1, "facts_differ")).then_refused(Code.ROUNDS_USED_UP).and_nothing_written()


def test_a_modification_gives_two_rounds_again():
    case = asked().given(OWNER, HELLO, k.PrepareRejection(1, "facts_differ"), k.PrepareRejection(1, "facts_differ"))
    case = case.given(BUYER, k.Modify(amount=40_00))
    assert case.given(OWNER, k.PrepareRejection(2, "facts_differ")).case.scripts_sent == 1


# The clock ------------------------------

WAITS = [
    # prepared in Shanghai              the wait is over
    (datetime(2026, 3, 3, 13, 0),       datetime(2026, 3, 3, 13, 30)),
    (datetime(2026, 3, 3, 21, 45),      datetime(2026, 3, 4, 8, 15)),
    (datetime(2026, 3, 3, 21, 30),      datetime(2026, 3, 3, 22, 0)),
    (datetime(2026, 3, 3, 23, 10),      datetime(2026, 3, 4, 8, 30)),
    (datetime(2026, 3, 4, 3, 0),        datetime(2026, 3, 4, 8, 30)),
]  # fmt: skip


@pytest.mark.parametrize(("prepared_at", "over"), WAITS)
def test_the_wait_counts_only_waking_hours(prepared_at, over):
    """R3.5, rules §4: 08:00 to 22:00 local. B11."""
    zone = POLICY.zone
    case = asked().at(prepared_at.replace(tzinfo=zone)).given(OWNER, HELLO, k.PrepareRejection(1, "facts_differ"))
    assert case.due("negotiation_wait") == over.replace(tzinfo=zone)


def test_a_wait_that_outlasts_the_answer_moves_it_by_an_hour_once_a_case():
    """Rules §4: once, also over modifications."""
    case = asked().given(OWNER, HELLO)
    case = case.at(case.due("answer.with_buyer") - hours(0.25)).given(OWNER, k.PrepareRejection(1, "facts_differ"))
    moved = case.now + hours(1.5)
    assert case.due("answer.with_buyer") == moved
    late = case.at(moved - hours(0.25))
    again = late.given(OWNER, k.PrepareRejection(1, "other_agreement"))
    assert again.due("answer.with_buyer") == moved


def test_a_wait_that_fits_into_the_answer_moves_nothing():
    case = asked().given(OWNER, HELLO)
    due = case.due("answer.with_buyer")
    case = case.at(due - hours(0.5)).given(OWNER, k.PrepareRejection(1, "facts_differ"))
    assert case.due("answer.with_buyer") == due


def test_an_answer_that_ends_in_the_wait_is_lost_even_when_prepared_again():
    """The second script of a case moves nothing: silence agrees."""
    case = asked().given(OWNER, HELLO)
    case = case.at(case.due("answer.with_buyer") - hours(0.25)).given(OWNER, k.PrepareRejection(1, "facts_differ"))
    case = case.at(case.due("answer.with_buyer") - hours(0.25)).given(OWNER, k.PrepareRejection(1, "facts_differ"))
    case = case.at(case.due("negotiation_wait"))
    case.when(OWNER, no()).then_refused(Code.WRONG_STAGE, stage=Stage.IN_MOTION).and_nothing_written()


# Which reason in which case ------------------------------

MADE = {"lines": (line(category="custom", flags=(CUSTOM_MADE,)),)}
EVER = {"facts_differ", "other_agreement", "buyer_unreachable"}

ALLOWED: list[tuple[str, Callable[[], Scene], set[str]]] = [
    ("not shipped",              unshipped,                                              set()),
    ("custom, not shipped",      lambda: bought(**MADE).opened(R, "changed_mind"),       {"made_to_order"}),
    ("in transit, stoppable",    travelling,                                             {"shipped_normally"}),
    ("in transit, at the door",  lambda: travelling().scanned(ScanCode.OUT_FOR_DELIVERY).later(hours(2)),
                                                                                         {"shipped_normally",
                                                                                          "cannot_intercept"}),
    ("not stopped",              lambda: intercepting().swept("intercept_result"),       {"shipped_normally",
                                                                                          "cannot_intercept"}),
    ("left after the asking",    left_after_asking,                                      set()),
    ("with the buyer",           asked,                                                  {"proof_insufficient"}),
    ("no reason given",          lambda: arrived(B, "no_reason"),                        {"not_returnable"}),
    ("an own offer on record",   lambda: asked().given(OWNER, k.MakeOffer(Remedy.REFUND_ONLY, amount=10_00)),
                                                                                         {"proof_insufficient",
                                                                                          "amount_differs"}),
]  # fmt: skip


@pytest.mark.parametrize(("what", "story", "more"), ALLOWED, ids=[row[0] for row in ALLOWED])
def test_rejection_reasons_fit_the_case(what, story, more):
    """Rules §6."""
    case = story().given(OWNER, HELLO)
    refused = case.when(OWNER, k.PrepareRejection(case.case.application, "return_damaged"))
    told = refused.then_refused(Code.REASON_NOT_ALLOWED).refusal.facts["allowed"]
    assert set(told) == EVER | more


def test_a_delivered_return_is_disputed_only_for_what_is_wrong_with_it():
    """Rules §6: `return_*`."""
    case = return_agreed().handed_in().given(OWNER, HELLO)
    refused = case.when(OWNER, k.PrepareRejection(1, "facts_differ")).then_refused(Code.REASON_NOT_ALLOWED)
    assert set(refused.refusal.facts["allowed"]) == {
        "return_not_received", "return_damaged", "return_wrong_item", "return_incomplete",
    }  # fmt: skip


def test_nobody_is_called_unreachable_who_replied():
    case = asked().given(OWNER, HELLO, k.RecordCall("no_answer"), k.PrepareRejection(1, "buyer_unreachable"))
    replied = case.given(BUYER, k.SendMessage("在的")).given(OWNER, k.SendMessage("好"))
    replied.when(OWNER, no("buyer_unreachable")).then_refused(Code.REASON_NOT_ALLOWED).and_nothing_written()
    silent = case.at(case.due("negotiation_wait"))
    assert silent.given(OWNER, no("buyer_unreachable", evidence=())).case.stage is Stage.AWAITING_BUYER


PROOFS = [
    # reason                 its proof, group by group
    ("made_to_order",        ((EvidenceKind.LISTING_TAG,), (EvidenceKind.PHOTO,))),
    ("facts_differ",         ((EvidenceKind.PHOTO,),)),
    ("other_agreement",      ((EvidenceKind.CHAT_SCREENSHOT, EvidenceKind.CHAT_LOG),)),
    ("return_damaged",       ((EvidenceKind.PHOTO,),)),
    ("return_incomplete",    ((EvidenceKind.VIDEO, EvidenceKind.WEIGHT_RECORD),)),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "groups"), PROOFS)
def test_each_reason_wants_its_own_proof_and_takes_any_kind_of_a_group(reason, groups):
    """R3.5, D09."""
    story = {
        "made_to_order": lambda: bought(**MADE).opened(R, "changed_mind"),
        "return_damaged": lambda: return_agreed().handed_in(),
        "return_incomplete": lambda: return_agreed().handed_in(),
    }.get(reason, asked)
    case = story().given(OWNER, HELLO, k.PrepareRejection(1, reason))
    case = case.at(case.due("negotiation_wait"))
    case.when(OWNER, no(reason, evidence=())).then_refused(
        Code.MISSING_EVIDENCE, missing=list(groups)
    ).and_nothing_written()
    for kinds in product(*groups):
        case.given(OWNER, no(reason, evidence=proof(*kinds)))


def test_proof_filed_before_counts():
    case = asked().given(OWNER, HELLO, k.AddEvidence(proof(EvidenceKind.PHOTO)))
    case = case.given(OWNER, k.PrepareRejection(1, "facts_differ"))
    case.at(case.due("negotiation_wait")).given(OWNER, no(evidence=()))


def test_the_buyers_own_photos_are_no_proof_of_the_merchant():
    case = asked().given(OWNER, HELLO, k.PrepareRejection(1, "facts_differ"))
    assert case.case.evidence.buyer == {EvidenceKind.PHOTO: 1}
    case.at(case.due("negotiation_wait")).when(OWNER, no(evidence=())).then_refused(Code.MISSING_EVIDENCE)


@pytest.mark.parametrize(
    ("category", "missing"),
    [
        ("cosmetics", [(EvidenceKind.LISTING_TAG,), (EvidenceKind.CONFIRMATION,)]),
        ("home", [(EvidenceKind.LISTING_TAG,)]),
    ],
)
def test_goods_excluded_by_the_buyers_confirmation_need_it_shown(category, missing):
    """Rules §6; law: 暂行办法 7, 20."""
    case = bought(lines=(line(category=category),)).delivered().opened(B, "no_reason")
    case = case.given(OWNER, HELLO, k.PrepareRejection(1, "not_returnable"))
    case.at(case.due("negotiation_wait")).when(OWNER, no("not_returnable", evidence=())).then_refused(
        Code.MISSING_EVIDENCE, missing=missing
    ).and_nothing_written()


def test_points_rest_on_evidence_that_is_there():
    case = asked().given(OWNER, HELLO, k.PrepareRejection(1, "facts_differ"))
    case = case.at(case.due("negotiation_wait"))
    strange = replace(no(), points=(k.Point(TOLD, ("e7",)),))
    case.when(OWNER, strange).then_refused(Code.UNKNOWN_EVIDENCE, evidence=["e7"]).and_nothing_written()
    case.given(OWNER, replace(no(), points=(k.Point(TOLD, ("e1", "e2")),)))


# The answer to the preparation ------------------------------


def test_the_preparation_carries_solutions_that_can_be_sent_as_an_offer():
    """R3.5: what fits where the goods are."""
    case = asked().given(OWNER, HELLO, k.PrepareRejection(1, "proof_insufficient"))
    (told,) = case.events(e.RejectionPrepared)
    assert told.solutions == (Remedy.REFUND_ONLY, Remedy.RETURN_AND_REFUND, Remedy.RESEND)
    for remedy in told.solutions:
        case.given(OWNER, k.MakeOffer(remedy))
    travels = travelling().given(OWNER, HELLO, k.PrepareRejection(1, "shipped_normally"))
    assert travels.events(e.RejectionPrepared)[0].solutions == (Remedy.REFUND_ONLY,)


# Returns that are not as agreed ------------------------------


def test_fewer_pieces_than_agreed_are_paid_and_the_rest_disputed_in_the_same_case():
    """Rules §6; E23, C05."""
    case = return_agreed().handed_in()
    left = case.given(OWNER, k.AcceptReturn((k.CaseLine(1, 1),)))
    assert [pay.amount_minor for pay in left.sent] == [32_50]
    assert (left.case.stage, left.case.rejection.reason) == (Stage.AWAITING_BUYER, "return_incomplete")
    assert left.case.disputed == (k.CaseLine(1, 1),)
    assert left.case.due_minor == 32_50
    assert left.running == {"after_rejection"}


@pytest.mark.parametrize("quantity", [0, 3])
def test_neither_nothing_nor_more_than_agreed_can_be_accepted(quantity):
    """E23."""
    return_agreed().handed_in().when(OWNER, k.AcceptReturn((k.CaseLine(1, quantity),))).then_refused(
        Code.QUANTITY_TAKEN, lines=[{"line_no": 1, "left": 2}]
    ).and_nothing_written()


def test_the_merchant_may_still_give_in_after_disputing_a_return():
    case = return_agreed().handed_in().rejected("return_damaged").given(OWNER, k.Agree(1))
    assert [pay.amount_minor for pay in case.sent] == [65_00]
    assert case.answered().case.closing.outcome is Outcome.REFUNDED
