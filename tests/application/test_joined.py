"""What is asked at the same time is asked once, and nobody's leaving or failing harms the others."""

import asyncio

import pytest

from amends.application.joined import Joined


class Book:
    """Answers when told to, and knows what it was asked."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.open = asyncio.Event()

    async def look_up(self, names):
        self.asked.append(sorted(names))
        await self.open.wait()
        if "fault" in names:
            raise LookupError("torn page")
        return {name: name.upper() for name in names if name != "nobody"}


def test_what_comes_up_while_an_answer_is_on_its_way_is_asked_together():
    async def scene():
        book = Book()
        joined = Joined(book.look_up)
        callers = [asyncio.create_task(joined.get([name])) for name in ("a",)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        callers += [asyncio.create_task(joined.get(names)) for names in (["b", "c"], ["c", "nobody"], ["d"])]
        await asyncio.sleep(0)
        callers[3].cancel()
        book.open.set()
        answers = await asyncio.gather(*callers, return_exceptions=True)
        assert answers[:3] == [{"a": "A"}, {"b": "B", "c": "C"}, {"c": "C"}]
        assert isinstance(answers[3], asyncio.CancelledError)
        assert book.asked == [["a"], ["b", "c", "d", "nobody"]]

    asyncio.run(scene())


def test_a_fault_reaches_all_who_asked_with_it_and_nobody_after():
    async def scene():
        book = Book()
        book.open.set()
        joined = Joined(book.look_up)
        for answer in await asyncio.gather(joined.get(["fault"]), joined.get(["a"]), return_exceptions=True):
            assert isinstance(answer, LookupError)
        assert await joined.get(["a"]) == {"a": "A"}
        assert await joined.get([]) == {}

    asyncio.run(scene())


def test_a_caller_who_leaves_does_not_take_the_answer_from_another_who_asked_the_same():
    async def scene():
        book = Book()
        joined = Joined(book.look_up)
        leaving, staying = (asyncio.create_task(joined.get(["a"])) for _ in range(2))
        await asyncio.sleep(0)
        leaving.cancel()
        book.open.set()
        assert await staying == {"a": "A"}
        with pytest.raises(asyncio.CancelledError):
            await leaving

    asyncio.run(scene())
