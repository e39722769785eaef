"""Erasing in lives drawn at random: what people wrote is gone for good, all proofs hold, nothing else is touched."""

import asyncio
import random
import re
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest

from amends.application.access import Caller
from amends.application.dossier import Contents, Dossiers
from amends.application.files import Copy, FileRow, FileState, Form
from amends.application.ids import Ids
from amends.application.ledger import Ledger
from amends.application.ports import CaseKey
from amends.application.privacy import KEPT
from amends.application.retention import Retention
from amends.application.sealing import GENESIS, disclosures, follows
from amends.domain.case import Case
from amends.proof.verify import Verdict, verify
from amends.store.database import Database
from amends.store.files import PostgresFiles
from amends.store.retention import PostgresArchive
from tests.property.people import AUDITOR, BUYER, OWNER
from tests.property.world import MERCHANT_ID
from tests.simulation.remembered import Told, put
from tests.support.dossiers import Blank, Ring
from tests.support.shops import POLICIES, Shop, shop_on_postgres

SEEDS = 5
ONE_BY_ONE = 2

B42 = re.compile(r"(?<![0-9a-f])b42(?![0-9a-f])")
"""The buyer, and not a piece of some hash."""

HASH = re.compile("[0-9a-f]{64}")

OUR_OWN = re.compile("[a-z_]+")
"""Names of messages that are prepared; nobody wrote these."""

AT_THE_END = timedelta(days=6 * 365)

Row = tuple[str, str, int | None, str | None]
"""Table, all that it says, and the case and the order that it is about, where it names them."""


class Shelf:
    """Where files are."""

    def __init__(self) -> None:
        self.kept: set[str] = set()

    async def delete(self, keys: list[str]) -> None:
        self.kept -= {key.partition("/")[2].partition(".")[0] for key in keys}


class NoFiles:
    """For a dossier of a case that has none any more."""

    blobs = None

    async def views(self, *_: Any) -> dict[str, Any]:
        return {}


class Life(NamedTuple):
    """A life that is over, in the tables, with every case in the ledger and every file on the shelf."""

    shop: Shop
    retention: Retention
    dossiers: Dossiers
    shelf: Shelf
    dsn: str

    async def cases(self) -> list[CaseKey]:
        return [CaseKey(*row) for row in self.asked("select merchant_id, case_id from cases order by case_id")]

    def asked(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.dsn) as connection:
            return connection.execute(query).fetchall()  # type: ignore[arg-type]

    def everything(self) -> set[Row]:
        with psycopg.connect(self.dsn) as connection:
            found: set[Row] = set()
            for (table,) in connection.execute(
                "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
            ).fetchall():
                rows = connection.execute(f'select t::text, to_jsonb(t) from "{table}" t').fetchall()
                found |= {(table, text, told.get("case_id"), told.get("order_no")) for text, told in rows}
        return found

    async def secrets(self, case: CaseKey) -> set[str]:
        """All of a case that must be gone: what people wrote, its files, its parcels, the buyer."""
        return {
            told.value
            for record in await self.shop.reader.records(case)
            for told in disclosures(record.payload)
            if told.pointer not in KEPT and isinstance(told.value, str) and told.value
        }


async def life(seed: int, dsn: str, shop: Shop, database: Database) -> Life:
    game = Told(seed)
    await game.run()
    shop.clock.at = game.clock.at
    await shop.registry.put_merchant(game.memory.merchants[MERCHANT_ID], game.clock.at)
    await put(game.remembering.writes, shop.store)
    ledger, book, shelf, ids = Ledger(shop.book, Ring(), shop.clock), PostgresFiles(database), Shelf(), Ids(9)
    await ledger.begin()
    told = Life(
        shop,
        Retention(PostgresArchive(dsn), shelf, POLICIES, shop.clock),
        Dossiers(shop.reader, ledger, POLICIES, NoFiles(), Blank()),  # type: ignore[arg-type]
        shelf,
        dsn,
    )
    for case_id, hashed in told.asked("select case_id, sha256 from evidence where sha256 <> ''"):
        at, owner, copies = game.clock.at, f"buyer/{BUYER.party}", {form: Copy("image/png", 4) for form in Form}
        file = FileRow(
            MERCHANT_ID, ids.next(at), owner, owner, "a.png", 9, FileState.KEPT, at, at, case_id, 9, hashed,
            "image/png", {}, copies,
        )  # fmt: skip
        await book.add(file)
        shelf.kept.add(hashed)
    for case in await told.cases():
        await ledger.cover(case)
    shop.clock.advance(AT_THE_END)
    assert await book.left_over(shop.clock.now(), 99) == [], "evidence names all of them"
    return told


