"""Commands that fit the case as it stands (`fitting`), and the same with something wrong in them (`crooked`)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from amends.domain import commands as k
from amends.domain.commands import CaseLine, EvidenceItem, Finding, FreightRuling, Point, Shares
from amends.domain.draft import CaseDraft
from amends.domain.order import Scan, delivered_at
from amends.domain.rules import amounts, closing, rejecting, returns
from amends.domain.views import Eligibility, ReasonAnswer, eligibility
from amends.domain.words import (
    AppealOutcome,
    EvidenceKind,
    Fault,
    Goods,
    Holding,
    Kind,
    Ledger,
    Leg,
    Payer,
    PayoutState,
    Remedy,
    RulingOutcome,
    ScanCode,
    Side,
    SmallPaymentType,
    Stage,
)
from tests.property.dice import Dice
from tests.property.people import BUYER
from tests.property.world import World

NOTE = "收到后发现和描述不一样，无法使用"
WORDS = "我们已经核对过发货记录，请看照片"
PHOTO = EvidenceItem(EvidenceKind.PHOTO, name="a.jpg")


def proof(groups: tuple[tuple[EvidenceKind, ...], ...]) -> tuple[EvidenceItem, ...]:
    """One piece of each group."""
    return tuple(EvidenceItem(group[0]) for group in groups)


# Openings --------------------------------------------------------------------------------------------------


def offered(world: World, lines: tuple[CaseLine, ...] | None = None) -> Eligibility:
    """What the page offers to the buyer."""
    return eligibility(world.docket, world.context(BUYER), lines)


def application(dice: Dice, world: World, *, possible: bool = True) -> tuple[k.OpenCase, ReasonAnswer] | None:
    """An application with everything its reason needs, among those that the page offers (or does not)."""
    lines = None
    if dice.chance(40):
        left = offered(world).lines
        if left:
            lines = tuple(CaseLine(line.line_no, dice.between(1, line.quantity)) for line in dice.some(left, len(left)))
    answers = offered(world, lines)
    found = [
        (kind.kind, reason)
        for kind in answers.kinds
        for reason in kind.reasons
        if reason.possible == possible and reason.reason != "agreed"
    ]
    if not found:
        return None
    kind, reason = dice.pick(found)
    amount = None
    if possible and dice.chance(40):
        amount = dice.between(1, reason.maximum_minor)
    command = k.OpenCase(
        order_no="o1",
        lines=answers.lines,
        kind=kind,
        reason=reason.reason,
        goods_received=delivered_at(world.order) is not None,
        amount=amount,
        note=NOTE,
        evidence=proof(reason.evidence),
    )
    return command, reason


def crooked_application(dice: Dice, command: k.OpenCase) -> k.OpenCase:
    """One thing wrong, or at least unusual."""
    first = command.lines[0] if command.lines else CaseLine(1, 1)
    return dice.pick((
        replace(command, amount=0),
        replace(command, amount=10**9),
        replace(command, lines=(replace(first, quantity=0),)),
        replace(command, lines=(replace(first, quantity=99),)),
        replace(command, lines=(CaseLine(77, 1),)),
        replace(command, lines=(first, first)),
        replace(command, reason="no_such_reason"),
        replace(command, evidence=()),
        replace(command, evidence=(EvidenceItem(evidence_id="e9"),)),
        replace(command, kind=dice.pick(tuple(Kind))),
    ))  # fmt: skip


# Commands about a case -------------------------------------------------------------------------------------


def fitting(kind: type[k.Command], c: CaseDraft, dice: Dice) -> k.Command:
    """The command with fields that fit the case; where none fit, with fields that would fit another one."""
    return PLAIN[kind] if kind in PLAIN else FIELDS[kind](c, dice)


def _modify(c: CaseDraft, dice: Dice) -> k.Command:
    case = c.case
    changes: dict[str, Any] = {"note": NOTE}
    match dice.below(4):
        case 0:
            changes["amount"] = dice.between(1, max(1, case.maximum_minor))
        case 1:
            changes["lines"] = tuple(CaseLine(n.line_no, dice.between(1, n.quantity)) for n in case.lines)
        case 2:
            code = dice.pick(("quality", "not_as_described", "other", "changed_mind", "damaged"))
            reason = c.policy.reasons[code]
            changes |= {"reason": code, "kind": dice.pick(reason.kinds), "evidence": proof(reason.evidence)}
    return k.Modify(**changes)


def _ship_return(c: CaseDraft, dice: Dice) -> k.Command:
    number = f"R{dice.below(3)}"
    spare = amounts.compensation_left_minor(c.draft, c.policy)
    if spare and dice.chance(50):
        paid = min(spare, dice.pick((1_200, 5_000)))
        return k.ShipReturn("YTO", number, paid, EvidenceItem(EvidenceKind.FREIGHT_RECEIPT))
    return k.ShipReturn("YTO", number)


def _make_offer(c: CaseDraft, dice: Dice) -> k.Command:
    case = c.case
    most = min(case.maximum_minor - case.ordered_minor(Ledger.REFUND), amounts.balance_minor(c.draft) + case.due_minor)
    part = dice.between(1, max(1, most))
    remedy = dice.pick((
        Remedy.REFUND_ONLY, Remedy.RETURN_AND_REFUND, Remedy.SMALL_PAYMENT, Remedy.EXCHANGE, Remedy.RESEND,
        Remedy.REPAIR,
    ))  # fmt: skip
    if remedy is Remedy.SMALL_PAYMENT:
        kind = dice.pick(tuple(SmallPaymentType))
        return k.MakeOffer(remedy, dice.pick((500, 2_900, 20_000)), message="补偿运费", small_payment_type=kind)
    return k.MakeOffer(remedy, part if dice.chance(60) else None)


def _accept_offer(c: CaseDraft, dice: Dice) -> k.Command:
    return k.AcceptOffer(_offer_id(c, dice))


def _decline_offer(c: CaseDraft, dice: Dice) -> k.Command:
    return k.DeclineOffer(_offer_id(c, dice))


def _offer_id(c: CaseDraft, dice: Dice) -> str:
    side = c.actor.side
    open_to_me = [offer for offer in c.case.offers if offer.side is not side and side not in offer.accepted_by]
    return dice.pick(open_to_me).offer_id if open_to_me else "none"


def _agree(c: CaseDraft, dice: Dice) -> k.Command:
    return k.Agree(c.case.application)


def _ship_replacement(c: CaseDraft, dice: Dice) -> k.Command:
    return k.ShipReplacement("YTO", f"N{c.case.replacements_sent + 1}", repaired=dice.chance(20))


def _ship_back(c: CaseDraft, dice: Dice) -> k.Command:
    return k.ShipBack("YTO", f"N{c.case.replacements_sent + 1}")


def _choose_after_repair(c: CaseDraft, dice: Dice) -> k.Command:
    return k.ChooseAfterRepair(dice.pick(("exchange", "refund")))


def _assign(c: CaseDraft, dice: Dice) -> k.Command:
    return k.Assign(dice.pick(("he", "zhou", "wu", "zheng")))


def _approve_ruling(c: CaseDraft, dice: Dice) -> k.Command:
    return k.ApproveRuling(dice.chance(60), "认定的事实缺少凭证支持")


def _cancel(c: CaseDraft, dice: Dice) -> k.Command:
    return k.Cancel(dice.pick(("duplicate", "mistake")))


def _stray_scan(c: CaseDraft, dice: Dice) -> k.Command:
    """Of a parcel that nobody sent."""
    return k.RecordScan(dice.pick((Leg.RETURN, Leg.REPLACEMENT)), "YTO", "X9", Scan(ScanCode.IN_TRANSIT, c.now))


def _interception_answer(c: CaseDraft, dice: Dice) -> k.Command:
    return k.RecordInterception(dice.pick(("accepted", "refused")))


def _prepare(c: CaseDraft, dice: Dice) -> k.Command:
    allowed = rejecting.allowed_reasons(c)
    return k.PrepareRejection(c.case.application, dice.pick(allowed) if allowed else "facts_differ")


def _reject(c: CaseDraft, dice: Dice) -> k.Command:
    preparation = c.case.preparation
    reason = preparation.reason if preparation else "facts_differ"
    wanted = c.policy.rejection_reasons[reason]
    evidence = proof((*wanted.proof, *wanted.proof_if_excludable))
    return k.Reject(c.case.application, reason, (Point(WORDS),), evidence)


def _accept_return(c: CaseDraft, dice: Dice) -> k.Command:
    left = returns.outstanding(c.case)
    if not left or dice.chance(60):
        return k.AcceptReturn(return_freight=_granted(c) if dice.chance(50) else None)
    return k.AcceptReturn(tuple(CaseLine(n.line_no, dice.between(1, n.quantity)) for n in dice.some(left, len(left))))


def _granted(c: CaseDraft) -> int | None:
    """All of the receipt, if there is one."""
    claimed = c.case.freight_claim_minor - c.case.freight_granted_minor
    return min(claimed, amounts.compensation_left_minor(c.draft, c.policy)) or None


def _request_evidence(c: CaseDraft, dice: Dice) -> k.Command:
    asked = {request.side for request in c.case.review.requests} if c.case.review else set()
    return k.RequestEvidence("merchant" if Side.BUYER in asked else "buyer", ("开箱视频",))


def ruling(c: CaseDraft, dice: Dice, *, with_compensation: bool = False) -> k.Rule:
    """A ruling that can stand: an outcome that the goods allow, money that is there, findings with a basis."""
    case = c.case
    held = case.goods in closing.HELD_BY_MERCHANT or bool(case.returned)
    delivered = case.goods in (Goods.WITH_BUYER, Goods.RETURN_DUE, Goods.REPLACEMENT_DUE)
    outcomes = [RulingOutcome.REFUND, RulingOutcome.DISMISS]
    if held or delivered:
        outcomes += [outcome for outcome in RulingOutcome if outcome not in outcomes]
    outcome = dice.pick(outcomes)
    amount = None
    if outcome in (RulingOutcome.REFUND, RulingOutcome.RETURN_AND_REFUND):
        most = case.ordered_minor(Ledger.REFUND) + amounts.balance_minor(c.draft) + case.due_minor
        if with_compensation:
            most += amounts.compensation_left_minor(c.draft, c.policy) + case.compensation_due_minor
        amount = dice.pick((1, 2, 1))
        amount = max(1, min(case.maximum_minor, most) // amount)
    goods = None
    if held:
        back = outcome is RulingOutcome.DISMISS or dice.chance(30)
        goods = Holding.BACK_TO_BUYER if back else Holding.MERCHANT_KEEPS
    fault = dice.pick((Fault.MERCHANT, Fault.BUYER, Fault.CARRIER, Fault.SHARED))
    payer = dice.pick((Payer.MERCHANT, Payer.BUYER))
    return k.Rule(
        outcome=outcome,
        fault=fault,
        freight=FreightRuling(payer, payer),
        findings=(Finding("依据聊天记录与凭证", basis(c, dice), "silence"),),
        amount=amount,
        goods=goods,
        shares=Shares(buyer=40, merchant=60) if fault is Fault.SHARED else None,
        no_return_because="商品已无法退回" if outcome is RulingOutcome.REFUND else "",
        return_freight=_granted(c) if payer is Payer.MERCHANT and outcome is not RulingOutcome.DISMISS else None,
    )


def basis(c: CaseDraft, dice: Dice) -> tuple[str, ...]:
    """What is on record that a finding can rest on; freshly filed evidence may be too fresh."""
    found = ["chat:all"] if c.case.talk.messages else []
    if c.order.parcel is not None:
        found += [f"scan:{scan.code}" for scan in c.order.parcel.scans[:1]]
    marks = c.draft.docket.evidence
    found += [mark.evidence_id for mark in marks if c.at >= mark.filed_at + timedelta(hours=12)]
    if not found or dice.chance(10):
        found = [f"e{number + 1}" for number in range(c.case.evidence.count)] or ["chat:all"]
    return (dice.pick(found),)


def _decide_appeal(c: CaseDraft, dice: Dice) -> k.Command:
    ruled = c.case.ruling is not None and c.case.ruling.noticed_at is not None
    outcomes = [AppealOutcome.UPHOLD, AppealOutcome.CHANGE]
    if not ruled and c.case.stage is Stage.UNDER_REVIEW:
        outcomes.append(AppealOutcome.REOPEN)
    outcome = dice.pick(outcomes)
    changed = ruling(c, dice, with_compensation=True) if outcome is AppealOutcome.CHANGE else None
    return k.DecideAppeal(outcome, "复核了全部凭证", changed)


def _settle_payout(c: CaseDraft, dice: Dice) -> k.Command:
    stuck = [p for p in c.case.payouts if c.running(f"payout_unknown:{p.payout_id}") is not None]
    named = dice.pick(stuck).payout_id if stuck else "none"
    return k.SettlePayout(named, dice.pick(("done", "failed")), "对账单第 3 行")


def _extend(c: CaseDraft, dice: Dice) -> k.Command:
    running = [deadline.key for deadline in c.clocks()]
    return k.ExtendDeadline(dice.pick(running) if running else "ruling", dice.pick((1, 24, 100)), "双方同意延长")


def _suspend(c: CaseDraft, dice: Dice) -> k.Command:
    if dice.chance(80):
        return k.Suspend(c.at + timedelta(hours=dice.pick((5, 48, 700))), "等待公安机关调查")
    return k.Suspend(c.at + timedelta(days=60), "法院调查", "(2026)民初1号")


def _credit(c: CaseDraft, dice: Dice) -> k.Command:
    ends_at = c.at - timedelta(minutes=dice.pick((0, 1, 50)))
    return k.CreditOutage(ends_at - timedelta(hours=dice.pick((1, 6, 72))), ends_at)


def _payout_answer(c: CaseDraft, dice: Dice) -> k.Command:
    sent = [p for p in c.case.payouts if p.state is not PayoutState.HELD]
    named = dice.pick(sent).payout_id if sent else "none"
    return k.RecordPayout(named, dice.pick(("done", "unknown", "failed")))


PLAIN: dict[type[k.Command], k.Command] = {
    type(command): command
    for command in (
        k.Withdraw(),
        k.ConfirmReceipt(),
        k.DisputeReplacement("颜色不对", (PHOTO,)),
        k.NamePayoutAccount("bank", "0000-42"),
        k.AskHumanReview(),
        k.SendMessage(WORDS),
        k.AddEvidence((PHOTO,)),
        k.StatePosition((Point(WORDS),)),
        k.RequestIntervention("协商不成"),
        k.Appeal("裁决没有考虑到我提交的第二份凭证，请重新核对全部凭证"),
        k.InterceptParcel(),
        k.AgreeRefundAfterRefusal(),
        k.RevealContact("联系买家"),
        k.RecordCall("no_answer"),
        k.Resume(),
        k.Lapse(),
    )
}
"""Commands whose fields do not depend on the case."""

FIELDS: dict[type[k.Command], Callable[[CaseDraft, Dice], k.Command]] = {
    k.Modify: _modify,
    k.ShipReturn: _ship_return,
    k.ChooseAfterRepair: _choose_after_repair,
    k.MakeOffer: _make_offer,
    k.AcceptOffer: _accept_offer,
    k.DeclineOffer: _decline_offer,
    k.Agree: _agree,
    k.PrepareRejection: _prepare,
    k.Reject: _reject,
    k.AcceptReturn: _accept_return,
    k.ShipReplacement: _ship_replacement,
    k.ShipBack: _ship_back,
    k.Assign: _assign,
    k.RequestEvidence: _request_evidence,
    k.Rule: ruling,
    k.ApproveRuling: _approve_ruling,
    k.DecideAppeal: _decide_appeal,
    k.SettlePayout: _settle_payout,
    k.ExtendDeadline: _extend,
    k.Suspend: _suspend,
    k.Cancel: _cancel,
    k.CreditOutage: _credit,
    k.RecordScan: _stray_scan,
    k.RecordPayout: _payout_answer,
    k.RecordInterception: _interception_answer,
}

KINDS: tuple[type[k.Command], ...] = (*PLAIN, *FIELDS)
"""Every command about a case. Scans of parcels on record are the courier's (`news`)."""


