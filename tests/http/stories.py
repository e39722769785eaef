"""Orders and cases as a shop would send them."""

from datetime import timedelta
from typing import Any

from tests.support.api import Api
from tests.support.shops import MONDAY

BUYER = "buyer/b42"
OWNER = "merchant/1001/li"
PHONE = "13812345678"


def instant(after: timedelta = timedelta(0)) -> str:
    return (MONDAY + after).isoformat().replace("+00:00", "Z")


def order(order_no: str = "o1", merchant_id: str = "1001", **more: Any) -> dict[str, Any]:
    """Two pieces for 100.00, paid on Monday, not shipped."""
    return {
        "merchant_id": merchant_id,
        "order_no": order_no,
        "buyer_id": "b42",
        "currency": "CNY",
        "lines": [
            {
                "line_no": 1, "sku": "pot-600", "title": "手冲咖啡壶 600ml", "category": "home",
                "quantity": 2, "unit_price": 5000, "paid": 10000,
            }
        ],
        "freight_paid": 0,
        "paid": 10000,
        "payments": [{"channel": "wechat", "reference": f"wx-{order_no}-20260302", "paid": 10000}],
        "paid_at": instant(),
        "ship_by": instant(timedelta(days=2)),
        "buyer_phone": PHONE,
        "carrier": "SF",
        "tracking_no": f"SF-{order_no}",
        **more,
    }  # fmt: skip


def opening(order_no: str = "o1", **more: Any) -> dict[str, Any]:
    """The buyer wants the money back before anything was shipped."""
    return {
        "merchant_id": "1001",
        "order_no": order_no,
        "lines": [{"line_no": 1, "quantity": 2}],
        "kind": "refund_only",
        "reason": "changed_mind",
        "goods_received": False,
        **more,
    }


def complaint(order_no: str = "o1", **more: Any) -> dict[str, Any]:
    """The goods are there and broken; the buyer wants to send them back."""
    return opening(
        order_no,
        kind="return_and_refund",
        reason="quality",
        goods_received=True,
        note="壶嘴漏水，倒水时流到桌上",
        evidence=[{"kind": "photo", "note": "壶嘴处有裂纹"}],
        **more,
    )


def scan(order_no: str, code: str, after: timedelta) -> dict[str, Any]:
    return {"carrier": "SF", "tracking_no": f"SF-{order_no}", "code": code, "occurred_at": instant(after)}


def sent(api: Api, order_no: str = "o1", **more: Any) -> None:
    """The shop told us of the order."""
    answer = api.post("/v1/orders", order(order_no, **more))
    assert answer.status == 200, answer.body


def delivered(api: Api, order_no: str = "o1") -> None:
    """And it has arrived, six hours ago."""
    sent(api, order_no)
    api.later(timedelta(hours=30))
    scans = [scan(order_no, "picked_up", timedelta(hours=1)), scan(order_no, "delivered", timedelta(hours=24))]
    answer = api.post("/v1/parcels/scans", scans)
    assert answer.status == 200, answer.body


def opened(api: Api, order_no: str = "o1") -> str:
    """A case before shipping; returns its id."""
    sent(api, order_no)
    answer = api.post("/v1/cases", opening(order_no), BUYER)
    assert answer.status == 201, answer.body
    return answer.json["case_id"]


def complained(api: Api, order_no: str = "o1") -> str:
    """A case about goods that arrived broken; returns its id."""
    delivered(api, order_no)
    answer = api.post("/v1/cases", complaint(order_no), BUYER)
    assert answer.status == 201, answer.body
    return answer.json["case_id"]


def names(answer: Any) -> list[str]:
    """The events of an answer, by name."""
    return [fact["event"]["event"] for fact in answer["events"]]
