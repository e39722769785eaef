"""Dossiers: what their readers may see and nothing else, provable, and the same bytes every time."""

import asyncio
import json
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from amends.application.access import Caller
from amends.application.sealing import unseal
from amends.application.visibility import officer_number
from amends.domain.actor import buyer, merchant
from amends.domain.refusals import Code
from amends.proof.verify import Verdict, verify
from tests.support.dossiers import AUDITOR, BUYER, OWNER, READERS, Dispute, messages
from tests.support.shops import OpenShop, shop_in_memory


def opened(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def said(files: dict[str, bytes]) -> str:
    return (
        files["record/events.jsonl"].decode() + files["record/disclosed.jsonl"].decode() + files["case.json"].decode()
    )


def checked(content: bytes, folder: Path):
    path = folder / "dossier.zip"
    path.write_bytes(content)
    return verify(path)


def test_every_reader_gets_a_dossier_that_holds(open_shop: OpenShop, tmp_path: Path):
    async def story():
        async with open_shop() as shop:
            dispute = Dispute(shop)
            await dispute.told()
            return [await dispute.zip(reader, language) for reader in READERS.values() for language in ("zh", "en")]

    for content in asyncio.run(story()):
        report = checked(content, tmp_path)
        assert report.holds, report.findings


def test_the_same_case_reader_and_language_give_the_same_bytes_also_when_others_moved_on():
    async def story():
        async with shop_in_memory() as shop:
            dispute = Dispute(shop)
            await dispute.told()
            first = await dispute.zip()
            await shop.opened(3)
            while await dispute.ledger.grow():
                pass
            return first, await dispute.zip(), await dispute.zip(AUDITOR), await dispute.zip(BUYER, "en")

    first, second, other_reader, other_language = asyncio.run(story())
    assert first == second
    assert len({first, other_reader, other_language}) == 3


@pytest.fixture(scope="module")
def dossiers() -> dict[str, dict[str, bytes]]:
    async def story():
        async with shop_in_memory() as shop:
            dispute = Dispute(shop)
            await dispute.told()
            return {name: opened(await dispute.zip(reader)) for name, reader in READERS.items()}

    return asyncio.run(story())


def test_a_dossier_has_record_files_rules_proofs_and_keys(dossiers: dict[str, dict[str, bytes]]):
    assert sorted(dossiers["buyer"]) == [
        "README.txt",
        "case.json",
        "copies/e2.png",
        "dossier.pdf",
        "files/e1.png",
        "files/e3.mp4",
        "files/e4.png",
        "ledger/head.txt",
        "ledger/keys/1.txt",
        "ledger/proof.json",
        "manifest.txt",
        "policy/marketplace-cn-2026.1.toml",
        "record/disclosed.jsonl",
        "record/events.jsonl",
        "record/hashes.txt",
    ]
    case = json.loads(dossiers["buyer"]["case.json"])
    assert [(one["evidence_id"], one["side"], one["kind"], one.get("file")) for one in case["evidence"]] == [
        ("e1", "buyer", "photo", "files/e1.png"),
        ("e2", "merchant", "photo", None),
        ("e3", "buyer", "video", "files/e3.mp4"),
        ("e4", "buyer", "photo", "files/e4.png"),
    ]


def test_of_the_other_sides_files_there_is_a_copy_that_does_not_say_where_and_with_what_it_was_made(
    dossiers: dict[str, dict[str, bytes]],
):
    """Its original is proved by the record; the platform has it, and its own side."""
    buyers, merchants, platforms = (json.loads(dossiers[name]["case.json"])["evidence"] for name in READERS)
    assert [one.get("copy") for one in buyers] == [None, "copies/e2.png", None, None]
    assert [one.get("copy") for one in merchants] == ["copies/e1.png", None, None, "copies/e4.png"]
    assert [one.get("copy") for one in platforms] == [None] * 4
    assert "Xiaomi 14" in json.dumps(buyers[0])
    assert "Xiaomi 14" not in json.dumps(merchants[0])
    assert "files/e3.mp4" not in dossiers["merchant"], "of a video there is no copy here"
    assert buyers[1]["sha256"] == merchants[1]["sha256"] == platforms[1]["sha256"]


NUMBERS = ("13812345678", "4200002026030298765432")
"""The buyer's phone and the account that the money came from."""


def test_each_side_reads_what_was_said_between_them_and_who_decided(dossiers: dict[str, dict[str, bytes]]):
    for name in READERS:
        told = said(dossiers[name])
        for words in (
            "机器漏水很严重",
            "出厂前逐台做过水压测试",
            "编号 T-20260225-118",
            "连续视频显示水箱卡扣扣紧后仍漏水",
        ):
            assert words in told, (name, words)
        who = "zhou" if name == "platform" else officer_number("zhou")
        assert f'"by":"{who}"' in told, "who decided is theirs to know, by number"


@pytest.mark.parametrize(
    ("reader", "hidden"),
    [
        ("buyer", ["小家电", '"wang"', '"wu"', '"zhou"', "case_assigned", "ruling_proposed"]),
        (
            "merchant",
            ["小家电", '"wu"', '"zhou"', "case_assigned", "ruling_proposed", "水箱推到底后仍漏水的连续视频", *NUMBERS],
        ),
    ],
)
def test_what_a_side_may_not_see_is_nowhere_in_its_dossier(
    dossiers: dict[str, dict[str, bytes]], reader: str, hidden: list[str]
):
    everything = b"\n".join(
        content for name, content in dossiers[reader].items() if not name.startswith(("policy/", "files/", "copies/"))
    ).decode(errors="replace")
    for words in hidden:
        assert words not in everything
        assert words in said(dossiers["platform"]), "it was there to hide"


def test_events_and_disclosures_together_are_the_events_that_the_platform_keeps():
    async def story():
        async with shop_in_memory() as shop:
            dispute = Dispute(shop)
            case = await dispute.told()
            return await shop.reader.records(case), opened(await dispute.zip(AUDITOR))

    records, files = asyncio.run(story())
    lines = [json.loads(line) for line in files["record/events.jsonl"].splitlines()]
    for seq, pointer, _, value in map(json.loads, files["record/disclosed.jsonl"].splitlines()):
        line = lines[seq - 1]
        *way, name = pointer.split("/")[1:]
        for part in way:
            line = line[int(part)] if isinstance(line, list) else line[part]
        if value is None:
            del line[name]
        else:
            line[name] = value
    for line, record in zip(lines, records, strict=True):
        person = line.pop("staff", None) or line.pop("buyer", None)
        line["by"] += f"/{person}" if person else ""
        assert unseal(json.dumps(line).encode()) == record.fact


def test_a_case_that_is_not_ones_own_has_no_dossier(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            dispute = Dispute(shop)
            case = await dispute.told()
            for caller, code in (
                (Caller(buyer("b43"), None), Code.NOT_YOURS),
                (Caller(merchant(1002, "qian"), None), Code.NOT_YOURS),
                (Caller(BUYER, 1002), Code.NOT_YOURS),
            ):
                answer = await dispute.dossiers.contents(case, caller, "zh")
                assert answer.code is code
            answer = await dispute.dossiers.contents(case._replace(case_id=7), Caller(BUYER, None), "zh")
            assert answer.code is Code.UNKNOWN_CASE

    asyncio.run(story())


def test_a_file_that_is_not_kept_any_more_is_said_to_be_missing_and_the_rest_holds(tmp_path: Path):
    async def story():
        async with shop_in_memory() as shop:
            dispute = Dispute(shop)
            await dispute.told()
            lost = list(dispute.files.files)[1]
            del dispute.files.files[lost]
            return lost, await dispute.zip(OWNER)

    lost, content = asyncio.run(story())
    report = checked(content, tmp_path)
    assert report.holds
    assert [finding for finding in report.findings if finding.verdict is Verdict.LEFT_OUT and lost in finding.what]
    assert json.loads(opened(content)["case.json"])["evidence"][1]["sha256"] == lost
    assert "file" not in json.loads(opened(content)["case.json"])["evidence"][1]


def test_a_file_that_was_damaged_on_the_disk_is_told_of_by_the_dossier_itself(tmp_path: Path):
    async def story():
        async with shop_in_memory() as shop:
            dispute = Dispute(shop)
            await dispute.told()
            damaged = next(iter(dispute.files.files))
            dispute.files.files[damaged] += b"a bit more"
            return await dispute.zip()

    report = checked(asyncio.run(story()), tmp_path)
    broken = [finding for finding in report.findings if finding.verdict is Verdict.BROKEN]
    assert [(one.where, one.what) for one in broken] == [
        ("files/e1.png", "is not the file that was filed as e1"),
    ]


def test_events_that_come_while_a_dossier_is_made_are_for_the_next_one(open_shop: OpenShop, tmp_path: Path):
    async def story():
        async with open_shop() as shop:
            dispute = Dispute(shop)
            await dispute.told()
            cover = dispute.ledger.cover

            async def slow(case):
                covered = await cover(case)
                await messages(dispute, ["还有一句"])
                return covered

            dispute.ledger.cover = slow
            contents = await dispute.contents()
            out = BytesIO()
            await dispute.dossiers.write(contents, out)
            return len(contents.records), len(await shop.reader.records(dispute.case)), out.getvalue()

    shown, kept, content = asyncio.run(story())
    assert kept == shown + 1
    assert checked(content, tmp_path).holds
