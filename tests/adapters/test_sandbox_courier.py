"""The sandbox courier: parcels travel by the clock, scans come late and twice, and nothing is forgotten."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from amends.adapters.couriers.journeys import Way
from amends.adapters.couriers.sandbox import SandboxCourier
from amends.application.partners import NotReached, ParcelScan
from amends.domain.order import Scan
from amends.domain.words import ScanCode

START = datetime(2026, 11, 20, 1, tzinfo=UTC)
TURNED = [ScanCode.RETURNING, ScanCode.RETURNED]


class Road:
    """A courier on a clock moved by hand, and all that it told."""

    def __init__(self, journal=None, seed: int = 5) -> None:
        self.at = START
        self.told: list[ParcelScan] = []
        self.deaf = False
        self.courier = SandboxCourier(self, self.hear, seed=seed, journal=journal)

    def now(self) -> datetime:
        return self.at

    async def hear(self, news: Sequence[ParcelScan]) -> None:
        if self.deaf:
            raise ConnectionError
        self.told += news

    def send(self, number: str = "SF1", **fate) -> None:
        self.courier.take_over("sf", number, origin="浙江杭州", destination="四川成都", at=self.at, **fate)

    def wait(self, days: float) -> None:
        for _ in range(round(days * 24)):
            self.at += timedelta(hours=1)
            asyncio.run(self.courier.work())

    def intercept(self, number: str = "SF1"):
        for _ in range(2):
            try:
                return asyncio.run(self.courier.intercept("sf", number))
            except NotReached:
                continue
        raise AssertionError("turned away twice")

    def scans(self, number: str = "SF1") -> list[Scan]:
        """What happened to a parcel: each scan once, in its own order."""
        once = {(one.scan.code, one.scan.occurred_at): one.scan for one in self.told if one.tracking_no == number}
        return sorted(once.values(), key=lambda scan: scan.occurred_at)

    def codes(self, number: str = "SF1") -> list[ScanCode]:
        return [scan.code for scan in self.scans(number)]


@pytest.mark.parametrize(
    ("way", "ends"),
    [
        (Way.DELIVERED, [ScanCode.OUT_FOR_DELIVERY, ScanCode.DELIVERED]),
        (Way.COLLECTED, [ScanCode.AT_PICKUP_POINT, ScanCode.DELIVERED]),
        (Way.SECOND_TRY, [ScanCode.ATTEMPTED, ScanCode.OUT_FOR_DELIVERY, ScanCode.DELIVERED]),
        (Way.REFUSED, [ScanCode.REFUSED, *TURNED]),
        (Way.LOST, [ScanCode.IN_TRANSIT, ScanCode.LOST]),
        (Way.STUCK, [ScanCode.PICKED_UP, ScanCode.IN_TRANSIT, ScanCode.IN_TRANSIT]),
    ],
)
def test_a_parcel_goes_its_way_to_the_end(way, ends):
    road = Road()
    road.send(way=way)
    road.wait(12)
    assert road.codes()[0] is ScanCode.PICKED_UP
    assert road.codes()[-len(ends) :] == ends


def test_scans_are_told_after_they_happened_some_hours_late_some_twice_and_out_of_order():
    road = Road()
    for number in range(200):
        road.send(f"SF{number}")
    told: list[tuple[datetime, ParcelScan]] = []
    for _ in range(24 * 8):
        before = len(road.told)
        road.wait(1 / 24)
        told += [(road.at, news) for news in road.told[before:]]
    assert all(news.scan.occurred_at <= at for at, news in told)
    assert any(at - news.scan.occurred_at > timedelta(hours=2) for at, news in told)
    assert len(told) > len({(news.tracking_no, news.scan.occurred_at) for _, news in told})
    in_order = [
        all(a.scan.occurred_at <= b.scan.occurred_at for a, b in pairwise(parcel))
        for number in range(200)
        if (parcel := [news for _, news in told if news.tracking_no == f"SF{number}"])
    ]
    assert not all(in_order)


def test_a_stopped_parcel_goes_back_and_is_never_delivered():
    road = Road()
    road.send(way=Way.DELIVERED, can_be_stopped=True)
    road.wait(0.5)
    assert road.intercept().accepted
    assert road.intercept().accepted, "asking twice is asking once"
    road.wait(8)
    assert road.codes()[-3:] == [ScanCode.INTERCEPTED, *TURNED]
    assert ScanCode.DELIVERED not in road.codes()


def test_a_parcel_that_cannot_be_stopped_says_so_and_arrives():
    road = Road()
    road.send(way=Way.DELIVERED, can_be_stopped=False)
    road.wait(0.5)
    assert road.intercept().accepted
    road.wait(8)
    assert ScanCode.INTERCEPT_FAILED in road.codes()
    assert road.codes()[-1] is ScanCode.DELIVERED


def test_a_request_that_is_taken_back_lets_the_parcel_arrive():
    road = Road()
    road.send(way=Way.DELIVERED, can_be_stopped=True)
    road.wait(0.5)
    road.intercept()
    asyncio.run(road.courier.deliver_after_all("sf", "SF1"))
    road.wait(8)
    assert road.codes()[-1] is ScanCode.DELIVERED
    assert ScanCode.INTERCEPTED not in road.codes()


def test_nobody_stops_a_parcel_that_arrived_or_is_not_there():
    road = Road()
    road.send(way=Way.DELIVERED)
    road.wait(8)
    assert not road.intercept().accepted
    assert not road.intercept("SF2").accepted


def test_a_parcel_may_be_refused_at_the_door():
    road = Road()
    road.send(way=Way.COLLECTED)
    road.wait(0.5)
    road.courier.refuse_at_door("sf", "SF1")
    road.wait(10)
    assert road.codes()[-3:] == [ScanCode.REFUSED, *TURNED]
    assert ScanCode.DELIVERED not in road.codes()


def test_a_restarted_courier_goes_on_where_it_was(tmp_path):
    whole, first = Road(), Road(tmp_path / "road.jsonl")
    for road in (whole, first):
        road.send(way=Way.REFUSED)
        road.send("SF2", way=Way.DELIVERED, can_be_stopped=True)
        road.wait(0.5)
        road.intercept("SF2")
        road.wait(0.5)
    second = Road(tmp_path / "road.jsonl")
    second.at = first.at
    second.told = list(first.told)
    for road in (whole, second):
        road.wait(9)
    assert second.told == whole.told
    assert second.codes("SF2")[-1] is ScanCode.RETURNED


def test_what_nobody_heard_is_told_again():
    road = Road()
    road.send(way=Way.DELIVERED)
    road.deaf = True
    road.wait(4)
    road.deaf = False
    road.wait(4)
    assert road.codes()[-1] is ScanCode.DELIVERED
    assert road.codes()[0] is ScanCode.PICKED_UP
