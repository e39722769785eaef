"""One step in the life of an order, whoever rolls the dice: somebody acts, the outside tells news, time passes."""

from collections.abc import Callable

from amends.domain import commands as k
from amends.domain.actor import SYSTEM, Actor
from amends.domain.decide import guards
from amends.domain.docket import Decided
from amends.domain.draft import CaseDraft
from amends.domain.permissions import ROLES
from amends.domain.refusals import Code, Refusal
from amends.domain.views import actions, next_step
from amends.domain.words import Side
from tests.property import invariants, news, people, strategies
from tests.property.dice import Dice
from tests.property.world import Seen, World

BY_VERB = {k.verb(kind): kind for kind in k.CASE_COMMANDS}

OF_THE_FIELDS = frozenset({
    Code.QUANTITY_TAKEN, Code.TOO_MANY_APPLICATIONS, Code.ALREADY_RULED, Code.KIND_NOT_POSSIBLE,
    Code.REASON_NOT_ALLOWED, Code.WINDOW_OVER, Code.AMOUNT_NOT_POSITIVE, Code.EXCEEDS_MAXIMUM, Code.EXCEEDS_BALANCE,
    Code.EXCEEDS_COMPENSATION, Code.TOO_MANY_SMALL_PAYMENTS, Code.MISSING_EVIDENCE, Code.UNKNOWN_EVIDENCE,
    Code.UNKNOWN_ADDRESS, Code.SAME_PERSON, Code.NEEDS_SECOND_PERSON, Code.FINDING_WITHOUT_BASIS, Code.TOO_EARLY,
    Code.PAUSES_USED_UP,
})  # fmt: skip
"""Refusals that a page cannot foresee before the fields are filled in."""


