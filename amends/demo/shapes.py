"""What the demo's goods look like: flat drawings on a square of 100 by 100, one for each sort of thing."""

from collections.abc import Callable
from typing import NamedTuple

from PIL import Image, ImageDraw

Colour = tuple[int, int, int]
Point = tuple[float, float]

SIDE = 380
"""Pixels of the square."""

METAL, DARK, PAPER, WOOD, LEAF = (176, 180, 184), (52, 52, 56), (238, 234, 224), (176, 128, 84), (92, 132, 72)


def lighter(colour: Colour, by: float) -> Colour:
    """Towards white, or with a negative share towards black."""
    towards = 255 if by > 0 else 0
    red, green, blue = (round(part + (towards - part) * abs(by)) for part in colour)
    return red, green, blue


class Pen:
    """Draws in parts of the square, with a darker edge around everything."""

    def __init__(self, colour: Colour) -> None:
        self.layer = Image.new("RGBA", (SIDE, SIDE), (*colour, 0))
        self.colour = colour
        self._draw = ImageDraw.Draw(self.layer)

    def area(self, *points: Point, fill: Colour | None = None) -> None:
        fill = fill or self.colour
        self._draw.polygon([_at(*point) for point in points], fill=fill, outline=lighter(fill, -0.3), width=2)

    def round(self, left: float, top: float, right: float, bottom: float, fill: Colour | None = None) -> None:
        fill = fill or self.colour
        self._draw.ellipse((*_at(left, top), *_at(right, bottom)), fill=fill, outline=lighter(fill, -0.3), width=2)

    def box(
        self, left: float, top: float, right: float, bottom: float, fill: Colour | None = None, *, radius: float = 3
    ) -> None:
        fill = fill or self.colour
        corners = (*_at(left, top), *_at(right, bottom))
        self._draw.rounded_rectangle(corners, radius * SIDE / 100, fill=fill, outline=lighter(fill, -0.3), width=2)

    def line(self, *points: Point, fill: Colour | None = None, width: float = 1) -> None:
        places = [_at(*point) for point in points]
        self._draw.line(
            places, fill=fill or lighter(self.colour, -0.35), width=round(width * SIDE / 100), joint="curve"
        )

    def ring(self, left: float, top: float, right: float, bottom: float, *, width: float, fill: Colour) -> None:
        self._draw.ellipse((*_at(left, top), *_at(right, bottom)), outline=fill, width=round(width * SIDE / 100))


def _at(x: float, y: float) -> Point:
    return x * SIDE / 100, y * SIDE / 100


def _garment(pen: Pen) -> None:
    pen.area((28, 14), (42, 10), (58, 10), (72, 14), (96, 38), (84, 50), (74, 40), (74, 92), (26, 92), (26, 40),
             (16, 50), (4, 38))  # fmt: skip
    pen.round(40, 4, 60, 18, lighter(pen.colour, -0.25))
    pen.line((34, 50), (32, 88))
    pen.line((64, 44), (68, 86))


def _trousers(pen: Pen) -> None:
    pen.area((28, 6), (72, 6), (84, 94), (58, 94), (50, 36), (42, 94), (16, 94))
    pen.box(28, 6, 72, 13, lighter(pen.colour, -0.15), radius=0)
    pen.line((50, 13), (50, 36))
    pen.line((33, 15), (42, 24))
    pen.line((67, 15), (58, 24))


def _cloth(pen: Pen) -> None:
    for place in range(4):
        top = 62 - place * 14
        pen.box(8 + place * 2, top, 92 - place * 3, top + 20, lighter(pen.colour, 0.12 * (place % 2)), radius=8)
    for x in range(16, 86, 10):
        pen.line((x, 24), (x + 3, 38), width=0.6)


def _shoe(pen: Pen) -> None:
    for up in (0, 40):
        pen.area((6, 24 + up), (30, 12 + up), (48, 26 + up), (84, 34 + up), (94, 48 + up), (6, 48 + up))
        pen.box(4, 46 + up, 96, 54 + up, PAPER, radius=4)
        for place in range(4):
            pen.line(
                (36 + place * 7, 21 + place * 3.6 + up), (42 + place * 7, 31 + place * 2 + up), fill=PAPER, width=1.4
            )


