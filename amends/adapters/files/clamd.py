"""Viruses, by a clamd of one's own (optional)."""

import logging
from pathlib import Path

from aioclamd import BufferTooLongError, ClamdAsyncClient, ClamdError

from amends.application.files import Unsuitable
from amends.application.ports import Unavailable

log = logging.getLogger(__name__)

_WAIT_SECONDS = 60


class ClamdScanner:
    """Over the network; without an answer no file is taken, or a broken scanner would let everything through."""

    def __init__(self, host: str, port: int) -> None:
        self._client = ClamdAsyncClient(host, port, timeout=_WAIT_SECONDS)

    async def scan(self, file: Path) -> str | None:
        """The name of what was found. Raises Unavailable, and Unsuitable for what is longer than clamd takes."""
        try:
            with file.open("rb") as opened:
                answer = await self._client.instream(opened)
        except (ClamdError, OSError) as fault:
            if await self._is_too_long(fault):
                log.warning("a file is longer than clamd takes: raise its StreamMaxLength")
                raise Unsuitable("file_too_costly", what="scan") from fault
            raise Unavailable(f"clamd cannot be asked: {type(fault).__name__}") from fault
        verdict = answer.get("stream") if answer else None
        if verdict is None or verdict[0] not in ("OK", "FOUND"):
            raise Unavailable(f"clamd gave no verdict: {verdict}")
        return verdict[1] if verdict[0] == "FOUND" else None

    async def answers(self) -> bool:
        """Whether files could be looked at now."""
        try:
            return bool(await self._client.ping() == "PONG")
        except (ClamdError, OSError):
            return False

    async def _is_too_long(self, fault: Exception) -> bool:
        """Where there is more than it takes, clamd hangs up, mostly before its answer is read, and goes on serving."""
        if isinstance(fault, BufferTooLongError):
            return True
        if not isinstance(fault, ConnectionError) and not isinstance(fault.__cause__, ConnectionError):
            return False
        return await self.answers()
