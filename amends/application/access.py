"""Who is calling: a service key, and the party it acts for (DESIGN §7)."""

from collections.abc import Awaitable, Callable, Hashable
from datetime import timedelta
from functools import partial
from hashlib import sha256
from secrets import token_urlsafe
from typing import Generic, TypeVar
from urllib.parse import quote, unquote

from msgspec import Struct

from amends.application.ports import Clock, Registry, ServiceKey
from amends.domain.actor import SYSTEM, Actor, buyer, merchant, platform
from amends.domain.time import Instant
from amends.domain.words import Role, Side

Asked = TypeVar("Asked", bound=Hashable)
Found = TypeVar("Found")

PLATFORM = 0
"""The merchant record that carries the platform's own staff."""

MERCHANT_ROLES = frozenset({Role.OWNER, Role.AFTER_SALE, Role.PRE_SALE})
PLATFORM_ROLES = frozenset({Role.SERVICE_AGENT, Role.ARBITRATOR, Role.SUPERVISOR, Role.OPERATOR, Role.AUDITOR})

KEPT_FOR = timedelta(seconds=5)
"""How long another process's change of staff may go unnoticed here."""

_MOST_KEPT = 10_000
_LONGEST_NAME = 128


class NotAdmitted(Exception):
    """`code` says why: `unauthenticated`, `invalid_actor`, `unknown_staff` or `not_in_scope`."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class Caller(Struct, frozen=True):
    """A key and the party it acts for. `merchant_id` is the key's scope, None for all merchants."""

    actor: Actor
    merchant_id: int | None

    def may_reach(self, merchant_id: int) -> bool:
        """Whether the key covers that merchant; what the actor may do there is the rules' business."""
        return self.merchant_id is None or self.merchant_id == merchant_id


def new_key() -> str:
    """A service key nobody can guess. Only its hash is stored."""
    return f"amends_{token_urlsafe(32)}"


def key_hash(key: str) -> bytes:
    """What is stored of a key. The key itself is random, so a slow hash would add nothing."""
    return sha256(key.encode()).digest()


class _Kept(Generic[Asked, Found]):
    """What the registry said, believed for a while. That something is not there is asked again each time."""

    def __init__(self, ask: Callable[[Asked], Awaitable[Found | None]], clock: Clock) -> None:
        self._ask = ask
        self._clock = clock
        self._kept: dict[Asked, tuple[Instant, Found]] = {}

    async def get(self, asked: Asked) -> Found | None:
        now = self._clock.now()
        kept = self._kept.get(asked)
        if kept is not None and abs(now - kept[0]) < KEPT_FOR:
            return kept[1]
        found = await self._ask(asked)
        if found is not None:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[asked] = (now, found)
        return found

    def forget(self) -> None:
        self._kept.clear()


class Access:
    """Admits callers by the headers `Authorization` and `Amends-Actor`.

    Keys and staff are kept, and not callers: there are as many of those as buyers.
    """

    def __init__(self, registry: Registry, clock: Clock) -> None:
        self._keys = _Kept(partial(_service_key, registry), clock)
        self._merchants = _Kept(registry.merchant, clock)

    async def admit(self, authorization: str, actor: str) -> Caller:
        """The caller, or NotAdmitted. Without an actor the shop itself speaks, as the system. Raises Unavailable."""
        key = await self._keys.get(authorization)
        if key is None:
            raise NotAdmitted("unauthenticated")
        caller = Caller(await self._actor(actor), key.merchant_id)
        _check_scope(caller)
        return caller

    async def person(self, name: str) -> Caller:
        """Somebody who signed in to the pages, with the role they have now. Raises NotAdmitted, Unavailable."""
        actor = await self._actor(name)
        return Caller(actor, int(actor.party) if actor.side is Side.MERCHANT else None)

    def forget(self) -> None:
        """Staff changed: whoever calls next is looked up again."""
        self._keys.forget()
        self._merchants.forget()

    async def _actor(self, name: str) -> Actor:
        """`buyer/b42`, `merchant/1001/li`, `platform/zhou` or `system`; other than ASCII is percent-encoded."""
        if name in ("", "system"):
            return SYSTEM
        side, *ids = _parts(name)
        match side, ids:
            case "buyer", [buyer_id]:
                return buyer(buyer_id)
            case "merchant", [merchant_id, staff] if is_merchant_id(merchant_id):
                return merchant(int(merchant_id), staff, await self._role(int(merchant_id), staff))
            case "platform", [staff]:
                return platform(staff, await self._role(PLATFORM, staff))
        raise NotAdmitted("invalid_actor")

    async def _role(self, merchant_id: int, staff: str) -> Role:
        settings = await self._merchants.get(merchant_id)
        role = settings.staff.get(staff) if settings else None
        if role is None:
            raise NotAdmitted("unknown_staff")
        return role


async def _service_key(registry: Registry, authorization: str) -> ServiceKey | None:
    scheme, _, key = authorization.partition(" ")
    return await registry.service_key(key_hash(key.strip())) if scheme.lower() == "bearer" else None


def is_merchant_id(text: str) -> bool:
    """Whether a text is a merchant's number: above 0, in 63 bits, written in one way only."""
    return text.isascii() and text.isdigit() and not text.startswith("0") and len(text) <= 19 and int(text) < 1 << 63


def written(actor: Actor) -> str:
    """An actor as `Amends-Actor` has it: `actor.name` with everything but ASCII percent-encoded."""
    return "/".join(quote(part, safe="") for part in (actor.side, actor.party, actor.staff) if part)


def _parts(name: str) -> list[str]:
    try:
        parts = [unquote(part, errors="strict") for part in name.split("/")]
    except UnicodeDecodeError:
        raise NotAdmitted("invalid_actor") from None
    if name.isascii() and all(0 < len(part) <= _LONGEST_NAME and "\0" not in part for part in parts):
        return parts
    raise NotAdmitted("invalid_actor")


def _check_scope(caller: Caller) -> None:
    if caller.merchant_id is None:
        return
    actor = caller.actor
    if actor.side is Side.PLATFORM or (actor.side is Side.MERCHANT and actor.party != str(caller.merchant_id)):
        raise NotAdmitted("not_in_scope")
