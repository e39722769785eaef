"""The buyer's cases, with those that wait for the buyer on top, and the buyer's orders."""

from typing import Any

from litestar import Response, get
from litestar.params import FromPath, FromQuery

from amends.application.access import is_merchant_id
from amends.application.ports import CaseFilter, OrderKey
from amends.application.queries import OrderView
from amends.domain.refusals import Code, refuse
from amends.domain.words import Stage
from amends.web.portal.visit import Here, Visit
from amends.web.problems import Refused
from amends.wording.catalogue import N_

_PAGE = 20

WHERE = {
    "not_shipped": N_("Not shipped"),
    "in_transit": N_("On the way"),
    "delivered": N_("Delivered"),
    "coming_back": N_("Going back"),
    "back": N_("Came back"),
    "lost": N_("Lost"),
}
"""Where the goods of an order are."""


@get("/")
async def cases(here: Here, cursor: FromQuery[str] = "") -> Response[bytes]:
    mine = CaseFilter(buyer_id=here.actor.party)
    found = here.found(await here.desk.queries.cases(mine, cursor or None, _PAGE, here.caller, here.language))
    groups: dict[str, list[Any]] = {"mine": [], "others": [], "closed": []}
    for case in found.cases:
        closed = case.status.stage is Stage.CLOSED
        groups["closed" if closed else "mine" if case.next.owner == here.actor.side else "others"].append(case)
    return here.page("buyer/home.html", groups=groups, cursor=found.cursor)


@get("/orders")
async def orders(here: Here, cursor: FromQuery[str] = "") -> Response[bytes]:
    mine = here.actor.party
    found = here.found(await here.desk.queries.orders(mine, cursor or None, _PAGE, here.caller, here.language))
    return here.page("buyer/orders.html", orders=found.orders, cursor=found.cursor, where=WHERE)


@get("/orders/{merchant_id:str}/{order_no:str}")
async def order(here: Here, merchant_id: FromPath[str], order_no: FromPath[str]) -> Response[bytes]:
    found = await read_order(here, order_key(merchant_id, order_no))
    return here.page("buyer/order.html", currency=found.currency, order=found, where=WHERE)


def order_key(merchant_id: str, order_no: str) -> OrderKey:
    """The order in an address. Raises Refused."""
    if not is_merchant_id(merchant_id):
        raise Refused(refuse(Code.UNKNOWN_ORDER))
    return OrderKey(int(merchant_id), order_no)


async def read_order(here: Visit, key: OrderKey) -> OrderView:
    """The order, if it is this buyer's. Raises Refused, Unavailable."""
    return here.found(await here.desk.queries.order(key, here.caller, here.language), key.merchant_id)


ROUTES = (cases, orders, order)
