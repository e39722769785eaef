"""Until when records are kept: whole years from the day after the matter was over (law: 电商法 31, 民法典 201)."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from amends.domain.time import end_of_local_year, local_years_ago

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


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC)),
    st.datetimes(datetime(2000, 1, 1), datetime(2070, 1, 1), timezones=st.just(UTC)),
    st.integers(3, 10),
)
@example(at("2028-02-29T15:59:59.999999Z"), at("2031-02-28T16:00Z"), 3)
@example(at("2028-02-29T16:00Z"), at("2031-02-28T16:00Z"), 3)
@example(at("2029-02-28T15:59Z"), at("2032-02-28T16:00Z"), 3)
def test_what_is_over_is_told_alike_from_both_ends(over_at: datetime, now: datetime, years: int):
    assert (end_of_local_year(over_at, years, CHINA) <= now) == (over_at < local_years_ago(now, years, CHINA))
