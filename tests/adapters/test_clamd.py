"""A scanner for viruses, over clamd's own protocol: its word counts, and without its word nothing is taken."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from amends.adapters.files.clamd import ClamdScanner
from amends.application.files import Unsuitable
from amends.application.ports import Unavailable

pytestmark = pytest.mark.anyio
_LONGEST = 1 << 20
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@pytest.fixture
def anyio_backend():
    return "asyncio"


@asynccontextmanager
async def clamd(answer=None, *, hangs_up=False, answers_pings=True):
    """Reads a stream in its chunks, as clamd 1.4 does, and knows one signature.

    Of a stream that is too long it says so, and mostly resets the connection before that is read.
    """

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readline()
        if asked == b"nPING\n":
            writer.write(b"PONG\n" if answers_pings else b"")
            writer.close()
            return
        assert asked == b"nINSTREAM\n"
        content = b""
        while length := int.from_bytes(await reader.readexactly(4), "big"):
            content += await reader.readexactly(length)
            if len(content) > _LONGEST:
                writer.write(b"INSTREAM size limit exceeded. ERROR\n")
                writer.transport.abort() if hangs_up else writer.close()
                return
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


@pytest.mark.parametrize("hangs_up", [False, True])
async def test_a_file_longer_than_the_scanner_takes_is_not_taken_and_not_asked_for_again(tmp_path, hangs_up):
    (tmp_path / "sent").write_bytes(b"\1" * (3 << 20))
    async with clamd(hangs_up=hangs_up) as scanner:
        with pytest.raises(Unsuitable) as refused:
            await scanner.scan(tmp_path / "sent")
    assert (refused.value.code, refused.value.facts) == ("file_too_costly", {"what": "scan"})


async def test_a_scanner_that_dies_over_a_file_lets_nothing_through(tmp_path):
    (tmp_path / "sent").write_bytes(b"\1" * (3 << 20))
    async with clamd(hangs_up=True, answers_pings=False) as scanner:
        with pytest.raises(Unavailable):
            await scanner.scan(tmp_path / "sent")


@pytest.mark.parametrize("answer", [b"stream: nonsense", b""])
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
