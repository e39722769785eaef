"""The merchant's workbench."""

from amends.domain.words import Role, Side
from amends.web.portal.areas import Area, MenuItem
from amends.web.portal.buyer import service
from amends.web.portal.merchant import bulk, casefile, orders, presence, queues, settings, similar, texts
from amends.wording.catalogue import N_

_WRITERS = frozenset({Role.OWNER, Role.AFTER_SALE})

AREA = Area(
    Side.MERCHANT,
    "/merchant",
    N_("Merchant"),
    menu=(
        MenuItem("/merchant", N_("Cases"), "cases"),
        MenuItem("/merchant/orders", N_("Orders"), "orders"),
        MenuItem("/merchant/texts", N_("Quick texts"), "script", _WRITERS),
        MenuItem("/merchant/settings", N_("Settings"), "settings", frozenset({Role.OWNER})),
        MenuItem("/merchant/service", N_("Service"), "talk"),
    ),
    routes=(
        *queues.ROUTES,
        *presence.ROUTES,
        *casefile.ROUTES,
        *similar.ROUTES,
        *bulk.ROUTES,
        *orders.ROUTES,
        *settings.ROUTES,
        *texts.ROUTES,
        *service.ROUTES,
    ),
)
