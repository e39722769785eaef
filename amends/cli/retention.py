"""`amends retention`: take files and words out of cases whose time is over, and keep those that must be kept."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import date
from getpass import getuser
from pathlib import Path
from typing import TypeVar

from cyclopts import App
from rich.console import Console
from rich.table import Table

from amends.adapters.clock import SystemClock
from amends.application.holds import Holds, NotHeld
from amends.application.ports import CaseKey
from amends.application.retention import Held, Loose, Outcome, Retention, TooEarly
from amends.bootstrap import Parts, make_holds, make_retention, open_parts
from amends.cli.given import given, reachable_database
from amends.domain.case import parse_case_id, public_case_id

app = App(name="retention", help="Erase cases whose time is over; keep those that a court or the police asks for.")

T = TypeVar("T")

_NOT_HELD = {
    "unknown_case": "There is no such case.",
    "nothing_left": "Nothing is left in this case that could be kept: it was erased.",
    "reason_missing": "Say why: a hold is placed and lifted for a reason.",
    "unknown_hold": "There is no such hold.",
    "hold_lifted": "It was lifted already, at {hold.lifted_at:%F %R} by {hold.lifted_by}: {hold.lifted_because}",
}


@app.command
def run(*, dry_run: bool = False, by: str = "", data: Path | None = None) -> None:
    """Erase files and words of every case whose time is over, and tell of each. Meant for once a day.

    :param dry_run: Only tell what would go.
    :param by: Who does it, for the record; the account of this machine if left out.
    :param data: Data folder of the database that comes along, and of evidence files.
    """

    async def all_due(retention: Retention) -> tuple[list[Outcome], Loose]:
        return [one async for one in retention.run(_who(by), dry=dry_run)], await retention.clear(dry=dry_run)

    outcomes, loose = _with(data, all_due)
    table = Table("case", "kept until", "events", "files", "bytes", "", box=None)
    for outcome in outcomes:
        table.add_row(*_row(outcome, dry=dry_run))
    if outcomes:
        Console(highlight=False, markup=False).print(table)
    _say(_summary(outcomes, dry=dry_run))
    what = "would go" if dry_run else "removed"
    _say(f"{loose.orders} orders without a case and {loose.talks} talks with the service {what}.")


@app.command
def erase(case: str, *, because: str, by: str = "", data: Path | None = None) -> None:
    """Erase one case on request, as soon as the law lets it go, where the policy would keep it for longer.

    :param case: The case, like 1001-0F3K9QZ2A7M1C.
    :param because: Who asked for it and when, for the record.
    :param by: Who does it; the account of this machine if left out.
    :param data: Data folder of the database that comes along, and of evidence files.
    """
    try:
        outcome = _with(data, lambda retention: retention.erase(_key(case), _who(by), because))
    except TooEarly as fault:
        sys.exit(f"The law asks for it until {fault.kept_until}." if fault.kept_until else "The case is still running.")
    except Held as fault:
        sys.exit(f"It must be kept: {fault}")
    if outcome is None or outcome.taken is None:
        sys.exit("There is no such case, or nothing left in it." if outcome is None else f"Left: {outcome.why_not}.")
    _say(f"Erased: {outcome.taken.events} events, {outcome.taken.files} files.")


@app.command
def forget(buyer: str, *, because: str, dry_run: bool = False, by: str = "", data: Path | None = None) -> None:
    """Erase what is personal of a buyer who asked for it, as far as the law lets go, and tell what stays and why.

    :param buyer: The shop's id of the buyer, like b42.
    :param because: Who asked and when, for the record: name a letter or a ticket, not the person.
    :param dry_run: Only tell what would go.
    :param by: Who does it; the account of this machine if left out.
    :param data: Data folder of the database that comes along, and of evidence files.
    """
    answer = _with(data, lambda retention: retention.forget(buyer, _who(by), because, dry=dry_run))
    table = Table("case", "kept until", "events", "files", "bytes", "", box=None)
    for outcome in answer.cases:
        table.add_row(*_row(outcome, dry=dry_run))
    if answer.cases:
        Console(highlight=False, markup=False).print(table)
    gone, kept = answer.loose.gone, answer.loose.kept
    what = "would go" if dry_run else "removed"
    _say(f"{gone.orders} orders without a case and {gone.talks} talks with the service {what}.")
    if kept.orders or kept.talks:
        until = f" until {answer.loose_until:%F} at the latest (电商法 31)" if answer.loose_until else ""
        _say(f"{kept.orders} orders without a case and {kept.talks} talks with the service stay{until}.")


@app.command
def report(since: date, *, data: Path | None = None) -> None:
    """Tell what was erased from a day on, by whom and why, also by a run that broke off.

    :param since: The day, like 2026-11-01.
    :param data: Data folder of the database that comes along.
    """
    erasures = _with(data, lambda retention: retention.told(since))
    table = Table("case", "erased", "by", "because", "kept until", "events", "files", "bytes", box=None)
    for key, right, taken in erasures:
        figures = (str(taken.events), str(taken.files), f"{taken.file_bytes:,}")
        table.add_row(
            public_case_id(*key), f"{right.at:%F %R}", right.by, right.because, f"{right.kept_until:%F}", *figures
        )
    if erasures:
        Console(highlight=False, markup=False).print(table)
    file_bytes = sum(one.taken.file_bytes for one in erasures)
    _say(f"{len(erasures)} cases erased; {file_bytes:,} bytes of files removed.")


@app.command
def hold(case: str, *, reason: str, by: str = "", data: Path | None = None) -> None:
    """Keep a case whole until the hold is lifted, whatever its time.

    :param case: The case, like 1001-0F3K9QZ2A7M1C.
    :param reason: Whose paper asks for it, with its number.
    :param by: Who places it; the account of this machine if left out.
    :param data: Data folder of the database that comes along.
    """
    done = _with_holds(data, lambda held: held.place(_key(case), reason, _who(by)))
    _say(f"Hold {done.hold.number} on {case} {'stands' if done.is_new else 'stands already, for the same reason'}.")


@app.command
def lift(case: str, number: int, *, because: str, by: str = "", data: Path | None = None) -> None:
    """Lift a hold; it stays on record.

    :param case: The case.
    :param number: The number of the hold, as `amends retention holds` lists it.
    :param because: Why the case need not be kept any more.
    :param by: Who lifts it; the account of this machine if left out.
    :param data: Data folder of the database that comes along.
    """
    _with_holds(data, lambda held: held.lift(_key(case), number, because, _who(by)))
    _say(f"Hold {number} on {case} is lifted.")


@app.command
def holds(*, data: Path | None = None) -> None:
    """List the holds that stand, the newest first.

    :param data: Data folder of the database that comes along.
    """
    table = Table("case", "no.", "since", "by", "reason", box=None)
    for one in _with_holds(data, lambda held: held.standing()):
        table.add_row(public_case_id(*one.case), str(one.number), f"{one.at:%F %R}", one.by, one.reason)
    Console(highlight=False, markup=False).print(table if table.rows else "None stands.")


def _say(text: str) -> None:
    Console(highlight=False, markup=False).print(text, soft_wrap=True)


def _with(data: Path | None, task: Callable[[Retention], Awaitable[T]]) -> T:
    return _with_parts(data, lambda parts: task(make_retention(parts)))


def _with_holds(data: Path | None, task: Callable[[Holds], Awaitable[T]]) -> T:
    try:
        return _with_parts(data, lambda parts: task(make_holds(parts)))
    except NotHeld as fault:
        sys.exit(_NOT_HELD[fault.code].format(hold=fault.hold))


def _with_parts(data: Path | None, task: Callable[[Parts], Awaitable[T]]) -> T:
    settings = given(data_dir=data)

    async def done(url: str) -> T:
        async with open_parts(settings, url, SystemClock()) as parts:
            return await task(parts)

    with reachable_database(settings) as url:
        return asyncio.run(done(url))


def _key(case: str) -> CaseKey:
    numbers = parse_case_id(case)
    if numbers is None:
        sys.exit(f"{case} is no case.")
    return CaseKey(*numbers)


def _who(by: str) -> str:
    return by or f"{getuser()} at the terminal"


def _row(outcome: Outcome, *, dry: bool) -> list[str]:
    taken, until = outcome.taken, outcome.due.kept_until
    figures = [str(taken.events), str(taken.files), f"{taken.file_bytes:,}"] if taken is not None else ["", "", ""]
    what = outcome.why_not or ("would go" if dry else "erased")
    return [public_case_id(*outcome.due.finished.key), f"{until:%F}" if until else "", *figures, what]


def _summary(outcomes: list[Outcome], *, dry: bool) -> str:
    left = sum(bool(outcome.why_not) for outcome in outcomes)
    gone = len(outcomes) - left
    files = sum(outcome.taken.file_bytes for outcome in outcomes if outcome.taken is not None)
    if dry:
        return f"{gone} cases would go, {left} stay."
    return f"{gone} cases erased, {left} left; {files:,} bytes of files removed."
