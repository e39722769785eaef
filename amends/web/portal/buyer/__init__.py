"""The buyer's pages."""

from amends.domain.words import Side
from amends.web.portal.areas import Area, MenuItem
from amends.web.portal.buyer import home
from amends.web.portal.casepage import case_routes
from amends.wording.catalogue import N_

AREA = Area(
    Side.BUYER,
    "/buyer",
    N_("Buyer"),
    menu=(MenuItem("/buyer", N_("My cases"), "cases"),),
    routes=(home.page, *case_routes("buyer/case.html")),
)
