"""A whole service under load, made to be killed: `python -m tests.kill.service DSN FOLDER NODE MINUTES`.

Eight clients open refunds and agree to them as fast as they can; a deliverer sends the money through a provider that
misbehaves. Each answer is written down as told only after the service gave it, so what is written down was promised.
"""

import asyncio
import itertools
import os
import random
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from amends.adapters.clock import MovableClock
from amends.adapters.couriers.sandbox import SandboxCourier
from amends.adapters.payments.sandbox import SandboxProvider
from amends.adapters.shop import LogShop
from amends.application.deliver import Deliverer
from amends.application.engine import Engine
from amends.application.ids import Ids
from amends.application.partners import PayoutNews, payout_envelope
from amends.application.ports import Answer, CaseKey, Envelope
from amends.domain import commands as k
from amends.domain.decide import decide
from amends.store.database import Database
from amends.store.outbox import PostgresOutbox
from amends.store.postgres import PostgresStore
from tests.support.shops import POLICIES, about, opening, order

CLIENTS = 8
PROMISES = "promises"
BOOKS = "provider"


async def serve(dsn: str, folder: Path, node: int, minutes: float) -> None:
    """Until killed. `minutes` moves the clock on first, so that what a killed process had lent comes back."""
    clock = MovableClock(folder / "clock")
    clock.advance(timedelta(minutes=minutes))
    async with Database(dsn, batch_connections=CLIENTS, page_connections=2) as database:
        engine = Engine(PostgresStore(database), decide, POLICIES, clock, Ids(node))

        async def hear(news: Sequence[PayoutNews]) -> None:
            await engine.handle([envelope for one in news if (envelope := payout_envelope(one)) is not None])

        async def nothing(_: object) -> None:
            """No parcel moves here."""

        provider = SandboxProvider(clock, hear, seed=7, books=folder / BOOKS)
        deliverer = Deliverer(
            PostgresOutbox(database),
            engine.handle,
            clock,
            random.Random(node),
            payments=provider,
            courier=SandboxCourier(clock, nothing, seed=7),
            shop=LogShop(),
        )
        promises = os.open(folder / PROMISES, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        await asyncio.gather(
            deliverer.run(),
            provider.run(),
            *(client(engine, promises, f"{node}-{number}") for number in range(CLIENTS)),
        )


async def client(engine: Engine, promises: int, name: str) -> None:
    """Sync an order, open a refund, agree: each under a key of its own, told to the file once answered."""
    for number in itertools.count():
        order_no = f"k{name}-{number}"
        await told(engine, promises, order(order_no))
        opened = await told(engine, promises, opening(order_no, pieces=10, key=f"open-{order_no}"))
        case = CaseKey(opened.merchant_id, opened.case_id or 0)
        await told(engine, promises, about(case, k.Agree(1), key=f"agree-{order_no}"))


async def told(engine: Engine, promises: int, envelope: Envelope) -> Answer:
    (answer,) = await engine.handle([envelope])
    assert isinstance(answer, Answer), answer
    assert answer.refusal is None, answer.refusal
    if answer.case_id is not None:
        os.write(promises, f"{answer.merchant_id} {answer.case_id} {answer.version} {envelope.key}\n".encode())
    return answer


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])))
