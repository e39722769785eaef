"""A payment provider that behaves as real ones do: late, twice, out of order, silent, unsure, and sometimes no.

What becomes of a payout is drawn from the seed and its id when it arrives, so the same payouts have the same fates
in every run. The provider's own books are a journal: they survive this service being killed, as a real one's would.

A reference that starts with `closed` names an account that was closed: what is sent there fails for good.
"""

import asyncio
import logging
import random
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from msgspec import Struct

from amends.adapters.journal import Journal
from amends.application.partners import (
    HearPayouts,
    NotReached,
    PaymentOrder,
    PayoutNews,
    PayoutWord,
    Unanswered,
)
from amends.application.ports import Clock
from amends.domain.time import Instant
from amends.domain.words import Word

log = logging.getLogger(__name__)

LOOKS_EVERY_SECONDS = 0.2


class Fate(Word):
    """What may become of a payout."""

    AT_ONCE = "at_once"
    LATER = "later"
    TWICE = "twice"
    WEBHOOK_FIRST = "webhook_first"
    """Told before the call returns."""
    SILENT = "silent"
    """Paid, and never told unless asked."""
    ANSWER_LOST = "answer_lost"
    """Paid, but the call breaks off."""
    ORDER_LOST = "order_lost"
    """Never arrives, and the call breaks off."""
    UNSURE = "unsure"
    """The call breaks off, and the provider itself does not know for hours."""
    BUSY = "busy"
    """Turned away at the door the first time."""
    FAILS = "fails"
    BOUNCES = "bounces"
    """Paid, and a day later the bank sends it back."""


ODDS: Mapping[Fate, int] = {
    Fate.AT_ONCE: 560,
    Fate.LATER: 220,
    Fate.TWICE: 50,
    Fate.WEBHOOK_FIRST: 40,
    Fate.SILENT: 30,
    Fate.ANSWER_LOST: 40,
    Fate.ORDER_LOST: 8,
    Fate.UNSURE: 12,
    Fate.BUSY: 25,
    Fate.FAILS: 10,
    Fate.BOUNCES: 5,
}
"""Out of a thousand; rather more trouble than a real provider makes, so that it is seen."""


class Booking(Struct, frozen=True, omit_defaults=True):
    """A payout as the provider took it in. `settles_at` is when it is paid or refused; before, it is pending.

    `tells` are the instants at which the provider calls us by itself.
    """

    order: PaymentOrder
    received_at: Instant
    settles_at: Instant
    tells: tuple[Instant, ...] = ()
    fails: str = ""
    advanced: bool = False
    bounces_at: Instant | None = None

    def news(self, at: Instant) -> PayoutNews:
        """What the provider says of it at an instant."""
        payout_id = self.order.payout_id
        if at < self.settles_at:
            return PayoutNews(payout_id, PayoutWord.PENDING)
        if self.fails:
            return PayoutNews(payout_id, PayoutWord.FAILED, why=self.fails)
        if self.bounces_at is not None and at >= self.bounces_at:
            return PayoutNews(payout_id, PayoutWord.FAILED, why="银行退票")
        return PayoutNews(
            payout_id,
            PayoutWord.DONE,
            provider_reference=f"sandbox-{payout_id}",
            advanced=self.advanced,
            amount_minor=self.order.amount_minor,
        )


class Account(Struct, frozen=True):
    """What a merchant has with the provider."""

    merchant_id: int
    funds_minor: int


class Line(Struct, frozen=True, omit_defaults=True):
    """A line of the books: a payout came in, the same id came again, we were told of one, an account was opened."""

    booked: Booking | None = None
    again: str = ""
    told: str = ""
    account: Account | None = None


