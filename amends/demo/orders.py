"""Orders of the demo's shops: what was bought, how it was paid, and when it travels."""

import random
from collections.abc import Sequence
from datetime import UTC, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from amends.adapters.couriers.journeys import Way
from amends.application.ports import Envelope
from amends.demo.goods import CATALOGUE, Goods
from amends.demo.people import Buyer, Shop
from amends.domain.actor import SYSTEM
from amends.domain.commands import SyncOrder
from amends.domain.money import split
from amends.domain.order import FreeShipping, Group, Line, Payment
from amends.domain.time import Instant

CHINA = ZoneInfo("Asia/Shanghai")
FREE_FROM_MINOR = 9_900
SHIPS_WITHIN = timedelta(hours=48)

REGULARS, REGULARS_ORDER = 8, 0.22
"""A few buyers who order again and again, and their share of all orders."""

ABOVE_SWITCHES_MINOR = 2_100
"""More than any shop here refunds without looking."""

CARRIERS = {"shunfeng": "SF00", "zhongtong": "ZT00", "yuantong": "YT00", "yunda": "YD00", "jingdong": "JD00"}
"""Numbers start with zeros, which no carrier gives out."""

State = Literal["unshipped", "late", "in_transit", "stuck", "delivered", "confirmed"]

EXCLUDABLE = ("underwear", "cosmetics", "packaged_food")
"""Goods that are returned without a reason unless the buyer gave that up at purchase (law: 暂行办法 7)."""


class Wish(NamedTuple):
    """What a story needs of its order; what is left out is drawn. `faults` are kinds of which its goods have one."""

    state: State = "delivered"
    categories: tuple[str, ...] = ()
    least_minor: int = ABOVE_SWITCHES_MINOR
    most_minor: int = 10_000_00
    pieces: int | None = None
    lines: int | None = None
    way: Way | None = None
    can_be_stopped: bool | None = None
    label_printed: bool = True
    reference: str = ""
    waived: bool | None = None
    faults: str = ""


class Parcel(NamedTuple):
    """A parcel to the buyer; `at` is when the courier gets it."""

    carrier: str
    tracking_no: str
    at: Instant
    way: Way | None
    can_be_stopped: bool | None


class DemoOrder(NamedTuple):
    """An order with its whole life, past and future. `news` tells of it what was known at an instant."""

    shop: Shop
    buyer: Buyer
    order_no: str
    goods: tuple[Goods, ...]
    lines: tuple[Line, ...]
    freight_minor: int
    free_shipping: FreeShipping | None
    payments: tuple[Payment, ...]
    paid_at: Instant
    group: Group | None
    ship_by: Instant
    label_printed: bool
    parcel: Parcel | None
    cancelled_at: Instant | None = None
    confirms_after: timedelta | None = None
    confirmed_by: Literal["buyer", "timer"] = "buyer"

    @property
    def paid_minor(self) -> int:
        return sum(payment.paid for payment in self.payments)

    def news(self, at: Instant, confirmed_at: Instant | None = None) -> Envelope:
        """What the shop tells at `at`."""
        sent = self.parcel if self.parcel and self.parcel.at <= at else None
        cancelled = self.cancelled_at is not None and self.cancelled_at <= at
        command = SyncOrder(
            order_no=self.order_no,
            buyer_id=self.buyer.buyer_id,
            currency="CNY",
            lines=self.lines,
            freight_paid=self.freight_minor,
            paid=self.paid_minor,
            payments=self.payments,
            group=_group_at(self.group, at),
            ship_by=self.ship_by,
            label_printed=self.label_printed,
            carrier=sent.carrier if sent else None,
            tracking_no=sent.tracking_no if sent else None,
            paid_at=self.paid_at,
            confirmed_at=confirmed_at,
            confirmed_by=self.confirmed_by if confirmed_at else None,
            buyer_phone=self.buyer.phone,
            cancelled_at=self.cancelled_at if cancelled else None,
            refunded_elsewhere=self.paid_minor if cancelled else 0,
            free_shipping=self.free_shipping,
            occurred_at=at,
        )
        return Envelope(SYSTEM, self.shop.merchant_id, command)


def _group_at(group: Group | None, at: Instant) -> Group | None:
    if group is not None and group.grouped_at is not None and at < group.grouped_at:
        return Group("forming", group.started_at)
    return group


