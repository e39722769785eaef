"""Which files are taken: content decides, not the name."""

from pathlib import Path
from typing import Literal, NamedTuple

import filetype

from amends.adapters.files.looking import chat_tables

Family = Literal["image", "video", "audio", "document", "transcript"]


class Taken(NamedTuple):
    """`reader` is the one way in which the content will be read: Pillow's format or FFmpeg's demuxer."""

    family: Family
    media_type: str
    reader: str


_TAKEN = {
    "image/jpeg": Taken("image", "image/jpeg", "JPEG"),
    "image/png": Taken("image", "image/png", "PNG"),
    "image/webp": Taken("image", "image/webp", "WEBP"),
    "image/gif": Taken("image", "image/gif", "GIF"),
    "image/bmp": Taken("image", "image/bmp", "BMP"),
    "image/heic": Taken("image", "image/heic", "HEIF"),
    "image/heif": Taken("image", "image/heif", "HEIF"),
    "image/avif": Taken("image", "image/avif", "AVIF"),
    "video/mp4": Taken("video", "video/mp4", "mov"),
    "video/x-m4v": Taken("video", "video/mp4", "mov"),
    "video/quicktime": Taken("video", "video/quicktime", "mov"),
    "video/3gpp": Taken("video", "video/3gpp", "mov"),
    "video/webm": Taken("video", "video/webm", "matroska"),
    "video/x-matroska": Taken("video", "video/x-matroska", "matroska"),
    "audio/mpeg": Taken("audio", "audio/mpeg", "mp3"),
    "audio/mp4": Taken("audio", "audio/mp4", "mov"),
    "audio/aac": Taken("audio", "audio/aac", "aac"),
    "audio/x-wav": Taken("audio", "audio/wav", "wav"),
    "audio/ogg": Taken("audio", "audio/ogg", "ogg"),
    "audio/amr": Taken("audio", "audio/amr", "amr"),
    "application/pdf": Taken("document", "application/pdf", "pdf"),
    "application/json": Taken("transcript", "application/json", "json"),
    "text/csv": Taken("transcript", "text/csv", "csv"),
}

_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"hevc", b"hevx"})
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_SOUND_BRANDS = frozenset({b"M4A ", b"M4B "})


def kind_of(file: Path, *, is_chat: bool = False) -> Taken | None:
    """How the file begins, held against the list; None where it is nothing that is taken.

    A table is no more than text: it is one of a chat where its first line says so, or its sender (`is_chat`).
    """
    with file.open("rb") as opened:
        head = opened.read(8192)
    if head[4:8] == b"ftyp":
        return _TAKEN[_of_brand(head[8:12], head)]
    found = filetype.guess(head)
    if found is None and head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        return _TAKEN["application/json"]
    if found is None and (chat_tables.is_headed(head) or (is_chat and chat_tables.is_text(head))):
        return _TAKEN["text/csv"]
    return _TAKEN.get(found.mime) if found is not None else None


def _of_brand(brand: bytes, head: bytes) -> str:
    """Photographs of telephones are in the same box as videos; libraries that guess mistake one for the other."""
    if brand in _AVIF_BRANDS:
        return "image/avif"
    if brand in _HEIF_BRANDS:
        others = {head[place : place + 4] for place in range(16, min(int.from_bytes(head[:4]), 128), 4)}
        return "image/avif" if others & _AVIF_BRANDS else "image/heic"
    if brand in _SOUND_BRANDS:
        return "audio/mp4"
    return {b"qt  ": "video/quicktime"}.get(brand, "video/3gpp" if brand[:2] == b"3g" else "video/mp4")
