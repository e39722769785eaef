"""What only PostgreSQL can break: roles, migrations, processes beside each other, a server that goes away."""

import asyncio
import subprocess
import sys
from datetime import UTC, datetime
from importlib.resources import files

import aiosql
import psycopg
import pytest
from psycopg import errors

from amends.application.ports import Answer, Change, Unavailable
from amends.domain import commands as k
from amends.store.arrays import Longs, Texts
from amends.store.database import ROLE, Database
from amends.store.embedded import EmbeddedPostgres
from amends.store.live import PostgresAnnouncer, PostgresWatch
from amends.store.migrate import missing
from amends.store.postgres import PostgresStore
from amends.store.reader import PostgresReader
from amends.store.registry import PostgresRegistry
from tests.support.database import fresh_database
from tests.support.shops import about, shop_on_postgres

HELLO = k.SendMessage("您好")


def test_the_services_role_can_add_events_and_never_change_or_remove_them(database: str):
    async def story():
        async with shop_on_postgres(database) as shop:
            await shop.opened()

    asyncio.run(story())
    for statement in (
        "update events set actor = 'somebody else'",
        "delete from events",
        "truncate events",
        "alter table events disable trigger all",
        "drop table events",
    ):
        with (
            psycopg.connect(database, options=f"-c role={ROLE}") as connection,
            pytest.raises(errors.InsufficientPrivilege),
        ):
            connection.execute(statement)
    with psycopg.connect(database) as connection:
        assert connection.execute("select count(*) from events").fetchone() == (2,)


def test_both_pools_work_as_the_services_role(database: str):
    async def story():
        async with Database(database, batch_connections=1, page_connections=1) as connections:
            for take in (connections.for_batch, connections.for_page):
                async with take() as connection:
                    cursor = await connection.execute("select current_user::text, current_setting('timezone')")
                    assert await cursor.fetchone() == (ROLE, "UTC")

    asyncio.run(story())


def test_what_is_prepared_outlives_a_transaction_that_is_undone(database: str):
    async def story():
        async with (
            shop_on_postgres(database) as shop,
            Database(database, batch_connections=1, page_connections=1) as connections,
        ):
            (case,) = await shop.opened()
            reader = PostgresReader(connections)
            before = await reader.docket_of(case)
            with pytest.raises(errors.DivisionByZero):
                async with connections.for_page() as connection, connection.transaction():
                    await connection.execute("select 1 / 0")
            assert await reader.docket_of(case) == before is not None
            assert await reader.case(case) == before.case(case.case_id)

    asyncio.run(story())


def test_values_reach_the_server_as_they_are(database: str):
    given = aiosql.from_str(
        "-- name: given(text, number, yes, content, instant, nothing, texts, numbers)\n"
        "select cast(:text as text), :number, :yes, :content, :instant, cast(:nothing as text), :texts, :numbers;",
        "apsycopg",
    ).given
    values = {
        "text": "退款 %", "number": 2**40, "yes": True, "content": b"\0\xff",
        "instant": datetime(2026, 3, 2, 10, 0, 0, 7, UTC), "nothing": None,
        "texts": Texts(["a", None]), "numbers": Longs([]),
    }  # fmt: skip

    async def story():
        async with Database(database, batch_connections=1, page_connections=1) as connections:
            for changed in ({}, {"text": "", "number": -1, "yes": False, "nothing": "some"}, {}):
                expected = values | changed
                assert await connections.rows(given, **expected) == [tuple(expected.values())]

    asyncio.run(story())


def _dump(postgres: EmbeddedPostgres, dsn: str) -> list[str]:
    done = subprocess.run(
        [postgres.bin_dir / "pg_dump", "--schema-only", "--exclude-table=alembic_version", dsn],
        check=True,
        capture_output=True,
        text=True,
    )
    # \restrict carries a random word; it is no part of the tables.
    return [line for line in done.stdout.splitlines() if line and not line.startswith(("--", "\\"))]


def test_all_migrations_together_make_the_tables_that_the_schema_shows(postgres: EmbeddedPostgres, database: str):
    with fresh_database(postgres) as shown:
        with psycopg.connect(shown) as connection:
            connection.execute((files("amends.store") / "sql" / "schema.sql").read_bytes())
        assert _dump(postgres, database) == _dump(postgres, shown)


def test_two_migrators_at_once_pass_and_the_second_finds_nothing_to_do(empty_database: str):
    assert missing(empty_database)[0] == "0001"
    program = f"from amends.store.migrate import migrate; migrate({empty_database!r})"
    both = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(2)]
    assert [migrator.wait() for migrator in both] == [0, 0]
    assert missing(empty_database) == []


