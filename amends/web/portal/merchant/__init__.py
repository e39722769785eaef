"""The merchant's workbench."""

from amends.domain.words import Side
from amends.web.portal.areas import Area, MenuItem
from amends.web.portal.casepage import case_routes
from amends.web.portal.merchant import queues
from amends.wording.catalogue import N_

AREA = Area(
    Side.MERCHANT,
    "/merchant",
    N_("Merchant"),
    menu=(MenuItem("/merchant", N_("Cases"), "cases"),),
    routes=(*queues.ROUTES, *case_routes("merchant/case.html")),
)
