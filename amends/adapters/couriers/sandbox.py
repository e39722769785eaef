"""A courier whose parcels travel by the service's clock; its scans come late, twice and out of order.

Parcels are drawn from the seed and their number, so they travel alike in every run. What it has taken over and told
is a journal, which survives the service being killed.
"""

import asyncio
import heapq
import logging
import random
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from amends.adapters.couriers.journeys import WAYS, Way, journey, sent_back
from amends.adapters.journal import Journal
from amends.application.partners import HearScans, InterceptionAnswer, NotReached, ParcelScan
from amends.application.ports import Clock
from amends.domain.order import RETURN_SCANS, Scan
from amends.domain.time import Instant
from amends.domain.words import ScanCode

log = logging.getLogger(__name__)

LOOKS_EVERY_SECONDS = 0.2
STOPS_UNTIL = timedelta(hours=2)
"""After setting out for the door."""

LATE, TWICE, STOPPED, BUSY = 0.06, 0.05, 0.75, 0.05
"""Shares of scans told hours late and told twice, of parcels that can be stopped, of requests turned away once."""

_OVER = (ScanCode.DELIVERED, ScanCode.LOST, *RETURN_SCANS)


class Number(NamedTuple):
    carrier: str
    tracking_no: str


class Telling(Struct, frozen=True):
    """When we hear of a scan."""

    at: Instant
    scan: Scan


class Travelling(Struct, frozen=True, omit_defaults=True):
    """A parcel that the courier took over. `tellings` are in order and go on into the future."""

    number: Number
    origin: str
    destination: str
    tellings: tuple[Telling, ...]
    can_be_stopped: bool
    stopping: bool = False

    def happened(self, now: Instant) -> list[Scan]:
        """Its scans so far, told or not, in order."""
        return sorted((t.scan for t in self.tellings if t.scan.occurred_at <= now), key=lambda scan: scan.occurred_at)


class Line(Struct, frozen=True, omit_defaults=True):
    """A line of the journal: a parcel as it travels from now on, or until when its scans were told."""

    parcel: Travelling | None = None
    number: Number | None = None
    told_until: Instant | None = None


