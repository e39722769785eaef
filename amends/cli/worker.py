"""`amends worker`: deadlines and deliveries."""

import asyncio
import signal
from contextlib import suppress
from pathlib import Path

from amends.adapters.clock import SystemClock
from amends.bootstrap import work
from amends.cli.given import given, reachable_database


def worker(*, data: Path | None = None) -> None:
    """Carry out deadlines that pass and deliver messages to the outside. Any number may run at once.

    :param data: Data folder: the database that comes along, and the sandbox partners' books.
    """
    settings = given(data_dir=data)

    async def until_stopped(url: str) -> None:
        task = asyncio.ensure_future(work(settings, url, SystemClock()))
        for sign in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(sign, task.cancel)
        with suppress(asyncio.CancelledError):
            await task

    with reachable_database(settings) as url:
        asyncio.run(until_stopped(url))
