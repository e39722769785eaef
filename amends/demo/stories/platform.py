"""The platform steps in: evidence, positions, rulings, second pairs of eyes, appeals (R1.1, R1.3, R5.3, R5.4)."""

from collections.abc import Generator
from datetime import timedelta

from amends.application.ports import Answer
from amends.demo.orders import Wish
from amends.demo.scene import Act, Scene, Script, Until
from amends.demo.stories.book import story
from amends.demo.stories.negotiated import part
from amends.demo.stories.received import check
from amends.domain import commands as k
from amends.domain.actor import Actor
from amends.domain.words import (
    AppealOutcome,
    EvidenceKind,
    Fault,
    Goods,
    Holding,
    Kind,
    Payer,
    Remedy,
    Role,
    RulingOutcome,
    Side,
    Stage,
)

REFUND, RETURN = Kind.REFUND_ONLY, Kind.RETURN_AND_REFUND
PHOTO, PACKING, VIDEO = EvidenceKind.PHOTO, EvidenceKind.PACKING_PHOTO, EvidenceKind.VIDEO
RULES, SUPERVISES = (Role.ARBITRATOR,), (Role.SUPERVISOR,)
SOLID = ("clothing", "shoes", "bags", "home", "toys", "baby", "electronics", "appliances")
MIDDLING = Wish("delivered", least_minor=3_000, most_minor=45_000, lines=1, pieces=1, categories=SOLID, faults="坏描")
DEAR = Wish("delivered", least_minor=60_000, lines=1, pieces=1, categories=("electronics", "appliances"), faults="坏")

OURS = k.FreightRuling(Payer.MERCHANT, Payer.MERCHANT, Payer.MERCHANT)
THEIRS = k.FreightRuling(Payer.BUYER, Payer.BUYER, Payer.BUYER)

Filed = Generator[Act | Until, Answer, tuple[list[str], list[str]]]


def rejected(s: Scene, kind: Kind = RETURN) -> Script:
    """Talked about, and refused by the shop."""
    s.breaks("坏描")
    yield from s.opens(kind, "quality", "open.quality", PHOTO, received=True)
    yield from s.buyer_says("buyer.quality", (0.02, 0.3))
    yield from s.agent_says("agent.facts_differ", (0.2, 6))
    yield from s.rejects(
        "facts_differ",
        ("point.checked_before_sending", "point.photos_show_use"),
        PHOTO,
        reply="buyer.insists",
        answer="agent.stands_by_it",
    )


def heard(s: Scene, about: str = "buyer") -> Filed:
    """The buyer asks the platform in; somebody takes the case, both sides file evidence and state their positions."""
    yield from s.does(s.buyer, k.RequestIntervention(s.words(f"statement.{about}")), (0.5, 30))
    arbitrator = s.desk(*RULES)
    yield from s.does(arbitrator, k.Assign(arbitrator.staff), (0.2, 3))
    theirs = yield from s.files(s.buyer, "note.evidence_buyer", (0.3, 6), PHOTO, VIDEO)
    yield from s.states(s.buyer, (0.05, 0.5), *(f"position.{about}_{number}" for number in (1, 2, 3)))
    ours = yield from s.files(s.agent, "note.evidence_shop", (0.3, 7), PACKING)
    yield from s.states(s.agent, (0.05, 0.5), "position.shop_1", "position.shop_2")
    return theirs, ours


def finding(s: Scene, text: str, clause: str, *rests_on: str) -> k.Finding:
    return k.Finding(s.words(text), rests_on, clause)


def arbitrator_of(s: Scene) -> Actor:
    """Whoever has the case."""
    return Actor(Side.PLATFORM, Role.ARBITRATOR, staff=s.case.assignee)


def supports_buyer(s: Scene, theirs: list[str], ours: list[str]) -> k.Rule:
    return k.Rule(
        RulingOutcome.RETURN_AND_REFUND,
        Fault.MERCHANT,
        OURS,
        (
            finding(s, "finding.defect_shown", "visible-defect", "e1", *theirs),
            finding(s, "finding.packing_proves_little", "evidence-on-record", *ours),
            finding(s, "finding.signed_in_time", "law-quality", "scan:delivered"),
        ),
        amount=s.case.amount_minor,
    )


def supports_shop(s: Scene, theirs: list[str], ours: list[str]) -> k.Rule:
    return k.Rule(
        RulingOutcome.DISMISS,
        Fault.BUYER,
        THEIRS,
        (
            finding(s, "finding.traces_of_use", "law-goods-intact", *theirs),
            finding(s, "finding.packed_well", "condition-at-signing", *ours, "scan:delivered"),
        ),
    )


