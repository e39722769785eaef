"""How many passed deadlines a second the sweep works off, one process, as `amends worker` does it."""

import time

from amends.application.engine import Engine
from amends.application.ids import Ids
from amends.application.sweep import Sweep
from amends.bench.market import POLICIES, StoppedClock
from amends.bootstrap import leave_the_start_alone
from amends.domain.decide import decide
from amends.store.database import Database
from amends.store.deadlines import PostgresDeadlines
from amends.store.postgres import PostgresStore


async def deadlines_per_second(url: str) -> tuple[float, int]:
    """The rate, and how many were judged. Every one of them must be off the queue afterwards."""
    async with Database(url, batch_connections=4, page_connections=4) as database:
        clock = StoppedClock()
        leave_the_start_alone()
        engine = Engine(PostgresStore(database), decide, POLICIES, clock, Ids(3))
        begin = time.perf_counter()
        swept = await Sweep(engine, PostgresDeadlines(database), clock).once()
        seconds = time.perf_counter() - begin
    assert not swept.set_aside, swept
    return swept.judged / seconds, swept.judged
