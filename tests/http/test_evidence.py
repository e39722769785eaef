"""Files of evidence: sent, looked into, seen by whom they are for (R1.2, R5.4)."""

import io
from hashlib import sha256

import pypdfium2
import pytest
from PIL import Image

from tests.http.filing import begin, filed, get, go_on, send
from tests.http.stories import BUYER, OWNER, opened
from tests.support import files
from tests.support.api import Api

ARBITRATOR, AUDITOR = "platform/zhou", "platform/bai"
PRE_SALE = "merchant/1001/wang"
STRANGER, OTHER_SHOP = "buyer/b7", "merchant/1002/qian"


def test_a_photo_becomes_evidence_and_is_shown_without_what_the_camera_wrote(any_api: Api):
    """R1.2"""
    api = any_api
    case_id = opened(api)
    sent = files.photo(4000, 3000, turned=True)

    answer = send(api, sent, case_id=case_id, kind="photo", note="壶嘴处有裂纹")

    assert answer.status == 201
    (item,) = answer.json["filed"]["events"][0]["event"]["items"]
    assert (item["kind"], item["sha256"], item["name"], item["note"]) == (
        "photo", sha256(sent).hexdigest(), "photo.jpg", "壶嘴处有裂纹",
    )  # fmt: skip
    shown = get(api, case_id, "e1", OWNER)
    assert shown.headers["content-type"] == "image/jpeg"
    with Image.open(io.BytesIO(shown.body)) as picture:
        assert picture.size == (1536, 2048)
        assert not picture.getexif()
    assert b"Xiaomi" not in shown.body
    with Image.open(io.BytesIO(get(api, case_id, "e1", OWNER, "thumb").body)) as small:
        assert max(small.size) == 480
    assert get(api, case_id, "e1", BUYER, "original").body == sent


def test_the_list_of_evidence_says_what_each_side_may_know_of_a_file(api: Api):
    case_id = opened(api)
    filed(api, case_id, files.photo())

    (mine,) = api.get(f"/v1/cases/{case_id}/evidence", BUYER).json["evidence"]
    (theirs,) = api.get(f"/v1/cases/{case_id}/evidence", OWNER).json["evidence"]

    assert mine["file"]["facts"]["taken_at"] == "2026-03-02T17:05:09"
    assert mine["file"]["facts"]["device"] == "Xiaomi 14"
    assert sorted(mine["file"]["forms"]) == ["display", "original", "thumb"]
    assert "facts" not in theirs["file"]
    assert sorted(theirs["file"]["forms"]) == ["display", "thumb"]


SEEN = [
    # who looks, at the buyer's evidence, at the merchant's: original, display, thumb
    (BUYER, (200, 200, 200), (403, 200, 200)),
    (OWNER, (403, 200, 200), (200, 200, 200)),
    (PRE_SALE, (403, 200, 200), (200, 200, 200)),
    (ARBITRATOR, (200, 200, 200), (200, 200, 200)),
    (AUDITOR, (200, 200, 200), (200, 200, 200)),
    (STRANGER, (403, 403, 403), (403, 403, 403)),
    (OTHER_SHOP, (403, 403, 403), (403, 403, 403)),
]


@pytest.mark.parametrize(("actor", "buyers", "merchants"), SEEN, ids=[row[0] for row in SEEN])
def test_who_sees_which_form_of_whose_evidence(api: Api, actor, buyers, merchants):
    case_id = opened(api)
    theirs = filed(api, case_id, files.photo(), BUYER)
    ours = filed(api, case_id, files.photo(colour="navy"), OWNER, "packing_photo")

    def seen(evidence_id):
        return tuple(get(api, case_id, evidence_id, actor, form).status for form in ("original", "display", "thumb"))

    assert (seen(theirs), seen(ours)) == (buyers, merchants)


def test_the_other_sides_original_is_refused_with_the_reason(api: Api):
    case_id = opened(api)
    answer = get(api, case_id, filed(api, case_id, files.photo()), OWNER, "original")
    assert (answer.status, answer.json["code"]) == (403, "form_not_yours")


def test_knowing_the_hash_of_the_other_sides_file_gives_nobody_the_file(any_api: Api):
    """Hashes are on record for everybody; filing one as one's own would make one its owner."""
    api = any_api
    case_id = opened(api)
    sent = files.photo()
    filed(api, case_id, sent)
    named = {"evidence": [{"kind": "photo", "sha256": sha256(sent).hexdigest()}]}

    for path, body in (
        (f"/v1/cases/{case_id}/add-evidence", named),
        (f"/v1/cases/{case_id}/send-message", named | {"text": "您看"}),
        ("/v1/commands", {"commands": [{"case_id": case_id, "command": {"command": "add-evidence", **named}}]}),
    ):
        answer = api.post(path, body, OWNER).json
        problem = answer["answers"][0]["problem"] if "answers" in answer else answer
        assert problem["code"] == "unknown_file"


def test_a_file_sent_before_the_case_is_named_when_it_is_opened(any_api: Api):
    """R5.2: the application asks for evidence, and the case begins with it."""
    api = any_api
    opened(api)
    kept = send(api, files.photo(), merchant_id="1001", order_no="o1")
    assert (kept.status, kept.json["upload"]["state"]) == (201, "kept")
    case_id = api.get("/v1/cases", BUYER).json["cases"][0]["case_id"]
    added = {"evidence": [{"kind": "photo", "sha256": kept.json["upload"]["sha256"]}]}

    assert api.command(case_id, "add-evidence", BUYER, added).status == 200
    assert get(api, case_id, "e1", ARBITRATOR, "original").status == 200


