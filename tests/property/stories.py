"""Lives too particular for chance: each leads to states that dice hardly ever reach."""

from collections.abc import Callable
from copy import copy
from datetime import timedelta
from typing import Literal

from msgspec.structs import replace

from amends.domain import commands as k
from amends.domain.actor import SYSTEM, Actor
from amends.domain.case import Case
from amends.domain.commands import CaseLine, EvidenceItem, Finding, FreightRuling
from amends.domain.docket import Decided
from amends.domain.order import Line, Merchant, Payment, Scan
from amends.domain.words import (
    EvidenceKind,
    Fault,
    Holding,
    Kind,
    Leg,
    Payer,
    PayoutState,
    Remedy,
    RulingOutcome,
    ScanCode,
    SmallPaymentType,
    Stage,
)
from tests.property import invariants, news, strategies
from tests.property.dice import Dice, Seeded
from tests.property.lives import Life
from tests.property.people import ARBITRATORS, BUYER, OWNER, SUPERVISORS
from tests.property.world import FIRST_CASE_ID, MERCHANT_ID, Seen, World

CASE = FIRST_CASE_ID
PIECES = (CaseLine(1, 2),)
RETURN_IT = k.Rule(
    RulingOutcome.RETURN_AND_REFUND,
    Fault.MERCHANT,
    FreightRuling(Payer.MERCHANT, Payer.MERCHANT),
    (Finding("双方都没有新的凭证", ("scan:delivered",), "visible-defect"),),
    20_000,
)


