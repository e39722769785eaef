"""The dossier (案卷): everything that was said, filed and decided in a case, so that an outsider can check it (R1.4).

A ZIP in the format of docs/dossier-format.md with a PDF for people inside. It holds what its reader may see, and proofs
that nothing of it was changed; what the reader may not see stays covered. The same case, reader and language give the
same bytes, whenever it is asked for.
"""

import asyncio
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from typing import IO, Any, NamedTuple, Protocol

import msgspec
import structlog
from msgspec import Struct
from msgspec.structs import replace

from amends.application import transcripts
from amends.application.access import Caller, written
from amends.application.files import Blobs, FileView, Form, blob_key
from amends.application.ledger import CaseProof, Inclusion, Ledger
from amends.application.policies import Policies, UnknownPolicy
from amends.application.ports import CaseKey, Reader, Record
from amends.application.privacy import BUYER, STAFF
from amends.application.retention import without_buyer
from amends.application.sealing import canonical, disclosures, line_of
from amends.application.transcripts import Transcript
from amends.application.visibility import visible, visible_case, visible_order
from amends.domain.case import Case, public_case_id
from amends.domain.events import CaseOpened, DeadlinePassed, EvidenceFiled, Fact
from amends.domain.evolve import fold
from amends.domain.order import Merchant, Order
from amends.domain.permissions import is_party
from amends.domain.policy import Policy
from amends.domain.refusals import Code, Refusal, refuse
from amends.domain.time import Instant
from amends.domain.words import EvidenceKind, Side
from amends.proof import dossier as names
from amends.proof.record import line_hash, value_at
from amends.wording.catalogue import Language

log = structlog.get_logger(__name__)

_SUFFIXES = {
    "image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/gif": "gif", "image/bmp": "bmp",
    "image/heic": "heic", "image/heif": "heif", "image/avif": "avif", "video/mp4": "mp4", "video/quicktime": "mov",
    "video/3gpp": "3gp", "video/webm": "webm", "video/x-matroska": "mkv", "audio/mpeg": "mp3", "audio/mp4": "m4a",
    "audio/aac": "aac", "audio/wav": "wav", "audio/ogg": "ogg", "audio/amr": "amr", "application/pdf": "pdf",
    "text/plain": "txt", "application/json": "json", "text/csv": "csv",
}  # fmt: skip
"""By what a file is, not by what its sender called it."""

_CHATS = tuple(f".{_SUFFIXES[media_type]}" for media_type in transcripts.MEDIA_TYPES)

_LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The earliest date that a ZIP can write; of every file, so that the same content gives the same bytes."""


_AT_ONCE = 2
"""So many are made at once in one process: they must not take the time of those who only click."""


class Files(Protocol):
    """Evidence files, as `amends.application.evidence` keeps them."""

    blobs: Blobs

    async def views(self, key: CaseKey, caller: Caller) -> dict[str, FileView] | Refusal:
        """The files behind a case's evidence, by its number, with the forms that the caller may have."""


class Exhibit(Struct, frozen=True, omit_defaults=True):
    """A piece of evidence; `sha256` is of the file as it was filed, empty where there was none.

    `file` is the original's name in the dossier. The other side's originals say where and with what they were made, so
    in their place stands `copy`, with nothing but the thing itself. Both are empty for what is not kept any more.
    """

    evidence_id: str
    side: Side
    kind: EvidenceKind
    filed_at: Instant
    by: str
    seq: int
    name: str = ""
    note: str = ""
    sha256: str = ""
    file: str = ""
    copy: str = ""
    facts: dict[str, Any] = {}

    @property
    def attached(self) -> str:
        """The name of what is in the dossier, if anything is."""
        return self.file or self.copy


class Seen(NamedTuple):
    """An event as the reader may see it, and when it was written down."""

    fact: Fact
    recorded_at: Instant


