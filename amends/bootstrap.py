"""The one place that puts the parts together: settings become a store, an engine and everything around them."""

import asyncio
import fcntl
import gc
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog

from amends.adapters import disk
from amends.adapters.clock import SystemClock
from amends.adapters.couriers.sandbox import SandboxCourier
from amends.adapters.files.opening import open_keeping, scanner_of
from amends.adapters.files.reader import ProcessReader
from amends.adapters.files.reading.words import is_installed
from amends.adapters.ledger_keys import KeyFolder
from amends.adapters.payments.sandbox import SandboxProvider
from amends.adapters.printing import TypstPrinter
from amends.adapters.shop import LogShop
from amends.adapters.time_stamps import HttpTimeStamps
from amends.application.access import Access, key_hash, new_key
from amends.application.deliver import Deliverer
from amends.application.dossier import Dossiers
from amends.application.engine import Engine
from amends.application.evidence import Evidence
from amends.application.examining import Examiner
from amends.application.findings import Findings
from amends.application.health import BULK_LANE, DATABASE_DISK, EVIDENCE_DISK, PEOPLE_LANE, Around, Disk, Health, Lane
from amends.application.holds import Holds
from amends.application.ids import Ids
from amends.application.intake import Intake
from amends.application.lanes import Lanes
from amends.application.ledger import Ledger
from amends.application.policies import Policies
from amends.application.ports import Announce, Clock, ServiceKey
from amends.application.precedents import Precedents
from amends.application.pruning import Pruner
from amends.application.queries import Queries
from amends.application.retention import Retention
from amends.application.service import Service
from amends.application.sign_ins import DemoPerson
from amends.application.sweep import Sweep
from amends.application.sweeping_files import FileSweep
from amends.application.workbench import Figures
from amends.domain.decide import decide
from amends.domain.time import Instant
from amends.settings import Settings, load_settings
from amends.store.checkup import PostgresCheckup
from amends.store.conversations import PostgresConversations
from amends.store.database import Database
from amends.store.deadlines import PostgresDeadlines
from amends.store.embedded import EmbeddedPostgres
from amends.store.examinations import PostgresExaminations
from amends.store.files import PostgresFiles
from amends.store.holds import PostgresHolds
from amends.store.ledger import PostgresLedger
from amends.store.live import PostgresAnnouncer, PostgresWatch
from amends.store.outbox import PostgresOutbox
from amends.store.postgres import PostgresStore
from amends.store.reader import PostgresReader
from amends.store.registry import PostgresRegistry
from amends.store.retention import PostgresArchive
from amends.store.sign_ins import PostgresSignIns
from amends.store.workbench import PostgresWorkbench
from amends.web.app import Application
from amends.web.desk import Desk
from amends.web.echo import echo, echo_once_heard
from amends.web.live import Hub

log = structlog.get_logger(__name__)

DATABASE = "amends"
KEY_FILE = "service-key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What every process of the service is made of."""

    database: Database
    records: PostgresReader
    registry: PostgresRegistry
    outbox: PostgresOutbox
    deadlines: PostgresDeadlines
    engine: Engine
    lanes: Lanes
    intake: Intake
    ids: Ids
    announce: Announce
    book: PostgresLedger
    ledger: Ledger
    evidence: Evidence
    file_sweep: FileSweep
    examiner: Examiner
    findings: Findings
    policies: Policies
    clock: Clock