class SandboxCourier:
    """Any carrier: it goes by whatever name is on the parcel."""

    def __init__(self, clock: Clock, hear: HearScans, *, seed: int, journal: Path | None = None) -> None:
        self._clock = clock
        self._hear = hear
        self._seed = seed
        self._parcels: dict[Number, Travelling] = {}
        self._told_until: dict[Number, Instant] = {}
        self._queue: list[tuple[Instant, Number]] = []
        self._turned_away: set[Number] = set()
        self._journal = Journal(journal, Line)
        for line in self._journal.read():
            self._enter(line)
        self._queue = [
            (telling.at, number) for number, parcel in self._parcels.items() for telling in self._left(parcel)
        ]
        heapq.heapify(self._queue)

    def take_over(
        self,
        carrier: str,
        tracking_no: str,
        *,
        origin: str,
        destination: str,
        at: Instant,
        way: Way | None = None,
        can_be_stopped: bool | None = None,
    ) -> tuple[Scan, ...]:
        """A parcel is handed over at `at`; how it will travel, if nobody stops it. The same number again is ignored."""
        number = Number(carrier, tracking_no)
        if number in self._parcels:
            return ()
        draws = self._draws(tracking_no, "journey")
        drawn = draws.choices(list(WAYS), list(WAYS.values()))[0]
        stops = draws.random() < STOPPED
        scans = journey(way or drawn, origin, destination, at, draws)
        tellings = _told_somehow(scans, draws)
        stops = stops if can_be_stopped is None else can_be_stopped
        self._travels(Travelling(number, origin, destination, tellings, stops))
        return scans

    def knows(self, carrier: str, tracking_no: str) -> bool:
        return Number(carrier, tracking_no) in self._parcels

    # What the deliverer calls

    async def intercept(self, carrier: str, tracking_no: str) -> InterceptionAnswer:
        number = Number(carrier, tracking_no)
        draws = self._draws(tracking_no, "interception")
        if draws.random() < BUSY and number not in self._turned_away:
            self._turned_away.add(number)
            raise NotReached("the courier's service is down")
        parcel = self._parcels.get(number)
        if parcel is None:
            return InterceptionAnswer(accepted=False, why="查无此单")
        if parcel.stopping:
            return InterceptionAnswer(accepted=True)
        now = self._clock.now()
        past = parcel.happened(now)
        if any(scan.code in _OVER for scan in past):
            return InterceptionAnswer(accepted=False, why="快件已签收或已在退回")
        out = next((scan for scan in past if scan.code is ScanCode.OUT_FOR_DELIVERY), None)
        if out is not None and now >= out.occurred_at + STOPS_UNTIL:
            return InterceptionAnswer(accepted=False, why="快件正在派送，无法拦截")
        tries_at = now + timedelta(hours=draws.uniform(2, 14))
        self._travels(self._stopped(parcel, past, tries_at, draws))
        return InterceptionAnswer(accepted=True)

    async def deliver_after_all(self, carrier: str, tracking_no: str) -> None:
        parcel = self._parcels.get(Number(carrier, tracking_no))
        now = self._clock.now()
        if parcel is None or not parcel.stopping or any(scan.code in _OVER for scan in parcel.happened(now)):
            return
        draws = self._draws(tracking_no, "after all")
        at, place = now + timedelta(hours=draws.uniform(6, 20)), parcel.destination
        out = Scan(ScanCode.OUT_FOR_DELIVERY, at, place, "继续派送")
        there = Scan(ScanCode.DELIVERED, at + timedelta(hours=2), place, "已签收，签收人：本人")
        self._travels(replace(_cut(parcel, now, (out, there), draws), stopping=False))

    # What people at the door do

    def refuse_at_door(self, carrier: str, tracking_no: str) -> None:
        """Whoever opens will refuse the parcel instead of signing for it."""
        parcel = self._parcels.get(Number(carrier, tracking_no))
        now = self._clock.now()
        if parcel is None or any(scan.code in _OVER for scan in parcel.happened(now)):
            return
        draws = self._draws(tracking_no, "refusal")
        coming = [t.scan for t in parcel.tellings if t.scan.occurred_at > now]
        door = next((scan for scan in coming if scan.code is ScanCode.DELIVERED), None)
        if door is None:
            return
        until = tuple(scan for scan in coming if scan.occurred_at < door.occurred_at)
        refused = Scan(ScanCode.REFUSED, door.occurred_at, parcel.destination, "收件人拒收")
        self._travels(_cut(parcel, now, (*until, *sent_back(refused, parcel.origin, draws)), draws))

    # What it does by itself

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.work()
            await asyncio.sleep(LOOKS_EVERY_SECONDS)

    async def work(self) -> None:
        """Tell every scan that is due. What nobody heard is told again the next time."""
        now = self._clock.now()
        due: dict[Number, None] = {}
        while self._queue and self._queue[0][0] <= now:
            due[heapq.heappop(self._queue)[1]] = None
        found = (
            (telling, number) for number in due for telling in self._left(self._parcels[number]) if telling.at <= now
        )
        news = sorted(found, key=lambda pair: (pair[0].at, pair[1]))
        if not news:
            return
        try:
            await self._hear([ParcelScan(*number, telling.scan) for telling, number in news])
        except Exception:
            log.warning("nobody heard the courier", exc_info=True)
            for telling, number in news:
                heapq.heappush(self._queue, (telling.at, number))
            return
        self._write(*(Line(number=number, told_until=now) for number in due))

    def close(self) -> None:
        self._journal.close()

    def _stopped(self, parcel: Travelling, past: list[Scan], tries_at: Instant, draws: random.Random) -> Travelling:
        """The journey after a request: it ends at `tries_at`, or goes on with a failure on record."""
        now = self._clock.now()
        coming = [t.scan for t in parcel.tellings if t.scan.occurred_at > now]
        before = tuple(scan for scan in coming if scan.occurred_at < tries_at)
        place = (before or past)[-1].place if before or past else parcel.origin
        if any(scan.code in _OVER for scan in before):
            after: tuple[Scan, ...] = tuple(coming)
        elif parcel.can_be_stopped:
            stop = Scan(ScanCode.INTERCEPTED, tries_at, place, "应寄件方要求，快件已拦截")
            after = (*before, *sent_back(stop, parcel.origin, draws))
        else:
            failed = Scan(ScanCode.INTERCEPT_FAILED, tries_at, place, "拦截失败，快件继续派送")
            after = (*before, failed, *coming[len(before) :])
        return replace(_cut(parcel, now, after, draws), stopping=True)

    def _left(self, parcel: Travelling) -> list[Telling]:
        until = self._told_until.get(parcel.number)
        return [telling for telling in parcel.tellings if until is None or telling.at > until]

    def _travels(self, parcel: Travelling) -> None:
        self._write(Line(parcel=parcel))
        for telling in self._left(parcel):
            heapq.heappush(self._queue, (telling.at, parcel.number))

    def _write(self, *lines: Line) -> None:
        self._journal.append(*lines)
        for line in lines:
            self._enter(line)

    def _enter(self, line: Line) -> None:
        if line.parcel is not None:
            self._parcels[line.parcel.number] = line.parcel
        if line.number is not None and line.told_until is not None:
            self._told_until[line.number] = line.told_until

    def _draws(self, tracking_no: str, what: str) -> random.Random:
        return random.Random(f"{self._seed}/{tracking_no}/{what}")  # noqa: S311 - chance for show, not for secrets


def _told_somehow(scans: tuple[Scan, ...], draws: random.Random) -> tuple[Telling, ...]:
    """Most scans are told within minutes, some hours late, and so behind later ones; some twice."""
    tellings = []
    for scan in scans:
        late = draws.uniform(2, 8) * 3600 if draws.random() < LATE else draws.uniform(5, 240)
        tellings.append(Telling(scan.occurred_at + timedelta(seconds=late), scan))
        if draws.random() < TWICE:
            tellings.append(Telling(tellings[-1].at + timedelta(seconds=draws.uniform(30, 1800)), scan))
    return tuple(sorted(tellings, key=lambda telling: telling.at))


def _cut(parcel: Travelling, now: Instant, coming: tuple[Scan, ...], draws: random.Random) -> Travelling:
    """The journey so far, and another future."""
    so_far = tuple(telling for telling in parcel.tellings if telling.scan.occurred_at <= now)
    tellings = sorted((*so_far, *_told_somehow(coming, draws)), key=lambda telling: telling.at)
    return replace(parcel, tellings=tuple(tellings))
