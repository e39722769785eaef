"""One request to the API: who calls, in which language, with what; and how a function becomes its handler."""

from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache
from typing import Annotated, Any, Generic, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta, Struct

from amends.application.access import Caller, NotAdmitted, is_merchant_id
from amends.application.ports import CaseKey
from amends.domain.case import parse_case_id
from amends.domain.refusals import Code, Refusal, refuse
from amends.domain.words import Side
from amends.web.desk import Desk
from amends.web.problems import Problem, Refused
from amends.web.wire import (
    LARGEST_BATCH_BODY,
    LARGEST_BODY,
    LARGEST_UPLOAD,
    decode,
    encode,
    path_text,
    query_of,
    read_body,
)
from amends.wording.catalogue import DEFAULT, LANGUAGES, Language

T = TypeVar("T")
Sent = TypeVar("Sent", bound=Struct)

MerchantId = Annotated[str, Meta(pattern="^[1-9][0-9]{0,18}$")]
"""Ids are strings in JSON: JavaScript's numbers end at 2^53."""

_LONGEST_KEY = 200


class Headers(NamedTuple):
    """The headers that the API listens to."""

    authorization: str = ""
    actor: str = ""
    language: Language = DEFAULT
    key: str | None = None
    version: int | None = None
    last_event_id: str = ""


class Call(NamedTuple):
    """A request whose sender was admitted."""

    desk: Desk
    caller: Caller
    headers: Headers
    path: dict[str, str]

    @property
    def language(self) -> Language:
        return self.headers.language

    def found(self, answer: "T | Refusal", merchant_id: int = 0) -> T:
        """The answer; raises Refused where it is a refusal."""
        if isinstance(answer, Refusal):
            raise Refused(answer, merchant_id)
        return answer

    def case_key(self) -> CaseKey:
        """The case in the path."""
        return case_key(self.path["case_id"])

    def merchant_id(self) -> int:
        """The merchant in the path, inside the key's scope."""
        return reached(self.path["merchant_id"], self.caller)


class Reply(Struct, Generic[T]):
    """An answer with more than a body."""

    body: T
    status: int = 200
    headers: dict[str, str] = {}


class Operation(NamedTuple):
    """A call as the reference describes it."""

    method: str
    path: str
    summary: str
    body: Any = None
    query: type[Struct] | None = None
    answer: Any = None
    status: int = 200
    needs_actor: bool = False
    media: Sequence[str] = ("application/json",)
    """What may come back; anything but JSON is a file or a stream, with no schema."""
    sends: Sequence[str] = ()
    """Media types of a body that is a file."""


def case_key(public_id: str) -> CaseKey:
    """The case with that public id. Raises Refused."""
    numbers = parse_case_id(public_id)
    if numbers is None:
        raise Refused(refuse(Code.UNKNOWN_CASE))
    return CaseKey(*numbers)


def reached(merchant_id: str, caller: Caller) -> int:
    """A merchant's number, if it is one and the key covers it. Raises Problem."""
    if not is_merchant_id(merchant_id):
        raise Problem("unknown_merchant")
    if not caller.may_reach(int(merchant_id)):
        raise Problem("not_in_scope")
    return int(merchant_id)


def headers_of(scope: Any) -> Headers:
    """What the API listens to. Raises Problem."""
    authorization = actor = last_event_id = ""
    language: Language = DEFAULT
    key: str | None = None
    version: int | None = None
    for name, value in scope["headers"]:
        match name:
            case b"authorization":
                authorization = value.decode("latin-1")
            case b"amends-actor":
                actor = value.decode("latin-1")
            case b"accept-language":
                language = best_language(value.decode("latin-1"))
            case b"idempotency-key":
                key = _key(value.decode("latin-1"))
            case b"if-match":
                version = _version(value.decode("latin-1"))
            case b"last-event-id":
                last_event_id = value.decode("latin-1")
    return Headers(authorization, actor, language, key, version, last_event_id)


def language_of(scope: Any) -> Language:
    """The reader's language, whatever else is wrong with the request."""
    accepted = next((value for name, value in scope["headers"] if name == b"accept-language"), b"")
    return best_language(accepted.decode("latin-1"))


