"""What the record gives for each point of a rejection, so that it is written from facts (R3.9)."""

from amends.domain.case import Case
from amends.domain.order import Order
from amends.domain.policy import Policy
from amends.domain.words import EvidenceKind, Side
from amends.web.portal.casepage import CasePage
from amends.web.portal.desk.rules import rules
from amends.wording.catalogue import N_, translate
from amends.wording.formats import one_of, sentences
from amends.wording.labels import label, owner_label
from amends.wording.reader import Reader

_MISSING = N_("The buyer has not shown: {kinds}.")
_ALL_SHOWN = N_("The buyer has filed what this reason needs: say why it does not show the fault.")
_RESPONSIBILITY = N_("By this reason the fault lies with: {fault}. The burden of proof is on the {side}.")
_FREIGHT = N_("The return freight is paid by: {payer}.")
_RULE = N_("{text} ({source})")
_WROTE = N_("The shop last wrote to the buyer {when}; offers made: {count}.")
_CALLED = N_("A call is on record as evidence.")
_SILENT = N_("The shop has not written to the buyer beyond the script: offer to talk first.")

_RULES_SHOWN = 2


def grounds(page: CasePage, case: Case, order: Order, policy: Policy, reader: Reader) -> tuple[str, str, str, str]:
    """For the points in the order of the wizard: the claim, the responsibility, the rules, the offer to talk."""
    return _claim(page, reader), _responsibility(page, reader), _rules(case, order, policy, reader), _talk(case, reader)


def _claim(page: CasePage, reader: Reader) -> str:
    missing = [one for one in page.view.evidence.checklist if one.side is Side.BUYER and not one.given]
    if not missing:
        return translate(_ALL_SHOWN, reader.language)
    kinds = " · ".join(one_of(one.texts, reader.language) for one in missing)
    return translate(_MISSING, reader.language).format(kinds=kinds)


def _responsibility(page: CasePage, reader: Reader) -> str:
    view, language = page.view, reader.language
    told = translate(_RESPONSIBILITY, language).format(
        fault=label(view.application.fault, language), side=owner_label(view.evidence.burden_on, language)
    )
    if view.application.kind in ("refund_only", "resend"):
        return told
    payer = label(view.application.freight.back, language)
    return sentences((told, translate(_FREIGHT, language).format(payer=payer)), language)


def _rules(case: Case, order: Order, policy: Policy, reader: Reader) -> str:
    likely = rules(case, order, policy, reader.language).likely[:_RULES_SHOWN]
    text = translate(_RULE, reader.language)
    return sentences((text.format(text=one.text, source=one.source) for one in likely), reader.language)


def _talk(case: Case, reader: Reader) -> str:
    language, wrote_at = reader.language, case.talk.merchant_wrote_at
    if wrote_at is None:
        return translate(_SILENT, language)
    offers = case.offers_made.get(Side.MERCHANT, 0)
    told = translate(_WROTE, language).format(when=reader.moment(wrote_at), count=offers)
    called = EvidenceKind.CALL_RECORD in case.evidence.merchant
    return sentences((told, translate(_CALLED, language) if called else ""), language)
