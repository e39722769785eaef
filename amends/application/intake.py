"""News from the shop, couriers and providers become commands; whose parcel or payout it is, is looked up here."""

from collections.abc import Collection, Iterable, Sequence

from msgspec import Struct

from amends.application import ports
from amends.application.joined import Joined
from amends.application.lanes import Lanes
from amends.application.partners import ParcelScan, PayoutNews, payout_envelope
from amends.application.ports import Answer, Envelope, Failed, ParcelRow
from amends.domain.actor import SYSTEM
from amends.domain.commands import RecordScan, SyncOrder


class ScanReport(Struct, frozen=True):
    """What became of a scan: one answer for each order or case that the parcel belongs to; none: nobody's parcel."""

    scan: ParcelScan
    answers: tuple[Answer | Failed, ...]


class Intake:
    """All of it goes by the bulk lane, so that news never keep people waiting. Raises LaneFull, Unavailable."""

    def __init__(self, lanes: Lanes, records: ports.Reader) -> None:
        self._lanes = lanes
        self._records = records
        self._parcels = Joined(self._found_parcels)

    async def orders(self, news: Sequence[tuple[int, SyncOrder]], key: str | None = None) -> list[Answer | Failed]:
        """Orders as the shop tells them, each with its merchant. `key` is the idempotency key of all of them."""
        return await self._lanes.submit_bulk(
            [
                Envelope(SYSTEM, merchant_id, order, order_no=order.order_no, key=key and f"{key}:{place}")
                for place, (merchant_id, order) in enumerate(news)
            ]
        )

    async def scans(self, scans: Sequence[ParcelScan], merchant_id: int | None = None) -> list[ScanReport]:
        """Scans of any parcels, judged in the order in which they happened; `merchant_id` limits whose they may be."""
        owners = await self._parcels.get(scan.tracking_no for scan in scans)
        addressed = [
            (place, _envelope(row, scan))
            for place, scan in sorted(enumerate(scans), key=lambda one: one[1].scan.occurred_at)
            for row in owners.get(scan.tracking_no, ())
            if row.carrier == scan.carrier and merchant_id in (None, row.merchant_id)
        ]
        answers: list[list[Answer | Failed]] = [[] for _ in scans]
        outcomes = await self._lanes.submit_bulk([envelope for _, envelope in addressed])
        for (place, _), outcome in zip(addressed, outcomes, strict=True):
            answers[place].append(outcome)
        return [ScanReport(scan, tuple(found)) for scan, found in zip(scans, answers, strict=True)]

    async def _found_parcels(self, tracking_nos: Collection[str]) -> dict[str, list[ParcelRow]]:
        found: dict[str, list[ParcelRow]] = {}
        for row in await self._records.parcels(sorted(tracking_nos)):
            found.setdefault(row.tracking_no, []).append(row)
        return found

    async def payouts(self, news: Sequence[PayoutNews]) -> list[Answer | Failed | None]:
        """A provider's words, in order; None where the payout is none of ours or nothing is said yet."""
        envelopes = [payout_envelope(one) for one in news]
        outcomes = iter(await self._lanes.submit_bulk([one for one in envelopes if one is not None]))
        return [None if one is None else next(outcomes) for one in envelopes]

    async def hear_scans(self, scans: Sequence[ParcelScan]) -> None:
        """As `scans`, for a courier who tells again what raised. Also raises Failed."""
        for report in await self.scans(scans):
            _all_taken(report.answers)

    async def hear_payouts(self, news: Sequence[PayoutNews]) -> None:
        """As `payouts`, for a provider who tells again what raised. Also raises Failed."""
        _all_taken(await self.payouts(news))


def _all_taken(outcomes: Iterable[Answer | Failed | None]) -> None:
    for outcome in outcomes:
        if isinstance(outcome, Failed):
            raise outcome


def _envelope(row: ParcelRow, scan: ParcelScan) -> Envelope:
    command = RecordScan(row.leg, row.carrier, row.tracking_no, scan.scan)
    if row.case_id is None:
        return Envelope(SYSTEM, row.merchant_id, command, order_no=row.order_no)
    return Envelope(SYSTEM, row.merchant_id, command, case_id=row.case_id)
