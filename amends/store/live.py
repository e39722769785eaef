"""Telling all processes what was committed, by NOTIFY (DESIGN §1).

A notice says only "case X reached version N" and may get lost; whoever hears it reads the events themselves.
It is sent after the commit and on a connection of its own: inside a transaction NOTIFY takes a global lock.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, cast

import psycopg
from psycopg import AsyncConnection

from amends.application.ports import CaseKey, Change, Subject
from amends.store.database import ROLE

log = logging.getLogger(__name__)

_CHANNEL = "amends_changes"
_LARGEST = 7_900
"""Bytes of a notice; PostgreSQL takes less than 8,000."""
_RECONNECT_SECONDS = 1.0
_PAUSE_SECONDS = 0.02
"""Between notices: nobody sees the difference, and under load many changes share one."""


async def _connected(url: str) -> AsyncConnection[tuple[Any, ...]]:
    return await AsyncConnection.connect(url, autocommit=True, options=f"-c role={ROLE}")


class PostgresAnnouncer:
    """Collects changes while the last notices are on their way, so that busy times need no more of them."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._newest: dict[tuple[CaseKey, Subject], int] = {}
        self._something = asyncio.Event()

    def __call__(self, changes: Iterable[Change]) -> None:
        for merchant_id, case_id, version, subject in changes:
            self._newest[CaseKey(merchant_id, case_id), subject] = version
        if self._newest:
            self._something.set()

    async def forever(self) -> None:
        """Send what is announced. Notices are dropped while the database is away: readers poll as well."""
        while True:
            try:
                async with await _connected(self._url) as connection:
                    while True:
                        await self._something.wait()
                        for payload in self._payloads():
                            await connection.execute("select pg_notify(%s, %s)", (_CHANNEL, payload))
                        await asyncio.sleep(_PAUSE_SECONDS)
            except psycopg.OperationalError as fault:
                log.warning("cannot announce changes: %s", fault)
                self._newest.clear()
                await asyncio.sleep(_RECONNECT_SECONDS)

    def _payloads(self) -> list[str]:
        newest, self._newest = self._newest, {}
        self._something.clear()
        payloads, payload = [], ""
        for ((merchant_id, case_id), subject), version in newest.items():
            change = f"{merchant_id}:{case_id}:{version}" + (f":{subject}" if subject != "case" else "")
            if payload and len(payload) + len(change) >= _LARGEST:
                payloads.append(payload)
                payload = ""
            payload = f"{payload} {change}" if payload else change
        return [*payloads, payload] if payload else payloads


class PostgresWatch:
    """Hears what every process announces."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def changes(self) -> AsyncIterator[Sequence[Change]]:
        while True:
            try:
                async with await _connected(self._url) as connection:
                    await connection.execute(f"listen {_CHANNEL}")
                    yield ()
                    async for notice in connection.notifies():
                        yield [_change(told) for told in notice.payload.split()]
            except psycopg.OperationalError as fault:
                log.warning("cannot hear changes: %s", fault)
                await asyncio.sleep(_RECONNECT_SECONDS)


def _change(told: str) -> Change:
    merchant_id, case_id, version, *subject = told.split(":")
    return Change(int(merchant_id), int(case_id), int(version), *cast("list[Subject]", subject))
