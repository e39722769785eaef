"""While the parcel is on its way (R3.1, R3.2, R4.5)."""

from amends.adapters.couriers.journeys import Way
from amends.demo.orders import Wish
from amends.demo.scene import Scene, Script
from amends.demo.stories.book import story
from amends.domain import commands as k
from amends.domain.words import Goods, Kind, Remedy, Side, Stage

REFUND = Kind.REFUND_ONLY
STANDARD = ("clothing", "shoes", "bags", "home", "toys", "baby", "books")
"""Categories whose parcels may be refused."""


def changes_mind(s: Scene) -> Script:
    yield from s.opens(REFUND, "changed_mind", "open.changed_mind")
    # The courier may be late in telling that the parcel left.
    yield from s.until(lambda case: case.goods is Goods.IN_TRANSIT)


@story(9, 1.0, Wish("in_transit", way=Way.DELIVERED, can_be_stopped=True))
def stopped_on_the_way(s: Scene) -> Script:
    yield from changes_mind(s)
    if s.chance(0.5):
        yield from s.agent_says("agent.will_stop_it", (0.2, 2))
    yield from s.does(s.agent, k.InterceptParcel(), (0.2, 4))


@story(6, 2.5, Wish("in_transit", way=Way.DELIVERED, can_be_stopped=False, categories=STANDARD))
def could_not_be_stopped(s: Scene) -> Script:
    yield from changes_mind(s)
    yield from s.does(s.agent, k.InterceptParcel(), (0.2, 4))
    yield from s.until(lambda case: case.stage is Stage.AWAITING_MERCHANT and case.intercepted_before)
    yield from s.agent_says("agent.not_stopped", (0.1, 1.5))
    if s.case.goods is Goods.IN_TRANSIT:
        yield from s.does(s.agent, k.AgreeRefundAfterRefusal(), (0.05, 0.5))
        yield from s.buyer_says("buyer.will_refuse", (0.1, 1))
        s.world.refuse_at_door(s.order)
    else:
        offer = yield from s.offers(
            Side.MERCHANT, k.MakeOffer(Remedy.RETURN_AND_REFUND), (0.1, 2), "offer.send_it_back"
        )
        yield from s.does(s.buyer, k.AcceptOffer(offer), (0.5, 12))
        yield from s.ships_return((3, 30))


@story(7, 2.5, Wish("in_transit", way=Way.DELIVERED, categories=STANDARD))
def refused_at_the_door(s: Scene) -> Script:
    yield from changes_mind(s)
    yield from s.agent_says("agent.please_refuse", (0.1, 2))
    yield from s.does(s.agent, k.AgreeRefundAfterRefusal(), (0.02, 0.3))
    yield from s.buyer_says("buyer.will_refuse", (0.1, 3))
    s.world.refuse_at_door(s.order)


@story(4, 8, Wish("in_transit", way=Way.DELIVERED, categories=STANDARD))
def signed_for_after_all(s: Scene) -> Script:
    yield from changes_mind(s)
    yield from s.does(s.agent, k.AgreeRefundAfterRefusal(), (0.1, 3))
    yield from s.until(lambda case: case.goods is Goods.WITH_BUYER)
    yield from s.agent_says("agent.shows_as_signed", (0.2, 3))
    yield from s.buyer_says("buyer.family_signed", (0.1, 2))
    offer = yield from s.offers(Side.MERCHANT, k.MakeOffer(Remedy.RETURN_AND_REFUND), (0.1, 1), "offer.send_it_back")
    yield from s.does(s.buyer, k.AcceptOffer(offer), (0.2, 8))
    yield from s.ships_return((3, 30))
    yield from s.until(lambda case: case.goods is Goods.RETURN_DELIVERED)
    yield from s.does(s.agent, k.AcceptReturn(), (2, 20))


@story(6, 2.2, Wish("stuck", way=Way.STUCK))
def no_scan_for_days(s: Scene) -> Script:
    yield from s.opens(REFUND, "stuck_in_transit", "open.stuck")
    yield from s.buyer_says("buyer.where_is_it", (0.1, 3))
    if s.chance(0.6):
        yield from s.agent_says("agent.asked_the_courier", (0.3, 8))
        yield from s.agrees((0.5, 12), "note.parcel_missing")


@story(4, 5, Wish("in_transit", way=Way.DELIVERED))
def nobody_answered_on_the_way(s: Scene) -> Script:
    yield from changes_mind(s)
    yield from s.buyer_says("buyer.anybody_there", (4, 20))


@story(5, 10, Wish("in_transit", way=Way.COLLECTED))
def it_left_before(s: Scene) -> Script:
    yield from changes_mind(s)
    yield from s.agent_says("agent.left_before", (0.1, 1.5))
    yield from s.rejects(
        "shipped_normally",
        ("point.left_before", "point.return_possible"),
        reply="buyer.cannot_you_call_back",
        answer="agent.return_it_then",
    )
    if s.chance(0.4):
        yield from s.does(s.buyer, k.Withdraw(s.words("buyer.then_keep_it")), (3, 40))


@story(3, 1.5, Wish("in_transit", way=Way.DELIVERED))
def wants_it_after_all(s: Scene) -> Script:
    yield from changes_mind(s)
    yield from s.does(s.agent, k.InterceptParcel(), (0.2, 2))
    yield from s.does(s.buyer, k.Withdraw(s.words("buyer.then_keep_it")), (0.1, 1))