class Market:
    """Draws orders, each from its own seed, so that one more or less changes none of the others."""

    def __init__(self, seed: int, shops: Sequence[Shop], buyers: Sequence[Buyer]) -> None:
        self._seed = seed
        self._shops = shops
        self._buyers = buyers
        self._count = 0

    def for_story(self, wish: Wish, starts_at: Instant) -> DemoOrder:
        """An order that is as the story needs it when the story starts."""
        draws = self._next()
        at = _timeline(wish.state, starts_at, draws)
        shop = self._shop_for(wish, draws)
        order = self._order(shop, at.paid, wish, draws)
        parcel = None
        if at.handed_over is not None:
            carrier, number = _tracking(draws)
            way = wish.way or draws.choices((Way.DELIVERED, Way.COLLECTED), (4, 1))[0]
            parcel = Parcel(carrier, number, at.handed_over, way, wish.can_be_stopped)
        return order._replace(
            parcel=parcel,
            label_printed=wish.label_printed,
            confirms_after=timedelta(hours=draws.uniform(1, 20)) if wish.state == "confirmed" else None,
        )

    def without_story(self, now: Instant, days: int, known_from: Instant) -> DemoOrder:
        """An order that runs as orders mostly do; some have only just been placed.

        Groups that began before `known_from` have formed: one that did not was refunded before anybody looks.
        """
        draws = self._next()
        paid_at = daytime(now - timedelta(days=draws.uniform(0, days)), draws)
        shop = draws.choices(self._shops, [shop.share for shop in self._shops])[0]
        order = self._order(shop, min(paid_at, now), Wish(least_minor=0), draws)
        if draws.random() < 0.02:
            return order._replace(cancelled_at=paid_at + timedelta(hours=draws.uniform(1, 20)))
        if draws.random() < 0.12:
            started_at = paid_at - timedelta(hours=draws.uniform(0, 3))
            forms = draws.random() < 0.94 or started_at < known_from
            grouped_at = started_at + timedelta(hours=draws.uniform(2, 23)) if forms else None
            order = order._replace(group=Group("formed" if forms else "forming", started_at, grouped_at))
            if not forms:
                return order
        carrier, number = _tracking(draws)
        ready_at = paid_at if order.group is None or order.group.grouped_at is None else order.group.grouped_at
        leaves_at = daytime(max(ready_at, paid_at) + timedelta(hours=draws.uniform(5, 40)), draws)
        by_timer = draws.random() < 0.3
        return order._replace(
            parcel=Parcel(carrier, number, leaves_at, None, None),
            confirms_after=timedelta(days=10) if by_timer else timedelta(hours=draws.uniform(1, 150)),
            confirmed_by="timer" if by_timer else "buyer",
        )

    def _next(self) -> random.Random:
        self._count += 1
        return random.Random(f"{self._seed}/order/{self._count}")  # noqa: S311 - chance for show, not for secrets

    def _shop_for(self, wish: Wish, draws: random.Random) -> Shop:
        fitting = [
            shop
            for shop in self._shops
            if any(
                _fits(goods, wish)
                for category in shop.categories
                if not wish.categories or category in wish.categories
                for goods in CATALOGUE[category]
            )
        ]
        return draws.choices(fitting, [shop.share for shop in fitting])[0]

    def _order(self, shop: Shop, paid_at: Instant, wish: Wish, draws: random.Random) -> DemoOrder:
        regular = draws.random() < REGULARS_ORDER
        buyer = draws.choice(self._buyers[:REGULARS] if regular else self._buyers)
        wanted = [category for category in shop.categories if not wish.categories or category in wish.categories]
        count = wish.lines or draws.choices((1, 2, 3), (78, 17, 5))[0]
        goods, lines = self._basket(wanted or list(shop.categories), count, wish, paid_at, draws)
        paid_for_goods = sum(line.paid for line in lines)
        has_threshold = draws.random() < 0.4
        free = has_threshold and paid_for_goods >= FREE_FROM_MINOR
        freight = 0 if free or draws.random() < 0.75 else draws.choice((600, 800, 1_000, 1_200))
        order_no = f"{paid_at.astimezone(CHINA):%y%m%d}-{draws.randint(0, 10**12 - 1):012}"
        group = None
        if draws.random() < 0.45:
            started_at = paid_at - timedelta(minutes=draws.uniform(1, 90))
            group = Group("formed", started_at, paid_at + timedelta(seconds=draws.uniform(1, 120)))
        return DemoOrder(
            shop=shop,
            buyer=buyer,
            order_no=order_no,
            goods=goods,
            lines=lines,
            freight_minor=freight,
            free_shipping=FreeShipping(FREE_FROM_MINOR, 800) if free else None,
            payments=_payments(paid_for_goods + freight, order_no, wish.reference, draws),
            paid_at=paid_at,
            group=group,
            ship_by=paid_at + SHIPS_WITHIN,
            label_printed=draws.random() < 0.9,
            parcel=None,
        )

    def _basket(
        self, categories: list[str], count: int, wish: Wish, paid_at: Instant, draws: random.Random
    ) -> tuple[tuple[Goods, ...], tuple[Line, ...]]:
        on_sale = [(category, goods) for category in categories for goods in CATALOGUE[category]]
        fitting = [(category, goods) for category, goods in on_sale if _fits(goods, wish)]
        first = draws.choice(fitting or on_sale)
        others = [pair for pair in on_sale if pair is not first]
        picked = [first, *draws.sample(others, min(count - 1, len(others)))]
        lines = []
        for place, (category, goods) in enumerate(picked, 1):
            pieces = wish.pieces if wish.pieces and place == 1 else draws.choices((1, 2, 3), (85, 12, 3))[0]
            low, high = goods.low_minor, goods.high_minor
            if place == 1:
                low, high = max(low, wish.least_minor), min(high, wish.most_minor)
            price = _price(low, max(low, high), draws)
            gives_up = category in EXCLUDABLE and draws.random() < 0.3 if wish.waived is None else wish.waived
            variant = draws.choice(goods.variants)
            lines.append(
                Line(
                    line_no=place,
                    sku=f"{category[:3].upper()}-{abs(hash_of(goods.title)) % 100_000:05}-{place}",
                    title=goods.title if variant in goods.title else f"{goods.title} {variant}",
                    category=category,
                    quantity=pieces,
                    unit_price=price,
                    paid=price * pieces,
                    flags=goods.flags,
                    no_reason_waived_at=paid_at if gives_up and category in EXCLUDABLE else None,
                )
            )
        return tuple(goods for _, goods in picked), _with_discount(lines, wish, draws)


