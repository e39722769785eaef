"""What may be opened, all reasons at once, and the third answer (rules §1, §2)."""

from collections.abc import Callable
from itertools import product

import pytest
from msgspec.structs import replace

from amends.domain import commands as k
from amends.domain import events as e
from amends.domain.docket import Decided
from amends.domain.effects import Pay
from amends.domain.order import Group
from amends.domain.policy import Freight
from amends.domain.refusals import Code
from amends.domain.views import eligibility
from amends.domain.words import EvidenceKind, Goods, Kind, Outcome, Payer, ScanCode, Side, Stage
from tests.domain.stories import REVIEW, B, P, R, S, X
from tests.support.given import (
    BUYER,
    OWNER,
    PAID_AT,
    POLICY,
    SERVICE,
    SHOP,
    SYSTEM,
    TICK,
    Scene,
    bought,
    days,
    hours,
    line,
    proof,
)

# Kinds by where the goods are ---------------------------------------------------------------------------------


def failed_group() -> Scene:
    """Its own case is refunded already; nobody may ask for anything else."""
    return bought(group=Group("failed", PAID_AT))


STATES: dict[str, Callable[[], Scene]] = {
    "forming": lambda: bought(group=Group("forming", PAID_AT)),
    "unshipped": lambda: bought(group=Group("formed", PAID_AT, grouped_at=PAID_AT), ship_by=PAID_AT),
    "label_only": lambda: bought(label_printed=True, ship_by=PAID_AT),
    "in_transit": lambda: bought().shipped().later(hours(72)),
    "at_pickup_point": lambda: bought().shipped().scanned(ScanCode.AT_PICKUP_POINT).later(hours(72)),
    "delivered": lambda: bought(lines=(line(category="appliances"),)).delivered(),
    "confirmed": lambda: bought(
        lines=(line(category="appliances"),), confirmed_at=PAID_AT + hours(1), confirmed_by="timer"
    ),
}

NO_KIND: frozenset[Kind] = frozenset()
KINDS = [
    # where the goods are  what may be asked for
    ("forming",            NO_KIND),
    ("unshipped",          {R}),
    ("label_only",         {R}),
    ("in_transit",         {R}),
    ("at_pickup_point",    {R}),
    ("delivered",          {R, B, X, S, P}),
    ("confirmed",          {R, B, X, S, P}),
]  # fmt: skip


def possible(scene: Scene) -> dict[Kind, set[str]]:
    """Each kind with the reasons that are possible under it, as the page shows them."""
    answer = eligibility(scene.docket, scene.context(BUYER, about_order=True))
    return {one.kind: {each.reason for each in one.reasons if each.possible} for one in answer.kinds}


@pytest.mark.parametrize(("state", "kinds"), KINDS)
def test_kinds_follow_where_the_goods_are(state, kinds):
    """R4.3, R4.4, R4.5, R4.6, E31."""
    scene = STATES[state]()
    answer = eligibility(scene.docket, scene.context(BUYER, about_order=True))
    assert {one.kind for one in answer.kinds if one.possible} == kinds


REASONS = [
    # where the goods are  kind  reasons
    ("unshipped",          R,    {"changed_mind", "agreed", "out_of_stock", "late_shipping", "price_difference",
                                  "freight_refund", "other"}),
    ("in_transit",         R,    {"changed_mind", "agreed", "stuck_in_transit", "price_difference",
                                  "freight_refund", "other"}),
    ("delivered",          R,    {"agreed", "not_received", "empty_parcel", "missing_items", "damaged",
                                  "not_as_described", "quality", "spoiled", "counterfeit", "price_difference",
                                  "freight_refund", "other"}),
    ("delivered",          B,    {"no_reason", "agreed", "missing_items", "wrong_item", "damaged", "not_as_described",
                                  "quality", "spoiled", "counterfeit", "other"}),
    ("delivered",          X,    {"no_reason", "agreed", "wrong_item", "damaged", "not_as_described", "quality",
                                  "other"}),
    ("delivered",          S,    {"agreed", "empty_parcel", "missing_items", "wrong_item", "damaged", "other"}),
    ("delivered",          P,    {"quality", "other"}),
]  # fmt: skip


@pytest.mark.parametrize(("state", "kind", "reasons"), REASONS)
def test_reasons_follow_kind_and_goods(state, kind, reasons):
    """Rules §2."""
    assert possible(STATES[state]())[kind] == reasons


