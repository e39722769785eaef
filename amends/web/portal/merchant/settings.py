"""The shop's settings: staff and roles, where returns go, what is refunded unasked, its service keys (R3.7, R3.9)."""

from collections.abc import Callable
from secrets import token_hex
from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from msgspec import Meta, Struct
from msgspec.structs import replace

from amends.application.access import MERCHANT_ROLES, written
from amends.domain.actor import merchant as merchant_actor
from amends.domain.order import Merchant, Minor, ReturnAddress, Short
from amends.domain.words import Role
from amends.web.portal import forms
from amends.web.portal.buyer.said import main_units
from amends.web.portal.sessions import SHORTEST_PASSWORD
from amends.web.portal.troubles import Trouble
from amends.web.portal.visit import Here, Visit
from amends.web.problems import Problem
from amends.wording.catalogue import N_, translate
from amends.wording.labels import label

_OWNER = frozenset({Role.OWNER})
_ROLES = (Role.OWNER, Role.AFTER_SALE, Role.PRE_SALE)
_MOST_STAFF = 1_000
_MOST_ADDRESSES = 50
_MOST_KEYS = 100

ROLE_SAYS = {
    Role.OWNER: N_("Everything, with the settings."),
    Role.AFTER_SALE: N_("All steps in cases; small payments up to the limit below."),
    Role.PRE_SALE: N_("Reads cases, writes to buyers and files evidence."),
}


class _Member(Struct, frozen=True):
    """A form: somebody's sign-in name and role, and a first password."""

    name: Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[^\s/\x00-\x1f]+$")]
    role: Role
    password: Annotated[str, Meta(max_length=256)] = ""


class _Address(Struct, frozen=True):
    """A form: where returns go."""

    name: Short
    phone: Short
    address: Annotated[str, Meta(min_length=1, max_length=500)]
    default: bool = False


class _Rules(Struct, frozen=True):
    """A form: what is done unasked."""

    auto_refund_below: Minor | None = None
    silent_refund_only: bool = False
    small_payment_staff_limit: Minor | None = None


@get("/settings", roles=_OWNER)
async def page(here: Here) -> Response[bytes]:
    return await _show(here)


@post("/settings/staff", roles=_OWNER)
async def put_member(here: Here) -> Response[bytes]:
    """Take somebody on, or change a role. With a password the person can sign in at once."""
    member = forms.filled(here, _Member)
    shop = await _shop(here)
    if member.role not in MERCHANT_ROLES or len(shop.staff) >= _MOST_STAFF:
        raise Problem("invalid_body", faults=[{"path": "$.role", "problem": "a role that is none of a merchant's"}])
    if member.name == here.actor.staff and member.role is not Role.OWNER:
        return await _show(here, _told(here, _YOURSELF))
    if member.password and len(member.password) < SHORTEST_PASSWORD:
        return await _show(here, _told(here, _SHORT_PASSWORD, least=SHORTEST_PASSWORD))
    await _keep(here, replace(shop, staff=shop.staff | {member.name: member.role}))
    if member.password:
        await here.portal.sessions.set_password(_account(shop, member.name), member.password)
    return here.go(f"{here.base}/settings#staff", translate(N_("Saved."), here.language))


@post("/settings/staff/remove", roles=_OWNER)
async def remove_member(here: Here) -> Response[bytes]:
    """Somebody leaves: the role and all sessions end at once."""
    name, shop = str(here.form.get("name", "")), await _shop(here)
    if name == here.actor.staff:
        return await _show(here, _told(here, _YOURSELF))
    await _keep(here, replace(shop, staff={one: role for one, role in shop.staff.items() if one != name}))
    await here.desk.sign_ins.end_sessions_of(_account(shop, name))
    return here.go(f"{here.base}/settings#staff", translate(N_("Removed."), here.language))


@post("/settings/addresses", roles=_OWNER)
async def add_address(here: Here) -> Response[bytes]:
    given, shop = forms.filled(here, _Address), await _shop(here)
    if len(shop.addresses) >= _MOST_ADDRESSES:
        raise Problem("invalid_body", faults=[{"path": "$.addresses", "problem": "too many addresses"}])
    first = given.default or not shop.addresses
    others = tuple(replace(one, default=one.default and not first) for one in shop.addresses)
    new = ReturnAddress(f"a{token_hex(4)}", given.name, given.phone, given.address, default=first)
    await _keep(here, replace(shop, addresses=(*others, new)))
    return here.go(f"{here.base}/settings#addresses", translate(N_("Saved."), here.language))


@post("/settings/addresses/default", roles=_OWNER)
async def choose_address(here: Here) -> Response[bytes]:
    """Where returns go unless an agent chooses another; also those that silence agreed to (rules §4)."""
    return await _addresses(here, lambda one, chosen: replace(one, default=one.address_id == chosen))


