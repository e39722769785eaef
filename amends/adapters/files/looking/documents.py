"""Documents: every page is drawn, and what is shown is a new document of these pictures, in which nothing can run."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
from PIL import Image

from amends.adapters.files.looking.images import thumb_of
from amends.adapters.files.looking.limits import Made, NotTaken, at_most

_DOTS_PER_POINT = 150 / 72
_LONGEST_PIXELS = 2400
_QUALITY = 78


def look(file: Path, _reader: str, limits: dict[str, int]) -> tuple[dict[str, Any], list[Made]]:
    """Raises NotTaken, and what PDFium raises over what is broken."""
    try:
        document = pdfium.PdfDocument(file)
    except pdfium.PdfiumError as fault:
        code = "file_encrypted" if "password" in str(fault).lower() else "file_unreadable"
        raise NotTaken(code) from fault
    with closing(document), closing(pdfium.PdfDocument.new()) as copy:
        pages = len(document)
        if not pages:
            raise NotTaken("file_unreadable", why="no pages")
        at_most("document_too_long", pages, limits["pages"])
        thumb = None
        for number in range(pages):
            picture = _drawn(document[number])
            if thumb is None:
                thumb = thumb_of(picture.copy(), limits["thumb_pixels"])
            _add(copy, picture, file.parent)
        shown = file.parent / "display"
        copy.save(shown)
        assert thumb is not None, "there is a first page"
        small = file.parent / "thumb"
        thumb.save(small, "JPEG", quality=80, optimize=True)
        return {"pages": pages}, [
            Made("display", "application/pdf", shown.stat().st_size),
            Made("thumb", "image/jpeg", small.stat().st_size, *thumb.size),
        ]


def _drawn(page: pdfium.PdfPage) -> Image.Image:
    with closing(page):
        longest = max(page.get_size())
        if not 1 <= longest < 1e6:
            raise NotTaken("file_unreadable", why="page size")
        scale = min(_DOTS_PER_POINT, _LONGEST_PIXELS / longest)
        bitmap = page.render(scale=scale, may_draw_forms=False)
        return bitmap.to_pil().convert("RGB")


def _add(copy: pdfium.PdfDocument, picture: Image.Image, folder: Path) -> None:
    drawn = folder / "page.jpg"
    picture.save(drawn, "JPEG", quality=_QUALITY, optimize=True)
    image = pdfium.PdfImage.new(copy)
    image.load_jpeg(drawn, inline=True)
    width, height = (side / _DOTS_PER_POINT for side in picture.size)
    image.set_matrix(pdfium.PdfMatrix().scale(width, height))
    page = copy.new_page(width, height)
    page.insert_obj(image)
    page.gen_content()
    page.close()
    drawn.unlink()