@story(8, 9, MIDDLING)
def ruled_for_the_buyer(s: Scene) -> Script:
    yield from rejected(s)
    theirs, ours = yield from heard(s)
    yield from s.does(arbitrator_of(s), supports_buyer(s, theirs, ours), (14, 24))
    yield from s.ships_return((3, 50))
    yield from check(s)


@story(
    6, 5, Wish("delivered", least_minor=2_100, most_minor=45_000, categories=("fresh", "packaged_food"), faults="变")
)
def ruled_without_a_return(s: Scene) -> Script:
    s.breaks("变")
    yield from s.opens(REFUND, "spoiled", "open.spoiled", PHOTO, received=True)
    yield from s.buyer_says("buyer.spoiled", (0.02, 0.2))
    yield from s.agent_says("agent.doubts_spoiled", (0.3, 6))
    yield from s.rejects(
        "proof_insufficient",
        ("point.cold_chain", "point.photos_do_not_show"),
        PACKING,
        reply="buyer.insists",
        answer="agent.stands_by_it",
    )
    theirs, ours = yield from heard(s, "food")
    ruling = k.Rule(
        RulingOutcome.REFUND,
        Fault.SHARED if s.chance(0.4) else Fault.MERCHANT,
        OURS,
        (
            finding(s, "finding.spoiled_shown", "visible-defect", "e1", *theirs),
            finding(s, "finding.cold_chain_unproven", "evidence-on-record", *ours),
        ),
        amount=part(s, s.draws.choice((6, 8, 10))),
        no_return_because=s.words("ruling.no_return_food"),
    )
    if ruling.fault is Fault.SHARED:
        ruling = k.Rule(
            ruling.outcome, ruling.fault, ruling.freight, ruling.findings, ruling.amount,
            shares=k.Shares(merchant=60, carrier=40), no_return_because=ruling.no_return_because,
        )  # fmt: skip
    yield from s.does(arbitrator_of(s), ruling, (14, 24))


@story(7, 9, MIDDLING)
def dismissed(s: Scene) -> Script:
    yield from rejected(s, REFUND)
    theirs, ours = yield from heard(s)
    judge = arbitrator_of(s)
    yield from s.does(judge, supports_shop(s, theirs, ours), (14, 24))
    if s.chance(0.35):
        return
    proof = s.items(s.buyer, EvidenceKind.QUALITY_REPORT)
    yield from s.does(s.buyer, k.Appeal(s.words("appeal.grounds"), proof), (5, 60))
    other = s.desk(*RULES, other_than=(judge,))
    yield from s.does(other, k.Assign(other.staff), (0.5, 8))
    report = f"e{s.case.evidence.count}"
    if s.chance(0.5):
        decision = k.DecideAppeal(AppealOutcome.UPHOLD, s.words("appeal.upheld"))
    else:
        changed = k.Rule(
            RulingOutcome.REFUND,
            Fault.MERCHANT,
            OURS,
            (finding(s, "finding.report", "hidden-defect", report),),
            amount=part(s, 8),
            no_return_because=s.words("ruling.no_return_small"),
        )
        decision = k.DecideAppeal(AppealOutcome.CHANGE, s.words("appeal.changed"), changed)
    yield from s.does(other, decision, (14, 50))


@story(8, 9, DEAR)
def four_eyes(s: Scene) -> Script:
    yield from rejected(s)
    theirs, ours = yield from heard(s)
    first = arbitrator_of(s)
    yield from s.does(first, supports_buyer(s, theirs, ours), (13, 20))
    second = s.desk(*RULES, other_than=(first,))
    if s.chance(0.3):
        back = k.ApproveRuling(approve=False, reason=s.words("approval.returned"))
        yield from s.does(second, back, (1, 8))
        yield from s.does(first, supports_buyer(s, theirs, ours), (0.5, 4))
    yield from s.does(second, k.ApproveRuling(approve=True), (1, 6))
    yield from s.ships_return((4, 40), freight_minor=1_800)
    yield from check(s)


