"""A dossier checked without the service: any change is found and said where; a copy that shows less still holds."""

import asyncio
import json
import zipfile
from collections.abc import Mapping
from io import BytesIO, RawIOBase
from pathlib import Path
from struct import pack, unpack
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amends.adapters.printing import TypstPrinter
from amends.cli import app
from amends.proof.notes import Signer
from amends.proof.verify import Report, Verdict, verify
from tests.support.authority import Authority
from tests.support.dossiers import Dispute, Ring
from tests.support.shops import HOUR, shop_in_memory

pytestmark = pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
"""A changed byte may make a certificate one of an old sort; that is read and warned of."""


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A whole one: stamped by an authority, printed, its key rotated once."""
    authority = Authority(tmp_path_factory.mktemp("authority"))

    async def story() -> bytes:
        async with shop_in_memory() as shop:
            dispute = Dispute(shop, authority)
            dispute.dossiers._printer = TypstPrinter()
            await dispute.told()
            await dispute.ledger.stamp()
            shop.clock.advance(HOUR)
            await dispute.ledger.rotate()
            return await dispute.zip()

    return asyncio.run(story())


@pytest.fixture(scope="module")
def dossier(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dossiers") / "dossier.zip"


def packed(files: Mapping[str, bytes]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def check(content: bytes, place: Path) -> Report:
    place.write_bytes(content)
    return verify(place)


def broken(report: Report) -> list[str]:
    return [finding.where for finding in report.findings if finding.verdict is Verdict.BROKEN]


def left_out(report: Report) -> list[str]:
    return [f"{finding.where} {finding.what}" for finding in report.findings if finding.verdict is Verdict.LEFT_OUT]


def test_an_untouched_dossier_holds_as_it_is_packed_anew_and_unpacked(content, dossier, place, tmp_path):
    assert check(content, place).holds
    assert check(packed(dossier), place).holds
    with zipfile.ZipFile(BytesIO(content)) as archive:
        archive.extractall(tmp_path)
    assert verify(tmp_path).holds


def test_it_has_every_kind_of_file_that_there_is(dossier):
    kinds = {name.partition("/")[0] + "/" if "/" in name else name for name in dossier}
    assert kinds == {
        "README.txt", "case.json", "copies/", "dossier.pdf", "files/", "ledger/", "manifest.txt", "policy/", "record/",
    }  # fmt: skip
    assert {name for name in dossier if name.startswith("ledger/")} == {
        "ledger/head.txt", "ledger/head.tsr", "ledger/proof.json", "ledger/keys/1.txt", "ledger/keys/2.txt",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["dossier.pdf", "ledger/head.tsr", "files/e3.mp4", "manifest.txt"])
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_single_changed_byte_of_such_a_file_is_found(dossier, place, name, data):
    changed = bytearray(dossier[name])
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    assert name in broken(check(packed(dossier | {name: bytes(changed)}), place))


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_any_single_changed_byte_in_any_file_is_found_where_it_is(dossier, place, data):
    name = data.draw(st.sampled_from(sorted(dossier)))
    changed = bytearray(dossier[name])
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    report = check(packed(dossier | {name: bytes(changed)}), place)
    assert any(where.startswith(name) or name.startswith(where) for where in broken(report)), report.findings


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_change_of_the_zip_itself_makes_another_dossier_that_holds(content, dossier, place, data):
    changed = bytearray(content)
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    if check(bytes(changed), place).holds:
        with zipfile.ZipFile(place) as archive:
            assert {name: archive.read(name) for name in archive.namelist()} == dossier


def begun_elsewhere(content: bytes) -> bytes:
    return b"<html>another dossier</html>" + content


def followed(content: bytes) -> bytes:
    return content + b"something else"


def commented(content: bytes) -> bytes:
    return content[:-2] + b"\x04\0note"


def another_before_it(content: bytes) -> bytes:
    """Whoever reads from the beginning finds the first one, whoever reads the list at the end the second."""
    return packed({"dossier.pdf": b"%PDF another"}) + content


def another_in_between(content: bytes) -> bytes:
    """A file that the list does not have, between the last one and the list."""
    (place,) = unpack("<I", content[-6:-2])
    hidden = packed({"dossier.pdf": b"%PDF another"})
    hidden = hidden[: unpack("<I", hidden[-6:-2])[0]]
    return content[:place] + hidden + content[place:-6] + pack("<I", place + len(hidden)) + content[-2:]


def named_otherwise(content: bytes) -> bytes:
    """In front of the file, where the list has its true name."""
    return content.replace(b"case.json", b"case.jsom", 1)


@pytest.mark.parametrize(
    "made", [begun_elsewhere, followed, commented, another_before_it, another_in_between, named_otherwise]
)
def test_a_zip_that_two_programs_may_read_differently_is_refused(content, place, made):
    report = check(made(content), place)
    assert not report.holds


class Pipe(RawIOBase):
    """A file that cannot go back, for which ZIPs say how long a file is behind it."""

    def __init__(self) -> None:
        self.written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        self.written += content
        return len(content)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("long", [False, True])
def test_a_dossier_packed_anew_by_another_program_still_holds(dossier, place, method, long):
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", method) as archive:
        for name, content in dossier.items():
            with archive.open(name, "w", force_zip64=long) as file:
                file.write(content)
    assert check(bytes(pipe.written), place).holds


def test_a_file_that_would_fill_the_memory_is_not_read(dossier, place):
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in dossier.items():
            if name != "ledger/proof.json":
                archive.writestr(name, content)
        with archive.open("ledger/proof.json", "w") as file:
            for _ in range(300):
                file.write(bytes(1 << 20))
    report = check(out.getvalue(), place)
    assert "ledger/proof.json" in broken(report)
    assert any("more than" in finding.what for finding in report.findings)


@pytest.mark.parametrize("name", ["record/hashes.txt", "ledger/head.txt", "ledger/proof.json", "manifest.txt",
                                  "record/events.jsonl", "record/disclosed.jsonl", "ledger/keys/1.txt"])  # fmt: skip
def test_what_is_needed_to_prove_anything_must_not_be_missing(dossier, place, name):
    report = check(packed({key: value for key, value in dossier.items() if key != name}), place)
    assert any(name.startswith(where) for where in broken(report))


@pytest.mark.parametrize("name", ["dossier.pdf", "case.json", "files/e1.png", "policy/marketplace-cn-2026.1.toml"])
def test_what_a_copy_leaves_out_is_said_and_is_no_fault(dossier, place, name):
    report = check(packed({key: value for key, value in dossier.items() if key != name}), place)
    assert report.holds
    assert any(told.startswith(name) for told in left_out(report))


def test_a_line_of_the_record_that_changed_is_named_with_the_event(dossier, place):
    record = dossier["record/events.jsonl"]
    number = record[: record.index(b"offer_made")].count(b"\n") + 1
    report = check(packed(dossier | {"record/events.jsonl": record.replace(b"offer_made", b"offer_Made")}), place)
    assert f"record/events.jsonl:{number}" in broken(report)
    assert f"event {number} was changed" in [finding.what for finding in report.findings]


def test_words_put_into_somebodys_mouth_are_found(dossier, place):
    told = dossier["record/disclosed.jsonl"].replace("我想退货退款".encode(), "我不想退货了".encode())
    report = check(packed(dossier | {"record/disclosed.jsonl": told}), place)
    assert [where.partition(":")[0] for where in broken(report)] == ["record/disclosed.jsonl"]
    assert any("/event/text is not what was sealed" in finding.what for finding in report.findings)


@pytest.mark.parametrize(
    "line",
    [b"", b"{}", b"[]", b'[1,"/event/text","00","x"]', b'[99,"/event/text","00","x"]', b'[4,"/nowhere","00","x"]',
     b'[true,"/event/text","00","x"]', b'[2,"","00","x"]'],
)  # fmt: skip
def test_a_disclosure_of_something_that_was_never_sealed_is_found(dossier, place, line):
    told = dossier["record/disclosed.jsonl"] + line + b"\n"
    assert not check(packed(dossier | {"record/disclosed.jsonl": told}), place).holds


def test_a_disclosure_given_twice_is_found(dossier, place):
    told = dossier["record/disclosed.jsonl"]
    assert not check(
        packed(dossier | {"record/disclosed.jsonl": told + told.splitlines(keepends=True)[0]}), place
    ).holds


def test_events_left_out_put_in_or_in_another_order_are_found(dossier, place):
    lines = dossier["record/events.jsonl"].splitlines(keepends=True)
    for other in (lines[:-1], lines[1:], [*lines, lines[-1]], [lines[1], lines[0], *lines[2:]]):
        report = check(packed(dossier | {"record/events.jsonl": b"".join(other)}), place)
        assert any(where.startswith("record/events.jsonl") for where in broken(report))


def test_a_file_that_does_not_belong_there_is_found(dossier, place):
    assert broken(check(packed(dossier | {"files/e9.jpg": b"planted"}), place)) == ["files/e9.jpg"]


def test_two_files_of_one_name_are_found(content, place):
    place.write_bytes(content)
    with zipfile.ZipFile(place, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("case.json", b"{}")
    assert "case.json" in broken(verify(place))


def test_files_in_each_others_place_are_found(dossier, place):
    swapped = {"files/e1.png": dossier["files/e4.png"], "files/e4.png": dossier["files/e1.png"]}
    assert set(broken(check(packed(dossier | swapped), place))) == set(swapped)


def test_a_forger_who_signs_anew_is_caught_by_the_platforms_known_key(place):
    async def forged() -> bytes:
        async with shop_in_memory() as shop:
            dispute = Dispute(shop)
            dispute.ring._first = 77
            await dispute.told()
            return await dispute.zip()

    genuine = Ring().make(1)
    assert check(asyncio.run(forged()), place).holds, "it is consistent in itself"
    name = verify(place).head.ledger
    assert broken(verify(place, known_key=Signer(name, genuine).public)) == ["ledger/keys"]


@pytest.mark.parametrize("content", [b"", b"PK", b"no zip at all", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_dossier_is_said_so(content, place):
    report = check(content, place)
    assert not report.holds


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        app(arguments)
    return left.value.code


def test_the_command_says_what_holds_and_ends_with_0(content, place, capsys):
    place.write_bytes(content)
    key = verify(place).findings[0].what.rpartition(" ")[2]
    assert run("verify", str(place), "--key", key) == 0
    told = capsys.readouterr().out
    assert "whose key you know" in told
    assert "with 34 events holds" in told


def test_the_command_takes_the_key_as_the_note_that_introduced_it(content, dossier, place, tmp_path, capsys):
    place.write_bytes(content)
    (tmp_path / "key.txt").write_bytes(dossier["ledger/keys/1.txt"])
    assert run("verify", str(place), "--key", str(tmp_path / "key.txt")) == 0
    assert "whose key you know" in capsys.readouterr().out


def test_the_command_says_what_was_changed_and_ends_with_1(dossier, place, capsys):
    place.write_bytes(packed(dossier | {"files/e4.png": b"another picture"}))
    assert run("verify", str(place)) == 1
    told = capsys.readouterr().out
    assert "BROKEN    files/e4.png: was changed" in told
    assert "does not hold: 1 fault" in told


def test_the_command_ends_with_2_where_there_is_nothing_to_check(content, place, tmp_path, capsys):
    place.write_bytes(content)
    assert run("verify", str(tmp_path / "nowhere.zip")) == 2
    assert run("verify", str(place), "--key", "no key") == 2
    assert "is no public key" in capsys.readouterr().err


def test_a_redacted_copy_shows_less_and_still_holds(content, place, tmp_path, capsys):
    place.write_bytes(content)
    copy = tmp_path / "copy.zip"
    options = ("--words", "4", "--words", "2", "--event", "7", "--evidence", "e1")
    assert run("redact", str(place), str(copy), *options) == 0
    assert run("verify", str(copy)) == 0
    with zipfile.ZipFile(copy) as archive:
        names = archive.namelist()
        everything = b"".join(map(archive.read, names)).decode(errors="replace")
        lines = archive.read("record/events.jsonl").split(b"\n")
        told = [json.loads(line) for line in archive.read("record/disclosed.jsonl").splitlines()]
    assert not {"dossier.pdf", "case.json", "files/e1.png"} & set(names)
    assert "我想退货退款" not in everything
    assert lines[6] == b""
    assert json.loads(lines[3])["event"]["event"] == "message_sent", "only its words are covered"
    assert not {2, 4, 7} & {one[0] for one in told}
    assert "已经按说明书装好了" in everything, "the rest is still there"
    assert "are covered in this copy" in capsys.readouterr().out


def test_a_copy_is_never_written_over_something(content, place, tmp_path):
    place.write_bytes(content)
    (tmp_path / "copy.zip").write_bytes(b"precious")
    assert run("redact", str(place), str(tmp_path / "copy.zip")) == 2
    assert (tmp_path / "copy.zip").read_bytes() == b"precious"
