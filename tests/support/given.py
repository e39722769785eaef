"""Given an order and its cases, when somebody sends a command, then events or a refusal; the test owns the clock.

A `Scene` never changes: every step gives a new one, so that one beginning serves many endings.

    case = bought().delivered().opened(Kind.RETURN_AND_REFUND, "no_reason")
    case.at(case.due("answer.with_buyer") - TICK).when(SYSTEM, k.Lapse()).then()
    case.at(case.due("answer.with_buyer")).when(SYSTEM, k.Lapse()).then(DeadlinePassed, CaseAgreed)
    case.when(BUYER, k.Agree(1)).then_refused(Code.NOT_ALLOWED_FOR_ROLE).and_nothing_written()
"""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from amends.application.policies import Policies
from amends.domain import commands as k
from amends.domain import events as e
from amends.domain.actor import SYSTEM, Actor, buyer, merchant, platform
from amends.domain.case import Case
from amends.domain.decide import decide, subject
from amends.domain.docket import Context, Decided, Docket, EvidenceMark, PolicyBook, after
from amends.domain.draft import CaseDraft
from amends.domain.effects import Effect, effects, order_effects
from amends.domain.evolve import fold
from amends.domain.order import Line, Merchant, Order, Payment, ReturnAddress, Scan
from amends.domain.refusals import Code, Refusal
from amends.domain.words import EvidenceKind, Fault, Kind, Leg, Payer, PayoutState, Role, RulingOutcome, ScanCode

POLICIES = Policies.load(None)
POLICY = POLICIES.in_force(datetime(2026, 3, 2, tzinfo=UTC))

TICK = timedelta(microseconds=1)
PAID_AT = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
"""Monday noon in Shanghai: waking hours, far from any holiday."""

BUYER, STRANGER = buyer("b1"), buyer("b2")
OWNER = merchant(1001, "li")
AGENT, PRE_SALE = merchant(1001, "wang", Role.AFTER_SALE), merchant(1001, "qian", Role.PRE_SALE)
RIVAL = merchant(1002, "zhao")
ARBITRATOR, COLLEAGUE = platform("zhou", Role.ARBITRATOR), platform("wu", Role.ARBITRATOR)
SUPERVISOR, OPERATOR = platform("sun", Role.SUPERVISOR), platform("han", Role.OPERATOR)
SERVICE, AUDITOR = platform("lin", Role.SERVICE_AGENT), platform("song", Role.AUDITOR)

ADDRESS = ReturnAddress("a1", "仓库", "020-1234567", "广州市天河区 1 号", default=True)
SHOP = Merchant(1001, addresses=(ADDRESS,))

TOLD = "商品有明显的裂纹,无法正常使用"
"""Long enough for every description and point."""


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def days(number: float) -> timedelta:
    return timedelta(days=number)


def proof(*kinds: EvidenceKind) -> tuple[k.EvidenceItem, ...]:
    return tuple(k.EvidenceItem(kind) for kind in kinds)


def line(line_no: int = 1, *, quantity: int = 2, paid: int = 59_00, category: str = "home", **more: Any) -> Line:
    return Line(line_no, f"sku-{line_no}", "搪瓷杯", category, quantity, unit_price=30_00, paid=paid, **more)


def order(**changes: Any) -> k.SyncOrder:
    """Two cups for 59.00 and 6.00 of freight, paid by one channel; changes of lines or freight carry into `paid`."""
    told: dict[str, Any] = {
        "order_no": "o1",
        "buyer_id": "b1",
        "currency": "CNY",
        "lines": (line(),),
        "freight_paid": 6_00,
        "ship_by": PAID_AT + days(2),
        "paid_at": PAID_AT,
        "carrier": "SF",
        "tracking_no": "SF1",
        "buyer_phone": "13800000000",
    } | changes
    told.setdefault("paid", sum(each.paid for each in told["lines"]) + told["freight_paid"])
    told.setdefault("payments", (Payment("wechat", "w1", told["paid"]),))
    return k.SyncOrder(**told)


def ruling(outcome: RulingOutcome, amount: int | None = None, *rests_on: str, **more: Any) -> k.Rule:
    """A ruling with one finding, on the buyer's first piece of evidence unless told otherwise."""
    said: dict[str, Any] = {
        "fault": Fault.MERCHANT,
        "freight": k.FreightRuling(Payer.MERCHANT, Payer.MERCHANT),
        "findings": (k.Finding(TOLD, rests_on or ("e1",), "visible-defect"),),
    } | more
    return k.Rule(outcome, amount=amount, **said)


class like(NamedTuple):  # noqa: N801 (reads as a word inside `then`)
    """An event of that type in which the named fields have these values."""

    type: type[e.Event]
    fields: dict[str, Any]

    def fits(self, event: e.Event) -> bool:
        return type(event) is self.type and all(getattr(event, name) == v for name, v in self.fields.items())


def that(event: type[e.Event], **fields: Any) -> like:
    return like(event, fields)


