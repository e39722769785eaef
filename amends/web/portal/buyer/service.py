"""Talking to the service: whoever asks for a person, in any words, gets one, and sees how long the queue is (R5.1)."""

from datetime import timedelta

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Stream

from amends.application.ports import CaseKey
from amends.application.service import ConversationView
from amends.web.live import listen_in
from amends.web.portal import forms
from amends.web.portal.casepage import told
from amends.web.portal.live import stream
from amends.web.portal.troubles import Trouble
from amends.web.portal.visit import Here, Visit
from amends.wording.catalogue import N_, translate
from amends.wording.formats import duration

_SHOWN = 20

_HINT = N_("No person has been called. Type “a person” or press the button, and somebody from the service will answer.")
_NOTHING_SAID = N_("Nothing was sent: write what it is about, or press the button to talk to a person.")
_PERSON = N_("I would like to talk to a person.")


@get("/service")
async def front(here: Here, case: FromQuery[str] = "") -> Response[bytes]:
    """What was asked so far; whoever waits or talks goes on there."""
    return await _front(here, case)


@post("/service")
async def hear(here: Here) -> Response[bytes]:
    """Words typed before anybody listens: in an open talk they go on there, else a person comes when asked for."""
    case = str(here.form.get("case", ""))
    about = here.case_key(case) if case else None
    person = "person" in here.form
    text = forms.message(here) or (translate(_PERSON, here.language) if person else "")
    if not text:
        return await _front(here, case, hint=translate(_NOTHING_SAID, here.language))
    found = await (
        here.desk.service.ask_person(here.caller, text, case=about)
        if person
        else here.desk.service.hear(here.caller, text, case=about)
    )
    if found is None:
        return await _front(here, case, hint=translate(_HINT, here.language))
    return here.go(f"{here.base}/service/{here.found(found, about.merchant_id if about else 0).conversation_id}")


@get("/service/{conversation_id:str}")
async def talk(here: Here, conversation_id: FromPath[str]) -> Response[bytes]:
    return await _talk(here, conversation_id)


@get("/service/{conversation_id:str}/live")
async def live(here: Here, conversation_id: FromPath[str]) -> Stream:
    """That somebody answered, and while it waits, that its place changed."""
    found = await here.desk.service.show(here.caller, conversation_id)
    return stream(listen_in(here.desk.hub, here.case_key(conversation_id), to_queue=found.state == "waiting"))


@post("/service/{conversation_id:str}")
async def say(here: Here, conversation_id: FromPath[str]) -> Response[bytes]:
    try:
        if text := forms.message(here):
            await here.desk.service.reply(here.caller, conversation_id, text)
    except Exception as fault:  # noqa: BLE001 - whatever it is, what was typed stays on the page
        return await _talk(here, conversation_id, told(here, fault))
    return here.go(f"{here.base}/service/{conversation_id}")


@post("/service/{conversation_id:str}/close")
async def close(here: Here, conversation_id: FromPath[str]) -> Response[bytes]:
    await here.desk.service.close(here.caller, conversation_id)
    return here.go(f"{here.base}/service/{conversation_id}")


async def _front(here: Visit, case: str, hint: str = "") -> Response[bytes]:
    about: CaseKey | None = here.case_key(case) if case else None
    found = await here.desk.service.list(here.caller, _SHOWN)
    going_on = next((one for one in found if one.state != "closed"), None)
    title = ""
    if about is not None:
        title = here.found(await here.desk.queries.case(about, here.caller, here.language), about.merchant_id).title
    return here.page("buyer/service.html", conversations=found, going_on=going_on, hint=hint, case=case, title=title)


async def _talk(here: Visit, conversation_id: str, trouble: Trouble | None = None) -> Response[bytes]:
    found = await here.desk.service.show(here.caller, conversation_id)
    return here.page(
        "buyer/conversation.html",
        status=409 if trouble else 200,
        talk=found,
        wait=_wait(here, found),
        me=here.actor.name,
        trouble=trouble,
    )


def _wait(here: Visit, talk: ConversationView) -> str:
    """How long somebody at that place usually waits, in words; empty where nobody was taken lately."""
    if talk.expected_wait_seconds is None:
        return ""
    return duration(timedelta(seconds=max(60, talk.expected_wait_seconds)), here.language)


ROUTES = (front, hear, talk, live, say, close)