def test_nobody_uploads_for_anothers_case(api: Api):
    case_id = opened(api)
    for actor in (STRANGER, OTHER_SHOP):
        assert send(api, files.photo(), actor, case_id=case_id).status == 403
    assert send(api, files.photo(), STRANGER, merchant_id="1001", order_no="o1").json["code"] == "not_yours"


def test_a_file_that_is_not_here_is_said_to_be_gone(api: Api, monkeypatch):
    case_id = opened(api)
    filed(api, case_id, files.photo())
    monkeypatch.setattr(api.desk.evidence, "blobs", Lost())

    assert get(api, case_id, "e1", BUYER).json["code"] == "file_not_kept"


class Lost:
    async def read(self, key, start=0, end=None):
        raise LookupError(key)
        yield b""


# Nothing that was sent can run ----------------------------------------------------------------------------------


def test_everything_goes_out_so_that_nothing_in_it_can_run(api: Api):
    case_id = opened(api)
    photo = filed(api, case_id, files.photo())
    paper = filed(api, case_id, files.pdf(2, script="app.alert(1)"), kind="document")

    for evidence_id, form, media_type, how in (
        (photo, "display", "image/jpeg", "inline"),
        (photo, "thumb", "image/jpeg", "inline"),
        (photo, "original", "application/octet-stream", "attachment"),
        (paper, "display", "application/pdf", "attachment"),
        (paper, "thumb", "image/jpeg", "inline"),
        (paper, "original", "application/octet-stream", "attachment"),
    ):
        answer = get(api, case_id, evidence_id, BUYER, form)
        assert answer.headers["content-type"] == media_type
        assert answer.headers["content-disposition"].split(";")[0] == how
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert int(answer.headers["content-length"]) == len(answer.body)


def test_a_document_is_shown_as_pictures_of_its_pages(api: Api):
    case_id = opened(api)
    evidence_id = filed(api, case_id, files.pdf(3, script="app.alert(1)"), kind="document")
    shown = get(api, case_id, evidence_id, OWNER).body
    assert b"JavaScript" not in shown
    assert b"OpenAction" not in shown
    document = pypdfium2.PdfDocument(shown)
    assert len(document) == 3
    assert document[0].get_textpage().get_text_range() == ""
    document.close()


def test_a_name_from_outside_cannot_break_out_of_its_header(api: Api):
    case_id = opened(api)
    name = "..\\..\\etc/裂纹\u202egpj.exe"
    answer = send(api, files.photo(), name=name, case_id=case_id, kind="photo")
    assert answer.json["filed"]["events"][0]["event"]["items"][0]["name"] == "裂纹gpj.exe"
    told = get(api, case_id, "e1", BUYER, "original").headers["content-disposition"]
    assert told == "attachment; filename*=UTF-8''%E8%A3%82%E7%BA%B9gpj.exe"


def test_players_ask_for_parts(any_api: Api):
    api = any_api
    case_id = opened(api)
    evidence_id = filed(api, case_id, files.video(), kind="video")
    whole = get(api, case_id, evidence_id, OWNER)
    part = get(api, case_id, evidence_id, OWNER, range="bytes=100-299")
    rest = get(api, case_id, evidence_id, OWNER, range="bytes=300-")
    assert (part.status, part.body, part.headers["content-range"]) == (
        206, whole.body[100:300], f"bytes 100-299/{len(whole.body)}",
    )  # fmt: skip
    assert (rest.status, rest.body) == (206, whole.body[300:])
    assert get(api, case_id, evidence_id, OWNER, range="bytes=5-1").status == 200
    beyond = get(api, case_id, evidence_id, OWNER, range=f"bytes={len(whole.body)}-")
    assert (beyond.status, beyond.body) == (200, whole.body)


# In pieces ---------------------------------------------------------------------------------------------------------


def test_an_upload_goes_on_where_the_line_broke(any_api: Api):
    api = any_api
    case_id = opened(api)
    sent = files.photo(1200, 900)
    begun = begin(api, len(sent), case_id=case_id, kind="photo", name="裂纹.jpg")
    upload_id = begun.json["upload"]["upload_id"]
    assert begun.headers["location"] == f"/v1/uploads/{upload_id}"

    go_on(api, upload_id, 0, sent[:700], leaves=True)  # gone in the middle of the body
    asked = api.call("HEAD", f"/v1/uploads/{upload_id}", None, BUYER)
    assert (asked.headers["upload-offset"], asked.headers["upload-length"]) == ("700", str(len(sent)))

    again = go_on(api, upload_id, 0, sent)
    assert (again.status, again.json["code"], again.json["received_bytes"]) == (409, "upload_elsewhere", 700)

    finished = go_on(api, upload_id, 700, sent[700:])
    assert finished.json["upload"]["sha256"] == sha256(sent).hexdigest()
    assert get(api, case_id, "e1", BUYER, "original").body == sent

    assert go_on(api, upload_id, 700, sent[700:]).status == 200  # the answer was lost on the way
    assert len(api.get(f"/v1/cases/{case_id}/evidence", BUYER).json["evidence"]) == 1


def test_pieces_of_a_file_that_is_not_taken_are_no_evidence(api: Api):
    case_id = opened(api)
    begun = begin(api, 40, case_id=case_id, kind="photo").json["upload"]["upload_id"]
    answer = go_on(api, begun, 0, b"<html><script>alert(1)</script></html>  ")
    assert (answer.status, answer.json["code"]) == (422, "file_type_not_allowed")
    assert api.get(f"/v1/cases/{case_id}/evidence", BUYER).json["evidence"] == []
