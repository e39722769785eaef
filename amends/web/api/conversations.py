"""Talking to a person of the service (R5.1)."""

from typing import Annotated

from litestar.handlers import HTTPRouteHandler
from msgspec import Meta, Struct

from amends.application.ports import CaseKey, OrderKey
from amends.application.service import ConversationView, Words
from amends.domain.order import Short
from amends.web.call import Call, MerchantId, Reply, case_key, operation, reached
from amends.web.problems import Problem
from amends.wording.catalogue import N_, translate

_HINT = N_("Type “a person” at any time, and somebody from the service will answer.")


class Asked(Struct, frozen=True, forbid_unknown_fields=True):
    """Words, and the order or case they are about."""

    text: Words
    case_id: Short | None = None
    merchant_id: MerchantId | None = None
    order_no: Short | None = None


class Said(Struct, frozen=True, forbid_unknown_fields=True):
    """Words in a conversation."""

    text: Words


class Heard(Struct, frozen=True, omit_defaults=True):
    """Whether a person hears it: then the conversation, else how to get one."""

    routed: bool
    conversation: ConversationView | None = None
    hint: str = ""


class ConversationList(Struct, frozen=True):
    """Conversations, without what was said in them."""

    conversations: list[ConversationView]


class ConversationQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """How many."""

    limit: Annotated[int, Meta(ge=1, le=200)] = 50


@operation("POST", "/v1/service/ask-person", status=201, needs_actor=True)
async def ask_person(call: Call, body: Asked) -> Reply[ConversationView]:
    """Queue up for a person of the service; the answer says the place in the queue and the expected wait."""
    order, case = _about(call, body)
    view = call.found(await call.desk.service.ask_person(call.caller, body.text, order, case))
    return Reply(view, 201, {"location": f"/v1/service/conversations/{view.conversation_id}"})


@operation("POST", "/v1/service/messages", needs_actor=True)
async def say_to_service(call: Call, body: Asked) -> Heard:
    """Words typed into the service chat. Asking for a person in any wording (人工) goes to one at once."""
    order, case = _about(call, body)
    found = await call.desk.service.hear(call.caller, body.text, order, case)
    if found is None:
        return Heard(routed=False, hint=translate(_HINT, call.language))
    return Heard(routed=True, conversation=call.found(found))


@operation("GET", "/v1/service/conversations", needs_actor=True)
async def list_conversations(call: Call, query: ConversationQuery) -> ConversationList:
    """The actor's own conversations; for the platform's people what they have taken and what waits."""
    return ConversationList(list(await call.desk.service.list(call.caller, query.limit)))


@operation("GET", "/v1/service/conversations/{conversation_id:str}", needs_actor=True)
async def get_conversation(call: Call) -> ConversationView:
    """One conversation with everything said."""
    return await call.desk.service.show(call.caller, call.path["conversation_id"])


@operation("POST", "/v1/service/conversations/{conversation_id:str}/take", needs_actor=True)
async def take_conversation(call: Call) -> ConversationView:
    """Take a conversation that waits; sent by the platform's service."""
    return await call.desk.service.take(call.caller, call.path["conversation_id"])


@operation("POST", "/v1/service/conversations/{conversation_id:str}/reply", needs_actor=True)
async def reply_in_conversation(call: Call, body: Said) -> ConversationView:
    """Say something; the asker, or the person who took it."""
    return await call.desk.service.reply(call.caller, call.path["conversation_id"], body.text)


@operation("POST", "/v1/service/conversations/{conversation_id:str}/close", needs_actor=True)
async def close_conversation(call: Call) -> ConversationView:
    """End a conversation; the asker, or the person who took it."""
    return await call.desk.service.close(call.caller, call.path["conversation_id"])


def _about(call: Call, body: Asked) -> tuple[OrderKey | None, CaseKey | None]:
    if body.case_id is not None:
        return None, case_key(body.case_id)
    if body.order_no is None:
        return None, None
    if body.merchant_id is None:
        raise Problem("invalid_body", faults=[{"path": "$.merchant_id", "problem": "missing"}])
    return OrderKey(reached(body.merchant_id, call.caller), body.order_no), None


HANDLERS: tuple[HTTPRouteHandler, ...] = (
    ask_person,
    say_to_service,
    list_conversations,
    get_conversation,
    take_conversation,
    reply_in_conversation,
    close_conversation,
)
