"""Links by which a shop sends its own buyer or staff, whom it knows already, straight to a page (DESIGN §8)."""

from typing import Annotated

from litestar.handlers import HTTPRouteHandler
from msgspec import Meta, Struct

from amends.application.access import written
from amends.domain.time import Instant
from amends.domain.words import Side
from amends.web.call import Call, Reply, operation
from amends.web.portal.sessions import Sessions
from amends.web.problems import Problem


class Wanted(Struct, frozen=True, forbid_unknown_fields=True):
    """The page to open; without one the person's first page."""

    goes_to: Annotated[str, Meta(pattern="^/(?!/)[!-~]*$", max_length=500)] = "/"


class HandOver(Struct, frozen=True):
    """Send the browser to `path` at once: it signs its bearer in, one time, until `ends_at`."""

    path: str
    ends_at: Instant


@operation("POST", "/v1/hand-overs", status=201, needs_actor=True)
async def hand_over(call: Call, body: Wanted) -> Reply[HandOver]:
    """A link that signs the actor in. Ask for it when the button in the shop is pressed, and redirect to it."""
    actor = call.caller.actor
    if actor.side is Side.SYSTEM:
        raise Problem("actor_needed")
    secret, ends_at = await Sessions(call.desk.sign_ins).make_link(written(actor), body.goes_to)
    return Reply(HandOver(f"/hand-over/{secret}", ends_at), 201)


HANDLERS: tuple[HTTPRouteHandler, ...] = (hand_over,)