@post("/settings/addresses/remove", roles=_OWNER)
async def remove_address(here: Here) -> Response[bytes]:
    """Returns that are on their way keep it: it stands in their record."""
    return await _addresses(here, lambda one, chosen: None if one.address_id == chosen else one)


@post("/settings/rules", roles=_OWNER)
async def put_rules(here: Here) -> Response[bytes]:
    given = forms.filled(here, _Rules)
    await _keep(here, replace(await _shop(here), **{name: getattr(given, name) for name in given.__struct_fields__}))
    return here.go(f"{here.base}/settings#rules", translate(N_("Saved."), here.language))


@post("/settings/keys/revoke", roles=_OWNER)
async def revoke_key(here: Here) -> Response[bytes]:
    """Take a key of the shop's own back for good; asked twice, as whatever uses it stops working."""
    key_id, shop = str(here.form.get("key_id", "")), await _shop(here)
    if "sure" not in here.form:
        return await _show(here, _told(here, _NOT_SURE))
    own = await here.desk.registry.service_keys_of(shop.merchant_id, _MOST_KEYS)
    if not any(key.key_id == key_id for key in own):
        return await _show(here, _told(here, _NO_KEY))
    by = _account(shop, here.actor.staff or "")
    if not await here.desk.registry.revoke_service_key(key_id, by, here.now):
        return await _show(here, _told(here, _NO_KEY))
    here.desk.access.forget()
    return here.go(f"{here.base}/settings#keys", translate(N_("The key has been revoked."), here.language))


async def _addresses(here: Visit, change: Callable[[ReturnAddress, str], ReturnAddress | None]) -> Response[bytes]:
    shop, chosen = await _shop(here), str(here.form.get("address_id", ""))
    changed = (change(one, chosen) for one in shop.addresses)
    await _keep(here, replace(shop, addresses=tuple(one for one in changed if one is not None)))
    return here.go(f"{here.base}/settings#addresses", translate(N_("Saved."), here.language))


_NOT_SURE = (
    N_("The key was not revoked"),
    N_("Confirm that whatever uses this key may stop working, then revoke it."),
)
_NO_KEY = (N_("There is no such key"), N_("It is not one of this shop, or it was revoked already."))
_YOURSELF = (
    N_("This cannot be done to yourself"),
    N_("A shop keeps at least the owner who is signed in; ask another owner to change your role."),
)
_SHORT_PASSWORD = (N_("The password is too short"), N_("A password has at least {least} characters."))


def _told(here: Visit, words: tuple[str, str], **facts: Any) -> Trouble:
    title, detail = (translate(text, here.language) for text in words)
    return Trouble(title, detail.format(**facts))


async def _show(here: Visit, trouble: Trouble | None = None) -> Response[bytes]:
    shop = await _shop(here)
    policy = here.desk.policies.in_force(here.now)
    rank = {role: place for place, role in enumerate(_ROLES)}
    return here.page(
        "merchant/settings.html",
        status=409 if trouble else 200,
        shop=shop,
        staff=sorted(shop.staff.items(), key=lambda member: (rank.get(member[1], 9), member[0])),
        roles=[(role, label(role, here.language), translate(ROLE_SAYS[role], here.language), "") for role in _ROLES],
        limits=policy.limits,
        amounts={
            name: main_units(value, "CNY") if value is not None else ""
            for name in ("auto_refund_below", "small_payment_staff_limit")
            for value in (getattr(shop, name),)
        },
        least=SHORTEST_PASSWORD,
        service_keys=await here.desk.registry.service_keys_of(shop.merchant_id, _MOST_KEYS),
        trouble=trouble,
    )


async def _shop(here: Visit) -> Merchant:
    assert here.caller.merchant_id is not None, "staff of a shop"
    return await here.desk.registry.merchant(here.caller.merchant_id) or Merchant(here.caller.merchant_id)


async def _keep(here: Visit, shop: Merchant) -> None:
    """What a page sends is as narrow as what the API takes. Raises Problem."""
    try:
        checked = msgspec.convert(msgspec.to_builtins(shop), Merchant)
    except msgspec.ValidationError as fault:
        raise Problem("invalid_body", faults=[{"path": "$", "problem": str(fault)}]) from fault
    await here.desk.registry.put_merchant(checked, here.now)
    here.desk.access.forget()


def _account(shop: Merchant, staff: str) -> str:
    return written(merchant_actor(shop.merchant_id, staff))


ROUTES = (page, put_member, remove_member, add_address, choose_address, remove_address, put_rules, revoke_key)
