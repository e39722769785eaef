"""Looking at what was filed for what may help to decide: marks to compare pictures by, and text.

Done by the worker, after the evidence is filed and never while somebody waits for a page. What is found are records
of the file; sentences come from them when somebody reads (`findings.py`).
"""

import asyncio
import logging
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, Protocol

from msgspec import Struct

from amends.application import transcripts
from amends.application.files import Blobs, Form, blob_key
from amends.application.likeness import Mark
from amends.application.passages import Line
from amends.application.ports import CaseKey, Clock, Unavailable
from amends.domain.time import Instant
from amends.domain.words import EvidenceKind, Side

log = logging.getLogger(__name__)

COMPARED = frozenset({EvidenceKind.PHOTO, EvidenceKind.PACKING_PHOTO, EvidenceKind.WEIGHT_RECORD, EvidenceKind.VIDEO})
"""Kinds whose pictures are compared. Screenshots and papers all look alike: of these only the same file counts."""

READ = frozenset(EvidenceKind) - {EvidenceKind.PHOTO, EvidenceKind.VIDEO, EvidenceKind.AUDIO, EvidenceKind.CALL_RECORD}
"""Kinds in which text is expected."""

WITH_TEXT = ("image/", "application/pdf", *transcripts.MEDIA_TYPES)
"""How media types begin in which text can be read."""

_LEASE = timedelta(minutes=5)
_AT_ONCE = 8
_PAUSE_SECONDS = 3.0


class Due(NamedTuple):
    """A piece of evidence that nobody looked at yet; `media_type` is empty where its file is not kept."""

    case: CaseKey
    evidence_id: str
    kind: EvidenceKind
    sha256: str
    media_type: str


class Seen(NamedTuple):
    """What a file gave: marks of its pictures (`likeness.py`) and lines of text; None where they were not read."""

    marks: tuple[Mark, ...] = ()
    lines: tuple[Line, ...] | None = None


class Examination(Struct, frozen=True):
    """A piece of evidence that was looked at."""

    case: CaseKey
    evidence_id: str
    sha256: str
    examined_at: Instant
    marks: tuple[Mark, ...] = ()
    lines: tuple[Line, ...] | None = None


class Match(NamedTuple):
    """`here` is a piece of a case; all else is of another's, with the same file or a nearly identical picture.

    `differing_bits` is None for the same file.
    """

    here: str
    case: CaseKey
    evidence_id: str
    side: Side
    kind: EvidenceKind
    filed_at: Instant
    differing_bits: int | None


MOST_ALIKE = 20
"""So many nearly identical pictures are written down when one is looked at, the nearest first."""


class Examinations(Protocol):
    """Records of what was looked at. All raise Unavailable."""

    async def due(self, now: Instant, until: Instant, limit: int) -> list[Due]:
        """Evidence with a file to be looked at, lent until then."""

    async def put(self, examination: Examination) -> None:
        """Looked at; of two that looked at the same, the later one stands.

        Nearly the same pictures of other cases are written down with it, and are from then on told on either side.
        """

    async def of_case(self, case: CaseKey) -> list[Examination]:
        """What was seen in the evidence of a case, as far as its files still stand."""

    async def matches(self, case: CaseKey, limit: int) -> list[Match]:
        """The same files and nearly the same pictures in other cases, of whatever shop.

        So many of each piece, its same files first, then the nearest pictures.
        """


class PictureReader(Protocol):
    """Looks at files apart from the service. `reads_text` says whether it can read pictures."""

    @property
    def reads_text(self) -> bool: ...

    async def see(self, file: Path, media_type: str, *, compare: bool, read: bool) -> Seen | None:
        """None where it broke over the picture, or took too long."""


class Examiner:
    """Run by the worker. Any number may run: each piece is lent to one."""

    def __init__(self, book: Examinations, blobs: Blobs, reader: PictureReader, clock: Clock, incoming: Path) -> None:
        self._book = book
        self._blobs = blobs
        self._reader = reader
        self._clock = clock
        self._incoming = incoming

    async def forever(self) -> None:
        """Until cancelled."""
        while True:
            done = 0
            try:
                done = await self.once()
            except Unavailable:
                log.warning("evidence is looked at later: the store is away")
            if not done:
                await asyncio.sleep(_PAUSE_SECONDS)

    async def once(self) -> int:
        """How many pieces were looked at. Raises Unavailable."""
        now = self._clock.now()
        found = await self._book.due(now, now + _LEASE, _AT_ONCE)
        for due in found:
            seen = await self._see(due)
            await self._book.put(
                Examination(due.case, due.evidence_id, due.sha256, self._clock.now(), seen.marks, seen.lines)
            )
        return len(found)

    async def _see(self, due: Due) -> Seen:
        if due.media_type in transcripts.MEDIA_TYPES:
            return await self._of_chat(due)
        form = _looked_at(due.media_type)
        compare, read = due.kind in COMPARED, due.kind in READ
        if form is None or not (compare or read):
            return Seen()
        self._incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self._incoming, ignore_cleanup_errors=True) as folder:
            file = Path(folder) / form
            try:
                with file.open("wb") as copy:
                    async for part in self._blobs.read(blob_key(due.sha256, form)):
                        await asyncio.to_thread(copy.write, part)
            except LookupError:
                return Seen()
            seen = await self._reader.see(file, due.media_type, compare=compare, read=read)
        if seen is None:
            log.warning("evidence %s of %s could not be looked at", due.evidence_id, due.case)
        return seen or Seen()

    async def _of_chat(self, due: Due) -> Seen:
        """Its copy is our own writing, so nothing is opened. What has no digit names neither number nor amount."""
        try:
            shown = b"".join([part async for part in self._blobs.read(blob_key(due.sha256, Form.DISPLAY))])
        except LookupError:
            return Seen()
        said = (text for line in transcripts.read(shown).messages for text in line.text.splitlines())
        return Seen(lines=tuple(Line(text) for text in said if any(sign.isdigit() for sign in text)))


def _looked_at(media_type: str) -> Form | None:
    """Of documents the file itself: what is shown of them are pictures of their pages, without text."""
    if media_type == "application/pdf":
        return Form.ORIGINAL
    return Form.DISPLAY if media_type.startswith(("image/", "video/")) else None
