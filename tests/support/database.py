"""Databases for tests: one server for each test process, a new database for each module."""

import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from amends.store.embedded import EmbeddedPostgres

_numbers = itertools.count(1)


@contextmanager
def folder_for_server() -> Iterator[Path]:
    """Outside of the folders of pytest: they are closed, and when root tests, the server belongs to another account."""
    folder = Path(tempfile.mkdtemp(prefix="amends-test-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def running_server() -> Iterator[EmbeddedPostgres]:
    with folder_for_server() as folder, EmbeddedPostgres(folder / "postgres") as server:
        yield server


def template_database(server: EmbeddedPostgres, name: str, prepare: Callable[[str], None]) -> str:
    """Return a name for `fresh_database(template=…)`; `prepare` gets the connection string, once for each server.

    `prepare` must close its connections: PostgreSQL copies only a database that nobody uses.
    """
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        known = connection.execute("select from pg_database where datname = %s", [name]).fetchone()
    if known is None:
        prepare(server.create_database(name))
    return name


@contextmanager
def fresh_database(server: EmbeddedPostgres, template: str = "template1") -> Iterator[str]:
    """Yield the connection string of a copy of `template`; it is gone afterwards, whoever is still connected."""
    name = f"fresh_{next(_numbers)}"
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute(
            sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(template))
        )
        try:
            yield server.dsn(name)
        finally:
            connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
