"""The state of one batch: each command with its answer, each order with what its commands leave behind."""

from collections import Counter
from typing import NamedTuple

from msgspec.structs import replace

from amends.application import projection
from amends.application.ids import Ids
from amends.application.ports import (
    Answer,
    ChangedCase,
    Ending,
    Envelope,
    EvidenceRow,
    Failed,
    Loaded,
    OrderKey,
    OutboxMessage,
    ParcelRow,
    Receipt,
    ReceiptKey,
    SealedFact,
    Write,
)
from amends.application.sealing import GENESIS, seal
from amends.domain.case import Case
from amends.domain.commands import OpenCase
from amends.domain.docket import Decided, Docket, PolicyBook, after
from amends.domain.effects import Effect, effects, order_effects
from amends.domain.events import Fact
from amends.domain.policy import Policy
from amends.domain.refusals import Code, Refusal, refuse
from amends.domain.rules.amounts import refundable_minor
from amends.domain.time import Instant
from amends.domain.words import Ledger


class Buyer(NamedTuple):
    """A buyer with one merchant; limits of automatic refunds are counted so."""

    merchant_id: int
    buyer_id: str


class OrderWork:
    """One order within one round: the docket as the commands so far leave it, and what is to be written."""

    def __init__(self, key: OrderKey, loaded: Loaded, now: Instant, paid_unasked: Counter[Buyer]) -> None:
        self.key = key
        self.tasks: list[Task] = []
        self.docket = loaded.docket
        self.receipts: dict[ReceiptKey, Receipt] = {}
        self._read = loaded
        self._now = now
        self._paid_unasked = paid_unasked
        self._chains = dict(loaded.chains)
        self._marks = dict(loaded.evidence)
        self._facts: list[SealedFact] = []
        self._changed: dict[int, Instant | None] = {}
        self._evidence: list[EvidenceRow] = []
        self._parcels: list[ParcelRow] = []
        self._outbox: list[OutboxMessage] = []

    def docket_for(self, envelope: Envelope) -> Docket:
        """The docket with what only some commands read: evidence for a ruling, the buyer's automatic refunds."""
        docket = self.docket
        if envelope.case_id in self._marks:
            return replace(docket, evidence=self._marks[envelope.case_id])
        if isinstance(envelope.command, OpenCase) and docket.order is not None and self._paid_unasked:
            unasked = self._paid_unasked[Buyer(docket.order.merchant_id, docket.order.buyer_id)]
            return replace(docket, auto_refunds=docket.auto_refunds + unasked)
        return docket

    def apply(self, decided: Decided, ids: Ids) -> None:
        """Take over what an accepted command does."""
        before = self.docket.order
        self.docket = after(self.docket, decided)
        if decided.order is not None:
            parcel = projection.outward_row(before, decided.order)
            if parcel is not None:
                self._parcels.append(parcel)
            for effect in order_effects(before, decided.order):
                self._send(effect, None, ids)
        for case in decided.cases:
            self._changed.setdefault(case.case_id, None)
            own = (fact for fact in decided.facts if fact.case_id == case.case_id)
            sealed = seal(own, self._chains.get(case.case_id, GENESIS))
            self._chains[case.case_id] = sealed[-1].chain
            self._facts += sealed
        cases = {case.case_id: case for case in decided.cases}
        for fact in decided.facts:
            self._project(fact, cases[fact.case_id], ids)

    def _project(self, fact: Fact, case: Case, ids: Ids) -> None:
        if type(fact.event) in projection.FOUND_BY:
            for row in projection.evidence_rows(fact):
                self._evidence.append(row)
                if row.case_id in self._marks:
                    self._marks[row.case_id] += (row.mark,)
            parcel = projection.parcel_row(fact, case)
            if parcel is not None:
                self._parcels.append(parcel)
            if projection.paid_unasked(fact):
                self._changed[fact.case_id] = fact.at
                self._paid_unasked[Buyer(case.merchant_id, case.buyer_id)] += 1
        for effect in effects(fact, case):
            self._send(effect, case.case_id, ids)

    def _send(self, effect: Effect, case_id: int | None, ids: Ids) -> None:
        message_id = ids.next(self._now)
        merchant_id, order_no = self.key
        self._outbox.append(OutboxMessage(merchant_id, message_id, order_no, case_id, effect, self._now))

    def facts_of(self, receipt: Receipt) -> tuple[Fact, ...]:
        """The answer to a command of this very round."""
        return tuple(
            sealed.fact
            for sealed in self._facts
            if sealed.fact.case_id == receipt.case_id and receipt.first_seq <= sealed.fact.seq <= receipt.version
        )

    def write(self, policies: PolicyBook, in_force: Policy) -> Write | None:
        """All of it, or None when nothing changed."""
        order = self.docket.order if self.docket.order is not self._read.docket.order else None
        if not self._facts and not self.receipts and order is None:
            return None
        refund = self.docket.committed_minor(Ledger.REFUND)
        compensation = self.docket.committed_minor(Ledger.COMPENSATION)
        # A bound that the outside lowered below what was promised before keeps room for that, and for no more.
        refundable = refundable_minor(self.docket.order) if self.docket.order else 0
        if refund > refundable:
            refundable = max(refundable, self._read.docket.committed_minor(Ledger.REFUND))
        cap = in_force.limits.compensation_per_order_minor
        if compensation > cap:
            caps = (policies.get(case.policy).limits.compensation_per_order_minor for case in self.docket.cases)
            cap = max(cap, self._read.docket.committed_minor(Ledger.COMPENSATION), *caps)
        return Write(
            key=self.key,
            read_version=self._read.version,
            order=order,
            words=_new_words(self._read.docket, self.docket),
            cases=self._changed_cases(),
            facts=tuple(self._facts),
            evidence=tuple(self._evidence),
            parcels=tuple(self._parcels),
            outbox=tuple(self._outbox),
            receipts=tuple(self.receipts.values()),
            refund_minor=refund,
            compensation_minor=compensation,
            refundable_minor=refundable,
            compensation_cap_minor=cap,
            written_at=self._now,
            endings=self._endings(),
        )

    def _endings(self) -> tuple[Ending, ...]:
        order = self.docket.order
        if order is None:
            return ()
        changed = (case for case in self.docket.cases if case.case_id in self._changed)
        return tuple(found for case in changed if (found := projection.ending(case, order)) is not None)

    def _changed_cases(self) -> tuple[ChangedCase, ...]:
        title = projection.title(self.docket.order) if self.docket.order else ""
        return tuple(
            ChangedCase(
                case,
                self._chains[case.case_id],
                case.case_id not in self._read.chains,
                title,
                self._changed[case.case_id],
            )
            for case in self.docket.cases
            if case.case_id in self._changed
        )


