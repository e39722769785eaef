"""What stands in the PDF of a dossier, in the order in which a court reads.

Who, about what, what each says, what was decided and why, by when everybody had to act, what was said, what was filed,
what happened, which rules applied, and how to check all that. Only words and their places; how they look is the
printer's business.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from amends.application.dossier import Contents, Exhibit
from amends.application.dossier_blocks import (
    Block,
    Claim,
    Facts,
    Finding,
    Findings,
    Heading,
    Pages,
    Piece,
    Pieces,
    Remark,
    Section,
    Sides,
    Table,
    Talk,
    Text,
)
from amends.application.dossier_clocks import clocks
from amends.domain import events as e
from amends.domain.case import Payout
from amends.domain.commands import CaseLine, Point
from amends.domain.words import Ledger, PayoutState, ScanCode, Side
from amends.proof.heads import read_keys
from amends.wording.catalogue import words
from amends.wording.labels import deadline_label, label, owner_label
from amends.wording.names import carrier_name, channel_name
from amends.wording.reader import RecordReader
from amends.wording.statuses import status
from amends.wording.timeline import happening, who


def pages(contents: Contents, pictures: Sequence[str]) -> Pages:
    """`pictures` are the numbers of evidence that have one."""
    return _Pages(contents, frozenset(pictures)).made()


class _Pages:
    def __init__(self, contents: Contents, pictures: frozenset[str]) -> None:
        self._contents = contents
        self._pictures = pictures
        self._language = contents.language
        self._ = words(contents.language).gettext
        last = contents.seen[-1].fact.at
        self._reader = RecordReader(last, contents.policy.zone, contents.language, None, contents.order.currency)

    def made(self) -> Pages:
        _, contents = self._, self._contents
        chain = contents.records[-1].chain.hex()
        return Pages(
            language=self._language,
            title=_("Dossier of an after-sales dispute"),
            case=contents.public_id,
            facts=self._head(),
            outcome=self._outcome(),
            notice=_(
                "Whatever the platform decided, the buyer may complain to a consumer association, report to the "
                "market regulator, or go to court."
            ),
            footer=_("Case {case} · chain {chain}").format(case=contents.public_id, chain=chain[:16]),
            page_of=_("Page {page} of {pages}"),
            sections=[section for section in self._sections() if section.blocks],
        )

    def _sections(self) -> Iterator[Section]:
        _ = self._
        yield Section(_("Parties"), self._parties())
        yield Section(_("Order and delivery"), self._order())
        yield Section(_("What is asked"), self._applications())
        yield Section(_("What each side says"), self._sides())
        yield Section(_("What was agreed and decided"), self._decisions())
        yield Section(_("Money"), self._money())
        yield Section(_("Deadlines"), self._deadlines())
        yield Section(_("Conversation"), self._talk())
        yield Section(_("Evidence"), self._evidence())
        yield Section(_("Course of events"), self._timeline())
        yield Section(_("Rules that applied"), self._rules())
        yield Section(_("Attachments, and how to check them"), self._checking())

    # The head ------------------------------------------------------------------------------------------

    def _head(self) -> list[tuple[str, str]]:
        _, contents = self._, self._contents
        actor, head = contents.caller.actor, contents.proof.head
        side = label(actor.side, self._language)
        zone = f"{contents.policy.timezone} (UTC{contents.seen[-1].fact.at.astimezone(contents.policy.zone):%z})"
        rows = [
            (_("Made for"), f"{side} {actor.party}".strip()),
            (
                _("Record"),
                _("{count} events, from {first} to {last}").format(
                    count=len(contents.records),
                    first=self._moment(contents.records[0].fact.at),
                    last=self._moment(contents.records[-1].fact.at),
                ),
            ),
            (_("On the ledger"), _("{size} entries, signed at {at}").format(size=head.size, at=self._moment(head.at))),
        ]
        if head.stamp is not None:
            rows.append((_("Time-stamp"), _("by an independent authority (RFC 3161), attached")))
        rows.append((_("All times"), zone))
        return rows

    def _outcome(self) -> list[tuple[str, str]]:
        _, case = self._, self._contents.case
        outcome = case.closing.outcome if case.closing is not None and not case.is_open else None
        stands = status(
            case.stage, case.goods, case.funds, self._language, outcome=outcome, suspended=case.suspension is not None
        )
        paid = sum(p.amount_minor for p in case.payouts if p.state is PayoutState.PAID)
        rows = [(_("Where it stands"), stands), (_("Asked"), self._money_of(case.amount_minor))]
        if case.ruling is not None and case.ruling.noticed_at is not None:
            terms = case.ruling.terms
            ruled = f"{label(terms.outcome, self._language)} {self._money_of(terms.amount_minor)}"
            rows.append((_("Ruled"), ruled if terms.amount_minor else label(terms.outcome, self._language)))
        rows.append((_("Paid to the buyer"), self._money_of(paid)))
        return rows

    # The matter ------------------------------------------------------------------------------------------

    def _parties(self) -> list[Block]:
        _, contents = self._, self._contents
        order, merchant = contents.order, contents.merchant
        buyer = [_("Buyer"), order.buyer_id, order.buyer_phone or ""]
        rows = [buyer, [_("Merchant"), merchant.name or str(merchant.merchant_id), str(merchant.merchant_id)]]
        rows += [[_("Decided by"), name, ""] for name in self._deciders()]
        return [Table([_("Role"), _("Name"), _("Phone or number")], [1, 2.6, 1.6], rows)]

    def _deciders(self) -> list[str]:
        names = [f.event.by for f in self._facts() if isinstance(f.event, e.RulingGiven | e.AppealDecided)]
        return list(dict.fromkeys(names))

    def _order(self) -> list[Block]:
        _, order = self._, self._contents.order
        facts = [(_("Order number"), order.order_no)]
        if order.paid_at is not None:
            facts.append((_("Paid at"), self._moment(order.paid_at)))
        facts.append((_("Paid"), self._money_of(order.paid)))
        facts.append((_("Of this for delivery"), self._money_of(order.freight_paid)))
        facts += [
            (_("Paid by"), f"{channel_name(one.channel, self._language)} {one.reference} {self._money_of(one.paid)}")
            for one in order.payments
        ]
        goods = Table(
            [_("No."), _("Goods"), _("Goods code"), _("Quantity"), _("Price"), _("Paid")],
            [0.5, 3.2, 1.6, 0.7, 1, 1],
            [
                [
                    str(line.line_no),
                    line.title,
                    line.sku,
                    str(line.quantity),
                    self._money_of(line.unit_price),
                    self._money_of(line.paid),
                ]
                for line in order.lines
            ],
            right=[3, 4, 5],
        )
        blocks: list[Block] = [Facts(facts), goods]
        for title, parcel in (
            (_("Parcel to the buyer"), order.parcel),
            (_("Return parcel"), self._contents.case.return_parcel),
            (_("Replacement parcel"), self._contents.case.replacement_parcel),
        ):
            if parcel is not None:
                blocks.append(Heading(f"{title}: {carrier_name(parcel.carrier, self._language)} {parcel.tracking_no}"))
                if parcel.scans:
                    blocks.append(
                        Table(
                            [_("Time"), _("News"), _("Place"), _("In the courier's words")],
                            [1.5, 1.2, 1.6, 2.6],
                            [
                                [
                                    self._moment(scan.occurred_at),
                                    label(scan.code, self._language),
                                    scan.place,
                                    scan.text,
                                ]
                                for scan in parcel.scans
                            ],
                        )
                    )
        return blocks

    def _applications(self) -> list[Block]:
        _ = self._
        blocks: list[Block] = []
        number = 0
        for fact in self._facts():
            if isinstance(fact.event, e.CaseOpened | e.ApplicationModified):
                number += 1
                by = who(fact.by, self._reader)
                blocks.append(
                    Heading(_("Application {number}, {at}, {who}").format(
                        number=number, at=self._moment(fact.at), who=by
                    ))
                )  # fmt: skip
                blocks.append(Facts(self._terms(fact.event.terms)))
        return blocks

    def _terms(self, terms: e.Terms) -> list[tuple[str, str]]:
        _, policy = self._, self._contents.policy
        reason = policy.reasons.get(terms.reason)
        named = (reason.label if self._language == "zh" else reason.label_en) if reason else terms.reason
        received = _("received") if terms.goods_received else _("not received")
        rows = [
            (_("Asked for"), f"{label(terms.kind, self._language)} {self._money_of(terms.amount_minor)}"),
            (_("Reason"), named),
            (_("Goods"), f"{self._pieces(terms.lines)} · {received}"),
            (_("At most"), self._money_of(terms.maximum_minor)),
            (_("Freight of each leg"), self._freight(terms.freight)),
        ]
        if terms.note:
            rows.append((_("Description"), terms.note))
        return rows

    def _pieces(self, lines: Sequence[CaseLine]) -> str:
        named = []
        for line in lines:
            found = self._contents.order.line(line.line_no)
            named.append(f"{found.title if found else line.line_no} × {line.quantity}")
        return "; ".join(named)

    def _freight(self, freight: Any) -> str:
        _ = self._
        return _("to the buyer: {outward}; back: {back}; replacement: {replacement}").format(
            outward=label(freight.outward, self._language),
            back=label(freight.back, self._language),
            replacement=label(freight.replacement, self._language),
        )

    # What each says, what was decided --------------------------------------------------------------------

    def _sides(self) -> list[Block]:
        _ = self._
        found: dict[Side, list[Claim]] = {Side.BUYER: [], Side.MERCHANT: []}
        for fact in self._facts():
            for side, claim in self._claims(fact):
                found[side].append(claim)
        buyer, merchant = found[Side.BUYER], found[Side.MERCHANT]
        if not buyer and not merchant:
            return []
        count = max(len(buyer), len(merchant))
        rows = [
            (buyer[n] if n < len(buyer) else None, merchant[n] if n < len(merchant) else None) for n in range(count)
        ]
        return [Sides(_("Buyer"), _("Merchant"), rows)]

    def _claims(self, fact: e.Fact) -> Iterator[tuple[Side, Claim]]:
        _, event = self._, fact.event
        match event:
            case e.InterventionRequested(side=side, statement=text) if text and side in (Side.BUYER, Side.MERCHANT):
                yield side, self._claim(text, (), _("asking the platform in"), fact)
            case e.PositionStated(side=side, points=points) if side in (Side.BUYER, Side.MERCHANT):
                yield from ((side, self._point(point, _("statement"), fact)) for point in points)
            case e.CaseRejected(points=points):
                yield from ((Side.MERCHANT, self._point(point, _("rejection"), fact)) for point in points)
            case e.Appealed(side=side, grounds=text) if side in (Side.BUYER, Side.MERCHANT):
                yield side, self._claim(text, (), _("appeal"), fact)
            case e.ReplacementDisputed(reason=text):
                yield Side.BUYER, self._claim(text, (), _("disputing the replacement"), fact)

    def _point(self, point: Point, source: str, fact: e.Fact) -> Claim:
        return self._claim(point.text, point.evidence, source, fact)

    def _claim(self, text: str, evidence: Sequence[str], source: str, fact: e.Fact) -> Claim:
        return Claim(text, self._numbers(evidence), f"{source} · {self._moment(fact.at)}")

    def _decisions(self) -> list[Block]:
        _ = self._
        blocks: list[Block] = []
        for fact in self._facts():
            at = self._moment(fact.at)
            match fact.event:
                case e.CaseAgreed() as agreed:
                    blocks.append(Heading(_("Agreed, {at}").format(at=at)))
                    what = f"{label(agreed.remedy, self._language)} {self._money_of(agreed.refund_minor)}"
                    rows = [
                        (_("What"), what),
                        (_("How"), label(agreed.basis, self._language)),
                        (_("Goods"), self._pieces(agreed.lines)),
                        (_("Freight of each leg"), self._freight(agreed.freight)),
                    ]
                    blocks.append(Facts(rows))
                case e.RulingGiven() as given:
                    blocks.append(Heading(_("Ruling, {at}").format(at=at)))
                    blocks += self._ruling(given.terms, self._ruled_by(given))
                case e.Appealed() as appealed:
                    blocks.append(Heading(_("Appeal by {who}, {at}").format(who=who(fact.by, self._reader), at=at)))
                    blocks.append(Text(appealed.grounds))
                case e.AppealDecided() as decided:
                    outcome = label(decided.outcome, self._language)
                    blocks.append(Heading(_("Decision on the appeal, {at}: {outcome}").format(at=at, outcome=outcome)))
                    blocks.append(Facts([(_("Decided by"), decided.by), (_("Reason"), decided.reason)]))
                    if decided.terms is not None:
                        blocks += self._ruling(decided.terms, [])
                case e.CaseClosed() as closed:
                    blocks.append(
                        Text(
                            _("Closed at {at}: {outcome}").format(at=at, outcome=label(closed.outcome, self._language))
                        )
                    )
        return blocks

    def _ruled_by(self, given: e.RulingGiven) -> list[tuple[str, str]]:
        _ = self._
        rows = [(_("Decided by"), given.by)]
        if given.approved_by:
            rows.append((_("Approved by"), given.approved_by))
        return [*rows, (_("Appeal until"), self._moment(given.appeal_until))]

    def _ruling(self, terms: e.RulingTerms, more: list[tuple[str, str]]) -> list[Block]:
        _ = self._
        rows = [(_("Outcome"), label(terms.outcome, self._language))]
        if terms.amount_minor:
            rows.append((_("Amount"), self._money_of(terms.amount_minor)))
        fault = label(terms.fault, self._language)
        if terms.shares is not None:
            shares = terms.shares
            parts = ((Side.BUYER, shares.buyer), (Side.MERCHANT, shares.merchant), (Side.PLATFORM, shares.platform))
            named = [f"{label(side, self._language)} {share} %" for side, share in parts if share]
            named += [f"{owner_label('courier', self._language)} {shares.carrier} %"] if shares.carrier else []
            fault = f"{fault} ({', '.join(named)})"
        rows.append((_("Fault"), fault))
        if terms.goods is not None:
            rows.append((_("Goods"), label(terms.goods, self._language)))
        rows.append((_("Freight of each leg"), self._freight(terms.freight)))
        if terms.no_return_because:
            rows.append((_("Why nothing is sent back"), terms.no_return_because))
        findings = [
            Finding(finding.text, self._numbers(finding.rests_on), self._clause(finding.clause))
            for finding in terms.findings
        ]
        return [Facts(rows + more), Findings(findings)]

    def _clause(self, code: str) -> str:
        clause = self._contents.policy.clauses.get(code)
        if clause is None:
            return code
        text = clause.text if self._language == "zh" else clause.text_en
        return f"{text} ({self._source(clause.source)})"

    def _source(self, source: str) -> str:
        """The law by its articles; whatever else is the platform's own rule."""
        _ = self._
        return source.removeprefix("law: ") if source.startswith("law: ") else _("the platform's rules")

    def _numbers(self, evidence: Sequence[str]) -> str:
        """Evidence by its number, and scans by what they say."""
        _ = self._
        named = []
        for one in evidence:
            kind, _sep, code = one.partition(":")
            if kind == "scan":
                said = label(ScanCode(code), self._language) if code in set(ScanCode) else code
                named.append(_("courier's record: {code}").format(code=said))
            else:
                named.append(one.upper())
        return ", ".join(named)

    # Money and time ----------------------------------------------------------------------------------------

    def _money(self) -> list[Block]:
        _, case = self._, self._contents.case
        if not case.payouts:
            return []
        rows = [self._payout(payout) for payout in case.payouts]
        heads = [_("Payment"), _("From"), _("To"), _("Amount"), _("State"), _("Last news")]
        return [Table(heads, [1.9, 0.9, 2, 1, 0.9, 1.4], rows, right=[3])]

    def _payout(self, payout: Payout) -> list[str]:
        news = [
            fact.at
            for fact in self._facts()
            if getattr(fact.event, "payout_id", "") == payout.payout_id
        ]  # fmt: skip
        ledger = label(payout.ledger, self._language) if payout.ledger is Ledger.COMPENSATION else ""
        return [
            payout.payout_id,
            ledger or label(Ledger.REFUND, self._language),
            f"{channel_name(payout.channel, self._language)} {payout.reference}",
            self._money_of(payout.amount_minor),
            label(payout.state, self._language),
            self._moment(max(news, default=payout.ordered_at)),
        ]

    def _deadlines(self) -> list[Block]:
        _ = self._
        ends = {
            "met": _("kept"),
            "passed": _("missed"),
            "moot": _("no longer needed"),
            "moved": _("moved"),
            "": _("was running"),
        }
        rows = [
            [
                deadline_label(clock.key, self._language),
                owner_label(clock.owner, self._language),
                self._moment(clock.started_at),
                self._moment(clock.due_at),
                ends[clock.how],
                self._moment(clock.ended_at) if clock.ended_at else "",
            ]
            for clock in clocks(self._facts())
        ]
        heads = [_("Deadline"), _("Of"), _("From"), _("Until"), _("Result"), _("At")]
        return [Table(heads, [1.9, 0.8, 1.4, 1.4, 0.9, 1.4], rows)] if rows else []

    # What was said and filed -------------------------------------------------------------------------------

    def _talk(self) -> list[Block]:
        remarks = [remark for fact in self._facts() if (remark := self._remark(fact)) is not None]
        return [Talk(remarks)] if remarks else []

    def _remark(self, fact: e.Fact) -> Remark | None:
        _ = self._
        match fact.event:
            case e.MessageSent() as sent:
                return self._said(fact, "", sent.text, self._numbers(sent.evidence))
            case e.RejectionPrepared() as prepared:
                text = "\n".join(part for part in (prepared.script, prepared.added_text) if part)
                return self._said(fact, _("before rejecting"), text)
            case e.RefusalAgreed() as agreed:
                return self._said(fact, happening(agreed, fact.by, self._reader), agreed.message)
            case e.OfferMade() as made:
                return self._said(fact, happening(made, fact.by, self._reader), made.message)
            case e.OfferAccepted() | e.OfferDeclined() as answer:
                return self._said(fact, happening(answer, fact.by, self._reader), answer.note)
        return None

    def _said(self, fact: e.Fact, what: str, text: str, evidence: str = "") -> Remark:
        side, _sep, name = fact.by.partition("/")
        staff = name.partition("/")[2] if side == Side.MERCHANT else name if side == Side.PLATFORM else ""
        said_by = f"{who(fact.by, self._reader)} {staff}".strip()
        return Remark(fact.seq, side, said_by, self._moment(fact.at), what, text, evidence)

    def _evidence(self) -> list[Block]:
        pieces = [self._piece(exhibit) for exhibit in self._contents.exhibits]
        return [Pieces(pieces)] if pieces else []

    def _piece(self, exhibit: Exhibit) -> Piece:
        _ = self._
        rows = [
            (_("Filed"), f"{label(exhibit.side, self._language)}, {self._moment(exhibit.filed_at)}"),
        ]
        if exhibit.name:
            rows.append((_("Name"), exhibit.name))
        if exhibit.note:
            rows.append((_("Note"), exhibit.note))
        if exhibit.sha256:
            rows.append((_("File"), exhibit.file))
            rows.append(("SHA-256", exhibit.sha256))
        else:
            rows.append((_("File"), _("none: only named")))
        return Piece(
            exhibit.evidence_id.upper(),
            label(exhibit.kind, self._language),
            rows,
            exhibit.evidence_id if exhibit.evidence_id in self._pictures else "",
        )

    def _timeline(self) -> list[Block]:
        _, contents = self._, self._contents
        rows = []
        for fact in self._facts():
            sentence = happening(fact.event, fact.by, self._reader)
            if sentence and not isinstance(fact.event, e.MessageSent):
                rows.append([str(fact.seq), self._second(fact.at), sentence])
        blocks: list[Block] = [Table([_("No."), _("Time"), _("Event")], [0.5, 1.7, 6], rows)]
        covered = len(contents.records) - len(contents.seen)
        remark = _("Messages are under Conversation; other missing numbers are clocks being set and the like.")
        if covered:
            inside = _("{count} events of the platform's inner work are covered in this copy.").format(count=covered)
            remark = f"{remark} {inside}"
        return [*blocks, Text(remark, quiet=True)]

    # Rules and proof ---------------------------------------------------------------------------------------

    def _rules(self) -> list[Block]:
        _, policy = self._, self._contents.policy
        since = self._moment(policy.effective_from)
        said = _("The rules in force when the case was opened: {version}, since {since}. They are attached in full.")
        blocks: list[Block] = [Text(said.format(version=policy.version, since=since))]
        cited = [clause for clause in self._cited() if clause in policy.clauses]
        rows = [
            [
                clause,
                policy.clauses[clause].text if self._language == "zh" else policy.clauses[clause].text_en,
                self._source(policy.clauses[clause].source),
            ]
            for clause in cited
        ]
        if rows:
            blocks.append(Table([_("Clause"), _("Text"), _("Source")], [1.5, 4.6, 1.6], rows))
        return blocks

    def _cited(self) -> list[str]:
        found = [
            finding.clause
            for fact in self._facts()
            if isinstance(fact.event, e.RulingGiven | e.AppealDecided) and fact.event.terms is not None
            for finding in fact.event.terms.findings
        ]
        return list(dict.fromkeys(found))

    def _checking(self) -> list[Block]:
        _, contents = self._, self._contents
        head, notes = contents.proof.head, contents.proof.key_notes
        key = read_keys(note.encode() for note in notes)[0]
        rows = [
            [exhibit.evidence_id.upper(), exhibit.file, exhibit.sha256]
            for exhibit in contents.exhibits
            if exhibit.sha256
        ]
        blocks: list[Block] = []
        if rows:
            blocks.append(Table([_("No."), _("File"), "SHA-256"], [0.5, 1.6, 5.2], rows))
        blocks.append(
            Facts([
                (_("Chain over all events"), contents.records[-1].chain.hex()),
                (_("Ledger"), key.ledger),
                (_("Head of the ledger"), f"{head.size} · {head.root.hex()}"),
                (_("Public key"), str(key.key)),
            ])
        )  # fmt: skip
        blocks.append(
            Text(
                _(
                    "This PDF comes in a ZIP with the original files, the record of every event, the rules and the "
                    "proofs. Anybody can check it offline: run `amends verify` on the ZIP, or the second verifier that "
                    "the description of the format prints in full. Compare the public key with the one that the "
                    "platform publishes."
                )
            )
        )
        return blocks

    # Words ---------------------------------------------------------------------------------------------------

    def _facts(self) -> Iterator[e.Fact]:
        return (seen.fact for seen in self._contents.seen)

    def _moment(self, instant: Any) -> str:
        return self._reader.moment(instant)

    def _second(self, instant: Any) -> str:
        return self._reader.second(instant)

    def _money_of(self, amount_minor: int) -> str:
        return self._reader.money(amount_minor)
