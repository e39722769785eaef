"""Amounts, instants and lengths of time as people write them."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.lists import format_list
from babel.numbers import format_percent, get_currency_precision, get_currency_symbol

from amends.wording.catalogue import LOCALES, Language, words


def money(amount_minor: int, currency: str, language: Language) -> str:
    """`¥1,234.50`: the sign close to the figures, as many decimals as the currency has."""
    symbol, decimals = _currency(currency, language)
    whole, fraction = divmod(abs(amount_minor), 10**decimals)
    shown = f"{symbol}{whole:,}" + (f".{fraction:0{decimals}}" if decimals else "")
    return f"-{shown}" if amount_minor < 0 else shown


@cache
def _currency(currency: str, language: Language) -> tuple[str, int]:
    symbol = "¥" if currency == "CNY" else get_currency_symbol(currency, locale=LOCALES[language])
    if symbol[-1].isalpha():
        symbol += "\N{NO-BREAK SPACE}"
    return symbol, get_currency_precision(currency)


def moment(instant: datetime, now: datetime, zone: ZoneInfo, language: Language) -> str:
    """`今天 14:32`, `明天 09:00`, `11月24日 10:00`, with the year only when it is not this one."""
    return _moment(instant, now.astimezone(zone).date(), zone, language)


@lru_cache(maxsize=16_384)
def _moment(instant: datetime, today: date, zone: ZoneInfo, language: Language) -> str:
    """Kept, because a conversation has hundreds and is read again with each line that is added."""
    at = instant.astimezone(zone)
    _ = words(language).gettext
    time = f"{at:%H:%M}"
    if at.date() == today:
        return _("today, {time}").format(time=time)
    if at.date() == today + timedelta(days=1):
        return _("tomorrow, {time}").format(time=time)
    month = _months(language)[at.month]
    if at.year == today.year:
        return _("{day} {month}, {time}").format(day=at.day, month=month, time=time)
    return _("{day} {month} {year}, {time}").format(day=at.day, month=month, year=at.year, time=time)


@cache
def _months(language: Language) -> dict[int, str]:
    return dict(Locale.parse(LOCALES[language]).months["format"]["abbreviated"])


def duration(length: timedelta, language: Language) -> str:
    """`1 天 13 小时`: two units at most, what is left over dropped, so that nobody counts on time that is not there."""
    ngettext = words(language).ngettext
    minutes = max(0, int(length.total_seconds())) // 60
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [
        ngettext("{count} day", "{count} days", days).format(count=days) if days else "",
        ngettext("{count} hour", "{count} hours", hours).format(count=hours) if hours else "",
        ngettext("{count} minute", "{count} minutes", minutes).format(count=minutes) if minutes and not days else "",
    ]
    return " ".join(part for part in parts if part) or words(language).gettext("less than a minute")


def time_left(due_at: datetime, now: datetime, language: Language) -> str:
    """`还剩 1 天 13 小时`, or by how much it is over."""
    _ = words(language).gettext
    if due_at > now:
        return _("{duration} left").format(duration=duration(due_at - now, language))
    return _("{duration} overdue").format(duration=duration(now - due_at, language))


def all_of(parts: Iterable[str], language: Language) -> str:
    """`A、B和C`."""
    return _list(tuple(parts), "standard", language)


def one_of(parts: Iterable[str], language: Language) -> str:
    """`A、B或C`."""
    return _list(tuple(parts), "or", language)


def sentences(told: Iterable[str], language: Language) -> str:
    """One after another, what is empty left out; Chinese ones need no space between."""
    return ("" if language == "zh" else " ").join(one for one in told if one)


@lru_cache(maxsize=4096)
def percent(share: float, language: Language, decimals: int = 0) -> str:
    """`7 %` as the language writes it. Kept for the same reason as lists are."""
    pattern = "0.".ljust(2 + decimals, "0") + "%" if decimals else None
    return str(format_percent(share, format=pattern, locale=LOCALES[language]))


@lru_cache(maxsize=4096)
def _list(parts: tuple[str, ...], style: Literal["standard", "or"], language: Language) -> str:
    """Kept, as Babel looks through all its locales each time, and a page has a dozen of the same few lists."""
    return format_list(parts, style=style, locale=LOCALES[language])
