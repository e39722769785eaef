"""A time-stamping authority made with openssl, in this process and over HTTP; nothing of it leaves this machine."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

from amends.adapters.time_stamps import HttpTimeStamps
from amends.proof.stamps import request

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

    async def stamp(self, content: bytes) -> bytes:
        """As the ledger asks, without the way over HTTP."""
        return self.answer(request(content).query)

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


@contextmanager
def listening(
    answer: Callable[[bytes], bytes], *, status: int = 200, kind: str = "application/timestamp-reply"
) -> Iterator[HttpTimeStamps]:
    """A client of a server on loopback that answers so."""

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
