"""Whose turn it is, by when, and what silence means (rules, Owner); what is still missing (R1.2, R5.3)."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from amends.domain import commands as k
from amends.domain import events as e
from amends.domain.decide import subject
from amends.domain.effects import Pay
from amends.domain.order import Merchant
from amends.domain.refusals import Code
from amends.domain.views import Missing, NextStep, actions, checklist, foretold
from amends.domain.words import EvidenceKind, Kind, Remedy, ScanCode, Side
from tests.domain.stories import (
    B,
    R,
    appealed,
    arrived,
    came_back,
    dismissed,
    intercepting,
    no_channel_left,
    overdue,
    refusable,
    rejected,
    replaced,
    return_agreed,
    return_posted,
    reviewed,
    script_sent,
    to_replace,
    travelling,
    unshipped,
)
from tests.support.given import (
    ARBITRATOR,
    BUYER,
    OWNER,
    POLICY,
    SHOP,
    STRANGER,
    SYSTEM,
    Scene,
    bought,
    days,
    hours,
    proof,
)


def paying() -> Scene:
    return unshipped().given(OWNER, k.Agree(1))


def suspended() -> Scene:
    case = arrived(B, "quality")
    return case.given(ARBITRATOR, k.Suspend(case.now + days(3), "等待检测"))


def to_exchange_for(amount: int) -> Scene:
    """Settled on a new one; so much is paid if it does not come."""
    case = arrived(B, "quality").given(OWNER, k.MakeOffer(Remedy.RESEND, amount=amount))
    return case.given(BUYER, k.AcceptOffer(case.standing))


def told_of(case: Scene) -> NextStep:
    """What the page of the case says of its next step."""
    return foretold(subject(case.docket, case.context(SYSTEM), case.case))


STEPS: list[tuple[Callable[[], Scene], tuple[str, str | None, str, int]]] = [
    # the case                               owner, deadline, what silence does, what it pays
    (unshipped,                              ("merchant", "answer.not_shipped", "agree_refund", 65_00)),
    (travelling,                             ("merchant", "answer.in_transit", "agree_intercept", 0)),
    (lambda: arrived(R, "quality"),          ("merchant", "answer.with_buyer", "agree_return", 0)),
    (lambda: arrived(R, "not_received"),     ("merchant", "answer.with_buyer", "agree", 65_00)),
    (lambda: arrived(B, "quality"),          ("merchant", "answer.with_buyer", "agree", 0)),
    (lambda: arrived(R, "counterfeit"),      ("merchant", "answer.with_buyer", "review", 0)),
    (came_back,                              ("merchant", "answer.coming_back", "agree_refund", 65_00)),
    (script_sent,                            ("merchant", "answer.with_buyer", "agree", 0)),
    (lambda: to_exchange_for(20_00),         ("merchant", "ship_replacement", "refund_instead", 20_00)),
    (intercepting,                           ("courier", "intercept_result", "back_to_merchant", 0)),
    (refusable,                              ("buyer", "refuse_parcel", "close_not_refused", 0)),
    (return_agreed,                          ("buyer", "ship_return", "close_not_sent", 0)),
    (return_posted,                          ("courier", "return_scan", "ask_return_number", 0)),
    (lambda: return_agreed().handed_in(),    ("merchant", "check_return", "accept_return", 65_00)),
    (to_replace,                             ("merchant", "ship_replacement", "refund_instead", 65_00)),
    (replaced,                               ("buyer", "confirm_replacement", "close_completed", 0)),
    (rejected,                               ("buyer", "after_rejection", "close_rejected", 0)),
    (reviewed,                               ("platform", "ruling", "late", 0)),
    (overdue,                                ("platform", "look", "late", 0)),
    (appealed,                               ("platform", "appeal_decision", "late", 0)),
    (suspended,                              ("platform", "suspension", "resume", 0)),
    (paying,                                 ("system", None, "final", 0)),
    (no_channel_left,                        ("buyer", "payout_account", "remind", 0)),
    (dismissed,                              ("nobody", None, "final", 0)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("story", "expected"), STEPS, ids=[f"{n} {row[1][0]} {row[1][1]}" for n, row in enumerate(STEPS)]
)
def test_one_owner_of_the_next_step_and_what_silence_means(story, expected):
    """R5.3, rules, Owner."""
    case = story()
    step = told_of(case)
    key = step.deadline.key if step.deadline else None
    assert (step.owner, key, step.outcome, step.amount_minor) == expected
    if step.deadline is not None and step.deadline.key != "suspension":
        assert step.deadline.due_at == case.due(step.deadline.key)


def test_what_is_shown_as_the_outcome_is_what_happens():
    """The promise on the page and the lapse are one."""
    for story, (_, key, outcome, amount) in STEPS:
        if key is None or key == "suspension":
            continue
        case = story()
        left = case.swept(key)
        said = "agree" if outcome == "review" and case.case.must_look else outcome
        passed = [event.outcome for event in left.events(e.DeadlinePassed) if event.key == key]
        assert said in passed or outcome == "review", f"{key}: said {outcome}, happened {passed}"
        paid = sum(pay.amount_minor for pay in left.sent[len(case.sent) :] if isinstance(pay, Pay))
        assert paid == amount, f"{key}: said {amount}, paid {paid}"


SWITCHED_ON = replace(SHOP, silent_refund_only=True)
NOWHERE = replace(SHOP, addresses=())


def at_shop(shop: Merchant, kind: Kind) -> Scene:
    return bought(shop).delivered().opened(kind, "quality")


def late_to_stop() -> Scene:
    """Out for delivery for longer than the courier can be asked."""
    return travelling().scanned(ScanCode.OUT_FOR_DELIVERY).later(hours(3))


def spent(story: Scene) -> Scene:
    """The shop gave all of it back by itself, but for the news of it."""
    order = replace(story.order, refunded_elsewhere=story.order.paid)
    return replace(story, docket=replace(story.docket, order=order))


@pytest.mark.parametrize(
    ("story", "outcome", "amount"),
    [
        (lambda: at_shop(SWITCHED_ON, R), "agree_refund", 65_00),
        (lambda: at_shop(NOWHERE, R), "agree_refund", 65_00),
        (lambda: at_shop(NOWHERE, B), "agree_refund", 65_00),
        (late_to_stop, "agree_unstopped", 0),
        (lambda: spent(unshipped()), "close_nothing_left", 0),
        (lambda: spent(return_agreed().handed_in()), "accept_return", 65_00),
    ],
    ids=["switched on", "nowhere to return to", "asked a return, nowhere", "past stopping", "spent", "promised"],
)
def test_silence_is_told_with_all_that_the_lapse_looks_at(story, outcome, amount):
    """R2.3: the merchant's switch, a missing address, a parcel past stopping, an order with nothing left."""
    case = story()
    step = told_of(case)
    assert (step.outcome, step.amount_minor) == (outcome, amount)
    left = case.swept(step.deadline.key)
    assert sum(pay.amount_minor for pay in left.sent[len(case.sent) :] if isinstance(pay, Pay)) == amount


