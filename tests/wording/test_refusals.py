"""Every refusal is said in both languages, with its facts where it has them and without where it has not."""

import ast
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import amends.domain
from amends.application.policies import SHIPPED, parse_policy, shipped_text
from amends.domain.refusals import Code, Refusal, refuse
from amends.domain.words import EvidenceKind, Goods, Kind, Role, Side, Stage
from amends.wording.catalogue import LANGUAGES
from amends.wording.reader import Reader
from amends.wording.refusals import NEEDS, WORDS, explain, explain_all

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
POLICY = parse_policy(shipped_text(), SHIPPED)
DOMAIN = Path(amends.domain.__file__).parent

ALL_FACTS = {
    "allowed": ["quality", "damaged"],
    "amount_minor": 5900,
    "application": 2,
    "applications": 5,
    "asked_minor": 7000,
    "due_at": NOW + timedelta(days=2),
    "ended_at": NOW - timedelta(days=400),
    "evidence": ["e3"],
    "findings": [2],
    "goods": Goods.WITH_BUYER,
    "kind": Kind.EXCHANGE,
    "left_minor": 1000,
    "limit": 3,
    "made": 3,
    "maximum_minor": 5900,
    "missing": [[EvidenceKind.PHOTO, EvidenceKind.VIDEO], [EvidenceKind.PACKING_PHOTO]],
    "needs_characters": 10,
    "possible": [Kind.REFUND_ONLY],
    "reason": "no_reason",
    "remedy": "small_payment",
    "replied_at": NOW,
    "role": Role.SUPERVISOR,
    "roles": [Role.OWNER, Role.AFTER_SALE],
    "side": Side.BUYER,
    "stage": Stage.IN_MOTION,
    "stages": [Stage.AWAITING_MERCHANT, Stage.AWAITING_BUYER],
    "standing_offer_id": "o7",
    "total": 90,
    "until": NOW + timedelta(days=1),
    "waits_until": NOW + timedelta(minutes=30),
}


