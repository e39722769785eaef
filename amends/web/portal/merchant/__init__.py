"""The merchant's workbench."""

from amends.domain.words import Side
from amends.web.portal.areas import Area, MenuItem
from amends.web.portal.merchant import casefile, presence, queues
from amends.wording.catalogue import N_

AREA = Area(
    Side.MERCHANT,
    "/merchant",
    N_("Merchant"),
    menu=(MenuItem("/merchant", N_("Cases"), "cases"),),
    routes=(*queues.ROUTES, *presence.ROUTES, *casefile.ROUTES),
)
