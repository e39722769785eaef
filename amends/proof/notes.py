"""Signed notes: a text that people can read, and Ed25519 signatures under it (c2sp.org/signed-note).

Go's checksum database and most transparency logs publish their heads in this form, so that existing tools and
witnesses can read and countersign ours.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_ED25519 = b"\x01"
_NAME = re.compile(r"[^\s+]+")
_SIGNATURE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/=]+)")


class BadNote(ValueError):
    """A note that is not signed as it should be; the text says how."""


class PublicKey(NamedTuple):
    """Who signs, and the 32 bytes that check it."""

    name: str
    key: bytes

    @property
    def key_id(self) -> bytes:
        """Four bytes that find the key again; they prove nothing."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.key).digest()[:4]

    def __str__(self) -> str:
        """`name+c74f20a3+ARpc2Qc…`, as other tools want it."""
        return f"{self.name}+{self.key_id.hex()}+{b64encode(_ED25519 + self.key).decode()}"

    def signed(self, signature: bytes, text: bytes) -> bool:
        """Whether this key made the signature of the text."""
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature, text)
        except InvalidSignature:
            return False
        return True


def public_key(text: str) -> PublicKey:
    """A key as `str` writes it. Raises BadNote."""
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    raw = _from_base64(encoded)
    if not _NAME.fullmatch(name) or len(raw) != 33 or raw[:1] != _ED25519:
        raise BadNote(f"{text!r} is no public key")
    key = PublicKey(name, raw[1:])
    if str(key) != text:
        raise BadNote(f"the key with the id {key_id} was changed")
    return key


class Signer:
    """A private key under the name that it signs with."""

    def __init__(self, name: str, private: Ed25519PrivateKey) -> None:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} cannot be the name of a key")
        self._private = private
        raw = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.public = PublicKey(name, raw)

    def line(self, text: str) -> str:
        """The signature under a text."""
        signature = b64encode(self.public.key_id + self._private.sign(text.encode())).decode()
        return f"— {self.public.name} {signature}\n"


def signed(text: str, *signers: Signer) -> str:
    """The text as a note. It ends with a newline, as notes must."""
    if not text.endswith("\n"):
        raise ValueError("the text of a note ends with a newline")
    return text + "\n" + "".join(signer.line(text) for signer in signers)


def opened(note: bytes, keys: Iterable[PublicKey]) -> tuple[str, list[PublicKey]]:
    """The text of a note and who signed it. Raises BadNote.

    Stricter than the format asks: every signature must be by one of `keys` and hold, so that no byte can be changed.
    """
    try:
        text, blank, lines = note.decode().rpartition("\n\n")
    except UnicodeDecodeError:
        raise BadNote("it is not UTF-8") from None
    text += "\n"
    if not blank or not lines.endswith("\n"):
        raise BadNote("it carries no signature")
    by_id = {(key.name, key.key_id): key for key in keys}
    found = []
    for line in lines[:-1].split("\n"):
        match = _SIGNATURE.fullmatch(line)
        raw = _from_base64(match[2]) if match else b""
        if match is None or len(raw) != 68:
            raise BadNote(f"{line!r} is no signature")
        key = by_id.get((match[1], raw[:4]))
        if key is None:
            raise BadNote(f"it is signed by {match[1]} with the key {raw[:4].hex()}, which is not known")
        if not key.signed(raw[4:], text.encode()):
            raise BadNote(f"the signature of {match[1]} with the key {raw[:4].hex()} does not hold")
        found.append(key)
    return text, found


def _from_base64(text: str) -> bytes:
    """Bytes that can be written in this one way only; none where it is not so."""
    try:
        raw = b64decode(text, validate=True)
    except ValueError:
        return b""
    return raw if b64encode(raw).decode() == text else b""
