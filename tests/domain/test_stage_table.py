"""Which command in which stage: every cell of rules §5, its conditions on both sides."""

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

import pytest

from amends.domain import commands as k
from amends.domain import events as e
from amends.domain.actor import Actor
from amends.domain.docket import Decided
from amends.domain.effects import CancelInterception, Intercept
from amends.domain.order import Scan
from amends.domain.permissions import STAGES
from amends.domain.refusals import Code
from amends.domain.words import AppealOutcome, EvidenceKind, Leg, Outcome, Remedy, RulingOutcome, ScanCode, Stage
from tests.domain.stories import (
    B,
    P,
    arrived,
    dismissed,
    evidence_over,
    intercepting,
    overdue,
    rejected,
    repair_overdue,
    replaced,
    replacement_sent,
    return_agreed,
    return_disputed,
    return_posted,
    reviewed,
    script_sent,
    to_replace,
    travelling,
    unshipped,
)
from tests.support.given import (
    ARBITRATOR,
    BUYER,
    OWNER,
    PAID_AT,
    SERVICE,
    SUPERVISOR,
    SYSTEM,
    TICK,
    TOLD,
    Scene,
    bought,
    days,
    hours,
    line,
    order,
    proof,
    ruling,
    that,
)

Story = Callable[[], Scene]
Sent = Callable[[Scene], k.Command]

AM, AB, IM, UR, CL = Stage
YES, NO, SOME = "yes", "no", "under a condition"

TABLE: dict[type[k.Command], tuple[str, str, str, str, str]] = {
    # command                  awaiting_merchant  awaiting_buyer  in_motion  under_review  closed
    k.Modify:                  (YES,  YES,  NO,   NO,   NO),
    k.Withdraw:                (YES,  YES,  SOME, SOME, NO),
    k.Agree:                   (YES,  YES,  NO,   YES,  NO),
    k.PrepareRejection:        (YES,  NO,   SOME, NO,   NO),
    k.Reject:                  (YES,  NO,   SOME, NO,   NO),
    k.InterceptParcel:         (SOME, SOME, NO,   NO,   NO),
    k.AgreeRefundAfterRefusal: (SOME, SOME, NO,   NO,   NO),
    k.MakeOffer:               (YES,  YES,  SOME, SOME, SOME),
    k.AcceptOffer:             (YES,  YES,  SOME, SOME, SOME),
    k.DeclineOffer:            (YES,  YES,  SOME, SOME, SOME),
    k.ShipReturn:              (NO,   NO,   SOME, NO,   NO),
    k.AcceptReturn:            (NO,   NO,   SOME, SOME, NO),
    k.ShipReplacement:         (NO,   NO,   SOME, NO,   NO),
    k.DisputeReplacement:      (NO,   NO,   SOME, NO,   NO),
    k.ConfirmReceipt:          (NO,   NO,   SOME, NO,   NO),
    k.RequestIntervention:     (SOME, YES,  SOME, SOME, NO),
    k.Appeal:                  (NO,   NO,   SOME, NO,   SOME),
    k.SendMessage:             (YES,  YES,  YES,  YES,  SOME),
    k.AddEvidence:             (YES,  YES,  YES,  YES,  SOME),
    k.StatePosition:           (YES,  YES,  YES,  YES,  SOME),
}  # fmt: skip


class Cell(NamedTuple):
    """A case in that stage and a command that is taken, or refused with `code`."""

    kind: type[k.Command]
    stage: Stage
    told: str
    story: Story
    actor: Actor
    sent: Sent
    code: Code | None = None


# More stories: what the conditions are about ---------------------------------------------------------------


def withdrawn() -> Scene:
    return arrived(B, "quality").given(BUYER, k.Withdraw())


def on_the_road_rejected() -> Scene:
    return travelling().rejected("shipped_normally")


def paying() -> Scene:
    return unshipped().given(OWNER, k.Agree(1))


def delivered_return() -> Scene:
    return return_agreed().handed_in()


def silently_agreed() -> Scene:
    return arrived(B, "quality").swept("answer.with_buyer")


