"""Every component in every state, with made-up cases, to look at while working on the look. In demonstrations only."""

from datetime import timedelta
from typing import Any, NamedTuple

from litestar import Response, get
from litestar.exceptions import NotFoundException

from amends.application.caseview import ActionView, CaseLineView, Clock, Money, Next, Status, Wanted
from amends.application.outward import PublicFact
from amends.application.queries import EvidenceView
from amends.domain import events as e
from amends.domain.case import Preparation
from amends.domain.commands import Finding, Point, Shares
from amends.domain.order import Parcel, Scan
from amends.domain.policy import Freight, LapseOutcome
from amends.domain.time import Instant
from amends.domain.words import (
    EvidenceKind,
    Fault,
    Funds,
    Goods,
    Kind,
    Outcome,
    Payer,
    Remedy,
    RulingOutcome,
    ScanCode,
    Side,
    Stage,
)
from amends.web.portal.talk import conversation
from amends.web.portal.visit import Here
from amends.wording.reader import Reader
from amends.wording.statuses import lapse, status, turn

HOUR = timedelta(hours=1)
CASE = "1001-0F3K9QZ2M7T4A"


@get("/demo/gallery")
async def page(here: Here) -> Response[bytes]:
    """`?as=merchant` shows it as that side sees it."""
    if not here.is_demo:
        raise NotFoundException
    side = Side(here.request.query_params.get("as", Side.BUYER))
    reader = Reader(here.now, here.reader().zone, here.language, side)
    return here.page("gallery/page.html", **samples(reader))


def samples(reader: Reader) -> dict[str, Any]:
    """One of each component's data, in every state that it can show."""
    now = reader.now
    return {
        "states": _states(reader),
        "actions": _actions(now),
        "lines": _lines(reader),
        "entries": conversation(
            _facts(now), reader, standing_offers=("o2",), preparation=Preparation("r", 1, now, now + HOUR / 2)
        ),
        "parcel": _parcel(now),
        "checklist_of": (
            Wanted(Side.BUYER, (EvidenceKind.PHOTO, EvidenceKind.VIDEO), ("商品照片", "视频"), given=True),
            Wanted(Side.BUYER, (EvidenceKind.PACKING_PHOTO,), ("外包装照片",), given=False),
        ),
        "evidence": (
            EvidenceView("e1", Side.BUYER, EvidenceKind.PHOTO, now - 40 * HOUR, "buyer/b42", name="壶嘴漏水.jpg"),
            EvidenceView("e2", Side.BUYER, EvidenceKind.VIDEO, now - 39 * HOUR, "buyer/b42", name="倒水测试.mp4"),
            EvidenceView("e3", Side.MERCHANT, EvidenceKind.QUALITY_REPORT, now - 3 * HOUR, "merchant/1001"),
        ),
        "money": Money("CNY", 5_900, 5_900, 5_900, 1_500, 0, 0, 0, 4_400, ()),
        "sides": _sides(),
        "records": (
            ("承运商记录签收，签收人：本人", now - 70 * HOUR, "scan:delivered"),
            ("买家在签收后 26 小时首次反映漏水", now - 44 * HOUR, "#3"),
            ("照片 e1 的拍摄时间早于首条消息 12 分钟", now - 44 * HOUR, "e1"),
        ),
        "clocks": _clocks(reader),
        "shares": Shares(buyer=10, merchant=70, carrier=20),
    }


class Shown(NamedTuple):
    """A status card and whether it is the reader's turn."""

    status: Status
    next: Next
    mine: bool


def _states(reader: Reader) -> list[Shown]:
    """Much time, little, minutes, none; and the end."""
    ended = status(Stage.CLOSED, Goods.WITH_BUYER, Funds.PAID, reader.language, outcome=Outcome.REFUNDED)
    return [
        _shown(reader, "answer.with_buyer", Goods.WITH_BUYER, 37, "agree_refund"),
        _shown(reader, "ship_return", Goods.RETURN_DUE, 5, "close_not_sent"),
        _shown(reader, "answer.in_transit", Goods.IN_TRANSIT, 0.62, "agree_refund"),
        _shown(reader, "ruling", Goods.WITH_BUYER, -0.5, "late"),
        Shown(Status(10, ended, Stage.CLOSED, Goods.WITH_BUYER, Funds.PAID), Next("nobody"), mine=False),
    ]


