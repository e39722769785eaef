"""Acceptance cases from other systems' rules, over HTTP (scenario ids in the test names).

A row whose rule is not ours is not here; where ours differ in shape, the expectation is theirs in our words.
"""

from datetime import timedelta
from typing import Any

import pytest

from tests.http.stories import (
    BUYER,
    OWNER,
    complained,
    complaint,
    delivered,
    instant,
    names,
    opened,
    opening,
    order,
    scan,
    sent,
)
from tests.support.api import Api

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ARBITRATOR = "platform/gao"


def lines(*quantities: int) -> list[dict[str, int]]:
    return [{"line_no": number, "quantity": quantity} for number, quantity in enumerate(quantities, start=1)]


def goods(*lines_: tuple[int, int, str]) -> list[dict[str, Any]]:
    """Order lines from (quantity, paid, category)."""
    return [
        {
            "line_no": number, "sku": f"sku-{number}", "title": f"商品 {number}", "category": category,
            "quantity": quantity, "unit_price": paid // quantity, "paid": paid,
        }
        for number, (quantity, paid, category) in enumerate(lines_, start=1)
    ]  # fmt: skip


def bought(api: Api, *lines_: tuple[int, int, str], freight: int = 0, **more: Any) -> None:
    """An order of these lines, unshipped, paid by one channel unless said otherwise."""
    total = sum(paid for _, paid, _ in lines_) + freight
    fields = {"lines": goods(*lines_), "freight_paid": freight, "paid": total}
    payments = [{"channel": "wechat", "reference": "wx-1", "paid": total}]
    sent(api, **{**fields, "payments": payments, **more})


def arrived(api: Api, *lines_: tuple[int, int, str], **more: Any) -> None:
    """The same, delivered six hours ago."""
    bought(api, *lines_, **more)
    api.later(30 * HOUR)
    scans = [scan("o1", "picked_up", HOUR), scan("o1", "delivered", 24 * HOUR)]
    assert api.post("/v1/parcels/scans", scans).status == 200


def ask(api: Api, **more: Any) -> Any:
    return api.post("/v1/cases", opening(**more), BUYER)


def code_of(answer: Any) -> str:
    assert answer.status >= 400, answer.body
    return answer.json["code"]


def codes_of(answer: Any) -> set[str]:
    """The leading reason and all that hold beside it."""
    return {code_of(answer), *(other["code"] for other in answer.json.get("also", []))}


def case_of(answer: Any) -> str:
    assert answer.status == 201, answer.body
    return answer.json["case_id"]


def agree(api: Api, case_id: str) -> list[dict[str, Any]]:
    """The merchant agrees; the payouts that were ordered."""
    answer = api.command(case_id, "agree", OWNER, {"application": 1})
    assert answer.status == 200, answer.body
    return [fact["event"] for fact in answer.json["events"] if fact["event"]["event"] == "payout_ordered"]


def pay(api: Api, *payouts: dict[str, Any], answer: str = "done") -> None:
    for payout in payouts:
        said = {"payout_id": payout["payout_id"], "answer": answer}
        assert api.post("/v1/payouts/answers", said).status == 200


def money(api: Api, case_id: str) -> dict[str, Any]:
    return api.get(f"/v1/cases/{case_id}", BUYER).json["money"]


def status(api: Api, case_id: str) -> dict[str, Any]:
    return api.get(f"/v1/cases/{case_id}", BUYER).json["status"]


# Refund arithmetic -----------------------------------------------------------------------------------------


def test_m01_a_part_of_a_piece_can_be_refunded_and_the_rest_is_left(api: Api):
    bought(api, (2, 2000, "home"))
    case_id = case_of(ask(api, lines=lines(1), amount=800))
    pay(api, *agree(api, case_id))
    assert money(api, case_id)["refunded_minor"] == 800
    assert money(api, case_id)["left_minor"] == 1200


@pytest.mark.parametrize("amount", [-800, 0], ids=["m05 negative", "zero"])
def test_m05_an_amount_must_be_positive(api: Api, amount: int):
    bought(api, (2, 2000, "home"))
    assert code_of(ask(api, lines=lines(2), amount=amount)) == "amount_not_positive"
    assert api.get("/v1/cases?buyer=b42", BUYER).json["cases"] == []


