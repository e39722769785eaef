"""What a decision reads and what it gives: the order with all its cases is one unit (DESIGN §1)."""

from typing import Protocol

from msgspec import Struct

from amends.domain.actor import Actor
from amends.domain.case import Case
from amends.domain.events import Fact
from amends.domain.order import Merchant, Order
from amends.domain.policy import Policy
from amends.domain.time import Instant
from amends.domain.words import EvidenceKind, Ledger, Side


class EvidenceMark(Struct, frozen=True):
    """Who filed which piece of evidence when; read only for rulings (rules §9)."""

    evidence_id: str
    side: Side
    kind: EvidenceKind
    filed_at: Instant


class Docket(Struct, frozen=True):
    """An order with its cases, its merchant's settings and what a decision needs beside them.

    `auto_refunds` counts this buyer's automatic refunds from this merchant within the policy's days (R3.9).
    `evidence` is filled for the case of a ruling only.
    """

    merchant: Merchant
    order: Order | None
    cases: tuple[Case, ...] = ()
    auto_refunds: int = 0
    evidence: tuple[EvidenceMark, ...] = ()

    def case(self, case_id: int) -> Case | None:
        for case in self.cases:
            if case.case_id == case_id:
                return case
        return None

    def committed_minor(self, ledger: Ledger) -> int:
        """What all cases of the order hold of that ledger: promised, paying or paid (rules §3)."""
        if ledger is Ledger.REFUND:
            return sum(case.refund_committed_minor for case in self.cases)
        return sum(case.compensation_committed_minor for case in self.cases)


class PolicyBook(Protocol):
    """All versions of the policy."""

    def get(self, version: str) -> Policy:
        """The version a case was opened under. Raises KeyError when it is not on file."""

    def in_force(self, at: Instant) -> Policy:
        """The version in force at an instant."""


class Context(Struct, frozen=True):
    """Everything around a command that the rules may read: who, when, about which case, under which policies.

    `new_case_id` is the number a case would get if the command opens one. `received_at` is when the command came in,
    where that was before `now`.
    """

    actor: Actor
    now: Instant
    policies: PolicyBook
    new_case_id: int
    case_id: int | None = None
    received_at: Instant | None = None


class Decided(Struct, frozen=True):
    """What follows: events in order, the cases and the order as they leave them (`order` None: unchanged).

    `case_id` is the case that the command was about or opened.
    """

    facts: tuple[Fact, ...]
    cases: tuple[Case, ...]
    order: Order | None
    case_id: int | None


def after(docket: Docket, decided: Decided) -> Docket:
    """The docket as the decision leaves it."""
    cases = list(docket.cases)
    for changed in decided.cases:
        for place, case in enumerate(cases):
            if case.case_id == changed.case_id:
                cases[place] = changed
                break
        else:
            cases.append(changed)
    order = decided.order or docket.order
    return Docket(docket.merchant, order, tuple(cases), docket.auto_refunds, docket.evidence)
