"""Who is on the demo's marketplace: merchants with their staff, buyers, and the platform's own people.

Telephone numbers start with 129, which no operator in China was given.
"""

import random
from collections.abc import Iterable
from typing import NamedTuple

from amends.application.sign_ins import DemoPerson
from amends.domain.order import Merchant, ReturnAddress
from amends.domain.words import Role

FIRST_MERCHANT = 1001
BUYERS = 640

PLATFORM_STAFF: dict[str, Role] = {
    "zhou": Role.SERVICE_AGENT,
    "xu": Role.SERVICE_AGENT,
    "gao": Role.ARBITRATOR,
    "lin": Role.ARBITRATOR,
    "tang": Role.ARBITRATOR,
    "shen": Role.SUPERVISOR,
    "bai": Role.OPERATOR,
    "qin": Role.OPERATOR,
    "yan": Role.AUDITOR,
}

NAMES: dict[str, str] = {
    "zhou": "周敏", "xu": "徐佳宁", "gao": "高远", "lin": "林若溪", "tang": "唐致远", "shen": "沈静", "bai": "白朗",
    "qin": "秦越", "yan": "严正清", "li": "李文静", "wang": "王浩", "chen": "陈晓芸", "zhao": "赵一鸣", "sun": "孙悦",
    "wu": "吴海涛", "zheng": "郑雨桐", "feng": "冯凯", "jiang": "蒋欣", "han": "韩露", "yang": "杨子墨", "zhu": "朱琳",
}  # fmt: skip
"""People who work here, by the name they sign in with."""

_OWNERS = ("li", "chen", "wu", "jiang", "yang")
_AFTER_SALE = ("wang", "zhao", "zheng", "han", "feng")
_PRE_SALE = ("sun", "zhu")

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许邓韩冯曹彭曾肖田"
    "董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆汪范金石廖贾夏韦方白邹"
    "孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
GIVEN = (
    "子涵 雨桐 欣怡 浩然 宇轩 梓萱 佳怡 思远 明哲 晓彤 丽华 建国 秀英 志强 "
    "海燕 文博 嘉琪 静怡 俊杰 婷婷 磊 洋 敏 静 强 娜 芳 涛 "
    "超 雪 平 辉 玲 一诺 可欣 天宇 诗涵 梦瑶 家豪 晨曦 少华 国庆 "
    "小红 春梅 玉兰 立新 景行 安然"
).split()

CITIES = (
    "浙江杭州 浙江金华 广东广州 广东深圳 广东东莞 福建泉州 江苏苏州 江苏南京 上海 北京 "
    "天津 山东青岛 山东临沂 河南郑州 河北石家庄 湖北武汉 湖南长沙 四川成都 重庆 陕西西安 "
    "云南昆明 辽宁沈阳 黑龙江哈尔滨 安徽合肥 江西南昌 广西南宁 贵州贵阳 甘肃兰州"
).split()
_STREETS = "文一路 创业大道 解放路 工业园二路 商贸城东街 高新四路 港口路 新华街 锦绣路 迎宾大道".split()


class Shop(NamedTuple):
    """A merchant's settings and what else is known of it. `share` is its part of the orders."""

    settings: Merchant
    city: str
    categories: tuple[str, ...]
    share: int

    @property
    def merchant_id(self) -> int:
        return self.settings.merchant_id

    def staff(self, role: Role) -> list[str]:
        return [name for name, its_role in self.settings.staff.items() if its_role is role]


class Buyer(NamedTuple):
    buyer_id: str
    name: str
    city: str
    phone: str


_SHOPS: tuple[tuple[str, tuple[str, ...], int], ...] = (
    ("木棠生活馆", ("home", "appliances", "furniture", "clothing", "bags", "toys"), 90),
    ("锐极数码专营店", ("electronics",), 16),
    ("云织服饰旗舰店", ("clothing", "underwear"), 14),
    ("果然鲜生", ("fresh", "packaged_food"), 10),
    ("步履轻鞋坊", ("shoes",), 8),
    ("素颜美妆小铺", ("cosmetics",), 8),
    ("小象母婴优选", ("baby", "toys"), 7),
    ("拾光定制工坊", ("custom", "home"), 6),
    ("山野良品粮油", ("packaged_food",), 6),
    ("启明书店", ("books",), 5),
    ("行者箱包", ("bags",), 5),
    ("暖阳家电直营", ("appliances",), 5),
    ("贝拉珠宝", ("jewellery",), 4),
    ("童心玩具城", ("toys",), 4),
    ("北岸男装", ("clothing", "shoes"), 4),
    ("青禾家居", ("furniture", "home"), 4),
    ("海之味冷鲜", ("fresh",), 3),
    ("听风数码配件", ("electronics",), 3),
    ("棉花糖内衣", ("underwear",), 3),
    ("朝露护肤", ("cosmetics",), 3),
    ("百味零食铺", ("packaged_food",), 3),
    ("墨香文具图书", ("books", "toys"), 3),
    ("宠爱一家", ("other",), 3),
    ("城南旧皮具", ("bags", "shoes"), 2),
    ("花间集服饰", ("clothing",), 2),
    ("绿洲园艺", ("other", "home"), 2),
    ("知味茶点", ("packaged_food",), 2),
    ("澄心家纺", ("home",), 2),
    ("轻羽户外", ("other", "clothing"), 2),
    ("金玉满堂饰品", ("jewellery",), 1),
)


