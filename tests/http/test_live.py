"""R2.4: what one side does reaches the other at once, and nothing is lost by a line that breaks."""

import json
from typing import Any

import pytest

from tests.http.stories import BUYER, OWNER, opened, opening, order
from tests.support.api import Api

AGENT = "platform/zhou"


def heard(body: bytes) -> list[tuple[str, str, Any]]:
    """Events of a stream: id, name, data."""
    found = []
    for block in body.decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if line and not line.startswith(":"))
        if fields:
            found.append((fields.get("id", ""), fields["event"], json.loads(fields["data"])))
    return found


def facts(body: bytes) -> list[tuple[str, str]]:
    return [(number, data["event"]["event"]) for number, name, data in heard(body) if name == "fact"]


def saying(api: Api, case_id: str, *texts: str, actor: str = OWNER) -> Any:
    async def during() -> None:
        for text in texts:
            answer = await api.send_command(case_id, "send-message", actor, {"text": text})
            assert answer.status == 200

    return during


def test_a_message_reaches_the_open_page_of_the_other_side(any_api: Api):
    case_id = opened(any_api)
    stream = any_api.watch(f"/v1/live?case_id={case_id}", BUYER, saying(any_api, case_id, "您好", "在吗"))
    assert facts(stream.body) == [("3", "message_sent"), ("4", "message_sent")]
    assert [data["event"]["text"] for _, _, data in heard(stream.body)] == ["您好", "在吗"]
    assert {data["by"] for _, _, data in heard(stream.body)} == {"merchant/1001"}


def test_a_page_that_was_away_continues_where_it_was(any_api: Api):
    case_id = opened(any_api)
    any_api.run(saying(any_api, case_id, "一", "二", "三")())
    stream = any_api.watch(f"/v1/live?case_id={case_id}", BUYER, last_event_id="3")
    assert [number for number, _ in facts(stream.body)] == ["4", "5"]
    stream = any_api.watch(f"/v1/live?case_id={case_id}&after=4", BUYER)
    assert [number for number, _ in facts(stream.body)] == ["5"]


def test_a_merchant_follows_the_feed_of_all_his_cases(any_api: Api):
    one, other = opened(any_api, "o1"), opened(any_api, "o2")

    async def both() -> None:
        await saying(any_api, one, "您好")()
        await saying(any_api, other, "在吗")()

    stream = any_api.watch("/v1/live", OWNER, both)
    assert facts(stream.body) == [("5", "message_sent"), ("6", "message_sent")]
    assert [data["case_id"] for _, _, data in heard(stream.body)] == [one, other]
    again = any_api.watch("/v1/live", OWNER, last_event_id="5")
    assert facts(again.body) == [("6", "message_sent")]


def test_hidden_events_stay_hidden_live_and_do_not_stop_the_stream(any_api: Api):
    case_id = opened(any_api)

    async def assigned_then_said() -> None:
        await any_api.send_command(case_id, "assign", "platform/gao", {"staff": "gao"})
        await saying(any_api, case_id, "您好")()

    for path in (f"/v1/live?case_id={case_id}&after=2", "/v1/live?after=2"):
        stream = any_api.watch(path, OWNER, assigned_then_said if "case_id" in path else None)
        assert [name for _, name in facts(stream.body)] == ["message_sent"]
        assert b"gao" not in stream.body


def test_a_buyers_list_hears_of_his_own_cases_only(any_api: Api):
    mine = opened(any_api)
    any_api.post("/v1/orders", order("o9", buyer_id="b43"))
    theirs = any_api.post("/v1/cases", opening("o9"), "buyer/b43").json["case_id"]

    async def both() -> None:
        await saying(any_api, theirs, "您好")()
        await saying(any_api, mine, "您好")()

    stream = any_api.watch("/v1/live", BUYER, both)
    changes = [data for _, name, data in heard(stream.body) if name == "change"]
    assert changes == [{"case_id": mine, "version": 3}]
    assert heard(stream.body)[0][1] == "reload"
    inside = any_api.watch("/v1/live", AGENT, both)
    assert {data["case_id"] for _, name, data in heard(inside.body) if name == "change"} == {mine, theirs}


@pytest.mark.parametrize(
    ("path", "actor", "code"),
    [
        ("/v1/live?case_id={case_id}", "buyer/b43", "not_yours"),
        ("/v1/live?case_id={case_id}", "merchant/1002/qian", "not_yours"),
        ("/v1/live?case_id=1001-0000000000001", BUYER, "unknown_case"),
        ("/v1/live?merchant=1001", "merchant/1002/qian", "not_yours"),
        ("/v1/live?merchant=1001", BUYER, "not_yours"),
        ("/v1/live?after=now", BUYER, "invalid_query"),
    ],
)
def test_nobody_listens_at_anothers_door(api: Api, path: str, actor: str, code: str):
    case_id = opened(api)
    answer = api.watch(path.format(case_id=case_id), actor)
    assert answer.json["code"] == code


def test_a_watcher_who_leaves_is_forgotten(api: Api):
    case_id = opened(api)
    api.watch(f"/v1/live?case_id={case_id}", BUYER)
    assert api.desk.hub.watchers == 0
