"""What is new: a merchant's feed, and everything live (R2.4, DESIGN §7)."""

from collections.abc import AsyncIterator
from typing import Annotated

from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream
from msgspec import Meta, Struct

from amends.application.ports import CaseKey, Change
from amends.application.queries import FactPage, FeedPage
from amends.application.reach import reaches_feed
from amends.domain.order import Short
from amends.domain.refusals import Code, Refusal, refuse
from amends.domain.words import Side
from amends.web.api.cases import After
from amends.web.call import Call, MerchantId, case_key, operation, reached
from amends.web.live import announce, follow
from amends.web.problems import Problem, Refused

_PAGE = 200


class FeedQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Whose feed (a merchant's own without it), and behind which number."""

    merchant: MerchantId | None = None
    after: After = 0
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100


class LiveQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """One case, one merchant's feed, or without either whatever the actor may see.

    `after` is where to begin where there is no `Last-Event-ID`: an event's number in the case, or in the feed;
    without it, now.
    """

    case_id: Short | None = None
    merchant: MerchantId | None = None
    after: After | None = None


@operation("GET", "/v1/feed")
async def get_feed(call: Call, query: FeedQuery) -> FeedPage:
    """A merchant's events in the order in which they became visible, without gaps; ask again with `next_after`."""
    merchant_id = _merchant(call, query.merchant)
    return call.found(await call.desk.queries.feed(merchant_id, query.after, query.limit, call.caller), merchant_id)


@operation("GET", "/v1/live", needs_actor=True, media=("text/event-stream",))
async def get_live(call: Call, query: LiveQuery) -> Stream:
    """Server-sent events: `fact` with its number as id for one case or one merchant; else `change` and `reload`."""
    return Stream(
        await _events(call, query),
        media_type="text/event-stream",
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


async def _events(call: Call, query: LiveQuery) -> AsyncIterator[bytes]:
    if query.case_id is not None:
        return await _of_case(call, query, case_key(query.case_id))
    if query.merchant is not None or call.caller.actor.side is Side.MERCHANT:
        return await _of_merchant(call, query, _merchant(call, query.merchant))
    return _of_everything(call)


async def _of_case(call: Call, query: LiveQuery, key: CaseKey) -> AsyncIterator[bytes]:
    queries, caller = call.desk.queries, call.caller
    newest = call.found(await queries.version(key, caller), key.merchant_id)

    async def read(after: int) -> tuple[list[tuple[int, object]], int]:
        page = await queries.timeline(key, caller, after, _PAGE)
        assert isinstance(page, FactPage), "a case stays whose it is"
        return [(fact.seq, fact) for fact in page.events], page.read_to

    def wants(change: Change) -> bool:
        return change.case_id == key.case_id and change.merchant_id == key.merchant_id

    return follow(call.desk.hub, wants, _begin(call, query, newest), read)


async def _of_merchant(call: Call, query: LiveQuery, merchant_id: int) -> AsyncIterator[bytes]:
    queries, caller = call.desk.queries, call.caller
    if not reaches_feed(caller, merchant_id):
        raise Refused(refuse(Code.NOT_YOURS), merchant_id)

    async def read(after: int) -> tuple[list[tuple[int, object]], int]:
        page = await queries.feed(merchant_id, after, _PAGE, caller)
        assert not isinstance(page, Refusal), "a feed stays whose it is"
        return [(entry.feed_no, entry.fact) for entry in page.entries], page.next_after

    def wants(change: Change) -> bool:
        return change.merchant_id == merchant_id

    return follow(call.desk.hub, wants, _begin(call, query, await call.desk.records.feed_no(merchant_id)), read)


def _of_everything(call: Call) -> AsyncIterator[bytes]:
    queries, caller = call.desk.queries, call.caller

    async def theirs(key: CaseKey) -> bool:
        return await queries.is_theirs(key, caller)

    return announce(call.desk.hub, lambda change: caller.may_reach(change.merchant_id), theirs)


def _begin(call: Call, query: LiveQuery, newest: int) -> int:
    """Behind what was seen last; a number that nobody gave out begins now."""
    seen = call.headers.last_event_id
    if seen.isascii() and seen.isdigit() and len(seen) <= 15:
        return min(int(seen), newest)
    return newest if query.after is None else min(query.after, newest)


def _merchant(call: Call, asked: str | None) -> int:
    if asked is not None:
        return reached(asked, call.caller)
    actor = call.caller.actor
    own = int(actor.party) if actor.side is Side.MERCHANT else call.caller.merchant_id
    if own is None:
        raise Problem("invalid_query", faults=[{"path": "$.merchant", "problem": "missing"}])
    return own


HANDLERS: tuple[HTTPRouteHandler, ...] = (get_feed, get_live)
