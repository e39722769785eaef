"""Hostile files: each is refused with a code that stays the same, or becomes a copy in which nothing can run."""

import io
import zipfile
import zlib

import msgspec
import pypdfium2
import pytest
from PIL import Image

from amends.adapters.files.inspector import ProcessInspector
from amends.application.files import Form, Unsuitable
from amends.domain.policy import FileLimits
from tests.support import files

pytestmark = pytest.mark.anyio
LIMITS = FileLimits()
SCRIPT = b"<html><script>fetch('//evil')</script></html>"


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
async def look(tmp_path):
    """Look into bytes; gives what was found and the copies by form."""
    async with ProcessInspector(at_once=1) as inspector:

        async def inspected(content: bytes, limits: FileLimits = LIMITS):
            (tmp_path / "original").write_bytes(content)
            found = await inspector.inspect(tmp_path / "original", limits)
            return found, {form: (tmp_path / form.value).read_bytes() for form in found.copies}

        yield inspected


def zipped(size: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.jpg", bytes(size))
    return out.getvalue()


def pdf_with_stream_bomb() -> bytes:
    packed = zlib.compress(bytes(300 << 20), 9)
    text = files.pdf()
    return text.replace(b"/Resources <<", b"/Bomb 99 0 R /Resources <<").replace(
        b"trailer", b"99 0 obj\n<< /Filter /FlateDecode /Length %d >>\nstream\n" % len(packed) + packed
        + b"\nendstream\nendobj\ntrailer",
    )  # fmt: skip


PLAYLIST = b"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10.0,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"

REFUSED = [
    ("a page with a script", SCRIPT, "file_type_not_allowed"),
    ("a drawing with a script", b"<?xml version='1.0'?><svg onload='alert(1)' xmlns='x'/>", "file_type_not_allowed"),
    ("a program", b"MZ" + bytes(512), "file_type_not_allowed"),
    ("an ELF program", b"\x7fELF" + bytes(512), "file_type_not_allowed"),
    ("an archive that unfolds to 100 megabytes", zipped(100 << 20), "file_type_not_allowed"),
    ("gzip", b"\x1f\x8b\x08" + bytes(100), "file_type_not_allowed"),
    ("a playlist that names a file of the machine", PLAYLIST, "file_type_not_allowed"),
    ("a list of files for FFmpeg", b"ffconcat version 1.0\nfile /etc/passwd\n", "file_type_not_allowed"),
    ("a Flash film", b"CWS\x09" + bytes(200), "file_type_not_allowed"),
    ("words", "只是文字".encode(), "file_type_not_allowed"),
    ("a photograph that breaks off", files.photo(1600, 1200)[:9000], "file_unreadable"),
    ("a head of a photograph before a page", files.photo()[:3] + SCRIPT, "file_unreadable"),
    ("a PNG that breaks off", files.saved(files.picture(), "PNG")[:200], "file_unreadable"),
    ("a PNG of 1.6 gigapixels", files.png_of_size(40_000, 40_000), "picture_too_large"),
    ("a PNG with no width", files.png_of_size(0, 100), "file_unreadable"),
    ("a video that breaks off", files.video()[: len(files.video()) // 2], "file_unreadable"),
    ("a box of videos with nothing in it", b"\x00\x00\x00\x18ftypmp42" + bytes(12) + SCRIPT, "file_unreadable"),
    ("a document with a password", files.pdf(encrypted=True), "file_encrypted"),
    ("a document that is only a head", b"%PDF-1.7\n" + SCRIPT, "file_unreadable"),
    ("a document of 61 pages", files.pdf(61), "document_too_long"),
    ("sound of an hour and more", files.sound(3_700, 4_000), "recording_too_long"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "code"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
async def test_refused(look, content, code):
    with pytest.raises(Unsuitable) as refused:
        await look(content)
    assert refused.value.code == code


async def test_words_in_a_picture_that_unfold_to_128_megabytes_are_refused(look):
    with pytest.raises(Unsuitable) as refused:
        await look(files.png_with_bomb())
    assert refused.value.code in ("file_unreadable", "file_too_costly")


POLYGLOTS = [
    ("JPEG and page", files.photo() + SCRIPT),
    ("JPEG and archive", files.photo() + zipped(100)),
    ("GIF and script", files.saved(files.picture(), "GIF") + b"/*" + SCRIPT + b"*/"),
    ("PNG and page", files.saved(files.picture(), "PNG") + SCRIPT),
    ("WebP and page", files.saved(files.picture(), "WEBP") + SCRIPT),
    ("video and page", files.video() + SCRIPT),
    ("document and page", files.pdf(script="app.alert(1)") + SCRIPT),
    ("sound and page", files.sound() + SCRIPT),
]


@pytest.mark.parametrize("content", [row[1] for row in POLYGLOTS], ids=[row[0] for row in POLYGLOTS])
async def test_what_is_two_things_at_once_is_shown_as_one(look, content):
    _, copies = await look(content)
    for copy in copies.values():
        assert b"<script" not in copy
        assert b"JavaScript" not in copy
        assert b"PK\x03\x04" not in copy


@pytest.mark.parametrize("place", [files.photo(), files.video(), files.video(codec="libvpx", container="webm")])
async def test_where_and_with_what_it_was_made_stays_in_the_original(look, place):
    found, copies = await look(place)
    assert found.facts["has_location"] is True
    for copy in copies.values():
        assert files.PLACE.encode() not in copy
        assert b"Xiaomi" not in copy


async def test_a_name_means_nothing(look):
    """A photograph called .exe is a photograph, and the reverse is refused above."""
    found, _ = await look(files.heic())
    assert found.media_type == "image/heic"


TAKEN = [
    (files.photo(), "image/jpeg", "image/jpeg"),
    (files.heic(), "image/heic", "image/jpeg"),
    (files.saved(files.picture(), "PNG"), "image/png", "image/jpeg"),
    (files.saved(files.picture(), "WEBP"), "image/webp", "image/jpeg"),
    (files.saved(files.picture(), "AVIF"), "image/avif", "image/jpeg"),
    (files.saved(files.picture().convert("P"), "GIF", transparency=0), "image/gif", "image/jpeg"),
    (files.saved(files.picture().convert("CMYK"), "JPEG"), "image/jpeg", "image/jpeg"),
    (files.saved(files.picture().convert("I;16"), "PNG"), "image/png", "image/jpeg"),
    (files.video(), "video/mp4", "video/mp4"),
    (files.video(codec="libvpx", container="webm"), "video/webm", "video/webm"),
    (files.sound(), "audio/wav", "audio/mp4"),
    (files.pdf(2), "application/pdf", "application/pdf"),
]


@pytest.mark.parametrize(
    ("content", "media_type", "shown"), TAKEN, ids=[str(n) + row[1] for n, row in enumerate(TAKEN)]
)
async def test_what_people_send_is_taken_and_copied(look, content, media_type, shown):
    found, copies = await look(content)
    assert (found.media_type, found.copies[Form.DISPLAY].media_type) == (media_type, shown)
    if Form.THUMB in copies:
        with Image.open(io.BytesIO(copies[Form.THUMB])) as small:
            small.load()
            assert max(small.size) <= LIMITS.thumb_pixels
    if shown == "application/pdf":
        document = pypdfium2.PdfDocument(copies[Form.DISPLAY])
        assert len(document) == found.facts["pages"] == 2
        document.close()


async def test_a_video_is_shown_by_a_picture_of_itself(look):
    _, copies = await look(files.video())
    with Image.open(io.BytesIO(copies[Form.THUMB])) as poster:
        red, green, blue = poster.convert("RGB").getpixel((poster.width - 5, poster.height - 5))
    assert green > 90 > red, "teal, as the first third of the video"
    assert blue > 90


async def test_a_long_screenshot_stays_readable(look):
    found, _ = await look(files.saved(files.picture(1080, 18_000), "PNG"))
    assert (found.copies[Form.DISPLAY].width, found.copies[Form.DISPLAY].height) == (1080, 18_000)


async def test_a_file_that_takes_too_long_ends_with_its_reader_and_the_next_one_is_looked_at(look):
    slow = msgspec.structs.replace(LIMITS, inspection_seconds=0)
    with pytest.raises(Unsuitable) as refused:
        await look(files.pdf(60).replace(b"0 0 595 842", b"0 0 2000 2000"), slow)
    assert refused.value.code == "file_too_costly"
    found, _ = await look(files.photo())
    assert found.media_type == "image/jpeg"


async def test_a_file_that_needs_too_much_memory_is_refused_and_the_next_one_is_looked_at(tmp_path):
    tight = msgspec.structs.replace(LIMITS, inspection_megabytes=700, megapixels=400, image_megabytes=50)
    async with ProcessInspector(at_once=1) as inspector:
        (tmp_path / "original").write_bytes(files.png_of_size(19_000, 19_000))
        with pytest.raises(Unsuitable) as refused:
            await inspector.inspect(tmp_path / "original", tight)
        assert refused.value.code == "file_too_costly"
        (tmp_path / "original").write_bytes(files.photo())
        assert (await inspector.inspect(tmp_path / "original", tight)).media_type == "image/jpeg"


async def test_a_document_whose_stream_unfolds_to_300_megabytes_costs_no_more_than_the_limit(look):
    found, _ = await look(pdf_with_stream_bomb())
    assert found.facts["pages"] == 1
