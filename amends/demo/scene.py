"""How a story of the demo is told: who does what when, as generators that wait for the answer to each command."""

import random
from collections.abc import Callable, Generator
from datetime import timedelta
from typing import Any, NamedTuple, Protocol

from msgspec.structs import replace

from amends.adapters.couriers.journeys import Way
from amends.application.ports import Answer, Envelope
from amends.demo.album import Filing
from amends.demo.orders import DemoOrder, daytime
from amends.demo.people import PLATFORM_STAFF, SURNAMES
from amends.demo.talk import SHOWS, say, yuan
from amends.domain import actor
from amends.domain import commands as k
from amends.domain.actor import Actor
from amends.domain.case import Case
from amends.domain.order import Scan
from amends.domain.refusals import Refusal
from amends.domain.time import Instant
from amends.domain.words import EvidenceKind, Kind, Leg, Role, Side


class Act(NamedTuple):
    """A command to be sent at an instant. Its answer comes back to whoever yielded it."""

    at: Instant
    envelope: Envelope


class Until(NamedTuple):
    """Go on when the case is so; never, if it never is."""

    case_id: int
    holds: Callable[[Case], bool]


Script = Generator[Act | Until, Any, None]


class Turn(Exception):
    """Things went another way than the story wanted, and the rules refused its next command: it ends here."""

    def __init__(self, story: str, command: k.Command, refusal: Refusal) -> None:
        self.command, self.refusal = command, refusal
        super().__init__(f"{story}: {type(command).__name__} {refusal.code} {refusal.facts}")


class World(Protocol):
    """What a story finds around it."""

    @property
    def now(self) -> Instant: ...

    def case(self, case_id: int) -> Case:
        """A case as it is now."""

    def hand_over(
        self, leg: Leg, scene: "Scene", carrier: str, tracking_no: str, way: Way | None = None
    ) -> tuple[Scan, ...]:
        """Give a parcel of the scene's case to the courier."""

    def refuse_at_door(self, order: DemoOrder) -> None:
        """The buyer will not take the order's parcel."""

    def take(self, filing: Filing) -> str:
        """Keep the file of somebody's evidence. Returns its hash."""


Hours = tuple[float, float]
"""From the last thing that happened in the story, at least and at most."""


