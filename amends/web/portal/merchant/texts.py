"""Texts that the shop's people send with one click."""

from secrets import token_hex
from typing import Annotated

from litestar import Response, get, post
from msgspec import Meta, Struct

from amends.application.workbench import QuickText
from amends.domain.words import Role
from amends.web.portal import forms
from amends.web.portal.visit import Here, Visit
from amends.web.problems import Problem
from amends.wording.catalogue import N_, translate

_WRITERS = frozenset({Role.OWNER, Role.AFTER_SALE})
_MOST = 200


class _Text(Struct, frozen=True):
    """A form: a new text, or an id with its text changed."""

    title: Annotated[str, Meta(min_length=1, max_length=60)]
    text: Annotated[str, Meta(min_length=1, max_length=2000)]
    text_id: Annotated[str, Meta(pattern="^[0-9a-f]{8}$")] | None = None


@get("/texts", roles=_WRITERS)
async def page(here: Here) -> Response[bytes]:
    return here.page("merchant/texts.html", texts=await here.desk.workbench.quick_texts(_shop(here)))


@post("/texts", roles=_WRITERS)
async def put(here: Here) -> Response[bytes]:
    given = forms.filled(here, _Text)
    known = await here.desk.workbench.quick_texts(_shop(here))
    if given.text_id is None and len(known) >= _MOST:
        raise Problem("invalid_body", faults=[{"path": "$", "problem": "too many texts"}])
    text = QuickText(given.text_id or token_hex(4), given.title, given.text)
    await here.desk.workbench.put_quick_text(_shop(here), text)
    return here.go(f"{here.base}/texts", translate(N_("Saved."), here.language))


@post("/texts/remove", roles=_WRITERS)
async def remove(here: Here) -> Response[bytes]:
    await here.desk.workbench.drop_quick_text(_shop(here), str(here.form.get("text_id", "")))
    return here.go(f"{here.base}/texts", translate(N_("Removed."), here.language))


def _shop(here: Visit) -> int:
    assert here.caller.merchant_id is not None, "staff of a shop"
    return here.caller.merchant_id


ROUTES = (page, put, remove)
