"""Who sees what of the record: every event, every viewer, one table (DESIGN §2)."""

import enum
from datetime import UTC, datetime
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from msgspec import Struct
from msgspec.structs import replace

from amends.application.visibility import author, masked_phone, officer_number, visible, visible_case, visible_order
from amends.domain import actor as actors
from amends.domain import events as e
from amends.domain.case import Case, EvidenceRequest, Review, Ruling
from amends.domain.evolve import opened
from amends.domain.order import Order, Payment
from amends.domain.words import Role, Side

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)

BUYER = actors.buyer("b42")
MERCHANTS = [actors.merchant(1001, "li", role) for role in (Role.OWNER, Role.AFTER_SALE, Role.PRE_SALE)]
INSIDE = [
    *(actors.platform("gao", role) for role in (Role.SERVICE_AGENT, Role.ARBITRATOR, Role.SUPERVISOR, Role.OPERATOR)),
    actors.platform("yan", Role.AUDITOR),
    actors.SYSTEM,
]

SEEN: dict[type[e.Event], tuple[str, str]] = {
    # event: (by the buyer, by the merchant)
    e.AppealDecided: ("all but by", "all but by"),
    e.Appealed: ("all", "all"),
    e.ApplicationModified: ("all", "all"),
    e.BalanceReduced: ("all", "all"),
    e.CallRecorded: ("all", "all"),
    e.CaseAgreed: ("all", "all"),
    e.CaseAssigned: ("nothing", "nothing"),
    e.CaseClosed: ("all", "all"),
    e.CaseOpened: ("all", "all"),
    e.CaseRejected: ("all", "all"),
    e.CaseReopened: ("all", "all"),
    e.CaseResumed: ("all", "all"),
    e.CaseSuspended: ("all but paper", "all but paper"),
    e.ContactRevealed: ("all", "all"),
    e.DeadlineExtended: ("all", "all"),
    e.DeadlinePassed: ("all", "all"),
    e.DeadlinesSet: ("all", "all"),
    e.EvidenceFiled: ("all", "all"),
    e.EvidenceRequested: ("all but what", "all"),
    e.ExecutionFinished: ("all", "all"),
    e.HumanReviewRequested: ("all", "all"),
    e.InterceptionAnswered: ("all", "all"),
    e.InterceptionCancelled: ("all", "all"),
    e.InterceptionRequested: ("all", "all"),
    e.InterventionRequested: ("all", "all"),
    e.LookRequired: ("all", "all"),
    e.MessageSent: ("all", "all"),
    e.OfferAccepted: ("all", "all"),
    e.OfferDeclined: ("all", "all"),
    e.OfferMade: ("all", "all"),
    e.OffersEnded: ("all", "all"),
    e.OutageCredited: ("all", "all"),
    e.ParcelScanned: ("all", "all"),
    e.PayoutAccountNamed: ("all", "all but reference"),
    e.PayoutCancelled: ("all", "all"),
    e.PayoutFailed: ("all", "all"),
    e.PayoutMismatched: ("all", "all"),
    e.PayoutOrdered: ("all", "all but reference"),
    e.PayoutPaid: ("all but advanced", "all"),
    e.PayoutReleased: ("all", "all"),
    e.PayoutSettlementProposed: ("nothing", "nothing"),
    e.PayoutUnknown: ("all", "all"),
    e.PlatformRefundAsked: ("all", "all"),
    e.PlatformWasLate: ("all", "all"),
    e.PositionStated: ("all", "all"),
    e.ReceiptConfirmed: ("all", "all"),
    e.RefundInstead: ("all", "all"),
    e.RefusalAgreed: ("all", "all"),
    e.RejectionPrepared: ("all but solutions", "all"),
    e.RemedyChosen: ("all", "all"),
    e.RepairChoiceGiven: ("all", "all"),
    e.ReplacementDisputed: ("all", "all"),
    e.ReplacementFailed: ("all", "all"),
    e.ReplacementShipped: ("all", "all"),
    e.ReturnAccepted: ("all", "all"),
    e.ReturnShipped: ("all", "all"),
    e.ReturnedToMerchant: ("all", "all"),
    e.RulingGiven: ("all but by, approved_by", "all but by, approved_by"),
    e.RulingProposed: ("nothing", "nothing"),
    e.RulingReturned: ("nothing", "nothing"),
    e.ShipBackOrdered: ("all", "all"),
}


