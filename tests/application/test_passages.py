"""What a line names is found with and without spaces in it, and columns do not run into one number (R5.4)."""

import pytest

from amends.application.passages import Line, passages
from amends.domain.words import Kind
from tests.support.given import bought

CASE = bought(order_no="260302-482915730", tracking_no="SF1436502287001").opened(
    Kind.REFUND_ONLY, "changed_mind", evidence=()
)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("Invoice for order 260302-482915730", [("order_number", "260302-482915730")]),
        ("订单号:260302-482915730的发票", [("order_number", "260302-482915730")]),
        ("订单 260302- 4829 15730", [("order_number", "260302-482915730")]),
        ("order 260302-482915739 as well", [("other_order_number", "260302-482915739")]),
        ("Waybill SF1436502287001 shunfeng", [("tracking_number", "SF1436502287001")]),
        ("运单 SF14365022 87001", [("tracking_number", "SF1436502287001")]),
        ("快递 YT9988 776655443", [("other_tracking_number", "YT9988776655443")]),
        ("2 30.00 59.00 元", [("amount", "5900")]),
        ("1 ¥ 65.00", [("amount", "6500")]),
        ("合计 ￥６５．００", [("amount", "6500")]),
        ("2026-03-02 12 1234567890", []),
    ],
)
def test_a_line_names(line: str, found: list[tuple[str, str]]):
    assert [(one.code, one.value) for one in passages([Line(line)], CASE.order, CASE.case)] == found


def test_what_stands_on_several_pages_is_told_with_the_first():
    lines = [Line("运单 SF1436502287001", 2), Line("SF1436502287001", 3)]
    assert [(one.code, one.page) for one in passages(lines, CASE.order, CASE.case)] == [("tracking_number", 2)]