def test_migrations_have_a_number_a_time_and_a_twin():
    folder = files("amends.store") / "migrations"
    statements = sorted(file.name.removesuffix(".sql") for file in folder.iterdir() if file.name.endswith(".sql"))
    twins = sorted(file.name.removesuffix(".py") for file in (folder / "versions").iterdir() if file.name[0].isdigit())
    assert statements == twins
    for place, name in enumerate(statements, start=1):
        number, time, *what = name.split("_")
        assert (number, time in {"pre", "post"}, bool(what)) == (f"{place:04}", True, True)


def test_a_hot_case_takes_the_commands_of_several_processes(database: str):
    async def story():
        async with (
            shop_on_postgres(database) as one,
            shop_on_postgres(database) as two,
            shop_on_postgres(database) as x,
        ):
            (case,) = await one.opened()
            senders = [shop.engine.handle([about(case, HELLO)]) for shop in (one, two, x) for _ in range(25)]
            answers = [answer for (answer,) in await asyncio.gather(*senders)]
            assert all(isinstance(answer, Answer) and answer.refusal is None for answer in answers)
            assert (await one.reader.case(case)).version == 2 + 75
            assert await one.reader.feed_no(case.merchant_id) == 2 + 75

    asyncio.run(story())


def test_when_all_connections_break_one_batch_fails_and_the_next_one_works(database: str):
    async def story():
        async with shop_on_postgres(database) as shop:
            (case,) = await shop.opened()
            with psycopg.connect(database, autocommit=True) as superuser:
                superuser.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where datname = current_database() and pid <> pg_backend_pid()"
                )
            outcomes = [await _outcome(shop, about(case, HELLO)) for _ in range(6)]
            assert outcomes == ["unavailable"] + ["accepted"] * 5
            assert len(await shop.reader.timeline(case, 2, 100)) == 5

    async def _outcome(shop, envelope):
        try:
            return "refused" if (await shop.one(envelope)).refusal else "accepted"
        except Unavailable:
            return "unavailable"

    asyncio.run(story())


def test_a_batch_cut_off_between_lock_and_commit_leaves_nothing(database: str):
    async def story():
        async with shop_on_postgres(database) as shop:
            (case,) = await shop.opened()
            with psycopg.connect(database) as outsider:
                # The feed's row is among the last that a batch takes: it stands there, everything else written.
                outsider.execute("select from feeds for update")
                writing = asyncio.create_task(shop.engine.handle([about(case, k.Agree(1), key="agree")]))
                await asyncio.sleep(0.5)
                outsider.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity where wait_event_type = 'Lock'"
                    " and datname = current_database()"
                )
                with pytest.raises(Unavailable):
                    await writing
            assert (await shop.reader.case(case)).version == 2
            assert (await shop.outbox.backlog(shop.clock.now())).waiting == 0
            again = await shop.one(about(case, k.Agree(1), key="agree"))
            assert (again.refusal, again.replayed) == (None, False)

    asyncio.run(story())


def test_a_database_that_is_not_there_is_unavailable():
    async def story():
        nowhere = Database("postgresql://127.0.0.1:1/none?connect_timeout=1", batch_connections=1, page_connections=1)
        nowhere.patience_seconds = 0.5
        with pytest.raises(Unavailable):
            async with nowhere:
                pass

    asyncio.run(story())


def test_whoever_watches_hears_of_every_case_that_changed(database: str):
    async def story():
        announcer, watch = PostgresAnnouncer(database), PostgresWatch(database).changes()
        sending = asyncio.create_task(announcer.forever())
        assert await anext(watch) == ()
        async with (
            shop_on_postgres(database) as shop,
            Database(database, batch_connections=1, page_connections=1) as own,
        ):
            shop.store = PostgresStore(own, announcer)
            shop.engine = shop.new_engine()
            cases = await shop.opened(600)
            heard: set[Change] = set()
            while len(heard) < len(cases):
                heard |= set(await anext(watch))
            assert heard == {Change(*case, 2) for case in cases}
        sending.cancel()
        await watch.aclose()

    asyncio.run(story())


def test_a_talk_with_the_service_is_heard_of_as_one_and_not_as_a_case(database: str):
    async def story():
        announcer, watch = PostgresAnnouncer(database), PostgresWatch(database).changes()
        sending = asyncio.create_task(announcer.forever())
        assert await anext(watch) == ()
        told = [Change(1001, 7, 0, "talk"), Change(1001, 7, 0, "queue"), Change(1001, 8, 3)]
        announcer(told)
        heard: list[Change] = []
        while len(heard) < len(told):
            heard += await anext(watch)
        assert heard == told
        sending.cancel()
        await watch.aclose()

    asyncio.run(story())


def test_processes_get_numbers_of_their_own(database: str):
    async def story():
        async with Database(database, batch_connections=1, page_connections=2) as connections:
            registry = PostgresRegistry(connections)
            numbers = await asyncio.gather(*(registry.next_node() for _ in range(20)))
            assert len(set(numbers)) == 20

    asyncio.run(story())
