"""The PDF: printed from words alone, the same bytes every time, whatever people wrote and filed."""

import asyncio

import pytest
from pypdfium2 import PdfDocument
from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE

from amends.adapters.printing import TypstPrinter, _fonts_that_come_along
from amends.adapters.printing.glyphs import characters, shown
from amends.domain import commands as k
from amends.domain.words import EvidenceKind
from tests.support.dossiers import BUYER, OWNER, Dispute, picture
from tests.support.shops import shop_in_memory

HOSTILE = (
    '#panic("stopped")', '#read("/etc/passwd")', "$ x $ *fett* _kursiv_ = == @ref <label> [[", "\\u{41} \\", "]]}}))",
    "https://example.com/" + "x" * 1900, "\u202e\u0007\ufeff\U0001f600 ½ ﷽ ไทย עברית", "{{ }} {% %} <b>fett</b>",
)  # fmt: skip


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("您好 ¥5 ½ Ωж 한 “”…", "您好 ¥5 ½ Ωж 한 “”…"),
        ("好的\U0001f600", "好的[U+1F600 GRINNING FACE]"),
        ("★\ufe0f", "★"),
        ("两行\n和\t跳格", "两行\n和 跳格"),
        ("反\u202e转", "反[U+202E]转"),
        ("铃\u0007\ufeff", "铃[U+0007][U+FEFF]"),
        ("ไทย", "[U+0E44][U+0E17][U+0E22]"),
    ],
)
def test_what_no_font_can_show_is_told_by_number_and_name(written, printed):
    known = characters(_fonts_that_come_along())
    assert shown({"text": [written]}, known) == {"text": [printed]}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_same_case_prints_the_same_bytes(language):
    async def story():
        async with shop_in_memory() as shop:
            dispute = Dispute(shop)
            await dispute.told()
            dispute.dossiers._printer = TypstPrinter()
            contents = await dispute.contents(BUYER, language)
            first = await dispute.dossiers.pdf(contents)
            dispute.dossiers._printer = TypstPrinter()
            return first, await dispute.dossiers.pdf(contents)

    first, second = asyncio.run(story())
    assert first.startswith(b"%PDF-1.7")
    assert first == second


def test_whatever_people_write_is_printed_as_words():
    async def story():
        async with shop_in_memory() as shop:
            dispute = Dispute(shop)
            await dispute.told()
            for words in HOSTILE:
                await dispute.says(BUYER, k.SendMessage(words))
            dispute.dossiers._printer = TypstPrinter()
            return await dispute.dossiers.pdf(await dispute.contents())

    assert asyncio.run(story()).startswith(b"%PDF")


def test_a_picture_that_cannot_be_read_costs_itself_and_neither_the_others_nor_the_dossier():
    async def story():
        async with shop_in_memory() as shop:
            dispute = Dispute(shop)
            await dispute.told()
            dispute.dossiers._printer = TypstPrinter()
            whole = await dispute.dossiers.pdf(await dispute.contents())
            broken = k.EvidenceItem(EvidenceKind.PHOTO, dispute.files.put(picture(9, 9, (1, 2, 3))[:60]), "x.png")
            await dispute.says(OWNER, k.AddEvidence((broken,)))
            return whole, await dispute.dossiers.pdf(await dispute.contents())

    assert [pictures(pdf) for pdf in asyncio.run(story())] == [3, 3]


def pictures(pdf: bytes) -> int:
    with PdfDocument(pdf) as document:
        return sum(len(list(page.get_objects(filter=[FPDF_PAGEOBJ_IMAGE]))) for page in document)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_hashes_and_keys_can_be_copied_out_of_it_to_be_compared(language):
    async def story():
        async with shop_in_memory() as shop:
            dispute = Dispute(shop)
            await dispute.told()
            dispute.dossiers._printer = TypstPrinter()
            contents = await dispute.contents(BUYER, language)
            return contents, await dispute.dossiers.pdf(contents)

    contents, pdf = asyncio.run(story())
    with PdfDocument(pdf) as document:
        text = "\n".join(page.get_textpage().get_text_bounded() for page in document)
    key = contents.proof.key_notes[0].splitlines()[2]
    for code in (*(one.sha256 for one in contents.exhibits), contents.records[-1].chain.hex(), key):
        assert code in text
