"""One order with its cases as commands leave them, under watch: every decision is judged by the invariants."""

from collections import Counter
from collections.abc import Callable
from copy import copy

import msgspec
from msgspec.structs import replace

from amends.application.policies import Policies
from amends.application.projection import evidence_rows, paid_unasked
from amends.domain import commands as k
from amends.domain.actor import SYSTEM, Actor
from amends.domain.case import Case
from amends.domain.decide import decide, subject
from amends.domain.docket import Context, Decided, Docket, EvidenceMark, after
from amends.domain.draft import CaseDraft
from amends.domain.effects import Effect, Pay, effects
from amends.domain.events import Fact
from amends.domain.order import Merchant, Order
from amends.domain.refusals import Code, Refusal
from amends.domain.time import Instant
from amends.domain.words import Stage

POLICIES = Policies.load(None)

MERCHANT_ID = 1001
FIRST_CASE_ID = 371_000_000_000_000_000

Cell = tuple[Stage | None, type[k.Command]]


class Seen:
    """What was reached: cells of stage and command, taken and refused, and refusal codes."""

    def __init__(self) -> None:
        self.taken: Counter[Cell] = Counter()
        self.wrong_stage: Counter[Cell] = Counter()
        self.codes: Counter[Code] = Counter()
        self.events: Counter[str] = Counter()
        self._states: set[tuple[object, ...]] = set()

    def is_new(self, case: Case) -> bool:
        """Whether no case has been in this kind of state before."""
        state = (
            case.stage,
            case.goods,
            case.funds,
            case.suspension is not None,
            case.appeal is not None and case.appeal.decided_at is None,
            case.ruling is not None and case.ruling.waits,
            bool(case.offers),
            case.preparation is not None
            and (case.preparation.replied_at is None, case.preparation.answered_at is None),
            case.deadline("payout_account") is not None,
        )
        if state in self._states:
            return False
        self._states.add(state)
        return True

    def note(self, stage: Stage | None, kind: type[k.Command], answer: Decided | Refusal) -> None:
        if isinstance(answer, Decided):
            self.taken[stage, kind] += 1
            self.events.update(type(fact.event).__name__ for fact in answer.facts)
            return
        if answer.code is Code.WRONG_STAGE:
            self.wrong_stage[stage, kind] += 1
        self.codes.update([answer.code, *(other.code for other in answer.also)])

    def __str__(self) -> str:
        stages = [stage for stage, _ in self.taken]
        per_stage = ", ".join(f"{stage or 'order'} {n}" for stage, n in Counter(stages).items())
        return (
            f"{self.taken.total()} commands taken and {self.codes.total()} refusals; "
            f"{len(self.taken)} cells of stage and command taken ({per_stage}), "
            f"{len(self.wrong_stage)} refused as wrong stage; {len(self.codes)} refusal codes; "
            f"{len(self.events)} kinds of event"
        )


class Step(msgspec.Struct, frozen=True):
    """One accepted command: what was there, what it did, what is there now."""

    before: Docket
    command: k.Command
    context: Context
    decided: Decided
    after: Docket


