"""The record of a case as outsiders check it: a chain of hashes over its lines, with places that can stay covered.

A line is one event as JSON. In place of a private value it has `{"covered": …}`, the hash of that value's disclosure:
the bytes of a JSON array of the event's number, the place as a JSON pointer, a random salt and the value. So a value
can be shown, or kept back, or erased for good, and the chain over the lines stays what it was. Each line carries a salt
of its own too, so that a whole line can be replaced by its hash without anybody guessing what it says.
"""

from hashlib import sha256
from typing import Any

GENESIS = bytes(32)
"""The chain before the first event."""

COVERED = "covered"
"""The one key of the object that stands in place of a private value, or of a whole line."""


def line_hash(line: bytes) -> bytes:
    """What the chain runs over."""
    return sha256(line).digest()


def chained(chain: bytes, hashed_line: bytes) -> bytes:
    """The chain with one more line."""
    return sha256(chain + hashed_line).digest()


def commitment(disclosure: bytes) -> dict[str, str]:
    """What stands in the line in place of the value that the disclosure tells."""
    return {COVERED: sha256(disclosure).hexdigest()}


def covered_hash(value: Any) -> str | None:
    """The hash that stands in place of a value; None where the value itself does."""
    if not isinstance(value, dict) or value.keys() != {COVERED}:
        return None
    hashed = value[COVERED]
    return hashed if isinstance(hashed, str) else None


def value_at(document: Any, pointer: str) -> Any:
    """What stands at a JSON pointer. Raises LookupError where the document has no such place.

    No key of the record holds a slash or a tilde, so none is escaped.
    """
    for part in pointer.split("/")[1:]:
        if isinstance(document, dict):
            document = document[part]
        elif isinstance(document, list) and part.isdecimal():
            document = document[int(part)]
        else:
            raise LookupError(pointer)
    return document


def case_entry(case: str, seq: int, chain: bytes) -> bytes:
    """What the ledger has of a case: its public id and the chain after its event `seq`."""
    return b'{"case":"%s","chain":"%s","seq":%d}' % (case.encode(), chain.hex().encode(), seq)


def file_entry(sha256_hex: str) -> bytes:
    """What the ledger has of a file: nothing but its hash."""
    return b'{"file":"%s"}' % sha256_hex.encode()