_OWNERS = {
    "answer.with_buyer": ("merchant", Stage.AWAITING_MERCHANT),
    "answer.in_transit": ("merchant", Stage.AWAITING_MERCHANT),
    "ship_return": ("buyer", Stage.IN_MOTION),
    "ruling": ("platform", Stage.UNDER_REVIEW),
}


def _shown(reader: Reader, key: str, goods: Goods, hours_left: float, outcome: LapseOutcome) -> Shown:
    owner, stage = _OWNERS[key]
    due_at = reader.now + hours_left * HOUR
    amount = 5_900 if outcome == "agree_refund" else 0
    return Shown(
        Status(3, status(stage, goods, Funds.NONE, reader.language), stage, goods, Funds.NONE),
        Next(
            owner,
            key,
            due_at,
            turn(key, owner, due_at, reader),
            outcome,
            lapse(key, outcome, reader, amount or None),
            amount,
            due_at - 48 * HOUR,
        ),
        mine=owner == reader.side,
    )


def _actions(now: Instant) -> dict[str, ActionView]:
    """Five that are open and two that are not: one until later, one for good."""
    opens = now + 14 * HOUR
    early = {
        "code": "too_early",
        "title": "还不能申请平台介入",
        "detail": f"最早 {opens:%H:%M} 可以申请。",
        "until": opens,
    }
    shut = {"code": "not_in_transit", "title": "包裹已签收", "detail": "已经签收的包裹不能拦截。"}
    possible = ("accept-offer", "decline-offer", "agree", "modify", "reject")
    return {verb: ActionView(verb, allowed=True) for verb in possible} | {
        "request-intervention": ActionView("request-intervention", allowed=False, why=early),
        "intercept-parcel": ActionView("intercept-parcel", allowed=False, why=shut),
    }


def _lines(reader: Reader) -> list[CaseLineView]:
    now = reader.now
    rows = (
        ("手冲咖啡壶 600ml 细口 带温度计", 5_900, Stage.AWAITING_MERCHANT, Goods.WITH_BUYER, 37),
        ("316 不锈钢保温杯 500ml 墨绿", 3_900, Stage.AWAITING_MERCHANT, Goods.IN_TRANSIT, 2),
        ("可折叠收纳盒 大号 三只装", 2_550, Stage.AWAITING_MERCHANT, Goods.NOT_SHIPPED, -0.4),
        ("北欧风落地灯 客厅 三色调光", 25_900, Stage.IN_MOTION, Goods.RETURN_IN_TRANSIT, 120),
        ("四件套 全棉 60 支 1.8 米床", 32_900, Stage.UNDER_REVIEW, Goods.WITH_BUYER, 20),
    )
    return [
        CaseLineView(
            CASE[:-1] + str(place),
            "1001",
            f"20261120-{place}",
            "b42",
            title,
            7,
            Status(3, status(stage, goods, Funds.NONE, reader.language), stage, goods, Funds.NONE),
            Next("merchant", "answer.with_buyer", now + left * HOUR, started_at=now - 11 * HOUR),
            Kind.RETURN_AND_REFUND,
            "quality",
            amount,
            "CNY",
            now - 11 * HOUR,
        )
        for place, (title, amount, stage, goods, left) in enumerate(rows)
    ]


