"""Files of evidence, from the first byte sent to the event that names them (R1.2, R5.4).

    bytes come in → looked into, apart → row → bytes kept under their hash → row says so → `add-evidence` names it

Each step leaves what the next one needs, or nothing that the sweep would not find (`sweeping_files.py`).
"""

import tempfile
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from copy import copy
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import IO, Any, NamedTuple

import anyio.to_thread
from msgspec import Struct
from msgspec.structs import replace

from amends.application import transcripts
from amends.application.access import Caller, written
from amends.application.files import (
    Blobs,
    Copy,
    FileBook,
    FileRow,
    FileState,
    FileView,
    Form,
    Inspected,
    Inspector,
    Intent,
    Scanner,
    Unsuitable,
    blob_key,
)
from amends.application.ids import Ids
from amends.application.ports import Answer, CaseKey, Clock, Envelope, OrderKey, Reader
from amends.application.visibility import forms_of
from amends.domain import commands as k
from amends.domain.actor import Actor
from amends.domain.case import Case, public_case_id
from amends.domain.docket import PolicyBook
from amends.domain.permissions import is_party
from amends.domain.refusals import Code, Refusal, refuse
from amends.domain.time import Instant
from amends.domain.words import EvidenceKind, Side

LONGEST_NAME = 200
_PIECE = 4 << 20
"""An upload that comes in pieces is kept so: what a broken line had delivered until then is not lost."""

_PIECES = "pieces"
"""In the facts of an upload that is not whole yet: the names of its pieces."""

_UNCASED_COUNTED = timedelta(days=1)


class UploadView(Struct, frozen=True, omit_defaults=True):
    """How far an upload has come; `sha256` names the file in commands once it is kept."""

    upload_id: str
    merchant_id: str
    state: FileState
    size_bytes: int
    received_bytes: int
    sha256: str = ""
    media_type: str = ""


class Wish(NamedTuple):
    """What an upload is for: a case, or an order on which one will be opened. With `kind` it is filed at once."""

    merchant_id: int
    case_id: int | None
    order_no: str | None
    name: str
    kind: EvidenceKind | None = None
    note: str = ""
    key: str | None = None


class Opened(NamedTuple):
    """A form of a file, to be sent: `content` from `start` up to `end` of `size_bytes`."""

    name: str
    copy: Copy
    form: Form
    start: int
    end: int
    content: AsyncIterator[bytes]


class WrongOffset(Exception):
    """The piece does not follow what is there."""

    def __init__(self, received_bytes: int) -> None:
        self.received_bytes = received_bytes
        super().__init__(received_bytes)


class UnknownUpload(LookupError):
    """There is none with that number, or it is another's."""


Submit = Callable[[Envelope], Awaitable[Answer]]


