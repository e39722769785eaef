"""How much, from which purse, by which channel, and what the provider's answers do (rules §2, §3)."""

import pytest

from amends.domain import commands as k
from amends.domain import events as e
from amends.domain.effects import AskPayout, Pay
from amends.domain.money import share_of_pieces, split
from amends.domain.order import Chargeback, FreeShipping, Payment
from amends.domain.policy import Freight
from amends.domain.refusals import Code
from amends.domain.words import (
    EvidenceKind,
    Funds,
    Kind,
    Ledger,
    Leg,
    Outcome,
    Payer,
    PayoutState,
    Remedy,
    ScanCode,
    Stage,
)
from tests.domain.stories import (
    B,
    P,
    R,
    X,
    agreed,
    arrived,
    money,
    no_channel_left,
    return_agreed,
    travelling,
    unshipped,
)
from tests.support.given import (
    BUYER,
    OPERATOR,
    OWNER,
    PAID_AT,
    SUPERVISOR,
    SYSTEM,
    TICK,
    Scene,
    bought,
    days,
    hours,
    line,
    that,
)

# Splitting -------------------------------------------------------------------------------------------------

SPLITS = [
    # total   weights             parts
    (100,     (1, 1, 1),          (34, 33, 33)),
    (101,     (1, 1, 1),          (34, 34, 33)),
    (100,     (1, 2),             (33, 67)),
    (10,      (3, 3, 3, 1),       (3, 3, 3, 1)),
    (1,       (1, 1),             (1, 0)),
    (5,       (0, 7),             (0, 5)),
    (0,       (4, 4),             (0, 0)),
    (7,       (0, 0, 0),          (7, 0, 0)),
    (9,       (),                 ()),
    (65_00,   (59_00, 6_00),      (59_00, 6_00)),
]  # fmt: skip


@pytest.mark.parametrize(("total", "weights", "parts"), SPLITS)
def test_money_is_shared_by_largest_remainder(total, weights, parts):
    assert split(total, weights) == parts


PIECES = [
    # paid    pieces  each piece in turn
    (100_00,  3,      (33_33, 33_33, 33_34)),
    (1,       4,      (0, 0, 0, 1)),
    (59_00,   2,      (29_50, 29_50)),
    (10,      3,      (3, 3, 4)),
    (0,       2,      (0, 0)),
]  # fmt: skip


@pytest.mark.parametrize(("paid", "pieces", "each"), PIECES)
def test_pieces_asked_for_one_by_one_sum_to_what_was_paid(paid, pieces, each):
    """Rules §3: k of n pieces cumulative."""
    assert tuple(share_of_pieces(paid, pieces, already, 1) for already in range(pieces)) == each
    assert share_of_pieces(paid, pieces, 0, pieces) == sum(each) == paid


def paid_out(case: Scene) -> Scene:
    return case.given(OWNER, k.Agree(case.case.application)).answered()


def test_three_cases_over_three_pieces_give_back_exactly_what_was_paid():
    """M15, M21, E25."""
    scene = bought(lines=(line(quantity=3, paid=100_00),), freight_paid=10_00).delivered()
    amounts = []
    for _ in range(3):
        scene = paid_out(scene.opened(R, "missing_items", lines=(k.CaseLine(1, 1),)))
        amounts.append(scene.case.paid_minor)
    assert amounts == [33_33, 33_33, 33_34 + 10_00]
    asked = scene.asking(R, "missing_items", lines=(k.CaseLine(1, 1),))
    scene.when(BUYER, asked).then_refused(Code.QUANTITY_TAKEN).and_nothing_written()


# The most that a case may give back -------------------------------------------------------------------------

ONE, TWO = (k.CaseLine(1, 1),), (k.CaseLine(1, 2),)
SHIRT_AND_SOCKS = (line(1, quantity=1, paid=40_00), line(2, quantity=3, paid=25_00))
FREE = FreeShipping(threshold=50_00, freight=8_00)

