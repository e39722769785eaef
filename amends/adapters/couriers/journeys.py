"""How parcels travel: the scans of a journey, drawn once when the parcel is handed over."""

import random
from datetime import timedelta

from amends.domain.order import Scan
from amends.domain.time import Instant
from amends.domain.words import ScanCode, Word


class Way(Word):
    """How a journey goes."""

    DELIVERED = "delivered"
    COLLECTED = "collected"
    """Waits at a pick-up point first."""
    SECOND_TRY = "second_try"
    REFUSED = "refused"
    LOST = "lost"
    """The courier says so after some days."""
    STUCK = "stuck"
    """No scan after the first ones, and nobody says why."""


WAYS = {
    Way.DELIVERED: 715,
    Way.COLLECTED: 190,
    Way.SECOND_TRY: 80,
    Way.REFUSED: 8,
    Way.LOST: 3,
    Way.STUCK: 4,
}
"""Out of a thousand."""

BACK = timedelta(hours=30)
"""Least time of the way back."""


def journey(way: Way, origin: str, destination: str, handed_over_at: Instant, draws: random.Random) -> tuple[Scan, ...]:
    """All scans of a parcel, in order; the last may be days ahead."""
    at = handed_over_at
    scans = [Scan(ScanCode.PICKED_UP, at, origin, f"【{origin}】快件已揽收")]
    for place, words in (
        (origin, f"快件离开【{origin}转运中心】，发往【{destination}转运中心】"),
        (destination, f"快件到达【{destination}转运中心】"),
    ):
        at += _hours(draws, 7, 22)
        scans.append(Scan(ScanCode.IN_TRANSIT, at, place, words))
    if way is Way.STUCK:
        return tuple(scans)
    if way is Way.LOST:
        at += _hours(draws, 96, 150)
        return (*scans, Scan(ScanCode.LOST, at, destination, "快件经核实已遗失，请联系寄件方"))
    at = _morning(at + _hours(draws, 3, 10), draws)
    scans.append(Scan(ScanCode.OUT_FOR_DELIVERY, at, destination, f"【{destination}】快递员正在派送"))
    at += _hours(draws, 1, 5)
    match way:
        case Way.REFUSED:
            return (*scans, *sent_back(Scan(ScanCode.REFUSED, at, destination, "收件人拒收"), origin, draws))
        case Way.COLLECTED:
            scans.append(Scan(ScanCode.AT_PICKUP_POINT, at, destination, "快件已到达驿站，请凭取件码领取"))
            at += _hours(draws, 2, 30)
            scans.append(Scan(ScanCode.DELIVERED, at, destination, "已在驿站取件，感谢使用"))
        case Way.SECOND_TRY:
            scans.append(Scan(ScanCode.ATTEMPTED, at, destination, "电话无人接听，改日再派"))
            at = _morning(at + _hours(draws, 12, 18), draws)
            scans.append(Scan(ScanCode.OUT_FOR_DELIVERY, at, destination, f"【{destination}】快递员再次派送"))
            at += _hours(draws, 1, 5)
            scans.append(Scan(ScanCode.DELIVERED, at, destination, "已签收，签收人：本人"))
        case _:
            signed_by = draws.choice(("本人", "家人", "门卫", "前台"))
            scans.append(Scan(ScanCode.DELIVERED, at, destination, f"已签收，签收人：{signed_by}"))
    return tuple(scans)


def sent_back(turning: Scan, origin: str, draws: random.Random) -> tuple[Scan, ...]:
    """The scan at which a parcel turns round, and its way back to where it came from."""
    returning = turning.occurred_at + _hours(draws, 2, 8)
    returned = returning + BACK + _hours(draws, 0, 30)
    return (
        turning,
        Scan(ScanCode.RETURNING, returning, turning.place, f"快件退回中，发往【{origin}】"),
        Scan(ScanCode.RETURNED, returned, origin, f"【{origin}】退件已由寄件方签收"),
    )


def _hours(draws: random.Random, least: float, most: float) -> timedelta:
    return timedelta(hours=draws.uniform(least, most))


def _morning(at: Instant, draws: random.Random) -> Instant:
    """Couriers set out between 8 and 16 o'clock in China (0:00 to 8:00 UTC); later than that, the next day."""
    if at.hour < 8:
        return at
    next_day = (at + timedelta(days=1)).replace(hour=0, minute=0)
    return next_day + timedelta(minutes=draws.uniform(10, 240))