async def proves_what_happened(told: Life, case: CaseKey, before: list[bytes], folder: Path) -> None:
    """The chain is the one that it was, and a dossier of what is left convinces a stranger."""
    records = await told.shop.reader.records(case)
    assert [record.chain for record in records] == before
    chain = GENESIS
    for record in records:
        assert follows(chain, record.payload, record.chain), record
        chain = record.chain
    for reader in (AUDITOR, OWNER):
        contents = await told.dossiers.contents(case, Caller(reader, None), "zh")
        assert isinstance(contents, Contents), contents
        path = folder / f"{case.case_id}-{reader.side}.zip"
        with path.open("wb") as out:
            await told.dossiers.write(contents, out)
        report = verify(path)
        assert report.holds, report.findings
        assert any(one.verdict is Verdict.HOLDS for one in report.findings)


def about(row: Row, case: CaseKey, order_no: str, *, is_last: bool) -> bool:
    """Whether a row may change when the case is erased: what is the order's own goes with its last case."""
    table, _, case_id, order = row
    if case_id not in (None, 0):
        return case_id == case.case_id
    return order == order_no and (is_last or table in ("heads", "order_words"))


async def one_goes(told: Life, case: CaseKey, folder: Path) -> None:
    """Without a trace in it or a change around it."""
    order_no = (await case_of(told, case)).order_no
    secrets, chains = await told.secrets(case), [one.chain for one in await told.shop.reader.records(case)]
    hashes = {one for one in secrets if HASH.fullmatch(one)}
    before = told.everything()
    assert any(B42.search(row[1]) for row in before if row[2] == case.case_id), "there to be erased"
    outcome = await told.retention.erase(case, "bai", "a letter")
    assert outcome is not None
    assert outcome.taken is not None
    assert outcome.taken.files == len(hashes)
    assert not told.shelf.kept & hashes
    after = told.everything()
    is_last = (order_no,) not in told.asked("select order_no from cases where erased_at is null")
    for row in before ^ after:
        of_its_files = row[0] in ("ledger_files", "files") and any(one in row[1] for one in hashes)
        assert of_its_files or row[0] == "erasures" or about(row, case, order_no, is_last=is_last), row
    everything = "\n".join(row[1] for row in after)
    for secret in secrets:
        if "#w" in secret or secret in hashes:
            assert secret not in everything, secret
    of_order = ((None, order_no), (0, order_no)) if is_last else ()
    its = "\n".join(row[1] for row in after if row[2] == case.case_id or row[2:] in of_order)
    assert "#w" not in its, "whatever is thought to be private"
    for secret in secrets:
        assert OUR_OWN.fullmatch(secret) or not re.search(rf"(?<!\w){re.escape(secret)}(?!\w)", its), secret
    await proves_what_happened(told, case, chains, folder)
    done = told.everything()
    assert await told.retention.erase(case, "bai", "a letter") is None
    assert told.everything() == done, "doing it twice changes nothing"


async def the_buyer_is_forgotten(told: Life) -> None:
    """But for what runs still; orders that nobody complained of go as well."""
    cases = {case: await case_of(told, case) for case in await told.cases()}
    secrets = [await told.secrets(key) for key, case in cases.items() if not case.is_open]
    running = {case.order_no for case in cases.values() if case.is_open}
    order_of = {case.case_id: case.order_no for case in cases.values()}
    answer = await told.retention.forget("b42", "bai", "a letter")
    assert {one.why_not for one in answer.cases} <= {"", "it is still running"}
    after = told.everything()
    for row in after:
        if B42.search(row[1]):
            assert {row[3], order_of.get(row[2] or 0)} & running, row
    everything = "\n".join(row[1] for row in after)
    for secret in set().union(*secrets):
        if "#w" in secret or HASH.fullmatch(secret):
            assert secret not in everything, secret
    await told.retention.forget("b42", "bai", "a letter")
    assert told.everything() == after, "doing it twice changes nothing"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # a killed process retrieves nothing
@pytest.mark.parametrize("seed", range(1, SEEDS + 1))
def test_cases_go_one_by_one_and_then_the_buyer_and_what_is_left_still_proves(
    seed: int, database: str, tmp_path: Path
) -> None:
    async def story() -> None:
        async with (
            shop_on_postgres(database) as shop,
            Database(database, batch_connections=1, page_connections=1) as connections,
        ):
            told = await life(seed, database, shop, connections)
            closed = [case for case in await told.cases() if not (await case_of(told, case)).is_open]
            assert closed, "a life in which nothing ends shows nothing"
            for case in random.Random(seed).sample(closed, min(len(closed), ONE_BY_ONE)):
                await one_goes(told, case, tmp_path)
            await the_buyer_is_forgotten(told)

    asyncio.run(story())


async def case_of(told: Life, key: CaseKey) -> Case:
    case = await told.shop.reader.case(key)
    assert case is not None
    return case
