"""A copy of a dossier that shows less, and still verifies."""

import json
import zipfile
from collections.abc import Callable, Collection
from typing import IO, NamedTuple

from amends.proof.dossier import CASE, COPIES, DISCLOSED, EVENTS, FILES, PDF


class Cover(NamedTuple):
    """What to cover: private values of events by number, whole events, evidence files by number of evidence."""

    words: Collection[int] = ()
    events: Collection[int] = ()
    files: Collection[str] = ()


def redact(source: zipfile.ZipFile, target: zipfile.ZipFile, cover: Cover) -> int:
    """Copy `source` to `target` without what is to be covered; returns how many things were left out.

    PDF and case file repeat what is in the record in ways that cannot be covered piece by piece, so they go too.
    """
    hidden = {*cover.words, *cover.events}
    left_out = 0
    for entry in source.infolist():
        name = entry.filename
        if name in (PDF, CASE) or _evidence_id(name) in cover.files:
            left_out += 1
            continue
        with source.open(entry) as read, target.open(entry, "w", force_zip64=True) as written:
            if name == EVENTS:
                left_out += _copy_lines(read, written, lambda number, _: number in cover.events, b"\n")
            elif name == DISCLOSED:
                left_out += _copy_lines(read, written, lambda _, line: json.loads(line)[0] in hidden, b"")
            else:
                while chunk := read.read(1 << 20):
                    written.write(chunk)
    return left_out


def _copy_lines(read: IO[bytes], written: IO[bytes], hides: Callable[[int, bytes], bool], instead: bytes) -> int:
    """Copy lines, `instead` in place of those to hide; how many these were."""
    hidden = 0
    for number, line in enumerate(read, start=1):
        if hides(number, line):
            hidden += 1
            written.write(instead)
        else:
            written.write(line)
    return hidden


def _evidence_id(name: str) -> str:
    """The number of the evidence that a file or a copy is; empty for any other file."""
    folder, _, file = name.partition("/")
    return file.partition(".")[0] if f"{folder}/" in (FILES, COPIES) else ""
