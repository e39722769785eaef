"""The pages of the platform's own people."""

from amends.domain.words import Side
from amends.web.portal import operator
from amends.web.portal.areas import Area, MenuItem
from amends.web.portal.desk import casefile, home, inbox, team
from amends.wording.catalogue import N_

AREA = Area(
    Side.PLATFORM,
    "/desk",
    N_("Platform"),
    menu=(
        MenuItem("/desk", N_("Cases"), "cases"),
        MenuItem("/desk/inbox", N_("Inbox"), "talk", inbox.SEEN_BY),
        MenuItem("/desk/team", N_("Team"), "people", team.SEEN_BY),
        *operator.MENU,
    ),
    routes=(*home.ROUTES, *casefile.ROUTES, *inbox.ROUTES, *team.ROUTES, *operator.ROUTES),
)
