"""The demo's service inbox has somebody in it, asked for in words that bring a person (R5.1)."""

import asyncio
from datetime import UTC, datetime

from amends.adapters.clock import SystemClock
from amends.application.access import Caller
from amends.application.ids import Ids
from amends.application.policies import Policies
from amends.application.service import Service, wants_person
from amends.demo.album import keeping
from amends.demo.history import Back
from amends.demo.inbox import fill
from amends.demo.market import SEED, load
from amends.domain.actor import platform
from amends.domain.words import Role, Side
from amends.store.memory import MemoryDeadlines, MemoryRegistry, MemoryStore
from amends.store.memory_conversations import MemoryConversations
from amends.store.memory_files import MemoryFiles
from amends.store.memory_reader import MemoryReader

NOW = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
ZHOU = Caller(platform("zhou", Role.SERVICE_AGENT), None)


class Clock(SystemClock):
    def now(self):
        return NOW


def test_a_shop_and_buyers_wait_one_is_being_helped_and_the_pace_of_the_last_hour_is_known(tmp_path):
    store, policies, conversations = MemoryStore(), Policies.load(None), MemoryConversations()

    async def story():
        async with keeping(MemoryFiles(store), tmp_path, policies.in_force(NOW).files) as kept:
            back = Back(
                store, store.outbox, MemoryDeadlines(store), policies, kept, tmp_path / "payments", tmp_path / "parcels"
            )
            await load(back, MemoryRegistry(store), Ids(1), seed=SEED, now=NOW)
        await fill(conversations, MemoryReader(store), Ids(2), NOW)
        service = Service(conversations, MemoryReader(store), Clock(), Ids(3))
        inbox = await service.list(ZHOU, 100)
        shown = [await service.show(ZHOU, one.conversation_id) for one in inbox]
        assert [one.state for one in shown] == ["taken", "waiting", "waiting", "waiting"]
        assert {one.asker.partition("/")[0] for one in shown} == {Side.BUYER, Side.MERCHANT}
        assert all(wants_person(one.messages[0].text) for one in shown)
        assert all(one.case_id for one in shown), "whoever takes it sees what it is about"
        assert [(one.place, one.expected_wait_seconds) for one in shown[1:]] == [(1, 1800), (2, 3600), (3, 5400)]
        times = [message.at for one in shown for message in one.messages]
        assert max(times) <= NOW
        assert [message.by for message in shown[0].messages][1] == "platform/zhou"

    asyncio.run(story())