class Scene(msgspec.Struct, frozen=True):
    """An order with its cases at one moment. `sent` is everything that left for the outside so far."""

    docket: Docket
    now: datetime
    case_id: int | None = None
    facts: tuple[e.Fact, ...] = ()
    sent: tuple[Effect, ...] = ()
    policies: PolicyBook = POLICIES
    next_case_id: int = 371_000_000_000_000_001

    # Where we are -------------------------------------------------------------------------------------

    @property
    def order(self) -> Order:
        assert self.docket.order is not None, "nothing was bought"
        return self.docket.order

    @property
    def case(self) -> Case:
        """The case as stored; what is due and not yet applied is not in it."""
        assert self.case_id is not None, "no case was opened"
        case = self.docket.case(self.case_id)
        assert case is not None
        return case

    @property
    def draft(self) -> CaseDraft:
        """The case as pages read it: what is due is applied."""
        return subject(self.docket, self.context(SYSTEM), self.case)

    def events(self, kind: type[e.Event]) -> list[Any]:
        """All events of a type so far, of every case."""
        return [fact.event for fact in self.facts if type(fact.event) is kind]

    def due(self, key: str) -> datetime:
        """When a running deadline passes."""
        deadline = self.case.deadline(key)
        assert deadline is not None, f"{key} does not run, only {self.running}"
        return deadline.due_at

    @property
    def running(self) -> set[str]:
        """The keys of the deadlines that run."""
        return {deadline.key for deadline in self.case.deadlines}

    @property
    def standing(self) -> str:
        """The id of the offer that was made last and still stands."""
        return self.case.offers[-1].offer_id

    def context(self, actor: Actor, *, about_order: bool = False) -> Context:
        return Context(actor, self.now, self.policies, self.next_case_id, None if about_order else self.case_id)

    # Moving the clock ---------------------------------------------------------------------------------

    def at(self, instant: datetime) -> "Scene":
        """The same scene at another instant; nothing is swept, as when nobody looks."""
        return replace(self, now=instant)

    def later(self, length: timedelta) -> "Scene":
        return self.at(self.now + length)

    def about(self, case_id: int | None) -> "Scene":
        """Look at another case of the order, or at none."""
        return replace(self, case_id=case_id)

    # Commands -----------------------------------------------------------------------------------------

    def when(self, actor: Actor, command: k.Command) -> "Answer":
        """Send a command about the case; openings, order news and outward scans are about the order."""
        outward = isinstance(command, k.RecordScan) and command.leg is Leg.OUTWARD
        context = self.context(actor, about_order=outward or isinstance(command, k.ORDER_COMMANDS))
        marks = tuple(
            EvidenceMark(item.evidence_id or "", fact.event.side, item.kind, fact.at)
            for fact in self.facts
            if isinstance(fact.event, e.EvidenceFiled) and fact.case_id == self.case_id
            for item in fact.event.items
        )
        docket = replace(self.docket, evidence=marks)
        written = msgspec.json.encode(docket)
        answer = decide(docket, command, context)
        assert msgspec.json.encode(docket) == written, "a decision changed what it read"
        if isinstance(answer, Refusal):
            return Answer(self, answer, self)
        left = after(self.docket, answer)
        cases = {case.case_id: case for case in left.cases}
        leaving = [message for fact in answer.facts for message in effects(fact, cases[fact.case_id])]
        if answer.order is not None:
            leaving += order_effects(self.docket.order, answer.order)
        opened = [fact.case_id for fact in answer.facts if isinstance(fact.event, e.CaseOpened)]
        scene = replace(
            self,
            docket=left,
            facts=self.facts + answer.facts,
            sent=(*self.sent, *leaving),
            case_id=opened[-1] if opened else self.case_id,
            next_case_id=self.next_case_id + 1,
        )
        for case in answer.cases:
            assert fold(fact for fact in scene.facts if fact.case_id == case.case_id) == case
        return Answer(self, answer, scene)

    def given(self, actor: Actor, *commands: k.Command) -> "Scene":
        """Commands that are taken: the beginning of a story, not what it proves."""
        scene = self
        for command in commands:
            answer = scene.when(actor, command)
            assert isinstance(answer.answer, Decided), f"{type(command).__name__} was refused: {answer.answer}"
            scene = answer.after
        return scene

    # Beginnings that many stories share ------------------------------------------------------------------

    def news(self, **changes: Any) -> "Scene":
        """The shop tells of the order again."""
        return self.given(SYSTEM, order(**changes))

    def scanned(self, code: ScanCode, leg: Leg = Leg.OUTWARD, at: datetime | None = None) -> "Scene":
        """A carrier scan now; `at` when it really happened earlier."""
        tracking_no = {Leg.OUTWARD: "SF1", Leg.RETURN: "YT1", Leg.REPLACEMENT: "SF2"}[leg]
        return self.given(SYSTEM, k.RecordScan(leg, "SF", tracking_no, Scan(code, at or self.now)))

    def shipped(self) -> "Scene":
        """Picked up an hour later."""
        return self.later(hours(1)).scanned(ScanCode.PICKED_UP)

    def delivered(self) -> "Scene":
        """Picked up and, a day later, handed over."""
        return self.shipped().later(hours(24)).scanned(ScanCode.DELIVERED)

    def opened(self, kind: Kind, reason: str, **fields: Any) -> "Scene":
        """The buyer applies, with everything that the reason asks for."""
        return self.given(BUYER, self.asking(kind, reason, **fields))

    def asking(self, kind: Kind, reason: str, **fields: Any) -> k.OpenCase:
        """An application for all pieces of the order, with everything that the reason asks for."""
        asked: dict[str, Any] = {
            "order_no": self.order.order_no,
            "lines": tuple(k.CaseLine(each.line_no, each.quantity) for each in self.order.lines),
            "goods_received": kind is not Kind.REFUND_ONLY,
            "note": TOLD,
            "evidence": proof(*(group[0] for group in POLICY.reasons[reason].evidence)),
        } | fields
        return k.OpenCase(kind=kind, reason=reason, **asked)

    def rejected(self, reason: str = "facts_differ") -> "Scene":
        """Talk, script, the wait, then the no with its points and proof."""
        need = POLICY.rejection_reasons[reason].proof
        scene = self.given(OWNER, k.SendMessage("您好"), k.PrepareRejection(self.case.application, reason))
        scene = scene.at(scene.due("negotiation_wait"))
        evidence = proof(*(group[0] for group in need))
        return scene.given(OWNER, k.Reject(scene.case.application, reason, (k.Point(TOLD),), evidence))

    def reviewed(self) -> "Scene":
        """Rejected, and the buyer asks the platform."""
        return self.rejected().given(BUYER, k.RequestIntervention("请平台处理"))

    def sent_back(self, **fields: Any) -> "Scene":
        """The buyer sends the return and the carrier has it."""
        scene = self.given(BUYER, k.ShipReturn("YTO", "YT1", **fields)).later(hours(2))
        return scene.scanned(ScanCode.PICKED_UP, Leg.RETURN)

    def handed_in(self, **fields: Any) -> "Scene":
        """The return is at the merchant's."""
        return self.sent_back(**fields).later(hours(24)).scanned(ScanCode.DELIVERED, Leg.RETURN)

    def answered(self, answer: str = "done", **fields: Any) -> "Scene":
        """The payment provider says the same of every payout that is on its way."""
        scene = self
        for payout in scene.case.payouts:
            if payout.state in (PayoutState.PAYING, PayoutState.UNKNOWN):
                scene = scene.given(SYSTEM, k.RecordPayout(payout.payout_id, answer, **fields))
        return scene

    def swept(self, key: str) -> "Scene":
        """Nobody did anything until that deadline passed."""
        return self.at(self.due(key)).given(SYSTEM, k.Lapse())