@story(
    5,
    4.5,
    Wish(
        "delivered", least_minor=5_000, most_minor=45_000, categories=("shoes", "cosmetics", "bags"), lines=1, pieces=1
    ),
)
def counterfeit(s: Scene) -> Script:
    """Where a person must look, silence brings the case to the platform (rules §1)."""
    s.fault = s.words("fault.counterfeit")
    yield from s.opens(RETURN, "counterfeit", "open.counterfeit", PHOTO, received=True)
    yield from s.buyer_says("buyer.counterfeit", (0.05, 0.5), PHOTO)
    if s.chance(0.5):
        yield from s.agent_says("agent.genuine", (2, 20))
    yield from s.until(lambda case: case.stage is Stage.UNDER_REVIEW)
    arbitrator = s.desk(*RULES)
    yield from s.does(arbitrator, k.Assign(arbitrator.staff), (0.3, 5))
    ask = k.RequestEvidence("merchant", (s.words("ask.purchase_papers"), s.words("ask.authorisation")))
    yield from s.does(arbitrator, ask, (0.1, 1))
    if s.chance(0.5):
        papers = yield from s.files(s.agent, "note.papers", (2, 12), EvidenceKind.PURCHASE_PROOF)
        ruling = k.Rule(
            RulingOutcome.DISMISS,
            Fault.BUYER,
            THEIRS,
            (finding(s, "finding.papers_hold", "hidden-defect", *papers),),
        )
        yield from s.does(arbitrator, ruling, (14, 30))
        return
    ruling = k.Rule(
        RulingOutcome.RETURN_AND_REFUND,
        Fault.MERCHANT,
        OURS,
        (finding(s, "finding.no_papers", "hidden-defect", "e1", "e2"),),
        amount=s.case.amount_minor,
    )
    yield from s.does(arbitrator, ruling, (26, 40))
    yield from s.ships_return((4, 40))


@story(
    6,
    12,
    Wish(
        "delivered", least_minor=4_000, most_minor=45_000, categories=("clothing", "shoes", "bags"), lines=1, pieces=1
    ),
)
def return_disputed(s: Scene) -> Script:
    yield from s.opens(RETURN, "no_reason", "open.no_reason", received=True)
    yield from s.agrees((0.3, 12))
    yield from s.ships_return((3, 24))
    yield from s.until(lambda case: case.goods is Goods.RETURN_DELIVERED)
    yield from s.agent_says("agent.return_was_worn", (1, 10), PHOTO)
    yield from s.rejects(
        "return_damaged",
        ("point.worn", "point.cannot_be_sold"),
        PHOTO,
        reply="buyer.was_fine_when_sent",
        answer="agent.photos_of_unpacking",
    )
    theirs, ours = yield from heard(s, "return")
    back = s.chance(0.5)
    if back:
        ruling = k.Rule(
            RulingOutcome.DISMISS,
            Fault.BUYER,
            THEIRS,
            (finding(s, "finding.worn", "law-goods-intact", *ours),),
            goods=Holding.BACK_TO_BUYER,
        )
    else:
        ruling = k.Rule(
            RulingOutcome.REFUND,
            Fault.MERCHANT,
            OURS,
            (finding(s, "finding.tried_on_only", "law-goods-intact", *theirs, *ours),),
            amount=s.case.amount_minor,
            goods=Holding.MERCHANT_KEEPS,
        )
    yield from s.does(arbitrator_of(s), ruling, (14, 24))
    if back:
        carrier, number = s.tracking()
        yield from s.does(s.agent, k.ShipBack(carrier, number), (3, 40))
        s.sends(carrier, number)


@story(9, 3.6, MIDDLING)
def waits_for_the_ruling(s: Scene) -> Script:
    yield from rejected(s)
    theirs, ours = yield from heard(s)
    yield from s.chat_comes_in((0.1, 0.5))
    ask = k.RequestEvidence("buyer", (s.words("ask.video_of_fault"),))
    yield from s.does(arbitrator_of(s), ask, (1, 10))
    more = yield from s.files(s.buyer, "note.evidence_buyer", (1, 12), VIDEO)
    ruling = supports_buyer(s, [*theirs, *more], ours) if s.chance(0.6) else supports_shop(s, [*theirs, *more], ours)
    yield from s.does(arbitrator_of(s), ruling, (16, 30))


@story(4, 6.5, MIDDLING)
def platform_is_late(s: Scene) -> Script:
    yield from rejected(s)
    theirs, ours = yield from heard(s)
    yield from s.until(lambda case: case.review is not None and case.review.late > 0)
    yield from s.does(s.buyer, k.RequestIntervention(s.words("statement.again")), (0.5, 8))
    yield from s.does(s.desk(*SUPERVISES), supports_buyer(s, theirs, ours), (3, 30))


