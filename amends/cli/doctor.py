"""`amends doctor`: what is wrong, said before somebody notices. The same checks as on the operators' page."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import psycopg
from rich.console import Console

from amends.application.checks import Check, State
from amends.bootstrap import database_url, open_health
from amends.cli.given import given
from amends.domain.case import public_case_id
from amends.settings import Settings
from amends.store.checkup import reach
from amends.store.embedded import EmbeddedPostgresFailed

_SIGNS = {State.WELL: "[green]✓[/]", State.BAD: "[red]✗[/]", State.UNKNOWN: "[red]?[/]", State.NOTED: "[cyan]i[/]"}


def doctor(*, data: Path | None = None) -> int:
    """Look at database, disks, policy and all that goes on by itself. Exit code 1 when something is wrong.

    :param data: Data folder of the database that comes along; not used with one of your own.
    """
    settings = given(data_dir=data)
    console = Console(highlight=False, soft_wrap=True)
    try:
        with database_url(settings) as url:
            reach(url)
            found = asyncio.run(_found(settings, url))
    except (psycopg.OperationalError, EmbeddedPostgresFailed) as fault:
        console.print("[red]✗[/] Database:", f"cannot be reached: {str(fault).strip()}", markup=True)
        return 1
    for check in found:
        console.print(f"{_SIGNS[check.state]} {check.subject}:", end=" ")
        console.print(_told(check), markup=False)
    return 1 if any(check.is_trouble for check in found) else 0


async def _found(settings: Settings, url: str) -> Sequence[Check]:
    async with open_health(settings, url) as health:
        return await health.checks("en")


def _told(check: Check) -> str:
    cases = ", ".join(public_case_id(*case) for case in check.cases) + "." if check.cases else ""
    return " ".join(filter(None, (check.found, cases, check.advice)))
