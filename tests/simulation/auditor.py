"""A second, simpler model: what money and deadlines may do, told from answers and events alone.

It knows nothing of stages, goods or rules. It adds up and subtracts, it holds clocks to their instants, and it has
the table of what each silence must lead to.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from amends.application.ports import Answer, CaseKey
from amends.domain import events as e
from amends.domain.events import Fact
from amends.domain.time import Instant
from amends.domain.words import Ledger, Outcome, Remedy, Side

MONEY = (e.CaseAgreed, e.PayoutOrdered, e.CaseClosed, e.ExecutionFinished)
"""Paid, promised, or an end because nothing is left."""

A_PERSON = (e.LookRequired, e.InterventionRequested)

LEADS_TO: dict[str, tuple[type[e.Event], ...]] = {
    "agree": (*MONEY, *A_PERSON),
    "agree_refund": (*MONEY, *A_PERSON),
    "agree_return": (*MONEY, *A_PERSON),
    "agree_intercept": (*MONEY, *A_PERSON),
    "accept_return": (e.ReturnAccepted, *A_PERSON),
    "refund_instead": (e.RefundInstead, e.CaseClosed, e.ExecutionFinished, *A_PERSON),
    "choose_refund": (e.RepairChoiceGiven,),
    "send_again": (e.ReplacementFailed, e.RefundInstead, e.CaseClosed, e.ExecutionFinished, *A_PERSON),
    "back_to_merchant": (e.ReturnedToMerchant,),
    "close_not_refused": (e.CaseClosed, e.ExecutionFinished),
    "close_not_sent": (e.CaseClosed, e.ExecutionFinished),
    "close_completed": (e.CaseClosed, e.ExecutionFinished),
    "close_rejected": (e.CaseClosed, e.ExecutionFinished, *A_PERSON),
    "ask_return_number": (e.DeadlinesSet,),
    "remind": (e.DeadlinesSet,),
    "look": (*A_PERSON, e.PlatformWasLate),
    "late": (e.PlatformWasLate,),
    "review": (e.InterventionRequested,),
    "end_offer": (e.OffersEnded,),
    "payout_unknown": (e.DeadlinesSet,),
}
"""What silence must bring about at once, by outcome or by the clock's own name; the others only take something away."""

_PAID_BACK = (Remedy.REFUND_ONLY, Remedy.RETURN_AND_REFUND)


class Books:
    """The money of one case."""

    def __init__(self) -> None:
        self.ordered: dict[str, tuple[Ledger, int]] = {}
        self.gone: set[str] = set()
        self.paid: set[str] = set()
        self.held: set[str] = set()
        self.unknown: set[str] = set()
        self.least_minor = 0
        """What must have been refunded when the case ends by itself as refunded."""
        self.ended_refunded = False

    def take(self, event: e.Event) -> None:
        match event:
            case e.PayoutOrdered(payout_id=name):
                assert name not in self.ordered, f"{name} was ordered twice"
                self.ordered[name] = (event.ledger, event.amount_minor)
                if event.held:
                    self.held.add(name)
            case e.PayoutReleased(payout_id=name):
                self.held.remove(name)
            case e.PayoutPaid(payout_id=name):
                assert name not in self.gone, f"{name} was given up and then paid"
                self.paid.add(name)
            case e.PayoutUnknown(payout_id=name) | e.PayoutMismatched(payout_id=name):
                self.unknown.add(name)
            case e.PayoutFailed(payout_id=name):
                self.paid.discard(name)
                self.gone.add(name)
            case e.PayoutCancelled(payout_id=name):
                self.gone.add(name)
                self.least_minor = 0
            case e.CaseAgreed(remedy=remedy):
                promised = event.refund_minor if remedy in _PAID_BACK else 0
                self.least_minor = self.held_minor(Ledger.REFUND) + promised
            case e.BalanceReduced(left_minor=left):
                self.least_minor = min(self.least_minor, self.held_minor(Ledger.REFUND) + left)
            case e.ReturnAccepted(complete=False) | e.RulingGiven() | e.AppealDecided():
                self.least_minor = 0
            case e.CaseClosed(outcome=outcome, by=by):
                self.ended_refunded = outcome is Outcome.REFUNDED and by is Side.SYSTEM
            case e.CaseReopened():
                self.ended_refunded = False
            case _:
                pass

    def held_minor(self, ledger: Ledger) -> int:
        """Sent or to be sent."""
        return sum(amount for name, (of, amount) in self.ordered.items() if of is ledger and name not in self.gone)

    def paid_minor(self, ledger: Ledger) -> int:
        return sum(amount for name, (of, amount) in self.ordered.items() if of is ledger and name in self.paid)

    def lost(self) -> set[str]:
        """Neither paid nor given up nor held, and nobody is asking after it."""
        return set(self.ordered) - self.gone - self.paid - self.held - self.unknown


class Clocks:
    """The deadlines of one case."""

    def __init__(self) -> None:
        self.running: dict[str, Instant] = {}
        self.stand_still = False

    def take(self, fact: Fact, following: Sequence[Fact]) -> None:
        match fact.event:
            case e.DeadlinesSet(running=running, ended=ended):
                for gone in ended:
                    self.running.pop(gone.key, None)
                self.running |= {deadline.key: deadline.due_at for deadline in running}
            case e.DeadlinePassed(key=key, due_at=due_at, outcome=outcome):
                assert self.running.get(key) == due_at, f"{key} passed at {due_at}, but ran until {self.running}"
                assert fact.at == due_at, f"{key} passed at {due_at} and counts at {fact.at}"
                led_to = [type(other.event) for other in following if other.at == due_at]
                expected = LEADS_TO.get(key.partition(":")[0]) or LEADS_TO.get(outcome, ())
                assert not expected or any(kind in expected for kind in led_to), f"{key}: {outcome} led to {led_to}"
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

    def read(self, case: CaseKey, facts: Sequence[Fact]) -> None:
        """The record of a case as far as it goes now; events are added, never changed."""
        for place in range(self._read[case], len(facts)):
            fact = facts[place]
            assert fact.seq == place + 1, f"{case}: event {place + 1} is missing"
            if isinstance(fact.event, e.CaseOpened):
                self.order_of[case] = fact.event.order_no
            self.books[case].take(fact.event)
            self.clocks[case].take(fact, facts[place + 1 :])
        self._read[case] = len(facts)

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

    def check_sent_once(self, arrived: Mapping[str, int]) -> None:
        """A provider that pays whatever arrives must not get anything twice."""
        twice = [name for name, times in arrived.items() if times > 1]
        assert not twice, f"sent twice to a provider that pays twice: {twice}"

    def check_settled(self, really_paid: Mapping[str, int]) -> None:
        """Days later, with every answer in: both sides' books say the same, and nothing is on no one's list."""
        ours = {name for books in self.books.values() for name in books.paid}
        assert ours == set(really_paid), f"ours only: {ours - set(really_paid)}, theirs only: {set(really_paid) - ours}"
        for case, books in self.books.items():
            assert not books.lost(), f"{case}: {books.lost()} was ordered, and nobody knows what became of it"
            if books.ended_refunded:
                refunded = books.paid_minor(Ledger.REFUND)
                assert refunded >= books.least_minor, f"{case} ended with {refunded} of {books.least_minor} refunded"

    def check_swept(self, now: Instant) -> None:
        """After a sweep nobody's clock is over."""
        for case, clocks in self.clocks.items():
            over = {} if clocks.stand_still else {k: due for k, due in clocks.running.items() if due <= now}
            assert not over, f"{case}: {over} at {now}"