MAXIMA = [
    # the order                                        asked            reason, in which state of the goods       most
    ({},                                               ONE,             (B, "quality", "delivered"),  29_50),
    ({},                                               TWO,             (B, "quality", "delivered"),  65_00),
    ({},                                               TWO,             (B, "no_reason", "delivered"),  59_00),
    ({},                                               TWO,             (R, "changed_mind", "unshipped"),  65_00),
    ({},                                               ONE,             (R, "changed_mind", "unshipped"),  29_50),
    ({},                                               TWO,             (R, "changed_mind", "shipped"),  59_00),
    ({},                                               TWO,             (R, "not_received", "delivered"),  65_00),
    ({"lines": SHIRT_AND_SOCKS},                       (k.CaseLine(2, 2),), (B, "damaged", "delivered"),  16_66),
    ({"lines": SHIRT_AND_SOCKS},                       (k.CaseLine(1, 1), k.CaseLine(2, 3)),
                                                                        (B, "damaged", "delivered"),  71_00),
    # discounts are in what was paid for the line (M09, M11; law: 暂行办法 17)
    ({"lines": (line(paid=18_00),)},                   TWO,             (B, "quality", "delivered"),  24_00),
    # free shipping that a partial return breaks is taken off, at the buyer's fault only (law: 暂行办法 18)
    ({"freight_paid": 0, "free_shipping": FREE},       ONE,             (B, "no_reason", "delivered"),  21_50),
    ({"freight_paid": 0, "free_shipping": FREE},       ONE,             (B, "quality", "delivered"),  29_50),
    ({"freight_paid": 0, "free_shipping": FREE},       TWO,             (B, "no_reason", "delivered"),  59_00),
    ({"freight_paid": 0, "free_shipping": FreeShipping(threshold=29_50, freight=8_00)},
                                                       ONE,             (B, "no_reason", "delivered"),  29_50),
    # what looks only at money
    ({},                                               TWO,             (R, "price_difference", "delivered"),  59_00),
    ({},                                               TWO,             (R, "freight_refund", "delivered"),  36_00),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "lines", "asked", "most"), MAXIMA)
def test_the_maximum_of_a_case_is_what_was_paid_and_freight_where_it_belongs(changes, lines, asked, most):
    """Rules §2, §3."""
    kind, reason, state = asked
    scene = {"unshipped": bought, "shipped": lambda **c: bought(**c).shipped()}.get(
        state, lambda **c: bought(**c).delivered()
    )(**changes)
    case = scene.opened(kind, reason, lines=lines)
    assert (case.case.maximum_minor, case.case.amount_minor) == (most, most)
    over = scene.asking(kind, reason, lines=lines, amount=most + 1)
    scene.when(BUYER, over).then_refused(Code.EXCEEDS_MAXIMUM, maximum_minor=most).and_nothing_written()


def test_the_last_piece_brings_the_freight_once():
    """G21."""
    scene = paid_out(bought().delivered().opened(R, "missing_items", lines=ONE))
    assert scene.opened(R, "missing_items", lines=ONE).case.maximum_minor == 29_50 + 6_00
    wide = bought(lines=SHIRT_AND_SOCKS).delivered()
    wide = paid_out(wide.opened(R, "missing_items", lines=(k.CaseLine(1, 1),)))
    wide = paid_out(wide.opened(R, "missing_items", lines=(k.CaseLine(2, 3),)))
    assert [case.paid_minor for case in wide.docket.cases] == [40_00, 31_00]


def test_a_partial_refund_with_the_goods_kept_leaves_the_rest():
    """Rules §1; L01."""
    scene = paid_out(bought().delivered().opened(R, "quality", amount=20_00))
    assert scene.case.paid_minor == 20_00
    again = scene.opened(B, "not_as_described")
    assert again.case.maximum_minor == 59_00 - 20_00 + 6_00


