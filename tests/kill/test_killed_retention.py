"""`kill -9` in the middle of `amends retention run`: every case is whole or erased, and in the end each is told once.

Where the run is killed is named by a statement and by how many cases are gone: a trigger waits there for a lock that
the test holds, and the kill comes when somebody waits.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from msgspec.structs import replace

from amends.adapters.files.blobs import local_blobs
from amends.application.engine import Engine
from amends.application.files import Copy, FileRow, FileState, Form, blob_key
from amends.application.holds import Holds
from amends.application.ids import Ids
from amends.application.policies import Policies, parse_policy, shipped_text
from amends.application.ports import CaseKey, Envelope
from amends.application.retention import BECAUSE_OVER
from amends.domain import commands as k
from amends.domain.actor import buyer
from amends.domain.case import public_case_id
from amends.domain.decide import decide
from amends.domain.words import EvidenceKind
from amends.store.database import Database
from amends.store.files import PostgresFiles
from amends.store.holds import PostgresHolds
from tests.support.shops import HOUR, Shop, about, opening, order, shop_on_postgres

LONG_AGO = datetime(2021, 3, 1, 9, tzinfo=UTC)
CASES, LOOSE_ORDERS = 10, 4
PATIENCE_SECONDS = 30
LOCK = 4711

COURT = "杭州互联网法院 118 号"


class Point(NamedTuple):
    """Where the run is killed: at a statement, once so many cases are gone."""

    table: str
    statement: str
    gone: int
    at_the_end: bool = False


POINTS = (
    Point("events", "update", 0),
    Point("cases", "update", 0),
    Point("orders", "update", 1),
    Point("evidence", "update", 2),
    Point("files", "update", 2),
    Point("erasures", "insert", 3),
    Point("files", "delete", 4),
    Point("files", "delete", 5, at_the_end=True),
    Point("orders", "delete", CASES - 2),
)
"""In order; `at_the_end` is after everything in the transaction, the bytes of a file too, and before it is for good."""

STOP = f"""
create function stop_here() returns trigger language plpgsql as $$
begin
  if (select count(*) from erasures) >= tg_argv[0]::integer then perform pg_advisory_xact_lock({LOCK}); end if;
  return coalesce(new, old);
