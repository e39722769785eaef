"""Many cases at once: what each will do is shown first, what each did afterwards (R3)."""

from typing import Any, NamedTuple

from litestar import Response, get, post

from amends.application.caseview import CaseView
from amends.application.ports import CaseKey, Envelope
from amends.application.queries import Outlook
from amends.domain import commands as k
from amends.domain.permissions import ROLES
from amends.domain.refusals import Code, Refusal, refuse
from amends.web.answers import answers
from amends.web.portal import forms
from amends.web.portal.merchant import queues
from amends.web.portal.visit import Here, Visit
from amends.web.problems import Problem, Refused

MOST = queues.PAGE
"""A page of a queue; more would not be looked through."""


class Planned(NamedTuple):
    """A case before: where the step would lead, or why it will not be taken."""

    view: CaseView
    outlook: Outlook | None
    why: dict[str, Any] | None


class Done(NamedTuple):
    """A case afterwards: its new status, or the problem."""

    case_id: str
    title: str
    status: str
    problem: dict[str, Any] | None


@get("/bulk")
async def preview(here: Here) -> Response[bytes]:
    """What the step would do to each case that was picked."""
    verb = _verb(here, here.request.query_params.get("do", ""))
    picked = here.request.query_params.getall("case", [])
    return here.page(
        "merchant/bulk.html",
        verb=verb,
        planned=[await _planned(here, verb, one) for one in dict.fromkeys(picked[:MOST])],
        done=None,
        way_back=_way_back(here),
        too_many=len(picked) > MOST,
    )


@post("/bulk")
async def carry_out(here: Here) -> Response[bytes]:
    """All of them in the lane of bulk work; each on the version that was looked at. Sent twice, it is done once."""
    verb = _verb(here, str(here.form.get("do", "")))
    text = forms.message(here) if verb == "send-message" else ""
    if verb == "send-message" and not text:
        raise Problem("invalid_text")
    titles = {}
    envelopes = []
    for one in _all(here, "case")[:MOST]:
        case_id, _, version = one.partition(":")
        key = here.case_key(case_id)
        view = here.found(await here.desk.queries.case(key, here.caller, here.language), key.merchant_id)
        titles[case_id] = view.title
        envelopes.append(
            Envelope(
                here.actor,
                key.merchant_id,
                _command(verb, view, text),
                case_id=key.case_id,
                key=f"{str(here.form.get('key', ''))[:60]}-{case_id}" if here.form.get("key") else None,
                expected_version=int(version) if verb != "send-message" and version.isdecimal() else None,
            )
        )
    outcomes = await here.desk.lanes.submit_bulk(envelopes)
    told = await answers(here.desk, here.caller, here.language, outcomes)
    return here.page(
        "merchant/bulk.html",
        verb=verb,
        planned=(),
        done=[
            _done(case_id, title, answer) for (case_id, title), answer in zip(titles.items(), told.answers, strict=True)
        ],
        way_back=_way_back(here),
        too_many=False,
    )


def _verb(here: Visit, asked: str) -> str:
    """A step that can be taken on many and that this role may take. Raises Problem, Refused."""
    command = dict(queues.BULK).get(asked)
    if command is None:
        raise Problem("unknown_command")
    if here.actor.role not in ROLES[command]:
        raise Refused(refuse(Code.NOT_ALLOWED_FOR_ROLE, role=here.actor.role, roles=sorted(ROLES[command])))
    return asked


async def _planned(here: Visit, verb: str, case_id: str) -> Planned:
    key: CaseKey = here.case_key(case_id)
    view = here.found(await here.desk.queries.case(key, here.caller, here.language), key.merchant_id)
    action = next((one for one in view.actions if one.verb == verb), None)
    if action is None or not action.allowed:
        return Planned(view, None, action.why if action else None)
    outlook = await here.desk.queries.outlook(key, _command(verb, view, "-"), here.caller, here.language)
    return Planned(view, None if isinstance(outlook, Refusal) else outlook, None)


def _command(verb: str, view: CaseView, text: str) -> k.Command:
    match verb:
        case "agree":
            return k.Agree(view.application.number)
        case "accept-return":
            return k.AcceptReturn()
        case _:
            return k.SendMessage(text)


def _done(case_id: str, title: str, answer: Any) -> Done:
    if isinstance(answer, dict):
        return Done(case_id, title, "", answer["problem"])
    return Done(case_id, title, answer.status.text if answer.status else "", None)


def _all(here: Visit, name: str) -> list[str]:
    """Every value of a field that was given several times."""
    form: Any = here.form
    found = form.getall(name, []) if hasattr(form, "getall") else [form[name]] if name in form else []
    return list(dict.fromkeys(str(one) for one in found))


def _way_back(here: Visit) -> str:
    queue = here.request.query_params.get("queue", "")
    return f"{here.base}?queue={queue}" if queue in queues.NAMES else here.base


ROUTES = (preview, carry_out)