def test_the_checklist_says_what_is_there_and_what_is_missing():
    """R1.2."""
    case = arrived(B, "damaged")
    assert checklist(case.case, POLICY) == (
        Missing(Side.BUYER, (EvidenceKind.PHOTO,), given=True),
        Missing(Side.BUYER, (EvidenceKind.PACKING_PHOTO,), given=True),
    )
    prepared = case.given(OWNER, k.SendMessage("您好"), k.PrepareRejection(1, "facts_differ"))
    answer = told_of(prepared).deadline
    wanted = Missing(Side.MERCHANT, (EvidenceKind.PHOTO,), given=False, due_at=answer.due_at)
    assert checklist(prepared.case, POLICY)[-1] == wanted
    shown = prepared.given(OWNER, k.AddEvidence(proof(EvidenceKind.PHOTO)))
    assert checklist(shown.case, POLICY)[-1] == Missing(Side.MERCHANT, (EvidenceKind.PHOTO,), given=True)


def test_buttons_are_drawn_from_the_guards_that_judge_the_command():
    """DESIGN §3: why not, and until when."""
    case = arrived(B, "quality")
    shown = {action.verb: action.refusal for action in actions(case.docket, case.case_id, case.context(BUYER))}
    assert shown["withdraw"] is None
    assert shown["request-intervention"].code is Code.TOO_EARLY
    assert shown["request-intervention"].facts == {"until": case.now + hours(48)}
    assert shown["ship-return"].code is Code.WRONG_STAGE
    assert "agree" not in shown
    assert actions(case.docket, case.case_id, case.context(STRANGER)) == ()