def disputed_return_under_review() -> Scene:
    return return_disputed().given(BUYER, k.RequestIntervention())


def ruling_proposed() -> Scene:
    case = bought(lines=(line(paid=500_00),)).delivered().opened(B, "quality").reviewed()
    return case.given(ARBITRATOR, ruling(RulingOutcome.RETURN_AND_REFUND, 500_00))


def ruled_to_return() -> Scene:
    return reviewed().given(ARBITRATOR, ruling(RulingOutcome.RETURN_AND_REFUND, 65_00))


def two_days_later() -> Scene:
    """Modified in between, so that the merchant still has time when 48 h from the first opening are over."""
    return arrived(B, "quality").later(hours(24)).given(BUYER, k.Modify(amount=40_00)).later(hours(24))


def disputed(times: int) -> Scene:
    case = replaced()
    for _ in range(times - 1):
        case = case.given(BUYER, k.DisputeReplacement("又是错的")).given(OWNER, k.ShipReplacement("SF", "SF2"))
        case = case.later(hours(24)).scanned(ScanCode.DELIVERED, Leg.REPLACEMENT)
    return case.given(BUYER, k.DisputeReplacement("又是错的"))


def offer(scene: Scene) -> k.Command:
    return k.MakeOffer(Remedy.REFUND_ONLY, amount=10_00)


def with_offer(story: Story) -> Story:
    return lambda: story().given(OWNER, offer(story()))


def standing_or_gone(command: type[k.AcceptOffer] | type[k.DeclineOffer]) -> Sent:
    return lambda scene: command(scene.standing if scene.case.offers else "gone")


def later(story: Story, length: timedelta) -> Story:
    return lambda: story().later(length)


def always(command: k.Command) -> Sent:
    return lambda _: command


def for_this_application(command: type[k.Agree] | type[k.PrepareRejection] | type[k.Reject], *more: object) -> Sent:
    return lambda scene: command(scene.case.application, *more)


IN_EACH: dict[Stage, Story] = {
    AM: lambda: arrived(B, "quality"), AB: rejected, IM: return_agreed, UR: reviewed, CL: withdrawn,
}  # fmt: skip


def in_each(kind: type[k.Command], actor: Actor, sent: Sent, *, taken: str = "", refused: str = "") -> list[Cell]:
    """The plain cells: the ordinary case of each stage."""
    names = {"AM": AM, "AB": AB, "IM": IM, "UR": UR, "CL": CL}
    cells = [Cell(kind, names[name], "", IN_EACH[names[name]], actor, sent) for name in taken.split()]
    wrong = [
        Cell(kind, names[name], "", IN_EACH[names[name]], actor, sent, Code.WRONG_STAGE) for name in refused.split()
    ]
    return cells + wrong


WRONG = Code.WRONG_STAGE
CHANGE, TAKE_BACK = always(k.Modify(amount=10_00)), always(k.Withdraw())
AGREE = for_this_application(k.Agree)
PREPARE = for_this_application(k.PrepareRejection, "facts_differ")
REJECT = for_this_application(k.Reject, "facts_differ", (k.Point(TOLD),), proof(EvidenceKind.PHOTO))
PREPARE_RETURN = for_this_application(k.PrepareRejection, "return_damaged")
REJECT_RETURN = for_this_application(k.Reject, "return_damaged", (k.Point(TOLD),), proof(EvidenceKind.PHOTO))
STOP, LET_REFUSE = always(k.InterceptParcel()), always(k.AgreeRefundAfterRefusal())
SEND_BACK, TAKE_IN = always(k.ShipReturn("YTO", "YT1")), always(k.AcceptReturn())
SEND_NEW, DISPUTE, CONFIRM = (
    always(k.ShipReplacement("SF", "SF2")), always(k.DisputeReplacement("不是我要的")), always(k.ConfirmReceipt()),
)  # fmt: skip
ASK, APPEAL = always(k.RequestIntervention("请处理")), always(k.Appeal(TOLD * 2))
TALKS: dict[type[k.Command], k.Command] = {
    k.SendMessage: k.SendMessage("在吗"),
    k.AddEvidence: k.AddEvidence(proof(EvidenceKind.VIDEO)),
    k.StatePosition: k.StatePosition((k.Point(TOLD),)),
}


