"""Figures about this process for Prometheus; with several processes each answers for itself."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from amends.application.ports import Backlog
from amends.web.desk import Desk

_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.2, 0.5, 1, 2, 5)


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"})
"""Senders may make up others; a figure for each would fill the memory."""


class Measures:
    """Counts requests as they are answered; the rest is looked up when somebody asks."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "amends_http_requests", "Requests answered.", ["method", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "amends_http_seconds", "Time to the end of an answer.", buckets=_SECONDS, registry=self.registry
        )
        self._waiting = Gauge("amends_lane_waiting", "Commands that wait in a lane.", ["lane"], registry=self.registry)
        self._watchers = Gauge("amends_live_watchers", "Open live connections.", registry=self.registry)
        self._outbox = Gauge(
            "amends_outbox_messages", "Messages that wait, or were given up.", ["state"], registry=self.registry
        )
        self._overdue = Gauge("amends_overdue_cases", "Cases past their deadline.", registry=self.registry)

        self._counters: dict[tuple[str, int], Counter] = {}

    def answered(self, method: str, status: int, seconds: float) -> None:
        method = method if method in _METHODS else "other"
        counter = self._counters.get((method, status))
        if counter is None:
            counter = self._counters[method, status] = self._requests.labels(method, status)
        counter.inc()
        self._seconds.observe(seconds)

    def text(self, desk: Desk, backlog: Backlog) -> bytes:
        """In Prometheus' text format."""
        for lane in (desk.lanes.interactive, desk.lanes.bulk):
            self._waiting.labels(lane.name).set(lane.waiting)
        self._watchers.set(desk.hub.watchers)
        self._outbox.labels("waiting").set(backlog.waiting)
        self._outbox.labels("dead").set(backlog.dead)
        self._overdue.set(backlog.overdue_cases)
        return generate_latest(self.registry)
