"""The ledger: everything that happened gets into it once, it only grows, and what it proves can be checked alone."""

import asyncio
import json
from datetime import timedelta

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from psycopg import errors

from amends.adapters.ledger_keys import KeyFolder
from amends.application.ledger import Ledger, NotCovered, Unstamped
from amends.application.ports import CaseKey
from amends.domain import commands as k
from amends.domain.actor import buyer
from amends.domain.case import public_case_id
from amends.domain.words import EvidenceKind
from amends.proof.heads import read_head, read_keys
from amends.proof.merkle import includes, is_beginning, leaf_hash
from amends.store.database import ROLE
from tests.support.shops import HOUR, OpenShop, about, shop_on_postgres

HELLO = k.SendMessage("您好")
FILE = "ab" * 32
PHOTO = k.AddEvidence((k.EvidenceItem(EvidenceKind.PHOTO, FILE, "裂纹.jpg"),))


class Ring:
    """Keys in memory."""

    def __init__(self):
        self.keys = {}

    def get(self, number):
        return self.keys.get(number)

    def make(self, number):
        return self.keys.setdefault(number, Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32))


class Authority:
    """Stamps by saying the bytes again."""

    def __init__(self):
        self.asked = 0

    async def stamp(self, content: bytes) -> bytes:
        self.asked += 1
        return b"stamped " + content


async def begun(shop, ring=None, authority=None) -> Ledger:
    ledger = Ledger(shop.book, ring or Ring(), shop.clock, authority)
    await ledger.begin()
    return ledger


async def all_in(ledger: Ledger) -> None:
    while await ledger.grow():
        pass


async def check(shop, ledger: Ledger, case: CaseKey) -> dict[int, str]:
    """Check the proof of a case as an outsider would; returns which event is proved by which chain."""
    records = await shop.reader.records(case)
    files = [row for row in (FILE,) if await shop.book.files([row])]
    proof = await ledger.proof(case, len(records), files)
    keys = read_keys(note.encode() for note in proof.key_notes)
    head = read_head(proof.head.note.encode(), keys)
    for one in (*proof.cases, *proof.files):
        assert includes(one.leaf, head.size, leaf_hash(one.entry), one.proof, head.root)
    for one in proof.earlier:
        before = read_head(one.head.note.encode(), keys)
        assert is_beginning(before.size, head.size, before.root, head.root, one.proof)
    entries = [json.loads(one.entry) for one in proof.cases]
    assert {entry["case"] for entry in entries} == {public_case_id(*case)}
    assert entries[-1] == {
        "case": public_case_id(*case), "chain": records[-1].chain.hex(), "seq": len(records)
    }  # fmt: skip
    return {entry["seq"]: entry["chain"] for entry in entries}


