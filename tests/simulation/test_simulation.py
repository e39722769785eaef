"""Two hundred seeded lives with crashes, repeats, reordering and late answers."""

import pytest

from tests.simulation.play import play

SEEDS = 200
CHUNK = 20


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # a killed process retrieves nothing
@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_whatever_breaks_money_leaves_once_and_every_clock_is_kept(first: int) -> None:
    kills = cases = 0
    for seed in range(first, first + CHUNK):
        try:
            game = play(seed)
        except AssertionError as fault:
            fault.add_note(f"play it again: python -m tests.simulation --seed {seed}")
            raise
        kills += game.kills
        cases += len(game.memory.cases)
    assert kills, "nothing was killed: this shows nothing"
    assert cases > CHUNK, "hardly a case was opened: this shows little"