def talked(story: Story) -> Story:
    return lambda: story().given(OWNER, k.SendMessage("您好"))


def prepared(story: Story, reason: str) -> Story:
    """The script is out and the wait over."""

    def tell() -> Scene:
        case = talked(story)()
        case = case.given(OWNER, k.PrepareRejection(case.case.application, reason))
        return case.at(case.due("negotiation_wait"))

    return tell


def offers(kind: type[k.Command], actor: Actor, sent: Sent, ready: Callable[[Story], Story]) -> list[Cell]:
    """The three commands about offers share their row."""
    proposed = ready(reviewed)
    return [
        *(Cell(kind, stage, "", ready(IN_EACH[stage]), actor, sent) for stage in (AM, AB)),
        Cell(kind, IM, "goods not yet moving", ready(return_agreed), actor, sent),
        Cell(kind, IM, "the return is on its way", return_posted, actor, sent, WRONG),
        Cell(kind, IM, "the money is on its way", paying, actor, sent, WRONG),
        Cell(kind, UR, "no ruling yet", proposed, actor, sent),
        Cell(kind, UR, "a ruling is proposed", ruling_proposed, actor, sent, WRONG),
        Cell(kind, CL, "fifteen days not over", ready(later(withdrawn, days(15) - hours(1))), actor, sent),
        Cell(kind, CL, "fifteen days over", later(withdrawn, days(15)), actor, sent, WRONG),
    ]


