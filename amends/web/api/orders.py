"""Orders: the shop's news, one order, what may be asked for on it (DESIGN §7)."""

from typing import Annotated

from litestar.handlers import HTTPRouteHandler
from msgspec import Meta, Struct

from amends.application.ports import OrderKey
from amends.application.queries import EligibilityView, OrderPages, OrderView
from amends.domain import commands as k
from amends.domain.commands import CaseLine
from amends.domain.order import Short
from amends.web.answers import Answers, answers
from amends.web.api.cases import Cursor
from amends.web.call import Call, MerchantId, operation, plain, reached, shop_itself
from amends.web.problems import Problem
from amends.web.wire import LARGEST_BATCH_BODY


class OrderNews(k.SyncOrder, frozen=True, kw_only=True):
    """An order as the shop knows it; replaces what was known. `occurred_at` orders the news of one order."""

    merchant_id: MerchantId


class EligibilityQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which pieces, as `line_no:quantity`; without any, all that is left of the order."""

    lines: tuple[Annotated[str, Meta(pattern="^[1-9][0-9]{0,3}:[1-9][0-9]{0,5}$")], ...] = ()


class OrdersQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Whose orders; a buyer's own without it."""

    buyer: Short | None = None
    cursor: Cursor | None = None
    limit: Annotated[int, Meta(ge=1, le=50)] = 20


@operation("POST", "/v1/orders", largest_body=LARGEST_BATCH_BODY)
async def sync_orders(call: Call, body: OrderNews | list[OrderNews]) -> Answers:
    """Create or replace orders, one or a list; sent by the shop. An answer for each."""
    shop_itself(call)
    news = body if isinstance(body, list) else [body]
    orders = [(reached(one.merchant_id, call.caller), plain(k.SyncOrder, one)) for one in news]
    outcomes = await call.desk.intake.orders(orders, call.headers.key)
    return await answers(call.desk, call.caller, call.language, outcomes, one=not isinstance(body, list))


@operation("GET", "/v1/orders", needs_actor=True)
async def list_orders(call: Call, query: OrdersQuery) -> OrderPages:
    """A buyer's orders with their cases, the newest first."""
    buyer = query.buyer or call.caller.actor.party
    if not buyer:
        raise Problem("invalid_query", faults=[{"path": "$.buyer", "problem": "missing"}])
    return call.found(await call.desk.queries.orders(buyer, query.cursor, query.limit, call.caller, call.language))


@operation("GET", "/v1/orders/{merchant_id:str}/{order_no:str}", needs_actor=True)
async def get_order(call: Call) -> OrderView:
    """An order as the actor may see it, with its cases."""
    key = OrderKey(call.merchant_id(), call.path["order_no"])
    return call.found(await call.desk.queries.order(key, call.caller, call.language), key.merchant_id)


@operation("GET", "/v1/orders/{merchant_id:str}/{order_no:str}/eligibility", needs_actor=True)
async def get_eligibility(call: Call, query: EligibilityQuery) -> EligibilityView:
    """Kinds, reasons, amounts, freight and required evidence that are possible now, and why the rest is not."""
    key = OrderKey(call.merchant_id(), call.path["order_no"])
    lines = tuple(CaseLine(*map(int, line.split(":"))) for line in query.lines) or None
    found = await call.desk.queries.eligibility(key, call.caller, call.language, lines)
    return call.found(found, key.merchant_id)


HANDLERS: tuple[HTTPRouteHandler, ...] = (sync_orders, list_orders, get_order, get_eligibility)
