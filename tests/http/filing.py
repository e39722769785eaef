"""Files of evidence over HTTP, as a client sends them; and every way in which one is refused."""

import json
from collections.abc import Callable
from typing import Any

from amends.application.files import Unsuitable
from tests.http.stories import BUYER, OWNER
from tests.support import files
from tests.support.api import Api, Response

Provoke = Callable[[Api, str], Response]


def send(api: Api, content: bytes, actor: str = BUYER, name: str = "photo.jpg", **fields: str) -> Response:
    body, media_type = files.multipart(content, name, **fields)
    return api.call("POST", "/v1/evidence", None, actor, raw=body, content_type=media_type)


def filed(api: Api, case_id: str, content: bytes, actor: str = BUYER, kind: str = "photo") -> str:
    """The number under which a file became evidence."""
    answer = send(api, content, actor, case_id=case_id, kind=kind)
    assert answer.status == 201, answer.json
    (fact,) = answer.json["filed"]["events"]
    return fact["event"]["items"][0]["evidence_id"]


def get(api: Api, case_id: str, evidence_id: str, actor: str, form: str = "display", **headers: str) -> Response:
    return api.get(f"/v1/cases/{case_id}/evidence/{evidence_id}?form={form}", actor, **headers)


def begin(api: Api, size_bytes: int, actor: str = BUYER, **fields: Any) -> Response:
    return api.post("/v1/uploads", {"size_bytes": size_bytes, **fields}, actor)


def go_on(api: Api, upload_id: str, offset: int, content: bytes, actor: str = BUYER, **more: Any) -> Response:
    return api.call(
        "PATCH", f"/v1/uploads/{upload_id}", None, actor, raw=content, upload_offset=str(offset), **more
    )  # fmt: skip


def of(content: Callable[[], bytes]) -> Provoke:
    return lambda api, case_id: send(api, content(), case_id=case_id, kind="photo")


def chat(*instants: str) -> bytes:
    """Something said at each of them."""
    messages = [{"at": at, "side": "buyer", "text": "在吗"} for at in instants]
    return json.dumps({"source": "客服聊天", "messages": messages}).encode()


class Finds:
    """A scanner to whom everything is a virus."""

    async def scan(self, _file: Any) -> str:
        return "Eicar-Test-Signature"


class Breaks:
    """A reader that a file broke."""

    async def inspect(self, _file: Any, _limits: Any, **_how: Any) -> Any:
        raise Unsuitable("file_too_costly", what="time")


def infected(api: Api, case_id: str) -> Response:
    api.desk.evidence._scanner = Finds()
    return send(api, files.photo(), case_id=case_id)


def too_costly(api: Api, case_id: str) -> Response:
    api.desk.evidence._inspector = Breaks()  # type: ignore[assignment]
    return send(api, files.photo(), case_id=case_id)


def too_many(api: Api, case_id: str) -> Response:
    for _ in range(60):
        assert begin(api, 1, case_id=case_id).status == 201
    return begin(api, 1, case_id=case_id)


def elsewhere(api: Api, case_id: str) -> Response:
    return go_on(api, begin(api, 9, case_id=case_id).json["upload"]["upload_id"], 5, b"x")


def too_long(api: Api, case_id: str) -> Response:
    return go_on(api, begin(api, 2, case_id=case_id).json["upload"]["upload_id"], 0, b"xyz")


def someone_elses(api: Api, case_id: str) -> Response:
    mine = begin(api, 9, OWNER, case_id=case_id).json["upload"]["upload_id"]
    return api.get(f"/v1/uploads/{mine}", BUYER)


UNKNOWN = {"evidence": [{"kind": "photo", "sha256": "d" * 64}]}

PROVOKED: list[tuple[str, Provoke]] = [
    ("file_empty", of(bytes)),
    ("file_type_not_allowed", of(lambda: b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>")),
    ("file_unreadable", of(lambda: files.photo()[:900])),
    ("file_encrypted", of(lambda: files.pdf(encrypted=True))),
    ("file_infected", infected),
    ("file_too_costly", too_costly),
    ("file_too_large", lambda api, c: begin(api, 1 << 39, case_id=c)),
    ("picture_too_large", of(lambda: files.png_of_size(40_000, 40_000))),
    ("recording_too_long", of(lambda: files.sound(3_700, 4_000))),
    ("document_too_long", of(lambda: files.pdf(61))),
    ("transcript_invalid", of(lambda: b'{"source": "chat"}')),
    ("transcript_encoding", of(lambda: b"time,sender,text\n" + "您好，在吗".encode()[:-1])),
    ("transcript_columns", lambda api, c: send(api, b"name,age\nli,3", case_id=c, kind="chat_log")),
    ("transcript_rows_invalid", of(lambda: b"time,sender,text\nlater,buyer,hi\n")),
    ("transcript_other_order", of(lambda: b"time,sender,text,order\n2026-03-02 09:00,buyer,hi,o77\n")),
    ("transcript_too_long", of(lambda: chat(*["2026-03-02T09:00:00Z"] * 3_001))),
    ("transcript_from_future", of(lambda: chat("2099-01-01T00:00:00Z"))),
    ("transcript_out_of_time", of(lambda: chat("2020-01-01T00:00:00Z"))),
    ("too_many_files", too_many),
    ("unknown_file", lambda api, c: api.command(c, "add-evidence", BUYER, UNKNOWN)),
    ("unknown_upload", lambda api, _: api.get("/v1/uploads/1001-0000000000001", BUYER)),
    ("unknown_upload", someone_elses),
    ("upload_elsewhere", elsewhere),
    ("upload_too_long", too_long),
    ("invalid_upload", lambda api, c: api.post("/v1/evidence", {"case_id": c}, BUYER)),
    ("invalid_upload", lambda api, _: begin(api, 9)),
]  # fmt: skip

AFTER_FILING = frozenset({"file_not_kept", "form_not_yours"})
"""Provoked in test_evidence.py: before these can happen, something has to be written."""