CELLS = [
    *in_each(k.Modify, BUYER, CHANGE, taken="AM AB", refused="IM UR CL"),

    *in_each(k.Withdraw, BUYER, TAKE_BACK, taken="AM AB IM UR", refused="CL"),
    Cell(k.Withdraw, IM, "interception asked", intercepting, BUYER, TAKE_BACK),
    Cell(k.Withdraw, IM, "money on its way", paying, BUYER, TAKE_BACK, WRONG),
    Cell(k.Withdraw, IM, "return shipped", return_posted, BUYER, TAKE_BACK, WRONG),
    Cell(k.Withdraw, UR, "return shipped", disputed_return_under_review, BUYER, TAKE_BACK, WRONG),

    *in_each(k.Agree, OWNER, AGREE, taken="AM AB UR", refused="IM CL"),

    *in_each(k.PrepareRejection, OWNER, PREPARE, refused="AB IM UR CL"),
    Cell(k.PrepareRejection, AM, "", talked(lambda: arrived(B, "quality")), OWNER, PREPARE),
    Cell(k.PrepareRejection, IM, "return delivered", talked(delivered_return), OWNER, PREPARE_RETURN),
    Cell(k.PrepareRejection, IM, "return on its way", talked(return_posted), OWNER, PREPARE_RETURN, WRONG),
    *in_each(k.Reject, OWNER, REJECT, refused="AB IM UR CL"),
    Cell(k.Reject, AM, "", prepared(lambda: arrived(B, "quality"), "facts_differ"), OWNER, REJECT),
    Cell(k.Reject, IM, "return delivered", prepared(delivered_return, "return_damaged"), OWNER, REJECT_RETURN),
    Cell(k.Reject, IM, "return on its way", talked(return_posted), OWNER, REJECT_RETURN, WRONG),

    Cell(k.InterceptParcel, AM, "in transit", travelling, OWNER, STOP),
    Cell(k.InterceptParcel, AM, "with the buyer", lambda: arrived(B, "quality"), OWNER, STOP, Code.NOT_IN_TRANSIT),
    Cell(k.InterceptParcel, AB, "in transit", on_the_road_rejected, OWNER, STOP),
    Cell(k.InterceptParcel, AB, "with the buyer", rejected, OWNER, STOP, Code.NOT_IN_TRANSIT),
    *in_each(k.InterceptParcel, OWNER, STOP, refused="IM UR CL"),
    Cell(k.AgreeRefundAfterRefusal, AM, "in transit", travelling, OWNER, LET_REFUSE),
    Cell(k.AgreeRefundAfterRefusal, AM, "not shipped", unshipped, OWNER, LET_REFUSE, Code.NOT_IN_TRANSIT),
    Cell(k.AgreeRefundAfterRefusal, AB, "in transit", on_the_road_rejected, OWNER, LET_REFUSE),
    Cell(k.AgreeRefundAfterRefusal, AB, "with the buyer", rejected, OWNER, LET_REFUSE, Code.NOT_IN_TRANSIT),
    *in_each(k.AgreeRefundAfterRefusal, OWNER, LET_REFUSE, refused="IM UR CL"),

    *offers(k.MakeOffer, OWNER, offer, lambda story: story),
    *offers(k.AcceptOffer, BUYER, standing_or_gone(k.AcceptOffer), with_offer),
    *offers(k.DeclineOffer, BUYER, standing_or_gone(k.DeclineOffer), with_offer),

    *in_each(k.ShipReturn, BUYER, SEND_BACK, taken="IM", refused="AM AB UR CL"),
    Cell(k.ShipReturn, IM, "nothing to return", to_replace, BUYER, SEND_BACK, WRONG),
    *in_each(k.AcceptReturn, OWNER, TAKE_IN, refused="AM AB IM UR CL"),
    Cell(k.AcceptReturn, IM, "on its way", return_posted, OWNER, TAKE_IN),
    Cell(k.AcceptReturn, IM, "delivered", delivered_return, OWNER, TAKE_IN),
    Cell(k.AcceptReturn, UR, "delivered", disputed_return_under_review, OWNER, TAKE_IN),
    Cell(k.AcceptReturn, UR, "overdue", overdue, OWNER, TAKE_IN),

    *in_each(k.ShipReplacement, OWNER, SEND_NEW, refused="AM AB IM UR CL"),
    Cell(k.ShipReplacement, IM, "replacement due", to_replace, OWNER, SEND_NEW),
    Cell(k.ShipReplacement, IM, "in repair", lambda: return_agreed(P).handed_in(), OWNER, SEND_NEW),
    *in_each(k.DisputeReplacement, BUYER, DISPUTE, refused="AM AB IM UR CL"),
    Cell(k.DisputeReplacement, IM, "delivered", replaced, BUYER, DISPUTE),
    Cell(k.DisputeReplacement, IM, "on its way", replacement_sent, BUYER, DISPUTE, WRONG),
    *in_each(k.ConfirmReceipt, BUYER, CONFIRM, refused="AM AB IM UR CL"),
    Cell(k.ConfirmReceipt, IM, "delivered", replaced, BUYER, CONFIRM),
    Cell(k.ConfirmReceipt, IM, "on its way", replacement_sent, BUYER, CONFIRM),

    Cell(k.RequestIntervention, AM, "48 h after the first opening", two_days_later, BUYER, ASK),
    Cell(k.RequestIntervention, AM, "before", lambda: two_days_later().later(-TICK), BUYER, ASK, Code.TOO_EARLY),
    Cell(k.RequestIntervention, AB, "", rejected, BUYER, ASK),
    Cell(k.RequestIntervention, AB, "by the merchant", rejected, OWNER, ASK),
    Cell(k.RequestIntervention, IM, "return agreed by silence", silently_agreed, BUYER, ASK),
    Cell(k.RequestIntervention, IM, "return agreed by the merchant", return_agreed, BUYER, ASK, WRONG),
    Cell(k.RequestIntervention, IM, "repair overdue", repair_overdue, BUYER, ASK),
    Cell(k.RequestIntervention, IM, "repair not overdue", lambda: return_agreed(P).handed_in(), BUYER, ASK, WRONG),
    Cell(k.RequestIntervention, IM, "repaired late and sent",
         lambda: repair_overdue().given(OWNER, k.ShipReplacement("SF", "SF2")), BUYER, ASK, WRONG),
    Cell(k.RequestIntervention, IM, "replacement overdue",
         lambda: replacement_sent().swept("replacement_transit"), BUYER, ASK),
    Cell(k.RequestIntervention, IM, "replacement sent", replacement_sent, BUYER, ASK, WRONG),
    Cell(k.RequestIntervention, IM, "disputed twice", lambda: disputed(2), BUYER, ASK),
    Cell(k.RequestIntervention, IM, "disputed once", lambda: disputed(1), BUYER, ASK, WRONG),
    Cell(k.RequestIntervention, IM, "disputed once and sent again",
         lambda: disputed(1).given(OWNER, k.ShipReplacement("SF", "SF2")), BUYER, ASK, WRONG),
    Cell(k.RequestIntervention, UR, "the platform is late", lambda: evidence_over().swept("ruling"), BUYER, ASK),
    Cell(k.RequestIntervention, UR, "the platform is in time", reviewed, BUYER, ASK, Code.ALREADY_REQUESTED),
    Cell(k.RequestIntervention, CL, "", withdrawn, BUYER, ASK, WRONG),

    *in_each(k.Appeal, BUYER, APPEAL, refused="AM AB IM UR"),
    Cell(k.Appeal, IM, "ruled, within seven days", later(ruled_to_return, hours(100)), OWNER, APPEAL),
    Cell(k.Appeal, CL, "within seven days", later(dismissed, days(7) - TICK), BUYER, APPEAL),
    Cell(k.Appeal, CL, "after seven days", later(dismissed, days(7)), BUYER, APPEAL, Code.WINDOW_FOR_APPEAL_OVER),

    *(
        cell
        for kind, command in TALKS.items()
        for cell in (
            *in_each(kind, BUYER, always(command), taken="AM AB IM UR"),
            Cell(kind, CL, "fifteen days not over", later(withdrawn, days(15) - TICK), BUYER, always(command)),
            Cell(kind, CL, "fifteen days over", later(withdrawn, days(15)), BUYER, always(command), WRONG),
        )
    ),
]  # fmt: skip

