"""Questions that many callers ask at once, joined into one."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Found = TypeVar("Found")


class Joined(Generic[Asked, Found]):
    """Asks for everything that came up while the last answer was on its way; so busy times need few questions."""

    def __init__(self, ask: Callable[[Collection[Asked]], Awaitable[Mapping[Asked, Found]]]) -> None:
        self._ask = ask
        self._waiting: dict[Asked, asyncio.Future[Found | None]] = {}
        self._asking: asyncio.Task[None] | None = None

    async def get(self, asked: Iterable[Asked]) -> dict[Asked, Found]:
        """What was found of it. Raises what asking raised."""
        loop = asyncio.get_running_loop()
        mine = {one: self._waiting.setdefault(one, loop.create_future()) for one in asked}
        if self._asking is None or self._asking.done():
            self._asking = loop.create_task(self._answer_all())
        # Shielded: others may wait for the same.
        answers = await asyncio.gather(*map(asyncio.shield, mine.values()))
        return {one: found for one, found in zip(mine, answers, strict=True) if found is not None}

    async def _answer_all(self) -> None:
        while self._waiting:
            asked, self._waiting = self._waiting, {}
            try:
                found = await self._ask(asked.keys())
            except Exception as fault:  # noqa: BLE001 (whoever asked is told)
                for waiting in asked.values():
                    waiting.set_exception(fault)
            else:
                for one, waiting in asked.items():
                    waiting.set_result(found.get(one))
