"""Many at once: answers in order, one refusal touches no neighbour."""

import pytest

from amends.web.api.batches import MOST_COMMANDS
from tests.http.stories import BUYER, OWNER, names, opened, opening, order, sent
from tests.support.api import SHOP_KEY, Api


def codes(answer: dict) -> list[str]:
    return [one["problem"]["code"] if "problem" in one else "done" for one in answer["answers"]]


def test_answers_stand_in_the_order_of_the_commands_and_a_refusal_hurts_no_neighbour(any_api: Api):
    api = any_api
    cases = [opened(api, order_no) for order_no in ("o1", "o2", "o3")]
    agree = {"command": "agree", "application": 1}
    batch = [
        {"case_id": cases[0], "command": agree},
        {"case_id": cases[1], "command": {"command": "agree", "application": 2}},
        {"case_id": "1001-0000000000001", "command": agree},
        {"case_id": cases[2], "command": {"command": "agree", "application": "1"}},
        {"case_id": cases[2], "command": {"command": "explode"}},
        {"case_id": cases[2], "command": agree, "version": 9},
        {"case_id": cases[2], "command": agree, "actor": "merchant/1001/sun"},
        {"case_id": cases[2], "command": agree, "actor": "merchant/1001/nobody"},
        {"case_id": cases[2], "command": agree, "because": "x"},
        {"command": agree},
        {"case_id": cases[2], "command": {"command": "send-message", "text": "a\u0000"}},
        {"case_id": cases[2], "command": agree, "version": 2, "key": "k1"},
        {"case_id": cases[2], "command": agree, "version": 2, "key": "k1"},
    ]
    answer = api.post("/v1/commands", {"commands": batch}, OWNER)
    assert answer.status == 200
    assert codes(answer.json) == [
        "done", "application_changed", "unknown_case", "invalid_body", "unknown_command", "stale_version",
        "not_allowed_for_role", "unknown_staff", "unknown_field", "invalid_body", "invalid_text", "done", "done",
    ]  # fmt: skip
    assert [answer.json["answers"][place]["case_id"] for place in (0, 11)] == [cases[0], cases[2]]
    assert answer.json["answers"][12]["replayed"]


def test_a_batch_may_open_cases_and_go_on_with_them_for_several_actors(any_api: Api):
    for order_no in ("o1", "o2"):
        sent(any_api, order_no)
    batch = [
        {"merchant_id": "1001", "actor": BUYER, "command": {"command": "open-case", **opening(order_no)}}
        for order_no in ("o1", "o2")
    ]
    for one in batch:
        del one["command"]["merchant_id"]
    answer = any_api.post("/v1/commands", {"commands": batch}).json
    assert [names(one)[0] for one in answer["answers"]] == ["case_opened", "case_opened"]


def test_a_batch_for_nobody_needs_an_actor_in_every_command(api: Api):
    case_id = opened(api)
    answer = api.post("/v1/commands", {"commands": [{"case_id": case_id, "command": {"command": "withdraw"}}]})
    assert codes(answer.json) == ["actor_needed"]


def test_a_shops_key_reaches_no_other_shop_in_a_batch(api: Api):
    api.post("/v1/orders", order("o1", "1002"))
    command = {"command": "open-case", **opening()}
    del command["merchant_id"]
    batch = [{"merchant_id": "1002", "actor": BUYER, "command": command}]
    assert codes(api.post("/v1/commands", {"commands": batch}, key=SHOP_KEY).json) == ["not_in_scope"]


def test_a_batch_has_its_limit(api: Api):
    answer = api.post("/v1/commands", {"commands": [{}] * (MOST_COMMANDS + 1)}, OWNER)
    assert (answer.status, answer.json["code"]) == (422, "invalid_body")


def test_a_full_bulk_lane_takes_nothing_and_keeps_no_click_waiting(api: Api):
    case_id = opened(api)
    api.desk.lanes.bulk.depth = 1
    two = [{"case_id": case_id, "command": {"command": "send-message", "text": text}} for text in ("一", "二")]
    refused = api.post("/v1/commands", {"commands": two}, OWNER)
    assert (refused.status, refused.json["code"], refused.headers["retry-after"]) == (503, "overloaded", "1")
    assert api.command(case_id, "send-message", OWNER, {"text": "三"}).json["version"] == 3


@pytest.mark.parametrize("count", [1, 100])
def test_orders_come_one_or_many(any_api: Api, count: int):
    many = [order(f"o{number}") for number in range(count)]
    answer = any_api.post("/v1/orders", many if count > 1 else many[0], idempotency_key="nightly")
    assert [one["order_no"] for one in answer.json["answers"]] == [one["order_no"] for one in many]
    again = any_api.post("/v1/orders", many if count > 1 else many[0], idempotency_key="nightly")
    assert all(one["replayed"] for one in again.json["answers"])


def test_an_empty_list_is_an_answer_too(api: Api):
    for path in ("/v1/orders", "/v1/parcels/scans", "/v1/payouts/answers"):
        assert api.post(path, []).json == {"answers": []}
    assert api.post("/v1/commands", {"commands": []}, OWNER).json == {"answers": []}


def test_a_payout_of_nobody_is_told_to_the_provider(api: Api):
    case_id = opened(api)
    batch = [
        {"payout_id": "1001-0000000000001-p1", "answer": "done"},
        {"payout_id": "something else", "answer": "done"},
        {"payout_id": f"{case_id}-p9", "answer": "done"},
    ]
    assert codes(api.post("/v1/payouts/answers", batch).json) == ["unknown_case", "unknown_case", "unknown_case"]
    alone = api.post("/v1/payouts/answers", batch[1])
    assert (alone.status, alone.json["payout_id"]) == (404, "something else")


def test_a_shop_cannot_say_that_money_was_paid(api: Api):
    case_id = opened(api)
    payout = api.command(case_id, "agree", OWNER, {"application": 1}).json["events"][1]["event"]["payout_id"]
    told = api.post("/v1/payouts/answers", {"payout_id": payout, "answer": "done"}, key=SHOP_KEY)
    assert (told.status, told.json["code"]) == (403, "not_in_scope")
