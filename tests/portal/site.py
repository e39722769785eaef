"""The pages over a store in memory, with a shop's people: in one process for tests, or served to a real browser."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta

import httpx2
import uvicorn

from amends.application.access import Access
from amends.application.ids import Ids
from amends.application.intake import Intake
from amends.application.lanes import Lanes
from amends.application.ports import Change
from amends.application.queries import Queries
from amends.application.service import Service
from amends.application.sign_ins import DemoPerson
from amends.domain.order import Merchant
from amends.domain.time import Instant
from amends.domain.words import Role
from amends.store.memory_conversations import MemoryConversations
from amends.store.sign_ins import MemorySignIns
from amends.web.app import Application
from amends.web.desk import Desk
from amends.web.live import Hub
from tests.support.shops import POLICIES, Shop, shop_in_memory

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


def _staff(merchant_id: int) -> dict[str, Role]:
    names = [(person.actor.split("/"), person.role) for person in PEOPLE]
    place = ["platform"] if merchant_id == 0 else ["merchant", str(merchant_id)]
    return {name[-1]: role for name, role in names if name[:-1] == place}


class Notices:
    """Announces and watches within one process, as NOTIFY does between several."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Sequence[Change]] = asyncio.Queue()

    def __call__(self, changes: Iterable[Change]) -> None:
        self._queue.put_nowait(list(changes))

    async def changes(self) -> AsyncIterator[Sequence[Change]]:
        while True:
            yield await self._queue.get()


class Site:
    """The service with its pages. `desk` is there while it runs."""

    def __init__(self, *, demo: bool = True) -> None:
        self.demo = demo
        self.sign_ins = MemorySignIns()
        self.app = Application(self.open_desk)
        self.desk: Desk
        self.shop: Shop
        self.loop: asyncio.AbstractEventLoop

    @asynccontextmanager
    async def open_desk(self) -> AsyncIterator[Desk]:
        self.loop = asyncio.get_running_loop()
        async with shop_in_memory() as shop, Lanes(shop.engine) as lanes:
            self.shop = shop
            clock, notices = shop.clock, Notices()
            shop.store.announce = notices  # type: ignore[attr-defined]

            async def move_clock(by: timedelta) -> Instant:
                clock.advance(by)
                return clock.now()

            await shop.registry.put_merchant(Merchant(1001, name="木棠生活馆", staff=_staff(1001)), clock.now())
            await shop.registry.put_merchant(Merchant(0, name="平台", staff=_staff(0)), clock.now())
            self.desk = Desk(
                lanes=lanes,
                records=shop.reader,
                registry=shop.registry,
                outbox=shop.outbox,
                policies=POLICIES,
                clock=clock,
                access=Access(shop.registry, clock),
                queries=Queries(shop.reader, POLICIES, clock),
                intake=Intake(lanes, shop.reader),
                service=Service(MemoryConversations(), shop.reader, clock, Ids(7)),
                sign_ins=self.sign_ins,
                hub=Hub(notices),
                move_clock=move_clock if self.demo else None,
                demo_people=PEOPLE if self.demo else None,
            )
            listening = asyncio.create_task(self.desk.hub.forever())
            try:
                yield self.desk
            finally:
                listening.cancel()


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
        server = uvicorn.Server(uvicorn.Config(site.app, log_level="warning"))  # type: ignore[arg-type]
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