def _bag(pen: Pen) -> None:
    pen.ring(30, 2, 70, 60, width=3, fill=lighter(pen.colour, -0.3))
    pen.area((14, 32), (86, 32), (94, 92), (6, 92))
    pen.line((12, 44), (88, 44))
    pen.box(44, 40, 56, 52, METAL)


def _suitcase(pen: Pen) -> None:
    pen.box(38, 2, 62, 24, METAL)
    pen.box(20, 14, 80, 92, radius=8)
    for x in (32, 44, 56, 68):
        pen.line((x, 18), (x, 88), width=1.4)
    for x in (26, 68):
        pen.round(x, 90, x + 7, 98, DARK)


def _bottle(pen: Pen) -> None:
    pen.box(40, 4, 60, 20, DARK)
    pen.box(30, 18, 70, 96, radius=9)
    pen.box(34, 44, 66, 74, PAPER, radius=1)
    pen.line((38, 52), (62, 52), width=2)
    pen.line((38, 60), (56, 60))
    pen.line((36, 24), (36, 90), fill=lighter(pen.colour, 0.6), width=2)


def _kettle(pen: Pen) -> None:
    pen.ring(62, 30, 98, 74, width=5, fill=DARK)
    pen.area((30, 44), (4, 24), (10, 20), (34, 36))
    pen.area((32, 28), (68, 28), (80, 92), (20, 92))
    pen.box(34, 20, 66, 30, lighter(pen.colour, -0.15))
    pen.round(46, 12, 54, 21, DARK)
    pen.line((38, 36), (32, 86), fill=lighter(pen.colour, 0.6), width=3)


def _phone(pen: Pen) -> None:
    pen.box(26, 4, 74, 96, radius=7)
    pen.box(29, 7, 71, 93, (28, 34, 46), radius=5)
    pen.area((29, 60), (71, 34), (71, 90), (29, 90), fill=(52, 86, 128))
    pen.round(47, 9, 53, 14, DARK)


def _power_bank(pen: Pen) -> None:
    pen.box(24, 12, 76, 88, radius=8)
    pen.box(42, 8, 58, 14, METAL, radius=1)
    for x in (36, 44, 52, 60):
        pen.round(x, 74, x + 4, 78, (120, 200, 120))
    pen.line((44, 40), (52, 40), (46, 52), (56, 52), fill=METAL, width=2)


def _earphones(pen: Pen) -> None:
    pen.box(20, 46, 80, 92, radius=20)
    pen.line((20, 62), (80, 62), width=1.5)
    for x in (18, 66):
        pen.round(x, 4, x + 18, 22)
        pen.box(x + 6, 16, x + 12, 40, radius=3)


def _watch(pen: Pen) -> None:
    pen.box(36, 2, 64, 98, lighter(pen.colour, -0.2), radius=6)
    pen.round(20, 20, 80, 80, METAL)
    pen.round(26, 26, 74, 74, (22, 26, 32))
    pen.line((50, 50), (50, 32), fill=PAPER, width=2)
    pen.line((50, 50), (63, 56), fill=PAPER, width=2)


def _keyboard(pen: Pen) -> None:
    pen.box(2, 28, 98, 72, radius=3)
    for row in range(4):
        for place in range(12 - row % 2):
            left = 5 + place * 7.6 + row % 2 * 3
            pen.box(left, 31 + row * 9, left + 6.4, 38 + row * 9, lighter(pen.colour, 0.5), radius=1)
    pen.box(28, 66, 70, 71, lighter(pen.colour, 0.5), radius=1)


def _cable(pen: Pen) -> None:
    for place in range(4):
        pen.ring(16 + place * 3, 20 + place * 2, 80 - place * 2, 82 - place * 3, width=2.4, fill=pen.colour)
    pen.box(72, 76, 80, 96, METAL, radius=1)
    pen.box(12, 74, 20, 94, METAL, radius=1)


