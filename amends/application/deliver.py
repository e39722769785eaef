"""Carries effects to the outside and brings its answers back as commands (DESIGN §4).

Money is the careful part. A payout whose call broke off is `unknown`: from then on it is asked for by its id and
never sent again. A message that is lent a second time may have been sent by a deliverer that died before it could
write that down, so the provider is asked first then, too.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import timedelta
from enum import Enum, auto
from typing import NamedTuple, assert_never

from amends.application.partners import (
    Courier,
    NotReached,
    PaymentOrder,
    PaymentProvider,
    PayoutNews,
    PayoutWord,
    ShopNotifier,
    Unanswered,
    payout_command,
)
from amends.application.ports import (
    Answer,
    Clock,
    Delivery,
    Envelope,
    Failed,
    Leased,
    Outbox,
    Unavailable,
)
from amends.domain.actor import SYSTEM
from amends.domain.commands import Command, RecordInterception, RecordPayout
from amends.domain.effects import AskPayout, CancelInterception, Intercept, Pay, StopShipping
from amends.domain.time import Instant

log = logging.getLogger(__name__)

Submit = Callable[[Sequence[Envelope]], Awaitable[Sequence[Answer | Failed]]]
"""The bulk lane, or the engine itself."""

CALLS_AT_ONCE = 64
CALL_SECONDS = 10.0
"""After that a call counts as unanswered."""

LEASE = timedelta(minutes=2)
"""Longer than any call, or a second deliverer would ask for what is still being sent."""

IDLE_SECONDS = 0.5


class Backoff(NamedTuple):
    """Pauses double from the first to the longest; after so many attempts a person has to look."""

    first_seconds: float
    longest_seconds: float
    attempts: int

    def pause(self, attempt: int, generator: random.Random) -> timedelta:
        """Half to one and a half times the pause, so that what failed together does not come back together."""
        seconds = min(self.longest_seconds, self.first_seconds * 2.0 ** min(attempt - 1, 40))
        return timedelta(seconds=seconds * (0.5 + generator.random()))


MONEY = Backoff(30, 3600, 200)
"""Some eight days: long after a person could settle a payout from the provider's statement (rules §3)."""

REQUESTS = Backoff(5, 1800, 20)
"""Some seven hours; after that the parcel has moved on."""


class Outcome(Enum):
    DONE = auto()
    LATER = auto()
    """It arrived; the answer comes by itself, or is asked for."""
    UNKNOWN = auto()
    """Nobody can tell whether it arrived. Done with: asking goes on in a message of its own."""
    RETRY = auto()
    DEAD = auto()
    """No use in trying again unless a person changes something."""


class Result(NamedTuple):
    """What became of one call. `command` tells the rules."""

    outcome: Outcome
    command: Command | None = None
    said: str = ""


