"""Chats as shops' systems export them: a CSV whose first line names its columns.

A CSV says neither its encoding nor what separates its cells, and its times mostly lack their zone. Nothing of that is
guessed from how often something occurs: encoding and separator are those under which the first line names the columns
of a chat, and a time without a zone is one of the policy's zone. Where a row leaves open who spoke, or when, the file
is refused as a whole with the numbers of its lines.
"""

import csv
import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from io import StringIO
from typing import Any, Literal, NamedTuple, NoReturn
from zoneinfo import ZoneInfo

from amends.adapters.files.looking.limits import NotTaken, at_most
from amends.adapters.files.looking.signs import visible
from amends.application.transcripts import LONGEST_AUTHOR, Line, RowFault, Voice

SOURCE = "CSV"
"""Such a file does not say where its chat was."""

FAULTS_NAMED = 20
"""So many bad lines are told one by one, the others by their count."""

_MOST_COLUMNS = 64
_LONGEST_HEADER = 4096
_BESIDES_TEXT = 2000
"""Characters that the other cells of a row may have together."""

_LONGEST_SENDER = 200
_LONGEST_TIME = 60
_SHOWN_OF_CELL = 40
_MOST_ORDERS = 20
_YEARS = range(2000, 2101)

Column = Literal["time", "sender", "role", "text", "order"]

_NAMES: dict[Column, str] = {
    "time": "time at datetime timestamp sent_at sent_time send_time created_at create_time message_time "
    "时间 发送时间 消息时间 聊天时间 会话时间 日期时间",
    "sender": "sender author from speaker nickname sender_name 发送方 发送人 发送者 发言人 发言方 发信人 说话人 昵称 "
    "发送人昵称 发送方昵称",
    "role": "role side sender_type sender_role 角色 身份 发送方类型 发送人类型 发送者类型 发送方身份 发送方角色",
    "text": "text content message msg body message_content 内容 消息 消息内容 聊天内容 发送内容 正文 文本",
    "order": "order order_no order_number order_id 订单 订单号 订单编号 订单号码",
}
_WORDS: dict[Voice, str] = {
    Voice.BUYER: "buyer customer consumer 买家 买方 顾客 客户 消费者 用户",
    Voice.MERCHANT: "merchant seller shop store 卖家 卖方 商家 商户 店铺 店家 商家客服 店铺客服 卖家客服",
    Voice.SERVICE: "service platform marketplace 平台 平台客服 官方客服",
    Voice.SYSTEM: "system 系统 系统消息 系统通知",
}
"""客服 alone is not among them: it may be the shop's or the platform's, and who spoke is what the chat is about."""


def _alike(word: str) -> str:
    """As names are compared: width, case, spaces and joining signs do not count."""
    return re.sub(r"[\s_\-]", "", unicodedata.normalize("NFKC", visible(word)).casefold())


_COLUMNS: dict[str, Column] = {_alike(word): column for column, words in _NAMES.items() for word in words.split()}
_VOICES = {_alike(word): voice for voice, words in _WORDS.items() for word in words.split()}

_NAME_BEHIND = re.compile(r"\s*(.+?)\s*[:：/|·(（]\s*(.+?)\s*[)）]?\s*")
"""商家：小李, buyer (Anna)"""

_TIME = re.compile(
    r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?[T\s]*\s*"
    r"([0-9]{1,2})[:：时]([0-9]{1,2})(?:[:：分]([0-9]{1,2})(?:[.,]([0-9]{1,6})[0-9]*)?秒?)?分?\s*"
    r"(Z|[+-][0-9]{2}:?[0-9]{2})?",
    re.IGNORECASE,
)
_QUOTED_NUMBER = re.compile(r'(?:="?|\')?([^"\']*)"?')
"""How exports keep a spreadsheet from rounding a long number: ="2026…", '2026…"""


class Table(NamedTuple):
    """What a chat in a CSV says; `facts` tell how it was read."""

    messages: list[Line]
    facts: dict[str, Any]


class _Header(NamedTuple):
    separator: str
    columns: dict[Column, int]
    width: int


class _Bad(Exception):
    """A row that cannot be read."""

    def __init__(self, why: str, found: str = "") -> None:
        self.why = why
        self.found = found
        super().__init__(why)


