"""Legal holds: which cases must be kept whole, by whose word; placing one after a look at it, lifting one."""

from typing import NamedTuple

from litestar import Response, get, post
from litestar.params import FromPath

from amends.application.caseview import CaseView
from amends.application.holds import LONGEST_REASON, MAY_PLACE, MAY_SEE, Hold, HoldPage, NotHeld, number_of
from amends.application.ports import BadCursor, CaseKey
from amends.domain.case import public_case_id
from amends.domain.time import Instant
from amends.web.portal.casepage import NOT_DONE, told
from amends.web.portal.desk import people
from amends.web.portal.troubles import Trouble
from amends.web.portal.visit import Here, Visit
from amends.wording.catalogue import N_, translate

_SHOWN = 50


class Line(NamedTuple):
    """A hold as the page shows it, people by their names."""

    case_id: str
    number: int
    reason: str
    by: str
    at: Instant
    lifted_by: str
    lifted_at: Instant | None
    lifted_because: str | None


class Preview(NamedTuple):
    """What would be held, why, what stands on it already; `same` is the one that stands for the same reason."""

    case: CaseView
    reason: str
    standing: list[Line]
    same: Line | None


@get("/holds", roles=MAY_SEE)
async def holds(here: Here) -> Response[bytes]:
    return await _show(here)


@get(["/holds/preview", "/holds/{case_id:str}/{number:str}/lift"], roles=MAY_SEE)
async def back_to_holds(here: Here) -> Response[bytes]:
    """A page that a form led to is read again as the list."""
    return here.go(f"{here.base}/holds")


@post("/holds/preview", roles=MAY_PLACE)
async def preview(here: Here) -> Response[bytes]:
    """What a hold would mean; nothing is placed yet."""
    try:
        return await _show(here, preview=await _preview(here))
    except (*NOT_DONE, NotHeld) as fault:
        return await _show(here, told(here, fault))


@post("/holds", roles=MAY_PLACE)
async def place(here: Here) -> Response[bytes]:
    try:
        done = await here.desk.holds.place(_case(here), _reason(here), here.person.actor)
    except (*NOT_DONE, NotHeld) as fault:
        return await _show(here, told(here, fault))
    text = N_("Hold {number} lies on {case} now.") if done.is_new else N_("Hold {number} lay on {case} already.")
    case_id = public_case_id(*done.hold.case)
    said = translate(text, here.language).format(number=done.hold.number, case=case_id)
    return here.go(f"{here.base}/holds", said=said)


@post("/holds/{case_id:str}/{number:str}/lift", roles=MAY_PLACE)
async def lift(here: Here, case_id: FromPath[str], number: FromPath[str]) -> Response[bytes]:
    try:
        key = here.case_key(case_id)
        done = await here.desk.holds.lift(key, number_of(number), _reason(here, "because"), here.person.actor)
    except (*NOT_DONE, NotHeld) as fault:
        return await _show(here, told(here, fault), tried=f"{case_id}/{number}")
    text = translate(N_("Hold {number} on {case} is lifted."), here.language)
    return here.go(f"{here.base}/holds", said=text.format(number=done.hold.number, case=case_id))


async def _show(
    here: Visit, trouble: Trouble | None = None, preview: Preview | None = None, tried: str = ""
) -> Response[bytes]:
    """`tried` is the hold whose lifting did not go through."""
    asked = here.request.query_params.get("after")
    page = await _page(here, asked)
    lines = [_line(here, hold) for hold in page.holds]
    return here.page(
        "operator/holds.html",
        status=409 if trouble else 200,
        standing=[line for line in lines if line.lifted_at is None],
        lifted=[line for line in lines if line.lifted_at is not None],
        count=page.standing,
        next_href=f"{here.base}/holds?after={page.next_cursor}" if page.next_cursor else "",
        first_href=f"{here.base}/holds" if asked else "",
        may_place=here.actor.role in MAY_PLACE,
        preview=preview,
        trouble=trouble,
        tried=tried,
        case_id=here.request.query_params.get("case", "")[:40],
        longest=LONGEST_REASON,
    )


async def _page(here: Visit, cursor: str | None) -> HoldPage:
    """A cursor of another list, left in an address, begins this one anew."""
    try:
        return await here.desk.holds.page(cursor, _SHOWN)
    except BadCursor:
        return await here.desk.holds.page(None, _SHOWN)


async def _preview(here: Visit) -> Preview:
    key, reason = _case(here), " ".join(_reason(here).split())
    case = here.found(await here.desk.queries.case(key, here.caller, here.language), key.merchant_id)
    if case.erased_at is not None:
        raise NotHeld("nothing_left")
    if not reason:
        raise NotHeld("reason_missing")
    standing = [_line(here, hold) for hold in await here.desk.holds.of_case(key)]
    return Preview(case, reason, standing, next((line for line in standing if line.reason == reason), None))


def _case(here: Visit) -> CaseKey:
    return here.case_key(here.kept("case_id").strip())


def _reason(here: Visit, name: str = "reason") -> str:
    """No longer than the field lets anybody write."""
    return here.kept(name).replace("\0", "")[:LONGEST_REASON]


def _line(here: Visit, hold: Hold) -> Line:
    return Line(
        public_case_id(*hold.case),
        hold.number,
        hold.reason,
        _name(here, hold.by),
        hold.at,
        _name(here, hold.lifted_by or ""),
        hold.lifted_at,
        hold.lifted_because,
    )


def _name(here: Visit, by: str) -> str:
    """Of the platform's people their names; who placed one at the terminal is called as he called himself."""
    return people.name_of(here, by.removeprefix("platform/"))


ROUTES = (holds, back_to_holds, preview, place, lift)
