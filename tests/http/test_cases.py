"""Lists, the case page, the record, the phone number: what each side gets to see over HTTP."""

from datetime import timedelta

import pytest

from tests.http.stories import BUYER, OWNER, PHONE, complained, delivered, instant, names, opened, order, sent
from tests.support.api import SHOP_KEY, Api

ARBITRATOR = "platform/gao"


def test_the_case_page_answers_where_whose_turn_by_when_and_what_then(api: Api):
    """R5.3: status and the remaining time are always visible, and what silence does, with the amount."""
    case_id = opened(api)
    view = api.get(f"/v1/cases/{case_id}", BUYER).json
    assert view["status"]["text"] == "等待商家处理"
    assert view["next"] == {
        "owner": "merchant",
        "key": "answer.not_shipped",
        "started_at": instant(),
        "due_at": instant(timedelta(hours=24)),
        "text": "商家需在 明天 17:00 前答复。",
        "then": "agree_refund",
        "then_text": "到时没有答复，系统自动退款 ¥100.00。",
        "amount_minor": 10_000,
    }
    english = api.get(f"/v1/cases/{case_id}", BUYER, accept_language="en").json
    assert english["next"]["then_text"] == "If there is no answer by then, ¥100.00 is refunded automatically."


def test_a_deadline_that_has_passed_counts_before_anybody_swept_it(api: Api):
    case_id = opened(api)
    api.clock.advance(timedelta(hours=24))
    view = api.get(f"/v1/cases/{case_id}", BUYER).json
    assert (view["status"]["funds"], view["version"]) == ("paying", 2)


def test_every_action_says_why_it_is_closed_and_until_when(api: Api):
    """R5.3: asking the platform appears when the time is over."""
    case_id = complained(api)
    actions = {action["verb"]: action for action in api.get(f"/v1/cases/{case_id}", BUYER).json["actions"]}
    assert actions["withdraw"]["allowed"]
    ask = actions["request-intervention"]
    assert (ask["allowed"], ask["why"]["code"], ask["why"]["waiting_helps"]) == (False, "too_early", True)
    assert ask["why"]["until"] == instant(timedelta(hours=30 + 48))
    assert "agree" not in actions


def test_an_auditor_reads_and_is_offered_nothing(api: Api):
    case_id = opened(api)
    view = api.get(f"/v1/cases/{case_id}", "platform/yan").json
    assert (view["status"]["code"], view["actions"]) == (2, [])


def test_the_merchant_gets_advice_and_the_buyer_does_not(api: Api):
    """R3.9"""
    case_id = opened(api)
    assert api.get(f"/v1/cases/{case_id}", OWNER).json["advice"]["verb"] == "agree"
    assert "advice" not in api.get(f"/v1/cases/{case_id}", BUYER).json


def test_what_evidence_is_missing_is_on_the_page(api: Api):
    """R1.2"""
    case_id = complained(api)
    (line,) = api.get(f"/v1/cases/{case_id}", BUYER).json["evidence"]["checklist"]
    assert (line["side"], line["given"]) == ("buyer", True)
    (filed,) = api.get(f"/v1/cases/{case_id}/evidence", OWNER).json["evidence"]
    assert (filed["evidence_id"], filed["kind"], filed["note"]) == ("e1", "photo", "壶嘴处有裂纹")


def test_the_phone_number_is_masked_until_it_is_revealed_and_every_reveal_is_on_record(any_api: Api):
    """R3.6"""
    api = any_api
    case_id = opened(api)
    assert api.get(f"/v1/cases/{case_id}", OWNER).json["contact"] == "138****5678"
    assert api.get("/v1/orders/1001/o1", OWNER).json["buyer_phone"] == "138****5678"

    revealed = api.command(case_id, "reveal-contact", OWNER, {"reason": "核实收货地址"}, idempotency_key="r1")
    assert (revealed.status, revealed.json["contact"], names(revealed.json)) == (200, PHONE, ["contact_revealed"])
    again = api.command(case_id, "reveal-contact", OWNER, {"reason": "核实收货地址"}, idempotency_key="r1")
    assert (again.json["contact"], again.json["replayed"]) == (PHONE, True)

    for path in (f"/v1/cases/{case_id}", f"/v1/cases/{case_id}/events", "/v1/orders/1001/o1", "/v1/feed?after=0"):
        assert PHONE.encode() not in api.get(path, OWNER).body
    seen = api.get(f"/v1/cases/{case_id}/events", BUYER).json["events"]
    assert [fact["by"] for fact in seen if fact["event"]["event"] == "contact_revealed"] == ["merchant/1001"]


def test_a_closed_case_reveals_no_phone_number(api: Api):
    case_id = opened(api)
    api.command(case_id, "reveal-contact", OWNER, {"reason": "核实"}, idempotency_key="r1")
    api.command(case_id, "withdraw", BUYER)
    assert "contact" not in api.get(f"/v1/cases/{case_id}", OWNER).json
    again = api.command(case_id, "reveal-contact", OWNER, {"reason": "核实"}, idempotency_key="r1")
    assert again.json["replayed"]
    assert "contact" not in again.json


