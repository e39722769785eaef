"""The shop's queues: how much lies in each, and what has to be done first."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import NamedTuple, TypeVar
from urllib.parse import urlencode

from litestar import Response, get

from amends.application.caseview import CaseLineView, case_line
from amends.application.ports import BadCursor, CaseFilter, CasePage, CaseRow
from amends.application.workbench import Counts, Queue, QueueFilter
from amends.domain import commands as k
from amends.domain.case import parse_case_id
from amends.domain.permissions import ROLES
from amends.domain.time import Instant
from amends.domain.words import Kind, Side
from amends.web.portal.visit import Here, Visit
from amends.wording.catalogue import N_, translate
from amends.wording.labels import label

Wanted = TypeVar("Wanted", CaseFilter, QueueFilter)

DUE_SOON = timedelta(hours=12)
MOST_COUNTED = 1000
"""More is shown as 999+: nobody works by such a figure."""

SOON = "soon"
PAGE = 50
BESIDE_A_CASE = 15

NAMES = {
    Queue.ANSWER: N_("To answer"),
    SOON: N_("Due within 12 h"),
    Queue.NEGOTIATING: N_("Negotiating"),
    Queue.CHECK: N_("Returns to check"),
    Queue.SHIP: N_("To ship"),
    Queue.REVIEW: N_("Under review"),
    Queue.WAITING: N_("Waiting for others"),
    Queue.FINISHED: N_("Finished"),
}
"""In the order of the tabs; `soon` takes from all queues in which the shop's own clock runs."""

EMPTY = {
    Queue.ANSWER: N_("New applications appear here until somebody writes to the buyer."),
    SOON: N_("Whatever the shop has to do within the next 12 hours appears here."),
    Queue.NEGOTIATING: N_("Applications that are being talked about appear here until they are answered."),
    Queue.CHECK: N_("Returns that have arrived appear here until they are checked."),
    Queue.SHIP: N_("Replacements and repaired goods to be sent appear here."),
    Queue.REVIEW: N_("Cases that the platform has taken up appear here."),
    Queue.WAITING: N_("Cases in which it is the buyer's or the courier's turn, or money is on its way, appear here."),
    Queue.FINISHED: N_("Closed cases appear here, the newest first."),
}

BULK: tuple[tuple[str, type[k.Command]], ...] = (
    ("agree", k.Agree),
    ("accept-return", k.AcceptReturn),
    ("send-message", k.SendMessage),
)
"""What can be done to many cases at once."""


class Line(NamedTuple):
    """A case in a queue. `wrote` is the side that wrote last, at `wrote_at`."""

    case: CaseLineView
    kind: str
    reason: str
    wrote: Side | None
    wrote_at: Instant | None


class Asked(NamedTuple):
    """What the address of a list asks for."""

    queue: str
    kind: str
    reason: str
    sort: str
    text: str

    def address(self, base: str, **changes: str) -> str:
        """The list with something else asked for."""
        values = {
            "queue": self.queue, "kind": self.kind, "reason": self.reason, "sort": self.sort, "q": self.text,
        } | changes  # fmt: skip
        return f"{base}?{urlencode({name: value for name, value in values.items() if value})}"


@get("/")
async def page(here: Here) -> Response[bytes]:
    asked = asked_for(here)
    number = parse_case_id(asked.text.strip())
    if number is not None and number[0] == here.caller.merchant_id:
        return here.go(f"{here.base}/cases/{asked.text.strip().upper()}")
    lines, cursor = await read_lines(here, asked, PAGE)
    counts = await read_counts(here)
    policy = here.desk.policies.in_force(here.now)
    reasons = [
        (code, reason.label if here.language == "zh" else reason.label_en) for code, reason in policy.reasons.items()
    ]
    return here.page(
        "merchant/home.html",
        asked=asked,
        lines=lines,
        tabs=tabs(here, counts, asked.queue if not asked.text else ""),
        kinds=[(kind, label(kind, here.language)) for kind in Kind],
        reasons=reasons,
        empty=translate(EMPTY[_known(asked.queue)], here.language),
        bulk=[verb for verb, command in BULK if here.actor.role in ROLES[command]],
        next_href=asked.address(here.base, cursor=cursor) if cursor else "",
        first_href=asked.address(here.base) if here.request.query_params.get("cursor") else "",
    )


