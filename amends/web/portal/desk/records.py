"""What the records prove: a third voice under both sides, that of scans, clocks and hashes (R4.6)."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import NamedTuple

from amends.application.caseview import CaseView
from amends.application.dossier_pages.clocks import Clock, clocks
from amends.application.queries import EvidenceView, OrderView
from amends.domain import events as e
from amends.domain.order import Parcel
from amends.domain.time import Instant
from amends.domain.words import ScanCode, Side
from amends.wording.catalogue import N_, translate
from amends.wording.formats import duration
from amends.wording.labels import deadline_label, label, owner_label
from amends.wording.names import carrier_name
from amends.wording.reader import Reader

_TOLD = frozenset({ScanCode.PICKED_UP, ScanCode.AT_PICKUP_POINT, ScanCode.DELIVERED, ScanCode.REFUSED,
                   ScanCode.INTERCEPTED, ScanCode.RETURNED, ScanCode.LOST})  # fmt: skip
"""Scans that show something; the many between tell only that a parcel moved."""

_FIRST_ANSWER = (e.MessageSent, e.OfferMade, e.RejectionPrepared, e.CaseAgreed, e.RefusalAgreed, e.CaseRejected)


class Proven(NamedTuple):
    """One thing that is on record. `tone` is "over" for what was missed, "soon" for what a finding must mind.

    `basis` is how a finding can rest on it, `scan:delivered`, where it can.
    """

    text: str
    at: Instant
    source: str
    tone: str = ""
    basis: str = ""


def proven(
    view: CaseView, order: OrderView, facts: Sequence[e.Fact], evidence: Sequence[EvidenceView], reader: Reader
) -> list[Proven]:
    """In the order in which it happened."""
    found = [*_order(order, reader), *_scans(view, reader), *_first_answer(view, facts, reader)]
    found += [one for clock in clocks(facts) if (one := _kept_or_missed(clock, reader)) is not None]
    found += [_filed(one, reader, erased=view.erased_at is not None) for one in evidence]
    return sorted(found, key=lambda one: one.at)


def _order(order: OrderView, reader: Reader) -> Iterator[Proven]:
    source = translate(N_("the shop's order"), reader.language)
    if order.paid_at is not None:
        yield Proven(
            _say(reader, N_("The order was paid: {amount}."), amount=reader.money(order.paid)), order.paid_at, source
        )
    shipped = (
        next((scan.occurred_at for scan in order.parcel.scans if scan.code is ScanCode.PICKED_UP), None)
        if order.parcel
        else None
    )
    if order.ship_by is not None and (shipped is not None or order.ship_by < reader.now):
        kept = shipped is not None and shipped <= order.ship_by
        text = (
            N_("Shipping was promised by then, and kept.")
            if kept
            else N_("Shipping was promised by then, and not kept.")
        )
        yield Proven(_say(reader, text), order.ship_by, source, "" if kept else "over")
    if order.confirmed_at is not None:
        text = (
            N_("The buyer confirmed receipt.")
            if order.confirmed_by == "buyer"
            else N_("Receipt was confirmed by lapse of time.")
        )
        yield Proven(_say(reader, text), order.confirmed_at, source)


def _scans(view: CaseView, reader: Reader) -> Iterator[Proven]:
    for parcel, name in (
        (view.parcels.outward, N_("Outward parcel")),
        (view.parcels.back, N_("Return parcel")),
        (view.parcels.replacement, N_("Parcel with the new goods")),
    ):
        yield from _of_parcel(parcel, translate(name, reader.language), reader)


def _of_parcel(parcel: Parcel | None, name: str, reader: Reader) -> Iterator[Proven]:
    if parcel is None:
        return
    source = f"{carrier_name(parcel.carrier, reader.language)} {parcel.tracking_no}"
    for scan in parcel.scans:
        if scan.code in _TOLD:
            place = f" · {scan.place}" if scan.place else ""
            text = f"{name} · {label(scan.code, reader.language)}{place}"
            yield Proven(text, scan.occurred_at, source, basis=f"scan:{scan.code}")


def _first_answer(view: CaseView, facts: Sequence[e.Fact], reader: Reader) -> Iterator[Proven]:
    """How long the merchant took to say anything; a script of a rejection is something as well."""
    opened = view.application.opened_at
    source = translate(N_("the conversation"), reader.language)
    answers = (fact for fact in facts if fact.by.startswith(Side.MERCHANT) and isinstance(fact.event, _FIRST_ANSWER))
    first = next(answers, None)
    if first is not None:
        after = duration(first.at - opened, reader.language)
        text = N_("The merchant first answered {duration} after the application.")
        yield Proven(_say(reader, text, duration=after), first.at, source, basis="chat")
    elif reader.now - opened > timedelta(hours=1):
        text = N_("The merchant has not answered at all.")
        yield Proven(_say(reader, text), reader.now, source, "over")


def _kept_or_missed(clock: Clock, reader: Reader) -> Proven | None:
    """Deadlines of the two parties that they kept or missed; whatever became moot proves nothing."""
    if clock.owner not in (Side.BUYER, Side.MERCHANT) or clock.how not in ("met", "passed") or clock.ended_at is None:
        return None
    names = {"who": owner_label(clock.owner, reader.language), "deadline": deadline_label(clock.key, reader.language)}
    source = translate(N_("the clock"), reader.language)
    if clock.how == "passed":
        return Proven(_say(reader, N_("Missed: {deadline} ({who})."), **names), clock.due_at, source, "over")
    before = duration(clock.due_at - clock.ended_at, reader.language)
    return Proven(
        _say(reader, N_("Kept: {deadline} ({who}), {before} before its end."), before=before, **names),
        clock.ended_at,
        source,
    )


def _filed(one: EvidenceView, reader: Reader, *, erased: bool) -> Proven:
    names = {"who": owner_label(one.side, reader.language), "number": one.evidence_id,
             "kind": label(one.kind, reader.language)}  # fmt: skip
    if one.sha256:
        text = N_("{who} filed {number}, {kind}; the file has not changed since.")
        return Proven(_say(reader, text, **names), one.filed_at, f"SHA-256 {one.sha256[:12]}…", basis=one.evidence_id)
    source = translate(N_("the record"), reader.language)
    if erased:
        # Whether there was a file went with it.
        return Proven(_say(reader, N_("{who} filed {number}, {kind}."), **names), one.filed_at, source)
    text = N_("{who} described {number}, {kind}; no file was filed.")
    return Proven(_say(reader, text, **names), one.filed_at, source, "soon", one.evidence_id)


def _say(reader: Reader, message: str, **facts: str) -> str:
    return translate(message, reader.language).format(**facts)
