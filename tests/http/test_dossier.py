"""The dossier and the ledger over HTTP."""

import json
import zipfile
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest

from amends.proof.heads import read_head, read_keys
from amends.proof.merkle import is_beginning
from amends.proof.notes import public_key
from amends.proof.verify import verify
from tests.http.filing import filed
from tests.http.stories import BUYER, OWNER, complained, opened
from tests.support import files
from tests.support.api import Api

AUDITOR = "platform/yan"


def dossier(api: Api, case: str, actor: str, **headers: str) -> bytes:
    answer = api.get(f"/v1/cases/{case}/dossier", actor, **headers)
    assert answer.status == 200, answer.body
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == f'attachment; filename="{case}.zip"'
    assert int(answer.headers["content-length"]) == len(answer.body)
    return answer.body


@pytest.mark.parametrize("actor", [BUYER, OWNER, AUDITOR])
def test_each_side_takes_its_dossier_home_and_checks_it_with_the_published_key(
    any_api: Api, tmp_path: Path, actor: str
):
    case = complained(any_api)
    assert any_api.command(case, "send-message", OWNER, {"text": "您好，请稍等"}).status == 200
    path = tmp_path / "dossier.zip"
    path.write_bytes(dossier(any_api, case, actor))
    keys = any_api.get("/v1/ledger/keys", key=None).json
    report = verify(path, known_key=public_key(keys["keys"][0]["key"]))
    assert report.holds, report.findings
    assert report.manifest.case == case
    assert "whose key you know" in report.findings[0].what


def test_files_that_were_sent_are_in_it_whole_for_their_own_side_and_without_their_origin_for_the_other(
    any_api: Api, tmp_path: Path
):
    """Sent as clients send them, looked into, kept under their hash, filed, and taken out again."""
    case = complained(any_api)
    sent = {
        filed(any_api, case, content, kind=kind): content
        for content, kind in ((files.photo(), "photo"), (files.video(), "video"), (files.pdf(2), "quality_report"))
    }
    theirs, ours, both = (dossier(any_api, case, actor) for actor in (BUYER, OWNER, AUDITOR))
    for content in (theirs, ours, both):
        path = tmp_path / "dossier.zip"
        path.write_bytes(content)
        report = verify(path)
        assert report.holds, report.findings
    for content in (theirs, both):
        with zipfile.ZipFile(BytesIO(content)) as archive:
            kept = {name: archive.read(name) for name in archive.namelist() if name.startswith(("files/", "copies/"))}
        assert sorted(kept.values()) == sorted(sent.values()), "byte for byte"
        assert {name.partition(".")[2] for name in kept} == {"jpg", "mp4", "pdf"}
    with zipfile.ZipFile(BytesIO(ours)) as archive:
        copies = {name: archive.read(name) for name in archive.namelist() if name.startswith(("files/", "copies/"))}
    assert len(copies) == 3
    assert all(name.startswith("copies/") for name in copies)
    assert not set(copies.values()) & set(sent.values())
    assert not any(b"Exif" in content for content in copies.values())


def test_it_is_the_same_until_something_happens(api: Api):
    case = complained(api)
    first = dossier(api, case, BUYER)
    opened(api, "o2")
    assert dossier(api, case, BUYER) == first
    assert api.command(case, "send-message", BUYER, {"text": "请尽快处理"}).status == 200
    assert dossier(api, case, BUYER) != first


def test_the_pdf_comes_in_the_language_asked_for(api: Api):
    case = complained(api)
    answers = {
        language: api.get(f"/v1/cases/{case}/dossier?format=pdf", BUYER, accept_language=language)
        for language in ("zh", "en")
    }
    for answer in answers.values():
        assert (answer.status, answer.headers["content-type"]) == (200, "application/pdf")
        assert answer.body.startswith(b"%PDF")
    assert answers["zh"].body != answers["en"].body
    with zipfile.ZipFile(BytesIO(dossier(api, case, BUYER, accept_language="en"))) as archive:
        assert archive.read("dossier.pdf") == answers["en"].body
        assert b"\nlanguage en\n" in archive.read("manifest.txt")


@pytest.mark.parametrize(
    ("path", "actor", "status", "code"),
    [
        ("/v1/cases/{case}/dossier", "buyer/b43", 403, "not_yours"),
        ("/v1/cases/{case}/dossier", "merchant/1002/qian", 403, "not_yours"),
        ("/v1/cases/1001-0000000000007/dossier", BUYER, 404, "unknown_case"),
        ("/v1/cases/{case}/dossier?format=docx", BUYER, 422, "invalid_query"),
        ("/v1/cases/{case}/dossier", "", 400, "actor_needed"),
    ],
)
def test_who_may_not_have_it_or_asks_wrongly_is_told_so(api: Api, path: str, actor: str, status: int, code: str):
    answer = api.get(path.format(case=complained(api)), actor)
    assert (answer.status, answer.json["code"]) == (status, code)


def test_a_machine_without_the_key_says_that_it_cannot_make_one(api: Api):
    case = complained(api)
    api.desk.ledger._keys.keys.clear()
    answer = api.get(f"/v1/cases/{case}/dossier", BUYER)
    assert (answer.status, answer.json["code"]) == (503, "ledger_elsewhere")


def test_anybody_can_follow_the_ledger_without_a_key_of_ours(any_api: Api):
    assert any_api.get("/v1/ledger", key=None).json["code"] == "unknown_head"
    heads = []
    for number in range(3):
        case = opened(any_api, f"o{number}")
        dossier(any_api, case, BUYER)
        any_api.later(timedelta(minutes=1))
        heads.append(any_api.get("/v1/ledger", key=None).json)
    published = any_api.get("/v1/ledger/keys", key=None).json["keys"]
    keys = read_keys(one["note"].encode() for one in published)
    first, *_, last = (read_head(head["note"].encode(), keys) for head in heads)
    assert [head["size"] for head in heads] == [1, 2, 3]
    proof = any_api.get(f"/v1/ledger/consistency?from={first.size}&to={last.size}", key=None).json
    assert is_beginning(first.size, last.size, first.root, last.root, [bytes.fromhex(one) for one in proof["proof"]])
    assert any_api.get("/v1/ledger?size=2", key=None).json == heads[1]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/ledger?size=9", 404, "unknown_head"),
        ("/v1/ledger?size=0", 422, "invalid_query"),
        ("/v1/ledger?size=x", 422, "invalid_query"),
        ("/v1/ledger/consistency?from=2&to=1", 404, "unknown_head"),
        ("/v1/ledger/consistency?from=1&to=9", 404, "unknown_head"),
        ("/v1/ledger/consistency?from=1", 422, "invalid_query"),
    ],
)
def test_what_the_ledger_does_not_have_is_said(api: Api, path: str, status: int, code: str):
    dossier(api, opened(api), BUYER)
    answer = api.get(path, key=None)
    assert (answer.status, answer.json["code"]) == (status, code)


def test_the_reference_describes_ledger_and_dossier(api: Api):
    paths = json.loads(api.get("/openapi.json").body)["paths"]
    assert {"/v1/ledger", "/v1/ledger/keys", "/v1/ledger/consistency", "/v1/cases/{case_id}/dossier"} <= paths.keys()
