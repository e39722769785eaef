"""How it was negotiated and decided, step by step, with the reasons and their clauses in full."""

from amends.application.dossier_pages.blocks import Block, Facts, Finding, Findings, Heading, Table, Text
from amends.application.dossier_pages.teller import Teller
from amends.domain import events as e
from amends.domain.words import Side
from amends.wording.labels import owner_label


def decisions(t: Teller) -> list[Block]:
    blocks = _offers(t)
    for fact in t.facts:
        blocks += _step(t, fact)
    return blocks


def _offers(t: Teller) -> list[Block]:
    _ = t._
    results: dict[str, str] = {}
    rows = []
    for fact in t.facts:
        match fact.event:
            case e.OfferMade() as made:
                what = (
                    f"{t.label(made.remedy)} {t.money(made.amount_minor)}"
                    if made.amount_minor
                    else t.label(made.remedy)
                )
                rows.append((made.offer_id, [t.moment(fact.at), t.side(fact.by), what, t.moment(made.lapses_at)]))
            case e.OfferAccepted(offer_id=offer):
                results[offer] = _("accepted by: {who}").format(who=t.side(fact.by))
            case e.OfferDeclined(offer_id=offer):
                results[offer] = _("declined by: {who}").format(who=t.side(fact.by))
            case e.OffersEnded(offer_ids=offers):
                results |= {offer: _("no longer standing") for offer in offers if offer not in results}
    if not rows:
        return []
    heads = [_("Made at"), _("By"), _("What"), _("Stands until"), _("Result")]
    told = [[*cells, results.get(offer, _("standing"))] for offer, cells in rows]
    return [Heading(_("Offers")), Table(heads, [1.4, 0.9, 2, 1.4, 1.6], told)]


def _step(t: Teller, fact: e.Fact) -> list[Block]:
    _, at, by = t._, t.moment(fact.at), t.side(fact.by)
    match fact.event:
        case e.CaseRejected() as rejected:
            reason = t.contents.policy.rejection_reasons.get(rejected.reason)
            named = t.policy_words(reason.label, reason.label_en) if reason else rejected.reason
            return [Heading(_("Rejection, {at}, {who}").format(at=at, who=by)), Facts([(_("Reason"), named)])]
        case e.InterventionRequested() as asked:
            rows = [(_("Burden of proof first on"), t.label(asked.burden_on))]
            return [Heading(_("The platform is asked in, {at}, {who}").format(at=at, who=by)), Facts(rows)]
        case e.EvidenceRequested() as wanted:
            rows = [
                (_("Asked of"), t.label(wanted.side)),
                (_("What"), t.listed(wanted.what)),
                (_("Until"), t.moment(wanted.due_at)),
            ]
            return [Heading(_("More evidence is asked for, {at}").format(at=at)), Facts(rows)]
        case e.CaseAgreed() as agreed:
            rows = [
                (_("What"), f"{t.label(agreed.remedy)} {t.money(agreed.refund_minor)}"),
                (_("Basis"), t.label(agreed.basis)),
                (_("Goods"), t.pieces(agreed.lines)),
                (_("Freight of each leg"), t.freight(agreed.freight)),
            ]
            return [Heading(_("What is carried out, {at}").format(at=at)), Facts(rows)]
        case e.RulingGiven() as given:
            rows = [(_("Decided by"), given.by)]
            if given.approved_by:
                rows.append((_("Approved by"), given.approved_by))
            rows.append((_("Appeal until"), t.moment(given.appeal_until)))
            return [Heading(_("Ruling, {at}").format(at=at)), *_ruling(t, given.terms, rows)]
        case e.Appealed() as appealed:
            return [Heading(_("Appeal, {at}, {who}").format(at=at, who=by)), Text(appealed.grounds)]
        case e.AppealDecided() as decided:
            rows = [
                (_("Outcome"), t.label(decided.outcome)),
                (_("Decided by"), decided.by),
                (_("Reason"), decided.reason),
            ]
            changed = _ruling(t, decided.terms, []) if decided.terms is not None else []
            return [Heading(_("Decision on the appeal, {at}").format(at=at)), Facts(rows), *changed]
        case e.CaseClosed() as closed:
            return [Heading(_("Closed, {at}").format(at=at)), Facts([(_("Outcome"), t.label(closed.outcome))])]
    return []


def _ruling(t: Teller, terms: e.RulingTerms, more: list[tuple[str, str]]) -> list[Block]:
    _ = t._
    rows = [(_("Outcome"), t.label(terms.outcome))]
    if terms.amount_minor:
        rows.append((_("Amount"), t.money(terms.amount_minor)))
    rows.append((_("Fault"), _fault(t, terms)))
    if terms.goods is not None:
        rows.append((_("Goods"), t.label(terms.goods)))
    rows.append((_("Freight of each leg"), t.freight(terms.freight)))
    if terms.no_return_because:
        rows.append((_("Why nothing is sent back"), terms.no_return_because))
    findings = [Finding(one.text, t.rests_on(one.rests_on), t.clause(one.clause)) for one in terms.findings]
    return [Facts(rows + more), Findings(findings)]


def _fault(t: Teller, terms: e.RulingTerms) -> str:
    fault, shares = t.label(terms.fault), terms.shares
    if shares is None:
        return fault
    parts = ((Side.BUYER, shares.buyer), (Side.MERCHANT, shares.merchant), (Side.PLATFORM, shares.platform))
    named = [f"{t.label(side)} {share} %" for side, share in parts if share]
    named += [f"{owner_label('courier', t.language)} {shares.carrier} %"] if shares.carrier else []
    return f"{fault} · {t.listed(named)}"
