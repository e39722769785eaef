"""A chat from before a case goes with it: its words stand nowhere, and the proofs hold (law: 电商法 31, PIPL 47)."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import psycopg
import pytest

from amends.adapters.files.reader import ProcessReader
from amends.application.examining import Examiner
from amends.application.ports import CaseKey
from amends.application.retention import Retention
from amends.application.sealing import GENESIS, follows
from amends.application.sweeping_files import FileSweep
from amends.domain.case import parse_case_id
from amends.proof.verify import verify
from amends.store.retention import PostgresArchive
from tests.http.filing import send
from tests.http.stories import BUYER, OWNER, complained, instant
from tests.support.api import Api, api_over, desk_on_postgres
from tests.support.shops import POLICIES

AUDITOR = "platform/yan"
SAID = (
    "暗号是蓝色山雀77",
    "可以补偿您 31.40 元",
    "客服小欧阳",
    "与欧阳的聊天",
    "壶嘴松了三次",
    "私下加微信",
    "截自旧手机",
)
"""What both chats say, who is named in them, and what their files are called."""

FOUR_YEARS = timedelta(days=4 * 366)


@pytest.fixture
def api(database: str, tmp_path: Path) -> Iterator[Api]:
    with api_over(partial(desk_on_postgres, database, tmp_path)) as opened:
        yield opened


def chat_of_marketplace() -> bytes:
    def at(hours: int) -> str:
        return instant(timedelta(hours=hours))[:19].replace("T", " ")

    rows = ("时间,发送方,内容", f"{at(-3)},买家,暗号是蓝色山雀77", f"{at(-2)},商家：客服小欧阳,可以补偿您 31.40 元")
    return "\n".join(rows).encode("gb18030")


def chat_of_buyer() -> bytes:
    messages = [
        {"at": instant(), "side": "buyer", "text": "壶嘴松了三次"},
        {"at": instant(), "side": "merchant", "text": "订单 o1 私下加微信"},
    ]
    return json.dumps({"source": "截自旧手机", "messages": messages}, ensure_ascii=False).encode()


def over(api: Api, looked_in: Path) -> str:
    """A case with both chats, looked at, in the ledger, shown and printed once, and closed."""
    case_id = complained(api)
    path = f"/v1/cases/{case_id}/transcripts?name=%E4%B8%8E%E6%AC%A7%E9%98%B3%E7%9A%84%E8%81%8A%E5%A4%A9.csv"
    assert api.call("POST", path, None, raw=chat_of_marketplace(), content_type="text/csv").status == 201
    mine = send(api, chat_of_buyer(), BUYER, "截自旧手机.json", case_id=case_id, kind="chat_log", note="截自旧手机")
    assert mine.status == 201, mine.json

    async def look() -> None:
        async with ProcessReader() as reader:
            desk = api.desk
            await Examiner(desk.findings.examinations, desk.evidence.blobs, reader, desk.clock, looked_in).once()

    api.run(look())
    assert api.get(f"/v1/cases/{case_id}/dossier", BUYER).status == 200
    assert api.command(case_id, "withdraw", BUYER).status == 200
    return case_id


def tables(dsn: str) -> str:
    with psycopg.connect(dsn) as connection:
        names = connection.execute(
            "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
        ).fetchall()
        rows = [row for (name,) in names for row in connection.execute(f'select t::text from "{name}" t').fetchall()]
    return "\n".join(text for (text,) in rows)


def kept(folder: Path) -> str:
    """All files of evidence in one string, in either encoding that they came in."""
    content = b"\n".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
    return content.decode("utf-8", "replace") + content.decode("gb18030", "replace")


async def by_its_time(retention: Retention) -> list[bool]:
    return [one.taken is not None async for one in retention.run("bai")]


async def by_right(retention: Retention) -> list[bool]:
    return [one.taken is not None for one in (await retention.forget("b42", "bai", "asked in writing")).cases]


@pytest.mark.parametrize("erase", [by_its_time, by_right])
def test_of_an_erased_chat_no_word_is_left_in_tables_or_files_and_the_proofs_hold(
    api: Api, database: str, tmp_path: Path, erase: Callable
):
    case_id = over(api, tmp_path / "looked")
    evidence = tmp_path / "evidence"
    before, files_before = tables(database), kept(evidence)
    for word in SAID:
        assert word in before + files_before, f"{word} is there to be erased"
    assert "31.40" in before, "what was read in it is on record too"
    filed = api.get(f"/v1/cases/{case_id}/evidence", AUDITOR).json["evidence"]
    hashes = [one["sha256"] for one in filed if "file" in one]
    assert len(hashes) == 2

    retention = Retention(PostgresArchive(database), api.desk.evidence.blobs, POLICIES, api.clock)
    api.clock.advance(timedelta(days=30))
    api.run(FileSweep(api.desk.evidence, api.desk.access, api.clock, tmp_path / "incoming").once())
    before = tables(database)
    assert not any(api.run(erase(retention))), "the law asks for it until its years are over"
    assert tables(database) == before
    api.clock.advance(FOUR_YEARS)
    assert api.run(erase(retention)) == [True]

    after, files_after = tables(database), kept(evidence)
    for word in (*SAID, "31.40", *hashes):
        assert word not in after
        assert word not in files_after
    assert not [file for file in evidence.rglob("*") if file.is_file()]

    chain = GENESIS
    for record in api.run(api.desk.records.records(CaseKey(*(parse_case_id(case_id) or (0, 0))))):
        assert follows(chain, record.payload, record.chain)
        chain = record.chain
    for actor in (OWNER, AUDITOR):
        answer = api.get(f"/v1/cases/{case_id}/dossier", actor)
        assert answer.status == 200, answer.json
        path = tmp_path / "dossier.zip"
        path.write_bytes(answer.body)
        assert verify(path).holds
        listed = api.get(f"/v1/cases/{case_id}/evidence", actor).json["evidence"]
        assert [one["kind"] for one in listed].count("chat_log") == 2, "that there were two is on record"
        assert not any("file" in one for one in listed)
