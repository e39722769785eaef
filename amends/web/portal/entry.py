"""The ways in: signing in with a password, a shop's hand-over link, stepping into a role of the demonstration."""

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from amends.application.access import is_merchant_id, written
from amends.application.sign_ins import DemoPerson
from amends.domain.actor import merchant, platform
from amends.domain.words import Role, Side
from amends.web.portal.sessions import TooManyTries, side_of
from amends.web.portal.visit import Here, Visit, local_path
from amends.wording.catalogue import LANGUAGES
from amends.wording.formats import duration

_ROLE_ORDER = (
    Role.BUYER,
    Role.OWNER,
    Role.AFTER_SALE,
    Role.PRE_SALE,
    Role.ARBITRATOR,
    Role.SUPERVISOR,
    Role.SERVICE_AGENT,
    Role.OPERATOR,
    Role.AUDITOR,
)


@get("/")
async def front(here: Here) -> Response[bytes]:
    return here.go("/demo" if here.is_demo else "/sign-in")


@get("/sign-in")
async def sign_in_page(here: Here, to: FromQuery[str] = "") -> Response[bytes]:
    return here.page("entry/sign_in.html", to=to, account="", trouble="")


@post("/sign-in")
async def sign_in(here: Here) -> Response[bytes]:
    """Staff only: buyers come from their shop, which knows them already."""
    account = str(here.form.get("account", "")).strip()
    password = str(here.form.get("password", ""))
    to = str(here.form.get("to", ""))
    actor = _staff(account)
    try:
        right = await here.portal.sessions.is_password(actor or account, password, here.address())
    except TooManyTries as fault:
        wait = duration(fault.wait, here.language)
        return here.page("entry/sign_in.html", status=429, to=to, account=account, trouble="wait", wait=wait)
    if actor is None or not right:
        return here.page("entry/sign_in.html", status=403, to=to, account=account, trouble="wrong")
    side = side_of(actor)
    await here.sign_in(actor, side)
    return here.go(local_path(to, here.portal.areas[side].home))


@get("/hand-over/{secret:str}")
async def hand_over(here: Here, secret: FromPath[str]) -> Response[bytes]:
    """A shop sends its buyer or a member of its staff, already known there, straight to a page."""
    link = await here.portal.sessions.take_link(secret)
    if link is None:
        return here.page("entry/link_over.html", status=410)
    await here.sign_in(link.actor, side_of(link.actor))
    home = here.portal.areas[side_of(link.actor)].home
    return here.go(local_path(link.goes_to, home) if link.goes_to != "/" else home)


@get("/language/{language:str}")
async def language(here: Here, language: FromPath[str], to: FromQuery[str] = "/") -> Response[bytes]:
    chosen = next((one for one in LANGUAGES if one == language), None)
    if chosen is not None:
        here.speak(chosen)
    return here.go(local_path(to, "/"))


@get("/demo")
async def demo_page(here: Here) -> Response[bytes]:
    """Not there outside of a demonstration."""
    if not here.is_demo:
        raise NotFoundException
    return here.page("entry/demo.html", people=_by_side(here))


@post("/demo")
async def step_in(here: Here) -> Response[bytes]:
    actor = str(here.form.get("actor", ""))
    person = next((one for one in _people(here) if one.actor == actor), None)
    if person is None:
        return here.go("/demo")
    await here.sign_in(person.actor, side_of(person.actor))
    return here.go(here.portal.areas[side_of(person.actor)].home)


@post("/sign-out")
async def sign_out(here: Here) -> Response[bytes]:
    """Stands in every area, under its address."""
    await here.sign_out()
    return here.go("/")


def _staff(account: str) -> str | None:
    """`1001/li` is staff of a shop, `zhou` of the platform."""
    shop, slash, staff = account.rpartition("/")
    if not slash and staff:
        return written(platform(staff, Role.AUDITOR))
    return written(merchant(int(shop), staff)) if staff and is_merchant_id(shop) else None


_FIRST = 5
"""So many people of each side are shown at once."""


def _people(here: Visit) -> list[DemoPerson]:
    """Shop by shop, in the order in which they were given, and there by role."""
    people = list(here.desk.demo_people or ())
    places = {place: number for number, place in enumerate(dict.fromkeys(person.works_at for person in people))}
    return sorted(people, key=lambda person: (places[person.works_at], _ROLE_ORDER.index(person.role)))


def _by_side(here: Visit) -> dict[Side, tuple[list[DemoPerson], list[DemoPerson]]]:
    """The first few of each side, and the others."""
    sides = (Side.BUYER, Side.MERCHANT, Side.PLATFORM)
    of_side = {side: [person for person in _people(here) if side_of(person.actor) is side] for side in sides}
    return {side: (ones[:_FIRST], ones[_FIRST:]) for side, ones in of_side.items()}


ROUTES = (front, sign_in_page, sign_in, hand_over, language, demo_page, step_in)