class World:
    """Sends commands to `decide` and keeps, beside the docket, a record of its own."""

    def __init__(
        self,
        merchant: Merchant,
        now: Instant,
        seen: Seen,
        auto_refunds: int = 0,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.docket = Docket(merchant, None, auto_refunds=auto_refunds)
        self.now = now
        self.seen = seen
        self.tell = tell
        self.policies = POLICIES
        self.facts: dict[int, list[Fact]] = {}
        self.sent: list[tuple[int, Effect]] = []
        self.steps: list[Step] = []
        self._marks: dict[int, tuple[EvidenceMark, ...]] = {}
        self._next_case_id = FIRST_CASE_ID

    @property
    def order(self) -> Order:
        assert self.docket.order is not None, "the shop has told of the order"
        return self.docket.order

    @property
    def cases(self) -> tuple[Case, ...]:
        return self.docket.cases

    def payouts_sent(self) -> list[tuple[int, Pay]]:
        """Orders to pay that left, with their cases."""
        return [(case_id, effect) for case_id, effect in self.sent if isinstance(effect, Pay)]

    def context(self, actor: Actor, case_id: int | None = None) -> Context:
        return Context(actor, self.now, self.policies, self._next_case_id, case_id)

    def docket_for(self, case_id: int | None) -> Docket:
        """With the evidence marks of the case, as a ruling reads them."""
        return replace(self.docket, evidence=self._marks.get(case_id or 0, ()))

    def look(self, case_id: int, actor: Actor = SYSTEM) -> CaseDraft:
        """The case with its due deadlines applied."""
        case = self.docket.case(case_id)
        assert case is not None, "asked about a known case"
        return subject(self.docket_for(case_id), self.context(actor, case_id), case)

    def due_at(self) -> list[Instant]:
        """The next instants at which silence moves something."""
        found = [case.next_due_at for case in self.cases]
        if self.docket.order is not None:
            found.append(self.docket.order.due_at)
        return sorted(due for due in found if due is not None)

    def fork(self) -> "World":
        """A copy in which something can be tried; only what is `seen` is shared."""
        other = copy(self)
        other.facts = {case_id: list(facts) for case_id, facts in self.facts.items()}
        other.sent, other.steps, other._marks = list(self.sent), [], dict(self._marks)
        other.tell = lambda _: None
        return other

    def ask(self, actor: Actor, command: k.Command, case_id: int | None = None) -> Decided | Refusal:
        """What would become of a command; nothing is taken over."""
        return decide(self.docket_for(case_id), command, self.context(actor, case_id))

    def send(self, actor: Actor, command: k.Command, case_id: int | None = None) -> Decided | Refusal:
        """Judge a command, hold the answer to what must hold of every answer, and take it over."""
        docket, context = self.docket_for(case_id), self.context(actor, case_id)
        stage = self.look(case_id).case.stage if case_id is not None and docket.case(case_id) else None
        read = msgspec.json.encode(docket)
        answer = decide(docket, command, context)
        assert msgspec.json.encode(docket) == read, "deciding changed what it read"
        assert decide(docket, command, context) == answer, "the same command on the same state gave another answer"
        self.seen.note(stage, type(command), answer)
        self.tell(told(self.now, actor, command, case_id, answer))
        if isinstance(answer, Decided):
            self._take(docket, command, context, answer)
        return answer

    def _take(self, docket: Docket, command: k.Command, context: Context, decided: Decided) -> None:
        self.docket = after(self.docket, decided)
        for fact in decided.facts:
            self.facts.setdefault(fact.case_id, []).append(fact)
            case = self.docket.case(fact.case_id)
            assert case is not None, "an event is about a case of the order"
            self.sent += [(fact.case_id, effect) for effect in effects(fact, case)]
            self._marks[fact.case_id] = self._marks.get(fact.case_id, ()) + tuple(r.mark for r in evidence_rows(fact))
            if paid_unasked(fact):
                self.docket = replace(self.docket, auto_refunds=self.docket.auto_refunds + 1)
        if any(case.case_id == context.new_case_id for case in decided.cases):
            self._next_case_id += 1
        self.steps.append(Step(docket, command, context, decided, self.docket))


def told(now: Instant, actor: Actor, command: k.Command, case_id: int | None, answer: Decided | Refusal) -> str:
    """A line of the story, and one for each event."""
    about = "" if case_id is None else f" case {case_id - FIRST_CASE_ID}"
    line = f"{now:%m-%d %H:%M:%S} {actor.name}{about}: {command}"
    if isinstance(answer, Refusal):
        return f"{line}\n    refused: {answer.code} {answer.facts}"
    facts = (f"    {f.case_id - FIRST_CASE_ID}.{f.seq} {f.at:%m-%d %H:%M:%S} {f.by}: {f.event}" for f in answer.facts)
    return "\n".join((line, *facts))