class Story(Life):
    """One order of two pieces, paid through two channels, with all its commands written down."""

    def __init__(self, seen: Seen, *, curious: bool = True) -> None:
        self.dice = Seeded(0)
        self.curious, self.stubborn, self.calm = curious, False, False
        merchant = Merchant(MERCHANT_ID, addresses=news.ADDRESSES)
        self.world = World(merchant, news.STARTS[0], seen, tell=self.dice.tell)

    def says(self, actor: Actor, command: k.Command, case_id: int | None = CASE) -> None:
        answer = self.world.send(actor, command, case_id)
        assert isinstance(answer, Decided), f"{command} was refused: {answer}"
        invariants.hold(self.world)
        if self.curious:
            self.everything_is_tried()

    def continued(self, dice: Dice, seen: Seen) -> Life:
        """Another life from here, with other dice."""
        life = copy(self)
        life.dice, life.stubborn, life.calm = dice, dice.chance(40), dice.chance(60)
        life.world = self.world.fork()
        life.world.seen, life.world.tell = seen, dice.tell
        return life

    def says_as_fits(self, actor: Actor, kind: type[k.Command]) -> None:
        self.says(actor, strategies.fitting(kind, self.world.look(CASE, actor), self.dice))

    def after(self, **length: float) -> "Story":
        self.world.now += timedelta(**length)
        return self

    def shop_tells(self, category: str = "appliances", paid: int = 20_000) -> None:
        now = self.world.now
        line = Line(1, "sku1", "电水壶", category, 2, paid // 2, paid)
        payments = (Payment("wechat", "w1", 4_000), Payment("alipay", "a1", paid - 4_000))
        order = k.SyncOrder(
            "o1", "b42", "CNY", (line,), 0, paid, payments, ship_by=now, paid_at=now, carrier="SF", tracking_no="SF1",
            buyer_phone="00000000042",
        )  # fmt: skip
        self.told = order
        self.says(SYSTEM, order, None)

    def parcel_is(self, *codes: ScanCode, leg: Leg = Leg.OUTWARD) -> None:
        for code in codes:
            self.after(minutes=5)
            number, about = ("SF1", None) if leg is Leg.OUTWARD else ("R1", CASE)
            self.says(SYSTEM, k.RecordScan(leg, "SF", number, Scan(code, self.world.now)), about)

    def buyer_asks(self, kind: Kind, reason: str) -> None:
        evidence = strategies.proof(self.world.policies.in_force(self.world.now).reasons[reason].evidence)
        asked = k.OpenCase("o1", PIECES, kind, reason, goods_received=True, note=strategies.NOTE, evidence=evidence)
        self.says(BUYER, asked, None)

    def merchant_rejects(self, reason: str) -> None:
        self.says(OWNER, k.SendMessage(strategies.WORDS))
        self.says(OWNER, k.PrepareRejection(1, reason))
        self.after(minutes=31)
        self.says_as_fits(OWNER, k.Reject)

    def provider_says(self, answer: Literal["done", "failed", "unknown"]) -> None:
        for payout in self.case.payouts:
            if payout.state is PayoutState.PAYING:
                self.says(SYSTEM, k.RecordPayout(payout.payout_id, answer))

    @property
    def case(self) -> Case:
        return self.world.cases[0]


def a_rejection_while_the_parcel_is_on_its_way(story: Story) -> None:
    story.shop_tells()
    story.parcel_is(ScanCode.PICKED_UP)
    story.after(hours=1).buyer_asks(Kind.REFUND_ONLY, "changed_mind")
    story.merchant_rejects("shipped_normally")
    story.says(OWNER, k.MakeOffer(Remedy.REFUND_ONLY, 5_000))
    story.says(BUYER, k.MakeOffer(Remedy.REFUND_ONLY, 9_000))
    story.parcel_is(ScanCode.OUT_FOR_DELIVERY)
    story.after(hours=3).is_tried(CASE, k.InterceptParcel)
    story.says_as_fits(ARBITRATORS[0], k.Suspend)


def a_ruled_return_that_came_in_part_and_is_appealed(story: Story, second_answer: Literal["failed", "unknown"]) -> None:
    story.shop_tells()
    story.parcel_is(ScanCode.PICKED_UP, ScanCode.DELIVERED)
    story.buyer_asks(Kind.RETURN_AND_REFUND, "quality")
    story.merchant_rejects("facts_differ")
    story.says(BUYER, k.RequestIntervention())
    story.after(hours=13)
    story.says(ARBITRATORS[0], RETURN_IT)
    story.says(BUYER, k.ShipReturn("YTO", "R1", 1_200, EvidenceItem(EvidenceKind.FREIGHT_RECEIPT)))
    story.parcel_is(ScanCode.PICKED_UP, ScanCode.DELIVERED, leg=Leg.RETURN)
    story.says_as_fits(OWNER, k.Appeal)
    story.says(OWNER, k.AcceptReturn((CaseLine(1, 1),)))
    assert story.case.stage is Stage.AWAITING_BUYER
    first, second = (payout.payout_id for payout in story.case.payouts[:2])
    story.says(SYSTEM, k.RecordPayout(first, "done"))
    story.says(SYSTEM, k.RecordPayout(second, second_answer))
    story.after(hours=73)
    story.is_tried(CASE, k.SettlePayout)
    story.is_tried(CASE, k.NamePayoutAccount)
    story.says(BUYER, k.Modify(note=strategies.NOTE))
    story.is_tried(CASE, k.SettlePayout)
    story.is_tried(CASE, k.NamePayoutAccount)


def a_return_that_came_back_damaged(story: Story) -> None:
    story.shop_tells()
    story.parcel_is(ScanCode.PICKED_UP, ScanCode.DELIVERED)
    story.buyer_asks(Kind.RETURN_AND_REFUND, "quality")
    story.says(OWNER, k.Agree(1))
    story.says(BUYER, k.ShipReturn("YTO", "R1"))
    story.parcel_is(ScanCode.DELIVERED, leg=Leg.RETURN)
    story.merchant_rejects("return_damaged")


def a_return_that_does_not_arrive(story: Story) -> None:
    story.shop_tells()
    story.parcel_is(ScanCode.PICKED_UP, ScanCode.DELIVERED)
    story.buyer_asks(Kind.RETURN_AND_REFUND, "quality")
    story.says(OWNER, k.Agree(1))
    story.says(BUYER, k.ShipReturn("YTO", "R1"))
    story.parcel_is(ScanCode.PICKED_UP, leg=Leg.RETURN)
    story.after(days=11).says(SYSTEM, k.Lapse())
    assert story.case.look == "return_overdue"


def a_claim_that_was_dismissed_and_is_made_again(story: Story) -> None:
    story.shop_tells()
    story.parcel_is(ScanCode.PICKED_UP, ScanCode.DELIVERED)
    story.buyer_asks(Kind.RETURN_AND_REFUND, "quality")
    story.merchant_rejects("facts_differ")
    story.says(BUYER, k.RequestIntervention())
    story.says(ARBITRATORS[0], replace(RETURN_IT, outcome=RulingOutcome.DISMISS, amount=None))
    again = strategies.application(story.dice, story.world, possible=False)
    assert again is not None
    asked = replace(again[0], kind=Kind.RETURN_AND_REFUND, reason="quality", lines=PIECES)
    assert not isinstance(story.world.send(BUYER, asked), Decided)


def an_application_that_is_changed_again_and_again(story: Story) -> None:
    story.shop_tells()
    story.parcel_is(ScanCode.PICKED_UP, ScanCode.DELIVERED)
    story.buyer_asks(Kind.REFUND_ONLY, "quality")
    for amount in (4, 3, 2, 1):
        story.says(BUYER, k.Modify(amount=amount))
    story.is_tried(CASE, k.Modify)


def goods_that_cannot_be_refused(story: Story) -> None:
    story.shop_tells("fresh")
    story.parcel_is(ScanCode.PICKED_UP)
    story.buyer_asks(Kind.REFUND_ONLY, "changed_mind")
    story.is_tried(CASE, k.AgreeRefundAfterRefusal)


def a_talk_that_goes_round_in_circles(story: Story) -> None:
    story.shop_tells()
    story.parcel_is(ScanCode.PICKED_UP, ScanCode.DELIVERED)
    story.buyer_asks(Kind.REFUND_ONLY, "quality")
    story.says(OWNER, k.SendMessage(strategies.WORDS))
    story.says(OWNER, k.PrepareRejection(1, "facts_differ"))
    story.is_tried(CASE, k.Reject)
    story.says(BUYER, k.SendMessage(strategies.WORDS))
    story.is_tried(CASE, k.Reject)
    story.says(OWNER, k.PrepareRejection(1, "facts_differ"))
    story.is_tried(CASE, k.PrepareRejection)


def a_large_claim_that_two_persons_decide(story: Story) -> None:
    story.shop_tells(paid=80_000)
    story.parcel_is(ScanCode.PICKED_UP, ScanCode.DELIVERED)
    story.buyer_asks(Kind.RETURN_AND_REFUND, "quality")
    story.says(OWNER, k.Agree(1))
    story.says(BUYER, k.ShipReturn("YTO", "R1"))
    story.parcel_is(ScanCode.DELIVERED, leg=Leg.RETURN)
    story.merchant_rejects("return_damaged")
    story.says(BUYER, k.RequestIntervention())
    send_back = replace(RETURN_IT, outcome=RulingOutcome.DISMISS, amount=None, goods=Holding.BACK_TO_BUYER)
    for _ in range(2):
        story.says(ARBITRATORS[0], send_back)
        story.is_tried(CASE, k.ApproveRuling)
        story.says(ARBITRATORS[1], k.ApproveRuling(approve=False, reason="认定的事实缺少凭证支持"))
    assert not isinstance(story.world.send(ARBITRATORS[0], send_back, CASE), Decided)
    story.says(SUPERVISORS[0], send_back)
    story.says(OWNER, k.ShipBack("YTO", "B1"))


def a_payout_that_nobody_knows_of_while_the_platform_looks(story: Story) -> None:
    a_ruled_return_that_came_in_part_and_is_appealed(story, "unknown")
    story.says(OWNER, k.Agree(2))
    story.is_tried(CASE, k.SettlePayout)


def a_part_paid_case_that_goes_to_the_platform(story: Story) -> None:
    story.shop_tells()
    story.parcel_is(ScanCode.PICKED_UP, ScanCode.DELIVERED)
    story.buyer_asks(Kind.RETURN_AND_REFUND, "quality")
    story.says(OWNER, k.Agree(1))
    story.says(BUYER, k.ShipReturn("YTO", "R1"))
    story.parcel_is(ScanCode.DELIVERED, leg=Leg.RETURN)
    story.says(OWNER, k.AcceptReturn((CaseLine(1, 1),)))
    story.provider_says("unknown")
    story.says(BUYER, k.RequestIntervention())
    story.after(hours=73).is_tried(CASE, k.SettlePayout)


def an_unknown_payout_of_a_returned_part(story: Story) -> None:
    a_ruled_return_that_came_in_part_and_is_appealed(story, "unknown")


def a_failed_payout_of_a_returned_part(story: Story) -> None:
    a_ruled_return_that_came_in_part_and_is_appealed(story, "failed")


def a_repair_that_takes_too_long(story: Story) -> None:
    story.shop_tells()
    story.parcel_is(ScanCode.PICKED_UP, ScanCode.DELIVERED)
    story.buyer_asks(Kind.REPAIR, "quality")
    story.says(OWNER, k.Agree(1))
    story.says(BUYER, k.ShipReturn("YTO", "R1"))
    story.parcel_is(ScanCode.DELIVERED, leg=Leg.RETURN)
    story.after(days=31)
    story.says(SYSTEM, k.Lapse())
    story.says(BUYER, k.ChooseAfterRepair("exchange"))
    story.says(OWNER, k.ShipReplacement("YTO", "R1"))
    story.parcel_is(ScanCode.DELIVERED, leg=Leg.REPLACEMENT)
    story.says(BUYER, k.DisputeReplacement("颜色不对"))


def small_payments_without_end(story: Story) -> None:
    story.shop_tells()
    story.parcel_is(ScanCode.PICKED_UP, ScanCode.DELIVERED)
    story.buyer_asks(Kind.REFUND_ONLY, "quality")
    kind = SmallPaymentType.DIFFERENCE
    offer = k.MakeOffer(Remedy.SMALL_PAYMENT, 2_000, message="补偿", small_payment_type=kind)
    for number in (1, 2, 3):
        story.says(OWNER, offer)
        story.says_as_fits(BUYER, k.AcceptOffer)
        story.provider_says("done")
        assert story.case.small_payments == number
    refused = story.world.send(OWNER, offer, CASE)
    assert not isinstance(refused, Decided)


def an_order_that_nobody_told_of(story: Story) -> None:
    asked = k.OpenCase("o1", PIECES, Kind.REFUND_ONLY, "changed_mind", goods_received=False)
    assert not isinstance(story.world.send(BUYER, asked), Decided)


STORIES: tuple[Callable[[Story], None], ...] = (
    a_rejection_while_the_parcel_is_on_its_way,
    a_return_that_came_back_damaged,
    a_return_that_does_not_arrive,
    a_claim_that_was_dismissed_and_is_made_again,
    an_application_that_is_changed_again_and_again,
    goods_that_cannot_be_refused,
    a_talk_that_goes_round_in_circles,
    a_large_claim_that_two_persons_decide,
    a_payout_that_nobody_knows_of_while_the_platform_looks,
    a_part_paid_case_that_goes_to_the_platform,
    an_unknown_payout_of_a_returned_part,
    a_failed_payout_of_a_returned_part,
    a_repair_that_takes_too_long,
    small_payments_without_end,
    an_order_that_nobody_told_of,
)


def ends_of_stories() -> tuple[Story, ...]:
    """Where the stories led, as beginnings of other lives."""
    told = []
    for story in STORIES[:-1]:
        end = Story(Seen(), curious=False)
        story(end)
        told.append(end)
    return tuple(told)
