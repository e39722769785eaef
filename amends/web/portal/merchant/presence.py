"""Two people of a shop on one case see each other; by the machine's clock, as a demonstration's moves nobody away."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta

from litestar import get
from litestar.params import FromPath
from litestar.response import Stream

from amends.application.ports import CaseKey, Change, Unavailable
from amends.application.workbench import Workbench
from amends.web.live import announce
from amends.web.portal.live import stream
from amends.web.portal.sessions import machine_time
from amends.web.portal.visit import Here, Visit

SEEN_FOR = timedelta(seconds=30)
"""Without a script nobody says that he is still there; who looked this lately may be."""

_AGAIN = timedelta(seconds=8)


async def see(here: Visit, key: CaseKey) -> list[str]:
    """Be seen at a case; the names of the others who are there."""
    return named(here, await _seen(here, key))


async def _seen(here: Visit, key: CaseKey) -> list[str]:
    now = machine_time()
    return [viewer.staff for viewer in await here.desk.workbench.see(key, here.actor.staff, now, now - SEEN_FOR)]


async def _others(here: Visit, key: CaseKey) -> list[str]:
    viewers = await here.desk.workbench.viewers(key, machine_time() - SEEN_FOR)
    return [viewer.staff for viewer in viewers if viewer.staff != here.actor.staff]


def named(here: Visit, staff: list[str]) -> list[str]:
    """As people call them, where the demonstration knows; else by the name that they sign in with."""
    known = {person.actor: person.name for person in here.desk.demo_people or ()}
    return [known.get(f"merchant/{here.actor.party}/{one}", one) for one in staff]


@get("/cases/{case_id:str}/live")
async def live(here: Here, case_id: FromPath[str]) -> Stream:
    """Changes of a case, and who else comes and goes."""
    key = here.case_key(case_id)
    here.found(await here.desk.queries.version(key, here.caller), key.merchant_id)
    return stream(_changes(here, key))


async def _changes(here: Visit, key: CaseKey) -> AsyncIterator[bytes]:
    workbench = here.desk.workbench
    told, seen_at = await _seen(here, key), machine_time()

    def wants(change: Change) -> bool:
        return (change.merchant_id, change.case_id) == key

    async def mine(_: CaseKey) -> bool:
        return True

    async def others_came_or_went() -> bool:
        nonlocal told, seen_at
        before = told
        if machine_time() - seen_at > _AGAIN:
            told, seen_at = await _seen(here, key), machine_time()
        else:
            told = await _others(here, key)
        return told != before

    try:
        async for part in announce(here.desk.hub, wants, mine, others_came_or_went):
            yield part
    finally:
        # Whoever closes the page cancels this; a task of its own says goodbye in spite of it.
        goodbye = asyncio.create_task(_leave(workbench, key, here.actor.staff))
        _GOODBYES.add(goodbye)
        goodbye.add_done_callback(_GOODBYES.discard)


_GOODBYES: set[asyncio.Task[None]] = set()
"""Held until they are done, as nobody waits for them."""


async def _leave(workbench: Workbench, key: CaseKey, staff: str) -> None:
    with contextlib.suppress(Unavailable):
        await workbench.leave(key, staff)


ROUTES = (live,)
