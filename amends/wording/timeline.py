"""What happened, one sentence an event: for the conversation, the timeline and the dossier.

Events hold facts only; here they are told to one reader, late, so that every language and side reads its own.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct

from amends.domain.events import RefusalAgreed
from amends.domain.words import Side
from amends.wording.catalogue import N_, translate
from amends.wording.labels import LABELS, deadline_label, label
from amends.wording.names import carrier_name
from amends.wording.reader import Reader

SILENT = frozenset({"deadlines_set", "offers_ended", "balance_reduced", "payout_released", "payout_cancelled"})
"""Bookkeeping that tells people nothing that another event does not."""

SAYS: Mapping[str, str] = {
    "case_opened": N_("{who} applied: {kind}, {amount_minor}."),
    "application_modified": N_("{who} changed the application: {kind}, {amount_minor}."),
    "case_reopened": N_("The case is open again."),
    "case_closed": N_("The case is closed: {outcome}."),
    "deadline_passed": N_("The time for this is over: {deadline}. The rules decided."),
    "message_sent": N_("{who} wrote."),
    "evidence_filed": N_("{who} filed evidence."),
    "position_stated": N_("{who} stated the points."),
    "call_recorded": N_("{who} called the buyer."),
    "contact_revealed": N_("{who} looked at the phone number: {reason}"),
    "offer_made": N_("{who} offered: {remedy}, {amount_minor}. The offer stands until {lapses_at}."),
    "offer_accepted": N_("{who} accepted the offer."),
    "offer_declined": N_("{who} declined the offer."),
    "case_agreed": N_("It is agreed: {remedy}, {refund_minor}."),
    "rejection_prepared": N_("{who} gave reasons against the application. The time to reply runs until {waits_until}."),
    "case_rejected": N_("{who} rejected the application."),
    "interception_requested": N_("The courier was asked to stop the parcel {tracking_no}."),
    "interception_cancelled": N_("The courier was asked to deliver the parcel after all."),
    "refusal_agreed": N_("{who} agreed to refund once the parcel is refused, until {until}."),
    "returned_to_merchant": N_("The parcel could not be stopped. The merchant answers again."),
    "returned_to_merchant:delivered": N_("The parcel was delivered after all. The merchant answers again."),
    "returned_to_merchant:came_back": N_("The parcel is coming back. The merchant answers again."),
    "look_required": N_("Somebody at the platform looks into it."),
    "parcel_scanned": N_("News of the parcel: {code} {place}"),
    "interception_answered:accepted": N_("The courier is going to stop the parcel."),
    "interception_answered:refused": N_("The courier cannot stop the parcel. {why}"),
    "return_shipped": N_("{who} sent the goods back: {carrier} {tracking_no}."),
    "return_accepted": N_("The return is accepted: {refund_minor}."),
    "replacement_shipped": N_("{who} shipped the goods: {carrier} {tracking_no}."),
    "replacement_disputed": N_("{who} said that something is wrong with the goods: {reason}"),
    "replacement_failed": N_("The goods did not arrive. The merchant ships again."),
    "refund_instead": N_("The goods do not come. {refund_minor} is refunded instead."),
    "repair_choice_given": N_("The repair is late. The buyer can choose an exchange or the refund."),
    "remedy_chosen": N_("{who} chose: {remedy}."),
    "receipt_confirmed": N_("Receipt is confirmed."),
    "payout_ordered": N_("{amount_minor} is being paid."),
    "payout_paid": N_("The payment has arrived."),
    "payout_unknown": N_("The payment is being confirmed with the provider."),
    "payout_failed": N_("The payment did not arrive; another way is being tried."),
    "payout_mismatched": N_("The provider reports {reported_minor} where {ordered_minor} was ordered."),
    "payout_settlement_proposed": N_("A payment is being settled from the provider's statement."),
    "payout_account_named": N_("{who} named an account for the refund."),
    "intervention_requested": N_("{who} asked the platform to step in."),
    "human_review_requested": N_("{who} asked for a person to look."),
    "platform_refund_asked": N_("{who} asked the platform to refund."),
    "case_assigned": N_("The case was given to {staff}."),
    "evidence_requested": N_("The platform asks for more evidence until {due_at}."),
    "ruling_proposed": N_("A ruling waits for a second person: {outcome}, {amount_minor}."),
    "ruling_returned": N_("The ruling was sent back: {reason}"),
    "ruling_given": N_("The platform has ruled: {outcome}, {amount_minor}. It can be appealed until {appeal_until}."),
    "ship_back_ordered": N_("The goods go back to the buyer."),
    "platform_was_late": N_("The platform missed its own time. The supervisor has been told."),
    "appealed": N_("{who} appealed."),
    "appeal_decided": N_("The appeal is decided: {outcome}."),
    "execution_finished": N_("What was decided has been carried out."),
    "case_suspended": N_("The case is paused until {until} at the latest."),
    "case_resumed": N_("The case goes on."),
    "deadline_extended": N_("This deadline was extended: {deadline}. {reason}"),
    "outage_credited": N_("Deadlines were moved because of an outage."),
}
"""By the event's stored tag; where its answer or its reason makes the difference, with that behind it."""

