"""The numeric status that the marketplace gateway shows: every row of rules §12."""

from collections.abc import Callable

import pytest

from amends.domain import commands as k
from amends.domain.order import Chargeback, Group
from amends.domain.views import status_code
from amends.domain.words import Holding, Kind, Leg, Remedy, RulingOutcome, ScanCode
from tests.domain.stories import (
    B,
    P,
    R,
    S,
    X,
    appealed,
    arrived,
    came_back,
    intercepting,
    refusable,
    rejected,
    repair_overdue,
    replacement_sent,
    return_agreed,
    reviewed,
    to_replace,
    travelling,
    unshipped,
)
from tests.support.given import ARBITRATOR, BUYER, OWNER, PAID_AT, SERVICE, TOLD, Scene, bought, days, hours, ruling


def agreed_exchange() -> Scene:
    return return_agreed(X)


def resend_agreed() -> Scene:
    return arrived(S, "missing_items").given(OWNER, k.Agree(1))


def refusal_agreed() -> Scene:
    return travelling().given(OWNER, k.AgreeRefundAfterRefusal())


def coming_back_agreed() -> Scene:
    """Refused at the door, as agreed; the money waits for a case that stands still."""
    case = refusal_agreed().news(chargeback=Chargeback("open", 65_00))
    return case.later(hours(5)).scanned(ScanCode.REFUSED)


def ruled(outcome: RulingOutcome, kind: Kind = B, amount: int | None = None, **more: object) -> Scene:
    case = arrived(kind, "quality").rejected().given(BUYER, k.RequestIntervention())
    return case.given(ARBITRATOR, ruling(outcome, amount, **more))


def repaired() -> Scene:
    return return_agreed(P).handed_in().given(OWNER, k.ShipReplacement("SF", "SF2"))


def confirmed(case: Scene) -> Scene:
    return case.later(hours(20)).scanned(ScanCode.DELIVERED, Leg.REPLACEMENT).given(BUYER, k.ConfirmReceipt())


def sent_back_after_dismissal(kind: Kind) -> Scene:
    case = return_agreed(kind).handed_in().rejected("return_damaged").given(BUYER, k.RequestIntervention())
    case = case.given(ARBITRATOR, ruling(RulingOutcome.DISMISS, goods=Holding.BACK_TO_BUYER))
    case = case.given(OWNER, k.ShipBack("SF", "SF2")).later(hours(20))
    return case.scanned(ScanCode.DELIVERED, Leg.REPLACEMENT).given(BUYER, k.ConfirmReceipt())


def suspended(story: Callable[[], Scene]) -> Callable[[], Scene]:
    def stand_still() -> Scene:
        case = story()
        return case.given(ARBITRATOR, k.Suspend(case.now + days(5), "等待检测"))

    return stand_still


