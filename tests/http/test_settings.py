"""Merchants, the platform's people, keys: who may change what, and that it works at once."""

import pytest

from tests.http.stories import BUYER, OWNER, opened
from tests.support.api import SHOP_KEY, Api

SETTINGS = {
    "name": "木棠生活馆",
    "auto_refund_below": 1000,
    "silent_refund_only": True,
    "small_payment_staff_limit": 5000,
    "addresses": [
        {"address_id": "a1", "name": "仓库", "phone": "13900000000", "address": "杭州市余杭区 1 号", "default": True}
    ],
    "staff": {"li": "owner", "zhao": "after_sale", "小王": "pre_sale"},
}


@pytest.mark.parametrize("actor", ["", OWNER, "platform/bai"])
def test_settings_are_replaced_whole_by_shop_owner_or_operator(any_api: Api, actor: str):
    assert any_api.call("PUT", "/v1/merchants/1001", SETTINGS, actor).json == SETTINGS
    assert any_api.get("/v1/merchants/1001", OWNER).json == SETTINGS


@pytest.mark.parametrize("actor", [BUYER, "merchant/1001/wang", "merchant/1002/qian", "platform/gao", "platform/yan"])
def test_others_change_no_settings(api: Api, actor: str):
    before = api.get("/v1/merchants/1001", OWNER).json
    assert api.call("PUT", "/v1/merchants/1001", SETTINGS, actor).json["code"] == "not_allowed"
    assert api.get("/v1/merchants/1001", OWNER).json == before


@pytest.mark.parametrize(("actor", "status"), [(BUYER, 403), ("merchant/1002/qian", 403), ("merchant/1001/sun", 200)])
def test_settings_are_seen_at_home(api: Api, actor: str, status: int):
    assert api.get("/v1/merchants/1001", actor).status == status


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"staff": {"li": "arbitrator"}}, "$.staff"),
        ({"staff": {"li": "king"}}, "$.staff[...]"),
        ({"auto_refund_below": -1}, "$.auto_refund_below"),
        ({"addresses": [SETTINGS["addresses"][0], SETTINGS["addresses"][0]]}, "$.addresses"),
    ],
)
def test_settings_that_do_not_fit_are_refused_by_place(api: Api, change: dict, path: str):
    answer = api.call("PUT", "/v1/merchants/1001", SETTINGS | change)
    assert (answer.status, [fault["path"] for fault in answer.json["faults"]]) == (422, [path])


def test_who_leaves_the_staff_is_out_at_once(api: Api):
    """R3.7"""
    case_id = opened(api)
    assert api.command(case_id, "send-message", "merchant/1001/wang", {"text": "您好"}).status == 200
    api.call("PUT", "/v1/merchants/1001", SETTINGS)
    gone = api.command(case_id, "send-message", "merchant/1001/wang", {"text": "您好"})
    assert (gone.status, gone.json["code"]) == (403, "unknown_staff")
    new = api.command(case_id, "send-message", "merchant/1001/%E5%B0%8F%E7%8E%8B", {"text": "您好"})
    assert new.json["events"][0]["by"] == "merchant/1001/小王"


def test_the_platforms_people_come_and_go(any_api: Api):
    api = any_api
    assert api.call("PUT", "/v1/staff/lin", {"role": "arbitrator"}, "platform/bai").json["staff"]["lin"] == "arbitrator"
    case_id = opened(api)
    assert api.command(case_id, "assign", "platform/lin", {"staff": "lin"}).status == 200
    assert "lin" not in api.call("PUT", "/v1/staff/lin", {"role": None}, "platform/shen").json["staff"]
    assert api.command(case_id, "assign", "platform/lin", {"staff": "lin"}).json["code"] == "unknown_staff"
    assert set(api.get("/v1/staff", "platform/yan").json["staff"]) == {"zhou", "gao", "shen", "bai", "yan"}


@pytest.mark.parametrize(
    ("actor", "body", "code"),
    [
        ("platform/gao", {"role": "arbitrator"}, "not_allowed"),
        (OWNER, {"role": "arbitrator"}, "not_allowed"),
        ("platform/bai", {"role": "owner"}, "invalid_body"),
        ("platform/bai", {}, "invalid_body"),
    ],
)
def test_staff_of_the_platform_is_appointed_by_operators_and_supervisors(api: Api, actor, body, code):
    assert api.call("PUT", "/v1/staff/lin", body, actor).json["code"] == code
    assert "lin" not in api.get("/v1/staff", "platform/bai").json["staff"]


def test_a_key_is_shown_once_and_works(any_api: Api):
    made = any_api.post("/v1/keys", {"name": "ERP", "merchant_id": "1002"})
    assert (made.status, made.headers["cache-control"]) == (201, "no-store")
    key = made.json["key"]
    assert any_api.get("/v1/cases", "merchant/1002/qian", key=key).status == 200
    assert any_api.get("/v1/cases", OWNER, key=key).json["code"] == "not_in_scope"


def test_a_revoked_key_admits_nobody_and_stays_on_record(any_api: Api):
    made = any_api.post("/v1/keys", {"name": "ERP", "merchant_id": "1002"}).json
    assert any_api.get("/v1/cases", "merchant/1002/qian", key=made["key"]).status == 200
    revoked = any_api.post(f"/v1/keys/{made['key_id']}/revoke", None, "platform/bai")
    assert (revoked.status, revoked.json) == (200, {"key_id": made["key_id"]})
    assert any_api.get("/v1/cases", "merchant/1002/qian", key=made["key"]).json["code"] == "unauthenticated"
    told = next(key for key in any_api.get("/v1/keys").json["keys"] if key["key_id"] == made["key_id"])
    assert (told["name"], told["merchant_id"], told["revoked_by"]) == ("ERP", "1002", "platform/bai")
    assert made["key"] not in str(any_api.get("/v1/keys").json)
    again = any_api.post(f"/v1/keys/{made['key_id']}/revoke", None, "platform/bai")
    assert again.json["code"] == "unknown_key"


@pytest.mark.parametrize(
    ("actor", "key", "code"),
    [(OWNER, None, "not_allowed"), ("", SHOP_KEY, "not_in_scope"), ("platform/gao", None, "not_allowed")],
)
def test_keys_are_made_by_the_shop_and_operators(api: Api, actor: str, key: str | None, code: str):
    more = {"key": key} if key else {}
    assert api.post("/v1/keys", {"name": "mine"}, actor, **more).json["code"] == code
    assert api.get("/v1/keys", actor, **more).json["code"] == code
    assert api.post("/v1/keys/0123456789abcdef/revoke", None, actor, **more).json["code"] == code
