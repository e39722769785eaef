"""How a case ended or was ruled: what was found, under which clause, by whom (R1.1)."""

from typing import NamedTuple

from amends.domain import events as e
from amends.domain.case import Closing, Ruling
from amends.domain.policy import Policy
from amends.domain.words import ScanCode, Side, Stage
from amends.web.portal.casepage import CasePage
from amends.wording.catalogue import N_, Language, translate
from amends.wording.labels import label
from amends.wording.reader import Reader
from amends.wording.timeline import happening


class Finding(NamedTuple):
    """One finding of a ruling in words; `rests_on` are (text, place on the page or nothing)."""

    text: str
    clause: str
    rests_on: tuple[tuple[str, str], ...]


class Result(NamedTuple):
    """`why` is the silence that ended it, where the system did; `appeal` what became of an appeal."""

    closing: Closing | None
    ruling: Ruling | None
    findings: tuple[Finding, ...]
    why: str
    appeal: e.AppealDecided | None


def result(page: CasePage, policy: Policy, reader: Reader) -> Result | None:
    """None while there is nothing to tell of."""
    view = page.view
    closing = view.closing if view.status.stage is Stage.CLOSED else None
    if closing is None and view.ruling is None:
        return None
    passed = [fact for fact in page.facts if isinstance(fact.event, e.DeadlinePassed)]
    appeals = [fact.event for fact in page.facts if isinstance(fact.event, e.AppealDecided)]
    by_silence = closing is not None and closing.by is Side.SYSTEM and passed
    return Result(
        closing=closing,
        ruling=view.ruling,
        findings=findings(view.ruling.terms, policy, reader.language) if view.ruling is not None else (),
        why=happening(passed[-1].event, passed[-1].by, reader) if by_silence else "",
        appeal=appeals[-1] if appeals else None,
    )


def findings(terms: e.RulingTerms, policy: Policy, language: Language) -> tuple[Finding, ...]:
    """Clauses in full and evidence by name: no code is left for the reader to guess."""
    found = []
    for finding in terms.findings:
        clause = policy.clauses.get(finding.clause)
        text = (clause.text if language == "zh" else clause.text_en) if clause else finding.clause
        found.append(Finding(finding.text, text, tuple(_basis(one, language) for one in finding.rests_on)))
    return tuple(found)


def _basis(name: str, language: Language) -> tuple[str, str]:
    kind, _, code = name.partition(":")
    if kind == "scan" and code in {one.value for one in ScanCode}:
        text = translate(N_("courier's record: {scan}"), language).format(scan=label(ScanCode(code), language))
        return text, ""
    if kind == "chat":
        return translate(N_("the conversation"), language), "#talk"
    return translate(N_("evidence {number}"), language).format(number=name), f"#{name}"
