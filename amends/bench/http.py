"""How much the API answers: a real server process, signed-in requests, real rules, one command a request."""

import http.client
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from amends.bench.load import Measured, Order
from amends.bootstrap import service_key
from amends.settings import PREFIX

CONNECTIONS = 32
PROCESSES = 1
"""Web processes; with the database and the senders beside it one is what two cores can feed."""

_PATIENCE_SECONDS = 60


class Web(NamedTuple):
    """A running server."""

    port: int
    key: str
    process_id: int

    def resident_mb(self) -> float:
        """Memory that its process occupies now."""
        kept = Path(f"/proc/{self.process_id}/status")
        if kept.exists():
            return int(re.findall(r"^VmRSS:\s+(\d+) kB", kept.read_text(encoding="ascii"), re.MULTILINE)[0]) / 1024
        told = subprocess.run(["/bin/ps", "-o", "rss=", "-p", str(self.process_id)], capture_output=True, check=True)
        return int(told.stdout) / 1024


def answered(url: str, orders: int, warm_up_seconds: float, seconds: float) -> tuple[Measured, float]:
    """What the senders measured, and the memory of the web process afterwards."""
    with tempfile.TemporaryDirectory(prefix="amends-bench-") as data, serving(url, Path(data)) as web:
        order = Order(web.port, web.key, orders, CONNECTIONS, warm_up_seconds, seconds)
        sent = subprocess.run(
            [sys.executable, "-m", "amends.bench.load"],
            input=msgspec.json.encode(order),
            stdout=subprocess.PIPE,
            check=True,
        )
        return msgspec.json.decode(sent.stdout, type=Measured), web.resident_mb()


@contextmanager
def serving(url: str, data: Path) -> Iterator[Web]:
    """`amends serve` on a free port, as an operator starts it."""
    port = _free_port()
    clean = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    settings = {f"{PREFIX}DATABASE_URL": url, f"{PREFIX}WEB_PROCESSES": str(PROCESSES)}
    server = subprocess.Popen(
        [sys.executable, "-m", "amends", "serve", "--port", str(port), "--data", str(data)],
        env=clean | settings,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(server, port)
        yield Web(port, service_key(data), server.pid)
    finally:
        server.terminate()
        server.wait(_PATIENCE_SECONDS)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def _wait_for(server: "subprocess.Popen[bytes]", port: int) -> None:
    """Until it answers. Raises RuntimeError when it ended, or takes too long."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while server.poll() is None and time.monotonic() < until:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/health")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    raise RuntimeError(f"the server does not answer on port {port}; it says why when run as `amends serve`")
