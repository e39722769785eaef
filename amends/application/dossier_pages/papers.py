"""What is attached: evidence, the rules that applied, and how everything can be checked."""

from amends.application.dossier import Exhibit
from amends.application.dossier_pages import positions
from amends.application.dossier_pages.blocks import Block, Facts, Piece, Pieces, Table, Text
from amends.application.dossier_pages.teller import Teller
from amends.domain import events as e
from amends.proof import dossier as names
from amends.proof.heads import read_keys


def evidence(t: Teller, pictures: frozenset[str]) -> list[Block]:
    cited = _cited_in(t)
    pieces = [_piece(t, one, pictures, cited.get(one.evidence_id, [])) for one in t.contents.exhibits]
    return [Pieces(pieces)] if pieces else []


def _piece(t: Teller, exhibit: Exhibit, pictures: frozenset[str], cited: list[str]) -> Piece:
    _ = t._
    rows = [(_("Filed"), f"{t.label(exhibit.side)} · {t.second(exhibit.filed_at)}")]
    if exhibit.name:
        rows.append((_("Name"), exhibit.name))
    if exhibit.note:
        rows.append((_("Note"), exhibit.note))
    if cited:
        rows.append((_("Cited in"), t.listed(cited)))
    rows += _origin(t, exhibit)
    if not exhibit.sha256:
        # Of an erased case nobody knows any more whether there was one.
        if t.contents.case.erased_at is None:
            rows.append((_("File"), _("none: only named")))
    elif exhibit.copy:
        rows.append((_("File"), _("{copy}, a copy; the platform has the original").format(copy=exhibit.copy)))
    else:
        rows.append((_("File"), exhibit.file or _("not in this copy")))
    if exhibit.sha256:
        rows.append(("SHA-256", exhibit.sha256))
    shown = exhibit.evidence_id if exhibit.evidence_id in pictures else ""
    return Piece(exhibit.evidence_id.upper(), t.label(exhibit.kind), rows, shown)


def _origin(t: Teller, exhibit: Exhibit) -> list[tuple[str, str]]:
    """What the file says of itself, which anybody can write into one."""
    _, facts = t._, exhibit.facts
    said = [
        _("taken at {at}").format(at=str(facts["taken_at"]).replace("T", " ")) if "taken_at" in facts else "",
        str(facts.get("device", "")),
        _("edited with {software}").format(software=facts["software"]) if "software" in facts else "",
    ]
    told = [one for one in said if one]
    return [(_("The file says"), t.listed(told))] if told else []


def _cited_in(t: Teller) -> dict[str, list[str]]:
    """Which points and which reasons of a ruling rest on each piece."""
    _ = t._
    cited: dict[str, list[str]] = {}
    for one in positions.made(t):
        for number in one.evidence:
            cited.setdefault(number, []).append(one.number)
    for terms, title in _rulings(t):
        for place, finding in enumerate(terms.findings, start=1):
            for number in finding.rests_on:
                cited.setdefault(number, []).append(title.format(number=place))
    return cited


def _rulings(t: Teller) -> list[tuple[e.RulingTerms, str]]:
    _ = t._
    found = []
    for fact in t.facts:
        match fact.event:
            case e.RulingGiven(terms=terms):
                found.append((terms, _("ruling, reason {number}")))
            case e.AppealDecided(terms=terms) if terms is not None:
                found.append((terms, _("decision on the appeal, reason {number}")))
    return found


def rules(t: Teller) -> list[Block]:
    _, policy = t._, t.contents.policy
    said = _("The rules in force when the case was opened: {version}, since {since}. They are attached in full.")
    blocks: list[Block] = [Text(said.format(version=policy.version, since=t.moment(policy.effective_from)))]
    cited = dict.fromkeys(finding.clause for terms, _title in _rulings(t) for finding in terms.findings)
    rows = [
        [code, t.policy_words(clause.text, clause.text_en), t.source(clause.source)]
        for code in cited
        if (clause := policy.clauses.get(code)) is not None
    ]
    return [*blocks, Table([_("Clause"), _("Text"), _("Source")], [1.5, 4.6, 1.6], rows)] if rows else blocks


def attachments(t: Teller) -> list[Block]:
    _, contents = t._, t.contents
    head = contents.proof.head
    key = read_keys(note.encode() for note in contents.proof.key_notes)[0]
    files = [
        [one.evidence_id.upper(), one.attached or _("not in this copy"), one.sha256]
        for one in contents.exhibits
        if one.sha256
    ]
    others = [
        [names.EVENTS, _("every event, as it was recorded")],
        [names.HASHES, _("the SHA-256 of each event")],
        [names.DISCLOSED, _("what is shown of private words, with their salts")],
        *([one, _("the platform's rules that applied, in full")] for one in contents.policy_files),
        [names.CASE, _("case, order and list of evidence, for programs")],
        [f"{names.HEAD}, {names.PROOF}, {names.KEYS}", _("the ledger's signed head, proofs and public keys")],
    ]
    if head.stamp is not None:
        others.append([names.STAMP, _("the time-stamping authority's reply (RFC 3161)")])
    others.append([names.MANIFEST, _("the SHA-256 of each file, signed by the platform")])
    blocks: list[Block] = (
        [Table([_("No."), _("File"), _("SHA-256 of the original")], [0.5, 1.6, 5.2], files)] if files else []
    )
    return [
        *blocks,
        Table([_("File"), _("What")], [1, 1.4], others),
        Facts([
            (_("Chain over all events"), contents.records[-1].chain.hex()),
            (_("Ledger"), key.ledger),
            (_("Head of the ledger"), f"{head.size} · {head.root.hex()}"),
            (_("Public key"), str(key.key)),
        ]),
        Text(
            _(
                "This PDF comes in a ZIP with the original files, the record of every event, the rules and the "
                "proofs. Anybody can check it offline: run `amends verify` on the ZIP, or the second verifier that "
                "the description of the format prints in full. Compare the public key with the one that the "
                "platform publishes."
            )
        ),
    ]  # fmt: skip
