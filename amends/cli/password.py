"""`amends password`: let a member of staff sign in to the pages."""

import asyncio
import sys
from getpass import getpass
from pathlib import Path

from amends.adapters.clock import SystemClock
from amends.application.access import Access, NotAdmitted
from amends.bootstrap import open_parts
from amends.cli.given import given, reachable_database
from amends.domain.words import Side
from amends.settings import Settings
from amends.store.sign_ins import PostgresSignIns
from amends.web.portal.sessions import Sessions


def password(actor: str, *, data: Path | None = None) -> None:
    """Set a password; sessions that began under the old one end. It is asked for, or read as one line of a pipe.

    :param actor: `merchant/1001/li` or `platform/zhou`; must have a role there already.
    :param data: Data folder of the database that comes along; not used with one of your own.
    """
    settings = given(data_dir=data)
    secret = _typed() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    with reachable_database(settings) as url:
        asyncio.run(_set(settings, url, actor, secret))


async def _set(settings: Settings, url: str, actor: str, secret: str) -> None:
    async with open_parts(settings, url, SystemClock()) as parts:
        try:
            person = await Access(parts.registry, parts.clock).person(actor)
        except NotAdmitted as fault:
            sys.exit(f"{actor} cannot be given a password: {fault.code.replace('_', ' ')}.")
        if person.actor.side not in (Side.MERCHANT, Side.PLATFORM):
            sys.exit("Only staff sign in with a password; buyers come from their shop by a hand-over link.")
        try:
            await Sessions(PostgresSignIns(parts.database)).set_password(actor, secret)
        except ValueError as fault:
            sys.exit(f"Not set: {fault}.")


def _typed() -> str:
    first = getpass("New password: ")
    if first != getpass("Once more: "):
        sys.exit("The two differ; nothing was changed.")
    return first
