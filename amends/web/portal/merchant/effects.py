"""What to do, and what it does to the shop's published figures, said before it is done (R3.9, R6.2)."""

from collections.abc import Mapping
from typing import NamedTuple

from amends.application.caseview import CaseView
from amends.application.workbench import Rates
from amends.domain.words import Side, Stage
from amends.wording.catalogue import N_, Language, translate
from amends.wording.formats import money, percent, sentences
from amends.wording.reader import Reader

_DECIMALS = 2
"""The published figures are small: a step moves them by hundredths of a percent."""


class Figures(NamedTuple):
    """The figures as they are, in words; empty where the shop had no orders to count them by."""

    intervention: str
    dispute: str
    orders: int


class AdviceWords(NamedTuple):
    """What a fair clerk would do: the verb, why, and remarks beside it."""

    verb: str
    why: str
    remarks: tuple[str, ...]


_WHY: Mapping[str, str] = {
    "low_value": N_("The order is worth less than {below}: talking would cost more than refunding."),
    "not_shipped": N_("Nothing was shipped yet: nothing is lost by agreeing."),
    "can_be_stopped": N_("The parcel can still be stopped: then goods and money each come back."),
    "can_be_refused": N_("The buyer can refuse the parcel at the door: the refund follows by itself."),
    "no_reason_right": N_("The buyer has the right to return without giving a reason."),
    "fault_and_evidence": N_("The fault is the shop's by the reason, and the evidence is there: an offer settles it."),
    "facts_missing": N_("The evidence is not complete yet: ask the buyer for what is missing."),
    "claim_stands": N_("Nothing speaks against what the buyer asks for."),
}
_REMARKS: Mapping[str, str] = {
    "state_position_early": N_("The order is worth much: state your points early, with an offer on record."),
    "prepare_itemised_rejection": N_("If it stays so: prepare a rejection that says point by point what is missing."),
}


def advice(view: CaseView, reader: Reader) -> AdviceWords | None:
    """What is advised, in words."""
    if view.advice is None:
        return None
    below = view.advice.facts.get("below_minor")
    facts = {"below": money(below, view.money.currency, reader.language)} if below is not None else {}
    return AdviceWords(
        view.advice.verb,
        translate(_WHY[view.advice.why], reader.language).format(**facts),
        tuple(translate(_REMARKS[remark], reader.language) for remark in view.advice.remarks),
    )


def figures(rates: Rates, language: Language) -> Figures:
    if not rates.orders:
        return Figures("", "", 0)
    return Figures(
        percent(rates.intervention_rate(), language, _DECIMALS),
        percent(rates.dispute_rate(), language, _DECIMALS),
        rates.orders,
    )


_SETTLES = N_("Settled between the two of you, it counts neither as an intervention nor as a dispute refund.")
_ASKS = N_("The buyer can then ask the platform to step in: the intervention rate would go from {before} to {after}.")
_LOSES = N_("If the platform supports the buyer, the dispute-refund rate goes from {before} to {after}.")
_PAYS_LATE = N_("The platform has stepped in: paid in full now, the dispute-refund rate goes from {before} to {after}.")
_COUNTED = N_("This order counts in the intervention rate already.")
_OWN = N_("A request of the shop's own does not count in the intervention rate.")
_OVERTURNED = N_("A ruling that is overturned no longer counts in the dispute-refund rate.")

_SETTLING = ("agree", "make-offer", "accept-offer", "intercept-parcel", "agree-refund-after-refusal", "accept-return")


def effects(view: CaseView, rates: Rates, language: Language) -> dict[str, str]:
    """By verb, what a step does to the figures; without orders to count by only which of them it touches."""
    asked = view.review is not None and view.review.requested_by is Side.BUYER
    loses = _change(_LOSES, rates.dispute_rate(), rates.dispute_rate(1), rates, language)
    if view.review is None:
        found = dict.fromkeys(_SETTLING, translate(_SETTLES, language))
    else:
        late = _change(_PAYS_LATE, rates.dispute_rate(), rates.dispute_rate(1), rates, language)
        found = dict.fromkeys(("agree", "accept-offer"), late) if view.status.stage is Stage.UNDER_REVIEW else {}
    asks = _change(_ASKS, rates.intervention_rate(), rates.intervention_rate(1), rates, language)
    found["reject"] = sentences((translate(_COUNTED, language) if asked else asks, loses), language)
    found["request-intervention"] = sentences((translate(_OWN, language), loses), language)
    if view.ruling is not None:
        found["appeal"] = translate(_OVERTURNED, language)
    return {verb: text for verb, text in found.items() if text}


def _change(text: str, before: float, after: float, rates: Rates, language: Language) -> str:
    if not rates.orders:
        return ""
    return translate(text, language).format(
        before=percent(before, language, _DECIMALS), after=percent(after, language, _DECIMALS)
    )
