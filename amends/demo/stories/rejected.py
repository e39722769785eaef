"""Rejected after talking, and left so, or called by telephone first (R3.4, R3.5)."""

from amends.demo.orders import Wish
from amends.demo.scene import Scene, Script
from amends.demo.stories.book import story
from amends.demo.stories.negotiated import WORTH_TALKING, part
from amends.domain import commands as k
from amends.domain.words import EvidenceKind, Kind, Remedy, Side

REFUND = Kind.REFUND_ONLY
PHOTO = EvidenceKind.PHOTO


@story(8, 9.5, Wish("delivered", least_minor=WORTH_TALKING, faults="坏描"))
def facts_differ(s: Scene) -> Script:
    s.breaks("坏描")
    yield from s.opens(REFUND, "quality", "open.quality", PHOTO, received=True)
    yield from s.agent_says("agent.facts_differ", (0.2, 6))
    yield from s.rejects(
        "facts_differ",
        ("point.checked_before_sending", "point.photos_show_use"),
        PHOTO,
        reply="buyer.insists",
        answer="agent.stands_by_it",
    )


@story(5, 9, Wish("delivered", least_minor=WORTH_TALKING, faults="坏描"))
def no_word_from_the_buyer(s: Scene) -> Script:
    s.breaks("坏描")
    yield from s.opens(REFUND, "not_as_described", "open.described", PHOTO, received=True)
    yield from s.agent_says("agent.asks_what_differs", (0.3, 6))
    yield from s.does(s.agent, k.RevealContact(s.words("note.why_phone")), (1, 8))
    yield from s.does(s.agent, k.RecordCall("no_answer", s.words("note.no_answer")), (0.1, 0.5))
    yield from s.rejects("buyer_unreachable", ("point.tried_to_reach", "point.photos_do_not_show"))


@story(5, 9, Wish("delivered", least_minor=4_000, faults="坏描破"))
def no_agreement_on_the_amount(s: Scene) -> Script:
    s.breaks("坏描破")
    yield from s.opens(REFUND, "quality", "open.quality", PHOTO, received=True)
    yield from s.agent_says("agent.sorry_quality", (0.3, 5))
    first = yield from s.offers(Side.MERCHANT, k.MakeOffer(Remedy.REFUND_ONLY, part(s, 2)), (0.05, 1), "offer.part")
    yield from s.does(s.buyer, k.DeclineOffer(first, s.words("buyer.too_little")), (0.1, 5))
    yield from s.offers(Side.MERCHANT, k.MakeOffer(Remedy.REFUND_ONLY, part(s, 3)), (0.3, 6), "offer.last")
    yield from s.rejects(
        "amount_differs",
        ("point.fair_offer", "point.return_possible"),
        reply="buyer.all_or_nothing",
        answer="agent.stands_by_offer",
    )
    if s.chance(0.4):
        yield from s.does(s.buyer, k.Modify(kind=Kind.RETURN_AND_REFUND), (2, 40))


@story(6, 1.2, Wish("delivered", least_minor=WORTH_TALKING, faults="坏描"))
def waiting_for_the_reply(s: Scene) -> Script:
    """Caught between the script and the rejection: the wait is on the page."""
    s.breaks("坏描")
    yield from s.opens(REFUND, "quality", "open.quality", PHOTO, received=True)
    yield from s.agent_says("agent.facts_differ", (0.3, 8))
    yield from s.does(s.agent, k.PrepareRejection(1, "proof_insufficient"), (0.1, 1))
    if s.chance(0.6):
        yield from s.buyer_says("buyer.here_photos", (1, 12), PHOTO, PHOTO)


@story(5, 1.5, Wish("delivered", least_minor=WORTH_TALKING, faults="坏描"))
def not_answered_yet(s: Scene) -> Script:
    """New on the merchant's desk."""
    s.breaks("坏描")
    yield from s.opens(Kind.RETURN_AND_REFUND, "quality", "open.quality", PHOTO, received=True)
    yield from s.buyer_says("buyer.quality", (0.02, 0.5))
    if s.chance(0.5):
        yield from s.buyer_says("buyer.anybody_there", (3, 14))