def _machine(pen: Pen) -> None:
    pen.box(16, 8, 84, 94, radius=16)
    pen.box(26, 46, 74, 86, lighter(pen.colour, -0.3), radius=8)
    pen.round(38, 16, 62, 40, DARK)
    pen.line((50, 28), (58, 20), fill=PAPER, width=2)


def _robot(pen: Pen) -> None:
    pen.round(6, 6, 94, 94)
    pen.round(34, 30, 66, 62, lighter(pen.colour, -0.3))
    pen.round(44, 40, 56, 52, DARK)
    pen.line((20, 82), (80, 82), width=2)


def _chair(pen: Pen) -> None:
    pen.box(28, 4, 72, 52, radius=10)
    pen.box(22, 54, 78, 68, lighter(pen.colour, -0.15), radius=6)
    pen.box(47, 68, 53, 84, METAL, radius=0)
    pen.line((24, 94), (50, 84), (76, 94), fill=DARK, width=4)
    for x in (20, 72):
        pen.round(x, 90, x + 8, 98, DARK)


def _desk(pen: Pen) -> None:
    pen.area((14, 20), (86, 20), (96, 40), (4, 40))
    pen.box(4, 40, 96, 50, lighter(pen.colour, -0.12), radius=0)
    for x in (6, 88):
        pen.box(x, 50, x + 6, 94, lighter(pen.colour, -0.25), radius=0)
    pen.box(34, 50, 66, 64, lighter(pen.colour, 0.15), radius=1)
    pen.round(48, 55, 52, 59, METAL)


def _bowls(pen: Pen) -> None:
    for left, top, wide in ((4, 42, 52), (44, 30, 50), (26, 56, 54)):
        pen.area(
            (left, top + 10), (left + wide, top + 10), (left + wide * 0.72, top + 38), (left + wide * 0.28, top + 38)
        )
        pen.round(left, top, left + wide, top + 20, lighter(pen.colour, 0.3))
        pen.round(left + 5, top + 4, left + wide - 5, top + 17, lighter(pen.colour, -0.1))


def _bear(pen: Pen) -> None:
    for x in (20, 62):
        pen.round(x, 2, x + 18, 20)
        pen.round(x - 4, 76, x + 22, 98)
    pen.round(20, 40, 80, 94)
    pen.round(24, 6, 76, 52)
    pen.round(38, 28, 62, 48, lighter(pen.colour, 0.45))
    for x in (36, 58):
        pen.round(x, 20, x + 6, 27, DARK)
    pen.round(46, 31, 54, 37, DARK)


def _bricks(pen: Pen) -> None:
    colours = (pen.colour, (206, 66, 54), (240, 196, 70), (70, 130, 190), (90, 160, 96))
    for row in range(4):
        for place in range(3):
            left, top = 6 + place * 29 + row % 2 * 7, 20 + row * 19
            fill = colours[(row * 3 + place * 2) % len(colours)]
            pen.box(left + 4, top - 4, left + 11, top + 2, fill, radius=1)
            pen.box(left + 14, top - 4, left + 21, top + 2, fill, radius=1)
            pen.box(left, top, left + 26, top + 16, fill, radius=1)


def _car(pen: Pen) -> None:
    pen.area((24, 44), (36, 24), (66, 24), (78, 44), fill=(140, 176, 200))
    pen.box(6, 42, 94, 68, radius=8)
    for x in (14, 62):
        pen.round(x, 54, x + 24, 78, DARK)
        pen.round(x + 8, 62, x + 16, 70, METAL)


def _books(pen: Pen) -> None:
    pen.area((14, 12), (74, 6), (82, 86), (22, 94))
    pen.area((74, 6), (80, 9), (88, 84), (82, 86), fill=PAPER)
    pen.line((26, 28), (68, 24), fill=PAPER, width=4)
    pen.line((28, 38), (58, 35), fill=PAPER, width=2)
    pen.line((20, 14), (28, 92), width=1.6)


def _necklace(pen: Pen) -> None:
    pen.ring(14, 2, 86, 74, width=1.6, fill=pen.colour)
    pen.round(42, 66, 58, 90, lighter(pen.colour, 0.3))
    pen.round(46, 74, 54, 84, (214, 232, 240))


