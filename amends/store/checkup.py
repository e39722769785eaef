"""The state of a database, for whoever runs the service."""

from datetime import datetime
from typing import Any, NamedTuple

import psycopg

from amends.store.database import load_queries

_sql = load_queries("checkup")

SHOWN = 10
"""Cases named; how many more there are does not change what has to be done."""


class CaseName(NamedTuple):
    """A case by its numbers."""

    merchant_id: int
    case_id: int


class Server(NamedTuple):
    """`version` as PostgreSQL numbers itself, 180003."""

    version: int
    clock: datetime


class Checkup(NamedTuple):
    """What was found. `overdue` and `late_twice` are cut off after the first few."""

    undelivered: int
    given_up: int
    overdue: list[CaseName]
    late_twice: list[CaseName]


def server(url: str) -> Server:
    """Whether it answers, and what it is. Raises psycopg.OperationalError."""
    with psycopg.connect(url, connect_timeout=5) as connection:
        (row,) = connection.execute(_sql.server.sql).fetchall()
        return Server(*row)


def look(url: str, since: datetime) -> Checkup:
    """What was left undone; `since` is when that starts to be a trouble. The tables have to be there."""
    with psycopg.connect(url, connect_timeout=5) as connection:

        def rows(query: Any, **parameters: Any) -> list[Any]:
            return connection.execute(query.sql, parameters).fetchall()

        ((undelivered, given_up),) = rows(_sql.outbox, since=since)
        return Checkup(
            undelivered,
            given_up,
            [CaseName(*row) for row in rows(_sql.overdue, since=since, page=SHOWN)],
            [CaseName(*row) for row in rows(_sql.late_twice, page=SHOWN)],
        )
