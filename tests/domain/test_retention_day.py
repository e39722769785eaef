"""Until when records are kept: whole years from the day after the matter was over (law: 电商法 31, 民法典 201)."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from amends.domain.time import end_of_local_year

CHINA = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("over_at", "years", "kept_until"),
    [
        ("2026-03-05T10:00+08:00", 3, "2029-03-06T00:00+08:00"),
        ("2026-03-05T00:00+08:00", 3, "2029-03-06T00:00+08:00"),
        ("2026-03-04T23:59:59.999999+08:00", 3, "2029-03-05T00:00+08:00"),
        ("2026-03-05T16:30Z", 3, "2029-03-07T00:00+08:00"),
        ("2028-02-29T10:00+08:00", 3, "2031-03-01T00:00+08:00"),
        ("2028-02-29T10:00+08:00", 4, "2032-03-01T00:00+08:00"),
        ("2025-12-31T23:00+08:00", 3, "2029-01-01T00:00+08:00"),
    ],
)
def test_the_last_day_is_whole_and_local(over_at: str, years: int, kept_until: str):
    assert end_of_local_year(at(over_at), years, CHINA) == at(kept_until)


def test_it_is_an_instant_in_utc():
    assert end_of_local_year(at("2026-03-05T10:00Z"), 3, CHINA).tzinfo is UTC