@pytest.mark.parametrize("amount", [0, -8_00])
def test_nothing_and_less_than_nothing_cannot_be_asked_for(amount):
    """M05."""
    scene = bought()
    scene.when(BUYER, scene.asking(R, "changed_mind", amount=amount)).then_refused(
        Code.AMOUNT_NOT_POSITIVE, asked_minor=amount
    ).and_nothing_written()


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        ((), [{"line_no": 0, "left": 0}]),                                         # M17
        ((k.CaseLine(1, 0),), [{"line_no": 1, "left": 2}]),                        # E35
        ((k.CaseLine(1, -1),), [{"line_no": 1, "left": 2}]),
        ((k.CaseLine(1, 3),), [{"line_no": 1, "left": 2}]),                        # G19, E19
        ((k.CaseLine(9, 1),), [{"line_no": 9, "left": 0}]),                        # G23, E07
        ((k.CaseLine(1, 1), k.CaseLine(1, 1)), [{"line_no": 1, "left": 2}]),
    ],
)  # fmt: skip
def test_only_pieces_of_the_order_can_be_asked_for(lines, left):
    scene = bought()
    refused = scene.when(BUYER, scene.asking(R, "changed_mind", lines=lines)).then_refused(
        Code.QUANTITY_TAKEN, lines=left
    )
    refused.and_nothing_written()


def test_a_free_item_costs_nothing_to_give_back():
    """M25: nothing to ask for alone, nothing to stop the rest."""
    scene = bought(lines=(line(1, paid=59_00), line(2, quantity=1, paid=0)))
    gift = scene.asking(R, "changed_mind", lines=(k.CaseLine(2, 1),))
    scene.when(BUYER, gift).then_refused(Code.AMOUNT_NOT_POSITIVE).and_nothing_written()
    assert scene.opened(R, "changed_mind").case.amount_minor == 65_00


def test_an_order_of_nothing_is_not_paid():
    """M19."""
    scene = bought(lines=(line(paid=0),), freight_paid=0)
    scene.when(BUYER, scene.asking(R, "changed_mind")).then_refused(Code.NOT_PAID).and_nothing_written()


# Who pays the freight ----------------------------------------------------------------------------------------

M, C = Payer.MERCHANT, Payer.BUYER

FREIGHT = [
    # reason               state        outward  back  replacement
    ("quality",            "delivered", M,       M,    M),   # R4.1
    ("wrong_item",         "delivered", M,       M,    M),
    ("agreed",             "delivered", M,       M,    M),   # as agreed; nothing said: the merchant
    ("no_reason",          "delivered", C,       C,    C),   # R4.1: also the new goods of an exchange
    ("other",              "delivered", M,       C,    M),
    ("not_received",       "delivered", M,       M,    M),   # the carrier's fault is the merchant's
    ("changed_mind",       "shipped",   C,       C,    C),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "state", "outward", "back", "replacement"), FREIGHT)
def test_freight_follows_the_fault(reason, state, outward, back, replacement):
    """R4.1, rules §2."""
    kind = R if reason in ("not_received", "changed_mind") else X
    scene = bought().shipped() if state == "shipped" else bought().delivered()
    assert scene.opened(kind, reason).case.freight == Freight(outward, back, replacement)


@pytest.mark.parametrize("command", [k.InterceptParcel(), k.AgreeRefundAfterRefusal()])
def test_the_merchant_pays_both_legs_of_a_parcel_that_is_called_back(command):
    """Rules §2."""
    assert travelling().given(OWNER, command).case.freight == Freight(M, M, M)


RETURN_FREIGHT = [
    # reason       claimed  paid from the merchant's account
    ("quality",    12_00,   12_00),
    ("quality",    30_00,   30_00),
    ("quality",    45_00,   30_00),  # more needs a person
    ("quality",    None,    0),
    ("no_reason",  12_00,   0),
]  # fmt: skip


def returned(reason: str, claimed: int | None, kind: Kind = B) -> Scene:
    receipt = k.EvidenceItem(EvidenceKind.FREIGHT_RECEIPT) if claimed else None
    return return_agreed(kind, reason).handed_in(freight_paid=claimed, receipt=receipt)


def on_ledger(scene: Scene, ledger: Ledger) -> int:
    return sum(pay.amount_minor for pay in scene.sent if isinstance(pay, Pay) and pay.ledger is ledger)


