"""Signed heads of the ledger, and how one signing key hands over to the next.

A head is a checkpoint (c2sp.org/tlog-checkpoint): name of the ledger, size, root, and a line with the time.

    amends/1f3a9c20
    1234
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
    time 2026-03-02T09:00:00Z

A key is introduced by a note that the key before it signs too, so that whoever trusts one key can follow to the next.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import zip_longest
from typing import NamedTuple

from amends.proof.notes import BadNote, PublicKey, Signer, opened, public_key, signed

_TIME = "%Y-%m-%dT%H:%M:%SZ"
_HEAD = re.compile(r"([^\s+]+)\n(0|[1-9][0-9]{0,18})\n([A-Za-z0-9+/]{43}=)\ntime (\S+)\n")
_KEY = re.compile(r"([^\s+]+)/keys\n([1-9][0-9]*)\n(\S+)\nsince (\S+)\n")


class Head(NamedTuple):
    """The ledger at an instant (whole seconds)."""

    ledger: str
    size: int
    root: bytes
    at: datetime

    @property
    def text(self) -> str:
        return f"{self.ledger}\n{self.size}\n{b64encode(self.root).decode()}\ntime {self.at:{_TIME}}\n"


class KeyNote(NamedTuple):
    """The `number`-th key of a ledger, counted from 1, and since when it signs."""

    ledger: str
    number: int
    key: PublicKey
    since: datetime

    @property
    def text(self) -> str:
        return f"{self.ledger}/keys\n{self.number}\n{self.key}\nsince {self.since:{_TIME}}\n"


def read_head(note: bytes, keys: Sequence[KeyNote]) -> Head:
    """A head, signed by the key of the ledger that signed at its time. Raises BadNote."""
    text, signers = opened(note, [statement.key for statement in keys])
    match = _HEAD.fullmatch(text)
    if match is None:
        raise BadNote("it is signed, but no head of a ledger")
    head = Head(match[1], int(match[2]), b64decode(match[3]), _instant(match[4]))
    if head.ledger != keys[0].ledger:
        raise BadNote(f"it is a head of {head.ledger}")
    for statement, following in zip_longest(keys, keys[1:]):
        if statement.key in signers and (head.at < statement.since or (following and head.at > following.since)):
            raise BadNote(f"key {statement.number} did not sign at that time")
    return head


def introduced(statement: KeyNote, key: Signer, before: Signer | None) -> str:
    """The note by which a key begins: signed with itself and, but for the first, with the one before it."""
    return signed(statement.text, *([before] if before else []), key)


def read_keys(notes: Iterable[bytes]) -> list[KeyNote]:
    """The keys of a ledger in their order, each introduced by the one before it. Raises BadNote.

    The first vouches for itself only: it must be known from elsewhere.
    """
    found: list[KeyNote] = []
    for number, note in enumerate(notes, start=1):
        statement = _key_note(note)
        allowed = [statement.key] if not found else [found[-1].key, statement.key]
        _, signers = opened(note, allowed)
        if signers != allowed:
            raise BadNote(f"key {number} is not signed by itself and the key before it")
        if statement.number != number or (found and statement.ledger != found[0].ledger):
            raise BadNote(f"key {number} does not follow the one before it")
        if statement.key.name != statement.ledger:
            raise BadNote(f"key {number} belongs to {statement.key.name}")
        found.append(statement)
    if not found:
        raise BadNote("there is no key")
    return found


def _key_note(note: bytes) -> KeyNote:
    text = note.decode(errors="replace").rpartition("\n\n")[0] + "\n"
    match = _KEY.fullmatch(text)
    if match is None:
        raise BadNote("it introduces no key")
    return KeyNote(match[1], int(match[2]), public_key(match[3]), _instant(match[4]))


def _instant(text: str) -> datetime:
    try:
        at = datetime.strptime(text, _TIME).replace(tzinfo=UTC)
    except ValueError:
        raise BadNote(f"{text!r} is no instant") from None
    if f"{at:{_TIME}}" != text:
        raise BadNote(f"{text!r} is no instant")
    return at
