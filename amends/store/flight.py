"""Statements that leave together and whose answers come back together: a flight (DESIGN §1).

It is libpq's pipeline, spoken to directly. psycopg's cursors can do the same, but are made for any statement at any
time; batches and pages send the same dozens again and again, and that costs a fraction of the processor time here.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import count
from types import MappingProxyType
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from psycopg import AsyncConnection, errors
from psycopg.adapt import Transformer
from psycopg.pq import ExecStatus, Format
from psycopg.pq.abc import PGconn, PGresult

from amends.store.arrays import Value, packed

Row = tuple[Any, ...]

_PARAMETER = re.compile(r"%\((\w+)\)s")
_FAILED = (ExecStatus.FATAL_ERROR, ExecStatus.PIPELINE_ABORTED, ExecStatus.BAD_RESPONSE)
_numbers = count()
_known: "WeakKeyDictionary[AsyncConnection[Any], set[bytes]]" = WeakKeyDictionary()
"""Names of the statements that are prepared on each connection."""


class Statement(NamedTuple):
    """A statement as the server prepares it, with the names of its parameters in their order."""

    name: bytes
    text: bytes
    parameters: tuple[str, ...]


class Leg(NamedTuple):
    """A statement with its values."""

    statement: Statement
    values: Mapping[str, Value] = MappingProxyType({})


@cache
def statement(query: Any) -> Statement:
    """The statement of a query in a `.sql` file. Another file may have a query of the same name; it has a number."""
    names = tuple(dict.fromkeys(_PARAMETER.findall(query.sql)))
    numbered = _PARAMETER.sub(lambda found: f"${names.index(found[1]) + 1}", query.sql)
    return Statement(f"{query.__name__}_{next(_numbers)}".encode(), numbered.encode(), names)


async def fly(connection: AsyncConnection[Any], legs: Sequence[Leg]) -> list[list[Row]]:
    """The rows of each statement. Nobody else may use the connection meanwhile.

    Raises psycopg.Error of the first that failed; those behind it were not carried out. A connection that is left
    before the answers are in is closed.
    """
    link = connection.pgconn
    try:
        link.enter_pipeline_mode()
        awaited = _send(link, legs, _known.setdefault(connection, set()))
        answers = await _answers(link)
        link.exit_pipeline_mode()
    except BaseException:
        link.finish()
        raise
    transformer = Transformer(connection)
    found: list[list[Row]] = []
    for newly_known, answer in zip(awaited, answers, strict=True):
        if answer.status in _FAILED:
            raise errors.error_from_result(answer, "utf-8")
        if newly_known is not None:
            _known[connection].add(newly_known)
        elif answer.status == ExecStatus.TUPLES_OK:
            transformer.set_pgresult(answer)
            found.append(transformer.load_rows(0, answer.ntuples, tuple))
        else:
            found.append([])
    return found


def _send(link: PGconn, legs: Sequence[Leg], known: set[bytes]) -> list[bytes | None]:
    """What answers will come: to a preparation the statement's name, to the statement itself None."""
    awaited: list[bytes | None] = []
    for (name, text, parameters), values in legs:
        arguments = [packed(values[parameter]) for parameter in parameters]
        if name not in known:
            link.send_prepare(name, text, [oid for oid, _ in arguments])
            awaited.append(name)
        binary = [Format.BINARY] * len(arguments)
        link.send_query_prepared(name, [value for _, value in arguments], binary, Format.BINARY)
        awaited.append(None)
    link.pipeline_sync()
    return awaited


async def _answers(link: PGconn) -> list[PGresult]:
    """Everything up to the sync. Reads while it still sends, or both sides could wait for each other."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    found: list[PGresult] = []
    socket = link.socket
    loop.add_reader(socket, ready.set)
    try:
        unsent = link.flush()
        if unsent:
            loop.add_writer(socket, ready.set)
        while True:
            await ready.wait()
            ready.clear()
            if unsent:
                unsent = link.flush()
                if not unsent:
                    loop.remove_writer(socket)
            link.consume_input()
            ended = False
            while not link.is_busy():
                result = link.get_result()
                if result is None:
                    if ended:
                        break
                    ended = True
                elif result.status == ExecStatus.PIPELINE_SYNC:
                    return found
                else:
                    ended = False
                    found.append(result)
    finally:
        loop.remove_reader(socket)
        loop.remove_writer(socket)
