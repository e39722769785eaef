"""Legal holds: cases that a court or the police wants kept whole, whatever their time."""

from typing import Annotated

from litestar.handlers import HTTPRouteHandler
from msgspec import Meta, Struct

from amends.application.access import written
from amends.application.holds import LONGEST_REASON, MAY_PLACE, MAY_SEE, Hold, number_of
from amends.domain.case import public_case_id
from amends.domain.time import Instant
from amends.domain.words import Role
from amends.web.call import Call, Reply, operation
from amends.web.problems import Problem


class Because(Struct, frozen=True, forbid_unknown_fields=True):
    """Whose paper asks for it, or why the case need not be kept any more."""

    reason: Annotated[str, Meta(max_length=LONGEST_REASON)]


class HoldView(Struct, frozen=True, omit_defaults=True):
    """A case that is kept whole, counted in the case from 1; once lifted, by whom, when and why."""

    case_id: str
    no: int
    reason: str
    placed_by: str
    placed_at: Instant
    lifted_by: str | None = None
    lifted_at: Instant | None = None
    lifted_because: str | None = None


class HoldList(Struct, frozen=True, omit_defaults=True):
    """Holds that stand, then those that were lifted, the newest first; `standing` is how many stand altogether."""

    holds: list[HoldView]
    standing: int
    next_cursor: str | None = None


class HoldQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Where to go on, and how many."""

    cursor: Annotated[str, Meta(max_length=500)] | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


@operation("GET", "/v1/holds", needs_actor=True)
async def list_holds(call: Call, query: HoldQuery) -> HoldList:
    """A page of the legal holds; seen by operators, supervisors, arbitrators and auditors."""
    _only(call, MAY_SEE)
    page = await call.desk.holds.page(query.cursor, query.limit)
    return HoldList([_view(hold) for hold in page.holds], page.standing, page.next_cursor)


@operation("POST", "/v1/cases/{case_id:str}/holds", status=201, needs_actor=True)
async def place_hold(call: Call, body: Because) -> Reply[HoldView]:
    """Keep a case whole until this is lifted; sent by operators and supervisors.

    Sent again with the same reason it answers 200 with the hold that stands.
    """
    _only(call, MAY_PLACE)
    done = await call.desk.holds.place(call.case_key(), body.reason, written(call.caller.actor))
    return Reply(_view(done.hold), 201 if done.is_new else 200)


@operation("POST", "/v1/cases/{case_id:str}/holds/{no:str}/lift", needs_actor=True)
async def lift_hold(call: Call, body: Because) -> HoldView:
    """Let a case go again; sent by operators and supervisors. The hold stays on record."""
    _only(call, MAY_PLACE)
    key, number = call.case_key(), number_of(call.path["no"])
    return _view((await call.desk.holds.lift(key, number, body.reason, written(call.caller.actor))).hold)


def _only(call: Call, roles: frozenset[Role]) -> None:
    if call.caller.merchant_id is not None:
        raise Problem("not_in_scope")
    if call.caller.actor.role not in roles:
        raise Problem("not_allowed")


def _view(hold: Hold) -> HoldView:
    return HoldView(
        public_case_id(*hold.case),
        hold.number,
        hold.reason,
        hold.by,
        hold.at,
        hold.lifted_by,
        hold.lifted_at,
        hold.lifted_because,
    )


HANDLERS: tuple[HTTPRouteHandler, ...] = (list_holds, place_hold, lift_hold)
