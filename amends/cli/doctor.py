"""`amends doctor`: what is wrong, said before somebody notices."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import psycopg
from rich.console import Console

from amends.adapters.clock import SystemClock
from amends.adapters.files.reading.words import is_installed
from amends.application.policies import Policies, PolicyFaults
from amends.bootstrap import database_url
from amends.cli.given import given
from amends.domain.case import public_case_id
from amends.settings import Settings
from amends.store.checkup import CaseName, Checkup, Server, look, server
from amends.store.embedded import EmbeddedPostgresFailed
from amends.store.migrate import missing

OLDEST_SERVER = 15
SKEW = timedelta(seconds=2)
"""More than this, and deadlines pass at other instants than the record says."""

PATIENCE = timedelta(minutes=5)
"""Sweep and delivery are through in seconds; what is left after this has a cause."""


class Finding(NamedTuple):
    """One line: what was looked at, and what was found; `trouble` is empty where it is well."""

    subject: str
    well: str
    trouble: str = ""


def doctor(*, data: Path | None = None) -> int:
    """Look at database, migrations, policy, clock, deliveries and cases. Exit code 1 when something is wrong.

    :param data: Data folder of the database that comes along; not used with one of your own.
    """
    settings = given(data_dir=data)
    console = Console(highlight=False)
    is_well = True
    for subject, well, trouble in _findings(settings):
        console.print(f"[red]✗[/] {subject}: {trouble}" if trouble else f"[green]✓[/] {subject}: {well}")
        is_well = is_well and not trouble
    return 0 if is_well else 1


def _findings(settings: Settings) -> Iterator[Finding]:
    yield _policy(settings)
    try:
        with database_url(settings) as url:
            yield from _server(server(url))
            lacking = ", ".join(missing(url))
            yield Finding("migrations", "current", lacking and f"{lacking} missing; run `amends migrate`")
            if not lacking:
                yield from _left_undone(look(url, SystemClock().now() - PATIENCE))
    except (psycopg.OperationalError, EmbeddedPostgresFailed) as fault:
        yield Finding("database", "", f"cannot be reached: {str(fault).strip()}")
    yield _text_reader()


def _policy(settings: Settings) -> Finding:
    try:
        policies = Policies.load(settings.policy_dir)
    except PolicyFaults as faults:
        return Finding("policy", "", f"{len(faults.faults)} faults; `amends policy check` names them")
    return Finding("policy", f"{policies.in_force(SystemClock().now()).version} is in force")


def _text_reader() -> Finding:
    """Without it evidence is shown as it is, and nothing says what its text names."""
    without = "not read; `pip install 'amends[ocr]'` brings the reader along"
    return Finding("text in screenshots", "read here, offline" if is_installed() else without)


def _server(found: Server) -> Iterator[Finding]:
    version = found.version // 10_000
    yield Finding("database", f"PostgreSQL {version}", "" if version >= OLDEST_SERVER else "older than PostgreSQL 15")
    skew = abs(found.clock - SystemClock().now())
    told = f"{skew.total_seconds():.1f} s from the database's"
    yield Finding("clock", told, "" if skew <= SKEW else told)


def _left_undone(found: Checkup) -> Iterator[Finding]:
    no_worker = "does `amends worker` run?"
    yield Finding("deliveries", "none is late", f"late: {found.undelivered}; {no_worker}" if found.undelivered else "")
    yield Finding("dead letters", "none", f"given up: {found.given_up}; see GET /v1/outbox" if found.given_up else "")
    yield Finding("deadlines", "none is late", f"late: {_names(found.overdue)}; {no_worker}" if found.overdue else "")
    yield Finding("rulings", "none late twice", f"late twice: {_names(found.late_twice)}" if found.late_twice else "")


def _names(cases: Iterable[CaseName]) -> str:
    return ", ".join(public_case_id(*case) for case in cases)