@story(5, 5, MIDDLING)
def mediated(s: Scene) -> Script:
    yield from rejected(s, REFUND)
    yield from heard(s)
    s.amount_minor = part(s, 5)
    yield from s.does(arbitrator_of(s), k.MakeOffer(Remedy.REFUND_ONLY, s.amount_minor), (1, 10))
    offer = s.case.offer_of(Side.PLATFORM)
    assert offer is not None, "it was just made"
    yield from s.does(arbitrator_of(s), k.SendMessage(s.words("desk.mediates")), (0.02, 0.1))
    yield from s.does(s.buyer, k.AcceptOffer(offer.offer_id), (0.5, 8))
    if s.chance(0.7):
        yield from s.does(s.agent, k.AcceptOffer(offer.offer_id), (0.5, 10))


@story(3, 8, DEAR)
def suspended(s: Scene) -> Script:
    yield from rejected(s)
    yield from heard(s)
    supervisor = s.desk(*SUPERVISES)
    pause = k.Suspend(s.world.now + timedelta(days=10), s.words("suspension.reason"))
    yield from s.does(supervisor, pause, (1, 10))


@story(3, 1.5, Wish("delivered", categories=SOLID))
def asked_twice_by_mistake(s: Scene) -> Script:
    yield from s.opens(RETURN, "other", "open.by_mistake", received=True)
    yield from s.buyer_says("buyer.by_mistake", (0.1, 2))
    service = s.desk(Role.SERVICE_AGENT)
    yield from s.does(service, k.SendMessage(s.words("desk.cancels")), (0.3, 6))
    yield from s.does(service, k.Cancel("mistake"), (0.02, 0.2))


@story(4, 11.5, Wish("delivered", least_minor=3_000, categories=("clothing", "home", "toys"), lines=1))
def a_person_looks_again(s: Scene) -> Script:
    """Nobody but the system had decided: the buyer asks for a person (law: 116号令 27)."""
    yield from s.opens(RETURN, "no_reason", "open.no_reason", received=True)
    yield from s.agrees((0.5, 20))
    yield from s.until(lambda case: case.stage is Stage.CLOSED)
    yield from s.does(s.buyer, k.AskHumanReview(s.words("review.was_in_hospital")), (3, 60))
    supervisor = s.desk(*SUPERVISES)
    yield from s.does(supervisor, k.Assign(supervisor.staff), (1, 10))
    ruling = k.Rule(
        RulingOutcome.RETURN_AND_REFUND,
        Fault.BUYER,
        k.FreightRuling(Payer.MERCHANT, Payer.BUYER),
        (finding(s, "finding.kept_from_sending", "law-no-reason", "scan:delivered"),),
        amount=s.case.amount_minor,
    )
    yield from s.does(supervisor, ruling, (2, 30))


@story(3, 4.5, Wish("delivered", categories=SOLID))
def talked_over_before(s: Scene) -> Script:
    """Agreed in a chat of the shop, and then not answered: a person reads the chat (rules §4)."""
    yield from s.opens(REFUND, "agreed", "open.agreed", amount=s.order.lines[0].paid // 2, received=True)
    yield from s.until(lambda case: case.stage is Stage.UNDER_REVIEW)
    arbitrator = s.desk(*RULES)
    yield from s.does(arbitrator, k.Assign(arbitrator.staff), (0.5, 8))
    yield from s.chat_comes_in((0.1, 0.5))
    chat = yield from s.files(s.buyer, "note.chat", (0.5, 6), EvidenceKind.CHAT_SCREENSHOT)
    ruling = k.Rule(
        RulingOutcome.REFUND,
        Fault.MERCHANT,
        OURS,
        (finding(s, "finding.agreed_in_chat", "agreement-binds", *chat),),
        amount=s.case.amount_minor,
        no_return_because=s.words("ruling.no_return_agreed"),
    )
    yield from s.does(arbitrator, ruling, (13, 28))


@story(3, 3, Wish("unshipped"))
def wish_found_in_the_chat(s: Scene) -> Script:
    """The shop asked the platform to refund, the buyer never answered (R4.4)."""
    yield from s.asks_platform()
    yield from s.until(lambda case: bool(case.look) or case.deadline("wish") is None)
    ruling = k.Rule(
        RulingOutcome.REFUND,
        Fault.NONE,
        OURS,
        (finding(s, "finding.wish_in_chat", "agreement-binds", "e1"),),
        amount=s.case.amount_minor,
    )
    yield from s.does(s.desk(*RULES), ruling, (1, 20))
