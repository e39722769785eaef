"""What text in a screenshot or a paper names: numbers and amounts, held against the order, and where they stand."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from msgspec import Struct

from amends.domain.case import Case
from amends.domain.order import Order

_LONGEST = 120
_MOST = 20
_LEAST_DIGITS = 6
"""An order number with fewer digits could be anything."""

_SPACES = re.compile(r"\s+")
_PARCEL_WORDS = re.compile(r"单号|快递|运单|物流|包裹|TRACKING|PARCEL")
_ORDER_WORDS = re.compile(r"订单|ORDER")
_NUMBER = re.compile(r"(?<![A-Z0-9])(?:[A-Z]{2,4}\d{9,18}|\d{12,18})(?![A-Z0-9])")
_AMOUNT = re.compile(r"¥ ?(\d[\d,]{0,12}(?:\.\d{1,2})?)|(?<![\d.])(\d[\d,]{0,12}(?:\.\d{1,2})?) ?(?:元|块钱)")


class Line(Struct, frozen=True, array_like=True):
    """As it was read; `page` of a document counts from 1 and is 0 for a picture."""

    text: str
    page: int = 0


class Passage(NamedTuple):
    """`code` names the finding, `value` is what stands in `line`, `means` what of the order it is, if anything."""

    code: str
    value: str
    line: str
    means: str = ""
    amount_minor: int = 0
    differing: int = 0
    page: int = 0


def passages(lines: Sequence[Line], order: Order, case: Case) -> list[Passage]:
    """Each number and amount once, with the line in which it stands first."""
    found: dict[tuple[str, str], Passage] = {}
    for line in lines:
        for passage in _in_line(line.text[:_LONGEST], order, case):
            found.setdefault((passage.code, passage.value), passage._replace(page=line.page))
    return list(found.values())[:_MOST]


def _in_line(line: str, order: Order, case: Case) -> Iterator[Passage]:
    spaced = _SPACES.sub(" ", _even(line))
    plain = _plain(line)
    parcels = _parcels(order, case)
    known = {_plain(order.order_no), *parcels}
    if _has(spaced, plain, _plain(order.order_no)):
        yield Passage("order_number", order.order_no, line)
    for number, leg in parcels.items():
        if _has(spaced, plain, number):
            yield Passage("tracking_number", number, line, leg)
    others = set(_others_of_shape(spaced, plain, _plain(order.order_no))) - known
    for number in sorted(others):
        yield Passage("other_order_number", number, line, differing=_differing(number, _plain(order.order_no)))
    for number in _found(_NUMBER, spaced, plain):
        if number not in known | others and (number[0].isalpha() or _PARCEL_WORDS.search(plain)):
            nearest = min((_differing(number, parcel) for parcel in parcels), default=0)
            yield Passage("other_tracking_number", number, line, differing=nearest)
    if order.currency == "CNY":
        yield from _amounts(spaced, line, order, case)


def _amounts(spaced: str, line: str, order: Order, case: Case) -> Iterator[Passage]:
    known = {
        **{line.unit_price: "unit_price" for line in order.lines},
        order.freight_paid: "freight",
        order.paid: "paid",
        case.amount_minor: "asked",
    }
    for with_sign, with_word in _AMOUNT.findall(spaced):
        whole, _, fraction = (with_sign or with_word).replace(",", "").partition(".")
        minor = int(whole) * 100 + int(fraction.ljust(2, "0") or 0)
        if minor:
            yield Passage("amount", str(minor), line, known.get(minor, ""), minor)


def _others_of_shape(spaced: str, plain: str, order_no: str) -> list[str]:
    """Numbers built as the shop builds those of its orders."""
    digits = sum(sign.isdigit() for sign in order_no)
    if digits < _LEAST_DIGITS or (digits == len(order_no) and not _ORDER_WORDS.search(plain)):
        return []
    shape = "".join(
        r"\d" if sign.isdigit() else "[A-Z]" if sign.isascii() and sign.isalpha() else re.escape(sign)
        for sign in order_no
    )
    return _found(re.compile(f"(?<![A-Z0-9]){shape}(?![A-Z0-9])"), spaced, plain)


def _found(pattern: re.Pattern[str], spaced: str, plain: str) -> list[str]:
    """Without spaces only where there is nothing else: columns of a paper would run into one number."""
    return pattern.findall(spaced) or pattern.findall(plain)


def _parcels(order: Order, case: Case) -> dict[str, str]:
    legs = (("outward", order.parcel), ("back", case.return_parcel), ("replacement", case.replacement_parcel))
    return {_plain(parcel.tracking_no): leg for leg, parcel in legs if parcel is not None and parcel.tracking_no}


def _has(spaced: str, plain: str, number: str) -> bool:
    whole = re.compile(f"(?<![A-Z0-9]){re.escape(number)}(?![A-Z0-9])")
    return whole.search(spaced) is not None or whole.search(plain) is not None


def _differing(one: str, other: str) -> int:
    """In how many signs two numbers of one length differ; 0 where the lengths do."""
    return sum(a != b for a, b in zip(one, other, strict=True)) if len(one) == len(other) else 0


def _plain(text: str) -> str:
    """Without spaces: a reader of pictures is not sure of them."""
    return _SPACES.sub("", _even(text))


def _even(text: str) -> str:
    """Wide signs narrow and small letters large, for the same reason."""
    return unicodedata.normalize("NFKC", text).upper().replace("￥", "¥")
