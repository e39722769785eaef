"""Legal holds, on PostgreSQL and in memory."""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from amends.application.holds import Done, Hold, NotHeld, Place, place_of
from amends.application.ports import CaseKey, Unavailable
from amends.domain.time import Instant
from amends.store.database import Database, load_queries
from amends.store.memory import MemoryStore

_sql = load_queries("holds")
_TRIES = 50
"""Of as many who hold one case at once, each round at least one gets its number."""


class PostgresHolds:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def place(self, case: CaseKey, reason: str, by: str, at: Instant) -> Done:
        about = case._asdict() | {"reason": reason, "placed_by": by, "now": at}
        for _ in range(_TRIES):
            async with self._database.for_page() as connection:
                placed = await (await connection.execute(_sql.place.sql, about)).fetchone()
                if placed is not None:
                    return Done(_hold(placed), is_new=True)
                standing = await (await connection.execute(_sql.standing_for.sql, about)).fetchone()
                if standing is not None:
                    return Done(_hold(standing), is_new=False)
                erased = await (await connection.execute(_sql.is_erased.sql, about)).fetchone()
            _must_be_whole(erased=erased[0] if erased else None)
        raise Unavailable("others kept placing holds on the case")

    async def lift(self, case: CaseKey, number: int, because: str, by: str, at: Instant) -> Done | None:
        about = case._asdict() | {"hold_no": number, "lifted_by": by, "because": because, "now": at}
        async with self._database.for_page() as connection:
            lifted = await (await connection.execute(_sql.lift.sql, about)).fetchone()
            if lifted is not None:
                return Done(_hold(lifted), is_new=True)
            before = await (await connection.execute(_sql.one.sql, about)).fetchone()
            return Done(_hold(before), is_new=False) if before is not None else None

    async def of_case(self, case: CaseKey) -> list[Hold]:
        return [_hold(row) for row in await self._database.rows(_sql.of_case, **case._asdict())]

    async def listed(self, behind: Place, limit: int) -> list[Hold]:
        place = behind._asdict() | {"hold_no": behind.number, "limit": limit}
        return [_hold(row) for row in await self._database.rows(_sql.listed, **place)]

    async def count_standing(self) -> int:
        (row,) = await self._database.rows(_sql.count_standing)
        count: int = row[0]
        return count


class MemoryHolds:
    """For tests and rehearsals; one process's own."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._holds: dict[tuple[CaseKey, int], Hold] = {}

    async def place(self, case: CaseKey, reason: str, by: str, at: Instant) -> Done:
        stored = self._store.cases.get(case)
        _must_be_whole(erased=stored.case.erased_at is not None if stored is not None else None)
        for hold in await self.of_case(case):
            if hold.reason == reason:
                return Done(hold, is_new=False)
        number = 1 + max((held for key, held in self._holds if key == case), default=0)
        placed = self._holds[case, number] = Hold(case, number, reason, by, at)
        return Done(placed, is_new=True)

    async def lift(self, case: CaseKey, number: int, because: str, by: str, at: Instant) -> Done | None:
        hold = self._holds.get((case, number))
        if hold is None or hold.lifted_at is not None:
            return Done(hold, is_new=False) if hold is not None else None
        lifted = replace(hold, lifted_by=by, lifted_at=at, lifted_because=because)
        self._holds[case, number] = lifted
        return Done(lifted, is_new=True)

    async def of_case(self, case: CaseKey) -> list[Hold]:
        return [hold for hold in self._holds.values() if hold.case == case and hold.lifted_at is None]

    async def listed(self, behind: Place, limit: int) -> list[Hold]:
        found = sorted(self._holds.values(), key=place_of, reverse=True)
        return [hold for hold in found if place_of(hold) < behind][:limit]

    async def count_standing(self) -> int:
        return sum(hold.lifted_at is None for hold in self._holds.values())


def _must_be_whole(*, erased: bool | None) -> None:
    """None where there is no such case. Raises NotHeld."""
    if erased is None:
        raise NotHeld("unknown_case")
    if erased:
        raise NotHeld("nothing_left")


def _hold(row: Sequence[Any]) -> Hold:
    return Hold(CaseKey(*row[:2]), *row[2:])
