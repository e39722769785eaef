"""For the supervisor: who has how much, what is overdue, how fast rulings come and how many are changed on appeal."""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from litestar import Response, get

from amends.application.arbitration import MEASURED
from amends.application.desk_rows import DeskFilter, Load, RuledBy
from amends.domain.time import NEVER
from amends.domain.words import Role
from amends.web.portal.desk import people
from amends.web.portal.desk.home import arbitration
from amends.web.portal.visit import Here, Visit
from amends.wording.formats import duration
from amends.wording.labels import label

SEEN_BY = frozenset({Role.SUPERVISOR, Role.AUDITOR})
_OVERDUE = 20


class Person(NamedTuple):
    """One line of the table. Shares in per cent; `bar` is the load as a share of the largest."""

    name: str
    role: str
    load: Load | None
    bar: int
    ruled: RuledBy | None
    median: str
    changed_share: str


class Sum(NamedTuple):
    """Everybody together."""

    cases: int
    late: int
    rulings: int
    appealed: int
    changed: int
    changed_share: str


@get("/team", roles=SEEN_BY)
async def team(here: Here) -> Response[bytes]:
    reads = arbitration(here)
    loads, ruled = await reads.load(), await reads.ruled()
    overdue = await reads.queue(DeskFilter("late"), None, _OVERDUE, here.caller, here.language)
    names = await people.names(here)
    nobodys = next((one for one in loads if not one.staff), None)
    return here.page(
        "desk/team.html",
        persons=_persons(here, await people.staff(here), loads, ruled),
        nobodys=nobodys,
        nobodys_due=nobodys.next_due_at if nobodys and nobodys.next_due_at < NEVER else None,
        sum=Sum(
            sum(one.cases for one in loads),
            sum(one.late for one in loads),
            sum(one.rulings for one in ruled),
            sum(one.appealed for one in ruled),
            sum(one.changed for one in ruled),
            _share(sum(one.changed for one in ruled), sum(one.rulings for one in ruled)),
        ),
        overdue=overdue.lines,
        names=names,
        days=MEASURED.days,
        never=NEVER,
    )


def _persons(here: Visit, staff: dict[str, Role], loads: Sequence[Load], ruled: Sequence[RuledBy]) -> list[Person]:
    """Whoever can have a case, or has one, those with most to do first."""
    by_load = {one.staff: one for one in loads if one.staff}
    by_ruling = {one.staff: one for one in ruled}
    accounts = [*by_load, *by_ruling, *(account for account, role in staff.items() if role in people.TAKERS)]
    most = max((one.cases for one in by_load.values()), default=1)
    found = []
    for account in dict.fromkeys(accounts):
        load, rulings = by_load.get(account), by_ruling.get(account)
        found.append(
            Person(
                people.name_of(here, account),
                label(staff[account], here.language) if account in staff else "",
                load,
                round(100 * load.cases / most) if load else 0,
                rulings,
                duration(timedelta(seconds=rulings.median_seconds), here.language) if rulings else "",
                _share(rulings.changed, rulings.rulings) if rulings else "",
            )
        )
    return found


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}%" if whole else ""


ROUTES = (team,)
