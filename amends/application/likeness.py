"""When two pictures are nearly the same: marks of 64 bits, how far apart they are, and how they are found by an index.

A picture has a mark of its whole and one of each view with a margin cut off, so that a copy that somebody cropped is
found as well: the whole of the one is like a view of the other. A video has those of several of its pictures, one after
another. Why so, and how often it errs: decision 0009.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import NamedTuple

MOST_APART = 8
"""So many bits of the mark of frequencies may differ."""

MOST_EDGES_APART = 16
"""And so many of the mark of edges; two unlike marks are 32 apart."""

MARGIN = 0.08
"""Part of the width or height that views lack at one side."""

VIEWS: tuple[tuple[float, float, float, float], ...] = tuple(
    (left, top, 1 - right, 1 - bottom) for left, top, right, bottom in product((0.0, MARGIN), repeat=4)
)
"""Left, top, right and bottom of each view as parts of the picture; the first is the whole."""

_BANDS, _BAND_BITS = 4, 16


class Mark(NamedTuple):
    """Of a view, 64 bits each and signed: `shape` by low frequencies, `edges` by where it gets brighter."""

    shape: int
    edges: int


def apart(one: int, other: int) -> int:
    """How many bits differ."""
    return ((one ^ other) & (1 << 64) - 1).bit_count()


def difference(one: Sequence[Mark], other: Sequence[Mark]) -> int | None:
    """How many bits the nearest views of two pictures or videos are apart; None where they are not nearly the same."""
    nearest = None
    for a, b in (*product(wholes(one), other), *product(one, wholes(other))):
        bits = apart(a.shape, b.shape)
        if bits <= MOST_APART and apart(a.edges, b.edges) <= MOST_EDGES_APART and (nearest is None or bits < nearest):
            nearest = bits
    return nearest


def wholes(marks: Sequence[Mark]) -> Sequence[Mark]:
    """Without the views."""
    return marks[:: len(VIEWS)]


def bands(shapes: Iterable[int]) -> list[int]:
    """What is indexed: the four quarters of each mark, each with its place."""
    return sorted({band for shape in shapes for band in _bands(shape)})


def probes(shapes: Iterable[int]) -> list[int]:
    """What is looked for: the same quarters, and those with one bit changed.

    Of 7 wrong bits in four quarters, one quarter has at most one: all marks up to 7 apart are found, of those 8 apart
    95 in 100; and a picture has many views of which one is enough.
    """
    return sorted({band ^ change for shape in shapes for band in _bands(shape) for change in _CHANGES})


_CHANGES = (0, *(1 << bit for bit in range(_BAND_BITS)))


def _bands(shape: int) -> Iterator[int]:
    for place in range(_BANDS):
        yield place << _BAND_BITS | shape >> (place * _BAND_BITS) & (1 << _BAND_BITS) - 1
