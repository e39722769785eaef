"""Settled between the two: offers, counter-offers, small payments, changed applications (R2.1, R3.3, R5.2)."""

from amends.demo.orders import Wish
from amends.demo.scene import Scene, Script
from amends.demo.stories.book import story
from amends.domain import commands as k
from amends.domain.words import EvidenceKind, Goods, Kind, Remedy, Side, SmallPaymentType, Stage

REFUND, RETURN = Kind.REFUND_ONLY, Kind.RETURN_AND_REFUND
PHOTO, VIDEO = EvidenceKind.PHOTO, EvidenceKind.VIDEO
WORTH_TALKING = 2_500
RETURNABLE = ("clothing", "home", "toys", "shoes", "electronics")


def part(s: Scene, tenths: int) -> int:
    """So many tenths of what is asked, in whole yuan."""
    return max(100, s.case.amount_minor * tenths // 10 // 100 * 100)


@story(14, 2.5, Wish("delivered", least_minor=WORTH_TALKING, faults="坏描破"))
def keeps_it_for_less(s: Scene) -> Script:
    s.breaks("坏描破")
    yield from s.opens(REFUND, "quality", "open.quality", PHOTO, VIDEO, received=True)
    yield from s.buyer_says("buyer.quality", (0.02, 0.3))
    yield from s.agent_says("agent.sorry_quality", (0.2, 4))
    offer = yield from s.offers(
        Side.MERCHANT, k.MakeOffer(Remedy.REFUND_ONLY, part(s, s.draws.randint(2, 4))), (0.05, 1), "offer.part"
    )
    if s.chance(0.75):
        yield from s.buyer_says("buyer.takes_part", (0.1, 12))
        yield from s.does(s.buyer, k.AcceptOffer(offer), (0.02, 0.1))


@story(9, 3, Wish("delivered", least_minor=WORTH_TALKING, faults="坏描破"))
def meets_in_the_middle(s: Scene) -> Script:
    s.breaks("坏描破")
    yield from s.opens(REFUND, "not_as_described", "open.described", PHOTO, received=True)
    yield from s.agent_says("agent.asks_what_differs", (0.2, 5))
    yield from s.buyer_says("buyer.differs", (0.1, 3), PHOTO)
    first = yield from s.offers(Side.MERCHANT, k.MakeOffer(Remedy.REFUND_ONLY, part(s, 2)), (0.1, 3), "offer.part")
    yield from s.does(s.buyer, k.DeclineOffer(first, s.words("buyer.too_little")), (0.1, 5))
    counter = yield from s.offers(Side.BUYER, k.MakeOffer(Remedy.REFUND_ONLY, part(s, 5)), (0.02, 0.3), "offer.counter")
    if s.chance(0.5):
        yield from s.does(s.agent, k.AcceptOffer(counter), (0.3, 8))
        return
    last = yield from s.offers(Side.MERCHANT, k.MakeOffer(Remedy.REFUND_ONLY, part(s, 4)), (0.3, 6), "offer.last")
    if s.chance(0.7):
        yield from s.does(s.buyer, k.AcceptOffer(last), (0.2, 10))


@story(9, 2, Wish("delivered", least_minor=WORTH_TALKING, faults="坏破"))
def small_payment(s: Scene) -> Script:
    s.breaks("坏破")
    yield from s.opens(RETURN, "quality", "open.quality", PHOTO, received=True)
    yield from s.buyer_says("buyer.quality", (0.02, 0.3))
    yield from s.agent_says("agent.worth_returning", (0.2, 4))
    amount = s.draws.choice((500, 800, 1_000, 1_500))
    command = k.MakeOffer(
        Remedy.SMALL_PAYMENT,
        amount,
        message=s.words("offer.small_message"),
        small_payment_type=SmallPaymentType.DIFFERENCE,
    )
    offer = yield from s.offers(Side.MERCHANT, command, (0.05, 1), "offer.small")
    if s.chance(0.8):
        yield from s.does(s.buyer, k.AcceptOffer(offer), (0.1, 12))


@story(5, 8, Wish("delivered", least_minor=4_000, categories=("clothing", "home", "electronics", "shoes"), faults="坏"))
def better_return_it(s: Scene) -> Script:
    """Money alone is asked; a return is what both can live with."""
    s.breaks("坏")
    yield from s.opens(REFUND, "quality", "open.quality", PHOTO, received=True)
    yield from s.agent_says("agent.return_is_free", (0.3, 6))
    offer = yield from s.offers(Side.MERCHANT, k.MakeOffer(Remedy.RETURN_AND_REFUND), (0.05, 1), "offer.send_it_back")
    yield from s.does(s.buyer, k.AcceptOffer(offer), (0.3, 15))
    yield from s.ships_return((3, 40))
    yield from s.until(lambda case: case.goods is Goods.RETURN_DELIVERED)
    yield from s.does(s.agent, k.AcceptReturn(), (1, 24))


@story(7, 6, Wish("delivered", least_minor=WORTH_TALKING, categories=RETURNABLE, faults="坏描"))
def asks_again_otherwise(s: Scene) -> Script:
    s.breaks("坏描")
    yield from s.opens(REFUND, "quality", "open.quality", PHOTO, received=True)
    yield from s.agent_says("agent.return_is_free", (0.3, 8))
    yield from s.buyer_says("buyer.return_then", (0.1, 5))
    yield from s.does(s.buyer, k.Modify(kind=RETURN, note=s.words("open.quality")), (0.02, 0.2))
    yield from s.agrees((0.2, 12))
    if s.chance(0.7):
        yield from s.ships_return((3, 40))


@story(5, 1.5, Wish("delivered", least_minor=WORTH_TALKING))
def price_fell(s: Scene) -> Script:
    s.amount_minor = max(200, s.order.lines[0].paid // 8 // 100 * 100)
    yield from s.opens(REFUND, "price_difference", "open.cheaper_now", amount=s.amount_minor, received=True)
    yield from s.agent_says("agent.price_guarantee", (0.3, 8))
    yield from s.agrees((0.1, 4), "note.difference")


@story(3, 1.5, Wish("delivered"))
def freight_back(s: Scene) -> Script:
    s.amount_minor = s.draws.choice((600, 800, 1_000, 1_200))
    yield from s.opens(
        REFUND, "freight_refund", "open.freight", EvidenceKind.FREIGHT_RECEIPT, amount=s.amount_minor, received=True
    )
    yield from s.agent_says("agent.freight_ours", (0.3, 10))
    yield from s.agrees((0.1, 4))


@story(3, 1.5, Wish("delivered", least_minor=WORTH_TALKING))
def agreed_beforehand(s: Scene) -> Script:
    yield from s.opens(REFUND, "agreed", "open.agreed", amount=s.order.lines[0].paid // 2, received=True)
    yield from s.agrees((1, 30))


@story(4, 5, Wish("delivered", least_minor=WORTH_TALKING))
def other_and_withdrawn(s: Scene) -> Script:
    yield from s.opens(REFUND, "other", "open.other", received=True)
    yield from s.agent_says("agent.how_to_use", (0.2, 8))
    if s.chance(0.6):
        yield from s.buyer_says("buyer.works_now", (0.2, 10))
        yield from s.does(s.buyer, k.Withdraw(), (0.02, 0.5))


@story(5, 2.5, Wish("delivered", least_minor=WORTH_TALKING, faults="坏"))
def called_on_the_phone(s: Scene) -> Script:
    s.breaks("坏")
    yield from s.opens(REFUND, "quality", "open.quality", PHOTO, received=True)
    yield from s.does(s.agent, k.RevealContact(s.words("note.why_phone")), (0.3, 6))
    call = k.RecordCall("reached", s.words("note.call"))
    yield from s.does(s.agent, call, (0.1, 0.5))
    yield from s.agent_says("agent.after_the_call", (0.02, 0.2))
    offer = yield from s.offers(
        Side.MERCHANT, k.MakeOffer(Remedy.REFUND_ONLY, part(s, 5)), (0.02, 0.2), "offer.as_said"
    )
    yield from s.does(s.buyer, k.AcceptOffer(offer), (0.1, 6))


@story(6, 9.5, Wish("delivered", least_minor=WORTH_TALKING, faults="坏描"))
def settled_after_closing(s: Scene) -> Script:
    """The buyer let the rejection stand; the shop comes back with an offer all the same (R2.1)."""
    s.breaks("坏描")
    yield from s.opens(REFUND, "quality", "open.quality", PHOTO, received=True)
    yield from s.agent_says("agent.facts_differ", (0.2, 5))
    yield from s.rejects(
        "facts_differ",
        ("point.checked_before_sending", "point.photos_show_use"),
        PHOTO,
        reply="buyer.insists",
        answer="agent.stands_by_it",
    )
    yield from s.until(lambda case: case.stage is Stage.CLOSED)
    offer = yield from s.offers(Side.MERCHANT, k.MakeOffer(Remedy.REFUND_ONLY, part(s, 3)), (5, 40), "offer.goodwill")
    if s.chance(0.9):
        yield from s.does(s.buyer, k.AcceptOffer(offer), (1, 30))