def crooked(command: k.Command, c: CaseDraft, dice: Dice) -> k.Command:
    """The same command with something wrong in it, where it has fields to be wrong."""
    wrong = EvidenceItem(evidence_id="e99")
    match command:
        case k.Modify():
            return dice.pick((
                replace(command, amount=0),
                replace(command, amount=10**9),
                replace(command, lines=(CaseLine(1, 99),)),
                replace(command, reason="no_such_reason"),
                replace(command, evidence=(wrong,)),
                replace(command, kind=Kind.REPAIR, reason="quality", note=""),
            ))  # fmt: skip
        case k.Agree():
            return dice.pick((replace(command, application=99), replace(command, return_address_id="none")))
        case k.ShipReturn():
            return dice.pick((
                replace(command, freight_paid=0),
                replace(command, freight_paid=900, receipt=None),
                replace(command, freight_paid=10**7, receipt=EvidenceItem(EvidenceKind.FREIGHT_RECEIPT)),
            ))  # fmt: skip
        case k.MakeOffer():
            return dice.pick((
                replace(command, amount=0),
                replace(command, amount=10**9),
                replace(command, remedy=Remedy.REFUND_ONLY, goods="send_back"),
                replace(command, remedy=Remedy.SMALL_PAYMENT, message="", amount=100),
            ))  # fmt: skip
        case k.AcceptOffer() | k.DeclineOffer():
            own = c.case.offer_of(c.actor.side)
            return replace(command, offer_id=own.offer_id if own is not None and dice.chance(50) else "none")
        case k.PrepareRejection():
            return dice.pick((replace(command, application=99), replace(command, reason="no_such_reason")))
        case k.Reject():
            return dice.pick((
                replace(command, points=()),
                replace(command, evidence=()),
                replace(command, application=99),
                replace(command, reason="no_such_reason"),
                replace(command, points=(Point(WORDS, ("e99",)),)),
            ))  # fmt: skip
        case k.AcceptReturn():
            return dice.pick((
                replace(command, quantities=(CaseLine(1, 99),)),
                replace(command, quantities=()),
                replace(command, return_freight=10**7),
                replace(command, quantities=(CaseLine(1, 1), CaseLine(1, 1))),
            ))  # fmt: skip
        case k.Rule():
            return dice.pick((
                replace(command, findings=()),
                replace(command, findings=(Finding("无", ("e99",), "silence"),)),
                replace(command, outcome=RulingOutcome.REFUND, amount=0),
                replace(command, outcome=RulingOutcome.REFUND, amount=10**9),
                replace(command, goods=Holding.BACK_TO_BUYER),
                replace(command, return_freight=10**7),
                replace(command, fault=Fault.SHARED, shares=Shares(buyer=40, merchant=50)),
                replace(command, outcome=RulingOutcome.REFUND, amount=1, no_return_because=""),
            ))  # fmt: skip
        case k.DecideAppeal():
            return replace(command, outcome=dice.pick((AppealOutcome.REOPEN, AppealOutcome.CHANGE)), ruling=None)
        case k.SendMessage() | k.AddEvidence() | k.DisputeReplacement():
            return replace(command, evidence=(wrong,))
        case k.StatePosition():
            return dice.pick((
                k.StatePosition((Point(" "),)),
                k.StatePosition((Point(WORDS, ("e99",)),)),
                k.StatePosition((Point(WORDS),) * 21),
            ))  # fmt: skip
        case k.Appeal():
            return dice.pick((replace(command, grounds="不服"), replace(command, evidence=(wrong,))))
        case k.ApproveRuling():
            return k.ApproveRuling(approve=False, reason="")
        case k.Suspend():
            return dice.pick((
                replace(command, until=c.at),
                replace(command, until=c.at + timedelta(days=40), paper=""),
            ))  # fmt: skip
        case k.ExtendDeadline():
            return replace(command, deadline="no_such_deadline")
        case k.CreditOutage():
            return replace(command, ends_at=command.starts_at - timedelta(hours=1))
        case k.SettlePayout() | k.RecordPayout():
            return replace(command, payout_id="none")
        case _:
            return command
