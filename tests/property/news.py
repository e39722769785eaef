"""What the outside tells: the shop of its order, the courier of parcels, the provider of money; also late and wrong."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from amends.domain import commands as k
from amends.domain.case import Case
from amends.domain.effects import Pay
from amends.domain.order import (
    Chargeback,
    FreeShipping,
    Group,
    Line,
    Merchant,
    Order,
    Payment,
    ReturnAddress,
    Scan,
)
from amends.domain.time import Instant
from amends.domain.words import Leg, Role, ScanCode
from tests.property.dice import Dice
from tests.property.world import MERCHANT_ID, World

STARTS = tuple(
    datetime.fromisoformat(text)
    for text in ("2026-03-02T10:00+08:00", "2026-12-30T23:50+08:00", "2027-02-04T15:00+08:00", "2026-06-01T03:30+08:00")
)
ADDRESSES = (
    ReturnAddress("warehouse", "退货组", "00000000001", "仓库一号", default=True),
    ReturnAddress("shop", "门店", "00000000002", "门店二号"),
)
GOODS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("home", ()),
    ("electronics", ("durable",)),
    ("underwear", ()),
    ("fresh", ()),
    ("custom", ("custom_made",)),
    ("clothing", ("no_reason_7",)),
)


def merchant(dice: Dice) -> Merchant:
    return Merchant(
        MERCHANT_ID,
        name="小店",
        auto_refund_below=dice.pick((None, None, None, 1_000)),
        silent_refund_only=dice.chance(20),
        small_payment_staff_limit=dice.pick((None, 3_000)),
        addresses=dice.pick((ADDRESSES, ADDRESSES[:1], ())) if dice.chance(40) else ADDRESSES,
        staff={"li": Role.OWNER, "wang": Role.AFTER_SALE, "sun": Role.PRE_SALE},
    )


def order(dice: Dice, now: Instant) -> k.SyncOrder:
    """A new order; most are paid and not shipped."""
    lines = tuple(_line(dice, number, now) for number in range(1, dice.between(1, 3) + 1))
    freight = dice.pick((600, 0))
    paid = sum(line.paid for line in lines) + freight
    first = paid if dice.chance(60) else paid // 3
    payments = tuple(
        Payment(channel, f"{channel}-1", part)
        for channel, part in (("wechat", first), ("alipay", paid - first))
        if part
    )
    group = None
    if dice.chance(20):
        group = Group(dice.pick(("forming", "formed")), now)
    return k.SyncOrder(
        order_no="o1",
        buyer_id="b42",
        currency="CNY",
        lines=lines,
        freight_paid=freight,
        paid=paid,
        payments=payments,
        group=group,
        ship_by=now + timedelta(hours=dice.pick((48, 6, 1))) if dice.chance(80) else None,
        label_printed=dice.pick((True, None, False)) if dice.chance(30) else None,
        carrier="SF",
        tracking_no="SF1",
        paid_at=None if dice.chance(4) else now,
        buyer_phone="00000000042" if dice.chance(80) else None,
        free_shipping=FreeShipping(5_000, 800) if freight == 0 and dice.chance(50) else None,
        occurred_at=now,
    )


def _line(dice: Dice, number: int, now: Instant) -> Line:
    category, flags = dice.pick(GOODS)
    waived = category == "underwear" and dice.chance(50)
    quantity = dice.between(1, 3)
    paid = dice.pick((2_000, 333, 4_999, 900, 30_001, 70_000, 0))
    return Line(
        number, f"sku{number}", "商品", category, quantity, paid // quantity, paid, flags, now if waived else None
    )


def order_news(dice: Dice, world: World, last: k.SyncOrder, *, calm: bool) -> k.SyncOrder:
    """The shop tells of the order again, with one thing changed; in calm lives no money moves behind our back."""
    now, order = world.now, world.order
    what = dice.below(6) if calm else dice.below(13)
    occurred_at: Instant | None = now - timedelta(hours=dice.pick((0, 1, 30)))
    news = replace(last, occurred_at=occurred_at)
    match what:
        case 0 if last.paid_at is None:
            return replace(news, paid_at=now)
        case 1 if last.group is not None and last.group.state == "forming":
            return replace(news, group=Group("formed", last.group.started_at, now))
        case 2 if last.group is not None and last.group.state == "forming":
            return replace(news, group=Group("failed", last.group.started_at))
        case 3:
            return replace(news, label_printed=True)
        case 4 | 5 if last.confirmed_at is None and shipped(order):
            return replace(news, confirmed_at=now, confirmed_by=dice.pick(("buyer", "timer")))
        case 6:
            more = min(order.paid, last.refunded_elsewhere + dice.pick((1, 500, 10_000, 10**6)))
            return replace(news, refunded_elsewhere=more)
        case 7 if last.chargeback is None:
            return replace(news, chargeback=Chargeback("open", dice.pick((order.paid, 100))))
        case 7 | 8 if last.chargeback is not None and last.chargeback.state == "open":
            return replace(news, chargeback=replace(last.chargeback, state=dice.pick(("won", "lost"))))
        case 9:
            return replace(news, cancelled_at=now)
        case 10:
            return replace(news, tracking_no="SF2")
        case 11:
            return replace(last, occurred_at=None)
        case _:
            return news


def shipped(order: Order) -> bool:
    return order.parcel is not None and bool(order.parcel.scans)


FORWARD = (
    ScanCode.PICKED_UP, ScanCode.IN_TRANSIT, ScanCode.OUT_FOR_DELIVERY, ScanCode.DELIVERED, ScanCode.ATTEMPTED,
    ScanCode.AT_PICKUP_POINT,
)  # fmt: skip
BACKWARD = (
    ScanCode.REFUSED, ScanCode.INTERCEPTED, ScanCode.INTERCEPT_FAILED, ScanCode.RETURNING, ScanCode.RETURNED,
    ScanCode.LOST,
)  # fmt: skip


def scan(dice: Dice, world: World, known: tuple[Scan, ...], *, calm: bool) -> Scan:
    """Mostly the next step of a journey, now and then late, twice, ahead of time or contradicting the last one."""
    now = world.now
    if known and dice.chance(8):
        return dice.pick(known)
    if dice.chance(93 if calm else 70):
        done = {s.code for s in known}
        ahead = [code for code in FORWARD[:4] if code not in done] or [ScanCode.DELIVERED]
        code = ahead[0] if dice.chance(70) else dice.pick(FORWARD)
    else:
        code = dice.pick(BACKWARD)
    late = timedelta(hours=dice.pick((1, 5, 30, 100))) if dice.chance(20) else timedelta(0)
    ahead_of_time = timedelta(minutes=20) if dice.chance(3) else timedelta(0)
    return Scan(code, now - late + ahead_of_time)


def journey(dice: Dice, world: World) -> list[k.RecordScan]:
    """How far the parcel came before anybody complained: nowhere, on its way, or to the buyer."""
    codes = dice.pick((FORWARD[:4], (), FORWARD[:2], FORWARD[:4], (ScanCode.PICKED_UP,), FORWARD[:3]))
    return [
        k.RecordScan(Leg.OUTWARD, "SF", "SF1", Scan(code, world.now - timedelta(hours=len(codes) - i)))
        for i, code in enumerate(codes)
    ]


def outward_scan(dice: Dice, world: World, *, calm: bool) -> k.RecordScan:
    parcel = world.order.parcel
    known = parcel.scans if parcel else ()
    return k.RecordScan(Leg.OUTWARD, "SF", parcel.tracking_no if parcel else "SF1", scan(dice, world, known, calm=calm))


def parcels_of_cases(world: World) -> list[tuple[int, Leg, str, tuple[Scan, ...]]]:
    """Returns and replacements on record, closed cases too."""
    found = []
    for case in world.cases:
        for leg, parcel in ((Leg.RETURN, case.return_parcel), (Leg.REPLACEMENT, case.replacement_parcel)):
            if parcel is not None:
                found.append((case.case_id, leg, parcel.tracking_no, parcel.scans))
    return found


def case_scan(dice: Dice, world: World, *, calm: bool) -> tuple[int, k.RecordScan] | None:
    parcels = parcels_of_cases(world)
    if not parcels:
        return None
    case_id, leg, tracking_no, known = dice.pick(parcels)
    return case_id, k.RecordScan(leg, "YTO", tracking_no, scan(dice, world, known, calm=calm))


def payout_news(dice: Dice, world: World, *, calm: bool) -> tuple[int, k.RecordPayout] | None:
    """The provider answers about something it was sent, the first ones again too."""
    waiting = [(case_id, pay) for case_id, pay in world.payouts_sent() if _waits(world.docket.case(case_id), pay)]
    sent = world.payouts_sent()
    if not sent:
        return None
    case_id, pay = dice.pick(waiting) if waiting and dice.chance(85) else dice.pick(sent)
    return case_id, k.RecordPayout(pay.payout_id, "done") if calm else payout_answer(dice, pay)


def payout_answer(dice: Dice, pay: Pay) -> k.RecordPayout:
    which = dice.below(100)
    if which < 60:
        return k.RecordPayout(pay.payout_id, "done", "ref", advanced=dice.chance(10))
    if which < 78:
        return k.RecordPayout(pay.payout_id, "failed", why="account_closed")
    if which < 94:
        return k.RecordPayout(pay.payout_id, "unknown")
    return k.RecordPayout(pay.payout_id, "done", amount=pay.amount_minor + dice.pick((1, -1)))


def _waits(case: Case | None, pay: Pay) -> bool:
    payout = case.payout(pay.payout_id) if case else None
    return payout is not None and payout.state in ("paying", "unknown")


def later(dice: Dice, world: World) -> Instant:
    """Some time passes: a moment, a while, or up to the edge of the next deadline."""
    due = next((due for due in world.due_at() if due > world.now - timedelta(seconds=1)), None)
    if due is not None and dice.chance(35):
        return max(world.now, due + timedelta(seconds=dice.pick((-1, 0, 1, -1, 3_600))))
    return world.now + dice.pick((
        timedelta(minutes=31), timedelta(minutes=1), timedelta(hours=3), timedelta(minutes=31), timedelta(hours=13),
        timedelta(hours=2), timedelta(minutes=40), timedelta(hours=30), timedelta(days=4), timedelta(days=11),
    ))  # fmt: skip
