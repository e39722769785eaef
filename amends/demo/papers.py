"""What is written in the demo's files: labels on parcels, chats, product pages, receipts, reports. No font but ours."""

import random
from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

from amends.demo.orders import CHINA
from amends.demo.pictures import taken
from amends.demo.shapes import SIDE, Colour, Thing, drawn
from amends.domain.time import Instant
from amends.domain.words import Side
from amends.wording.names import carrier_name

INK: Colour = (30, 30, 34)
GREY: Colour = (140, 140, 146)


class Slip(NamedTuple):
    """What a label or a receipt says."""

    carrier: str
    tracking_no: str
    sender: str
    receiver: str
    paid: str = ""


class Said(NamedTuple):
    """A bubble of a chat."""

    by: Side
    text: str


def packing(slip: Slip, at: Instant, draws: random.Random) -> bytes:
    """A carton with a label, photographed."""
    carton = Image.new("RGBA", (SIDE, SIDE))
    draw = ImageDraw.Draw(carton)
    brown = draws.choice(((188, 150, 106), (172, 132, 90), (200, 166, 124)))
    margin = draws.randint(4, 40)
    draw.rectangle((4, margin, SIDE - 4, SIDE - margin), fill=brown, outline=(120, 88, 56), width=3)
    draw.rectangle((SIDE * 0.44, margin, SIDE * 0.56, SIDE - margin), fill=(214, 190, 150))
    label = _label(slip, draws)
    left, top = draws.randint(16, SIDE - label.width - 16), draws.randint(60, SIDE - label.height - 50)
    carton.paste(label, (left, top))
    return taken(carton, at, draws, lying=4)


def chat(shop: str, order_no: str, said: Sequence[Said], at: Instant) -> bytes:
    """A screenshot of a messenger; the order's card stands above what was said."""
    page = Image.new("RGB", (540, 960), (237, 237, 237))
    draw = ImageDraw.Draw(page)
    draw.rectangle((0, 0, 540, 84), fill=(247, 247, 247))
    draw.text((20, 10), f"{at.astimezone(CHINA):%H:%M}", font=_font(18), fill=INK)
    draw.text((270, 56), shop, font=_font(24), fill=INK, anchor="mm")
    draw.rounded_rectangle((24, 104, 516, 184), 10, fill="white")
    draw.text((44, 116), "订单编号", font=_font(18), fill=GREY)
    draw.text((44, 144), order_no, font=_font(22), fill=INK)
    top = 210
    for bubble in said:
        lines = _wrapped(bubble.text, 15)
        width = max(round(_font(24).getlength(line)) for line in lines) + 36
        height = 34 * len(lines) + 22
        by_buyer = bubble.by is Side.BUYER
        left = 540 - 84 - width if by_buyer else 84
        face = (540 - 68, top, 540 - 20, top + 48) if by_buyer else (20, top, 68, top + 48)
        draw.rounded_rectangle(face, 6, fill=(120, 160, 196) if by_buyer else (204, 140, 92))
        draw.rounded_rectangle(
            (left, top, left + width, top + height), 8, fill=(149, 236, 105) if by_buyer else "white"
        )
        for number, line in enumerate(lines):
            draw.text((left + 18, top + 8 + 34 * number), line, font=_font(24), fill=INK)
        top += height + 26
    draw.rectangle((0, 890, 540, 960), fill=(247, 247, 247))
    draw.rounded_rectangle((70, 904, 420, 946), 6, fill="white")
    return _png(page)


def listing(thing: Thing, price: str, shop: str) -> bytes:
    """A screenshot of the product's page."""
    page = Image.new("RGB", (540, 960), "white")
    draw = ImageDraw.Draw(page)
    draw.rectangle((0, 0, 540, 520), fill=(244, 242, 238))
    goods = drawn(thing).resize((440, 440))
    page.paste(goods, (50, 40), goods)
    draw.text((24, 544), f"¥{price}", font=_font(40), fill=(220, 60, 40))
    for number, line in enumerate(_wrapped(thing.title, 19)):
        draw.text((24, 610 + 36 * number), line, font=_font(26), fill=INK)
    draw.text((24, 700), f"{shop}  正品保障  48小时发货", font=_font(20), fill=GREY)
    draw.line((0, 740, 540, 740), fill=(230, 230, 230), width=8)
    draw.text((24, 764), "商品参数与材质以吊牌为准", font=_font(22), fill=INK)
    draw.rounded_rectangle((300, 880, 516, 936), 28, fill=(220, 60, 40))
    draw.text((408, 908), "立即购买", font=_font(24), fill="white", anchor="mm")
    return _png(page)