@pytest.mark.parametrize(("reason", "claimed", "paid"), RETURN_FREIGHT)
def test_return_freight_with_a_receipt_comes_from_the_merchants_account(reason, claimed, paid):
    """Rules §3: beside the refund, in its own ledger."""
    case = returned(reason, claimed).given(OWNER, k.AcceptReturn())
    assert on_ledger(case, Ledger.COMPENSATION) == paid
    assert on_ledger(case, Ledger.REFUND) == case.case.amount_minor


@pytest.mark.parametrize("kind", [X, P])
def test_return_freight_of_an_exchange_or_repair_is_paid_too(kind):
    """R4.1: the merchant pays the freight both ways."""
    case = returned("quality", 12_00, kind)
    case = case.given(OWNER, k.AcceptReturn()) if kind is X else case
    case = case.given(OWNER, k.ShipReplacement("SF", "SF2"))
    assert on_ledger(case, Ledger.COMPENSATION) == 12_00


@pytest.mark.parametrize("receipt", [None, k.EvidenceItem(EvidenceKind.PHOTO)])
def test_freight_cannot_be_claimed_without_its_receipt(receipt):
    return_agreed().when(BUYER, k.ShipReturn("YTO", "YT1", 12_00, receipt)).then_refused(
        Code.MISSING_EVIDENCE, missing=[(EvidenceKind.FREIGHT_RECEIPT,)]
    ).and_nothing_written()


def test_freight_that_is_claimed_is_a_sum_within_the_compensation_of_the_order():
    receipt = k.EvidenceItem(EvidenceKind.FREIGHT_RECEIPT)
    case = return_agreed()
    case.when(BUYER, k.ShipReturn("YTO", "YT1", 0, receipt)).then_refused(
        Code.AMOUNT_NOT_POSITIVE
    ).and_nothing_written()
    case.when(BUYER, k.ShipReturn("YTO", "YT1", 600_01, receipt)).then_refused(
        Code.EXCEEDS_COMPENSATION, left_minor=600_00
    ).and_nothing_written()


# Channels -----------------------------------------------------------------------------------------------------

CARD, WALLET = Payment("card", "c1", 40_00), Payment("wechat", "w1", 25_00)


def by_two(**changes: object) -> Scene:
    return bought(payments=(CARD, WALLET), **changes)


def sent(scene: Scene) -> list[tuple[str, int]]:
    return [(message.channel, message.amount_minor) for message in scene.sent if isinstance(message, Pay)]


def test_money_goes_back_by_the_channels_it_came_by_each_up_to_what_it_paid():
    """M29; law: 暂行办法 14."""
    case = by_two().opened(R, "changed_mind").given(OWNER, k.Agree(1))
    assert sent(case) == [("card", 40_00), ("wechat", 25_00)]


def test_a_later_case_takes_what_a_channel_has_left():
    scene = paid_out(by_two().delivered().opened(R, "missing_items", lines=ONE))
    case = scene.opened(R, "missing_items", lines=ONE).given(OWNER, k.Agree(1))
    assert sent(case) == [("card", 29_50), ("card", 10_50), ("wechat", 25_00)]


def test_a_channel_that_fails_for_good_gives_way_to_the_others_and_then_to_an_account():
    """Rules §3: each up to what it paid; what no channel takes stays owed until the buyer names an account."""
    case = by_two().opened(R, "changed_mind", amount=30_00).given(OWNER, k.Agree(1))
    case = case.answered("failed")
    assert sent(case) == [("card", 30_00), ("wechat", 25_00)]
    assert case.running == {"payout_account"}
    assert case.case.due_minor == 5_00
    case = case.answered().given(BUYER, k.NamePayoutAccount("bank", "6222"))
    assert sent(case)[-1] == ("bank", 5_00)
    assert case.answered().case.closing.outcome is Outcome.REFUNDED


def test_an_account_that_fails_is_asked_for_again_and_not_tried_again():
    case = no_channel_left().given(BUYER, k.NamePayoutAccount("bank", "6222")).answered("failed")
    assert sent(case) == [("wechat", 65_00), ("bank", 65_00)]
    assert case.running == {"payout_account"}
    case = case.given(BUYER, k.NamePayoutAccount("bank", "6333")).answered()
    assert case.case.closing.outcome is Outcome.REFUNDED
    assert case.case.paid_minor == 65_00