def _sack(pen: Pen) -> None:
    pen.area((20, 10), (80, 10), (90, 50), (84, 94), (16, 94), (10, 50))
    pen.box(18, 6, 82, 14, lighter(pen.colour, -0.2), radius=0)
    pen.box(28, 34, 72, 70, PAPER, radius=4)
    pen.round(38, 42, 62, 62, (214, 170, 92))
    pen.line((24, 80), (76, 80), width=1.4)


def _box(pen: Pen) -> None:
    pen.area((8, 34), (56, 42), (56, 92), (8, 80))
    pen.area((56, 42), (94, 30), (94, 76), (56, 92), fill=lighter(pen.colour, -0.2))
    pen.area((8, 34), (46, 22), (94, 30), (56, 42), fill=lighter(pen.colour, 0.25))
    pen.area((14, 46), (48, 52), (48, 72), (14, 65), fill=PAPER)
    pen.line((18, 54), (42, 58), width=2)


def _fruit(pen: Pen) -> None:
    pen.box(4, 14, 96, 90, (222, 230, 234), radius=5)
    for row in range(5):
        for place in range(6):
            left, top = 8 + place * 14 + row % 2 * 3, 17 + row * 14
            pen.round(left, top, left + 14, top + 14, lighter(pen.colour, 0.1 * ((row + place) % 3)))
            pen.round(left + 5, top + 4, left + 8, top + 7, lighter(pen.colour, 0.6))


def _melon(pen: Pen) -> None:
    pen.round(4, 4, 74, 76, (60, 112, 62))
    for x in (18, 32, 46):
        pen.line((x, 10), (x - 3, 40), (x, 70), fill=(34, 74, 40), width=3)
    pen.area((36, 50), (98, 64), (66, 98), fill=pen.colour)
    pen.line((98, 64), (66, 98), fill=(60, 112, 62), width=4)
    for x, y in ((60, 66), (70, 76), (62, 82), (78, 70)):
        pen.round(x, y, x + 3, y + 4, DARK)


def _eggs(pen: Pen) -> None:
    pen.box(4, 10, 96, 92, (150, 146, 138), radius=4)
    for row in range(4):
        for place in range(5):
            left, top = 8 + place * 17, 14 + row * 19
            pen.round(left, top, left + 14, top + 17)


def _crab(pen: Pen) -> None:
    for side in (-1, 1):
        for place in range(4):
            pen.line(
                (50, 50), (50 + side * 38, 38 + place * 12), (50 + side * 44, 50 + place * 13), width=4, fill=pen.colour
            )
        pen.round(50 + side * 36 - 9, 8, 50 + side * 36 + 9, 34)
    pen.round(20, 30, 80, 76)
    for y in (42, 52, 62):
        pen.line((24, y), (76, y), fill=PAPER, width=1.4)


def _fish(pen: Pen) -> None:
    pen.box(4, 18, 96, 84, (210, 220, 226), radius=5)
    pen.area((14, 34), (80, 26), (90, 58), (60, 74), (12, 66))
    for x in range(20, 80, 9):
        pen.line((x, 36), (x + 8, 62), fill=lighter(pen.colour, 0.5), width=1.6)


def _plants(pen: Pen) -> None:
    for left, top in ((8, 40), (38, 46), (66, 38)):
        pen.area(
            (left, top + 20), (left + 26, top + 20), (left + 21, top + 48), (left + 5, top + 48), fill=(180, 104, 72)
        )
        for turn in (-9, -4, 0, 4, 9):
            pen.round(left + 7 + turn, top - 8 + abs(turn), left + 19 + turn, top + 22, LEAF)


def _rod(pen: Pen) -> None:
    pen.line((4, 94), (96, 6), width=3, fill=pen.colour)
    pen.line((20, 96), (98, 22), width=1.6, fill=pen.colour)
    pen.round(24, 62, 40, 78, METAL)
    pen.line((4, 94), (20, 78), width=6, fill=DARK)


