"""Sessions, passwords and hand-over links, on PostgreSQL and in memory."""

from msgspec.structs import replace

from amends.application.sign_ins import HandOver, Password, SignedIn
from amends.domain.time import Instant
from amends.store.database import Database, load_queries

_sql = load_queries("sign_ins")


class PostgresSignIns:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def session(self, sha256: bytes, now: Instant) -> SignedIn | None:
        rows = await self._database.rows(_sql.session, sha256=sha256, now=now)
        return SignedIn(*rows[0]) if rows else None

    async def put_session(self, session: SignedIn, now: Instant) -> None:
        async with self._database.for_page() as connection:
            await _sql.forget_sessions(connection, now=now)
            await _sql.put_session(
                connection, sha256=session.sha256, actor=session.actor, ends_at=session.ends_at
            )  # fmt: skip

    async def end_session(self, sha256: bytes) -> None:
        async with self._database.for_page() as connection:
            await _sql.end_session(connection, sha256=sha256)

    async def end_sessions_of(self, actor: str) -> None:
        async with self._database.for_page() as connection:
            await _sql.end_sessions_of(connection, actor=actor)

    async def password(self, actor: str) -> Password | None:
        rows = await self._database.rows(_sql.password, actor=actor)
        return Password(*rows[0]) if rows else None

    async def put_password(self, password: Password) -> None:
        async with self._database.for_page() as connection:
            await _sql.put_password(
                connection,
                actor=password.actor,
                hashed=password.hashed,
                failures=password.failures,
                failed_at=password.failed_at,
            )

    async def count_try(self, known: Password, now: Instant) -> bool:
        async with self._database.for_page() as connection:
            counted: int = await _sql.count_try(connection, actor=known.actor, failures=known.failures, now=now)
        return counted == 1

    async def put_hand_over(self, link: HandOver, now: Instant) -> None:
        async with self._database.for_page() as connection:
            await _sql.forget_hand_overs(connection, now=now)
            await _sql.put_hand_over(
                connection, sha256=link.sha256, actor=link.actor, goes_to=link.goes_to, ends_at=link.ends_at
            )

    async def take_hand_over(self, sha256: bytes, now: Instant) -> HandOver | None:
        rows = await self._database.rows(_sql.take_hand_over, sha256=sha256, now=now)
        return HandOver(*rows[0]) if rows else None


class MemorySignIns:
    """For tests and rehearsals; one process's own."""

    def __init__(self) -> None:
        self._sessions: dict[bytes, SignedIn] = {}
        self._passwords: dict[str, Password] = {}
        self._links: dict[bytes, HandOver] = {}

    async def session(self, sha256: bytes, now: Instant) -> SignedIn | None:
        session = self._sessions.get(sha256)
        return session if session is not None and session.ends_at > now else None

    async def put_session(self, session: SignedIn, now: Instant) -> None:
        self._sessions = {key: one for key, one in self._sessions.items() if one.ends_at > now}
        self._sessions[session.sha256] = session

    async def end_session(self, sha256: bytes) -> None:
        self._sessions.pop(sha256, None)

    async def end_sessions_of(self, actor: str) -> None:
        self._sessions = {key: one for key, one in self._sessions.items() if one.actor != actor}

    async def password(self, actor: str) -> Password | None:
        return self._passwords.get(actor)

    async def put_password(self, password: Password) -> None:
        self._passwords[password.actor] = password

    async def count_try(self, known: Password, now: Instant) -> bool:
        if self._passwords.get(known.actor) != known:
            return False
        self._passwords[known.actor] = replace(known, failures=known.failures + 1, failed_at=now)
        return True

    async def put_hand_over(self, link: HandOver, now: Instant) -> None:
        self._links = {key: one for key, one in self._links.items() if one.ends_at > now}
        self._links[link.sha256] = link

    async def take_hand_over(self, sha256: bytes, now: Instant) -> HandOver | None:
        link = self._links.pop(sha256, None)
        return link if link is not None and link.ends_at > now else None