def test_m07_m15_all_of_an_order_with_its_freight_and_nothing_after(api: Api):
    bought(api, (3, 3000, "home"), freight=1000)
    case_id = case_of(ask(api, lines=lines(3)))
    payouts = agree(api, case_id)
    pay(api, *payouts)
    assert sum(payout["amount_minor"] for payout in payouts) == 4000
    assert money(api, case_id)["left_minor"] == 0
    assert "exceeds_balance" in codes_of(ask(api, lines=lines(1), amount=1))


def test_m09_a_discounted_piece_gives_back_what_was_paid_for_it(api: Api):
    bought(api, (1, 900, "home"))
    assert codes_of(ask(api, lines=lines(1), amount=1000)) >= {"exceeds_maximum", "exceeds_balance"}
    assert agree(api, case_of(ask(api, lines=lines(1))))[0]["amount_minor"] == 900


def test_m11_freight_on_offer_gives_back_what_was_paid_of_it(api: Api):
    bought(api, (1, 2000, "home"), freight=1000)
    assert agree(api, case_of(ask(api, lines=lines(1))))[0]["amount_minor"] == 3000


@pytest.mark.parametrize("asked", [[], lines(0), lines(-1)], ids=["m17 none", "e35 zero", "negative"])
def test_m17_e35_something_has_to_be_asked_for(api: Api, asked: list[dict[str, int]]):
    bought(api, (2, 2000, "home"))
    assert "quantity_taken" in codes_of(ask(api, lines=asked))


def test_m19_nothing_paid_nothing_refunded(api: Api):
    bought(api, (1, 0, "home"))
    assert "not_paid" in codes_of(ask(api, lines=lines(1)))


def test_m21_piece_by_piece_pays_exactly_what_was_paid(api: Api):
    """A price that three pieces do not divide: the parts sum all the same (rules §3)."""
    bought(api, (3, 1000, "home"))
    paid = [agree(api, case_of(ask(api, lines=lines(1))))[0]["amount_minor"] for _ in range(3)]
    assert sum(paid) == 1000
    assert max(paid) - min(paid) <= 1


def test_m25_a_piece_that_cost_nothing_gives_nothing_back(api: Api):
    bought(api, (1, 1000, "home"), (1, 0, "home"))
    answer = ask(api, lines=[{"line_no": 2, "quantity": 1}])
    assert code_of(answer) == "amount_not_positive"


def test_m29_two_payments_give_back_what_each_paid(api: Api):
    payments = [
        {"channel": "wechat", "reference": "wx-1", "paid": 500},
        {"channel": "voucher", "reference": "v-1", "paid": 500},
    ]
    bought(api, (1, 1000, "home"), payments=payments)
    payouts = agree(api, case_of(ask(api, lines=lines(1))))
    assert [(p["channel"], p["amount_minor"]) for p in payouts] == [("wechat", 500), ("voucher", 500)]


# Over-refund and status gates ------------------------------------------------------------------------------


def test_g07_g31_e03_e29_an_order_that_is_not_paid_has_nothing_to_give_back(api: Api):
    sent(api, paid_at=None)
    assert "not_paid" in codes_of(ask(api))


@pytest.mark.parametrize("amount", [10_001, 100_000, 2**53], ids=["g17 one fen", "g15 g25 far", "huge"])
def test_g09_g15_g17_g25_more_than_was_paid_is_refused(api: Api, amount: int):
    sent(api)
    assert "exceeds_maximum" in codes_of(ask(api, amount=amount))


def test_g11_what_another_case_holds_is_not_there_twice(api: Api):
    sent(api)
    case_of(ask(api, lines=lines(1), amount=5000))
    assert {"quantity_taken"} <= codes_of(ask(api, lines=lines(2), amount=10_000))


@pytest.mark.parametrize(
    "asked",
    [lines(100), [{"line_no": 7, "quantity": 1}], [{"line_no": 1, "quantity": 1}] * 2],
    ids=["g19 e19 c07 too many", "g23 e07 line of another order", "the same line twice"],
)
def test_g19_g23_e07_e19_c07_only_pieces_of_this_order(api: Api, asked: list[dict[str, int]]):
    sent(api)
    assert "quantity_taken" in codes_of(ask(api, lines=asked))


def test_g21_outward_freight_is_given_back_once(api: Api):
    bought(api, (2, 2000, "home"), freight=600)
    first = agree(api, case_of(ask(api, lines=lines(1))))
    second = agree(api, case_of(ask(api, lines=lines(1))))
    assert [first[0]["amount_minor"], second[0]["amount_minor"]] == [1000, 1600]


