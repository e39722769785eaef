"""What the platform's desk is told: its queues, rulings alike, what a ruling would do, who has how much (rules §9)."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from msgspec import Struct

from amends.application.access import Caller
from amends.application.caseview import CaseLineView, Next, Status, case_line, next_of, status_of
from amends.application.desk_rows import DeskFilter, Load, Ruled, RuledBy
from amends.application.outward import told
from amends.application.ports import CaseKey, Clock, Reader
from amends.application.projection import queues
from amends.application.visibility import visible, visible_case
from amends.domain import commands as k
from amends.domain import events as e
from amends.domain.actor import Actor, buyer, merchant
from amends.domain.case import Case, public_case_id
from amends.domain.decide import decide, guards, subject
from amends.domain.docket import Context, PolicyBook
from amends.domain.order import Order
from amends.domain.refusals import Code, Refusal, refuse
from amends.domain.rules.reviewing import check_ruling, unseen_until
from amends.domain.time import Instant
from amends.domain.words import Fault, Payer, RulingOutcome, Side
from amends.wording.catalogue import Language
from amends.wording.reader import Reader as WordReader

QUEUES = ("mine", "unassigned", "second", "appeal", "late", "suspended", "payout", "all")
"""The lists of the desk, in the order in which somebody looks at them."""

MEASURED = timedelta(days=30)
"""What was ruled is counted over so long."""

_ALIKE_READ = 40
"""So many of the newest rulings on a reason are looked at for those on the same category of goods."""

_NOT_POSSIBLE = (Code.KIND_NOT_POSSIBLE, Code.QUANTITY_TAKEN)


class DeskLine(Struct, frozen=True):
    """A case of the desk in a list, with the names of its queues."""

    case: CaseLineView
    queues: tuple[str, ...]


class DeskPage(Struct, frozen=True):
    """`cursor` asks for the next page; None on the last one."""

    lines: tuple[DeskLine, ...]
    cursor: str | None


class Alike(Struct, frozen=True):
    """A ruling on the same reason and kind; `same_goods` when the goods are of the same category, too.

    Amounts in minor units; `changed` when it was changed on appeal.
    """

    case_id: str
    title: str
    outcome: RulingOutcome
    asked_minor: int
    amount_minor: int
    currency: str
    fault: Fault
    ruled_at: Instant
    same_goods: bool
    changed: bool


class Reading(Struct, frozen=True):
    """What one side would read after a ruling: where it stands and whose turn it is."""

    side: Side
    status: Status
    next: Next


class Trial(Struct, frozen=True, omit_defaults=True):
    """What a ruling would do if it were given now, worked out by deciding it without keeping the result.

    `terms` is None where an appeal leaves things as they are.
    `waits`: it goes to a second pair of eyes first, and nobody else reads it before. `pays_minor` is sent at once.
    """

    terms: e.RulingTerms | None
    waits: bool
    readings: tuple[Reading, ...]
    pays_minor: int = 0
    appeal_until: Instant | None = None


class OutcomeAnswer(Struct, frozen=True, omit_defaults=True):
    """Whether a ruling could order this now; `why` says in words why not."""

    outcome: RulingOutcome
    why: str = ""


class Standing(Struct, frozen=True):
    """What a case page of the desk needs beside the case itself.

    `unseen_until` says of evidence on which no finding may rest yet when one may (rules §9).
    """

    queues: tuple[str, ...]
    take: Refusal | None
    outcomes: tuple[OutcomeAnswer, ...]
    holds_goods: bool
    needs_second_from_minor: int
    unseen_until: dict[str, Instant]


class Arbitration:
    """Reads for the platform's people. All raise Unavailable."""

    def __init__(self, records: Reader, policies: PolicyBook, clock: Clock) -> None:
        self._records = records
        self._policies = policies
        self._clock = clock

    async def queue(
        self, wanted: DeskFilter, cursor: str | None, limit: int, caller: Caller, language: Language
    ) -> DeskPage:
        """A page of one list. Raises BadCursor."""
        page = await self._records.desk(wanted, cursor, limit)
        reader = self._reader(language, Side.PLATFORM)
        return DeskPage(
            tuple(
                DeskLine(
                    case_line(
                        row.case, row.title, row.updated_at, actor=caller.actor, policies=self._policies, reader=reader
                    ),
                    tuple(queues(row.case).split()),
                )
                for row in page.rows
            ),
            page.cursor,
        )

    async def counts(self, staff: str) -> Mapping[str, int]:
        """How many cases each list has for somebody."""
        found = dict.fromkeys(QUEUES, 0)
        for group in await self._records.desk_counts(staff):
            names = group.queues.split()
            found["all"] += group.cases
            found["mine"] += group.cases * group.is_mine
            found["unassigned"] += group.cases * (group.is_nobodys and not group.is_handled)
            for name in names:
                if name in found and not (name in ("second", "appeal") and group.is_handled):
                    found[name] += group.cases
        return found

    async def alike(self, case: Case, order: Order, limit: int) -> list[Alike]:
        """Rulings to compare with: those on goods of the same category first, the newest first."""
        categories = _categories(case, order)
        found = [_alike(one, categories) for one in await self._records.ruled_alike(case, _ALIKE_READ)]
        found.sort(key=lambda one: not one.same_goods)
        return found[:limit]

    async def trial(
        self, key: CaseKey, command: k.Rule | k.DecideAppeal, caller: Caller, language: Language
    ) -> Trial | Refusal:
        """The consequence of a ruling."""
        docket = await self._records.docket_of(key)
        if docket is None:
            return refuse(Code.UNKNOWN_CASE)
        decided = decide(docket, command, self._context(caller.actor, key))
        if isinstance(decided, Refusal):
            return decided
        case = next(case for case in decided.cases if case.case_id == key.case_id)
        given = next(
            fact for fact in decided.facts if isinstance(fact.event, e.RulingProposed | e.RulingGiven | e.AppealDecided)
        )
        before = docket.case(key.case_id)
        sent = {payout.payout_id for payout in before.payouts} if before else set()
        return Trial(
            given.event.terms,
            isinstance(given.event, e.RulingProposed),
            tuple(self._reading(case, given, party, language) for party in _parties(case)),
            sum(payout.amount_minor for payout in case.payouts if payout.payout_id not in sent),
            getattr(given.event, "appeal_until", None),
        )

    async def standing(self, key: CaseKey, caller: Caller, language: Language) -> Standing | Refusal:
        """What this person could do with a case of the desk."""
        docket = await self._records.docket_of(key)
        case = docket.case(key.case_id) if docket is not None else None
        if docket is None or case is None:
            return refuse(Code.UNKNOWN_CASE)
        c = subject(docket, self._context(caller.actor, key), case)
        take = guards(c, k.Assign, k.Assign(caller.actor.staff))
        policy = self._policies.get(case.policy)
        reader = self._reader(language, Side.PLATFORM, case.currency)
        outcomes = []
        for outcome in RulingOutcome:
            refusal = check_ruling(c, _least_ruling(outcome))
            stands_in_the_way = refusal is not None and refusal.code in _NOT_POSSIBLE and "needs" not in refusal.facts
            why = told(refusal, key.merchant_id, reader, policy)["detail"] if refusal and stands_in_the_way else ""
            outcomes.append(OutcomeAnswer(outcome, why))
        dismissal = check_ruling(c, _least_ruling(RulingOutcome.DISMISS))
        holds = dismissal is not None and dismissal.facts.get("needs") == "goods"
        unseen = {mark.evidence_id: until for mark in docket.evidence if (until := unseen_until(c, mark)) is not None}
        second_from = policy.limits.four_eyes_minor
        return Standing(tuple(queues(c.case).split()), take, tuple(outcomes), holds, second_from, unseen)

    async def load(self) -> Sequence[Load]:
        """Who has how much, those with most first."""
        return sorted(await self._records.load(), key=lambda one: (one.staff == "", -one.cases))

    async def ruled(self) -> Sequence[RuledBy]:
        """What each person ruled of late, those with most first."""
        return sorted(
            await self._records.ruled_since(self._clock.now() - MEASURED), key=lambda one: (-one.rulings, one.staff)
        )

    def _reading(self, case: Case, given: e.Fact, party: Actor, language: Language) -> Reading:
        """As the party would see it; of a ruling that waits it sees nothing yet."""
        seen = visible_case(case, party)
        reader = self._reader(language, party.side if visible(given, party) else None, case.currency)
        return Reading(party.side, status_of(seen, reader), next_of(seen, self._policies.get(case.policy), reader))

    def _context(self, actor: Actor, key: CaseKey) -> Context:
        return Context(actor, self._clock.now(), self._policies, 0, key.case_id)

    def _reader(self, language: Language, side: Side | None, currency: str = "CNY") -> WordReader:
        now = self._clock.now()
        return WordReader(now, self._policies.in_force(now).zone, language, side, currency)


def _parties(case: Case) -> tuple[Actor, Actor]:
    return buyer(case.buyer_id), merchant(case.merchant_id, "")


def _least_ruling(outcome: RulingOutcome) -> k.Rule:
    """The emptiest ruling of that outcome: refused for its emptiness unless something else stands in the way."""
    return k.Rule(outcome, Fault.NONE, k.FreightRuling(Payer.BUYER, Payer.BUYER), ())


def _categories(case: Case, order: Order) -> frozenset[str]:
    lines = (order.line(one.line_no) for one in case.lines)
    return frozenset(line.category for line in lines if line is not None)


def _alike(one: Ruled, categories: frozenset[str]) -> Alike:
    case, ruling = one.case, one.case.ruling
    assert ruling is not None, "only cases with a ruling are read"
    assert ruling.noticed_at is not None, "and one that stands"
    return Alike(
        public_case_id(case.merchant_id, case.case_id),
        one.title,
        ruling.terms.outcome,
        case.amount_minor,
        ruling.terms.amount_minor,
        case.currency,
        ruling.terms.fault,
        ruling.noticed_at,
        bool(categories & _categories(case, one.order)),
        case.appeal is not None and case.appeal.outcome == "change",
    )
