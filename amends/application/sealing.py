"""Canonical JSON of events and the hash chain over it (DESIGN §5).

Canonical means: keys sorted, no spaces, and integers that a double cannot hold (above 2^53) as strings, so that any
JSON reader sees what was sealed. `chain` of an event is SHA-256 over the chain before it and its own bytes.
"""

import re
from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from typing import Annotated, Any, Union

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from amends.application.ports import Envelope, SealedFact, Unstorable
from amends.domain.events import CaseOpened, Event, Fact
from amends.domain.time import Instant

GENESIS = bytes(32)
"""The chain before the first event."""

_AnyEvent: Any = Union[tuple(Event.__subclasses__())]  # noqa: UP007 (made from the list of events)


class _StoredFact(Struct, frozen=True, omit_defaults=True):
    """`Fact` with its closed set of events, as it is read back."""

    case_id: int
    seq: Annotated[int, Meta(ge=1)]
    at: Instant
    by: str
    event: _AnyEvent


class _Record(Struct, frozen=True):
    """`Fact` as it is sealed; a case's number is always long, so it is made text without looking for it."""

    at: Instant
    by: str
    case_id: str
    event: Any
    seq: int


class _SealedForm(Struct):
    """`Fact` as it is sealed: `case_id` is long in every event, so it is text."""

    at: Instant
    by: str
    case_id: str
    event: Any
    seq: int


_encoder = msgspec.json.Encoder(order="sorted")
_decoder = msgspec.json.Decoder(_StoredFact, strict=False)
_EXACT = 2**53
_LONG_NUMBER = re.compile(rb"[:\[,]-?\d{16}")
_LONG_FIELD = re.compile(rb'":-?\d{16}')
"""Four times as fast, for events: they hold no bare lists of numbers."""

_BACKSLASH = ord("\\")
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def canonical(value: Any) -> bytes:
    """Sorted JSON of a value. Raises Unstorable for text that cannot be kept."""
    encoded = _encode(value)
    if _LONG_NUMBER.search(encoded):
        return _encoder.encode(_long_numbers_as_text(msgspec.to_builtins(value)))
    return encoded


def _encode(value: Any) -> bytes:
    try:
        encoded = _encoder.encode(value)
    except UnicodeEncodeError as fault:
        raise Unstorable("the text holds a lone surrogate") from fault
    if _BACKSLASH in encoded and _NUL.search(encoded):
        raise Unstorable("the text holds a NUL")
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
        payload = payload_of(fact)
        chain = sha256(chain + payload).digest()
        sealed.append(SealedFact(fact, payload, chain))
    return sealed


def payload_of(fact: Fact) -> bytes:
    """The bytes of a fact that the chain runs over."""
    event: Any = fact.event
    if isinstance(event, CaseOpened):
        event = replace(event, case_id=str(event.case_id))
    encoded = _encode(_SealedForm(fact.at, fact.by, str(fact.case_id), event, fact.seq))
    if holds_numbers(event.__class__) and _LONG_FIELD.search(encoded):
        event = _long_numbers_as_text(msgspec.to_builtins(event))
        return _encode(_SealedForm(fact.at, fact.by, str(fact.case_id), event, fact.seq))
    return encoded


@cache
def holds_numbers(kind: Any) -> bool:
    """Whether a value of this type may hold an integer, in whatever depth. Most events and commands hold none."""
    return _holds_numbers(msgspec.inspect.type_info(kind))


def _holds_numbers(info: Any) -> bool:
    match info:
        case msgspec.inspect.IntType():
            return True
        case msgspec.inspect.StructType(fields=fields):
            return any(_holds_numbers(field.type) for field in fields)
        case msgspec.inspect.UnionType(types=parts) | msgspec.inspect.TupleType(item_types=parts):
            return any(map(_holds_numbers, parts))
        case msgspec.inspect.VarTupleType(item_type=part) | msgspec.inspect.ListType(item_type=part):
            return _holds_numbers(part)
        case msgspec.inspect.DictType(key_type=key, value_type=value):
            return _holds_numbers(key) or _holds_numbers(value)
    return False


def unseal(payload: bytes) -> Fact:
    """The fact that was sealed."""
    stored = _decoder.decode(payload)
    return Fact(stored.case_id, stored.seq, stored.at, stored.by, stored.event)


def follows(chain: bytes, payload: bytes, claimed: bytes) -> bool:
    """Whether `claimed` is what sealing `payload` onto `chain` gives."""
    return sha256(chain + payload).digest() == claimed


def input_hash(envelope: Envelope) -> bytes:
    """What was asked, for telling a repeated command from another one under the same key. Raises Unstorable."""
    command = envelope.command
    about = (str(envelope.merchant_id), str(envelope.case_id), envelope.order_no)
    asked = (about, envelope.actor.name, envelope.key, command)
    return sha256(canonical(asked) if holds_numbers(type(command)) else _encode(asked)).digest()
