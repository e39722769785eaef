"""Cases that the platform looks into, the most urgent first."""

from litestar import Response, get
from litestar.params import FromQuery

from amends.application.ports import CaseFilter
from amends.domain.words import Stage
from amends.web.portal.visit import Here


@get("/")
async def page(here: Here, cursor: FromQuery[str] = "") -> Response[bytes]:
    ours = CaseFilter(stages=(Stage.UNDER_REVIEW,), by_due=True)
    found = here.found(await here.desk.queries.cases(ours, cursor or None, 50, here.caller, here.language))
    return here.page("desk/home.html", cases=found.cases, cursor=found.cursor)