def sample(kind: Any) -> Any:
    """Some value of a type, nothing in it empty, so that what is left out shows."""
    origin = get_origin(kind)
    if hasattr(kind, "__metadata__"):
        return sample(kind.__origin__)
    if isinstance(kind, type) and issubclass(kind, Struct):
        hints = get_type_hints(kind, include_extras=True)
        return kind(**{name: sample(hints[name]) for name in kind.__struct_fields__})
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return Side.MERCHANT if kind is Side else next(iter(kind))
    if origin is tuple:
        return (sample(get_args(kind)[0]),)
    if origin is not None and type(None) in get_args(kind):
        return sample(next(part for part in get_args(kind) if part is not type(None)))
    if origin is not None:  # a Literal
        return get_args(kind)[0]
    return {str: "6222000011112222", int: 7, bool: True, datetime: NOON}[kind]


def shown(event: e.Event, actor: actors.Actor) -> str:
    """What of an event is left for an actor."""
    fact = visible(e.Fact(1, 3, NOON, "system", event), actor)
    if fact is None:
        return "nothing"
    hidden = [name for name in event.__struct_fields__ if getattr(fact.event, name) != getattr(event, name)]
    return "all but " + ", ".join(hidden) if hidden else "all"


def test_the_table_has_every_event():
    assert set(SEEN) == set(e.Event.__subclasses__())


@pytest.mark.parametrize("kind", SEEN, ids=lambda kind: kind.__name__)
def test_each_viewer_sees_of_an_event_what_the_table_says(kind: type[e.Event]):
    event = sample(kind)
    by_buyer, by_merchant = SEEN[kind]
    assert shown(event, BUYER) == by_buyer
    assert {shown(event, merchant) for merchant in MERCHANTS} == {by_merchant}
    assert {shown(event, inside) for inside in INSIDE} == {"all"}


def test_an_account_is_seen_by_its_last_digits_alone():
    event = e.PayoutAccountNamed("bank", "6222000011112222")
    seen = visible(e.Fact(1, 3, NOON, "buyer/b42", event), MERCHANTS[0])
    assert seen is not None
    assert seen.event.reference == "****2222"


@pytest.mark.parametrize(
    ("asked", "seen_by_buyer", "seen_by_merchant"),
    [(Side.BUYER, ("电子面单",), ()), (Side.MERCHANT, (), ("电子面单",))],
)
def test_what_evidence_was_asked_of_the_other_side_is_its_own_business_but_the_pause_is_not(
    asked: Side, seen_by_buyer: tuple[str, ...], seen_by_merchant: tuple[str, ...]
):
    fact = e.Fact(1, 3, NOON, "platform/gao", e.EvidenceRequested(asked, ("电子面单",), NOON, pauses_seconds=3600))
    as_buyer, as_merchant = visible(fact, BUYER), visible(fact, MERCHANTS[0])
    assert as_buyer is not None
    assert as_merchant is not None
    assert (as_buyer.event.what, as_merchant.event.what) == (seen_by_buyer, seen_by_merchant)
    assert as_buyer.event.pauses_seconds == as_merchant.event.pauses_seconds == 3600


@pytest.mark.parametrize(
    ("by", "as_buyer", "as_merchant", "inside"),
    [
        ("buyer/b42", "buyer/b42", "buyer/b42", "buyer/b42"),
        ("merchant/1001/li", "merchant/1001", "merchant/1001/li", "merchant/1001/li"),
        ("platform/gao", "platform", "platform", "platform/gao"),
        ("system", "system", "system", "system"),
    ],
)
def test_persons_at_the_other_sides_desks_are_not_named(by: str, as_buyer: str, as_merchant: str, inside: str):
    fact = e.Fact(1, 3, NOON, by, e.MessageSent(Side.MERCHANT, "您好"))
    seen = [visible(fact, viewer) for viewer in (BUYER, MERCHANTS[0], INSIDE[0])]
    assert [one.by for one in seen if one] == [as_buyer, as_merchant, inside]
    assert author(by, BUYER) == as_buyer


