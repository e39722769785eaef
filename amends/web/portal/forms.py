"""A form becomes a command: names say where a value belongs, an ending how it is written.

    text                     a field
    points.0.text            inside a list or a struct
    evidence                 given several times: a list
    amount:money             15.00 in the currency's main unit, 1500 in the command
    until:local              2026-11-24T10:00 on the reader's clock, an instant in the command

What was left empty is not sent.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from babel.numbers import get_currency_precision
from litestar.datastructures import FormMultiDict
from msgspec import Struct

from amends.application.ports import Answer, CaseKey, Envelope
from amends.domain import commands as k
from amends.domain.refusals import Code, refuse
from amends.web.answers import refused
from amends.web.files import hold_files
from amends.web.portal.visit import Visit
from amends.web.problems import Problem, Refused
from amends.wording.actions import action_words

C = TypeVar("C", bound=Struct)

VERBS: Mapping[str, type[k.Command]] = {k.verb(kind): kind for kind in k.CASE_COMMANDS}

_OURS = frozenset({"form_token", "key", "version"})
"""Fields of the form itself."""

_LONGEST_MESSAGE = 2_000

_AMOUNT = re.compile(r"-?[0-9]{1,12}([.][0-9]{1,4})?")
_MOST_FIELDS = 500
_MOST_IN_A_LIST = 100


async def send(here: Visit, key: CaseKey, verb: str, *, currency: str = "CNY") -> Answer:
    """Send what the form says as a command about a case. Raises Refused, Problem, Failed, Unavailable."""
    kind = VERBS.get(verb)
    if kind is None:
        raise Problem("unknown_command")
    if not here.caller.may_reach(key.merchant_id):
        raise Refused(refuse(Code.NOT_YOURS), key.merchant_id)
    command = filled(here, kind, currency=currency)
    return await submit(here, Envelope(here.actor, key.merchant_id, command, case_id=key.case_id))


async def submit(here: Visit, envelope: Envelope) -> Answer:
    """Send a command with the form's idempotency key and version. Raises as `send`."""
    version = str(here.form.get("version", ""))
    envelope = msgspec.structs.replace(
        envelope,
        key=str(here.form.get("key", ""))[:100] or None,
        expected_version=int(version) if version.isascii() and version.isdigit() and len(version) < 10 else None,
    )
    await hold_files(here.desk, here.caller, envelope)
    answer = await here.desk.lanes.submit(envelope)
    if answer.refusal is not None:
        raise await refused(here.desk, here.caller, answer)
    return answer


def done(here: Visit, verb: str) -> str:
    """What is told when a command was carried out; a message speaks for itself."""
    return "" if verb == "send-message" else action_words(verb, here.language).done


def filled(here: Visit, kind: type[C], *, currency: str = "CNY", **more: Any) -> C:
    """The form as a value of `kind`; `more` are fields that the page knows by itself. Raises Problem, Refused."""
    if here.form_fault is not None:
        raise here.form_fault
    try:
        values = nested(here.form, currency=currency, zone=here.reader().zone)
        return msgspec.convert(values | more, kind, strict=False)
    except (msgspec.ValidationError, ValueError, OverflowError) as fault:
        raise Problem("invalid_body", faults=[{"path": "$", "problem": str(fault)}]) from fault


def nested(form: Mapping[str, Any], *, currency: str, zone: ZoneInfo) -> dict[str, Any]:
    """The form's fields as they stand inside each other. Raises ValueError."""
    found: dict[str, Any] = {}
    pairs = form.multi_items() if isinstance(form, FormMultiDict) else form.items()
    for number, (name, value) in enumerate(pairs):
        if number >= _MOST_FIELDS:
            raise ValueError("too many fields")
        path, _, ending = name.partition(":")
        if name in _OURS or not isinstance(value, str) or not value.strip():
            continue
        if "\0" in value:
            raise ValueError("a text cannot hold NUL characters")
        _put(found, path.split("."), _read(value.strip(), ending, currency, zone))
    _drop_empty_evidence(found)
    return {name: _lists(value) for name, value in found.items()}


def _drop_empty_evidence(found: dict[str, Any]) -> None:
    """A kind alone, with neither a file nor a word on what it shows, is no evidence."""
    rows = found.get("evidence")
    if isinstance(rows, dict):
        for number in [number for number, row in rows.items() if isinstance(row, dict) and row.keys() <= {"kind"}]:
            del rows[number]


def _read(value: str, ending: str, currency: str, zone: ZoneInfo) -> Any:
    match ending:
        case "money":
            figures = value.replace(",", "").removeprefix("¥")
            if not _AMOUNT.fullmatch(figures):
                raise ValueError("this is not an amount")
            exact = Decimal(figures).scaleb(get_currency_precision(currency))
            if exact != exact.to_integral_value():
                raise ValueError("an amount has too many decimals")
            return int(exact)
        case "local":
            return datetime.fromisoformat(value).replace(tzinfo=zone).astimezone(UTC)
    # Browsers send CR LF for every new line of a text.
    return value.replace("\r\n", "\n")


def message(here: Visit) -> str:
    """What stands in the field `text`; may be empty. Raises Problem for what no conversation keeps."""
    text = str(here.form.get("text", "")).replace("\r\n", "\n").strip()
    if len(text) > _LONGEST_MESSAGE or "\0" in text:
        raise Problem("invalid_text")
    return text


def _put(into: dict[str, Any], path: list[str], value: Any) -> None:
    *folders, last = path
    for folder in folders:
        into = into.setdefault(folder, {})
        if not isinstance(into, dict):
            raise ValueError("a field stands inside another")  # noqa: TRY004 - what a stranger sent, not a wrong call
    if last not in into:
        into[last] = value
    elif isinstance(into[last], dict):
        raise ValueError("a field stands inside another")
    elif isinstance(into[last], list):
        into[last].append(value)
    else:
        into[last] = [into[last], value]


def _lists(value: Any) -> Any:
    """Folders whose names are numbers are lists; holes close up, as rows left empty were not sent."""
    if not isinstance(value, dict):
        return value
    if value and all(name.isascii() and name.isdigit() for name in value):
        if len(value) > _MOST_IN_A_LIST:
            raise ValueError("a list is too long")
        return [_lists(value[name]) for name in sorted(value, key=int)]
    return {name: _lists(one) for name, one in value.items()}
