"""What was seen in pictures is kept alike by both stores, and nearly the same pictures are found by an index."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple

import psycopg
import pytest
from msgspec.structs import replace

from amends.application.examining import Examination, Examinations
from amends.application.files import FileBook, FileRow, FileState
from amends.application.likeness import VIEWS, Mark
from amends.application.passages import Line
from amends.application.ports import CaseKey
from amends.domain import commands as k
from amends.domain.actor import buyer
from amends.domain.words import EvidenceKind, Side
from amends.store.database import Database
from amends.store.examinations import PostgresExaminations
from amends.store.files import PostgresFiles
from amends.store.memory_examinations import MemoryExaminations
from amends.store.memory_files import MemoryFiles
from tests.support.shops import HOUR, MONDAY, Shop, about, shop_in_memory, shop_on_postgres

BUYER = buyer("b42")


class Desk(NamedTuple):
    shop: Shop
    book: Examinations
    files: FileBook

    async def file(self, case: CaseKey, sha256: str, kind: EvidenceKind = EvidenceKind.PHOTO) -> None:
        item = k.EvidenceItem(kind, sha256, "photo.jpg")
        await self.shop.one(about(case, k.AddEvidence((item,)), BUYER))

    async def look_at_all(self, marks: dict[str, tuple[Mark, ...]]) -> None:
        now = self.shop.clock.now()
        for due in await self.book.due(now, now + HOUR, 100):
            await self.book.put(Examination(due.case, due.evidence_id, due.sha256, now, marks.get(due.sha256, ())))


Open = Callable[[], AbstractAsyncContextManager[Desk]]


@pytest.fixture(params=["memory", "postgres"])
def open_desk(request: pytest.FixtureRequest) -> Open:
    if request.param == "memory":
        return _in_memory
    return partial(_on_postgres, request.getfixturevalue("database"))


@asynccontextmanager
async def _in_memory() -> AsyncIterator[Desk]:
    async with shop_in_memory() as shop:
        files = MemoryFiles(shop.store)  # type: ignore[arg-type]
        yield Desk(shop, MemoryExaminations(shop.store, files), files)  # type: ignore[arg-type]


@asynccontextmanager
async def _on_postgres(dsn: str) -> AsyncIterator[Desk]:
    async with (
        shop_on_postgres(dsn) as shop,
        Database(dsn, batch_connections=1, page_connections=2) as database,
    ):
        yield Desk(shop, PostgresExaminations(database), PostgresFiles(database))


def some_marks(dice: random.Random) -> tuple[Mark, ...]:
    return tuple(Mark(dice.getrandbits(64) - (1 << 63), dice.getrandbits(64) - (1 << 63)) for _ in VIEWS)


def turned(number: int, bits: int) -> int:
    """With that many bits of its 64 changed, spread over all of it."""
    changed = number & (1 << 64) - 1
    for place in range(bits):
        changed ^= 1 << (place * 9) % 64
    return changed - (1 << 64) if changed >> 63 else changed


def hashed(number: int) -> str:
    return f"{number:064x}"


def kept(sha256: str, media_type: str) -> FileRow:
    return FileRow(
        merchant_id=1001,
        file_id=7,
        owner="buyer/b42",
        uploaded_by="buyer/b42",
        name="photo.jpg",
        size_bytes=9,
        state=FileState.KEPT,
        created_at=MONDAY,
        touched_at=MONDAY,
        sha256=sha256,
        media_type=media_type,
    )


def play(open_desk: Open, story: Callable[[Desk], Any]) -> None:
    async def run() -> None:
        async with open_desk() as desk:
            await story(desk)

    asyncio.run(run())


def test_each_piece_with_a_file_is_lent_to_one_until_its_time_is_over_and_then_again(open_desk: Open):
    async def story(desk: Desk) -> None:
        (case,) = await desk.shop.opened(1)
        await desk.files.add(kept(hashed(1), "image/png"))
        await desk.file(case, hashed(1))
        await desk.file(case, hashed(2))
        await desk.shop.one(about(case, k.AddEvidence((k.EvidenceItem(EvidenceKind.PHOTO, None, "described"),)), BUYER))
        now, until = MONDAY, MONDAY + HOUR
        found = {due.sha256: due for due in await desk.book.due(now, until, 10)}
        assert {one: due.media_type for one, due in found.items()} == {hashed(1): "image/png", hashed(2): ""}
        assert await desk.book.due(now, until, 10) == []
        assert len(await desk.book.due(until, until + HOUR, 10)) == 2, "whoever had them died"
        seen = Examination(case, found[hashed(1)].evidence_id, hashed(1), now, (), (Line("您好"), Line("再见", 2)))
        await desk.book.put(seen)
        assert [due.sha256 for due in await desk.book.due(now + 3 * HOUR, until, 10)] == [hashed(2)]
        assert await desk.book.of_case(case) == [seen]

    play(open_desk, story)


def test_the_same_file_in_another_case_is_found_and_never_in_its_own(open_desk: Open):
    async def story(desk: Desk) -> None:
        first, second = await desk.shop.opened(2)
        await desk.file(first, hashed(1))
        await desk.file(first, hashed(1))
        await desk.shop.one(about(first, k.AddEvidence((k.EvidenceItem(EvidenceKind.PHOTO, None, "told"),)), BUYER))
        await desk.shop.one(about(second, k.AddEvidence((k.EvidenceItem(EvidenceKind.PHOTO, None, "told"),)), BUYER))
        assert await desk.book.matches(first, 9) == []
        desk.shop.clock.advance(HOUR)
        await desk.file(second, hashed(1))
        there = (second, "e2", Side.BUYER, EvidenceKind.PHOTO, MONDAY + HOUR, None)
        assert await desk.book.matches(first, 9) == [("e1", *there), ("e2", *there)]
        assert [match.evidence_id for match in await desk.book.matches(second, 9)] == ["e1", "e2"]
        assert len(await desk.book.matches(second, 1)) == 1

    play(open_desk, story)


def test_a_nearly_identical_picture_is_found_by_its_whole_or_a_view_the_nearest_first(open_desk: Open):
    async def story(desk: Desk) -> None:
        dice = random.Random(4)
        cases = await desk.shop.opened(6)
        mine = some_marks(dice)

        def like(mark: Mark, shape_bits: int, edge_bits: int = 3) -> Mark:
            return Mark(turned(mark.shape, shape_bits), turned(mark.edges, edge_bits))

        pictures = {
            hashed(1): mine,
            hashed(2): (like(mine[0], 6), *some_marks(dice)[1:]),
            hashed(3): (*some_marks(dice)[:7], like(mine[0], 4), *some_marks(dice)[8:]),
            hashed(4): (like(mine[5], 2), *some_marks(dice)[1:]),
            hashed(5): (like(mine[0], 2, 20), *some_marks(dice)[1:]),
            hashed(6): (like(mine[0], 14), like(mine[5], 1), *some_marks(dice)[2:]),
        }
        for case, sha256 in zip(cases, pictures, strict=True):
            await desk.file(case, sha256)
        await desk.look_at_all(pictures)
        found = await desk.book.matches(cases[0], 9)
        assert [(match.case, match.differing_bits) for match in found] == [(cases[3], 2), (cases[2], 4), (cases[1], 6)]
        assert {(match.here, match.kind) for match in found} == {("e1", EvidenceKind.PHOTO)}
        assert await desk.book.matches(cases[4], 9) == []
        assert [match.differing_bits for match in await desk.book.matches(cases[0], 1)] == [2]

    play(open_desk, story)


@pytest.mark.parametrize("first", [0, 1])
def test_a_pair_is_told_on_either_side_whichever_picture_was_looked_at_first(open_desk: Open, first: int):
    async def story(desk: Desk) -> None:
        cases = await desk.shop.opened(2)
        marks = some_marks(random.Random(6))
        here, there = cases[first], cases[1 - first]
        await desk.file(here, hashed(1))
        await desk.look_at_all({hashed(1): marks})
        assert await desk.book.matches(here, 9) == []
        await desk.file(there, hashed(2))
        assert await desk.book.matches(there, 9) == [], "nobody has looked yet"
        await desk.look_at_all({hashed(2): marks})
        for one, other in ((here, there), (there, here)):
            (match,) = await desk.book.matches(one, 9)
            assert (match.here, match.case, match.evidence_id, match.differing_bits) == ("e1", other, "e1", 0)

    play(open_desk, story)


def test_same_files_come_before_pictures_that_are_nearly_the_same(open_desk: Open):
    async def story(desk: Desk) -> None:
        here, *others = await desk.shop.opened(4)
        marks = some_marks(random.Random(7))
        await desk.file(here, hashed(1))
        for case, number in zip(others, (2, 1, 3), strict=True):
            await desk.file(case, hashed(number))
        await desk.look_at_all({hashed(number): marks for number in (1, 2, 3)})
        assert [m.differing_bits for m in await desk.book.matches(here, 9)] == [None, 0, 0]
        assert [m.differing_bits for m in await desk.book.matches(here, 2)] == [None, 0]

    play(open_desk, story)


def test_all_wholes_up_to_seven_bits_apart_are_found_whichever_bits_they_are(open_desk: Open):
    async def story(desk: Desk) -> None:
        dice = random.Random(11)
        here, *others = await desk.shop.opened(21)
        mine = some_marks(dice)
        pictures = {hashed(99): mine}
        await desk.file(here, hashed(99))
        for number, case in enumerate(others):
            changed = mine[0].shape & (1 << 64) - 1
            for place in dice.sample(range(64), 7):
                changed ^= 1 << place
            signed = changed - (1 << 64) if changed >> 63 else changed
            pictures[hashed(number + 1)] = (Mark(signed, mine[0].edges), *some_marks(dice)[1:])
            await desk.file(case, hashed(number + 1))
        await desk.look_at_all(pictures)
        found = await desk.book.matches(here, 100)
        assert {match.case for match in found} == set(others)

    play(open_desk, story)


def test_two_that_are_looked_at_beside_each_other_find_each_other_and_are_one_pair(database: str):
    async def story(desk: Desk) -> None:
        cases = await desk.shop.opened(2)
        marks = some_marks(random.Random(8))
        for number, case in enumerate(cases):
            await desk.file(case, hashed(number))
        seen = [Examination(case, "e1", hashed(number), MONDAY, marks) for number, case in enumerate(cases)]
        await asyncio.gather(*(desk.book.put(one) for one in seen))
        await desk.book.put(seen[0])
        for case in cases:
            assert len(await desk.book.matches(case, 9)) == 1

    play(partial(_on_postgres, database), story)


def test_lines_that_were_kept_before_they_had_pages_are_read(database: str):
    async def story(desk: Desk) -> None:
        (case,) = await desk.shop.opened(1)
        await desk.file(case, hashed(1))
        await desk.book.put(Examination(case, "e1", hashed(1), MONDAY, (), (Line("订单"), Line("合计", 2))))
        with psycopg.connect(database) as connection:
            (kept,) = connection.execute("select lines::text from examinations").fetchone() or ("",)
            assert kept == '[["订单",0],["合计",2]]'
            connection.execute("update examinations set lines = %s", ['["订单", "合计"]'])
        assert (await desk.book.of_case(case))[0].lines == (Line("订单"), Line("合计"))

    play(partial(_on_postgres, database), story)


def test_marks_of_a_file_that_is_no_longer_the_evidence_s_are_not_kept(database: str):
    async def story(desk: Desk) -> None:
        (case,) = await desk.shop.opened(1)
        await desk.file(case, hashed(1))
        seen = Examination(case, "e1", hashed(1), MONDAY, some_marks(random.Random(1)))
        await desk.book.put(replace(seen, sha256=hashed(2)))
        assert await desk.book.of_case(case) == []
        await desk.book.put(seen)
        await desk.book.put(replace(seen, examined_at=MONDAY + timedelta(hours=1)))
        (stands,) = await desk.book.of_case(case)
        assert stands.examined_at == MONDAY + timedelta(hours=1)

    play(partial(_on_postgres, database), story)
