"""The public side of the ledger: heads, keys and proofs that nothing was changed. Nobody has to say who he is."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta, Struct

from amends.application.ledger import SignedHead
from amends.domain.time import Instant
from amends.proof.heads import read_keys
from amends.web.call import Operation
from amends.web.desk import Desk
from amends.web.problems import Problem
from amends.web.wire import encode, query_of

Size = Annotated[int, Meta(ge=1, le=2**53)]


class HeadView(Struct, frozen=True, omit_defaults=True):
    """A head; `note` is the signed text, `stamp` a time-stamping authority's reply about it (DER, in hexadecimal)."""

    size: int
    root: str
    at: Instant
    note: str
    stamp: str = ""


class KeyView(Struct, frozen=True):
    """A key that signs since an instant; `note` introduces it, signed by the one before."""

    number: int
    key: str
    since: Instant
    note: str


class KeysView(Struct, frozen=True):
    """All keys of the ledger, the first one first."""

    ledger: str
    keys: list[KeyView]


class ConsistencyView(Struct, frozen=True):
    """RFC 9162 §2.1.4: hashes that prove the smaller ledger to be the beginning of the larger one."""

    old: int
    new: int
    proof: list[str]


class HeadQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Without a size, the newest."""

    size: Size | None = None


class ConsistencyQuery(Struct, frozen=True, forbid_unknown_fields=True, rename={"old": "from", "new": "to"}):
    """Sizes of two published heads."""

    old: Size
    new: Size


def _public(
    path: str, summary: str, query: type[Struct] | None, answer: type[Struct]
) -> Callable[[Callable[[Desk, Any], Awaitable[Struct]]], HTTPRouteHandler]:
    def wrap(handle: Callable[[Desk, Any], Awaitable[Struct]]) -> HTTPRouteHandler:
        async def serve(request: Request[Any, Any, Any]) -> Response[bytes]:
            asked = query_of(request.scope["query_string"], query) if query else None
            found = await handle(request.app.state.desk, asked)
            return Response(encode(found), media_type="application/json")

        serve.__name__ = handle.__name__
        serve.__doc__ = summary
        described = Operation("GET", path, summary, query=query, answer=answer)
        return get(path, opt={"operation": described})(serve)

    return wrap


@_public("/v1/ledger", "A signed head of the ledger, the newest without a size. Public.", HeadQuery, HeadView)
async def get_head(desk: Desk, query: HeadQuery) -> HeadView:
    head = await (desk.book.head() if query.size is None else desk.book.head_of(query.size))
    if head is None:
        raise Problem("unknown_head")
    return _head(head)


@_public("/v1/ledger/keys", "The keys that sign the ledger. Public.", None, KeysView)
async def get_keys(desk: Desk, _query: None) -> KeysView:
    notes = await desk.book.key_notes()
    keys = read_keys(note.encode() for note in notes)
    return KeysView(
        keys[0].ledger,
        [KeyView(one.number, str(one.key), one.since, note) for one, note in zip(keys, notes, strict=True)],
    )


@_public(
    "/v1/ledger/consistency",
    "Proof that a head is the beginning of a later one. Public.",
    ConsistencyQuery,
    ConsistencyView,
)
async def get_consistency(desk: Desk, query: ConsistencyQuery) -> ConsistencyView:
    newest = await desk.book.head()
    if newest is None or not query.old <= query.new <= newest.size:
        raise Problem("unknown_head")
    proof = await desk.ledger.consistency(query.old, query.new)
    return ConsistencyView(query.old, query.new, [hashed.hex() for hashed in proof])


def _head(head: SignedHead) -> HeadView:
    return HeadView(head.size, head.root.hex(), head.at, head.note, head.stamp.hex() if head.stamp else "")


HANDLERS: tuple[HTTPRouteHandler, ...] = (get_head, get_keys, get_consistency)