_PEOPLE: Mapping[str, str] = {
    Side.BUYER: N_("The buyer"),
    Side.MERCHANT: N_("The merchant"),
    Side.PLATFORM: N_("The platform"),
    Side.SYSTEM: N_("The system"),
}
_YOU = N_("You")


_PREPARED: Mapping[str, str] = {
    "refuse_parcel": N_(
        "Hello, we agree to your refund. Please refuse the parcel when the courier brings it, by {until} at the "
        "latest, and do not sign for it. As soon as the courier records the refusal, the money goes back the way you "
        "paid."
    ),
}
"""Messages that go out with a step, by the name that the event has for them (R3.2)."""


def prepared_message(event: RefusalAgreed, reader: Reader) -> str:
    """The message of the shop that goes with the step; one that is not prepared is shown as it was written."""
    words = _PREPARED.get(event.message)
    return translate(words, reader.language).format(until=reader.moment(event.until)) if words else event.message


def is_told(event: Struct) -> bool:
    """Whether people read of it; bookkeeping is left out."""
    return event.__struct_config__.tag not in SILENT


def happening(event: Struct, by: str, reader: Reader) -> str:
    """An event in one sentence; empty for bookkeeping. `by` is the author as the reader may see him."""
    if not is_told(event):
        return ""
    tag = str(event.__struct_config__.tag)
    facts = {"who": who(by, reader), **_facts(event, reader)}
    says = SAYS.get(f"{tag}:{facts.get('answer', facts.get('why'))}") or SAYS[tag]
    return translate(says, reader.language).format_map(facts).strip()


def who(by: str, reader: Reader) -> str:
    """The author's side; the reader's own is called 您."""
    side = by.partition("/")[0]
    return translate(_YOU if reader.side is not None and side == reader.side else _PEOPLE[side], reader.language)


def _facts(event: Any, reader: Reader) -> dict[str, str]:
    facts = {}
    for holder in (getattr(event, "terms", None), getattr(event, "scan", None), event):
        for name in getattr(holder, "__struct_fields__", ()):
            facts[name] = _fact(name, getattr(holder, name), reader)
    if "key" in facts:
        facts["deadline"] = deadline_label(event.key, reader.language)
    return facts


def _fact(name: str, value: Any, reader: Reader) -> str:
    match value:
        case datetime():
            return reader.moment(value)
        case StrEnum() if type(value) in LABELS:
            return label(value, reader.language)
        case int() if name.endswith("_minor"):
            return reader.money(value)
        case str() if name == "carrier":
            return carrier_name(value, reader.language)
        case str() | int():
            return str(value)
    return ""
