"""Forgetting what nobody asks for any more: first answers to idempotency keys, messages that were delivered."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from amends.application.ports import Clock, Outbox, Unavailable
from amends.domain.time import Instant

log = logging.getLogger(__name__)

IDEMPOTENCY_DAYS = 7
"""For so long at least the same key gives the first answer again: documented to callers, whatever the settings say."""

BATCH = 1_000
BATCHES_A_ROUND = 50
"""So that a round ends, and others get at the tables; the next one goes on."""


class Pruner:
    """Any number may run: what one holds, the others leave out."""

    def __init__(self, outbox: Outbox, clock: Clock, *, receipts_days: int, messages_days: int) -> None:
        self._outbox = outbox
        self._clock = clock
        self._receipts_kept = timedelta(days=max(receipts_days, IDEMPOTENCY_DAYS))
        self._messages_kept = timedelta(days=messages_days)

    async def once(self) -> tuple[int, int]:
        """One round: how many receipts and messages went. Raises Unavailable."""
        now = self._clock.now()
        receipts = await _in_batches(self._outbox.prune_receipts, now - self._receipts_kept)
        messages = await _in_batches(self._outbox.prune_messages, now - self._messages_kept)
        return receipts, messages

    async def forever(self, every_seconds: float = 600.0) -> None:
        """Round after round, over outages of the store."""
        while True:
            try:
                receipts, messages = await self.once()
                if receipts or messages:
                    log.info("pruned %d receipts and %d messages", receipts, messages)
            except Unavailable as fault:
                log.warning("pruning waits for the store: %s", fault)
            await asyncio.sleep(every_seconds)


async def _in_batches(prune: Callable[[Instant, int], Awaitable[int]], before: Instant) -> int:
    gone = 0
    for _ in range(BATCHES_A_ROUND):
        pruned = await prune(before, BATCH)
        gone += pruned
        if pruned < BATCH:
            break
    return gone