class Life:
    """An order, the people around it and the dice.

    The `curious` do what was seen least, and in every new kind of state try everything; what one life does then
    depends on the lives before it.
    """

    def __init__(self, dice: Dice, seen: Seen, *, curious: bool = False) -> None:
        self.dice = dice
        self.curious = curious
        self.stubborn = dice.chance(40)
        self.calm = dice.chance(60)
        auto_refunds = dice.pick((0, 0, 2, 3))
        self.world = World(news.merchant(dice), dice.pick(news.STARTS), seen, auto_refunds, dice.tell)
        self.told = news.order(dice, self.world.now)
        self.world.send(SYSTEM, self.told)
        if self.told.paid_at is not None and not forming(self.world):
            for command in news.journey(dice, self.world):
                self.world.send(SYSTEM, command)

    def step(self) -> None:
        """One of `STEPS`, and what must hold after it."""
        self.dice.pick(WHAT_HAPPENS)(self)
        invariants.hold(self.world)
        if self.curious:
            self.everything_is_tried()

    def everything_is_tried(self) -> None:
        """In a kind of state that nobody has seen: every command by somebody who may, each in a world of its own."""
        for case in self.world.cases:
            look = self.world.look(case.case_id)
            if self.world.seen.is_new(look.case):
                for kind in strategies.KINDS:
                    self.is_tried(case.case_id, kind)

    def is_tried(self, case_id: int, kind: type[k.Command]) -> None:
        """As it fits, and with something wrong in it; by somebody to whom it is open, if there is one."""
        senders = self._senders(kind)
        open_to = [a for a in senders if guards(self.world.look(case_id, a), kind, None) is None]
        actor = (open_to or senders)[0]
        look = self.world.look(case_id, actor)
        command = strategies.fitting(kind, look, self.dice)
        for tried in (command, strategies.crooked(command, look, self.dice)):
            world = self.world.fork()
            world.send(actor, tried, case_id)
            invariants.hold(world)

    def somebody_acts(self, wrong_percent: int = 12) -> None:
        """One of the commands that the actor's page offers, now and then another one or with something wrong in it."""
        dice, world = self.dice, self.world
        if not world.cases:
            self.buyer_applies()
            return
        case_id = dice.pick(world.cases[::-1]).case_id
        actor = somebody(dice, world, case_id)
        kind = self._choose(case_id, actor)
        if kind is None or dice.chance(wrong_percent):
            self.somebody_does_the_wrong_thing(case_id)
            return
        look = world.look(case_id, actor)
        world.send(actor, strategies.fitting(kind, look, dice), case_id)

    def _choose(self, case_id: int, actor: Actor) -> type[k.Command] | None:
        world = self.world
        kinds = open_to(world, case_id, actor)
        if kinds and self.curious and self.dice.chance(50):
            stage = world.look(case_id).case.stage
            return min(kinds, key=lambda kind: world.seen.taken[stage, kind])
        return likely(self.dice, world, case_id, actor, kinds, stubborn=self.stubborn)

    def somebody_does_the_wrong_thing(self, case_id: int) -> None:
        dice, world = self.dice, self.world
        kind = dice.pick(strategies.KINDS)
        actor = dice.pick(self._senders(kind)) if dice.chance(85) else dice.pick(people.EVERYBODY)
        look = world.look(case_id, actor)
        command = strategies.fitting(kind, look, dice)
        if dice.chance(50):
            command = strategies.crooked(command, look, dice)
        world.send(actor, command, case_id + (777 if dice.chance(3) else 0))

    def _senders(self, kind: type[k.Command]) -> list[Actor]:
        """Everybody whose job it is."""
        known = (*people.PARTIES, *people.PLATFORM, SYSTEM)
        return [actor for actor in known if actor.role in ROLES[kind]]

    def buyer_applies(self) -> None:
        """What the page offers can be opened, with the figures that it names."""
        dice, world = self.dice, self.world
        drawn = strategies.application(dice, world)
        if drawn is None:
            return
        command, answer = drawn
        if dice.chance(8):
            world.send(people.BUYER, strategies.crooked_application(dice, command))
            return
        actor = people.AGENT if dice.chance(10) else people.BUYER
        decided = world.send(actor, command)
        assert isinstance(decided, Decided), f"the page offered {answer}, but {decided}"
        opened = world.docket.case(decided.case_id or 0)
        assert opened is not None
        assert opened.maximum_minor == answer.maximum_minor, f"the page said {answer}"

    def buyer_applies_in_vain(self) -> None:
        """What the page does not offer is refused, for the first reason that it names."""
        dice, world = self.dice, self.world
        drawn = strategies.application(dice, world, possible=False)
        if drawn is None:
            return
        command, answer = drawn
        refusal = world.send(people.BUYER, command)
        assert isinstance(refusal, Refusal), f"the page said no: {answer.refusals}"
        codes = [refusal.code, *(other.code for other in refusal.also)]
        expected = sorted((r.code for r in answer.refusals), key=list(Code).index)
        assert codes == expected, f"the page said {answer.refusals}, but {refusal}"

    def merchant_asks_the_platform_to_refund(self) -> None:
        """The shop has no refund button (R4.4)."""
        evidence = strategies.proof((("chat_screenshot",),)) if self.dice.chance(90) else ()  # type: ignore[arg-type]
        self.world.send(people.OWNER, k.AskPlatformRefund("o1", evidence))

    def shop_tells_news(self) -> None:
        self.told = news.order_news(self.dice, self.world, self.told, calm=self.calm)
        self.world.send(SYSTEM, self.told)

    def courier_scans(self) -> None:
        if self.world.order.paid_at is not None and not forming(self.world):
            self.world.send(SYSTEM, news.outward_scan(self.dice, self.world, calm=self.calm))

    def courier_scans_a_return_or_replacement(self) -> None:
        drawn = news.case_scan(self.dice, self.world, calm=self.calm)
        if drawn is not None:
            self.world.send(SYSTEM, drawn[1], drawn[0])

    def provider_answers(self) -> None:
        drawn = news.payout_news(self.dice, self.world, calm=self.calm)
        if drawn is not None:
            self.world.send(SYSTEM, drawn[1], drawn[0])

    def courier_answers_about_an_interception(self) -> None:
        asked = [case.case_id for case in self.world.cases if case.intercepted_before]
        if asked:
            answer = k.RecordInterception(self.dice.pick(("accepted", "refused")))
            self.world.send(SYSTEM, answer, self.dice.pick(asked))

    def operator_credits_an_outage(self) -> None:
        """Before the sweep judges what ended inside the outage."""
        for case in self.world.cases:
            look = self.world.look(case.case_id, people.OPERATOR)
            self.world.send(people.OPERATOR, strategies.fitting(k.CreditOutage, look, self.dice), case.case_id)

    def time_passes(self) -> None:
        self.world.now = news.later(self.dice, self.world)

    def sweep_comes(self) -> None:
        """The deadline sweep: what is due is lapsed, and nothing that is due is left."""
        world = self.world
        for case in world.cases:
            if case.next_due_at is not None and case.next_due_at <= world.now:
                world.send(SYSTEM, k.Lapse(), case.case_id)
        if world.order.due_at is not None and world.order.due_at <= world.now:
            world.send(SYSTEM, k.Lapse())

    def pages_tell_the_truth(self) -> None:
        """What a page says of each action is what sending it brings (DESIGN §3, refusals)."""
        dice, world = self.dice, self.world
        if not world.cases:
            return
        case_id = dice.pick(world.cases).case_id
        actor = dice.pick((*people.PARTIES, *people.PLATFORM))
        context = world.context(actor, case_id)
        for action in actions(world.docket_for(case_id), case_id, context):
            self._check_action(world.look(case_id, actor), actor, BY_VERB[action.verb], action.refusal)

    def _check_action(self, look: CaseDraft, actor: Actor, kind: type[k.Command], said: Refusal | None) -> None:
        """Asked without taking: the answer is compared, the world stays."""
        # Other pieces or another reason may be open where these are not: the page speaks of the application as it is.
        command = k.Modify(note=strategies.NOTE) if kind is k.Modify else strategies.fitting(kind, look, self.dice)
        answer = self.world.ask(actor, command, look.case_id)
        if said is not None:
            assert isinstance(answer, Refusal), f"{kind.__name__} was said to be refused with {said}"
            assert answer.code is said.code, f"{kind.__name__} was said to be refused with {said}, but {answer}"
        elif isinstance(answer, Refusal):
            assert answer.code in OF_THE_FIELDS, f"{kind.__name__} was said to be open, but {answer}"


