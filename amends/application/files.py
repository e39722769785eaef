"""Files of evidence: what is known of one, and what keeping them needs from the outside, as Protocols."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from msgspec import Struct

from amends.application.ports import CaseKey
from amends.domain.policy import FileLimits
from amends.domain.time import Instant
from amends.domain.words import EvidenceKind, Side


class Form(StrEnum):
    """A file as it was sent, and the copies made of it: without metadata and without anything that could run."""

    ORIGINAL = "original"
    DISPLAY = "display"
    THUMB = "thumb"


class Copy(Struct, frozen=True, omit_defaults=True):
    """A form of a file. `width` and `height` in pixels, 0 where it has none."""

    media_type: str
    size_bytes: int
    width: int = 0
    height: int = 0


class Inspected(Struct, frozen=True):
    """What a look into a file gave. `facts` are what it says of itself, by name; more may be added at any time."""

    media_type: str
    facts: dict[str, Any]
    copies: dict[Form, Copy]


class FileState(StrEnum):
    """How far a file has come. Only what is `kept` can be seen or named."""

    RECEIVING = "receiving"
    STORING = "storing"
    KEPT = "kept"


class Intent(Struct, frozen=True, omit_defaults=True):
    """What the sender wants filed on which case; carried out by the worker where the process died in between."""

    actor: str
    kind: EvidenceKind
    note: str = ""
    key: str = ""


class FileRow(Struct, frozen=True, omit_defaults=True):
    """An upload, from its first byte on. `owner` is the party whose evidence it may become: `buyer/b42`.

    `received_bytes` is how much of `size_bytes` is there; `sha256` is of the whole original, and empty before.
    `touched_at` is when the newest bytes came, or when somebody last asked for it to be kept.
    """

    merchant_id: int
    file_id: int
    owner: str
    uploaded_by: str
    name: str
    size_bytes: int
    state: FileState
    created_at: Instant
    touched_at: Instant
    case_id: int | None = None
    received_bytes: int = 0
    sha256: str = ""
    media_type: str = ""
    facts: dict[str, Any] = {}
    copies: dict[Form, Copy] = {}
    intent: Intent | None = None


class FiledFile(NamedTuple):
    """A piece of evidence with its file."""

    evidence_id: str
    side: Side
    row: FileRow


class FileView(Struct, frozen=True, omit_defaults=True):
    """What a reader may know of the file behind a piece of evidence. `forms` are those that he may get."""

    media_type: str
    size_bytes: int
    forms: dict[Form, Copy]
    facts: dict[str, Any] = {}


class Unsuitable(Exception):
    """A file that is not taken. `code` is the problem's, `facts` its figures."""

    def __init__(self, code: str, **facts: Any) -> None:
        self.code = code
        self.facts = facts
        super().__init__(code)


class Blobs(Protocol):
    """Where the bytes are: on a disk or in an S3 bucket."""

    async def put(self, key: str, file: Path) -> None:
        """Keep the file under that key unless there is one already: what stands under a hash never changes."""

    async def put_bytes(self, key: str, content: bytes) -> None:
        """The same, for little; takes the place of what stood there."""

    def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` up to `end`. Raises LookupError where there are none."""

    async def size(self, key: str) -> int | None:
        """How many bytes stand there; None where nothing does."""

    async def delete(self, keys: Sequence[str]) -> None:
        """Remove; what is not there is no fault."""

    async def delete_under(self, folder: str) -> None:
        """Remove everything in a folder."""


class Inspector(Protocol):
    """Looks into files that strangers sent, where nothing that happens can harm the service."""

    async def inspect(self, file: Path, limits: FileLimits, *, zone: str = "UTC", is_chat: bool = False) -> Inspected:
        """What it is; copies lie beside it afterwards, named by their form. Raises Unsuitable.

        `zone` is that of times in chats which do not name theirs; `is_chat` says that its sender calls it a chat.
        """


class Scanner(Protocol):
    """Knows viruses."""

    async def scan(self, file: Path) -> str | None:
        """The name of what was found. Raises Unavailable."""


class FileBook(Protocol):
    """Rows of files. All raise Unavailable."""

    async def add(self, row: FileRow) -> None:
        """A new upload. With a hash: nobody removes bytes of that hash before the row is seen."""

    async def row(self, merchant_id: int, file_id: int) -> FileRow | None:
        """One upload."""

    async def received(self, row: FileRow, longer: FileRow) -> bool:
        """So much of it is there now; False where somebody else was faster."""

    async def settle(self, row: FileRow, now: Instant) -> None:
        """Write down how far it has come: state, hash, type, facts and copies. A hash is guarded as in `add`."""

    async def count(self, merchant_id: int, owner: str, case_id: int | None, since: Instant) -> int:
        """How many a party uploaded for a case, or since then for cases that are not opened yet."""

    async def touch(self, merchant_id: int, owner: str, hashes: Sequence[str], now: Instant) -> frozenset[str]:
        """Those of the hashes that are kept for this owner; the sweep lets them be for another while."""

    async def filed(self, case: CaseKey, owners: Mapping[Side, Sequence[str]]) -> list[FiledFile]:
        """Evidence of a case with the file that its own side uploaded."""

    async def left_over(self, before: Instant, limit: int) -> list[FileRow]:
        """Uploads that nobody touched since and that no evidence names; those that some names are marked as filed."""

    async def unfinished(self, before: Instant, limit: int) -> list[FileRow]:
        """Complete uploads with an intent that nobody touched since and that was not carried out."""

    async def done(self, row: FileRow) -> None:
        """Its intent was carried out, or refused."""

    def removing(self, row: FileRow, before: Instant) -> AbstractAsyncContextManager["Removed"]:
        """Remove a row that nobody touched since; nobody begins to keep the same bytes before this is left."""


class Removed(NamedTuple):
    """Whether the row is gone, and whether no other one has its bytes."""

    row: bool
    last_of_its_bytes: bool


def blob_key(sha256_hex: str, form: Form = Form.ORIGINAL) -> str:
    """`ab/abcdef…`, and `ab/abcdef….thumb`: a folder with a million files in it is slow to look at."""
    key = f"{sha256_hex[:2]}/{sha256_hex}"
    return key if form is Form.ORIGINAL else f"{key}.{form.value}"
