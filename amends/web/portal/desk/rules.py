"""Which rules apply to a case: the clauses that its reason brings up, in full, and who has to prove what (F 4.3)."""

from typing import NamedTuple

from amends.domain.case import Case
from amends.domain.order import DURABLE, Order
from amends.domain.policy import Policy, Reason
from amends.wording.catalogue import N_, Language, translate

_BY_FAMILY: dict[str, tuple[str, ...]] = {
    "quality": ("law-quality", "visible-defect", "hidden-defect"),
    "description": ("visible-defect", "law-quality"),
    "authenticity": ("hidden-defect", "law-fraud"),
    "damage": ("condition-at-signing", "risk-until-signing"),
    "quantity": ("condition-at-signing", "risk-until-signing"),
    "receipt": ("delivery-proved-by-merchant", "risk-until-signing"),
    "logistics": ("delivery-proved-by-merchant", "risk-until-signing"),
    "came_back": ("risk-until-signing", "return-shown"),
    "stock_late": ("late-shipping",),
    "change_of_mind": ("law-no-reason", "law-no-reason-excluded", "law-no-reason-confirmed", "law-goods-intact"),
    "price": ("law-price-paid",),
    "freight": ("freight-by-fault",),
    "agreed": ("agreement-binds",),
}
"""By the claim that a reason makes."""

_ALWAYS = ("evidence-on-record", "freight-by-fault", "law-no-forced-refund", "negotiate-first")


class Rule(NamedTuple):
    """A clause in the reader's words, and where it stands."""

    code: str
    text: str
    source: str


class Rules(NamedTuple):
    """`likely` are those that the reason, the goods and what happened bring up; `others` the rest of the policy."""

    likely: list[Rule]
    others: list[Rule]


def rules(case: Case, order: Order, policy: Policy, language: Language) -> Rules:
    """The clauses for this case, those about its own matter first."""
    reason: Reason | None = policy.reasons.get(case.reason)
    codes = [*_BY_FAMILY.get(reason.family if reason else "", ())]
    durable = any(DURABLE in line.flags or policy.category(line.category).durable for line in order.lines)
    if durable and reason is not None and reason.quality:
        codes.append("law-durable-goods")
    if case.return_parcel is not None or case.returned:
        codes += ["law-goods-intact", "return-shown"]
    codes += _ALWAYS
    likely = [code for code in dict.fromkeys(codes) if code in policy.clauses]
    others = [code for code in policy.clauses if code not in likely]
    return Rules([_rule(code, policy, language) for code in likely], [_rule(code, policy, language) for code in others])


def _rule(code: str, policy: Policy, language: Language) -> Rule:
    clause = policy.clauses[code]
    is_law = clause.source.startswith("law: ")
    source = clause.source.removeprefix("law: ") if is_law else translate(N_("the platform's rules"), language)
    return Rule(code, clause.text if language == "zh" else clause.text_en, source)
