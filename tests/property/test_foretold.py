"""The sentence of what happens if nobody acts is what happens, over drawn lives (R5.3)."""

from msgspec.structs import replace

from amends.domain import commands as k
from amends.domain.actor import SYSTEM
from amends.domain.case import Case
from amends.domain.docket import Decided
from amends.domain.views import NextStep, foretold
from amends.domain.words import Goods, Outcome, Remedy, Stage
from tests.property.dice import Seeded
from tests.property.lives import Life
from tests.property.world import Seen, World

SEED = 20_261_124
LIVES = 60
STEPS_EACH = 40


def test_what_is_foretold_is_what_the_lapse_does():
    """Owner, amount and outcome, with the switch on in half of the lives and no address in some."""
    seen: set[str] = set()
    for seed in range(SEED, SEED + LIVES):
        dice = Seeded(seed)
        life = Life(dice, Seen())
        merchant = replace(life.world.docket.merchant, silent_refund_only=dice.chance(50))
        life.world.docket = replace(life.world.docket, merchant=merchant)
        try:
            for _ in range(STEPS_EACH):
                life.step()
                for case in life.world.cases:
                    seen |= hold(life.world, case.case_id)
        except Exception as fault:
            fault.add_note("\n".join([f"seed {seed}", *dice.story[-25:]]))
            raise
    assert {"agree", "agree_return", "agree_refund", "agree_intercept", "review", "refund_instead"} <= seen


def hold(world: World, case_id: int) -> set[str]:
    look = world.look(case_id)
    step = foretold(look)
    if step.deadline is None or look.case.suspension is not None:
        return set()
    later = world.fork()
    later.now = step.deadline.due_at
    before = look.case
    sent = {payout.payout_id for payout in before.payouts}
    answer = later.send(SYSTEM, k.Lapse(), case_id)
    assert isinstance(answer, Decided)
    after = later.docket.case(case_id)
    assert after is not None
    paid = sum(payout.amount_minor for payout in after.payouts if payout.payout_id not in sent)
    assert step.amount_minor == paid, f"{step} was said, {paid} was paid"
    assert came_true(step, before, after), f"{step} was said, and this came: {after}"
    return {step.outcome}


def came_true(step: NextStep, before: Case, after: Case) -> bool:
    """Judged by the state alone, without the events from which it was told."""
    agreement, ended = after.agreement, after.closing or after.ending
    closed = {
        "close_not_refused": Outcome.LAPSED_NOT_REFUSED,
        "close_not_sent": Outcome.LAPSED_NOT_SENT,
        "close_rejected": Outcome.LAPSED_AFTER_REJECTION,
    }
    match step.outcome:
        case "agree":
            return agreement is not None and agreement.remedy == Remedy(before.kind.value)
        case "agree_refund":
            return agreement is not None and agreement.remedy is Remedy.REFUND_ONLY and step.amount_minor > 0
        case "agree_return":
            moved = after.goods in (Goods.RETURN_DUE, Goods.BACK, Goods.COMING_BACK, Goods.RETURN_IN_TRANSIT)
            return agreement is not None and agreement.remedy is Remedy.RETURN_AND_REFUND and moved
        case "agree_intercept":
            return after.goods is Goods.INTERCEPTING and after.interception_at == step.deadline.due_at
        case "agree_unstopped":
            return after.goods is Goods.INTERCEPTING and after.interception_at != step.deadline.due_at
        case "back_to_merchant":
            return after.stage is Stage.AWAITING_MERCHANT
        case "review" | "look":
            return after.stage is Stage.UNDER_REVIEW
        case "late":
            return after.review is not None and after.review.late > (before.review.late if before.review else 0)
        case "close_not_refused" | "close_not_sent" | "close_rejected":
            return ended is not None and ended.outcome is closed[step.outcome]
        case "close_completed":
            return ended is not None and ended.outcome in (Outcome.COMPLETED, Outcome.SENT_BACK)
        case "close_nothing_left":
            return ended is not None and ended.outcome in (Outcome.NOTHING_LEFT, Outcome.REFUNDED_ELSEWHERE)
        case "accept_return":
            return after.returned != before.returned
        case "refund_instead":
            return after.refund_committed_minor > 0
        case "choose_refund":
            return after.repair_choice
        case "send_again":
            return after.goods in (Goods.REPLACEMENT_DUE, Goods.SHIP_BACK_DUE)
        case "ask_return_number":
            return after.deadline("return_number") is not None
        case "remind":
            again = after.deadline(step.deadline.key)
            return again is not None and again.due_at > step.deadline.due_at
        case _:
            return False
