"""`amends ledger`: the keys that sign the record, and its newest head."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from cyclopts import App
from rich.console import Console

from amends.adapters.clock import SystemClock
from amends.bootstrap import Parts, open_parts
from amends.cli.given import given, reachable_database
from amends.proof.heads import read_keys

app = App(name="ledger", help="The ledger over all cases and files: its keys and its newest head.")

T = TypeVar("T")


@app.command
def show(*, data: Path | None = None) -> None:
    """Print the public keys and the newest signed head, to be published where nobody can change them.

    :param data: Data folder of the database that comes along, and of the keys.
    """

    async def told(parts: Parts) -> str:
        keys = read_keys(note.encode() for note in await parts.book.key_notes())
        lines = [f"key {one.number} since {one.since:%F %R}Z  {one.key}" for one in keys]
        head = await parts.book.head()
        return "\n".join([*lines, "", head.note if head is not None else "There is no head yet."])

    _say(_with(data, told))


@app.command
def rotate(*, data: Path | None = None) -> None:
    """Hand over to a new key, signed by the one before it; what was signed until now stays proved.

    :param data: Data folder of the database that comes along, and of the keys.
    """

    async def done(parts: Parts) -> str:
        statement = await parts.ledger.rotate()
        if statement is None:
            sys.exit("The present key is on another machine: run this there.")
        return f"Key {statement.number} signs from now on: {statement.key}"

    _say(_with(data, done))


def _with(data: Path | None, task: Callable[[Parts], Awaitable[T]]) -> T:
    settings = given(data_dir=data)

    async def done(url: str) -> T:
        async with open_parts(settings, url, SystemClock()) as parts:
            return await task(parts)

    with reachable_database(settings) as url:
        return asyncio.run(done(url))


def _say(text: str) -> None:
    Console(highlight=False, markup=False).print(text, soft_wrap=True)
