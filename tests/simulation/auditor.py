"""A second, simpler model: what money and deadlines may do, told from answers and events alone.

It knows nothing of stages, goods or rules. It adds up and subtracts, and it holds clocks to their instants.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from amends.application.ports import Answer, CaseKey
from amends.domain import events as e
from amends.domain.events import Fact
from amends.domain.time import Instant
from amends.domain.words import Ledger


class Books:
    """The money of one case."""

    def __init__(self) -> None:
        self.ordered: dict[str, tuple[Ledger, int]] = {}
        self.gone: set[str] = set()
        self.paid: set[str] = set()

    def take(self, event: e.Event) -> None:
        match event:
            case e.PayoutOrdered():
                assert event.payout_id not in self.ordered, f"{event.payout_id} was ordered twice"
                self.ordered[event.payout_id] = (event.ledger, event.amount_minor)
            case e.PayoutPaid():
                assert event.payout_id not in self.gone, f"{event.payout_id} was given up and then paid"
                self.paid.add(event.payout_id)
            case e.PayoutFailed() | e.PayoutCancelled():
                self.paid.discard(event.payout_id)
                self.gone.add(event.payout_id)
            case _:
                pass

    def held_minor(self, ledger: Ledger) -> int:
        """Sent or to be sent."""
        return sum(amount for name, (of, amount) in self.ordered.items() if of is ledger and name not in self.gone)


class Clocks:
    """The deadlines of one case."""

    def __init__(self) -> None:
        self.running: dict[str, Instant] = {}
        self.stand_still = False

    def take(self, fact: Fact) -> None:
        match fact.event:
            case e.DeadlinesSet(running=running, ended=ended):
                for gone in ended:
                    self.running.pop(gone.key, None)
                self.running |= {deadline.key: deadline.due_at for deadline in running}
            case e.DeadlinePassed(key=key, due_at=due_at):
                assert self.running.get(key) == due_at, f"{key} passed at {due_at}, but ran until {self.running}"
                assert fact.at == due_at, f"{key} passed at {due_at} and counts at {fact.at}"
            case e.CaseSuspended():
                self.stand_still = True
            case e.CaseResumed() | e.CaseClosed():
                self.stand_still = False
            case _:
                pass


class Auditor:
    """Hears every answer that a client got, reads the record, and compares."""

    def __init__(self) -> None:
        self.promised: dict[str, Answer] = {}
        self.books: dict[CaseKey, Books] = defaultdict(Books)
        self.clocks: dict[CaseKey, Clocks] = defaultdict(Clocks)
        self.order_of: dict[CaseKey, str] = {}
        self._read: dict[CaseKey, int] = defaultdict(int)

    def hear(self, key: str, answer: Answer) -> None:
        """A client was told that it was done: the same key must be told the same for ever."""
        first = self.promised.setdefault(key, answer)
        assert (first.case_id, first.version, first.facts) == (answer.case_id, answer.version, answer.facts), key

    def read(self, case: CaseKey, facts: Iterable[Fact]) -> None:
        """The record of a case as far as it goes now; events are added, never changed."""
        for fact in facts:
            if fact.seq <= self._read[case]:
                continue
            assert fact.seq == self._read[case] + 1, f"{case}: event {self._read[case] + 1} is missing"
            self._read[case] = fact.seq
            if isinstance(fact.event, e.CaseOpened):
                self.order_of[case] = fact.event.order_no
            self.books[case].take(fact.event)
            self.clocks[case].take(fact)

    def check_promises(self) -> None:
        for key, answer in self.promised.items():
            if answer.case_id is not None:
                case = CaseKey(answer.merchant_id, answer.case_id)
                assert self._read[case] >= (answer.version or 0), f"{key} was promised and is gone"

    def check_money(self, paid_minor: Mapping[str, int], cap_minor: int) -> None:
        """No order gives back more than came in, nor costs the merchant more than the cap."""
        for ledger, most in ((Ledger.REFUND, paid_minor), (Ledger.COMPENSATION, dict.fromkeys(paid_minor, cap_minor))):
            held: dict[str, int] = defaultdict(int)
            for case, books in self.books.items():
                held[self.order_of[case]] += books.held_minor(ledger)
            for order_no, amount in held.items():
                assert amount <= most[order_no], f"{order_no}: {ledger} {amount} of {most[order_no]}"

    def check_provider(self, really_paid: Mapping[str, int]) -> None:
        """What the provider paid was ordered, with that amount; what it paid and nobody knows of is still awaited."""
        ordered = {name: amount for books in self.books.values() for name, (_, amount) in books.ordered.items()}
        for name, amount in really_paid.items():
            assert ordered.get(name) == amount, f"{name}: the provider paid {amount}, ordered was {ordered.get(name)}"

    def check_settled(self, really_paid: Mapping[str, int]) -> None:
        """Days later, with every answer in: both sides' books say the same."""
        ours = {name for books in self.books.values() for name in books.paid}
        assert ours == set(really_paid), f"ours only: {ours - set(really_paid)}, theirs only: {set(really_paid) - ours}"

    def check_swept(self, now: Instant) -> None:
        """After a sweep nobody's clock is over."""
        for case, clocks in self.clocks.items():
            over = {} if clocks.stand_still else {k: due for k, due in clocks.running.items() if due <= now}
            assert not over, f"{case}: {over} at {now}"
