"""Whether everything runs: the checks of `amends doctor`, and cases that nobody moved on."""

from typing import NamedTuple

from litestar import Response, get

from amends.application.caseview import CaseLineView, case_line
from amends.application.checks import PARTS, STATES, Check, Part, State
from amends.application.ports import BadCursor, CasePage, Unavailable
from amends.domain.case import public_case_id
from amends.web.portal.operator.roles import SEEN_BY
from amends.web.portal.visit import Here, Visit
from amends.wording.catalogue import translate

_SHOWN = 20

_SIGNS = {State.WELL: "done", State.BAD: "stop", State.UNKNOWN: "todo", State.NOTED: "info"}


class Line(NamedTuple):
    """A check as the page shows it: its state as a word and a sign, never as a colour alone."""

    subject: str
    state: State
    word: str
    sign: str
    found: str
    advice: str
    cases: tuple[str, ...]


class Stuck(NamedTuple):
    """A page of cases; `is_known` unless the list itself could not be read."""

    cases: tuple[CaseLineView, ...]
    next_cursor: str | None
    is_known: bool = True


@get("/health", roles=SEEN_BY)
async def health(here: Here) -> Response[bytes]:
    checks = await here.desk.health.checks(here.language)
    asked = here.request.query_params.get("after")
    stuck = await _stuck(here, asked)
    return here.page(
        "operator/health.html",
        parts=[(translate(PARTS[part], here.language), _lines(here, checks, part)) for part in Part],
        bad=sum(check.state is State.BAD for check in checks),
        unknown=sum(check.state is State.UNKNOWN for check in checks),
        stuck=stuck,
        next_href=f"{here.base}/health?after={stuck.next_cursor}#stuck" if stuck.next_cursor else "",
        first_href=f"{here.base}/health#stuck" if asked else "",
    )


def _lines(here: Visit, checks: list[Check], part: Part) -> list[Line]:
    """What is wrong stands first."""
    return [
        Line(
            check.subject,
            check.state,
            translate(STATES[check.state], here.language),
            _SIGNS[check.state],
            check.found,
            check.advice,
            tuple(public_case_id(*case) for case in check.cases),
        )
        for check in sorted(checks, key=lambda check: not check.is_trouble)
        if check.part is part
    ]


async def _stuck(here: Visit, cursor: str | None) -> Stuck:
    """Cases whose deadline passed and that are still where they were."""
    try:
        page = await _page(here, cursor)
    except Unavailable:
        return Stuck((), None, is_known=False)
    reader = here.reader()
    lines = tuple(
        case_line(row.case, row.title, row.updated_at, actor=here.actor, policies=here.desk.policies, reader=reader)
        for row in page.rows
    )
    return Stuck(lines, page.cursor)


async def _page(here: Visit, cursor: str | None) -> CasePage:
    """A cursor of another list, left in an address, begins this one anew."""
    try:
        return await here.desk.health.stuck(cursor, _SHOWN)
    except BadCursor:
        return await here.desk.health.stuck(None, _SHOWN)


ROUTES = (health,)
