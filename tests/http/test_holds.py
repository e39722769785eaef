"""Legal holds over the API: who, when and why, in both directions (issue 4: retention as the law asks; 电商法 31)."""

import asyncio
from datetime import timedelta

import psycopg
import pytest
from msgspec.structs import replace
from psycopg import errors

from amends.application.holds import Holds, NotHeld
from amends.application.ports import CaseKey
from amends.domain.case import parse_case_id
from amends.store.database import ROLE, Database
from amends.store.holds import MemoryHolds, PostgresHolds
from amends.store.reader import PostgresReader
from tests.http.stories import BUYER, OWNER, opened
from tests.support.api import SHOP_KEY, Api
from tests.support.shops import ManualClock, shop_on_postgres

BAI, SHEN = "platform/bai", "platform/shen"
COURT = {"reason": "杭州互联网法院 (2028) 浙 0192 民初 118 号"}
POLICE = {"reason": "公安机关调取证据通知书 77 号"}
OVER = {"reason": "案件已审结"}


def test_a_hold_is_placed_and_lifted_and_both_stay_on_record(any_api: Api):
    api = any_api
    case_id = opened(api)
    placed = api.post(f"/v1/cases/{case_id}/holds", COURT, BAI)
    assert placed.status == 201
    assert placed.json == {
        "case_id": case_id, "no": 1, **COURT, "placed_by": BAI, "placed_at": "2026-03-02T09:00:00Z",
    }  # fmt: skip
    api.clock.advance(timedelta(days=2))
    lifted = api.post(f"/v1/cases/{case_id}/holds/1/lift", OVER, SHEN)
    after = placed.json | {
        "lifted_by": SHEN, "lifted_at": "2026-03-04T09:00:00Z", "lifted_because": OVER["reason"],
    }  # fmt: skip
    assert (lifted.status, lifted.json) == (200, after)
    assert api.get("/v1/holds", BAI).json == {"holds": [after], "standing": 0}


def test_the_same_paper_sent_again_is_the_same_hold_and_another_paper_is_another(any_api: Api):
    api = any_api
    case_id = opened(api)
    first = api.post(f"/v1/cases/{case_id}/holds", COURT, BAI)
    api.clock.advance(timedelta(minutes=1))
    again = api.post(f"/v1/cases/{case_id}/holds", {"reason": f"  {COURT['reason']}\n"}, SHEN)
    assert (first.status, again.status, again.json) == (201, 200, first.json)
    other = api.post(f"/v1/cases/{case_id}/holds", POLICE, SHEN)
    assert (other.status, other.json["no"]) == (201, 2)
    api.post(f"/v1/cases/{case_id}/holds/1/lift", OVER, BAI)
    anew = api.post(f"/v1/cases/{case_id}/holds", COURT, BAI)
    assert (anew.status, anew.json["no"]) == (201, 3), "a lifted one is history; the paper may ask for the case again"


def test_a_hold_is_lifted_once_and_whoever_comes_later_is_told_by_whom(any_api: Api):
    api = any_api
    case_id = opened(api)
    api.post(f"/v1/cases/{case_id}/holds", COURT, BAI)
    lift = f"/v1/cases/{case_id}/holds/1/lift"
    first = api.post(lift, OVER, BAI)
    api.clock.advance(timedelta(minutes=1))
    again = api.post(lift, OVER, BAI)
    assert (again.status, again.json) == (200, first.json), "the answer got lost and was asked for again"
    late = api.post(lift, {"reason": "别的原因"}, SHEN)
    assert (late.status, late.json["code"]) == (409, "hold_lifted")
    assert (late.json["lifted_by"], late.json["lifted_at"]) == (BAI, "2026-03-02T09:00:00Z")
    assert api.get("/v1/holds", BAI).json["holds"] == [first.json]


