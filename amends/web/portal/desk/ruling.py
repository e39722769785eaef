"""Ruling: what the form offers, how it becomes a command, and what it would do before it is sent (rules §9)."""

from typing import Any, NamedTuple

import msgspec

from amends.application.arbitration import Standing, Trial
from amends.application.caseview import CaseView
from amends.application.ports import CaseKey
from amends.domain import commands as k
from amends.domain.refusals import Refusal
from amends.domain.words import AppealOutcome, Fault, Holding, Kind, Payer, RulingOutcome
from amends.web.portal import forms
from amends.web.portal.desk.home import arbitration
from amends.web.portal.desk.records import Proven
from amends.web.portal.desk.rules import Rules
from amends.web.portal.visit import Visit
from amends.web.problems import Problem, Refused
from amends.wording.catalogue import N_, Language, translate
from amends.wording.labels import label

FINDINGS = 4
"""So many findings have a place in the form; the law asks for few and good ones."""

MONEY = (RulingOutcome.REFUND, RulingOutcome.RETURN_AND_REFUND)

_SAYS = {
    RulingOutcome.REFUND: N_("Money without the goods; say why none go back."),
    RulingOutcome.RETURN_AND_REFUND: N_("The buyer sends the goods back, then the money comes."),
    RulingOutcome.EXCHANGE: N_("The buyer sends the goods back and gets new ones."),
    RulingOutcome.RESEND: N_("The merchant sends again."),
    RulingOutcome.REPAIR: N_("The buyer sends the goods in for repair."),
    RulingOutcome.DISMISS: N_("The application is not supported."),
}
_APPEAL_SAYS = {
    AppealOutcome.UPHOLD: N_("The result stays as it is."),
    AppealOutcome.CHANGE: N_("Your ruling takes the place of the result."),
    AppealOutcome.REOPEN: N_("Nobody has ruled yet: the platform begins anew."),
}
_AS_ASKED = {
    Kind.REFUND_ONLY: RulingOutcome.REFUND,
    Kind.RETURN_AND_REFUND: RulingOutcome.RETURN_AND_REFUND,
    Kind.EXCHANGE: RulingOutcome.EXCHANGE,
    Kind.RESEND: RulingOutcome.RESEND,
    Kind.REPAIR: RulingOutcome.REPAIR,
}


class Choices(NamedTuple):
    """What the form offers. Options as (value, title, says, why not) or (value, text)."""

    outcomes: list[tuple[str, str, str, str]]
    as_asked: str
    faults: list[tuple[str, str]]
    payers: list[tuple[str, str]]
    holdings: list[tuple[str, str]]
    bases: list[tuple[str, str]]
    clauses: list[tuple[str, str]]
    appeal_outcomes: list[tuple[str, str, str, str]]
    holds_goods: bool
    numbers: range


class Preview(NamedTuple):
    """What was tried, by its verb, with what would follow; `fields` carry it to the step that means it."""

    verb: str
    trial: Trial
    fields: list[tuple[str, str]]


def choices(view: CaseView, standing: Standing, records: list[Proven], rules: Rules, language: Language) -> Choices:
    """Everything to choose from, in the reader's words."""
    bases = {one.basis: one.text for one in records if one.basis and one.basis != "chat"}
    if view.messages:
        bases["chat"] = translate(N_("The conversation"), language)
    ruled = view.ruling is not None and view.ruling.noticed_at is not None
    reopening = "" if not ruled else translate(N_("There was a ruling: it is upheld or changed."), language)
    return Choices(
        [(one.outcome, label(one.outcome, language), translate(_SAYS[one.outcome], language), one.why)
         for one in standing.outcomes],
        _AS_ASKED[view.application.kind],
        [(fault, label(fault, language)) for fault in Fault],
        [(payer, label(payer, language)) for payer in Payer],
        [(holding, label(holding, language)) for holding in Holding],
        list(bases.items()),
        [(one.code, f"{one.text[:42]}…" if len(one.text) > 43 else one.text)
         for one in (*rules.likely, *rules.others)],
        [(one, label(one, language), translate(_APPEAL_SAYS[one], language),
          reopening if one is AppealOutcome.REOPEN else "") for one in AppealOutcome],
        standing.holds_goods,
        range(FINDINGS),
    )  # fmt: skip


def command(here: Visit, verb: str, currency: str) -> k.Rule | k.DecideAppeal:
    """The form as the command that it asks for. Raises Problem."""
    try:
        values = forms.nested(here.form, currency=currency, zone=here.reader().zone)
        if verb == "rule":
            return msgspec.convert(_ruling(values), k.Rule, strict=False)
        decision = {name: values[name] for name in ("outcome", "reason") if name in values}
        if values.get("outcome") == AppealOutcome.CHANGE:
            decision["ruling"] = _ruling(values.get("ruling", {}))
        return msgspec.convert(decision, k.DecideAppeal, strict=False)
    except (msgspec.ValidationError, ValueError, OverflowError, AttributeError) as fault:
        raise Problem("invalid_body", faults=[{"path": "$", "problem": str(fault)}]) from fault


def _ruling(values: dict[str, Any]) -> dict[str, Any]:
    """Only what belongs to the chosen outcome: fields that the page hides are sent all the same."""
    found = {name: value for name, value in values.items() if name in k.Rule.__struct_fields__}
    if found.get("outcome") not in MONEY:
        found.pop("amount", None)
    if found.get("outcome") != RulingOutcome.REFUND:
        found.pop("no_return_because", None)
    if found.get("fault") != Fault.SHARED:
        found.pop("shares", None)
    found["findings"] = [{"rests_on": [], "clause": "", **one} for one in found.get("findings", []) if one.get("text")]
    for one in found["findings"]:
        if not one["clause"]:
            one["clause"] = "?"  # refused by the rules, which say what a finding needs
    return found


async def preview(here: Visit, key: CaseKey, verb: str, currency: str) -> Preview:
    """Try it. Raises Refused, Problem."""
    trial = await arbitration(here).trial(key, command(here, verb, currency), here.caller, here.language)
    if isinstance(trial, Refusal):
        raise Refused(trial, key.merchant_id)
    fields = [
        (name, value)
        for name, value in here.form.multi_items()  # type: ignore[attr-defined]
        if isinstance(value, str) and name not in ("form_token", "key", "version")
    ]
    return Preview(verb, trial, fields)
