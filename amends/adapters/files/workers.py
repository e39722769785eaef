"""A process beside the service that is given a line and answers with one; whatever breaks it is gone with it."""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from typing import Self

_LONGEST_ANSWER = 1 << 20


class Worker:
    """Started as `python -m module`, without our environment: it holds keys."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self.asked = 0

    @classmethod
    async def start(cls, module: str, *arguments: str) -> Self:
        program = (sys.executable, "-I", "-m", module, *arguments)
        process = await asyncio.create_subprocess_exec(
            *program, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env={}, limit=_LONGEST_ANSWER, start_new_session=True
        )
        return cls(process)

    @property
    def lives(self) -> bool:
        return self._process.returncode is None

    async def ask(self, line: bytes, wait_seconds: float) -> bytes | None:
        """Its answer; None where it died over the question. Raises TimeoutError."""
        assert self._process.stdin is not None, "opened so"
        assert self._process.stdout is not None, "opened so"
        self.asked += 1
        try:
            self._process.stdin.write(line + b"\n")
            async with asyncio.timeout(wait_seconds):
                await self._process.stdin.drain()
                answer = await self._process.stdout.readline()
        except (ConnectionError, ValueError):
            return None
        return answer if answer.endswith(b"\n") else None

    async def stop(self) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
