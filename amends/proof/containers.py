"""The files of a dossier, out of a ZIP or out of the folder that it was unpacked into.

Programs read a ZIP in two ways: by the list at its end, or from its beginning, file after file. A ZIP can be made so
that the two find different files, and then one reader sees another dossier than the one that was checked. So nothing
but the files may be in it: one after the other from the first byte on, each as the list says, and the list behind them.
"""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from struct import error, unpack, unpack_from
from typing import IO, NamedTuple, Protocol

from amends.proof.dossier import BadDossier

_FILE = b"PK\3\4"
_LIST = b"PK\1\2"
_END_OF_LIST = b"PK\5\6"
_LONG_END_OF_LIST = b"PK\6\6"
_FILE_HEADER = "<4s5HIII2H"
_FILE_HEADER_BYTES = 30
_LIST_HEADER_BYTES = 46
_ENCRYPTED = 1 << 0
_SIZES_FOLLOW = 1 << 3
_UTF_8 = 1 << 11
_DESCRIPTOR_SIGNATURE = b"PK\7\x08"
_LONG = 0xFFFFFFFF
"""In place of a size that stands in the extra field."""

_LONGEST_LIST_BYTES = 1 << 26


class Container(Protocol):
    """The files of a dossier."""

    def names(self) -> list[str]:
        """Every file; a name twice where the container has it twice."""

    def open(self, name: str) -> IO[bytes]:
        """Raises OSError, zipfile.BadZipFile."""


class _Zip:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def names(self) -> list[str]:
        return [name for name in self._archive.namelist() if not name.endswith("/")]

    def open(self, name: str) -> IO[bytes]:
        return self._archive.open(name)


class _Folder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        return sorted(
            file.relative_to(self._folder).as_posix() for file in self._folder.rglob("*") if not file.is_dir()
        )

    def open(self, name: str) -> IO[bytes]:
        return (self._folder / name).open("rb")


@contextmanager
def container(path: Path) -> Iterator[Container]:
    """The dossier at a path. Raises BadDossier, OSError."""
    if path.is_dir():
        yield _Folder(path)
        return
    with path.open("rb") as file:
        try:
            archive = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, NotImplementedError) as fault:
            raise BadDossier(f"it is no ZIP that can be read: {fault}") from fault
        with archive:
            _holds_files_alone(archive, file)
            yield _Zip(archive)


class _Header(NamedTuple):
    """What stands before a file: its name, and where its bytes begin."""

    name: bytes
    flags: int
    method: int
    size: int
    begins_at: int


def _holds_files_alone(archive: zipfile.ZipFile, file: IO[bytes]) -> None:
    """Raises BadDossier."""
    place = 0
    for entry in sorted(archive.infolist(), key=lambda one: one.header_offset):
        header = _header(file, place)
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or entry.flag_bits & _ENCRYPTED:
            raise BadDossier(f"{entry.orig_filename!r} is packed in a way that not everybody can read")
        name = entry.orig_filename.encode("utf-8" if entry.flag_bits & _UTF_8 else "cp437", "replace")
        listed = (name, entry.flag_bits, entry.compress_type)
        if header is None or entry.header_offset != place or (header.name, header.flags, header.method) != listed:
            raise BadDossier(f"byte {place} does not begin the file {entry.orig_filename!r} as the list says")
        if not header.flags & _SIZES_FOLLOW and header.size != entry.compress_size:
            raise BadDossier(f"{entry.orig_filename!r} is not as long as the list says")
        place = header.begins_at + entry.compress_size
        if header.flags & _SIZES_FOLLOW:
            place += _descriptor_bytes(file, place, entry)
    if place != archive.start_dir or archive.comment:
        raise BadDossier("it holds something beside its files")
    if _list_ends_at(file, place, len(archive.infolist())) != file.seek(0, 2):
        raise BadDossier("something follows its end")


def _header(file: IO[bytes], place: int) -> _Header | None:
    file.seek(place)
    try:
        signature, _, flags, method, _, _, _, size, _, name_bytes, extra_bytes = unpack(
            _FILE_HEADER, file.read(_FILE_HEADER_BYTES)
        )
    except error:
        return None
    name, extra = file.read(name_bytes), file.read(extra_bytes)
    if signature != _FILE:
        return None
    begins_at = place + _FILE_HEADER_BYTES + name_bytes + extra_bytes
    return _Header(name, flags, method, _long_size(extra) if size == _LONG else size, begins_at)


def _long_size(extra: bytes) -> int:
    """The packed size in an extra field; -1 where there is none."""
    place = 0
    while place + 4 <= len(extra):
        kind, length = unpack_from("<2H", extra, place)
        if kind == 1 and length >= 16 and place + 20 <= len(extra):
            return int(unpack_from("<Q", extra, place + 12)[0])
        place += 4 + length
    return -1


def _descriptor_bytes(file: IO[bytes], place: int, entry: zipfile.ZipInfo) -> int:
    """How long check sum and sizes behind a file are, which have four forms; 0 where they are not those of the list."""
    file.seek(place)
    found = file.read(24)
    for length in (8, 4):
        sizes = entry.compress_size.to_bytes(8, "little")[:length] + entry.file_size.to_bytes(8, "little")[:length]
        for signature in (_DESCRIPTOR_SIGNATURE, b""):
            told = signature + entry.CRC.to_bytes(4, "little") + sizes
            if found.startswith(told):
                return len(told)
    return 0


def _list_ends_at(file: IO[bytes], place: int, count: int) -> int:
    """Where the ZIP has to end by its list of files; -1 where that cannot be followed."""
    file.seek(place)
    found = file.read(_LONGEST_LIST_BYTES)
    here = 0
    try:
        for _ in range(count):
            if found[here : here + 4] != _LIST:
                return -1
            here += _LIST_HEADER_BYTES + sum(unpack_from("<3H", found, here + 28))
        if found[here : here + 4] == _LONG_END_OF_LIST:
            # The longer end has its own length, and a pointer to it of 20 bytes follows.
            here += 12 + int(unpack_from("<Q", found, here + 4)[0]) + 20
    except error:
        return -1
    return place + here + 22 if found[here : here + 4] == _END_OF_LIST else -1
