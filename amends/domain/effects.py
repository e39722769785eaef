"""What must be done outside after an event: a pure function to outbox messages (DESIGN §4)."""

from msgspec import Struct

from amends.domain.case import Case
from amends.domain.events import (
    Fact,
    InterceptionCancelled,
    InterceptionRequested,
    PayoutOrdered,
    PayoutReleased,
    PayoutUnknown,
)
from amends.domain.order import Order
from amends.domain.words import Ledger


class Pay(Struct, frozen=True, tag="pay", tag_field="effect"):
    """Send money under this id; sending it again with the same id must not pay twice."""

    payout_id: str
    ledger: Ledger
    amount_minor: int
    currency: str
    channel: str
    reference: str


class AskPayout(Struct, frozen=True, tag="ask_payout", tag_field="effect"):
    """Ask the provider what became of a payout whose answer was unknown."""

    payout_id: str
    channel: str


class Intercept(Struct, frozen=True, tag="intercept", tag_field="effect"):
    """Ask the courier to stop a parcel."""

    carrier: str
    tracking_no: str


class CancelInterception(Struct, frozen=True, tag="cancel_interception", tag_field="effect"):
    """Ask the courier to deliver after all."""

    carrier: str
    tracking_no: str


class StopShipping(Struct, frozen=True, tag="stop_shipping", tag_field="effect"):
    """Tell the shop not to ship: the order was refunded."""

    order_no: str


Effect = Pay | AskPayout | Intercept | CancelInterception | StopShipping


def effects(fact: Fact, case: Case) -> tuple[Effect, ...]:
    """The outbox messages that an event asks for. `case` is the case as its events leave it."""
    event = fact.event
    match event:
        case PayoutOrdered(held=False):
            return (
                Pay(event.payout_id, event.ledger, event.amount_minor, case.currency, event.channel, event.reference),
            )
        case PayoutReleased():
            payout = case.payout(event.payout_id)
            assert payout is not None
            return (
                Pay(
                    payout.payout_id,
                    payout.ledger,
                    payout.amount_minor,
                    case.currency,
                    payout.channel,
                    payout.reference,
                ),
            )
        case PayoutUnknown():
            payout = case.payout(event.payout_id)
            return (AskPayout(event.payout_id, payout.channel if payout else ""),)
        case InterceptionRequested():
            return (Intercept(event.carrier, event.tracking_no),)
        case InterceptionCancelled():
            return (CancelInterception(event.carrier, event.tracking_no),)
        case _:
            return ()


def order_effects(before: Order | None, now: Order) -> tuple[Effect, ...]:
    """What a change of the order itself asks for."""
    if now.stop_shipping and not (before and before.stop_shipping):
        return (StopShipping(now.order_no),)
    return ()
