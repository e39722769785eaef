"""The pages of the platform's own people."""

from amends.domain.words import Side
from amends.web.portal.areas import Area, MenuItem
from amends.web.portal.desk import casefile, home
from amends.wording.catalogue import N_

AREA = Area(
    Side.PLATFORM,
    "/desk",
    N_("Platform"),
    menu=(MenuItem("/desk", N_("Cases"), "cases"),),
    routes=(*home.ROUTES, *casefile.ROUTES),
)
