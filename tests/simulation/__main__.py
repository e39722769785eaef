"""`python -m tests.simulation --seeds 5000`, or one again with `--seed N`; two processes at once."""

import argparse
import logging
import sys
import traceback
from concurrent.futures import ProcessPoolExecutor, as_completed
from random import SystemRandom

from rich.console import Console
from rich.progress import track

from tests.simulation.play import play

CHUNK = 25


def main() -> int:
    """Play, and say which seeds did not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000, help="how many lives to play")
    parser.add_argument("--first", type=int, default=None, help="the first seed; drawn when not given")
    parser.add_argument("--seed", type=int, default=None, help="play one seed and show where it fails")
    asked = parser.parse_args()
    logging.disable(logging.CRITICAL)
    if asked.seed is not None:
        play(asked.seed)
        sys.stdout.write(f"seed {asked.seed} holds\n")
        return 0
    console = Console(stderr=True)
    first = asked.first if asked.first is not None else SystemRandom().randrange(10**9)
    console.print(f"seeds {first} to {first + asked.seeds - 1}")
    failed: list[tuple[int, str]] = []
    with ProcessPoolExecutor() as processes:
        chunks = [
            processes.submit(play_some, seed, min(CHUNK, first + asked.seeds - seed))
            for seed in range(first, first + asked.seeds, CHUNK)
        ]
        for done in track(as_completed(chunks), total=len(chunks), console=console, description="lives"):
            failed += done.result()
    for seed, what in failed:
        sys.stdout.write(f"seed {seed}: {what}\n")
    sys.stdout.write(f"{asked.seeds - len(failed)} passed, {len(failed)} failed\n")
    return 1 if failed else 0


def play_some(first: int, count: int) -> list[tuple[int, str]]:
    """Seeds that did not hold, with what did not."""
    logging.disable(logging.CRITICAL)
    failed = []
    for seed in range(first, first + count):
        try:
            play(seed)
        except Exception:  # noqa: BLE001 - whatever it was, the seed is told and can be played again
            failed.append((seed, traceback.format_exc().strip().splitlines()[-1][:300]))
    return failed


if __name__ == "__main__":
    sys.exit(main())
