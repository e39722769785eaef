"""Evidence files in a folder of this machine, each under its SHA-256."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

_CHUNK = 1 << 20


class EvidenceFolder:
    """`ab/abcdef…`: a folder with a million files in it is slow to look at."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def read(self, sha256_hex: str) -> AsyncIterator[bytes]:
        """The file as it was filed. Raises LookupError where it is not there."""
        try:
            file = await asyncio.to_thread((self._folder / sha256_hex[:2] / sha256_hex).open, "rb")
        except FileNotFoundError:
            raise LookupError(sha256_hex) from None
        with file:
            while chunk := await asyncio.to_thread(file.read, _CHUNK):
                yield chunk

    async def preview(self, _sha256_hex: str) -> bytes | None:
        """Nobody here looks into files."""
        return None
