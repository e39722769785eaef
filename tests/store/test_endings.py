"""How cases alike ended is kept alike by both stores, and told of others only in sum (R3.9)."""

import asyncio
from datetime import timedelta
from importlib.resources import files

import psycopg

from amends.application.ports import CaseKey
from amends.application.precedents import LEAST_OF_OTHERS, Alike, Precedents, Tally
from amends.domain import commands as k
from amends.domain.actor import SYSTEM, buyer
from amends.domain.words import Fault, Kind, Payer, RulingOutcome
from tests.store.test_arbitration import FINDING, GAO, NO, reviewed
from tests.support.shops import OpenShop, Shop, about, shop_on_postgres

CHANGED_MIND = Alike(Kind.REFUND_ONLY, "changed_mind", "other")
YES = k.Rule(RulingOutcome.REFUND, Fault.MERCHANT, k.FreightRuling(Payer.MERCHANT, Payer.MERCHANT), (FINDING,), 500)


async def refunded(shop: Shop, *cases: CaseKey) -> None:
    """The shop agrees and the money arrives."""
    for case in cases:
        await shop.accepted([about(case, k.Agree(1))])
        (payout,) = (await shop.reader.case(case)).payouts
        await shop.accepted([about(case, k.RecordPayout(payout.payout_id, "done"), SYSTEM)])


async def withdrawn(shop: Shop, *cases: CaseKey) -> None:
    await shop.accepted([about(case, k.Withdraw(), buyer("b42")) for case in cases])


def test_money_back_and_rulings_are_counted_of_finished_cases_alone(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            precedents = Precedents(shop.workbench, shop.clock)
            paid, given_up, _still_open = await shop.opened(3)
            await refunded(shop, paid)
            await withdrawn(shop, given_up)
            assert await precedents.of_all(CHANGED_MIND) == Tally(2, 1, 0, 0)

            favoured, dismissed = await reviewed(shop, 2, 1)
            await shop.accepted([about(favoured, YES, GAO), about(dismissed, NO, GAO)])
            (payout,) = (await shop.reader.case(favoured)).payouts
            await shop.accepted([about(favoured, k.RecordPayout(payout.payout_id, "done"), SYSTEM)])
            shop.clock.advance(timedelta(minutes=2))
            assert await precedents.of_all(CHANGED_MIND) == Tally(4, 2, 2, 1)
            assert await precedents.of_all(CHANGED_MIND._replace(category="food")) == Tally()

            newest_first = [dismissed.case_id, favoured.case_id]
            rows = await precedents.cases(1001, CHANGED_MIND, 10)
            assert [row.case.case_id for row in rows][:2] in (newest_first, newest_first[::-1])
            assert {row.case.case_id for row in rows[2:]} == {paid.case_id, given_up.case_id}

            shop.clock.advance(timedelta(days=90))
            assert await precedents.of_all(CHANGED_MIND) == Tally()

    asyncio.run(story())


def test_a_shop_hears_of_others_only_where_nobody_can_be_recognised(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            await refunded(shop, *await shop.opened(2))
            others = await shop.opened(LEAST_OF_OTHERS, merchant_id=1002)
            await withdrawn(shop, *others[1:])
            few = await Precedents(shop.workbench, shop.clock).of_shop(1001, CHANGED_MIND)
            assert (few.own, few.others) == (Tally(2, 2), Tally())

            await withdrawn(shop, others[0])
            enough = await Precedents(shop.workbench, shop.clock).of_shop(1001, CHANGED_MIND)
            assert (enough.own, enough.others) == (Tally(2, 2), Tally(LEAST_OF_OTHERS))

    asyncio.run(story())


def test_what_was_counted_is_kept_for_a_minute(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            precedents = Precedents(shop.workbench, shop.clock)
            assert (await precedents.of_all(CHANGED_MIND)).cases == 0
            await withdrawn(shop, *await shop.opened())
            assert (await precedents.of_all(CHANGED_MIND)).cases == 0
            shop.clock.advance(timedelta(minutes=1))
            assert (await precedents.of_all(CHANGED_MIND)).cases == 1

    asyncio.run(story())


def test_the_migration_finds_of_old_cases_what_is_kept_of_new_ones(database: str):
    async def story():
        async with shop_on_postgres(database) as shop:
            paid, given_up, _still_open = await shop.opened(3)
            await refunded(shop, paid)
            await withdrawn(shop, given_up)
            favoured, dismissed = await reviewed(shop, 2, 1)
            await shop.accepted([about(favoured, YES, GAO), about(dismissed, NO, GAO)])
            (payout,) = (await shop.reader.case(favoured)).payouts
            await shop.accepted([about(favoured, k.RecordPayout(payout.payout_id, "done"), SYSTEM)])

    asyncio.run(story())
    migration = (files("amends.store") / "migrations" / "0011_pre_endings.sql").read_text(encoding="utf-8")
    with psycopg.connect(database) as connection:
        kept = connection.execute("select * from endings order by case_id").fetchall()
        assert len(kept) == 4
        connection.execute("delete from endings")
        connection.execute(migration[migration.index("insert into endings") :])  # type: ignore[arg-type]
        assert connection.execute("select * from endings order by case_id").fetchall() == kept