class Contents(Struct, frozen=True):
    """What a dossier is made of. `seen` leaves out what the reader may not know of.

    `policy_files` are the rules that were applied, in full, by their names in the dossier.
    """

    key: CaseKey
    caller: Caller
    language: Language
    records: Sequence[Record]
    seen: Sequence[Seen]
    case: Case
    order: Order
    merchant: Merchant
    policy: Policy
    policy_files: Mapping[str, str]
    exhibits: Sequence[Exhibit]
    proof: CaseProof
    chats: Mapping[str, Transcript] = {}
    """Chats from before the case, by the number of their evidence; read only for the PDF."""

    @property
    def public_id(self) -> str:
        return public_case_id(*self.key)


class Printer(Protocol):
    """Makes the PDF."""

    async def print(self, contents: Contents, previews: dict[str, bytes]) -> bytes:
        """The same contents and previews (by evidence number) give the same bytes."""


class Dossiers:
    """Makes dossiers for whoever may read the case."""

    def __init__(self, records: Reader, ledger: Ledger, policies: Policies, files: Files, printer: Printer) -> None:
        self._records = records
        self._ledger = ledger
        self._policies = policies
        self._files = files
        self._printer = printer
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def contents(self, key: CaseKey, caller: Caller, language: Language) -> Contents | Refusal:
        """Everything but the files, as of the newest event. Raises NotCovered, Unavailable."""
        if not caller.may_reach(key.merchant_id):
            return refuse(Code.NOT_YOURS)
        docket = await self._records.docket_of(key)
        if docket is None or docket.order is None:
            return refuse(Code.UNKNOWN_CASE)
        if not is_party(caller.actor, docket.order):
            return refuse(Code.NOT_YOURS)
        covered = await self._ledger.cover(key)
        records = (await self._records.records(key))[:covered]
        seen = [
            Seen(fact, record.recorded_at)
            for record in records
            if (fact := visible(record.fact, caller.actor)) is not None
        ]
        case = fold(record.fact for record in records)
        order, stored = docket.order, docket.case(key.case_id)
        if stored is not None and stored.erased_at is not None:
            # The order may be whole for the sake of another case; this one leads to no buyer any more.
            case, order = replace(case, erased_at=stored.erased_at), without_buyer(order)
        views = await self._files.views(key, caller)
        assert not isinstance(views, Refusal), "he may read the case"
        exhibits = list(_exhibits(seen, views))
        files = sorted({exhibit.sha256 for exhibit in exhibits if exhibit.sha256})
        return Contents(
            key=key,
            caller=caller,
            language=language,
            records=records,
            seen=seen,
            case=visible_case(case, caller.actor),
            order=visible_order(order, caller.actor, has_open_case=case.is_open),
            merchant=docket.merchant,
            policy=self._policies.get(case.policy),
            policy_files=self._policy_files(records),
            exhibits=exhibits,
            proof=await self._ledger.proof(key, covered, files),
        )

    async def pdf(self, contents: Contents) -> bytes:
        """The dossier for people."""
        async with self._turns:
            return await self._printed(contents)

    async def _printed(self, contents: Contents) -> bytes:
        previews, chats = {}, {}
        for exhibit in contents.exhibits:
            if exhibit.attached:
                is_chat = exhibit.attached.endswith(_CHATS)
                with suppress(LookupError):
                    key = blob_key(exhibit.sha256, Form.DISPLAY if is_chat else Form.THUMB)
                    shown = b"".join([part async for part in self._files.blobs.read(key)])
                    if is_chat:
                        chats[exhibit.evidence_id] = transcripts.read(shown)
                    else:
                        previews[exhibit.evidence_id] = shown
        return await self._printer.print(replace(contents, chats=chats), previews)

    async def write(self, contents: Contents, out: IO[bytes]) -> None:
        """The dossier for programs and for courts, as a ZIP. Raises NotCovered, Unavailable."""
        async with self._turns:
            await self._write(contents, out)

    async def _write(self, contents: Contents, out: IO[bytes]) -> None:
        listed: dict[str, str] = {}
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
            kept = []
            for exhibit in contents.exhibits:
                if exhibit.attached:
                    hashed = await self._copy(exhibit, archive)
                    if hashed is not None:
                        listed[exhibit.attached] = hashed
                        kept.append(exhibit.attached)
            parts = {**self._parts(contents, frozenset(kept)), names.PDF: await self._printed(contents)}
            listed |= {name: sha256(content).hexdigest() for name, content in parts.items()}
            lines = [_line(record, contents) for record in contents.records]
            parts[names.EVENTS] = b"".join(line + b"\n" for line in lines)
            parts[names.DISCLOSED] = b"".join(line + b"\n" for line in _disclosed(contents))
            parts[names.MANIFEST] = (await self._ledger.signed(self._manifest(contents, listed).text)).encode()
            for name, content in sorted(parts.items()):
                archive.writestr(_entry(name), content)

    def _parts(self, contents: Contents, kept: frozenset[str]) -> dict[str, bytes]:
        """Every listed file but evidence and PDF."""
        proof = contents.proof
        parts = {
            names.README: _readme(contents).encode(),
            names.CASE: _case_file(contents, kept),
            names.HASHES: b"".join(line_hash(line_of(r.payload)).hex().encode() + b"\n" for r in contents.records),
            names.HEAD: proof.head.note.encode(),
            names.PROOF: _proof_file(proof),
        }
        if proof.head.stamp is not None:
            parts[names.STAMP] = proof.head.stamp
        for number, note in enumerate(proof.key_notes, start=1):
            parts[f"{names.KEYS}{number}.txt"] = note.encode()
        return parts | {name: text.encode() for name, text in contents.policy_files.items()}

    def _policy_files(self, records: Sequence[Record]) -> dict[str, str]:
        versions = {r.fact.event.policy for r in records if isinstance(r.fact.event, CaseOpened | DeadlinePassed)}
        found = {}
        for version in sorted(versions):
            with suppress(UnknownPolicy):
                found[f"{names.POLICY}{_plain(version)}.toml"] = self._policies.text(version)
        return found

    def _manifest(self, contents: Contents, listed: dict[str, str]) -> names.Manifest:
        actor = contents.caller.actor
        return names.Manifest(
            contents.public_id,
            written(replace(actor, staff="")),
            contents.language,
            len(contents.records),
            contents.records[-1].chain.hex(),
            listed,
        )

    async def _copy(self, exhibit: Exhibit, archive: zipfile.ZipFile) -> str | None:
        """Put a file into the archive; None where it is not kept any more."""
        chunks = self._files.blobs.read(blob_key(exhibit.sha256, Form.ORIGINAL if exhibit.file else Form.DISPLAY))
        try:
            chunk = await anext(chunks, b"")
        except LookupError:
            return None
        hashed = sha256()
        with archive.open(_entry(exhibit.attached), "w", force_zip64=True) as file:
            while chunk:
                await asyncio.to_thread(_put, file, hashed, chunk)
                chunk = await anext(chunks, b"")
        if exhibit.file and hashed.hexdigest() != exhibit.sha256:
            # It goes into the dossier all the same, whose verification will say so: nobody gains by hiding it.
            log.error("evidence_damaged", evidence=exhibit.evidence_id, sha256=exhibit.sha256)
        return hashed.hexdigest()