@pytest.mark.parametrize("path", ["holds", "holds/1/lift"])
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"reason": ""}, "reason_missing"), ({"reason": " \n　"}, "reason_missing"), ({}, "invalid_body"),
        ({"reason": "x" * 501}, "invalid_body"), (COURT | {"by": "x"}, "unknown_field"),
        ({"reason": "a\0b"}, "invalid_text"),
    ],
)  # fmt: skip
def test_without_a_reason_nothing_is_placed_or_lifted(any_api: Api, path: str, body: dict[str, str], code: str):
    api = any_api
    case_id = opened(api)
    api.post(f"/v1/cases/{case_id}/holds", POLICE, BAI)
    before = api.get("/v1/holds", BAI).json
    refused = api.post(f"/v1/cases/{case_id}/{path}", body, BAI)
    assert (refused.status, refused.json["code"]) == (422, code)
    assert api.get("/v1/holds", BAI).json == before


def test_what_is_not_there_can_be_neither_held_nor_lifted(any_api: Api):
    api = any_api
    case_id = opened(api)
    for unknown in ("1001-0AM8D4JNM0400", "no-case", "1001-"):
        missing = api.post(f"/v1/cases/{unknown}/holds", COURT, BAI)
        assert (missing.status, missing.json["code"]) == (404, "unknown_case")
    for number in ("1", "0", "-1", "x", "99999999999999999999"):
        missing = api.post(f"/v1/cases/{case_id}/holds/{number}/lift", OVER, BAI)
        assert (missing.status, missing.json["code"]) == (404, "unknown_hold"), number
    assert api.get("/v1/holds", BAI).json == {"holds": [], "standing": 0}


def test_an_erased_case_cannot_be_held_any_more(any_api: Api):
    """What a paper asks for too late is not there; the answer does not pretend that it is kept."""
    api = any_api
    case_id = opened(api)
    erase(api, case_id)
    late = api.post(f"/v1/cases/{case_id}/holds", COURT, BAI)
    assert (late.status, late.json["code"]) == (409, "nothing_left")
    assert api.get("/v1/holds", BAI).json["holds"] == []


def erase(api: Api, case_id: str) -> None:
    """As the job that runs once a day leaves a case, as far as holds can tell."""
    key = CaseKey(*(parse_case_id(case_id) or (0, 0)))
    book = api.desk.holds._book
    if isinstance(book, MemoryHolds):
        stored = book._store.cases[key]
        book._store.cases[key] = stored._replace(case=replace(stored.case, erased_at=api.clock.now()))
        return
    assert isinstance(book, PostgresHolds)
    with psycopg.connect(book._database.url) as connection:
        connection.execute("update cases set erased_at = now() where merchant_id = %s and case_id = %s", key)


def test_those_that_stand_come_first_and_every_page_goes_on_where_the_last_one_ended(any_api: Api):
    api = any_api
    cases = [opened(api, f"o-{number}") for number in range(5)]
    for case_id in cases:
        api.post(f"/v1/cases/{case_id}/holds", COURT, BAI)
        api.clock.advance(timedelta(minutes=1))
    api.post(f"/v1/cases/{cases[4]}/holds", POLICE, BAI)
    for case_id in (cases[3], cases[1]):
        api.post(f"/v1/cases/{case_id}/holds/1/lift", OVER, BAI)
        api.clock.advance(timedelta(minutes=1))
    seen, cursor = [], ""
    while True:
        page = api.get(f"/v1/holds?limit=2{cursor}", BAI).json
        assert page["standing"] == 4
        seen += [(one["case_id"], one["no"]) for one in page["holds"]]
        if "next_cursor" not in page:
            break
        cursor = f"&cursor={page['next_cursor']}"
    standing = [(cases[4], 2), (cases[4], 1), (cases[2], 1), (cases[0], 1)]
    assert seen == [*standing, (cases[1], 1), (cases[3], 1)]
    for wrong in ("cursor=x", "cursor=W10", "limit=0", "limit=201", "page=2"):
        assert api.get(f"/v1/holds?{wrong}", BAI).status == 422


