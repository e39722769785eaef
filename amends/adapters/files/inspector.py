"""Looks into files in processes of their own (`looking/`): what a hostile file breaks is thrown away with them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self

import msgspec

from amends.adapters.files.looking.limits import Job, Told
from amends.adapters.files.workers import Worker
from amends.application.files import Copy, Form, Inspected, Unsuitable
from amends.domain.policy import FileLimits

_FILES_PER_PROCESS = 200
"""Then a fresh one: what libraries of strangers keep in memory goes with the old one."""

_GRACE_SECONDS = 5
_MODULE = "amends.adapters.files.looking"


class ProcessInspector:
    """`at_once` processes, each started when it is first needed."""

    def __init__(self, *, at_once: int = 2) -> None:
        self._free: asyncio.LifoQueue[Worker | None] = asyncio.LifoQueue()
        for _ in range(at_once):
            self._free.put_nowait(None)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *fault: object) -> None:
        await self.close()

    async def close(self) -> None:
        """End the processes that are idle; others end with what they are at."""
        while not self._free.empty():
            worker = self._free.get_nowait()
            if worker is not None:
                await worker.stop()

    async def inspect(self, file: Path, limits: FileLimits, *, zone: str = "UTC", is_chat: bool = False) -> Inspected:
        async with self._worker(limits) as worker:
            told = await _ask(worker, Job(str(file), msgspec.structs.asdict(limits), zone, is_chat))
        if told.refused:
            raise Unsuitable(told.refused, **told.why)
        copies = {
            Form(made.form): Copy(made.media_type, made.size_bytes, made.width, made.height) for made in told.copies
        }
        return Inspected(told.media_type, told.facts, copies)

    @asynccontextmanager
    async def _worker(self, limits: FileLimits) -> AsyncIterator[Worker]:
        worker = await self._free.get()
        try:
            if worker is None or not worker.lives or worker.asked >= _FILES_PER_PROCESS:
                if worker is not None:
                    await worker.stop()
                worker = None
                worker = await Worker.start(_MODULE, str(limits.inspection_megabytes))
            yield worker
        except BaseException:
            # What it was doing is not known: nothing of it is used again.
            if worker is not None:
                await worker.stop()
            worker = None
            raise
        finally:
            self._free.put_nowait(worker)


async def _ask(worker: Worker, job: Job) -> Told:
    """Raises Unsuitable where it died over the file, or took too long."""
    try:
        line = await worker.ask(msgspec.json.encode(job), job.limits["inspection_seconds"] + _GRACE_SECONDS)
    except TimeoutError:
        raise Unsuitable("file_too_costly", what="time") from None
    if line is None:
        raise Unsuitable("file_too_costly", what="it broke its reader")
    return msgspec.json.decode(line, type=Told)
