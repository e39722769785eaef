"""The shop's chat from before a case, brought into it as evidence (R1.2, R2.4)."""

import json
import zipfile
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest

from amends.adapters.files.reader import ProcessReader
from amends.application.examining import Examiner
from amends.proof.redact import Cover, redact
from amends.proof.verify import verify
from tests.http.filing import begin, get, go_on, send
from tests.http.stories import BUYER, OWNER, complained, instant, opened
from tests.support.api import SHOP_KEY, Api, Response

AUDITOR = "platform/yan"
STRANGER, OTHER_SHOP = "buyer/b7", "merchant/1002/qian"
MINUTE = timedelta(minutes=1)


def message(text: str = "在吗", minutes: float = -60, side: str = "buyer", **more: object) -> dict[str, object]:
    return {"at": instant(minutes * MINUTE), "side": side, "text": text, **more}


def chat(*messages: dict[str, object], source: str = "客服聊天") -> bytes:
    """Two messages where none are given, the newer one first."""
    given = messages or (message("在的，您请说", -58, "merchant", author="小李"), message("壶嘴会漏水吗", -60))
    return json.dumps({"source": source, "messages": given}, ensure_ascii=False).encode()


def imported(api: Api, case_id: str, content: bytes, actor: str = "", **headers: str) -> Response:
    path = f"/v1/cases/{case_id}/transcripts?name=chat.json"
    return api.call("POST", path, None, actor, raw=content, content_type="application/json", **headers)


def evidence_count(api: Api, case_id: str) -> int:
    return len(api.get(f"/v1/cases/{case_id}/evidence", AUDITOR).json["evidence"])


def test_the_marketplaces_chat_becomes_evidence_that_both_sides_read_in_the_order_of_time(any_api: Api):
    api = any_api
    case_id = opened(api)

    answer = imported(api, case_id, chat())

    assert answer.status == 201, answer.json
    assert answer.json["evidence_id"] == "e1"
    assert answer.json["sha256"] == sha256(chat()).hexdigest()
    for actor in (BUYER, OWNER, AUDITOR):
        (one,) = api.get(f"/v1/cases/{case_id}/evidence", actor).json["evidence"]
        assert (one["side"], one["kind"], one["name"]) == ("system", "chat_log", "chat.json")
        assert one["file"]["media_type"] == "application/json"
        assert one["file"]["facts"]["messages"] == 2
        shown = get(api, case_id, "e1", actor)
        assert shown.headers["content-disposition"].startswith("attachment")
        assert [line["text"] for line in shown.json["messages"]] == ["壶嘴会漏水吗", "在的，您请说"]
        assert get(api, case_id, "e1", actor, "original").body == chat()
    for actor in (STRANGER, OTHER_SHOP):
        assert get(api, case_id, "e1", actor).status == 403


def test_sent_again_it_is_one_and_what_went_on_is_a_further_piece(any_api: Api):
    api = any_api
    case_id = opened(api)
    first = imported(api, case_id, chat(), idempotency_key="once")

    assert imported(api, case_id, chat(), idempotency_key="once").json["evidence_id"] == "e1"
    again = imported(api, case_id, chat())
    assert (again.status, again.json) == (200, {"evidence_id": "e1", "sha256": first.json["sha256"]})
    longer = chat(message("还在吗", -30))
    assert imported(api, case_id, longer, idempotency_key="once").json["code"] == "key_reused"
    assert imported(api, case_id, longer).json["evidence_id"] == "e2"
    assert evidence_count(api, case_id) == 2


@pytest.mark.parametrize("actor", [BUYER, OWNER, AUDITOR])
def test_only_the_marketplace_itself_speaks_for_its_chat(api: Api, actor):
    case_id = opened(api)
    assert imported(api, case_id, chat(), actor).status == 403
    assert evidence_count(api, case_id) == 0


def test_another_shops_key_brings_in_nothing(api: Api):
    case_id = opened(api)
    elsewhere = case_id.replace("1001-", "1002-", 1)
    answer = imported(api, elsewhere, chat(), key=SHOP_KEY)
    assert answer.status in (403, 404), answer.json
    assert imported(api, case_id, chat(), key=None).status == 401
    assert evidence_count(api, case_id) == 0


def test_the_marketplace_files_nothing_but_chats(api: Api):
    case_id = opened(api)
    body = {"evidence": [{"kind": "photo"}]}
    answer = api.command(case_id, "add-evidence", "system", body)
    assert (answer.status, answer.json["code"]) == (403, "not_allowed_for_role")
    assert evidence_count(api, case_id) == 0


