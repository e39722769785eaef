"""The demo's service inbox: some wait for a person, one is being helped, one was helped before (R5.1)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Literal, NamedTuple

from amends.application.access import Caller
from amends.application.ids import Ids
from amends.application.ports import CaseFilter, CaseKey, Reader
from amends.application.service import Conversations, ConversationView, Service
from amends.demo.people import FIRST_MERCHANT
from amends.domain.actor import buyer, merchant, platform
from amends.domain.case import Case
from amends.domain.time import Instant
from amends.domain.words import Goods, Role, Side, Stage

_LOOKED_THROUGH = 400
_OWNER = "li"


class Said(NamedTuple):
    """Words of the asker, or of the service; some minutes ago."""

    by: Literal["asker", "service"]
    minutes_ago: int
    text: str


class Talk(NamedTuple):
    """A conversation about a case that fits. Nobody has taken it where `staff` is empty."""

    side: Side
    fits: Callable[[Case], bool]
    said: tuple[Said, ...]
    staff: str = ""
    taken_minutes_ago: int = 0
    closed_minutes_ago: int | None = None


_TALKS = (
    Talk(
        Side.BUYER,
        lambda case: case.goods is Goods.RETURN_DUE,
        (
            Said("asker", 55, "有人吗？退货地址在哪里看？"),
            Said("service", 51, "您好，退货地址在售后单页面上，点“寄回商品”就能看到，寄出后请填写运单号。"),
            Said("asker", 46, "找到了，谢谢。"),
        ),
        staff="xu",
        taken_minutes_ago=52,
        closed_minutes_ago=44,
    ),
    Talk(
        Side.BUYER,
        lambda case: case.stage is Stage.AWAITING_MERCHANT,
        (
            Said("asker", 31, "转人工"),
            Said("service", 24, "您好，我是平台客服，请问遇到什么问题？"),
            Said("asker", 22, "我想知道商家最晚什么时候必须答复。"),
            Said("service", 20, "截止时间在售后单页面最上方；到时商家没有答复，系统会按页面写明的结果处理。"),
            Said("asker", 18, "那我再等等，如果到时没有处理还可以找您吗？"),
        ),
        staff="zhou",
        taken_minutes_ago=25,
    ),
    Talk(
        Side.MERCHANT,
        lambda case: case.goods is Goods.RETURN_IN_TRANSIT,
        (Said("asker", 17, "买家寄回的包裹物流信息对不上，能找个真人帮忙核对一下吗？"),),
    ),
    Talk(
        Side.BUYER,
        lambda case: case.stage is Stage.UNDER_REVIEW,
        (
            Said("asker", 9, "平台已经介入了，我想找人工客服问一下还需要补充什么材料。"),
            Said("asker", 6, "我手里还有一段开箱视频，不确定现在还能不能传。"),
        ),
    ),
    Talk(
        Side.BUYER,
        lambda case: case.stage is Stage.AWAITING_BUYER,
        (Said("asker", 4, "商家驳回了我的申请，不想跟机器人说了，请接客服。"),),
    ),
)


class _Clock:
    """Shows what it is set to."""

    def __init__(self, at: Instant) -> None:
        self.at = at

    def now(self) -> Instant:
        return self.at


async def fill(conversations: Conversations, records: Reader, ids: Ids, now: Instant) -> None:
    """Hold the conversations as people would: asked for in words, taken, answered. Raises Unavailable."""
    clock = _Clock(now)
    service = Service(conversations, records, clock, ids)
    found = await records.cases(CaseFilter(), None, _LOOKED_THROUGH)
    asked: set[str] = set()
    for talk in _TALKS:
        case = _about(talk, [row.case for row in found.rows], asked)
        if case is not None:
            asked.add(_asker(talk, case).actor.name)
            await _hold(service, clock, talk, case, now)


def _about(talk: Talk, cases: list[Case], asked: set[str]) -> Case | None:
    """The newest case that fits, of somebody who has not asked yet."""
    own_shop = [case for case in cases if talk.side is Side.BUYER or case.merchant_id == FIRST_MERCHANT]
    return next((case for case in own_shop if talk.fits(case) and _asker(talk, case).actor.name not in asked), None)


def _asker(talk: Talk, case: Case) -> Caller:
    if talk.side is Side.BUYER:
        return Caller(buyer(case.buyer_id), None)
    return Caller(merchant(case.merchant_id, _OWNER), case.merchant_id)


async def _hold(service: Service, clock: _Clock, talk: Talk, case: Case, now: Instant) -> None:
    asker = _asker(talk, case)
    agent = Caller(platform(talk.staff, Role.SERVICE_AGENT), None)
    clock.at = now - timedelta(minutes=talk.said[0].minutes_ago)
    opened = await service.hear(asker, talk.said[0].text, case=CaseKey(case.merchant_id, case.case_id))
    assert isinstance(opened, ConversationView), "the first words ask for a person"
    if talk.staff:
        clock.at = now - timedelta(minutes=talk.taken_minutes_ago)
        await service.take(agent, opened.conversation_id)
    for by, minutes_ago, text in talk.said[1:]:
        clock.at = now - timedelta(minutes=minutes_ago)
        await service.reply(agent if by == "service" else asker, opened.conversation_id, text)
    if talk.closed_minutes_ago is not None:
        clock.at = now - timedelta(minutes=talk.closed_minutes_ago)
        await service.close(asker, opened.conversation_id)
