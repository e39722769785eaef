"""How far a case has come, as a handful of steps."""

from amends.application.caseview import CaseView
from amends.domain.words import Funds, Goods, Outcome, Remedy, Stage
from amends.wording.catalogue import N_, Language, translate

_APPLIED, _MERCHANT, _PLATFORM = N_("Applied"), N_("Merchant"), N_("Platform")
_STOPPED, _SENT_BACK, _NEW_GOODS = N_("Parcel back"), N_("Goods back"), N_("New goods")
_REPAIRED, _PAID, _DONE, _CLOSED = N_("Repaired"), N_("Refund"), N_("Done"), N_("Over")

_ON_THE_WAY_BACK = (Goods.INTERCEPTING, Goods.REFUSAL_AGREED, Goods.COMING_BACK, Goods.BACK)
_RETURNING = (Goods.RETURN_DUE, Goods.RETURN_IN_TRANSIT, Goods.RETURN_DELIVERED)
_SENDING = (Goods.REPLACEMENT_DUE, Goods.REPLACEMENT_IN_TRANSIT)
_MONEY = (Remedy.REFUND_ONLY, Remedy.RETURN_AND_REFUND, Remedy.SMALL_PAYMENT)
_GOOD_ENDS = (Outcome.REFUNDED, Outcome.COMPLETED, Outcome.SETTLED)


def progress(view: CaseView, language: Language) -> list[tuple[str, str]]:
    """How far it has come: (name, "done" | "now" | "todo")."""
    status = view.status
    remedy = view.agreement.remedy if view.agreement else Remedy(view.application.kind.value)
    if status.stage is Stage.CLOSED and status.outcome not in _GOOD_ENDS:
        passed = [_APPLIED, *([_PLATFORM] if view.review else []), _CLOSED]
        return [(translate(name, language), "done") for name in passed]
    names = [_APPLIED, _MERCHANT]
    if view.review is not None or status.stage is Stage.UNDER_REVIEW:
        names.append(_PLATFORM)
    if remedy in (Remedy.RETURN_AND_REFUND, Remedy.EXCHANGE, Remedy.REPAIR):
        names.append(_SENT_BACK)
    elif status.goods in _ON_THE_WAY_BACK:
        names.append(_STOPPED)
    if remedy in (Remedy.EXCHANGE, Remedy.RESEND):
        names.append(_NEW_GOODS)
    if remedy is Remedy.REPAIR:
        names.append(_REPAIRED)
    names.append(_PAID if remedy in _MONEY else _DONE)
    at = names.index(_now(status.stage, status.goods, status.funds, names))
    over = status.stage is Stage.CLOSED
    return [
        (translate(name, language), "done" if over or place < at else "now" if place == at else "todo")
        for place, name in enumerate(names)
    ]


def _now(stage: Stage, goods: Goods, funds: Funds, names: list[str]) -> str:
    match stage:
        case Stage.CLOSED:
            return names[-1]
        case Stage.UNDER_REVIEW:
            return _PLATFORM
        case Stage.AWAITING_MERCHANT | Stage.AWAITING_BUYER:
            return _MERCHANT
    wanted = ""
    if funds is Funds.NONE or funds is Funds.PROMISED:
        if goods in _RETURNING:
            wanted = _SENT_BACK
        elif goods in _ON_THE_WAY_BACK and goods is not Goods.BACK:
            wanted = _STOPPED
        elif goods in _SENDING:
            wanted = _REPAIRED if _REPAIRED in names else _NEW_GOODS
        elif goods is Goods.IN_REPAIR:
            wanted = _REPAIRED
    return wanted if wanted in names else names[-1]
