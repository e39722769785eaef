"""JSON in and out: bodies and queries become typed values or a problem that names every fault."""

import re
from collections.abc import Hashable, Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin
from urllib.parse import parse_qsl, unquote

import msgspec
from litestar.types import Receive
from msgspec import Struct

from amends.web.problems import Problem

T = TypeVar("T")

LARGEST_BODY = 1 << 20
LARGEST_BATCH_BODY = 32 << 20
LARGEST_UPLOAD = 1 << 30
"""Above what any policy lets through: each stops far below, by its own figure and with words."""

encode = msgspec.json.Encoder().encode

_MOST_FAULTS = 50
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST = datetime(2100, 1, 1, tzinfo=UTC)
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_LONE_SURROGATE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F]"
)


class ClientGone(Exception):
    """The sender left before the body was complete."""


async def read_body(receive: Receive, limit: int = LARGEST_BODY) -> bytes:
    """The whole body. Raises Problem `body_too_large`, ClientGone."""
    parts: list[bytes] = []
    size = 0
    while True:
        message: Any = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise Problem("body_too_large", limit_bytes=limit)
        if not message.get("more_body", False):
            return b"".join((*parts, part)) if parts else part
        parts.append(part)


@cache
def _decoder(kind: Hashable) -> "msgspec.json.Decoder[Any]":
    return msgspec.json.Decoder(kind)


def decode(body: bytes, kind: type[T], *, in_parts: bool = False) -> T:
    """The body as a value of `kind`; `in_parts` leaves its texts to the decoding of each part.

    Raises Problem with every fault.
    """
    if not in_parts and b"\\u0000" in body and _NUL.search(body):
        raise Problem("invalid_text")
    try:
        value: T = _decoder(kind).decode(body)
    except msgspec.ValidationError as fault:
        raise _faults(body, kind, fault) from fault
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise Problem("invalid_text" if _LONE_SURROGATE.search(body) else "not_json") from fault
    if holds_instants(kind):
        check_instants(value)
    return value


def query_of(query_string: bytes, kind: type[T]) -> T:
    """The query as a value of `kind`; a parameter given several times is a list. Raises Problem."""
    values: dict[str, Any] = {}
    try:
        pairs = parse_qsl(query_string.decode(), keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError as fault:
        raise Problem("invalid_text") from fault
    lists = {field.encode_name for field in _fields(kind) if _is_list(field.type)}
    for name, value in pairs:
        if "\0" in name or "\0" in value:
            raise Problem("invalid_text")
        if name in lists:
            values.setdefault(name, []).extend(part for part in value.split(",") if part)
        elif name in values:
            raise Problem("invalid_query", faults=[_fault(f"$.{name}", "is given more than once")])
        else:
            values[name] = value
    try:
        found = msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as fault:
        faults = _field_faults(values, kind, strict=False) or [_split(fault)]
        raise Problem("invalid_query", faults=faults) from fault
    if holds_instants(kind):
        check_instants(found)
    return found


def path_text(value: str) -> str:
    """A path segment as it was meant. Raises Problem."""
    try:
        text = unquote(value, errors="strict")
    except UnicodeDecodeError as fault:
        raise Problem("invalid_text") from fault
    if "\0" in text:
        raise Problem("invalid_text")
    return text


@cache
def holds_instants(kind: Hashable) -> bool:
    """Whether a value of this type may carry an instant, in whatever depth."""
    if kind is datetime:
        return True
    if isinstance(kind, type) and issubclass(kind, Struct):
        return any(holds_instants(field.type) for field in msgspec.structs.fields(kind))
    return any(holds_instants(part) for part in get_args(kind) if isinstance(part, type) or get_args(part))


def check_instants(value: Any) -> None:
    """Instants near the ends of the calendar overflow as soon as somebody adds an hour. Raises Problem."""
    if isinstance(value, datetime):
        if not _EARLIEST <= value < _LATEST:
            raise Problem("time_out_of_range")
    elif isinstance(value, Struct):
        for name in value.__struct_fields__:
            check_instants(getattr(value, name))
    elif isinstance(value, list | tuple):
        for item in value:
            check_instants(item)


def _faults(body: bytes, kind: Any, first: msgspec.ValidationError) -> Problem:
    try:
        raw = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Problem("not_json")
    faults = _field_faults(raw, kind, strict=True) or [_split(first)]
    problems = [fault["problem"] for fault in faults]
    if all("time zone" in problem for problem in problems):
        return Problem("time_without_zone", faults=faults)
    if all("unknown field" in problem for problem in problems):
        return Problem("unknown_field", faults=faults)
    return Problem("invalid_body", faults=faults)


def _field_faults(raw: Any, kind: Any, *, strict: bool, place: str = "$") -> list[dict[str, str]]:
    """One fault for each field that does not fit, where msgspec stops at the first of all."""
    kinds = [part for part in (kind, *get_args(kind)) if part is not NoneType]
    faults: list[dict[str, str]] = []
    if isinstance(raw, list):
        element = next((get_args(part)[0] for part in kinds if get_origin(part) is list), None)
        for number, item in enumerate(raw):
            if len(faults) < _MOST_FAULTS:
                faults += _field_faults(item, element, strict=strict, place=f"{place}[{number}]")
        return faults
    struct = next((part for part in kinds if isinstance(part, type) and issubclass(part, Struct)), None)
    if struct is None or not isinstance(raw, Mapping):
        return []
    fields = {field.encode_name: field for field in _fields(struct)}
    tag = struct.__struct_config__.tag_field
    faults += [_fault(f"{place}.{name}", "unknown field") for name in raw if name not in fields and name != tag]
    for name, field in fields.items():
        if name not in raw:
            faults += [_fault(f"{place}.{name}", "missing")] if field.required else []
            continue
        if _is_raw(field.type):
            continue  # decoded later, part by part
        try:
            msgspec.convert(raw[name], field.type, strict=strict)
        except msgspec.ValidationError as fault:
            inside = _split(fault)
            faults.append(_fault(f"{place}.{name}" + inside["path"].removeprefix("$"), inside["problem"]))
    return faults[:_MOST_FAULTS]


def _fields(kind: Any) -> Iterable[msgspec.structs.FieldInfo]:
    return msgspec.structs.fields(kind)


def _is_raw(kind: Any) -> bool:
    return kind is msgspec.Raw or any(_is_raw(part) for part in get_args(kind))


def _is_list(kind: Any) -> bool:
    return get_origin(kind) in (list, tuple) or any(_is_list(part) for part in get_args(kind))


def _split(fault: msgspec.ValidationError) -> dict[str, str]:
    problem, _, place = str(fault).partition(" - at `")
    return _fault(place.rstrip("`") or "$", problem)


def _fault(place: str, problem: str) -> dict[str, str]:
    return {"path": place, "problem": _plain(problem)}


def _plain(problem: str) -> str:
    return problem.replace("`datetime` with a timezone component", "an instant with its time zone").replace("`", "")
