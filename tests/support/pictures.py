"""Photographs that never were: light, forms and grain from a seed, so that any number of them are all different."""

import io
import random
from functools import cache
from pathlib import Path

from manimgx_fonts_cjk import __file__ as fonts
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont


@cache
def scene(seed: int, width: int = 900, height: int = 1200) -> Image.Image:
    """Goods on a table, in some light."""
    dice = random.Random(seed)
    rough = Image.new("RGB", (6, 8))
    rough.putdata([tuple(dice.randrange(40, 230) for _ in range(3)) for _ in range(48)])
    drawn = rough.resize((width, height), Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(drawn)
    for _ in range(dice.randrange(5, 12)):
        x, y = dice.randrange(-100, width), dice.randrange(-100, height)
        size = dice.randrange(60, 420)
        colour = tuple(dice.randrange(256) for _ in range(3))
        box = (x, y, x + size, y + int(size * dice.uniform(0.5, 1.6)))
        dice.choice((pen.ellipse, pen.rectangle))(box, fill=colour)
    return drawn.filter(ImageFilter.GaussianBlur(2))


def jpeg(picture: Image.Image, quality: int = 85) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return out.getvalue()


def cropped(picture: Image.Image, left: float, top: float, right: float, bottom: float) -> Image.Image:
    """Without these parts of its width and height."""
    width, height = picture.size
    return picture.crop((int(left * width), int(top * height), int((1 - right) * width), int((1 - bottom) * height)))


def resized(picture: Image.Image, scale: float) -> Image.Image:
    return picture.resize((int(picture.width * scale), int(picture.height * scale)))


def compressed(picture: Image.Image, quality: int) -> Image.Image:
    return Image.open(io.BytesIO(jpeg(picture, quality)))


def stamped(picture: Image.Image, text: str = "张三 2026-03-02") -> Image.Image:
    copy = picture.copy()
    ImageDraw.Draw(copy).text(
        (20, copy.height - 90), text, font=font(48), fill="white", stroke_width=2, stroke_fill="black"
    )
    return copy


def brightened(picture: Image.Image, factor: float = 1.25) -> Image.Image:
    return ImageEnhance.Brightness(picture).enhance(factor)


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    (file,) = Path(fonts).parent.rglob("*.ttc")
    return ImageFont.truetype(file, size)


def chat(*lines: str, width: int = 720) -> Image.Image:
    """A conversation as a telephone shows it."""
    drawn = Image.new("RGB", (width, 140 * len(lines) + 120), "#ededed")
    pen = ImageDraw.Draw(drawn)
    for place, line in enumerate(lines):
        top, mine = 60 + place * 140, place % 2
        long = pen.textlength(line, font=font(26)) + 40
        left = width - 40 - long if mine else 40
        pen.rounded_rectangle((left, top, left + long, top + 80), 14, fill="#95ec69" if mine else "white")
        pen.text((left + 20, top + 20), line, font=font(26), fill="black")
    return drawn
