"""Any history of an order, legal and illegal, with invariants that have names (`invariants`).

`PROPERTY_EXAMPLES` and `PROPERTY_STEPS` make it look further; what was reached is printed (`pytest -s`).
"""

import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.property import invariants
from tests.property.dice import Drawn
from tests.property.lives import WHAT_HAPPENS, Life
from tests.property.stories import ends_of_stories
from tests.property.world import Seen

DEEPER = "PROPERTY_EXAMPLES" in os.environ
EXAMPLES = int(os.environ.get("PROPERTY_EXAMPLES", "300"))
STEPS_EACH = int(os.environ.get("PROPERTY_STEPS", "50"))


ENDS = ends_of_stories()


class CaseMachine(RuleBasedStateMachine):
    """Hypothesis throws the dice of a life."""

    seen = Seen()

    @initialize(data=st.data())
    def a_life_begins(self, data: st.DataObject) -> None:
        """A new order in two of three lives, else in the middle of a story."""
        dice = Drawn(data)
        if dice.chance(33):
            self.life = dice.pick(ENDS).continued(dice, self.seen)
        else:
            self.life = Life(dice, self.seen)

    @rule(data=st.data(), happens=st.sampled_from(WHAT_HAPPENS))
    def something_happens(self, data: st.DataObject, happens: object) -> None:
        self.life.dice = Drawn(data)
        assert callable(happens)
        happens(self.life)

    @invariant()
    def every_invariant_holds(self) -> None:
        invariants.hold(self.life.world)

    def teardown(self) -> None:
        if hasattr(self, "life"):
            invariants.the_record_folds_to_the_state(self.life.world)


def test_whatever_anybody_does_to_an_order_every_invariant_holds():
    CaseMachine.seen = Seen()
    run_state_machine_as_test(
        CaseMachine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS_EACH,
            deadline=None,
            derandomize=not DEEPER,
            suppress_health_check=list(HealthCheck),
        ),
    )
    print(CaseMachine.seen)  # noqa: T201 (what a run reached is what it is for)
    assert CaseMachine.seen.taken.total() > EXAMPLES, "the machine hardly did anything"