STATUSES = [
    # what the row of rules §12 says                  code  the case
    ("awaiting the merchant, refund only",            2,    unshipped),
    ("awaiting the merchant, refund only, in transit", 2,   travelling),
    ("coming back, not agreed",                       2,    came_back),
    ("awaiting the merchant, return",                 3,    lambda: arrived(B, "quality")),
    ("return delivered, to check",                    3,    lambda: return_agreed().handed_in()),
    ("awaiting the merchant, exchange",               14,   lambda: arrived(X, "quality")),
    ("awaiting the merchant, resend",                 14,   lambda: arrived(S, "missing_items")),
    ("exchange goods back, to send",                  14,   to_replace),
    ("awaiting the merchant, repair",                 21,   lambda: arrived(P, "quality")),
    ("agreed by the merchant, paying",                4,    lambda: unshipped().given(OWNER, k.Agree(1))),
    ("agreed by the merchant, return paid",           4,    lambda: return_agreed().handed_in()
                                                                    .given(OWNER, k.AcceptReturn())),
    ("agreed by lapse, paying",                       5,    lambda: unshipped().swept("answer.not_shipped")),
    ("agreed by a switch, paying",                    5,    lambda: bought(label_printed=False)
                                                                    .opened(R, "changed_mind")),
    ("agreed by a ruling, paying",                    5,    lambda: ruled(RulingOutcome.REFUND, R, 65_00,
                                                                          no_return_because="无法退回")),
    ("rejected",                                      6,    rejected),
    ("rejected, any kind",                            6,    lambda: arrived(X, "quality").rejected()),
    ("return agreed, the buyer ships",                7,    return_agreed),
    ("return agreed, on its way",                     7,    lambda: return_agreed().sent_back()),
    ("under review",                                  8,    reviewed),
    ("a person looks",                                8,    lambda: return_agreed().sent_back()
                                                                    .swept("return_transit")),
    ("suspended",                                     8,    suspended(lambda: arrived(B, "quality"))),
    ("suspended, rejected",                           8,    suspended(rejected)),
    ("suspended, in motion",                          8,    suspended(return_agreed)),
    ("appealed",                                      8,    appealed),
    ("appealed while it is carried out",              8,    lambda: ruled(RulingOutcome.RETURN_AND_REFUND, B, 65_00)
                                                                    .given(OWNER, k.Appeal(TOLD * 2))),
    ("closed by ruling: dismissed",                   9,    lambda: ruled(RulingOutcome.DISMISS)),
    ("dismissed and sent back",                       9,    lambda: sent_back_after_dismissal(B)),
    ("closed, paid",                                  10,   lambda: unshipped().given(OWNER, k.Agree(1)).answered()),
    ("exchange ended by refund",                      10,   lambda: to_replace().swept("ship_replacement").answered()),
    ("repair ended by refund",                        10,   lambda: repair_overdue().swept("repair_choice").answered()),
    ("group failed",                                  10,   lambda: bought(group=Group("failed", PAID_AT)).answered()),
    ("withdrawn",                                     11,   lambda: unshipped().given(BUYER, k.Withdraw())),
    ("cancelled",                                     11,   lambda: unshipped().given(SERVICE, k.Cancel("mistake"))),
    ("lapsed after rejection",                        12,   lambda: rejected().swept("after_rejection")),
    ("lapsed after rejection, any kind",              12,   lambda: arrived(X, "quality").rejected()
                                                                    .swept("after_rejection")),
    ("lapsed otherwise: not sent",                    13,   lambda: return_agreed().swept("ship_return")),
    ("lapsed otherwise: not refused",                 13,   lambda: refusable().swept("refuse_parcel")),
    ("refusal agreed",                                31,   refusal_agreed),
    ("coming back, agreed",                           31,   coming_back_agreed),
    ("intercepting",                                  33,   intercepting),
    ("exchange: the buyer ships back",                15,   agreed_exchange),
    ("exchange: done",                                16,   lambda: confirmed(replacement_sent())),
    ("exchange: dismissed",                           17,   lambda: ruled(RulingOutcome.DISMISS, X)),
    ("exchange: dismissed and sent back",             17,   lambda: sent_back_after_dismissal(X)),
    ("exchange: failed",                              17,   lambda: agreed_exchange().swept("ship_return")),
    ("exchange: on its way",                          18,   replacement_sent),
    ("resend agreed, to ship",                        32,   resend_agreed),
    ("resend: on its way",                            18,   lambda: resend_agreed()
                                                                    .given(OWNER, k.ShipReplacement("SF", "SF2"))),
    ("resend: done",                                  16,   lambda: confirmed(
        resend_agreed().given(OWNER, k.ShipReplacement("SF", "SF2")))),
    ("repair: the buyer ships",                       22,   lambda: return_agreed(P)),
    ("repair: at the merchant",                       22,   lambda: return_agreed(P).handed_in()),
    ("repair: closed",                                24,   lambda: return_agreed(P).swept("ship_return")),
    ("repair: dismissed",                             24,   lambda: ruled(RulingOutcome.DISMISS, P)),
    ("repair: on its way back",                       27,   repaired),
    ("repair: done",                                  25,   lambda: confirmed(repaired())),
]  # fmt: skip


@pytest.mark.parametrize(("row", "code", "story"), STATUSES, ids=[f"{row[1]} {row[0]}" for row in STATUSES])
def test_the_gateway_shows_the_code_of_the_row(row, code, story):
    """Rules §12."""
    assert status_code(story().case) == code


PUBLISHED = {2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 21, 22, 24, 25, 27, 31, 32, 33}


def test_every_published_code_has_its_row_and_there_is_no_other():
    assert {row[1] for row in STATUSES} == PUBLISHED


def test_the_remedy_agreed_last_decides_and_not_the_kind_asked():
    """Asked for money, agreed on an exchange by an offer."""
    case = arrived(R, "quality").given(OWNER, k.MakeOffer(Remedy.EXCHANGE))
    case = case.given(BUYER, k.AcceptOffer(case.standing))
    assert status_code(case.case) == 15
