"""Dossiers as PDF, by Typst: no network, no fonts of the machine, the same bytes for the same words."""

import asyncio
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import structlog
import typst

from amends.adapters.printing.glyphs import characters, shown
from amends.application.dossier import Contents
from amends.application.dossier_pages import pages

log = structlog.get_logger(__name__)

TEMPLATE = "dossier.typ"


class TypstPrinter:
    """`font_folder` replaces the fonts that come along, Noto Sans CJK."""

    def __init__(self, font_folder: Path | None = None) -> None:
        self._font_folder = font_folder or _fonts_that_come_along()

    async def print(self, contents: Contents, previews: dict[str, bytes]) -> bytes:
        """The PDF. Nobody's words are ever read as Typst: they come in as data."""
        try:
            return await asyncio.to_thread(self._printed, contents, previews)
        except typst.TypstError as fault:
            if not previews:
                raise
            # A court gets a dossier without pictures rather than none; the files are in the ZIP all the same.
            log.warning("dossier_without_pictures", case=contents.public_id, fault=str(fault))
            return await asyncio.to_thread(self._printed, contents, {})

    def _printed(self, contents: Contents, previews: dict[str, bytes]) -> bytes:
        words = shown(msgspec.to_builtins(pages(contents, sorted(previews))), _characters(self._font_folder))
        with TemporaryDirectory(prefix="amends-dossier-") as name:
            folder = Path(name)
            (folder / "pages.json").write_bytes(msgspec.json.encode(words))
            for number, picture in previews.items():
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
