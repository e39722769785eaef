"""`kill -9` under load against the real database: what was answered stands, and money left once."""

import asyncio
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import psycopg

from amends.adapters.clock import MovableClock
from amends.adapters.couriers.sandbox import SandboxCourier
from amends.adapters.payments.sandbox import SandboxProvider
from amends.adapters.shop import LogShop
from amends.application.deliver import Deliverer
from amends.application.engine import Engine
from amends.application.ids import Ids
from amends.application.partners import PayoutNews, payout_envelope
from amends.application.ports import CaseKey
from amends.application.sweep import Sweep
from amends.domain.case import Case
from amends.domain.decide import decide
from amends.domain.evolve import fold
from amends.domain.words import Stage
from amends.store.database import Database
from amends.store.deadlines import PostgresDeadlines
from amends.store.outbox import PostgresOutbox
from amends.store.postgres import PostgresStore
from amends.store.reader import PostgresReader
from tests.kill.service import BOOKS, PROMISES
from tests.support.shops import POLICIES

KILLS = 3
PROMISES_BEFORE_A_KILL = 150


def test_a_service_killed_under_load_loses_nothing_and_pays_nothing_twice(database: str, tmp_path: Path) -> None:
    for node in range(1, KILLS + 1):
        run_until_killed(database, tmp_path, node)

    cases, books = asyncio.run(finish(database, tmp_path))

    promised = [line.split() for line in (tmp_path / PROMISES).read_text().splitlines()]
    assert len(promised) >= KILLS * PROMISES_BEFORE_A_KILL
    for _, case_id, version, key in promised:
        assert cases[int(case_id)].version >= int(version), f"{key} was answered and is gone"

    ordered = {p.payout_id for case in cases.values() for p in case.payouts}
    assert set(books) <= ordered, "the provider paid what no case ordered"
    for case in cases.values():
        really_paid = sum(books.get(p.payout_id, 0) for p in case.payouts)
        assert really_paid == case.paid_minor, f"{case.order_no}: the provider paid {really_paid}"
        assert really_paid <= 10_000, f"{case.order_no} was paid more than once"
        # A payout that stays unknown, or found no account, waits for a person, under a clock.
        assert case.stage is Stage.CLOSED or case.deadlines, f"{case.order_no} is stuck: {case.funds}"
    assert sum(case.paid_minor for case in cases.values()) > 0


def run_until_killed(dsn: str, folder: Path, node: int) -> None:
    """Start the service, let it promise something, and kill it in the middle of whatever it is doing."""
    promises = folder / PROMISES
    before = len(promises.read_text().splitlines()) if promises.exists() else 0
    command = [sys.executable, "-m", "tests.kill.service", dsn, str(folder), str(node), "5"]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as service:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and service.poll() is None:
            if promises.exists() and len(promises.read_text().splitlines()) >= before + PROMISES_BEFORE_A_KILL:
                break
            time.sleep(0.05)
        time.sleep(random.Random(node).uniform(0, 0.3))
        assert service.poll() is None, service.stderr.read().decode() if service.stderr else ""
        service.send_signal(signal.SIGKILL)


async def finish(dsn: str, folder: Path) -> tuple[dict[int, Case], dict[str, int]]:
    """Come back after the kills, let days pass, and read what stands: cases by number, the provider's books."""
    clock = MovableClock(folder / "clock")
    async with Database(dsn, batch_connections=3, page_connections=2) as database:
        engine = Engine(PostgresStore(database), decide, POLICIES, clock, Ids(99))
        outbox, reader = PostgresOutbox(database), PostgresReader(database)

        async def hear(news: Sequence[PayoutNews]) -> None:
            await engine.handle([envelope for one in news if (envelope := payout_envelope(one)) is not None])

        async def nothing(_: object) -> None:
            """No parcel moves here."""

        provider = SandboxProvider(clock, hear, seed=7, books=folder / BOOKS)
        deliverer = Deliverer(
            outbox,
            engine.handle,
            clock,
            random.Random(99),
            payments=provider,
            courier=SandboxCourier(clock, nothing, seed=7),
            shop=LogShop(),
        )
        sweep = Sweep(engine, PostgresDeadlines(database), clock)
        for _ in range(60):
            clock.advance(timedelta(hours=2))
            await deliverer.deliver_due()
            await provider.work()
            await sweep.once()
        assert (await outbox.backlog(clock.now())).dead == 0

        cases: dict[int, Case] = {}
        for key in every_case(dsn):
            case = await reader.case(key)
            assert case is not None
            assert fold(await reader.timeline(key, 0, 10_000)) == case, f"{key} is not what its events make of it"
            cases[key.case_id] = case
        check_heads(dsn, cases)
        books = provider.paid_minor()
        provider.close()
    clock.close()
    return cases, books


def every_case(dsn: str) -> list[CaseKey]:
    with psycopg.connect(dsn) as connection:
        return [CaseKey(*row) for row in connection.execute("select merchant_id, case_id from cases")]


def check_heads(dsn: str, cases: dict[int, Case]) -> None:
    """The money that the order's head holds is what its case committed."""
    held = {case.order_no: case.refund_committed_minor for case in cases.values()}
    with psycopg.connect(dsn) as connection:
        heads = dict(connection.execute("select order_no, refund_minor from heads").fetchall())
    assert {order_no: heads[order_no] for order_no in held} == held
