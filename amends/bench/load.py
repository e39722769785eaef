"""The senders: a process of its own that keeps connections to the API busy. Run as `python -m amends.bench.load`.

A plain client over sockets, because it shares the machine with what it measures; it still reads every answer.
"""

import asyncio
import sys
import time
from typing import Any

import msgspec
import uvloop
from msgspec import Struct

from amends.bench.market import Subject
from amends.bench.traffic import Draw, Traffic
from amends.bench.world import World
from amends.domain import commands as k
from amends.domain.actor import SYSTEM
from amends.domain.case import parse_case_id

_encode = msgspec.json.encode


class Order(Struct, frozen=True):
    """What to do, on standard input."""

    port: int
    key: str
    orders: int
    connections: int
    warm_up_seconds: float
    seconds: float


class Measured(Struct, frozen=True):
    """What was measured, on standard output. Times from the first byte sent to the last one read."""

    answered: int
    seconds: float
    median_ms: float
    p99_ms: float
    worst_ms: float


class _Created(Struct):
    """All that is read of an answer: the case that was opened."""

    case_id: str


class _Connection(asyncio.Protocol):
    """One sender: the next request goes out when the last one is answered."""

    def __init__(self, order: Order, traffic: Traffic, latencies: list[float]) -> None:
        self._order = order
        self._traffic = traffic
        self._latencies = latencies
        self._head = f"Host: 127.0.0.1\r\nAuthorization: Bearer {order.key}\r\nContent-Type: application/json\r\n"
        self._received = b""
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._begin = time.perf_counter() + order.warm_up_seconds
        self._end = self._begin + order.seconds

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._send()

    def _send(self) -> None:
        self._draw = self._traffic.draw()
        self._sent_at = time.perf_counter()
        self._transport.write(self._request(self._draw))

    def _request(self, draw: Draw) -> bytes:
        path, body = _call(draw.subject, draw.envelope.command)
        head = f"POST {path} HTTP/1.1\r\n{self._head}Content-Length: {len(body)}\r\n"
        if draw.envelope.actor is not SYSTEM:
            head += f"Amends-Actor: {draw.envelope.actor.name}\r\n"
        if draw.envelope.key is not None:
            head += f"Idempotency-Key: {draw.envelope.key}\r\n"
        return f"{head}\r\n".encode("ascii") + body

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, blank, body = self._received.partition(b"\r\n\r\n")
        if not blank or len(body) < int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]):
            return
        now = time.perf_counter()
        if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 201")):
            self.over.set_exception(RuntimeError(f"{self._draw.step.name}: {self._received.decode()}"))
            self._transport.close()
            return
        if self._sent_at >= self._begin:
            self._latencies.append(now - self._sent_at)
        if isinstance(self._draw.envelope.command, k.OpenCase):
            _, self._draw.subject.case_id = parse_case_id(msgspec.json.decode(body, type=_Created).case_id) or (0, None)
        self._received = b""
        if now < self._end:
            self._send()
        else:
            self.over.set_result(None)
            self._transport.close()

    def connection_lost(self, fault: Exception | None) -> None:
        if not self.over.done():
            self.over.set_exception(fault or RuntimeError(f"closed after {self._draw.envelope}"))


def _call(subject: Subject, command: k.Command) -> tuple[str, bytes]:
    """Path and body, each kind of news by the call that is made for it."""
    fields = msgspec.to_builtins(command)
    verb = fields.pop("command")
    match command:
        case k.SyncOrder():
            return "/v1/orders", _encode({"merchant_id": str(subject.merchant_id), **fields})
        case k.OpenCase():
            return "/v1/cases", _encode({"merchant_id": str(subject.merchant_id), **fields})
        case k.RecordScan(scan=scan):
            scan_fields = msgspec.to_builtins(scan)
            return "/v1/parcels/scans", _encode(
                {"carrier": command.carrier, "tracking_no": command.tracking_no, **scan_fields}
            )
        case k.RecordPayout():
            return "/v1/payouts/answers", _encode(fields)
    return f"/v1/cases/{subject.public_id}/{verb}", _encode(fields)


async def send(order: Order) -> Measured:
    """Keep all connections busy until the time is over. Raises what went wrong on the first one that failed."""
    traffic = Traffic(World.busy(order.orders))
    latencies: list[float] = []
    loop = asyncio.get_running_loop()
    connections: list[_Connection] = []
    for _ in range(order.connections):
        _, connection = await loop.create_connection(
            lambda: _Connection(order, traffic, latencies), "127.0.0.1", order.port
        )
        connections.append(connection)
    await asyncio.gather(*(connection.over for connection in connections))
    latencies.sort()
    median, p99, worst = (1000 * latencies[int(part * (len(latencies) - 1))] for part in (0.5, 0.99, 1))
    return Measured(len(latencies), order.seconds, median, p99, worst)


if __name__ == "__main__":
    measured = uvloop.run(send(msgspec.json.decode(sys.stdin.buffer.read(), type=Order)))
    sys.stdout.buffer.write(_encode(measured))
