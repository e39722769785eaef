"""The database that comes along: no set-up, stopped with its last holder, never losing what it confirmed."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from amends.store import embedded
from amends.store.embedded import EmbeddedPostgres, EmbeddedPostgresFailed
from tests.support.database import folder_for_server, fresh_database, template_database

HOLDER = """
import sys
from pathlib import Path
from amends.store.embedded import EmbeddedPostgres
print(EmbeddedPostgres(Path(sys.argv[1])).start(), flush=True)
sys.stdin.read()
"""
"""Another process that holds the server until its standard input is closed."""


@pytest.fixture
def folder() -> Iterator[Path]:
    with folder_for_server() as place:
        yield place / "数据 folder"
        noted = place / "数据 folder" / "cluster" / "postmaster.pid"
        if noted.exists() and is_alive(postmaster(place / "数据 folder")):
            os.kill(postmaster(place / "数据 folder"), signal.SIGQUIT)
            wait_until_dead(postmaster(place / "数据 folder"))


@pytest.fixture
def holder(folder: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert select.select([process.stdout], [], [], 30)[0], "the other process did not start the server in 30 s"
        assert process.stdout.readline().startswith("postgresql://")
        yield process
        process.kill()


def postmaster(folder: Path) -> int:
    return int((folder / "cluster" / "postmaster.pid").read_text().splitlines()[0])


def is_alive(process_id: int) -> bool:
    """A zombie is dead: nobody may have come to bury it."""
    asked = subprocess.run(["ps", "-o", "stat=", "-p", str(process_id)], capture_output=True, text=True, check=False)
    return asked.stdout.strip() != "" and not asked.stdout.strip().startswith("Z")


def wait_until_dead(process_id: int) -> None:
    until = time.monotonic() + 20
    while is_alive(process_id):
        assert time.monotonic() < until, f"process {process_id} still lives after 20 s"
        time.sleep(0.02)


def answer(dsn: str, query: str) -> object:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(query).fetchone()
    return row and row[0]


def write_down(dsn: str, word: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("create table if not exists notes (word text)")
        connection.execute("insert into notes values (%s)", [word])


def test_a_new_folder_is_served_and_nothing_is_left_running_when_the_holder_lets_go(folder):
    with EmbeddedPostgres(folder) as server:
        serving = postmaster(folder)
        assert answer(server.dsn(), "select 1") == 1
        assert is_alive(serving)

    wait_until_dead(serving)


def test_what_was_written_is_there_after_a_restart(folder):
    with EmbeddedPostgres(folder) as server:
        write_down(server.create_database("shop"), "退款")
    with EmbeddedPostgres(folder) as server:
        assert answer(server.create_database("shop"), "select word from notes") == "退款"


def test_every_confirmed_write_is_flushed_to_the_disk(postgres):
    assert answer(postgres.dsn(), "show fsync") == "on"
    assert answer(postgres.dsn(), "show full_page_writes") == "on"
    assert answer(postgres.dsn(), "show synchronous_commit") == "on"
    assert answer(postgres.dsn(), "show data_checksums") == "on"
    assert answer(postgres.dsn(), "show wal_compression") == "pglz"


def test_the_server_is_reached_from_this_machine_alone_and_with_the_password(postgres):
    assert answer(postgres.dsn(), "show listen_addresses") == "127.0.0.1"
    assert answer(postgres.dsn(), "show unix_socket_directories") == ""
    password = (postgres.data_dir / "password").read_text()
    assert (postgres.data_dir / "password").stat().st_mode & 0o777 == 0o600
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(postgres.dsn().replace(password, "guessed"))


def test_chinese_text_is_searchable_and_sorted_the_same_on_every_machine(empty_database):
    with psycopg.connect(empty_database) as connection:
        connection.execute("create extension pg_trgm")
    assert answer(empty_database, "select similarity('退货纠纷', '退货申请') > 0") is True
    locale = "select format('%s %s %s', datlocprovider, datlocale, datctype) from pg_database where datname = "
    assert answer(empty_database, locale + "current_database()") == "b C.UTF-8 C.UTF-8"


def test_settings_of_the_shell_do_not_reach_the_server(folder, monkeypatch):
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGDATA", "/nowhere")
    monkeypatch.setenv("PGSSLMODE", "require")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/nowhere")
    with EmbeddedPostgres(folder) as server:
        assert answer(server.dsn(), "select 1") == 1


def test_configuration_can_be_laid_over_the_usual_one(folder):
    with EmbeddedPostgres(folder, {"work_mem": "3MB", "application_name": "it's"}) as server:
        assert answer(server.dsn(), "show work_mem") == "3MB"
        assert answer(server.dsn(), "show jit") == "off"


def test_two_processes_share_a_server_and_the_last_one_stops_it(folder, holder):
    serving = postmaster(folder)
    server = EmbeddedPostgres(folder)
    server.start()
    assert postmaster(folder) == serving

    server.stop()
    assert is_alive(serving), "the other process still needs it"

    holder.communicate()
    assert holder.returncode == 0
    wait_until_dead(serving)


def test_of_two_in_one_process_the_last_one_stops_it_too(folder):
    first, second = EmbeddedPostgres(folder), EmbeddedPostgres(folder)
    first.start()
    assert first.start() == second.start()
    first.stop()
    first.stop()
    assert answer(second.dsn(), "select 1") == 1
    serving = postmaster(folder)
    second.stop()
    wait_until_dead(serving)


def test_a_forked_child_that_ends_does_not_take_the_server_along(folder):
    fork = """
