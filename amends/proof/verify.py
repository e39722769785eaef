"""Checks a dossier without the service: what holds, what was left out, and what was changed and where."""

import json
import re
import zipfile
import zlib
from collections.abc import Sequence
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, NamedTuple

from amends.proof.containers import Container, container
from amends.proof.dossier import (
    COPIES,
    DISCLOSED,
    EVENTS,
    FILES,
    HASHES,
    HEAD,
    MANIFEST,
    NEEDED,
    PROOF,
    STAMP,
    UNLISTED,
    BadDossier,
    Manifest,
    key_files,
    read_manifest,
)
from amends.proof.heads import Head, KeyNote, read_head, read_keys
from amends.proof.merkle import includes, is_beginning, leaf_hash
from amends.proof.notes import BadNote, PublicKey, opened
from amends.proof.record import GENESIS, case_entry, chained, covered_hash, file_entry, line_hash, value_at
from amends.proof.stamps import BadStamp, read_stamp

_CHUNK = 1 << 20
_MOST_TO_KEEP_BYTES = 1 << 28
"""Of a file that is read whole: a thousand times the record of a long case, and not all the memory there is."""

_HASH_LINE = re.compile(r"[0-9a-f]{64}\n")


class Verdict(StrEnum):
    """`left_out` is no fault: a copy may show less. `note` is for the reader to judge."""

    HOLDS = "holds"
    LEFT_OUT = "left_out"
    NOTE = "note"
    BROKEN = "broken"


class Finding(NamedTuple):
    """What was found at one place: a file of the dossier, with a line or an event where that is known."""

    verdict: Verdict
    where: str
    what: str


class Report(NamedTuple):
    """Everything that was found. `manifest` and `head` are None where they cannot be trusted."""

    findings: Sequence[Finding]
    manifest: Manifest | None = None
    head: Head | None = None

    @property
    def holds(self) -> bool:
        return all(finding.verdict is not Verdict.BROKEN for finding in self.findings)


def verify(path: Path, *, known_key: PublicKey | None = None, authorities: Sequence[bytes] = ()) -> Report:
    """Check everything. `known_key` is one that the reader knows to be the platform's.

    `authorities` are certificates (PEM) of time-stamping authorities that the reader trusts. Raises OSError.
    """
    try:
        with container(path) as files:
            return _Verifying(files, known_key, authorities).report()
    except BadDossier as fault:
        return Report([Finding(Verdict.BROKEN, path.name, str(fault))])


UNREADABLE = (OSError, EOFError, zipfile.BadZipFile, zlib.error)
"""What reading a file of a damaged or hostile ZIP may raise."""


class _Unreadable(Exception):
    """A file that is needed is missing or broken; said already."""