def _fits(goods: Goods, wish: Wish) -> bool:
    """Whether the goods can cost what the story needs, and break as it tells."""
    breaks = not wish.faults or any(fault[0] in wish.faults for fault in goods.faults)
    return breaks and goods.high_minor >= wish.least_minor and goods.low_minor <= wish.most_minor


class _Times(NamedTuple):
    paid: Instant
    handed_over: Instant | None


def _timeline(state: State, starts_at: Instant, draws: random.Random) -> _Times:
    """When the order was paid and sent, for it to be in this state when the story starts."""

    def before(least_hours: float, most_hours: float) -> Instant:
        return starts_at - timedelta(hours=draws.uniform(least_hours, most_hours))

    match state:
        case "unshipped":
            return _Times(before(2, 20), None)
        case "late":
            return _Times(before(50, 70), None)
        case "in_transit":
            handed_over = before(3, 9)
        case "stuck":
            handed_over = before(120, 150)
        case "delivered" | "confirmed":
            handed_over = before(150, 190)
    return _Times(handed_over - timedelta(hours=draws.uniform(4, 26)), handed_over)


def _with_discount(lines: list[Line], wish: Wish, draws: random.Random) -> tuple[Line, ...]:
    """A discount on the whole order, shared by price (law: 暂行办法 17)."""
    whole = sum(line.paid for line in lines)
    off = draws.choice((0, 0, 0, 500, 1_000, whole // 10))
    if off * 3 > whole or lines[0].paid - off < wish.least_minor:
        off = 0
    parts = split(off, [line.paid for line in lines])
    return tuple(
        Line(
            line.line_no, line.sku, line.title, line.category, line.quantity, line.unit_price, line.paid - part,
            line.flags, line.no_reason_waived_at,
        )
        for line, part in zip(lines, parts, strict=True)
    )  # fmt: skip


def _price(low_minor: int, high_minor: int, draws: random.Random) -> int:
    """A price as shops write it: 59.00, 128.90."""
    price = draws.randint(low_minor, high_minor) // 100 * 100
    return max(low_minor, price - draws.choice((0, 10, 100, 0)))


def _payments(total_minor: int, order_no: str, reference: str, draws: random.Random) -> tuple[Payment, ...]:
    """One channel, or a gift card first and the rest by another one."""
    channel = draws.choice(("wechat", "wechat", "alipay", "alipay", "unionpay"))
    named = reference or f"{channel}-{order_no}"
    if reference or total_minor < 2_000 or draws.random() < 0.85:
        return (Payment(channel, named, total_minor),)
    first = draws.randint(1, total_minor // 200) * 100
    return (Payment("gift_card", f"card-{order_no}", first), Payment(channel, named, total_minor - first))


def _tracking(draws: random.Random) -> tuple[str, str]:
    carrier = draws.choice(list(CARRIERS))
    return carrier, f"{CARRIERS[carrier]}{draws.randint(0, 10**11 - 1):011}"


def daytime(at: Instant, draws: random.Random) -> Instant:
    """People sleep between 23 and 8 o'clock in China, and write in the morning what came to them at night."""
    local = at.astimezone(CHINA)
    if 8 <= local.hour < 23:
        return at
    morning = local.replace(hour=8, minute=0) + timedelta(minutes=draws.uniform(0, 150))
    return (morning + timedelta(days=1) if local.hour >= 23 else morning).astimezone(UTC)


def hash_of(text: str) -> int:
    """The same in every run, which Python's own is not."""
    return sum(place * ord(letter) for place, letter in enumerate(text, 7))
