"""Whole stories over HTTP, on both stores."""

from datetime import timedelta

from tests.http.stories import BUYER, OWNER, complained, instant, names, opened, scan, sent
from tests.support.api import Api


def test_a_refund_before_shipping_goes_from_order_to_money(any_api: Api):
    """R4.4: the buyer asks, the merchant agrees, the provider pays, the case closes."""
    api = any_api
    case_id = opened(api)

    agreed = api.command(case_id, "agree", OWNER, {"application": 1})
    assert agreed.status == 200
    assert names(agreed.json) == ["case_agreed", "payout_ordered", "deadlines_set"]
    assert agreed.json["status"]["code"] == 4
    payout = agreed.json["events"][1]["event"]["payout_id"]

    paid = api.post("/v1/payouts/answers", {"payout_id": payout, "answer": "done", "provider_reference": "wx-1"})
    assert paid.status == 200
    assert names(paid.json["answers"][0]) == ["payout_paid", "case_closed"]

    view = api.get(f"/v1/cases/{case_id}", BUYER).json
    assert view["status"] == {
        "code": 10, "text": "已结束：已退款", "stage": "closed", "goods": "not_shipped", "funds": "paid",
        "outcome": "refunded",
    }  # fmt: skip
    assert view["money"]["refunded_minor"] == 10_000
    assert view["money"]["left_minor"] == 0

    again = api.post("/v1/payouts/answers", {"payout_id": payout, "answer": "done", "provider_reference": "wx-1"})
    assert (again.status, again.json["answers"][0]["events"]) == (200, [])


def test_a_silent_merchant_agrees_to_the_return_and_the_money_comes_with_the_parcel(any_api: Api):
    """R2.3: never money for goods that the buyer keeps; the return is agreed at the default address."""
    api = any_api
    case_id = complained(api)
    assert api.get(f"/v1/cases/{case_id}", BUYER).json["next"]["then"] in ("agree", "agree_return")

    api.later(timedelta(hours=48))
    view = api.get(f"/v1/cases/{case_id}", BUYER).json
    assert (view["status"]["stage"], view["status"]["goods"]) == ("in_motion", "return_due")
    assert view["return_address"]["address_id"] == "a1"
    assert view["money"]["refunded_minor"] == 0

    shipped = api.command(case_id, "ship-return", BUYER, {"carrier": "YTO", "tracking_no": "YT-9"})
    assert shipped.status == 200, shipped.body
    now = timedelta(hours=30 + 48)
    news = [
        {"carrier": "YTO", "tracking_no": "YT-9", "code": code, "occurred_at": instant(now + timedelta(hours=hours))}
        for code, hours in (("picked_up", 1), ("delivered", 20))
    ]
    api.later(timedelta(hours=21))
    recorded = api.post("/v1/parcels/scans", news).json["answers"]
    assert [answer["case_id"] for answer in recorded] == [case_id, case_id]

    accepted = api.command(case_id, "accept-return", OWNER)
    assert accepted.json["status"]["funds"] == "paying"


def test_a_rejection_needs_a_conversation_a_script_a_wait_and_points(any_api: Api):
    """R3.4 and R3.5, refusal by refusal, and what the buyer sees of it."""
    api = any_api
    case_id = complained(api)
    reject = {
        "application": 1,
        "reason": "facts_differ",
        "points": [{"text": "开箱视频显示壶嘴完好，漏水由摔落造成", "evidence": ["e2"]}],
        "evidence": [{"kind": "photo"}],
    }

    first = api.command(case_id, "reject", OWNER, reject)
    assert (first.status, first.json["code"]) == (409, "no_conversation")
    assert "send-message" in first.json["may_do_now"]
    prepared = api.command(case_id, "prepare-rejection", OWNER, {"application": 1, "reason": "facts_differ"})
    assert prepared.json["code"] == "no_conversation"

    assert api.command(case_id, "send-message", OWNER, {"text": "您好，可以补偿您 15 元吗？"}).status == 200
    assert api.command(case_id, "reject", OWNER, reject).json["code"] == "not_prepared"

    prepared = api.command(case_id, "prepare-rejection", OWNER, {"application": 1, "reason": "facts_differ"})
    assert prepared.status == 200
    script = next(fact["event"] for fact in prepared.json["events"] if fact["event"]["event"] == "rejection_prepared")
    assert script["script"]
    assert script["solutions"]

    waiting = api.command(case_id, "reject", OWNER, reject)
    assert (waiting.status, waiting.json["code"], waiting.json["waiting_helps"]) == (409, "waiting_for_buyer", True)
    assert waiting.json["waits_until"] == script["waits_until"]

    api.later(timedelta(hours=16))
    rejected = api.command(case_id, "reject", OWNER, reject)
    assert rejected.status == 200, rejected.body
    assert "case_rejected" in names(rejected.json)

    seen = api.get(f"/v1/cases/{case_id}/messages", BUYER).json["events"]
    prepared_as_seen = next(fact for fact in seen if fact["event"]["event"] == "rejection_prepared")
    assert prepared_as_seen["event"]["script"] == script["script"]
    assert not prepared_as_seen["event"]["solutions"]
    assert prepared_as_seen["by"] == "merchant/1001"


def test_scans_may_come_late_and_out_of_order(any_api: Api):
    sent(any_api)
    any_api.later(timedelta(hours=30))
    late = [scan("o1", "delivered", timedelta(hours=24)), scan("o1", "picked_up", timedelta(hours=1))]
    assert any_api.post("/v1/parcels/scans", late).status == 200
    view = any_api.get("/v1/orders/1001/o1", BUYER).json
    assert view["shipping_state"] == "delivered"
    assert [one["code"] for one in view["parcel"]["scans"]] == ["picked_up", "delivered"]


def test_a_scan_of_nobodys_parcel_is_reported_and_hurts_no_other(any_api: Api):
    sent(any_api)
    stray = {"carrier": "SF", "tracking_no": "SF-404", "code": "delivered", "occurred_at": instant()}
    other_carrier = {**scan("o1", "picked_up", timedelta(0)), "carrier": "YTO"}
    answers = any_api.post("/v1/parcels/scans", [stray, scan("o1", "picked_up", timedelta(0)), other_carrier]).json
    codes = [answer.get("problem", {}).get("code") for answer in answers["answers"]]
    assert codes == ["unknown_parcel", None, "unknown_parcel"]
    alone = any_api.post("/v1/parcels/scans", stray)
    assert (alone.status, alone.json["tracking_no"]) == (404, "SF-404")
