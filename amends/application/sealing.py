"""Canonical JSON of events and the hash chain over it (DESIGN §5).

Canonical means: keys sorted, no spaces, and integers that a double cannot hold (above 2^53) as strings, so that any
JSON reader sees what was sealed. An event is stored as it can be read, with a salt for everything private in it (its
payload). From that follows its line, in which the private is covered by salted hashes (`amends.proof.record`); the
chain runs over the lines. Erasing means storing the hash in place of a text and its salt: the chain holds, and nobody
can tell any more what was there.
"""

import os
import re
from collections.abc import Iterable
from functools import cache, lru_cache
from hashlib import sha256
from typing import Annotated, Any, NamedTuple, Union, get_args, get_type_hints

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from amends.application.ports import Envelope, SealedFact, Unstorable
from amends.application.privacy import BUYER, CHECKED, KEPT, STAFF, covered, has_private
from amends.domain.events import CaseOpened, Event, Fact
from amends.domain.time import Instant
from amends.domain.words import Side
from amends.proof.record import GENESIS, chained, commitment, covered_hash, line_hash, value_at
from amends.wording.erased import ERASED

__all__ = ["GENESIS", "canonical", "disclosures", "erased", "follows", "input_hash", "line_of", "payload_of", "seal",
           "unseal"]  # fmt: skip

_AnyEvent: Any = Union[tuple(Event.__subclasses__())]  # noqa: UP007 (made from the list of events)


class _StoredFact(Struct, frozen=True, omit_defaults=True):
    """`Fact` with its closed set of events, as it is read back."""

    case_id: int
    seq: Annotated[int, Meta(ge=1)]
    at: Instant
    by: str
    event: _AnyEvent


class Disclosure(NamedTuple):
    """A private value with its place, and the bytes that prove it (`amends.proof.record`)."""

    pointer: str
    value: Any
    line: bytes


_encoder = msgspec.json.Encoder(order="sorted")
_decoder = msgspec.json.Decoder(_StoredFact, strict=False)
_LONG_NUMBER = re.compile(rb"[:\[,]-?\d{16}")
_LONG_FIELD = re.compile(rb'":-?\d{16}')
"""Four times as fast, for events: no event has a bare list of numbers."""

_EXACT = 2**53
_BACKSLASH = ord("\\")
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_SALT_BYTES = 16


def canonical(value: Any) -> bytes:
    """Sorted JSON of a value. Raises Unstorable for text that cannot be kept."""
    return _with_exact_numbers(_encoded(value), value)


def _encoded(value: Any) -> bytes:
    try:
        encoded = _encoder.encode(value)
    except UnicodeEncodeError as fault:
        raise Unstorable("the text holds a lone surrogate") from fault
    if _BACKSLASH in encoded and _NUL.search(encoded):
        raise Unstorable("the text holds a NUL")
    return encoded


def _with_exact_numbers(encoded: bytes, value: Any) -> bytes:
    if isinstance(value, int) or _LONG_NUMBER.search(encoded):
        return _encoder.encode(_long_numbers_as_text(msgspec.to_builtins(value)))
    return encoded


