"""What a fair clerk would do now, and why: the first that fits (rules §10; R3.9)."""

from collections.abc import Callable
from typing import Any

import pytest

from amends.domain.views import advice, may_do_now
from amends.domain.words import ScanCode
from tests.domain.stories import B, R, arrived, rejected, return_agreed, reviewed, travelling, unshipped
from tests.support.given import OWNER, Scene, bought, hours, line


def dear(**changes: Any) -> Scene:
    return bought(lines=(line(paid=200_00),), freight_paid=0, **changes)


def cheap() -> Scene:
    return bought(lines=(line(paid=9_99),), freight_paid=0)


def at_the_door(category: str) -> Scene:
    scene = bought(lines=(line(category=category),)).shipped().scanned(ScanCode.OUT_FOR_DELIVERY)
    return scene.later(hours(2)).opened(R, "changed_mind")


ADVICE: list[tuple[str, Callable[[], Scene], tuple[str, str]]] = [
    # the case                 story                                               verb, why
    ("an order below ten yuan", lambda: cheap().delivered().opened(R, "quality"),  ("agree", "low_value")),
    ("not shipped",            unshipped,                                          ("agree", "not_shipped")),
    ("in transit, stoppable",  travelling,                                         ("intercept-parcel",
                                                                                    "can_be_stopped")),
    ("in transit, refusable",  lambda: at_the_door("home"),                        ("agree-refund-after-refusal",
                                                                                    "can_be_refused")),
    ("no reason, with buyer",  lambda: arrived(B, "no_reason"),                    ("agree", "no_reason_right")),
    ("the merchant's fault",   lambda: arrived(B, "quality"),                      ("make-offer",
                                                                                    "fault_and_evidence")),
    ("nothing but words",      lambda: arrived(R, "other"),                        ("send-message", "facts_missing")),
    ("the receipt is there",   lambda: arrived(R, "freight_refund"),               ("agree", "claim_stands")),
    ("the merchant proves it", lambda: arrived(R, "not_received"),                 ("agree", "claim_stands")),
]  # fmt: skip


@pytest.mark.parametrize(("what", "story", "expected"), ADVICE, ids=[row[0] for row in ADVICE])
def test_the_first_advice_that_fits_is_given_with_its_reason(what, story, expected):
    """R3.9."""
    told = advice(story().draft)
    assert (told.verb, told.why) == expected


def test_what_is_advised_can_be_done():
    for _, story, (verb, _) in ADVICE:
        case = story()
        assert verb in may_do_now(case.docket, case.case_id, case.context(OWNER))


def test_goods_that_carry_no_right_are_not_advised_to_be_refused():
    """R3.2: fresh food at the door."""
    told = advice(at_the_door("fresh").draft)
    assert told.verb != "agree-refund-after-refusal"


@pytest.mark.parametrize(("paid", "remarked"), [(199_99, False), (200_00, True)])
def test_from_two_hundred_yuan_stating_the_position_early_is_remarked_beside_it(paid, remarked):
    """R3.9: value as a remark, never as the reason."""
    case = bought(lines=(line(paid=paid),), freight_paid=0).delivered().opened(B, "quality")
    told = advice(case.draft)
    assert ("state_position_early" in told.remarks) is remarked
    assert told.verb == "make-offer"


def test_where_facts_are_missing_an_itemised_rejection_is_to_be_prepared():
    assert "prepare_itemised_rejection" in advice(arrived(R, "other").draft).remarks


@pytest.mark.parametrize("story", [rejected, reviewed, return_agreed])
def test_where_the_merchant_has_nothing_to_answer_nothing_is_advised(story):
    assert advice(story().draft) is None
