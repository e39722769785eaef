"""What a reader finds in the PDF: complete, in both languages, and only what he may see."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from amends.application.dossier_pages import pages
from amends.application.dossier_pages.blocks import Pages
from amends.application.dossier_pages.clocks import clocks
from amends.application.visibility import officer_number
from amends.domain.events import Deadline, DeadlinePassed, DeadlinesSet, EndedDeadline, Fact
from tests.support.dossiers import READERS, Dispute
from tests.support.shops import shop_in_memory

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def made() -> Mapping[tuple[str, str], Pages]:
    async def story():
        async with shop_in_memory() as shop:
            dispute = Dispute(shop)
            await dispute.ended()
            return {
                (name, language): pages(await dispute.contents(reader, language), ["e1"])
                for name, reader in READERS.items()
                for language in ("zh", "en")
            }

    return asyncio.run(story())


def text(made: Pages) -> str:
    return msgspec.json.encode(made).decode()


def test_the_sections_come_in_the_order_in_which_a_court_reads(made):
    assert [section.title for section in made["buyer", "zh"].sections] == [
        "当事人", "订单与物流", "申请内容", "双方主张", "协商、介入与裁决", "款项", "期限履行情况", "协商记录", "凭证",
        "处理经过", "适用规则", "附件与验证",
    ]  # fmt: skip
    assert [section.title for section in made["buyer", "en"].sections][:4] == [
        "Parties", "Order and delivery", "What is asked", "What each side says",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "words",
    [
        "山川咖啡器具旗舰店", "260302-118273", "家用半自动意式咖啡机 600 款", "上海虹桥中转场", "退货退款 ¥689.00",
        "机器漏水很严重", "补偿您 80 元", "编号 T-20260225-118", "连续视频显示水箱卡扣扣紧后仍漏水", "消保法 24",
        "marketplace-cn-2026.1", "壶身漏水.png", "向人民法院提起诉讼", "圆通速递 YT9081726354",
    ],
)  # fmt: skip
def test_everything_that_matters_is_told(made, words):
    for reader in READERS:
        assert words in text(made[reader, "zh"])


def test_each_point_stands_beside_the_other_sides_of_the_same_stage_with_its_evidence(made):
    (sides,) = made["buyer", "zh"].sections[3].blocks
    told = {
        group.title: [
            tuple(claim and f"{claim.number} {claim.rests_on}".strip() for claim in row) for row in group.rows
        ]
        for group in sides.groups
    }
    assert told == {
        "申请与驳回": [("买1", "商1"), (None, "商2")],
        "平台介入后的陈述": [("买2", "商3 E2"), ("买3 E1", "商4"), ("买4 E3、E4", None)],
        "申诉": [(None, "商5")],
    }


def test_evidence_names_the_points_and_the_reasons_that_rest_on_it(made):
    (shown,) = made["buyer", "zh"].sections[8].blocks
    assert [dict(piece.rows).get("引用") for piece in shown.pieces] == [
        "买3", "商3、裁决理由 2", "买4、裁决理由 1", "买4、裁决理由 1", None,
    ]  # fmt: skip


def test_a_missed_deadline_stands_out_and_says_what_followed(made):
    (table,) = made["buyer", "zh"].sections[6].blocks
    assert [table.rows[number][0] for number in table.marked] == ["举证", "商家验货"]
    assert [table.rows[number][4] for number in table.marked] == [
        "逾期，平台按现有凭证裁决。",
        "逾期，视为验收通过，系统自动进入下一步。",
    ]
    assert {row[4] for number, row in enumerate(table.rows) if number not in table.marked} == {
        "按时", "期内已回应", "不再适用", "已调整",
    }  # fmt: skip


def test_a_reader_finds_nothing_that_is_not_for_him(made):
    for words in ("13812345678", "4200002026030298765432", "wu"):
        assert words in text(made["platform", "zh"])
    for words in ("13812345678", "4200002026030298765432"):
        assert words in text(made["buyer", "zh"])
        assert words not in text(made["merchant", "zh"])
    for reader in ("buyer", "merchant"):
        assert '"zhou"' not in text(made[reader, "zh"])
        assert f'"{officer_number("zhou")}"' in text(made[reader, "zh"])
        assert '"wu"' not in text(made[reader, "zh"])
        assert "2 条平台内部处理记录" in text(made[reader, "zh"])


def test_english_pages_say_everything_in_english(made):
    told = made["platform", "en"]
    headings = [section.title for section in told.sections] + [name for name, _ in (*told.facts, *told.outcome)]
    assert all(heading.isascii() for heading in headings)
    assert "Return and refund ¥689.00" in text(told)


def test_only_evidence_with_a_picture_shows_one(made):
    (shown,) = made["buyer", "zh"].sections[8].blocks
    assert [piece.picture for piece in shown.pieces] == ["e1", "", "", "", ""]


def fact(seq: int, by: str, *, running=(), ended=()) -> Fact:
    return Fact(7, seq, NOON + seq * HOUR, by, DeadlinesSet(running, ended))


def deadline(key: str, owner: str, hours: int) -> Deadline:
    return Deadline(key, owner, NOON, NOON + hours * HOUR)


def test_every_clock_is_told_with_how_it_ended():
    told = clocks([
        fact(1, "buyer/b", running=(deadline("answer", "merchant", 48), deadline("evidence:buyer", "buyer", 24))),
        fact(2, "platform/zhou", running=(deadline("evidence:buyer", "buyer", 36),)),
        fact(3, "merchant/1/li", running=(deadline("wait", "buyer", 9),), ended=(EndedDeadline("answer", "moot"),)),
        fact(4, "merchant/1/li", ended=(EndedDeadline("wait", "moot"), EndedDeadline("unknown", "met"))),
        Fact(7, 5, NOON + 5 * HOUR, "system", DeadlinePassed("evidence:buyer", NOON + 5 * HOUR, "judge", "p-1")),
        fact(5, "system", ended=(EndedDeadline("evidence:buyer", "passed"),)),
        fact(6, "system", running=(deadline("appeal", "buyer", 99),)),
    ])  # fmt: skip
    ended = [(one.key, one.how, one.outcome, one.ended_at and (one.ended_at - NOON) // HOUR) for one in told]
    assert ended == [
        ("answer", "met", None, 3),
        ("evidence:buyer", "moved", None, 2),
        ("evidence:buyer", "passed", "judge", 5),
        ("wait", "moot", None, 4),
        ("appeal", "", None, None),
    ]
