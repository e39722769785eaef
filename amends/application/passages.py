"""What text in a screenshot names: numbers and amounts, held against the order. Facts, and the line they stand in."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple

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
_AMOUNT = re.compile(r"¥(\d[\d,]{0,12}(?:\.\d{1,2})?)|(?<![\d.])(\d[\d,]{0,12}(?:\.\d{1,2})?)(?:元|块钱)")


class Passage(NamedTuple):
    """`code` names the finding, `value` is what stands in `line`, `means` what of the order it is, if anything."""

    code: str
    value: str
    line: str
    means: str = ""
    amount_minor: int = 0
    differing: int = 0


def passages(lines: Sequence[str], order: Order, case: Case) -> list[Passage]:
    """Each number and amount once, with the line in which it stands first."""
    found: dict[tuple[str, str], Passage] = {}
    for line in lines:
        for passage in _in_line(line[:_LONGEST], order, case):
            found.setdefault((passage.code, passage.value), passage)
    return list(found.values())[:_MOST]


def _in_line(line: str, order: Order, case: Case) -> Iterator[Passage]:
    plain = _plain(line)
    parcels = _parcels(order, case)
    known = {_plain(order.order_no), *parcels}
    if _has(plain, _plain(order.order_no)):
        yield Passage("order_number", order.order_no, line)
    for number, leg in parcels.items():
        if _has(plain, number):
            yield Passage("tracking_number", number, line, leg)
    others = set(_others_of_shape(plain, _plain(order.order_no))) - known
    for number in sorted(others):
        yield Passage("other_order_number", number, line, differing=_differing(number, _plain(order.order_no)))
    for number in _NUMBER.findall(plain):
        if number not in known | others and (number[0].isalpha() or _PARCEL_WORDS.search(plain)):
            nearest = min((_differing(number, parcel) for parcel in parcels), default=0)
            yield Passage("other_tracking_number", number, line, differing=nearest)
    if order.currency == "CNY":
        yield from _amounts(plain, line, order, case)


def _amounts(plain: str, line: str, order: Order, case: Case) -> Iterator[Passage]:
    known = {
        **{line.unit_price: "unit_price" for line in order.lines},
        order.freight_paid: "freight",
        order.paid: "paid",
        case.amount_minor: "asked",
    }
    for with_sign, with_word in _AMOUNT.findall(plain):
        whole, _, fraction = (with_sign or with_word).replace(",", "").partition(".")
        minor = int(whole) * 100 + int(fraction.ljust(2, "0") or 0)
        if minor:
            yield Passage("amount", str(minor), line, known.get(minor, ""), minor)


def _others_of_shape(plain: str, order_no: str) -> list[str]:
    """Numbers built as the shop builds those of its orders."""
    digits = sum(sign.isdigit() for sign in order_no)
    if digits < _LEAST_DIGITS or (digits == len(order_no) and not _ORDER_WORDS.search(plain)):
        return []
    shape = "".join(
        r"\d" if sign.isdigit() else "[A-Z]" if sign.isascii() and sign.isalpha() else re.escape(sign)
        for sign in order_no
    )
    return re.findall(f"(?<![A-Z0-9]){shape}(?![A-Z0-9])", plain)


def _parcels(order: Order, case: Case) -> dict[str, str]:
    legs = (("outward", order.parcel), ("back", case.return_parcel), ("replacement", case.replacement_parcel))
    return {_plain(parcel.tracking_no): leg for leg, parcel in legs if parcel is not None and parcel.tracking_no}


def _has(plain: str, number: str) -> bool:
    return re.search(f"(?<![A-Z0-9]){re.escape(number)}(?![A-Z0-9])", plain) is not None


def _differing(one: str, other: str) -> int:
    """In how many signs two numbers of one length differ; 0 where the lengths do."""
    return sum(a != b for a, b in zip(one, other, strict=True)) if len(one) == len(other) else 0


def _plain(text: str) -> str:
    """Wide signs narrow, small letters large, no spaces: a reader of pictures is not sure of any of these."""
    return _SPACES.sub("", unicodedata.normalize("NFKC", text)).upper().replace("￥", "¥")
