"""The sandbox provider keeps books that a killed service cannot lose, and pays an id once."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from amends.adapters.payments.sandbox import ODDS, Fate, SandboxProvider
from amends.application.partners import NotReached, PaymentOrder, PayoutNews, PayoutWord, Unanswered
from amends.domain.words import Ledger

PROJECT = Path(__file__).parents[2]
START = datetime(2026, 11, 20, tzinfo=UTC)


class Bench:
    """A provider on a clock moved by hand, and everything it said by itself."""

    def __init__(self, books=None, *, fate: Fate | None = None) -> None:
        self.at = START
        self.heard: list[PayoutNews] = []
        self.deaf = False
        odds = {fate: 1} if fate else ODDS
        self.provider = SandboxProvider(self, self.hear, seed=3, books=books, odds=odds)

    def now(self) -> datetime:
        return self.at

    async def hear(self, news: Sequence[PayoutNews]) -> None:
        if self.deaf:
            raise ConnectionError
        self.heard += news

    def pay(self, number: int = 1, **changes) -> PayoutNews:
        fields = {
            "payout_id": f"p{number}", "merchant_id": 1001, "ledger": Ledger.REFUND, "amount_minor": 100 * number,
            "currency": "CNY", "channel": "wechat", "reference": "wx1",
        }  # fmt: skip
        return asyncio.run(self.provider.pay(PaymentOrder(**fields | changes)))

    def ask(self, number: int = 1, channel: str = "wechat") -> PayoutNews:
        return asyncio.run(self.provider.ask(f"p{number}", channel))

    def wait(self, **length: float) -> None:
        self.at += timedelta(**length)
        asyncio.run(self.provider.work())

    def words(self) -> list[PayoutWord]:
        return [news.word for news in self.heard]


def test_the_same_id_is_paid_once_and_answered_the_same():
    bench = Bench(fate=Fate.AT_ONCE)
    assert bench.pay() == bench.pay() == bench.ask()
    assert bench.provider.paid_minor() == {"p1": 100}
    assert bench.provider.sent_again() == {"p1": 1}


def test_a_late_answer_is_told_when_it_is_due_and_not_before():
    bench = Bench(fate=Fate.LATER)
    assert bench.pay().word is PayoutWord.PENDING
    bench.wait(seconds=19)
    assert bench.heard == []
    assert bench.provider.paid_minor() == {}
    bench.wait(minutes=10)
    assert bench.words() == [PayoutWord.DONE]
    bench.wait(days=1)
    assert len(bench.heard) == 1


def test_what_nobody_heard_is_told_again():
    bench = Bench(fate=Fate.TWICE)
    bench.pay()
    bench.deaf = True
    bench.wait(hours=1)
    bench.deaf = False
    bench.wait()
    bench.wait()
    assert bench.words() == [PayoutWord.DONE] * 2


def test_an_order_that_broke_off_may_have_been_paid_or_not():
    lost_answer, lost_order = Bench(fate=Fate.ANSWER_LOST), Bench(fate=Fate.ORDER_LOST)
    for bench in (lost_answer, lost_order):
        with pytest.raises(Unanswered):
            bench.pay()
    assert lost_answer.ask().word is PayoutWord.DONE
    assert lost_order.ask().word is PayoutWord.NEVER_HEARD


def test_a_payout_is_known_only_where_it_was_sent():
    bench = Bench(fate=Fate.AT_ONCE)
    bench.pay()
    assert bench.ask(channel="alipay").word is PayoutWord.NEVER_HEARD


def test_a_bank_may_send_money_back_a_day_later():
    bench = Bench(fate=Fate.BOUNCES)
    assert bench.pay().word is PayoutWord.DONE
    bench.wait(hours=41)
    assert bench.words() == [PayoutWord.FAILED]
    assert bench.provider.paid_minor() == {}


def test_the_platform_advances_what_the_merchant_cannot_bear(tmp_path):
    bench = Bench(tmp_path / "books", fate=Fate.AT_ONCE)
    bench.provider.open_account(1001, 250)
    assert [bench.pay(n).advanced for n in (1, 2)] == [False, True]
    assert bench.pay(3, merchant_id=1002).advanced is False
    assert Bench(tmp_path / "books", fate=Fate.AT_ONCE).pay(4).advanced, "a restart fills no account"


def test_fates_follow_the_seed_and_every_fate_is_met():
    def fates() -> list[object]:
        bench, met = Bench(), []
        for number in range(1, 800):
            try:
                met.append((bench.pay(number).word, bench.provider.sent_again()))
            except (NotReached, Unanswered) as fault:
                met.append(str(fault))
        bench.wait(days=3)
        return [*met, bench.heard]

    first = fates()
    assert first == fates()
    assert {str(PayoutWord.FAILED), str(PayoutWord.PENDING), str(PayoutWord.DONE)} <= {
        str(said[0]) for said in first[:-1] if isinstance(said, tuple)
    }
    assert {"the connection broke", "the provider is busy"} <= {said for said in first[:-1] if isinstance(said, str)}


_PAYS_UNTIL_KILLED = """
import asyncio, sys
from pathlib import Path
from tests.adapters.test_sandbox_provider import Bench, Fate
bench = Bench(Path(sys.argv[1]), fate=Fate.LATER)
for number in range(1, 1_000_000):
    bench.pay(number)
    print(number, flush=True)
"""


def test_a_service_that_is_killed_finds_everything_in_the_books(tmp_path):
    books = tmp_path / "books.jsonl"
    paying = subprocess.Popen(
        [sys.executable, "-c", _PAYS_UNTIL_KILLED, books], stdout=subprocess.PIPE, text=True, cwd=PROJECT
    )
    for _ in range(50):
        paying.stdout.readline()
    paying.send_signal(signal.SIGKILL)
    confirmed = 50 + len([line for line in paying.communicate()[0].splitlines() if line.strip()])

    with books.open("ab") as torn:
        torn.write(b'{"booked":{"order"')
    bench = Bench(books, fate=Fate.LATER)
    assert [bench.ask(n).word for n in range(1, confirmed)] == [PayoutWord.PENDING] * (confirmed - 1)
    bench.wait(hours=1)
    assert len(bench.heard) >= confirmed
    assert bench.provider.paid_minor()["p7"] == 700
    assert bench.pay(7).word is PayoutWord.DONE

    again = Bench(books, fate=Fate.LATER)
    again.wait(hours=1)
    assert again.heard == [], "what was told stays told"
    assert again.provider.sent_again() == {"p7": 1}