@contextmanager
def database_url(settings: Settings) -> Iterator[str]:
    """The database of the settings; without one, a PostgreSQL under the data folder for as long as this is held."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    with EmbeddedPostgres(settings.data_dir / "postgres") as server:
        yield server.create_database(DATABASE)


@asynccontextmanager
async def open_parts(settings: Settings, url: str, clock: Clock) -> AsyncIterator[Parts]:
    """Everything that reads and writes, running. Raises Unavailable."""
    policies = Policies.load(settings.policy_dir)
    announcer = PostgresAnnouncer(url)
    batches, pages = _shares(settings.database_connections)
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(Database(url, batch_connections=batches, page_connections=pages))
        registry = PostgresRegistry(database)
        ids = Ids(await registry.next_node())
        engine = Engine(PostgresStore(database, announcer), decide, policies, clock, ids)
        await stack.enter_async_context(running(announcer.forever()))
        lanes = await stack.enter_async_context(Lanes(engine, interactive_writers=max(1, batches - 1)))
        records = PostgresReader(database)
        book = PostgresLedger(database)
        keeping = await stack.enter_async_context(open_keeping(settings))
        incoming = settings.data_dir / "incoming"
        files, examinations = PostgresFiles(database), PostgresExaminations(database)
        reader = await stack.enter_async_context(ProcessReader())
        evidence = Evidence(
            book=files,
            blobs=keeping.blobs,
            inspector=keeping.inspector,
            records=records,
            policies=policies,
            clock=clock,
            ids=ids,
            submit=lanes.submit,
            incoming=incoming,
            scanner=keeping.scanner,
        )
        yield Parts(
            database=database,
            records=records,
            registry=registry,
            outbox=PostgresOutbox(database),
            deadlines=PostgresDeadlines(database),
            engine=engine,
            lanes=lanes,
            intake=Intake(lanes, records),
            ids=ids,
            announce=announcer,
            book=book,
            ledger=await _ledger(book, settings, clock),
            evidence=evidence,
            file_sweep=FileSweep(evidence, Access(registry, clock), clock, incoming),
            examiner=Examiner(examinations, keeping.blobs, reader, clock, incoming),
            findings=Findings(examinations, files, records, policies, clock),
            policies=policies,
            clock=clock,
        )


async def _ledger(book: PostgresLedger, settings: Settings, clock: Clock) -> Ledger:
    keys = KeyFolder(settings.ledger_keys or settings.data_dir / "ledger")
    ledger = Ledger(book, keys, clock, HttpTimeStamps(settings.time_stamp_url) if settings.time_stamp_url else None)
    await ledger.begin()
    return ledger


@asynccontextmanager
async def open_desk(
    parts: Parts,
    settings: Settings,
    *,
    move_clock: Callable[[timedelta], Awaitable[Instant]] | None = None,
    demo_people: Sequence[DemoPerson] | None = None,
) -> AsyncIterator[Desk]:
    """What the pages and the API of a process work with."""
    await keep_service_key(parts, settings.data_dir)
    hub = Hub(PostgresWatch(parts.database.url))
    workbench = PostgresWorkbench(parts.database)
    async with running(hub.forever()):
        yield Desk(
            lanes=parts.lanes,
            records=parts.records,
            registry=parts.registry,
            outbox=parts.outbox,
            policies=parts.policies,
            clock=parts.clock,
            access=Access(parts.registry, parts.clock),
            queries=Queries(parts.records, parts.policies, parts.clock),
            intake=parts.intake,
            service=Service(
                PostgresConversations(parts.database), parts.records, parts.clock, parts.ids, parts.announce
            ),
            sign_ins=PostgresSignIns(parts.database),
            evidence=parts.evidence,
            findings=parts.findings,
            hub=hub,
            book=parts.book,
            ledger=parts.ledger,
            dossiers=make_dossiers(parts),
            workbench=workbench,
            figures=Figures(workbench, parts.clock),
            precedents=Precedents(workbench, parts.clock),
            holds=make_holds(parts),
            health=_health_of(parts, settings, hub),
            move_clock=move_clock,
            demo_people=demo_people,
        )


def make_dossiers(parts: Parts) -> Dossiers:
    """What makes dossiers, for the pages and for the terminal."""
    return Dossiers(parts.records, parts.ledger, parts.policies, parts.evidence, TypstPrinter())


def make_retention(parts: Parts) -> Retention:
    """What takes files and words out of old cases; needs a database address that names the owner of the tables."""
    return Retention(PostgresArchive(parts.database.url), parts.evidence.blobs, parts.policies, parts.clock)


def make_holds(parts: Parts) -> Holds:
    """What keeps cases whole, for the pages and for the terminal."""
    return Holds(PostgresHolds(parts.database), parts.clock)


def _health_of(parts: Parts, settings: Settings, hub: Hub) -> Health:
    """As the process sees it that shows the page."""
    lanes = ((PEOPLE_LANE, parts.lanes.interactive), (BULK_LANE, parts.lanes.bulk))
    around = _around(
        settings,
        policy=lambda: parts.policies.in_force(parts.clock.now()).version,
        notice=lambda: echo(hub, parts.announce),
        lanes=lanes,
    )
    return Health(PostgresCheckup.of(parts.database), parts.clock, around)


@asynccontextmanager
async def open_health(settings: Settings, url: str) -> AsyncIterator[Health]:
    """As the terminal sees it, also while nothing else runs."""
    clock, hub, announcer = SystemClock(), Hub(PostgresWatch(url)), PostgresAnnouncer(url)
    around = _around(
        settings,
        policy=lambda: Policies.load(settings.policy_dir).in_force(clock.now()).version,
        notice=lambda: echo_once_heard(hub, announcer),
    )
    async with running(hub.forever()), running(announcer.forever()):
        yield Health(PostgresCheckup.as_owner(url), clock, around)


def _around(
    settings: Settings,
    *,
    policy: Callable[[], str],
    notice: Callable[[], Awaitable[timedelta | None]],
    lanes: Sequence[tuple[str, Lane]] = (),
) -> Around:
    async def no_disk() -> None:
        return None

    scanner = scanner_of(settings)
    evidence = settings.data_dir / "evidence"
    disks = [Disk(EVIDENCE_DISK, no_disk if settings.evidence_url else lambda: disk.space(evidence))]
    if settings.database_url is None:
        disks.append(Disk(DATABASE_DISK, lambda: disk.space(settings.data_dir / "postgres")))
    return Around(
        policy=policy,
        notice=notice,
        machine=SystemClock(),
        disks=disks,
        reads_text=is_installed(),
        scanner=scanner.answers if scanner is not None else None,
        lanes=lanes,
    )


def web_app() -> Application:
    """For the server: one for each of its processes, by the settings of the environment."""
    settings = load_settings(os.environ)

    @asynccontextmanager
    async def desk() -> AsyncIterator[Desk]:
        with database_url(settings) as url:
            async with open_parts(settings, url, SystemClock()) as parts, open_desk(parts, settings) as opened:
                leave_the_start_alone()
                yield opened

    return Application(desk)


def leave_the_start_alone() -> None:
    """What is there once a process has started stays there; garbage is looked for in what comes later.

    Going through all of it took 80 ms, again and again, with everybody waiting.
    """
    gc.collect()
    gc.freeze()


async def work(settings: Settings, url: str, clock: Clock) -> None:
    """Sweep deadlines, deliver messages and keep the ledger until cancelled."""
    async with open_parts(settings, url, clock) as parts:
        leave_the_start_alone()
        sweep = Sweep(parts.engine, parts.deadlines, clock)
        pruner = Pruner(
            parts.outbox,
            clock,
            receipts_days=settings.receipts_kept_days,
            messages_days=settings.messages_kept_days,
        )
        await asyncio.gather(
            sweep.forever(),
            deliver(parts, settings.data_dir),
            parts.ledger.forever(),
            parts.file_sweep.forever(),
            parts.examiner.forever(),
            pruner.forever(),
        )


async def deliver(parts: Parts, data_dir: Path, *, seed: int = 0) -> None:
    """Carry messages to the sandbox partners, the only ones there are yet, until cancelled."""
    log.warning("partners_are_sandboxes", payments="no money moves", couriers="no parcel moves")

    books = data_dir / "sandbox"
    books.mkdir(parents=True, exist_ok=True)
    async with alone(books / "lock"):
        payments = SandboxProvider(parts.clock, parts.intake.hear_payouts, seed=seed, books=books / "payments.jsonl")
        courier = SandboxCourier(parts.clock, parts.intake.hear_scans, seed=seed, journal=books / "parcels.jsonl")
        deliverer = Deliverer(
            parts.outbox,
            parts.lanes.submit_bulk,
            parts.clock,
            random.Random(),  # noqa: S311 (spreads retries; nobody gains by guessing it)
            payments=payments,
            courier=courier,
            shop=LogShop(),
        )
        await asyncio.gather(deliverer.run(), payments.run(), courier.run())


@asynccontextmanager
async def alone(file: Path) -> AsyncIterator[None]:
    """Wait until no other process of this machine holds the file. Sandbox partners keep their books for themselves."""
    handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(1)
        yield
    finally:
        os.close(handle)


async def keep_service_key(parts: Parts, data_dir: Path) -> str:
    """The key for all merchants that lies in the data folder; made when there is none yet."""
    key = service_key(data_dir)
    await parts.registry.put_service_key(ServiceKey(key_hash(key), KEY_FILE, None, parts.clock.now()))
    return key


def service_key(data_dir: Path) -> str:
    """The key in the data folder. Made beside and linked: of two processes that start at once, one wins."""
    file = data_dir / KEY_FILE
    if not file.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        unfinished = data_dir / f"{KEY_FILE}.{os.getpid()}"
        unfinished.touch(0o600)
        unfinished.write_text(new_key(), encoding="ascii")
        with suppress(FileExistsError):
            file.hardlink_to(unfinished)
        unfinished.unlink()
    return file.read_text(encoding="ascii").strip()


@asynccontextmanager
async def running(task: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Something beside, ended when this is left."""
    started = asyncio.create_task(task)
    try:
        yield
    finally:
        started.cancel()
        with suppress(asyncio.CancelledError):
            await started


def _shares(connections: int) -> tuple[int, int]:
    """Of a process's connections: for batches and for pages. Two are kept, to announce and to hear changes."""
    batches = max(1, min(3, (connections - 2) // 2))
    return batches, max(1, connections - 2 - batches)
