"""A chat as a spreadsheet over HTTP: by key, by a side, in pieces; and until when a side may file one (R1.2, R5.4)."""

import zipfile
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pypdfium2 as pdfium
import pytest

from amends.adapters.files.reader import ProcessReader
from amends.application.examining import Examiner
from amends.application.files import Form, blob_key
from amends.proof.verify import verify
from tests.http.filing import begin, get, go_on, send
from tests.http.stories import BUYER, OWNER, complained, instant, opened, sent
from tests.support.api import Api, Response

AUDITOR = "platform/yan"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
TICK = timedelta(microseconds=1)
IN_CHINA = timedelta(hours=8)
FORMS = (Form.ORIGINAL, Form.DISPLAY)


def written(after: timedelta) -> str:
    """An instant as a spreadsheet in China has it."""
    return instant(after + IN_CHINA)[:16].replace("T", " ")


def table(*rows: str, head: str = "时间,发送方,内容") -> bytes:
    given = rows or (f"{written(-58 * MINUTE)},商家：小李,退您 100.00 元", f"{written(-60 * MINUTE)},买家,=1+1 漏水吗")
    return "\r\n".join((head, *given, "")).encode("gb18030")


def imported(api: Api, case_id: str, content: bytes, **headers: str) -> Response:
    path = f"/v1/cases/{case_id}/transcripts?name=chat.csv"
    return api.call("POST", path, None, raw=content, content_type="text/csv", **headers)


def reviewed(api: Api) -> str:
    """A case that the platform decides; each side has a day for its evidence."""
    sent(api)
    asked = api.post("/v1/orders/1001/o1/ask-platform-refund", {"evidence": [{"kind": "chat_screenshot"}]}, OWNER)
    assert asked.status == 201, asked.json
    return asked.json["case_id"]


def everything(api: Api, case_id: str, content: bytes):
    """What a chat that was not taken could have left: events, news, messages to send, rows and bytes."""
    hashed, number = sha256(content).hexdigest(), api.get(f"/v1/cases/{case_id}", AUDITOR).json["version"]
    book, blobs = api.desk.evidence.book, api.desk.evidence.blobs
    merchant_id = 1001
    rows = {
        owner: api.run(book.touch(merchant_id, owner, [hashed], api.clock.now()))
        for owner in ("buyer/b42", "merchant/1001", "system")
    }
    sizes = [api.run(blobs.size(blob_key(hashed, form))) for form in FORMS]
    backlog = api.run(api.desk.outbox.backlog(api.clock.now()))
    return number, api.run(api.desk.records.feed_no(merchant_id)), backlog.waiting, rows, sizes


def test_the_bytes_are_kept_as_they_came_and_everybody_reads_the_words(any_api: Api):
    api = any_api
    case_id = opened(api)
    answer = imported(api, case_id, table())
    assert (answer.status, answer.json["sha256"]) == (201, sha256(table()).hexdigest()), answer.json
    for actor in (BUYER, OWNER, AUDITOR):
        (one,) = api.get(f"/v1/cases/{case_id}/evidence", actor).json["evidence"]
        assert (one["side"], one["kind"], one["file"]["media_type"]) == ("system", "chat_log", "text/csv")
        facts = one["file"]["facts"]
        assert (facts["messages"], facts["encoding"], facts["read_in_zone"]) == (2, "GB18030", "Asia/Shanghai")
        shown = get(api, case_id, "e1", actor)
        assert shown.headers["content-type"] == "application/json"
        assert [(line["side"], line["text"]) for line in shown.json["messages"]] == [
            ("buyer", "=1+1 漏水吗"), ("merchant", "退您 100.00 元"),
        ]  # fmt: skip
        assert shown.json["messages"][0]["at"] == instant(-60 * MINUTE)
        original = get(api, case_id, "e1", actor, "original")
        assert original.body == table()
        assert original.headers["content-type"] == "application/octet-stream"
        assert original.headers["content-disposition"].startswith("attachment")
    again = imported(api, case_id, table())
    assert (again.status, again.json["evidence_id"]) == (200, "e1")


def test_the_other_side_gets_the_words_and_never_the_spreadsheet(api: Api):
    """What a spreadsheet program would carry out does not reach the other side as a spreadsheet."""
    case_id = opened(api)
    mine = send(api, table(), OWNER, "chat.csv", case_id=case_id, kind="chat_log")
    assert mine.status == 201, mine.json
    assert get(api, case_id, "e1", BUYER, "original").status == 403
    shown = get(api, case_id, "e1", BUYER)
    assert shown.headers["content-disposition"].endswith("chat.json")
    assert shown.json["source"] == "CSV"


def test_in_pieces_it_is_the_same(api: Api):
    case_id = opened(api)
    upload = begin(api, len(table()), case_id=case_id, kind="chat_log").json["upload"]["upload_id"]
    assert go_on(api, upload, 0, table()[:30]).status == 200
    assert go_on(api, upload, 30, table()[30:]).status == 200
    assert get(api, case_id, "e1", BUYER).json["messages"][0]["text"] == "=1+1 漏水吗"


