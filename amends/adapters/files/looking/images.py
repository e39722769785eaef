"""Pictures: decoded whole, which proves them, and drawn anew without anything but their pixels."""

import io
from math import sqrt
from pathlib import Path
from typing import Any

import pillow_heif
from PIL import ExifTags, Image, ImageCms, ImageFile, ImageOps

from amends.adapters.files.looking.limits import Made, NotTaken, at_most

pillow_heif.register_heif_opener(thumbnails=False)
ImageFile.LOAD_TRUNCATED_IMAGES = False

_QUALITY = {"display": 85, "thumb": 80}
_LONGEST = 60_000
"""What a JPEG can hold is 65,535 pixels in a row."""


def look(file: Path, reader: str, limits: dict[str, int]) -> tuple[dict[str, Any], list[Made]]:
    """Raises NotTaken, and whatever decoders raise over what is broken."""
    Image.MAX_IMAGE_PIXELS = None  # bounded here, before anything is unfolded, and with words
    with Image.open(file, formats=[reader]) as opened:
        width, height = opened.size
        at_most("picture_too_large", width * height / 1e6, limits["megapixels"])
        facts: dict[str, Any] = {"width": width, "height": height}
        exif = opened.getexif()
        facts |= _origin(exif)
        scale = _scale(width, height, limits)
        if reader == "JPEG":
            opened.draft("RGB", (max(1, int(width * scale)), max(1, int(height * scale))))
        opened.load()
        picture = ImageOps.exif_transpose(opened)
        return facts, save_copies(_plain(picture), file.parent, limits)


def save_copies(picture: Image.Image, folder: Path, limits: dict[str, int]) -> list[Made]:
    """The picture for looking at and the small one for lists, as JPEG. `picture` is RGB and has no transparency."""
    scale = _scale(*picture.size, limits)
    if scale < 1:
        size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
        picture = picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    return [_save(picture, folder, "display"), _save(thumb_of(picture, limits["thumb_pixels"]), folder, "thumb")]


def thumb_of(picture: Image.Image, pixels: int) -> Image.Image:
    """Of a strip, such as a long screenshot, its beginning: the whole would be a line."""
    short = min(picture.size)
    beginning = picture.crop((0, 0, min(picture.width, short * 2), min(picture.height, short * 2)))
    beginning.thumbnail((pixels, pixels), Image.Resampling.LANCZOS)
    return beginning


def _save(picture: Image.Image, folder: Path, form: str) -> Made:
    out = folder / form
    picture.save(out, "JPEG", quality=_QUALITY[form], optimize=True)
    return Made(form, "image/jpeg", out.stat().st_size, *picture.size)


def _scale(width: int, height: int, limits: dict[str, int]) -> float:
    return min(
        1.0,
        limits["display_short_pixels"] / max(1, min(width, height)),
        sqrt(limits["display_megapixels"] * 1e6 / max(1, width * height)),
        _LONGEST / max(width, height, 1),
    )


def _plain(picture: Image.Image) -> Image.Image:
    """Colours as every screen shows them, transparency on white, and nothing beside the pixels."""
    profile = picture.info.get("icc_profile")
    if picture.mode in ("RGBA", "LA", "PA") or (picture.mode == "P" and "transparency" in picture.info):
        layers = picture.convert("RGBA")
        flat = Image.new("RGB", layers.size, "white")
        flat.paste(layers, mask=layers.getchannel("A"))
        picture = flat
    elif picture.mode in ("I;16", "I", "F"):
        picture = picture.convert("F").point(lambda value: value / 256).convert("L").convert("RGB")
    elif profile and picture.mode in ("RGB", "CMYK", "L"):
        picture = _in_srgb(picture, profile)
    plain = picture if picture.mode == "RGB" else picture.convert("RGB")
    plain.info.clear()
    return plain


def _in_srgb(picture: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        found = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return picture  # a profile that cannot be read changes a shade, not what is seen
    return found or picture


def _origin(exif: Image.Exif) -> dict[str, Any]:
    """When and with what it was taken, as the camera wrote it: anybody can write it, so it proves nothing alone."""
    details = exif.get_ifd(ExifTags.IFD.Exif)
    taken = _text(details.get(ExifTags.Base.DateTimeOriginal) or exif.get(ExifTags.Base.DateTime))
    maker, model = _text(exif.get(ExifTags.Base.Make)), _text(exif.get(ExifTags.Base.Model))
    device = model if model.startswith(maker) else f"{maker} {model}".strip()
    facts: dict[str, Any] = {}
    if len(taken) >= 19 and taken[4:5] == ":":
        zone = _text(details.get(ExifTags.Base.OffsetTimeOriginal))
        facts["taken_at"] = taken[:10].replace(":", "-") + "T" + taken[11:19] + zone[:6]
    if device:
        facts["device"] = device[:100]
    if software := _text(exif.get(ExifTags.Base.Software)):
        facts["software"] = software[:100]
    if exif.get_ifd(ExifTags.IFD.GPSInfo):
        facts["has_location"] = True
    return facts


def _text(value: object) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value if isinstance(value, str) else ""
    return "".join(sign for sign in text if sign.isprintable()).strip()


def unreadable(fault: Exception) -> NotTaken:
    """What decoders raise says nothing to the sender but that it is broken."""
    return NotTaken("file_unreadable", why=type(fault).__name__)
