"""Who may send which command, and in which stage: two tables for rules and pages alike (rules §5, §10)."""

from amends.domain import commands as k
from amends.domain.actor import Actor
from amends.domain.case import Case
from amends.domain.order import Order
from amends.domain.words import Role, Side, Stage

_BUYER = frozenset({Role.BUYER})
_AGENTS = frozenset({Role.OWNER, Role.AFTER_SALE})
_ANYBODY_AT_MERCHANT = _AGENTS | {Role.PRE_SALE}
_DECIDERS = frozenset({Role.ARBITRATOR, Role.SUPERVISOR})
_SERVICE = _DECIDERS | {Role.SERVICE_AGENT}
_SYSTEM = frozenset({Role.SYSTEM})

ROLES: dict[type[k.Command], frozenset[Role]] = {
    k.OpenCase: _BUYER | _SERVICE | _SYSTEM,
    k.AskPlatformRefund: _AGENTS,
    k.SyncOrder: _SYSTEM,
    k.Modify: _BUYER,
    k.Withdraw: _BUYER,
    k.ShipReturn: _BUYER,
    k.ConfirmReceipt: _BUYER,
    k.DisputeReplacement: _BUYER,
    k.NamePayoutAccount: _BUYER,
    k.ChooseAfterRepair: _BUYER,
    k.AskHumanReview: _BUYER,
    k.SendMessage: _BUYER | _ANYBODY_AT_MERCHANT | _SERVICE,
    k.AddEvidence: _BUYER | _ANYBODY_AT_MERCHANT | _SYSTEM,
    k.StatePosition: _BUYER | _AGENTS,
    k.MakeOffer: _BUYER | _AGENTS | _SERVICE,
    k.AcceptOffer: _BUYER | _AGENTS,
    k.DeclineOffer: _BUYER | _AGENTS,
    k.RequestIntervention: _BUYER | _AGENTS,
    k.Appeal: _BUYER | _AGENTS,
    k.Agree: _AGENTS,
    k.InterceptParcel: _AGENTS,
    k.AgreeRefundAfterRefusal: _AGENTS,
    k.PrepareRejection: _AGENTS,
    k.Reject: _AGENTS,
    k.AcceptReturn: _AGENTS,
    k.ShipReplacement: _AGENTS,
    k.ShipBack: _AGENTS,
    k.RevealContact: _AGENTS,
    k.RecordCall: _AGENTS,
    k.Assign: _SERVICE,
    k.RequestEvidence: _DECIDERS,
    k.Rule: _DECIDERS,
    k.ApproveRuling: _DECIDERS,
    k.DecideAppeal: _DECIDERS,
    k.SettlePayout: _DECIDERS | {Role.OPERATOR},
    k.ExtendDeadline: _DECIDERS | {Role.OPERATOR},
    k.Suspend: _DECIDERS,
    k.Resume: _DECIDERS,
    k.Cancel: _SERVICE,
    k.CreditOutage: frozenset({Role.OPERATOR}),
    k.RecordScan: _SYSTEM,
    k.RecordPayout: _SYSTEM,
    k.RecordInterception: _SYSTEM,
    k.Lapse: _SYSTEM,
}
"""Auditors read and send nothing. Pre-sale staff read, write messages and file evidence (R3.7)."""

_OPEN = frozenset({Stage.AWAITING_MERCHANT, Stage.AWAITING_BUYER, Stage.IN_MOTION, Stage.UNDER_REVIEW})
_UNSETTLED = frozenset({Stage.AWAITING_MERCHANT, Stage.AWAITING_BUYER})
_MOTION = frozenset({Stage.IN_MOTION})
_REVIEW = frozenset({Stage.UNDER_REVIEW})
ALL_STAGES = frozenset(Stage)

STAGES: dict[type[k.Command], frozenset[Stage]] = {
    k.Modify: _UNSETTLED,
    k.Withdraw: _OPEN,
    k.Agree: _UNSETTLED | _REVIEW,
    k.PrepareRejection: frozenset({Stage.AWAITING_MERCHANT, Stage.IN_MOTION}),
    k.Reject: frozenset({Stage.AWAITING_MERCHANT, Stage.IN_MOTION}),
    k.InterceptParcel: _UNSETTLED,
    k.AgreeRefundAfterRefusal: _UNSETTLED,
    k.MakeOffer: ALL_STAGES,
    k.AcceptOffer: ALL_STAGES,
    k.DeclineOffer: ALL_STAGES,
    k.ShipReturn: _MOTION,
    k.AcceptReturn: _MOTION | _REVIEW,
    k.ShipReplacement: _MOTION,
    k.ShipBack: _MOTION,
    k.DisputeReplacement: _MOTION,
    k.ConfirmReceipt: _MOTION,
    k.ChooseAfterRepair: _MOTION,
    k.RequestIntervention: _OPEN,
    k.Appeal: frozenset({Stage.IN_MOTION, Stage.CLOSED}),
    k.AskHumanReview: frozenset({Stage.CLOSED}),
    k.SendMessage: ALL_STAGES,
    k.AddEvidence: ALL_STAGES,
    k.StatePosition: ALL_STAGES,
    k.RevealContact: _OPEN,
    k.RecordCall: _OPEN,
    k.Assign: _OPEN,
    k.RequestEvidence: _REVIEW,
    k.Rule: _REVIEW,
    k.ApproveRuling: _REVIEW,
    k.DecideAppeal: _OPEN,
    k.SettlePayout: _OPEN,
    k.NamePayoutAccount: _OPEN,
    k.ExtendDeadline: ALL_STAGES,
    k.Suspend: _OPEN,
    k.Resume: _OPEN,
    k.Cancel: _OPEN,
    k.CreditOutage: ALL_STAGES,
    k.RecordScan: ALL_STAGES,
    k.RecordPayout: ALL_STAGES,
    k.RecordInterception: ALL_STAGES,
    k.Lapse: ALL_STAGES,
}
"""Rules §5; cells with a condition are narrowed by the command's own ladder."""

WHILE_SUSPENDED = frozenset({
    k.Resume, k.Assign, k.SendMessage, k.AddEvidence, k.StatePosition, k.RevealContact, k.RecordCall,
    k.RecordScan, k.RecordPayout, k.RecordInterception, k.Lapse, k.CreditOutage,
})  # fmt: skip
"""While a case is suspended nothing lapses and no payout is sent; talk and news go on (rules §4)."""

WHILE_ENDING = WHILE_SUSPENDED | {
    k.Suspend, k.ExtendDeadline, k.SettlePayout, k.NamePayoutAccount, k.Appeal, k.DecideAppeal,
}  # fmt: skip
"""What is still to be done in a case whose end waits only for money on its way."""

FOR_A_WHILE_AFTER_CLOSING = frozenset({
    k.MakeOffer, k.AcceptOffer, k.DeclineOffer, k.SendMessage, k.AddEvidence, k.StatePosition,
})  # fmt: skip


def is_party(actor: Actor, order: Order | Case) -> bool:
    """Whether the order, or the case, is the actor's own business; platform and system see every order."""
    side = actor.side
    if side is Side.BUYER:
        return actor.party == order.buyer_id
    return side is not Side.MERCHANT or actor.party == str(order.merchant_id)
