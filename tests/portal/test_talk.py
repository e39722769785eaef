"""The record as a conversation: who speaks, what stands, what may be skipped over."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from amends.application.outward import PublicFact
from amends.domain import events as e
from amends.domain.case import Preparation
from amends.domain.order import Scan
from amends.domain.words import Goods, Leg, Remedy, ScanCode, Side
from amends.web.portal.talk import conversation, folded
from amends.wording.reader import Reader

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
SCAN = e.ParcelScanned(Leg.OUTWARD, "zto", "7583", Scan(ScanCode.IN_TRANSIT, NOW, "杭州"), Goods.IN_TRANSIT)
OPENED = {
    "event": "case_opened", "case_id": "1001-0000000000001", "merchant_id": "1001", "order_no": "o1", "buyer_id": "b42",
    "currency": "CNY", "policy": "cn-1", "goods": "with_buyer", "opened_by": "buyer", "first_applied_at": NOW,
    "terms": {"kind": "refund_only", "reason": "quality", "lines": [], "amount_minor": 5_900, "maximum_minor": 5_900,
              "goods_received": True, "fault": "merchant",
              "freight": {"outward": "buyer", "back": "buyer", "replacement": "buyer"}},
}  # fmt: skip


def told(*events: tuple[str, object], side: Side = Side.BUYER, **standing: object):
    facts = [PublicFact("1001-0000000000001", seq, NOW, by, event) for seq, (by, event) in enumerate(events, 1)]
    return conversation(facts, Reader(NOW, ZoneInfo("Asia/Shanghai"), "zh", side), **standing)  # type: ignore[arg-type]


@pytest.mark.parametrize(("side", "who", "mine"), [(Side.BUYER, "您", True), (Side.MERCHANT, "买家", False)])
def test_the_same_words_stand_on_the_own_side_of_each_reader(side, who, mine):
    (entry,) = told(("buyer/b42", e.MessageSent(Side.BUYER, "漏水", ("e1",))), side=side)

    assert (entry.kind, entry.voice, entry.who, entry.mine) == ("said", Side.BUYER, who, mine)
    assert (entry.text, entry.evidence) == ("漏水", ("e1",))


def test_an_opened_case_is_told_although_it_leaves_the_service_with_ids_as_text():
    (entry,) = told(("buyer/b42", OPENED))
    assert entry.text == "您提交了申请：仅退款，¥59.00。"


def test_bookkeeping_is_left_out():
    assert told(("system", e.DeadlinesSet())) == []


def test_only_an_offer_on_the_table_can_be_answered():
    made = [e.OfferMade(number, Side.MERCHANT, Remedy.SMALL_PAYMENT, 1_500, NOW + HOUR) for number in ("o1", "o2")]
    over, stands = told(*(("merchant/1001", offer) for offer in made), standing_offers=("o2",))
    assert (over.standing, stands.standing) == (False, True)


def test_a_script_waits_until_it_was_replied_to():
    prepared = e.RejectionPrepared(1, "worn", 1, "您好，请看照片。", (), NOW + HOUR, added_text="谢谢。")
    waiting, replied = Preparation("worn", 1, NOW, NOW + HOUR), Preparation("worn", 1, NOW, NOW + HOUR, replied_at=NOW)

    (entry,) = told(("merchant/1001", prepared), preparation=waiting)
    assert (entry.kind, entry.text, entry.standing) == ("script", "您好，请看照片。\n谢谢。", True)
    assert not told(("merchant/1001", prepared), preparation=replied)[0].standing


@pytest.mark.parametrize(("scans", "shown", "in_drawer"), [(4, 4, 0), (5, 3, 2), (9, 3, 6)])
def test_a_long_run_of_what_merely_happened_keeps_its_first_and_its_newest(scans, shown, in_drawer):
    said = ("buyer/b42", e.MessageSent(Side.BUYER, "到哪里了"))
    items = folded(told(said, *[("system", SCAN)] * scans, said))

    drawers = [item for item in items if isinstance(item, list)]
    assert len(items) - len(drawers) == shown + 2
    assert sum(map(len, drawers)) == in_drawer
    if drawers:
        assert [entry.seq for entry in drawers[0]] == list(range(3, 3 + in_drawer))
