"""The first lines of every page: where it stands, whose turn, by when, and what happens if nobody acts."""

import re
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from amends.application.policies import SHIPPED, parse_policy, shipped_text
from amends.domain.events import Event
from amends.domain.policy import SilenceOutcome
from amends.domain.words import EvidenceKind, Fault, Funds, Goods, Kind, Outcome, Side, Stage
from amends.wording import labels
from amends.wording.catalogue import LANGUAGES
from amends.wording.reader import Reader
from amends.wording.statuses import LAPSES, SILENCES, TURNS, lapse, status, turn

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
POLICY = parse_policy(shipped_text(), SHIPPED)


def reader(language="zh", side=None):
    return Reader(now=NOW, zone=ZoneInfo("Asia/Shanghai"), language=language, side=side)


STATUSES = [
    # stage                  goods                   funds           ended              Chinese
    (Stage.AWAITING_MERCHANT, Goods.WITH_BUYER,       Funds.NONE,     None,              "等待商家处理"),
    (Stage.AWAITING_BUYER,    Goods.IN_TRANSIT,       Funds.NONE,     None,              "商家已驳回，等待买家处理"),
    (Stage.UNDER_REVIEW,      Goods.RETURN_DELIVERED, Funds.PROMISED, None,              "平台处理中"),
    (Stage.IN_MOTION,         Goods.RETURN_DUE,       Funds.PROMISED, None,              "等待买家寄回商品"),
    (Stage.IN_MOTION,         Goods.RETURN_DELIVERED, Funds.PROMISED, None,              "商家验货中"),
    (Stage.IN_MOTION,         Goods.INTERCEPTING,     Funds.PROMISED, None,              "正在拦截包裹"),
    (Stage.IN_MOTION,         Goods.NOT_SHIPPED,      Funds.PAYING,   None,              "退款中"),
    (Stage.IN_MOTION,         Goods.WITH_BUYER,       Funds.FAILED,   None,              "退款未成功，需要收款账户"),
    (Stage.IN_MOTION,         Goods.WITH_BUYER,       Funds.NONE,     None,              "处理中"),
    (Stage.CLOSED,            Goods.NOT_SHIPPED,      Funds.PAID,     Outcome.REFUNDED,  "已结束：已退款"),
    (Stage.CLOSED,            Goods.WITH_BUYER,       Funds.NONE,     Outcome.WITHDRAWN, "已结束：买家已撤销申请"),
]  # fmt: skip


@pytest.mark.parametrize(("stage", "goods", "funds", "outcome", "chinese"), STATUSES)
def test_a_case_says_where_it_stands(stage, goods, funds, outcome, chinese):
    """R5.3."""
    assert status(stage, goods, funds, "zh", outcome=outcome) == chinese


def test_every_combination_of_the_axes_has_words_in_both_languages():
    for stage, goods, funds, language in product(Stage, Goods, Funds, LANGUAGES):
        for outcome in Outcome:
            assert_words(status(stage, goods, funds, language, outcome=outcome), language)


def test_a_paused_case_says_so_and_a_closed_one_is_not_paused():
    assert status(Stage.IN_MOTION, Goods.RETURN_DUE, Funds.NONE, "zh", suspended=True) == "平台已暂停处理"
    closed = status(Stage.CLOSED, Goods.RETURN_DUE, Funds.NONE, "zh", outcome=Outcome.WITHDRAWN, suspended=True)
    assert closed == "已结束：买家已撤销申请"


def assert_words(said: str, language: str) -> None:
    assert said
    assert not re.search(r"[{}]|[a-z]_[a-z]", said)
    assert bool(re.search("[\u4e00-\u9fff]", said)) is (language == "zh")


def test_the_merchants_deadline_is_said_with_what_silence_will_mean():
    """R2.3, R5.3."""
    due_at = NOW + timedelta(days=1)
    assert turn("answer.with_buyer", "merchant", due_at, reader()) == "商家需在 明天 10:00 前答复。"
    assert lapse("answer.with_buyer", "agree_refund", reader(), 5900) == "到时没有答复，系统自动退款 ¥59.00。"
    assert turn("answer.with_buyer", "merchant", due_at, reader("en")) == "The merchant must answer by tomorrow, 10:00."
    said = lapse("answer.with_buyer", "agree_refund", reader("en"), 5900)
    assert said == "If there is no answer by then, ¥59.00 is refunded automatically."


def test_the_one_whose_turn_it_is_is_addressed():
    due_at = NOW + timedelta(days=1)
    assert turn("ship_return", "buyer", due_at, reader(side=Side.BUYER)).startswith("您需在 明天 10:00 前寄回商品")
    assert turn("ship_return", "buyer", due_at, reader(side=Side.MERCHANT)).startswith("买家需在 明天 10:00 前")
    assert turn("check_return", "merchant", due_at, reader("en", Side.MERCHANT)).startswith("You must check the return")


def test_an_unknown_amount_is_not_said():
    assert lapse("answer.not_shipped", "agree_refund", reader()) == "到时没有答复，系统自动退款。"


def test_a_deadline_of_one_side_is_said_as_the_deadline():
    said = turn("evidence:buyer", "buyer", NOW + timedelta(hours=1), reader())
    assert said == "今天 11:00 前可以提交凭证。"
    assert labels.deadline_label("evidence:buyer", "zh") == "举证"


def test_every_deadline_of_the_policy_has_words_for_its_turn_its_silence_and_its_name():
    assert set(TURNS) == set(SILENCES) == set(labels.DEADLINES) == set(POLICY.deadlines)


def test_every_outcome_of_a_deadline_has_words():
    assert set(LAPSES) == set(get_args(SilenceOutcome))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", sorted(TURNS))
def test_every_deadline_is_said_whole_in_both_languages(key, language):
    rule = POLICY.deadlines[key]
    for side in (None, Side.BUYER, Side.MERCHANT, Side.PLATFORM):
        assert_words(turn(key, rule.owner, NOW + timedelta(days=40), reader(language, side)), language)
    for outcome, amount in product(set(rule.then.values()), (None, 100)):
        said = lapse(key, outcome, reader(language), amount)
        assert_words(said, language)
        assert said.endswith((".", "。"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("values", list(labels.LABELS), ids=[one.__name__ for one in labels.LABELS])
def test_every_value_of_a_closed_set_has_a_name(values, language):
    for value in values:
        assert_words(labels.label(value, language), language)


def test_the_same_value_is_named_by_its_set():
    assert labels.label(Fault.NONE, "zh") == "无"
    assert labels.label(Funds.NONE, "zh") == "无款项"
    assert labels.label(Kind.REPAIR, "zh") == "维修"
    assert labels.label(EvidenceKind.PACKING_PHOTO, "en") == "Photo of the packing"


def test_every_event_has_a_name_for_the_timeline():
    tags = {str(event.__struct_config__.tag) for event in Event.__subclasses__()}
    assert tags == set(labels.EVENTS)
    for tag, language in product(tags, LANGUAGES):
        assert_words(labels.event_label(tag, language), language)


def test_every_owner_of_a_deadline_has_a_name():
    for rule, language in product(POLICY.deadlines.values(), LANGUAGES):
        assert_words(labels.owner_label(rule.owner, language), language)
