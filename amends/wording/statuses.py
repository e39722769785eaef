"""Where a case stands, whose turn it is until when, and what happens if nobody acts: the first lines of every page."""

from collections.abc import Mapping
from datetime import datetime

from amends.domain.policy import SilenceOutcome
from amends.domain.words import Funds, Goods, Outcome, Stage
from amends.wording.catalogue import N_, Language, translate
from amends.wording.labels import label
from amends.wording.reader import Reader

_STAGES: Mapping[Stage, str] = {
    Stage.AWAITING_MERCHANT: N_("Waiting for the merchant's answer"),
    Stage.AWAITING_BUYER: N_("Rejected by the merchant, waiting for the buyer"),
    Stage.IN_MOTION: N_("Being carried out"),
    Stage.UNDER_REVIEW: N_("The platform is looking into it"),
}

_GOODS: Mapping[Goods, str] = {
    Goods.INTERCEPTING: N_("The courier is stopping the parcel"),
    Goods.REFUSAL_AGREED: N_("Refund follows once the buyer has refused the parcel"),
    Goods.COMING_BACK: N_("The parcel is coming back"),
    Goods.RETURN_DUE: N_("Waiting for the buyer to send the goods back"),
    Goods.RETURN_IN_TRANSIT: N_("The return is on its way"),
    Goods.RETURN_DELIVERED: N_("The merchant is checking the return"),
    Goods.IN_REPAIR: N_("The goods are being repaired"),
    Goods.REPLACEMENT_DUE: N_("Waiting for the merchant to ship"),
    Goods.REPLACEMENT_IN_TRANSIT: N_("The goods are on their way to the buyer"),
    Goods.SHIP_BACK_DUE: N_("Waiting for the merchant to send the goods back"),
}
"""Goods that move; for others the money says where the case stands."""

_FUNDS: Mapping[Funds, str] = {
    Funds.PROMISED: N_("The refund is promised"),
    Funds.PAYING: N_("The refund is being paid"),
    Funds.PAID: N_("The refund has been paid"),
    Funds.UNKNOWN: N_("The refund is being confirmed with the payment provider"),
    Funds.FAILED: N_("The refund did not arrive: an account is needed"),
}

_CLOSED: Mapping[Outcome, str] = {
    Outcome.REFUNDED: N_("Closed: refunded"),
    Outcome.COMPLETED: N_("Closed: completed"),
    Outcome.SETTLED: N_("Closed: both sides settled"),
    Outcome.DISMISSED: N_("Closed: the platform did not support the application"),
    Outcome.SENT_BACK: N_("Closed: the goods went back to the buyer"),
    Outcome.WITHDRAWN: N_("Closed: the buyer withdrew the application"),
    Outcome.CANCELLED: N_("Closed: cancelled by the platform"),
    Outcome.NOTHING_LEFT: N_("Closed: nothing was left to refund"),
    Outcome.REFUNDED_ELSEWHERE: N_("Closed: the shop had already refunded"),
    Outcome.LAPSED_NOT_REFUSED: N_("Closed: the parcel was not refused in time"),
    Outcome.LAPSED_NOT_SENT: N_("Closed: the goods were not sent back in time"),
    Outcome.LAPSED_AFTER_REJECTION: N_("Closed: nobody went on after the rejection"),
}


def status(
    stage: Stage,
    goods: Goods,
    funds: Funds,
    language: Language,
    *,
    outcome: Outcome | None = None,
    suspended: bool = False,
) -> str:
    """Where a case stands, in one line. `outcome` is how it ended, for closed cases."""
    if stage is Stage.CLOSED:
        return translate(_CLOSED[outcome], language) if outcome is not None else label(stage, language)
    if suspended:
        return translate(N_("Paused by the platform"), language)
    if stage is not Stage.IN_MOTION:
        return translate(_STAGES[stage], language)
    return translate(_GOODS.get(goods) or _FUNDS.get(funds) or _STAGES[stage], language)


_YOU = N_("You")
_OWNERS: Mapping[str, str] = {
    "buyer": N_("The buyer"),
    "merchant": N_("The merchant"),
    "platform": N_("The platform"),
    "courier": N_("The courier"),
}

_ANSWER = N_("{who} must answer by {due_at}.")
_FILE = N_("Evidence can be filed until {due_at}.")

