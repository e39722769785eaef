"""What is counted for those who run the service: alike in both stores, bounded, and found by the indexes named."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta

import psycopg
import pytest

from amends.application.checks import Waiting
from amends.application.health import Books
from amends.application.ports import Delivery
from amends.domain import commands as k
from amends.store.checkup import PostgresCheckup
from amends.store.database import load_queries, owner
from amends.store.memory_checkup import MemoryCheckup
from tests.support.shops import HOUR, MONDAY, OpenShop, Shop, about

LATER = timedelta(days=10)
FOUND_BY = {
    "deliveries": "outbox_due",
    "given_up": "outbox_dead",
    "overdue_cases": "cases_due",
    "overdue_orders": "orders_due",
    "stuck": "cases_due",
    "late_twice": "cases_on_desk",
    "unseen_evidence": "evidence_to_examine",
    "unsealed": "events_in_feed_order",
}


def play(open_shop: OpenShop, request: pytest.FixtureRequest, story: Callable[[Shop, Books], Awaitable[None]]) -> None:
    async def run() -> None:
        async with open_shop() as shop:
            if request.node.callspec.params["open_shop"] == "memory":
                await story(shop, MemoryCheckup(shop.store))  # type: ignore[arg-type]
            else:
                url = request.getfixturevalue("database")
                await story(shop, PostgresCheckup(url, lambda: owner(url)))

    asyncio.run(run())


def test_cases_past_their_deadline_are_counted_and_listed_also_once_they_were_set_aside(open_shop: OpenShop, request):
    async def story(shop: Shop, books: Books) -> None:
        opened = await shop.opened(5)
        assert await books.overdue_cases(MONDAY) == Waiting(0)
        now = MONDAY + LATER
        found = await books.overdue_cases(now)
        assert (found.number, found.oldest_at) == (5, (await shop.reader.case(opened[0])).next_due_at)
        aside = (await shop.deadlines.due_cases(now, None, 2))[:2]
        assert len(await shop.deadlines.set_aside(aside, now, now + timedelta(minutes=5))) == 2
        assert await books.overdue_cases(now) == found

        pages, cursor = [], None
        for _ in range(3):
            page = await books.stuck(now - HOUR, now, cursor, 2)
            pages.append([(row.case.merchant_id, row.case.case_id) for row in page.rows])
            cursor = page.cursor
        assert [len(one) for one in pages] == [2, 2, 1]
        assert cursor is None
        assert sorted(one for page in pages for one in page) == sorted(opened)

    play(open_shop, request, story)


def test_messages_are_counted_while_they_wait_while_they_are_lent_and_once_they_were_given_up(
    open_shop: OpenShop, request
):
    async def story(shop: Shop, books: Books) -> None:
        (case,) = await shop.opened(1)
        assert await books.deliveries(MONDAY + HOUR) == Waiting(0)
        await shop.accepted([about(case, k.Agree(1))])
        waiting = await books.deliveries(MONDAY + HOUR)
        assert waiting.number > 0
        assert waiting.oldest_at == MONDAY
        lent = await shop.outbox.lease(MONDAY + HOUR, MONDAY + HOUR + timedelta(minutes=1), 10)
        assert await books.deliveries(MONDAY + HOUR) == waiting, "the deliverer may have died with them"
        gone = [Delivery(one.message.merchant_id, one.message.message_id, done=False, error="no") for one in lent]
        await shop.outbox.settle(gone, MONDAY + 2 * HOUR)
        assert await books.deliveries(MONDAY + 2 * HOUR) == Waiting(0)
        assert await books.given_up() == Waiting(len(gone), MONDAY + 2 * HOUR)

    play(open_shop, request, story)


@pytest.mark.parametrize(("query", "index"), FOUND_BY.items())
def test_every_figure_is_found_by_an_index_over_what_is_still_to_be_done(database: str, query: str, index: str):
    """So that a page that is read again every ten seconds reads no table whole, however many cases there are."""
    text = getattr(load_queries("checkup"), query).sql
    plan = re.sub(r"%\((\w+)\)s", lambda found: VALUES.get(found[1], "5"), text)
    with psycopg.connect(database) as connection:
        # Small tables would be read whole; the question is which index could answer at all.
        connection.execute("set enable_seqscan = off; set enable_bitmapscan = off")
        told = "\n".join(row[0] for row in connection.execute(f"explain {plan}").fetchall())  # type: ignore[arg-type]
    assert re.search(rf"\b{index}\b", told), told


VALUES = dict.fromkeys(("now", "horizon", "since", "after_due"), "'2026-03-02Z'::timestamptz")
