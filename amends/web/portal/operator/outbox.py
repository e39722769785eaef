"""What goes out to payment providers, couriers and the shop: how far behind, what was given up, sending it again."""

from typing import NamedTuple

from litestar import Response, get, post
from litestar.params import FromPath

from amends.application.ports import DeadLetter
from amends.domain.case import parse_case_id, public_case_id
from amends.domain.effects import AskPayout, CancelInterception, Effect, Intercept, Pay, StopShipping
from amends.domain.time import Instant
from amends.web.portal.operator.roles import RUN_BY, SEEN_BY
from amends.web.portal.visit import Here, Visit
from amends.web.problems import Problem
from amends.wording.catalogue import N_, translate

_SHOWN = 200

_EFFECTS: dict[type[Effect], str] = {
    Pay: N_("Pay"),
    AskPayout: N_("Ask what became of a payment"),
    Intercept: N_("Ask the courier to stop a parcel"),
    CancelInterception: N_("Ask the courier to deliver after all"),
    StopShipping: N_("Tell the shop not to ship"),
}


class Letter(NamedTuple):
    """A message given up."""

    message_id: str
    text: str
    amount_minor: int
    order_no: str
    case_id: str
    attempts: int
    dead_at: Instant
    error: str


@get("/outbox", roles=SEEN_BY)
async def outbox(here: Here) -> Response[bytes]:
    backlog = await here.desk.outbox.backlog(here.now)
    letters = await here.desk.outbox.dead_letters(_SHOWN)
    return here.page(
        "operator/outbox.html",
        backlog=backlog,
        letters=[_letter(here, one) for one in letters],
        may_retry=here.actor.role in RUN_BY,
    )


@post("/outbox/{message_id:str}/retry", roles=RUN_BY)
async def retry(here: Here, message_id: FromPath[str]) -> Response[bytes]:
    """Due again; what may have been sent before is asked for by its id and never sent twice."""
    named = parse_case_id(message_id)
    if named is None or not await here.desk.outbox.revive(*named, here.now):
        raise Problem("unknown_message")
    return here.go(f"{here.base}/outbox", said=translate(N_("It is being sent again."), here.language))


def _letter(here: Visit, one: DeadLetter) -> Letter:
    message = one.message
    case_id = public_case_id(message.merchant_id, message.case_id) if message.case_id else ""
    return Letter(
        public_case_id(message.merchant_id, message.message_id),
        translate(_EFFECTS[type(message.effect)], here.language),
        getattr(message.effect, "amount_minor", 0),
        message.order_no,
        case_id,
        one.attempts,
        one.dead_at,
        one.error,
    )


ROUTES = (outbox, retry)