TURNS: Mapping[str, str] = {
    "answer.not_shipped": _ANSWER,
    "answer.in_transit": _ANSWER,
    "answer.with_buyer": _ANSWER,
    "answer.coming_back": _ANSWER,
    "negotiation_wait": N_("{who} can reply to the merchant's proposal until {due_at}."),
    "offer_open": N_("The offer stands until {due_at}."),
    "intercept_result": N_("{who} must stop the parcel by {due_at}."),
    "unstopped": N_("{who} was asked to stop the parcel; this is awaited until {due_at}."),
    "outward_silence": N_("News from the courier is awaited until {due_at}."),
    "refuse_parcel": N_("{who} must refuse the parcel by {due_at}."),
    "ship_return": N_("{who} must send the goods back by {due_at} and enter the tracking number."),
    "return_scan": N_("The courier's first scan of the return is awaited until {due_at}."),
    "return_number": N_("{who} must correct the tracking number by {due_at}."),
    "return_transit": N_("The return must arrive by {due_at}."),
    "carrier_answer": N_("{who} must show the courier's answer by {due_at}."),
    "check_return": N_("{who} must check the return by {due_at}."),
    "ship_replacement": N_("{who} must ship by {due_at}."),
    "repair": N_("{who} must finish the repair and ship by {due_at}."),
    "repair_choice": N_("{who} can choose an exchange or the refund until {due_at}."),
    "replacement_transit": N_("The goods must arrive by {due_at}."),
    "confirm_replacement": N_("{who} can confirm receipt or object until {due_at}."),
    "after_rejection": N_("{who} can change the application or ask the platform to step in until {due_at}."),
    "evidence": _FILE,
    "evidence_more": _FILE,
    "ruling": N_("{who} must decide by {due_at}."),
    "look": N_("Somebody at the platform must look into it by {due_at}."),
    "wish": N_("The platform asks the buyer to confirm by {due_at}."),
    "ship_back": N_("{who} must send the goods back by {due_at}."),
    "appeal_window": N_("An appeal is possible until {due_at}."),
    "appeal_decision": N_("{who} must decide on the appeal by {due_at}."),
    "offers_after_closing": N_("The two sides can still settle until {due_at}."),
    "suspension": N_("The case is paused until {due_at} at the latest."),
    "group_fill": N_("The group can fill until {due_at}."),
    "payout_account": N_("{who} must name an account for the refund by {due_at}."),
    "payout_unknown": N_("The payment provider's answer is awaited until {due_at}."),
}
"""Whose turn it is, by the policy's deadline."""


def turn(key: str, owner: str, due_at: datetime, reader: Reader) -> str:
    """Whose turn it is and until when: 「商家需在 11月24日 10:00 前答复。」; the reader is called 您."""
    who = _YOU if reader.side is not None and owner == reader.side else _OWNERS.get(owner, _OWNERS["platform"])
    sentence = translate(TURNS[key.partition(":")[0]], reader.language)
    return sentence.format(who=translate(who, reader.language), due_at=reader.moment(due_at))


_NO_ANSWER = N_("If there is no answer by then, ")
_NOTHING_FILED = N_("If nothing has been filed by then, ")
_NOTHING_DECIDED = N_("If nothing has been decided by then, ")

