"""Who granted what of the return freight on the buyer's receipt (rules §3)."""

from amends.domain.events import CaseAgreed, ReturnAccepted, RulingGiven
from amends.domain.words import Side
from amends.web.portal.casepage import CasePage
from amends.wording.catalogue import N_, Language, translate
from amends.wording.labels import owner_label

_BY_POLICY = N_("by the policy's limit")


def granted_by(page: CasePage, language: Language) -> str:
    """The side whose step granted it last; the policy where no person named a sum."""
    if not page.view.money.freight_granted_minor:
        return ""
    for fact in reversed(page.facts):
        match fact.event:
            case ReturnAccepted(compensation_minor=granted) if granted:
                return _named(fact.by, language)
            case CaseAgreed(return_freight_minor=granted) if granted:
                return _named(fact.by, language)
            case RulingGiven(terms=terms) if terms.return_freight_minor:
                return owner_label(Side.PLATFORM, language)
    return ""


def _named(by: str, language: Language) -> str:
    side = by.partition("/")[0]
    return translate(_BY_POLICY, language) if side == Side.SYSTEM else owner_label(side, language)
