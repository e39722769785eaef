"""What is remembered of people who signed in: sessions, passwords of staff, links by which a shop hands people over."""

from typing import Protocol

from msgspec import Struct

from amends.domain.time import Instant
from amends.domain.words import Role


class SignedIn(Struct, frozen=True):
    """A session. `sha256` is of the secret in the cookie, `actor` a name such as `merchant/1001/li`.

    The role is not kept here: it is looked up with every request, so that taking it away works at once.
    """

    sha256: bytes
    actor: str
    ends_at: Instant


class Password(Struct, frozen=True):
    """Of a member of staff. `failures` counts wrong tries since the last right one."""

    actor: str
    hashed: str
    failures: int = 0
    failed_at: Instant | None = None


class HandOver(Struct, frozen=True):
    """A link that signs its bearer in, once. `sha256` is of the secret in it, `goes_to` a path of ours."""

    sha256: bytes
    actor: str
    goes_to: str
    ends_at: Instant


class DemoPerson(Struct, frozen=True):
    """Somebody of a demonstration, whom anybody may step in as. `actor` is written as in `Amends-Actor`."""

    actor: str
    role: Role
    name: str
    works_at: str = ""


class SignIns(Protocol):
    """Where sign-ins are kept. All raise Unavailable."""

    async def session(self, sha256: bytes, now: Instant) -> SignedIn | None:
        """The session, unless it has ended."""

    async def put_session(self, session: SignedIn, now: Instant) -> None:
        """Begin a session, and forget those that ended before `now`."""

    async def end_session(self, sha256: bytes) -> None:
        """End a session."""

    async def end_sessions_of(self, actor: str) -> None:
        """End all sessions of somebody: on a new password, or when staff leave."""

    async def password(self, actor: str) -> Password | None:
        """The password; None where none was set."""

    async def put_password(self, password: Password) -> None:
        """Set or replace a password with its count of failures."""

    async def count_try(self, known: Password, now: Instant) -> bool:
        """Count a try as a failure before it is looked at; False when another one was counted meanwhile."""

    async def put_hand_over(self, link: HandOver, now: Instant) -> None:
        """Add a link, and forget those that ended before `now`."""

    async def take_hand_over(self, sha256: bytes, now: Instant) -> HandOver | None:
        """The link, unless it has ended; afterwards it is used up. Only one of two who come at once gets it."""
