"""The buyer's cases, the newest first."""

from litestar import Response, get

from amends.application.ports import CaseFilter
from amends.web.portal.visit import Here


@get("/")
async def page(here: Here, cursor: str = "") -> Response[bytes]:
    mine = CaseFilter(buyer_id=here.actor.party)
    found = here.found(await here.desk.queries.cases(mine, cursor or None, 20, here.caller, here.language))
    return here.page("buyer/home.html", cases=found.cases, cursor=found.cursor)
