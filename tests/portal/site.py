"""The pages over a store in memory, with a shop's people: in one process for tests, or served to a real browser."""

import asyncio
import itertools
import socket
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import Any, TypeVar

import httpx2
import uvicorn

from amends.application.sign_ins import DemoPerson, SignIns
from amends.domain.case import public_case_id
from amends.domain.words import Role
from amends.web.app import Application
from amends.web.desk import Desk
from tests.support.api import desk_in_memory, put_people
from tests.support.shops import ManualClock, opening, order

T = TypeVar("T")

PEOPLE = (
    DemoPerson("buyer/b42", Role.BUYER, "陈晓芸"),
    DemoPerson("buyer/b43", Role.BUYER, "郑雨桐"),
    DemoPerson("merchant/1001/li", Role.OWNER, "李文静", "木棠生活馆"),
    DemoPerson("merchant/1001/wang", Role.AFTER_SALE, "王浩", "木棠生活馆"),
    DemoPerson("merchant/1001/sun", Role.PRE_SALE, "孙悦", "木棠生活馆"),
    DemoPerson("platform/gao", Role.ARBITRATOR, "高远"),
    DemoPerson("platform/shen", Role.SUPERVISOR, "沈静"),
    DemoPerson("platform/zhou", Role.SERVICE_AGENT, "周敏"),
    DemoPerson("platform/bai", Role.OPERATOR, "白朗"),
    DemoPerson("platform/yan", Role.AUDITOR, "严正清"),
)

_numbers = itertools.count(1)


class Site:
    """The service with its pages; `desk` is there while it runs. Its shops and staff are those of the API's tests."""

    def __init__(self, *, demo: bool = True) -> None:
        self.demo = demo
        self.clock = ManualClock()
        self.app = Application(self.open_desk)
        self.desk: Desk
        self.sign_ins: SignIns
        self.loop: asyncio.AbstractEventLoop

    @asynccontextmanager
    async def open_desk(self) -> AsyncIterator[Desk]:
        self.loop = asyncio.get_running_loop()
        async with desk_in_memory(self.clock) as (desk, _):
            self.desk = replace(desk, demo_people=PEOPLE if self.demo else None)
            self.sign_ins = desk.sign_ins
            await put_people(desk)
            yield self.desk

    async def opened(self, count: int = 1, *, buyer_id: str = "b42", title: str = "手冲咖啡壶 600ml") -> list[str]:
        """Public ids of new cases on orders of their own; all wait for the merchant."""
        found = []
        for _ in range(count):
            order_no = f"20260302-{next(_numbers)}"
            await self.desk.lanes.submit(order(order_no, buyer_id=buyer_id, title=title))
            answer = await self.desk.lanes.submit(opening(order_no, buyer_id=buyer_id))
            assert answer.refusal is None, answer.refusal
            found.append(public_case_id(answer.merchant_id, answer.case_id or 0))
        return found

    def run(self, story: Coroutine[Any, Any, T]) -> T:
        """From the thread of a test, while the site is served from its own."""
        return asyncio.run_coroutine_threadsafe(story, self.loop).result(30)


class Browser(httpx2.AsyncClient):
    """A browser without JavaScript: keeps cookies, follows nobody unasked."""

    def __init__(self, site: Site) -> None:
        super().__init__(transport=httpx2.ASGITransport(site.app), base_url="http://127.0.0.1")  # type: ignore[arg-type]

    async def step_in(self, actor: str) -> httpx2.Response:
        """Become somebody of the demonstration and open the page that this leads to."""
        entered = await self.post("/demo", data={"actor": actor})
        assert entered.status_code == 303, entered.text
        return await self.get(entered.headers["location"])


@asynccontextmanager
async def running(site: Site) -> AsyncIterator[Site]:
    """In this process, without a server."""
    async with site.app.framework.lifespan():
        yield site


@contextmanager
def served(site: Site) -> Iterator[str]:
    """To a real browser, from a thread with an event loop of its own; yields the address."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(site.app, log_level="warning", timeout_graceful_shutdown=1))  # type: ignore[arg-type]
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            if not thread.is_alive():
                raise RuntimeError("the server did not start")
            threading.Event().wait(0.02)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)