def test_a_bad_file_is_refused_whole_with_its_lines_in_the_readers_words(any_api: Api):
    api = any_api
    case_id = opened(api)
    content = table(f"{written(-HOUR)},买家,在吗", "昨天,买家,在吗", f"{written(-HOUR)},客服,在的")
    before = everything(api, case_id, content)
    answer = imported(api, case_id, content)
    assert (answer.status, answer.json["code"]) == (422, "transcript_rows_invalid")
    assert answer.json["lines"] == [
        {"line": 3, "why": "time_unreadable", "found": "昨天"}, {"line": 4, "why": "sender_unknown", "found": "客服"},
    ]  # fmt: skip
    assert answer.json["more"] == 0
    assert answer.json["detail"] == (
        "第 3 行：时间“昨天”无法识别；第 4 行：发送方“客服”无法判断属于哪一方。"
        "时间请按 2026-03-02 09:00:00 的格式填写。发送方填写买家、商家、平台或系统，"
        "需要写明姓名时写在冒号之后。文件未保存。请改正以上各行后重新提交整个文件。"
    )
    english = imported(api, case_id, content, accept_language="en").json["detail"]
    assert english.startswith("Line 3: time “昨天”; line 4: sender “客服”. Times are written like")
    assert everything(api, case_id, content) == before


NO_CHATS = [
    (table("2099-03-02 09:00,买家,在吗"), "transcript_from_future"),
    (table("2020-03-02 09:00,买家,在吗"), "transcript_out_of_time"),
    (table(f"{written(-HOUR)},买家,在吗,o2", head="时间,发送方,内容,订单号"), "transcript_other_order"),
    (table(head="日期,谁,说了什么"), "transcript_columns"),
    ("时间,发送方,内容\n".encode("utf-16"), "transcript_encoding"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "code"), NO_CHATS, ids=[code for _, code in NO_CHATS])
def test_what_is_no_chat_about_this_order_leaves_nothing(api: Api, content: bytes, code: str):
    case_id = opened(api)
    before = everything(api, case_id, content)
    answer = imported(api, case_id, content)
    assert (answer.status, answer.json["code"]) == (422, code), answer.json
    assert everything(api, case_id, content) == before


def test_the_order_may_be_named(api: Api):
    case_id = opened(api)
    rows = (f'{written(-HOUR)},买家,在吗,="o1"', f"{written(-HOUR)},买家,在吗,")
    assert imported(api, case_id, table(*rows, head="时间,发送方,内容,订单号")).status == 201


@pytest.mark.parametrize("actor", [BUYER, OWNER])
def test_a_chat_is_taken_in_the_last_instant_for_evidence(any_api: Api, actor: str):
    """R4.2, R5.4"""
    api = any_api
    case_id = reviewed(api)
    api.later(24 * HOUR - TICK)
    answer = send(api, table(), actor, "chat.csv", case_id=case_id, kind="chat_log")
    assert answer.status == 201, answer.json
    assert len(get(api, case_id, "e2", BUYER).json["messages"]) == 2


@pytest.mark.parametrize("actor", [BUYER, OWNER])
def test_a_chat_after_the_time_for_evidence_is_refused_with_the_reason_and_leaves_nothing(any_api: Api, actor: str):
    """R4.2, R5.4"""
    api = any_api
    case_id = reviewed(api)
    api.later(24 * HOUR)
    before = everything(api, case_id, table())
    answer = send(api, table(), actor, "chat.csv", case_id=case_id, kind="chat_log")
    assert (answer.status, answer.json["code"]) == (409, "evidence_time_over"), answer.json
    assert answer.json["ended_at"] == instant(24 * HOUR)
    assert answer.json["detail"]
    assert everything(api, case_id, table()) == before
    assert len(api.get(f"/v1/cases/{case_id}/evidence", AUDITOR).json["evidence"]) == 1


def test_what_one_side_sent_too_late_stays_where_the_other_filed_the_same(any_api: Api):
    api = any_api
    case_id = reviewed(api)
    assert send(api, table(), OWNER, "chat.csv", case_id=case_id, kind="chat_log").status == 201
    api.later(24 * HOUR)
    assert send(api, table(), BUYER, "chat.csv", case_id=case_id, kind="chat_log").status == 409
    assert get(api, case_id, "e2", OWNER, "original").body == table()


def test_the_clock_for_evidence_does_not_bind_the_marketplace(api: Api):
    case_id = reviewed(api)
    api.later(24 * HOUR)
    assert imported(api, case_id, table()).status == 201


def test_it_is_in_the_dossier_as_it_came_and_printed_as_a_chat(any_api: Api, tmp_path: Path):
    """R1.4"""
    api = any_api
    case_id = complained(api)
    assert imported(api, case_id, table()).status == 201
    mine = table(f"{written(-HOUR)},买家,己方记录")
    assert send(api, mine, BUYER, "a.csv", case_id=case_id, kind="chat_log").status == 201
    for actor, theirs in ((BUYER, "files/e3.csv"), (OWNER, "copies/e3.json"), (AUDITOR, "files/e3.csv")):
        path = tmp_path / "dossier.zip"
        path.write_bytes(api.get(f"/v1/cases/{case_id}/dossier", actor).body)
        assert verify(path).holds
        with zipfile.ZipFile(BytesIO(path.read_bytes())) as archive:
            names = archive.namelist()
            assert archive.read("files/e2.csv") == table()
            assert theirs in names
            printed = pdfium.PdfDocument(archive.read("dossier.pdf"))
            words = "".join(page.get_textpage().get_text_range() for page in printed)
            assert "=1+1" in words
            assert "己方记录" in words


def test_amounts_in_it_are_found_as_in_any_chat(api: Api, tmp_path: Path):
    """R5.4"""
    case_id = complained(api)
    assert imported(api, case_id, table()).status == 201

    async def look() -> None:
        async with ProcessReader() as reader:
            desk = api.desk
            assert await Examiner(desk.findings.examinations, desk.evidence.blobs, reader, desk.clock, tmp_path).once()

    api.run(look())
    found = api.get(f"/v1/cases/{case_id}/findings", "platform/gao", accept_language="en").json["findings"]
    assert any("退您 100.00 元" in one["text"] for one in found), found