NAMES = [f"{k.verb(cell.kind)} {cell.stage} {cell.told}".strip() for cell in CELLS]


@pytest.mark.parametrize("cell", CELLS, ids=NAMES)
def test_each_cell_takes_or_refuses_as_the_rules_say(cell):
    """Rules §5. C03, C15, C21, C25, D07, D43."""
    case = cell.story()
    assert case.case.stage is cell.stage, f"the story is in {case.case.stage}"
    answer = case.when(cell.actor, cell.sent(case))
    if cell.code is None:
        assert isinstance(answer.answer, Decided), answer.answer
        assert answer.answer.facts
        return
    answer.then_refused(cell.code).and_nothing_written()


def test_every_cell_of_the_table_is_proved():
    taken = {(cell.kind, cell.stage) for cell in CELLS if cell.code is None}
    refused = {(cell.kind, cell.stage) for cell in CELLS if cell.code is not None}
    for kind, row in TABLE.items():
        for stage, said in zip(Stage, row, strict=True):
            proved = ((kind, stage) in taken, (kind, stage) in refused)
            assert proved == (said is not NO, said is not YES), f"{k.verb(kind)} {stage}: {said}"


def test_the_table_of_the_code_opens_no_cell_that_the_rules_shut():
    for kind, row in TABLE.items():
        shut = {stage for stage, said in zip(Stage, row, strict=True) if said is NO}
        assert not shut & STAGES[kind] or kind is k.RequestIntervention, k.verb(kind)


# Always ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", Stage)
def test_scans_and_news_of_the_order_are_taken_in_every_stage(stage):
    case = IN_EACH[stage]()
    shown = Scan(ScanCode.IN_TRANSIT, case.now)
    case.given(SYSTEM, k.RecordScan(Leg.OUTWARD, "SF", "SF1", shown))
    case.given(SYSTEM, order(lines=(line(category="electronics"),), label_printed=True))
    case.given(SYSTEM, k.RecordScan(Leg.RETURN, "YTO", "YT1", shown))


