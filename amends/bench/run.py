"""One run of everything, on one machine and one database server.

The baseline, the engine and the API take turns, each on a fresh copy of the same data: what else happens on the machine
meets all of them alike, and the median of the rounds counts.
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import uvloop
from msgspec import Struct
from psycopg import sql

from amends.bench import decide, engine, http, sweep
from amends.bench.baseline import Baseline
from amends.bench.figures import Figures, Raw, figures
from amends.bench.machine import look
from amends.bench.seed import seed
from amends.bench.world import World
from amends.store.embedded import EmbeddedPostgres
from amends.store.migrate import migrate

T = TypeVar("T")

_BUSY, _COPY, _OVERDUE = "bench", "bench_copy", "bench_overdue"

_STEADY = {"max_wal_size": "16GB", "checkpoint_timeout": "1h"}
"""No checkpoint falls into a measurement. After one, each page is logged whole when it is first changed: that is spread
over five minutes where a service runs on, and would be most of what the database does here, for everybody alike.
"""


class Size(Struct, frozen=True):
    """How much is measured, and for how long."""

    orders: int
    overdue: int
    rounds: int
    clients: tuple[int, ...]
    choosing_seconds: int
    warm_up_seconds: int
    seconds: int


FULL = Size(40_000, 100_000, 3, (4, 8, 16, 32), 3, 2, 8)
QUICK = Size(8_000, 8_000, 1, (8, 16), 2, 1, 3)


def run(size: Size, folder: Path, tell: Callable[[str], None]) -> Figures:
    """Measure everything, with a database of its own in `folder`. `tell` hears what is being done."""
    begin = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    machine = look(folder)
    tell("decisions")
    decisions = [decide.decisions_per_second(size.seconds / 4) for _ in range(3)]
    sealed = [decide.sealed_per_second(size.seconds / 4) for _ in range(3)]
    with fresh_server(folder) as server:
        rounds = _rounds(server, size, tell)
        tell(f"deadlines of {size.overdue:,} cases")
        sweep_per_s, overdue = _swept(server, size.overdue)
    raw = Raw(
        **rounds,
        decide_per_s=decisions,
        sealed_per_s=sealed,
        orders=size.orders,
        overdue_cases=overdue,
        took_seconds=time.monotonic() - begin,
    )
    return figures(machine, raw, sweep_per_s)


def _rounds(server: EmbeddedPostgres, size: Size, tell: Callable[[str], None]) -> dict[str, Any]:
    """Baseline, engine and API in turn. What is raw about them, by name."""
    tell(f"{size.orders:,} orders and their cases")
    world = World.busy(size.orders)
    writes = on_loop(seed(migrated(server, _BUSY), world))
    baseline = Baseline(server.bin_dir / "pgbench", world, writes)
    tell("how many clients suit pgbench")
    with _fresh_copy(server) as url:
        by_clients = {n: baseline.transactions_per_second(url, n, size.choosing_seconds) for n in size.clients}
    clients = max(by_clients, key=by_clients.__getitem__)
    pgbench, engines, web, memory = [], [], [], []
    for number in range(size.rounds):
        tell(f"pgbench, round {number + 1}")
        with _fresh_copy(server) as url:
            baseline.transactions_per_second(url, clients, size.warm_up_seconds)
            pgbench.append(baseline.transactions_per_second(url, clients, size.seconds))
        tell(f"engine, round {number + 1}")
        with _fresh_copy(server) as url:
            engines.append(on_loop(engine.commands_per_second(url, world, size.warm_up_seconds, size.seconds)))
        tell(f"HTTP, round {number + 1}")
        with _fresh_copy(server) as url:
            measured, resident_mb = http.answered(url, size.orders, size.warm_up_seconds, size.seconds)
            web.append(measured)
            memory.append(resident_mb)
    return {
        "pgbench_tps": pgbench,
        "pgbench_clients": clients,
        "pgbench_tps_by_clients": {str(n): tps for n, tps in by_clients.items()},
        "engine_per_s": engines,
        "engine_batch": engine.BATCH,
        "engine_writers": engine.WRITERS,
        "http_per_s": [one.answered / one.seconds for one in web],
        "http_median_ms": [one.median_ms for one in web],
        "http_p99_ms": [one.p99_ms for one in web],
        "http_worst_ms": [one.worst_ms for one in web],
        "http_connections": http.CONNECTIONS,
        "web_processes": http.PROCESSES,
        "web_rss_mb": memory,
    }


def _swept(server: EmbeddedPostgres, cases: int) -> tuple[float, int]:
    url = migrated(server, _OVERDUE)
    on_loop(seed(url, World.overdue(cases)))
    return on_loop(sweep.deadlines_per_second(url))


@contextmanager
def fresh_server(folder: Path) -> Iterator[EmbeddedPostgres]:
    """A server of our own on that disk, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="bench-", dir=folder) as place:
        Path(place).chmod(0o755)  # when root measures, the server belongs to another account
        server = EmbeddedPostgres(Path(place) / "postgres", _STEADY)
        try:
            with server:
                yield server
        finally:
            shutil.rmtree((server.data_dir / "cluster").resolve(), ignore_errors=True)


def migrated(server: EmbeddedPostgres, name: str) -> str:
    url = server.create_database(name)
    migrate(url)
    return url


@contextmanager
def _fresh_copy(server: EmbeddedPostgres) -> Iterator[str]:
    """The busy marketplace as it was filled. It is copied by way of the log, which needs no checkpoint."""
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute("set wal_compression = off")
        connection.execute(
            sql.SQL("create database {} template {} strategy wal_log").format(
                sql.Identifier(_COPY), sql.Identifier(_BUSY)
            )
        )
    try:
        yield server.dsn(_COPY)
    finally:
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(_COPY)))


def on_loop(task: Coroutine[Any, Any, T]) -> T:
    """On the event loop that the service itself runs on."""
    return uvloop.run(task)
