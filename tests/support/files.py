"""Files as people send them, and as nobody should."""

import io
import wave
import zlib
from fractions import Fraction
from functools import cache
from random import Random
from struct import pack

import av
import pillow_heif
from PIL import ExifTags, Image, ImageDraw, PngImagePlugin

PLACE = "31.2304"


@cache
def picture(width: int = 320, height: int = 240, colour: str = "teal") -> Image.Image:
    """Something with an edge in it."""
    drawn = Image.new("RGB", (width, height), colour)
    ImageDraw.Draw(drawn).rectangle((0, 0, width // 3, height // 3), fill="orange")
    return drawn


def saved(image: Image.Image, kind: str, **more: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def photo(width: int = 320, height: int = 240, colour: str = "teal", *, turned: bool = False) -> bytes:
    """A photograph as a telephone makes it: with the time, the device and the place in it."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Xiaomi"
    exif[ExifTags.Base.Model] = "Xiaomi 14"
    if turned:
        exif[ExifTags.Base.Orientation] = 6
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2026:03:02 17:05:09"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[1] = "N"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[2] = (31.0, 13.0, 49.4)
    return saved(picture(width, height, colour), "JPEG", exif=exif)


def heic() -> bytes:
    pillow_heif.register_heif_opener()
    return saved(picture(), "HEIF", quality=70)


@cache
def video(seconds: int = 3, *, codec: str = "libx264", container: str = "mp4", place: bool = True) -> bytes:
    """Moving pictures with sound, and the place in the metadata."""
    out = io.BytesIO()
    with av.open(
        out, "w", format=container, options={"movflags": "use_metadata_tags"} if container == "mp4" else {}
    ) as made:
        if place:
            made.metadata["location"] = f"+{PLACE}+121.4737/"
        pictures = made.add_stream(codec, rate=10)
        pictures.width, pictures.height, pictures.pix_fmt = 320, 240, "yuv420p"
        sound = made.add_stream("libopus" if container == "webm" else "aac", rate=48_000, layout="mono")
        for number in range(seconds * 10):
            frame = av.VideoFrame.from_image(
                picture(320, 240, ("teal", "navy", "maroon")[number * 3 // (seconds * 10)])
            )
            frame.pts, frame.time_base = number, Fraction(1, 10)
            made.mux(pictures.encode(frame))
        made.mux(pictures.encode())
        for number in range(seconds * 10):
            heard = av.AudioFrame(format="s16" if container == "webm" else "fltp", layout="mono", samples=4_800)
            for plane in heard.planes:
                plane.update(bytes(plane.buffer_size))
            heard.sample_rate, heard.pts, heard.time_base = 48_000, number * 4_800, Fraction(1, 48_000)
            made.mux(sound.encode(heard))
        made.mux(sound.encode())
    return out.getvalue()


def film(*shots: Image.Image, container: str = "mp4", **told: str) -> bytes:
    """A video that shows each for a second; `told` is what the device wrote of itself into the container."""
    out = io.BytesIO()
    with av.open(out, "w", format=container, options={"movflags": "use_metadata_tags"}) as made:
        made.metadata.update(told)
        pictures = made.add_stream("libx264", rate=10)
        pictures.width, pictures.height, pictures.pix_fmt = 320, 240, "yuv420p"
        for number in range(10 * len(shots)):
            frame = av.VideoFrame.from_image(shots[number // 10].resize((320, 240)))
            frame.pts, frame.time_base = number, Fraction(1, 10)
            made.mux(pictures.encode(frame))
        made.mux(pictures.encode())
    return out.getvalue()


def sound(seconds: int = 2, rate: int = 16_000) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(2)
        made.setframerate(rate)
        made.writeframes(b"\x10\x00\xf0\xff" * (rate // 2) * seconds)
    return out.getvalue()


def pdf(pages: int = 1, *, script: str = "", encrypted: bool = False) -> bytes:
    """A document with words on each page; `script` runs when it is opened, where a reader lets it."""
    drawn = [f"BT /F1 24 Tf 72 700 Td (Report, page {number + 1}) Tj ET" for number in range(pages)]
    return document(*drawn, script=script, encrypted=encrypted)


def document(*pages: str, script: str = "", encrypted: bool = False, turned: int = 0) -> bytes:
    """Pages of 595 by 842 points as they are drawn: PDF operators, with Helvetica as /F1; `turned` in degrees."""
    kids = " ".join(f"{10 + 2 * number} 0 R" for number in range(len(pages)))
    action = f"/OpenAction << /S /JavaScript /JS ({script}) >>" if script else ""
    objects = {
        1: f"<< /Type /Catalog /Pages 2 0 R {action} >>",
        2: f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        3: "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    }
    for number, drawn in enumerate(pages):
        objects[10 + 2 * number] = (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Rotate {turned} /Contents {11 + 2 * number} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>"
        )
        objects[11 + 2 * number] = f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream"
    out = b"%PDF-1.7\n"
    places = {}
    for number, content in objects.items():
        places[number] = len(out)
        out += f"{number} 0 obj\n{content}\nendobj\n".encode()
    start = len(out)
    for number, place in places.items():
        out += b"" if number > 1 else b"xref\n0 1\n0000000000 65535 f \n"
        out += f"{number} 1\n{place:010} 00000 n \n".encode()
    lock = f"/Encrypt << /Filter /Standard /V 1 /R 2 /P -44 /O <{'00' * 32}> /U <{'11' * 32}> >> /ID [<00> <00>]"
    size = max(objects) + 1
    return (
        out
        + f"trailer << /Size {size} /Root 1 0 R {lock if encrypted else ''} >>\nstartxref\n{start}\n%%EOF\n".encode()
    )


def png_of_size(width: int, height: int) -> bytes:
    """A few bytes that unfold to `width` × `height` white pixels."""
    rows = zlib.compress(bytes((width // 8 + 1) * height), 9)
    head = pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in ((b"IHDR", head), (b"IDAT", rows), (b"IEND", b"")))


def png_with_bomb() -> bytes:
    """Text in a picture that unfolds to 128 megabytes."""
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", "\0" * (128 << 20), zip=True)
    return saved(picture(), "PNG", pnginfo=words)


def _chunk(name: bytes, content: bytes) -> bytes:
    return pack(">I", len(content)) + name + content + pack(">I", zlib.crc32(name + content))


def multipart(content: bytes, name: str = "photo.jpg", **fields: str) -> tuple[bytes, str]:
    """A form with a file, and its media type."""
    mark = "amends-test-mark"
    parts = [
        f'--{mark}\r\ncontent-disposition: form-data; name="{key}"\r\n\r\n{value}\r\n' for key, value in fields.items()
    ]
    head = (
        f'--{mark}\r\ncontent-disposition: form-data; name="file"; filename="{name}"\r\ncontent-type: text/html\r\n\r\n'
    )
    body = "".join(parts).encode() + head.encode() + content + f"\r\n--{mark}--\r\n".encode()
    return body, f"multipart/form-data; boundary={mark}"


def noise(width: int, height: int) -> bytes:
    """A photograph that weighs something."""
    return saved(Image.frombytes("RGB", (width, height), Random(7).randbytes(width * height * 3)), "JPEG", quality=80)
