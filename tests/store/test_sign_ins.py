"""Sessions, passwords and hand-over links are kept alike by both stores."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from amends.application.sign_ins import HandOver, Password, SignedIn, SignIns
from amends.store.database import Database
from amends.store.sign_ins import MemorySignIns, PostgresSignIns

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
LI = "merchant/1001/li"

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture(params=["memory", "postgres"])
def sign_ins(request):
    @asynccontextmanager
    async def kept() -> AsyncIterator[SignIns]:
        if request.param == "memory":
            yield MemorySignIns()
        else:
            url = request.getfixturevalue("database")
            async with Database(url, batch_connections=1, page_connections=2) as database:
                yield PostgresSignIns(database)

    return kept


def session(secret: bytes, actor: str = LI, ends_at: datetime = NOW + HOUR) -> SignedIn:
    return SignedIn(secret, actor, ends_at)


async def test_a_session_is_found_until_it_ends(sign_ins):
    async with sign_ins() as kept:
        await kept.put_session(session(b"a"), NOW)

        assert await kept.session(b"a", NOW) == session(b"a")
        assert await kept.session(b"a", NOW + HOUR) is None
        assert await kept.session(b"b", NOW) is None


async def test_sessions_are_ended_one_by_one_and_all_of_a_person_at_once(sign_ins):
    async with sign_ins() as kept:
        for one in (session(b"a"), session(b"b"), session(b"c"), session(b"d", "buyer/b42")):
            await kept.put_session(one, NOW)

        await kept.end_session(b"a")
        assert await kept.session(b"a", NOW) is None
        assert await kept.session(b"b", NOW) is not None

        await kept.end_sessions_of(LI)
        assert await kept.session(b"b", NOW) is None
        assert await kept.session(b"c", NOW) is None
        assert await kept.session(b"d", NOW) is not None


async def test_a_new_session_sweeps_out_those_that_have_ended(sign_ins):
    async with sign_ins() as kept:
        await kept.put_session(session(b"old"), NOW)
        await kept.put_session(session(b"new", ends_at=NOW + 3 * HOUR), NOW + 2 * HOUR)

        assert await kept.session(b"old", NOW) is None
        assert await kept.session(b"new", NOW) is not None


async def test_a_password_is_replaced_with_its_count_of_failures(sign_ins):
    async with sign_ins() as kept:
        assert await kept.password(LI) is None

        await kept.put_password(Password(LI, "first"))
        await kept.put_password(Password(LI, "second", failures=2, failed_at=NOW))

        assert await kept.password(LI) == Password(LI, "second", failures=2, failed_at=NOW)


async def test_of_tries_at_once_one_is_counted(sign_ins):
    async with sign_ins() as kept:
        await kept.put_password(known := Password(LI, "hashed"))

        assert await kept.count_try(known, NOW)
        assert not await kept.count_try(known, NOW)
        assert await kept.password(LI) == Password(LI, "hashed", failures=1, failed_at=NOW)


async def test_a_hand_over_link_works_once_and_not_too_late(sign_ins):
    async with sign_ins() as kept:
        link = HandOver(b"x", "buyer/b42", "/buyer/cases/1001-0F3K9QZ2", NOW + HOUR)
        await kept.put_hand_over(link, NOW)

        assert await kept.take_hand_over(b"x", NOW) == link
        assert await kept.take_hand_over(b"x", NOW) is None

        await kept.put_hand_over(link, NOW)
        assert await kept.take_hand_over(b"x", NOW + HOUR) is None
