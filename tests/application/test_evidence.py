"""A process may die between any two steps of an upload: nothing that was said to be kept is lost, nothing is left.

Each story is told up to every step and cut off there; then time passes, the sweep runs, and sender and record are
asked what became of it.
"""

from contextlib import asynccontextmanager
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from amends.adapters.files.blobs import local_blobs
from amends.adapters.files.inspector import ProcessInspector
from amends.application.access import Access, Caller
from amends.application.evidence import Evidence, UnknownUpload, Wish
from amends.application.files import FileState, Form
from amends.application.ids import Ids
from amends.application.ports import Answer, CaseKey, Envelope
from amends.application.sweeping_files import LEFT_OVER_AFTER, UNFINISHED_AFTER, FileSweep
from amends.domain import commands as k
from amends.domain.actor import buyer, merchant
from amends.domain.refusals import Code
from amends.domain.words import EvidenceKind
from amends.store.database import Database
from amends.store.files import PostgresFiles
from amends.store.memory_files import MemoryFiles
from tests.support import files
from tests.support.shops import POLICIES, OpenShop, Shop, order

pytestmark = pytest.mark.anyio
BUYER = Caller(buyer("b42"), None)
PHOTO = files.photo()
HASH = sha256(PHOTO).hexdigest()
TICK = timedelta(seconds=1)


@pytest.fixture
def anyio_backend():
    return "asyncio"


class PowerCut(Exception):
    """The process is gone."""


class Fuse:
    """Blows at the step of that number; `steps` lists what was done on the way."""

    def __init__(self, at: int | None = None) -> None:
        self.at = at
        self.steps: list[str] = []

    def step(self, name: str) -> None:
        self.steps.append(name)
        if len(self.steps) - 1 == self.at:
            raise PowerCut(name)


class Cut:
    """Anything that is written to: the fuse may blow before a step and after it."""

    def __init__(self, behind, fuse: Fuse, names: tuple[str, ...]) -> None:
        self._behind, self._fuse, self._names = behind, fuse, names

    def __getattr__(self, name):
        real = getattr(self._behind, name)
        if name not in self._names:
            return real

        async def guarded(*args, **kwargs):
            self._fuse.step(f"before {name}")
            done = await real(*args, **kwargs)
            self._fuse.step(f"after {name}")
            return done

        return guarded


class Service:
    """A shop with files; `process(fuse)` is a web process that may die, `sweep` the worker."""

    def __init__(self, shop: Shop, book, folder: Path, inspector: ProcessInspector) -> None:
        self.shop, self.book, self.folder = shop, book, folder
        self.blobs = local_blobs(folder / "evidence")
        self._inspector = inspector
        self._worker = self.process(Fuse())
        self.sweep = FileSweep(self._worker, Access(shop.registry, shop.clock), shop.clock, folder / "incoming")

    def process(self, fuse: Fuse) -> Evidence:
        async def submit(envelope) -> Answer:
            fuse.step("before submit")
            answer = await self.shop.one(envelope)
            fuse.step("after submit")
            return answer

        return Evidence(
            book=Cut(self.book, fuse, ("add", "received", "settle", "done")),  # type: ignore[arg-type]
            blobs=Cut(self.blobs, fuse, ("put", "put_bytes", "delete_under")),  # type: ignore[arg-type]
            inspector=Cut(self._inspector, fuse, ("inspect",)),  # type: ignore[arg-type]
            records=self.shop.reader,
            policies=POLICIES,
            clock=self.shop.clock,
            ids=Ids(9),
            submit=submit,
            incoming=self.folder / "incoming",
        )

    def stored(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "evidence").rglob("*") if path.is_file())

    async def filed(self, case: CaseKey) -> list[str]:
        facts = await self.shop.reader.timeline(case, 0, 100)
        return [
            item.sha256 for fact in facts if type(fact.event).__name__ == "EvidenceFiled" for item in fact.event.items
        ]


@pytest.fixture
def served(open_shop: OpenShop, tmp_path: Path, request):
    @asynccontextmanager
    async def open_():
        async with open_shop() as shop, ProcessInspector(at_once=1) as inspector:
            if hasattr(shop.store, "evidence"):
                yield Service(shop, MemoryFiles(shop.store), tmp_path, inspector)
                return
            url = request.getfixturevalue("database")
            async with Database(url, batch_connections=1, page_connections=2) as database:
                yield Service(shop, PostgresFiles(database), tmp_path, inspector)

    return open_


async def sent(*parts: bytes):
    for part in parts:
        yield part


def wish(case: CaseKey) -> Wish:
    return Wish(*case, None, "photo.jpg", EvidenceKind.PHOTO, "裂纹")


async def at_once(process: Evidence, case: CaseKey) -> bool:
    """True once the sender was told that it is filed."""
    row = await process.take(wish(case), BUYER, sent(PHOTO))
    answer = await process.file(row, BUYER)
    return answer is not None and answer.refusal is None


async def in_pieces(process: Evidence, case: CaseKey) -> bool:
    row = await process.begin(wish(case), BUYER, len(PHOTO))
    row = await process.append(row, 0, sent(PHOTO[:900]))
    row = await process.append(row, 900, sent(PHOTO[900:]))
    answer = await process.file(row, BUYER)
    return answer is not None and answer.refusal is None