def test_who_has_the_case_at_the_platform_is_not_the_parties_business(api: Api):
    case_id = opened(api)
    assert api.command(case_id, "assign", ARBITRATOR, {"staff": "gao"}).status == 200
    assert api.get(f"/v1/cases/{case_id}", ARBITRATOR).json["assignee"] == "gao"
    for party in (BUYER, OWNER):
        assert b"gao" not in api.get(f"/v1/cases/{case_id}", party).body
        assert b"gao" not in api.get(f"/v1/cases/{case_id}/events", party).body
    assert b"gao" in api.get(f"/v1/cases/{case_id}/events", "platform/yan").body


# Lists -----------------------------------------------------------------------------------------------------


@pytest.fixture
def two_shops(any_api: Api) -> Api:
    """Three cases of shop 1001 (two of b42, one of b43), one of shop 1002 (of b42)."""
    for order_no, merchant_id, buyer in (
        ("o1", "1001", "b42"),
        ("o2", "1001", "b42"),
        ("o3", "1001", "b43"),
        ("o4", "1002", "b42"),
    ):
        any_api.post("/v1/orders", order(order_no, merchant_id, buyer_id=buyer))
        opening = {
            "merchant_id": merchant_id, "order_no": order_no, "lines": [{"line_no": 1, "quantity": 1}],
            "kind": "refund_only", "reason": "changed_mind", "goods_received": False,
        }  # fmt: skip
        assert any_api.post("/v1/cases", opening, f"buyer/{buyer}").status == 201
        any_api.later(timedelta(hours=1))
    return any_api


def listed(api: Api, query: str, actor: str, **more: str) -> list[str]:
    answer = api.get(f"/v1/cases?{query}", actor, **more)
    assert answer.status == 200, answer.body
    return [case["order_no"] for case in answer.json["cases"]]


@pytest.mark.parametrize(
    ("query", "actor", "orders"),
    [
        ("", BUYER, ["o4", "o2", "o1"]),
        ("merchant=1001", BUYER, ["o2", "o1"]),
        ("", "buyer/b43", ["o3"]),
        ("", "buyer/b44", []),
        ("", OWNER, ["o3", "o2", "o1"]),
        ("buyer=b42", OWNER, ["o2", "o1"]),
        ("", "merchant/1002/qian", ["o4"]),
        ("", "platform/yan", ["o4", "o3", "o2", "o1"]),
        ("merchant=1002", "platform/gao", ["o4"]),
        ("buyer=b43", "platform/gao", ["o3"]),
        ("stage=closed", OWNER, []),
        ("stage=awaiting_merchant,closed", OWNER, ["o3", "o2", "o1"]),
        ("stage=closed&stage=awaiting_merchant", OWNER, ["o3", "o2", "o1"]),
        ("reason=quality", OWNER, []),
        ("kind=refund_only&reason=changed_mind", OWNER, ["o3", "o2", "o1"]),
        (f"due_before={instant(timedelta(hours=25))}", OWNER, ["o2", "o1"]),
        ("sort=due", OWNER, ["o1", "o2", "o3"]),
        ("q=o3", OWNER, ["o3"]),
        ("q=%E5%92%96%E5%95%A1", OWNER, ["o3", "o2", "o1"]),
        ("q=%25", OWNER, []),
    ],
)  # fmt: skip
def test_a_list_has_what_was_asked_for_of_what_the_actor_may_see(two_shops: Api, query, actor, orders):
    assert listed(two_shops, query, actor) == orders


@pytest.mark.parametrize(
    ("query", "actor"),
    [("buyer=b43", BUYER), ("merchant=1002", OWNER), ("merchant=1001", "merchant/1002/qian")],
)
def test_a_list_of_somebody_else_is_refused(two_shops: Api, query: str, actor: str):
    assert two_shops.get(f"/v1/cases?{query}", actor).json["code"] == "not_yours"


def test_a_shops_own_key_reaches_its_own_cases_alone(two_shops: Api):
    assert listed(two_shops, "", BUYER, key=SHOP_KEY) == ["o2", "o1"]
    assert listed(two_shops, "", "system", key=SHOP_KEY) == ["o3", "o2", "o1"]
    (theirs,) = two_shops.get("/v1/cases", "merchant/1002/qian").json["cases"]
    for path in ("", "/events", "/messages", "/evidence"):
        answer = two_shops.get(f"/v1/cases/{theirs['case_id']}{path}", BUYER, key=SHOP_KEY)
        assert (answer.status, answer.json["code"]) == (403, "not_yours")
    assert two_shops.command(theirs["case_id"], "withdraw", BUYER, key=SHOP_KEY).json["code"] == "not_yours"


def test_pages_follow_each_other_without_a_gap_or_a_repeat(two_shops: Api):
    for query in ("", "sort=due"):
        found, cursor = [], ""
        while cursor is not None:
            page = two_shops.get(f"/v1/cases?limit=1&{query}" + (f"&cursor={cursor}" if cursor else ""), OWNER).json
            found += [case["order_no"] for case in page["cases"]]
            cursor = page["cursor"]
        assert found == listed(two_shops, query, OWNER)


