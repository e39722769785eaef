"""How many commands a second the engine takes, in batches as they form under load."""

import asyncio
import time
from collections.abc import Sequence

from amends.application.engine import Engine
from amends.application.ids import Ids
from amends.application.ports import Answer, Failed
from amends.bench.market import POLICIES, StoppedClock
from amends.bench.traffic import Draw, Traffic
from amends.bench.world import World
from amends.domain.decide import decide
from amends.store.database import Database
from amends.store.postgres import PostgresStore

BATCH = 64
WRITERS = 2
"""As a web process has them: one decides while the other waits for the disk."""


async def commands_per_second(url: str, world: World, warm_up_seconds: float, seconds: float) -> float:
    """Accepted commands a second, of one process."""
    traffic = Traffic(world)
    accepted = 0
    async with Database(url, batch_connections=WRITERS, page_connections=1) as database:
        engine = Engine(PostgresStore(database), decide, POLICIES, StoppedClock(), Ids(2))
        begin = time.perf_counter() + warm_up_seconds
        end = begin + seconds

        async def write() -> None:
            nonlocal accepted
            while (now := time.perf_counter()) < end:
                draws = [traffic.draw() for _ in range(BATCH)]
                taken = take(draws, await engine.handle([draw.envelope for draw in draws]))
                accepted += taken if now >= begin else 0

        await asyncio.gather(*(write() for _ in range(WRITERS)))
        return accepted / (time.perf_counter() - begin)


def take(draws: Sequence[Draw], answers: Sequence[Answer | Failed]) -> int:
    """Tell openings their case. All commands of the traffic are good, so a refusal is a fault of the measurement."""
    for draw, answer in zip(draws, answers, strict=True):
        assert isinstance(answer, Answer), answer
        assert answer.refusal is None, (draw.envelope, answer.refusal)
        draw.subject.case_id = answer.case_id
    return len(draws)