class Scene:
    """One order and the people around one case of it. Each method is a thing that somebody does."""

    def __init__(self, story: str, world: World, order: DemoOrder, draws: random.Random) -> None:
        self.story = story
        self.world, self.order, self.draws = world, order, draws
        self.shop = order.shop
        self.case_id: int | None = None
        agents = order.shop.staff(Role.AFTER_SALE) or order.shop.staff(Role.OWNER)
        role = Role.AFTER_SALE if order.shop.staff(Role.AFTER_SALE) else Role.OWNER
        self.agent = actor.merchant(order.shop.merchant_id, draws.choice(agents), role)
        self.owner = actor.merchant(order.shop.merchant_id, order.shop.staff(Role.OWNER)[0], Role.OWNER)
        self.buyer = actor.buyer(order.buyer.buyer_id)
        self.fault = ""
        self.amount_minor = 0
        self.sent_back: tuple[str, str, int] | None = None

    # What is known

    @property
    def case(self) -> Case:
        assert self.case_id is not None, "asked before a case was opened"
        return self.world.case(self.case_id)

    def chance(self, share: float) -> bool:
        return self.draws.random() < share

    def breaks(self, kinds: str) -> None:
        """Choose what is wrong with the goods, by kind."""
        faults = self.order.goods[0].faults
        self.fault = self.draws.choice([fault for fault in faults if fault[0] in kinds] or faults)[2:]

    def words(self, beat: str, **facts: object) -> str:
        """What is said at this turn of the story."""
        known = {
            "noun": self.order.goods[0].noun,
            "fault": self.fault,
            "amount": yuan(self.amount_minor),
            "shop": self.shop.settings.name,
            "surname": self.order.buyer.name[0],
            "stranger": self.draws.choice(SURNAMES),
            "paid": yuan(self.order.lines[0].paid),
        }
        return say(self.draws, beat, **known | facts)

    def later(self, hours: Hours) -> Instant:
        return daytime(self.world.now + timedelta(hours=self.draws.uniform(*hours)), self.draws)

    def items(self, who: Actor, *kinds: EvidenceKind) -> tuple[k.EvidenceItem, ...]:
        """Evidence as people name it, with its file. Videos are only named: making one takes longer than a case."""
        items = []
        for place, kind in enumerate(kinds, 1):
            name = f"{self.draws.choice(SHOWS[kind])}-{place}.{_ENDINGS.get(kind, 'jpg')}"
            filing = Filing(
                self.order, self.case_id, who, kind, name, self.fault, self.amount_minor, self.world.now, self.sent_back
            )
            items.append(k.EvidenceItem(kind, None if kind in _ONLY_NAMED else self.world.take(filing), name))
        return tuple(items)

    # Acts

    def does(self, who: Actor, command: k.Command, hours: Hours) -> Generator[Act, Answer, Answer]:
        answer = yield Act(self.later(hours), Envelope(who, self.shop.merchant_id, command, case_id=self.case_id))
        if answer.refusal is not None:
            raise Turn(self.story, command, answer.refusal)
        return answer

    def until(self, holds: Callable[[Case], bool]) -> Generator[Until, None, None]:
        assert self.case_id is not None, "waited before a case was opened"
        yield Until(self.case_id, holds)

    def opens(
        self,
        kind: Kind,
        reason: str,
        note: str = "",
        *shows: EvidenceKind,
        amount: int | None = None,
        pieces: int | None = None,
        received: bool = False,
    ) -> Generator[Act, Answer, None]:
        """The buyer asks, for everything of the first line unless `pieces` says how many."""
        line = self.order.lines[0]
        command = k.OpenCase(
            self.order.order_no,
            (k.CaseLine(line.line_no, pieces or line.quantity),),
            kind,
            reason,
            goods_received=received,
            amount=amount,
            note=self.words(note) if note else "",
            evidence=self.items(self.buyer, *shows),
        )
        answer = yield from self.does(self.buyer, command, (0, 0))
        self.case_id = answer.case_id

    def asks_platform(self) -> Generator[Act, Answer, None]:
        """The shop has no refund button of its own: it asks the platform (R4.4)."""
        chat = self.items(self.agent, EvidenceKind.CHAT_SCREENSHOT)
        ask = k.AskPlatformRefund(self.order.order_no, chat, self.words("agent.asks_platform"))
        answer = yield from self.does(self.agent, ask, (0, 0))
        self.case_id = answer.case_id

    def buyer_says(self, beat: str, hours: Hours, *shows: EvidenceKind) -> Generator[Act, Answer, None]:
        yield from self.does(self.buyer, k.SendMessage(self.words(beat), self.items(self.buyer, *shows)), hours)

    def agent_says(self, beat: str, hours: Hours, *shows: EvidenceKind) -> Generator[Act, Answer, None]:
        yield from self.does(self.agent, k.SendMessage(self.words(beat), self.items(self.agent, *shows)), hours)

    def agrees(self, hours: Hours, note: str = "") -> Generator[Act, Answer, None]:
        yield from self.does(self.agent, k.Agree(self.case.application, note=self.words(note) if note else ""), hours)

    def offers(self, side: Side, command: k.MakeOffer, hours: Hours, beat: str = "") -> Generator[Act, Answer, str]:
        """An offer, and words with it. Returns its id."""
        who = self.buyer if side is Side.BUYER else self.agent
        self.amount_minor = command.amount or 0
        yield from self.does(who, command, hours)
        offer = self.case.offer_of(side)
        assert offer is not None, "it was just made"
        if beat:
            yield from self.does(who, k.SendMessage(self.words(beat)), (0.02, 0.1))
        return offer.offer_id

    def desk(self, *roles: Role, other_than: tuple[Actor, ...] = ()) -> Actor:
        """Somebody of the platform with one of the roles."""
        busy = {one.staff for one in other_than}
        staff = self.draws.choice([name for name, role in PLATFORM_STAFF.items() if role in roles and name not in busy])
        return actor.platform(staff, PLATFORM_STAFF[staff])

    def ships_return(self, hours: Hours, freight_minor: int = 0) -> Generator[Act, Answer, None]:
        """The buyer sends the goods back."""
        carrier, number = self.tracking()
        self.sent_back = (carrier, number, freight_minor)
        receipt = self.items(self.buyer, EvidenceKind.FREIGHT_RECEIPT)[0] if freight_minor else None
        yield from self.does(self.buyer, k.ShipReturn(carrier, number, freight_minor or None, receipt), hours)
        self.world.hand_over(Leg.RETURN, self, carrier, number, Way.DELIVERED)

    def ships_replacement(self, hours: Hours) -> Generator[Act, Answer, None]:
        carrier, number = self.tracking()
        yield from self.does(self.agent, k.ShipReplacement(carrier, number), hours)
        self.sends(carrier, number)

    def shop_refunds(self, hours: Hours) -> Generator[Act, Answer, None]:
        """The shop pays the whole order back by itself, past this service."""
        at = self.later(hours)
        news = self.order.news(at)
        told = replace(news.command, refunded_elsewhere=self.order.paid_minor)
        yield Act(at, replace(news, command=told))

    def sends(self, carrier: str, tracking_no: str) -> None:
        """The merchant gives the courier what the buyer is to get."""
        self.world.hand_over(Leg.REPLACEMENT, self, carrier, tracking_no, Way.DELIVERED)

    def rejects(
        self, reason: str, points: tuple[str, ...], *proof: EvidenceKind, reply: str = "", answer: str = ""
    ) -> Generator[Act, Answer, None]:
        """Script, the buyer's reply and the answer to it, or the wait; then the itemised no (R3.5)."""
        application = self.case.application
        yield from self.does(self.agent, k.PrepareRejection(application, reason), (0.02, 0.5))
        if reply:
            yield from self.buyer_says(reply, (0.1, 2))
            yield from self.agent_says(answer, (0.05, 1.5))
        explained = tuple(k.Point(self.words(point)) for point in points)
        preparation = self.case.preparation
        waits = preparation.waits_until - self.world.now if preparation and not reply else timedelta(0)
        over = waits.total_seconds() / 3600
        command = k.Reject(application, reason, explained, self.items(self.agent, *proof))
        yield from self.does(self.agent, command, (over + 0.1, over + 2.0))

    def files(self, who: Actor, note: str, hours: Hours, *kinds: EvidenceKind) -> Generator[Act, Answer, list[str]]:
        """Evidence, and the ids that it got."""
        before = self.case.evidence.count
        yield from self.does(who, k.AddEvidence(self.items(who, *kinds), self.words(note)), hours)
        return [f"e{number}" for number in range(before + 1, before + 1 + len(kinds))]

    def chat_comes_in(self, hours: Hours) -> Generator[Act, Answer, None]:
        """The marketplace hands over its chat from before the case (R1.2)."""
        filing = Filing(
            self.order, self.case_id, actor.SYSTEM, EvidenceKind.CHAT_LOG, "客服聊天.json", self.fault, 0,
            self.world.now, applied_at=self.case.first_applied_at,
        )  # fmt: skip
        item = k.EvidenceItem(EvidenceKind.CHAT_LOG, self.world.take(filing), filing.name)
        yield from self.does(actor.SYSTEM, k.AddEvidence((item,)), hours)

    def states(self, who: Actor, hours: Hours, *points: str) -> Generator[Act, Answer, None]:
        """A position, point by point (R5.4)."""
        yield from self.does(who, k.StatePosition(tuple(k.Point(self.words(point)) for point in points)), hours)

    def tracking(self) -> tuple[str, str]:
        carrier, prefix = self.draws.choice((("shunfeng", "SF00"), ("zhongtong", "ZT00"), ("jingdong", "JD00")))
        return carrier, f"{prefix}{self.draws.randint(0, 10**11 - 1):011}"


_ENDINGS = {
    EvidenceKind.VIDEO: "mp4",
    EvidenceKind.AUDIO: "m4a",
    EvidenceKind.DOCUMENT: "pdf",
    EvidenceKind.QUALITY_REPORT: "pdf",
    EvidenceKind.PURCHASE_PROOF: "pdf",
    EvidenceKind.CHAT_SCREENSHOT: "png",
    EvidenceKind.LISTING_TAG: "png",
}

_ONLY_NAMED = frozenset({EvidenceKind.VIDEO, EvidenceKind.AUDIO})
