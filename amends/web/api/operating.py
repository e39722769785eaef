"""For those who run the service: health, figures, messages given up, and the clock of demonstrations."""

from datetime import timedelta
from typing import Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct
from prometheus_client import CONTENT_TYPE_LATEST

from amends.domain.case import parse_case_id, public_case_id
from amends.domain.effects import Effect
from amends.domain.time import Instant
from amends.domain.words import Role
from amends.web.call import Call, Operation, operation
from amends.web.desk import Desk
from amends.web.measures import Measures
from amends.web.problems import Problem
from amends.web.wire import encode

_DEAD_LETTERS = 200


class DeadLetterView(Struct, frozen=True, omit_defaults=True):
    """A message to the outside that was given up; it is sent again only when somebody says so."""

    message_id: str
    order_no: str
    effect: Effect
    attempts: int
    dead_at: Instant
    error: str
    case_id: str | None = None


class OutboxView(Struct, frozen=True):
    """How far deliveries are behind, and what was given up, the newest first."""

    waiting: int
    oldest_due_at: Instant | None
    dead: int
    dead_letters: list[DeadLetterView]


class Revived(Struct, frozen=True):
    """The message is due again."""

    message_id: str


class Advance(Struct, frozen=True, forbid_unknown_fields=True):
    """How far the clock goes on, as an ISO 8601 length like `PT48H`."""

    advance: timedelta


class ClockView(Struct, frozen=True):
    """What time it is here."""

    now: Instant


class Health(Struct, frozen=True):
    """The service takes commands. `lanes` has how many wait here, `outbox` how many messages go out."""

    status: str
    now: Instant
    lanes: dict[str, int]
    outbox: int


_MAY_RETRY = frozenset({Role.OPERATOR, Role.SUPERVISOR, Role.SYSTEM})
_MAY_LOOK = _MAY_RETRY | {Role.AUDITOR}


@operation("GET", "/v1/outbox")
async def get_outbox(call: Call) -> OutboxView:
    """Messages to the outside: how many wait, and those given up; seen by operators."""
    _operator(call, _MAY_LOOK)
    backlog = await call.desk.outbox.backlog(call.desk.clock.now())
    letters = await call.desk.outbox.dead_letters(_DEAD_LETTERS)
    return OutboxView(
        backlog.waiting,
        backlog.oldest_due_at,
        backlog.dead,
        [
            DeadLetterView(
                public_case_id(letter.message.merchant_id, letter.message.message_id),
                letter.message.order_no,
                letter.message.effect,
                letter.attempts,
                letter.dead_at,
                letter.error,
                public_case_id(letter.message.merchant_id, letter.message.case_id) if letter.message.case_id else None,
            )
            for letter in letters
        ],
    )


@operation("POST", "/v1/outbox/{message_id:str}/retry")
async def retry_message(call: Call) -> Revived:
    """Send a message again that was given up; sent by operators."""
    _operator(call, _MAY_RETRY)
    message_id = call.path["message_id"]
    named = parse_case_id(message_id)
    if named is None or not await call.desk.outbox.revive(*named, call.desk.clock.now()):
        raise Problem("unknown_message")
    return Revived(message_id)


@operation("POST", "/v1/demo/clock")
async def move_clock(call: Call, body: Advance) -> ClockView:
    """Move the clock on; in demonstrations and tests only."""
    move = call.desk.move_clock
    if move is None or call.caller.merchant_id is not None:
        raise Problem("unknown_route")
    if not timedelta(0) < body.advance <= timedelta(days=3660):
        raise Problem("clock_goes_forward")
    return ClockView(await move(body.advance))


@get("/health", opt={"operation": Operation("GET", "/health", "Whether commands can be taken.", answer=Health)})
async def health(request: Request[Any, Any, Any]) -> Response[bytes]:
    """503 while the store is away or a lane is full."""
    desk: Desk = request.app.state.desk
    backlog = await desk.outbox.backlog(desk.clock.now())
    lanes = {lane.name: lane.waiting for lane in (desk.lanes.interactive, desk.lanes.bulk)}
    if any(lane.waiting >= lane.depth for lane in (desk.lanes.interactive, desk.lanes.bulk)):
        raise Problem("overloaded", lanes=lanes)
    return Response(encode(Health("ok", desk.clock.now(), lanes, backlog.waiting)), media_type="application/json")


@get("/metrics")
async def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Figures of this process for Prometheus."""
    desk: Desk = request.app.state.desk
    measures: Measures = request.app.state.measures
    text = measures.text(desk, await desk.outbox.backlog(desk.clock.now()))
    return Response(text, headers={"content-type": CONTENT_TYPE_LATEST})


def _operator(call: Call, roles: frozenset[Role]) -> None:
    if call.caller.merchant_id is not None:
        raise Problem("not_in_scope")
    if call.caller.actor.role not in roles:
        raise Problem("not_allowed")


HANDLERS: tuple[HTTPRouteHandler, ...] = (get_outbox, retry_message, move_clock, health, metrics)
