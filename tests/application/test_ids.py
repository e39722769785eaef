"""Ids sort by time and never repeat."""

from datetime import timedelta

import pytest

from amends.application.ids import EPOCH, NODES, Ids
from tests.support.shops import MONDAY


def test_ids_rise_even_when_the_clock_stands_still_or_goes_back():
    ids = Ids(7)
    made = [ids.next(MONDAY) for _ in range(5_000)]
    made += [ids.next(MONDAY - timedelta(hours=1)), ids.next(MONDAY + timedelta(seconds=1))]
    assert made == sorted(set(made))


def test_a_later_instant_gives_a_greater_id_on_any_node():
    assert Ids(NODES - 1).next(MONDAY) < Ids(0).next(MONDAY + timedelta(milliseconds=1))


def test_two_nodes_never_give_the_same():
    one, other = Ids(1), Ids(2)
    assert {one.next(MONDAY) for _ in range(1_000)}.isdisjoint(other.next(MONDAY) for _ in range(1_000))


def test_ids_fit_63_bits_for_decades():
    assert 0 <= Ids(NODES - 1).next(EPOCH + timedelta(days=365 * 69)) < 2**63


@pytest.mark.parametrize("node", [-1, NODES])
def test_a_node_outside_of_its_bits_is_refused(node: int):
    with pytest.raises(ValueError, match="node"):
        Ids(node)