REFUSED = [
    ("from the future", chat(message(minutes=6)), "transcript_from_future", None),
    ("from long before", chat(message(minutes=-91 * 1440)), "transcript_out_of_time", None),
    ("too many", chat(*[message(str(n)) for n in range(3_001)]), "transcript_too_long", None),
    ("nothing said", json.dumps({"source": "客服聊天", "messages": []}).encode(), "transcript_invalid", "messages"),
    ("no words", chat(message(), message(" \u202e ")), "transcript_invalid", "messages[1].text"),
    ("too many words", chat(message("好" * 4_001)), "transcript_invalid", "messages[0].text"),
    ("an unknown side", chat(message(side="courier")), "transcript_invalid", "messages[0].side"),
    ("no zone", chat({**message(), "at": "2026-03-02T09:00:00"}), "transcript_invalid", "messages[0].at"),
    ("more than is known", chat(message(html="<b>")), "transcript_invalid", "messages[0]"),
    ("another encoding", chat().decode().encode("gbk"), "transcript_invalid", "byte 12"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "code", "place"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_is_no_chat_about_this_order_is_refused_with_its_place(api: Api, content, code, place):
    case_id = opened(api)
    answer = imported(api, case_id, content)
    assert (answer.status, answer.json["code"]) == (422, code), answer.json
    assert answer.json.get("place") == place
    assert evidence_count(api, case_id) == 0


def test_a_party_files_one_as_its_own_word(api: Api):
    """R1.2"""
    case_id = opened(api)
    mine = send(api, chat(), OWNER, "chat.json", case_id=case_id, kind="chat_log")
    assert mine.status == 201, mine.json
    assert get(api, case_id, "e1", BUYER, "original").status == 403
    assert get(api, case_id, "e1", BUYER).json["source"] == "客服聊天"


def test_in_pieces_it_is_held_to_the_same_time(api: Api):
    case_id = opened(api)
    content = chat(message(minutes=-91 * 1440))
    upload = begin(api, len(content), case_id=case_id, kind="chat_log").json["upload"]["upload_id"]
    assert go_on(api, upload, 0, content).json["code"] == "transcript_out_of_time"
    assert evidence_count(api, case_id) == 0


def test_it_is_no_talk_in_the_case(api: Api):
    """R3.4: whoever wants to reject has to write in the case first."""
    case_id = complained(api)
    assert imported(api, case_id, chat()).status == 201
    case = api.get(f"/v1/cases/{case_id}", OWNER).json
    (prepare,) = [one for one in case["actions"] if one["verb"] == "prepare-rejection"]
    assert (prepare["allowed"], prepare["why"]["code"]) == (False, "no_conversation")


def test_it_is_in_everybodys_dossier_and_its_proof(any_api: Api, tmp_path: Path):
    """R1.4"""
    api = any_api
    case_id = complained(api)
    number = imported(api, case_id, chat()).json["evidence_id"]
    for actor in (BUYER, OWNER, AUDITOR):
        content = api.get(f"/v1/cases/{case_id}/dossier", actor).body
        path = tmp_path / "dossier.zip"
        path.write_bytes(content)
        assert verify(path).holds
        with zipfile.ZipFile(BytesIO(content)) as archive:
            assert archive.read(f"files/{number}.json") == chat()
    less = tmp_path / "less.zip"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(less, "w") as target:
        assert redact(source, target, Cover(files=[number])) >= 1
    assert verify(less).holds


def test_the_order_and_amounts_that_a_chat_names_are_found_in_it(api: Api, tmp_path: Path):
    """R5.4: like those in a screenshot, and stated as facts."""
    case_id = complained(api)
    named = chat(message("订单 o1 的壶漏水"), message("退您 100.00 元可以吗", -59, "merchant"), message("好的", -58))
    assert imported(api, case_id, named).status == 201

    async def look() -> None:
        async with ProcessReader() as reader:
            desk = api.desk
            examiner = Examiner(desk.findings.examinations, desk.evidence.blobs, reader, desk.clock, tmp_path)
            assert await examiner.once() == 1

    api.run(look())
    found = api.get(f"/v1/cases/{case_id}/findings", "platform/gao", accept_language="en").json["findings"]
    assert "amount" in {one["code"] for one in found}, found
    assert any("退您 100.00 元可以吗" in one["text"] for one in found)