@pytest.mark.parametrize("category", ["digital_goods", "custom", "fresh", "newspapers"])
def test_g27_e39_excluded_goods_have_no_no_reason_right_but_quality_stays(api: Api, category: str):
    arrived(api, (1, 10_000, category))
    wish = {"lines": lines(1), "kind": "return_and_refund", "goods_received": True}
    assert code_of(ask(api, **wish, reason="no_reason")) == "reason_not_allowed"
    assert api.post("/v1/cases", complaint(lines=lines(1)), BUYER).status == 201


def test_g29_l11_an_answer_with_another_amount_changes_nothing(api: Api):
    case_id = opened(api)
    (payout,) = agree(api, case_id)
    before = status(api, case_id)
    said = {"payout_id": payout["payout_id"], "answer": "done", "amount": 9999}
    assert api.post("/v1/payouts/answers", said).status == 200
    assert status(api, case_id) == before
    assert money(api, case_id)["refunded_minor"] == 0


def test_g33_one_key_is_one_refund_and_another_body_is_refused(api: Api):
    case_id = opened(api)
    first = api.command(case_id, "agree", OWNER, {"application": 1}, idempotency_key="k1")
    again = api.command(case_id, "agree", OWNER, {"application": 1}, idempotency_key="k1")
    other = api.command(case_id, "agree", OWNER, {"application": 1, "note": "again"}, idempotency_key="k1")
    assert (again.status, again.json["events"]) == (200, first.json["events"])
    assert again.headers["idempotency-replayed"] == "true"
    assert code_of(other) == "key_reused"


def test_g35_l01_an_answer_that_comes_twice_pays_once(api: Api):
    case_id = opened(api)
    (payout,) = agree(api, case_id)
    pay(api, payout, payout)
    assert money(api, case_id)["refunded_minor"] == 10_000


def test_g37_l09_a_chargeback_holds_the_refund_until_it_ends(api: Api):
    case_id = opened(api)
    assert api.post("/v1/orders", order(chargeback={"state": "open", "amount": 10_000})).status == 200
    (payout,) = agree(api, case_id)
    assert payout["held"] is True

    won = api.post("/v1/orders", order(chargeback={"state": "won", "amount": 10_000}))
    assert won.status == 200
    events = api.get(f"/v1/cases/{case_id}/events", OWNER).json["events"]
    assert "payout_released" in [fact["event"]["event"] for fact in events]


def test_g37_a_lost_chargeback_leaves_nothing_to_refund(api: Api):
    sent(api)
    assert api.post("/v1/orders", order(chargeback={"state": "lost", "amount": 10_000})).status == 200
    assert "exceeds_balance" in codes_of(ask(api))


# Eligibility, quantities, windows --------------------------------------------------------------------------


def test_e11_where_a_person_must_look_silence_agrees_to_nothing(api: Api):
    delivered(api)
    fake = {"reason": "counterfeit", "kind": "return_and_refund"}
    case_id = case_of(api.post("/v1/cases", {**complaint(), **fake}, BUYER))
    api.later(48 * HOUR)
    assert (status(api, case_id)["stage"], status(api, case_id)["funds"]) == ("under_review", "none")


def test_e21_withdrawn_pieces_are_free_again(api: Api):
    case_id = opened(api)
    assert api.command(case_id, "withdraw", BUYER).status == 200
    assert ask(api).status == 201


def test_e25_e27_pieces_in_a_case_or_given_back_are_not_there_again(api: Api):
    case_id = opened(api)
    assert "quantity_taken" in codes_of(ask(api))
    pay(api, *agree(api, case_id))
    assert {"quantity_taken", "exceeds_balance"} <= codes_of(ask(api, lines=lines(1), amount=1))


def test_e23_a_return_takes_between_one_and_what_was_agreed(api: Api):
    case_id = complained(api)
    agree(api, case_id)
    shipped = api.command(case_id, "ship-return", BUYER, {"carrier": "YTO", "tracking_no": "YT-1"})
    assert shipped.status == 200
    for quantity in (0, 3):
        answer = api.command(case_id, "accept-return", OWNER, {"quantities": lines(quantity)})
        assert code_of(answer) == "quantity_taken"
    assert api.command(case_id, "accept-return", OWNER, {"quantities": lines(2)}).status == 200


