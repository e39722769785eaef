"""`amends demo`: the whole service with a made-up marketplace, in one process."""

import asyncio
import logging
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
import psycopg
import structlog
import uvicorn
from msgspec import Struct
from psycopg import sql
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from amends.adapters.clock import MovableClock
from amends.application.ids import Ids
from amends.application.policies import Policies
from amends.application.ports import CaseFilter, Reader
from amends.application.sign_ins import DemoPerson
from amends.application.sweep import Sweep
from amends.bootstrap import DATABASE, open_desk, open_parts, running, service_key
from amends.demo.album import keeping
from amends.demo.history import Back
from amends.demo.inbox import fill
from amends.demo.market import SEED, load
from amends.demo.outside import Files, Outside
from amends.demo.people import cast
from amends.settings import Settings
from amends.store.conversations import PostgresConversations
from amends.store.database import Database
from amends.store.deadlines import PostgresDeadlines
from amends.store.embedded import EmbeddedPostgres
from amends.store.files import PostgresFiles
from amends.store.migrate import migrate
from amends.store.outbox import PostgresOutbox
from amends.store.postgres import PostgresStore
from amends.store.reader import PostgresReader
from amends.store.registry import PostgresRegistry
from amends.web.app import Application

PORT = 8080
GRACE_SECONDS = 3
LOG = "demo.log"

log = logging.getLogger(__name__)


class Loaded(Struct, frozen=True):
    """Left in the data folder when the marketplace is whole; without it, it is made anew."""

    seed: int


def demo(*, port: int | None = None, data: Path | None = None) -> int:
    """Start everything with a made-up marketplace: 30 shops, 2,000 orders, some 350 cases. Ctrl-C ends it.

    The next start goes on where this one ended; to begin anew, stop it and delete the data folder.

    :param port: Where to listen; without it 8080, or a free one when that is taken.
    :param data: Data folder; without it `amends/demo` among the user's data.
    """
    folder = _writable(data) if data else _default_folder()
    settings = Settings(data_dir=folder, port=port or _free(PORT))
    _log_to(folder / LOG)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        server = EmbeddedPostgres(folder / "postgres")
        try:
            with _signals_held_back():
                server.start()
            asyncio.run(_run(settings, server))
        finally:
            server.stop()
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 130
    return 0


@contextmanager
def _signals_held_back() -> Iterator[None]:
    """A signal that comes meanwhile is obeyed afterwards: a database that is half started would be left to nobody."""
    came: list[int] = []
    signs = (signal.SIGINT, signal.SIGTERM)
    before = {sign: signal.signal(sign, lambda number, _: came.append(number)) for sign in signs}
    try:
        yield
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)
    if came:
        raise KeyboardInterrupt


async def _run(settings: Settings, server: EmbeddedPostgres) -> None:
    """Until a signal."""
    ending = _Ending()
    clock = MovableClock(settings.data_dir / "clock")
    files = Files.under(settings.data_dir / "sandbox")
    seed, url = await _marketplace(settings, server, clock, files)

    async with open_parts(settings, url, clock) as parts:
        outside = Outside(
            clock=clock,
            outbox=parts.outbox,
            submit=parts.lanes.submit_bulk,
            intake=parts.intake,
            records=parts.records,
            sweep=Sweep(parts.engine, parts.deadlines, clock),
            files=files,
            seed=seed,
        )
        people = await _people(parts.records, seed)
        ending.pages = _Server(
            uvicorn.Config(
                Application(lambda: open_desk(parts, settings, move_clock=outside.pass_time, demo_people=people)),
                host=settings.host,
                port=settings.port,
                http="httptools",
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=GRACE_SECONDS,
            ),
            f"http://{settings.host}:{settings.port}  service key {service_key(settings.data_dir)}  calls at /docs",
        )
        async with (
            running(outside.run()),
            running(parts.ledger.forever()),
            running(parts.examiner.forever()),
            running(parts.file_sweep.forever()),
        ):
            await ending.pages.serve()
    clock.close()


