"""What both stores promise: one suite, run over memory and over PostgreSQL."""

import asyncio
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from msgspec.structs import replace

from amends.application.cursors import pack
from amends.application.ports import (
    BadCursor,
    CaseFilter,
    CaseKey,
    Delivery,
    Due,
    Envelope,
    FactRange,
    Loaded,
    OrderKey,
    ParcelRow,
    Rejected,
    ServiceKey,
    Session,
    Wanted,
    Write,
)
from amends.application.sealing import GENESIS, follows, unseal
from amends.domain import commands as k
from amends.domain.actor import buyer
from amends.domain.effects import Pay
from amends.domain.events import EvidenceFiled
from amends.domain.evolve import fold
from amends.domain.order import Group, Merchant, ReturnAddress, Scan
from amends.domain.words import EvidenceKind, Leg, ScanCode, Side, Stage
from tests.support.shops import HOUR, MONDAY, OpenShop, Shop, about, opening, order

PHOTO = k.EvidenceItem(EvidenceKind.PHOTO, sha256=sha256(b"photo").hexdigest(), name="杯子.jpg")
WAYBILL = "SF1234567890"


def test_what_was_decided_is_read_back_and_its_chain_holds(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            (case,) = await shop.opened()
            await shop.accepted(
                [
                    about(case, k.SendMessage("请看照片", (PHOTO,)), buyer("b42")),
                    about(case, k.SendMessage("好的")),
                    about(case, k.Agree(1)),
                ]
            )
            stored = await shop.reader.case(case)
            records = await shop.reader.records(case)
            assert stored == fold(record.fact for record in records)
            assert await shop.reader.timeline(case, 0, 100) == [record.fact for record in records]
            assert [fact.seq for fact in await shop.reader.timeline(case, 2, 2)] == [3, 4]

            chain = GENESIS
            for record in records:
                assert unseal(record.payload) == record.fact
                assert follows(chain, record.payload, record.chain)
                assert not follows(chain, record.payload + b" ", record.chain)
                chain = record.chain
            docket = await shop.reader.docket_of(case)
            assert docket.cases == (stored,)
            assert docket.order.buyer_phone == "13800000000"
            (filed,) = [record.fact.event for record in records if isinstance(record.fact.event, EvidenceFiled)]
            assert [(mark.evidence_id, mark.side, mark.kind) for mark in docket.evidence] == [
                (filed.items[0].evidence_id, Side.BUYER, EvidenceKind.PHOTO)
            ]

    asyncio.run(story())


def test_what_is_not_there_is_nothing(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            nowhere = CaseKey(1001, 5)
            assert await shop.reader.case(nowhere) is None
            assert await shop.reader.docket_of(nowhere) is None
            assert await shop.reader.timeline(nowhere, 0, 10) == []
            docket = await shop.reader.docket(OrderKey(1001, "o"))
            assert (docket.order, docket.cases, docket.merchant) == (None, (), Merchant(1001))
            assert await shop.reader.feed_no(1001) == 0

    asyncio.run(story())


async def _read(session: Session, case: CaseKey) -> tuple[OrderKey, Loaded]:
    loading = await session.load(Wanted([], [case]))
    key = loading.order_of[case]
    return key, loading.orders[key]


def _nothing_new(key: OrderKey, loaded: Loaded, **change: Any) -> Write:
    """A write that only counts the version up."""
    nothing = Write(key, loaded.version, None, None, (), (), (), (), (), (), 0, 0, 10_000, 60_000, MONDAY)
    return replace(nothing, **change)


def test_an_order_that_moved_is_dropped_and_its_neighbours_are_written(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            moving, staying = await shop.opened(2)
            async with shop.store.session() as session:
                reads = [await _read(session, case) for case in (moving, staying)]
            await shop.accepted([about(moving, k.SendMessage("先到"))])
            async with shop.store.session() as session:
                moved = await session.write([_nothing_new(*read) for read in reads])
                assert moved == {reads[0][0]}
                again = [(await _read(session, case))[1].version for case in (moving, staying)]
            assert again == [reads[0][1].version + 1, reads[1][1].version + 1]

    asyncio.run(story())


def test_a_held_order_waits_for_its_holder(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            (case,) = await shop.opened()
            async with shop.store.session() as session:
                key, _ = await _read(session, case)
                await session.hold([key])
                other = asyncio.create_task(shop.accepted([about(case, k.SendMessage("等一下"))]))
                await asyncio.sleep(0.1)
                assert not other.done()
                assert await session.write([_nothing_new(*await _read(session, case))]) == frozenset()
            await other

    asyncio.run(story())


@pytest.mark.parametrize(
    ("sums", "constraint"),
    [
        ({"refund_minor": 10_001}, "refunds_stay_within_what_was_paid"),
        ({"refund_minor": -1}, "refunds_stay_within_what_was_paid"),
        ({"compensation_minor": 60_001}, "compensation_stays_within_its_cap"),
    ],
)
def test_money_beyond_its_bounds_is_refused_with_everything_beside_it(open_shop: OpenShop, sums, constraint):
    async def story():
        async with open_shop() as shop:
            cases = await shop.opened(2)
            async with shop.store.session() as session:
                reads = [await _read(session, case) for case in cases]
                with pytest.raises(Rejected, match=constraint):
                    await session.write([_nothing_new(*reads[0]), _nothing_new(*reads[1], **sums)])
                assert [(await _read(session, case))[1].version for case in cases] == [2, 2]

    asyncio.run(story())


def test_events_are_read_by_range_in_the_order_asked_for(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            one, other = await shop.opened(2)
            async with shop.store.session() as session:
                found = await session.facts([FactRange(*other, 2, 2), FactRange(*one, 1, 2), FactRange(*one, 9, 9)])
            assert [[(fact.case_id, fact.seq) for fact in facts] for facts in found] == [
                [(other.case_id, 2)],
                [(one.case_id, 1), (one.case_id, 2)],
                [],
            ]

    asyncio.run(story())


async def _all(shop: Shop, wanted: CaseFilter, page: int = 2) -> list[int]:
    """Case numbers of a list, page by page."""
    found: list[int] = []
    cursor = None
    while True:
        rows = await shop.reader.cases(wanted, cursor, page)
        assert len(rows.rows) <= page
        found += [row.case.case_id for row in rows.rows]
        cursor = rows.cursor
        if cursor is None:
            return found


def test_lists_of_cases_go_page_by_page_and_narrow_down(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            mine = await shop.opened(5)
            shop.clock.advance(HOUR)
            theirs = await shop.opened(2, merchant_id=1002)
            await shop.accepted([about(mine[0], k.Withdraw(), buyer("b42"))])
            every = [case.case_id for case in (*mine, *theirs)]
            newest = sorted(every, reverse=True)
            waiting = [case.case_id for case in mine[1:]]

            assert await _all(shop, CaseFilter()) == newest
            assert await _all(shop, CaseFilter(buyer_id="b42"), 3) == newest
            assert await _all(shop, CaseFilter(merchant_id=1002), 1) == newest[:2]
            assert await _all(shop, CaseFilter(merchant_id=1001), 5) == newest[2:]
            by_due = await _all(shop, CaseFilter(by_due=True))
            assert by_due == [*waiting, *every[5:], every[0]]
            assert await _all(shop, CaseFilter(merchant_id=1001, by_due=True)) == [*waiting, every[0]]
            assert await _all(shop, CaseFilter(merchant_id=1001, stages=(Stage.CLOSED,))) == [every[0]]
            assert await _all(shop, CaseFilter(merchant_id=1001, reasons=("quality", "other"))) == []
            assert await _all(shop, CaseFilter(merchant_id=1001, reasons=("changed%",))) == []
            assert await _all(shop, CaseFilter(assignee="zhou")) == []
            soon = CaseFilter(due_before=MONDAY + timedelta(hours=24), by_due=True)
            assert await _all(shop, soon) == waiting

            counts = {
                count.stage: (count.cases, count.due) for count in await shop.reader.counts(1001, MONDAY + 25 * HOUR)
            }
            assert counts[Stage.AWAITING_MERCHANT] == (4, 4)
            assert counts[Stage.CLOSED][0] == 1
            total = await shop.reader.counts(None, MONDAY)
            assert sum(count.cases for count in total) == 7

    asyncio.run(story())


def test_cases_are_found_by_the_words_of_their_orders_and_never_by_phone(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            await shop.accepted([order("ord_1", title="不锈钢保温杯 500ml 100%正品"), order("ord-2", title="Tea Cup")])
            answers = await shop.accepted([opening("ord_1"), opening("ord-2")])
            cup, tea = (answer.case_id for answer in answers)
            found = {text: await _all(shop, CaseFilter(text=text)) for text in
                     ("保温", "100%正", "ord_1", "tea cup", "sku-ord-2", "%", "d_2", "13800000000", "b42")}  # fmt: skip
            assert found == {
                "保温": [cup], "100%正": [cup], "ord_1": [cup], "tea cup": [tea], "sku-ord-2": [tea], "%": [cup],
                "d_2": [], "13800000000": [], "b42": [tea, cup],
            }  # fmt: skip
            (row,) = (await shop.reader.cases(CaseFilter(text="Tea"), None, 10)).rows
            assert (row.title, row.updated_at) == ("Tea Cup", MONDAY)

    asyncio.run(story())


@pytest.mark.parametrize("cursor", ["", "?", "AAAA", pack("2026"), pack(1, 2, 3), pack(2**70, 1)])
def test_a_cursor_that_no_page_gave_out_is_refused(open_shop: OpenShop, cursor: str):
    async def story():
        async with open_shop() as shop:
            with pytest.raises(BadCursor):
                await shop.reader.cases(CaseFilter(), cursor, 10)

    asyncio.run(story())


def test_a_buyers_orders_come_newest_first_over_all_merchants(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            await shop.accepted([order("a", 1002), order("b", 1001), order("c", 1001), order("x", buyer_id="b43")])
            shop.clock.advance(HOUR)
            await shop.accepted([order("d", 1001)])
            found, cursor = [], None
            while True:
                page = await shop.reader.orders_of_buyer("b42", cursor, 2)
                found += [one.order_no for one in page.orders]
                cursor = page.cursor
                if cursor is None:
                    break
            assert found == ["d", "b", "c", "a"]

    asyncio.run(story())


def _sent(one: Envelope, tracking_no: str) -> Envelope:
    return replace(one, command=replace(one.command, carrier="sf", tracking_no=tracking_no))


def test_a_parcel_is_found_by_its_latest_number_with_whoever_it_belongs_to(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            one, other = order("a", 1001), order("b", 1002)
            await shop.accepted(
                [_sent(one, "mistyped"), _sent(other, WAYBILL), _sent(one, "again"), _sent(one, WAYBILL)]
            )
            scan = k.RecordScan(Leg.OUTWARD, "sf", WAYBILL, Scan(ScanCode.PICKED_UP, MONDAY))
            await shop.accepted([replace(one, command=scan)])
            assert await shop.reader.parcels([WAYBILL, "mistyped", "again", "none"]) == [
                ParcelRow(1001, "a", None, Leg.OUTWARD, "sf", WAYBILL),
                ParcelRow(1002, "b", None, Leg.OUTWARD, "sf", WAYBILL),
            ]

    asyncio.run(story())


def test_the_feed_of_a_merchant_has_no_gaps_and_no_other_merchants(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            await shop.opened(3, merchant_id=1001)
            await shop.opened(2, merchant_id=1002)
            feed = await shop.reader.feed(1001, 0, 100)
            assert [item.feed_no for item in feed] == list(range(1, 7))
            assert [item.fact for item in await shop.reader.feed(1001, 4, 1)] == [feed[4].fact]
            assert (await shop.reader.feed_no(1001), await shop.reader.feed_no(1002)) == (6, 4)

    asyncio.run(story())


def test_a_message_is_lent_to_one_deliverer_and_again_when_that_one_died(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            cases = await shop.opened(3)
            await shop.accepted([about(case, k.Agree(1)) for case in cases])
            outbox, now = shop.outbox, MONDAY
            first = await outbox.lease(now, now + HOUR, 2)
            rest = await outbox.lease(now, now + HOUR, 10)
            assert [len(first), len(rest)] == [2, 1]
            assert {leased.message.case_id for leased in first + rest} == {case.case_id for case in cases}
            assert all(isinstance(leased.message.effect, Pay) and leased.attempts == 1 for leased in first)
            assert await outbox.lease(now, now + HOUR, 10) == []
            assert (await outbox.backlog(now)).waiting == 3

            done, later, dead = (leased.message for leased in first + rest)
            await outbox.settle(
                [
                    Delivery(1001, done.message_id, done=True, answer="ok"),
                    Delivery(1001, later.message_id, done=False, retry_at=now + 2 * HOUR, error="busy"),
                    Delivery(1001, dead.message_id, done=False, error="no such account"),
                ],
                now,
            )
            assert await outbox.lease(now + HOUR, now + HOUR, 10) == []
            (letter,) = await outbox.dead_letters(10)
            assert (letter.message, letter.error, letter.dead_at) == (dead, "no such account", now)
            assert await outbox.revive(1001, dead.message_id, now + HOUR)
            assert not await outbox.revive(1001, done.message_id, now + HOUR)
            lent = {
                leased.message.message_id: leased.attempts
                for leased in await outbox.lease(now + 2 * HOUR, now + 3 * HOUR, 9)
            }
            assert lent == {later.message_id: 2, dead.message_id: 2}
            died = await outbox.lease(now + 3 * HOUR, now + 4 * HOUR, 9)
            assert sorted(leased.attempts for leased in died) == [3, 3]

    asyncio.run(story())


def test_delivered_messages_and_old_receipts_are_pruned_a_page_at_a_time(open_shop: OpenShop):
    """What waits or was given up stays; a receipt goes by the instant at which it was written."""

    async def story():
        async with open_shop() as shop:
            cases = await shop.opened(4)
            agreeing = [replace(about(case, k.Agree(1)), key=f"k{n}") for n, case in enumerate(cases)]
            await shop.accepted(agreeing)
            outbox, now = shop.outbox, MONDAY
            lent = [leased.message.message_id for leased in await outbox.lease(now, now + HOUR, 4)]
            fates = {"done": True, "again": True, "dead": False, "later": False}
            await outbox.settle(
                [
                    Delivery(1001, one, done=done, retry_at=now + 2 * HOUR if fate == "later" else None)
                    for one, (fate, done) in zip(lent, fates.items(), strict=True)
                ],
                now,
            )
            assert await outbox.prune_messages(now, 10) == 0
            assert [await outbox.prune_messages(now + HOUR, 1) for _ in range(3)] == [1, 1, 0]
            assert len(await outbox.dead_letters(10)) == 1
            assert len(await outbox.lease(now + 2 * HOUR, now + 3 * HOUR, 10)) == 1

            (again,) = await shop.engine.handle(agreeing[:1])
            assert again.replayed
            assert await outbox.prune_receipts(now, 10) == 0
            assert [await outbox.prune_receipts(now + HOUR, 3) for _ in range(3)] == [3, 1, 0]
            (anew,) = await shop.engine.handle(agreeing[:1])
            assert anew.refusal is not None

    asyncio.run(story())


def test_what_is_due_is_read_oldest_first_and_what_is_set_aside_comes_back_later(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            early = await shop.opened(3, merchant_id=1002)
            shop.clock.advance(HOUR)
            late = await shop.opened(2, merchant_id=1001)
            due = MONDAY + timedelta(hours=24)
            queue = shop.deadlines
            assert await queue.due_cases(due - timedelta(microseconds=1), None, 10) == []
            first = await queue.due_cases(due, None, 2)
            rest = await queue.due_cases(due + HOUR, first[-1], 10)
            assert [one.case_id for one in first + rest] == [case.case_id for case in (*early, *late)]
            assert [one.due_at for one in first + rest] == [due] * 3 + [due + HOUR] * 2

            await shop.accepted([about(early[1], k.Withdraw(), buyer("b42"))])
            stuck = await queue.set_aside(first, due, due + 2 * HOUR)
            assert [one.case_id for one in stuck] == [early[0].case_id]
            assert early[0].case_id not in [one.case_id for one in await queue.due_cases(due + HOUR, None, 10)]
            back = await queue.due_cases(due + 2 * HOUR, None, 10)
            assert back[-1] == Due(due + 2 * HOUR, 1002, back[-1].order_no, early[0].case_id)
            await shop.accepted([about(early[0], k.SendMessage("有变化"))])
            assert early[0].case_id in [one.case_id for one in await queue.due_cases(due, None, 10)]

    asyncio.run(story())


def test_orders_have_a_queue_of_their_own(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            forming = Group("forming", MONDAY)
            orders = [order(number) for number in ("g1", "g2", "g3")]
            orders = [replace(one, command=replace(one.command, group=forming)) for one in orders]
            await shop.accepted([*orders, order("plain")])
            now = MONDAY + timedelta(days=2)
            first = await shop.deadlines.due_orders(now, None, 2)
            rest = await shop.deadlines.due_orders(now, first[-1], 2)
            assert [(one.order_no, one.case_id) for one in first + rest] == [("g1", None), ("g2", None), ("g3", None)]
            assert len(await shop.deadlines.set_aside(first, now, now + HOUR)) == 2
            assert [one.order_no for one in await shop.deadlines.due_orders(now, None, 5)] == ["g3"]

    asyncio.run(story())


def test_only_one_sweeps_at_a_time(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            async with shop.deadlines.sweeping() as mine, shop.deadlines.sweeping() as theirs:
                assert (mine, theirs) == (True, False)
            async with shop.deadlines.sweeping() as mine:
                assert mine

    asyncio.run(story())


def test_settings_and_keys_are_kept(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            registry = shop.registry
            assert await registry.merchant(1001) is None
            address = ReturnAddress("a1", "仓库", "010-1", "北京市", default=True)
            settings = Merchant(1001, "杯子店", auto_refund_below=1_000, addresses=(address,))
            await registry.put_merchant(replace(settings, name="旧名"), MONDAY)
            await registry.put_merchant(settings, MONDAY)
            assert await registry.merchant(1001) == settings
            assert (await shop.reader.docket(OrderKey(1001, "any"))).merchant == settings

            key = ServiceKey(sha256(b"secret").digest(), "shop", 1001, MONDAY)
            await registry.put_service_key(key)
            assert await registry.service_key(key.sha256) == key
            assert await registry.service_key(bytes(32)) is None

            later = ServiceKey(sha256(b"later").digest(), "all", None, MONDAY + timedelta(hours=1))
            await registry.put_service_key(later)
            assert await registry.service_keys(10) == [later, key]
            assert await registry.service_keys(1) == [later]
            assert await registry.service_keys_of(1001, 10) == [key], "keys for all shops are not a shop's own"
            assert await registry.service_keys_of(1002, 10) == []
            revoked_at = MONDAY + timedelta(hours=2)
            assert await registry.revoke_service_key(key.key_id, "platform/bai", revoked_at)
            assert not await registry.revoke_service_key(key.key_id, "platform/bai", revoked_at)
            assert await registry.service_key(key.sha256) is None
            gone = replace(key, revoked_at=revoked_at, revoked_by="platform/bai")
            assert await registry.service_keys(10) == [later, gone]
            await registry.put_service_key(key)
            assert await registry.service_key(key.sha256) is None

    asyncio.run(story())
