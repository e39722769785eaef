"""Text of documents, as far as it is seen on their pages.

What nobody would see is not read: text that is drawn invisibly, in the paper's colour, under something, beside the
page or too small. Whoever hides an order number in a paper would otherwise have it stated as if it stood there.
Scanned pages often have such a layer; they are read from the picture, where the reader of pictures is installed.
"""

import ctypes
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
from PIL import Image
from pypdfium2 import raw

from amends.adapters.files.reading import words
from amends.application.passages import Line

_MOST_PAGES = 60
_MOST_PICTURES = 5
"""So many pages without text are read from their picture; each takes seconds."""

_MOST_CHARACTERS = 40_000
_LONGEST_LINE = 300
_DOTS_PER_POINT = 2.0
_LONGEST_PIXELS = 2_000
_LEAST_POINTS = 3.0
_LEAST_CONTRAST = 24
"""Of 255, between the lightest and the darkest place of a letter: below it nobody reads it."""

_INVISIBLE = (raw.FPDF_TEXTRENDERMODE_INVISIBLE, raw.FPDF_TEXTRENDERMODE_CLIP)


def lines(file: Path, *, pictures: bool) -> list[Line] | None:
    """Page by page; None where there are only pictures of pages, and these were not read."""
    found: list[Line] = []
    unread = 0
    left = _MOST_CHARACTERS
    with closing(pdfium.PdfDocument(file)) as document:
        for number in range(min(len(document), _MOST_PAGES)):
            with closing(document[number]) as page:
                drawn = _drawn(page)
                seen = list(_seen(page, drawn, left))
                if not seen and drawn.convert("L").getextrema()[0] < 255 - _LEAST_CONTRAST:
                    unread += 1
                    seen = words.lines(drawn) if pictures and unread <= _MOST_PICTURES else []
                found += [Line(text[:_LONGEST_LINE], number + 1) for text in seen]
                left -= sum(map(len, seen))
            if left <= 0:
                break
    return None if unread and not found and not pictures else found


def _drawn(page: pdfium.PdfPage) -> Image.Image:
    scale = min(_DOTS_PER_POINT, _LONGEST_PIXELS / max(page.get_size()))
    return page.render(scale=scale, may_draw_forms=False).to_pil().convert("RGB")


def _seen(page: pdfium.PdfPage, drawn: Image.Image, most: int) -> Iterator[str]:
    """Lines of a page, without what cannot be seen in its drawing."""
    grey = drawn.convert("L")
    with closing(page.get_textpage()) as text:
        line = ""
        for index in range(min(text.count_chars(), most)):
            sign = chr(raw.FPDFText_GetUnicode(text, index))
            if sign in "\r\n":
                if line.strip():
                    yield line.strip()
                line = ""
            elif sign.isspace() or raw.FPDFText_IsGenerated(text, index) == 1:
                line += " "
            elif sign.isprintable() and _is_seen(page, text, index, grey):
                line += sign
        if line.strip():
            yield line.strip()


def _is_seen(page: pdfium.PdfPage, text: pdfium.PdfTextPage, index: int, grey: Image.Image) -> bool:
    drawn_by = raw.FPDFText_GetTextObject(text, index)
    if drawn_by and raw.FPDFTextObj_GetTextRenderMode(drawn_by) in _INVISIBLE:
        return False
    sides = [ctypes.c_double() for _ in range(4)]
    if not raw.FPDFText_GetCharBox(text, index, *(ctypes.byref(side) for side in sides)):
        return False
    left, right, bottom, top = (side.value for side in sides)
    if max(right - left, top - bottom) < _LEAST_POINTS and raw.FPDFText_GetFontSize(text, index) < _LEAST_POINTS:
        return False
    corners = (_pixel(page, left, top, grey), _pixel(page, right, bottom, grey))
    (x1, x2), (y1, y2) = sorted(x for x, _ in corners), sorted(y for _, y in corners)
    if x2 < 0 or y2 < 0 or x1 > grey.width or y1 > grey.height:
        return False
    darkest, lightest = grey.crop((max(x1 - 1, 0), max(y1 - 1, 0), x2 + 2, y2 + 2)).getextrema()
    return _number(lightest) - _number(darkest) >= _LEAST_CONTRAST


def _pixel(page: pdfium.PdfPage, x: float, y: float, picture: Image.Image) -> tuple[int, int]:
    """Where a point of the page is in its drawing, turned as the page is."""
    across, down = ctypes.c_int(), ctypes.c_int()
    raw.FPDF_PageToDevice(page, 0, 0, *picture.size, 0, x, y, ctypes.byref(across), ctypes.byref(down))
    return across.value, down.value


def _number(brightness: Any) -> int:
    """Of a grey picture it is one."""
    return int(brightness)
