"""Requests made by hand to break something: tokens that nobody gave out, numbers beyond every column."""

from base64 import urlsafe_b64encode

import pytest

from tests.http.stories import BUYER, OWNER, opened
from tests.support.api import Api


def cursor(text: str) -> str:
    return urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "path",
    [
        "/v1/orders?cursor=" + cursor('["2026-01-01T00:00:00Z",1,"a\\u0000"]'),
        "/v1/orders?cursor=" + cursor('["2026-01-01T00:00:00",1,"a"]'),
        "/v1/orders?cursor=" + cursor('["0001-01-01T00:00:00+14:00",1,"a"]'),
        "/v1/orders?cursor=" + cursor(f'["2026-01-01T00:00:00Z",{2**70},"a"]'),
        "/v1/cases?cursor=" + cursor(f"[{2**70},{-(2**70)}]"),
        "/v1/cases?cursor=" + cursor("[1e300,1]"),
        "/v1/cases?sort=due&cursor=" + cursor('["9999-12-31T23:59:59-14:00",1,1]'),
        "/v1/cases?cursor=" + cursor('["2026-01-01T00:00:00Z",1,"a"]'),
        "/v1/cases?cursor=" + "%E4%B8%AD",
        f"/v1/feed?merchant=1001&after={2**53}",
        f"/v1/feed?merchant=1001&after={2**64}",
        "/v1/cases?due_before=2099-12-31T23:59:59-14:00",
        "/v1/cases?merchant=9223372036854775808",
        "/v1/orders/9223372036854775807/o1",
        "/v1/cases/9223372036854775807-7ZZZZZZZZZZZZ",
        "/v1/cases/9999999999999999999-ZZZZZZZZZZZZZ",
        "/v1/cases?q=" + "%25_%5C" * 20,
    ],
)
def test_a_read_with_made_up_places_and_numbers_is_answered_or_refused(any_api: Api, path: str):
    opened(any_api)
    for actor in (BUYER, OWNER, "platform/yan"):
        assert any_api.get(path, actor).status < 500


@pytest.mark.parametrize(
    ("verb", "actor", "body"),
    [
        ("agree", OWNER, {"application": 10**30}),
        ("agree", OWNER, {"application": -1, "return_address_id": "a\u2028"}),
        ("make-offer", OWNER, {"remedy": "refund_only", "amount": 2**53}),
        ("make-offer", OWNER, {"remedy": "small_payment", "amount": -(2**53), "small_payment_type": "other"}),
        ("modify", BUYER, {"amount": 2**53, "lines": [{"line_no": 10000, "quantity": -1000000}]}),
        ("modify", BUYER, {"lines": [{"line_no": 1, "quantity": 1}] * 500}),
        ("modify", BUYER, {"lines": []}),
        ("send-message", BUYER, {"text": "\U0001f60e\u202e\ufffe\uffff\x01\x7f"}),
        ("suspend", "platform/gao", {"until": "2099-12-31T23:59:59-12:00", "reason": "x", "paper": "法院"}),
        ("extend-deadline", "platform/gao", {"deadline": "\ud7ff", "by_hours": 720, "reason": "x"}),
        ("credit-outage", "platform/bai", {"starts_at": "2099-01-01T00:00:00Z", "ends_at": "2000-01-01T00:00:00Z"}),
        ("record-scan", "system", {
            "leg": "return", "carrier": "c", "tracking_no": "t",
            "scan": {"code": "delivered", "occurred_at": "2000-01-01T00:00:00+14:00", "place": "x" * 100_000},
        }),
        ("record-payout", "system", {"payout_id": "p", "answer": "done", "amount": 2**53}),
    ],
)  # fmt: skip
def test_a_command_with_made_up_figures_is_answered_or_refused_and_the_case_lives_on(any_api: Api, verb, actor, body):
    case_id = opened(any_api)
    assert any_api.command(case_id, verb, actor, body).status < 500
    for viewer in (BUYER, OWNER, "platform/gao"):
        for language in ("zh", "en"):
            assert any_api.get(f"/v1/cases/{case_id}", viewer, accept_language=language).status == 200
    assert any_api.command(case_id, "send-message", BUYER, {"text": "还在"}).status == 200


def test_an_order_at_the_edge_of_every_figure_can_be_kept_and_asked_about(any_api: Api):
    most = 2**53
    line = {
        "line_no": 10_000, "sku": "s", "title": "t", "category": "c", "quantity": 1_000_000, "unit_price": most,
        "paid": most, "flags": ["x" * 128] * 50,
    }  # fmt: skip
    news = {
        "merchant_id": "9223372036854775807", "order_no": "x" * 128, "buyer_id": "b42", "currency": "XXX",
        "lines": [line | {"line_no": number} for number in range(1, 501)], "freight_paid": most, "paid": most,
        "payments": [{"channel": "c", "reference": "r", "paid": most}] * 20, "refunded_elsewhere": most,
        "paid_at": "2000-01-01T00:00:00Z", "ship_by": "2099-12-31T23:59:59Z",
    }  # fmt: skip
    assert any_api.post("/v1/orders", news).status == 200
    path = f"/v1/orders/9223372036854775807/{'x' * 128}"
    assert any_api.get(path, BUYER).json["paid"] == most
    assert any_api.get(f"{path}/eligibility", BUYER).status == 200


def test_a_sender_who_leaves_in_the_middle_of_the_body_leaves_nothing_behind(
    api: Api, caplog: pytest.LogCaptureFixture
):
    case_id = opened(api)
    api.call("POST", f"/v1/cases/{case_id}/withdraw", {}, BUYER, leaves=True)
    api.call("POST", "/v1/orders", [], leaves=True)
    assert api.get(f"/v1/cases/{case_id}", BUYER).json["version"] == 2
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def test_headers_that_nobody_can_read_are_refused(api: Api):
    case_id = opened(api)
    for name, value in (("accept_language", "\xff;q=x," * 50), ("if_match", "\xff"), ("idempotency_key", "\x85")):
        answer = api.command(case_id, "withdraw", BUYER, **{name: value})
        assert answer.status in (200, 422)
