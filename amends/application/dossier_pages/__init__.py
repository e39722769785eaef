"""What stands in the PDF of a dossier, in the order in which a court reads.

Who, about what, what each says, what was decided and why, by when everybody had to act, what was said, what was filed,
what happened, which rules applied, and how to check all that. Only words and their places; how they look is the
printer's business.
"""

from collections.abc import Iterator, Sequence

from amends.application.dossier import Contents
from amends.application.dossier_pages.blocks import Pages, Section
from amends.application.dossier_pages.course import conversation, deadlines, money, timeline
from amends.application.dossier_pages.decisions import decisions
from amends.application.dossier_pages.earlier import earlier_conversations
from amends.application.dossier_pages.matter import applications, order, parties
from amends.application.dossier_pages.papers import attachments, evidence, rules
from amends.application.dossier_pages.positions import positions
from amends.application.dossier_pages.teller import Teller
from amends.domain.words import PayoutState
from amends.proof.stamps import read_stamp
from amends.wording.statuses import status


def pages(contents: Contents, pictures: Sequence[str]) -> Pages:
    """`pictures` are the numbers of evidence that have one."""
    t = Teller(contents)
    _ = t._
    chain = contents.records[-1].chain.hex()
    return Pages(
        language=t.language,
        title=_("Dossier of an after-sales dispute"),
        case=contents.public_id,
        facts=_head(t),
        outcome=_outcome(t),
        notice=_(
            "Whatever the platform decided, the buyer may complain to a consumer association, report to the "
            "market regulator, or go to court."
        ),
        footer=_("Case {case} · chain {chain}").format(case=contents.public_id, chain=chain[:16]),
        page_of=_("Page {page} of {pages}"),
        sections=[section for section in _sections(t, frozenset(pictures)) if section.blocks],
    )


def _sections(t: Teller, pictures: frozenset[str]) -> Iterator[Section]:
    _ = t._
    yield Section(_("Parties"), parties(t))
    yield Section(_("Order and delivery"), order(t))
    yield Section(_("What is asked"), applications(t))
    yield Section(_("What each side says"), positions(t))
    yield Section(_("Negotiation and decisions"), decisions(t))
    yield Section(_("Money"), money(t))
    yield Section(_("Deadlines"), deadlines(t))
    yield Section(_("Conversation"), conversation(t))
    yield Section(_("Conversation before the case"), earlier_conversations(t))
    yield Section(_("Evidence"), evidence(t, pictures))
    yield Section(_("Course of events"), timeline(t))
    yield Section(_("Rules that applied"), rules(t))
    yield Section(_("Attachments, and how to check them"), attachments(t))


def _head(t: Teller) -> list[tuple[str, str]]:
    _, contents = t._, t.contents
    actor, head = contents.caller.actor, contents.proof.head
    offset = f"{t.facts[-1].at.astimezone(contents.policy.zone):%z}"
    rows = [
        (_("Made for"), f"{t.label(actor.side)} {actor.party}".strip()),
        (
            _("Record"),
            _("{count} events, from {first} to {last}").format(
                count=len(contents.records),
                first=t.moment(contents.records[0].fact.at),
                last=t.moment(contents.records[-1].fact.at),
            ),
        ),
        (_("On the ledger"), _("{size} entries, signed at {at}").format(size=head.size, at=t.moment(head.at))),
    ]
    if contents.case.erased_at is not None:
        rows.append((_("Words and files erased"), t.moment(contents.case.erased_at)))
    if head.stamp is not None:
        stamp = read_stamp(head.stamp, head.note.encode())
        rows.append((_("Time-stamp"), f"{stamp.authority} {t.second(stamp.at)}"))
    return [*rows, (_("All times"), f"{contents.policy.timezone} (UTC{offset[:3]}:{offset[3:]})")]


def _outcome(t: Teller) -> list[tuple[str, str]]:
    _, case = t._, t.contents.case
    outcome = case.closing.outcome if case.closing is not None and not case.is_open else None
    stands = status(
        case.stage, case.goods, case.funds, t.language, outcome=outcome, suspended=case.suspension is not None
    )
    paid = sum(p.amount_minor for p in case.payouts if p.state is PayoutState.PAID)
    rows = [(_("Where it stands"), stands), (_("Asked"), t.money(case.amount_minor))]
    if case.ruling is not None and case.ruling.noticed_at is not None:
        terms = case.ruling.terms
        ruled = f"{t.label(terms.outcome)} {t.money(terms.amount_minor)}"
        rows.append((_("Ruled"), ruled if terms.amount_minor else t.label(terms.outcome)))
    return [*rows, (_("Paid to the buyer"), t.money(paid))]
