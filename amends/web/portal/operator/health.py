"""Whether everything runs: what `amends doctor` looks at, as far as the service sees it itself, and stuck cases."""

from datetime import timedelta
from typing import NamedTuple

from litestar import Response, get

from amends.application.caseview import CaseLineView
from amends.application.desk_rows import DeskFilter
from amends.application.ports import CaseFilter
from amends.domain.words import Stage
from amends.web.portal.desk.home import arbitration
from amends.web.portal.operator.roles import SEEN_BY
from amends.web.portal.visit import Here, Visit
from amends.wording.catalogue import N_, translate
from amends.wording.formats import duration

PATIENCE = timedelta(minutes=5)
"""Sweep and delivery are through in seconds; what is left after this has a cause."""

_SHOWN = 20
_RUNNING = tuple(stage for stage in Stage if stage is not Stage.CLOSED)


class Check(NamedTuple):
    """What was looked at and found; `tone` "over" where something is wrong."""

    subject: str
    found: str
    tone: str = ""


@get("/health", roles=SEEN_BY)
async def health(here: Here) -> Response[bytes]:
    stuck = await _stuck(here)
    return here.page("operator/health.html", checks=await _checks(here, len(stuck)), stuck=stuck)


async def _checks(here: Visit, stuck: int) -> list[Check]:
    desk, now = here.desk, here.now
    backlog = await desk.outbox.backlog(now)
    late = backlog.oldest_due_at is not None and now - backlog.oldest_due_at > PATIENCE
    behind = duration(now - backlog.oldest_due_at, here.language) if backlog.oldest_due_at else ""
    head = await desk.book.head()
    twice = (await arbitration(here).queue(DeskFilter("late"), None, _SHOWN, here.caller, here.language)).lines
    found = [
        _check(here, N_("Policy"), N_("{version} is in force."), version=desk.policies.in_force(now).version),
        *(
            _check(
                here,
                N_("Commands of people") if lane is desk.lanes.interactive else N_("Bulk commands"),
                N_("{waiting} wait, {depth} have a place."),
                wrong=lane.waiting >= lane.depth,
                waiting=lane.waiting,
                depth=lane.depth,
            )
            for lane in (desk.lanes.interactive, desk.lanes.bulk)
        ),
        _check(
            here,
            N_("Deliveries"),
            N_("{count} are due and {behind} late."),
            wrong=late,
            count=backlog.waiting,
            behind=behind,
        )
        if backlog.waiting
        else _check(here, N_("Deliveries"), N_("None is due.")),
        _check(here, N_("Given up"), N_("{count} messages wait for a person."), wrong=True, count=backlog.dead)
        if backlog.dead
        else _check(here, N_("Given up"), N_("No message.")),
        _check(
            here,
            N_("Time limits"),
            N_("{count} cases are past a deadline that nobody carried out."),
            wrong=True,
            count=stuck,
        )
        if stuck
        else _check(here, N_("Time limits"), N_("All that passed are carried out.")),
        _check(here, N_("Rulings"), N_("The platform is late with {count} cases."), wrong=True, count=len(twice))
        if twice
        else _check(here, N_("Rulings"), N_("None is late.")),
    ]
    if head is not None:
        age = duration(now - head.at, here.language)
        found.append(
            _check(
                here, N_("Ledger"), N_("{size} entries; the newest head was signed {age} ago."), size=head.size, age=age
            )
        )
    else:
        found.append(_check(here, N_("Ledger"), N_("No head has been signed yet.")))
    return found


def _check(here: Visit, subject: str, text: str, *, wrong: bool = False, **facts: object) -> Check:
    return Check(
        translate(subject, here.language), translate(text, here.language).format(**facts), "over" if wrong else ""
    )


async def _stuck(here: Visit) -> tuple[CaseLineView, ...]:
    """Cases whose deadline passed and that are still where they were."""
    wanted = CaseFilter(stages=_RUNNING, due_before=here.now - PATIENCE, by_due=True)
    return here.found(await here.desk.queries.cases(wanted, None, _SHOWN, here.caller, here.language)).cases


ROUTES = (health,)
