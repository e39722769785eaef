"""Cases: opening them, lists, one case, its record (DESIGN §7)."""

from typing import Annotated

from litestar.handlers import HTTPRouteHandler
from msgspec import Meta, Struct
from msgspec.structs import replace

from amends.application.caseview import CaseView
from amends.application.ports import CaseFilter, Envelope
from amends.application.queries import CaseLines, EvidenceView, FactPage
from amends.domain import commands as k
from amends.domain.order import Short
from amends.domain.time import Instant
from amends.domain.words import Kind, Stage
from amends.web.answers import Answered, answer_headers, answered
from amends.web.call import Call, MerchantId, Reply, operation, plain, reached
from amends.web.files import hold_files

Limit = Annotated[int, Meta(ge=1, le=200)]
After = Annotated[int, Meta(ge=0, le=2**53)]
Cursor = Annotated[str, Meta(max_length=400)]


class CaseQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which cases; several stages, kinds or reasons are given with commas or repeated."""

    merchant: MerchantId | None = None
    buyer: Short | None = None
    stage: tuple[Stage, ...] = ()
    kind: tuple[Kind, ...] = ()
    reason: tuple[Short, ...] = ()
    assignee: Short | None = None
    due_before: Instant | None = None
    q: Annotated[str, Meta(max_length=100)] = ""
    sort: Annotated[str, Meta(pattern="^(newest|due)$")] = "newest"
    cursor: Cursor | None = None
    limit: Limit = 50


class PageQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Where to go on: behind the number `after`."""

    after: After = 0
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100


class Opening(k.OpenCase, frozen=True, kw_only=True):
    """Ask for amends for an order of a merchant."""

    merchant_id: MerchantId


class RefundAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """The merchant's request and the screenshots of the chat in which the buyer wishes it (R4.4)."""

    evidence: k.EvidenceItems = ()
    note: Annotated[str, Meta(max_length=2000)] = ""


class Evidence(Struct, frozen=True):
    """All evidence of a case."""

    evidence: list[EvidenceView]


@operation("POST", "/v1/cases", status=201, needs_actor=True)
async def open_case(call: Call, body: Opening) -> Reply[Answered]:
    """Open a case (open-case)."""
    return await _open(call, reached(body.merchant_id, call.caller), plain(k.OpenCase, body))


@operation("POST", "/v1/orders/{merchant_id:str}/{order_no:str}/ask-platform-refund", status=201, needs_actor=True)
async def ask_platform_refund(call: Call, body: RefundAsked) -> Reply[Answered]:
    """Ask the platform to refund an order that was not shipped; sent by the merchant."""
    command = k.AskPlatformRefund(call.path["order_no"], body.evidence, body.note)
    return await _open(call, call.merchant_id(), command)


async def _open(call: Call, merchant_id: int, command: k.OpenCase | k.AskPlatformRefund) -> Reply[Answered]:
    envelope = Envelope(call.caller.actor, merchant_id, command, order_no=command.order_no, key=call.headers.key)
    await hold_files(call.desk, call.caller, envelope)
    reply = await answered(call.desk, call.caller, call.language, await call.desk.lanes.submit(envelope))
    headers = {**answer_headers(reply), "location": f"/v1/cases/{reply.case_id}"}
    return Reply(reply, 201, headers)


@operation("GET", "/v1/cases", needs_actor=True)
async def list_cases(call: Call, query: CaseQuery) -> CaseLines:
    """A page of the cases that the actor may see."""
    wanted = CaseFilter(
        merchant_id=reached(query.merchant, call.caller) if query.merchant else None,
        buyer_id=query.buyer,
        stages=query.stage,
        kinds=query.kind,
        reasons=query.reason,
        assignee=query.assignee,
        due_before=query.due_before,
        text=query.q,
        by_due=query.sort == "due",
    )
    return call.found(await call.desk.queries.cases(wanted, query.cursor, query.limit, call.caller, call.language))


@operation("GET", "/v1/cases/{case_id:str}", needs_actor=True)
async def get_case(call: Call) -> Reply[CaseView]:
    """A case as the actor may see it: where it stands, whose turn it is, until when, what then, what is open."""
    key = call.case_key()
    view = call.found(await call.desk.queries.case(key, call.caller, call.language), key.merchant_id)
    return Reply(view, headers={"etag": f'"{view.version}"'})


@operation("GET", "/v1/cases/{case_id:str}/events", needs_actor=True)
async def list_events(call: Call, query: PageQuery) -> FactPage:
    """The record of a case, event by event."""
    key = call.case_key()
    page = await call.desk.queries.timeline(key, call.caller, query.after, query.limit)
    return call.found(page, key.merchant_id)


@operation("GET", "/v1/cases/{case_id:str}/messages", needs_actor=True)
async def list_messages(call: Call, query: PageQuery) -> FactPage:
    """What was said in a case: messages, scripts, offers and answers to them, positions."""
    key = call.case_key()
    page = await call.desk.queries.messages(key, call.caller, query.after, query.limit)
    return call.found(page, key.merchant_id)


@operation("GET", "/v1/cases/{case_id:str}/evidence", needs_actor=True)
async def list_evidence(call: Call) -> Evidence:
    """The evidence of a case."""
    key = call.case_key()
    found = call.found(await call.desk.queries.evidence(key, call.caller), key.merchant_id)
    files = call.found(await call.desk.evidence.views(key, call.caller), key.merchant_id)
    return Evidence([replace(one, file=files.get(one.evidence_id)) for one in found])


HANDLERS: tuple[HTTPRouteHandler, ...] = (
    open_case,
    ask_platform_refund,
    list_cases,
    get_case,
    list_events,
    list_messages,
    list_evidence,
)