class SandboxProvider:
    """What a merchant's account cannot bear is advanced by the platform; who has no account there has plenty."""

    pays_an_id_once = True

    def __init__(
        self,
        clock: Clock,
        hear: HearPayouts,
        *,
        seed: int,
        books: Path | None = None,
        odds: Mapping[Fate, int] = ODDS,
    ) -> None:
        self._clock = clock
        self._hear = hear
        self._seed = seed
        self._odds = odds
        self._funds: dict[int, int] = {}
        self._bookings: dict[str, Booking] = {}
        self._again: dict[str, int] = {}
        self._to_tell: dict[str, tuple[Instant, ...]] = {}
        self._turned_away: set[str] = set()
        self._journal = Journal(books, Line)
        for line in self._journal.read():
            self._enter(line)

    # What the deliverer calls

    async def pay(self, order: PaymentOrder) -> PayoutNews:
        now = self._clock.now()
        known = self._bookings.get(order.payout_id)
        if known is not None:
            self._write(Line(again=order.payout_id))
            return known.news(now)
        draws = random.Random(f"{self._seed}/{order.payout_id}")  # noqa: S311 - chance for show, not for secrets
        fate = draws.choices(list(self._odds), list(self._odds.values()))[0]
        if fate is Fate.BUSY and order.payout_id not in self._turned_away:
            self._turned_away.add(order.payout_id)
            raise NotReached("the provider is busy")
        if fate is Fate.ORDER_LOST:
            raise Unanswered("the connection broke")
        booking = self._booking(order, fate, now, draws)
        self._write(Line(booked=booking))
        if fate in (Fate.ANSWER_LOST, Fate.UNSURE):
            raise Unanswered("the connection broke")
        if fate is Fate.WEBHOOK_FIRST:
            await self.work()
            return PayoutNews(order.payout_id, PayoutWord.PENDING)
        return booking.news(now)

    async def ask(self, payout_id: str, channel: str) -> PayoutNews:
        booking = self._bookings.get(payout_id)
        if booking is None or booking.order.channel != channel:
            return PayoutNews(payout_id, PayoutWord.NEVER_HEARD)
        return booking.news(self._clock.now())

    # What it does by itself

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.work()
            await asyncio.sleep(LOOKS_EVERY_SECONDS)

    async def work(self) -> None:
        """Tell everything that is due to be told. What nobody heard is told again the next time."""
        now = self._clock.now()
        due = [(tells[0], payout_id) for payout_id, tells in self._to_tell.items() if tells[0] <= now]
        if not due:
            return
        try:
            await self._hear([self._bookings[payout_id].news(now) for _, payout_id in sorted(due)])
        except Exception:
            log.warning("nobody heard the provider", exc_info=True)
            return
        for at, payout_id in due:
            # Another telling may have been quicker while this one waited.
            if self._to_tell.get(payout_id, ())[:1] == (at,):
                self._write(Line(told=payout_id))

    # Its books

    def open_account(self, merchant_id: int, funds_minor: int) -> None:
        """From now on the merchant's payouts are borne by this, until it is used up."""
        self._write(Line(account=Account(merchant_id, funds_minor)))

    def paid_minor(self) -> dict[str, int]:
        """What really left, by payout."""
        now = self._clock.now()
        news = {payout_id: booking.news(now) for payout_id, booking in self._bookings.items()}
        return {
            payout_id: self._bookings[payout_id].order.amount_minor
            for payout_id, said in news.items()
            if said.word is PayoutWord.DONE
        }

    def sent_again(self) -> dict[str, int]:
        """How often an id that was known already was sent again; nothing was paid for it."""
        return dict(self._again)

    def close(self) -> None:
        self._journal.close()

    def _booking(self, order: PaymentOrder, fate: Fate, now: Instant, draws: random.Random) -> Booking:
        soon = now + timedelta(seconds=draws.uniform(20, 600))
        closed = order.reference.startswith("closed")
        if closed or fate is Fate.FAILS:
            return Booking(order, now, now, fails="收款账户已注销" if closed else "收款账户异常")
        settles_at: Instant = now
        tells: tuple[Instant, ...] = ()
        bounces_at = None
        match fate:
            case Fate.LATER:
                settles_at, tells = soon, (soon,)
            case Fate.TWICE:
                settles_at, tells = soon, (soon, soon + timedelta(seconds=draws.uniform(5, 300)))
            case Fate.WEBHOOK_FIRST:
                tells = (now,)
            case Fate.SILENT:
                settles_at = soon
            case Fate.UNSURE:
                settles_at = now + timedelta(hours=draws.uniform(2, 30))
            case Fate.BOUNCES:
                bounces_at = now + timedelta(hours=draws.uniform(20, 40))
                tells = (bounces_at,)
            case _:
                pass
        return Booking(order, now, settles_at, tells, advanced=self._short_of_funds(order), bounces_at=bounces_at)

    def _short_of_funds(self, order: PaymentOrder) -> bool:
        funds = self._funds.get(order.merchant_id)
        return funds is not None and funds < order.amount_minor

    def _write(self, line: Line) -> None:
        self._journal.append(line)
        self._enter(line)

    def _enter(self, line: Line) -> None:
        booking = line.booked
        if booking is not None:
            order = booking.order
            self._bookings[order.payout_id] = booking
            if booking.tells:
                self._to_tell[order.payout_id] = booking.tells
            if order.merchant_id in self._funds and not booking.advanced and not booking.fails:
                self._funds[order.merchant_id] -= order.amount_minor
        if line.account is not None:
            self._funds[line.account.merchant_id] = line.account.funds_minor
        if line.again:
            self._again[line.again] = self._again.get(line.again, 0) + 1
        if line.told:
            left = self._to_tell.pop(line.told)[1:]
            if left:
                self._to_tell[line.told] = left
