"""Until when something may be opened: each window at both edges, in local time (rules §1, Time; R4.1)."""

from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from amends.domain import commands as k
from amends.domain.docket import PolicyBook
from amends.domain.order import CUSTOM_MADE, NO_REASON_7, NO_REASON_EXCLUDABLE, NO_REASON_EXCLUDED
from amends.domain.policy import Freight, Policy
from amends.domain.refusals import Code
from amends.domain.views import eligibility
from amends.domain.words import Leg, Outcome, Payer, RulingOutcome, ScanCode, Side
from tests.domain.stories import B, P, R, X
from tests.support.given import (
    ARBITRATOR,
    BUYER,
    OWNER,
    PAID_AT,
    POLICIES,
    POLICY,
    SERVICE,
    TICK,
    Scene,
    bought,
    days,
    hours,
    line,
    ruling,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")


def local(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=SHANGHAI)


SIGNED, CONFIRMED = local(3, 5, 23, 50), local(3, 6, 10)

SEVEN_OVER = local(3, 13)
"""24:00 of the seventh day from the day after signing (E37)."""

FIFTEEN_OVER = local(3, 22)
"""24:00 of the fifteenth day after the day of the confirmation."""


def signed(confirmed_by: str | None, policies: PolicyBook = POLICIES, **changes: object) -> Scene:
    """Signed for ten minutes before midnight; confirmed the next morning, by the buyer or the shop's timer."""
    scene = replace(bought(**changes), policies=policies).shipped().at(SIGNED).scanned(ScanCode.DELIVERED)
    if confirmed_by is None:
        return scene
    return scene.at(CONFIRMED).news(confirmed_at=CONFIRMED, confirmed_by=confirmed_by, **changes)


def goods(category: str = "home", *flags: str, waived: bool = False) -> dict[str, object]:
    at = PAID_AT if waived else None
    return {"lines": (line(category=category, flags=flags, no_reason_waived_at=at),)}


WINDOWS = [
    # the goods                                     reason                       confirmed by  over at
    (goods("electronics"),                          (B, "no_reason"),            None,         SEVEN_OVER),
    (goods("electronics"),                          (B, "no_reason"),            "buyer",      SEVEN_OVER),
    (goods("home", NO_REASON_7),                    (B, "no_reason"),            "buyer",      SEVEN_OVER),
    (goods("cosmetics"),                            (B, "no_reason"),            "buyer",      SEVEN_OVER),
    (goods("home", NO_REASON_EXCLUDABLE),           (X, "no_reason"),            "buyer",      SEVEN_OVER),
    (goods("home"),                                 (B, "no_reason"),            "buyer",      FIFTEEN_OVER),
    (goods("home"),                                 (X, "no_reason"),            "timer",      FIFTEEN_OVER),
    (goods("nobody-knows"),                         (B, "no_reason"),            "buyer",      FIFTEEN_OVER),
    (goods("electronics"),                          (B, "other"),                "buyer",      SEVEN_OVER),
    (goods("home"),                                 (R, "other"),                "buyer",      FIFTEEN_OVER),
    (goods("electronics"),                          (B, "quality"),              "buyer",      FIFTEEN_OVER),
    (goods("fresh"),                                (R, "spoiled"),              "buyer",      FIFTEEN_OVER),
    (goods("custom", CUSTOM_MADE),                  (B, "wrong_item"),           "buyer",      FIFTEEN_OVER),
    (goods("home"),                                 (B, "agreed"),               "buyer",      FIFTEEN_OVER),
    (goods("home"),                                 (R, "price_difference"),     "buyer",      FIFTEEN_OVER),
    (goods("home"),                                 (R, "freight_refund"),       "buyer",      FIFTEEN_OVER),
    (goods("home"),                                 (R, "not_received"),         "timer",      FIFTEEN_OVER),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "asked", "confirmed_by", "over"), WINDOWS)
def test_a_window_is_open_until_midnight_of_its_last_day(changes, asked, confirmed_by, over):
    """R4.1, E01, E37, E39."""
    scene = signed(confirmed_by, **changes)
    command = scene.asking(*asked)
    scene.at(over - hours(1)).given(BUYER, command)
    scene.at(over - TICK).given(BUYER, command)
    scene.at(over).when(BUYER, command).then_refused(Code.WINDOW_OVER, ended_at=over).and_nothing_written()


OPEN_ENDED = [
    ("home", B, "no_reason"), ("home", B, "quality"), ("electronics", B, "quality"), ("home", R, "not_received"),
    ("home", R, "price_difference"), ("fresh", R, "spoiled"),
]  # fmt: skip