def _put(file: IO[bytes], hashed: Any, chunk: bytes) -> None:
    file.write(chunk)
    hashed.update(chunk)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _LONG_AGO)
    entry.create_system = 3
    entry.external_attr = 0o644 << 16
    return entry


def _exhibits(seen: Sequence[Seen], views: Mapping[str, FileView]) -> Iterator[Exhibit]:
    for fact, _ in seen:
        if isinstance(fact.event, EvidenceFiled):
            for item in fact.event.items:
                if item.kind is not None and item.evidence_id is not None:
                    view = views.get(item.evidence_id)
                    yield Exhibit(
                        item.evidence_id,
                        fact.event.side,
                        item.kind,
                        fact.at,
                        fact.by,
                        fact.seq,
                        item.name,
                        item.note or fact.event.note,
                        item.sha256 or "",
                        **(_attached(item.evidence_id, view) if view is not None else {}),
                    )


def _attached(evidence_id: str, view: FileView) -> dict[str, Any]:
    """The original where the reader may have it, else the copy."""
    for form, field, folder in ((Form.ORIGINAL, "file", names.FILES), (Form.DISPLAY, "copy", names.COPIES)):
        if form in view.forms:
            suffix = _SUFFIXES.get(view.forms[form].media_type, "bin")
            return {field: f"{folder}{evidence_id}.{suffix}", "facts": view.facts}
    return {}


