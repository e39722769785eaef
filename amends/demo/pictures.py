"""Photos of goods as a phone takes them: a table, a lamp, a shadow, grain, and what is wrong with the goods."""

import random
from datetime import timedelta
from functools import cache
from io import BytesIO
from math import cos, radians, sin
from typing import NamedTuple

from PIL import ExifTags, Image, ImageChops, ImageDraw, ImageFilter

from amends.demo.orders import CHINA
from amends.demo.shapes import SIDE, Colour, Thing, drawn, lighter
from amends.domain.time import Instant

SIZE = (576, 432)
QUALITY = 82

_TABLES: tuple[Colour, ...] = (
    (196, 164, 128), (122, 90, 66), (226, 222, 214), (168, 174, 178), (74, 78, 84), (206, 196, 176), (148, 164, 156),
    (186, 150, 150),
)  # fmt: skip
_PHONES = (("Xinghe", "X3"), ("Xinghe", "X5 Pro"), ("Lanting", "L20"), ("Qiming", "Q9"))

_HARMS = (
    ("霉馊虫死烂酸", "mould"),
    ("漏渗洒汁", "leak"),
    ("锈污渍黄黑染掉色皮", "stain"),
    ("凹压扁变形", "dent"),
    ("裂碎断缺口破磕开脱划", "crack"),
)


class Shot(NamedTuple):
    """Where and when a photo was taken. Without a fault it is a photo of whole goods."""

    thing: Thing
    fault: str
    taken_at: Instant


def harm_of(fault: str) -> str:
    """What a fault looks like; empty for those that nobody can see."""
    return next((harm for signs, harm in _HARMS if any(sign in fault for sign in signs)), "")


def photo(shot: Shot, draws: random.Random) -> bytes:
    """Of the goods; people mark with a red ring what they mean."""
    goods = drawn(shot.thing)
    at = (draws.uniform(0.32, 0.62) * SIDE, draws.uniform(0.36, 0.66) * SIDE)
    if shot.fault:
        _harm(goods, harm_of(shot.fault), at, draws)
        if draws.random() < 0.45 or not harm_of(shot.fault):
            _ring(goods, at, draws)
    return taken(goods, shot.taken_at, draws)


def taken(things: Image.Image, at: Instant, draws: random.Random, *, lying: float = 14) -> bytes:
    """A photo of things that lie there, turned by about so many degrees, as the phone writes it."""
    size = SIZE if draws.random() < 0.6 else SIZE[::-1]
    scene = _table(size, draws)
    flat, mask = _placed(things, size, lying, draws)
    _shadow(scene, mask, draws)
    scene.paste(flat, mask=mask)
    return _saved(_lit(scene, draws), at, draws)