def test_a_buyers_orders_come_with_their_cases(two_shops: Api):
    page = two_shops.get("/v1/orders?limit=2", BUYER).json
    assert [one["order_no"] for one in page["orders"]] == ["o4", "o2"]
    assert [len(one["cases"]) for one in page["orders"]] == [1, 1]
    rest = two_shops.get(f"/v1/orders?limit=2&cursor={page['cursor']}", BUYER).json
    assert ([one["order_no"] for one in rest["orders"]], rest["cursor"]) == (["o1"], None)


# Eligibility -----------------------------------------------------------------------------------------------


def test_eligibility_says_what_is_possible_for_how_much_and_why_the_rest_is_not(api: Api):
    delivered(api)
    found = api.get("/v1/orders/1001/o1/eligibility?lines=1:1", BUYER).json
    kinds = {kind["kind"]: kind for kind in found["kinds"]}
    assert (found["lines"], found["left_minor"]) == ([{"line_no": 1, "quantity": 1}], 10_000)
    reasons = {reason["reason"]: reason for reason in kinds["return_and_refund"]["reasons"]}
    quality = reasons["quality"]
    assert (quality["possible"], quality["maximum_minor"], quality["freight"]["back"]) == (True, 5000, "merchant")
    assert quality["evidence"] == [["photo", "video"]]
    refund = {reason["reason"]: reason for reason in kinds["refund_only"]["reasons"]}
    assert not refund["out_of_stock"]["possible"]
    assert refund["out_of_stock"]["why_not"][0]["code"] == "reason_not_allowed"
    assert refund["out_of_stock"]["why_not"][0]["detail"]


def test_an_order_number_may_hold_any_sign(api: Api):
    sent(api, "2026/03/02 №7?#%")
    path = "/v1/orders/1001/2026%2F03%2F02%20%E2%84%967%3F%23%25"
    assert api.get(path, BUYER).json["order_no"] == "2026/03/02 №7?#%"
    assert api.get(f"{path}/eligibility", BUYER).status == 200


def test_no_case_can_be_opened_while_the_group_is_forming(api: Api):
    """R4.3"""
    sent(api, group={"state": "forming", "started_at": instant()})
    found = api.get("/v1/orders/1001/o1/eligibility", BUYER).json
    assert not any(kind["possible"] for kind in found["kinds"])
    codes = {one["code"] for kind in found["kinds"] for reason in kind["reasons"] for one in reason["why_not"]}
    assert "group_forming" in codes


def test_a_merchant_without_a_refund_button_asks_the_platform(api: Api):
    """R4.4"""
    sent(api)
    chat = [{"kind": "chat_screenshot"}]
    asked = api.post("/v1/orders/1001/o1/ask-platform-refund", {"evidence": chat}, OWNER)
    assert (asked.status, asked.json["status"]["stage"]) == (201, "under_review")
    assert asked.headers["location"] == f"/v1/cases/{asked.json['case_id']}"


# The record ------------------------------------------------------------------------------------------------


def test_the_record_is_read_page_by_page(api: Api):
    case_id = opened(api)
    for number in range(5):
        api.command(case_id, "send-message", OWNER, {"text": f"第 {number} 条"})
    found, after = [], 0
    while after is not None:
        page = api.get(f"/v1/cases/{case_id}/events?after={after}&limit=2", BUYER).json
        found += [fact["seq"] for fact in page["events"]]
        after = page["next_after"]
    assert found == [1, 2, 3, 4, 5, 6, 7]
    said = api.get(f"/v1/cases/{case_id}/messages?limit=3", BUYER).json
    assert [fact["event"]["text"] for fact in said["events"]] == ["第 0 条", "第 1 条", "第 2 条"]
    rest = api.get(f"/v1/cases/{case_id}/messages?after={said['next_after']}", BUYER).json
    assert ([fact["event"]["text"] for fact in rest["events"]], rest["next_after"]) == (["第 3 条", "第 4 条"], None)


def test_ids_are_text_everywhere(api: Api):
    case_id = opened(api)
    first = api.get(f"/v1/cases/{case_id}/events", BUYER).json["events"][0]
    assert first["case_id"] == first["event"]["case_id"] == case_id
    assert first["event"]["merchant_id"] == "1001"


def test_the_feed_continues_behind_a_number_and_hides_what_is_hidden(any_api: Api):
    api = any_api
    case_id = opened(api)
    api.command(case_id, "assign", ARBITRATOR, {"staff": "gao"})
    api.command(case_id, "send-message", OWNER, {"text": "您好"})
    page = api.get("/v1/feed?after=2", OWNER).json
    assert [(entry["feed_no"], entry["fact"]["event"]["event"]) for entry in page["entries"]] == [(4, "message_sent")]
    assert page["next_after"] == 4
    assert api.get("/v1/feed?after=4", OWNER).json == {"entries": [], "next_after": 4}
    assert len(api.get("/v1/feed?merchant=1001", "platform/yan").json["entries"]) == 4