STORIES = {"at once": at_once, "in pieces": in_pieces}
COPIES = sorted([HASH, f"{HASH}.display", f"{HASH}.thumb"])


@pytest.mark.parametrize("story", STORIES)
async def test_a_process_that_dies_anywhere_loses_nothing_and_leaves_nothing(served, story: str):
    """R1.2: each step in turn is the last one that the process took."""
    async with served() as service:
        (case,) = await service.shop.opened()
        whole = Fuse()
        assert await STORIES[story](service.process(whole), case)
        assert await service.filed(case) == [HASH]
        assert len(whole.steps) > 10

        for place, step in enumerate(whole.steps):
            (case,) = await service.shop.opened()
            with pytest.raises(PowerCut):
                await STORIES[story](service.process(Fuse(place)), case)
            service.shop.clock.advance(UNFINISHED_AFTER + TICK)
            await service.sweep.once()

            complete = await service.filed(case)
            assert len(complete) <= 1, step
            if story == "in pieces" and place >= whole.steps.index("after received", 6):
                assert complete == [HASH], f"all of it had come before {step}"
            if "submit" in step:
                assert complete == [HASH], step

            service.shop.clock.advance(LEFT_OVER_AFTER)
            await service.sweep.once()
            assert service.stored() == COPIES, step
            assert await service.book.left_over(service.shop.clock.now() + TICK, 100) == [], step


async def test_what_nobody_files_is_gone_after_a_day_and_not_before(served):
    async with served() as service:
        (case,) = await service.shop.opened()
        process = service.process(Fuse())
        row = await process.take(wish(case)._replace(kind=None), BUYER, sent(PHOTO))
        service.shop.clock.advance(LEFT_OVER_AFTER)
        await service.sweep.once()
        assert service.stored() == COPIES

        service.shop.clock.advance(TICK)
        await service.sweep.once()
        assert service.stored() == []
        with pytest.raises(UnknownUpload):
            await process.upload(row.merchant_id, row.file_id, BUYER)


async def test_bytes_that_another_case_rests_on_stay(served):
    async with served() as service:
        first, second = await service.shop.opened(2)
        process = service.process(Fuse())
        assert await at_once(process, first)
        await process.take(wish(second)._replace(kind=None), BUYER, sent(PHOTO))
        service.shop.clock.advance(LEFT_OVER_AFTER + TICK)
        await service.sweep.once()
        assert service.stored() == COPIES
        opened = await process.open(first, "e1", Form.ORIGINAL, BUYER)
        assert b"".join([part async for part in opened.content]) == PHOTO


async def test_a_form_that_names_an_upload_keeps_it_for_another_day(served):
    async with served() as service:
        (case,) = await service.shop.opened()
        process = service.process(Fuse())
        row = await process.take(wish(case)._replace(kind=None), BUYER, sent(PHOTO))
        added = k.AddEvidence((k.EvidenceItem(EvidenceKind.PHOTO, row.sha256),))
        service.shop.clock.advance(LEFT_OVER_AFTER)
        assert await process.unknown(BUYER.actor, case.merchant_id, added) == []
        service.shop.clock.advance(LEFT_OVER_AFTER)
        await service.sweep.once()
        assert service.stored() == COPIES


async def test_what_was_complete_in_time_is_filed_after_the_time_and_what_comes_after_it_is_not(served):
    """R5.4: the process died between file and event, a minute before the platform's day for evidence was over."""
    async with served() as service:
        shown = (k.EvidenceItem(EvidenceKind.CHAT_SCREENSHOT),)
        asked = k.AskPlatformRefund("o-late", shown, "买家要求退款")
        _, answer = await service.shop.accepted(
            [order("o-late"), Envelope(merchant(1001, "li"), 1001, asked, order_no="o-late")]
        )
        case = CaseKey(1001, answer.case_id)
        service.shop.clock.advance(timedelta(hours=24) - timedelta(minutes=1))
        with pytest.raises(PowerCut):
            await at_once(service.process(Fuse(BEFORE_SUBMIT)), case)

        service.shop.clock.advance(timedelta(minutes=4))
        late = service.process(Fuse())
        row = await late.take(wish(case), BUYER, sent(files.photo(colour="navy")))
        assert (await late.file(row, BUYER)).refusal.code is Code.EVIDENCE_TIME_OVER
        await service.sweep.once()

        assert [hashed for hashed in await service.filed(case) if hashed] == [HASH]


BEFORE_SUBMIT = 2 * 7
"""Looking, the row, three forms, no pieces, kept: each has a before and an after."""


async def test_two_who_send_the_same_piece_leave_one_file(served):
    """A client that gave up waiting sends again while the first request is still at work."""
    async with served() as service:
        (case,) = await service.shop.opened()
        process = service.process(Fuse())
        row = await process.begin(wish(case), BUYER, len(PHOTO))
        first = await process.append(row, 0, sent(PHOTO[:900]))
        with pytest.raises(Exception, match="900"):
            await process.append(row, 0, sent(PHOTO[:500]))
        row = await process.append(first, 900, sent(PHOTO[900:]))
        assert (row.state, row.sha256) == (FileState.KEPT, HASH)
