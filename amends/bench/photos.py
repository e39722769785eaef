"""Whether taking in photographs makes the process grow: a thousand of 3 MB, from the first byte to the kept copies.

On a database and a disk as an installation has them; each photograph is looked into, copied, kept and written down.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path

from msgspec import Struct
from PIL import Image
from rich.console import Console
from rich.table import Table

from amends.adapters.clock import SystemClock
from amends.application.access import Caller
from amends.application.evidence import Wish
from amends.application.ports import Answer, Envelope
from amends.bench.machine import Machine, look
from amends.bench.run import on_loop
from amends.bootstrap import Parts, database_url, open_parts
from amends.domain import commands as k
from amends.domain.actor import SYSTEM, buyer
from amends.domain.order import Line, Payment
from amends.domain.refusals import Refusal
from amends.settings import Settings
from amends.store.migrate import migrate

PHOTOS, PHOTO_BYTES, WARM_UP = 1_000, 3_000_000, 40
_FROM_ONE = 50
"""Photographs for one merchant: below what the policy lets a party send."""

_AT_ONCE = 2
_CHUNK = 64 << 10
_DIFFERENT = 8
_GRAIN = 0.17
"""How much of it is in a picture: at this, a million pixels weigh a quarter of a megabyte."""

_BUYER = Caller(buyer("b1"), None)


class PhotoFigures(Struct, frozen=True):
    """Memory in millions of bytes, of the process that takes files in; what looks into them runs beside it."""

    photos: int
    photo_mb: float
    seconds: float
    photos_per_second: float
    before_mb: float
    after_mb: float
    machine: Machine


def run_photos(folder: Path, photos: int = PHOTOS, photo_bytes: int = PHOTO_BYTES) -> PhotoFigures:
    """Measure with a database and files of its own in `folder`; nothing of it is left behind."""
    folder.mkdir(parents=True, exist_ok=True)
    machine = look(folder)
    with tempfile.TemporaryDirectory(prefix="amends-bench-", dir=folder) as name:
        settings = Settings(data_dir=Path(name))
        with database_url(settings) as url:
            migrate(url)
            return on_loop(_measured(settings, url, machine, photos, photo_bytes))


def show_photos(figures: PhotoFigures) -> None:
    """For people."""
    table = Table(title=f"{figures.photos} photographs of {figures.photo_mb} MB taken in", box=None)
    table.add_column("")
    table.add_column("", justify="right")
    for name, value in (
        ("photographs a second", f"{figures.photos_per_second}"),
        (f"memory after the first {WARM_UP}", f"{figures.before_mb} MB"),
        ("memory after all", f"{figures.after_mb} MB"),
    ):
        table.add_row(name, value)
    Console(highlight=False).print(table)


async def _measured(settings: Settings, url: str, machine: Machine, photos: int, photo_bytes: int) -> PhotoFigures:
    drawn = [_photo(photo_bytes) for _ in range(_DIFFERENT)]
    async with open_parts(settings, url, SystemClock()) as parts:
        merchants = range(1001, 1001 + (photos + WARM_UP) // _FROM_ONE + 1)
        for merchant_id in merchants:
            await _ordered(parts, merchant_id)
        numbers = iter(range(WARM_UP + photos))
        await _taken(parts, drawn, numbers, WARM_UP)
        before, started = _memory_mb(), time.perf_counter()
        await _taken(parts, drawn, numbers, photos)
        seconds = time.perf_counter() - started
        return PhotoFigures(
            photos=photos,
            photo_mb=round(sum(map(len, drawn)) / len(drawn) / 1e6, 2),
            seconds=round(seconds, 1),
            photos_per_second=round(photos / seconds, 1),
            before_mb=before,
            after_mb=_memory_mb(),
            machine=machine,
        )


async def _taken(parts: Parts, drawn: list[bytes], numbers: Iterator[int], count: int) -> None:
    """So many, a few at once; each is a file of its own by a number behind its end."""
    left = count
    turns = asyncio.Semaphore(_AT_ONCE)

    async def one(number: int) -> None:
        async with turns:
            wish = Wish(1001 + number // _FROM_ONE, None, "o1", f"{number}.jpg")
            row = await parts.evidence.take(wish, _BUYER, _sent(drawn[number % len(drawn)], number))
            if isinstance(row, Refusal):
                raise RuntimeError(f"photograph {number}: {row}")  # noqa: TRY004 (an answer, not a wrong type)

    while left:
        batch = min(left, 20)
        await asyncio.gather(*(one(next(numbers)) for _ in range(batch)))
        left -= batch


async def _sent(photo: bytes, number: int) -> AsyncIterator[bytes]:
    for start in range(0, len(photo), _CHUNK):
        yield photo[start : start + _CHUNK]
    yield number.to_bytes(4, "big")


async def _ordered(parts: Parts, merchant_id: int) -> None:
    now = parts.clock.now()
    order = k.SyncOrder(
        "o1", _BUYER.actor.party, "CNY", (Line(1, "s", "保温杯", "home", 1, 5_900, 5_900),), 0, 5_900,
        (Payment("wechat", "wx1", 5_900),), paid_at=now - timedelta(hours=1), ship_by=now + timedelta(days=2),
    )  # fmt: skip
    (answer,) = await parts.engine.handle([Envelope(SYSTEM, merchant_id, order, order_no="o1")])
    if not isinstance(answer, Answer) or answer.refusal is not None:
        raise RuntimeError(f"order: {answer}")


def _photo(size_bytes: int) -> bytes:
    """A photograph of that weight, of a telephone's 12 million pixels at 3 MB: some light, and grain over it."""
    height = int((size_bytes * 3) ** 0.5)
    width = height * 4 // 3
    return _saved(Image.blend(_spots(8, 6, width, height), _spots(width // 2, height // 2, width, height), _GRAIN))


def _spots(across: int, down: int, width: int, height: int) -> Image.Image:
    """So many spots of any colour, each melting into the next."""
    spots = Image.frombytes("RGB", (across, down), os.urandom(across * down * 3))
    return spots.resize((width, height), Image.Resampling.BICUBIC)


def _saved(picture: Image.Image) -> bytes:
    out = BytesIO()
    picture.save(out, "JPEG", quality=88)
    return out.getvalue()


def _memory_mb() -> float:
    """What the process has in memory now, where the system tells."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return round(int(line.split()[1]) * 1024 / 1e6, 1)
    raise RuntimeError("this system does not say how much memory a process has")
