"""One request to a page: who looks, in which language, with what in the form; and the ways to answer."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from secrets import token_hex
from typing import Any, TypeVar
from urllib.parse import quote, unquote, urlsplit

from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from amends.application.access import Caller, NotAdmitted, written
from amends.application.files import FileView
from amends.application.ports import CaseKey
from amends.application.sign_ins import DemoPerson
from amends.domain.actor import Actor
from amends.domain.case import parse_case_id
from amends.domain.refusals import Code, Refusal, refuse
from amends.domain.time import Instant
from amends.domain.words import Role, Side
from amends.web.desk import Desk
from amends.web.portal.areas import Area
from amends.web.portal.attached import taken_in
from amends.web.portal.rendering import countdown_words, render
from amends.web.portal.sessions import LASTS, Sessions, form_token, is_form_token
from amends.web.problems import Problem, Refused
from amends.wording.catalogue import DEFAULT, LANGUAGES, Language
from amends.wording.reader import Reader

T = TypeVar("T")

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "private, no-store",
    "vary": "cookie, accept-encoding",
}
_LANGUAGE_COOKIE = "amends_language"
_SAID_COOKIE = "amends_said"
_SHORTEST_TO_COMPRESS = 1_000
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_YEAR_SECONDS = 365 * 24 * 3600


class SignInNeeded(Exception):
    """Nobody is signed in for this part of the pages."""


class ForeignForm(Exception):
    """A form that did not come from a page of ours, or from one of a session that is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Portal:
    """What the pages work with."""

    desk: Desk
    sessions: Sessions
    areas: Mapping[Side, Area]


class Visit:
    """Made for every request by `make_visit`; handlers get it as `here: Here`.

    `area` is the part of the pages that the address belongs to, None for those that anybody may see. In an area,
    somebody is signed in. `form_fault` says why a file that came with the form was not taken. `files` are those behind
    the evidence of the case that is shown, by its number, to be had under `files_at`.
    """

    def __init__(
        self,
        portal: Portal,
        request: Request[Any, Any, Any],
        *,
        area: Area | None,
        secret: str,
        caller: Caller | None,
        form: Mapping[str, Any],
    ) -> None:
        self.portal = portal
        self.desk = portal.desk.for_one_page() if request.method == "GET" else portal.desk
        self.request = request
        self.area = area
        self.form = form
        self.language = _language(request)
        self.form_fault: Problem | Refused | None = None
        self.files: Mapping[str, FileView] = {}
        self.files_at = ""
        self._secret = secret
        self._caller = caller
        self._cookies: list[Cookie] = []

    @property
    def caller(self) -> Caller:
        """Who is signed in."""
        assert self._caller is not None, "asked in an area only, where somebody is signed in"
        return self._caller

    @property
    def actor(self) -> Actor:
        return self.caller.actor

    @property
    def is_signed_in(self) -> bool:
        return self._caller is not None

    @property
    def is_demo(self) -> bool:
        return self.desk.demo_people is not None

    @property
    def path(self) -> str:
        """Where this is, with its query."""
        url = self.request.url
        return f"{url.path}?{url.query}" if url.query else url.path

    @property
    def person(self) -> DemoPerson:
        """The one who is signed in, as the head of the page names him."""
        known = next((one for one in self.desk.demo_people or () if one.actor == written(self.actor)), None)
        return known or DemoPerson(written(self.actor), self.actor.role, self.actor.staff or self.actor.party)

    @property
    def base(self) -> str:
        """Where this area begins: `/buyer`."""
        assert self.area is not None, "asked in an area only"
        return self.area.path

    def kept(self, name: str, otherwise: str = "") -> str:
        """What was entered in a form that did not go through, to be shown in it again."""
        value = self.form.get(name)
        return value if isinstance(value, str) else otherwise

    @property
    def now(self) -> Instant:
        return self.desk.clock.now()

    def is_at(self, path: str) -> bool:
        """Whether a menu item leads here, or this lies under it. The first one stands for the rest of its area."""
        at = self.request.url.path.rstrip("/")
        others = [item.path for item in self.area.menu[1:]] if self.area is not None else []
        if self.area is not None and path == self.area.home:
            return not any(at == other or at.startswith(f"{other}/") for other in others)
        return at == path or at.startswith(f"{path}/")

    @cached_property
    def form_token(self) -> str:
        """For the hidden field of every form; see the macro `form`."""
        return form_token(self._secret) if self._secret else ""

    def new_key(self) -> str:
        """An idempotency key: a form sent twice does its work once."""
        return f"page-{token_hex(12)}"

    @property
    def words_of_countdown(self) -> str:
        return countdown_words(self.language)

    def reader(self, currency: str = "CNY") -> Reader:
        """For whom this page is written."""
        side = self._caller.actor.side if self._caller is not None else None
        return self.desk.queries.reader(self.language, side, currency)

    def found(self, answer: "T | Refusal", merchant_id: int = 0) -> T:
        """The answer of a query; a refusal becomes a page that says why."""
        if isinstance(answer, Refusal):
            raise Refused(answer, merchant_id)
        return answer

    def case_key(self, public_id: str) -> CaseKey:
        """The case with that public id."""
        numbers = parse_case_id(public_id)
        if numbers is None:
            raise Refused(refuse(Code.UNKNOWN_CASE))
        return CaseKey(*numbers)

    def page(self, template: str, /, *, status: int = 200, currency: str = "CNY", **values: Any) -> Response[bytes]:
        """A template as the answer. It gets `here`, which is this, beside the values."""
        values |= {"here": self, "said": self._said()}
        text = render(template, self.reader(currency), values).encode()
        headers = dict(_HEADERS)
        if len(text) >= _SHORTEST_TO_COMPRESS and "gzip" in self.request.headers.get("accept-encoding", ""):
            text = gzip.compress(text, 5, mtime=0)
            headers["content-encoding"] = "gzip"
        return Response(text, status_code=status, headers=headers, media_type="text/html", cookies=self._cookies)

    def go(self, path: str, said: str = "") -> Response[bytes]:
        """On to another page, always by GET; `said` is shown there once.

        A script morphs the answer into the page that asked, whose address stays: to another address it is sent instead.
        """
        if said:
            self._set(_SAID_COOKIE, quote(said), 60)
        stands_at = self.request.headers.get("hx-current-url")
        if stands_at is not None and urlsplit(stands_at).path != urlsplit(path).path:
            return Response(b"", status_code=200, headers={**_HEADERS, "hx-redirect": path}, cookies=self._cookies)
        return Response(
            b"", status_code=303, headers={**_HEADERS, "location": path}, cookies=self._cookies
        )  # fmt: skip

    async def sign_in(self, actor: str, side: Side) -> None:
        """Begin a session in this browser. One for each side: a seller may be a buyer as well."""
        area = self.portal.areas[side]
        secret = await self.portal.sessions.begin(actor)
        self._set(area.cookie, secret, int(LASTS[side].total_seconds()))

    async def sign_out(self) -> None:
        """End the session of this area."""
        assert self.area is not None, "sessions belong to areas"
        await self.portal.sessions.end(self._secret)
        self._set(self.area.cookie, "", 0)

    def speak(self, language: Language) -> None:
        """Keep this language for this browser."""
        self._set(_LANGUAGE_COOKIE, language, _YEAR_SECONDS)

    def address(self) -> str:
        """Where the request comes from, to count tries by."""
        return self.request.client.host if self.request.client else ""

    def _said(self) -> str:
        if "amends-refresh" in self.request.headers:
            return ""  # what was said belongs to the answer to the step, which may still be on its way
        said = self.request.cookies.get(_SAID_COOKIE, "")
        if said:
            self._set(_SAID_COOKIE, "", 0)
        return unquote(said)[:300]

    def _set(self, name: str, value: str, max_age_seconds: int) -> None:
        self._cookies.append(
            Cookie(
                key=name,
                value=value,
                path="/",
                max_age=max_age_seconds,
                httponly=True,
                secure=not _is_loopback(self.request),
                samesite="lax",
            )
        )


