"""The API in one process: no sockets, and time stands still until a test moves it."""

import asyncio
import json
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from amends.adapters.files.blobs import local_blobs
from amends.adapters.files.inspector import ProcessInspector
from amends.adapters.printing import TypstPrinter
from amends.application.access import Access, key_hash
from amends.application.dossier import Dossiers
from amends.application.evidence import Evidence
from amends.application.findings import Findings
from amends.application.health import BULK_LANE, PEOPLE_LANE, Around, Health
from amends.application.holds import Holds
from amends.application.ids import Ids
from amends.application.intake import Intake
from amends.application.lanes import Lanes
from amends.application.ledger import Ledger
from amends.application.ports import Change, ServiceKey
from amends.application.precedents import Precedents
from amends.application.queries import Queries
from amends.application.service import Service
from amends.application.sweep import Sweep
from amends.application.workbench import Figures
from amends.bootstrap import open_desk, open_parts
from amends.domain.order import Merchant, ReturnAddress
from amends.domain.time import Instant
from amends.domain.words import Role
from amends.settings import Settings
from amends.store.holds import MemoryHolds
from amends.store.memory_checkup import MemoryCheckup
from amends.store.memory_conversations import MemoryConversations
from amends.store.memory_examinations import MemoryExaminations
from amends.store.memory_files import MemoryFiles as MemoryFileBook
from amends.store.sign_ins import MemorySignIns
from amends.web.app import Application
from amends.web.desk import Desk
from amends.web.echo import echo
from amends.web.live import Hub
from tests.support.dossiers import Ring
from tests.support.shops import MONDAY, POLICIES, ManualClock, shop_in_memory

KEY = "amends_test_key_of_the_whole_marketplace"
SHOP_KEY = "amends_test_key_of_shop_1001"

PEOPLE: Mapping[int, dict[str, Role]] = {
    0: {
        "zhou": Role.SERVICE_AGENT,
        "gao": Role.ARBITRATOR,
        "shen": Role.SUPERVISOR,
        "bai": Role.OPERATOR,
        "yan": Role.AUDITOR,
    },
    1001: {"li": Role.OWNER, "wang": Role.AFTER_SALE, "sun": Role.PRE_SALE},
    1002: {"qian": Role.OWNER},
}


class Response(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Api:
    """A client that waits for every answer. `desk` is what stands behind."""

    def __init__(self, runner: asyncio.Runner, app: Application, desk: Desk, sweep: Sweep, clock: ManualClock) -> None:
        self._runner = runner
        self._app = app
        self.desk = desk
        self.clock = clock
        self._sweep = sweep

    def run(self, story: Any) -> Any:
        """Anything else that has to be waited for."""
        return self._runner.run(story)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        actor: str = "",
        *,
        key: str | None = KEY,
        raw: bytes | None = None,
        leaves: bool = False,
        **headers: str,
    ) -> Response:
        sent = raw if raw is not None else b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if key is not None:
            named["authorization"] = f"Bearer {key}"
        if actor:
            named["amends-actor"] = actor
        return self.run(self._send(method, path, sent, named, leaves=leaves))

    def get(self, path: str, actor: str = "", **headers: str) -> Response:
        return self.call("GET", path, None, actor, **headers)

    def post(self, path: str, body: Any = None, actor: str = "", **more: Any) -> Response:
        return self.call("POST", path, body, actor, **more)

    def command(self, case_id: str, verb: str, actor: str, body: Any = None, **headers: str) -> Response:
        return self.call("POST", f"/v1/cases/{case_id}/{verb}", body, actor, **headers)

    def watch(self, path: str, actor: str, during: Callable[[], Any] | None = None, **headers: str) -> "Response":
        """Open a stream, let `during` happen, and see what has come once it is quiet."""

        async def story() -> Response:
            heard: list[bytes] = []
            headers_ = {name.replace("_", "-"): value for name, value in headers.items()}
            headers_ |= {"authorization": f"Bearer {KEY}", "amends-actor": actor}
            stream = asyncio.create_task(self._send("GET", path, b"", headers_, heard))
            await asyncio.sleep(0.1)
            if during is not None:
                await during()
            size = -1
            while len(heard) != size and not stream.done():
                size = len(heard)
                await asyncio.sleep(0.4)
            if stream.done():
                return stream.result()
            stream.cancel()
            with suppress(asyncio.CancelledError):
                await stream
            return Response(200, {}, b"".join(heard))

        return self.run(story())

    async def send_command(self, case_id: str, verb: str, actor: str, body: Any = None) -> "Response":
        """A command, while something else is going on."""
        named = {"authorization": f"Bearer {KEY}", "amends-actor": actor}
        return await self._send("POST", f"/v1/cases/{case_id}/{verb}", json.dumps(body or {}).encode(), named)

    def later(self, length: timedelta) -> None:
        """Time passes, and deadlines are swept."""
        self.clock.advance(length)
        self.run(self._sweep.once())

    async def _send(
        self,
        method: str,
        path: str,
        body: bytes,
        headers: Mapping[str, str],
        heard: list[bytes] | None = None,
        *,
        leaves: bool = False,
    ) -> Response:
        """`heard` gets the parts of the answer as they come; who `leaves` does so in the middle of the body."""
        address, _, query = path.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(address),
            "raw_path": address.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()],
            "server": ("127.0.0.1", 80),
            "client": ("127.0.0.1", 1),
            "state": {},
        }
        status, found = 0, {}
        parts = heard if heard is not None else []
        sent, over = False, asyncio.Event()

        async def receive() -> dict[str, Any]:
            nonlocal sent
            if sent and not leaves:
                await over.wait()
            if sent:
                return {"type": "http.disconnect"}
            sent = True
            return {"type": "http.request", "body": body, "more_body": leaves}

        async def send(message: dict[str, Any]) -> None:
            nonlocal status, found
            if message["type"] == "http.response.start":
                status = message["status"]
                found = {name.decode().lower(): value.decode("latin-1") for name, value in message["headers"]}
            else:
                parts.append(message.get("body", b""))
                if not message.get("more_body", False):
                    over.set()

        await self._app(scope, receive, send)  # type: ignore[arg-type]
        return Response(status, found, b"".join(parts))


