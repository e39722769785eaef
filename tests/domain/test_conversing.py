"""Messages, evidence, positions, calls and the buyer's number: all of it in the record (R1.2, R2.4, R3.6, R5.4)."""

import pytest
from msgspec.structs import replace

from amends.application.policies import Policies
from amends.domain import commands as k
from amends.domain import events as e
from amends.domain.refusals import Code
from amends.domain.words import EvidenceKind
from tests.domain.stories import B, arrived
from tests.support.given import AGENT, BUYER, OWNER, POLICY, PRE_SALE, SERVICE, TOLD, Scene, bought, proof, that


def asked() -> Scene:
    return arrived(B, "quality")


@pytest.mark.parametrize("actor", [BUYER, OWNER, PRE_SALE, SERVICE])
def test_a_message_reaches_the_record_with_its_side(actor):
    """R2.4, R3.7."""
    asked().when(actor, k.SendMessage("您好")).then(that(e.MessageSent, side=actor.side, text="您好"))


def test_evidence_is_numbered_in_the_case_whoever_files_it():
    """R1.2."""
    case = asked().given(OWNER, k.AddEvidence(proof(EvidenceKind.PHOTO, EvidenceKind.VIDEO)))
    case = case.given(BUYER, k.SendMessage("见图", proof(EvidenceKind.PHOTO)))
    filed = [item.evidence_id for event in case.events(e.EvidenceFiled) for item in event.items]
    assert filed == ["e1", "e2", "e3", "e4"]
    assert case.events(e.MessageSent)[-1].evidence == ("e4",)


def test_a_message_may_point_at_evidence_that_is_there():
    asked().when(OWNER, k.SendMessage("见买家照片", (k.EvidenceItem(evidence_id="e1"),))).then(
        that(e.MessageSent, evidence=("e1",))
    )


@pytest.mark.parametrize("name", ["e0", "e2", "x1", "e", "e１"])
def test_nothing_points_at_evidence_that_is_not(name):
    strange = (k.EvidenceItem(evidence_id=name),)
    case = asked()
    for command in (k.SendMessage("见图", strange), k.AddEvidence(strange)):
        case.when(BUYER, command).then_refused(Code.UNKNOWN_EVIDENCE, evidence=[name]).and_nothing_written()


@pytest.mark.parametrize("actor", [BUYER, OWNER])
def test_a_position_is_stated_in_points_that_may_rest_on_evidence(actor):
    """R5.4."""
    points = (k.Point("收到时杯口有裂纹", ("e1",)), k.Point("开箱时未使用"))
    case = asked().when(actor, k.StatePosition(points)).then(that(e.PositionStated, side=actor.side, points=points))
    assert case.case.positions == {actor.side: 2}


def test_a_point_says_something_and_rests_on_what_is_there():
    case = asked()
    case.when(BUYER, k.StatePosition((k.Point(TOLD), k.Point("  ")))).then_refused(
        Code.EXPLANATION_TOO_SHORT
    ).and_nothing_written()
    case.when(BUYER, k.StatePosition((k.Point(TOLD, ("e5",)),))).then_refused(
        Code.UNKNOWN_EVIDENCE, evidence=["e5"]
    ).and_nothing_written()


@pytest.mark.parametrize(
    ("few", "many", "facts"),
    [
        ((k.Point(TOLD),) * 20, (k.Point(TOLD),) * 21, {"points": 21, "most_points": 20}),
        ((k.Point("字" * 300),), (k.Point("字" * 301),), {"characters": 301, "most_characters": 300}),
    ],
)
def test_a_statement_is_as_long_as_the_policy_lets_it_be(few, many, facts):
    """Rules §9: at most 20 points of 300 characters each."""
    case = asked().given(BUYER, k.StatePosition(few))
    case.when(BUYER, k.StatePosition(many)).then_refused(Code.EXPLANATION_TOO_LONG, **facts).and_nothing_written()


def test_another_policy_reads_less():
    strict = replace(POLICY, limits=replace(POLICY.limits, points=2))
    case = replace(asked(), policies=Policies((strict,)))
    case.given(BUYER, k.StatePosition((k.Point(TOLD),) * 2))
    case.when(BUYER, k.StatePosition((k.Point(TOLD),) * 3)).then_refused(Code.EXPLANATION_TOO_LONG, most_points=2)


def test_every_look_at_the_buyers_number_is_recorded():
    """R3.6."""
    case = asked().when(AGENT, k.RevealContact("电话核实")).then(that(e.ContactRevealed, reason="电话核实"))
    assert case.facts[-1].by == "merchant/1001/wang"
    bought(buyer_phone=None).delivered().opened(B, "quality").when(OWNER, k.RevealContact("电话核实")).then_refused(
        Code.KIND_NOT_POSSIBLE, needs="buyer_phone"
    ).and_nothing_written()


def test_a_number_given_with_the_application_is_the_one_to_call():
    case = bought(buyer_phone=None).delivered().opened(B, "quality", contact_phone="13900000000")
    assert case.order.buyer_phone == "13900000000"
    case.given(OWNER, k.RevealContact("电话核实"))


def test_a_call_counts_as_a_call_record():
    """Rules §6, `buyer_unreachable`."""
    case = asked().when(OWNER, k.RecordCall("no_answer", "响铃无人接")).then(that(e.CallRecorded, evidence_id="e2"))
    assert case.case.evidence.merchant == {EvidenceKind.CALL_RECORD: 1}