def _pram(pen: Pen) -> None:
    pen.line((70, 40), (96, 12), fill=METAL, width=3)
    pen.area((10, 44), (70, 44), (60, 72), (22, 72))
    pen.area((10, 44), (14, 22), (36, 12), (44, 44), fill=lighter(pen.colour, -0.2))
    pen.line((26, 72), (62, 88), fill=METAL, width=2.4)
    for x in (16, 56):
        pen.round(x, 78, x + 18, 96, DARK)


_THINGS: tuple[tuple[str, Callable[[Pen], None]], ...] = (
    ("T恤 羽绒服 卫衣 防晒衣 保暖内衣 连体衣 文胸", _garment),
    ("牛仔裤 内裤", _trousers),
    ("围巾 袜子 四件套 窗帘 手套 沙发", _cloth),
    ("跑步鞋 乐福鞋 童鞋 皮鞋 拖鞋", _shoe),
    ("托特包 双肩包 钱包", _bag),
    ("行李箱", _suitcase),
    ("洗面奶 精华液 防晒霜 口红 保温杯 刻字杯 奶瓶", _bottle),
    ("咖啡壶 热水壶", _kettle),
    ("手机 手机壳 画板", _phone),
    ("充电宝", _power_bank),
    ("耳机", _earphones),
    ("手表", _watch),
    ("键盘", _keyboard),
    ("数据线", _cable),
    ("空气炸锅 加湿器 吹风机 取暖器", _machine),
    ("扫地机", _robot),
    ("电脑椅", _chair),
    ("床头柜 书桌", _desk),
    ("餐具", _bowls),
    ("玩具熊", _bear),
    ("积木", _bricks),
    ("遥控车", _car),
    ("百科全书 真题 小说 菜谱 相册", _books),
    ("项链 转运珠 耳钉", _necklace),
    ("大米 猫粮 坚果 纸尿裤", _sack),
    ("蓝莓", _fruit),
    ("西瓜", _melon),
    ("鸡蛋", _eggs),
    ("大闸蟹", _crab),
    ("三文鱼", _fish),
    ("多肉", _plants),
    ("鱼竿", _rod),
    ("推车", _pram),
)
DRAWN = {noun: draw for nouns, draw in _THINGS for noun in nouns.split()}
"""By what people call the goods; whatever is not here comes in a printed box."""

_OWN: dict[str, Colour] = {
    "蓝莓": (66, 78, 138), "西瓜": (214, 72, 66), "鸡蛋": (222, 186, 150), "大闸蟹": (96, 110, 84),
    "三文鱼": (240, 132, 92), "玩具熊": (168, 118, 78), "大米": (226, 222, 206),
}  # fmt: skip
_NAMED: dict[str, Colour] = {
    "白": (236, 234, 228), "黑": (58, 58, 62), "灰": (150, 152, 156), "银": (188, 192, 196), "蓝": (92, 128, 172),
    "青": (70, 140, 150), "粉": (226, 168, 178), "红": (186, 62, 60), "绿": (84, 120, 92), "棕": (132, 92, 62),
    "驼": (192, 158, 118), "黄": (230, 198, 110), "米": (226, 214, 190), "木": WOOD, "胡桃": (110, 76, 54),
}  # fmt: skip
_OTHERS: tuple[Colour, ...] = ((198, 120, 84), (112, 148, 128), (150, 136, 176), (204, 178, 120), (120, 140, 160))


class Thing(NamedTuple):
    """What is to be drawn: the noun of the goods, and the title that names the variant."""

    noun: str
    title: str


def colour_of(thing: Thing) -> Colour:
    """As the variant says; without a word for it the same for the same goods."""
    if thing.noun in _OWN:
        return _OWN[thing.noun]
    named = [
        colour
        for word, colour in _NAMED.items()
        if word in thing.title.rpartition(" ")[2] or f"{word}色" in thing.title
    ]
    return named[0] if named else _OTHERS[sum(map(ord, thing.title)) % len(_OTHERS)]


def drawn(thing: Thing) -> Image.Image:
    """On nothing."""
    pen = Pen(colour_of(thing))
    DRAWN.get(thing.noun, _box)(pen)
    return pen.layer
