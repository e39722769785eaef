"""What a page says when it cannot be shown: what is wrong, what would make it right."""

from typing import Any
from urllib.parse import quote

from litestar import Request, Response
from litestar.exceptions import HTTPException
from msgspec import Struct

from amends.web.answers import as_problem, problem_body
from amends.web.portal.visit import ForeignForm, Portal, SignInNeeded, visit_of
from amends.wording.catalogue import N_, Language, translate


class Trouble(Struct, frozen=True):
    """A refusal or a problem in the reader's words. `facts` may carry more, such as `until`."""

    title: str
    detail: str
    advice: str = ""
    code: str = ""


def page_trouble(request: Request[Any, Any, Any], fault: Exception) -> Response[bytes]:
    """Every exception of a page, and addresses that no route answers, as a page."""
    here = visit_of(request)
    portal = here.portal
    match fault:
        case SignInNeeded():
            return here.go("/demo" if here.is_demo else f"/sign-in?to={quote(_way_back(request, portal))}")
        case ForeignForm():
            return here.page("base/trouble.html", status=403, trouble=_told(_FOREIGN_FORM, here.language))
        case HTTPException(status_code=status) if 400 <= status < 500:
            return here.page("base/trouble.html", status=status, trouble=_told(_NOTHING_HERE, here.language))
    problem = as_problem(fault)
    side = here.actor.side if here.is_signed_in else None
    body = problem_body(portal.desk, problem, here.language, side)
    return here.page("base/trouble.html", status=problem.status, trouble=trouble_of(body))


def trouble_of(body: dict[str, Any]) -> Trouble:
    """What the API would answer, for a panel on a page."""
    return Trouble(body["title"], body["detail"], body.get("advice", ""), body["code"])


def _way_back(request: Request[Any, Any, Any], portal: Portal) -> str:
    """The page asked for; a form cannot be sent again, so from there to the first page."""
    if request.method == "GET":
        return visit_of(request).path
    return portal.areas[request.route_handler.opt["side"]].home


_FOREIGN_FORM = (
    N_("This form is out of date"),
    N_("Nothing was done: you signed in again after the page was opened, or the form came from elsewhere."),
    N_("Open the page again and repeat the step."),
)
_NOTHING_HERE = (
    N_("This page does not exist"),
    N_("The address may be mistyped, or the page has moved."),
    N_("Go back, or start from the first page."),
)


def _told(words: tuple[str, str, str], language: Language) -> Trouble:
    return Trouble(*(translate(text, language) for text in words))
