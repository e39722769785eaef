"""`amends keys`: who may call, and taking a key back."""

import asyncio
import sys
from getpass import getuser
from pathlib import Path

from cyclopts import App
from rich.console import Console
from rich.table import Table

from amends.adapters.clock import SystemClock
from amends.application.ports import ServiceKey
from amends.bootstrap import open_parts
from amends.cli.given import given, reachable_database

app = App(name="keys", help="Service keys: who may call, and taking a key back.")

_MOST = 1_000


@app.command(name="list")
def list_keys(*, data: Path | None = None) -> None:
    """List the service keys, the newest first, revoked ones too.

    :param data: Data folder of the database that comes along; not used with one of your own.
    """
    settings = given(data_dir=data)

    async def read(url: str) -> list[ServiceKey]:
        async with open_parts(settings, url, SystemClock()) as parts:
            return await parts.registry.service_keys(_MOST)

    with reachable_database(settings) as url:
        keys = asyncio.run(read(url))
    table = Table("key", "name", "merchant", "made", "revoked", box=None)
    for key in keys:
        revoked = f"{key.revoked_at:%Y-%m-%d %H:%M} by {key.revoked_by}" if key.revoked_at else ""
        merchant = "all" if key.merchant_id is None else str(key.merchant_id)
        table.add_row(key.key_id, key.name, merchant, f"{key.created_at:%Y-%m-%d %H:%M}", revoked)
    Console(highlight=False, markup=False).print(table)


@app.command
def revoke(key_id: str, *, by: str = "", data: Path | None = None) -> None:
    """Take a key back for good. Running processes refuse it within five seconds.

    :param key_id: As `amends keys list` shows it.
    :param by: Who does it, for the record; the account of this machine if left out.
    :param data: Data folder of the database that comes along; not used with one of your own.
    """
    settings = given(data_dir=data)

    async def take_back(url: str) -> bool:
        async with open_parts(settings, url, SystemClock()) as parts:
            return await parts.registry.revoke_service_key(key_id, by or f"terminal/{getuser()}", parts.clock.now())

    with reachable_database(settings) as url:
        if not asyncio.run(take_back(url)):
            sys.exit(f"There is no key {key_id} that stands.")
    sys.stdout.write(f"Revoked {key_id}.\n")
