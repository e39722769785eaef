"""The buyer's pages, for a phone first."""

from amends.domain.words import Side
from amends.web.portal.areas import Area, MenuItem
from amends.web.portal.buyer import applying, casefile, home, service
from amends.wording.catalogue import N_

AREA = Area(
    Side.BUYER,
    "/buyer",
    N_("Buyer"),
    menu=(
        MenuItem("/buyer", N_("My cases"), "cases"),
        MenuItem("/buyer/orders", N_("My orders"), "orders"),
        MenuItem("/buyer/service", N_("Service"), "talk"),
    ),
    routes=(*home.ROUTES, *applying.ROUTES, *casefile.ROUTES, *service.ROUTES),
)
