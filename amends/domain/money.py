"""Amounts are integers in minor units (fen) of the order's currency; parts always sum."""

from collections.abc import Sequence


def split(total_minor: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Share `total_minor` in proportion to `weights` by largest remainder.

    The parts sum to `total_minor` exactly; equal remainders go to the earlier part.
    Weights that are all zero give everything to the first part.
    """
    if not weights:
        return ()
    whole = sum(weights)
    if whole == 0:
        return (total_minor, *(0 for _ in weights[1:]))
    floors = [total_minor * weight // whole for weight in weights]
    left = total_minor - sum(floors)
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total_minor * weights[i] % whole), i))
    for i in by_remainder[:left]:
        floors[i] += 1
    return tuple(floors)


def share_of_pieces(paid_minor: int, pieces: int, already: int, asked: int) -> int:
    """What `asked` of `pieces` cost when `already` were settled before.

    Cumulative, so that settling the pieces one by one pays exactly `paid_minor` in the end
    (rules §3: "k of n pieces cumulative, so parts sum").
    """
    upto = paid_minor * (already + asked) // pieces
    before = paid_minor * already // pieces
    return upto - before