Here = NamedDependency[SkipValidation[Visit]]
"""How a handler asks for its visit."""


async def make_visit(request: Request[Any, Any, Any]) -> Visit:
    """Know the visitor, or send him to sign in; let no form pass that did not come from our own page."""
    portal: Portal = request.app.state.portal
    area = portal.areas.get(request.route_handler.opt.get("side"))  # type: ignore[arg-type]
    form: Mapping[str, Any] = {}
    if request.method not in ("GET", "HEAD") and not _is_from_here(request):
        raise ForeignForm
    if area is None:
        form = await request.form()
        return _made(Visit(portal, request, area=None, secret="", caller=None, form=form))
    secret = request.cookies.get(area.cookie, "")
    caller = await _caller(portal, area, secret)
    if caller is None:
        raise SignInNeeded
    visit = _made(Visit(portal, request, area=area, secret=secret, caller=caller, form=form))
    if request.method not in ("GET", "HEAD"):
        # Files are let in only from those who are known.
        form = await request.form()
        if not is_form_token(secret, _token(request, form)):
            raise ForeignForm
        visit.form, visit.form_fault = await taken_in(portal.desk, caller, request.url.path, form)
    roles: frozenset[Role] | None = request.route_handler.opt.get("roles")
    if roles is not None and caller.actor.role not in roles:
        raise Refused(refuse(Code.NOT_ALLOWED_FOR_ROLE, role=caller.actor.role, roles=sorted(roles)))
    return visit


def visit_of(request: Request[Any, Any, Any]) -> Visit:
    """The visit that was made, or a stranger's: for pages that tell of trouble."""
    made: Visit | None = request.scope["state"].get("visit")
    return made or Visit(request.app.state.portal, request, area=None, secret="", caller=None, form={})


def _made(visit: Visit) -> Visit:
    visit.request.scope["state"]["visit"] = visit
    return visit


async def _caller(portal: Portal, area: Area, secret: str) -> Caller | None:
    actor = await portal.sessions.find(secret) if secret else None
    if actor is None:
        return None
    try:
        caller = await portal.desk.access.person(actor)
    except NotAdmitted:
        return None
    return caller if caller.actor.side is area.side else None


def local_path(path: str, otherwise: str) -> str:
    """The path if it leads to a page of ours, so that nobody is sent elsewhere by a link with our name on it."""
    parts = urlsplit(path)
    if parts.scheme or parts.netloc or not path.startswith("/") or path.startswith(("//", "/\\")) or "\\" in path:
        return otherwise
    return path if path.isprintable() else otherwise


def _token(request: Request[Any, Any, Any], form: Mapping[str, Any]) -> str:
    return str(form.get("form_token") or request.headers.get("amends-form-token", ""))


def _is_from_here(request: Request[Any, Any, Any]) -> bool:
    """Browsers say where a form comes from; who says nothing is no browser and carries nobody's cookies unasked."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def _is_loopback(request: Request[Any, Any, Any]) -> bool:
    return urlsplit(f"//{request.headers.get('host', '')}").hostname in _LOOPBACK


def _language(request: Request[Any, Any, Any]) -> Language:
    """Chinese, unless the reader asked for another with the link on every page."""
    asked = request.cookies.get(_LANGUAGE_COOKIE)
    return next((language for language in LANGUAGES if language == asked), DEFAULT)
