"""Looks into files in processes of their own (`looking/`): what a hostile file breaks is thrown away with them."""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Self

import msgspec

from amends.adapters.files.looking.limits import Job, Told
from amends.application.files import Copy, Form, Inspected, Unsuitable
from amends.domain.policy import FileLimits

_FILES_PER_PROCESS = 200
"""Then a fresh one: what libraries of strangers keep in memory goes with the old one."""

_GRACE_SECONDS = 5
_LONGEST_ANSWER = 1 << 20


class ProcessInspector:
    """`at_once` processes, each started when it is first needed."""

    def __init__(self, *, at_once: int = 2) -> None:
        self._free: asyncio.LifoQueue[_Worker | None] = asyncio.LifoQueue()
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

    async def inspect(self, file: Path, limits: FileLimits) -> Inspected:
        async with self._worker(limits) as worker:
            told = await worker.ask(file, limits)
        if told.refused:
            raise Unsuitable(told.refused, **told.why)
        copies = {
            Form(made.form): Copy(made.media_type, made.size_bytes, made.width, made.height) for made in told.copies
        }
        return Inspected(told.media_type, told.facts, copies)

    @asynccontextmanager
    async def _worker(self, limits: FileLimits) -> AsyncIterator["_Worker"]:
        worker = await self._free.get()
        try:
            if worker is None or not worker.is_fresh:
                if worker is not None:
                    await worker.stop()
                worker = None
                worker = await _Worker.start(limits.inspection_megabytes)
            yield worker
        except BaseException:
            # What it was doing is not known: nothing of it is used again.
            if worker is not None:
                await worker.stop()
            worker = None
            raise
        finally:
            self._free.put_nowait(worker)


class _Worker:
    def __init__(self, process: Process) -> None:
        self._process = process
        self._files = 0

    @classmethod
    async def start(cls, megabytes: int) -> Self:
        """Without our environment: it holds keys."""
        program = (sys.executable, "-I", "-m", "amends.adapters.files.looking", str(megabytes))
        process = await asyncio.create_subprocess_exec(
            *program, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env={}, limit=_LONGEST_ANSWER, start_new_session=True
        )
        return cls(process)

    @property
    def is_fresh(self) -> bool:
        return self._process.returncode is None and self._files < _FILES_PER_PROCESS

    async def ask(self, file: Path, limits: FileLimits) -> Told:
        """Raises Unsuitable where it died over the file, or took too long."""
        assert self._process.stdin is not None, "opened so"
        assert self._process.stdout is not None, "opened so"
        self._files += 1
        job = Job(str(file), msgspec.structs.asdict(limits))
        try:
            self._process.stdin.write(msgspec.json.encode(job) + b"\n")
            async with asyncio.timeout(limits.inspection_seconds + _GRACE_SECONDS):
                await self._process.stdin.drain()
                line = await self._process.stdout.readline()
        except TimeoutError:
            raise Unsuitable("file_too_costly", what="time") from None
        except (ConnectionError, ValueError):
            line = b""
        if not line.endswith(b"\n"):
            raise Unsuitable("file_too_costly", what="it broke its reader")
        return msgspec.json.decode(line, type=Told)

    async def stop(self) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
