"""The shop's own finished cases that a case can be compared with (R3.9)."""

from litestar import Response, get
from litestar.params import FromPath

from amends.application.precedents import alike_to
from amends.web.portal import precedents
from amends.web.portal.casepage import case_and_order
from amends.web.portal.merchant.queues import line_of
from amends.web.portal.visit import Here

_SHOWN = 50


@get("/cases/{case_id:str}/similar")
async def page(here: Here, case_id: FromPath[str]) -> Response[bytes]:
    key = here.case_key(case_id)
    here.found(await here.desk.queries.version(key, here.caller), key.merchant_id)
    alike = alike_to(*await case_and_order(here, key))
    found = await here.desk.precedents.cases(key.merchant_id, alike, _SHOWN)
    return here.page(
        "merchant/similar.html",
        told=precedents.for_shop(await here.desk.precedents.of_shop(key.merchant_id, alike), here.language),
        lines=[(line_of(here, row), row.case.closing.at) for row in found if row.case.closing is not None],
        at=f"{here.base}/cases/{case_id}",
    )


ROUTES = (page,)
