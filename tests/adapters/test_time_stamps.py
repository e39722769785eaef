"""Time-stamps by an authority made with openssl, which checks them too; nothing of it leaves this machine."""

import asyncio
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path
from threading import Thread

import pytest

from amends.adapters.time_stamps import HttpTimeStamps
from amends.application.ledger import Unstamped
from amends.proof.stamps import BadStamp, read_stamp
from amends.proof.verify import Verdict, verify
from tests.support.dossiers import Dispute
from tests.support.shops import shop_in_memory

CONFIG = """
[tsa]
default_tsa = local
[local]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


class Authority:
    """A root and a time-stamping certificate under it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.root = folder / "root.pem"
        self._run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                  "-subj", "/O=Test/CN=Test root", "-keyout", folder / "root.key", "-out", self.root)  # fmt: skip
        self._run("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                  "-subj", "/O=Test/CN=Test time", "-keyout", folder / "time.key",
                  "-out", folder / "time.csr")  # fmt: skip
        extensions = folder / "extensions"
        extensions.write_text("extendedKeyUsage = critical,timeStamping\nkeyUsage = critical,digitalSignature\n")
        self._run("x509", "-req", "-in", folder / "time.csr", "-CA", self.root, "-CAkey", folder / "root.key",
                  "-CAcreateserial", "-days", "30", "-extfile", extensions, "-out", folder / "time.pem")  # fmt: skip
        (folder / "tsa.cnf").write_text(CONFIG.format(folder=folder))
        (folder / "serial").write_text("01\n")

    def answer(self, query: bytes) -> bytes:
        (self._folder / "query").write_bytes(query)
        self._run("ts", "-reply", "-config", self._folder / "tsa.cnf", "-queryfile", self._folder / "query",
                  "-signer", self._folder / "time.pem", "-inkey", self._folder / "time.key",
                  "-out", self._folder / "reply")  # fmt: skip
        return (self._folder / "reply").read_bytes()

    def checks(self, content: bytes, reply: bytes) -> bool:
        """As the documentation tells it."""
        (self._folder / "head.txt").write_bytes(content)
        (self._folder / "head.tsr").write_bytes(reply)
        done = subprocess.run(
            ["openssl", "ts", "-verify", "-data", self._folder / "head.txt", "-in", self._folder / "head.tsr",
             "-CAfile", self.root],
            capture_output=True, check=False,
        )  # fmt: skip
        return done.returncode == 0

    def _run(self, *arguments: str | Path) -> None:
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@contextmanager
def listening(answer: Callable[[bytes], bytes], *, status: int = 200, kind: str = "application/timestamp-reply"):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["content-length"]))
            assert self.headers["content-type"] == "application/timestamp-query"
            body = answer(query)
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield HttpTimeStamps(f"http://127.0.0.1:{server.server_port}/")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def time_stamps(authority: Authority) -> Iterator[HttpTimeStamps]:
    with listening(authority.answer) as client:
        yield client


def test_a_stamp_is_about_these_bytes_and_openssl_agrees(authority: Authority, time_stamps: HttpTimeStamps):
    reply = asyncio.run(time_stamps.stamp(b"a head\n"))
    trusted = [authority.root.read_bytes()]
    stamp = read_stamp(reply, b"a head\n", trusted)
    assert stamp.trusted
    assert stamp.authority == "CN=Test time,O=Test"
    assert authority.checks(b"a head\n", reply)
    with pytest.raises(BadStamp):
        read_stamp(reply, b"another head\n", trusted)
    assert not authority.checks(b"another head\n", reply)


def test_a_stamp_of_an_authority_that_nobody_trusts_proves_nothing(time_stamps: HttpTimeStamps, tmp_path: Path):
    reply = asyncio.run(time_stamps.stamp(b"a head\n"))
    assert not read_stamp(reply, b"a head\n").trusted
    other = Authority(tmp_path)
    with pytest.raises(BadStamp):
        read_stamp(reply, b"a head\n", [other.root.read_bytes()])


@pytest.mark.parametrize(
    "answer",
    [
        partial(listening, lambda _: b"", status=500),
        partial(listening, lambda _: b"<html>", kind="text/html"),
        partial(listening, lambda _: b"no reply at all"),
        partial(listening, lambda _: b"x" * 200_000),
    ],
)
def test_an_authority_that_answers_badly_has_not_stamped(answer):
    with answer() as client, pytest.raises(Unstamped):
        asyncio.run(client.stamp(b"a head\n"))


def test_an_old_reply_given_again_has_not_stamped(authority: Authority, time_stamps: HttpTimeStamps):
    old = asyncio.run(time_stamps.stamp(b"a head\n"))
    with listening(lambda _: old) as client, pytest.raises(Unstamped, match="nonce"):
        asyncio.run(client.stamp(b"a head\n"))


def test_an_authority_that_is_not_there_has_not_stamped():
    with pytest.raises(Unstamped):
        asyncio.run(HttpTimeStamps("http://127.0.0.1:9/").stamp(b"a head\n"))


def test_a_dossier_brings_the_stamp_along_and_every_verifier_sees_it(
    authority: Authority, time_stamps: HttpTimeStamps, tmp_path: Path
):
    async def story():
        async with shop_in_memory() as shop:
            dispute = Dispute(shop, time_stamps)
            await dispute.told()
            await dispute.ledger.stamp()
            return await dispute.zip()

    path = tmp_path / "dossier.zip"
    path.write_bytes(asyncio.run(story()))
    trusted = {finding.where: finding for finding in verify(path, authorities=[authority.root.read_bytes()]).findings}
    assert trusted["ledger/head.tsr"].verdict is Verdict.HOLDS
    assert "stamped by CN=Test time,O=Test" in trusted["ledger/head.tsr"].what
    unknown = {finding.where: finding for finding in verify(path).findings}
    assert unknown["ledger/head.tsr"].verdict is Verdict.NOTE
    with zipfile.ZipFile(BytesIO(path.read_bytes())) as archive:
        assert authority.checks(archive.read("ledger/head.txt"), archive.read("ledger/head.tsr"))
        assert "\nevents 34\n" in archive.read("manifest.txt").decode()