@lru_cache(maxsize=512)
def best_language(accepted: str) -> Language:
    """The first of our languages by the reader's weights."""
    weighed: list[tuple[float, int, Language]] = []
    for place, part in enumerate(accepted.split(",")[:20]):
        tag, _, weight = part.partition(";q=")
        tag = tag.strip().lower()
        try:
            quality = float(weight) if weight else 1.0
        except ValueError:
            continue
        weighed += [(-quality, place, language) for language in LANGUAGES if tag.partition("-")[0] == language]
    return min(weighed)[2] if weighed and min(weighed)[0] < 0 else DEFAULT


def _key(text: str) -> str:
    if not 0 < len(text) <= _LONGEST_KEY or not text.isprintable():
        raise Problem("invalid_key")
    return text


def _version(text: str) -> int | None:
    """The version in an entity tag, weak or not; `*` means any."""
    tag = text.strip().removeprefix("W/")
    if tag == "*":
        return None
    digits = tag[1:-1] if len(tag) > 2 and tag[0] == tag[-1] == '"' else tag
    if not digits.isascii() or not digits.isdigit() or len(digits) > 9:
        raise Problem("invalid_version")
    return int(digits)


def shop_itself(call: Call) -> None:
    """News of the shop, couriers and providers come under the key alone, for nobody. Raises Problem."""
    if call.caller.actor.side is not Side.SYSTEM:
        raise Problem("not_allowed")


def plain(kind: type[Sent], news: Sent) -> Sent:
    """The command itself, without what the body carried beside it."""
    return kind(**{name: getattr(news, name) for name in kind.__struct_fields__})


async def admitted(desk: Desk, headers: Headers, *, needs_actor: bool) -> Caller:
    """Who calls. Raises Problem, Unavailable."""
    try:
        caller = await desk.access.admit(headers.authorization, headers.actor)
    except NotAdmitted as fault:
        raise Problem(fault.code) from fault
    if needs_actor and not headers.actor:
        raise Problem("actor_needed")
    return caller


def operation(
    method: str,
    path: str,
    *,
    status: int = 200,
    needs_actor: bool = False,
    largest_body: int = LARGEST_BODY,
    in_parts: bool = False,
    media: Sequence[str] = ("application/json",),
    sends: Sequence[str] = (),
    takes_request: bool = False,
) -> Callable[[Callable[..., Awaitable[Any]]], HTTPRouteHandler]:
    """Make a handler of `async def name(call, body, query) -> answer`.

    What it takes and gives is read from its annotations, once, and described so in the reference. A body `in_parts`
    is decoded further by the function. One that answers with files or a stream names their `media` types; one that
    takes a file `sends` one of those media types, and reads it from the `request` by itself; `takes_request` for its
    headers.
    """

    def wrap(handle: Callable[..., Awaitable[Any]]) -> HTTPRouteHandler:
        hints = get_type_hints(handle)
        body, query, answer = hints.get("body"), hints.get("query"), hints.get("return")
        if get_origin(answer) is Reply:
            (answer,) = get_args(answer)
        elif media != ("application/json",):
            answer = None
        summary = (handle.__doc__ or "").strip().partition("\n")[0]
        described = Operation(method, path, summary, body, query, answer, status, needs_actor, media, sends)

        async def serve(request: Request[Any, Any, Any]) -> Response[bytes]:
            desk: Desk = request.app.state.desk
            headers = headers_of(request.scope)
            caller = await admitted(desk, headers, needs_actor=needs_actor)
            segments = {name: path_text(text) for name, text in request.scope["path_params"].items()}
            call = Call(desk, caller, headers, segments)
            given: dict[str, Any] = {"request": request} if sends or takes_request else {}
            if query is not None:
                given["query"] = query_of(request.scope["query_string"], query)
            if body is not None:
                given["body"] = decode(await read_body(request.receive, largest_body) or b"{}", body, in_parts=in_parts)
            answered = await handle(call, **given)
            if isinstance(answered, Response):
                return answered
            reply = answered if isinstance(answered, Reply) else Reply(answered, status)
            return Response(
                encode(reply.body),
                status_code=reply.status,
                headers=reply.headers,
                media_type="application/json",
            )

        serve.__name__ = handle.__name__
        serve.__doc__ = handle.__doc__
        return HTTPRouteHandler(
            path,
            http_method=[method],  # type: ignore[list-item]
            status_code=status,
            request_max_body_size=LARGEST_UPLOAD if sends else LARGEST_BATCH_BODY,
            operation=described,
        )(serve)

    return wrap