class _Verifying:
    def __init__(self, files: Container, known_key: PublicKey | None, authorities: Sequence[bytes]) -> None:
        self._files = files
        self._known_key = known_key
        self._authorities = authorities
        self._names = files.names()
        self._findings: list[Finding] = []
        self._hashes: list[bytes] = []
        self._lines: list[Any] = []
        self._told: dict[tuple[int, str], Any] = {}

    def report(self) -> Report:
        manifest = head = None
        try:
            keys = self._keys()
            manifest = self._manifest(keys)
            self._listed(manifest)
            self._record(manifest)
            self._disclosed()
            self._originals(manifest)
            head = self._ledger(manifest, keys)
            self._stamp()
        except _Unreadable:
            pass
        return Report(self._findings, manifest, head)

    def _say(self, verdict: Verdict, where: str, what: str) -> None:
        self._findings.append(Finding(verdict, where, what))

    def _broken(self, where: str, what: str) -> None:
        self._say(Verdict.BROKEN, where, what)

    def _read(self, name: str) -> bytes:
        if name not in self._names:
            self._broken(name, "is missing; without it nothing can be proved")
            raise _Unreadable
        try:
            with self._files.open(name) as file:
                content = file.read(_MOST_TO_KEEP_BYTES + 1)
        except UNREADABLE as fault:
            self._broken(name, f"cannot be read: {fault}")
            raise _Unreadable from fault
        if len(content) > _MOST_TO_KEEP_BYTES:
            self._broken(name, f"has more than {_MOST_TO_KEEP_BYTES} bytes")
            raise _Unreadable
        return content

    def _keys(self) -> list[KeyNote]:
        names = key_files(self._names)
        try:
            keys = read_keys(self._read(name) for name in names)
        except BadNote as fault:
            self._broken("ledger/keys", f"the keys do not hold: {fault}")
            raise _Unreadable from fault
        ledger = keys[0].ledger
        if self._known_key is None:
            self._say(
                Verdict.NOTE,
                "ledger/keys",
                f"signed by {ledger}; compare its key with the one that the platform publishes: {keys[0].key}",
            )
        elif self._known_key in [statement.key for statement in keys]:
            self._say(Verdict.HOLDS, "ledger/keys", f"signed by {ledger}, whose key you know")
        else:
            self._broken("ledger/keys", f"signed by {ledger}, and none of its keys is the one that you know")
        return keys

    def _manifest(self, keys: Sequence[KeyNote]) -> Manifest:
        try:
            text, _ = opened(self._read(MANIFEST), [statement.key for statement in keys])
            manifest = read_manifest(text)
        except (BadNote, BadDossier) as fault:
            self._broken(MANIFEST, f"does not hold: {fault}")
            raise _Unreadable from fault
        self._say(Verdict.HOLDS, MANIFEST, f"signed; {len(manifest.files)} files are listed")
        return manifest

    def _listed(self, manifest: Manifest) -> None:
        """Every file against its hash in the manifest."""
        counted = len(self._findings)
        checked = 0
        for name in sorted({name for name in self._names if self._names.count(name) > 1}):
            self._broken(name, "is there twice")
        for name in sorted(set(self._names) - manifest.files.keys() - UNLISTED):
            self._broken(name, "does not belong to the dossier")
        for name, hashed in manifest.files.items():
            if name not in self._names:
                if name in NEEDED:
                    self._broken(name, "is missing; without it nothing can be proved")
                elif not name.startswith((FILES, COPIES)):
                    self._say(Verdict.LEFT_OUT, name, "is left out of this copy")
                continue
            try:
                with self._files.open(name) as file:
                    found = _sha256(file)
            except UNREADABLE as fault:
                self._broken(name, f"cannot be read: {fault}")
                continue
            if found == hashed:
                checked += 1
            else:
                self._broken(name, "was changed: its SHA-256 is not the one in the manifest")
        if all(finding.verdict is not Verdict.BROKEN for finding in self._findings[counted:]):
            self._say(Verdict.HOLDS, "files", f"{checked} files are unchanged")

    def _record(self, manifest: Manifest) -> None:
        """The chain over the hashes, and every line that is there against its hash."""
        text = self._read(HASHES).decode("ascii", errors="replace")
        hashes = _HASH_LINE.findall(text)
        if "".join(hashes) != text or len(hashes) != manifest.events:
            self._broken(HASHES, f"does not hold {manifest.events} hashes")
            raise _Unreadable
        self._hashes = [bytes.fromhex(line) for line in hashes]
        chain = GENESIS
        for hashed in self._hashes:
            chain = chained(chain, hashed)
        if chain.hex() != manifest.chain:
            self._broken(HASHES, "the chain over the events is not the one in the manifest")
        lines = self._read(EVENTS).split(b"\n")
        if lines.pop() != b"" or len(lines) != manifest.events:
            self._broken(EVENTS, f"has {len(lines)} lines for {manifest.events} events")
        number = case_number(manifest.case)
        changed = hidden = 0
        for seq, (line, hashed) in enumerate(zip(lines, self._hashes, strict=False), start=1):
            event = None
            if not line:
                hidden += 1
            elif line_hash(line) != hashed:
                changed += 1
                self._broken(f"{EVENTS}:{seq}", f"event {seq} was changed")
            else:
                event = _json(line)
                if not isinstance(event, dict) or (event.get("seq"), event.get("case_id")) != (seq, str(number)):
                    changed += 1
                    self._broken(f"{EVENTS}:{seq}", f"this is not event {seq} of the case")
                    event = None
            self._lines.append(event)
        if hidden:
            self._say(Verdict.LEFT_OUT, EVENTS, f"{hidden} of {manifest.events} events are covered in this copy")
        if not changed:
            self._say(Verdict.HOLDS, EVENTS, f"{manifest.events - hidden} events are unchanged and in their order")

    def _disclosed(self) -> None:
        """Every disclosed value against the hash that stands in its place."""
        covered = sum(_covered_places(event) for event in self._lines if event is not None)
        lines = self._read(DISCLOSED).split(b"\n")
        if lines.pop() != b"":
            self._broken(DISCLOSED, "ends in the middle of a line")
        seen: set[bytes] = set()
        changed = 0
        for number, line in enumerate(lines, start=1):
            fault = "is there twice" if line in seen else self._wrong_with(line)
            seen.add(line)
            if fault:
                changed += 1
                self._broken(f"{DISCLOSED}:{number}", fault)
        if not changed:
            self._say(Verdict.HOLDS, DISCLOSED, f"{len(lines)} private values are the ones that were sealed")
            if covered > len(lines):
                self._say(
                    Verdict.LEFT_OUT, DISCLOSED, f"{covered - len(lines)} private values are covered in this copy"
                )

    def _wrong_with(self, line: bytes) -> str:
        told = _json(line)
        match told:
            case [int(seq), str(pointer), str(), _] if 0 < seq <= len(self._lines):
                pass
            case _:
                return "tells no value of an event"
        if self._lines[seq - 1] is None:
            return f"event {seq} is not there to compare with"
        try:
            place = covered_hash(value_at(self._lines[seq - 1], pointer))
        except LookupError:
            place = None
        if place != sha256(line).hexdigest():
            return f"event {seq}: {pointer} is not what was sealed"
        self._told[seq, pointer] = told[3]
        return ""

    def _originals(self, manifest: Manifest) -> None:
        """Evidence by what the record says of it."""
        filed = self._filed()
        named = {name.removeprefix(FILES).partition(".")[0]: name for name in manifest.files if name.startswith(FILES)}
        for evidence_id, name in named.items():
            if filed.get(evidence_id, manifest.files[name]) != manifest.files[name]:
                self._broken(name, f"is not the file that was filed as {evidence_id}")
        for evidence_id, hashed in filed.items():
            found = named.get(evidence_id)
            if found is None or found not in self._names:
                copy = next((name for name in self._names if name.startswith(f"{COPIES}{evidence_id}.")), None)
                instead = f", and {copy} stands for it" if copy else ""
                where = found or f"{FILES}{evidence_id}"
                self._say(Verdict.LEFT_OUT, where, f"is left out{instead}; its SHA-256 is {hashed}")

    def _filed(self) -> dict[str, str]:
        """SHA-256 of files by number of evidence, as far as this copy tells them."""
        found = {}
        for seq, line in enumerate(self._lines, start=1):
            if line is not None and line["event"]["event"] == "evidence_filed":
                for place, item in enumerate(line["event"]["items"]):
                    hashed = item.get("sha256")
                    if covered_hash(hashed) is not None:
                        hashed = self._told.get((seq, f"/event/items/{place}/sha256"))
                    if hashed:
                        found[item["evidence_id"]] = hashed
        return found

    def _ledger(self, manifest: Manifest, keys: Sequence[KeyNote]) -> Head:
        try:
            head = read_head(self._read(HEAD), keys)
        except BadNote as fault:
            self._broken(HEAD, f"does not hold: {fault}")
            raise _Unreadable from fault
        proof = _json(self._read(PROOF))
        try:
            wrong = self._wrong_in_ledger(manifest, keys, head, proof)
        except (LookupError, TypeError, ValueError) as fault:
            wrong = f"cannot be read: {fault!r}"
        if wrong:
            self._broken(PROOF, wrong)
        else:
            self._say(
                Verdict.HOLDS,
                HEAD,
                f"case and files are in the ledger of {head.size} entries, signed at {head.at:%FT%TZ}",
            )
            self._dates(keys, proof)
        return head

    def _wrong_in_ledger(self, manifest: Manifest, keys: Sequence[KeyNote], head: Head, proof: Any) -> str:
        entries = {one["entry"].encode(): one for one in (*proof["cases"], *proof["files"])}
        for entry, one in entries.items():
            path = [bytes.fromhex(hashed) for hashed in one["proof"]]
            if not includes(one["leaf"], head.size, leaf_hash(entry), path, head.root):
                return f"the ledger has no entry {entry.decode()}"
        chain, chains = GENESIS, {}
        for seq, hashed in enumerate(self._hashes, start=1):
            chain = chained(chain, hashed)
            chains[case_entry(manifest.case, seq, chain)] = seq
        entered = [chains.get(one["entry"].encode()) for one in proof["cases"]]
        if None in entered or manifest.events not in entered:
            return "what the ledger has of the case is another chain"
        missing = {file_entry(hashed) for hashed in self._filed().values()} - entries.keys()
        if missing:
            return f"the ledger has no entry {min(missing).decode()}"
        for one in proof["earlier"]:
            before = read_head(one["head"].encode(), keys)
            path = [bytes.fromhex(hashed) for hashed in one["proof"]]
            if not is_beginning(before.size, head.size, before.root, head.root, path):
                return f"the head of {before.size} entries is no beginning of the ledger"
        return ""

    def _dates(self, keys: Sequence[KeyNote], proof: Any) -> None:
        """By when events were on record: the earliest head that has the entry."""
        heads = [read_head(one["head"].encode(), keys) for one in proof["earlier"]]
        for one in proof["cases"]:
            first = next((head for head in heads if head.size > one["leaf"]), None)
            if first is not None:
                seq = json.loads(one["entry"])["seq"]
                self._say(Verdict.HOLDS, PROOF, f"events 1 to {seq} were on record at {first.at:%FT%TZ}")

    def _stamp(self) -> None:
        if STAMP not in self._names:
            return
        try:
            stamp = read_stamp(self._read(STAMP), self._read(HEAD), self._authorities)
        except BadStamp as fault:
            self._broken(STAMP, f"does not hold: {fault}")
            return
        said = f"stamped by {stamp.authority} at {stamp.at:%FT%TZ}"
        if stamp.trusted:
            self._say(Verdict.HOLDS, STAMP, said)
        else:
            self._say(Verdict.NOTE, STAMP, f"{said}; give its certificate to have that checked")


def case_number(public_id: str) -> int:
    """The number in a public id: 13 digits of Crockford's base 32 behind the merchant's."""
    number = 0
    for digit in public_id.partition("-")[2]:
        number = number * 32 + "0123456789ABCDEFGHJKMNPQRSTVWXYZ".index(digit)
    return number


def _covered_places(value: Any) -> int:
    if covered_hash(value) is not None:
        return 1
    if isinstance(value, dict):
        return sum(map(_covered_places, value.values()))
    return sum(map(_covered_places, value)) if isinstance(value, list) else 0


def _json(content: bytes) -> Any:
    """None where it is no JSON."""
    try:
        return json.loads(content)
    except ValueError:
        return None


def _sha256(file: IO[bytes]) -> str:
    hashed = sha256()
    while chunk := file.read(_CHUNK):
        hashed.update(chunk)
    return hashed.hexdigest()
