"""The engine over both stores: many at once, the same twice, the one that breaks."""

import asyncio

import pytest
from msgspec.structs import replace

from amends.application.ports import Answer, CaseKey, Decide, Failed, OrderKey, Unstorable
from amends.domain import commands as k
from amends.domain.actor import buyer
from amends.domain.decide import decide
from amends.domain.docket import Context, Decided, Docket
from amends.domain.order import Merchant
from amends.domain.refusals import Code, Refusal
from amends.domain.words import Basis, Funds, Ledger
from tests.support.shops import MONDAY, OpenShop, about, opening, order

HELLO = k.SendMessage("您好，正在为您核实")


def codes(answers: list[Answer | Failed]) -> list[str]:
    return [
        "failed" if isinstance(answer, Failed) else answer.refusal.code if answer.refusal else "accepted"
        for answer in answers
    ]


def test_fifty_refunds_of_one_order_at_once_pay_it_once(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            await shop.accepted([order("hot")])
            openings = [opening("hot", pieces=10, key=f"click-{n}") for n in range(50)]

            answers = [answers[0] for answers in await asyncio.gather(*(shop.engine.handle([o]) for o in openings))]
            assert codes(answers).count("accepted") == 1
            assert codes(answers).count(Code.QUANTITY_TAKEN) == 49

            (case,) = (await shop.reader.docket(OrderKey(1001, "hot"))).cases
            agreements = [about(CaseKey(1001, case.case_id), k.Agree(1)) for _ in range(50)]
            agreed = [answers[0] for answers in await asyncio.gather(*(shop.engine.handle([a]) for a in agreements))]
            assert codes(agreed).count("accepted") == 1

            docket = await shop.reader.docket(OrderKey(1001, "hot"))
            assert docket.committed_minor(Ledger.REFUND) == 10_000
            payouts = await shop.outbox.lease(MONDAY, MONDAY, 100)
            assert [leased.message.effect.amount_minor for leased in payouts] == [10_000]

    asyncio.run(story())


def test_fifty_messages_to_one_case_at_once_all_get_through(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            (case,) = await shop.opened()
            answers = await asyncio.gather(*(shop.engine.handle([about(case, HELLO)]) for _ in range(50)))
            assert codes([answer for (answer,) in answers]) == ["accepted"] * 50
            facts = await shop.reader.timeline(case, 0, 100)
            assert [fact.seq for fact in facts] == list(range(1, 53))

    asyncio.run(story())


def test_commands_of_one_order_in_one_batch_see_each_other(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            (case,) = await shop.opened()
            answers = await shop.engine.handle(
                [about(case, HELLO), about(case, k.Withdraw(), buyer("b42")), about(case, k.Agree(1))]
            )
            assert codes(answers) == ["accepted", "accepted", Code.WRONG_STAGE]

    asyncio.run(story())


def test_the_same_key_gives_the_first_answer_again_whether_at_once_or_later(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            (case,) = await shop.opened()
            once = about(case, HELLO, key="twin")
            same_batch = await shop.engine.handle([once, once])
            apart = [(await shop.engine.handle([once]))[0] for _ in range(2)]
            at_once = await asyncio.gather(*(shop.engine.handle([about(case, HELLO, key="both")]) for _ in range(8)))

            for answers in (same_batch + apart, [answer for (answer,) in at_once]):
                assert codes(answers) == ["accepted"] * len(answers)
                assert sum(not answer.replayed for answer in answers) == 1
                assert len({(answer.version, answer.facts) for answer in answers}) == 1
            assert len(await shop.reader.timeline(case, 0, 100)) == 4

    asyncio.run(story())


def test_a_key_used_for_something_else_is_refused_and_another_actor_may_use_it(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            (case,) = await shop.opened()
            await shop.accepted([about(case, HELLO, key="k")])
            (reused,) = await shop.engine.handle([about(case, k.SendMessage("别的"), key="k")])
            assert codes([reused]) == [Code.KEY_REUSED]
            (of_buyer,) = await shop.accepted([about(case, k.SendMessage("别的"), buyer("b42"), key="k")])
            assert not of_buyer.replayed

    asyncio.run(story())


def test_a_refusal_writes_nothing_and_its_key_may_be_tried_again(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            (case,) = await shop.opened()
            early = about(case, k.RequestIntervention("请介入"), buyer("b42"), key="step in")
            before = await shop.reader.feed_no(1001)
            assert codes(await shop.engine.handle([early])) != ["accepted"]
            assert await shop.reader.feed_no(1001) == before
            assert len(await shop.reader.timeline(case, 0, 100)) == 2

            await shop.accepted([about(case, HELLO, key="x"), about(case, HELLO, expected_version=3)])
            refused, accepted = await shop.engine.handle(
                [about(case, HELLO, expected_version=2, key="y"), about(case, HELLO, expected_version=4, key="y")]
            )
            assert codes([refused, accepted]) == [Code.STALE_VERSION, "accepted"]
            assert refused.refusal.facts["version"] == 4

    asyncio.run(story())


def test_what_does_not_exist_is_named_and_a_stranger_learns_no_version(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            (case,) = await shop.opened()
            answers = await shop.engine.handle(
                [
                    about(CaseKey(1001, 7), HELLO),
                    about(CaseKey(1002, case.case_id), HELLO),
                    opening("never"),
                    about(case, HELLO, buyer("b43"), expected_version=1),
                ]
            )
            assert codes(answers) == [Code.UNKNOWN_CASE, Code.UNKNOWN_CASE, Code.UNKNOWN_ORDER, Code.NOT_YOURS]
            assert answers[3].refusal.facts == {}

    asyncio.run(story())


def test_text_that_cannot_be_stored_fails_alone(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            (case,) = await shop.opened()
            backslashes = k.SendMessage(r"C:\\u0000 is a path")
            answers = await shop.engine.handle(
                [
                    about(case, k.SendMessage("nul \x00")),
                    about(case, k.SendMessage("half a pair \ud83d")),
                    about(case, HELLO, key="k\x00"),
                    about(case, backslashes),
                ]
            )
            assert [type(answer) for answer in answers] == [Unstorable, Unstorable, Unstorable, Answer]
            (fact,) = await shop.reader.timeline(case, 2, 100)
            assert fact.event.text == backslashes.text

    asyncio.run(story())


def _tells_of_a_case_that_is_not_there(docket: Docket, command: k.Command, context: Context) -> Decided | Refusal:
    decided = decide(docket, command, context)
    if isinstance(decided, Decided) and isinstance(command, k.SendMessage) and command.text == "guilty":
        return replace(decided, facts=tuple(replace(fact, case_id=1) for fact in decided.facts))
    return decided


def _pays_too_much(docket: Docket, command: k.Command, context: Context) -> Decided | Refusal:
    """The rules with a fault in them: whoever says "guilty" is promised more than was paid."""
    decided = decide(docket, command, context)
    if isinstance(decided, Decided) and isinstance(command, k.SendMessage) and command.text == "guilty":
        return replace(decided, cases=tuple(replace(case, due_minor=10_001) for case in decided.cases))
    return decided


@pytest.mark.parametrize(
    ("judge", "why"),
    [
        (_pays_too_much, "refunds_stay_within_what_was_paid"),
        (_tells_of_a_case_that_is_not_there, "IndexError"),
    ],
)
def test_when_a_batch_cannot_be_written_only_the_guilty_command_fails(open_shop: OpenShop, judge: Decide, why: str):
    async def story():
        async with open_shop(judge) as shop:
            cases = await shop.opened(20)
            batch = [about(case, HELLO) for case in cases]
            batch.insert(13, about(cases[13], k.SendMessage("guilty")))
            answers = await shop.engine.handle(batch)
            assert codes(answers) == ["accepted"] * 13 + ["failed"] + ["accepted"] * 7
            assert why in str(answers[13])
            for case in cases:
                assert len(await shop.reader.timeline(case, 0, 100)) == 3

    asyncio.run(story())


def _stumbles(docket: Docket, command: k.Command, context: Context) -> Decided | Refusal:
    if isinstance(command, k.SendMessage) and command.text == "stumble":
        raise ZeroDivisionError
    return decide(docket, command, context)


def test_a_command_that_the_rules_stumble_over_fails_alone(open_shop: OpenShop):
    async def story():
        async with open_shop(_stumbles) as shop:
            (case,) = await shop.opened()
            answers = await shop.engine.handle([about(case, HELLO), about(case, k.SendMessage("stumble"))])
            assert codes(answers) == ["accepted", "failed"]

    asyncio.run(story())


def test_the_limit_of_automatic_refunds_holds_over_the_orders_of_one_batch(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            await shop.registry.put_merchant(Merchant(1001, auto_refund_below=1_000), MONDAY)
            numbers = [f"small-{n}" for n in range(5)]
            await shop.accepted([order(number, paid=900) for number in numbers])
            first = await shop.accepted([opening(number, pieces=10) for number in numbers[:4]])
            (later,) = await shop.accepted([opening(numbers[4], pieces=10)])
            paid = [answer.case.agreement is not None for answer in [*first, later]]
            assert paid == [True, True, True, False, False]
            assert first[0].case.agreement.basis is Basis.SWITCH
            assert first[0].case.funds is Funds.PAYING

    asyncio.run(story())


def test_replayed_answers_of_orders_carry_no_events(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            news = replace(order("o"), key="news")
            first, again = await shop.accepted([news]), await shop.accepted([news])
            assert (first[0].replayed, again[0].replayed) == (False, True)
            assert again[0].order_no == "o"
            assert again[0].facts == ()

    asyncio.run(story())


def test_batches_over_the_same_orders_in_opposite_order_all_get_through(open_shop: OpenShop):
    async def story():
        async with open_shop() as shop:
            cases = await shop.opened(30, merchant_id=1001) + await shop.opened(30, merchant_id=1002)
            batches = [[about(case, HELLO) for case in way] for way in (cases, cases[::-1]) * 2]
            answers = await asyncio.gather(*(shop.new_engine().handle(batch) for batch in batches))
            assert {code for batch in answers for code in codes(batch)} == {"accepted"}
            for case in cases:
                assert [fact.seq for fact in await shop.reader.timeline(case, 0, 100)] == [1, 2, 3, 4, 5, 6]
            for merchant_id in (1001, 1002):
                feed = await shop.reader.feed(merchant_id, 0, 1000)
                assert [item.feed_no for item in feed] == list(range(1, 30 * 6 + 1))

    asyncio.run(story())
