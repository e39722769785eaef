"""The application: routes, problems, lifespan (DESIGN §7)."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cache
from time import perf_counter
from typing import Any

from litestar import Litestar, Request, Response
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.types import HTTPScope, Message, Receive, Scope, Send

from amends.web import commanding
from amends.web.answers import as_problem, problem_body
from amends.web.api import (
    batches,
    cases,
    conversations,
    dossier,
    evidence,
    findings,
    hand_overs,
    holds,
    ledger,
    merchants,
    news,
    operating,
    orders,
    reference,
    transcripts,
    watching,
)
from amends.web.call import language_of
from amends.web.desk import Desk
from amends.web.measures import Measures
from amends.web.openapi import document
from amends.web.portal import open_portal, page_trouble, pages
from amends.web.problems import MEDIA_TYPE, Problem
from amends.web.wire import encode

HANDLERS: tuple[HTTPRouteHandler, ...] = (
    *orders.HANDLERS,
    *cases.HANDLERS,
    *batches.HANDLERS,
    *news.HANDLERS,
    *merchants.HANDLERS,
    *watching.HANDLERS,
    *conversations.HANDLERS,
    *operating.HANDLERS,
    *hand_overs.HANDLERS,
    *holds.HANDLERS,
    *dossier.HANDLERS,
    *ledger.HANDLERS,
    *evidence.HANDLERS,
    *transcripts.HANDLERS,
    *findings.HANDLERS,
    *reference.HANDLERS,
)

_BY_STATUS = {404: "unknown_route", 405: "method_not_allowed", 413: "body_too_large"}


@cache
def openapi() -> bytes:
    """The reference, made when somebody first asks."""
    return encode(document(HANDLERS))


class Application:
    """What the server runs: commands about a case at once, everything else through the framework."""

    def __init__(self, open_desk: Callable[[], AbstractAsyncContextManager[Desk]]) -> None:
        @asynccontextmanager
        async def lifespan(app: Litestar) -> AsyncIterator[None]:
            async with open_desk() as desk:
                self.desk = app.state.desk = desk
                app.state.portal = open_portal(desk)
                yield

        self.framework = Litestar(
            [*HANDLERS, pages()],
            lifespan=[lifespan],
            openapi_config=None,
            logging_config=None,  # where logs go is decided by whoever starts the process
            exception_handlers={Exception: _problem},
        )
        self.measures = self.framework.state.measures = Measures()
        self.framework.state.openapi = openapi

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            await self._answer(scope, receive, send)
        else:
            await self.framework(scope, receive, send)

    async def _answer(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        started = perf_counter()
        status = 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        path = scope["path"]
        if path.startswith("/v1/"):
            # Segments are taken apart before they are decoded: an order number may hold a slash.
            path = scope["path"] = scope["raw_path"].decode("latin-1")
        command = commanding.named(scope, path)
        if command is not None:
            await commanding.serve(self.desk, scope, receive, noting, command)
        else:
            await self.framework(scope, receive, noting)
        self.measures.answered(scope["method"], status, perf_counter() - started)


def _problem(request: Request[Any, Any, Any], fault: Exception) -> Response[bytes]:
    if "text/html" in request.headers.get("accept", ""):
        return page_trouble(request, fault)
    known: Exception = fault
    if isinstance(fault, HTTPException) and fault.status_code in _BY_STATUS:
        known = Problem(_BY_STATUS[fault.status_code], **_allowed(fault))
    problem = as_problem(known)
    desk: Desk = request.app.state.desk
    body = problem_body(desk, problem, language_of(request.scope), None)
    return Response(encode(body), status_code=problem.status, headers=problem.headers, media_type=MEDIA_TYPE)


def _allowed(fault: HTTPException) -> dict[str, Any]:
    allow = (fault.headers or {}).get("allow", "")
    return {"allowed": sorted(allow.split(", "))} if allow else {}