SILENCES: Mapping[str, str] = {
    "answer.not_shipped": _NO_ANSWER,
    "answer.in_transit": _NO_ANSWER,
    "answer.with_buyer": _NO_ANSWER,
    "answer.coming_back": _NO_ANSWER,
    "negotiation_wait": N_("If the buyer has not replied by then, "),
    "offer_open": N_("If it has not been accepted by then, "),
    "intercept_result": N_("If the parcel has not been stopped by then, "),
    "unstopped": N_("If the parcel has not been delivered by then, "),
    "outward_silence": N_("If there is no news of the parcel by then, "),
    "refuse_parcel": N_("If the parcel has not been refused by then, "),
    "ship_return": N_("If the goods have not been sent by then, "),
    "return_scan": N_("If the courier has no record of the return by then, "),
    "return_number": N_("If the number has not been corrected by then, "),
    "return_transit": N_("If the return has not arrived by then, "),
    "carrier_answer": N_("If the courier's answer has not been shown by then, "),
    "check_return": N_("If the return has not been checked by then, "),
    "ship_replacement": N_("If nothing has been shipped by then, "),
    "repair": N_("If the repair is not finished by then, "),
    "repair_choice": N_("If nothing has been chosen by then, "),
    "replacement_transit": N_("If the goods have not arrived by then, "),
    "confirm_replacement": N_("If nobody objects by then, "),
    "after_rejection": N_("If nothing is done by then, "),
    "evidence": _NOTHING_FILED,
    "evidence_more": _NOTHING_FILED,
    "ruling": _NOTHING_DECIDED,
    "look": _NOTHING_DECIDED,
    "wish": N_("If the buyer has not confirmed by then, "),
    "ship_back": N_("If the goods have not been sent back by then, "),
    "appeal_window": N_("If nobody appeals by then, "),
    "appeal_decision": _NOTHING_DECIDED,
    "offers_after_closing": N_("If nothing is settled by then, "),
    "suspension": N_("If it has not gone on before, "),
    "group_fill": N_("If the group has not filled by then, "),
    "payout_account": N_("If no account has been named by then, "),
    "payout_unknown": N_("If there is no clear answer by then, "),
}
"""The silence that a deadline measures, as the first half of a sentence."""

LAPSES: Mapping[SilenceOutcome, tuple[str, ...]] = {
    "agree": (N_("what the buyer asks for is agreed automatically."),),
    "agree_refund": (N_("{amount} is refunded automatically."), N_("the money is refunded automatically.")),
    "agree_return": (
        N_("the return is agreed automatically, and {amount} is refunded once the goods are back."),
        N_("the return is agreed automatically, and the money is refunded once the goods are back."),
    ),
    "agree_intercept": (
        N_("the refund is agreed and the courier is asked to stop the parcel; {amount} is paid once it comes back."),
        N_("the refund is agreed and the courier is asked to stop the parcel; the money is paid once it comes back."),
    ),
    "agree_unstopped": (
        N_("the refund is agreed; {amount} is paid once the parcel comes back or is not delivered."),
        N_("the refund is agreed; the money is paid once the parcel comes back or is not delivered."),
    ),
    "close_nothing_left": (N_("the case is closed: nothing is left to refund."),),
    "may_reject": (N_("the merchant may reject the application."),),
    "end_offer": (N_("the offer ends; nothing else changes."),),
    "back_to_merchant": (N_("the merchant has to answer again."),),
    "close_not_refused": (N_("the case is closed without a refund."),),
    "close_not_sent": (N_("the case is closed without a refund."),),
    "close_rejected": (N_("the case is closed and the rejection stands."),),
    "close_completed": (N_("the case is closed as completed."),),
    "ask_return_number": (N_("the buyer is asked for the right tracking number."),),
    "look": (N_("somebody at the platform looks into it."),),
    "accept_return": (
        N_("the return counts as accepted, and {amount} is refunded automatically."),
        N_("the return counts as accepted, and the case goes on automatically."),
    ),
    "refund_instead": (
        N_("{amount} is refunded automatically instead."),
        N_("the money is refunded automatically instead."),
    ),
    "choose_refund": (N_("the buyer may choose an exchange or the refund."),),
    "send_again": (N_("the merchant has to send the goods again."),),
    "review": (N_("the platform decides."),),
    "judge": (N_("the platform decides on what is there."),),
    "late": (N_("the delay is recorded and reported to the supervisor."),),
    "final": (N_("this result is final."),),
    "resume": (N_("the case goes on, and its deadlines move by the time it stood still."),),
    "refund_order": (N_("{amount} is refunded automatically."), N_("the order is refunded automatically.")),
    "remind": (N_("a reminder is sent; the money stays owed."),),
}
"""What follows, as the second half: with the amount, or without where none is known."""


def lapse(key: str, outcome: SilenceOutcome, reader: Reader, amount_minor: int | None = None) -> str:
    """What happens if nobody acts: 「到时没有答复，系统自动退款 ¥59.00。」"""
    silence = translate(SILENCES[key.partition(":")[0]], reader.language)
    sentences = LAPSES[outcome]
    if amount_minor is None:
        return silence + translate(sentences[-1], reader.language)
    return silence + translate(sentences[0], reader.language).format(amount=reader.money(amount_minor))
