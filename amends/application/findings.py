"""Facts found in the evidence of a case that help to decide it (R5.4).

They are stated, with where they come from; what follows from them is for whoever decides.

Who sees what (`visibility.sees_finding`): other cases, the platform alone; what a file says of itself, its own side
and the platform; text that both can read in the picture, everybody in the case.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from amends.application.access import Caller
from amends.application.evidence import owners_of
from amends.application.examining import READ, WITH_TEXT, Examination, Examinations, Match
from amends.application.files import FileBook, FiledFile
from amends.application.passages import Passage, passages
from amends.application.ports import CaseKey, Clock, Reader
from amends.application.visibility import sees_finding, sees_other_cases
from amends.domain.case import Case, public_case_id
from amends.domain.docket import EvidenceMark, PolicyBook
from amends.domain.order import Order, delivered_at
from amends.domain.permissions import is_party
from amends.domain.refusals import Code, Refusal, refuse
from amends.domain.time import Instant
from amends.domain.words import EvidenceKind, ScanCode
from amends.wording.catalogue import Language, translate
from amends.wording.findings import AMOUNTS, LEGS, finding, on_page, relation
from amends.wording.formats import duration
from amends.wording.labels import owner_label
from amends.wording.reader import RecordReader

_MATCHES = 5
_MISREAD = 2
"""Numbers that differ from one of the case in so few characters may be that one, misread."""


class Finding(Struct, frozen=True, omit_defaults=True):
    """A fact about a piece of evidence: `text` states it, `facts` are its figures.

    `case_id` leads to the other case where it is about one, and is there for the platform alone.
    """

    evidence_id: str
    code: str
    text: str
    facts: dict[str, Any] = {}
    case_id: str = ""


class Findings:
    """Reads what was seen in a case's evidence, for one reader."""

    def __init__(
        self, examinations: Examinations, files: FileBook, records: Reader, policies: PolicyBook, clock: Clock
    ) -> None:
        self.examinations = examinations
        self._files = files
        self._records = records
        self._policies = policies
        self._clock = clock

    async def of_case(self, key: CaseKey, caller: Caller, language: Language) -> list[Finding] | Refusal:
        """In the order of the evidence. Raises Unavailable."""
        docket = await self._records.docket_of(key)
        case = docket.case(key.case_id) if docket is not None else None
        if docket is None or case is None or docket.order is None:
            return refuse(Code.UNKNOWN_CASE)
        if not is_party(caller.actor, docket.order) or not caller.may_reach(key.merchant_id):
            return refuse(Code.NOT_YOURS)
        zone = self._policies.get(case.policy).zone
        telling = _Telling(docket.order, case, RecordReader(self._clock.now(), zone, language, caller.actor.side))
        seen = {one.evidence_id: one for one in await self.examinations.of_case(key)}
        filed = {one.evidence_id: one for one in await self._files.filed(key, owners_of(case))}
        elsewhere = await self.examinations.matches(key, _MATCHES) if sees_other_cases(caller.actor) else []
        found: list[Finding] = []
        for mark in docket.evidence:
            file = filed.get(mark.evidence_id)
            if file is not None:
                found += [telling.match(mark, match) for match in elsewhere if match.here == mark.evidence_id]
                found += _of_file(mark, file, seen.get(mark.evidence_id), telling)
        sides = {mark.evidence_id: mark.side for mark in docket.evidence}
        return [one for one in found if sees_finding(one.code, sides[one.evidence_id], caller.actor)]


def _of_file(
    mark: EvidenceMark, file: FiledFile, examined: Examination | None, telling: "_Telling"
) -> Iterator[Finding]:
    """What the file says of itself, and what stands in it."""
    yield from telling.origin(mark, file.row.facts)
    if examined is None or mark.kind not in READ or not file.row.media_type.startswith(WITH_TEXT):
        return
    if examined.lines is None:
        yield telling.plain(mark, "text_not_read")
        return
    for passage in passages(examined.lines, telling.order, telling.case):
        yield telling.passage(mark, passage)


