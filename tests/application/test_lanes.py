"""Queues before the engine: batches by themselves, bounds, and senders who leave."""

import asyncio

import pytest

from amends.application.lanes import LARGEST_BATCH, Lane, LaneFull, Lanes
from amends.application.ports import Answer, CaseKey, Envelope, Failed, Unavailable, Unstorable
from amends.domain import commands as k
from tests.support.shops import about, shop_in_memory

HELLO = k.SendMessage("您好")
NOBODY = CaseKey(1001, 1)


class GatedEngine:
    """Takes batches, and answers them when the gate is opened."""

    def __init__(self) -> None:
        self.batches: list[list[Envelope]] = []
        self.gate = asyncio.Event()
        self.fault: Exception | None = None

    async def handle(self, batch: list[Envelope]) -> list[Answer | Failed]:
        self.batches.append(list(batch))
        await self.gate.wait()
        if self.fault is not None:
            raise self.fault
        return [Answer(envelope.merchant_id, case_id=envelope.case_id) for envelope in batch]


def numbered(numbers: range) -> list[Envelope]:
    return [about(CaseKey(1001, number), HELLO) for number in numbers]


def test_what_queues_up_while_a_batch_is_written_becomes_the_next_batch():
    async def story():
        engine = GatedEngine()
        async with Lanes(engine, interactive_writers=1) as lanes:
            first, *rest = [asyncio.create_task(lanes.submit(one)) for one in numbered(range(1 + LARGEST_BATCH + 5))]
            await asyncio.sleep(0.01)
            engine.gate.set()
            answers = await asyncio.gather(first, *rest)
            assert [answer.case_id for answer in answers] == list(range(1 + LARGEST_BATCH + 5))
            assert [len(batch) for batch in engine.batches] == [LARGEST_BATCH, 6]

    asyncio.run(story())


def test_a_second_batch_sets_out_when_it_is_half_as_large_as_the_one_under_way():
    async def story():
        engine = GatedEngine()
        async with Lanes(engine, interactive_writers=2) as lanes:
            sent = [asyncio.create_task(lanes.submit(one)) for one in numbered(range(8))]
            await asyncio.sleep(0.01)
            sent += [asyncio.create_task(lanes.submit(one)) for one in numbered(range(8, 11))]
            await asyncio.sleep(0.01)
            assert [len(batch) for batch in engine.batches] == [8], "three are not worth a batch beside eight"
            sent.append(asyncio.create_task(lanes.submit(about(CaseKey(1001, 11), HELLO))))
            await asyncio.sleep(0.01)
            assert [len(batch) for batch in engine.batches] == [8, 4]
            sent.append(asyncio.create_task(lanes.submit(about(CaseKey(1001, 12), HELLO))))
            engine.gate.set()
            assert [answer.case_id for answer in await asyncio.gather(*sent)] == list(range(13))

    asyncio.run(story())


def test_a_full_lane_says_so_at_once_and_takes_all_or_nothing():
    async def story():
        engine = GatedEngine()
        async with Lanes(engine, interactive_writers=1, interactive_depth=3, bulk_depth=10) as lanes:
            taken = asyncio.create_task(lanes.submit(about(NOBODY, HELLO)))
            await asyncio.sleep(0.01)
            waiting = [asyncio.create_task(lanes.submit(one)) for one in numbered(range(3))]
            await asyncio.sleep(0.01)
            with pytest.raises(LaneFull) as full:
                await lanes.submit(about(NOBODY, HELLO))
            assert full.value.retry_after_seconds >= 1
            with pytest.raises(LaneFull):
                await lanes.submit_bulk(numbered(range(11)))
            assert lanes.bulk.waiting == 0
            engine.gate.set()
            await asyncio.gather(taken, *waiting)
            assert (await lanes.submit(about(NOBODY, HELLO))).case_id == 1

    asyncio.run(story())


def test_interactive_commands_do_not_wait_behind_bulk():
    async def story():
        engine = GatedEngine()
        lanes = Lanes(engine, interactive_writers=1)
        async with lanes:
            bulk = asyncio.create_task(lanes.submit_bulk(numbered(range(1000))))
            await asyncio.sleep(0.01)
            person = asyncio.create_task(lanes.submit(about(CaseKey(1001, 7777), HELLO)))
            await asyncio.sleep(0.01)
            assert [batch[0].case_id for batch in engine.batches] == [0, 7777]
            engine.gate.set()
            assert (await person).case_id == 7777
            assert [answer.case_id for answer in await bulk] == list(range(1000))

    asyncio.run(story())


def test_a_sender_who_leaves_breaks_no_batch_and_one_who_left_before_is_not_served():
    async def story():
        async with shop_in_memory() as shop:
            cases = await shop.opened(4)
            async with Lanes(shop.engine, interactive_writers=1) as lanes:
                senders = [asyncio.create_task(lanes.submit(about(case, HELLO))) for case in cases]
                await asyncio.sleep(0)
                senders[0].cancel()
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                senders[1].cancel()
                outcomes = await asyncio.gather(*senders, return_exceptions=True)
            left = [isinstance(outcome, asyncio.CancelledError) for outcome in outcomes]
            assert left == [True, True, False, False]
            written = [len(await shop.reader.timeline(case, 2, 10)) for case in cases]
            assert written[2:] == [1, 1]
            assert written[0] == 0

    asyncio.run(story())


@pytest.mark.parametrize("fault", [Unavailable("gone"), ZeroDivisionError("a fault of ours")])
def test_an_outage_reaches_every_sender_and_the_lane_lives_on(fault: Exception):
    async def story():
        engine = GatedEngine()
        engine.gate.set()
        engine.fault = fault
        async with Lanes(engine) as lanes:
            with pytest.raises(type(fault)):
                await lanes.submit(about(NOBODY, HELLO))
            with pytest.raises(type(fault)):
                await lanes.submit_bulk(numbered(range(100)))
            engine.fault = None
            assert (await lanes.submit(about(NOBODY, HELLO))).case_id == 1

    asyncio.run(story())


def test_a_command_that_fails_is_raised_to_its_sender_and_returned_in_bulk():
    async def story():
        async with shop_in_memory() as shop:
            (case,) = await shop.opened()
            broken = about(case, k.SendMessage("\x00"))
            async with Lanes(shop.engine) as lanes:
                with pytest.raises(Unstorable):
                    await lanes.submit(broken)
                failed, accepted = await lanes.submit_bulk([broken, about(case, HELLO)])
                assert isinstance(failed, Unstorable)
                assert accepted.version == 3

    asyncio.run(story())


def test_a_lane_that_stops_finishes_what_it_took_in():
    async def story():
        engine = GatedEngine()
        lane = Lane(engine, "interactive", writers=2, depth=100)
        lane.start()
        answered = lane.put(numbered(range(100)))
        engine.gate.set()
        await lane.stop()
        assert all(future.done() for future in answered)

    asyncio.run(story())
