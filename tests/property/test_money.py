"""Splits sum exactly, however the figures fall (rules §3)."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from amends.domain.money import share_of_pieces, split

amounts = st.integers(0, 2**53)
weights = st.lists(st.integers(0, 10**9), min_size=1, max_size=30)


@given(total=amounts, shares=weights)
def test_parts_sum_to_the_whole_and_none_is_negative(total, shares):
    parts = split(total, shares)
    assert sum(parts) == total
    assert len(parts) == len(shares)
    assert min(parts) >= 0


@given(total=amounts, shares=weights.filter(any))
def test_no_part_is_a_whole_fen_away_from_its_exact_share(total, shares):
    whole = sum(shares)
    for part, share in zip(split(total, shares), shares, strict=True):
        assert abs(part * whole - total * share) < whole


@given(total=amounts, shares=weights.filter(any))
def test_a_greater_weight_never_gets_less(total, shares):
    parts = split(total, shares)
    by_weight = sorted(zip(shares, parts, strict=True))
    for (light, less), (heavy, more) in pairwise(by_weight):
        assert light == heavy or less <= more


@given(total=amounts, shares=weights.filter(any))
def test_equal_remainders_favour_the_earlier_part(total, shares):
    parts = split(total, [shares[0]] * len(shares))
    assert list(parts) == sorted(parts, reverse=True)


@given(total=amounts, shares=weights.filter(any), position=st.data())
def test_a_part_without_weight_gets_nothing(total, shares, position):
    place = position.draw(st.integers(0, len(shares)))
    assert split(total, [*shares[:place], 0, *shares[place:]])[place] == 0


@given(total=amounts, count=st.integers(1, 10))
def test_without_any_weight_the_first_part_gets_everything(total, count):
    assert split(total, [0] * count) == (total, *[0] * (count - 1))


def test_nothing_to_share_among_gives_no_parts():
    assert split(100, ()) == ()


pieces = st.integers(1, 1_000)


@given(paid=amounts, count=pieces, data=st.data())
def test_pieces_settled_in_any_portions_pay_the_line_exactly(paid, count, data):
    settled = total = 0
    while settled < count:
        asked = data.draw(st.integers(1, min(count - settled, 100 if count < 500 else 500)))
        share = share_of_pieces(paid, count, settled, asked)
        assert share >= 0
        total += share
        settled += asked
    assert total == paid


@given(paid=amounts, count=pieces, data=st.data())
def test_a_piece_costs_the_unit_price_give_or_take_one_fen(paid, count, data):
    already = data.draw(st.integers(0, count - 1))
    assert share_of_pieces(paid, count, already, 1) in (paid // count, paid // count + 1)


@given(paid=amounts, count=pieces, data=st.data())
def test_two_portions_cost_what_they_cost_at_once(paid, count, data):
    already = data.draw(st.integers(0, count))
    first = data.draw(st.integers(0, count - already))
    second = data.draw(st.integers(0, count - already - first))
    apart = share_of_pieces(paid, count, already, first) + share_of_pieces(paid, count, already + first, second)
    assert apart == share_of_pieces(paid, count, already, first + second)