@pytest.mark.parametrize(("category", "kind", "reason"), OPEN_ENDED)
def test_what_was_never_confirmed_is_inside_every_window_but_the_seven_days(category, kind, reason):
    scene = signed(None, **goods(category)).later(days(200))
    scene.given(BUYER, scene.asking(kind, reason))


def test_what_a_buyer_confirmed_has_been_received():
    """Rules §1: not-received reasons until the buyer confirmed."""
    scene = signed("buyer")
    scene.when(BUYER, scene.asking(R, "not_received")).then_refused(
        Code.WINDOW_OVER, ended_at=CONFIRMED
    ).and_nothing_written()
    before = signed(None).at(CONFIRMED - TICK)
    before.given(BUYER, before.asking(R, "not_received"))


EXCLUDED = [
    goods("fresh"), goods("custom"), goods("digital_goods"), goods("newspapers"),
    goods("home", NO_REASON_EXCLUDED), goods("cosmetics", waived=True),
    goods("home", NO_REASON_EXCLUDABLE, waived=True),
]  # fmt: skip


@pytest.mark.parametrize("changes", EXCLUDED)
@pytest.mark.parametrize("kind", [B, X])
@pytest.mark.parametrize("reason", ["no_reason", "other"])
def test_excluded_goods_have_no_right_without_a_reason(changes, kind, reason):
    """E39; law: 暂行办法 6, 7: excludable ones only where the buyer confirmed it at that purchase."""
    scene = signed(None, **changes)
    scene.when(BUYER, scene.asking(kind, reason)).then_refused(Code.REASON_NOT_ALLOWED).and_nothing_written()
    scene.given(BUYER, scene.asking(B, "quality"))


def test_one_excluded_line_shuts_the_no_reason_return_of_all_lines_asked_for():
    scene = signed(None, lines=(line(1), line(2, category="fresh")))
    scene.when(BUYER, scene.asking(B, "no_reason")).then_refused(Code.REASON_NOT_ALLOWED).and_nothing_written()
    scene.given(BUYER, scene.asking(B, "no_reason", lines=(k.CaseLine(1, 2),)))


def test_the_shortest_window_of_the_lines_counts():
    scene = signed("buyer", lines=(line(1), line(2, category="electronics"))).at(SEVEN_OVER)
    scene.when(BUYER, scene.asking(B, "no_reason")).then_refused(Code.WINDOW_OVER).and_nothing_written()
    scene.given(BUYER, scene.asking(B, "no_reason", lines=(k.CaseLine(1, 2),)))


def test_repair_is_possible_within_the_warranty_and_only_there():
    """Rules §1; the quality reason itself has 15 days."""
    scene = signed(None, **goods("electronics"))
    over = datetime(2027, 3, 6, tzinfo=SHANGHAI)
    command = scene.asking(P, "quality")
    scene.at(over - TICK).given(BUYER, command)
    scene.at(over).when(BUYER, command).then_refused(Code.KIND_NOT_POSSIBLE).and_nothing_written()
    without = signed(None, **goods("clothing"))
    without.when(BUYER, without.asking(P, "quality")).then_refused(Code.KIND_NOT_POSSIBLE).and_nothing_written()


# Beginning again -------------------------------------------------------------------------------------------------


def given_up() -> Scene:
    """Asked in time and withdrawn an hour before the window ends."""
    scene = signed("buyer").at(FIFTEEN_OVER - hours(2)).opened(B, "no_reason")
    return scene.at(FIFTEEN_OVER - hours(1)).given(BUYER, k.Withdraw())


def test_a_new_application_within_seven_days_is_judged_by_the_day_of_the_first():
    """Rules §1; R4.5: the buyer applies again."""
    scene = given_up()
    command = scene.asking(B, "no_reason")
    again = scene.later(days(7) - TICK).given(BUYER, command)
    assert again.case.first_applied_at == FIFTEEN_OVER - hours(2)
    scene.later(days(7)).when(BUYER, command).then_refused(Code.WINDOW_OVER).and_nothing_written()


def test_so_is_one_after_a_lapse_and_after_a_rejection():
    asked = signed("buyer").at(FIFTEEN_OVER - hours(2)).opened(B, "no_reason")
    lapsed = asked.given(OWNER, k.Agree(1)).swept("ship_return")
    lapsed.later(days(6)).given(BUYER, lapsed.asking(B, "no_reason"))
    rejected = asked.rejected().swept("after_rejection")
    rejected.later(days(6)).given(BUYER, rejected.asking(B, "no_reason"))