@pytest.mark.parametrize(
    ("actor", "may_look", "may_hold"),
    [
        (BAI, True, True), (SHEN, True, True), ("platform/gao", True, False), ("platform/yan", True, False),
        ("platform/zhou", False, False), (OWNER, False, False), ("merchant/1001/wang", False, False),
        ("merchant/1001/sun", False, False), (BUYER, False, False),
    ],
)  # fmt: skip
def test_holds_are_the_business_of_those_who_run_the_service(api: Api, actor: str, may_look: bool, may_hold: bool):
    """R3.6: parties are told nothing of it; arbitrators and auditors see it."""
    case_id = opened(api)
    api.post(f"/v1/cases/{case_id}/holds", COURT, BAI)
    before = api.get("/v1/holds", BAI).json
    listed = api.get("/v1/holds", actor)
    assert listed.status == (200 if may_look else 403)
    answers = [
        api.post(f"/v1/cases/{case_id}/holds", POLICE, actor),
        api.post(f"/v1/cases/{case_id}/holds/1/lift", OVER, actor),
    ]
    if may_hold:
        assert [one.status for one in answers] == [201, 200]
    else:
        assert [(one.status, one.json["code"]) for one in answers] == [(403, "not_allowed")] * 2
        assert api.get("/v1/holds", BAI).json == before
        shown = api.get(f"/v1/cases/{case_id}", actor)
        assert COURT["reason"] not in shown.body.decode()


def test_a_hold_has_a_persons_name_and_a_shops_key_reaches_none(api: Api):
    case_id = opened(api)
    for method, path, body in (
        ("GET", "/v1/holds", None),
        ("POST", f"/v1/cases/{case_id}/holds", COURT),
        ("POST", f"/v1/cases/{case_id}/holds/1/lift", OVER),
    ):
        assert api.call(method, path, body).json["code"] == "actor_needed"
        assert api.call(method, path, body, OWNER, key=SHOP_KEY).json["code"] == "not_in_scope"
        assert api.call(method, path, body, BAI, key=None).status == 401
    assert api.get("/v1/holds", BAI).json["holds"] == []


def test_two_who_hold_a_case_at_once_get_two_numbers_or_for_one_paper_the_same(database: str):
    async def story() -> None:
        async with (
            shop_on_postgres(database) as shop,
            Database(database, batch_connections=1, page_connections=8) as connections,
        ):
            holds = Holds(PostgresHolds(connections), ManualClock())
            for _ in range(5):
                one, other = await shop.opened(2)
                papers = await asyncio.gather(*(holds.place(one, f"paper {number}", "bai") for number in range(8)))
                assert sorted(done.hold.number for done in papers) == [1, 2, 3, 4, 5, 6, 7, 8]
                same = await asyncio.gather(*(holds.place(other, "paper", f"clerk {number}") for number in range(8)))
                assert {done.hold.number for done in same} == {1}
                assert sorted(done.is_new for done in same) == [False] * 7 + [True]
                assert len({done.hold.by for done in same}) == 1, "all are told who was first"

    asyncio.run(story())


def test_a_refusal_leaves_the_connection_as_it_was_for_whoever_reads_a_case_next(database: str):
    """A rollback would have psycopg throw away what the reading of cases has prepared on it."""

    async def story() -> None:
        async with (
            shop_on_postgres(database) as shop,
            Database(database, batch_connections=1, page_connections=1) as connections,
        ):
            (case,) = await shop.opened()
            reader, book = PostgresReader(connections), PostgresHolds(connections)
            assert await reader.docket_of(case) is not None
            holds = Holds(book, ManualClock())
            with pytest.raises(NotHeld, match="unknown_case"):
                await holds.place(CaseKey(1001, 7), "paper", "bai")
            assert await reader.docket_of(case) is not None
            assert [(await holds.place(case, "paper", "bai")).is_new for _ in range(2)] == [True, False]
            assert await reader.docket_of(case) is not None

    asyncio.run(story())


@pytest.mark.parametrize(
    "statement",
    [
        "update holds set reason = 'another'", "update holds set placed_by = 'somebody else'",
        "update holds set placed_at = now()", "update holds set hold_no = 9", "delete from holds", "truncate holds",
    ],
)  # fmt: skip
def test_what_was_said_when_a_hold_was_placed_cannot_be_said_otherwise_by_the_service(database: str, statement: str):
    with (
        psycopg.connect(database, options=f"-c role={ROLE}") as connection,
        pytest.raises(errors.InsufficientPrivilege),
    ):
        connection.execute(statement)
