"""Cases as tests meet them: each story ends at the instant at which the clock of its name begins."""

from amends.domain import commands as k
from amends.domain import events as e
from amends.domain.words import Basis, EvidenceKind, Holding, Kind, Leg, Outcome, Remedy, RulingOutcome, ScanCode, Side
from tests.support.given import (
    ARBITRATOR,
    BUYER,
    OPERATOR,
    OWNER,
    SUPERVISOR,
    TOLD,
    Scene,
    bought,
    hours,
    like,
    line,
    proof,
    ruling,
    that,
)

R, B, X, S, P = Kind.REFUND_ONLY, Kind.RETURN_AND_REFUND, Kind.EXCHANGE, Kind.RESEND, Kind.REPAIR


def unshipped() -> Scene:
    return bought().opened(R, "changed_mind")


def left_after_asking() -> Scene:
    """Out of stock, said the buyer; then the parcel left: the merchant's fault, in transit."""
    return bought().opened(R, "out_of_stock").shipped()


def travelling(reason: str = "changed_mind") -> Scene:
    return bought().shipped().later(hours(1)).opened(R, reason)


def stuck() -> Scene:
    return bought().shipped().later(hours(72)).opened(R, "stuck_in_transit")


def arrived(kind: Kind, reason: str) -> Scene:
    """In a category with a warranty, so that repair is possible."""
    return bought(lines=(line(category="electronics"),)).delivered().opened(kind, reason)


def came_back() -> Scene:
    return bought().shipped().scanned(ScanCode.REFUSED)


def script_sent() -> Scene:
    return arrived(B, "quality").given(OWNER, k.SendMessage("您好"), k.PrepareRejection(1, "facts_differ"))


def offered() -> Scene:
    """With a day more to answer, so that the offer ends first."""
    case = arrived(B, "quality").given(OPERATOR, k.ExtendDeadline("answer.with_buyer", 24, "节日"))
    return case.given(OWNER, k.MakeOffer(Remedy.REFUND_ONLY, amount=10_00))


def intercepting() -> Scene:
    return travelling().given(OWNER, k.InterceptParcel())


def unstopped() -> Scene:
    return travelling().swept("answer.in_transit")


def refusable() -> Scene:
    """The courier has been at the door already, so two days are left to refuse."""
    return travelling().scanned(ScanCode.ATTEMPTED).given(OWNER, k.AgreeRefundAfterRefusal())


def return_agreed(kind: Kind = B, reason: str = "quality") -> Scene:
    return arrived(kind, reason).given(OWNER, k.Agree(1))


def return_posted() -> Scene:
    return return_agreed().given(BUYER, k.ShipReturn("YTO", "YT1"))


def overdue() -> Scene:
    """The return is lost on the way; the look is given more time."""
    case = return_agreed().sent_back().swept("return_transit")
    return case.given(SUPERVISOR, k.ExtendDeadline("look", 47, "等快递答复"))


def to_replace() -> Scene:
    return return_agreed(X).handed_in().given(OWNER, k.AcceptReturn())


def replacement_sent() -> Scene:
    return to_replace().given(OWNER, k.ShipReplacement("SF", "SF2"))


def replaced() -> Scene:
    return replacement_sent().later(hours(24)).scanned(ScanCode.DELIVERED, Leg.REPLACEMENT)


def repair_overdue() -> Scene:
    return return_agreed(P).handed_in().swept("repair")


def rejected() -> Scene:
    return arrived(B, "quality").rejected()


def return_disputed() -> Scene:
    return return_agreed().handed_in().rejected("return_damaged")


def reviewed() -> Scene:
    return arrived(B, "quality").reviewed()


def evidence_over() -> Scene:
    """24 hours into a review, with 24 left to rule."""
    return reviewed().swept("evidence:buyer")


def asked_for_more() -> Scene:
    return evidence_over().given(ARBITRATOR, k.RequestEvidence("buyer", ("开箱视频",)))


def refund_asked_of_platform() -> Scene:
    return bought().given(OWNER, k.AskPlatformRefund("o1", proof(EvidenceKind.CHAT_SCREENSHOT)))


def to_ship_back() -> Scene:
    case = return_disputed().given(BUYER, k.RequestIntervention())
    return case.given(ARBITRATOR, ruling(RulingOutcome.DISMISS, goods=Holding.BACK_TO_BUYER))


def appealed() -> Scene:
    return reviewed().given(ARBITRATOR, ruling(RulingOutcome.DISMISS)).given(BUYER, k.Appeal(TOLD * 2))


def no_channel_left() -> Scene:
    return bought().opened(R, "changed_mind").given(OWNER, k.Agree(1)).answered("failed")


def payout_unknown() -> Scene:
    return bought().opened(R, "changed_mind").given(OWNER, k.Agree(1)).answered("unknown")


def dismissed() -> Scene:
    return reviewed().given(ARBITRATOR, ruling(RulingOutcome.DISMISS))


# What many of them come to ------------------------------


ALL, GOODS_ALONE = 65_00, 59_00
"""The order of these stories with its freight, and without."""

REVIEW = that(e.InterventionRequested, side=Side.SYSTEM)


def agreed(remedy: Remedy, refund: int, **more: object) -> like:
    """Agreed by silence."""
    return that(e.CaseAgreed, basis=Basis.LAPSE, remedy=remedy, refund_minor=refund, **more)


def money(amount: int) -> like:
    return that(e.PayoutOrdered, amount_minor=amount, held=False)


def closed(outcome: Outcome) -> like:
    return that(e.CaseClosed, outcome=outcome)