@pytest.mark.parametrize("state", STATES)
def test_what_the_page_calls_possible_can_be_opened_and_the_rest_cannot(state):
    """Rules §1: the page and the command are judged alike."""
    scene = STATES[state]()
    shown = possible(scene)
    for kind, reason in product(Kind, POLICY.reasons):
        received = kind is not R
        answer = scene.when(BUYER, scene.asking(kind, reason, goods_received=received)).answer
        assert isinstance(answer, Decided) == (reason in shown[kind]), f"{kind} {reason}: {answer}"


def test_a_failed_group_is_refunded_and_leaves_nothing_to_ask_for():
    """R4.3."""
    scene = failed_group()
    assert scene.case.reason == "group_failed"
    scene = scene.answered()
    assert scene.case.closing.outcome is Outcome.REFUNDED
    assert not any(possible(scene).values())


@pytest.mark.parametrize("code", [ScanCode.REFUSED, ScanCode.RETURNING, ScanCode.RETURNED, ScanCode.INTERCEPTED])
def test_a_parcel_that_comes_back_opens_its_own_case(code):
    """Rules §1, §7."""
    scene = bought().shipped().later(hours(5)).scanned(code)
    assert (scene.case.reason, scene.case.opened_by) == ("parcel_came_back", Side.SYSTEM)
    assert scene.case.amount_minor == 65_00


def test_a_tracking_number_alone_changes_nothing():
    """Rules §1: shipped means the first pick-up scan."""
    scene = bought(carrier="SF", tracking_no="SF1")
    assert scene.opened(R, "changed_mind").case.goods is Goods.NOT_SHIPPED


# Waiting ------------------------------------------------------------------------------------------------------------


def test_late_is_late_from_the_promised_instant():
    scene = bought(ship_by=PAID_AT + hours(5))
    command = scene.asking(R, "late_shipping")
    scene.at(PAID_AT + hours(5) - TICK).when(BUYER, command).then_refused(
        Code.TOO_EARLY, until=PAID_AT + hours(5)
    ).and_nothing_written()
    scene.at(PAID_AT + hours(5)).given(BUYER, command)


def test_stuck_is_stuck_after_three_days_without_a_scan():
    scene = bought().shipped().later(hours(3)).scanned(ScanCode.IN_TRANSIT)
    silent = scene.now + hours(72)
    command = scene.asking(R, "stuck_in_transit")
    scene.at(silent - TICK).when(BUYER, command).then_refused(Code.TOO_EARLY, until=silent).and_nothing_written()
    scene.at(silent).given(BUYER, command)


# Evidence -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [code for code, reason in POLICY.reasons.items() if reason.evidence])
def test_each_reason_is_refused_with_the_list_of_what_is_missing(code):
    """R1.2."""
    reason = POLICY.reasons[code]
    scene = STATES["delivered"]()
    asked = scene.asking(reason.kinds[0], code, evidence=())
    refused = scene.when(BUYER, asked).then_refused(Code.MISSING_EVIDENCE, missing=list(reason.evidence))
    refused.and_nothing_written()
    for group in reason.evidence:
        for kind in group:
            rest = [other[0] for other in reason.evidence if other is not group]
            scene.given(BUYER, scene.asking(reason.kinds[0], code, evidence=proof(kind, *rest)))


@pytest.mark.parametrize("code", [code for code, reason in POLICY.reasons.items() if reason.description_characters])
def test_a_description_has_ten_characters_blanks_apart(code):
    scene = STATES["delivered"]()
    kind = POLICY.reasons[code].kinds[0]
    short = scene.asking(kind, code, note="  " + "字" * 9 + "  ")
    scene.when(BUYER, short).then_refused(Code.MISSING_EVIDENCE, missing=[], needs_characters=10).and_nothing_written()
    scene.given(BUYER, scene.asking(kind, code, note="字" * 10))


# All reasons at once ----------------------------------------------------------------------------------------


def test_everything_that_stands_against_an_application_is_said_at_once():
    """Rules §1, and in the order of rules §11."""
    scene = bought(paid_at=None, refunded_elsewhere=60_00).shipped()
    asked = scene.asking(B, "stuck_in_transit", lines=(k.CaseLine(1, 3),), amount=70_00)
    scene.when(BUYER, asked).then_refused(Code.NOT_PAID).and_also(
        Code.KIND_NOT_POSSIBLE, Code.REASON_NOT_ALLOWED
    ).and_nothing_written()

    scene = bought(refunded_elsewhere=60_00).delivered().news(
        refunded_elsewhere=60_00, confirmed_at=PAID_AT + days(2), confirmed_by="buyer"
    )  # fmt: skip
    scene = scene.at(PAID_AT + days(30))
    asked = scene.asking(B, "quality", lines=(k.CaseLine(1, 3),), amount=99_00, evidence=(), note="")
    scene.when(BUYER, asked).then_refused(Code.WINDOW_OVER).and_also(
        Code.QUANTITY_TAKEN, Code.EXCEEDS_MAXIMUM, Code.EXCEEDS_BALANCE, Code.MISSING_EVIDENCE
    ).and_nothing_written()