# The provider's answers -----------------------------------------------------------------------------------------


def paying() -> Scene:
    return unshipped().given(OWNER, k.Agree(1))


def payout(scene: Scene) -> str:
    return scene.case.payouts[-1].payout_id


ANSWERS = [
    # what the provider says, in order           paid   funds
    (("done",),                                  65_00, Funds.PAID),
    (("done", "done"),                           65_00, Funds.PAID),    # G33, G35
    (("unknown",),                               0,     Funds.UNKNOWN),
    (("unknown", "unknown", "done"),             65_00, Funds.PAID),
    (("unknown", "failed"),                      0,     Funds.FAILED),
    (("failed",),                                0,     Funds.FAILED),  # L03, G05
    (("failed", "failed"),                       0,     Funds.FAILED),
    (("failed", "unknown"),                      0,     Funds.FAILED),
    (("done", "unknown"),                        65_00, Funds.PAID),
]  # fmt: skip


@pytest.mark.parametrize(("answers", "paid", "funds"), ANSWERS)
def test_the_provider_may_say_it_twice_late_or_not_know(answers, paid, funds):
    """G03, G35: one payout has one id, and is never sent again under it."""
    case = paying()
    told = payout(case)
    for answer in answers:
        case = case.given(SYSTEM, k.RecordPayout(told, answer))
    assert (case.case.paid_minor, case.case.funds) == (paid, funds)
    pays = [message for message in case.sent if isinstance(message, Pay)]
    assert [pay.payout_id for pay in pays] == [told]


def test_an_unknown_payout_is_asked_about_by_its_id():
    case = paying().answered("unknown")
    assert case.sent[-1] == AskPayout(payout(case), "wechat")


def test_a_payout_taken_back_after_it_was_done_is_looked_at():
    """L05."""
    case = paying().answered()
    case = case.given(SYSTEM, k.RecordPayout(payout(case), "failed"))
    assert (case.case.stage, case.case.look) == (Stage.UNDER_REVIEW, "payout_reversed")
    assert len(case.sent) == 1


@pytest.mark.parametrize("fields", [{}, {"amount": 64_00}])
def test_money_that_moved_after_the_provider_had_said_no_is_looked_at(fields):
    """L05, the other way round: it may have been sent another way too."""
    case = by_two().opened(R, "changed_mind", amount=30_00).given(OWNER, k.Agree(1))
    first = payout(case)
    case = case.answered("failed").given(SYSTEM, k.RecordPayout(first, "done", **fields))
    assert (case.case.stage, case.case.look) == (Stage.UNDER_REVIEW, "paid_after_failure")
    case.when(SYSTEM, k.RecordPayout(first, "done", **fields)).then()


def test_another_amount_than_ordered_waits_for_a_person():
    """G29, L11."""
    case = paying()
    case = case.given(SYSTEM, k.RecordPayout(payout(case), "done", amount=64_00))
    assert case.case.paid_minor == 0
    assert case.events(e.PayoutMismatched) == [e.PayoutMismatched(payout(case), 65_00, 64_00)]
    assert case.running == {f"payout_unknown:{payout(case)}"}


def test_two_persons_settle_an_unknown_payout_after_three_days():
    """Rules §3."""
    case = paying().answered("unknown")
    ordered_at = case.now
    said = k.SettlePayout(payout(case), "done", "对账单第 3 页")
    case.at(ordered_at + days(3) - TICK).when(OPERATOR, said).then_refused(
        Code.TOO_EARLY, until=ordered_at + days(3)
    ).and_nothing_written()
    case = case.at(ordered_at + days(3)).given(OPERATOR, said)
    assert case.case.paid_minor == 0
    case.when(OPERATOR, said).then_refused(Code.SAME_PERSON).and_nothing_written()
    other_view = case.given(SUPERVISOR, k.SettlePayout(payout(case), "failed", "对账单第 4 页"))
    assert other_view.case.paid_minor == 0
    assert case.given(SUPERVISOR, said).case.closing.outcome is Outcome.REFUNDED