class Answer(NamedTuple):
    """What became of a command."""

    before: Scene
    answer: Decided | Refusal
    after: Scene

    def then(self, *expected: type[e.Event] | like) -> Scene:
        """These events and no others, in this order; clock changes are asked of `running` and `due` instead."""
        assert isinstance(self.answer, Decided), f"refused: {self.answer}"
        happened = [fact.event for fact in self.answer.facts if not isinstance(fact.event, e.DeadlinesSet)]
        wanted = [item if isinstance(item, like) else that(item) for item in expected]
        fits = len(happened) == len(wanted) and all(w.fits(h) for w, h in zip(wanted, happened, strict=True))
        assert fits, f"expected {[_told(item) for item in wanted]}, happened {happened}"
        return self.after

    def then_refused(self, code: Code, /, **facts: Any) -> "Refused":
        """Refused with that code first, and at least these facts."""
        assert isinstance(self.answer, Refusal), f"accepted: {self.answer.facts}"
        assert self.answer.code is code, self.answer
        told = {name: self.answer.facts.get(name) for name in facts}
        assert told == facts, f"told {self.answer.facts}"
        return Refused(self.before, self.answer, self.after)


class Refused(NamedTuple):
    """A refusal and the scene around it."""

    before: Scene
    refusal: Refusal
    after: Scene

    def and_nothing_written(self) -> Scene:
        """The record is as it was and nothing left for the outside."""
        assert self.after.docket == self.before.docket
        assert self.after.facts == self.before.facts
        assert self.after.sent == self.before.sent
        return self.after

    def and_also(self, *codes: Code) -> "Refused":
        """All other reasons that stand against it at the same time, by precedence."""
        assert tuple(other.code for other in self.refusal.also) == codes
        return self


def _told(item: like) -> str:
    return f"{item.type.__name__}({', '.join(f'{name}={value}' for name, value in item.fields.items())})"


def shop_of(shop: Merchant = SHOP, *, auto_refunds: int = 0) -> Scene:
    """A merchant before anything was bought."""
    return Scene(Docket(shop, None, auto_refunds=auto_refunds), PAID_AT)


def bought(shop: Merchant = SHOP, *, auto_refunds: int = 0, **changes: Any) -> Scene:
    """The shop told of a paid order."""
    return shop_of(shop, auto_refunds=auto_refunds).given(SYSTEM, order(**changes))
