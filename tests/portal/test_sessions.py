"""Signing in holds against guessing, and sessions end when they should."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from amends.store.sign_ins import MemorySignIns
from amends.web.portal.sessions import Sessions, TooManyTries, form_token, is_form_token

pytestmark = pytest.mark.anyio

LI = "merchant/1001/li"
PASSWORD = "a long enough password"
QUICK = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))


class Time:
    def __init__(self) -> None:
        self.at = datetime(2026, 3, 2, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def time():
    return Time()


@pytest.fixture
async def sessions(time):
    made = Sessions(MemorySignIns(), time, QUICK)
    await made.set_password(LI, PASSWORD)
    return made


@pytest.mark.parametrize(
    ("actor", "lasts"),
    [("buyer/b42", timedelta(days=30)), (LI, timedelta(hours=12)), ("platform/gao", timedelta(hours=12))],
)
async def test_a_session_lasts_as_long_as_its_side_may(sessions, time, actor, lasts):
    secret = await sessions.begin(actor)

    time.at += lasts - timedelta(seconds=1)
    assert await sessions.find(secret) == actor
    time.at += timedelta(seconds=1)
    assert await sessions.find(secret) is None


async def test_only_the_secret_itself_opens_a_session(sessions):
    secret = await sessions.begin(LI)

    assert await sessions.find(secret + "x") is None
    assert await sessions.find("") is None
    await sessions.end(secret)
    assert await sessions.find(secret) is None


async def test_a_new_password_replaces_the_old_one_and_ends_its_sessions(sessions):
    secret = await sessions.begin(LI)
    await sessions.set_password(LI, "another password")

    assert await sessions.find(secret) is None
    assert not await sessions.is_password(LI, PASSWORD, "here")
    assert await sessions.is_password(LI, "another password", "here")


async def test_a_short_password_is_not_taken(sessions):
    with pytest.raises(ValueError, match="10 to 256"):
        await sessions.set_password(LI, "too short")
    assert await sessions.is_password(LI, PASSWORD, "here")


async def test_somebody_without_a_password_cannot_sign_in(sessions):
    assert not await sessions.is_password("merchant/1001/nobody", PASSWORD, "here")


async def test_after_five_wrong_tries_even_the_right_password_has_to_wait(sessions, time):
    for _ in range(5):
        assert not await sessions.is_password(LI, "wrong", "here")

    with pytest.raises(TooManyTries) as refused:
        await sessions.is_password(LI, PASSWORD, "here")
    assert refused.value.wait == timedelta(seconds=15)

    time.at += refused.value.wait
    assert not await sessions.is_password(LI, "wrong", "here")
    with pytest.raises(TooManyTries) as refused:
        await sessions.is_password(LI, PASSWORD, "here")
    assert refused.value.wait == timedelta(seconds=30)

    time.at += refused.value.wait
    assert await sessions.is_password(LI, PASSWORD, "here")
    assert not await sessions.is_password(LI, "wrong", "here")
    assert await sessions.is_password(LI, PASSWORD, "here")


async def test_a_burst_of_tries_is_counted_one_by_one(sessions):
    answers = await asyncio.gather(
        *(sessions.is_password(LI, f"guess {n}", "here") for n in range(25)), return_exceptions=True
    )

    assert True not in answers
    assert sum(answer is False for answer in answers) <= 6
    assert sum(isinstance(answer, TooManyTries) for answer in answers) >= 19


async def test_an_address_has_thirty_tries_in_ten_minutes_whoever_it_tries(sessions, time):
    for n in range(30):
        assert not await sessions.is_password(f"merchant/1001/guess{n}", "wrong", "there")

    with pytest.raises(TooManyTries):
        await sessions.is_password(LI, PASSWORD, "there")
    assert await sessions.is_password(LI, PASSWORD, "elsewhere")
    time.at += timedelta(minutes=10, seconds=1)
    assert await sessions.is_password(LI, PASSWORD, "there")


async def test_a_link_signs_in_once_within_five_minutes(sessions, time):
    secret, ends_at = await sessions.make_link("buyer/b42", "/buyer/cases/x")
    assert ends_at == time.at + timedelta(minutes=5)

    assert (await sessions.take_link(secret)).actor == "buyer/b42"
    assert await sessions.take_link(secret) is None

    late, _ = await sessions.make_link("buyer/b42", "/")
    time.at += timedelta(minutes=5)
    assert await sessions.take_link(late) is None


def test_a_form_token_belongs_to_its_session_and_differs_each_time():
    token = form_token("secret")

    assert is_form_token("secret", token)
    assert token != form_token("secret")
    assert not is_form_token("another", token)
    assert not is_form_token("secret", token[:-1] + ("0" if token[-1] != "0" else "1"))
    assert not is_form_token("secret", "")
    assert not is_form_token("secret", "äö.ü")
