"""Instants are aware datetimes given by the caller; lengths become instants here, once."""

from datetime import UTC, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from msgspec import Meta

Instant = Annotated[datetime, Meta(tz=True)]

NEVER = datetime(9999, 1, 1, tzinfo=UTC)


def end_of_local_day(start: datetime, days: int, zone: ZoneInfo) -> datetime:
    """24:00 local time of the day that is `days` after the local day of `start` (rules, Time)."""
    last = start.astimezone(zone).date() + timedelta(days=days + 1)
    return datetime.combine(last, time(0), zone).astimezone(UTC)


def end_of_local_year(start: datetime, years: int, zone: ZoneInfo) -> datetime:
    """24:00 local time of the same day `years` later; of a day that that year does not have, the last of its month.

    So the law counts (民法典 201, 202): the day itself is left out, and the last one is whole.
    """
    day = start.astimezone(zone).date()
    try:
        last = day.replace(year=day.year + years)
    except ValueError:
        last = day.replace(year=day.year + years, day=28)
    return datetime.combine(last + timedelta(days=1), time(0), zone).astimezone(UTC)


def local_years_ago(now: datetime, years: int, zone: ZoneInfo) -> datetime:
    """Before this instant lies whatever has its `end_of_local_year` at `now` or earlier."""
    day = now.astimezone(zone).date()
    try:
        first = day.replace(year=day.year - years)
    except ValueError:
        first = day.replace(year=day.year - years, month=3, day=1)
    return datetime.combine(first, time(0), zone).astimezone(UTC)


def add_waking_time(start: datetime, length: timedelta, opens: int, shuts: int, zone: ZoneInfo) -> datetime:
    """`length` after `start`, counting only the hours `opens`..`shuts` of each local day."""
    at = start.astimezone(zone)
    left = length
    while True:
        opening = datetime.combine(at.date(), time(opens), zone)
        shutting = opening + timedelta(hours=shuts - opens)
        begins = max(at, opening)
        if begins + left <= shutting:
            return (begins + left).astimezone(UTC)
        if begins < shutting:
            left -= shutting - begins
        at = datetime.combine(at.date() + timedelta(days=1), time(0), zone)
