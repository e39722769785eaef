"""The format of a dossier, as docs/dossier-format.md tells it: names of its files, and the manifest."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

FORMAT = "amends-dossier/2"
"""What is written. In the first format who bought, tracking numbers and hashes of evidence could not be covered."""

_READ = r"amends-dossier/[12]"

MANIFEST = "manifest.txt"
EVENTS = "record/events.jsonl"
HASHES = "record/hashes.txt"
DISCLOSED = "record/disclosed.jsonl"
HEAD = "ledger/head.txt"
PROOF = "ledger/proof.json"
STAMP = "ledger/head.tsr"
KEYS = "ledger/keys/"
FILES = "files/"
COPIES = "copies/"
POLICY = "policy/"
CASE = "case.json"
README = "README.txt"
PDF = "dossier.pdf"

UNLISTED = frozenset({MANIFEST, EVENTS, DISCLOSED})
"""Not in the manifest: the chain and the salted hashes prove them, also after a part was taken out."""

NEEDED = (HASHES, HEAD, PROOF)
"""Without these nothing can be proved."""

_HASH = r"[0-9a-f]{64}"
_HEADER = re.compile(
    rf"{_READ}\ncase (?P<case>[0-9]+-[0-9A-Z]{{13}})\nfor (?P<reader>[^\n]*)\nlanguage (?P<language>zh|en)\n"
    rf"events (?P<events>[1-9][0-9]*)\nchain (?P<chain>{_HASH})\n"
)
_FILE = re.compile(rf"({_HASH})  ([A-Za-z0-9._/-]+)\n")


class BadDossier(ValueError):
    """Not a dossier of this format; the text says why."""


class Manifest(NamedTuple):
    """What a dossier is about and the SHA-256 of each of its files, as lines that `sha256sum -c` reads."""

    case: str
    reader: str
    language: str
    events: int
    chain: str
    files: Mapping[str, str]

    @property
    def text(self) -> str:
        return (
            f"{FORMAT}\ncase {self.case}\nfor {self.reader}\nlanguage {self.language}\n"
            f"events {self.events}\nchain {self.chain}\n"
        ) + "".join(f"{hashed}  {name}\n" for name, hashed in sorted(self.files.items()))


def read_manifest(text: str) -> Manifest:
    """The manifest that `text` is. Raises BadDossier."""
    header = _HEADER.match(text)
    if header is None:
        raise BadDossier(f"it does not begin as a manifest of the format {FORMAT}")
    files: dict[str, str] = {}
    place = header.end()
    while place < len(text):
        line = _FILE.match(text, place)
        if line is None or line[2] in files:
            raise BadDossier(f"line {text.count(chr(10), 0, place) + 1} names no file")
        files[line[2]] = line[1]
        place = line.end()
    return Manifest(header["case"], header["reader"], header["language"], int(header["events"]), header["chain"], files)


def key_files(names: Iterable[str]) -> list[str]:
    """The names of the key notes in their order."""
    found = [name for name in names if re.fullmatch(rf"{KEYS}[1-9][0-9]*\.txt", name)]
    return sorted(found, key=lambda name: int(name.removeprefix(KEYS).removesuffix(".txt")))
