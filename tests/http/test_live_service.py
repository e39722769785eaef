"""R5.1, R2.4: who waits for a person and who answers hear of each other at once, and nobody else is told."""

import asyncio

from amends.application.access import Caller
from amends.application.ports import CaseKey
from amends.domain.actor import buyer, platform
from amends.domain.case import parse_case_id
from amends.domain.words import Role
from amends.web.live import QUEUE_SECONDS, listen_in
from tests.support.api import Api

ZHOU = Caller(platform("zhou", Role.SERVICE_AGENT), None)
FIRST, SECOND = Caller(buyer("b42"), None), Caller(buyer("b43"), None)
AT_ONCE_SECONDS = 1.0
QUIET_SECONDS = 0.6


class Ear:
    """Listens in from now on."""

    def __init__(self, api: Api, conversation_id: str) -> None:
        self._told = asyncio.Event()
        named = parse_case_id(conversation_id)
        assert named is not None
        self._stream = listen_in(api.desk.hub, CaseKey(*named), to_queue=True)

    async def __aenter__(self):
        self._listening = asyncio.create_task(self._listen())
        while await self.heard(QUEUE_SECONDS + QUIET_SECONDS):
            """What happened before is told first."""
        return self

    async def __aexit__(self, *_fault):
        self._listening.cancel()
        await asyncio.gather(self._listening, return_exceptions=True)

    async def _listen(self):
        async for _ in self._stream:
            self._told.set()

    async def heard(self, seconds: float) -> bool:
        """Whether something was told within that time."""
        try:
            await asyncio.wait_for(self._told.wait(), seconds)
        except TimeoutError:
            return False
        self._told.clear()
        return True


def test_an_answer_is_told_at_once(any_api: Api):
    async def story():
        service = any_api.desk.service
        talk = (await service.ask_person(FIRST, "转人工")).conversation_id
        async with Ear(any_api, talk) as ear:
            await service.take(ZHOU, talk)
            assert await ear.heard(AT_ONCE_SECONDS)
            await service.reply(ZHOU, talk, "您好，请问是哪一笔订单？")
            assert await ear.heard(AT_ONCE_SECONDS)

    any_api.run(story())


def test_who_waits_hears_that_somebody_before_left_the_queue(any_api: Api):
    async def story():
        service = any_api.desk.service
        before = (await service.ask_person(FIRST, "转人工")).conversation_id
        talk = (await service.ask_person(SECOND, "转人工")).conversation_id
        assert (await service.show(SECOND, talk)).place == 2
        async with Ear(any_api, talk) as ear:
            await service.take(ZHOU, before)
            assert await ear.heard(QUEUE_SECONDS + AT_ONCE_SECONDS)
            assert (await service.show(SECOND, talk)).place == 1

    any_api.run(story())


def test_what_others_say_is_told_to_nobody_else(any_api: Api):
    async def story():
        service = any_api.desk.service
        theirs = (await service.ask_person(FIRST, "转人工")).conversation_id
        talk = (await service.ask_person(SECOND, "转人工")).conversation_id
        async with Ear(any_api, talk) as ear:
            await service.reply(FIRST, theirs, "在吗")
            assert not await ear.heard(QUIET_SECONDS)

    any_api.run(story())


def test_a_talk_is_no_case_to_those_who_watch_cases(any_api: Api):
    async def during():
        await any_api.desk.service.ask_person(FIRST, "转人工")

    stream = any_api.watch("/v1/live", "platform/zhou", during)
    assert b"event: change" not in stream.body
