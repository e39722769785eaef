"""After the parcel arrived: returns, exchanges, resends, repairs (R2.2, R4.1, R4.6)."""

from amends.demo.orders import EXCLUDABLE, Wish
from amends.demo.scene import Scene, Script
from amends.demo.stories.book import story
from amends.domain import commands as k
from amends.domain.words import EvidenceKind, Goods, Kind, Ledger, Remedy, Side, Stage

RETURN = Kind.RETURN_AND_REFUND
PHOTO, PACKING, VIDEO = EvidenceKind.PHOTO, EvidenceKind.PACKING_PHOTO, EvidenceKind.VIDEO
RETURNABLE = ("clothing", "shoes", "bags", "home", "toys", "baby", "books", "electronics", "appliances", "jewellery")
DURABLE = ("electronics", "appliances", "furniture")


def check(s: Scene) -> Script:
    """The return arrives; the merchant looks at it, or forgets to."""
    yield from s.until(lambda case: case.goods is Goods.RETURN_DELIVERED)
    if s.chance(0.2):
        return
    if s.chance(0.4):
        yield from s.agent_says("agent.return_arrived", (1, 12))
    yield from s.does(s.agent, k.AcceptReturn(), (0.5, 24))


@story(22, 7, Wish("delivered", categories=RETURNABLE))
def no_reason(s: Scene) -> Script:
    yield from s.opens(RETURN, "no_reason", "open.no_reason", received=True)
    if s.chance(0.3):
        yield from s.buyer_says("buyer.can_i_return", (0.05, 1))
        yield from s.agent_says("agent.return_welcome", (0.1, 5))
    yield from s.agrees((0.3, 26))
    if s.chance(0.1):
        return
    yield from s.ships_return((3, 70))
    yield from check(s)


@story(6, 8, Wish("confirmed", categories=RETURNABLE))
def no_reason_and_no_answer(s: Scene) -> Script:
    yield from s.opens(RETURN, "no_reason", "open.no_reason", received=True)
    yield from s.until(lambda case: case.stage is Stage.IN_MOTION)
    yield from s.ships_return((5, 60))


@story(8, 7, Wish("delivered", categories=RETURNABLE, faults="坏"))
def quality_with_return(s: Scene) -> Script:
    s.breaks("坏")
    yield from s.opens(RETURN, "quality", "open.quality", PHOTO, VIDEO, received=True)
    yield from s.buyer_says("buyer.quality", (0.02, 0.2))
    yield from s.agent_says("agent.sorry_quality", (0.2, 5))
    yield from s.agrees((0.1, 3), "note.freight_ours")
    yield from s.ships_return((3, 40), freight_minor=s.draws.choice((800, 1_000, 1_200, 1_500)))
    yield from check(s)


@story(5, 8, Wish("delivered", categories=("clothing", "shoes"), faults="坏"))
def other_size(s: Scene) -> Script:
    yield from s.opens(Kind.EXCHANGE, "no_reason", "open.other_size", received=True)
    yield from s.buyer_says("buyer.other_size", (0.05, 0.5))
    yield from s.agent_says("agent.size_in_stock", (0.2, 5))
    yield from s.agrees((0.05, 2))
    yield from exchange(s)


@story(5, 9, Wish("delivered", categories=RETURNABLE))
def wrong_item(s: Scene) -> Script:
    s.breaks("错")
    yield from s.opens(Kind.EXCHANGE, "wrong_item", "open.wrong_item", PHOTO, received=True)
    yield from s.buyer_says("buyer.wrong_item", (0.02, 0.3))
    yield from s.agent_says("agent.sorry_wrong_item", (0.2, 6))
    yield from s.agrees((0.05, 3))
    yield from exchange(s)


def exchange(s: Scene) -> Script:
    yield from s.ships_return((3, 40))
    yield from check(s)
    yield from s.until(lambda case: case.goods is Goods.REPLACEMENT_DUE)
    if s.chance(0.2):
        return
    yield from s.ships_replacement((3, 30))
    yield from s.until(lambda case: case.deadline("confirm_replacement") is not None)
    if s.chance(0.6):
        yield from s.does(s.buyer, k.ConfirmReceipt(), (1, 30))
    elif s.chance(0.4):
        dispute = k.DisputeReplacement(s.words("buyer.replacement_wrong"), s.items(s.buyer, PHOTO))
        yield from s.does(s.buyer, dispute, (1, 10))
        yield from s.ships_replacement((3, 30))


@story(7, 6, Wish("delivered", faults="少"))
def pieces_missing(s: Scene) -> Script:
    s.breaks("少")
    yield from s.opens(Kind.RESEND, "missing_items", "open.missing", PHOTO, received=True)
    yield from s.buyer_says("buyer.missing", (0.02, 0.3))
    yield from s.agent_says("agent.weighs_and_checks", (0.2, 5))
    yield from s.agrees((0.2, 8))
    yield from s.ships_replacement((3, 24))
    yield from s.until(lambda case: case.deadline("confirm_replacement") is not None)
    if s.chance(0.5):
        yield from s.does(s.buyer, k.ConfirmReceipt(), (1, 40))