def asked_for(here: Visit) -> Asked:
    """The list that the address names; what it does not know is left out."""
    given = here.request.query_params
    kind = given.get("kind", "")
    return Asked(
        str(_known(given.get("queue", ""))),
        kind if kind in tuple(Kind) else "",
        given.get("reason", "")[:64],
        "amount" if given.get("sort") == "amount" else "",
        given.get("q", "").strip().replace("\0", "")[:100],
    )


async def read_lines(here: Visit, asked: Asked, limit: int) -> tuple[list[Line], str | None]:
    """A page of the list, from the cursor in the address on."""
    cursor = here.request.query_params.get("cursor") or None
    merchant_id = here.caller.merchant_id
    assert merchant_id is not None, "staff of a shop"
    kinds = (Kind(asked.kind),) if asked.kind else ()
    reasons = (asked.reason,) if asked.reason else ()
    if asked.text:
        wanted = CaseFilter(merchant_id, kinds=kinds, reasons=reasons, text=asked.text)
        found = await _from(here.desk.records.cases, wanted, cursor, limit)
    else:
        queue = QueueFilter(
            merchant_id,
            Queue(asked.queue) if asked.queue != SOON else Queue.ANSWER,
            here.now + DUE_SOON if asked.queue == SOON else None,
            kinds,
            reasons,
            by_amount=asked.sort == "amount",
        )
        found = await _from(here.desk.workbench.queue, queue, cursor, limit)
    return [line_of(here, row) for row in found.rows], found.cursor


async def _from(
    read: Callable[[Wanted, str | None, int], Awaitable[CasePage]], wanted: Wanted, cursor: str | None, limit: int
) -> CasePage:
    """A cursor of another list, left in an address, begins this one anew."""
    try:
        return await read(wanted, cursor, limit)
    except BadCursor:
        return await read(wanted, None, limit)


def line_of(here: Visit, row: CaseRow) -> Line:
    case, talk = row.case, row.case.talk
    shown = case_line(
        case, row.title, row.updated_at, actor=here.actor, policies=here.desk.policies,
        reader=here.reader(case.currency),
    )  # fmt: skip
    reason = here.desk.policies.get(case.policy).reasons.get(case.reason)
    said = (reason.label if here.language == "zh" else reason.label_en) if reason else case.reason
    times = {Side.MERCHANT: talk.merchant_wrote_at, Side.BUYER: talk.buyer_wrote_at}
    written = [(at, side) for side, at in times.items() if at is not None]
    at, side = max(written, default=(None, None))
    return Line(shown, label(case.kind, here.language), said, side, at)


async def read_counts(here: Visit) -> Counts:
    assert here.caller.merchant_id is not None, "staff of a shop"
    return await here.desk.workbench.counts(here.caller.merchant_id, here.now + DUE_SOON, MOST_COUNTED)


def tabs(here: Visit, counts: Counts, current: str) -> Sequence[tuple[str, str, str | None, bool, str]]:
    """The queues with how much lies in them, as the macro `tabs` takes them."""
    found = []
    for queue, name in NAMES.items():
        number = counts.due if queue == SOON else counts.queues[Queue(queue)]
        told = f"{MOST_COUNTED - 1}+" if number >= MOST_COUNTED else str(number)
        tone = "soon" if queue == SOON and number else ""
        shown = None if queue is Queue.FINISHED else told
        href = f"{here.base}?queue={queue}"
        found.append((translate(name, here.language), href, shown, queue == current, tone))
    return found


def _known(queue: str) -> Queue | str:
    return next((one for one in NAMES if one == queue), Queue.ANSWER)


ROUTES = (page,)
