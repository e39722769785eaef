"""The figures, and how they are shown."""

import statistics
from collections.abc import Iterator

from msgspec import Struct
from rich.console import Console
from rich.table import Table

from amends.bench.machine import Machine


class Raw(Struct, frozen=True):
    """What was measured, round by round; rates are per second, times in milliseconds."""

    pgbench_tps: list[float]
    pgbench_clients: int
    pgbench_tps_by_clients: dict[str, float]
    engine_per_s: list[float]
    engine_batch: int
    engine_writers: int
    http_per_s: list[float]
    http_median_ms: list[float]
    http_p99_ms: list[float]
    http_worst_ms: list[float]
    http_connections: int
    web_processes: int
    web_rss_mb: list[float]
    decide_per_s: list[float]
    sealed_per_s: list[float]
    orders: int
    overdue_cases: int
    took_seconds: float


class Figures(Struct, frozen=True):
    """The figures that count, each the median of its rounds, and what they were worked out from."""

    engine_vs_pgbench: float
    http_vs_pgbench: float
    http_p99_ms: float
    decide_per_s: float
    sweep_per_s: float
    web_rss_mb: float
    machine: Machine
    raw: Raw


def figures(machine: Machine, raw: Raw, sweep_per_s: float) -> Figures:
    """Ratios are taken round by round: what shared a moment is compared."""
    return Figures(
        engine_vs_pgbench=_ratio(raw.engine_per_s, raw.pgbench_tps),
        http_vs_pgbench=_ratio(raw.http_per_s, raw.pgbench_tps),
        http_p99_ms=round(statistics.median(raw.http_p99_ms), 1),
        decide_per_s=round(statistics.median(raw.decide_per_s)),
        sweep_per_s=round(sweep_per_s),
        web_rss_mb=round(max(raw.web_rss_mb), 1),
        machine=machine,
        raw=raw,
    )


def _ratio(rates: list[float], baseline: list[float]) -> float:
    return round(statistics.median(rate / base for rate, base in zip(rates, baseline, strict=True)), 2)


def show(found: Figures) -> None:
    """The figures beside their goals, and what they stand on."""
    console = Console(highlight=False)
    table = Table("", "measured", "goal", "what it is")
    for row in _rows(found):
        table.add_row(*row)
    console.print(table)
    machine, raw = found.machine, found.raw
    console.print(
        f"{machine.processor}, {machine.cores} cores, {machine.system}; Python {machine.python}; a durable write of a "
        f"page takes {machine.fdatasync_us:.0f} µs; load {machine.load:.1f} before the start."
    )
    by_clients = ", ".join(f"{tps:.0f} with {clients}" for clients, tps in raw.pgbench_tps_by_clients.items())
    console.print(f"pgbench did {by_clients} clients, so it ran with {raw.pgbench_clients}.")
    if machine.load > machine.cores / 2:
        console.print("Others were at work on this machine: rates are too low, and times too long.", style="yellow")


def _rows(found: Figures) -> Iterator[tuple[str, str, str, str]]:
    raw = found.raw
    median = statistics.median
    yield ("engine against pgbench", f"{found.engine_vs_pgbench:.2f} ×", "≥ 1.5", (
        f"{median(raw.engine_per_s):,.0f} commands/s in batches of {raw.engine_batch}, {raw.engine_writers} writers; "
        f"pgbench {median(raw.pgbench_tps):,.0f} tps, one command a transaction"
    ))  # fmt: skip
    yield ("HTTP against pgbench", f"{found.http_vs_pgbench:.2f} ×", "≥ 0.5", (
        f"{median(raw.http_per_s):,.0f} requests/s, one command each, {raw.http_connections} connections, "
        f"web processes: {raw.web_processes}"
    ))  # fmt: skip
    yield ("HTTP, 99 of 100 within", f"{found.http_p99_ms:.1f} ms", "< 40 ms", (
        f"half within {median(raw.http_median_ms):.1f} ms, the worst {max(raw.http_worst_ms):.0f} ms"
    ))  # fmt: skip
    yield ("decisions", f"{found.decide_per_s:,.0f}/s", "≥ 50,000/s", (
        f"judged, folded and encoded, one core; sealed and chained as well {median(raw.sealed_per_s):,.0f}/s"
    ))  # fmt: skip
    yield ("deadlines", f"{found.sweep_per_s:,.0f}/s", "≥ 5,000/s", f"one sweep over {raw.overdue_cases:,} due cases")
    yield ("web process", f"{found.web_rss_mb:.0f} MB", "< 150 MB", "resident, after the requests")
