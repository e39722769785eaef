"""The order as the shop tells it, its parcel, and the merchant's settings (rules §11)."""

from datetime import timedelta
from typing import Annotated, Literal

from msgspec import Meta, Struct

from amends.domain.time import Instant
from amends.domain.words import Role, ScanCode

Minor = Annotated[int, Meta(ge=0, le=2**53)]
Quantity = Annotated[int, Meta(ge=1, le=1_000_000)]
Short = Annotated[str, Meta(min_length=1, max_length=128)]
Text = Annotated[str, Meta(max_length=2000)]

NO_REASON_EXCLUDED = "no_reason_excluded"
NO_REASON_EXCLUDABLE = "no_reason_excludable"
NO_REASON_7 = "no_reason_7"
CUSTOM_MADE = "custom_made"
DURABLE = "durable"


class Line(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One line of an order. `paid` is what the buyer really paid for all pieces, discounts taken off."""

    line_no: Annotated[int, Meta(ge=1, le=10_000)]
    sku: Short
    title: Annotated[str, Meta(min_length=1, max_length=500)]
    category: Short
    quantity: Quantity
    unit_price: Minor
    paid: Minor
    flags: tuple[Short, ...] = ()
    no_reason_waived_at: Instant | None = None


class Payment(Struct, frozen=True, forbid_unknown_fields=True):
    """Money that came in for the order by one channel; refunds go back there first (R: 暂行办法 14)."""

    channel: Short
    reference: Short
    paid: Minor


class Group(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A group purchase: nothing can be asked before it has formed (R4.3)."""

    state: Literal["forming", "formed", "failed"]
    started_at: Instant
    grouped_at: Instant | None = None


class Scan(Struct, frozen=True, omit_defaults=True):
    """One carrier event. Order between scans is `occurred_at`, never arrival."""

    code: ScanCode
    occurred_at: Instant
    place: str = ""
    text: str = ""


class Parcel(Struct, frozen=True, omit_defaults=True):
    """A parcel on its way, scans sorted by `occurred_at`."""

    carrier: str
    tracking_no: str
    scans: tuple[Scan, ...] = ()

    def first(self, *codes: ScanCode) -> Scan | None:
        """The earliest scan with one of `codes`."""
        return next((scan for scan in self.scans if scan.code in codes), None)

    def last(self, *codes: ScanCode) -> Scan | None:
        """The latest scan with one of `codes`."""
        return next((scan for scan in reversed(self.scans) if scan.code in codes), None)


class Chargeback(Struct, frozen=True, forbid_unknown_fields=True):
    """A dispute at the payment provider; while `open`, payouts of the order are held (rules §3)."""

    state: Literal["open", "won", "lost"]
    amount: Minor


class FreeShipping(Struct, frozen=True, forbid_unknown_fields=True):
    """Shipping was free because at least `threshold` was bought; else it would have cost `freight` (暂行办法 18)."""

    threshold: Minor
    freight: Minor


class Order(Struct, frozen=True, omit_defaults=True):
    """Mirror of the shop's order. Amounts in minor units of `currency`.

    `refunded_elsewhere` is what the shop paid back without a case; it counts into the balance.
    `due_at` is the next instant at which silence moves the order itself: a group that did not fill (R4.3),
    an outward parcel without a scan (rules §7, lost). `stop_shipping` tells the shop not to ship: it was refunded.
    """

    merchant_id: int
    order_no: str
    buyer_id: str
    currency: str
    lines: tuple[Line, ...]
    freight_paid: int
    paid: int
    payments: tuple[Payment, ...]
    group: Group | None = None
    ship_by: Instant | None = None
    label_printed: bool | None = None
    parcel: Parcel | None = None
    paid_at: Instant | None = None
    confirmed_at: Instant | None = None
    confirmed_by: Literal["buyer", "timer"] | None = None
    buyer_phone: str | None = None
    cancelled_at: Instant | None = None
    refunded_elsewhere: int = 0
    chargeback: Chargeback | None = None
    free_shipping: FreeShipping | None = None
    synced_at: Instant | None = None
    due_at: Instant | None = None
    stop_shipping: bool = False

    def line(self, line_no: int) -> Line | None:
        """The line with that number."""
        return next((line for line in self.lines if line.line_no == line_no), None)


class ReturnAddress(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where returns go."""

    address_id: Short
    name: Short
    phone: Short
    address: Annotated[str, Meta(min_length=1, max_length=500)]
    default: bool = False


class Merchant(Struct, frozen=True, omit_defaults=True):
    """A merchant's settings as the rules read them. Money limits in minor units; None = off / policy's own."""

    merchant_id: int
    name: str = ""
    auto_refund_below: int | None = None
    silent_refund_only: bool = False
    small_payment_staff_limit: int | None = None
    addresses: tuple[ReturnAddress, ...] = ()
    staff: dict[str, Role] = {}

    def address(self, address_id: str | None) -> ReturnAddress | None:
        """The address asked for; without one the default, else the first on record."""
        if address_id is not None:
            return next((a for a in self.addresses if a.address_id == address_id), None)
        return next((a for a in self.addresses if a.default), self.addresses[0] if self.addresses else None)


RETURN_SCANS = (ScanCode.REFUSED, ScanCode.INTERCEPTED, ScanCode.RETURNING, ScanCode.RETURNED)


ShippingState = Literal["not_shipped", "in_transit", "delivered", "coming_back", "back", "lost"]

_SAYS: dict[ScanCode, ShippingState] = {
    ScanCode.DELIVERED: "delivered",
    ScanCode.REFUSED: "coming_back",
    ScanCode.INTERCEPTED: "coming_back",
    ScanCode.RETURNING: "coming_back",
    ScanCode.RETURNED: "back",
    ScanCode.LOST: "lost",
}
"""What a scan says of where the parcel is; the others only that it moves."""


def shipping_state(order: Order) -> ShippingState:
    """Where the outward parcel is, from its scans alone (rules §1: a tracking number changes nothing).

    A later scan wins over an earlier one. Confirmed receipt counts as delivered unless the parcel came back.
    """
    scans = order.parcel.scans if order.parcel else ()
    state: ShippingState = "not_shipped"
    for scan in scans:
        said = _SAYS.get(scan.code)
        if said is None:
            state = "in_transit" if state in ("not_shipped", "lost") else state
        elif said != "coming_back" or state != "back":
            state = said
    if order.confirmed_at is not None and state in ("not_shipped", "in_transit", "lost"):
        return "delivered"
    return state


def no_scan_for(order: Order, now: Instant) -> timedelta:
    """How long the outward parcel has been silent; zero without scans."""
    if order.parcel is None or not order.parcel.scans:
        return timedelta(0)
    return now - order.parcel.scans[-1].occurred_at


def delivered_at(order: Order) -> Instant | None:
    """The last `delivered` scan, else the confirmation of receipt."""
    scan = order.parcel.last(ScanCode.DELIVERED) if order.parcel else None
    return scan.occurred_at if scan else order.confirmed_at