def test_a_merchant_short_of_funds_is_advanced_by_the_platform():
    case = paying().answered("done", advanced=True)
    assert case.case.payouts[0].advanced
    assert case.events(e.PayoutPaid) == [that(e.PayoutPaid, advanced=True)] or case.events(e.PayoutPaid)[0].advanced


def test_an_unknown_answer_is_never_sent_again_by_waiting():
    case = paying().answered("unknown")
    for _ in range(3):
        case = case.later(days(4)).given(SYSTEM, k.Lapse())
    assert [type(message) for message in case.sent] == [Pay, AskPayout]


# Money that went another way ---------------------------------------------------------------------------------------


def test_what_the_shop_paid_back_leaves_less():
    scene = bought(refunded_elsewhere=60_00)
    assert scene.opened(R, "changed_mind", amount=5_00).given(OWNER, k.Agree(1)).answered().case.paid_minor == 5_00


GONE = [
    {"refunded_elsewhere": 65_00},
    {"chargeback": Chargeback("lost", 65_00)},
]


@pytest.mark.parametrize("changes", GONE)
def test_a_case_with_nothing_left_ends_as_refunded_elsewhere(changes):
    """Rules §3. G37."""
    case = unshipped().news(**changes)
    assert case.case.closing.outcome is Outcome.REFUNDED_ELSEWHERE
    assert not case.sent


@pytest.mark.parametrize("changes", GONE)
def test_nothing_can_be_asked_of_an_order_of_which_nothing_is_left(changes):
    """E29."""
    scene = bought(**changes)
    scene.when(BUYER, scene.asking(R, "changed_mind")).then_refused(
        Code.EXCEEDS_BALANCE, left_minor=0
    ).and_nothing_written()


def test_an_order_that_the_shop_only_cancelled_still_owes_the_money():
    """Rules §3: what it paid back counts, not that it shut the order."""
    case = unshipped().news(cancelled_at=PAID_AT + hours(5), refunded_elsewhere=60_00)
    left = case.at(case.due("answer.not_shipped")).when(SYSTEM, k.Lapse())
    left.then(e.DeadlinePassed, agreed(Remedy.REFUND_ONLY, 5_00, asked_minor=65_00), money(5_00))


def test_a_part_of_a_return_without_any_channel_stays_promised():
    case = bought(payments=()).delivered().opened(B, "quality").given(OWNER, k.Agree(1)).handed_in()
    case = case.given(OWNER, k.AcceptReturn(ONE))
    assert case.case.due_minor == 65_00
    assert not case.sent


FREE_PIECES = (line(quantity=3, paid=90_00),)


def test_free_shipping_is_taken_off_once_by_the_return_that_breaks_it():
    """Law: 暂行办法 18; 90.00 bought, free from 50.00: the second return breaks it, the third finds it broken."""
    scene = bought(lines=FREE_PIECES, freight_paid=0, free_shipping=FREE).delivered()
    amounts = []
    for _ in range(3):
        scene = scene.opened(B, "no_reason", lines=ONE).given(OWNER, k.Agree(1)).handed_in()
        scene = scene.given(OWNER, k.AcceptReturn()).answered()
        amounts.append(scene.case.paid_minor)
    assert amounts == [30_00, 22_00, 30_00]


def test_silence_with_nothing_left_says_so():
    scene = by_two().delivered().opened(B, "quality", lines=ONE)
    first = scene.case_id
    other = scene.opened(R, "missing_items", lines=ONE, amount=29_50)
    other = other.news(payments=(CARD, WALLET), refunded_elsewhere=35_50)
    paid = other.given(OWNER, k.Agree(1)).answered().about(first)
    left = paid.at(paid.due("answer.with_buyer")).when(SYSTEM, k.Lapse())
    left.then(e.DeadlinePassed, that(e.CaseClosed, outcome=Outcome.NOTHING_LEFT))


