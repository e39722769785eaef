"""Seeded lives that go where few have been: every cell of rules §5 and every refusal code is reached."""

from amends.domain.permissions import STAGES
from amends.domain.refusals import Code
from amends.domain.words import Stage
from tests.property import invariants
from tests.property.dice import Seeded
from tests.property.lives import Life
from tests.property.stories import STORIES, Story
from tests.property.world import Seen

SEED = 20_261_123
LIVES = 150
STEPS_EACH = 100

OF_THE_ENGINE = {Code.KEY_REUSED, Code.STALE_VERSION}
"""A decision never sees keys or versions."""


def walk(seed: int, seen: Seen, steps: int = STEPS_EACH) -> None:
    """One life; a failure says how it came about."""
    dice = Seeded(seed)
    try:
        life = Life(dice, seen, curious=True)
        for _ in range(steps):
            life.step()
        invariants.the_record_folds_to_the_state(life.world)
    except Exception as fault:
        fault.add_note("\n".join([f"seed {seed}", *dice.story[-25:]]))
        raise


def test_seeded_lives_reach_every_cell_of_stage_and_command_and_every_refusal():
    print(f"seed {SEED}")  # noqa: T201
    seen = Seen()
    for story in STORIES:
        story(Story(seen))
    for life in range(LIVES):
        walk(SEED + life, seen)
    print(seen)  # noqa: T201

    taken = [(stage, kind) for kind, stages in STAGES.items() for stage in stages]
    refused = [(stage, kind) for kind, stages in STAGES.items() for stage in Stage if stage not in stages]
    missing = [f"{kind.__name__} while {stage}" for stage, kind in taken if not seen.taken[stage, kind]]
    missing += [f"no {kind.__name__} while {stage}" for stage, kind in refused if not seen.wrong_stage[stage, kind]]
    missing += [code.value for code in Code if code not in OF_THE_ENGINE and not seen.codes[code]]
    assert not missing, "never reached: " + ", ".join(missing)