class Evidence:
    """Takes files in and gives them out. They lie in `incoming`, of this machine, while they are looked at."""

    def __init__(
        self,
        *,
        book: FileBook,
        blobs: Blobs,
        inspector: Inspector,
        records: Reader,
        policies: PolicyBook,
        clock: Clock,
        ids: Ids,
        submit: Submit,
        incoming: Path,
        scanner: Scanner | None = None,
    ) -> None:
        self.book = book
        self.blobs = blobs
        self._inspector = inspector
        self._records = records
        self._policies = policies
        self._clock = clock
        self._ids = ids
        self._submit = submit
        self._incoming = incoming
        self._scanner = scanner

    def over(self, records: Reader) -> "Evidence":
        """The same files, asked for with other records."""
        other = copy(self)
        other._records = records  # noqa: SLF001 (its own kind)
        return other

    # Taking in -----------------------------------------------------------------------------------------------

    async def take(
        self, wish: Wish, caller: Caller, content: AsyncIterable[bytes], *, is_chat: bool = False
    ) -> FileRow | Refusal:
        """A file in one go; `is_chat` by its sender's word. Raises Unsuitable, Unavailable, what `content` raises."""
        refusal = await self._may_upload(wish, caller)
        if refusal is not None:
            return refusal
        async with self._folder() as folder:
            file = folder / "original"
            hashed, size = await self._write(file, content)
            inspected = await self._look(file, is_chat=is_chat or wish.kind is EvidenceKind.CHAT_LOG)
            now = self._clock.now()
            if inspected.media_type in transcripts.MEDIA_TYPES:
                await self._in_its_time(inspected, wish.merchant_id, wish.case_id, wish.order_no)
            row = self._row(wish, caller.actor, size)
            row = replace(row, received_bytes=size, **_found(hashed, size, inspected), touched_at=now)
            await self.book.add(row)
            return await self._keep(row, folder)

    async def begin(self, wish: Wish, caller: Caller, size_bytes: int) -> FileRow | Refusal:
        """An upload in pieces. Raises Unsuitable, Unavailable."""
        refusal = await self._may_upload(wish, caller)
        if refusal is not None:
            return refusal
        largest = self._policies.in_force(self._clock.now()).files.largest_bytes
        if not 0 < size_bytes <= largest:
            raise Unsuitable("file_too_large" if size_bytes > 0 else "file_empty", limit=largest // 1_000_000)
        row = self._row(wish, caller.actor, size_bytes)
        await self.book.add(row)
        return row

    async def upload(self, merchant_id: int, file_id: int, caller: Caller) -> FileRow:
        """The sender's own upload. Raises UnknownUpload, Unavailable."""
        row = await self.book.row(merchant_id, file_id)
        if row is None or row.owner != owner_of(caller.actor) or not caller.may_reach(merchant_id):
            raise UnknownUpload
        return row

    async def append(self, row: FileRow, offset: int, content: AsyncIterable[bytes]) -> FileRow:
        """The next pieces; with the last one the file is looked at and kept.

        Raises WrongOffset, Unsuitable, Unavailable, and what `content` raises, after everything before is safe.
        """
        if row.state is FileState.KEPT:
            return row
        if offset != row.received_bytes:
            raise WrongOffset(row.received_bytes)
        held, fault, chunks = bytearray(), None, aiter(content)
        while True:
            try:
                chunk = await anext(chunks, b"")
            except Exception as broken:  # noqa: BLE001 (however the line broke, what came before is kept)
                fault, chunk = broken, b""
            held += chunk
            if row.received_bytes + len(held) > row.size_bytes:
                raise Unsuitable("upload_too_long", size_bytes=row.size_bytes)
            if held and (not chunk or len(held) >= _PIECE):
                row, held = await self._put_piece(row, bytes(held)), bytearray()
            if fault is not None:
                raise fault
            if not chunk:
                break
        return await self.complete(row) if row.received_bytes == row.size_bytes else row

    async def complete(self, row: FileRow) -> FileRow:
        """Go on from where the process before stopped: put the pieces together, look at the file and keep it.

        Raises Unsuitable, Unavailable, LookupError where bytes are missing.
        """
        if row.state is FileState.STORING and await self._has_all(row):
            return await self._kept(row)
        async with self._folder() as folder:
            file = folder / "original"
            hashed, size = await self._write(file, self._pieces(row))
            if size != row.size_bytes:
                raise LookupError(row.file_id)
            try:
                is_chat = row.intent is not None and row.intent.kind is EvidenceKind.CHAT_LOG
                inspected = await self._look(file, is_chat=is_chat)
                if inspected.media_type in transcripts.MEDIA_TYPES:
                    await self._in_its_time(inspected, row.merchant_id, row.case_id, None)
            except Unsuitable:
                await self.book.done(row)
                raise
            row = replace(row, **_found(hashed, size, inspected))
            await self.book.settle(row, row.touched_at)
            return await self._keep(row, folder)

    async def file(self, row: FileRow, caller: Caller, *, in_time: bool = False) -> Answer | None:
        """Carry out what the upload was for; None where it was for no case. `in_time`: as of when it was complete.

        Asked twice it is done once: the number of the upload is the command's key.
        """
        if row.intent is None or row.case_id is None:
            return None
        item = k.EvidenceItem(row.intent.kind, row.sha256, row.name, row.intent.note)
        answer = await self._submit(
            Envelope(
                caller.actor,
                row.merchant_id,
                k.AddEvidence((item,)),
                case_id=row.case_id,
                key=row.intent.key or f"file-{row.file_id}",
                received_at=row.touched_at if in_time else None,
            )
        )
        await self.book.done(row)
        return answer

    async def discard(self, row: FileRow) -> None:
        """A file sent for a step that was refused: nothing is left of it, unless somebody named it meanwhile."""
        await self.remove(row, row.touched_at + timedelta.resolution)

    async def remove(self, row: FileRow, before: Instant) -> None:
        """Unless touched since. The row first, held until the bytes are gone: who keeps the same bytes waits."""
        async with self.book.removing(row, before) as removed:
            if removed.row:
                await self.blobs.delete_under(pieces_of(row))
            if removed.last_of_its_bytes and row.sha256:
                await self.blobs.delete([blob_key(row.sha256, form) for form in row.copies])

    async def unknown(self, actor: Actor, merchant_id: int, command: k.Command) -> list[str]:
        """Hashes in a command under which the sender keeps no file. Those that are kept stay for another while."""
        hashes = named_in(command)
        if not hashes:
            return []
        kept = await self.book.touch(merchant_id, owner_of(actor), hashes, self._clock.now())
        return [hashed for hashed in hashes if hashed not in kept]

    # Giving out ----------------------------------------------------------------------------------------------

    async def views(self, key: CaseKey, caller: Caller) -> dict[str, FileView] | Refusal:
        """The files behind a case's evidence, by its number, as far as the caller may see them."""
        case = await self._readable(key, caller)
        if isinstance(case, Refusal):
            return case
        if not case.evidence.count:
            return {}
        return {
            filed.evidence_id: _view(filed.row, forms_of(filed.side, caller.actor))
            for filed in await self.book.filed(key, owners_of(case))
        }

    async def open(
        self, key: CaseKey, evidence_id: str, form: Form, caller: Caller, *, start: int = 0, end: int | None = None
    ) -> Opened | Refusal | None:
        """A form of a file; None where this reader cannot have it, or nobody. Raises LookupError, Unavailable."""
        case = await self._readable(key, caller)
        if isinstance(case, Refusal):
            return case
        kept = await self.book.filed(key, owners_of(case))
        filed = next((one for one in kept if one.evidence_id == evidence_id), None)
        if filed is None:
            return refuse(Code.UNKNOWN_EVIDENCE, evidence=[evidence_id])
        copy = _view(filed.row, forms_of(filed.side, caller.actor)).forms.get(form)
        if copy is None:
            return None
        if start >= copy.size_bytes:
            start, end = 0, None  # a part that does not exist is not a part: the whole comes back
        end = min(copy.size_bytes if end is None else end, copy.size_bytes)
        content = await _begun(self.blobs.read(blob_key(filed.row.sha256, form), start, end))
        return Opened(filed.row.name or evidence_id, copy, form, start, end, content)

    async def transcript(self, key: CaseKey, evidence_id: str, caller: Caller) -> transcripts.Transcript | None:
        """The chat that a piece of evidence is; None where it is none, or is not kept. Raises Unavailable."""
        try:
            opened = await self.open(key, evidence_id, Form.DISPLAY, caller)
        except LookupError:
            return None
        if not isinstance(opened, Opened) or opened.copy.media_type != transcripts.MEDIA_TYPE:
            return None
        return transcripts.read(b"".join([part async for part in opened.content]))

    async def same(self, key: CaseKey, row: FileRow, caller: Caller) -> str | None:
        """The number under which the same bytes are evidence of the same side already. Raises Unavailable."""
        case = await self._readable(key, caller)
        if isinstance(case, Refusal):
            return None
        kept = await self.book.filed(key, owners_of(case))
        return next(
            (one.evidence_id for one in kept if (one.side, one.row.sha256) == (caller.actor.side, row.sha256)), None
        )

    # Inside --------------------------------------------------------------------------------------------------

    async def _may_upload(self, wish: Wish, caller: Caller) -> Refusal | None:
        """Whose case or order it is, and how many files there are already. Raises Unsuitable."""
        actor = caller.actor
        if not caller.may_reach(wish.merchant_id):
            return refuse(Code.NOT_YOURS)
        if actor.side is Side.SYSTEM and wish.kind is not EvidenceKind.CHAT_LOG:
            return refuse(Code.NOT_YOURS)
        if wish.case_id is not None:
            docket = await self._records.docket_of(CaseKey(wish.merchant_id, wish.case_id))
        else:
            docket = await self._records.docket(OrderKey(wish.merchant_id, wish.order_no or ""))
        if docket is None or docket.order is None:
            return refuse(Code.UNKNOWN_ORDER if wish.case_id is None else Code.UNKNOWN_CASE)
        if not is_party(actor, docket.order):
            return refuse(Code.NOT_YOURS)
        now = self._clock.now()
        limit = self._policies.in_force(now).files.files_per_party
        count = await self.book.count(wish.merchant_id, owner_of(actor), wish.case_id, now - _UNCASED_COUNTED)
        if count >= limit:
            raise Unsuitable("too_many_files", limit=limit)
        return None

    def _row(self, wish: Wish, actor: Actor, size_bytes: int) -> FileRow:
        now = self._clock.now()
        intent = None
        if wish.kind is not None and wish.case_id is not None:
            intent = Intent(written(actor), wish.kind, wish.note, wish.key or "")
        return FileRow(
            merchant_id=wish.merchant_id,
            file_id=self._ids.next(now),
            owner=owner_of(actor),
            uploaded_by=actor.name,
            name=plain_name(wish.name),
            size_bytes=size_bytes,
            state=FileState.RECEIVING,
            created_at=now,
            touched_at=now,
            case_id=wish.case_id,
            intent=intent,
        )

    async def _look(self, file: Path, *, is_chat: bool) -> Inspected:
        policy = self._policies.in_force(self._clock.now())
        inspected = await self._inspector.inspect(file, policy.files, zone=policy.timezone, is_chat=is_chat)
        if self._scanner is not None and (found := await self._scanner.scan(file)) is not None:
            raise Unsuitable("file_infected", found=found)
        return inspected

    async def _in_its_time(
        self, inspected: Inspected, merchant_id: int, case_id: int | None, order_no: str | None
    ) -> None:
        """A chat about an order names no other, and is neither from the future nor from long before. Raises Unsuitable.

        Of an upload in pieces before there is a case, the order is not known: only the future is left out.
        """
        docket = None
        if case_id is not None:
            docket = await self._records.docket_of(CaseKey(merchant_id, case_id))
        elif order_no is not None:
            docket = await self._records.docket(OrderKey(merchant_id, order_no))
        order = docket.order if docket is not None else None
        others = [named for named in inspected.facts.get("orders", ()) if order is not None and named != order.order_no]
        if others:
            raise Unsuitable("transcript_other_order", found=others[0])
        paid_at = order.paid_at if order is not None else None
        earliest = paid_at - transcripts.EARLIEST_BEFORE_PAYMENT if paid_at is not None else None
        latest = self._clock.now() + transcripts.CLOCKS_APART
        for told in (inspected.facts["first_at"], inspected.facts["last_at"]):
            at = datetime.fromisoformat(told)
            if at > latest:
                raise Unsuitable("transcript_from_future", found=told)
            if earliest is not None and at < earliest:
                raise Unsuitable("transcript_out_of_time", found=told, earliest=earliest.isoformat())

    async def _keep(self, row: FileRow, folder: Path) -> FileRow:
        """The row is there, so the sweep knows of the bytes before there are any."""
        for form in row.copies:
            await self.blobs.put(blob_key(row.sha256, form), folder / form.value)
        return await self._kept(row)

    async def _kept(self, row: FileRow) -> FileRow:
        """All its bytes are there: it can be named and seen. Pieces go first, or nobody would look for them again."""
        await self.blobs.delete_under(pieces_of(row))
        kept = replace(row, state=FileState.KEPT)
        await self.book.settle(kept, row.touched_at)
        return kept

    async def _has_all(self, row: FileRow) -> bool:
        sizes = [await self.blobs.size(blob_key(row.sha256, form)) for form in row.copies]
        return sizes == [copy.size_bytes for copy in row.copies.values()]

    async def _write(self, file: Path, content: AsyncIterable[bytes]) -> tuple[str, int]:
        """Onto the disk, bounded. Raises Unsuitable."""
        largest = self._policies.in_force(self._clock.now()).files.largest_bytes
        hashed, size = sha256(), 0
        with file.open("xb") as out:
            async for chunk in content:
                size += len(chunk)
                if size > largest:
                    raise Unsuitable("file_too_large", limit=largest // 1_000_000)
                hashed.update(chunk)
                await anyio.to_thread.run_sync(_append, out, chunk)
        if not size:
            raise Unsuitable("file_empty")
        return hashed.hexdigest(), size

    async def _put_piece(self, row: FileRow, content: bytes) -> FileRow:
        """Each under a name of its own: of two that send the same offset, the row names the winner's."""
        name = f"{row.received_bytes:012d}-{token_hex(8)}"
        await self.blobs.put_bytes(_under(row) + name, content)
        longer = replace(
            row,
            received_bytes=row.received_bytes + len(content),
            facts={_PIECES: [*row.facts.get(_PIECES, ()), name]},
            touched_at=self._clock.now(),
        )
        if not await self.book.received(row, longer):
            known = await self.book.row(row.merchant_id, row.file_id)
            raise WrongOffset(known.received_bytes if known is not None else 0)
        return longer

    async def _pieces(self, row: FileRow) -> AsyncIterator[bytes]:
        for name in row.facts.get(_PIECES, ()):
            async for chunk in self.blobs.read(_under(row) + name):
                yield chunk

    @asynccontextmanager
    async def _folder(self) -> AsyncIterator[Path]:
        self._incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._incoming, ignore_cleanup_errors=True) as folder:
            yield Path(folder)

    async def _readable(self, key: CaseKey, caller: Caller) -> Case | Refusal:
        """The case, where the caller may read it."""
        case = await self._records.case(key)
        if case is None:
            return refuse(Code.UNKNOWN_CASE)
        if not is_party(caller.actor, case) or not caller.may_reach(key.merchant_id):
            return refuse(Code.NOT_YOURS)
        return case


async def _begun(content: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """What is not there is found out before anything is answered. Raises LookupError."""
    first = await anext(content, b"")

    async def all_of_it() -> AsyncIterator[bytes]:
        yield first
        async for part in content:
            yield part

    return all_of_it()


def owner_of(actor: Actor) -> str:
    """The party behind an actor: colleagues may name each other's files, the other side's nobody."""
    return f"{actor.side}/{actor.party}" if actor.party else str(actor.side)


def owners_of(case: Case) -> dict[Side, Sequence[str]]:
    """Whose files may stand behind each side's evidence."""
    return {
        Side.BUYER: (f"{Side.BUYER}/{case.buyer_id}", str(Side.PLATFORM)),
        Side.MERCHANT: (f"{Side.MERCHANT}/{case.merchant_id}", str(Side.PLATFORM)),
        Side.SYSTEM: (str(Side.SYSTEM),),
    }


def named_in(command: k.Command) -> list[str]:
    """Hashes of new evidence in a command."""
    receipt = getattr(command, "receipt", None)
    items = (*getattr(command, "evidence", ()), *((receipt,) if receipt is not None else ()))
    return [item.sha256 for item in items if isinstance(item, k.EvidenceItem) and item.sha256]


def plain_name(name: str) -> str:
    """A file's name without folders and signs that nobody sees; only people read it, no file is ever called so."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(sign for sign in last if sign.isprintable()).strip()[-LONGEST_NAME:]


def upload_view(row: FileRow) -> UploadView:
    return UploadView(
        public_case_id(row.merchant_id, row.file_id),
        str(row.merchant_id),
        row.state,
        row.size_bytes,
        row.received_bytes,
        row.sha256 if row.state is FileState.KEPT else "",
        row.media_type,
    )


def _view(row: FileRow, forms: frozenset[Form]) -> FileView:
    """What the file says of itself (where, with what) is for those who may have the original."""
    facts = row.facts if Form.ORIGINAL in forms else {}
    return FileView(
        row.media_type, row.size_bytes, {form: copy for form, copy in row.copies.items() if form in forms}, facts
    )


def _found(hashed: str, size_bytes: int, inspected: Inspected) -> dict[str, Any]:
    return {
        "state": FileState.STORING,
        "sha256": hashed,
        "media_type": inspected.media_type,
        "facts": inspected.facts,
        "copies": {Form.ORIGINAL: Copy(inspected.media_type, size_bytes), **inspected.copies},
    }


def _under(row: FileRow) -> str:
    return f"{pieces_of(row)}/"


def pieces_of(row: FileRow) -> str:
    """Where the pieces of an upload are, until it is whole."""
    return f"uploads/{row.merchant_id}-{row.file_id}"


def _append(out: IO[bytes], chunk: bytes) -> None:
    out.write(chunk)
