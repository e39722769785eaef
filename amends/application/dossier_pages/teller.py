"""How the parts of a dossier put things: money, instants, people, evidence and clauses in the reader's language."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from msgspec.structs import replace

from amends.application.dossier import Contents
from amends.domain.commands import CaseLine
from amends.domain.events import Fact
from amends.domain.policy import Freight
from amends.domain.words import ScanCode, Side
from amends.wording.catalogue import words
from amends.wording.erased import erased_word, in_words
from amends.wording.formats import sentences
from amends.wording.labels import label
from amends.wording.reader import RecordReader


def readable(contents: Contents) -> Contents:
    """With words for what was erased."""
    if contents.case.erased_at is None:
        return contents
    word = erased_word(contents.language)
    said = in_words((contents.seen, contents.case, replace(contents.order, buyer_id=word), contents.exhibits), word)
    return replace(contents, **dict(zip(("seen", "case", "order", "exhibits"), said, strict=True)))


class Teller:
    """Tells one dossier to one reader."""

    def __init__(self, contents: Contents) -> None:
        self.contents = contents = readable(contents)
        self.language = contents.language
        self._ = words(contents.language).gettext
        self.facts: Sequence[Fact] = [seen.fact for seen in contents.seen]
        self.reader = RecordReader(
            self.facts[-1].at, contents.policy.zone, contents.language, None, contents.order.currency
        )

    def moment(self, instant: datetime) -> str:
        return self.reader.moment(instant)

    def second(self, instant: datetime) -> str:
        return self.reader.second(instant)

    def money(self, amount_minor: int) -> str:
        return self.reader.money(amount_minor)

    def label(self, value: StrEnum) -> str:
        return label(value, self.language)

    def side(self, by: str) -> str:
        """The side of an author."""
        return self.label(Side(by.partition("/")[0]))

    def policy_words(self, chinese: str, english: str) -> str:
        """Words that a policy carries in both languages."""
        return chinese if self.language == "zh" else english

    def listed(self, parts: Iterable[str]) -> str:
        return ("、" if self.language == "zh" else ", ").join(parts)

    def sentences(self, parts: Iterable[str]) -> str:
        return sentences(parts, self.language)

    def pieces(self, lines: Sequence[CaseLine]) -> str:
        """Goods with their quantities."""
        named = []
        for line in lines:
            found = self.contents.order.line(line.line_no)
            named.append(f"{found.title if found else line.line_no} × {line.quantity}")
        return self.listed(named)

    def freight(self, freight: Freight) -> str:
        """Who pays each leg."""
        return self._("to the buyer: {outward}; back: {back}; replacement: {replacement}").format(
            outward=self.label(freight.outward),
            back=self.label(freight.back),
            replacement=self.label(freight.replacement),
        )

    def rests_on(self, evidence: Sequence[str]) -> str:
        """Evidence by its number, and scans by what they say."""
        named = []
        for one in evidence:
            kind, _sep, code = one.partition(":")
            if kind == "scan":
                said = self.label(ScanCode(code)) if code in set(ScanCode) else code
                named.append(self._("courier's record: {code}").format(code=said))
            else:
                named.append(one.upper())
        return self.listed(named)

    def source(self, source: str) -> str:
        """The law by its articles; whatever else is the platform's own rule."""
        return source.removeprefix("law: ") if source.startswith("law: ") else self._("the platform's rules")

    def clause(self, code: str) -> str:
        """A clause in full with where it stands."""
        clause = self.contents.policy.clauses.get(code)
        if clause is None:
            return code
        text = self.policy_words(clause.text, clause.text_en)
        return self._("{text} ({source})").format(text=text, source=self.source(clause.source))