def test_a_chargeback_holds_the_money_until_it_ends():
    """G37: won, then it is sent; lost, then not."""
    case = unshipped().news(chargeback=Chargeback("open", 65_00)).given(OWNER, k.Agree(1))
    assert case.case.payouts[0].state is PayoutState.HELD
    assert not case.sent
    won = case.news(chargeback=Chargeback("won", 65_00))
    assert sent(won) == [("wechat", 65_00)]
    lost = case.news(chargeback=Chargeback("lost", 65_00))
    assert lost.case.payouts[0].state is PayoutState.CANCELLED
    assert not lost.sent
    assert not lost.case.is_open


@pytest.mark.parametrize(("elsewhere", "kept"), [(35_00, True), (35_01, False)])
def test_held_money_stays_held_as_long_as_the_order_still_covers_it(elsewhere, kept):
    held = {"chargeback": Chargeback("open", 65_00)}
    case = bought(**held).opened(R, "changed_mind", amount=30_00).given(OWNER, k.Agree(1))
    case = case.news(refunded_elsewhere=elsewhere, **held)
    assert (case.case.payouts[0].state is PayoutState.HELD) is kept
    assert not case.sent


def test_two_cases_never_promise_more_than_the_order_has():
    """G11."""
    scene = bought(lines=SHIRT_AND_SOCKS, freight_paid=0).delivered()
    first = scene.opened(B, "quality", lines=(k.CaseLine(1, 1),)).given(OWNER, k.Agree(1))
    second = first.opened(R, "missing_items", lines=(k.CaseLine(2, 3),)).news(
        lines=SHIRT_AND_SOCKS, freight_paid=0, refunded_elsewhere=5_00
    )  # fmt: skip
    second.when(OWNER, k.Agree(1)).then_refused(
        Code.EXCEEDS_BALANCE, asked_minor=25_00, left_minor=20_00
    ).and_nothing_written()


# An end waits for its money ---------------------------------------------------------------------------------------


def test_a_case_ends_when_its_money_has_arrived():
    """Rules, Owner: a closed case moves no money, and freight may still be on its way to the buyer."""
    case = returned("quality", 12_00, X).given(OWNER, k.AcceptReturn(), k.ShipReplacement("SF", "SF2"))
    case = case.later(hours(20)).scanned(ScanCode.DELIVERED, Leg.REPLACEMENT).given(BUYER, k.ConfirmReceipt())
    assert case.case.is_open
    assert case.answered("failed").running == {"payout_account"}
    ended = case.answered()
    assert ended.case.closing.outcome is Outcome.COMPLETED


def test_what_the_shop_pays_back_meanwhile_shrinks_what_is_promised():
    case = return_agreed().news(lines=(line(category="electronics"),), refunded_elsewhere=60_00)
    assert case.events(e.BalanceReduced) == [e.BalanceReduced(5_00, "refunded_elsewhere")]
    case = case.handed_in().given(OWNER, k.AcceptReturn())
    assert sent(case) == [("wechat", 5_00)]


def test_goods_cannot_be_taken_when_nothing_is_left_to_pay_them_with():
    """Rules, Owner: a person looks; the merchant does not keep them for nothing."""
    case = return_agreed().sent_back().news(lines=(line(category="electronics"),), refunded_elsewhere=65_00)
    assert (case.case.stage, case.case.look) == (Stage.UNDER_REVIEW, "nothing_left_goods_held")
    case.when(OWNER, k.AcceptReturn()).then_refused(Code.EXCEEDS_BALANCE, left_minor=0).and_nothing_written()


def test_pieces_that_another_case_has_by_now_are_not_settled_twice():
    """Rules §1, §8: an offer after the end finds the pieces taken."""
    first = arrived(B, "quality").given(BUYER, k.Withdraw())
    second = first.opened(B, "quality").about(first.case_id)
    second.when(OWNER, k.MakeOffer(Remedy.RETURN_AND_REFUND)).then_refused(
        Code.QUANTITY_TAKEN, lines=[{"line_no": 1, "left": 0}]
    ).and_nothing_written()