class Notices:
    """Announces and watches within one process, as NOTIFY does between several."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Sequence[Change]] = asyncio.Queue()

    def __call__(self, changes: Iterable[Change]) -> None:
        self._queue.put_nowait(list(changes))

    async def changes(self) -> AsyncIterator[Sequence[Change]]:
        yield ()
        while True:
            yield await self._queue.get()


Opened = tuple[Desk, Sweep]


@asynccontextmanager
async def desk_in_memory(clock: ManualClock) -> AsyncIterator[Opened]:
    notices = Notices()
    async with shop_in_memory() as shop:
        shop.clock.at = clock.at
        shop.clock = clock
        shop.store.announce = notices  # type: ignore[attr-defined]
        engine = shop.new_engine()
        async with Lanes(engine) as lanes:
            hub = Hub(notices)
            listening = asyncio.create_task(hub.forever())
            ledger = Ledger(shop.book, Ring(), clock)
            await ledger.begin()
            inspector, folder = ProcessInspector(), Path(tempfile.mkdtemp(prefix="amends-test-"))
            files = MemoryFileBook(shop.store)  # type: ignore[arg-type]
            examinations = MemoryExaminations(shop.store, files)  # type: ignore[arg-type]
            evidence = Evidence(
                book=files,
                blobs=local_blobs(folder / "evidence"),
                inspector=inspector,
                records=shop.reader,
                policies=POLICIES,
                clock=clock,
                ids=Ids(8),
                submit=lanes.submit,
                incoming=folder / "incoming",
            )
            yield (
                Desk(
                    lanes=lanes,
                    records=shop.reader,
                    registry=shop.registry,
                    outbox=shop.outbox,
                    policies=POLICIES,
                    clock=clock,
                    access=Access(shop.registry, clock),
                    queries=Queries(shop.reader, POLICIES, clock),
                    intake=Intake(lanes, shop.reader),
                    service=Service(MemoryConversations(), shop.reader, clock, Ids(7), notices),
                    sign_ins=MemorySignIns(),
                    hub=hub,
                    book=shop.book,
                    ledger=ledger,
                    evidence=evidence,
                    findings=Findings(examinations, files, shop.reader, POLICIES, clock),
                    workbench=shop.workbench,
                    figures=Figures(shop.workbench, clock),
                    precedents=Precedents(shop.workbench, clock),
                    health=Health(MemoryCheckup(shop.store), clock, _around(lanes, hub, notices, clock)),  # type: ignore[arg-type]
                    holds=Holds(MemoryHolds(shop.store), clock),  # type: ignore[arg-type]
                    dossiers=Dossiers(shop.reader, ledger, POLICIES, evidence, TypstPrinter()),
                    move_clock=_mover(clock),
                ),
                Sweep(engine, shop.deadlines, clock),
            )
            listening.cancel()
            await inspector.close()
            shutil.rmtree(folder)


@asynccontextmanager
async def desk_on_postgres(dsn: str, folder: Path, clock: ManualClock) -> AsyncIterator[Opened]:
    """Wired as the service wires itself."""
    settings = Settings(database_url=dsn, data_dir=folder)
    async with open_parts(settings, dsn, clock) as parts, open_desk(parts, settings, move_clock=_mover(clock)) as desk:
        yield desk, Sweep(parts.engine, parts.deadlines, clock)


def _around(lanes: Lanes, hub: Hub, notices: Notices, clock: ManualClock) -> Around:
    return Around(
        policy=lambda: POLICIES.in_force(clock.now()).version,
        notice=lambda: echo(hub, notices),
        machine=clock,
        lanes=((PEOPLE_LANE, lanes.interactive), (BULK_LANE, lanes.bulk)),
    )


def _mover(clock: ManualClock) -> Callable[[timedelta], Any]:
    async def move(length: timedelta) -> Instant:
        clock.advance(length)
        return clock.now()

    return move


@contextmanager
def api_over(open_: Callable[[ManualClock], AbstractAsyncContextManager[Opened]]) -> Iterator[Api]:
    """The API with its merchants, their people and two keys."""
    clock = ManualClock()
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        desk, sweep = runner.run(stack.enter_async_context(open_(clock)))
        app = Application(lambda: _nothing(desk))
        app.desk = app.framework.state.desk = desk
        runner.run(put_people(desk))
        try:
            yield Api(runner, app, desk, sweep, clock)
        finally:
            runner.run(stack.aclose())


@asynccontextmanager
async def _nothing(desk: Desk) -> AsyncIterator[Desk]:
    yield desk


async def put_people(desk: Desk) -> None:
    for merchant_id, staff in PEOPLE.items():
        address = ReturnAddress("a1", "仓库", "13900000000", "浙江省杭州市余杭区仓前街道 1 号", default=True)
        merchant = Merchant(merchant_id, f"店铺 {merchant_id}", addresses=(address,), staff=staff)
        await desk.registry.put_merchant(merchant, MONDAY)
    await desk.registry.put_service_key(ServiceKey(key_hash(KEY), "all", None, MONDAY))
    await desk.registry.put_service_key(ServiceKey(key_hash(SHOP_KEY), "shop", 1001, MONDAY))