def _told_as(mine: EvidenceKind, other: EvidenceKind) -> str:
    if mine is EvidenceKind.VIDEO:
        return "similar_in_video"
    return "similar_to_video" if other is EvidenceKind.VIDEO else "similar_picture"


class _Telling:
    """States facts about the evidence of one case to one reader."""

    def __init__(self, order: Order, case: Case, reader: RecordReader) -> None:
        self.order = order
        self.case = case
        self._reader = reader

    def plain(self, mark: EvidenceMark, code: str, **facts: Any) -> Finding:
        return Finding(mark.evidence_id, code, finding(code, self._reader.language, **facts), facts)

    def match(self, mark: EvidenceMark, match: Match) -> Finding:
        code = "same_file" if match.differing_bits is None else "similar_picture"
        told = _told_as(mark.kind, match.kind) if code == "similar_picture" else code
        case_id = public_case_id(*match.case)
        facts = {"side": match.side, "number": match.evidence_id, "kind": match.kind, "filed_at": match.filed_at}
        if match.differing_bits is not None:
            facts["differing"] = match.differing_bits
        words = {**facts, "side": owner_label(match.side, self._reader.language), "case": case_id}
        text = finding(told, self._reader.language, when=self._reader.moment(match.filed_at), **words)
        return Finding(mark.evidence_id, code, text, facts, case_id)

    def origin(self, mark: EvidenceMark, facts: dict[str, Any]) -> Iterator[Finding]:
        """What the file says of itself. Anybody can write it: the sentence says whose word it is. Never the place."""
        taken = self._instant(facts.get("taken_at"))
        if taken is not None:
            how, length = self._relation(taken, mark.filed_at)
            words = relation(how, duration(length, self._reader.language), self._reader.language)
            text = finding("taken_at", self._reader.language, when=self._reader.moment(taken), relation=words)
            figures = {"taken_at": taken, "relation": how, "seconds": int(length.total_seconds())}
            yield Finding(mark.evidence_id, "taken_at", text, figures)
        for name in ("device", "software"):
            if facts.get(name):
                yield self.plain(mark, name, **{name: facts[name]})

    def passage(self, mark: EvidenceMark, passage: Passage) -> Finding:
        language = self._reader.language
        code = passage.code
        facts: dict[str, Any] = {"line": passage.line}
        words: dict[str, Any] = {}
        if code == "amount":
            facts |= {"amount_minor": passage.amount_minor, "means": passage.means}
            words["amount"] = self._reader.money(passage.amount_minor)
            if passage.means:
                words["means"] = translate(AMOUNTS[passage.means], language)
            else:
                code = "other_amount"
        else:
            facts["value"] = passage.value
        if code == "tracking_number":
            facts["leg"] = passage.means
            words["leg"] = translate(LEGS[passage.means], language)
        if 0 < passage.differing <= _MISREAD:
            code = "nearly_number"
            facts["differing"] = passage.differing
        text = finding(code, language, **facts | words)
        if passage.page:
            facts["page"] = passage.page
            text = on_page(text, passage.page, language)
        return Finding(mark.evidence_id, code, text, facts)

    def _instant(self, written: Any) -> Instant | None:
        """Cameras write local time without saying where; then it is taken for the marketplace's."""
        try:
            taken = datetime.fromisoformat(written) if isinstance(written, str) else None
        except ValueError:
            return None
        if taken is None or not 1990 <= taken.year < 9000:
            return None
        return taken if taken.tzinfo is not None else taken.replace(tzinfo=self._reader.zone)

    def _relation(self, taken: Instant, filed_at: Instant) -> tuple[str, timedelta]:
        """Held against the nearest step of the order that can matter: delivery, else pick-up, else payment."""
        picked_up = self.order.parcel.first(ScanCode.PICKED_UP) if self.order.parcel is not None else None
        steps = (
            ("delivery", delivered_at(self.order)),
            ("pick_up", picked_up.occurred_at if picked_up is not None else None),
            ("payment", self.order.paid_at),
        )
        if taken > filed_at:
            return "after_filing", taken - filed_at
        for name, at in steps:
            if at is not None:
                return (f"before_{name}", at - taken) if taken < at else (f"after_{name}", taken - at)
        return "before_filing", filed_at - taken
