"""The made-up marketplace: the same for a seed, believable, and every case of it made by real commands."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest
from PIL import Image

from amends.adapters.files.reading.marks import marks
from amends.adapters.payments.sandbox import SandboxProvider
from amends.application.evidence import owners_of
from amends.application.files import Form, blob_key
from amends.application.ids import Ids
from amends.application.likeness import difference
from amends.application.policies import Policies
from amends.application.ports import CaseKey
from amends.demo.album import keeping
from amends.demo.history import Back, Played
from amends.demo.market import DAYS, SEED, load
from amends.demo.orders import CHINA
from amends.demo.people import FIRST_MERCHANT, PLATFORM_STAFF, buyers, cast, platform, shops
from amends.demo.pictures import Shot, photo, recompressed
from amends.demo.shapes import Thing
from amends.demo.stories import BOOK
from amends.domain.case import Case
from amends.domain.events import CaseOpened, EvidenceFiled, Fact, MessageSent
from amends.domain.refusals import Code
from amends.domain.words import EvidenceKind, Funds, Goods, Kind, Ledger, Outcome, PayoutState, Role, Side, Stage
from amends.store.memory import MemoryDeadlines, MemoryRegistry, MemoryStore
from amends.store.memory_files import MemoryFiles

NOW = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)


class Market(NamedTuple):
    store: MemoryStore
    played: Played
    books: Path
    files: MemoryFiles

    @property
    def cases(self) -> list[Case]:
        return [stored.case for stored in self.store.cases.values()]

    def facts(self) -> list[Fact]:
        return [record.fact for records in self.store.records.values() for record in records]


def play(folder: Path, seed: int = SEED, now: datetime = NOW, **size: int) -> Market:
    store, policies = MemoryStore(), Policies.load(None)
    files = MemoryFiles(store)

    async def made() -> Played:
        async with keeping(files, folder, policies.in_force(now).files) as kept:
            back = Back(
                store, store.outbox, MemoryDeadlines(store), policies, kept, folder / "payments", folder / "parcels"
            )
            return await load(back, MemoryRegistry(store), Ids(1), seed=seed, now=now, **size)

    return Market(store, asyncio.run(made()), folder / "payments", files)


@pytest.fixture(scope="module")
def market(tmp_path_factory) -> Market:
    return play(tmp_path_factory.mktemp("market"))


def test_it_has_the_size_that_is_promised(market):
    assert len(market.store.orders) == 2_000
    assert 300 <= len(market.cases) <= 420
    assert len(market.store.merchants) == 31, "thirty shops and the platform itself"
    assert len({stored.order.buyer_id for stored in market.store.orders.values()}) > 400


def test_the_same_seed_and_instant_give_the_same_marketplace(tmp_path):
    def run(name: str, **changes) -> dict[object, object]:
        (tmp_path / name).mkdir()
        store = play(tmp_path / name, orders=150, stories=80, **changes).store
        return {
            "cases": {key: stored.case for key, stored in store.cases.items()},
            "orders": {key: stored.order for key, stored in store.orders.items()},
            "facts": {key: [record.fact for record in records] for key, records in store.records.items()},
            "files": {
                file.name: file.read_bytes()
                for file in (tmp_path / name / "evidence").glob("*/*")
                if file.suffix != ".display"  # those of documents say when they were made
            },
        }

    first = run("first")
    assert run("again") == first
    assert run("other", seed=SEED + 1) != first


def test_stories_go_as_they_are_written_at_any_hour_of_the_day(market, tmp_path):
    night = play(tmp_path, now=NOW + timedelta(days=40, hours=14), orders=700, stories=300)
    for played in (market.played, night.played):
        assert played.failed == []
        assert len(played.turns) <= len(BOOK) * 0.1, [str(turn) for turn in played.turns]
        quicker = {Code.WRONG_STAGE, Code.EVIDENCE_TIME_OVER}
        assert {turn.refusal.code for turn in played.turns} <= quicker, "only where the world was quicker"


def test_every_stage_and_kind_of_case_can_be_looked_at(market):
    running = [case for case in market.cases if case.is_open]
    stages = Counter(case.stage for case in market.cases)
    assert set(stages) == set(Stage)
    assert all(stages[stage] >= 5 for stage in Stage)
    assert {case.kind for case in market.cases} == set(Kind)
    assert {case.goods for case in running} >= {
        Goods.NOT_SHIPPED, Goods.IN_TRANSIT, Goods.WITH_BUYER, Goods.REFUSAL_AGREED, Goods.RETURN_DUE,
        Goods.RETURN_IN_TRANSIT, Goods.RETURN_DELIVERED, Goods.REPLACEMENT_IN_TRANSIT, Goods.BACK,
    }  # fmt: skip
    assert {case.funds for case in market.cases} >= {Funds.NONE, Funds.PROMISED, Funds.PAID, Funds.FAILED}
    assert {case.closing.outcome for case in market.cases if case.closing} >= {
        Outcome.REFUNDED, Outcome.COMPLETED, Outcome.SETTLED, Outcome.DISMISSED, Outcome.WITHDRAWN, Outcome.CANCELLED,
        Outcome.REFUNDED_ELSEWHERE, Outcome.LAPSED_NOT_SENT, Outcome.LAPSED_AFTER_REJECTION,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("what", "holds"),
    [
        ("an offer of a merchant on the table", lambda case: case.offer_of(Side.MERCHANT)),
        ("a rejection in preparation", lambda case: case.preparation and case.stage is Stage.AWAITING_MERCHANT),
        ("a ruling that stands", lambda case: case.ruling and case.ruling.noticed_at),
        ("an appeal", lambda case: case.appeal),
        ("a suspension", lambda case: case.suspension),
        ("a payout without an account", lambda case: case.deadline("payout_account")),
        ("a changed application", lambda case: case.application > 1),
        ("a small payment", lambda case: case.small_payments),
        ("goods a person must look at", lambda case: case.must_look),
        ("a case of a shop that asked the platform", lambda case: case.merchant_asked),
        ("a platform that is late", lambda case: case.review and case.review.late),
        ("a settlement after closing", lambda case: case.reopened_why == "settled_later"),
        ("a person who looks again", lambda case: case.reopened_why == "human_review"),
    ],
)
def test_there_is(market, what, holds):
    assert any(holds(case) for case in market.cases), what


def test_people_sleep_at_night_and_the_past_lies_in_the_past(market):
    hours = Counter()
    for fact in market.facts():
        assert NOW - timedelta(days=DAYS) <= fact.at <= NOW
        if isinstance(fact.event, MessageSent):
            hours[fact.at.astimezone(CHINA).hour] += 1
    assert sum(hours[hour] for hour in range(1, 8)) == 0
    assert hours.total() > 500


def test_conversations_are_different_from_case_to_case(market):
    said = Counter(fact.event.text for fact in market.facts() if isinstance(fact.event, MessageSent))
    assert len(said) > 250
    assert said.most_common(1)[0][1] < 40
    openings = [fact.event.terms.note for fact in market.facts() if isinstance(fact.event, CaseOpened)]
    assert len(set(openings)) > 120


def test_the_provider_paid_what_the_cases_say_and_nothing_else(market):
    provider = SandboxProvider(_Now(), _nobody, seed=SEED, books=market.books)
    paid, sent_again = provider.paid_minor(), provider.sent_again()
    provider.close()
    told = {
        payout.payout_id: payout.amount_minor
        for case in market.cases
        for payout in case.payouts
        if payout.state is PayoutState.PAID
    }
    assert told.items() <= paid.items()
    still_open = {p.payout_id for c in market.cases for p in c.payouts if p.state is not PayoutState.PAID}
    assert paid.keys() - told.keys() <= still_open
    assert sent_again == {}


def test_no_order_gives_back_more_than_was_paid(market):
    for key, stored in market.store.orders.items():
        cases = [market.store.cases[case].case for case in market.store.cases_of[key]]
        ordered = sum(case.ordered_minor(Ledger.REFUND) for case in cases)
        assert ordered <= stored.order.paid


def test_evidence_shows_its_files_to_the_other_side_and_gives_the_original_to_its_own(market):
    shown = 0
    for case in market.cases:
        key = CaseKey(case.merchant_id, case.case_id)
        filed = {one.evidence_id: one.row for one in asyncio.run(market.files.filed(key, owners_of(case)))}
        for evidence in market.store.evidence[key]:
            if evidence.mark.kind in {EvidenceKind.VIDEO, EvidenceKind.CALL_RECORD}:
                continue
            row = filed[evidence.mark.evidence_id]
            shown += 1
            for form, copy in row.copies.items():
                kept = (market.books.parent / "evidence" / blob_key(row.sha256, form)).read_bytes()
                assert len(kept) == copy.size_bytes
                assert form is not Form.ORIGINAL or sha256(kept).hexdigest() == row.sha256
            drawn = {Form.THUMB} if evidence.mark.kind is not EvidenceKind.CHAT_LOG else set()
            assert row.copies.keys() == {Form.ORIGINAL, Form.DISPLAY} | drawn
            assert row.size_bytes < 100_000
    assert shown > 250


def test_what_is_only_named_has_no_hash(market):
    named = [filed for key in market.store.cases for filed in market.store.evidence[key]]
    assert {filed.mark.kind for filed in named if not filed.sha256} <= {EvidenceKind.VIDEO, EvidenceKind.CALL_RECORD}
    items = [item for fact in market.facts() if isinstance(fact.event, EvidenceFiled) for item in fact.event.items]
    assert all(item.sha256 is None or len(item.sha256) == 64 for item in items), "the record is read as it was written"


def test_a_few_photos_come_up_in_cases_of_two_buyers_and_nearly_all_are_their_own(market):
    senders: dict[str, set[str]] = {}
    for case in market.cases:
        key = CaseKey(case.merchant_id, case.case_id)
        for filed in asyncio.run(market.files.filed(key, owners_of(case))):
            senders.setdefault(filed.row.sha256, set()).add(filed.row.owner)
    shared = [owners for owners in senders.values() if len(owners) > 1]
    assert 2 <= len(shared) <= 12
    assert len(senders) > 200


def test_a_photo_that_was_passed_on_is_another_file_of_the_same_picture():
    at = datetime(2026, 11, 20, 3, tzinfo=UTC)
    first = photo(Shot(Thing("咖啡壶", "手冲咖啡壶 本色"), "壶嘴漏水", at), Random(1))
    again = recompressed(first)
    other = photo(Shot(Thing("保温杯", "保温杯 深蓝"), "杯盖关不严", at), Random(2))
    seen = [marks(Image.open(BytesIO(content))) for content in (first, again, other)]
    assert first != again
    assert difference(seen[0], seen[1]) is not None
    assert difference(seen[0], seen[2]) is None


def test_telephone_numbers_belong_to_nobody():
    numbers = [buyer.phone for buyer in buyers(SEED)]
    numbers += [address.phone for shop in shops(SEED) for address in shop.settings.addresses]
    assert all(len(number) == 11 and number.startswith("129") for number in numbers)


def test_the_cast_has_every_role():
    some = [buyer.buyer_id for buyer in buyers(SEED)][:20]
    people = cast(SEED, some)
    assert {person.role for person in people} == set(Role) - {Role.SYSTEM}
    assert all(person.name for person in people)
    assert (
        {person.actor.partition("/")[2] for person in people if person.actor.startswith("platform/")}
        == set(platform().staff)
        == set(PLATFORM_STAFF)
    )
    assert f"merchant/{FIRST_MERCHANT}/li" in {person.actor for person in people}


class _Now:
    def now(self) -> datetime:
        return NOW


async def _nobody(news: object) -> None:
    raise AssertionError(f"nothing is told here: {news}")
