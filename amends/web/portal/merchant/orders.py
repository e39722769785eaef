"""An order by its number: its cases, and asking the platform to refund one that was not shipped (R4.4)."""

from urllib.parse import quote

from litestar import Response, get, post
from litestar.params import FromPath

from amends.application.ports import Envelope, OrderKey
from amends.application.queries import OrderView, Outlook
from amends.domain import commands as k
from amends.domain.case import public_case_id
from amends.domain.permissions import ROLES
from amends.domain.refusals import Code, Refusal, refuse
from amends.domain.words import EvidenceKind
from amends.web.portal import forms
from amends.web.portal.buyer.home import WHERE, order_key
from amends.web.portal.buyer.said import told
from amends.web.portal.casepage import NOT_DONE
from amends.web.portal.troubles import Trouble
from amends.web.portal.visit import Here, Visit
from amends.web.problems import Refused
from amends.wording.actions import action_words
from amends.wording.labels import label

_LONGEST = 128
_PROOF = (EvidenceKind.CHAT_SCREENSHOT,)


@get("/orders")
async def find(here: Here) -> Response[bytes]:
    """Orders are looked up one by one, by the number that the buyer tells."""
    number = here.request.query_params.get("no", "").strip()[:_LONGEST]
    if number and "\0" not in number:
        assert here.caller.merchant_id is not None, "staff of a shop"
        key = OrderKey(here.caller.merchant_id, number)
        if not isinstance(await here.desk.queries.order(key, here.caller, here.language), Refusal):
            return here.go(_address(here, key))
    return here.page("merchant/orders.html", number=number)


@get("/orders/{merchant_id:str}/{order_no:str}")
async def order(here: Here, merchant_id: FromPath[str], order_no: FromPath[str]) -> Response[bytes]:
    return await _show(here, order_key(merchant_id, order_no))


@post("/orders/{merchant_id:str}/{order_no:str}/ask-platform-refund")
async def ask_platform(here: Here, merchant_id: FromPath[str], order_no: FromPath[str]) -> Response[bytes]:
    """The shop has no refund button of its own for it."""
    key = order_key(merchant_id, order_no)
    try:
        if not here.caller.may_reach(key.merchant_id):
            raise Refused(refuse(Code.NOT_YOURS), key.merchant_id)
        command = forms.filled(here, k.AskPlatformRefund, order_no=order_no)
        answer = await forms.submit(here, Envelope(here.actor, key.merchant_id, command, order_no=order_no))
    except NOT_DONE as fault:
        return await _show(here, key, told(here, fault))
    done = action_words("ask-platform-refund", here.language).done
    return here.go(f"{here.base}/cases/{public_case_id(key.merchant_id, answer.case_id or 0)}", done)


async def _show(here: Visit, key: OrderKey, trouble: Trouble | None = None) -> Response[bytes]:
    found: OrderView = here.found(await here.desk.queries.order(key, here.caller, here.language), key.merchant_id)
    may = here.actor.role in ROLES[k.AskPlatformRefund]
    return here.page(
        "merchant/order.html",
        status=409 if trouble else 200,
        currency=found.currency,
        order=found,
        where=WHERE,
        refund=await _refund(here, key) if may else None,
        proof=[(str(kind), label(kind, here.language)) for kind in _PROOF],
        trouble=trouble,
        at=_address(here, key),
    )


async def _refund(here: Visit, key: OrderKey) -> Outlook | Trouble:
    """Where asking the platform would lead, or why it is not possible."""
    screenshot = (k.EvidenceItem(EvidenceKind.CHAT_SCREENSHOT),)
    command = k.AskPlatformRefund(key.order_no, screenshot)
    found = await here.desk.queries.outlook(key, command, here.caller, here.language)
    return told(here, Refused(found, key.merchant_id)) if isinstance(found, Refusal) else found


def _address(here: Visit, key: OrderKey) -> str:
    return f"{here.base}/orders/{key.merchant_id}/{quote(key.order_no, safe='')}"


ROUTES = (find, order, ask_platform)
