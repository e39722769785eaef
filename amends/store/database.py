"""Connections to PostgreSQL: how they are set up, and what its errors mean here."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.resources import files
from typing import Any, Self

import aiosql
import psycopg
from psycopg import AsyncConnection, errors
from psycopg.adapt import Loader
from psycopg.types.string import ByteaBinaryLoader
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from amends.application.ports import Rejected, Unavailable
from amends.store import arrays
from amends.store.arrays import Value
from amends.store.flight import Leg, Row, fly, statement

Connection = AsyncConnection[tuple[Any, ...]]

ROLE = "amends_app"
"""The service's role; it cannot change or remove events (see the first migration)."""

_ALWAYS = f"-c role={ROLE} -c timezone=UTC -c lock_timeout=5s -c statement_timeout=30s"
_FOR_BATCHES = "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c jit=off"
"""A batch reads and writes by key. Planned once, with no look at the tables while they are still small."""

_FOR_PAGES = "-c plan_cache_mode=force_custom_plan"
"""Filters of a list differ widely in what they let through; each is worth a plan of its own."""

_RETRY = (errors.DeadlockDetected, errors.SerializationFailure, errors.LockNotAvailable)
_REFUSED = (psycopg.IntegrityError, psycopg.DataError, psycopg.ProgrammingError, errors.ProgramLimitExceeded)


def load_queries(name: str) -> Any:
    """The statements of `sql/<name>.sql`, each with its text in `.sql`."""
    return aiosql.from_path(str(files("amends.store") / "sql" / f"{name}.sql"), "apsycopg")


class _JsonBytes(Loader):
    """JSON as it is stored, for msgspec to decode into its type; psycopg would make dictionaries of it."""

    def load(self, data: Any) -> bytes:
        return bytes(data)


async def _configure(connection: Connection) -> None:
    # What is sent again and again is prepared by `flight`. psycopg would throw that away together with its own.
    connection.prepare_threshold = None
    arrays.register(connection)
    connection.adapters.register_loader("json", _JsonBytes)
    connection.adapters.register_loader("json", ByteaBinaryLoader)


class Database:
    """Two pools of connections: few for batches, which are held for a whole batch, and some for pages.

    Both run as the service's role. Unix times and JSON come back as the types of the rules expect them.
    """

    patience_seconds = 10.0
    """How long a start waits for the first connection."""

    def __init__(self, url: str, *, batch_connections: int, page_connections: int) -> None:
        self.url = url
        self._batches = _pool(url, batch_connections, f"{_ALWAYS} {_FOR_BATCHES}")
        self._pages = _pool(url, page_connections, f"{_ALWAYS} {_FOR_PAGES}")

    async def __aenter__(self) -> Self:
        try:
            await self._batches.open(wait=True, timeout=self.patience_seconds)
            await self._pages.open(wait=True, timeout=self.patience_seconds)
        except PoolTimeout as fault:
            await self.__aexit__()
            raise Unavailable("the database cannot be reached") from fault
        except BaseException:
            await self.__aexit__()  # pools that are left open keep the whole process from ending
            raise
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._pages.close()
        await self._batches.close()

    def for_batch(self) -> AbstractAsyncContextManager[Connection]:
        """A connection for one batch. Waits for a free one."""
        return self._taken(self._batches)

    def for_page(self) -> AbstractAsyncContextManager[Connection]:
        """A connection for reading and for small writes of one row."""
        return self._taken(self._pages)

    async def rows(self, query: Any, **values: Value) -> list[Row]:
        """The answer to one statement of a `.sql` file, on a connection for pages."""
        async with self.for_page() as connection:
            (found,) = await fly(connection, (Leg(statement(query), values),))
        return found

    @asynccontextmanager
    async def _taken(self, pool: AsyncConnectionPool[Connection]) -> AsyncIterator[Connection]:
        try:
            async with unavailable(), pool.connection() as connection:
                yield connection
        except Unavailable:
            # Where one broke the others probably did: replace them now, before each fails somebody.
            await self._batches.check()
            await self._pages.check()
            raise


def _pool(url: str, size: int, options: str) -> AsyncConnectionPool[Connection]:
    return AsyncConnectionPool(
        url,
        connection_class=AsyncConnection[tuple[Any, ...]],
        kwargs={"autocommit": True, "options": options},
        min_size=1,
        max_size=size,
        timeout=10,
        open=False,
        configure=_configure,
        name="amends",
    )


@asynccontextmanager
async def unavailable() -> AsyncIterator[None]:
    """Errors of connections, as ports know them."""
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError) as fault:
        raise translated(fault) from fault


@asynccontextmanager
async def owner(url: str) -> AsyncIterator[Connection]:
    """A connection as whoever the address names, for the few things that the service's role must not do."""
    async with unavailable():
        connection = await AsyncConnection[tuple[Any, ...]].connect(
            url, autocommit=True, options="-c timezone=UTC -c lock_timeout=5s"
        )
        async with connection:
            await _configure(connection)
            yield connection


def must_be_decided_again(fault: psycopg.Error) -> bool:
    """Another batch was in the way: a twin's receipt, or a lock that could not be had."""
    return isinstance(fault, _RETRY) or (
        isinstance(fault, errors.UniqueViolation) and fault.diag.constraint_name == "receipts_pkey"
    )


def translated(fault: psycopg.Error) -> Rejected | Unavailable:
    """What an error means: rows that the database will not take, now or later, or a database that is not there."""
    text = f"{type(fault).__name__}: {fault.diag.constraint_name or fault}"
    return Rejected(text) if isinstance(fault, _REFUSED) else Unavailable(text)
