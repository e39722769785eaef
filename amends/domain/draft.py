"""A draft of what follows from a command: events so far and the state they lead to.

Rules read the case through a `CaseDraft` and add events below their marked line; nothing leaves
the draft unless the whole command is accepted.
"""

from amends.domain import events as e
from amends.domain.actor import SYSTEM, Actor
from amends.domain.case import Case, public_id
from amends.domain.docket import Context, Decided, Docket
from amends.domain.evolve import evolve, opened
from amends.domain.order import Merchant, Order
from amends.domain.policy import Policy
from amends.domain.time import Instant
from amends.domain.words import Ledger

LASTING = ("payout_account", "payout_unknown", "appeal_decision")
"""Clocks on money that was sent and on an appeal: whatever becomes of the case, they run until they are met."""


def base(key: str) -> str:
    """The policy's name of a deadline: `evidence:buyer` runs under `evidence`."""
    return key.partition(":")[0]


class Draft:
    """What one command does to an order and its cases. `at` is the instant at which events count."""

    def __init__(self, docket: Docket, context: Context) -> None:
        self.docket = docket
        self.context = context
        self.at: Instant = context.now
        self.actor: Actor = context.actor
        self.by = self._sender = context.actor.name
        self.order: Order | None = docket.order
        self.merchant: Merchant = docket.merchant
        self.cases: dict[int, Case] = {case.case_id: case for case in docket.cases}
        self.facts: list[e.Fact] = []
        self.changed: set[int] = set()
        self._drafts: dict[int, CaseDraft] = {}

    def on(self, case_id: int) -> "CaseDraft":
        """The draft of one case."""
        draft = self._drafts.get(case_id)
        if draft is None:
            draft = self._drafts[case_id] = CaseDraft(self, case_id)
        return draft

    def open(self, event: e.CaseOpened) -> "CaseDraft":
        """Begin a new case."""
        self.cases[event.case_id] = opened(event, self.at)
        self.changed.add(event.case_id)
        self.facts.append(e.Fact(event.case_id, 1, self.at, self.by, event))
        return self.on(event.case_id)

    def as_system(self, at: Instant) -> None:
        """From here on events count at `at` and are the system's: a deadline passed."""
        self.at, self.actor, self.by = at, SYSTEM, SYSTEM.name

    def as_sender(self) -> None:
        """Events are the sender's again, at the command's instant."""
        self.at, self.actor, self.by = self.context.now, self.context.actor, self._sender

    def committed_minor(self, ledger: Ledger) -> int:
        """What all cases of the order hold of that ledger now."""
        if ledger is Ledger.REFUND:
            return sum(case.refund_committed_minor for case in self.cases.values())
        return sum(case.compensation_committed_minor for case in self.cases.values())

    def decided(self, case_id: int | None) -> Decided:
        """Everything that the command does, clocks included."""
        for draft in self._drafts.values():
            draft.flush()
        cases = tuple([case for number, case in self.cases.items() if number in self.changed])
        order = self.order if self.order is not self.docket.order else None
        return Decided(tuple(self.facts), cases, order, case_id)


class CaseDraft:
    """One case under a command. `case` is its state with everything added so far, clocks excepted."""

    __slots__ = ("_clocks", "_ended", "_moved", "_policy", "case", "case_id", "draft", "merchant", "now")

    def __init__(self, draft: Draft, case_id: int) -> None:
        self.draft = draft
        self.case_id = case_id
        self.case: Case = draft.cases[case_id]
        self.merchant: Merchant = draft.merchant
        self.now: Instant = draft.context.now
        self._clocks: dict[str, e.Deadline] = {d.key: d for d in self.case.deadlines}
        self._moved: set[str] = set()
        self._ended: dict[str, str] = {}
        self._policy: Policy | None = None

    @property
    def order(self) -> Order:
        order = self.draft.order
        assert order is not None, "a case always has its order"
        return order

    @property
    def policy(self) -> Policy:
        """The policy in force when the case was opened."""
        if self._policy is None:
            self._policy = self.draft.context.policies.get(self.case.policy)
        return self._policy

    @property
    def at(self) -> Instant:
        return self.draft.at

    @property
    def actor(self) -> Actor:
        return self.draft.actor

    def add(self, event: e.Event) -> None:
        """Something happened."""
        draft, case = self.draft, self.case
        fact = e.Fact(self.case_id, case.version + 1, draft.at, draft.by, event)
        draft.cases[self.case_id] = self.case = evolve(case, fact)
        draft.changed.add(self.case_id)
        draft.facts.append(fact)

    def name(self, kind: str, number: int) -> str:
        """A stable id inside the case: `1001-…-p1`."""
        return f"{public_id(self.case)}-{kind}{number}"

    def running(self, key: str) -> e.Deadline | None:
        """The deadline as the command so far leaves it."""
        return self._clocks.get(key)

    def start(
        self,
        key: str,
        *,
        hours: float | None = None,
        due_at: Instant | None = None,
        owner: str | None = None,
    ) -> Instant:
        """Start (or restart) a deadline and say when it passes."""
        starts_at, rule = self.draft.at, base(key)
        due = due_at if due_at is not None else self.policy.due(rule, starts_at, hours)
        self._put(e.Deadline(key, owner or self.policy.deadlines[rule].owner, starts_at, due))
        return due

    def move(self, deadline: e.Deadline, due_at: Instant) -> None:
        """Move a running deadline."""
        self._put(e.Deadline(deadline.key, deadline.owner, deadline.started_at, due_at))

    def _put(self, deadline: e.Deadline) -> None:
        self._clocks[deadline.key] = deadline
        self._moved.add(deadline.key)
        self._ended.pop(deadline.key, None)

    def stop(self, *keys: str, how: str = "met") -> None:
        """End deadlines that run; others are left alone."""
        for key in keys:
            if self._clocks.pop(key, None) is not None:
                self._moved.discard(key)
                if self.case.deadline(key) is not None:
                    self._ended[key] = how

    def stop_all(self, how: str = "moot", keep: tuple[str, ...] = LASTING) -> None:
        """End every running deadline but those whose policy name is in `keep`."""
        self.stop(*(key for key in self._clocks if base(key) not in keep), how=how)

    def clocks(self) -> tuple[e.Deadline, ...]:
        """All deadlines as the command so far leaves them."""
        return tuple(self._clocks.values())

    def flush(self) -> None:
        """Write the clock changes down as one event."""
        if self._moved or self._ended:
            ended = tuple([e.EndedDeadline(key, how) for key, how in self._ended.items()])
            running = tuple([deadline for key, deadline in self._clocks.items() if key in self._moved])
            self._moved, self._ended = set(), {}
            self.add(e.DeadlinesSet(running, ended))
