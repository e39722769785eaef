"""Merchants' settings, the platform's people, service keys."""

from typing import Annotated

from litestar.handlers import HTTPRouteHandler
from msgspec import Meta, Struct
from msgspec.structs import replace

from amends.application.access import MERCHANT_ROLES, PLATFORM, PLATFORM_ROLES, key_hash, new_key
from amends.application.ports import ServiceKey
from amends.domain.order import Merchant, Minor, ReturnAddress, Short
from amends.domain.time import Instant
from amends.domain.words import Role, Side
from amends.web.call import Call, MerchantId, Reply, operation, reached
from amends.web.problems import Problem


class Settings(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A merchant's settings; money in minor units, a limit left out is off or the policy's own.

    `auto_refund_below` pays refunds of cheaper orders unasked, `silent_refund_only` lets silence refund without a
    return, `small_payment_staff_limit` is the most that after-sale staff may pay out. `staff` has a role for each.
    """

    name: Annotated[str, Meta(max_length=200)] = ""
    auto_refund_below: Minor | None = None
    silent_refund_only: bool = False
    small_payment_staff_limit: Minor | None = None
    addresses: Annotated[tuple[ReturnAddress, ...], Meta(max_length=50)] = ()
    staff: Annotated[dict[Short, Role], Meta(max_length=1000)] = {}


class StaffRole(Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody at the platform does; `null` takes the person off the staff."""

    role: Role | None


class Staff(Struct, frozen=True):
    """The platform's people and their roles."""

    staff: dict[str, Role]


class NewKey(Struct, frozen=True, forbid_unknown_fields=True):
    """Who the key is for, and the one merchant it covers; without one it covers all."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    merchant_id: MerchantId | None = None


class KeyView(Struct, frozen=True, omit_defaults=True):
    """A key on record: what it is called by, and who revoked it when. The key itself is kept nowhere."""

    key_id: str
    name: str
    merchant_id: str | None
    created_at: Instant
    revoked_at: Instant | None = None
    revoked_by: str = ""


class Keys(Struct, frozen=True):
    """The newest keys first, revoked ones too."""

    keys: list[KeyView]


class KeyRevoked(Struct, frozen=True):
    """The key admits nobody any more; other processes know it within five seconds."""

    key_id: str


class KeyMade(Struct, frozen=True):
    """A service key. It is shown this once; only its hash is kept."""

    key_id: str
    key: str
    name: str
    merchant_id: str | None


@operation("PUT", "/v1/merchants/{merchant_id:str}")
async def put_merchant(call: Call, body: Settings) -> Settings:
    """Create or replace a merchant's settings; sent by the shop, the merchant's owner or an operator."""
    merchant_id = call.merchant_id()
    _may_set(call, merchant_id)
    if not MERCHANT_ROLES.issuperset(body.staff.values()):
        raise Problem("invalid_body", faults=[{"path": "$.staff", "problem": "a role that is none of a merchant's"}])
    if len({address.address_id for address in body.addresses}) < len(body.addresses):
        raise Problem("invalid_body", faults=[{"path": "$.addresses", "problem": "an address_id given twice"}])
    settings = {name: getattr(body, name) for name in body.__struct_fields__}
    await call.desk.registry.put_merchant(Merchant(merchant_id, **settings), call.desk.clock.now())
    call.desk.access.forget()
    return body


@operation("GET", "/v1/merchants/{merchant_id:str}")
async def get_merchant(call: Call) -> Settings:
    """A merchant's settings; seen by its own people, the shop and the platform."""
    merchant_id = call.merchant_id()
    actor = call.caller.actor
    if actor.side is Side.BUYER or (actor.side is Side.MERCHANT and actor.party != str(merchant_id)):
        raise Problem("not_allowed")
    found = await call.desk.registry.merchant(merchant_id)
    if found is None:
        raise Problem("unknown_merchant")
    return Settings(**{name: getattr(found, name) for name in Settings.__struct_fields__})


@operation("GET", "/v1/staff")
async def list_staff(call: Call) -> Staff:
    """The platform's people and their roles."""
    _at_platform(call, frozenset(PLATFORM_ROLES))
    found = await call.desk.registry.merchant(PLATFORM)
    return Staff(found.staff if found else {})


@operation("PUT", "/v1/staff/{staff:str}")
async def put_staff(call: Call, body: StaffRole) -> Staff:
    """Give somebody at the platform a role, or take the person off; sent by the shop, a supervisor or an operator."""
    _at_platform(call, frozenset({Role.OPERATOR, Role.SUPERVISOR}))
    name = call.path["staff"]
    if not 0 < len(name) <= 128 or (body.role is not None and body.role not in PLATFORM_ROLES):
        raise Problem("invalid_body", faults=[{"path": "$.role", "problem": "a role that is none of the platform's"}])
    found = await call.desk.registry.merchant(PLATFORM) or Merchant(PLATFORM)
    staff = {one: role for one, role in found.staff.items() if one != name}
    if body.role is not None:
        staff[name] = body.role
    await call.desk.registry.put_merchant(replace(found, staff=staff), call.desk.clock.now())
    call.desk.access.forget()
    return Staff(staff)


@operation("POST", "/v1/keys", status=201)
async def make_key(call: Call, body: NewKey) -> Reply[KeyMade]:
    """Make a service key; sent by the shop or an operator, under a key that covers as much."""
    _at_platform(call, frozenset({Role.OPERATOR}))
    merchant_id = reached(body.merchant_id, call.caller) if body.merchant_id else None
    key = new_key()
    made = ServiceKey(key_hash(key), body.name, merchant_id, call.desk.clock.now())
    await call.desk.registry.put_service_key(made)
    return Reply(KeyMade(made.key_id, key, body.name, body.merchant_id), 201, {"cache-control": "no-store"})


@operation("GET", "/v1/keys")
async def list_keys(call: Call) -> Keys:
    """The service keys, revoked ones too; seen by the shop and operators."""
    _at_platform(call, frozenset({Role.OPERATOR}))
    return Keys(
        [
            KeyView(
                key.key_id,
                key.name,
                None if key.merchant_id is None else str(key.merchant_id),
                key.created_at,
                key.revoked_at,
                key.revoked_by or "",
            )
            for key in await call.desk.registry.service_keys(_MOST_KEYS)
        ]
    )


@operation("POST", "/v1/keys/{key_id:str}/revoke")
async def revoke_key(call: Call) -> KeyRevoked:
    """Take a service key back for good; sent by the shop or an operator. It stays on record with who did it."""
    _at_platform(call, frozenset({Role.OPERATOR}))
    key_id = call.path["key_id"]
    if not await call.desk.registry.revoke_service_key(key_id, call.caller.actor.name, call.desk.clock.now()):
        raise Problem("unknown_key")
    call.desk.access.forget()
    return KeyRevoked(key_id)


_MOST_KEYS = 1_000


def _may_set(call: Call, merchant_id: int) -> None:
    actor = call.caller.actor
    owner = actor.role is Role.OWNER and actor.party == str(merchant_id)
    if not owner and actor.role not in (Role.SYSTEM, Role.OPERATOR):
        raise Problem("not_allowed")


def _at_platform(call: Call, roles: frozenset[Role]) -> None:
    if call.caller.merchant_id is not None:
        raise Problem("not_in_scope")
    if call.caller.actor.role not in roles | {Role.SYSTEM}:
        raise Problem("not_allowed")


HANDLERS: tuple[HTTPRouteHandler, ...] = (
    put_merchant,
    get_merchant,
    list_staff,
    put_staff,
    make_key,
    list_keys,
    revoke_key,
)
