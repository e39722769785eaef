"""Viruses, by a clamd of one's own (optional)."""

from pathlib import Path

from aioclamd import ClamdAsyncClient, ClamdError

from amends.application.ports import Unavailable

_WAIT_SECONDS = 60


class ClamdScanner:
    """Over the network; without an answer no file is taken, or a broken scanner would let everything through."""

    def __init__(self, host: str, port: int) -> None:
        self._client = ClamdAsyncClient(host, port, timeout=_WAIT_SECONDS)

    async def scan(self, file: Path) -> str | None:
        try:
            with file.open("rb") as opened:
                answer = await self._client.instream(opened)
        except (ClamdError, OSError) as fault:
            raise Unavailable(f"clamd cannot be asked: {type(fault).__name__}") from fault
        verdict = answer.get("stream") if answer else None
        if verdict is None or verdict[0] not in ("OK", "FOUND"):
            raise Unavailable(f"clamd gave no verdict: {verdict}")
        return verdict[1] if verdict[0] == "FOUND" else None
