"""The shop's open cases, the most urgent first."""

from litestar import Response, get
from litestar.params import FromQuery

from amends.application.ports import CaseFilter
from amends.web.portal.visit import Here


@get("/")
async def page(here: Here, cursor: FromQuery[str] = "") -> Response[bytes]:
    ours = CaseFilter(merchant_id=here.caller.merchant_id, by_due=True)
    found = here.found(await here.desk.queries.cases(ours, cursor or None, 50, here.caller, here.language))
    return here.page("merchant/home.html", cases=found.cases, cursor=found.cursor)
