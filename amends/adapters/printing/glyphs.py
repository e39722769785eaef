"""Which characters a font can show, and what stands in place of the others.

People write with all of Unicode; PDF/A refuses a single character that its fonts do not have, and a court must not get
an empty box where a buyer sent a smile. Nor may an invisible character turn around what others read.
"""

import unicodedata
from collections.abc import Iterator
from mmap import ACCESS_READ, mmap
from pathlib import Path
from struct import iter_unpack, unpack_from
from typing import Any

_JOINERS = {0x200D: None, 0xFE0E: None, 0xFE0F: None}
"""They only join or colour the characters around them."""

_WINDOWS, _ALL_OF_UNICODE = 3, 10
_SEGMENTED = 12


def shown(value: Any, known: frozenset[int]) -> Any:
    """The value with every text in it made of characters that can be shown."""
    if isinstance(value, str):
        return value if _plain(value, known) else "".join(_character(one, known) for one in value.translate(_JOINERS))
    if isinstance(value, dict):
        return {key: shown(item, known) for key, item in value.items()}
    return [shown(item, known) for item in value] if isinstance(value, list) else value


def _plain(text: str, known: frozenset[int]) -> bool:
    return text.isprintable() and known.issuperset(map(ord, text))


def _character(one: str, known: frozenset[int]) -> str:
    """The character, or its number, and for a picture its name: `[U+1F600 GRINNING FACE]`."""
    kind = unicodedata.category(one)
    if one in "\n\t" or (ord(one) in known and not kind.startswith("C")):
        return " " if one == "\t" else one
    name = unicodedata.name(one, "") if kind.startswith("S") else ""
    return f"[U+{ord(one):04X}{' ' if name else ''}{name}]"


def characters(fonts: Path) -> frozenset[int]:
    """Everything that the fonts of a folder can show, by the tables for all of Unicode (cmap format 12)."""
    found: set[int] = set()
    for file in sorted(fonts.iterdir()):
        if file.suffix.lower() in (".otf", ".ttf", ".ttc", ".otc"):
            # Mapped: a font is much larger than its tables.
            with file.open("rb") as opened, mmap(opened.fileno(), 0, access=ACCESS_READ) as font:
                found |= set(_of(font))
    return frozenset(found)


def _of(font: mmap) -> Iterator[int]:
    place = unpack_from("!I", font, 12)[0] if font[:4] == b"ttcf" else 0
    for number in range(unpack_from("!H", font, place + 4)[0]):
        tag, _, table, _ = unpack_from("!4s3I", font, place + 12 + 16 * number)
        if tag == b"cmap":
            yield from _mapped(font, table)


def _mapped(font: mmap, table: int) -> Iterator[int]:
    for number in range(unpack_from("!H", font, table + 2)[0]):
        platform, encoding, offset = unpack_from("!2HI", font, table + 4 + 8 * number)
        start = table + offset
        if (platform, encoding) == (_WINDOWS, _ALL_OF_UNICODE) and unpack_from("!H", font, start)[0] == _SEGMENTED:
            count = unpack_from("!I", font, start + 12)[0]
            for first, last, _ in iter_unpack("!3I", font[start + 16 : start + 16 + 12 * count]):
                yield from range(first, last + 1)
