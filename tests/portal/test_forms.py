"""Names of a form's fields say where their values belong."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from litestar.datastructures import FormMultiDict

from amends.web.portal.forms import nested

SHANGHAI = ZoneInfo("Asia/Shanghai")


def read(*pairs: tuple[str, object], currency: str = "CNY"):
    return nested(FormMultiDict(list(pairs)), currency=currency, zone=SHANGHAI)


def test_what_belongs_to_the_form_itself_and_what_is_empty_is_left_out():
    assert read(("form_token", "x"), ("key", "y"), ("version", "3"), ("note", "  "), ("text", " 您好 ")) == {
        "text": "您好"
    }


def test_a_field_given_several_times_is_a_list():
    assert read(("evidence", "e1"), ("evidence", "e2"), ("evidence", "e3")) == {"evidence": ["e1", "e2", "e3"]}


def test_numbered_names_make_lists_and_rows_left_empty_close_up():
    rows = [("points.0.text", "一"), ("points.2.text", "三"), ("points.1.text", ""), ("points.10.text", "十")]
    assert read(*rows) == {"points": [{"text": "一"}, {"text": "三"}, {"text": "十"}]}
    assert read(("freight.outward", "buyer"), ("freight.back", "merchant")) == {
        "freight": {"outward": "buyer", "back": "merchant"}
    }


@pytest.mark.parametrize(
    ("written", "currency", "minor"),
    [
        ("15", "CNY", 1_500),
        ("15.5", "CNY", 1_550),
        ("¥1,234.56", "CNY", 123_456),
        ("0.01", "CNY", 1),
        ("500", "JPY", 500),
    ],
)
def test_an_amount_is_read_to_the_last_fen(written, currency, minor):
    assert read(("amount:money", written), currency=currency) == {"amount": minor}


@pytest.mark.parametrize("written", ["1.005", "abc", "1e400", "9" * 40, "٣", "NaN", "Infinity", "十五", "--1"])
def test_what_is_no_amount_is_refused_and_never_rounded(written):
    with pytest.raises(ValueError, match="amount"):
        read(("amount:money", written))


def test_an_instant_is_read_on_the_readers_clock():
    assert read(("until:local", "2026-11-24T10:00")) == {"until": datetime(2026, 11, 24, 2, tzinfo=UTC)}


def test_new_lines_are_kept_as_one_sign():
    assert read(("text", "一\r\n二")) == {"text": "一\n二"}


@pytest.mark.parametrize(
    "hostile",
    [
        [("a", "1"), ("a.b", "2")],
        [("a.b", "1"), ("a.b.c", "2")],
        [("text", "nul \0 inside")],
        [(f"points.{n}.text", "x") for n in range(101)],
        [("x", "y")] * 501,
    ],
    ids=["value and folder", "folder in value", "nul", "long list", "many fields"],
)
def test_a_hostile_form_is_refused(hostile):
    with pytest.raises(ValueError, match=r"."):
        read(*hostile)
