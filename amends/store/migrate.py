"""Bring a database's tables to what this version of the code needs."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool


def migrate(url: str) -> None:
    """Apply what is missing, all or nothing. Two at once are safe: the second finds nothing left to do."""
    with _connected(url) as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def missing(url: str) -> list[str]:
    """Numbers of the migrations that the database has not had, in order."""
    with _connected(url) as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    scripts = ScriptDirectory.from_config(_config())
    return [script.revision for script in scripts.iterate_revisions("head", current)][::-1]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("amends.store") / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    # psycopg reads the URL itself: libpq knows forms and options that SQLAlchemy does not.
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=NullPool)
    with engine.begin() as connection:
        yield connection