def recompressed(picture: bytes) -> bytes:
    """As a messenger passes it on: smaller, coarser, and without what the camera wrote."""
    with Image.open(BytesIO(picture)) as opened:
        smaller = opened.convert("RGB").resize((opened.width * 4 // 5, opened.height * 4 // 5))
    out = BytesIO()
    smaller.save(out, "JPEG", quality=68)
    return out.getvalue()


def _table(size: tuple[int, int], draws: random.Random) -> Image.Image:
    colour = draws.choice(_TABLES)
    scene = Image.new("RGB", size, colour)
    draw = ImageDraw.Draw(scene)
    pattern = draws.choice(("planks", "planks", "tiles", "cloth", "paper"))
    if pattern == "planks":
        wide, lean = draws.randint(50, 150), draws.uniform(-120, 120)
        for left in range(-200, size[0] + 200, wide):
            shade = lighter(colour, draws.uniform(-0.14, 0.14))
            draw.polygon(
                [(left, 0), (left + wide, 0), (left + wide + lean, size[1]), (left + lean, size[1])], fill=shade
            )
            draw.line([(left, 0), (left + lean, size[1])], fill=lighter(colour, -0.3), width=2)
    elif pattern == "tiles":
        apart, slant = draws.randint(120, 260), draws.uniform(-90, 90)
        for place in range(-2, 8):
            shift = place * apart + draws.random()
            draw.line([(shift, 0), (shift + slant, size[1])], fill=lighter(colour, 0.3), width=4)
            draw.line([(0, shift), (size[0], shift - slant)], fill=lighter(colour, 0.3), width=4)
    elif pattern == "cloth":
        for _ in range(7):
            x, y = draws.uniform(-100, size[0]), draws.uniform(-100, size[1])
            end = (x + draws.uniform(-300, 300), y + draws.uniform(100, 400))
            draw.line([(x, y), end], fill=lighter(colour, draws.uniform(-0.16, 0.12)), width=draws.randint(20, 90))
    else:
        edge = draws.uniform(0.2, 0.8) * size[1]
        draw.polygon(
            [(0, edge), (size[0], edge + draws.uniform(-90, 90)), (size[0], size[1]), (0, size[1])],
            fill=lighter(colour, draws.choice((-0.35, 0.4))),
        )
    return scene


def _placed(
    things: Image.Image, size: tuple[int, int], lying: float, draws: random.Random
) -> tuple[Image.Image, Image.Image]:
    """Turned, nearer or farther, and not quite in the middle; with the mask of where they are."""
    turn = radians(draws.gauss(0, lying))
    scale = draws.uniform(0.72, 1.2) * min(size) / SIDE
    x, y = (side * draws.uniform(0.42, 0.58) for side in size)
    along, across = cos(turn) / scale, sin(turn) / scale
    middle = SIDE / 2
    back = (along, across, middle - along * x - across * y, -across, along, middle + across * x - along * y)
    bilinear = Image.Resampling.BILINEAR
    flat = things.convert("RGB").transform(size, Image.Transform.AFFINE, back, bilinear)
    return flat, things.getchannel("A").transform(size, Image.Transform.AFFINE, back, bilinear)


def _shadow(scene: Image.Image, mask: Image.Image, draws: random.Random) -> None:
    cast = mask.reduce(10).filter(ImageFilter.GaussianBlur(1.2)).point(lambda value: value * 0.5)
    cast = ImageChops.offset(cast, draws.choice((-3, -2, 2, 3)), 2)
    scene.paste((20, 18, 16), mask=cast.resize(scene.size, Image.Resampling.BILINEAR))


def _lit(scene: Image.Image, draws: random.Random) -> Image.Image:
    """A lamp from somewhere, corners that are darker, the colour of the light, and grain."""
    lamp = (draws.uniform(0, 7), draws.uniform(0, 7))
    power, lowest, warm = draws.uniform(0.03, 0.1), draws.randint(120, 170), draws.randint(-16, 8)
    light = Image.new("RGB", (8, 8))
    for y in range(8):
        for x in range(8):
            far = ((x - lamp[0]) ** 2 + (y - lamp[1]) ** 2) ** 0.5
            grey = max(lowest, round(255 * (1 - power * far)))
            light.putpixel((x, y), (grey, grey - 2, grey + warm - 4))
    lit = ImageChops.multiply(scene, light.resize(scene.size, Image.Resampling.BICUBIC))
    grain = _grain()
    left, top = draws.randint(0, grain.width - scene.width), draws.randint(0, grain.height - scene.height)
    return ImageChops.add(lit, grain.crop((left, top, left + scene.width, top + scene.height)), 1, -12)


@cache
def _grain() -> Image.Image:
    """The same for all photos, seen through another window each time: anew it would take most of the time."""
    side = 1024
    noise = random.Random("grain")  # noqa: S311 - chance for show, not for secrets
    one, other = (Image.frombytes("L", (side, side), noise.randbytes(side * side)) for _ in range(2))
    grey = Image.blend(one, other, 0.5).point(lambda value: round(value * 24 / 255))
    return Image.merge("RGB", (grey, grey, grey))


def _saved(picture: Image.Image, at: Instant, draws: random.Random) -> bytes:
    maker, model = draws.choice(_PHONES)
    exif = Image.Exif()
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Model] = maker, model
    details = exif.get_ifd(ExifTags.IFD.Exif)
    local = (at - timedelta(minutes=draws.uniform(2, 50))).astimezone(CHINA)
    details[ExifTags.Base.DateTimeOriginal] = f"{local:%Y:%m:%d %H:%M:%S}"
    details[ExifTags.Base.OffsetTimeOriginal] = "+08:00"
    out = BytesIO()
    picture.save(out, "JPEG", quality=QUALITY, exif=exif)
    return out.getvalue()


def _harm(goods: Image.Image, harm: str, at: tuple[float, float], draws: random.Random) -> None:
    """Onto the goods only; what leaks runs out below them."""
    layer = Image.new("RGBA", goods.size)
    draw = ImageDraw.Draw(layer)
    x, y = at
    if harm == "crack":
        for _ in range(3):
            points = [(x, y)]
            turn = draws.uniform(-1.6, 1.6)
            for _ in range(6):
                last = points[-1]
                points.append((last[0] + draws.uniform(6, 26) * turn, last[1] + draws.uniform(-8, 26)))
            draw.line(points, fill=(26, 22, 20, 235), width=draws.randint(2, 5), joint="curve")
    elif harm == "dent":
        for ring in range(9):
            half = 54 - ring * 5
            draw.ellipse((x - half, y - half * 0.7, x + half, y + half * 0.7), fill=(0, 0, 0, 16 + ring * 7))
        draw.arc((x - 50, y - 36, x + 50, y + 36), 20, 160, fill=(255, 255, 255, 150), width=4)
    elif harm in ("stain", "mould"):
        tints = ((96, 62, 30), (120, 84, 40)) if harm == "stain" else ((196, 206, 196), (86, 116, 92))
        for _ in range(26 if harm == "mould" else 13):
            wide = draws.uniform(5, 26)
            left, top = x + draws.gauss(0, 34), y + draws.gauss(0, 26)
            draw.ellipse(
                (left, top, left + wide, top + wide * 0.8), fill=(*draws.choice(tints), draws.randint(90, 190))
            )
        layer = layer.filter(ImageFilter.GaussianBlur(3))
    if harm == "leak":
        for _ in range(9):
            wide = draws.uniform(30, 110)
            left, top = x - wide / 2 + draws.gauss(0, 60), SIDE * 0.86 + draws.gauss(0, 12)
            draw.ellipse((left, top, left + wide, top + wide * 0.3), fill=(150, 170, 186, 120))
        goods.alpha_composite(layer.filter(ImageFilter.GaussianBlur(2)))
        return
    layer.putalpha(ImageChops.multiply(layer.getchannel("A"), goods.getchannel("A")))
    goods.alpha_composite(layer)


def _ring(goods: Image.Image, at: tuple[float, float], draws: random.Random) -> None:
    """Drawn with a finger."""
    wide, high = draws.uniform(50, 84), draws.uniform(42, 70)
    draw = ImageDraw.Draw(goods)
    for shift in (0.0, draws.uniform(2, 7)):
        box = (at[0] - wide - shift, at[1] - high, at[0] + wide, at[1] + high + shift)
        draw.arc(box, draws.uniform(-40, 0), draws.uniform(300, 350), fill=(226, 40, 40), width=6)
