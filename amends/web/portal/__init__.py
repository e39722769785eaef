"""The pages: server-rendered, in the parts of the three sides. `docs/pages.md` says how to add one."""

from collections.abc import Mapping

from litestar import Router
from litestar.di import Provide

from amends.domain.words import Side
from amends.web.desk import Desk
from amends.web.portal import assets, buyer, desk, dossier, entry, gallery, live, merchant, uploads
from amends.web.portal.areas import Area
from amends.web.portal.attached import LARGEST_FORM
from amends.web.portal.sessions import Sessions
from amends.web.portal.troubles import page_trouble
from amends.web.portal.visit import Portal, make_visit

__all__ = ["AREAS", "open_portal", "page_trouble", "pages"]

AREAS: Mapping[Side, Area] = {area.side: area for area in (buyer.AREA, merchant.AREA, desk.AREA)}


def open_portal(behind: Desk) -> Portal:
    """What the pages work with, once everything behind them is open."""
    return Portal(desk=behind, sessions=Sessions(behind.sign_ins), areas=AREAS)


def pages() -> Router:
    """Every page, for the application to mount at its root."""
    return Router(
        path="/",
        route_handlers=[assets.static, *entry.ROUTES, gallery.page, *(_mounted(area) for area in AREAS.values())],
        dependencies={"here": Provide(make_visit)},
        exception_handlers={Exception: page_trouble},
        include_in_schema=False,
    )


def _mounted(area: Area) -> Router:
    return Router(
        path=area.path,
        route_handlers=[entry.sign_out, live.live, dossier.dossier, *uploads.ROUTES, *area.routes],
        opt={"side": area.side},
        request_max_body_size=LARGEST_FORM,
    )