def _line(record: Record, contents: Contents) -> bytes:
    """The sealed line; nothing of an event that the reader may not know of."""
    return line_of(record.payload) if visible(record.fact, contents.caller.actor) is not None else b""


def _disclosed(contents: Contents) -> Iterator[bytes]:
    """What is private and the reader may see: where the event shown has the value that was sealed."""
    for record in contents.records:
        shown = visible(record.fact, contents.caller.actor)
        if shown is None:
            continue
        document = msgspec.json.decode(canonical(shown))
        for disclosure in disclosures(record.payload):
            if disclosure.pointer in (BUYER, STAFF):
                told = shown.by == record.fact.by
            else:
                told = _at(document, disclosure.pointer) == disclosure.value
            if told:
                yield disclosure.line


def _at(document: Any, pointer: str) -> Any:
    """The value at a pointer; None where it is left out, as in the sealed JSON."""
    way, _, name = pointer.rpartition("/")
    try:
        return value_at(document, way).get(name)
    except LookupError:
        return None


def _plain(version: str) -> str:
    """A version as part of a file's name."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", version)


def _case_file(contents: Contents, kept: frozenset[str]) -> bytes:
    exhibits = [one if one.attached in kept else replace(one, file="", copy="") for one in contents.exhibits]
    return canonical(
        {
            "case_id": contents.public_id,
            "case": contents.case,
            "order": contents.order,
            "merchant": {"merchant_id": str(contents.merchant.merchant_id), "name": contents.merchant.name},
            "evidence": exhibits,
            "recorded_at": {str(seen.fact.seq): seen.recorded_at for seen in contents.seen},
        }
    )


def _proof_file(proof: CaseProof) -> bytes:
    def entries(found: Sequence[Inclusion]) -> list[dict[str, Any]]:
        return [
            {"entry": one.entry.decode(), "leaf": one.leaf, "proof": [hashed.hex() for hashed in one.proof]}
            for one in found
        ]

    return canonical(
        {
            "cases": entries(proof.cases),
            "files": entries(proof.files),
            "earlier": [
                {"head": one.head.note, "proof": [hashed.hex() for hashed in one.proof]} for one in proof.earlier
            ],
        }
    )


def _readme(contents: Contents) -> str:
    return README.format(case=contents.public_id)


README = """\
案卷 {case}

dossier.pdf            供阅读的案卷
record/events.jsonl    逐条事件记录;涉及隐私或对方内部的内容以加盐哈希遮盖
record/disclosed.jsonl 已公开的内容,每行对应一处遮盖
record/hashes.txt      每条事件的 SHA-256,首尾相连成链
files/                 证据原件,以证据编号命名
copies/                对方证据的副本,已去除拍摄时间、地点与设备信息;原件的 SHA-256 见事件记录
policy/                适用的平台规则全文
ledger/                平台账本的签名、包含证明与公钥,可能另有可信时间戳
case.json              供程序读取的案件、订单与证据目录
manifest.txt           各文件的 SHA-256 与平台签名

验证(无需联网,无需平台账号):amends verify <本文件>
格式与独立验证程序:项目文档 docs/dossier-format.md。也可解压后运行 sha256sum -c manifest.txt。
请向平台核对其公布的公钥与 ledger/keys/1.txt 一致。

Dossier {case}

dossier.pdf            for reading
record/events.jsonl    every event; private words, and the other side's own matters, are covered by salted hashes
record/disclosed.jsonl what is shown of them, one line for each covered place
record/hashes.txt      SHA-256 of each event, linked into a chain
files/                 evidence as it was filed, named by its number
copies/                copies of the other side's evidence, without where, when and with what they were made
policy/                the platform's rules that applied, in full
ledger/                the platform's ledger: signed head, proofs, public keys, and a time-stamp where there is one
case.json              case, order and list of evidence for programs
manifest.txt           SHA-256 of the files, signed by the platform

To verify, offline and without an account: amends verify <this file>
Format and a second, independent verifier: docs/dossier-format.md of the project. Unpacked: sha256sum -c manifest.txt
Compare ledger/keys/1.txt with the key that the platform publishes.
"""
