"""What the platform's desk asks of the store, and the rows that it gets."""

from typing import NamedTuple

from msgspec import Struct

from amends.domain.case import Case
from amends.domain.order import Order
from amends.domain.time import Instant


class DeskFilter(Struct, frozen=True):
    """Which cases of the platform's desk: those that stand in `queue` (a name of `projection.queues`) or in any.

    `assignee` '' are those that nobody has. `hands_off` leaves out appeals and second looks at what this person ruled
    or approved. `by_amount` puts the largest first, else the soonest deadline does.
    """

    queue: str = ""
    assignee: str | None = None
    hands_off: str = ""
    reasons: tuple[str, ...] = ()
    text: str = ""
    by_amount: bool = False


class DeskCount(NamedTuple):
    """So many cases in these queues; `is_handled`: the person asking had a hand in what somebody else must look at."""

    queues: str
    is_mine: bool
    is_nobodys: bool
    is_handled: bool
    cases: int


class Ruled(NamedTuple):
    """A case with a ruling, and its order."""

    case: Case
    order: Order
    title: str


class Load(NamedTuple):
    """What somebody at the platform has to do; `staff` is empty for what nobody has."""

    staff: str
    cases: int
    late: int
    next_due_at: Instant


class RuledBy(NamedTuple):
    """What somebody ruled; half of it within `median_seconds` of the platform's stepping in."""

    staff: str
    rulings: int
    appealed: int
    changed: int
    median_seconds: int
