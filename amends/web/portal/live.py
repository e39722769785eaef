"""Pages that stay up to date: told which case reached which version, they read themselves again (R2.4)."""

from collections.abc import AsyncIterator

from litestar import get
from litestar.params import FromQuery
from litestar.response import Stream

from amends.application.ports import CaseKey, Change
from amends.domain.words import Side
from amends.web.live import announce
from amends.web.portal.visit import Here, Visit


@get("/live")
async def live(here: Here, case: FromQuery[str | None] = None) -> Stream:
    """Stands in every area: changes of one case, or of all that this person may see."""
    key = here.case_key(case) if case is not None else None
    if key is not None:
        here.found(await here.desk.queries.version(key, here.caller), key.merchant_id)
    return stream(_changes(here, key))


def stream(events: AsyncIterator[bytes]) -> Stream:
    """Server-sent events, held back by nobody on the way."""
    return Stream(
        events, media_type="text/event-stream", headers={"cache-control": "no-store", "x-accel-buffering": "no"}
    )


def _changes(here: Visit, key: CaseKey | None) -> AsyncIterator[bytes]:
    queries, caller = here.desk.queries, here.caller

    def wants(change: Change) -> bool:
        if key is not None:
            return (change.merchant_id, change.case_id) == key
        return caller.may_reach(change.merchant_id)

    async def theirs(changed: CaseKey) -> bool:
        # One case was looked at when watching began; a shop's and the platform's own are known by their number.
        return key is not None or caller.actor.side is not Side.BUYER or await queries.is_theirs(changed, caller)

    return announce(here.desk.hub, wants, theirs)
