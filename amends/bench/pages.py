"""How fast pages come: a queue of 50 rows out of all cases of one shop, and a long case, as their readers get them.

Times are a reader's who keeps one connection and asks again and again; what the server needs is less. Bytes are those
of the body as it is sent to a browser.
"""

import http.client
import re
import statistics
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import msgspec
from msgspec import Struct
from rich.console import Console
from rich.table import Table

from amends.bench.http import Web, serving
from amends.bench.machine import Machine, look
from amends.bench.market import FIRST_MERCHANT, STAFF, Subject, message
from amends.bench.run import fresh_server, migrated, on_loop
from amends.bench.seed import seed
from amends.bench.world import World

CASES = 100_000
EVENTS = 200
_READINGS = 300
_WARM_UP = 20
_SEARCH = "search for two characters that nobody wrote"
"""The dearest search: no index helps, and nothing is found early. It has no goal of its own."""


class PageFigures(Struct, frozen=True):
    """A page, read again and again. `first_visit_bytes` has everything that it needs with it, `bytes` itself alone."""

    page: str
    median_ms: float
    p99_ms: float
    bytes: int
    first_visit_bytes: int


class Found(Struct, frozen=True):
    """What one run measured."""

    cases: int
    events: int
    machine: Machine
    pages: list[PageFigures]


def run_pages(folder: Path, cases: int = CASES, readings: int = _READINGS) -> Found:
    """Measure on a database of its own in `folder`; nothing of it is left behind."""
    folder.mkdir(parents=True, exist_ok=True)
    machine = look(folder)
    world = World.of_one_shop(cases)
    subject = world.pools[0].subject(0)
    with fresh_server(folder) as server:
        url = migrated(server, "bench_pages")
        on_loop(seed(url, world))
        with tempfile.TemporaryDirectory(prefix="amends-bench-") as data, serving(url, Path(data)) as web:
            events = _talk(web, subject)
            staff, buyer = f"merchant/{FIRST_MERCHANT}/{STAFF}", subject.buyer.name
            pages = [
                _Reader(web, staff).read("queue", "/merchant?queue=negotiating", readings),
                _Reader(web, staff).read("case, at the shop's desk", f"/merchant/cases/{subject.public_id}", readings),
                _Reader(web, buyer).read("case, in the buyer's hand", f"/buyer/cases/{subject.public_id}", readings),
                _Reader(web, staff).read(_SEARCH, f"/merchant?q={quote('蓝鲸')}", readings),
            ]
    return Found(cases, events, machine, pages)


def _talk(web: Web, subject: Subject) -> int:
    """Both sides write until the case has its events. Gives how many it has then."""
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=30)
    path = f"/v1/cases/{subject.public_id}/send-message"
    number = 0
    while True:
        envelope = message(subject, number)
        headers = {"Authorization": f"Bearer {web.key}", "Amends-Actor": envelope.actor.name}
        fields = msgspec.to_builtins(envelope.command)
        del fields["command"]
        version: int = msgspec.json.decode(_post(connection, path, fields, headers))["version"]
        number += 1
        if version >= EVENTS:
            return version


def _post(connection: http.client.HTTPConnection, path: str, body: object, headers: dict[str, str]) -> bytes:
    connection.request("POST", path, msgspec.json.encode(body), {"Content-Type": "application/json", **headers})
    answer = connection.getresponse()
    text = answer.read()
    if answer.status not in (200, 201):
        raise RuntimeError(f"{path}: {answer.status} {text.decode()}")
    return text


class _Reader:
    """Somebody who was handed over by the shop, with one connection."""

    def __init__(self, web: Web, actor: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=30)
        headers = {"Authorization": f"Bearer {web.key}", "Amends-Actor": actor}
        path: str = msgspec.json.decode(_post(self._connection, "/v1/hand-overs", {}, headers))["path"]
        self._connection.request("GET", path)
        answer = self._connection.getresponse()
        answer.read()
        cookies = answer.headers.get_all("set-cookie") or []
        self._headers = {
            "Cookie": "; ".join(cookie.partition(";")[0] for cookie in cookies),
            "Accept": "text/html",
            "Accept-Encoding": "gzip",
            "Accept-Language": "zh-CN",
        }

    def read(self, name: str, path: str, readings: int) -> PageFigures:
        for _ in range(_WARM_UP):
            _, body = self._get(path)
        taken = sorted(self._get(path)[0] for _ in range(readings))
        plain = self._headers | {"Accept-Encoding": "identity"}
        self._connection.request("GET", path, headers=plain)
        html = self._connection.getresponse().read().decode()
        needed = set(re.findall(r'(?:href|src)="(/static/[^"#]+)', html))
        others = sum(len(self._get(one)[1]) for one in needed)
        p99 = taken[int(0.99 * (len(taken) - 1))]
        return PageFigures(name, round(statistics.median(taken), 1), round(p99, 1), len(body), len(body) + others)

    def _get(self, path: str) -> tuple[float, bytes]:
        """Milliseconds to the last byte, and the body as it was sent."""
        begin = time.perf_counter()
        self._connection.request("GET", path, headers=self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        took = 1000 * (time.perf_counter() - begin)
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status}")
        return took, body


def show_pages(found: Found) -> None:
    console = Console(highlight=False)
    console.print(f"A shop with {found.cases:,} cases; the case has {found.events} events.")
    table = Table("page", "half within", "99 of 100 within", "bytes", "first visit")
    for page in found.pages:
        table.add_row(
            page.page,
            f"{page.median_ms:.1f} ms" + ("" if page.page == _SEARCH else " (< 15)"),
            f"{page.p99_ms:.1f} ms (< 60)",
            f"{page.bytes:,} (≤ 20,000)",
            f"{page.first_visit_bytes:,} (≤ 100,000)",
        )
    console.print(table)
