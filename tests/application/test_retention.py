"""Records are kept for three whole years, then say nothing of persons, and the chain holds (law: 电商法 31)."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest

from amends.adapters.files.blobs import local_blobs
from amends.application.evidence import Evidence
from amends.application.examining import Examination
from amends.application.files import Copy, FileRow, FileState, Form, blob_key
from amends.application.holds import Holds, NotHeld
from amends.application.ids import Ids
from amends.application.likeness import Mark
from amends.application.passages import Line
from amends.application.policies import SHIPPED, Policies, parse_policy, shipped_text
from amends.application.ports import Answer, CaseKey, Envelope
from amends.application.retention import Held, Retention, TooEarly
from amends.application.sealing import GENESIS, follows
from amends.application.service import Conversation
from amends.domain import commands as k
from amends.domain.actor import SYSTEM
from amends.domain.words import EvidenceKind, Side
from amends.proof.merkle import is_beginning
from amends.proof.verify import Verdict, verify
from amends.store.conversations import PostgresConversations
from amends.store.database import Database
from amends.store.examinations import PostgresExaminations
from amends.store.files import PostgresFiles
from amends.store.holds import PostgresHolds
from amends.store.retention import PostgresArchive
from tests.support.dossiers import AUDITOR, BUYER, OWNER, READERS, Dispute
from tests.support.shops import HOUR, MONDAY, POLICIES, Shop, about, order, shop_on_postgres

TICK = timedelta(microseconds=1)
WORDS = (
    "机器漏水很严重", "出厂前逐台做过水压测试", "序列号系事后补写", "水箱卡扣已扣紧", "13812345678",
    "4200002026030298765432", "派送员 张师傅", "壶身漏水.png", "SF1436502287", "YT9081726354", "buyer/b42", '"b42"',
)  # fmt: skip
"""What people wrote, what tells of them and what leads to them; all of it is in the record before."""

B42 = re.compile(r"(?<![0-9a-f])b42(?![0-9a-f])")
"""The buyer, and not a piece of some hash."""

KEPT_UNTIL = datetime.fromisoformat("2029-03-16T00:00+08:00")
"""The dispute was over on 2026-03-15 in China, when the money had come and the case closed."""


class Old(NamedTuple):
    """A dispute that is over, with its files on disk and everything else that a case leaves behind."""

    shop: Shop
    dispute: Dispute
    case: CaseKey
    retention: Retention
    holds: Holds
    blobs: Path

    async def run(self, at: datetime, *, dry: bool = False) -> list[tuple[bool, str]]:
        self.shop.clock.at = at
        return [(one.taken is not None, one.why_not) async for one in self.retention.run("bai", dry=dry)]

    async def asks_the_service(self, dsn: str) -> None:
        """The buyer talked to a person of the platform as well."""
        talk = Conversation(1001, 77, "buyer/b42", MONDAY, case_id=self.case.case_id)
        async with Database(dsn, batch_connections=1, page_connections=1) as database:
            await PostgresConversations(database).add(talk, "我想找人工")

    def files(self) -> list[Path]:
        return [file for file in self.blobs.rglob("*") if file.is_file()]


@asynccontextmanager
async def old_dispute(dsn: str, folder: Path, policies: Policies = POLICIES) -> AsyncIterator[Old]:
    async with shop_on_postgres(dsn) as shop, Database(dsn, batch_connections=1, page_connections=2) as database:
        dispute = Dispute(shop)
        case = await dispute.ended()
        book, blobs = PostgresFiles(database), local_blobs(folder)
        ids = Ids(9)
        for exhibit in (await dispute.contents(READERS["platform"])).exhibits:
            owner = f"buyer/{BUYER.party}" if exhibit.side is Side.BUYER else "merchant/1001"
            copies = {form: Copy("image/png", 4) for form in Form}
            row = FileRow(
                1001, ids.next(MONDAY), owner, owner, exhibit.name, 1000, FileState.KEPT, MONDAY, MONDAY, case.case_id,
                1000, exhibit.sha256, "image/png", {"device": "Xiaomi 14"}, copies,
            )  # fmt: skip
            await book.add(row)
            for form in Form:
                await blobs.put_bytes(blob_key(exhibit.sha256, form), dispute.files.files[exhibit.sha256])
        dispute.dossiers._files = Evidence(
            book=book, blobs=blobs, inspector=None, records=shop.reader, policies=POLICIES, clock=shop.clock, ids=ids,
            submit=None, incoming=folder,
        )  # fmt: skip
        retention = Retention(PostgresArchive(dsn), blobs, policies, shop.clock)
        yield Old(shop, dispute, case, retention, Holds(PostgresHolds(database), shop.clock), folder)


def everything(dsn: str) -> str:
    """All that the database says, the search words included."""
    with psycopg.connect(dsn) as connection:
        tables = connection.execute(
            "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1"
        ).fetchall()
        found = [connection.execute(f'select t::text from "{name}" t').fetchall() for (name,) in tables]
    return "\n".join(text for rows in found for (text,) in rows)


def test_at_the_instant_at_which_its_time_is_over_a_case_is_erased_and_not_before(database: str, tmp_path: Path):
    async def story():
        async with old_dispute(database, tmp_path) as old:
            await old.asks_the_service(database)
            before = everything(database)
            for words in WORDS:
                assert words in before, f"{words} is there to be erased"
            assert len(old.files()) == 15
            assert await old.run(KEPT_UNTIL - TICK) == []
            assert await old.run(KEPT_UNTIL, dry=True) == [(False, "")]
            assert everything(database) == before
            assert await old.run(KEPT_UNTIL) == [(True, "")]
            assert await old.run(KEPT_UNTIL + HOUR) == [], "there is nothing left to erase"
            assert old.files() == []
            records = await old.shop.reader.records(old.case)
            chain = GENESIS
            assert {one.fact.by for one in records if one.fact.by.startswith("buyer")} == {"buyer"}
            for record in records:
                assert follows(chain, record.payload, record.chain)
                chain = record.chain
            case = await old.shop.reader.case(old.case)
            assert case is not None
            assert (case.paid_minor, case.closing.outcome) == (68_900, "refunded")
            assert (case.buyer_id, case.erased_at) == ("[erased]", KEPT_UNTIL)
            return list(old.dispute.files.files)

    hashes = asyncio.run(story())
    after = everything(database)
    for words in (*WORDS, "我想找人工", *hashes):
        assert words not in after
    assert not B42.search(after)
    assert "its time is over" in after, "what was done is on record"


def test_what_was_seen_in_its_pictures_goes_with_a_case_and_what_another_case_has_in_common_with_it(
    database: str, tmp_path: Path
):
    async def story():
        async with (
            old_dispute(database, tmp_path) as old,
            Database(database, batch_connections=1, page_connections=2) as connections,
        ):
            book = PostgresExaminations(connections)
            (other,) = await old.shop.opened()
            await old.shop.one(
                about(other, k.AddEvidence((k.EvidenceItem(EvidenceKind.PHOTO, "ab" * 32, "a"),)), BUYER)
            )
            exhibit = (await old.dispute.contents(READERS["platform"])).exhibits[0]
            marks = (Mark(0x0F0F_1234_5678_0F0F, 7),) * 16
            pieces = [(old.case, exhibit.evidence_id, exhibit.sha256), (other, "e1", "ab" * 32)]
            seen = [Examination(*piece, MONDAY, marks, (Line("写在图上"),)) for piece in pieces]
            for one in seen:
                await book.put(one)
            for case in (old.case, other):
                assert len(await book.matches(case, 9)) == 1
            assert await old.run(KEPT_UNTIL) == [(True, "")]
            for case in (old.case, other):
                assert await book.matches(case, 9) == []
            await book.put(seen[0])
            await book.put(seen[1])
            assert await book.of_case(old.case) == []
            assert await book.of_case(other) == [seen[1]]

    asyncio.run(story())
    with psycopg.connect(database) as connection:
        assert connection.execute("select count(*) from picture_matches").fetchone() == (0,)
        assert connection.execute("select count(*) from examinations").fetchone() == (1,)


def test_what_is_left_still_makes_a_dossier_that_holds(database: str, tmp_path: Path):
    async def story():
        async with old_dispute(database, tmp_path / "blobs") as old:
            ledger, book = old.dispute.ledger, old.shop.book
            before = await book.head()
            await old.run(KEPT_UNTIL)
            (later,) = await old.shop.opened()
            await ledger.cover(later)
            after = await book.head()
            assert before is not None
            assert after is not None
            assert after.size == before.size + 1
            path = await ledger.consistency(before.size, after.size)
            assert is_beginning(before.size, after.size, before.root, after.root, path)
            return [await old.dispute.zip(reader) for reader in (OWNER, AUDITOR)]

    for content in asyncio.run(story()):
        path = tmp_path / "dossier.zip"
        path.write_bytes(content)
        report = verify(path)
        assert report.holds, report.findings
        left_out = [finding.what for finding in report.findings if finding.verdict is Verdict.LEFT_OUT]
        assert any("private values are covered in this copy" in what for what in left_out)
        assert not any(what.startswith("is left out; its SHA-256") for what in left_out), "nothing tells of its files"
        held = [finding.what for finding in report.findings if finding.verdict is Verdict.HOLDS]
        assert sum("were on record at 2026-03" in what for what in held) == 2, held


def test_a_case_that_is_held_stays_whole_until_the_hold_is_lifted(database: str, tmp_path: Path):
    async def story():
        async with old_dispute(database, tmp_path) as old:
            placed = await old.holds.place(old.case, "杭州互联网法院 (2028) 浙 0192 民初 118 号", "bai")
            assert (placed.hold.number, placed.is_new) == (1, True)
            assert await old.run(KEPT_UNTIL + 900 * HOUR) == [
                (False, "held: 杭州互联网法院 (2028) 浙 0192 民初 118 号")
            ]
            assert WORDS[0] in everything(database)
            with pytest.raises(Held, match="118 号"):
                await old.retention.erase(old.case, "bai", "the buyer asked")
            assert [(one.case, one.number, one.by) for one in await old.holds.standing()] == [(old.case, 1, "bai")]
            await old.holds.lift(old.case, 1, "案件已审结", "bai")
            assert await old.holds.standing() == []
            assert await old.run(KEPT_UNTIL + 901 * HOUR) == [(True, "")]
            with pytest.raises(NotHeld, match="nothing_left"):
                await old.holds.place(old.case, "too late", "bai")

    asyncio.run(story())
    assert "案件已审结" in everything(database), "the hold and why it was lifted stay on record"


def test_a_case_that_moved_or_was_held_after_it_was_looked_at_is_left(database: str, tmp_path: Path):
    async def story():
        async with old_dispute(database, tmp_path) as old:
            old.shop.clock.at = KEPT_UNTIL
            run = old.retention.run("bai")
            look = old.retention._archive.finished

            async def then_held(*arguments):
                found = await look(*arguments)
                if found:
                    await old.holds.place(old.case, "a paper", "bai")
                return found

            old.retention._archive.finished = then_held
            return [(one.taken, one.why_not) async for one in run]

    assert asyncio.run(story()) == [(None, "it moved meanwhile")]
    assert WORDS[0] in everything(database)


def longer(years: int) -> Policies:
    """A policy of today that keeps records for longer than the one of the case."""
    text = shipped_text().replace("years = 3  ", f"years = {years}  ")
    text = text.replace("marketplace-cn-2026.1", "marketplace-cn-2028.1").replace("2026-01-01T", "2028-01-01T")
    return Policies([parse_policy(shipped_text(), SHIPPED), parse_policy(text, "longer.toml")])


def test_the_longer_of_the_policies_holds_and_a_person_may_ask_for_the_laws_own_time(database: str, tmp_path: Path):
    async def story():
        async with old_dispute(database, tmp_path, longer(5)) as old:
            assert await old.run(KEPT_UNTIL) == []
            assert await old.run(datetime.fromisoformat("2031-03-16T00:00+08:00") - TICK, dry=True) == []
            assert await old.run(datetime.fromisoformat("2031-03-16T00:00+08:00"), dry=True) == [(False, "")]
            old.shop.clock.at = KEPT_UNTIL - TICK
            with pytest.raises(TooEarly) as early:
                await old.retention.erase(old.case, "bai", "the buyer asked")
            assert early.value.kept_until == KEPT_UNTIL
            old.shop.clock.at = KEPT_UNTIL
            outcome = await old.retention.erase(old.case, "bai", "the buyer asked")
            assert outcome is not None
            assert outcome.taken is not None
            assert (outcome.taken.files, outcome.taken.file_bytes) == (5, 5000)
            assert await old.retention.erase(old.case, "bai", "the buyer asked") is None

    asyncio.run(story())
    assert WORDS[0] not in everything(database)


def test_a_buyer_who_asks_is_told_what_is_kept_why_and_until_when_and_later_all_of_it_goes(
    database: str, tmp_path: Path
):
    """PIPL 47 and 电商法 31: one case is over, one is held, one still runs, and an order was never complained of."""

    async def story():
        async with old_dispute(database, tmp_path, longer(5)) as old:
            shop, retention = old.shop, old.retention
            held, running = await shop.opened(2)
            await shop.accepted([Envelope(BUYER, 1001, k.Withdraw(), case_id=held.case_id)])
            await old.holds.place(held, "杭州互联网法院 118 号", "bai")
            await shop.accepted([order("o-quiet")])
            shop.clock.at = KEPT_UNTIL - TICK
            early = await retention.forget("b42", "bai", "letter 7")
            assert [one.why_not for one in early.cases] == [
                "the law asks for the record (电商法 31)", "held: 杭州互联网法院 118 号", "it is still running",
            ]  # fmt: skip
            assert next(one.due.kept_until for one in early.cases) == KEPT_UNTIL
            assert (early.loose.gone, early.loose.kept) == ((0, 0), (1, 0))
            assert early.loose_until is not None
            shop.clock.at = max(KEPT_UNTIL, early.loose_until)
            before = everything(database)
            told = await retention.forget("b42", "bai", "letter 7", dry=True)
            assert everything(database) == before
            assert told.loose.gone == (1, 0)
            later = await retention.forget("b42", "bai", "letter 7")
            assert [one.taken is not None for one in later.cases] == [True, False, False]
            assert (later.loose.gone, later.loose.kept) == ((1, 0), (0, 0))
            assert B42.search(everything(database)), "of the case that is held and the one that runs"
            await old.holds.lift(held, 1, "案件已审结", "bai")
            shop.clock.at += timedelta(days=30)
            await shop.accepted([about(running, k.Lapse(), SYSTEM)])
            for payout in (await shop.reader.case(running)).payouts:
                await shop.accepted([about(running, k.RecordPayout(payout.payout_id, "done"), SYSTEM)])
            shop.clock.at += timedelta(days=1200)
            last = await retention.forget("b42", "bai", "letter 7")
            assert all(one.taken is not None for one in last.cases)
            assert len(last.cases) == 2
            return await retention.forget("b42", "bai", "letter 7")

    answer = asyncio.run(story())
    assert (answer.cases, answer.loose.gone, answer.loose.kept, answer.loose_until) == ((), (0, 0), (0, 0), None)
    after = everything(database)
    assert not B42.search(after)
    assert "letter 7" in after


def test_a_case_that_is_still_open_is_never_erased(database: str, tmp_path: Path):
    async def story():
        async with shop_on_postgres(database) as shop:
            (case,) = await shop.opened()
            shop.clock.at = MONDAY + timedelta(days=4000)
            retention = Retention(PostgresArchive(database), local_blobs(tmp_path), POLICIES, shop.clock)
            assert [one async for one in retention.run("bai")] == []
            with pytest.raises(TooEarly) as early:
                await retention.erase(case, "bai", "the buyer asked")
            assert early.value.kept_until is None

    asyncio.run(story())


def test_the_order_and_a_file_stay_whole_for_as_long_as_another_case_needs_them(database: str, tmp_path: Path):
    """The second case is closed two days later; it names a photo of the first one."""

    async def story():
        async with old_dispute(database, tmp_path) as old:
            shared = (await old.dispute.contents(READERS["platform"])).exhibits[0].sha256
            again = k.OpenCase(
                "260302-118273", (k.CaseLine(2, 1),), k.Kind.REFUND_ONLY, "quality", goods_received=True,
                note="杯子也裂了,一起处理吧。",
                evidence=(k.EvidenceItem(k.EvidenceKind.PHOTO, shared, "壶身漏水.png"),),
            )  # fmt: skip
            (answer,) = await old.shop.accepted([Envelope(BUYER, 1001, again, order_no="260302-118273")])
            old.shop.clock.advance(48 * HOUR)
            await old.shop.accepted([Envelope(BUYER, 1001, k.Withdraw(), case_id=answer.case_id)])
            assert await old.run(KEPT_UNTIL) == [(True, "")]
            assert "13812345678" in everything(database), "the order is still needed"
            assert "杯子也裂了" in everything(database)
            assert "冲煮头下方持续漏水" not in everything(database), "nor is the order found by it"
            assert {file.name.partition(".")[0] for file in old.files()} == {shared}
            assert await old.run(KEPT_UNTIL + 48 * HOUR) == [(True, "")]
            assert old.files() == []

    asyncio.run(story())
    after = everything(database)
    assert "13812345678" not in after
    assert "杯子也裂了" not in after


def test_orders_that_nobody_complained_of_and_talks_about_no_case_go_at_the_same_instant(database: str, tmp_path: Path):
    """The order was told of on 2 March 2026 at 17:00 in China, and the talk ended then."""
    over = datetime.fromisoformat("2029-03-03T00:00+08:00")

    async def story():
        async with (
            shop_on_postgres(database) as shop,
            Database(database, batch_connections=1, page_connections=1) as connections,
        ):
            await shop.accepted([order("o-quiet")])
            (case,) = await shop.opened()
            talks = PostgresConversations(connections)
            for number, words in ((1, "我想问一下优惠券"), (2, "还没有人理我")):
                await talks.add(Conversation(1001, number, "buyer/b42", MONDAY), words)
            with psycopg.connect(database) as connection:
                connection.execute("update conversations set closed_at = %s where conversation_id = 1", [MONDAY])
            retention = Retention(PostgresArchive(database), local_blobs(tmp_path), POLICIES, shop.clock)
            shop.clock.at = over - TICK
            assert await retention.clear() == (0, 0)
            shop.clock.at = over
            assert await retention.clear(dry=True) == (1, 1)
            assert "o-quiet" in everything(database)
            assert await retention.clear() == (1, 1)
            assert await retention.clear() == (0, 0)
            assert await shop.reader.case(case) is not None

    asyncio.run(story())
    after = everything(database)
    assert "o-quiet" not in after
    assert "我想问一下优惠券" not in after
    assert "还没有人理我" in after


SAYS_NOTHING = {
    "cases": "written anew from what is left of the events",
    "events": "words are replaced by their hashes",
    "evidence": "kind, side and time of what was filed; the file's hash is taken out",
    "ledger_cases": "hashes alone",
    "endings": "how and when it ended, of what sort it was; no person, no words",
    "holds": "what was done about the record itself",
    "erasures": "what was done about the record itself",
    "viewers": "who of the shop has a case open, for a minute",
}
"""Tables of cases in which something stays when a case is erased, and why it may."""


def test_every_table_that_is_about_a_case_is_emptied_or_says_nothing_of_a_person(database: str, tmp_path: Path):
    """A table that comes later has to be thought of: `retention.sql` empties it, or it belongs into the list above."""

    async def story():
        async with old_dispute(database, tmp_path) as old:
            await old.asks_the_service(database)
            await old.run(KEPT_UNTIL)
            return old.case

    case = asyncio.run(story())
    with psycopg.connect(database) as connection:
        about_cases = connection.execute(
            "select table_name from information_schema.columns where table_schema = 'public' and column_name = %s",
            ["case_id"],
        ).fetchall()
        statements = (files("amends.store") / "sql" / "retention.sql").read_text(encoding="utf-8")
        emptied = set(re.findall(r"delete from (\w+)", statements))
        for (table,) in about_cases:
            left = connection.execute(f"select count(*) from {table} where case_id = %s", [case.case_id]).fetchone()
            assert table in SAYS_NOTHING or (table in emptied and left == (0,)), table


def test_the_services_own_role_cannot_erase(database: str):
    with psycopg.connect(database) as connection:
        connection.execute("set role amends_app")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("update events set payload = '{}'")


def test_a_shop_that_tells_of_an_erased_order_again_does_not_bring_its_buyer_back(database: str, tmp_path: Path):
    async def story():
        async with old_dispute(database, tmp_path) as old:
            await old.run(KEPT_UNTIL)
            before = await old.shop.reader.docket_of(old.case)
            again = order("260302-118273")
            (answer,) = await old.shop.engine.handle([again])
            assert isinstance(answer, Answer)
            assert answer.refusal is None, "the shop need not know"
            assert await old.shop.reader.docket_of(old.case) == before

    asyncio.run(story())
    after = everything(database)
    assert not B42.search(after)
    assert "13800000000" not in after


def test_who_dies_between_the_record_and_the_files_leaves_them_to_the_next_run(database: str, tmp_path: Path):
    """The record goes first: until it is for good, somebody may want the case kept, and then its files are there."""

    async def story():
        async with old_dispute(database, tmp_path) as old:
            remove = old.retention._remove

            async def dies(hashed: str) -> None:
                await remove(hashed)
                raise RuntimeError("power cut")

            old.retention._remove = dies
            with pytest.raises(RuntimeError, match="power cut"):
                await old.run(KEPT_UNTIL)
            everything_then = everything(database)
            for words in WORDS:
                assert words not in everything_then, "the files that are left are nobody's"
            assert not B42.search(everything_then)
            assert len(old.files()) == 12
            old.retention._remove = remove
            assert await old.run(KEPT_UNTIL) == []
            assert old.files() == []
            return list(old.dispute.files.files)

    hashes = asyncio.run(story())
    after = everything(database)
    for hashed in hashes:
        assert hashed not in after
