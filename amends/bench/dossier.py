"""How long the dossier of a long case takes, and how much memory, as whoever asks for one at the terminal sees it.

500 events and 60 photographs of 3 MB, on a database and a disk as an installation has them. The process is a fresh one
each time: its start, its connection to the database and the printing of the PDF are in the figures.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct
from PIL import Image
from rich.console import Console
from rich.table import Table

from amends.adapters.clock import SystemClock
from amends.application.files import Copy, FileRow, FileState, Form, blob_key
from amends.application.ports import Answer, CaseKey, Envelope
from amends.bench.machine import Machine, look
from amends.bench.run import on_loop
from amends.bootstrap import Parts, database_url, open_parts
from amends.domain import commands as k
from amends.domain.actor import SYSTEM, Actor, buyer, merchant
from amends.domain.case import public_case_id
from amends.domain.order import Line, Payment
from amends.domain.words import EvidenceKind, Kind
from amends.proof.verify import verify
from amends.settings import Settings
from amends.store.files import PostgresFiles
from amends.store.migrate import migrate

EVENTS, FILES, PHOTO_BYTES = 500, 60, 3_000_000
_BUYER, _SELLER = buyer("b1"), merchant(1001, "li")
_ORDER = "260101-000001"
_NO_CASE = CaseKey(1001, 7)
_SAYS = cycle(
    ("请问什么时候可以收到退回的商品？麻烦尽快处理，谢谢。", "您好，已经为您登记，仓库收到后会第一时间为您办理。")
)


class Run(NamedTuple):
    """What a process needed: seconds, seconds of the processor, and the most memory in millions of bytes."""

    seconds: float
    processor_seconds: float
    peak_mb: float


class DossierFigures(Struct, frozen=True):
    """Medians; memory is the most that a process had. `zip_mb` is the ZIP's size in millions of bytes.

    `start_seconds` of each of the times are a process that finds its database and then has nothing to make.
    `zip_processor_seconds` hardly depend on what else the machine does.
    """

    start_seconds: float
    zip_seconds: float
    zip_processor_seconds: float
    pdf_seconds: float
    peak_mb: float
    zip_mb: float
    verify_mb_per_s: float
    events: int
    files: int
    machine: Machine


def run_dossiers(folder: Path, rounds: int = 3, events: int = EVENTS, files: int = FILES) -> DossierFigures:
    """Measure with a database and files of its own in `folder`; nothing of it is left behind."""
    folder.mkdir(parents=True, exist_ok=True)
    machine = look(folder)
    with tempfile.TemporaryDirectory(prefix="amends-bench-", dir=folder) as name:
        data = Path(name)
        settings = Settings(data_dir=data)
        with database_url(settings) as url:
            migrate(url)
            case = on_loop(_made(settings, url, events, files))
            starts = [_asked_for(_NO_CASE, data, data / "none", code=1) for _ in range(rounds)]
            zips = [_asked_for(case, data, data / f"{number}.zip") for number in range(rounds)]
            pdfs = [_asked_for(case, data, data / f"{number}.pdf") for number in range(rounds)]
            rates = [_verified(data / f"{number}.zip") for number in range(rounds)]
            size = (data / "0.zip").stat().st_size
    return DossierFigures(
        start_seconds=_median([one.seconds for one in starts]),
        zip_seconds=_median([one.seconds for one in zips]),
        zip_processor_seconds=_median([one.processor_seconds for one in zips]),
        pdf_seconds=_median([one.seconds for one in pdfs]),
        peak_mb=round(max(one.peak_mb for one in (*zips, *pdfs)), 1),
        zip_mb=round(size / 1e6, 1),
        verify_mb_per_s=_median(rates),
        events=events,
        files=files,
        machine=machine,
    )


def show_dossiers(figures: DossierFigures) -> None:
    """For people."""
    table = Table(title=f"Dossier of {figures.events} events and {figures.files} files", box=None)
    table.add_column("")
    table.add_column("", justify="right")
    for name, value in (
        ("start of the process, which is in the next two", f"{figures.start_seconds} s"),
        ("ZIP", f"{figures.zip_seconds} s"),
        ("ZIP, time of the processor", f"{figures.zip_processor_seconds} s"),
        ("PDF alone", f"{figures.pdf_seconds} s"),
        ("memory, at most", f"{figures.peak_mb} MB"),
        ("size of the ZIP", f"{figures.zip_mb} MB"),
        ("verification", f"{figures.verify_mb_per_s} MB/s"),
    ):
        table.add_row(name, value)
    Console(highlight=False).print(table)


async def _made(settings: Settings, url: str, events: int, files: int) -> CaseKey:
    """A case with its events and files. The files are put where an upload would put them."""
    async with open_parts(settings, url, SystemClock()) as parts:
        now = parts.clock.now()
        line = Line(1, "ECM-600", "家用半自动意式咖啡机 600 款", "appliances", 1, 69_900, 69_900)
        order = k.SyncOrder(
            _ORDER, _BUYER.party, "CNY", (line,), 0, 69_900, (Payment("wechat", "wx1", 69_900),),
            paid_at=now - timedelta(hours=1), ship_by=now + timedelta(days=2),
        )  # fmt: skip
        await _says(parts, SYSTEM, order, order_no=_ORDER)
        opening = k.OpenCase(_ORDER, (k.CaseLine(1, 1),), Kind.REFUND_ONLY, "changed_mind", goods_received=False)
        opened = await _says(parts, _BUYER, opening, order_no=_ORDER)
        assert opened.case_id is not None, "a case was opened"
        case = CaseKey(1001, opened.case_id)
        for number, side in zip(range(files), cycle((_BUYER, _SELLER)), strict=False):
            item = await _photo(parts, number, side, case)
            await _says(parts, side, k.AddEvidence((item,)), case_id=case.case_id)
        version = 0
        for side in cycle((_BUYER, _SELLER)):
            if version >= events:
                return case
            version = (await _says(parts, side, k.SendMessage(next(_SAYS)), case_id=case.case_id)).version
    raise AssertionError("the loop ends by itself")


async def _says(parts: Parts, who: Actor, command: k.Command, **about: int | str) -> Answer:
    (answer,) = await parts.engine.handle([Envelope(who, 1001, command, **about)])  # type: ignore[arg-type]
    if not isinstance(answer, Answer) or answer.refusal is not None:
        raise RuntimeError(f"{command}: {answer}")
    return answer


async def _photo(parts: Parts, number: int, side: Actor, case: CaseKey) -> k.EvidenceItem:
    """A photograph as a telephone's, with the copies that are made of one."""
    picture = Image.effect_noise((480, 360), 90 + number).convert("RGB")
    out = BytesIO()
    picture.save(out, "JPEG", quality=80)
    thumb = out.getvalue()
    forms = {Form.ORIGINAL: thumb + os.urandom(PHOTO_BYTES - len(thumb)), Form.DISPLAY: thumb * 6, Form.THUMB: thumb}
    hashed = sha256(forms[Form.ORIGINAL]).hexdigest()
    now, name = parts.clock.now(), f"照片{number}.jpg"
    copies = {form: Copy("image/jpeg", len(content), 480, 360) for form, content in forms.items()}
    for form, content in forms.items():
        await parts.evidence.blobs.put_bytes(blob_key(hashed, form), content)
    owner = f"{side.side}/{side.party}"
    row = FileRow(
        1001, parts.ids.next(now), owner, side.name, name, PHOTO_BYTES, FileState.KEPT, now, now, case.case_id,
        PHOTO_BYTES, hashed, "image/jpeg", {}, copies,
    )  # fmt: skip
    await PostgresFiles(parts.database).add(row)
    return k.EvidenceItem(EvidenceKind.PHOTO, hashed, name)


def _asked_for(case: CaseKey, data: Path, output: Path, code: int = 0) -> Run:
    """A process that makes it."""
    command = [sys.executable, "-m", "amends", "dossier", public_case_id(*case), "-o", str(output), "--data", str(data)]
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != code:
        raise RuntimeError(f"amends dossier ended with {process.returncode}")
    kilobytes = used.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return Run(time.perf_counter() - begin, used.ru_utime + used.ru_stime, kilobytes * 1024 / 1e6)


def _verified(path: Path) -> float:
    """Millions of bytes a second."""
    begin = time.perf_counter()
    report = verify(path)
    if not report.holds:
        raise RuntimeError(f"the dossier does not hold: {report.findings}")
    return path.stat().st_size / 1e6 / (time.perf_counter() - begin)


def _median(values: Sequence[float]) -> float:
    return round(sorted(values)[len(values) // 2], 2)