def test_e29_an_order_that_the_shop_paid_back_has_nothing_left(api: Api):
    sent(api, cancelled_at=instant(HOUR), refunded_elsewhere=10_000)
    assert "exceeds_balance" in codes_of(ask(api))


def test_e31_a_group_that_is_still_forming_has_no_cases(api: Api):
    """R4.3."""
    sent(api, group={"state": "forming", "started_at": instant()})
    answer = ask(api)
    assert code_of(answer) == "group_forming"
    assert answer.json["waiting_helps"] is True


def test_e33_the_sixth_application_is_refused(api: Api):
    case_id = complained(api)
    for _ in range(4):
        assert api.command(case_id, "modify", BUYER, {"amount": 9000}).status == 200
    assert code_of(api.command(case_id, "modify", BUYER, {"amount": 8000})) == "too_many_applications"


@pytest.mark.parametrize(
    ("after", "expected"),
    [(timedelta(days=7, hours=23, minutes=59), 201), (timedelta(days=8), 409)],
    ids=["23:59 of the last day", "24:00"],
)
def test_e37_seven_days_count_from_the_day_after_signing(api: Api, after: timedelta, expected: int):
    """Signed at 23:50 in Shanghai; the window ends at 24:00 of the seventh day after (law: 暂行办法 10)."""
    midnight = timedelta(hours=7)  # MONDAY is 17:00 in Shanghai
    bought(api, (1, 5000, "underwear"))
    api.later(midnight)
    scans = [scan("o1", "picked_up", HOUR), scan("o1", "delivered", midnight - timedelta(minutes=10))]
    assert api.post("/v1/parcels/scans", scans).status == 200
    api.later(after - DAY)
    wish = {"lines": lines(1), "kind": "return_and_refund", "reason": "no_reason", "goods_received": True}
    answer = ask(api, **wish)
    assert answer.status == expected, answer.body


def test_e15_the_platform_may_open_outside_the_window_and_it_is_recorded_who(api: Api):
    delivered(api)
    confirmed = order(confirmed_at=instant(30 * HOUR), confirmed_by="buyer")
    assert api.post("/v1/orders", confirmed).status == 200
    api.later(20 * DAY)
    assert "window_over" in codes_of(api.post("/v1/cases", complaint(), BUYER))
    case_id = case_of(api.post("/v1/cases", complaint(), "platform/zhou"))
    first = api.get(f"/v1/cases/{case_id}/events", ARBITRATOR).json["events"][0]
    assert (first["by"], first["event"]["opened_by"]) == ("platform/zhou", "platform")


# Life cycle ------------------------------------------------------------------------------------------------


def test_c01_c15_no_money_before_the_return_is_there(api: Api):
    case_id = complained(api)
    assert agree(api, case_id) == []
    assert money(api, case_id)["refunded_minor"] == 0
    assert status(api, case_id)["funds"] == "promised"


def test_c03_a_return_that_was_not_agreed_cannot_be_taken(api: Api):
    assert code_of(api.command(complained(api), "accept-return", OWNER)) == "wrong_stage"


def test_c21_d43_what_was_answered_cannot_be_answered_again(api: Api):
    case_id = opened(api)
    agree(api, case_id)
    assert code_of(api.command(case_id, "agree", OWNER, {"application": 1})) == "wrong_stage"


def test_c25_a_stale_version_is_refused_with_the_version_now(api: Api):
    case_id = opened(api)
    version = api.get(f"/v1/cases/{case_id}", OWNER).json["version"]
    assert api.command(case_id, "send-message", BUYER, {"text": "在吗"}).status == 200
    answer = api.command(case_id, "agree", OWNER, {"application": 1}, if_match=f'"{version}"')
    assert (answer.status, code_of(answer)) == (412, "stale_version")
    assert answer.json["version"] > version


# Negotiation, deadlines, escalation, appeal ----------------------------------------------------------------


def test_d01_a_silent_merchant_lets_the_money_move(api: Api):
    case_id = opened(api)
    api.later(24 * HOUR)
    assert status(api, case_id)["funds"] == "paying"


def test_d05_an_accepted_offer_is_carried_out_without_asking_again(api: Api):
    case_id = complained(api)
    offered = api.command(case_id, "make-offer", OWNER, {"remedy": "refund_only", "amount": 1500})
    offer_id = next(f["event"]["offer_id"] for f in offered.json["events"] if f["event"]["event"] == "offer_made")
    accepted = api.command(case_id, "accept-offer", BUYER, {"offer_id": offer_id})
    assert "payout_ordered" in names(accepted.json)