import os, sys
from pathlib import Path
from amends.store.embedded import EmbeddedPostgres
EmbeddedPostgres(Path(sys.argv[1])).start()
child = os.fork()
if child:
    assert os.waitpid(child, 0)[1] == 0
    os.kill(int(Path(sys.argv[1], "cluster", "postmaster.pid").read_text().splitlines()[0]), 0)
"""
    subprocess.run([sys.executable, "-c", fork, folder], check=True, timeout=60)
    assert not (folder / "cluster" / "postmaster.pid").exists(), "the parent stopped it at its own end"


def test_a_server_left_by_a_killed_holder_is_adopted_and_then_stopped(folder, holder):
    serving = postmaster(folder)
    write_down(EmbeddedPostgres(folder).dsn(), "before the kill")
    holder.kill()
    holder.wait()
    assert is_alive(serving)

    with EmbeddedPostgres(folder) as server:
        assert postmaster(folder) == serving
        assert answer(server.dsn(), "select word from notes") == "before the kill"
    wait_until_dead(serving)


def test_a_server_that_was_killed_itself_comes_back_with_every_confirmed_write(folder):
    server = EmbeddedPostgres(folder)
    write_down(server.start(), "confirmed")
    killed = postmaster(folder)
    os.kill(killed, signal.SIGKILL)
    wait_until_dead(killed)

    with EmbeddedPostgres(folder) as again:
        assert postmaster(folder) != killed
        assert answer(again.dsn(), "select word from notes") == "confirmed"
        server.stop()
        assert answer(again.dsn(), "select 1") == 1


@pytest.mark.parametrize("stranger", [["sleep", "60"], ["true"]], ids=["a live program", "a zombie"])
def test_a_process_id_that_now_belongs_to_another_program_does_not_keep_the_server_down(folder, stranger):
    """After a restart of a container ids repeat, and an unburied postmaster still answers to signals."""
    server = EmbeddedPostgres(folder)
    write_down(server.start(), "confirmed")
    killed = postmaster(folder)
    os.kill(killed, signal.SIGKILL)
    wait_until_dead(killed)
    account = server._account
    borrowed = {} if account is None else {"user": account.pw_uid, "group": account.pw_gid}
    with subprocess.Popen(stranger, cwd="/", **borrowed) as process:
        noted = folder / "cluster" / "postmaster.pid"
        noted.write_text(noted.read_text().replace(str(killed), str(process.pid), 1))

        with EmbeddedPostgres(folder) as again:
            assert answer(again.dsn(), "select word from notes") == "confirmed"
        process.kill()
    server.stop()


def test_a_folder_that_was_left_half_made_is_made_again(folder):
    (folder / "cluster.unfinished").mkdir(parents=True)
    (folder / "cluster.unfinished" / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(folder) as server:
        assert answer(server.dsn(), "select 1") == 1
    assert not (folder / "cluster.unfinished").exists()
    assert not (folder / "key.unfinished").exists()


def test_a_folder_of_another_version_is_left_alone_with_a_way_on(folder):
    with EmbeddedPostgres(folder):
        pass
    (folder / "cluster" / "PG_VERSION").write_text("17\n")
    with pytest.raises(EmbeddedPostgresFailed, match=r"made by PostgreSQL 17 .* pg_dump"):
        EmbeddedPostgres(folder).start()


def test_when_it_cannot_start_it_says_what_postgresql_said_and_holds_nothing(folder):
    with pytest.raises(EmbeddedPostgresFailed, match="no_such_setting"):
        EmbeddedPostgres(folder, {"no_such_setting": "1"}).start()
    with EmbeddedPostgres(folder):
        serving = postmaster(folder)
    wait_until_dead(serving)


def test_a_port_taken_at_the_last_moment_is_exchanged_for_another(folder, postgres, monkeypatch):
    free_port = embedded._free_port
    offered = [int(postgres._postmaster_file()[3]), free_port()]
    monkeypatch.setattr(embedded, "_free_port", lambda: offered.pop(0))
    with EmbeddedPostgres(folder) as server:
        assert answer(server.dsn(), "select 1") == 1
    assert offered == []


def test_the_programs_to_look_inside_and_to_measure_are_there(postgres):
    for program in ("psql", "pg_dump", "pg_restore", "pgbench"):
        assert os.access(postgres.bin_dir / program, os.X_OK)


def test_a_fresh_database_is_a_copy_of_its_template_and_gone_afterwards(postgres):
    prepared = []

    def prepare(dsn: str) -> None:
        prepared.append(dsn)
        write_down(dsn, "copied")

    for _ in range(2):
        template = template_database(postgres, "template_for_this_test", prepare)
        with fresh_database(postgres, template) as dsn:
            assert answer(dsn, "select count(*) from notes") == 1
            write_down(dsn, "not for the next one")
        with pytest.raises(psycopg.OperationalError, match="does not exist"):
            psycopg.connect(dsn)
    assert len(prepared) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root lends the server to another account")
class TestAsRoot:
    def test_the_server_runs_as_an_account_without_rights(self, folder):
        with EmbeddedPostgres(folder):
            assert Path(f"/proc/{postmaster(folder)}").stat().st_uid != 0

    def test_a_folder_that_the_account_cannot_reach_is_served_from_a_shared_place(self, folder, monkeypatch):
        shared = folder.parent / "shared"
        monkeypatch.setattr(embedded, "SHARED_PLACE", shared)
        closed = folder.parent / "closed"
        closed.mkdir(0o700)
        for _ in range(2):
            with EmbeddedPostgres(closed / "data") as server:
                assert answer(server.dsn(), "select 1") == 1
                assert server._cluster.is_relative_to(shared)
        assert closed.stat().st_mode & 0o777 == 0o700, "a closed folder stays closed"

    def test_programs_that_the_account_cannot_reach_are_copied_out_once(self, folder, monkeypatch):
        shared = folder.parent / "shared"
        monkeypatch.setattr(embedded, "SHARED_PLACE", shared)
        monkeypatch.setattr(embedded, "_may_enter", lambda place, _account: "site-packages" not in str(place))
        for _ in range(2):
            with EmbeddedPostgres(folder) as server:
                assert server.bin_dir.is_relative_to(shared)
                assert answer(server.dsn(), "select 1") == 1
        assert len(list(shared.iterdir())) == 1

    def test_without_an_account_to_lend_to_it_says_how_to_make_one(self, folder, monkeypatch):
        monkeypatch.setattr(embedded, "ACCOUNTS", ("amends-no-such-account",))
        with pytest.raises(EmbeddedPostgresFailed, match="useradd --system"):
            EmbeddedPostgres(folder)
