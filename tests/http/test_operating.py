"""What those who run the service see and may do; the reference that comes along."""

import json
import re
from datetime import timedelta

import pytest

from amends.application.ports import Delivery, Unavailable
from amends.domain import commands as k
from tests.http.stories import BUYER, OWNER, opened
from tests.support.api import SHOP_KEY, Api

OPERATOR = "platform/bai"


def given_up(api: Api) -> str:
    """A payout that could not be delivered; returns the payout's id."""
    case_id = opened(api)
    payout = api.command(case_id, "agree", OWNER, {"application": 1}).json["events"][1]["event"]["payout_id"]

    async def give_up() -> None:
        now = api.clock.now()
        (leased,) = await api.desk.outbox.lease(now, now + timedelta(minutes=1), 10)
        message = leased.message
        failed = Delivery(message.merchant_id, message.message_id, done=False, error="the provider is gone")
        await api.desk.outbox.settle([failed], now)

    api.run(give_up())
    return payout


def test_a_message_that_was_given_up_is_seen_and_sent_again(any_api: Api):
    api = any_api
    payout = given_up(api)
    box = api.get("/v1/outbox", OPERATOR).json
    (letter,) = box["dead_letters"]
    assert (box["waiting"], box["dead"], letter["error"]) == (0, 1, "the provider is gone")
    assert (letter["effect"]["effect"], letter["effect"]["payout_id"]) == ("pay", payout)

    retried = api.post(f"/v1/outbox/{letter['message_id']}/retry", None, OPERATOR)
    assert (retried.status, retried.json) == (200, {"message_id": letter["message_id"]})
    assert api.get("/v1/outbox", OPERATOR).json["waiting"] == 1
    assert api.post(f"/v1/outbox/{letter['message_id']}/retry", None, OPERATOR).json["code"] == "unknown_message"


@pytest.mark.parametrize(
    ("actor", "may_look", "may_retry"),
    [
        ("", True, True), (OPERATOR, True, True), ("platform/shen", True, True), ("platform/yan", True, False),
        ("platform/gao", False, False), (OWNER, False, False), (BUYER, False, False),
    ],
)  # fmt: skip
def test_the_outbox_is_the_operators_business(api: Api, actor: str, may_look: bool, may_retry: bool):
    given_up(api)
    (letter,) = api.get("/v1/outbox", OPERATOR).json["dead_letters"]
    assert (api.get("/v1/outbox", actor).status == 200) is may_look
    assert (api.post(f"/v1/outbox/{letter['message_id']}/retry", None, actor).status == 200) is may_retry


def test_a_shops_key_opens_no_operators_room(api: Api):
    assert api.get("/v1/outbox", "", key=SHOP_KEY).json["code"] == "not_in_scope"
    assert api.get("/v1/staff", "", key=SHOP_KEY).json["code"] == "not_in_scope"


def test_health_needs_no_key_and_fails_when_nothing_can_be_taken(any_api: Api):
    api = any_api
    well = api.get("/health", key=None)
    assert (well.status, well.json["status"], well.json["lanes"]) == (200, "ok", {"interactive": 0, "bulk": 0})
    api.desk.lanes.interactive.depth = 0
    assert api.get("/health", key=None).status == 503
    api.desk.lanes.interactive.depth = 10

    async def backlog(now: object) -> None:
        raise Unavailable("gone")

    api.desk.outbox.backlog = backlog  # type: ignore[assignment,method-assign]
    away = api.get("/health", key=None)
    assert (away.status, away.json["code"]) == (503, "unavailable")


def test_figures_count_what_was_answered(api: Api):
    case_id = opened(api)
    api.command(case_id, "agree", OWNER, {"application": 2})
    text = api.get("/metrics", key=None).body.decode()
    assert 'amends_http_requests_total{method="POST",status="409"} 1.0' in text
    assert 'amends_http_requests_total{method="POST",status="201"} 1.0' in text
    assert re.search(r"^amends_http_seconds_count 3\.0$", text, re.MULTILINE)
    assert 'amends_lane_waiting{lane="bulk"} 0.0' in text


def test_the_clock_of_a_demonstration_moves_on(api: Api):
    """And nowhere else: without a clock that can be moved there is no such call."""
    moved = api.post("/v1/demo/clock", {"advance": "PT48H"})
    assert moved.json == {"now": "2026-03-04T09:00:00Z"}
    assert api.post("/v1/demo/clock", {"advance": "PT0S"}).json["code"] == "clock_goes_forward"
    assert api.post("/v1/demo/clock", {"advance": "two days"}).json["code"] == "invalid_body"
    assert api.post("/v1/demo/clock", {"advance": "P1D"}, key=SHOP_KEY).status == 404
    object.__setattr__(api.desk, "move_clock", None)
    assert api.post("/v1/demo/clock", {"advance": "PT48H"}).json["code"] == "unknown_route"


# The reference ---------------------------------------------------------------------------------------------


@pytest.fixture
def described(api: Api) -> dict:
    return api.get("/openapi.json", key=None).json


def test_every_command_is_described_with_its_fields_and_senders(described: dict):
    for kind in k.CASE_COMMANDS:
        call = described["paths"][f"/v1/cases/{{case_id}}/{k.verb(kind)}"]["post"]
        name = call["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        assert set(described["components"]["schemas"][name]["properties"]) == set(kind.__struct_fields__)
        assert call["description"].startswith("Sent by: ")


def test_bodies_say_that_unknown_fields_are_refused(described: dict):
    refs = set()
    for path in described["paths"].values():
        for call in path.values():
            body = call.get("requestBody", {"content": {}})["content"].get("application/json", {})
            refs |= set(re.findall(r"schemas/([\w.]+)", json.dumps(body)))
    assert len(refs) > len(k.CASE_COMMANDS)
    open_bodies = [name for name in refs if described["components"]["schemas"][name].get("additionalProperties", True)]
    assert open_bodies == []


def test_every_reference_inside_the_description_leads_somewhere(described: dict):
    named = set(re.findall(r"#/components/schemas/([\w.]+)", json.dumps(described)))
    assert named <= set(described["components"]["schemas"])


def test_events_are_described_by_name_with_ids_as_text(described: dict):
    schemas = described["components"]["schemas"]
    assert len(schemas["PublicFact"]["properties"]["event"]["oneOf"]) > 50
    assert schemas["CaseOpened"]["properties"]["case_id"] == {"type": "string"}


def test_the_page_of_the_reference_needs_no_other_host(api: Api):
    page = api.get("/docs", key=None)
    links = re.findall(r'(?:src|href)="([^"]+)"', page.body.decode())
    assert len(links) == 4
    for link in links:
        assert link.startswith("/")
        part = api.get(link, key=None)
        assert part.status == 200
        assert part.body
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert api.get("/docs/nothing.js", key=None).json["code"] == "unknown_route"
