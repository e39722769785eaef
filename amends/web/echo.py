"""How long a change takes to an open page: a notice to ourselves, by the way of all others."""

import time
from datetime import timedelta
from secrets import randbits

from amends.application.ports import Announce, CaseKey, Change
from amends.web.live import Hub

_PATIENCE_SECONDS = 3.0


async def echo(hub: Hub, announce: Announce) -> timedelta | None:
    """None where it did not come back. Nobody else watches for such notices. Raises TooManyWatch."""
    mine = CaseKey(0, randbits(62))
    began = time.monotonic()
    with hub.watching(lambda change: (change.merchant_id, change.case_id) == mine, frozenset({"echo"})) as watcher:
        announce([Change(*mine, 0, "echo")])
        while mine not in watcher.pending:
            left = began + _PATIENCE_SECONDS - time.monotonic()
            if left <= 0:
                return None
            await watcher.something(left)
    return timedelta(seconds=time.monotonic() - began)


async def echo_once_heard(hub: Hub, announce: Announce) -> timedelta | None:
    """As soon as a hub that was just begun listens."""
    with hub.watching(lambda _: False) as watcher:
        await watcher.something(_PATIENCE_SECONDS)
    return await echo(hub, announce)