@pytest.mark.parametrize("kind", [e.RulingGiven, e.AppealDecided])
def test_who_decided_is_known_to_both_sides_by_a_number(kind: type[e.Event]):
    """R1.1: who decided is theirs to know, without a name; not who looked it over and sent it off."""
    fact = e.Fact(1, 3, NOON, "platform/shen", replace(sample(kind), by="gao"))
    seen = [visible(fact, party) for party in (BUYER, *MERCHANTS)]
    assert {(one.by, one.event.by) for one in seen if one} == {
        (f"platform/{officer_number('gao')}", officer_number("gao"))
    }
    assert officer_number("gao") != officer_number("lin")


@pytest.mark.parametrize(
    ("viewer", "has_open_case", "phone", "reference"),
    [
        (BUYER, True, "13812345678", "wx-20260302-7788"),
        (BUYER, False, "13812345678", "wx-20260302-7788"),
        *((merchant, True, "138****5678", "****7788") for merchant in MERCHANTS),
        *((merchant, False, None, "****7788") for merchant in MERCHANTS),
        *((inside, False, "13812345678", "wx-20260302-7788") for inside in INSIDE),
    ],
)
def test_the_merchant_sees_a_masked_phone_number_while_a_case_is_open(
    viewer: actors.Actor, has_open_case: bool, phone: str | None, reference: str
):
    """R3.6; the whole number comes with a recorded `reveal-contact` alone."""
    order = replace(sample(Order), buyer_phone="13812345678", payments=(Payment("wechat", "wx-20260302-7788", 100),))
    seen = visible_order(order, viewer, has_open_case=has_open_case)
    assert (seen.buyer_phone, seen.payments[0].reference) == (phone, reference)


@pytest.mark.parametrize(
    ("phone", "masked"),
    [("13812345678", "138****5678"), ("+8613812345678", "+86****5678"), ("0571-8888", "****88"), ("110", "****10")],
)
def test_a_masked_number_can_be_recognised_and_not_called(phone: str, masked: str):
    assert masked_phone(phone) == masked


def case_with(**changes: Any) -> Case:
    return replace(opened(sample(e.CaseOpened), NOON), **changes)


PROPOSED = Ruling(terms=sample(e.RulingTerms), by="gao", proposed_at=NOON, waits=True)
STANDING = replace(PROPOSED, waits=False, approved_by="shen", noticed_at=NOON)


@pytest.mark.parametrize("party", [BUYER, *MERCHANTS], ids=lambda party: party.role)
def test_a_party_does_not_see_how_the_platform_works_inside(party: actors.Actor):
    seen = visible_case(case_with(assignee="gao", ruling=PROPOSED), party)
    assert (seen.assignee, seen.ruling) == ("", None)
    ruled = visible_case(case_with(ruling=STANDING), party).ruling
    assert ruled is not None
    assert (ruled.by, ruled.approved_by) == (officer_number("gao"), "")


def test_a_party_sees_in_the_case_only_what_evidence_was_asked_of_itself():
    requests = tuple(EvidenceRequest(side, ("发票",), NOON) for side in (Side.BUYER, Side.MERCHANT))
    seen = visible_case(case_with(review=Review(NOON, Side.BUYER, requests=requests)), BUYER).review
    assert seen is not None
    assert [request.what for request in seen.requests] == [("发票",), ()]


@pytest.mark.parametrize("inside", INSIDE, ids=lambda inside: inside.role)
def test_inside_the_whole_case_is_seen(inside: actors.Actor):
    case = case_with(assignee="gao", ruling=PROPOSED)
    assert visible_case(case, inside) is case