end $$
"""


class Archive(NamedTuple):
    """What is there to go: a case each with words and a photo that nobody else has; the last two are one photo."""

    dsn: str
    data: Path
    cases: list[CaseKey]

    def words(self, number: int) -> str:
        return f"漏水的是第{number}把壶"

    def photo(self, number: int) -> bytes:
        return f"photo {min(number, CASES - 2)}".encode()

    def asked(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.dsn) as connection:
            return connection.execute(query, values).fetchall()  # type: ignore[arg-type]

    def everything(self) -> str:
        tables = self.asked(
            "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
        )
        return "\n".join(text for (name,) in tables for (text,) in self.asked(f'select t::text from "{name}" t'))

    def bytes_of(self, number: int) -> bool:
        hashed = sha256(self.photo(number)).hexdigest()
        return any(hashed in file.name for file in (self.data / "evidence").rglob("*") if file.is_file())

    def gone(self) -> set[int]:
        rows = {row[0] for row in self.asked("select case_id from cases where erased_at is not null")}
        return {number for number, case in enumerate(self.cases) if case.case_id in rows}


async def filled(dsn: str, data: Path) -> Archive:
    """As of five years ago."""
    rules = shipped_text().replace("marketplace-cn-2026.1", "marketplace-cn-2020.1")
    policies = Policies([parse_policy(rules.replace("2026-01-01T", "2020-01-01T"), "2020.toml")])
    archive = Archive(dsn, data, [])
    async with shop_on_postgres(dsn) as shop, Database(dsn, batch_connections=1, page_connections=1) as database:
        shop.clock.at = LONG_AGO
        shop.engine = Engine(shop.store, decide, policies, shop.clock, Ids(5))
        book, blobs, ids = PostgresFiles(database), local_blobs(data / "evidence"), Ids(6)
        for number in range(CASES):
            archive.cases.append(await complained(shop, archive, number))
            hashed, at = sha256(archive.photo(number)).hexdigest(), shop.clock.now()
            copies = {form: Copy("image/png", 4) for form in Form}
            row = FileRow(
                1001, ids.next(at), f"buyer/b{number}x", f"buyer/b{number}x", f"{archive.words(number)}.png", 1000,
                FileState.KEPT, at, at, archive.cases[-1].case_id, 1000, hashed, "image/png", {}, copies,
            )  # fmt: skip
            await book.add(row)
            for form in Form:
                await blobs.put_bytes(blob_key(hashed, form), archive.photo(number))
            shop.clock.advance(HOUR)
            await shop.accepted([about(archive.cases[-1], k.Withdraw(), buyer(f"b{number}x"))])
        for number in range(LOOSE_ORDERS):
            await bought(shop, f"loose-{number}", f"quiet{number}")
    return archive


async def bought(shop: Shop, order_no: str, buyer_id: str) -> None:
    told = order(order_no, buyer_id=buyer_id)
    assert isinstance(told.command, k.SyncOrder)
    at = shop.clock.now()
    await shop.accepted([replace(told, command=replace(told.command, paid_at=at, ship_by=at + 48 * HOUR))])


async def complained(shop: Shop, archive: Archive, number: int) -> CaseKey:
    order_no, who = f"old-{number}", f"b{number}x"
    await bought(shop, order_no, who)
    asked = opening(order_no, buyer_id=who)
    assert isinstance(asked.command, k.OpenCase)
    photo = k.EvidenceItem(EvidenceKind.PHOTO, sha256(archive.photo(number)).hexdigest(), archive.words(number))
    command = replace(asked.command, note=archive.words(number), evidence=(photo,))
    (answer,) = await shop.accepted([Envelope(buyer(who), 1001, command, order_no=order_no)])
    return CaseKey(1001, answer.case_id or 0)


def run(archive: Archive, *command: str) -> "subprocess.Popen[str]":
    what = command or ("run", "--by", "bai")
    return subprocess.Popen(
        [sys.executable, "-m", "amends", "retention", *what, "--data", str(archive.data)],
        env=os.environ | {"AMENDS_DATABASE_URL": archive.dsn, "COLUMNS": "200"},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
    )  # fmt: skip


def report(archive: Archive, *command: str) -> str:
    done = run(archive, *command)
    out, err = done.communicate(timeout=PATIENCE_SECONDS)
    assert done.returncode == 0, err
    return out


@contextmanager
def stopped_at(archive: Archive, point: Point) -> Iterator[psycopg.Connection[Any]]:
    """Whoever comes there waits; until the end of this, when nobody of them is left."""
    how = "constraint trigger stop after" if point.at_the_end else "trigger stop before"
    late = "deferrable initially deferred" if point.at_the_end else ""
    with psycopg.connect(archive.dsn, autocommit=True) as connection:
        connection.execute(f"select pg_advisory_lock({LOCK})")
        there = f"{point.statement} on {point.table} {late} for each row"
        connection.execute(f"create {how} {there} execute function stop_here({point.gone})")
        yield connection
        connection.execute(f"select pg_advisory_unlock({LOCK})")
        wait(connection, "select count(*) = 0 from pg_stat_activity where datname = current_database()"
                         " and pid <> pg_backend_pid() and backend_type = 'client backend'")  # fmt: skip
        connection.execute(f"drop trigger stop on {point.table}")


def wait(connection: psycopg.Connection[Any], question: str, process: "subprocess.Popen[str] | None" = None) -> None:
    ends_at = time.monotonic() + PATIENCE_SECONDS
    while connection.execute(question).fetchone() != (True,):  # type: ignore[arg-type]
        assert process is None or process.poll() is None, process.communicate()
        assert time.monotonic() < ends_at, question
        time.sleep(0.02)


def run_until_killed(archive: Archive, point: Point) -> None:
    with stopped_at(archive, point) as connection:
        killed = run(archive)
        wait(connection, f"select count(*) = 1 from pg_locks where objid = {LOCK} and not granted", killed)
        killed.kill()
        killed.communicate()
        assert killed.returncode == -9


def nothing_is_half_erased(archive: Archive, point: Point) -> None:
    """Each case is whole with its photo, or gone; bytes that are left have a row that says that nobody has them."""
    everything, gone = archive.everything(), archive.gone()
    released = {row[0] for row in archive.asked("select sha256 from files where owner = ''")}
    for number, case in enumerate(archive.cases):
        words, hashed = archive.words(number), sha256(archive.photo(number)).hexdigest()
        if number in gone:
            assert words not in everything, (point, number)
            assert f"b{number}x" not in everything, (point, number)
            shared = number >= CASES - 2 and len(gone & {CASES - 2, CASES - 1}) < 2
            assert not archive.bytes_of(number) or hashed in released or shared, (point, number)
        else:
            assert words in everything
            assert archive.bytes_of(number), (point, "a case that is whole has its photo")
            assert (case.case_id,) in archive.asked("select case_id from evidence where sha256 = %s", hashed)
            assert hashed not in released
    told = archive.asked("select case_id from erasures")
    assert sorted(told) == sorted((archive.cases[number].case_id,) for number in gone), "what is gone is told, once"


async def hold(archive: Archive, number: int) -> None:
    async with Database(archive.dsn, batch_connections=1, page_connections=1) as database:
        await Holds(PostgresHolds(database), ManualNow()).place(archive.cases[number], COURT, "bai")


class ManualNow:
    def now(self) -> datetime:
        return datetime.now(UTC)


def test_a_run_that_is_killed_again_and_again_leaves_nothing_half_done_and_tells_each_once(
    database: str, tmp_path: Path
) -> None:
    archive = asyncio.run(filled(database, tmp_path))
    held = {4}
    asyncio.run(hold(archive, 4))
    with psycopg.connect(database) as connection:
        connection.execute(STOP)
    for point in POINTS:
        run_until_killed(archive, point)
        nothing_is_half_erased(archive, point)
        assert not held & archive.gone()
        if point == POINTS[2]:
            # The court comes for the very case at which the run was killed.
            number = min(set(range(CASES)) - archive.gone())
            held.add(number)
            asyncio.run(hold(archive, number))
    last = report(archive)
    assert "cases erased, 2 left" in last
    assert last.count(f"held: {COURT}") == 2
    nothing_is_half_erased(archive, POINTS[-1])
    assert archive.gone() == set(range(CASES)) - held
    assert archive.asked("select sha256 from files where owner = ''") == []
    assert [archive.bytes_of(number) for number in range(CASES)] == [number in held for number in range(CASES)]
    told = archive.asked("select erased_by, because, files, file_bytes, kept_until from erasures")
    assert len(told) == CASES - 2
    assert {row[:2] for row in told} == {("bai", BECAUSE_OVER)}
    assert sum(row[2] for row in told) == CASES - 1 - 2, "the photo of two is told once"
    assert sum(row[3] for row in told) == 1000 * (CASES - 1 - 2)
    assert archive.asked("select order_no from orders where starts_with(order_no, 'loose-')") == []
    whole_report = report(archive, "report", "2026-01-01")
    for number, case in enumerate(archive.cases):
        assert whole_report.count(public_case_id(*case)) == (number not in held), "killed runs are told of as well"
    assert whole_report.count("2024-03-0") == CASES - 2, "three years after all of it was over"
    assert f"{CASES - 2} cases erased; {1000 * (CASES - 1 - 2):,} bytes" in whole_report
    assert "0 cases erased, 2 left" in report(archive)
    assert archive.asked("select erased_by, because, files, file_bytes, kept_until from erasures") == told
