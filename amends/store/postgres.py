"""The store on PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from amends.application.ports import Announce, Session, unheard
from amends.store.database import Database
from amends.store.session import PostgresSession


class PostgresStore:
    """As many batches run at once as the database object has connections for them."""

    def __init__(self, database: Database, announce: Announce = unheard) -> None:
        self._database = database
        self._announce = announce

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        async with self._database.for_batch() as connection:
            yield PostgresSession(connection, self._announce)
