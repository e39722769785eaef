"""The service inbox: who asked for a person waits here, longest first, until somebody takes and answers (R5.1)."""

from typing import NamedTuple

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Stream

from amends.application.service import SERVICE_ROLES, ConversationView, Message
from amends.domain.case import parse_case_id
from amends.domain.refusals import Refusal
from amends.domain.words import Role, Side
from amends.web.live import listen_in
from amends.web.portal import forms
from amends.web.portal.casepage import told
from amends.web.portal.desk import people
from amends.web.portal.live import stream
from amends.web.portal.troubles import Trouble
from amends.web.portal.visit import Here, Visit
from amends.wording.catalogue import N_, translate
from amends.wording.formats import duration

SEEN_BY = SERVICE_ROLES | {Role.AUDITOR}
_SHOWN = 100

_SIDES = {Side.BUYER: N_("Buyer {account}"), Side.MERCHANT: N_("Shop {account}")}


class Line(NamedTuple):
    """A conversation in the list, with what was said last; `waits` says in words for how long nobody came."""

    talk: ConversationView
    last: Message
    asker: str
    waits: str


class About(NamedTuple):
    """The case that a conversation is about."""

    title: str
    status: str
    href: str


@get("/inbox", roles=SEEN_BY)
async def inbox(here: Here) -> Response[bytes]:
    return here.page("desk/inbox.html", lines=await _lines(here), talk=None, trouble=None)


@get("/inbox/{conversation_id:str}", roles=SEEN_BY)
async def conversation(here: Here, conversation_id: FromPath[str]) -> Response[bytes]:
    return await _show(here, conversation_id)


@get("/inbox/live", roles=SEEN_BY)
async def live(here: Here) -> Stream:
    """Who comes to the queue and leaves it."""
    return stream(listen_in(here.desk.hub, None, to_queue=True))


@get("/inbox/{conversation_id:str}/live", roles=SEEN_BY)
async def live_talk(here: Here, conversation_id: FromPath[str]) -> Stream:
    """What is said in a conversation, and who comes to the queue beside it."""
    await here.desk.service.show(here.caller, conversation_id)
    return stream(listen_in(here.desk.hub, here.case_key(conversation_id), to_queue=True))


@post("/inbox/{conversation_id:str}/take", roles=SERVICE_ROLES)
async def take(here: Here, conversation_id: FromPath[str]) -> Response[bytes]:
    try:
        await here.desk.service.take(here.caller, conversation_id)
    except Exception as fault:  # noqa: BLE001 - whatever it is, the page says so
        return await _show(here, conversation_id, told(here, fault))
    return here.go(f"{here.base}/inbox/{conversation_id}")


@post("/inbox/{conversation_id:str}", roles=SERVICE_ROLES)
async def reply(here: Here, conversation_id: FromPath[str]) -> Response[bytes]:
    try:
        if text := forms.message(here):
            await here.desk.service.reply(here.caller, conversation_id, text)
    except Exception as fault:  # noqa: BLE001 - whatever it is, what was typed stays on the page
        return await _show(here, conversation_id, told(here, fault))
    return here.go(f"{here.base}/inbox/{conversation_id}")


@post("/inbox/{conversation_id:str}/close", roles=SERVICE_ROLES)
async def close(here: Here, conversation_id: FromPath[str]) -> Response[bytes]:
    await here.desk.service.close(here.caller, conversation_id)
    return here.go(f"{here.base}/inbox", said=translate(N_("The conversation is over."), here.language))


async def _show(here: Visit, conversation_id: str, trouble: Trouble | None = None) -> Response[bytes]:
    found = await here.desk.service.show(here.caller, conversation_id)
    return here.page(
        "desk/inbox.html",
        status=409 if trouble else 200,
        lines=await _lines(here),
        talk=found,
        asker=_asker(here, found.asker),
        asker_name=found.asker,
        taken_by=people.name_of(here, found.taken_by) if found.taken_by else "",
        mine=found.taken_by == here.actor.staff,
        may_answer=here.actor.role in SERVICE_ROLES,
        about=await _about(here, found),
        trouble=trouble,
    )


async def _lines(here: Visit) -> list[Line]:
    found = await here.desk.service.list(here.caller, _SHOWN)
    return [
        Line(
            one,
            one.messages[-1],
            _asker(here, one.asker),
            duration(here.now - one.asked_at, here.language) if one.state == "waiting" else "",
        )
        for one in found
    ]


def _asker(here: Visit, written: str) -> str:
    """`买家 b42`, `店铺 1001 li`."""
    side, _, account = written.partition("/")
    return translate(_SIDES[Side(side)], here.language).format(account=account.replace("/", " "))


async def _about(here: Visit, talk: ConversationView) -> About | None:
    if talk.case_id is None or parse_case_id(talk.case_id) is None:
        return None
    view = await here.desk.queries.case(here.case_key(talk.case_id), here.caller, here.language)
    if isinstance(view, Refusal):
        return None
    return About(view.title, view.status.text, f"{here.base}/cases/{talk.case_id}")


ROUTES = (inbox, live, conversation, live_talk, take, reply, close)