@story(5, 10, Wish("delivered", categories=DURABLE, faults="坏"))
def repaired(s: Scene) -> Script:
    s.breaks("坏")
    yield from s.opens(Kind.REPAIR, "quality", "open.quality", PHOTO, received=True)
    yield from s.buyer_says("buyer.quality", (0.02, 0.3))
    yield from s.agent_says("agent.can_repair", (0.2, 6))
    yield from s.agrees((0.1, 3))
    yield from s.ships_return((3, 30))
    yield from s.until(lambda case: case.goods is Goods.IN_REPAIR)
    yield from s.agent_says("agent.repairing", (2, 20))
    carrier, number = s.tracking()
    yield from s.does(s.agent, k.ShipReplacement(carrier, number, repaired=True), (20, 90))
    s.sends(carrier, number)
    yield from s.until(lambda case: case.deadline("confirm_replacement") is not None)
    yield from s.does(s.buyer, k.ConfirmReceipt(), (1, 40))


@story(4, 7, Wish("delivered", categories=("clothing", "home", "baby", "toys"), pieces=2, lines=1))
def one_piece_came_back(s: Scene) -> Script:
    yield from s.opens(RETURN, "no_reason", "open.no_reason", received=True)
    yield from s.agrees((0.5, 10))
    yield from s.ships_return((3, 40))
    yield from s.until(lambda case: case.goods is Goods.RETURN_DELIVERED)
    yield from s.agent_says("agent.one_piece_only", (1, 8))
    line = s.order.lines[0].line_no
    yield from s.does(s.agent, k.AcceptReturn((k.CaseLine(line, 1),)), (0.2, 2))
    yield from s.buyer_says("buyer.forgot_one", (0.5, 10))
    offer = yield from s.offers(
        Side.MERCHANT, k.MakeOffer(Remedy.REFUND_ONLY, _half_of_rest(s)), (1, 10), "offer.rest_half"
    )
    if s.chance(0.5):
        yield from s.does(s.buyer, k.AcceptOffer(offer), (1, 10))


def _half_of_rest(s: Scene) -> int:
    case = s.case
    return max(100, (case.maximum_minor - case.ordered_minor(Ledger.REFUND)) // 2)


@story(6, 2.5, Wish("delivered", faults="破"))
def damaged(s: Scene) -> Script:
    s.breaks("破")
    yield from s.opens(Kind.REFUND_ONLY, "damaged", "open.damaged", PHOTO, PACKING, received=True)
    yield from s.buyer_says("buyer.damaged", (0.02, 0.2))
    yield from s.agent_says("agent.sorry_damaged", (0.2, 5))
    if s.chance(0.5):
        yield from s.agent_says("agent.more_photos", (0.02, 0.1))
        yield from s.buyer_says("buyer.here_photos", (0.1, 5), PHOTO, PHOTO)
    yield from s.agrees((0.2, 20))


@story(5, 3, Wish("delivered", categories=("fresh", "packaged_food"), faults="变"))
def spoiled(s: Scene) -> Script:
    s.breaks("变")
    yield from s.opens(Kind.REFUND_ONLY, "spoiled", "open.spoiled", PHOTO, received=True)
    yield from s.buyer_says("buyer.spoiled", (0.02, 0.2), PHOTO)
    if s.chance(0.5):
        yield from s.agent_says("agent.sorry_spoiled", (0.2, 6))
        yield from s.agrees((0.1, 4))


@story(5, 2.5, Wish("delivered"))
def not_received(s: Scene) -> Script:
    yield from s.opens(Kind.REFUND_ONLY, "not_received", "open.not_received")
    yield from s.buyer_says("buyer.not_received", (0.02, 0.3))
    if s.chance(0.6):
        yield from s.agent_says("agent.asks_who_signed", (0.3, 6))
        yield from s.buyer_says("buyer.no_stranger", (0.1, 3))
        if s.chance(0.4):
            yield from s.agent_says("agent.found_at_gate", (0.5, 5))
            yield from s.does(s.buyer, k.Withdraw(s.words("buyer.found_it")), (0.5, 10))
        else:
            yield from s.agrees((0.5, 12), "note.parcel_missing")


@story(3, 2.5, Wish("delivered"))
def empty_parcel(s: Scene) -> Script:
    yield from s.opens(Kind.REFUND_ONLY, "empty_parcel", "open.empty", VIDEO, received=True)
    yield from s.buyer_says("buyer.empty", (0.02, 0.2))
    if s.chance(0.5):
        yield from s.agent_says("agent.weighs_and_checks", (0.5, 8))
        yield from s.agrees((0.5, 20))


@story(3, 9, Wish("delivered", categories=EXCLUDABLE, waived=False))
def unopened_after_all(s: Scene) -> Script:
    """Goods that may be excluded only where the buyer confirmed it; here nobody did."""
    yield from s.opens(RETURN, "no_reason", "open.unopened", received=True)
    yield from s.agent_says("agent.sealed", (0.2, 6))
    yield from s.buyer_says("buyer.sealed", (0.1, 2), PHOTO)
    yield from s.agrees((0.1, 4))
    yield from s.ships_return((3, 60))
    yield from check(s)


@story(3, 0.2, Wish("delivered", least_minor=0, most_minor=980, lines=1, pieces=1, faults="坏描"))
def cheap_and_paid_at_once(s: Scene) -> Script:
    s.breaks("坏描")
    yield from s.opens(Kind.REFUND_ONLY, "quality", "open.quality", PHOTO, received=True)
    if s.case.stage is Stage.AWAITING_MERCHANT:
        yield from s.agrees((0.3, 10), "note.small_sum")