def _facts(now: Instant) -> list[PublicFact]:
    buyer, merchant, platform = "buyer/b42", "merchant/1001", "platform/gao"
    opened = {
        "event": "case_opened", "case_id": CASE, "merchant_id": "1001", "order_no": "20261120-1", "buyer_id": "b42",
        "currency": "CNY", "policy": "cn-1", "goods": "with_buyer", "opened_by": "buyer",
        "first_applied_at": now - 44 * HOUR,
        "terms": {"kind": "return_and_refund", "reason": "quality", "lines": [], "amount_minor": 5_900,
                  "maximum_minor": 5_900, "goods_received": True, "fault": "merchant",
                  "freight": {"outward": "merchant", "back": "merchant", "replacement": "merchant"}},
    }  # fmt: skip
    script = (
        "您好，我们看了您发来的照片。壶嘴处的水迹也可能来自倒水时的角度，能否请您再拍一段倒水的视频？"
        "如果确认是壶嘴密封的问题，我们为您换新或退款。"
    )
    terms = e.RulingTerms(
        RulingOutcome.RETURN_AND_REFUND,
        5_900,
        Fault.MERCHANT,
        Freight(Payer.MERCHANT, Payer.MERCHANT, Payer.MERCHANT),
        (
            Finding("壶嘴焊缝处渗水，视频中倒水 3 秒即可见水滴沿壶身流下。", ("e2",), "《消费者权益保护法》第二十四条"),
            Finding("商家提交的出厂检测报告为同批次抽检，不能证明本件合格。", ("e3",), "平台规则 7.2 举证责任"),
        ),
        shares=Shares(buyer=0, merchant=80, carrier=20),
    )
    small = e.OfferMade(
        "o1", Side.MERCHANT, Remedy.SMALL_PAYMENT, 1_500, now - 17 * HOUR, message="补偿 15 元，不用退货。"
    )
    exchange = e.OfferMade(
        "o2", Side.MERCHANT, Remedy.EXCHANGE, 0, now + 9 * HOUR, message="为您换一只新的，运费由我们承担。"
    )
    told: list[tuple[float, str, Any]] = [
        (44, buyer, opened),
        (43.8, buyer, e.MessageSent(Side.BUYER, "壶嘴漏水，倒水的时候一直往下滴，照片发您了。", ("e1", "e2"))),
        (42, merchant, e.MessageSent(Side.MERCHANT, "您好，很抱歉给您带来不便。补偿您 15 元，商品您留用，可以吗？")),
        (41.9, merchant, small),
        (30, buyer, e.OfferDeclined("o1", Side.BUYER)),
        (29.9, buyer, e.MessageSent(Side.BUYER, "漏水没法用，我还是想退货。")),
        (6, merchant, e.RejectionPrepared(1, "no_fault_found", 1, script, (Remedy.EXCHANGE,), now + HOUR / 2)),
        (5, merchant, exchange),
        (4, buyer, e.PositionStated(Side.BUYER, (
            Point("收到当天第一次使用就漏水，照片和视频可以看到水从壶嘴根部渗出。", ("e1", "e2")),
            Point("商家说是倒水角度的问题，但视频里壶身是水平的。", ("e2",)),
        ))),
        (3, buyer, e.InterventionRequested(Side.BUYER, "协商没有结果。", 1, Side.MERCHANT)),
        (2, platform, e.MessageSent(Side.PLATFORM, "您好，平台已介入。请双方在今天 18:00 前补充凭证。")),
        (1, platform, e.RulingGiven(terms, platform, "", now + 168 * HOUR)),
    ]  # fmt: skip
    return [PublicFact(CASE, seq, now - hours * HOUR, by, event) for seq, (hours, by, event) in enumerate(told, 1)]


def _parcel(now: Instant) -> Parcel:
    way = (
        (ScanCode.PICKED_UP, 118, "浙江金华"),
        (ScanCode.IN_TRANSIT, 101, "杭州转运中心"),
        (ScanCode.IN_TRANSIT, 84, "上海转运中心"),
        (ScanCode.OUT_FOR_DELIVERY, 73, "上海浦东"),
        (ScanCode.DELIVERED, 70, "上海浦东"),
    )
    scans = tuple(Scan(code, now - hours * HOUR, place=place) for code, hours, place in way)
    return Parcel("中通快递", "75839201746623", scans)


def _sides() -> list[tuple[Point | None, Point | None]]:
    return [
        (
            Point("第一次使用就漏水，水从壶嘴根部渗出。", ("e1", "e2")),
            Point("出厂前每批抽检，检测报告显示密封合格。", ("e3",)),
        ),
        (Point("视频里壶身水平，不是倒水角度的问题。", ("e2",)), None),
        (None, Point("愿意换新并承担来回运费，买家没有接受。", ("o2",))),
    ]


def _clocks(reader: Reader) -> list[Clock]:
    """Two deadlines that run beside each other."""
    now = reader.now
    return [
        Clock(key, owner, now - 40 * HOUR, due_at, turn(key, owner, due_at, reader), "none", "")
        for key, owner, due_at in (
            ("answer.with_buyer", "merchant", now + 8 * HOUR),
            ("offer_open", "buyer", now + 31 * HOUR),
        )
    ]
