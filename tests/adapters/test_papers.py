"""Text of documents is read as far as somebody who looks at their pages sees it."""

import io
from pathlib import Path

import pypdfium2 as pdfium
import pytest
import typst
from manimgx_fonts_cjk import __file__ as fonts

from amends.adapters.files.reading import papers, words
from amends.application.passages import Line
from tests.support import files, pictures

SEEN = "BT /F1 14 Tf 72 700 Td (Order 260302-482915730) Tj ET\n"


def read(path: Path, content: bytes, *, with_pictures: bool = False) -> list[Line] | None:
    file = path / "paper.pdf"
    file.write_bytes(content)
    return papers.lines(file, pictures=with_pictures)


def test_lines_of_all_pages_are_read_with_the_page_on_which_they_stand(tmp_path: Path):
    page = "BT /F1 14 Tf 72 700 Td (Waybill SF1436502287) Tj 0 -30 Td (Paid 59.00) Tj ET"
    found = read(tmp_path, files.document(SEEN, page))
    assert found == [Line("Order 260302-482915730", 1), Line("Waybill SF1436502287", 2), Line("Paid 59.00", 2)]


def test_chinese_is_read_as_it_is_set(tmp_path: Path):
    text = "发票 订单号 260302-482915730\n\n价税合计 ¥100.00 元\n#pagebreak()\n检测报告"
    source = f'#set text(font: "Noto Sans CJK SC")\n{text}'
    made = typst.compile(source.encode(), font_paths=[str(Path(fonts).parent)])
    found = read(tmp_path, made)
    assert found is not None
    assert [(line.text.replace(" ", ""), line.page) for line in found] == [
        ("发票订单号260302-482915730", 1),
        ("价税合计¥100.00元", 1),
        ("检测报告", 2),
    ]


@pytest.mark.parametrize(
    ("hidden", "how"),
    [
        ("BT /F1 14 Tf 3 Tr 72 600 Td (Order 260302-999999999) Tj ET", "drawn invisibly"),
        ("BT /F1 14 Tf 7 Tr 72 600 Td (Order 260302-999999999) Tj ET", "drawn as the border of what comes after"),
        ("1 g BT /F1 14 Tf 72 600 Td (Order 260302-999999999) Tj ET", "white on white"),
        ("0.96 g BT /F1 14 Tf 72 600 Td (Order 260302-999999999) Tj ET", "nearly white on white"),
        ("0 g 60 590 300 30 re f BT /F1 14 Tf 72 600 Td (Order 260302-999999999) Tj ET", "black on black"),
        ("BT /F1 14 Tf 72 600 Td (Order 260302-999999999) Tj ET 1 g 60 590 300 30 re f", "covered"),
        ("BT /F1 14 Tf 700 600 Td (Order 260302-999999999) Tj ET", "beside the page"),
        ("BT /F1 14 Tf 72 900 Td (Order 260302-999999999) Tj ET", "above the page"),
        ("BT /F1 1 Tf 72 600 Td (Order 260302-999999999) Tj ET", "too small"),
    ],
)
@pytest.mark.parametrize("turned", [0, 90])
def test_what_nobody_can_see_on_the_page_is_not_read(tmp_path: Path, hidden: str, how: str, turned: int):
    found = read(tmp_path, files.document(SEEN + hidden, turned=turned))
    assert found == [Line("Order 260302-482915730", 1)], how


def test_light_letters_on_a_dark_ground_are_seen(tmp_path: Path):
    page = "0 g 60 690 300 30 re f 1 g " + SEEN
    assert read(tmp_path, files.document(page)) == [Line("Order 260302-482915730", 1)]


def test_short_strokes_are_letters_as_well(tmp_path: Path):
    page = "BT /F1 14 Tf 72 700 Td (l-1 | i. _) Tj ET"
    assert read(tmp_path, files.document(page)) == [Line("l-1 | i. _", 1)]


def scanned(*lines: str) -> bytes:
    """A page that is one picture."""
    out = io.BytesIO()
    with pdfium.PdfDocument.new() as made:
        image = pdfium.PdfImage.new(made)
        picture = pictures.chat(*lines)
        image.load_jpeg(io.BytesIO(pictures.jpeg(picture)), inline=True)
        image.set_matrix(pdfium.PdfMatrix().scale(*(side / 2 for side in picture.size)))
        page = made.new_page(*(side / 2 for side in picture.size))
        page.insert_obj(image)
        page.gen_content()
        made.save(out)
    return out.getvalue()


def test_a_scanned_page_is_read_from_its_picture_where_pictures_can_be_read(tmp_path: Path):
    assert words.is_installed()
    content = scanned("订单 260302-482915730 已发货", "收到，谢谢")
    assert read(tmp_path, content) is None, "there is text, and nobody read it"
    found = read(tmp_path, content, with_pictures=True)
    assert found is not None
    assert any("260302-482915730" in line.text for line in found)
    assert {line.page for line in found} == {1}


def test_a_blank_page_has_nothing_that_could_be_read(tmp_path: Path):
    assert read(tmp_path, files.document("")) == []


def test_endless_text_ends(tmp_path: Path):
    many = "\n".join(f"BT /F1 4 Tf {72 + 40 * (n % 11)} {820 - n // 11 * 5} Td (ab1234567) Tj ET" for n in range(1500))
    found = read(tmp_path, files.document(*[many] * 8))
    assert found is not None
    assert 20_000 < sum(len(line.text) for line in found) <= 40_300