def test_every_case_that_changed_gets_into_the_ledger_with_its_newest_chain_and_its_files(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            ledger = await begun(shop)
            first, second, untouched = await shop.opened(3)
            await all_in(ledger)
            before = await shop.book.head()
            await shop.accepted([about(first, HELLO), about(first, HELLO), about(second, PHOTO, buyer("b42"))])
            await all_in(ledger)
            after = await shop.book.head()
            assert after.size == before.size + 3, "two cases and a file"
            seen = await check(shop, ledger, first)
            opened = min(seen)
            assert list(seen) == [opened, opened + 2]
            await check(shop, ledger, second)
            assert list(await check(shop, ledger, untouched)) == [opened]
            assert not await ledger.grow(), "nothing more has happened"
            assert (await shop.book.head()).size == after.size

    asyncio.run(story())


def test_the_same_file_is_entered_once_however_many_cases_have_it(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            ledger = await begun(shop)
            for case in await shop.opened(2):
                await shop.accepted([about(case, PHOTO, buyer("b42"))])
                await all_in(ledger)
            assert (await shop.book.head()).size == 4, "two cases, one of them twice, and the file"
            assert list(await shop.book.files([FILE, "cd" * 32])) == [FILE]

    asyncio.run(story())


def test_every_head_is_the_beginning_of_every_later_one(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            ledger = await begun(shop)
            heads = []
            for _ in range(6):
                await shop.opened(len(heads) + 1)
                await all_in(ledger)
                heads.append(await shop.book.head())
            for old in heads:
                for new in heads:
                    if old.size <= new.size:
                        proof = await ledger.consistency(old.size, new.size)
                        assert is_beginning(old.size, new.size, old.root, new.root, proof)
            with pytest.raises(ValueError, match="no beginning"):
                await ledger.consistency(heads[1].size, heads[0].size)

    asyncio.run(story())


def test_a_case_can_be_covered_at_once_and_is_not_entered_again_later(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            ledger = await begun(shop)
            case, _ = await shop.opened(2)
            await ledger.cover(case)
            await ledger.cover(case)
            assert (await shop.book.head()).size == 1
            await check(shop, ledger, case)
            await all_in(ledger)
            assert (await shop.book.head()).size == 2

    asyncio.run(story())


def test_a_proof_stays_the_same_while_the_ledger_grows(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            ledger = await begun(shop)
            (case,) = await shop.opened()
            await ledger.cover(case)
            seq = len(await shop.reader.records(case))
            proof = await ledger.proof(case, seq, [])
            await shop.opened(3)
            await all_in(ledger)
            await shop.accepted([about(case, HELLO)])
            await all_in(ledger)
            assert await ledger.proof(case, seq, []) == proof

    asyncio.run(story())


def test_what_is_not_in_the_ledger_cannot_be_proved(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            ledger = await begun(shop)
            (case,) = await shop.opened()
            with pytest.raises(NotCovered):
                await ledger.proof(case, 2, [])
            await ledger.cover(case)
            with pytest.raises(NotCovered):
                await ledger.proof(case, 3, [])
            with pytest.raises(NotCovered):
                await ledger.proof(case, 2, [FILE])

    asyncio.run(story())


def test_two_that_grow_it_at_once_lose_and_repeat_nothing(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            ring = Ring()
            ledgers = [await begun(shop, ring) for _ in range(3)]
            cases = await shop.opened(20)
            await asyncio.gather(*(all_in(ledger) for ledger in ledgers), *map(ledgers[0].cover, cases[:3]))
            assert (await shop.book.head()).size == 20
            for case in cases:
                await check(shop, ledgers[0], case)

    asyncio.run(story())


def test_a_machine_without_the_key_reads_and_proves_but_does_not_sign(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            signing = await begun(shop)
            reading = await begun(shop, Ring())
            reading._keys.make(1)
            reading._keys.keys[1] = Ed25519PrivateKey.generate()
            (case,) = await shop.opened()
            assert not await reading.grow()
            assert await shop.book.head() is None
            with pytest.raises(NotCovered):
                await reading.cover(case)
            with pytest.raises(NotCovered):
                await reading.signed("text\n")
            assert await reading.rotate() is None
            await signing.cover(case)
            await reading.cover(case)
            await check(shop, reading, case)

    asyncio.run(story())


def test_keys_hand_over_and_heads_of_both_hold(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            ledger = await begun(shop)
            (case,) = await shop.opened()
            await all_in(ledger)
            shop.clock.advance(HOUR)
            assert (await ledger.rotate()).number == 2
            await shop.accepted([about(case, HELLO)])
            shop.clock.advance(HOUR)
            await all_in(ledger)
            await check(shop, ledger, case)
            records = await shop.reader.records(case)
            proof = await ledger.proof(case, len(records), [])
            first, second = read_keys(note.encode() for note in proof.key_notes)
            assert str(second.key).split("+")[1] != str(first.key).split("+")[1]
            assert first.ledger == second.ledger
            assert len(proof.earlier) == 1

    asyncio.run(story())


def test_heads_are_stamped_now_and_then_and_a_proof_prefers_a_stamped_one(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            authority = Authority()
            ledger = await begun(shop, authority=authority)
            await ledger.stamp()
            assert authority.asked == 0, "there is nothing to stamp yet"
            (case,) = await shop.opened()
            await all_in(ledger)
            await shop.opened()
            await all_in(ledger)
            head = await shop.book.head()
            for _ in range(2):
                await ledger.stamp()
            assert authority.asked == 1
            proof = await ledger.proof(case, 2, [])
            assert (proof.head.size, proof.head.stamp) == (head.size, b"stamped " + head.note.encode())
            assert [one.head.size for one in proof.earlier] == [1]
            await shop.opened()
            await all_in(ledger)
            await ledger.stamp()
            assert authority.asked == 1, "one was stamped lately"
            shop.clock.advance(HOUR)
            await ledger.stamp()
            assert authority.asked == 2

    asyncio.run(story())


def test_an_authority_that_is_away_does_not_stop_the_ledger(open_shop: OpenShop, monkeypatch):
    monkeypatch.setattr("amends.application.ledger.GROWS_EVERY", timedelta(0))

    class Away:
        async def stamp(self, _content: bytes) -> bytes:
            raise Unstamped("away")

    async def story():
        async with open_shop() as shop:
            ledger = Ledger(shop.book, Ring(), shop.clock, Away())
            await ledger.begin()
            growing = asyncio.create_task(ledger.forever())
            for number in range(1, 4):
                await shop.opened()
                for _ in range(1000):
                    await asyncio.sleep(0.01)
                    head = await shop.book.head()
                    if head is not None and head.size == number:
                        break
                else:
                    pytest.fail("the ledger stopped growing")
            growing.cancel()

    asyncio.run(story())


def test_the_services_role_can_only_add_to_the_ledger(database: str):
    async def story():
        async with shop_on_postgres(database) as shop:
            await shop.opened()
            await all_in(await begun(shop))

    asyncio.run(story())
    tables = ("ledger_nodes", "ledger_cases", "ledger_files", "ledger_heads", "ledger_keys", "ledger_stamps")
    changes = [f"{verb} {table}" for table in tables for verb in ("delete from", "truncate")]
    for statement in (*changes, "update ledger_heads set size = 7", "delete from ledger_marks"):
        with (
            psycopg.connect(database, options=f"-c role={ROLE}") as connection,
            pytest.raises(errors.InsufficientPrivilege),
        ):
            connection.execute(statement)


def test_a_key_file_is_made_once_and_only_its_owner_may_read_it(tmp_path):
    folder, twin = KeyFolder(tmp_path / "ledger"), KeyFolder(tmp_path / "ledger")
    assert folder.get(1) is None
    key = folder.make(1)
    assert twin.make(1).private_bytes_raw() == key.private_bytes_raw() == twin.get(1).private_bytes_raw()
    assert folder.make(2).private_bytes_raw() != key.private_bytes_raw()
    assert sorted(file.name for file in (tmp_path / "ledger").iterdir()) == ["key-1.pem", "key-2.pem"]
    assert (tmp_path / "ledger" / "key-1.pem").stat().st_mode & 0o777 == 0o600
