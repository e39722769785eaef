"""Chats from elsewhere: what is shown is written anew, message by message, in the order of time.

Every name may stand once: what two readers of the file could take for two different chats is refused.
"""

import json
import re
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

import msgspec

from amends.adapters.files.looking import chat_tables
from amends.adapters.files.looking.limits import Made, NotTaken, at_most
from amends.adapters.files.looking.signs import visible
from amends.application.transcripts import LONGEST_AUTHOR, Line, Transcript

_LONGEST_SOURCE = 60
_PLACE = re.compile(r" - at `\$?\.?(.*)`$")


def look(file: Path, reader: str, limits: dict[str, int], zone: str) -> tuple[dict[str, Any], list[Made]]:
    """`zone` is that of times which do not name theirs. Raises NotTaken."""
    if reader == "csv":
        lines, facts = chat_tables.read(file.read_bytes(), ZoneInfo(zone), limits)
        source = chat_tables.SOURCE
    else:
        source, lines = _of_json(file.read_bytes(), limits)
        facts = {}
    lines.sort(key=lambda line: line.at)
    shown = file.parent / "display"
    shown.write_bytes(msgspec.json.encode(Transcript(source, tuple(lines))))
    facts |= {"messages": len(lines), "first_at": _iso(lines[0]), "last_at": _iso(lines[-1])}
    return facts, [Made("display", "application/json", shown.stat().st_size)]


def _of_json(content: bytes, limits: dict[str, int]) -> tuple[str, list[Line]]:
    told = _read(content)
    at_most("transcript_too_long", len(told.messages), limits["transcript_messages"])
    if not told.messages:
        _refuse("messages", "empty")
    source = _plain(told.source, "source", _LONGEST_SOURCE)
    if not source:
        _refuse("source", "empty")
    return source, [
        _line(line, f"messages[{place}]", limits["transcript_characters"]) for place, line in enumerate(told.messages)
    ]


def _read(content: bytes) -> Transcript:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise NotTaken("transcript_invalid", place=f"byte {fault.start}", why="not UTF-8") from fault
    try:
        plain = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except json.JSONDecodeError as fault:
        raise NotTaken("transcript_invalid", place=f"line {fault.lineno}", why=fault.msg) from fault
    except (RecursionError, ValueError) as fault:
        raise NotTaken("transcript_invalid", place="JSON", why=type(fault).__name__) from fault
    try:
        return msgspec.convert(plain, Transcript)
    except msgspec.ValidationError as fault:
        said = str(fault)
        found = _PLACE.search(said)
        place = found[1] if found and found[1] else "JSON"
        raise NotTaken("transcript_invalid", place=place, why=_PLACE.sub("", said)) from fault


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        _refuse("JSON", "a name stands twice")
    return found


def _no_number(name: str) -> NoReturn:
    _refuse("JSON", name)


def _refuse(place: str, why: str) -> NoReturn:
    raise NotTaken("transcript_invalid", place=place, why=why)


def _line(line: Line, place: str, longest: int) -> Line:
    text = _plain(line.text, f"{place}.text", longest, lines=True)
    if not text:
        _refuse(f"{place}.text", "empty")
    return Line(line.at, line.side, text, _plain(line.author, f"{place}.author", LONGEST_AUTHOR))


def _plain(text: str, place: str, longest: int, *, lines: bool = False) -> str:
    """Without signs that nobody sees. Raises NotTaken."""
    if len(text) > longest:
        _refuse(place, f"more than {longest} characters")
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        _refuse(place, "half a character")
    return visible(text, lines=lines)


def _iso(line: Line) -> str:
    return line.at.isoformat()
