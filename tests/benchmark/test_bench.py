"""A tiny run of every measurement: that it does what it says, never how fast anything was."""

import asyncio
import json
from collections import Counter

import psycopg
import pytest

from amends.bench import decide, seed, sweep
from amends.bench.baseline import Baseline
from amends.bench.market import STEPS
from amends.bench.run import Size
from amends.bench.traffic import Traffic
from amends.bench.world import World
from amends.cli import bench as command
from amends.store.migrate import migrate
from tests.support.database import fresh_database, template_database

ORDERS = 2_000


@pytest.fixture(scope="module", autouse=True)
def _few_patterns():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seed, "_VARIANTS", 2)
        yield


@pytest.fixture(scope="module")
def marketplace(postgres):
    """Name of a database that is filled, and what each step wrote."""
    written = {}

    def fill(url):
        migrate(url)
        written.update(asyncio.run(seed.seed(url, World.busy(ORDERS))))

    return template_database(postgres, "marketplace", fill), written


def rows(url):
    with psycopg.connect(url) as connection:
        tables = "orders order_words heads cases endings events evidence parcels outbox receipts".split()
        return {table: connection.execute(f"select count(*) from {table}").fetchone()[0] for table in tables}


def test_traffic_has_the_shares_that_it_states_and_nobody_writes_to_a_case_of_somebody_else():
    world = World.busy(ORDERS)
    senders = [Traffic(world, part, 2) for part in range(2)]
    draws = [[sender.draw() for _ in range(200)] for sender in senders]
    assert sum(step.share for step in STEPS) == 100
    for drawn in draws:
        assert Counter(draw.step.name for draw in drawn) == {step.name: 2 * step.share for step in STEPS}
    mine, others = ({(draw.subject.merchant_id, draw.subject.order_no) for draw in drawn} for drawn in draws)
    assert mine.isdisjoint(others)


def test_pgbench_writes_as_many_rows_for_a_command_as_the_store_does(postgres, marketplace):
    name, written = marketplace
    with fresh_database(postgres, name) as url:
        before = rows(url)
        baseline = Baseline(postgres.bin_dir / "pgbench", World.busy(ORDERS), written)
        assert baseline.transactions_per_second(url, 4, 2) > 0
        more = {table: count - before[table] for table, count in rows(url).items()}
    written_per_100 = Counter()
    for step in STEPS:
        write = written[step.name]
        new_orders = int(write.read_version == 0)
        written_per_100 += Counter(
            orders=step.share * new_orders,
            order_words=step.share * new_orders,
            heads=step.share * new_orders,
            cases=step.share * sum(case.is_new for case in write.cases),
            events=step.share * len(write.facts),
            evidence=step.share * len(write.evidence),
            outbox=step.share * len(write.outbox),
            receipts=step.share * len(write.receipts),
        )
    for table, count in written_per_100.items():
        assert more[table] / more["events"] == pytest.approx(count / written_per_100["events"], rel=0.5), table
    assert more["endings"] > 0, "a case that ends again has one ending still"


def test_decisions_are_measured_on_the_mix_and_on_lapses():
    verbs = Counter(type(situation.envelope.command).__name__ for situation in decide.situations())
    assert verbs["Lapse"] == decide.LAPSES
    assert verbs.total() == 100 + decide.LAPSES
    assert decide.decisions_per_second(0.05) > 0
    assert decide.sealed_per_second(0.05) > 0


def test_the_sweep_is_measured_on_cases_that_are_all_due_and_leaves_none(postgres):
    with fresh_database(postgres, template_database(postgres, "migrated", migrate)) as url:
        asyncio.run(seed.seed(url, World.overdue(100)))
        rate, judged = asyncio.run(sweep.deadlines_per_second(url))
        assert rate > 0
        assert judged == rows(url)["cases"] > 100
        _, again = asyncio.run(sweep.deadlines_per_second(url))
        assert again == 0


@pytest.mark.timeout(300)
def test_one_run_measures_everything_and_prints_it_as_json(monkeypatch, capsys, tmp_path):
    tiny = Size(orders=4_000, overdue=50, rounds=1, clients=(2,), choosing_seconds=1, warm_up_seconds=1, seconds=1)
    monkeypatch.setattr(command, "QUICK", tiny)
    assert command.bench(json=True, quick=True, data=tmp_path) == 0
    told = json.loads(capsys.readouterr().out)
    assert list(told) == [
        "engine_vs_pgbench", "http_vs_pgbench", "http_p99_ms", "decide_per_s", "sweep_per_s", "web_rss_mb",
        "machine", "raw",
    ]  # fmt: skip
    figures = [told[name] for name in told if name not in ("machine", "raw")]
    assert all(figure > 0 for figure in figures), told
    assert {"cores", "python", "fdatasync_us"} <= told["machine"].keys()
    for name in ("pgbench_tps", "engine_per_s", "http_per_s"):
        assert len(told["raw"][name]) == 1
    assert list(tmp_path.iterdir()) == []
