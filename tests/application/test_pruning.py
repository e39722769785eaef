"""Receipts and delivered messages go when their time is over, and never sooner than callers were promised."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from amends.application import pruning
from amends.application.pruning import BATCH, BATCHES_A_ROUND, IDEMPOTENCY_DAYS, Pruner
from amends.domain.time import Instant

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


class Clock:
    def now(self) -> Instant:
        return NOW


class Outbox:
    """So many old rows; remembers what it was asked."""

    def __init__(self, receipts: int = 0, messages: int = 0) -> None:
        self.left = {"receipts": receipts, "messages": messages}
        self.asked: list[tuple[str, Instant, int]] = []

    async def prune_receipts(self, written_before: Instant, limit: int) -> int:
        return self._prune("receipts", written_before, limit)

    async def prune_messages(self, done_before: Instant, limit: int) -> int:
        return self._prune("messages", done_before, limit)

    def _prune(self, what: str, before: Instant, limit: int) -> int:
        self.asked.append((what, before, limit))
        gone = min(limit, self.left[what])
        self.left[what] -= gone
        return gone


def prune(outbox: Outbox, receipts_days: int = 30, messages_days: int = 90) -> tuple[int, int]:
    pruner = Pruner(outbox, Clock(), receipts_days=receipts_days, messages_days=messages_days)
    return asyncio.run(pruner.once())


def test_each_goes_after_its_own_days_in_batches():
    outbox = Outbox(receipts=BATCH + 1, messages=3)
    assert prune(outbox) == (BATCH + 1, 3)
    receipts_before, messages_before = NOW - timedelta(days=30), NOW - timedelta(days=90)
    asked = [("receipts", receipts_before, BATCH), ("receipts", receipts_before, BATCH)]
    assert outbox.asked == [*asked, ("messages", messages_before, BATCH)]


@pytest.mark.parametrize("days", [0, 1, IDEMPOTENCY_DAYS])
def test_no_receipt_goes_before_the_days_that_callers_were_promised(days):
    outbox = Outbox(receipts=1)
    prune(outbox, receipts_days=days)
    assert outbox.asked[0][1] == NOW - timedelta(days=IDEMPOTENCY_DAYS)


def test_a_round_ends_however_much_there_is(monkeypatch):
    monkeypatch.setattr(pruning, "BATCH", 2)
    outbox = Outbox(receipts=10_000)
    assert prune(outbox) == (2 * BATCHES_A_ROUND, 0)
