"""Who disputes about what: the parties, the order with its parcels, and what is asked."""

from amends.application.dossier_pages.blocks import Block, Facts, Heading, Table, Text
from amends.application.dossier_pages.teller import Teller
from amends.domain import events as e
from amends.domain.order import Parcel
from amends.wording.names import carrier_name, channel_name


def parties(t: Teller) -> list[Block]:
    _, order, merchant = t._, t.contents.order, t.contents.merchant
    rows = [
        [_("Buyer"), order.buyer_id, order.buyer_phone or ""],
        [_("Merchant"), merchant.name or str(merchant.merchant_id), str(merchant.merchant_id)],
    ]
    deciders = (fact.event.by for fact in t.facts if isinstance(fact.event, e.RulingGiven | e.AppealDecided))
    rows += [[_("Decided for the platform"), name, ""] for name in dict.fromkeys(deciders)]
    return [Table([_("Role"), _("Name"), _("Phone or number")], [1.2, 2.6, 1.6], rows)]


def order(t: Teller) -> list[Block]:
    _, order = t._, t.contents.order
    facts = [(_("Order number"), order.order_no)]
    if order.paid_at is not None:
        facts.append((_("Paid at"), t.moment(order.paid_at)))
    facts.append((_("Paid"), t.money(order.paid)))
    facts.append((_("Of this for delivery"), t.money(order.freight_paid)))
    facts += [
        (_("Paid by"), f"{channel_name(one.channel, t.language)} {one.reference} {t.money(one.paid)}")
        for one in order.payments
    ]
    rows = [
        [str(line.line_no), line.title, line.sku, str(line.quantity), t.money(line.unit_price), t.money(line.paid)]
        for line in order.lines
    ]
    heads = [_("No."), _("Goods"), _("Goods code"), _("Quantity"), _("Price"), _("Paid")]
    case = t.contents.case
    return [
        Facts(facts),
        Table(heads, [0.5, 3.2, 1.6, 0.7, 1, 1], rows, right=[3, 4, 5]),
        *_parcel(t, _("Parcel to the buyer"), order.parcel),
        *_parcel(t, _("Return parcel"), case.return_parcel),
        *_parcel(t, _("Replacement parcel"), case.replacement_parcel),
    ]


def _parcel(t: Teller, title: str, parcel: Parcel | None) -> list[Block]:
    if parcel is None:
        return []
    _ = t._
    heading = Heading(f"{title}  {carrier_name(parcel.carrier, t.language)} {parcel.tracking_no}")
    if not parcel.scans:
        return [heading, Text(_("No news from the courier."), quiet=True)]
    rows = [[t.moment(scan.occurred_at), t.label(scan.code), scan.place, scan.text] for scan in parcel.scans]
    return [heading, Table([_("Time"), _("News"), _("Place"), _("In the courier's words")], [1.5, 1.2, 1.6, 2.6], rows)]


def applications(t: Teller) -> list[Block]:
    _ = t._
    blocks: list[Block] = []
    made = [fact for fact in t.facts if isinstance(fact.event, e.CaseOpened | e.ApplicationModified)]
    for number, fact in enumerate(made, start=1):
        title = _("Application {number}, {at}, {who}")
        blocks.append(Heading(title.format(number=number, at=t.moment(fact.at), who=t.side(fact.by))))
        blocks.append(Facts(_terms(t, fact.event.terms)))
    return blocks


def _terms(t: Teller, terms: e.Terms) -> list[tuple[str, str]]:
    _ = t._
    reason = t.contents.policy.reasons.get(terms.reason)
    received = _("received") if terms.goods_received else _("not received")
    rows = [
        (_("Asked for"), f"{t.label(terms.kind)} {t.money(terms.amount_minor)}"),
        (_("Reason"), t.policy_words(reason.label, reason.label_en) if reason else terms.reason),
        (_("Goods"), f"{t.pieces(terms.lines)} · {received}"),
        (_("At most"), t.money(terms.maximum_minor)),
        (_("Freight of each leg"), t.freight(terms.freight)),
    ]
    return [*rows, (_("Description"), terms.note)] if terms.note else rows
