"""Every event is told in a sentence of its own, in both languages; every verb has its words."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from amends.domain import commands as k
from amends.domain import events as e
from amends.domain.order import Scan
from amends.domain.policy import Freight
from amends.domain.words import (
    Basis,
    Fault,
    Goods,
    Kind,
    Leg,
    Outcome,
    Payer,
    Remedy,
    RulingOutcome,
    ScanCode,
    Side,
)
from amends.wording.actions import ACTIONS, action_words
from amends.wording.reader import Reader
from amends.wording.timeline import SAYS, SILENT, happening

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
FREIGHT = Freight(Payer.MERCHANT, Payer.MERCHANT, Payer.MERCHANT)


def reader(language="zh", side=None):
    return Reader(NOW, ZoneInfo("Asia/Shanghai"), language, side)


def test_no_event_is_left_without_words_and_no_words_without_an_event():
    tags = {str(kind.__struct_config__.tag) for kind in e.Event.__subclasses__()}
    told = {name.partition(":")[0] for name in SAYS}
    assert told | SILENT == tags
    assert not told & SILENT


def test_every_verb_that_people_send_has_words():
    people = {k.verb(kind) for kind in k.ALL_COMMANDS} - {k.verb(kind) for kind in (*k.SYSTEM_COMMANDS, k.SyncOrder)}
    assert set(ACTIONS) == people
    assert action_words("agree", "zh").label == "同意申请"


@pytest.mark.parametrize(
    ("event", "by", "side", "chinese", "english"),
    [
        (
            e.OfferMade("o1", Side.MERCHANT, Remedy.SMALL_PAYMENT, 1_500, NOW + timedelta(days=1)),
            "merchant/1001",
            Side.BUYER,
            "商家提出方案：小额打款，¥15.00，明天 17:00 前有效。",
            "The merchant offered: Small payment, ¥15.00. The offer stands until tomorrow, 17:00.",
        ),
        (e.OfferDeclined("o1", Side.BUYER), "buyer/b42", Side.BUYER, "您没有接受方案。", "You declined the offer."),
        (
            e.OfferAccepted("o1", Side.BUYER, complete=True), "buyer/b42", None,
            "买家接受了方案。", "The buyer accepted the offer.",
        ),
        (
            e.CaseClosed(Outcome.REFUNDED, Side.SYSTEM), "system", None,
            "售后单已关闭：已退款。", "The case is closed: Refunded.",
        ),
        (
            e.DeadlinePassed("answer.with_buyer", NOW, "agree_refund", "cn-1"), "system", None,
            "商家答复已到期，系统按规则处理。",
            "The time for this is over: Merchant's answer. The rules decided.",
        ),
        (
            e.ParcelScanned(Leg.OUTWARD, "zto", "7583", Scan(ScanCode.DELIVERED, NOW, "上海浦东"), Goods.WITH_BUYER),
            "system", None, "物流更新：已签收 上海浦东", "News of the parcel: Delivered 上海浦东",
        ),
        (
            e.CaseAgreed(Basis.MERCHANT, Remedy.REFUND_ONLY, 5_900, Goods.WITH_BUYER, (), Fault.NONE, FREIGHT),
            "merchant/1001", None, "已达成：仅退款，¥59.00。", "It is agreed: Refund only, ¥59.00.",
        ),
        (
            e.RulingGiven(e.RulingTerms(RulingOutcome.REFUND, 5_900, Fault.MERCHANT, FREIGHT, ()), "platform/gao", "",
                          NOW + timedelta(days=7)),
            "platform/gao", None,
            "平台已裁决：退款，¥59.00。3月9日 17:00 前可以申诉。",
            "The platform has ruled: Refund, ¥59.00. It can be appealed until 9 Mar, 17:00.",
        ),
        (
            e.ApplicationModified(2, e.Terms(Kind.EXCHANGE, "quality", (), 5_900, 5_900, True, Fault.MERCHANT, FREIGHT),
                                  Goods.WITH_BUYER),
            "buyer/b42", Side.BUYER, "您修改了申请：换货，¥59.00。", "You changed the application: Exchange, ¥59.00.",
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, e.Event) else "",
)  # fmt: skip
def test_an_event_is_told_to_its_reader(event, by, side, chinese, english):
    assert happening(event, by, reader("zh", side)) == chinese
    assert happening(event, by, reader("en", side)) == english


def test_bookkeeping_is_not_told():
    assert happening(e.DeadlinesSet(), "system", reader()) == ""
