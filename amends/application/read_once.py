"""One page asks for the same case again and again, for what stands, what may be done and what a step would lead to."""

from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar, cast

from amends.application.ports import CaseKey, OrderKey, Reader
from amends.domain.case import Case
from amends.domain.docket import Docket
from amends.domain.events import Fact

T = TypeVar("T")


def read_once(records: Reader) -> Reader:
    """Records for as long as one page is made: what was read stays as it was read. Not for anything that writes."""
    return cast("Reader", _Once(records))


class _Once:
    def __init__(self, records: Reader) -> None:
        self._records = records
        self._read: dict[Hashable, Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._records, name)

    async def _once(self, what: Hashable, read: Callable[[], Awaitable[T]]) -> T:
        if what not in self._read:
            self._read[what] = await read()
        return cast("T", self._read[what])

    async def docket_of(self, key: CaseKey) -> Docket | None:
        return await self._once((Docket, key), lambda: self._records.docket_of(key))

    async def docket(self, key: OrderKey, evidence_of: CaseKey | None = None) -> Docket:
        if evidence_of is None:
            for read in self._read.values():
                order = read.order if isinstance(read, Docket) else None
                if order is not None and (order.merchant_id, order.order_no) == key:
                    return cast("Docket", read)
        return await self._records.docket(key, evidence_of)

    async def case(self, key: CaseKey) -> Case | None:
        docket: Docket | None = self._read.get((Docket, key))
        if docket is not None:
            return docket.case(key.case_id)
        return await self._once((Case, key), lambda: self._records.case(key))

    async def timeline(self, key: CaseKey, after_seq: int, limit: int) -> list[Fact]:
        place = (Fact, key, after_seq, limit)
        return await self._once(place, lambda: self._records.timeline(key, after_seq, limit))
