"""Dossiers as PDF, by Typst: no network, no fonts of the machine, the same bytes for the same words."""

import asyncio
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import structlog
import typst
from PIL import Image

from amends.adapters.printing.glyphs import characters, shown
from amends.application.dossier import Contents
from amends.application.dossier_pages import pages

log = structlog.get_logger(__name__)

TEMPLATE = "dossier.typ"
_PIXELS = (336, 248)
"""38 by 28 mm at 225 pixels an inch."""


class TypstPrinter:
    """`font_folder` replaces the fonts that come along, Noto Sans CJK."""

    def __init__(self, font_folder: Path | None = None) -> None:
        self._font_folder = font_folder or _fonts_that_come_along()

    async def print(self, contents: Contents, previews: dict[str, bytes]) -> bytes:
        """The PDF. Nobody's words are ever read as Typst: they come in as data."""
        return await asyncio.to_thread(self._printed, contents, previews)

    def _printed(self, contents: Contents, previews: dict[str, bytes]) -> bytes:
        pictures = {number: small for number, content in previews.items() if (small := _small(content)) is not None}
        words = shown(msgspec.to_builtins(pages(contents, sorted(pictures))), _characters(self._font_folder))
        with TemporaryDirectory(prefix="amends-dossier-") as name:
            folder = Path(name)
            (folder / "pages.json").write_bytes(msgspec.json.encode(words))
            for number, picture in pictures.items():
                (folder / number).write_bytes(picture)
            (folder / TEMPLATE).write_bytes(files("amends.adapters.printing").joinpath(TEMPLATE).read_bytes())
            pdf = typst.compile(
                folder / TEMPLATE,
                root=folder,
                font_paths=_fonts(self._font_folder),
                format="pdf",
                pdf_standards="a-2b",
                timestamp=int(contents.proof.head.at.timestamp()),
            )
        assert isinstance(pdf, bytes), "without a place to write to, it gives the bytes"
        return pdf


def _small(picture: bytes) -> bytes | None:
    """As large as it is printed: Typst unfolds all pictures at once. None for one that cannot be read."""
    try:
        with Image.open(BytesIO(picture), formats=["JPEG", "PNG"]) as opened:
            opened.thumbnail(_PIXELS)
            out = BytesIO()
            opened.convert("RGB").save(out, "JPEG", quality=85)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as fault:
        # A court gets a dossier without this picture rather than none; the file is in the ZIP all the same.
        log.warning("picture_left_out", fault=repr(fault))
        return None
    return out.getvalue()


@cache
def _fonts(folder: Path) -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])


@cache
def _characters(folder: Path) -> frozenset[int]:
    return characters(folder)


def _fonts_that_come_along() -> Path:
    package = find_spec("manimgx_fonts_cjk")
    assert package is not None, "it is among the dependencies"
    assert package.origin is not None, "it has a file"
    return Path(package.origin).parent
