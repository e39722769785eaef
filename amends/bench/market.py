"""The marketplace that is measured: who sends what, how often, and how long the texts are.

Every case lives one of two lives, a return or a refund that is offered. Among 100 commands five cases are opened and
five closed; nine messages are written for each, as chat makes up most of what is sent; for each an order is told of and
scanned three times. (News of orders that nobody complains of would be many more, and cheaper.) All steps of a life come
equally often, so the traffic can go on for as long as it is measured.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from msgspec.structs import replace

from amends.application.policies import Policies
from amends.application.ports import Envelope
from amends.domain import commands as k
from amends.domain.actor import SYSTEM, Actor, buyer, merchant
from amends.domain.case import public_case_id
from amends.domain.order import Line, Merchant, Payment, ReturnAddress, Scan
from amends.domain.time import Instant
from amends.domain.words import EvidenceKind, Kind, Leg, Remedy, Role, ScanCode

NOW = datetime.now(UTC).replace(microsecond=0)
"""When the measurements begin. What fills their database happened before it, as a web process goes by real time."""

DELIVERED_AT = NOW - timedelta(days=9)
POLICIES = Policies.load()

MERCHANTS = 1_000
FIRST_MERCHANT = 1_001
STAFF = "li"


class Subject:
    """An order and its case, as senders know them. `case_id` is there once the case was opened."""

    __slots__ = ("case_id", "merchant_id", "order_no")

    def __init__(self, merchant_id: int, order_no: str, case_id: int | None = None) -> None:
        self.merchant_id = merchant_id
        self.order_no = order_no
        self.case_id = case_id

    @property
    def buyer(self) -> Actor:
        return buyer(f"b{self.order_no}")

    @property
    def staff(self) -> Actor:
        return merchant(self.merchant_id, STAFF)

    @property
    def public_id(self) -> str:
        assert self.case_id is not None, "only an opened case has an id"
        return public_case_id(self.merchant_id, self.case_id)

    def about_case(self, actor: Actor, command: k.Command) -> Envelope:
        return Envelope(actor, self.merchant_id, command, case_id=self.case_id)

    def about_order(self, actor: Actor, command: k.Command) -> Envelope:
        return Envelope(actor, self.merchant_id, command, order_no=self.order_no)


_CHAT = (
    "您好，收到货了，打开发现壶嘴一直漏水，麻烦处理一下",
    "亲，非常抱歉给您带来不便，麻烦拍一张漏水位置的照片发给我们好吗？",
    "照片已经上传了，您看一下，就是壶嘴和壶身接缝的地方",
    "好的亲，已经看到了，我们这边给您登记，马上处理",
    "大概什么时候能处理好？我这边比较急用",
    "退货的运费由我们承担，您先用任意快递寄回，运费凭证上传到这里即可，我们收到后会一起退给您",
    "好的",
    "在吗",
    "仓库收到后一到两个工作日内检查完就会退款，请您放心，有任何问题随时联系我们",
)


def message(subject: Subject, number: int) -> Envelope:
    """The buyer and the merchant write in turn."""
    actor = subject.staff if number % 2 else subject.buyer
    return subject.about_case(actor, k.SendMessage(_CHAT[number % len(_CHAT)]))


def order(subject: Subject, _number: int) -> Envelope:
    """The shop tells of an order with two lines, shipped."""
    lines = (
        Line(1, "HU-600-BK", "手冲咖啡壶 细口壶 600ml 哑光黑", "home", 1, 8_900, 7_900),
        Line(2, "LZ-100", "咖啡滤纸 100片 原木浆", "home", 2, 1_500, 2_600),
    )
    payment = Payment("wechat", f"wx{subject.order_no}", 11_100)
    command = k.SyncOrder(
        subject.order_no,
        f"b{subject.order_no}",
        "CNY",
        lines,
        600,
        11_100,
        (payment,),
        ship_by=DELIVERED_AT - timedelta(days=2),
        label_printed=True,
        carrier="SF",
        tracking_no=f"SF{subject.order_no}",
        paid_at=DELIVERED_AT - timedelta(days=4),
        buyer_phone="+86 129 0000 0000",
    )
    return subject.about_order(SYSTEM, command)


JOURNEY = (ScanCode.PICKED_UP, ScanCode.IN_TRANSIT, ScanCode.OUT_FOR_DELIVERY, ScanCode.DELIVERED)


def journey(subject: Subject) -> Iterator[Envelope]:
    """The courier picks the order up, carries and delivers it."""
    for hours, code in enumerate(JOURNEY, -len(JOURNEY)):
        yield _outward_scan(subject, Scan(code, DELIVERED_AT + timedelta(hours=hours), "上海浦东"))


def order_scan(subject: Subject, number: int) -> Envelope:
    """One more scan of a parcel on its way."""
    at = NOW - timedelta(seconds=number % 3_600)
    return _outward_scan(subject, Scan(ScanCode.IN_TRANSIT, at, "浙江嘉兴转运中心"))


def _outward_scan(subject: Subject, scan: Scan) -> Envelope:
    return subject.about_order(SYSTEM, k.RecordScan(Leg.OUTWARD, "SF", f"SF{subject.order_no}", scan))


def _open_return(subject: Subject, number: int) -> Envelope:
    command = k.OpenCase(
        subject.order_no,
        (k.CaseLine(1, 1),),
        Kind.RETURN_AND_REFUND,
        "quality",
        goods_received=True,
        note="壶嘴漏水，倒水时流到桌上了，用了两次都是这样",
        evidence=(_photo(number),),
    )
    return subject.about_order(subject.buyer, command)


def _open_refund(subject: Subject, number: int) -> Envelope:
    command = k.OpenCase(
        subject.order_no,
        (k.CaseLine(2, 1),),
        Kind.REFUND_ONLY,
        "missing_items",
        goods_received=True,
        note="滤纸买了两包，只收到一包",
        evidence=(_photo(number),),
    )
    return subject.about_order(subject.buyer, command)


def _photo(number: int) -> k.EvidenceItem:
    """Named only: what files cost is measured apart (`amends bench --photos`)."""
    return k.EvidenceItem(EvidenceKind.PHOTO, name=f"IMG_{number % 10_000:04}.jpg")


def _evidence(subject: Subject, number: int) -> Envelope:
    return subject.about_case(subject.buyer, k.AddEvidence((_photo(number),), note="这是刚拍的，漏水的位置"))


def _agree(subject: Subject, _number: int) -> Envelope:
    return subject.about_case(subject.staff, k.Agree(1, note="同意退货，请按地址寄回"))


def _ship_return(subject: Subject, _number: int) -> Envelope:
    return subject.about_case(subject.buyer, k.ShipReturn("YTO", f"YT{subject.order_no}"))


def _return_scan(code: ScanCode) -> Callable[[Subject, int], Envelope]:
    def scan(subject: Subject, _number: int) -> Envelope:
        command = k.RecordScan(Leg.RETURN, "YTO", f"YT{subject.order_no}", Scan(code, NOW, "浙江杭州"))
        return subject.about_case(SYSTEM, command)

    return scan


def _accept_return(subject: Subject, _number: int) -> Envelope:
    return subject.about_case(subject.staff, k.AcceptReturn())


def _offer(subject: Subject, _number: int) -> Envelope:
    command = k.MakeOffer(Remedy.REFUND_ONLY, 1_300, message="少的一包直接退给您，您看可以吗")
    return subject.about_case(subject.staff, command)


def _accept_offer(subject: Subject, _number: int) -> Envelope:
    return subject.about_case(subject.buyer, k.AcceptOffer(f"{subject.public_id}-o1"))


def _payout(subject: Subject, number: int) -> Envelope:
    command = k.RecordPayout(f"{subject.public_id}-p1", "done", f"5030{number:024}")
    return subject.about_case(SYSTEM, command)


class Step(NamedTuple):
    """One kind of command: its share among 100, and who sends what. The number makes texts differ."""

    name: str
    share: int
    send: Callable[[Subject, int], Envelope]


RETURN: tuple[Step, ...] = (
    Step("open a return", 3, _open_return),
    Step("add evidence", 3, _evidence),
    Step("agree", 3, _agree),
    Step("ship the return", 3, _ship_return),
    Step("return on its way", 3, _return_scan(ScanCode.IN_TRANSIT)),
    Step("return delivered", 3, _return_scan(ScanCode.DELIVERED)),
    Step("accept the return", 3, _accept_return),
    Step("payout of a return", 3, _payout),
)
REFUND: tuple[Step, ...] = (
    Step("open a refund", 2, _open_refund),
    Step("make an offer", 2, _offer),
    Step("accept the offer", 2, _accept_offer),
    Step("payout of an offer", 2, _payout),
)
MESSAGE = Step("write a message", 47, message)
ORDER = Step("news of an order", 5, order)
SCAN = Step("scan of an order", 16, order_scan)
LIVES: tuple[tuple[Step, ...], ...] = (RETURN, REFUND)
STEPS = (MESSAGE, ORDER, SCAN, *RETURN, *REFUND)


def keyed(envelope: Envelope, key: str) -> Envelope:
    """As it is sent: people's commands carry an idempotency key, news from courier and provider none."""
    if envelope.actor is SYSTEM and not isinstance(envelope.command, k.SyncOrder):
        return envelope
    return replace(envelope, key=key)


def settings(merchant_id: int) -> Merchant:
    """A merchant as it is set up."""
    place = "浙江省杭州市余杭区文一西路969号3号仓"
    address = ReturnAddress("warehouse", "退货组", "+86 129 0000 0001", place, default=True)
    return Merchant(merchant_id, name=f"第{merchant_id}号店", addresses=(address,), staff={STAFF: Role.OWNER})


class StoppedClock:
    """Shows the time that it was set to."""

    def __init__(self, at: Instant = NOW) -> None:
        self.at = at

    def now(self) -> Instant:
        return self.at