def _new_words(before: Docket, now: Docket) -> str | None:
    """The search text, where it is new; almost always neither the order nor what was asked has changed."""
    if now.order is None or (now.order is before.order and _notes(before) == _notes(now)):
        return None
    words = projection.words(now.order, now.cases)
    return words if before.order is None or projection.words(before.order, before.cases) != words else None


def _notes(docket: Docket) -> list[str]:
    return [case.note for case in docket.cases]


class Task:
    """One command of a batch on its way to its answer."""

    __slots__ = ("answer", "asked", "envelope", "place", "receipt_key", "replays")

    def __init__(
        self,
        place: int,
        envelope: Envelope,
        receipt_key: ReceiptKey | None,
        asked: bytes,
        answer: Answer | Failed | None = None,
    ) -> None:
        self.place = place
        self.envelope = envelope
        self.receipt_key = receipt_key
        self.asked = asked
        self.answer = answer
        self.replays: Receipt | None = None

    @property
    def outcome(self) -> Answer | Failed:
        assert self.answer is not None, "every task is settled"
        return self.answer

    @property
    def needs_facts(self) -> bool:
        """Whether this is a repeated command whose events have to be read back."""
        receipt = self.replays
        return (
            receipt is not None
            and receipt.case_id is not None
            and receipt.first_seq <= receipt.version
            and isinstance(self.answer, Answer)
            and not self.answer.facts
        )

    def accept(self, work: OrderWork, decided: Decided, ids: Ids) -> None:
        """The command stands; its receipt is written with it."""
        work.apply(decided, ids)
        own = tuple(fact for fact in decided.facts if fact.case_id == decided.case_id)
        case = work.docket.case(decided.case_id) if decided.case_id is not None else None
        version = case.version if case else None
        merchant_id, order_no = work.key
        self.answer = Answer(merchant_id, order_no, decided.case_id, version, own, case=case)
        if self.receipt_key is not None:
            first = own[0].seq if own else (version or 0) + 1
            work.receipts[self.receipt_key] = Receipt(
                self.receipt_key, self.asked, order_no, decided.case_id, first, version or 0
            )

    def refuse(self, refusal: Refusal, order_no: str | None = None) -> None:
        """Nothing is written, so the same key may be tried again later."""
        self.answer = Answer(self.envelope.merchant_id, order_no, self.envelope.case_id, refusal=refusal)

    def repeat(self, receipt: Receipt, facts: tuple[Fact, ...] = ()) -> None:
        """The key was used before: the first answer again, or a refusal when something else was asked."""
        if receipt.input_hash != self.asked:
            self.refuse(refuse(Code.KEY_REUSED, key=receipt.key.key))
            return
        self.replays = receipt
        version = receipt.version if receipt.case_id is not None else None
        self.answer = Answer(receipt.key.merchant_id, receipt.order_no, receipt.case_id, version, facts, replayed=True)

    def give_facts(self, facts: tuple[Fact, ...]) -> None:
        """Complete the answer to a repeated command."""
        assert isinstance(self.answer, Answer), "a repeated command has an answer"
        self.answer = replace(self.answer, facts=facts)