def test_a_lapse_after_a_ruling_gives_no_new_application():
    """Rules §9: the way is the appeal."""
    case = signed("buyer").at(FIFTEEN_OVER - hours(2)).opened(B, "quality").reviewed()
    case = case.given(ARBITRATOR, ruling(RulingOutcome.RETURN_AND_REFUND, 65_00)).swept("ship_return")
    assert case.case.closing.outcome is Outcome.LAPSED_NOT_SENT
    case.when(BUYER, case.asking(B, "quality")).then_refused(Code.WINDOW_OVER).and_also(
        Code.ALREADY_RULED
    ).and_nothing_written()


def test_a_modification_keeps_the_day_of_the_first():
    case = signed("buyer").at(FIFTEEN_OVER - hours(2)).opened(B, "no_reason").later(hours(30))
    case = case.given(BUYER, k.Modify(amount=30_00))
    assert case.case.first_applied_at == FIFTEEN_OVER - hours(2)


def test_a_replacement_starts_its_own_windows():
    case = signed("buyer", **goods("electronics")).opened(X, "quality").given(OWNER, k.Agree(1)).handed_in()
    case = case.given(OWNER, k.AcceptReturn(), k.ShipReplacement("SF", "SF2"))
    case = case.at(local(3, 12, 9)).scanned(ScanCode.DELIVERED, Leg.REPLACEMENT).given(BUYER, k.ConfirmReceipt())
    case.at(local(3, 20) - TICK).given(BUYER, case.asking(B, "no_reason"))
    case.at(local(3, 20)).when(BUYER, case.asking(B, "no_reason")).then_refused(Code.WINDOW_OVER).and_nothing_written()
    case.at(local(3, 28) - TICK).given(BUYER, case.asking(B, "quality"))
    case.at(local(3, 28)).when(BUYER, case.asking(B, "quality")).then_refused(Code.WINDOW_OVER).and_nothing_written()


def test_the_platform_opens_for_somebody_who_is_late_and_the_record_names_who():
    """E15."""
    scene = signed("buyer").at(FIFTEEN_OVER)
    case = scene.given(SERVICE, scene.asking(B, "no_reason"))
    assert (case.case.opened_by, case.facts[-2].by) == (Side.PLATFORM, "platform/lin")


# Two policies: windows and freight by the better of the two, all else by the one at opening ---------------------------


class Book(NamedTuple):
    """The policy at payment, and the one that took effect before the opening."""

    earlier: Policy
    later: Policy
    changes_at: datetime = local(3, 4)

    def get(self, version: str) -> Policy:
        return self.earlier if version == self.earlier.version else self.later

    def in_force(self, at: datetime) -> Policy:
        return self.earlier if at < self.changes_at else self.later


def changed(window_days: int, answer_hours: float, back: Payer) -> Policy:
    """The shipped policy with another window, another answer time, and the return freight of a no-reason return."""
    answer = replace(POLICY.deadlines["answer.with_buyer"], hours=answer_hours)
    return replace(
        POLICY,
        version="next",
        windows=replace(POLICY.windows, after_confirmation_days=window_days),
        deadlines=POLICY.deadlines | {"answer.with_buyer": answer},
        freight=POLICY.freight | {"buyer": Freight(Payer.BUYER, back, Payer.BUYER)},
    )


BETTER = [
    # days in the new policy  over at            freight in the new one  who pays it back
    (20,                      local(3, 27),      Payer.BUYER,            Payer.BUYER),
    (7,                       FIFTEEN_OVER,      Payer.MERCHANT,         Payer.MERCHANT),
]  # fmt: skip


@pytest.mark.parametrize(("window_days", "over", "back", "paid_by"), BETTER)
def test_windows_and_freight_follow_the_better_policy_for_the_buyer(window_days, over, back, paid_by):
    """Rules §1; D21, B21."""
    scene = signed("buyer", Book(POLICY, changed(window_days, 36, back)))
    command = scene.asking(B, "no_reason")
    case = scene.at(over - TICK).given(BUYER, command)
    assert case.case.policy == "next"
    assert case.case.freight.back is paid_by
    assert case.due("answer.with_buyer") == case.now + hours(36)
    scene.at(over).when(BUYER, command).then_refused(Code.WINDOW_OVER, ended_at=over).and_nothing_written()
    shown = eligibility(scene.docket, scene.context(BUYER, about_order=True))
    returns = next(one for one in shown.kinds if one.kind is B)
    free = next(each for each in returns.reasons if each.reason == "no_reason")
    assert free.window_ends_at == over


def test_a_case_keeps_the_deadlines_of_the_policy_under_which_it_was_opened():
    """D21."""
    case = signed(None, Book(POLICY, changed(15, 36, Payer.BUYER), local(3, 7))).opened(B, "quality")
    assert case.case.policy == POLICY.version
    case = case.at(local(3, 7, 12)).given(BUYER, k.Modify(amount=40_00))
    assert case.due("answer.with_buyer") == case.now + hours(48)
