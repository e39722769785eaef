"""R5.1: asking for a person in any wording routes to one at once; the queue says how long it is."""

from datetime import timedelta

import pytest

from amends.application.service import wants_person
from tests.http.stories import BUYER, OWNER, opened
from tests.support.api import SHOP_KEY, Api, Response

AGENT, OTHER_AGENT = "platform/zhou", "platform/gao"


@pytest.mark.parametrize(
    "text",
    [
        "人工", "转人工", "人 工！", "我要人工客服", "請轉人工", "转接人工服务", "人工。", "找客服", "叫你们客服来",
        "客服呢", "客服在吗", "有人吗", "有人在吗", "我要和真人说话", "找个人来处理", "我要找人", "能不能换个人",
        "别跟机器人聊了", "不想跟机器人说", "I want to talk to a human", "speak to someone please", "agent",
        "live agent", "Connect me with a representative", "customer service", "REAL PERSON",
    ],
)  # fmt: skip
def test_asking_for_a_person_is_understood_in_many_wordings(text: str):
    assert wants_person(text)


@pytest.mark.parametrize(
    "text",
    [
        "这是人工智能吗", "人工费多少", "人工皮革沙发破了", "不用人工了", "不要转人工", "衣服破了", "什么时候退款",
        "别人工作很忙", "商家说可以退", "the product is not real leather", "a real bargain", "It is live now",
        "human hair wig arrived torn",
    ],
)  # fmt: skip
def test_other_words_ask_for_nobody(text: str):
    assert not wants_person(text)


def say(api: Api, text: str, actor: str, **about: str) -> Response:
    return api.post("/v1/service/messages", {"text": text, **about}, actor)


def of(answer: Response) -> str:
    assert answer.status in (200, 201), answer.body
    body = answer.json.get("conversation") or answer.json
    return body["conversation_id"]


@pytest.mark.parametrize("actor", [BUYER, OWNER])
def test_typing_it_routes_to_a_person_who_answers(any_api: Api, actor: str):
    api = any_api
    before = say(api, "我的退款什么时候到", actor)
    assert (before.json["routed"], before.json["hint"]) == (False, "随时输入“人工”，即可转接人工客服。")
    assert api.get("/v1/service/conversations", actor).json == {"conversations": []}

    asked = say(api, "转人工", actor)
    talk = of(asked)
    assert asked.json["routed"]
    assert (asked.json["conversation"]["state"], asked.json["conversation"]["place"]) == ("waiting", 1)

    (waiting,) = api.get("/v1/service/conversations", AGENT).json["conversations"]
    assert (waiting["conversation_id"], waiting["asker"]) == (talk, actor)
    assert api.post(f"/v1/service/conversations/{talk}/take", None, AGENT).json["taken_by"] == "zhou"
    api.post(f"/v1/service/conversations/{talk}/reply", {"text": "您好，我来为您查询"}, AGENT)
    say(api, "好的", actor)

    seen = api.get(f"/v1/service/conversations/{talk}", actor).json
    assert [(one["by"], one["text"]) for one in seen["messages"]] == [
        (actor, "转人工"),
        ("platform", "您好，我来为您查询"),
        (actor, "好的"),
    ]
    assert "taken_by" not in seen

    assert api.post(f"/v1/service/conversations/{talk}/close", None, actor).json["state"] == "closed"
    assert api.post(f"/v1/service/conversations/{talk}/close", None, AGENT).json["state"] == "closed"
    assert of(say(api, "人工", actor)) != talk


def test_the_queue_says_its_length_and_the_wait_by_the_pace_of_the_last_hour(any_api: Api):
    api = any_api
    talks = []
    for number in range(4):
        talks.append(of(api.post("/v1/service/ask-person", {"text": "人工"}, f"buyer/b{number}")))
        api.later(timedelta(minutes=1))
    shown = [api.get(f"/v1/service/conversations/{talk}", f"buyer/b{n}").json for n, talk in enumerate(talks)]
    assert [one["place"] for one in shown] == [1, 2, 3, 4]
    assert all("expected_wait_seconds" not in one for one in shown)

    for talk in talks[:2]:
        api.post(f"/v1/service/conversations/{talk}/take", None, AGENT)
    shown = [api.get(f"/v1/service/conversations/{talk}", f"buyer/b{n}").json for n, talk in enumerate(talks)]
    assert [one.get("place") for one in shown] == [None, None, 1, 2]
    assert [one.get("expected_wait_seconds") for one in shown] == [None, None, 1800, 3600]


def test_whoever_waits_already_keeps_the_place(any_api: Api):
    first = of(any_api.post("/v1/service/ask-person", {"text": "人工"}, BUYER))
    any_api.later(timedelta(minutes=1))
    again = any_api.post("/v1/service/ask-person", {"text": "人工！！"}, BUYER)
    assert (of(again), len(again.json["messages"]), again.json["place"]) == (first, 2, 1)


def test_a_conversation_is_linked_to_the_askers_own_case_or_order_only(any_api: Api):
    api = any_api
    case_id = opened(api)
    linked = api.post("/v1/service/ask-person", {"text": "人工", "case_id": case_id}, BUYER)
    assert linked.json["case_id"] == case_id
    by_order = {"text": "人工", "merchant_id": "1001", "order_no": "o1"}
    assert api.post("/v1/service/ask-person", by_order, OWNER).json["order_no"] == "o1"
    for body in ({"text": "人工", "case_id": case_id}, by_order):
        assert api.post("/v1/service/ask-person", body, "buyer/b43").json["code"] == "not_yours"
    unknown = {"text": "人工", "merchant_id": "1001", "order_no": "o404"}
    assert api.post("/v1/service/ask-person", unknown, "buyer/b43").json["code"] == "unknown_order"
    strange = {"text": "人工", "case_id": "1001-0000000000001"}
    assert api.post("/v1/service/ask-person", strange, "buyer/b43").json["code"] == "unknown_case"


@pytest.mark.parametrize(
    ("actor", "act", "code"),
    [
        ("buyer/b43", "", "unknown_conversation"),
        ("buyer/b43", "reply", "unknown_conversation"),
        (OWNER, "close", "unknown_conversation"),
        (OTHER_AGENT, "reply", "conversation_taken"),
        (OTHER_AGENT, "take", "conversation_taken"),
        (OTHER_AGENT, "close", "conversation_taken"),
        ("platform/bai", "take", "not_allowed"),
        ("platform/yan", "take", "not_allowed"),
        (BUYER, "take", "not_allowed"),
    ],
)
def test_a_conversation_belongs_to_the_two_who_talk(api: Api, actor: str, act: str, code: str):
    talk = of(api.post("/v1/service/ask-person", {"text": "人工"}, BUYER))
    api.post(f"/v1/service/conversations/{talk}/take", None, AGENT)
    path = f"/v1/service/conversations/{talk}"
    body = {"text": "我来"} if act == "reply" else None
    answer = api.post(f"{path}/{act}", body, actor) if act else api.get(path, actor)
    assert answer.json["code"] == code


def test_the_platform_asks_itself_nothing(api: Api):
    for actor in (AGENT, "system"):
        assert api.post("/v1/service/ask-person", {"text": "人工"}, actor).json["code"] == "not_allowed"


def test_a_shops_key_opens_conversations_of_its_own_buyers_and_no_inbox(api: Api):
    assert api.post("/v1/service/ask-person", {"text": "人工"}, BUYER, key=SHOP_KEY).status == 201
    assert api.get("/v1/service/conversations", AGENT, key=SHOP_KEY).json["code"] == "not_in_scope"
