"""Files of evidence: sent at once or in pieces, and given out (R1.2, R5.4)."""

from typing import Annotated, Any

from litestar import Request
from litestar.datastructures import UploadFile
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream
from msgspec import Meta, Struct

from amends.application.evidence import LONGEST_NAME, UploadView, Wish, upload_view
from amends.application.files import FileRow, FileState, Form
from amends.domain.case import parse_case_id
from amends.domain.order import Short
from amends.domain.words import EvidenceKind
from amends.web.answers import Answered, answered
from amends.web.call import Call, MerchantId, Reply, case_key, operation, reached
from amends.web.files import body_of, content_of, form_of, sent_file
from amends.web.problems import Problem, Refused
from amends.web.wire import decode, encode


class Announced(Struct, frozen=True, forbid_unknown_fields=True):
    """What will come: for a case, or for an order on which one will be opened.

    With a case and a `kind` it becomes evidence as soon as all of it is there.
    """

    size_bytes: Annotated[int, Meta(ge=0, le=1 << 40)]
    name: Annotated[str, Meta(max_length=LONGEST_NAME)] = ""
    case_id: Short | None = None
    merchant_id: MerchantId | None = None
    order_no: Short | None = None
    kind: EvidenceKind | None = None
    note: Annotated[str, Meta(max_length=500)] = ""


class Attached(Struct, frozen=True, omit_defaults=True):
    """An upload, and once it was filed what that did."""

    upload: UploadView
    filed: Answered | None = None


class FormQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`display` is a copy without metadata, `thumb` a small picture, `original` what was sent, for who may have it."""

    form: Form = Form.DISPLAY


@operation("POST", "/v1/evidence", status=201, needs_actor=True, sends=("multipart/form-data",))
async def send_evidence(call: Call, request: Request[Any, Any, Any]) -> Reply[Attached]:
    """Send a `file` with the fields of an upload; with a case and a kind it is filed at once."""
    form = await form_of(request)
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise Problem("invalid_upload")
    fields = {name: value for name, value in form.items() if isinstance(value, str) and value}
    wish = _wish(call, decode(encode({"name": file.filename, **fields, "size_bytes": 0}), Announced))
    row = call.found(await call.desk.evidence.take(wish, call.caller, content_of(file)), wish.merchant_id)
    try:
        return _reply(await _filed(call, row), 201)
    except Refused:
        await call.desk.evidence.discard(row)
        raise


@operation("POST", "/v1/uploads", status=201, needs_actor=True)
async def begin_upload(call: Call, body: Announced) -> Reply[Attached]:
    """Begin an upload in pieces, for lines that break."""
    wish = _wish(call, body)
    row = call.found(await call.desk.evidence.begin(wish, call.caller, body.size_bytes), wish.merchant_id)
    return _reply(Attached(upload_view(row)), 201)


@operation("GET", "/v1/uploads/{upload_id:str}", needs_actor=True)
async def get_upload(call: Call) -> Reply[Attached]:
    """How far an upload has come; `Upload-Offset` says from where to go on."""
    return _reply(Attached(upload_view(await _upload(call))), 200)


@operation("HEAD", "/v1/uploads/{upload_id:str}", needs_actor=True)
async def head_upload(call: Call) -> Reply[Attached]:
    """The same without a body."""
    return _reply(Attached(upload_view(await _upload(call))), 200)


@operation("PATCH", "/v1/uploads/{upload_id:str}", needs_actor=True, sends=("application/octet-stream",))
async def continue_upload(call: Call, request: Request[Any, Any, Any]) -> Reply[Attached]:
    """The bytes from `Upload-Offset` on. What came before a line broke is kept; the last ones finish the upload."""
    row = await _upload(call)
    row = await call.desk.evidence.append(row, offset_of(request), body_of(request))
    return _reply(await _filed(call, row), 200)


@operation(
    "GET",
    "/v1/cases/{case_id:str}/evidence/{evidence_id:str}",
    needs_actor=True,
    media=("image/jpeg", "video/mp4", "audio/mp4", "application/pdf", "application/json", "application/octet-stream"),
    takes_request=True,
)
async def get_evidence_file(call: Call, request: Request[Any, Any, Any], query: FormQuery) -> Stream:
    """The file of a piece of evidence, as far as the actor may see it; a part of it by `Range`."""
    wanted = request.headers.get("range", "")
    key, evidence_id = call.case_key(), call.path["evidence_id"]
    return await sent_file(call.desk, key, evidence_id, call.caller, query.form, asked_range=wanted)


def offset_of(request: Request[Any, Any, Any]) -> int:
    """Where the sender believes to stand. Raises Problem."""
    offset = request.headers.get("upload-offset", "")
    if not offset.isascii() or not offset.isdigit() or len(offset) > 15:
        raise Problem("invalid_upload")
    return int(offset)


def upload_headers(view: UploadView) -> dict[str, str]:
    return {"upload-offset": str(view.received_bytes), "upload-length": str(view.size_bytes)}


def _wish(call: Call, told: Announced) -> Wish:
    """Raises Problem, Refused."""
    if told.case_id is not None:
        key = case_key(told.case_id)
        return Wish(key.merchant_id, key.case_id, None, told.name, told.kind, told.note, call.headers.key)
    if told.merchant_id is None or told.order_no is None:
        raise Problem("invalid_upload")
    return Wish(reached(told.merchant_id, call.caller), None, told.order_no, told.name)


async def _upload(call: Call) -> FileRow:
    numbers = parse_case_id(call.path["upload_id"])
    if numbers is None:
        raise Problem("unknown_upload")
    return await call.desk.evidence.upload(*numbers, call.caller)


async def _filed(call: Call, row: FileRow) -> Attached:
    """What it was for is done as soon as it is kept. Raises Refused."""
    view = upload_view(row)
    if row.state is not FileState.KEPT:
        return Attached(view)
    answer = await call.desk.evidence.file(row, call.caller)
    if answer is None:
        return Attached(view)
    return Attached(view, await answered(call.desk, call.caller, call.language, answer))


def _reply(body: Attached, status: int) -> Reply[Attached]:
    headers = {**upload_headers(body.upload), "location": f"/v1/uploads/{body.upload.upload_id}"}
    return Reply(body, status, headers)


HANDLERS: tuple[HTTPRouteHandler, ...] = (
    send_evidence,
    begin_upload,
    get_upload,
    head_upload,
    continue_upload,
    get_evidence_file,
)