def test_d07_a_case_that_runs_cannot_be_appealed(api: Api):
    grounds = {"grounds": "商家没有按照约定处理，请平台重新审核本案"}
    assert code_of(api.command(opened(api), "appeal", BUYER, grounds)) == "wrong_stage"


@pytest.mark.parametrize(("days", "expected"), [(6.99, 200), (7, 409)], ids=["within 7 days", "after"])
def test_d15_d17_an_appeal_is_in_time_for_seven_days(api: Api, days: float, expected: int):
    case_id = opened(api)
    assert api.command(case_id, "withdraw", BUYER).status == 200
    api.later(timedelta(days=days))
    answer = api.command(case_id, "appeal", BUYER, {"grounds": "撤销是误操作，请平台重新处理这笔订单的退款申请"})
    assert answer.status == expected, answer.body


@pytest.mark.parametrize(("length", "expected"), [(300, 200), (301, 422)])
def test_d19_a_point_has_at_most_three_hundred_characters(api: Api, length: int, expected: int):
    """R5.4."""
    answer = api.command(complained(api), "state-position", BUYER, {"points": [{"text": "字" * length}]})
    assert answer.status == expected, answer.body


def test_d31_refund_after_refusal_needs_a_parcel_on_its_way_and_a_no_reason_right(api: Api):
    """R3.2."""
    assert code_of(api.command(complained(api), "agree-refund-after-refusal", OWNER)) == "not_in_transit"
    sent(api, "o2", lines=goods((2, 10_000, "fresh")))
    assert api.post("/v1/parcels/scans", scan("o2", "picked_up", 29 * HOUR)).status == 200
    case_id = case_of(ask(api, order_no="o2"))
    assert code_of(api.command(case_id, "agree-refund-after-refusal", OWNER)) == "category_not_refusable"


def test_d33_a_small_payment_needs_signed_goods_and_ends_the_case(api: Api):
    """R3.3."""
    small = {"remedy": "small_payment", "amount": 1200, "small_payment_type": "difference", "message": "补偿您的差价"}
    assert code_of(api.command(opened(api, "o9"), "make-offer", OWNER, small)) == "kind_not_possible"
    case_id = complained(api)
    offered = api.command(case_id, "make-offer", OWNER, small)
    offer_id = next(f["event"]["offer_id"] for f in offered.json["events"] if f["event"]["event"] == "offer_made")
    accepted = api.command(case_id, "accept-offer", BUYER, {"offer_id": offer_id}).json
    pay(api, *(f["event"] for f in accepted["events"] if f["event"]["event"] == "payout_ordered"))
    assert status(api, case_id)["outcome"] == "settled"


def test_d35_the_platforms_own_deadline_is_shown_and_its_breach_recorded(api: Api):
    """R4.2."""
    case_id = complained(api)
    api.later(47 * HOUR)
    assert code_of(api.command(case_id, "request-intervention", BUYER)) == "too_early"
    assert api.command(case_id, "modify", BUYER, {"amount": 9000}).status == 200
    api.later(HOUR)
    assert api.command(case_id, "request-intervention", BUYER, {"statement": "协商没有结果"}).status == 200
    view = api.get(f"/v1/cases/{case_id}", BUYER).json
    assert view["next"]["owner"] == "platform"
    api.later(48 * HOUR)
    events = api.get(f"/v1/cases/{case_id}/events", ARBITRATOR).json["events"]
    assert "platform_was_late" in [fact["event"]["event"] for fact in events]
    again = api.command(case_id, "request-intervention", BUYER)
    assert again.status == 200, again.body


# Calendar --------------------------------------------------------------------------------------------------


def test_b17_another_message_moves_no_deadline(api: Api):
    case_id = opened(api)
    due = api.get(f"/v1/cases/{case_id}", BUYER).json["next"]["due_at"]
    api.later(HOUR)
    assert api.command(case_id, "send-message", BUYER, {"text": "请尽快处理"}).status == 200
    assert api.get(f"/v1/cases/{case_id}", BUYER).json["next"]["due_at"] == due


def test_b19_a_finished_case_has_no_clock(api: Api):
    case_id = opened(api)
    assert api.command(case_id, "withdraw", BUYER).status == 200
    assert api.get(f"/v1/cases/{case_id}", BUYER).json.get("deadlines", []) == []