def is_headed(head: bytes) -> bool:
    """Whether a file that begins so names the columns of a chat."""
    for encoding in ("utf-8-sig", "gb18030"):
        first = re.split(rb"[\r\n]", head.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n"), maxsplit=1)[0]
        try:
            if isinstance(_header(first.decode(encoding)), _Header):
                return True
        except UnicodeDecodeError:
            continue
    return False


def is_text(head: bytes) -> bool:
    """Whether somebody who was asked for a chat may have meant this one."""
    return b"\0" not in head or head.startswith((b"\xff\xfe", b"\xfe\xff"))


def read(content: bytes, zone: ZoneInfo, limits: dict[str, int]) -> Table:
    """Raises NotTaken."""
    text, encoding = _decoded(content)
    header = _header(_first_line(text))
    if not isinstance(header, _Header):
        raise NotTaken("transcript_columns", found=_shown(_first_line(text), 200), missing=header)
    messages: list[Line] = []
    faults: list[RowFault] = []
    orders: set[str] = set()
    bad = without_zone = 0
    for number, cells in _rows(text, header, faults):
        at_most("transcript_too_long", len(messages) + bad + 1, limits["transcript_messages"])
        try:
            line, is_local = _line(cells, header, zone, limits["transcript_characters"])
        except _Bad as fault:
            bad += 1
            if len(faults) < FAULTS_NAMED:
                faults.append(RowFault(number, fault.why, _shown(fault.found)))
            continue
        messages.append(line)
        without_zone += is_local
        if order := _order(cells, header):
            orders.add(order)
    broken = len(faults) - min(bad, FAULTS_NAMED)
    if faults:
        named = faults[:FAULTS_NAMED]
        raise NotTaken("transcript_rows_invalid", lines=named, more=bad + broken - len(named))
    if not messages:
        raise NotTaken("transcript_columns", found=_shown(_first_line(text), 200), missing=["rows"])
    facts: dict[str, Any] = {"encoding": encoding}
    if without_zone:
        facts["read_in_zone"] = zone.key
    if orders:
        facts["orders"] = sorted(orders)[:_MOST_ORDERS]
    return Table(messages, facts)


def _decoded(content: bytes) -> tuple[str, str]:
    """UTF-8 where it is that; GB18030 where it is, and the file shows that it means to be. Raises NotTaken."""
    name = "UTF-8 BOM" if content.startswith(b"\xef\xbb\xbf") else "UTF-8"
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        if name == "UTF-8 BOM" or _is_damaged_utf8(content):
            _refuse_encoding(fault.start)
    else:
        if "\0" in text:
            _refuse_encoding(content.index(b"\0"))
        return text, name
    try:
        text = content.decode("gb18030")
    except UnicodeDecodeError as fault:
        _refuse_encoding(fault.start)
    if "\0" in text:
        _refuse_encoding(content.index(b"\0"))
    return text, "GB18030"


def _is_damaged_utf8(content: bytes) -> bool:
    """GB18030 reads most of any bytes, so a broken UTF-8 would come out as other words.

    A first line in Chinese that names the columns tells them apart; else, whichever of both more of the text is.
    """
    first = re.split(rb"[\r\n]", content.lstrip(b"\r\n"), maxsplit=1)[0]
    if not first.isascii():
        with suppress(UnicodeDecodeError):
            if isinstance(_header(first.decode("gb18030")), _Header):
                return False
    lenient = content.decode("utf-8", "replace")
    broken = lenient.count("\ufffd")
    return sum(not sign.isascii() for sign in lenient) - broken > broken


def _refuse_encoding(byte: int) -> NoReturn:
    raise NotTaken("transcript_encoding", byte=byte + 1)


def _first_line(text: str) -> str:
    return re.split(r"[\r\n]", text.lstrip("\r\n"), maxsplit=1)[0]


def _header(first: str) -> _Header | list[str]:
    """What the first line names under the separator that makes most of it; else the columns that are missing."""
    nearest: tuple[int, list[str]] = (-1, ["time", "sender", "text"])
    for separator in (",", ";", "\t"):
        if len(first) > _LONGEST_HEADER or separator not in first:
            continue
        try:
            (cells,) = csv.reader([first], delimiter=separator, strict=True)
        except (csv.Error, ValueError):
            continue
        found: dict[Column, int] = {}
        twice = []
        for place, cell in enumerate(cells[:_MOST_COLUMNS]):
            column = _COLUMNS.get(_alike(cell))
            if column in found:
                twice.append(f"{column} twice")
            elif column is not None:
                found[column] = place
        wrong = [name for name in ("time", "text") if name not in found]
        if not found.keys() & {"sender", "role"}:
            wrong.insert(len(wrong) - ("text" in wrong), "sender")
        wrong += twice
        if not wrong and len(cells) <= _MOST_COLUMNS:
            return _Header(separator, found, len(cells))
        nearest = max(nearest, (len(found), wrong or ["columns"]), key=lambda one: one[0])
    return nearest[1]


def _rows(text: str, header: _Header, faults: list[RowFault]) -> Iterator[tuple[int, list[str]]]:
    """Each row with the line on which it begins, without those that are empty; where a quote is open, no more come."""
    rows = csv.reader(StringIO(text, newline=""), delimiter=header.separator, strict=True)
    is_first = True
    while True:
        begins = rows.line_num + 1
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as fault:
            faults.append(RowFault(begins, "row_too_long" if "larger" in str(fault) else "quotes"))
            return
        if not any(cell.strip() for cell in cells):
            continue
        if is_first:
            is_first = False
            continue
        yield begins, cells


def _line(cells: list[str], header: _Header, zone: ZoneInfo, longest: int) -> tuple[Line, bool]:
    """A message, and whether its time had no zone. Raises _Bad."""
    while len(cells) > header.width and not cells[-1].strip():
        cells = cells[:-1]
    if len(cells) != header.width:
        raise _Bad("columns", f"{len(cells)} / {header.width}")
    of = {column: cells[place] for column, place in header.columns.items()}
    if len(of["text"]) > longest:
        raise _Bad("text_too_long", str(longest))
    if sum(len(cell) for cell in cells) > longest + _BESIDES_TEXT:
        raise _Bad("row_too_long")
    at, is_local = _instant(visible(of["time"]), zone)
    voice, author = _speaker(visible(of.get("sender", "")), visible(of["role"]) if "role" in of else None)
    if len(author) > LONGEST_AUTHOR:
        raise _Bad("name_too_long", str(LONGEST_AUTHOR))
    text = visible(of["text"], lines=True)
    if not text:
        raise _Bad("text_missing")
    return Line(at, voice, text, author), is_local


def _instant(told: str, zone: ZoneInfo) -> tuple[datetime, bool]:
    if not told:
        raise _Bad("time_missing")
    found = _TIME.fullmatch(told) if len(told) <= _LONGEST_TIME else None
    if found is None or int(found[1]) not in _YEARS:
        raise _Bad("time_unreadable", told)
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    try:
        plain = datetime(year, month, day, hour, minute, second, int((found[7] or "").ljust(6, "0")))  # noqa: DTZ001
        if found[8]:
            return datetime.fromisoformat(f"{plain.isoformat()}{found[8].upper()}").astimezone(UTC), False
    except ValueError:
        raise _Bad("time_unreadable", told) from None
    at = plain.replace(tzinfo=zone)
    if at.utcoffset() != at.replace(fold=1).utcoffset():
        raise _Bad("time_unclear", told)
    return at.astimezone(UTC), True


def _speaker(sender: str, role: str | None) -> tuple[Voice, str]:
    """Whose word it is, and what the chat called whoever wrote it."""
    told = sender if role is None else role
    if not told:
        raise _Bad("sender_missing")
    voice = _VOICES.get(_alike(told))
    if role is not None:
        if voice is None:
            raise _Bad("sender_unknown", told)
        return voice, "" if _VOICES.get(_alike(sender)) is voice else sender
    if voice is not None:
        return voice, ""
    behind = _NAME_BEHIND.fullmatch(told) if len(told) <= _LONGEST_SENDER else None
    voice = _VOICES.get(_alike(behind[1])) if behind else None
    if behind is None or voice is None:
        raise _Bad("sender_unknown", told)
    return voice, behind[2]


def _order(cells: list[str], header: _Header) -> str:
    place = header.columns.get("order")
    told = visible(cells[place]) if place is not None else ""
    found = _QUOTED_NUMBER.fullmatch(told)
    return (found[1] if found else told)[:200]


def _shown(text: str, longest: int = _SHOWN_OF_CELL) -> str:
    """A cell as it stands in an answer: on one line, and not all of a long one."""
    plain = visible(text.replace("\n", " "))
    return plain if len(plain) <= longest else f"{plain[: longest - 1]}…"
