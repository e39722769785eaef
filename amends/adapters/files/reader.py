"""Compares and reads what was filed in a process of its own, ended when nothing has been asked of it for a while."""

import asyncio
from pathlib import Path
from typing import Self

import msgspec

from amends.adapters.files.reading import words
from amends.adapters.files.reading.jobs import Look, Shown, Shows
from amends.adapters.files.workers import Worker
from amends.application.examining import Seen
from amends.application.likeness import Mark

_MEGABYTES = 2048
"""Of addresses, not of memory: models and what they work on take half a gigabyte."""

_SECONDS = 60
_GRACE_SECONDS = 15
_FILES_PER_PROCESS = 500
_IDLE_SECONDS = 120
_MODULE = "amends.adapters.files.reading"
_SHOWS: dict[str, Shows] = {"image": "picture", "video": "video", "application": "document"}


class ProcessReader:
    """One file at a time: it is the worker's work, and nobody waits."""

    def __init__(self) -> None:
        self._worker: Worker | None = None
        self._busy = asyncio.Lock()
        self._idle: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *fault: object) -> None:
        await self._stop()

    @property
    def reads_text(self) -> bool:
        return words.is_installed()

    async def see(self, file: Path, media_type: str, *, compare: bool, read: bool) -> Seen | None:
        job = Look(str(file), _SHOWS[media_type.partition("/")[0]], compare, read, self.reads_text, _SECONDS)
        async with self._busy:
            try:
                line = await (await self._running()).ask(msgspec.json.encode(job), _SECONDS + _GRACE_SECONDS)
            except TimeoutError:
                line = None
            except BaseException:
                await self._stop()
                raise
            if line is None:
                await self._stop()
                return None
            self._rest()
        shown = msgspec.json.decode(line, type=Shown)
        return Seen(tuple(Mark(*mark) for mark in shown.marks), None if shown.lines is None else tuple(shown.lines))

    async def _running(self) -> Worker:
        worker = self._worker
        if worker is not None and (not worker.lives or worker.asked >= _FILES_PER_PROCESS):
            await self._stop()
            worker = None
        if worker is None:
            worker = self._worker = await Worker.start(_MODULE, str(_MEGABYTES))
        return worker

    def _rest(self) -> None:
        """It holds half a gigabyte: not for ever."""
        if self._idle is not None:
            self._idle.cancel()
        loop = asyncio.get_running_loop()
        self._idle = loop.call_later(_IDLE_SECONDS, lambda: loop.create_task(self._stop_if_idle()))

    async def _stop_if_idle(self) -> None:
        async with self._busy:
            await self._stop()

    async def _stop(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        if self._worker is not None:
            worker, self._worker = self._worker, None
            await worker.stop()
