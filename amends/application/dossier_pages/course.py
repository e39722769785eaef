"""What happened and when: money, deadlines, conversation, and every event in order."""

from amends.application.dossier_pages.blocks import Block, Remark, Table, Talk, Text
from amends.application.dossier_pages.clocks import Clock, clocks
from amends.application.dossier_pages.teller import Teller
from amends.domain import events as e
from amends.domain.case import Payout
from amends.domain.words import Side
from amends.wording.catalogue import translate
from amends.wording.labels import deadline_label, owner_label
from amends.wording.names import channel_name
from amends.wording.statuses import LAPSES
from amends.wording.timeline import happening


def money(t: Teller) -> list[Block]:
    _, payouts = t._, t.contents.case.payouts
    heads = [_("Payment"), _("Paid as"), _("To"), _("Amount"), _("State"), _("Last news")]
    rows = [_payout(t, payout) for payout in payouts]
    return [Table(heads, [1.9, 0.9, 2, 1, 0.9, 1.4], rows, right=[3])] if rows else []


def _payout(t: Teller, payout: Payout) -> list[str]:
    news = [fact.at for fact in t.facts if getattr(fact.event, "payout_id", "") == payout.payout_id]
    return [
        payout.payout_id,
        t.label(payout.ledger),
        f"{channel_name(payout.channel, t.language)} {payout.reference}",
        t.money(payout.amount_minor),
        t.label(payout.state),
        t.moment(max(news, default=payout.ordered_at)),
    ]


def deadlines(t: Teller) -> list[Block]:
    _ = t._
    found = clocks(t.facts)
    rows = [
        [
            deadline_label(clock.key, t.language),
            owner_label(clock.owner, t.language),
            t.moment(clock.started_at),
            t.moment(clock.due_at),
            _result(t, clock),
            t.moment(clock.ended_at) if clock.ended_at else "",
        ]
        for clock in found
    ]
    heads = [_("Deadline"), _("Of"), _("Begins"), _("Ends"), _("Result"), _("Acted or ended at")]
    missed = [number for number, clock in enumerate(found) if clock.how == "passed"]
    return [Table(heads, [1.5, 0.7, 1.35, 1.35, 2, 1.35], rows, marked=missed)] if rows else []


def _result(t: Teller, clock: Clock) -> str:
    _ = t._
    results = {"met": _("kept"), "moot": _("no longer needed"), "moved": _("moved"), "": _("still running")}
    if clock.how == "met" and clock.owner == "nobody":
        return _("answered in time")
    if clock.how != "passed":
        return results[clock.how]
    if not clock.outcome:
        return _("missed")
    return _("missed: {what}").format(what=translate(LAPSES[clock.outcome][-1], t.language))


def conversation(t: Teller) -> list[Block]:
    remarks = [remark for fact in t.facts if (remark := _remark(t, fact)) is not None]
    return [Talk(remarks)] if remarks else []


def _remark(t: Teller, fact: e.Fact) -> Remark | None:
    _ = t._
    match fact.event:
        case e.MessageSent() as sent:
            return _said(t, fact, "", sent.text, t.rests_on(sent.evidence))
        case e.RejectionPrepared() as prepared:
            text = "\n".join(part for part in (prepared.script, prepared.added_text) if part)
            return _said(t, fact, _("before rejecting"), text)
        case e.RefusalAgreed(message=text) | e.OfferMade(message=text):
            return _said(t, fact, happening(fact.event, fact.by, t.reader), text)
        case e.OfferAccepted(note=text) | e.OfferDeclined(note=text):
            return _said(t, fact, happening(fact.event, fact.by, t.reader), text)
        case e.CallRecorded() as call:
            return _said(t, fact, happening(call, fact.by, t.reader), "\n".join(filter(None, (call.result, call.note))))
    return None


def _said(t: Teller, fact: e.Fact, what: str, text: str, evidence: str = "") -> Remark:
    side, _sep, name = fact.by.partition("/")
    staff = name.partition("/")[2] if side == Side.MERCHANT else name if side == Side.PLATFORM else ""
    return Remark(fact.seq, side, f"{t.side(fact.by)} {staff}".strip(), t.moment(fact.at), what, text, evidence)


def timeline(t: Teller) -> list[Block]:
    _, contents = t._, t.contents
    rows = []
    for fact in t.facts:
        sentence = happening(fact.event, fact.by, t.reader)
        if sentence and not isinstance(fact.event, e.MessageSent):
            if isinstance(fact.event, e.EvidenceFiled):
                filed = [item.evidence_id for item in fact.event.items if item.evidence_id]
                sentence = f"{sentence} {t.rests_on(filed)}"
            rows.append([str(fact.seq), t.second(fact.at), sentence])
    remark = _("Messages are under Conversation; other missing numbers are clocks being set and the like.")
    covered = len(contents.records) - len(contents.seen)
    if covered:
        inside = _("{count} events of the platform's inner work are covered in this copy.").format(count=covered)
        remark = f"{remark} {inside}"
    return [Table([_("No."), _("Time"), _("Event")], [0.5, 1.7, 6], rows), Text(remark, quiet=True)]
