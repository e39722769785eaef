"""Refunds that need nobody's answer: the merchant's switch, and an order with no label yet (rules §10; R3.9)."""

from typing import Any

import pytest
from msgspec.structs import replace

from amends.domain.order import Chargeback
from amends.domain.refusals import Code
from amends.domain.words import Basis, Outcome, PayoutState
from tests.domain.stories import B, R, X
from tests.support.given import BUYER, SHOP, Scene, bought, line


def switched(below: int | None = 10_00, *, before: int = 0, paid: int = 9_99, **changes: Any) -> Scene:
    """An order of that price from a merchant whose switch is on below `below`."""
    shop = replace(SHOP, auto_refund_below=below)
    return bought(shop, auto_refunds=before, lines=(line(paid=paid),), freight_paid=0, **changes)


def at_once(case: Scene) -> bool:
    """Agreed and paid with the opening."""
    return case.case.agreement is not None and case.case.agreement.basis is Basis.SWITCH and bool(case.sent)


PRICES = [
    # switched below   order paid   refunds before   at once
    (10_00,            9_99,        0,               True),
    (10_00,            10_00,       0,               False),
    (10_00,            9_99,        2,               True),
    (10_00,            9_99,        3,               False),
    (None,             1,           0,               False),
    (50_00,            49_99,       0,               True),
]  # fmt: skip


@pytest.mark.parametrize(("below", "paid", "before", "yes"), PRICES)
def test_the_switch_looks_at_the_price_of_the_order_and_at_the_buyers_month(below, paid, before, yes):
    """R3.9: below, not at; fewer than three such refunds in 30 days."""
    assert at_once(switched(below, before=before, paid=paid).delivered().opened(R, "quality")) is yes


def test_it_is_the_orders_price_that_counts_and_not_what_is_asked():
    scene = switched(10_00, paid=15_00).delivered()
    assert not at_once(scene.opened(R, "quality", amount=1_00))


REASONS = [
    # reason              at once
    ("quality",           True),
    ("missing_items",     True),
    ("not_received",      True),
    ("agreed",            False),
    ("other",             False),
    ("price_difference",  False),
    ("counterfeit",       False),  # a person must look
]  # fmt: skip


@pytest.mark.parametrize(("reason", "yes"), REASONS)
def test_three_reasons_and_a_counterfeit_are_never_paid_by_the_switch(reason, yes):
    assert at_once(switched().delivered().opened(R, reason)) is yes


@pytest.mark.parametrize("kind", [B, X])
def test_only_money_is_given_by_the_switch(kind):
    assert not at_once(switched().delivered().opened(kind, "quality"))


def test_the_evidence_has_to_be_there():
    scene = switched().delivered()
    scene.when(BUYER, scene.asking(R, "quality", evidence=())).then_refused(Code.MISSING_EVIDENCE).and_nothing_written()


def test_what_the_switch_pays_is_told_as_such_and_ends_with_the_money():
    case = switched().delivered().opened(R, "quality")
    assert case.running == set()
    assert [pay.amount_minor for pay in case.sent] == [9_99]
    assert case.answered().case.closing.outcome is Outcome.REFUNDED


LABELS = [
    # label printed   scans          at once
    (False,           (),            True),
    (True,            (),            False),
    (None,            (),            False),
    (False,           ("shipped",),  False),
]  # fmt: skip


@pytest.mark.parametrize(("printed", "scans", "yes"), LABELS)
def test_an_order_without_a_label_is_refunded_at_once(printed, scans, yes):
    """Rules §10: not shipped and `label_printed` is false."""
    scene = bought(label_printed=printed)
    scene = scene.shipped() if scans else scene
    assert at_once(scene.opened(R, "changed_mind")) is yes


@pytest.mark.parametrize("kind", ["held", "nothing_left"])
def test_a_switch_sends_no_money_that_must_wait_or_is_not_there(kind):
    if kind == "held":
        case = bought(label_printed=False, chargeback=Chargeback("open", 65_00)).opened(R, "changed_mind")
        assert case.sent == ()
        assert case.case.payouts[0].state is PayoutState.HELD
        return
    scene = bought(label_printed=False, refunded_elsewhere=65_00)
    scene.when(BUYER, scene.asking(R, "changed_mind")).then_refused(Code.EXCEEDS_BALANCE).and_nothing_written()
