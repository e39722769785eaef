"""Amounts, instants and lengths of time as people write them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from amends.wording.formats import all_of, duration, moment, money, one_of, time_left

SHANGHAI = ZoneInfo("Asia/Shanghai")

NOW = datetime(2026, 11, 23, 10, 30, tzinfo=SHANGHAI)

MONEY = [
    (5900, "CNY", "¥59.00", "¥59.00"),
    (5, "CNY", "¥0.05", "¥0.05"),
    (0, "CNY", "¥0.00", "¥0.00"),
    (-1250, "CNY", "-¥12.50", "-¥12.50"),
    (123456789, "CNY", "¥1,234,567.89", "¥1,234,567.89"),
    (100, "USD", "US$1.00", "$1.00"),
    (500, "JPY", "JP¥500", "¥500"),
    (100, "CHF", "CHF\u00a01.00", "CHF\u00a01.00"),
    (1500, "KWD", "KWD\u00a01.500", "KWD\u00a01.500"),
]


@pytest.mark.parametrize(("amount_minor", "currency", "chinese", "english"), MONEY)
def test_money_has_its_sign_close_and_the_decimals_of_its_currency(amount_minor, currency, chinese, english):
    assert money(amount_minor, currency, "zh") == chinese
    assert money(amount_minor, currency, "en") == english


MOMENTS = [
    # instant in Shanghai                Chinese                   English
    (datetime(2026, 11, 23, 14, 32),   "今天 14:32",             "today, 14:32"),
    (datetime(2026, 11, 23, 0, 0),     "今天 00:00",             "today, 00:00"),
    (datetime(2026, 11, 23, 23, 59),   "今天 23:59",             "today, 23:59"),
    (datetime(2026, 11, 24, 0, 0),     "明天 00:00",             "tomorrow, 00:00"),
    (datetime(2026, 11, 24, 23, 59),   "明天 23:59",             "tomorrow, 23:59"),
    (datetime(2026, 11, 25, 0, 0),     "11月25日 00:00",         "25 Nov, 00:00"),
    (datetime(2026, 11, 22, 23, 59),   "11月22日 23:59",         "22 Nov, 23:59"),
    (datetime(2026, 1, 5, 9, 5),       "1月5日 09:05",           "5 Jan, 09:05"),
    (datetime(2027, 1, 1, 0, 0),       "2027年1月1日 00:00",     "1 Jan 2027, 00:00"),
    (datetime(2025, 12, 31, 23, 59),   "2025年12月31日 23:59",   "31 Dec 2025, 23:59"),
]  # fmt: skip


@pytest.mark.parametrize(("local", "chinese", "english"), MOMENTS, ids=[row[2] for row in MOMENTS])
def test_a_moment_is_said_as_near_as_it_is(local, chinese, english):
    instant = local.replace(tzinfo=SHANGHAI).astimezone(UTC)
    assert moment(instant, NOW, SHANGHAI, "zh") == chinese
    assert moment(instant, NOW.astimezone(UTC), SHANGHAI, "en") == english


def test_tomorrow_in_another_year_is_still_tomorrow():
    new_year_eve = datetime(2026, 12, 31, 20, 0, tzinfo=SHANGHAI)
    assert moment(datetime(2027, 1, 1, 8, tzinfo=SHANGHAI), new_year_eve, SHANGHAI, "zh") == "明天 08:00"
    assert moment(datetime(2027, 1, 2, 8, tzinfo=SHANGHAI), new_year_eve, SHANGHAI, "zh") == "2027年1月2日 08:00"


def test_today_is_the_readers_day_not_that_of_greenwich():
    late = datetime(2026, 11, 23, 0, 30, tzinfo=SHANGHAI)
    assert moment(late, late, SHANGHAI, "zh") == "今天 00:30"
    assert moment(late, late, ZoneInfo("Europe/London"), "en") == "today, 16:30"


DURATIONS = [
    (timedelta(days=1, hours=13, minutes=59), "1 天 13 小时", "1 day 13 hours"),
    (timedelta(days=2, minutes=59), "2 天", "2 days"),
    (timedelta(hours=37), "1 天 13 小时", "1 day 13 hours"),
    (timedelta(hours=2, minutes=10, seconds=59), "2 小时 10 分钟", "2 hours 10 minutes"),
    (timedelta(hours=1), "1 小时", "1 hour"),
    (timedelta(minutes=28, seconds=41), "28 分钟", "28 minutes"),
    (timedelta(minutes=1), "1 分钟", "1 minute"),
    (timedelta(seconds=59), "不到 1 分钟", "less than a minute"),
    (timedelta(0), "不到 1 分钟", "less than a minute"),
    (timedelta(seconds=-5), "不到 1 分钟", "less than a minute"),
]


@pytest.mark.parametrize(("length", "chinese", "english"), DURATIONS, ids=[str(row[0]) for row in DURATIONS])
def test_a_duration_has_two_units_at_most_and_never_says_more_than_there_is(length, chinese, english):
    assert duration(length, "zh") == chinese
    assert duration(length, "en") == english


def test_time_left_says_when_it_is_over():
    """R5.3."""
    due = NOW + timedelta(hours=37)
    assert time_left(due, NOW, "zh") == "还剩 1 天 13 小时"
    assert time_left(due, due, "zh") == "已超时 不到 1 分钟"
    assert time_left(due, due + timedelta(hours=2), "en") == "2 hours overdue"


def test_lists_are_joined_as_the_language_does():
    assert all_of(["换货", "维修", "补寄"], "zh") == "换货、维修和补寄"
    assert one_of(["photo", "video"], "en") == "photo or video"