class Deliverer:
    """Any number may run at once: a message is lent to one of them at a time.

    `generator` spreads retries.
    """

    def __init__(
        self,
        outbox: Outbox,
        submit: Submit,
        clock: Clock,
        generator: random.Random,
        *,
        payments: PaymentProvider,
        courier: Courier,
        shop: ShopNotifier,
        call_seconds: float = CALL_SECONDS,
    ) -> None:
        self._outbox = outbox
        self._submit = submit
        self._clock = clock
        self._generator = generator
        self._payments = payments
        self._courier = courier
        self._shop = shop
        self._call_seconds = call_seconds
        self._calls: dict[asyncio.Task[Result], Leased] = {}

    async def run(self) -> None:
        """Until cancelled. Calls that are cut off are lent again later, as after a crash."""
        try:
            while True:
                try:
                    busy = await self._step()
                except Unavailable:
                    log.warning("the outbox cannot be reached", exc_info=True)
                    busy = False
                if not busy:
                    await asyncio.sleep(IDLE_SECONDS)
        finally:
            for call in self._calls:
                call.cancel()
            await asyncio.gather(*self._calls, return_exceptions=True)
            self._calls.clear()

    async def deliver_due(self) -> None:
        """All that is due now, and all that becomes due by delivering it."""
        while await self._step():
            pass

    async def _step(self) -> bool:
        """Lend and start what there is room for, finish what has been answered. False when there is nothing."""
        now = self._clock.now()
        room = CALLS_AT_ONCE - len(self._calls)
        for leased in await self._outbox.lease(now, now + LEASE, room) if room else ():
            self._calls[asyncio.create_task(self._deliver(leased))] = leased
        if not self._calls:
            return False
        # A partner that hangs holds up its own messages only.
        done, _ = await asyncio.wait(self._calls, timeout=IDLE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        await self._finish([(self._calls.pop(call), call.result()) for call in done])
        return True

    async def _finish(self, results: Iterable[tuple[Leased, Result]]) -> None:
        """Tell the rules first, then the outbox: after a crash between the two the answer is only told again."""
        ordered = sorted(results, key=lambda pair: (pair[0].message.merchant_id, pair[0].message.message_id))
        telling = [(place, _envelope(*pair)) for place, pair in enumerate(ordered) if pair[1].command is not None]
        answers = await self._submit([envelope for _, envelope in telling]) if telling else ()
        for (place, _), answer in zip(telling, answers, strict=True):
            leased, result = ordered[place]
            ordered[place] = (leased, _heard(result, answer))
        now = self._clock.now()
        if ordered:
            await self._outbox.settle([self._delivery(leased, result, now) for leased, result in ordered], now)

    def _delivery(self, leased: Leased, result: Result, now: Instant) -> Delivery:
        message = leased.message
        key = (message.merchant_id, message.message_id)
        match result.outcome:
            case Outcome.DONE | Outcome.UNKNOWN:
                return Delivery(*key, done=True, answer=result.said)
            case Outcome.LATER | Outcome.RETRY:
                backoff = MONEY if isinstance(message.effect, Pay | AskPayout) else REQUESTS
                if leased.attempts < backoff.attempts:
                    pause = backoff.pause(leased.attempts, self._generator)
                    return Delivery(*key, done=False, retry_at=now + pause, error=result.said)
            case Outcome.DEAD:
                pass
            case _:
                assert_never(result.outcome)
        log.error("gave up %s of order %s: %s", message.effect, message.order_no, result.said)
        return Delivery(*key, done=False, error=result.said)

    async def _deliver(self, leased: Leased) -> Result:
        try:
            return await self._call(leased)
        except (NotReached, Unanswered, TimeoutError) as fault:
            return Result(Outcome.RETRY, said=_words(fault))
        except Exception as fault:
            log.exception("an adapter failed on %s", leased.message.effect)
            return Result(Outcome.RETRY, said=_words(fault))

    async def _call(self, leased: Leased) -> Result:
        message = leased.message
        match message.effect:
            case Pay() as pay:
                return await self._pay(leased, pay)
            case AskPayout(payout_id=payout_id, channel=channel):
                return _told(await self._ask(payout_id, channel))
            case Intercept(carrier=carrier, tracking_no=tracking_no):
                async with asyncio.timeout(self._call_seconds):
                    answer = await self._courier.intercept(carrier, tracking_no)
                news = RecordInterception("accepted" if answer.accepted else "refused", answer.why)
                return Result(Outcome.DONE, news, answer.why or news.answer)
            case CancelInterception(carrier=carrier, tracking_no=tracking_no):
                async with asyncio.timeout(self._call_seconds):
                    await self._courier.deliver_after_all(carrier, tracking_no)
                return Result(Outcome.DONE)
            case StopShipping(order_no=order_no):
                async with asyncio.timeout(self._call_seconds):
                    await self._shop.stop_shipping(message.merchant_id, order_no)
                return Result(Outcome.DONE)
            case _:
                assert_never(message.effect)

    async def _pay(self, leased: Leased, pay: Pay) -> Result:
        if leased.attempts > 1:
            news = await self._ask(pay.payout_id, pay.channel)
            if news.word is not PayoutWord.NEVER_HEARD:
                return _told(news)
            if not self._payments.pays_an_id_once:
                # It may still be on its way there.
                return _unknown(pay, "sent before, and the provider has not heard of it")
        order = PaymentOrder(
            pay.payout_id,
            leased.message.merchant_id,
            pay.ledger,
            pay.amount_minor,
            pay.currency,
            pay.channel,
            pay.reference,
        )
        try:
            async with asyncio.timeout(self._call_seconds):
                return _told(await self._payments.pay(order))
        except NotReached:
            raise
        except (Unanswered, TimeoutError) as fault:
            log.warning("no answer to %s: %s", pay.payout_id, _words(fault))
            return _unknown(pay, _words(fault))
        except Exception as fault:
            # Whatever broke, it may have been after the money left.
            log.exception("the payment adapter failed on %s", pay.payout_id)
            return _unknown(pay, _words(fault))

    async def _ask(self, payout_id: str, channel: str) -> PayoutNews:
        async with asyncio.timeout(self._call_seconds):
            return await self._payments.ask(payout_id, channel)


def _told(news: PayoutNews) -> Result:
    command = payout_command(news)
    return Result(Outcome.LATER if command is None else Outcome.DONE, command, news.why or news.word)


def _unknown(pay: Pay, why: str) -> Result:
    return Result(Outcome.UNKNOWN, RecordPayout(pay.payout_id, "unknown", why=why), why)


def _words(fault: Exception) -> str:
    return f"{type(fault).__name__}: {fault}"


def _envelope(leased: Leased, result: Result) -> Envelope:
    assert result.command is not None, "only results with something to tell"
    message = leased.message
    return Envelope(SYSTEM, message.merchant_id, result.command, case_id=message.case_id)


def _heard(result: Result, answer: Answer | Failed) -> Result:
    """Whether the rules took the news. If they could not be told, the message comes again and asks again."""
    if isinstance(answer, Failed):
        return Result(Outcome.RETRY, said=_words(answer))
    if answer.refusal is not None:
        return Result(Outcome.DEAD, said=f"the rules refused: {answer.refusal.code}")
    return result