def reader(language):
    return Reader(now=NOW, zone=ZoneInfo("Asia/Shanghai"), language=language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("facts", [ALL_FACTS, {}, dict.fromkeys(ALL_FACTS)], ids=["all facts", "none", "all unknown"])
@pytest.mark.parametrize("code", list(Code))
def test_every_refusal_says_what_is_wrong_and_what_to_do_in_both_languages(code, facts, language):
    said = explain(Refusal(code, facts), reader(language), POLICY)
    for part in (said.title, said.detail, said.advice):
        assert part
        assert not re.search(r"[{}]|[a-z]_[a-z]|None|Code\.", part), "no internal code, no gap"
        assert bool(re.search("[\u4e00-\u9fff]", part)) is (language == "zh")
    assert not said.title.endswith((".", "。"))
    assert said.detail.endswith((".", "。"))


def facts_given() -> dict[str, set[str]]:
    """By code, the names of the facts with which the rules refuse."""
    given: dict[str, set[str]] = {}
    for file in DOMAIN.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "refuse":
                code = node.args[0]
                if isinstance(code, ast.Attribute):
                    given.setdefault(code.attr, set()).update(one.arg for one in node.keywords if one.arg)
    return given


def test_every_sentence_of_a_refusal_can_be_reached_by_its_facts():
    """A sentence about a fact that the rules never give would never be said."""
    given = facts_given()
    unreachable = [
        (code.name, sentence)
        for code, words in WORDS.items()
        for sentence in words.details
        if not set(re.findall(r"{(\w+)}", sentence)) <= given.get(code.name, set())
    ]
    assert unreachable == []


EXAMPLES = [
    (refuse(Code.WAITING_FOR_BUYER, waits_until=NOW + timedelta(minutes=30)),
     "消费者回复后即可继续，最晚 今天 10:30 可以继续。",
     "You can go on when the buyer replies, at the latest: today, 10:30."),
    (refuse(Code.EXCEEDS_BALANCE, asked_minor=5900, left_minor=1000),
     "需要 ¥59.00，剩余 ¥10.00。", "¥59.00 is wanted, ¥10.00 is left."),
    (refuse(Code.EXCEEDS_BALANCE, left_minor=0), "剩余可退 ¥0.00。", "¥0.00 is left of what was paid."),
    (refuse(Code.MISSING_EVIDENCE, missing=[["photo", "video"], ["packing_photo"]], needs_characters=0),
     "还需要：商品照片或视频；外包装照片。", "Still needed: Photo of the goods or Video; Photo of the packing."),
    (refuse(Code.MISSING_EVIDENCE, missing=[], needs_characters=10),
     "还需要不少于 10 个字的说明。", "Still needed: a description of at least 10 characters."),
    (refuse(Code.TOO_EARLY, until="2026-11-24T02:00:00Z"),
     "明天 10:00 起可以操作。", "It is possible from: tomorrow, 10:00."),
    (refuse(Code.WRONG_STAGE, stage="closed"), "目前售后“已结束”。", "The case is now: Closed."),
    (refuse(Code.WRONG_STAGE, stage="closed", stages=["awaiting_buyer", "closed"]),
     "目前售后“已结束”。", "The case is now: Closed."),
    (refuse(Code.WRONG_STAGE, stage="closed", stages=["awaiting_buyer", "under_review"]),
     "此操作适用于“待买家处理或平台处理中”，目前是“已结束”。",
     "It is possible while the case is: Waiting for the buyer or With the platform. Now it is: Closed."),
    (refuse(Code.FINDING_WITHOUT_BASIS, findings=[0, 2]),
     "每项认定须写明所依据的凭证或物流记录以及条款，缺少依据的是：1和3。",
     "Each finding names the evidence or scan it rests on and a clause. Not so: 1 and 3."),
    (refuse(Code.WRONG_STAGE, stage="closed", needs="less_than_asked"),
     "您的请求已得到满足。", "You were given what you asked for."),
    (refuse(Code.KIND_NOT_POSSIBLE, goods="in_transit", possible=["refund_only"]),
     "商品目前“运输中”，可以选择：仅退款。", "The goods are: On the way to the buyer. Possible now: Refund only."),
    (refuse(Code.EXPLANATION_TOO_SHORT, needs_characters=1, needs=["small_payment_type", "message"]),
     "须写明小额打款的用途。需要给买家留言。",
     "It must say what the small payment is for. A message to the buyer is needed."),
]  # fmt: skip


@pytest.mark.parametrize(
    ("refusal", "chinese", "english"), EXAMPLES, ids=[f"{place} {row[0].code}" for place, row in enumerate(EXAMPLES)]
)
def test_a_refusal_says_its_facts_as_people_do(refusal, chinese, english):
    """R3.5: 请耐心等待消费者回复."""
    assert explain(refusal, reader("zh")).detail == chinese
    assert explain(refusal, reader("en")).detail == english


def test_reasons_are_named_by_the_policy_and_left_out_without_it():
    refusal = refuse(Code.REASON_NOT_ALLOWED, reason="no_reason", allowed=["quality", "damaged"])
    named = explain(refusal, reader("zh"), POLICY).detail
    assert named == "这里不适用“七天无理由退换货”，可以选择：质量问题和破损 / 污渍。"
    assert explain(refusal, reader("zh")).detail == "与申请的处理方式或商品目前的状态不符。"


def test_amounts_are_in_the_currency_of_the_order():
    dollars = Reader(now=NOW, zone=ZoneInfo("Asia/Shanghai"), language="en", currency="USD")
    assert explain(refuse(Code.EXCEEDS_MAXIMUM, maximum_minor=500), dollars).detail == "At most $5.00 is possible."


def test_all_reasons_at_once_are_said_in_their_order():
    """Rules §1."""
    also = (Refusal(Code.WINDOW_OVER), Refusal(Code.MISSING_EVIDENCE))
    said = explain_all(Refusal(Code.NOT_PAID, {}, also), reader("en"))
    assert [one.title for one in said] == [
        "The order has not been paid", "The time for this is over", "Evidence is missing",
    ]  # fmt: skip


def test_every_need_that_the_rules_name_has_words():
    """`needs` is told instead of the general detail; a need without words would be lost."""
    rules = "".join(file.read_text(encoding="utf-8") for file in DOMAIN.rglob("*.py"))
    named = set(re.findall(r'needs="(\w+)"', rules))
    for several in re.findall(r"needs=\[([^\]]*)\]", rules):
        named |= set(re.findall(r'"(\w+)"', several))
    assert named == set(NEEDS)
