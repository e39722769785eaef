"""Files that come with a form: they are kept first, and the form names them by their hash from then on.

A field `evidence.0.file` becomes `evidence.0.sha256` and `evidence.0.name`; several files in it become several pieces
of evidence with the same words.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from litestar.datastructures import FormMultiDict, UploadFile

from amends.application import transcripts
from amends.application.access import Caller, is_merchant_id
from amends.application.evidence import Wish
from amends.application.files import Unsuitable
from amends.domain.case import parse_case_id
from amends.domain.refusals import Refusal
from amends.domain.words import EvidenceKind
from amends.web.answers import as_problem
from amends.web.desk import Desk
from amends.web.files import content_of
from amends.web.problems import Problem, Refused

LARGEST_FORM = 400 << 20
"""Above the largest file that the policy lets through."""

_ABOUT = re.compile(r"/[a-z]+/(?:cases/([^/]+)|orders/([0-9]+)/([^/]+))(?:/|$)")
_MORE = 20
"""Numbers are kept free behind each field for the second file and those after it."""

_KINDS = {"video": EvidenceKind.VIDEO, "audio": EvidenceKind.AUDIO, "application": EvidenceKind.DOCUMENT}


def wish_of(path: str, name: str) -> Wish:
    """What an upload from the page at `path`, or a form sent there, is for. Raises Problem."""
    found = _ABOUT.match(path)
    if found is not None and found[1] is not None and (numbers := parse_case_id(found[1])) is not None:
        return Wish(*numbers, None, name)
    if found is not None and found[2] is not None and is_merchant_id(found[2]):
        return Wish(int(found[2]), None, unquote(found[3]), name)
    raise Problem("invalid_upload")


def kind_for(media_type: str) -> EvidenceKind:
    """What a file is where its sender did not say."""
    if media_type in transcripts.MEDIA_TYPES:
        return EvidenceKind.CHAT_LOG
    return _KINDS.get(media_type.partition("/")[0], EvidenceKind.PHOTO)


async def taken_in(
    desk: Desk, caller: Caller, path: str, form: Mapping[str, Any]
) -> tuple[Mapping[str, Any], Problem | Refused | None]:
    """The form with names in place of its files, and why one of them was not taken. Raises Unavailable."""
    pairs = list(form.multi_items() if isinstance(form, FormMultiDict) else form.items())
    if not any(isinstance(value, UploadFile) for _, value in pairs):
        return form, None
    left = [(name, value) for name, value in pairs if not isinstance(value, UploadFile)]
    words = dict(left)
    counts: dict[str, int] = {}
    fault: Problem | Refused | None = None
    for name, file in pairs:
        field = name.removesuffix(".file")
        if not isinstance(file, UploadFile) or field == name or not file.filename:
            continue
        place = counts[field] = counts.get(field, -1) + 1
        try:
            wish = wish_of(path, file.filename)
            is_chat = words.get(f"{field}.kind") == EvidenceKind.CHAT_LOG
            row = await desk.evidence.take(wish, caller, content_of(file), is_chat=is_chat)
            if isinstance(row, Refusal):
                raise Refused(row, wish.merchant_id)  # noqa: TRY301 (one place tells all faults)
        except (Unsuitable, Problem, Refused) as why:
            fault = fault or as_problem(why)
            continue
        finally:
            await file.close()
        into = _place(field, place)
        left += [(f"{into}.sha256", row.sha256), (f"{into}.name", row.name)]
        if place or not words.get(f"{field}.kind"):
            left.append((f"{into}.kind", words.get(f"{field}.kind") or str(kind_for(row.media_type))))
        if place and words.get(f"{field}.note"):
            left.append((f"{into}.note", words[f"{field}.note"]))
    # An empty choice of kind stands before the one that the file gave.
    given = {name for name, value in left if value}
    return FormMultiDict([pair for pair in left if pair[1] or pair[0] not in given]), fault


def _place(field: str, place: int) -> str:
    """`evidence.0`, then `evidence.1001`, `evidence.1002` for more files of the same field."""
    folder, _, number = field.rpartition(".")
    if not place or not number.isdigit():
        return field
    return f"{folder}.{1000 + int(number) * _MORE + min(place, _MORE - 1)}"