class _Ending:
    """What a signal does: it ends the pages in order, or the making of the marketplace."""

    def __init__(self) -> None:
        self.pages: uvicorn.Server | None = None
        self._task = asyncio.current_task()
        for sign in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(sign, self._end)

    def _end(self) -> None:
        if self.pages is not None:
            self.pages.should_exit = True
        elif self._task is not None:
            self._task.cancel()


class _Server(uvicorn.Server):
    """Says one line when it answers. Leaves signals to us: deadlines, partners and database have to end as well."""

    def __init__(self, config: uvicorn.Config, line: str) -> None:
        super().__init__(config)
        self._line = line

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            sys.stdout.write(self._line + "\n")
            sys.stdout.flush()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _marketplace(
    settings: Settings, server: EmbeddedPostgres, clock: MovableClock, files: Files
) -> tuple[int, str]:
    """The seed, and the database with the marketplace; made now unless it is there."""
    whole = settings.data_dir / "marketplace.json"
    if whole.exists():
        url = server.create_database(DATABASE)
        await asyncio.to_thread(migrate, url)
        return msgspec.json.decode(whole.read_bytes(), type=Loaded).seed, url
    # What an interrupted start left is half a marketplace.
    name = sql.Identifier(DATABASE)
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {} (force)").format(name))
    for file in files:
        file.unlink(missing_ok=True)
    shutil.rmtree(settings.data_dir / "evidence", ignore_errors=True)
    url = server.create_database(DATABASE)
    await asyncio.to_thread(migrate, url)
    # Hundreds of small batches: until the marketplace is whole, none of them has to survive a power cut.
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute(sql.SQL("alter database {} set synchronous_commit = off").format(name))
        await _make(settings.data_dir, url, clock, files)
        connection.execute(sql.SQL("alter database {} reset synchronous_commit").format(name))
    whole.write_bytes(msgspec.json.encode(Loaded(SEED)))
    return SEED, url


async def _make(data_dir: Path, url: str, clock: MovableClock, files: Files) -> None:
    policies, now = Policies.load(), clock.now()
    limits = policies.in_force(now).files
    with _bar("making up a marketplace") as progress:
        async with (
            Database(url, batch_connections=2, page_connections=2) as database,
            keeping(PostgresFiles(database), data_dir, limits) as kept,
        ):
            registry = PostgresRegistry(database)
            back = Back(
                PostgresStore(database),
                PostgresOutbox(database),
                PostgresDeadlines(database),
                policies,
                kept,
                files.books,
                files.journal,
            )
            ids = Ids(await registry.next_node())
            await load(back, registry, ids, seed=SEED, now=now, progress=progress)
            await fill(PostgresConversations(database), PostgresReader(database), ids, now)


async def _people(records: Reader, seed: int) -> list[DemoPerson]:
    """Whom visitors may step in as: the staff of some shops and of the platform, and the buyers with most cases."""
    newest = await records.cases(CaseFilter(), None, 200)
    running = Counter(row.case.buyer_id for row in newest.rows if row.case.is_open)
    return cast(seed, [buyer_id for buyer_id, _ in running.most_common()])


@contextmanager
def _bar(words: str) -> Iterator[Callable[[float], None]]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(words, total=1.0)
        yield lambda share: progress.update(task, completed=share)


def _default_folder() -> Path:
    """The user's data folder; a temporary one where that cannot be written."""
    home = os.environ.get("XDG_DATA_HOME")
    with suppress(OSError, RuntimeError):
        return _writable((Path(home) if home else Path.home() / ".local" / "share") / "amends" / "demo")
    return Path(tempfile.mkdtemp(prefix="amends-demo-"))


def _writable(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        return folder.absolute()


def _free(wanted: int) -> int:
    """The port wanted, or any other that nobody listens on."""
    for port in (wanted, 0):
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            found: int = probe.getsockname()[1]
            return found
    raise OSError("no port is free")


def _log_to(file: Path) -> None:
    """The terminal is for the address alone."""
    logging.basicConfig(
        filename=file, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s", force=True
    )
    structlog.configure(logger_factory=structlog.stdlib.LoggerFactory())