def somebody(dice: Dice, world: World, case_id: int) -> Actor:
    """Often whoever has the next step, else anybody."""
    case = world.docket.case(case_id)
    assert case is not None, "chosen among the cases"
    if dice.chance(45):
        turn = next_step(case, world.policies.get(case.policy)).owner
        in_turn = [actor for actor in (*people.PARTIES[:3], *people.PLATFORM[:4]) if actor.side == turn]
        if in_turn:
            return dice.pick(in_turn)
    return dice.pick(people.PARTIES if dice.chance(65) else people.PLATFORM)


def open_to(world: World, case_id: int, actor: Actor) -> list[type[k.Command]]:
    """What the actor's page offers."""
    found = actions(world.docket_for(case_id), case_id, world.context(actor, case_id))
    return [BY_VERB[action.verb] for action in found if action.allowed]


def likely(
    dice: Dice, world: World, case_id: int, actor: Actor, kinds: list[type[k.Command]], *, stubborn: bool
) -> type[k.Command] | None:
    """One of them; what ends a case comes less often than what takes it further, and merchants write first."""
    case = world.docket.case(case_id)
    assert case is not None, "chosen among the cases"
    weights = WEIGHTS | (SAYS_NO if stubborn else {})
    if actor.side is Side.MERCHANT and case.is_open and case.talk.merchant_wrote_at is None:
        weights = weights | {k.SendMessage: 16}
    weighted = [kind for kind in kinds for _ in range(weights.get(kind, 4))]
    return dice.pick(weighted) if weighted else None


def forming(world: World) -> bool:
    """Whether the shop has nothing to ship yet."""
    group = world.order.group
    return group is not None and group.state != "formed"


WEIGHTS: dict[type[k.Command], int] = {
    k.Reject: 16, k.PrepareRejection: 10, k.SendMessage: 2, k.RevealContact: 1, k.RecordCall: 1, k.StatePosition: 1,
    k.AddEvidence: 1, k.Assign: 1, k.ExtendDeadline: 1, k.CreditOutage: 1, k.Suspend: 1, k.Cancel: 1, k.Withdraw: 1,
    k.Agree: 3, k.MakeOffer: 3, k.DeclineOffer: 2, k.Modify: 3, k.ShipReturn: 8, k.ShipReplacement: 8, k.Rule: 8,
}  # fmt: skip
"""How often a command is chosen where it is open; 4 where nothing is said."""

SAYS_NO: dict[type[k.Command], int] = {
    k.Agree: 0, k.InterceptParcel: 0, k.AgreeRefundAfterRefusal: 1, k.AcceptReturn: 1, k.AcceptOffer: 1,
}  # fmt: skip


STEPS: tuple[tuple[int, Callable[[Life], None]], ...] = (
    (46, Life.somebody_acts),
    (8, Life.buyer_applies),
    (3, Life.buyer_applies_in_vain),
    (1, Life.merchant_asks_the_platform_to_refund),
    (4, Life.shop_tells_news),
    (8, Life.courier_scans),
    (9, Life.courier_scans_a_return_or_replacement),
    (9, Life.provider_answers),
    (1, Life.courier_answers_about_an_interception),
    (1, Life.operator_credits_an_outage),
    (9, Life.time_passes),
    (6, Life.sweep_comes),
    (3, Life.pages_tell_the_truth),
)
"""How often each kind of step comes in a hundred or so."""

WHAT_HAPPENS: tuple[Callable[[Life], None], ...] = tuple(step for often, step in STEPS for _ in range(often))
