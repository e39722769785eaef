"""The queues of the desk: by time left or by amount, with counts; the next case is taken with one step."""

from typing import Any, NamedTuple
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.params import FromQuery

from amends.application.arbitration import QUEUES, Arbitration, DeskPage
from amends.application.desk_rows import DeskFilter
from amends.application.ports import Envelope
from amends.domain import commands as k
from amends.domain.case import parse_case_id
from amends.web.portal import forms
from amends.web.portal.desk import people
from amends.web.portal.visit import Here, Visit
from amends.wording.catalogue import N_, translate

_PAGE = 50
_BESIDE = 30
"""So many lines stand beside an open case."""

_TRIED = 5
"""So many of the most urgent cases are tried before somebody hears that others were quicker."""

TITLES = {
    "mine": N_("Mine"),
    "unassigned": N_("Nobody's yet"),
    "second": N_("Second look"),
    "appeal": N_("Appeals"),
    "late": N_("Overdue"),
    "suspended": N_("Paused"),
    "payout": N_("Payouts"),
    "all": N_("All"),
}

_EMPTY = {
    "mine": N_("Cases that you took or were given appear here."),
    "unassigned": N_("Cases appear here as soon as somebody asks the platform to step in."),
    "second": N_("Rulings above the four-eyes amount wait here for somebody other than the one who proposed them."),
    "appeal": N_("Appeals appear here, except those against what you ruled or approved yourself."),
    "late": N_("Cases that the platform did not decide in time appear here."),
    "suspended": N_("Paused cases appear here until they go on."),
    "payout": N_("Payouts whose fate the provider does not tell appear here to be settled from its statement."),
    "all": N_("Cases appear here as soon as the platform has to do something."),
}


class Tab(NamedTuple):
    """One list: its name, where it is, how much is in it."""

    name: str
    text: str
    href: str
    count: int
    current: bool


class Queue(NamedTuple):
    """A page of one list as templates draw it. `tail` is what addresses of cases carry on so that it stays open."""

    name: str
    tabs: list[Tab]
    page: DeskPage
    names: dict[str, str]
    tail: str
    text: str
    reason: str
    by_amount: bool
    empty: str


@get("/")
async def page(here: Here, cursor: FromQuery[str] = "") -> Response[bytes]:
    queue = await read_queue(here, cursor, _PAGE)
    policy = here.desk.policies.in_force(here.now)
    reasons = [(code, one.label if here.language == "zh" else one.label_en) for code, one in policy.reasons.items()]
    asked = {"queue": queue.name, "q": queue.text, "reason": queue.reason, "by": "amount" if queue.by_amount else ""}
    return here.page(
        "desk/home.html",
        queue=queue,
        reasons=reasons,
        reason_names=dict(reasons),
        here_with=lambda **changes: _address(here, asked | changes),
        may_take=here.actor.role in people.TAKERS,
        further=_address(here, asked | {"cursor": queue.page.cursor}) if queue.page.cursor else "",
        beginning=_address(here, asked) if cursor else "",
    )


@post("/next", roles=people.TAKERS)
async def take_next(here: Here) -> Response[bytes]:
    """The most urgent case that nobody has becomes the reader's."""
    free = DeskFilter(assignee="", hands_off=here.actor.staff)
    found = await arbitration(here).queue(free, None, _TRIED, here.caller, here.language)
    for line in found.lines:
        named = parse_case_id(line.case.case_id)
        assert named is not None, "we wrote it ourselves"
        envelope = Envelope(
            here.actor, named[0], k.Assign(here.actor.staff), case_id=named[1], expected_version=line.case.version
        )
        answer = await here.desk.lanes.submit(envelope)
        if answer.refusal is None:
            return here.go(f"{here.base}/cases/{line.case.case_id}?queue=mine", said=forms.done(here, "assign"))
    return here.go(here.base, said=translate(N_("There is nothing left to take."), here.language))


async def read_queue(here: Visit, cursor: str = "", limit: int = _BESIDE) -> Queue:
    """The list that the address asks for; without one the first that has something for this person."""
    me, asked = here.actor.staff, here.request.query_params
    reads = arbitration(here)
    counts = await reads.counts(me)
    name = asked.get("queue", "")
    if name not in QUEUES:
        looks = ("mine", "second", "unassigned") if here.actor.role in people.TAKERS else ()
        name = next((one for one in looks if counts[one]), "all")
    text, reason, by_amount = asked.get("q", "").strip()[:100], asked.get("reason", ""), asked.get("by") == "amount"
    found = await reads.queue(
        _filter(name, me, text, reason, by_amount=by_amount), cursor or None, limit, here.caller, here.language
    )
    shown = [one for one in QUEUES if counts[one] or one not in ("payout", "suspended", "late") or one == name]
    return Queue(
        name,
        [
            Tab(one, translate(TITLES[one], here.language), f"{here.base}?queue={one}", counts[one], one == name)
            for one in shown
        ],
        found,
        await people.names(here),
        f"?queue={name}",
        text,
        reason,
        by_amount,
        translate(_EMPTY[name], here.language),
    )


def arbitration(here: Visit) -> Arbitration:
    """What the desk reads."""
    return Arbitration(here.desk.records, here.desk.policies, here.desk.clock)


def _filter(name: str, me: str, text: str, reason: str, *, by_amount: bool) -> DeskFilter:
    return DeskFilter(
        queue=name if name not in ("mine", "unassigned", "all") else "",
        assignee={"mine": me, "unassigned": ""}.get(name),
        hands_off=me if name in ("second", "appeal", "unassigned") else "",
        reasons=(reason,) if reason else (),
        text=text,
        by_amount=by_amount,
    )


def _address(here: Visit, asked: dict[str, Any]) -> str:
    return f"{here.base}?{urlencode({name: value for name, value in asked.items() if value})}"


ROUTES = (page, take_next)
