"""The marketplace's own chat from before a case, as it hands it over: questions before buying, then what was wrong."""

import json
import random
from datetime import timedelta

from amends.demo.orders import DemoOrder
from amends.demo.talk import yuan
from amends.domain.time import Instant

_SOURCE = "客服聊天"

_BEFORE_BUYING = (
    ("buyer", "你好，{title}有现货吗"),
    ("merchant", "您好，有现货的，现在下单今天就能发出"),
    ("buyer", "质量怎么样，收到有问题能退吗"),
    ("merchant", "支持七天无理由，有质量问题来回运费我们承担，您放心拍"),
)
_OF_A_FAULT = (
    ("buyer", "{noun}收到了，{fault}"),
    ("buyer", "刚拆开就这样，包装是好的"),
    ("system", "买家发送了 2 张图片"),
    ("merchant", "您好，麻烦您在自然光下再拍一张，我请仓库核对一下"),
    ("buyer", "拍了，你们看一下，订单号 {order_no}"),
    ("merchant", "收到，仓库说发货前都检查过的，可能是路上碰到了"),
    ("buyer", "路上的问题也不能让我承担吧"),
    ("merchant", "给您补偿 {little} 元，您看可以吗"),
    ("buyer", "不行，没法用，我要退货"),
    ("merchant", "退货需要您先确认不是使用造成的"),
    ("service", "您好，如双方未能协商一致，可以在订单页提交售后申请"),
    ("buyer", "好，那我申请售后"),
)
_AGREED = (
    ("buyer", "你好，{noun}收到了，跟描述有点出入"),
    ("merchant", "您好，给您添麻烦了，方便说一下是哪里吗"),
    ("buyer", "颜色和做工都不太对，退回去又嫌麻烦"),
    ("merchant", "那这样，退您一半 {half} 元，东西您留着用，可以吗"),
    ("buyer", "可以，怎么退"),
    ("merchant", "您在订单页申请仅退款，金额填 {half}，我们看到就同意"),
    ("buyer", "好的，我现在去申请"),
    ("merchant", "好的，您申请以后我们处理"),
)


def history(order: DemoOrder, fault: str, applied_at: Instant, draws: random.Random) -> bytes:
    """Told backwards from the application: the last message was minutes before it."""
    paid = order.lines[0].paid
    facts = {
        "title": order.lines[0].title,
        "noun": order.goods[0].noun,
        "fault": fault,
        "order_no": order.order_no,
        "little": yuan(max(500, paid // 1_000 * 100)),
        "half": yuan(paid // 2),
    }
    at, agent = applied_at - timedelta(minutes=4), draws.choice(("小李", "小周", "阿宁"))
    told = []
    for side, text in reversed(_OF_A_FAULT if fault else _AGREED):
        told.append(_message(at, side, text.format(**facts), agent))
        at -= timedelta(seconds=draws.randint(25, 400))
    at = order.paid_at - timedelta(minutes=6)
    for side, text in reversed(_BEFORE_BUYING):
        told.append(_message(at, side, text.format(**facts), agent))
        at -= timedelta(seconds=draws.randint(20, 90))
    chat = {"source": _SOURCE, "messages": sorted(told, key=lambda one: one["at"])}
    return json.dumps(chat, ensure_ascii=False, indent=1).encode()


def _message(at: Instant, side: str, text: str, agent: str) -> dict[str, str]:
    message = {"at": at.replace(microsecond=0).isoformat(), "side": side, "text": text}
    return {**message, "author": agent} if side == "merchant" else message
