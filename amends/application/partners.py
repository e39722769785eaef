"""The outside as this service needs it: payment provider, couriers, the shop. Real and sandbox forms fulfil these."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from msgspec import Struct

from amends.application.ports import Envelope
from amends.domain.actor import SYSTEM
from amends.domain.case import parse_case_id
from amends.domain.commands import RecordPayout
from amends.domain.order import Scan
from amends.domain.words import Ledger, Word


class NotReached(Exception):
    """Nothing arrived there, so nothing happened: the same may be sent again."""


class Unanswered(Exception):
    """It may or may not have arrived. Only asking tells."""


# Payments --------------------------------------------------------------------------------------------------


class PaymentOrder(Struct, frozen=True):
    """Money to be sent under an id made before it is sent. `reference` is the payment that it goes back to."""

    payout_id: str
    merchant_id: int
    ledger: Ledger
    amount_minor: int
    currency: str
    channel: str
    reference: str


class PayoutWord(Word):
    """What a provider says of a payout."""

    DONE = "done"
    FAILED = "failed"
    PENDING = "pending"
    NEVER_HEARD = "never_heard"


class PayoutNews(Struct, frozen=True, omit_defaults=True):
    """A provider's word on a payout. `advanced`: it was paid for a merchant who is short of funds."""

    payout_id: str
    word: PayoutWord
    provider_reference: str = ""
    why: str = ""
    advanced: bool = False
    amount_minor: int | None = None


class PaymentProvider(Protocol):
    """Sends money, once an id."""

    @property
    def pays_an_id_once(self) -> bool:
        """Whether a second `pay` under an id that it knows pays nothing and gives the first answer again."""

    async def pay(self, order: PaymentOrder) -> PayoutNews:
        """Send money; pending when the answer comes later. Raises NotReached, Unanswered."""

    async def ask(self, payout_id: str, channel: str) -> PayoutNews:
        """What became of a payout. Raises NotReached, Unanswered."""


def payout_command(news: PayoutNews) -> RecordPayout | None:
    """What the rules are told; None while there is nothing to tell."""
    match news.word:
        case PayoutWord.DONE:
            return RecordPayout(
                news.payout_id,
                "done",
                news.provider_reference,
                advanced=news.advanced,
                amount=news.amount_minor,
            )
        case PayoutWord.FAILED:
            return RecordPayout(news.payout_id, "failed", news.provider_reference, news.why)
        case PayoutWord.PENDING | PayoutWord.NEVER_HEARD:
            return None


def payout_envelope(news: PayoutNews) -> Envelope | None:
    """News that come by themselves. The id names merchant and case; None when it is none of ours, or says nothing."""
    command = payout_command(news)
    named = parse_case_id(news.payout_id.rpartition("-")[0])
    if command is None or named is None:
        return None
    return Envelope(SYSTEM, named[0], command, case_id=named[1])


# Couriers --------------------------------------------------------------------------------------------------


class InterceptionAnswer(Struct, frozen=True):
    """A courier's own word on an interception; how it ended is told by scans."""

    accepted: bool
    why: str = ""


class Courier(Protocol):
    """Carries parcels, and may be asked to stop one."""

    async def intercept(self, carrier: str, tracking_no: str) -> InterceptionAnswer:
        """Ask to stop a parcel; asking twice is asking once. Raises NotReached, Unanswered."""

    async def deliver_after_all(self, carrier: str, tracking_no: str) -> None:
        """Take the request back. Raises NotReached, Unanswered."""


class ParcelScan(Struct, frozen=True):
    """A scan as a courier tells it: by tracking number, without knowing whose parcel it is."""

    carrier: str
    tracking_no: str
    scan: Scan


# The shop --------------------------------------------------------------------------------------------------


class ShopNotifier(Protocol):
    """Tells the shop what it must know at once."""

    async def stop_shipping(self, merchant_id: int, order_no: str) -> None:
        """The order was refunded and must not leave. Raises NotReached, Unanswered."""


# What comes by itself --------------------------------------------------------------------------------------

HearPayouts = Callable[[Sequence[PayoutNews]], Awaitable[None]]
"""Where a provider's late answers go. One that raises is told again."""

HearScans = Callable[[Sequence[ParcelScan]], Awaitable[None]]
"""Where scans go. One that raises is told again."""