@pytest.mark.parametrize(
    ("story", "stage"),
    [
        (paying, IM),
        (lambda: paying().answered("unknown"), IM),
        (lambda: reviewed().given(OWNER, k.MakeOffer(Remedy.REFUND_ONLY, amount=10_00)), UR),
        (lambda: paying().answered(), CL),
    ],
)
def test_the_providers_word_on_a_payout_is_taken_in_every_stage(story, stage):
    case = story()
    assert case.case.stage is stage
    for payout in case.case.payouts:
        case.given(SYSTEM, k.RecordPayout(payout.payout_id, "done"))


# Beside the table: who works on a case, not who settles it -----------------------------------------------------

PLATFORM = [
    # command                                                              stages in which it is taken
    (ARBITRATOR, ruling(RulingOutcome.DISMISS),                            {UR}),
    (ARBITRATOR, k.RequestEvidence("buyer", ("开箱视频",)),                 {UR}),
    (ARBITRATOR, k.Suspend(PAID_AT + days(25), "等待检测"),                 {AM, AB, IM, UR}),
    (ARBITRATOR, k.Assign("zhou"),                                         {AM, AB, IM, UR}),
    (SERVICE,    k.Cancel("duplicate"),                                    {AM, AB, IM, UR}),
    (OWNER,      k.RevealContact("电话沟通"),                               {AM, AB, IM, UR}),
    (OWNER,      k.RecordCall("no_answer"),                                {AM, AB, IM, UR}),
    (SUPERVISOR, k.Resume(),                                               set()),
    (ARBITRATOR, k.ApproveRuling(approve=True),                            set()),
    (ARBITRATOR, k.DecideAppeal(AppealOutcome.UPHOLD, TOLD),               set()),
    (ARBITRATOR, k.SettlePayout("p", "done", TOLD),                        set()),
    (BUYER,      k.NamePayoutAccount("bank", "6222"),                      set()),
    (BUYER,      k.ChooseAfterRepair("refund"),                            set()),
    (OWNER,      k.ShipBack("SF", "SF3"),                                  set()),
    (BUYER,      k.AskHumanReview(),                                       set()),
]  # fmt: skip


@pytest.mark.parametrize(("actor", "command", "taken"), PLATFORM, ids=[k.verb(type(row[1])) for row in PLATFORM])
@pytest.mark.parametrize("stage", Stage)
def test_what_stands_beside_the_table_is_taken_where_it_makes_sense(actor, command, taken, stage):
    answer = IN_EACH[stage]().when(actor, command)
    if stage in taken:
        assert isinstance(answer.answer, Decided), answer.answer
    else:
        answer.then_refused(Code.WRONG_STAGE).and_nothing_written()


# What a command carries so that nobody answers something else ---------------------------------------------------


def test_a_modification_ends_offers_and_preparation_and_starts_everything_again():
    """Rules §5, R5.2."""
    case = script_sent().given(OWNER, offer(script_sent()))
    left = case.when(BUYER, k.Modify(amount=40_00)).then(e.OffersEnded, that(e.ApplicationModified, application=2))
    assert left.case.preparation is None
    assert left.case.offers_made == {}
    assert left.running == {"answer.with_buyer"}
    left.when(OWNER, k.Reject(2, "facts_differ")).then_refused(Code.NOT_PREPARED).and_nothing_written()


def test_withdrawing_asks_the_courier_to_deliver_after_all():
    """Rules §5, R4.5."""
    case = intercepting().given(BUYER, k.Withdraw())
    assert case.sent == (Intercept("SF", "SF1"), CancelInterception("SF", "SF1"))
    assert case.case.closing.outcome is Outcome.WITHDRAWN


@pytest.mark.parametrize(
    "command",
    [k.PrepareRejection(1, "facts_differ"), k.Reject(1, "facts_differ"), k.Agree(1)],
    ids=lambda command: k.verb(type(command)),
)
def test_an_answer_to_an_application_that_was_changed_is_refused_with_the_new_figures(command):
    case = arrived(B, "quality").given(OWNER, k.SendMessage("您好")).given(BUYER, k.Modify(amount=40_00))
    case.when(OWNER, command).then_refused(
        Code.APPLICATION_CHANGED, application=2, amount_minor=40_00
    ).and_nothing_written()
