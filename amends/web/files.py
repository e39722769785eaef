"""Files of evidence over HTTP: how they come in, and how they go out so that nothing in them can run."""

import re
from collections.abc import AsyncIterable, AsyncIterator
from typing import Any, NamedTuple
from urllib.parse import quote

from litestar import Request
from litestar.datastructures import UploadFile
from litestar.exceptions import ClientException
from litestar.response import Stream

from amends.application.access import Caller
from amends.application.evidence import named_in
from amends.application.files import Form
from amends.application.ports import CaseKey, Envelope
from amends.domain.refusals import Refusal
from amends.web.desk import Desk
from amends.web.problems import Problem, Refused
from amends.web.wire import ClientGone

_HEADERS = {
    "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "cache-control": "private, max-age=600",
    "accept-ranges": "bytes",
}
_INLINE = frozenset({"image/jpeg"})
"""Drawn by us, pixel by pixel; everything else is for saving, whatever a browser thinks of it."""

_RANGE = re.compile(r"bytes=([0-9]{1,15})-([0-9]{0,15})")
_CHUNK = 1 << 20
_SUFFIXES = {
    "image/jpeg": ".jpg",
    "video/mp4": ".mp4",
    "video/webm": ".webm",
    "audio/mp4": ".m4a",
    "application/pdf": ".pdf",
    "application/json": ".json",
}


class Part(NamedTuple):
    """The bytes that are asked for: from `start` up to `end`."""

    start: int
    end: int | None


async def sent_file(
    desk: Desk, key: CaseKey, evidence_id: str, caller: Caller, form: Form, *, asked_range: str = ""
) -> Stream:
    """A form of a file as the reader may have it. Raises Refused, Problem, Unavailable."""
    part = _part(asked_range)
    try:
        opened = await desk.evidence.open(
            key, evidence_id, form, caller, start=part.start if part else 0, end=part.end if part else None
        )
    except LookupError:
        raise Problem("file_not_kept") from None
    if isinstance(opened, Refusal):
        raise Refused(opened, key.merchant_id)
    if opened is None:
        raise Problem("form_not_yours")
    size = opened.copy.size_bytes
    media_type = opened.copy.media_type
    if opened.form is Form.ORIGINAL:
        media_type = "application/octet-stream"
    headers = {
        **_HEADERS,
        "content-disposition": _disposition(opened.name, opened.form, opened.copy.media_type),
        "content-length": str(opened.end - opened.start),
    }
    is_part = part is not None and part.start == opened.start
    if is_part:
        headers["content-range"] = f"bytes {opened.start}-{opened.end - 1}/{size}"
    return Stream(opened.content, media_type=media_type, headers=headers, status_code=206 if is_part else 200)


def _disposition(name: str, form: Form, media_type: str) -> str:
    if form is not Form.ORIGINAL:
        name = name.rpartition(".")[0] or name
        name += _SUFFIXES.get(media_type, "")
    how = "inline" if form is not Form.ORIGINAL and media_type in _INLINE else "attachment"
    return f"{how}; filename*=UTF-8''{quote(name, safe='')}"


def _part(asked: str) -> Part | None:
    """One range, as players ask for it; any other way of asking gets the whole."""
    found = _RANGE.fullmatch(asked)
    if found is None:
        return None
    start, end = int(found[1]), int(found[2]) + 1 if found[2] else None
    return None if end is not None and end <= start else Part(start, end)


async def hold_files(desk: Desk, caller: Caller, envelope: Envelope) -> None:
    """Evidence names files that its own side uploaded, and they stay. Raises Problem, Unavailable."""
    if named_in(envelope.command):
        unknown = await desk.evidence.unknown(caller.actor, envelope.merchant_id, envelope.command)
        if unknown:
            raise Problem("unknown_file", unknown=unknown)


async def form_of(request: Request[Any, Any, Any]) -> Any:
    """A form with files, which lie on the disk meanwhile. Raises Problem."""
    try:
        return await request.form()
    except ClientException as fault:
        raise Problem("invalid_upload") from fault


async def content_of(file: UploadFile) -> AsyncIterator[bytes]:
    """What a form brought along."""
    await file.seek(0)
    while chunk := await file.read(_CHUNK):
        yield chunk


async def body_of(request: Request[Any, Any, Any]) -> AsyncIterable[bytes]:
    """A body as it comes in. Raises ClientGone where it breaks off."""
    while True:
        message: Any = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        if chunk := message.get("body", b""):
            yield chunk
        if not message.get("more_body", False):
            return
