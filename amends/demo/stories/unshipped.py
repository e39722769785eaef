"""Before the parcel left (R4.4)."""

from amends.demo.orders import Wish
from amends.demo.scene import Scene, Script
from amends.demo.stories.book import story
from amends.domain import commands as k
from amends.domain.words import EvidenceKind, Kind, Remedy, Side

REFUND = Kind.REFUND_ONLY


@story(12, 0.8, Wish("unshipped"))
def changed_mind(s: Scene) -> Script:
    yield from s.opens(REFUND, "changed_mind", "open.changed_mind")
    if s.chance(0.5):
        yield from s.buyer_says("buyer.cancel_please", (0.05, 0.4))
        yield from s.agent_says("agent.not_left_yet", (0.1, 1.5))
    yield from s.agrees((0.3, 9))


@story(5, 0.3, Wish("unshipped", label_printed=False))
def nothing_printed_yet(s: Scene) -> Script:
    yield from s.opens(REFUND, "changed_mind", "open.changed_mind")


@story(5, 1.6, Wish("late"))
def late_and_silent(s: Scene) -> Script:
    yield from s.opens(REFUND, "late_shipping", "open.late")
    yield from s.buyer_says("buyer.still_not_sent", (2, 8))


@story(5, 1.0, Wish("late"))
def late_and_sorry(s: Scene) -> Script:
    yield from s.opens(REFUND, "late_shipping", "open.late")
    yield from s.agent_says("agent.sorry_late", (0.1, 1))
    if s.chance(0.4):
        yield from s.buyer_says("buyer.no_more_waiting", (0.1, 0.8))
    yield from s.agrees((0.1, 0.8))


@story(4, 0.8, Wish("unshipped"))
def out_of_stock(s: Scene) -> Script:
    yield from s.opens(REFUND, "out_of_stock", "open.out_of_stock")
    yield from s.agent_says("agent.out_of_stock", (0.3, 3))
    yield from s.buyer_says("buyer.fine_refund", (0.1, 2))
    yield from s.agrees((0.1, 3))


@story(4, 1, Wish("unshipped"))
def shop_asks_the_platform(s: Scene) -> Script:
    """The shop has no refund button of its own."""
    yield from s.asks_platform()
    yield from s.does(s.buyer, k.AcceptOffer(s.case.offers[0].offer_id), (1, 20))


@story(4, 1.0, Wish("unshipped"))
def talked_out_of_it(s: Scene) -> Script:
    yield from s.opens(REFUND, "changed_mind", "open.changed_mind")
    yield from s.agent_says("agent.leaves_today", (0.1, 2))
    yield from s.buyer_says("buyer.then_send_it", (0.1, 3))
    yield from s.does(s.buyer, k.Withdraw(), (0.02, 0.1))


@story(5, 9, Wish("unshipped", categories=("custom",)))
def work_has_begun(s: Scene) -> Script:
    yield from s.opens(REFUND, "changed_mind", "open.changed_mind")
    yield from s.agent_says("agent.work_has_begun", (0.2, 2))
    yield from s.rejects(
        "made_to_order",
        ("point.made_to_order", "point.listing_says_custom"),
        EvidenceKind.LISTING_TAG,
        EvidenceKind.PHOTO,
        reply="buyer.did_not_know_custom",
        answer="agent.can_pay_material",
    )
    if s.chance(0.5):
        part = s.order.lines[0].paid * s.draws.choice((4, 5, 6)) // 10
        offer = yield from s.offers(
            Side.MERCHANT, k.MakeOffer(Remedy.REFUND_ONLY, part), (2, 20), "offer.part_of_custom"
        )
        yield from s.does(s.buyer, k.AcceptOffer(offer), (1, 20))


@story(4, 4, Wish("unshipped", reference="closed-account"))
def account_was_closed(s: Scene) -> Script:
    """No channel takes the money back: the buyer names an account (rules §3)."""
    yield from s.opens(REFUND, "changed_mind", "open.changed_mind")
    yield from s.agrees((0.3, 6))
    yield from s.until(lambda case: case.deadline("payout_account") is not None)
    if s.chance(0.5):
        yield from s.buyer_says("buyer.card_was_closed", (3, 30))
        account = k.NamePayoutAccount("unionpay", f"card-{s.draws.randint(0, 9999):04}")
        yield from s.does(s.buyer, account, (0.1, 3))


@story(3, 0.6, Wish("unshipped", least_minor=2_000))
def cheaper_since(s: Scene) -> Script:
    s.amount_minor = max(100, s.order.lines[0].paid // 10 // 100 * 100)
    yield from s.opens(REFUND, "price_difference", "open.cheaper_now", amount=s.amount_minor)
    yield from s.agrees((0.3, 7), "note.difference")


@story(3, 0.6, Wish("unshipped"))
def refunded_by_the_shop(s: Scene) -> Script:
    yield from s.opens(REFUND, "changed_mind", "open.changed_mind")
    yield from s.shop_refunds((1, 8))