def test_the_page_gives_the_same_reasons_with_their_figures():
    scene = bought(ship_by=PAID_AT + hours(5))
    answer = eligibility(scene.docket, scene.context(BUYER, about_order=True))
    late = next(each for each in answer.kinds[0].reasons if each.reason == "late_shipping")
    assert [(refusal.code, refusal.facts) for refusal in late.refusals] == [
        (Code.TOO_EARLY, {"until": PAID_AT + hours(5)})
    ]
    mind = next(each for each in answer.kinds[0].reasons if each.reason == "changed_mind")
    assert (mind.possible, mind.maximum_minor, mind.outward_freight_minor) == (True, 65_00, 6_00)
    assert answer.balance_minor == 65_00


def test_the_page_says_freight_evidence_and_window_before_anything_is_sent():
    """Rules §2: the page says it before the buyer applies."""
    scene = bought().delivered().news(confirmed_at=PAID_AT + hours(30), confirmed_by="buyer")
    answer = eligibility(scene.docket, scene.context(BUYER, about_order=True))
    returns = next(one for one in answer.kinds if one.kind is B)
    free = next(each for each in returns.reasons if each.reason == "no_reason")
    assert free.freight == Freight(Payer.BUYER, Payer.BUYER, Payer.BUYER)
    assert free.window_ends_at == PAID_AT.replace(day=18, hour=16)
    broken = next(each for each in returns.reasons if each.reason == "damaged")
    assert broken.evidence == ((EvidenceKind.PHOTO,), (EvidenceKind.PACKING_PHOTO,))


# The third answer: a person must look ---------------------------------------------------------------------------------


def test_a_counterfeit_runs_but_nothing_is_paid_by_silence_or_by_a_switch():
    """Rules §1."""
    case = bought(replace(SHOP, auto_refund_below=100_00)).delivered().opened(R, "counterfeit")
    assert case.case.must_look
    assert case.case.stage is Stage.AWAITING_MERCHANT
    assert not case.sent
    case = case.swept("answer.with_buyer")
    assert case.case.stage is Stage.UNDER_REVIEW
    assert not case.sent


def test_a_counterfeit_that_the_merchant_admits_is_paid_by_his_act():
    case = bought().delivered().opened(R, "counterfeit").given(OWNER, k.Agree(1))
    assert [type(message) for message in case.sent] == [Pay]


def test_a_counterfeit_return_that_nobody_checks_goes_to_the_platform():
    """Where a deadline would pay it goes to `under_review`."""
    case = bought().delivered().opened(B, "counterfeit").given(OWNER, k.Agree(1)).handed_in()
    left = case.at(case.due("check_return")).when(SYSTEM, k.Lapse()).then(e.DeadlinePassed, REVIEW)
    assert not left.sent


CONTRADICTIONS = [
    # paid     scans                                                   a person must look
    (500_00,   (ScanCode.REFUSED, ScanCode.DELIVERED),                 True),
    (499_99,   (ScanCode.REFUSED, ScanCode.DELIVERED),                 False),
    (500_00,   (ScanCode.DELIVERED,),                                  False),
    (500_00,   (ScanCode.DELIVERED, ScanCode.RETURNING),               True),
    (500_00,   (ScanCode.OUT_FOR_DELIVERY, ScanCode.ATTEMPTED, ScanCode.DELIVERED), False),
]  # fmt: skip


@pytest.mark.parametrize(("paid", "codes", "looked_at"), CONTRADICTIONS)
def test_a_dear_order_with_contradicting_scans_is_looked_at(paid, codes, looked_at):
    """Rules §1."""
    scene = bought(lines=(line(paid=paid),), freight_paid=0).shipped()
    for code in codes:
        scene = scene.later(hours(1)).scanned(code)
    if codes[-1] is not ScanCode.DELIVERED:
        # The system opened one for the goods that come back.
        assert scene.case.must_look is looked_at
        return
    if scene.docket.cases:
        scene = scene.given(SERVICE, k.Cancel("mistake"))
    assert scene.opened(R, "not_received").case.must_look is looked_at
