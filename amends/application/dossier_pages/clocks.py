"""Every deadline of a case from its start to its end, out of the record."""

from collections.abc import Iterable

from msgspec import Struct

from amends.domain.events import DeadlinePassed, DeadlinesSet, Fact
from amends.domain.policy import LapseOutcome
from amends.domain.time import Instant


class Clock(Struct):
    """`how` it ended: `met`, `passed`, `moot`, or `moved` when the same clock was set anew; empty while it runs.

    A clock that became moot by an act of the one whose silence it measured was met by that act. `outcome` is what the
    rules made of one that passed.
    """

    key: str
    owner: str
    started_at: Instant
    due_at: Instant
    how: str = ""
    ended_at: Instant | None = None
    outcome: LapseOutcome | None = None


def clocks(facts: Iterable[Fact]) -> list[Clock]:
    """In the order in which they were started."""
    found: list[Clock] = []
    running: dict[str, Clock] = {}
    outcomes: dict[str, LapseOutcome] = {}
    for fact in facts:
        if isinstance(fact.event, DeadlinePassed):
            outcomes[fact.event.key] = fact.event.outcome
        if not isinstance(fact.event, DeadlinesSet):
            continue
        for deadline in fact.event.running:
            before = running.pop(deadline.key, None)
            if before is not None:
                before.how, before.ended_at = "moved", fact.at
            clock = Clock(deadline.key, deadline.owner, deadline.started_at, deadline.due_at)
            running[deadline.key] = clock
            found.append(clock)
        for ended in fact.event.ended:
            over = running.pop(ended.key, None)
            if over is not None:
                acted = ended.how == "moot" and fact.by.partition("/")[0] == over.owner
                over.how, over.ended_at = "met" if acted else ended.how, fact.at
                over.outcome = outcomes.get(ended.key) if over.how == "passed" else None
    return found
