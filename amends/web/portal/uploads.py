"""What scripts of the pages send on the side: files in pieces, while their sender goes on writing; and files to see."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from litestar import Response, get, patch, post
from litestar.params import FromPath
from litestar.response import Stream

from amends.application.evidence import UnknownUpload, upload_view
from amends.application.files import FileRow, FileState, Form, Unsuitable
from amends.domain.case import parse_case_id
from amends.web.answers import as_problem, problem_body
from amends.web.api.evidence import offset_of, upload_headers
from amends.web.files import body_of, sent_file
from amends.web.portal.attached import kind_for, wish_of
from amends.web.portal.casepage import NOT_DONE
from amends.web.portal.visit import Here, Visit
from amends.web.problems import Problem
from amends.web.wire import encode


def _told(handle: Callable[..., Awaitable[Response[bytes]]]) -> Callable[..., Awaitable[Response[bytes]]]:
    """A script reads why a file is not taken and shows it beside the file; a page would be of no use to it."""

    @wraps(handle)
    async def serve(here: Here, **given: Any) -> Response[bytes]:
        try:
            return await handle(here, **given)
        except (*NOT_DONE, Unsuitable, UnknownUpload) as fault:
            problem = as_problem(fault)
            body = problem_body(here.desk, problem, here.language, here.actor.side)
            return Response(encode(body), status_code=problem.status, media_type="application/problem+json")

    return serve


@post("/uploads")
@_told
async def begin(here: Here) -> Response[bytes]:
    wish = wish_of(here.kept("about"), here.kept("name"))
    size = here.kept("size_bytes")
    if not size.isascii() or not size.isdigit() or len(size) > 15:
        raise Problem("invalid_upload")
    row = here.found(await here.desk.evidence.begin(wish, here.caller, int(size)), wish.merchant_id)
    return _answer(row)


@get("/uploads/{upload_id:str}")
@_told
async def show(here: Here, upload_id: FromPath[str]) -> Response[bytes]:
    return _answer(await _upload(here, upload_id))


@patch("/uploads/{upload_id:str}")
@_told
async def go_on(here: Here, upload_id: FromPath[str]) -> Response[bytes]:
    row = await _upload(here, upload_id)
    return _answer(await here.desk.evidence.append(row, offset_of(here.request), body_of(here.request)))


@get("/cases/{case_id:str}/evidence/{evidence_id:str}")
async def evidence_file(here: Here, case_id: FromPath[str], evidence_id: FromPath[str]) -> Stream:
    asked = here.request.query_params.get("form", Form.DISPLAY)
    form = next((form for form in Form if form == asked), Form.DISPLAY)
    wanted = here.request.headers.get("range", "")
    return await sent_file(here.desk, here.case_key(case_id), evidence_id, here.caller, form, asked_range=wanted)


async def _upload(here: Visit, upload_id: str) -> FileRow:
    numbers = parse_case_id(upload_id)
    if numbers is None:
        raise Problem("unknown_upload")
    return await here.desk.evidence.upload(*numbers, here.caller)


def _answer(row: FileRow) -> Response[bytes]:
    view = upload_view(row)
    told = {"upload_id": view.upload_id, "received_bytes": view.received_bytes, "sha256": view.sha256}
    if row.state is FileState.KEPT:
        told["kind"] = kind_for(view.media_type)
    return Response(encode(told), media_type="application/json", headers=upload_headers(view))


ROUTES = (begin, show, go_on, evidence_file)
