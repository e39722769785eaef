"""A scanner for viruses, over clamd's own protocol: its word counts, and without its word nothing is taken."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from amends.adapters.files.clamd import ClamdScanner
from amends.application.ports import Unavailable

pytestmark = pytest.mark.anyio
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@pytest.fixture
def anyio_backend():
    return "asyncio"


@asynccontextmanager
async def clamd(answer=None):
    """Reads a stream in its chunks, as clamd does, and knows one signature."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readexactly(10) == b"nINSTREAM\n"
        content = b""
        while length := int.from_bytes(await reader.readexactly(4), "big"):
            content += await reader.readexactly(length)
        verdict = b"stream: Eicar-Test-Signature FOUND" if EICAR in content else b"stream: OK"
        writer.write((answer or verdict) + b"\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield ClamdScanner("127.0.0.1", server.sockets[0].getsockname()[1])


async def test_a_virus_has_a_name_and_a_clean_file_none(tmp_path):
    async with clamd() as scanner:
        for content, found in ((EICAR, "Eicar-Test-Signature"), (b"\xff\xd8" * 200_000, None)):
            (tmp_path / "sent").write_bytes(content)
            assert await scanner.scan(tmp_path / "sent") == found


@pytest.mark.parametrize("answer", [b"INSTREAM size limit exceeded. ERROR", b"stream: nonsense", b""])
async def test_a_scanner_without_a_verdict_lets_nothing_through(tmp_path, answer):
    (tmp_path / "sent").write_bytes(b"x")
    async with clamd(answer or b" ") as scanner:
        with pytest.raises(Unavailable):
            await scanner.scan(tmp_path / "sent")


async def test_a_scanner_that_is_away_lets_nothing_through(tmp_path):
    (tmp_path / "sent").write_bytes(b"x")
    async with clamd() as scanner:
        pass
    with pytest.raises(Unavailable):
        await scanner.scan(tmp_path / "sent")
