"""Marks by which nearly the same pictures are found again (application/likeness.py)."""

from functools import cache
from math import cos, pi
from statistics import median, pstdev

from PIL import Image

from amends.application.likeness import VIEWS, Mark

_GRID = 32
_LOW = 8
"""Frequencies kept each way: the large forms, which survive a new size, a new compression and a small stamp."""

_WORKED_ON = 256
_LEAST_CONTRAST = 6.0
"""Standard deviation of brightness (of 255) below which a picture shows nothing that could be told from another."""


def marks(picture: Image.Image) -> list[Mark]:
    """Of the whole and of each view; none of a picture that is one plain area."""
    small = picture.convert("L").resize((_WORKED_ON, _WORKED_ON), Image.Resampling.BOX)
    if pstdev(small.resize((_GRID, _GRID), Image.Resampling.BOX).tobytes()) < _LEAST_CONTRAST:
        return []
    return [_mark(small, tuple(part * _WORKED_ON for part in view)) for view in VIEWS]


def _mark(small: Image.Image, box: tuple[float, ...]) -> Mark:
    left, top, right, bottom = box
    view = (left, top, right, bottom)
    grid = small.resize((_GRID, _GRID), Image.Resampling.BOX, box=view).tobytes()
    steps = small.resize((_LOW + 1, _LOW), Image.Resampling.BOX, box=view).tobytes()
    return Mark(_shape(grid), _edges(steps))


def _shape(grid: bytes) -> int:
    """Which of the low frequencies are stronger than most (pHash)."""
    waves = _waves()
    rows = [
        [sum(a * b for a, b in zip(grid[y * _GRID : (y + 1) * _GRID], wave, strict=True)) for wave in waves]
        for y in range(_GRID)
    ]
    strengths = [sum(rows[y][u] * wave[y] for y in range(_GRID)) for wave in waves for u in range(_LOW)]
    middle = median(strengths[1:])
    return _signed(sum(1 << place for place, strength in enumerate(strengths) if place and strength > middle))


def _edges(steps: bytes) -> int:
    """Where it gets brighter from left to right (dHash)."""
    bits = [steps[y * (_LOW + 1) + x] < steps[y * (_LOW + 1) + x + 1] for y in range(_LOW) for x in range(_LOW)]
    return _signed(sum(1 << place for place, bit in enumerate(bits) if bit))


@cache
def _waves() -> list[list[float]]:
    return [[cos(pi * u * (2 * x + 1) / (2 * _GRID)) for x in range(_GRID)] for u in range(_LOW)]


def _signed(bits: int) -> int:
    """As the database keeps it."""
    return bits - (1 << 64) if bits >> 63 else bits
