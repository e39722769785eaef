"""Many commands at once, answered in the same order (DESIGN §7)."""

from typing import Annotated, Any

from litestar.handlers import HTTPRouteHandler
from msgspec import Meta, Raw, Struct

from amends.application.access import Caller
from amends.application.ports import Answer, Envelope
from amends.domain import commands as k
from amends.domain.order import Short
from amends.domain.refusals import Code, refuse
from amends.web.answers import Answers, answers
from amends.web.call import Call, MerchantId, admitted, case_key, operation, reached
from amends.web.files import hold_files
from amends.web.problems import Problem, Refused
from amends.web.wire import LARGEST_BATCH_BODY, decode

MOST_COMMANDS = 10_000

COMMANDS: dict[str, type[k.Command]] = {k.verb(kind): kind for kind in k.ALL_COMMANDS}


class BatchItem(Struct, frozen=True, forbid_unknown_fields=True):
    """One command: about `case_id`, or for openings and orders about `merchant_id` and the order that it names.

    `command` holds the verb and its fields. `actor` is the header's where it is left out; `key` and `version` are
    the idempotency key and the version that the sender saw.
    """

    command: Raw
    case_id: Short | None = None
    merchant_id: MerchantId | None = None
    order_no: Short | None = None
    actor: Annotated[str, Meta(max_length=400)] | None = None
    key: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    version: Annotated[int, Meta(ge=1)] | None = None


class Batch(Struct, frozen=True, forbid_unknown_fields=True):
    """Commands in their order; those about one order are judged in this order, each for itself."""

    commands: Annotated[list[Raw], Meta(max_length=MOST_COMMANDS)]


class _Verb(Struct, frozen=True):
    command: str


@operation("POST", "/v1/commands", largest_body=LARGEST_BATCH_BODY, in_parts=True)
async def submit(call: Call, body: Batch) -> Answers:
    """Up to 10,000 commands, answered in the same order; the refusal of one does not touch its neighbours."""
    places: list[int] = []
    envelopes: list[Envelope] = []
    outcomes: list[Answer | Exception] = []
    callers: list[Caller] = []
    for place, raw in enumerate(body.commands):
        caller = call.caller
        outcome: Answer | Exception = Problem("failed")
        try:
            item = decode(bytes(raw), BatchItem)
            caller = await _caller(call, item)
            envelope = _envelope(item, caller)
            await hold_files(call.desk, caller, envelope)
            envelopes.append(envelope)
            places.append(place)
        except (Problem, Refused) as fault:
            outcome = fault
        outcomes.append(outcome)
        callers.append(caller)
    for place, answer in zip(places, await call.desk.lanes.submit_bulk(envelopes), strict=True):
        outcomes[place] = answer
    found: list[Any] = []
    for caller, outcome in zip(callers, outcomes, strict=True):
        found += (await answers(call.desk, caller, call.language, [outcome])).answers
    return Answers(found)


async def _caller(call: Call, item: BatchItem) -> Caller:
    """Whoever the item names, under the same key."""
    if item.actor is None:
        if not call.headers.actor:
            raise Problem("actor_needed")
        return call.caller
    return await admitted(call.desk, call.headers._replace(actor=item.actor), needs_actor=True)


def _envelope(item: BatchItem, caller: Caller) -> Envelope:
    named = decode(bytes(item.command), _Verb).command
    kind = COMMANDS.get(named)
    if kind is None:
        raise Problem("unknown_command")
    command = decode(bytes(item.command), kind)
    if item.case_id is not None:
        merchant_id, case_id = case_key(item.case_id)
        if not caller.may_reach(merchant_id):
            raise Refused(refuse(Code.NOT_YOURS), merchant_id)
        return Envelope(caller.actor, merchant_id, command, case_id, None, item.key, item.version)
    if item.merchant_id is None:
        raise Problem("invalid_body", faults=[{"path": "$.case_id", "problem": "missing, as is merchant_id"}])
    merchant_id = reached(item.merchant_id, caller)
    return Envelope(caller.actor, merchant_id, command, None, item.order_no, item.key, item.version)


HANDLERS: tuple[HTTPRouteHandler, ...] = (submit,)