def _long_numbers_as_text(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _long_numbers_as_text(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_long_numbers_as_text(item) for item in value]
    if isinstance(value, int) and not -_EXACT <= value <= _EXACT:
        return str(value)
    return value


def seal(facts: Iterable[Fact], chain: bytes) -> list[SealedFact]:
    """Facts of one case, in order, sealed onto the chain before them."""
    sealed = []
    for fact in facts:
        payload, line = _written(fact)
        chain = chained(chain, line_hash(line))
        sealed.append(SealedFact(fact, payload, chain))
    return sealed


def payload_of(fact: Fact) -> bytes:
    """The fact as it is stored, under new salts."""
    return _written(fact)[0]


def _written(fact: Fact) -> tuple[bytes, bytes]:
    """Payload and line; where nothing is private they are the same.

    Put together by hand, key by key in their order: every event passes here, most of them twice the same.
    """
    at, seq, case_id, event = _encoder.encode(fact.at), fact.seq, fact.case_id, fact.event
    author, salt = _author(fact.by), _new_salt()
    written = closed = _event(event)
    salts: list[bytes] = []

    def cover(pointer: str, value: Any) -> dict[str, str]:
        new = _new_salt()
        salts.append(b'"%s":"%s"' % (pointer.encode(), new))
        return commitment(_disclosed(seq, pointer, new, value))

    if has_private(event.__class__):
        closed = _event(covered(event, "/event", cover))
    if author.place == STAFF:
        line = b'{"at":%s,"by":%s,"case_id":"%d","event":%s,"salt":"%s","seq":%d,"staff":%s}' % (
            at, author.party, case_id, closed, salt, seq, _encoder.encode(cover(STAFF, author.person)),
        )  # fmt: skip
    elif author.place == BUYER:
        line = b'{"at":%s,"buyer":%s,"by":%s,"case_id":"%d","event":%s,"salt":"%s","seq":%d}' % (
            at, _encoder.encode(cover(BUYER, author.person)), author.party, case_id, closed, salt, seq,
        )  # fmt: skip
    else:
        line = b'{"at":%s,"by":%s,"case_id":"%d","event":%s,"salt":"%s","seq":%d}' % (
            at, author.by, case_id, closed, salt, seq,
        )  # fmt: skip
        if not salts:
            return line, line
    salts.sort()
    payload = b'{"at":%s,"by":%s,"case_id":"%d","event":%s,"salt":"%s","salts":{%s},"seq":%d}' % (
        at, author.by, case_id, written, salt, b",".join(salts), seq,
    )  # fmt: skip
    return payload, line


def _event(event: Any) -> bytes:
    if isinstance(event, CaseOpened):
        event = replace(event, case_id=str(event.case_id))  # the one number that is always long
    encoded = _encoded(event)
    if _has_numbers(event.__class__) and _LONG_FIELD.search(encoded):
        return _encoder.encode(_long_numbers_as_text(msgspec.to_builtins(event)))
    return encoded


@cache
def _has_numbers(kind: Any) -> bool:
    """Whether a value of that type may hold an integer: looking for long ones costs more than all the rest."""
    if isinstance(kind, type) and issubclass(kind, Struct):
        return any(map(_has_numbers, get_type_hints(kind).values()))
    return kind is int or kind is Any or any(map(_has_numbers, get_args(kind)))


_salts: list[bytes] = []
"""Drawn in advance: asking the system for each costs more than hashing what it is for."""

os.register_at_fork(after_in_child=_salts.clear)


def _new_salt() -> bytes:
    """Hex of 16 random bytes, never given twice."""
    try:
        return _salts.pop()
    except IndexError:
        drawn = os.urandom(_SALT_BYTES * 256).hex().encode()
        _salts.extend(drawn[place : place + 2 * _SALT_BYTES] for place in range(0, len(drawn), 2 * _SALT_BYTES))
        return _salts.pop()


class _Author(NamedTuple):
    """Who did it as JSON, the same without the person as JSON, the person, and the place that covers the person."""

    by: bytes
    party: bytes
    person: str
    place: str


@lru_cache(maxsize=4096)
def _author(by: str) -> _Author:
    party, person = _parts(by)
    place = "" if not person else BUYER if party == Side.BUYER else STAFF
    return _Author(_encoded(by), _encoded(party), person, place)


def _parts(by: str) -> tuple[str, str]:
    """The party that acts and the person behind it: `merchant/1001`, `li`."""
    side, _, rest = by.partition("/")
    if side == Side.MERCHANT:
        merchant_id, _, staff = rest.partition("/")
        return f"{side}/{merchant_id}", staff
    return side, rest


def _disclosed(seq: int, pointer: str, salt: bytes, value: Any) -> bytes:
    told = _encoded(value) if isinstance(value, str) else canonical(value)
    return b'[%d,"%s","%s",%s]' % (seq, pointer.encode(), salt, told)


def line_of(payload: bytes) -> bytes:
    """The line that the chain runs over. Raises ValueError for what was not written by `seal`."""
    return _opened(payload)[0]


def disclosures(payload: bytes) -> list[Disclosure]:
    """Everything private in an event, with its proof; nothing after it was erased. Raises ValueError."""
    return _opened(payload)[1]


def erased(payload: bytes) -> bytes:
    """The payload without the words of persons, for good. Raises ValueError for what was not written by `seal`."""
    line, found = _opened(payload)
    document = msgspec.json.decode(line)
    salts = {}
    for disclosure in found:
        if disclosure.pointer in KEPT:
            _put(document, disclosure.pointer, disclosure.value)
            salts[disclosure.pointer] = msgspec.json.decode(disclosure.line)[2]
    return _encoder.encode(document | {"salts": salts} if salts else document)


def _opened(payload: bytes) -> tuple[bytes, list[Disclosure]]:
    """By what the payload says is private, not by what would be private today."""
    document = msgspec.json.decode(payload)
    if _encoder.encode(document) != payload:
        raise ValueError("the payload is not canonical")
    found = []
    for pointer, salt in document.pop("salts", {}).items():
        value = _taken(document, pointer)
        line = _disclosed(document["seq"], pointer, salt.encode(), value)
        found.append(Disclosure(pointer, value, line))
        _put(document, pointer, commitment(line))
    return _encoder.encode(document), found


def _taken(document: Any, pointer: str) -> Any:
    """The open value at a place; None where the payload leaves it out."""
    if pointer in (STAFF, BUYER):
        document["by"], person = _parts(document["by"])
        return person
    way, _, name = pointer.rpartition("/")
    return value_at(document, way).get(name)


def _put(document: Any, pointer: str, value: Any) -> None:
    """Put an open or a covered value in its place; staff that is told is part of `by` again."""
    way, _, name = pointer.rpartition("/")
    if pointer == STAFF and isinstance(value, str):
        document["by"] += f"/{value}"
        del document["staff"]
    elif value is None:
        del value_at(document, way)[name]
    else:
        value_at(document, way)[name] = value


def unseal(payload: bytes) -> Fact:
    """The fact that was sealed; of one that was erased, what is left of it."""
    try:
        stored = _decoder.decode(payload)
    except msgspec.ValidationError:
        stored = _decoder.decode(_encoder.encode(_readable(msgspec.json.decode(payload))))
    return Fact(stored.case_id, stored.seq, stored.at, stored.by, stored.event)


def _readable(value: Any) -> Any:
    """With a mark in place of what was erased."""
    if covered_hash(value) is not None:
        return ERASED
    if isinstance(value, dict):
        return {key: _readable(item) for key, item in value.items() if key not in CHECKED or covered_hash(item) is None}
    return [_readable(item) for item in value] if isinstance(value, list) else value


def follows(chain: bytes, payload: bytes, claimed: bytes) -> bool:
    """Whether `claimed` is what sealing `payload` onto `chain` gives."""
    try:
        return chained(chain, line_hash(line_of(payload))) == claimed
    except (ValueError, LookupError, TypeError):
        return False


def input_hash(envelope: Envelope) -> bytes:
    """What was asked, for telling a repeated command from another one under the same key. Raises Unstorable."""
    about = (str(envelope.merchant_id), str(envelope.case_id), envelope.order_no)
    return sha256(canonical((about, envelope.actor.name, envelope.key, envelope.command))).digest()
