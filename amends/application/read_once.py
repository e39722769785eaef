"""One page asks for the same case again and again, for what stands, what may be done and what a step would lead to."""

import asyncio
from typing import Any, cast

from amends.application.ports import CaseKey, OrderKey, Reader
from amends.domain.case import Case
from amends.domain.docket import Docket
from amends.domain.events import Fact


def read_once(records: Reader) -> Reader:
    """Records for as long as one page is made: what was read stays as it was read. Not for anything that writes."""
    return cast("Reader", _Once(records))


class _Once:
    """Who asks for what is being read already waits for the same answer."""

    def __init__(self, records: Reader) -> None:
        self._records = records
        self._dockets: dict[CaseKey, asyncio.Task[Docket | None]] = {}
        self._timelines: dict[tuple[CaseKey, int, int], asyncio.Task[list[Fact]]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._records, name)

    async def docket_of(self, key: CaseKey) -> Docket | None:
        if key not in self._dockets:
            self._dockets[key] = asyncio.create_task(self._records.docket_of(key))
        return await self._dockets[key]

    async def docket(self, key: OrderKey, evidence_of: CaseKey | None = None) -> Docket:
        for reading in self._dockets.values() if evidence_of is None else ():
            read = await reading
            if read is not None and read.order is not None and (read.order.merchant_id, read.order.order_no) == key:
                return read
        return await self._records.docket(key, evidence_of)

    async def case(self, key: CaseKey) -> Case | None:
        """Out of its docket: who asks for the case alone is not the last one to ask."""
        docket = await self.docket_of(key)
        return docket.case(key.case_id) if docket is not None else None

    async def timeline(self, key: CaseKey, after_seq: int, limit: int) -> list[Fact]:
        stretch = (key, after_seq, limit)
        if stretch not in self._timelines:
            self._timelines[stretch] = asyncio.create_task(self._records.timeline(key, after_seq, limit))
        return await self._timelines[stretch]
