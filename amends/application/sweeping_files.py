"""What became of uploads whose process died, and of files that nobody filed."""

import asyncio
import logging
import shutil
import time
from datetime import timedelta
from pathlib import Path

from amends.application.access import Access, NotAdmitted
from amends.application.evidence import Evidence
from amends.application.files import FileRow, FileState, Unsuitable
from amends.application.ports import Clock, Failed, Unavailable

log = logging.getLogger(__name__)

UNFINISHED_AFTER = timedelta(minutes=2)
"""A file that is being looked at may take that long; who was not through by then is dead."""

LEFT_OVER_AFTER = timedelta(days=1)
"""So long an upload may wait for the form that names it, or for a better line."""

_ROWS = 100
_PAUSE_SECONDS = 30.0
_INCOMING_SECONDS = 3600


class FileSweep:
    """Run by the worker. Any number may run: each step is done once, whoever comes first."""

    def __init__(self, evidence: Evidence, access: Access, clock: Clock, incoming: Path) -> None:
        self._evidence = evidence
        self._access = access
        self._clock = clock
        self._incoming = incoming

    async def forever(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.once()
            except Unavailable:
                log.warning("files are swept later: the store is away")
            await asyncio.sleep(_PAUSE_SECONDS)

    async def once(self) -> None:
        """File what was complete, then remove what nobody wants. Raises Unavailable."""
        now = self._clock.now()
        for row in await self._evidence.book.unfinished(now - UNFINISHED_AFTER, _ROWS):
            await self._finish(row)
        before = now - LEFT_OVER_AFTER
        while rows := await self._evidence.book.left_over(before, _ROWS):
            for row in rows:
                await self._evidence.remove(row, before)
            if len(rows) < _ROWS:
                break
        await asyncio.to_thread(_tidy, self._incoming)

    async def _finish(self, row: FileRow) -> None:
        """What was complete in time is filed as of then."""
        assert row.intent is not None, "only these are asked for"
        try:
            caller = await self._access.person(row.intent.actor)
            if row.state is not FileState.KEPT:
                row = await self._evidence.complete(row)
            await self._evidence.file(row, caller, in_time=True)
        except (Unsuitable, LookupError, NotAdmitted) as fault:
            # Not all of it had come, or it is nothing that is taken: its sender never heard that it was.
            log.info("upload %s is not filed: %s", row.file_id, fault)
            await self._evidence.book.done(row)
        except Failed:
            log.warning("upload %s is filed later", row.file_id)


def _tidy(incoming: Path) -> None:
    """Folders of this machine in which a process that died had begun to look at a file."""
    for folder in incoming.glob("*") if incoming.is_dir() else ():
        if time.time() - folder.stat().st_mtime > _INCOMING_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)