def shops(seed: int) -> tuple[Shop, ...]:
    """The merchants, the busiest first; each sells its own few categories."""
    draws = random.Random(f"{seed}/shops")  # noqa: S311 - chance for show, not for secrets
    return tuple(
        _shop(FIRST_MERCHANT + place, name, categories, share, draws)
        for place, (name, categories, share) in enumerate(_SHOPS)
    )


def _shop(merchant_id: int, name: str, categories: tuple[str, ...], share: int, draws: random.Random) -> Shop:
    city = draws.choice(CITIES)
    warehouse = ReturnAddress(
        "warehouse", f"{name}退货组", _phone(draws), f"{_street(city, draws)}号仓库", default=True
    )
    second = ReturnAddress("shop", f"{name}门店", _phone(draws), f"{_street(city, draws)}号")
    agents = draws.sample(_AFTER_SALE, 2 if share > 3 else 1)
    staff = {draws.choice(_OWNERS): Role.OWNER} | dict.fromkeys(agents, Role.AFTER_SALE)
    if share > 2:
        staff |= {draws.choice(_PRE_SALE): Role.PRE_SALE}
    if merchant_id == FIRST_MERCHANT:
        staff = {"li": Role.OWNER, "wang": Role.AFTER_SALE, "zhao": Role.AFTER_SALE, "sun": Role.PRE_SALE}
    settings = Merchant(
        merchant_id,
        name=name,
        auto_refund_below=draws.choice((None, None, 1_000, 2_000)),
        silent_refund_only="fresh" in categories and draws.random() < 0.5,
        small_payment_staff_limit=draws.choice((None, 3_000, 5_000)),
        addresses=(warehouse, second) if share > 5 else (warehouse,),
        staff=staff,
    )
    return Shop(settings, city, categories, share)


def platform() -> Merchant:
    """The record that carries the platform's own staff."""
    return Merchant(0, name="平台客服与仲裁", staff=PLATFORM_STAFF)


def buyers(seed: int) -> tuple[Buyer, ...]:
    draws = random.Random(f"{seed}/buyers")  # noqa: S311 - chance for show, not for secrets
    return tuple(
        Buyer(f"b{1000 + place}", draws.choice(SURNAMES) + draws.choice(GIVEN), draws.choice(CITIES), _phone(draws))
        for place in range(1, BUYERS + 1)
    )


def _street(city: str, draws: random.Random) -> str:
    return f"{city}市{draws.choice(_STREETS)}{draws.randint(1, 380)}"


def _phone(draws: random.Random) -> str:
    return f"129{draws.randint(0, 99_999_999):08}"


SHOPS_TO_STEP_INTO = 4
BUYERS_TO_STEP_INTO = 8


def cast(seed: int, buyer_ids: Iterable[str]) -> list[DemoPerson]:
    """Whom visitors of the demo may step in as: some of these buyers, the staff of the busiest shops, the platform."""
    names = {buyer.buyer_id: buyer.name for buyer in buyers(seed)}
    known = [buyer_id for buyer_id in dict.fromkeys(buyer_ids) if buyer_id in names]
    people = [DemoPerson(f"buyer/{buyer_id}", Role.BUYER, names[buyer_id]) for buyer_id in known[:BUYERS_TO_STEP_INTO]]
    for shop in shops(seed)[:SHOPS_TO_STEP_INTO]:
        people += [
            DemoPerson(f"merchant/{shop.merchant_id}/{staff}", role, NAMES[staff], shop.settings.name)
            for staff, role in shop.settings.staff.items()
        ]
    return people + [DemoPerson(f"platform/{staff}", role, NAMES[staff]) for staff, role in PLATFORM_STAFF.items()]
