"""Messages, evidence, offers and rejections in preparation: how they change a case."""

from msgspec.structs import replace

from amends.domain import events as e
from amends.domain.case import Case, Evidence, Offer, Preparation, Rejection
from amends.domain.folds.change import Change
from amends.domain.time import Instant
from amends.domain.words import EvidenceKind, Side, Stage


def replied(case: Case, at: Instant) -> Change:
    """The buyer did something that counts as a reply to a script (rules §6)."""
    preparation = case.preparation
    if preparation is None or preparation.replied_at is not None:
        return {}
    return {"preparation": replace(preparation, replied_at=at)}


def message(case: Case, event: e.MessageSent, at: Instant) -> Change:
    talk, messages = case.talk, case.talk.messages + 1
    if event.side is Side.BUYER:
        return {"talk": replace(talk, messages=messages, buyer_wrote_at=at), **replied(case, at)}
    if event.side is not Side.MERCHANT or event.script_id:
        return {"talk": replace(talk, messages=messages)}
    preparation = case.preparation
    change: Change = {"talk": replace(talk, messages=messages, merchant_wrote_at=at)}
    if preparation and preparation.replied_at is not None and preparation.answered_at is None:
        change["preparation"] = replace(preparation, answered_at=at)
    return change


def evidence(case: Case, event: e.EvidenceFiled, at: Instant) -> Change:
    kinds = [item.kind for item in event.items if item.kind is not None]
    change: Change = {"evidence": _filed(case.evidence, event.side, kinds)}
    return change | replied(case, at) if event.side is Side.BUYER else change


def _filed(evidence: Evidence, side: Side, kinds: list[EvidenceKind]) -> Evidence:
    count = evidence.count + len(kinds)
    if side not in (Side.BUYER, Side.MERCHANT):
        return replace(evidence, count=count)
    filed = dict(evidence.buyer if side is Side.BUYER else evidence.merchant)
    for kind in kinds:
        filed[kind] = filed.get(kind, 0) + 1
    if side is Side.BUYER:
        return replace(evidence, count=count, buyer=filed)
    return replace(evidence, count=count, merchant=filed)


def position(case: Case, event: e.PositionStated, at: Instant) -> Change:
    return {"positions": case.positions | {event.side: len(event.points)}}


def call(case: Case, event: e.CallRecorded, at: Instant) -> Change:
    return {"evidence": _filed(case.evidence, Side.MERCHANT, [EvidenceKind.CALL_RECORD])}


def offer_made(case: Case, event: e.OfferMade, at: Instant) -> Change:
    offer = Offer(
        event.offer_id,
        event.side,
        event.remedy,
        event.amount_minor,
        at,
        event.lapses_at,
        event.accepted_by,
        event.message,
        event.small_payment_type,
    )
    made = case.offers_made | {event.side: case.offers_made.get(event.side, 0) + 1}
    change: Change = {"offers": (*case.offers, offer), "offers_made": made, "offer_count": case.offer_count + 1}
    return change | replied(case, at) if event.side is Side.BUYER else change


def offer_accepted(case: Case, event: e.OfferAccepted, at: Instant) -> Change:
    if event.complete:
        offers = tuple(o for o in case.offers if o.offer_id != event.offer_id)
    else:
        offers = tuple(
            replace(o, accepted_by=(*o.accepted_by, event.side)) if o.offer_id == event.offer_id else o
            for o in case.offers
        )
    change: Change = {"offers": offers}
    return change | replied(case, at) if event.side is Side.BUYER else change


def offer_declined(case: Case, event: e.OfferDeclined, at: Instant) -> Change:
    change: Change = {"offers": tuple(o for o in case.offers if o.offer_id != event.offer_id)}
    return change | replied(case, at) if event.side is Side.BUYER else change


def offers_ended(case: Case, event: e.OffersEnded, at: Instant) -> Change:
    return {"offers": tuple(o for o in case.offers if o.offer_id not in event.offer_ids)}


def prepared(case: Case, event: e.RejectionPrepared, at: Instant) -> Change:
    return {
        "preparation": Preparation(event.reason, event.round, at, event.waits_until),
        "scripts_sent": event.round,
        "answer_moved": case.answer_moved or event.moves_answer,
        "talk": replace(case.talk, messages=case.talk.messages + 1),
    }


def rejected(case: Case, event: e.CaseRejected, at: Instant) -> Change:
    return {
        "stage": Stage.AWAITING_BUYER,
        "rejection": Rejection(event.reason, at),
        "disputed": event.lines,
        "preparation": None,
    }
