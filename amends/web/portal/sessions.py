"""Signing in: sessions in cookies, passwords of staff, links by which a shop hands its people over.

Secrets are random and stored as hashes only. Time is the machine's own: a demo's moved clock signs nobody out.
"""

import asyncio
import hmac
from collections import defaultdict, deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from secrets import token_hex, token_urlsafe
from typing import Any

from msgspec.structs import replace
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from amends.application.sign_ins import HandOver, Password, SignedIn, SignIns
from amends.domain.time import Instant
from amends.domain.words import Side

LASTS = {
    Side.BUYER: timedelta(days=30),
    Side.MERCHANT: timedelta(hours=12),
    Side.PLATFORM: timedelta(hours=12),
}
"""How long a session lasts; staff sign in again every working day."""

LINK_LASTS = timedelta(minutes=5)
"""The shop asks for a link when its button is pressed, so it is used at once."""

SHORTEST_PASSWORD = 10
_LONGEST_PASSWORD = 256
"""Characters. Hashing is slow by design, and more so the longer the text."""

_FREE_TRIES = 5
_FIRST_WAIT = timedelta(seconds=15)
_LONGEST_WAIT = timedelta(minutes=15)
_BETWEEN_TRIES = timedelta(seconds=1)
_TRIES_OF_ADDRESS = 30
_TRIES_COUNTED_FOR = timedelta(minutes=10)
_HASHED_AT_ONCE = 2
"""One hash takes a processor for 0.2 s; the pages need the others."""


class TooManyTries(Exception):
    """Nothing was looked at; `wait` says for how long it would be in vain to try again."""

    def __init__(self, wait: timedelta) -> None:
        self.wait = wait
        super().__init__(wait)


def machine_time() -> Instant:
    return datetime.now(UTC)


class Sessions:
    """Begins and ends sessions. All raise Unavailable."""

    def __init__(
        self,
        kept: SignIns,
        now: Callable[[], Instant] = machine_time,
        hashing: PasswordHash | None = None,
    ) -> None:
        self._kept = kept
        self._now = now
        self._hashing = hashing or PasswordHash((Argon2Hasher(),))
        self._hashing_places = asyncio.Semaphore(_HASHED_AT_ONCE)
        self._tries: defaultdict[str, deque[Instant]] = defaultdict(deque)
        self._nobody = ""

    async def begin(self, actor: str) -> str:
        """A new session's secret, for the cookie. `actor` is written as in `Amends-Actor`."""
        secret = token_urlsafe(32)
        now = self._now()
        await self._kept.put_session(SignedIn(_hash(secret), actor, now + LASTS[side_of(actor)]), now)
        return secret

    async def find(self, secret: str) -> str | None:
        """Whose session it is; None when it has ended."""
        session = await self._kept.session(_hash(secret), self._now())
        return session.actor if session is not None else None

    async def end(self, secret: str) -> None:
        await self._kept.end_session(_hash(secret))

    async def set_password(self, actor: str, password: str) -> None:
        """Set a password and end the sessions that began under the old one. Raises ValueError when it is too weak."""
        if not SHORTEST_PASSWORD <= len(password) <= _LONGEST_PASSWORD:
            raise ValueError(f"a password has {SHORTEST_PASSWORD} to {_LONGEST_PASSWORD} characters")
        await self._kept.put_password(Password(actor, await self._slowly(self._hashing.hash, password)))
        await self._kept.end_sessions_of(actor)

    async def is_password(self, actor: str, password: str, address: str) -> bool:
        """Whether it is the actor's password. Takes as long for somebody who does not exist. Raises TooManyTries."""
        now = self._now()
        self._count_try(address, now)
        if len(password) > _LONGEST_PASSWORD:
            return False
        known = await self._kept.password(actor)
        if known is None:
            self._nobody = self._nobody or await self._slowly(self._hashing.hash, token_urlsafe(16))
            await self._slowly(self._hashing.verify, password, self._nobody)
            return False
        if (wait := _wait(known, now)) > timedelta(0):
            raise TooManyTries(wait)
        # Counted before it is looked at: of a burst of tries, in whatever process, each sees the one before.
        if not await self._kept.count_try(known, now):
            raise TooManyTries(_BETWEEN_TRIES)
        right: bool = await self._slowly(self._hashing.verify, password, known.hashed)
        if right:
            await self._kept.put_password(replace(known, failures=0, failed_at=None))
        return right

    async def make_link(self, actor: str, goes_to: str) -> tuple[str, Instant]:
        """The secret of a link that signs its bearer in as `actor`, once, and until when."""
        secret = token_urlsafe(32)
        now = self._now()
        await self._kept.put_hand_over(HandOver(_hash(secret), actor, goes_to, now + LINK_LASTS), now)
        return secret, now + LINK_LASTS

    async def take_link(self, secret: str) -> HandOver | None:
        """What the link stands for; None when it was used before or is too old."""
        return await self._kept.take_hand_over(_hash(secret), self._now())

    async def _slowly(self, work: Callable[..., Any], *values: str) -> Any:
        async with self._hashing_places:
            return await asyncio.to_thread(work, *values)

    def _count_try(self, address: str, now: Instant) -> None:
        tries = self._tries[address]
        while tries and now - tries[0] > _TRIES_COUNTED_FOR:
            tries.popleft()
        if len(tries) >= _TRIES_OF_ADDRESS:
            raise TooManyTries(tries[0] + _TRIES_COUNTED_FOR - now)
        tries.append(now)
        if len(self._tries) > 10_000:
            self._tries.clear()


def form_token(secret: str) -> str:
    """Proves that a form came from a page of this session. Differs each time, so that compression tells nothing."""
    nonce = token_hex(8)
    return f"{nonce}.{_form_mark(secret, nonce)}"


def is_form_token(secret: str, token: str) -> bool:
    nonce, _, mark = token.partition(".")
    return hmac.compare_digest(mark.encode(), _form_mark(secret, nonce).encode())


def _form_mark(secret: str, nonce: str) -> str:
    return hmac.new(secret.encode(), f"form {nonce}".encode(), sha256).hexdigest()[:32]


def _wait(password: Password, now: Instant) -> timedelta:
    """Each wrong try beyond the free ones doubles the wait."""
    if password.failures < _FREE_TRIES or password.failed_at is None:
        return timedelta(0)
    doublings = min(password.failures - _FREE_TRIES, 10)
    length: timedelta = min(_FIRST_WAIT * 2**doublings, _LONGEST_WAIT)
    return password.failed_at + length - now


def _hash(secret: str) -> bytes:
    return sha256(secret.encode()).digest()


def side_of(actor: str) -> Side:
    """The side of an actor as written."""
    return Side(actor.partition("/")[0])
