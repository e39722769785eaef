"""Who is let in: keys, scopes, staff."""

import asyncio
from datetime import timedelta

import pytest

from amends.application.access import Access, Caller, NotAdmitted, is_merchant_id, key_hash, new_key
from amends.application.ports import ServiceKey
from amends.domain import actor as actors
from amends.domain.actor import SYSTEM
from amends.domain.order import Merchant
from amends.domain.words import Role
from amends.store.memory import MemoryRegistry, MemoryStore
from tests.support.shops import MONDAY, ManualClock

KEY, SHOP_KEY = new_key(), new_key()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def registry() -> MemoryRegistry:
    registry = MemoryRegistry(MemoryStore())

    async def fill() -> None:
        await registry.put_service_key(ServiceKey(key_hash(KEY), "all", None, MONDAY))
        await registry.put_service_key(ServiceKey(key_hash(SHOP_KEY), "shop", 1001, MONDAY))
        await registry.put_merchant(Merchant(0, staff={"gao": Role.ARBITRATOR}), MONDAY)
        await registry.put_merchant(Merchant(1001, staff={"li": Role.OWNER, "小王": Role.PRE_SALE}), MONDAY)

    asyncio.run(fill())
    return registry


@pytest.fixture
def access(registry: MemoryRegistry, clock: ManualClock) -> Access:
    return Access(registry, clock)


def admitted(access: Access, actor: str, key: str = KEY) -> Caller:
    return asyncio.run(access.admit(f"Bearer {key}", actor))


def refused(access: Access, actor: str, authorization: str) -> str:
    with pytest.raises(NotAdmitted) as found:
        asyncio.run(access.admit(authorization, actor))
    return found.value.code


@pytest.mark.parametrize(
    ("name", "actor"),
    [
        ("", SYSTEM),
        ("system", SYSTEM),
        ("buyer/b42", actors.buyer("b42")),
        ("buyer/%E5%BC%A0%2F3", actors.buyer("张/3")),
        ("merchant/1001/li", actors.merchant(1001, "li", Role.OWNER)),
        ("merchant/1001/%E5%B0%8F%E7%8E%8B", actors.merchant(1001, "小王", Role.PRE_SALE)),
        ("platform/gao", actors.platform("gao", Role.ARBITRATOR)),
    ],
)
def test_an_actor_is_taken_at_his_name_with_the_role_on_record(access: Access, name: str, actor: actors.Actor):
    assert admitted(access, name) == Caller(actor, None)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("merchant/1001/nobody", "unknown_staff"),
        ("merchant/1002/li", "unknown_staff"),
        ("platform/li", "unknown_staff"),
        ("merchant/0/gao", "invalid_actor"),
        ("merchant/01001/li", "invalid_actor"),
        ("merchant/-1/li", "invalid_actor"),
        ("merchant/9223372036854775808/li", "invalid_actor"),
        ("buyer", "invalid_actor"),
        ("buyer/", "invalid_actor"),
        ("buyer/a/b", "invalid_actor"),
        ("buyer/" + "x" * 129, "invalid_actor"),
        ("buyer/%00", "invalid_actor"),
        ("buyer/张", "invalid_actor"),
        ("system/x", "invalid_actor"),
        ("System", "invalid_actor"),
    ],
)
def test_nobody_else_is_let_in(access: Access, name: str, code: str):
    assert refused(access, name, f"Bearer {KEY}") == code


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", f"Basic {KEY}", KEY, f"Bearer {KEY}x", "Bearer 中"],
    ids=["none", "no key", "empty key", "another scheme", "no scheme", "a key with more", "no ascii"],
)
def test_without_a_key_on_record_nobody_is_let_in(access: Access, authorization: str):
    assert refused(access, "buyer/b42", authorization) == "unauthenticated"


@pytest.mark.parametrize(
    ("name", "code"),
    [("platform/gao", "not_in_scope"), ("merchant/1002/li", "unknown_staff")],
)
def test_a_shops_key_speaks_for_no_other_shop_and_not_for_the_platform(access: Access, name: str, code: str):
    assert refused(access, name, f"Bearer {SHOP_KEY}") == code


def test_a_shops_key_reaches_its_own_merchant_alone(access: Access):
    caller = admitted(access, "buyer/b42", SHOP_KEY)
    assert (caller.may_reach(1001), caller.may_reach(1002)) == (True, False)
    assert admitted(access, "buyer/b42").may_reach(1002)


def test_a_change_of_staff_elsewhere_is_noticed_within_seconds(access: Access, registry, clock: ManualClock):
    """R3.7; in the process that made the change it is noticed at once."""
    assert admitted(access, "merchant/1001/li").actor.role is Role.OWNER
    asyncio.run(registry.put_merchant(Merchant(1001, staff={"li": Role.PRE_SALE}), MONDAY))
    clock.advance(timedelta(seconds=5))
    assert admitted(access, "merchant/1001/li").actor.role is Role.PRE_SALE

    asyncio.run(registry.put_merchant(Merchant(1001), MONDAY))
    access.forget()
    assert refused(access, "merchant/1001/li", f"Bearer {KEY}") == "unknown_staff"


def test_keys_are_long_random_and_kept_as_hashes():
    assert len({new_key() for _ in range(100)}) == 100
    assert len(KEY) >= 48
    assert KEY.encode() not in key_hash(KEY)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("1", True), ("9223372036854775807", True), ("9223372036854775808", False), ("0", False), ("1.0", False),
     ("", False), ("١٠", False)],
)  # fmt: skip
def test_a_merchants_number_is_written_in_one_way(text: str, is_one: bool):
    assert is_merchant_id(text) is is_one
