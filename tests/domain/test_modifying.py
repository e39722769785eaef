"""Changing the application and applying again (R5.2, rules §5)."""

from typing import Any

import pytest

from amends.domain import commands as k
from amends.domain.refusals import Code
from amends.domain.words import EvidenceKind, Goods, ScanCode, Stage
from tests.domain.stories import B, P, R, X, return_agreed, travelling
from tests.support.given import BUYER, Scene, bought, hours, proof


def asked(**fields: Any) -> Scene:
    return bought().delivered().opened(B, "quality", **fields)


CHANGES: list[tuple[k.Modify, dict[str, Any]]] = [
    # the change                                                 what is asked now
    (k.Modify(kind=R),                                           {"kind": R, "amount_minor": 65_00}),
    (k.Modify(amount=20_00),                                     {"kind": B, "amount_minor": 20_00}),
    (k.Modify(reason="not_as_described"),                        {"reason": "not_as_described"}),
    (k.Modify(lines=(k.CaseLine(1, 1),)),                        {"lines": (k.CaseLine(1, 1),), "amount_minor": 29_50}),
    (k.Modify(kind=R, goods_received=True),                      {"goods_received": True}),
    (k.Modify(note="杯口裂了,会漏水,已经停用"),                     {"note": "杯口裂了,会漏水,已经停用"}),
    (k.Modify(reason="damaged", evidence=proof(EvidenceKind.PACKING_PHOTO)), {"reason": "damaged"}),
]  # fmt: skip


@pytest.mark.parametrize(("command", "expected"), CHANGES, ids=[f"{n}" for n in range(len(CHANGES))])
def test_kind_reason_amount_lines_and_evidence_may_change(command, expected):
    case = asked().given(BUYER, command)
    assert {name: getattr(case.case, name) for name in expected} == expected
    assert (case.case.application, case.case.stage) == (2, Stage.AWAITING_MERCHANT)


def test_an_amount_of_the_buyers_own_stays_and_one_that_was_the_most_follows():
    half = (k.CaseLine(1, 1),)
    assert asked(amount=10_00).given(BUYER, k.Modify(lines=half)).case.amount_minor == 10_00
    assert asked().given(BUYER, k.Modify(lines=half)).case.amount_minor == 29_50
    asked(amount=40_00).when(BUYER, k.Modify(lines=half)).then_refused(
        Code.EXCEEDS_MAXIMUM, asked_minor=40_00, maximum_minor=29_50
    ).and_nothing_written()


NOT_SO = [
    # the change                                                    code
    (k.Modify(reason="damaged"),                                    Code.MISSING_EVIDENCE),
    (k.Modify(note="坏了"),                                          Code.MISSING_EVIDENCE),
    (k.Modify(reason="changed_mind"),                               Code.REASON_NOT_ALLOWED),
    (k.Modify(kind=P),                                              Code.KIND_NOT_POSSIBLE),
    (k.Modify(lines=(k.CaseLine(1, 3),)),                           Code.QUANTITY_TAKEN),
    (k.Modify(amount=0),                                            Code.AMOUNT_NOT_POSITIVE),
    (k.Modify(evidence=(k.EvidenceItem(evidence_id="e9"),)),        Code.UNKNOWN_EVIDENCE),
]  # fmt: skip


@pytest.mark.parametrize(("command", "code"), NOT_SO)
def test_a_change_is_judged_like_an_opening(command, code):
    asked().when(BUYER, command).then_refused(code).and_nothing_written()


def test_the_case_itself_does_not_stand_in_its_own_way():
    """Its own pieces and money are free for its own change."""
    case = asked(lines=(k.CaseLine(1, 1),)).given(BUYER, k.Modify(lines=(k.CaseLine(1, 2),)))
    assert case.case.amount_minor == 65_00


def test_the_buyer_applies_again_after_a_rejection():
    """R4.5, R5.2."""
    case = asked().rejected().given(BUYER, k.Modify(kind=X, note="换一个新的就可以,谢谢您"))
    assert (case.case.stage, case.case.rejection, case.running) == (
        Stage.AWAITING_MERCHANT, None, {"answer.with_buyer"},
    )  # fmt: skip


def test_a_rejected_request_is_the_merchants_again_once_the_goods_are_back():
    """R4.5: rejected while the parcel travelled; it comes back by itself."""
    case = travelling().rejected("shipped_normally").later(hours(5)).scanned(ScanCode.RETURNED)
    assert (case.case.stage, case.case.goods) == (Stage.AWAITING_MERCHANT, Goods.BACK)
    assert case.due("answer.coming_back") == case.now + hours(48)


def test_a_disputed_return_cannot_be_changed_into_something_else():
    """Rules, Owner: the merchant has the goods."""
    case = return_agreed().handed_in().rejected("return_damaged")
    case.when(BUYER, k.Modify(amount=10_00)).then_refused(Code.WRONG_STAGE).and_nothing_written()
    case.when(BUYER, k.Withdraw()).then_refused(Code.WRONG_STAGE).and_nothing_written()