def receipt(slip: Slip, at: Instant, draws: random.Random) -> bytes:
    """The courier's slip, photographed."""
    paper = Image.new("RGBA", (SIDE, SIDE))
    draw = ImageDraw.Draw(paper)
    draw.rectangle((60, 4, SIDE - 60, SIDE - 4), fill=(250, 249, 244), outline=(200, 200, 196), width=2)
    draw.text((SIDE / 2, 34), "寄件收据", font=_font(26), fill=INK, anchor="mm")
    local = at.astimezone(CHINA)
    lines = (
        carrier_name(slip.carrier, "zh"), f"运单号 {slip.tracking_no}", f"寄件人 {slip.sender}",
        f"收件人 {slip.receiver}", f"时间 {local:%Y-%m-%d %H:%M}", "计费重量 1.0 kg",
    )  # fmt: skip
    for number, line in enumerate(lines):
        draw.text((76, 64 + 34 * number), line, font=_font(18), fill=INK)
    draw.line((76, 276, SIDE - 76, 276), fill=INK, width=2)
    draw.text((76, 292), "实付运费", font=_font(22), fill=INK)
    draw.text((SIDE - 76, 292), f"¥{slip.paid}", font=_font(26), fill=INK, anchor="ra")
    draw.text((76, 338), "如有疑问请凭此单查询", font=_font(14), fill=GREY)
    return taken(paper, at, draws, lying=5)


def report(title: str, lines: Sequence[str], closing: str, at: Instant) -> bytes:
    """One page with a seal, as a scanner makes it: a PDF that holds a picture."""
    page = Image.new("RGB", (827, 1169), (253, 253, 251))
    draw = ImageDraw.Draw(page)
    draw.text((413, 130), title, font=_font(44), fill=INK, anchor="mm")
    draw.line((90, 180, 737, 180), fill=INK, width=3)
    for number, line in enumerate(line for text in lines for line in _wrapped(text, 25)):
        draw.text((100, 220 + 52 * number), line, font=_font(25), fill=INK)
    draw.text((720, 960), closing, font=_font(25), fill=INK, anchor="ra")
    draw.text((720, 1004), f"{at.astimezone(CHINA):%Y年%m月%d日}", font=_font(25), fill=INK, anchor="ra")
    seal = (200, 44, 40)
    draw.ellipse((540, 880, 720, 1060), outline=seal, width=6)
    draw.text((630, 970), "★", font=_font(54), fill=seal, anchor="mm")
    out = BytesIO()
    when = (at - timedelta(days=1)).timetuple()
    page.save(out, "PDF", resolution=100, quality=80, title=title, creationDate=when, modDate=when)
    return out.getvalue()


def _label(slip: Slip, draws: random.Random) -> Image.Image:
    label = Image.new("RGB", (216, 150), "white")
    draw = ImageDraw.Draw(label)
    draw.text((10, 4), carrier_name(slip.carrier, "zh"), font=_font(18), fill=INK)
    left = 10
    while left < 200:
        width = draws.choice((1, 2, 2, 3, 4))
        draw.rectangle((left, 30, left + width - 1, 62), fill=INK)
        left += width + draws.choice((1, 2, 3))
    draw.text((10, 64), slip.tracking_no, font=_font(17), fill=INK)
    draw.line((6, 90, 210, 90), fill=INK)
    draw.text((10, 94), f"收 {slip.receiver}", font=_font(16), fill=INK)
    draw.text((10, 120), f"寄 {slip.sender}", font=_font(15), fill=INK)
    return label


def _wrapped(text: str, signs: int) -> list[str]:
    """Chinese breaks anywhere, but no line begins with a stop."""
    lines: list[str] = []
    while text:
        end = signs + 1 if text[signs : signs + 1] in "，。、；？" else signs
        lines.append(text[:end])
        text = text[end:]
    return lines


def _png(page: Image.Image) -> bytes:
    out = BytesIO()
    page.quantize(64).save(out, "PNG")
    return out.getvalue()


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    package = find_spec("manimgx_fonts_cjk")
    assert package is not None, "it is among the dependencies"
    assert package.origin is not None, "it has a file"
    file = next(Path(package.origin).parent.rglob("*.ttc"))
    font = ImageFont.truetype(str(file), size, index=_simplified(file))
    font.set_variation_by_name("Regular")
    return font


@cache
def _simplified(file: Path) -> int:
    """Which face of the collection has the shapes of mainland China."""
    faces = (ImageFont.truetype(str(file), 10, index=number).getname()[0] or "" for number in range(10))
    return next(number for number, name in enumerate(faces) if name.endswith(" SC"))
