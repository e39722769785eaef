"""A dispute with everything in it that a dossier can show, and evidence files in memory."""

import zlib
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from struct import pack

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from amends.application.access import Caller
from amends.application.dossier import Contents, Dossiers
from amends.application.files import Copy, FileView, Form
from amends.application.ledger import Ledger, TimeStamps
from amends.application.ports import CaseKey, Envelope, Reader
from amends.application.visibility import forms_of
from amends.domain import commands as k
from amends.domain.actor import SYSTEM, Actor, buyer, merchant, platform
from amends.domain.events import EvidenceFiled
from amends.domain.order import FreeShipping, Line, Merchant, Payment, ReturnAddress, Scan
from amends.domain.refusals import Refusal
from amends.domain.words import (
    AppealOutcome,
    EvidenceKind,
    Fault,
    Kind,
    Leg,
    Payer,
    Remedy,
    Role,
    RulingOutcome,
    ScanCode,
    Side,
)
from amends.wording.catalogue import Language
from tests.support.shops import HOUR, MONDAY, POLICIES, Shop

BUYER = buyer("b42")
OWNER, AGENT = merchant(1001, "li"), merchant(1001, "wang", Role.AFTER_SALE)
ARBITRATOR, COLLEAGUE = platform("zhou", Role.ARBITRATOR), platform("wu", Role.ARBITRATOR)
SUPERVISOR = platform("sun", Role.SUPERVISOR)
AUDITOR = platform("yan", Role.AUDITOR)
PNG = b"\x89PNG"
READERS = {"buyer": BUYER, "merchant": OWNER, "platform": AUDITOR}

SHOP = Merchant(
    1001,
    "山川咖啡器具旗舰店",
    addresses=(ReturnAddress("a1", "仓库 李师傅", "0571-88880000", "浙江省杭州市余杭区仓前街道 1 号", default=True),),
)


class MemoryFiles:
    """Evidence by its hash, as the service gives it out: what is no picture has an original alone."""

    def __init__(self, records: Reader) -> None:
        self._records = records
        self.files: dict[str, bytes] = {}
        self.blobs = self

    def put(self, content: bytes) -> str:
        hashed = sha256(content).hexdigest()
        self.files[hashed] = content
        return hashed

    async def read(self, key: str) -> AsyncIterator[bytes]:
        hashed, _, form = key.partition("/")[2].partition(".")
        content = self.files[hashed]
        if form and not content.startswith(PNG):
            raise LookupError(key)
        if form == Form.DISPLAY:
            content += b"drawn anew"
        for place in range(0, len(content), 1 << 20):
            yield content[place : place + (1 << 20)]

    async def views(self, key: CaseKey, caller: Caller) -> dict[str, FileView]:
        return {
            item.evidence_id: self._view(item, record.fact.event.side, caller.actor)
            for record in await self._records.records(key)
            if isinstance(record.fact.event, EvidenceFiled)
            for item in record.fact.event.items
            if item.sha256 in self.files
        }

    def _view(self, item: k.EvidenceItem, side: Side, actor: Actor) -> FileView:
        content = self.files[item.sha256]
        kind = "image/png" if content.startswith(PNG) else "video/mp4"
        copies = {form: Copy(kind, len(content)) for form in (Form if kind == "image/png" else [Form.ORIGINAL])}
        allowed = forms_of(side, actor)
        facts = {"taken_at": "2026-03-04T18:52:10+08:00", "device": "Xiaomi 14"} if Form.ORIGINAL in allowed else {}
        return FileView(kind, len(content), {f: copy for f, copy in copies.items() if f in allowed}, facts)


class Blank:
    """A printer for those who do not look at what is printed."""

    async def print(self, contents: Contents, previews: dict[str, bytes]) -> bytes:
        return b"%PDF " + contents.public_id.encode() + b" " + " ".join(sorted(previews)).encode()


class Ring:
    """Keys in memory, the same ones every time."""

    def __init__(self, first: int = 1) -> None:
        self._first = first
        self.keys: dict[int, Ed25519PrivateKey] = {}

    def get(self, number: int) -> Ed25519PrivateKey | None:
        return self.keys.get(number)

    def make(self, number: int) -> Ed25519PrivateKey:
        seed = bytes([self._first + number]) * 32
        return self.keys.setdefault(number, Ed25519PrivateKey.from_private_bytes(seed))


def picture(width: int, height: int, colour: tuple[int, int, int]) -> bytes:
    """A PNG of a lighter disc on a ground."""
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            inside = (x - width / 2) ** 2 + (y - height / 2) ** 2 < (min(width, height) / 3) ** 2
            rows += bytes(min(255, part + 60) if inside else part for part in colour)

    def chunk(name: bytes, content: bytes) -> bytes:
        return pack("!I", len(content)) + name + content + pack("!I", zlib.crc32(name + content))

    header = pack("!2I5B", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(rows))) + chunk(b"IEND", b"")
    )


class Dispute:
    """A coffee machine that leaks, from the order to a ruling by two people."""

    def __init__(self, shop: Shop, time_stamps: TimeStamps | None = None) -> None:
        self.shop = shop
        self.files = MemoryFiles(shop.reader)
        self.ring = Ring()
        self.ledger = Ledger(shop.book, self.ring, shop.clock, time_stamps)
        self.dossiers = Dossiers(shop.reader, self.ledger, POLICIES, self.files, Blank())
        self.case: CaseKey | None = None

    def photo(self, name: str, colour: tuple[int, int, int], size: tuple[int, int] = (64, 48)) -> k.EvidenceItem:
        return k.EvidenceItem(EvidenceKind.PHOTO, self.files.put(picture(*size, colour)), name)

    async def order(self) -> None:
        await self.ledger.begin()
        await self.shop.registry.put_merchant(SHOP, MONDAY)
        line = Line(1, "ECM-600", "家用半自动意式咖啡机 600 款", "appliances", 1, 69_900, 68_900)
        cups = Line(2, "CUP-2", "双层玻璃杯 2 只装", "home", 2, 2_500, 5_000)
        bought = k.SyncOrder(
            "260302-118273",
            BUYER.party,
            "CNY",
            (line, cups),
            0,
            73_900,
            (Payment("wechat", "4200002026030298765432", 73_900),),
            ship_by=MONDAY + timedelta(days=2),
            carrier="shunfeng",
            tracking_no="SF1436502287",
            paid_at=MONDAY,
            buyer_phone="13812345678",
            free_shipping=FreeShipping(9_900, 1_200),
        )
        await self.says(SYSTEM, bought, order_no="260302-118273")
        for code, after, place, text in (
            (ScanCode.PICKED_UP, HOUR, "杭州余杭集散点", "已揽收"),
            (ScanCode.IN_TRANSIT, HOUR, "上海虹桥中转场", "离开"),
            (ScanCode.OUT_FOR_DELIVERY, 20 * HOUR, "上海静安营业点", "派送员 张师傅 正在派送"),
            (ScanCode.DELIVERED, 2 * HOUR, "上海市静安区", "已签收,签收人:本人"),
        ):
            self.shop.clock.advance(after)
            scan = k.RecordScan(Leg.OUTWARD, "shunfeng", "SF1436502287", Scan(code, self.shop.clock.now(), place, text))
            await self.says(SYSTEM, scan, order_no="260302-118273")

    async def says(self, who: Actor, command: k.Command, after: timedelta = timedelta(0), **more: str) -> None:
        """Somebody does something, `after` what happened before."""
        self.shop.clock.advance(after)
        about = {} if self.case is None or more else {"case_id": self.case.case_id}
        (answer,) = await self.shop.accepted([Envelope(who, 1001, command, **about, **more)])  # type: ignore[arg-type]
        if self.case is None and answer.case_id is not None:
            self.case = CaseKey(1001, answer.case_id)

    async def told(self) -> CaseKey:
        """Everything, to the ruling. Nothing of it is in the ledger before the middle and the end."""
        await self.order()
        leak = self.photo("壶身漏水.png", (90, 110, 140), (160, 120))
        note = "使用第二天,冲煮头下方持续漏水,台面积水,无法正常使用。"
        opening = k.OpenCase(
            "260302-118273", (k.CaseLine(1, 1),), Kind.RETURN_AND_REFUND, "quality", goods_received=True,
            note=note, evidence=(leak,),
        )  # fmt: skip
        await self.says(BUYER, opening, 26 * HOUR, order_no="260302-118273")
        await self.says(BUYER, k.SendMessage("您好,机器漏水很严重,照片已经发您了,我想退货退款。"), HOUR / 10)
        await self.says(
            AGENT, k.SendMessage("您好,非常抱歉给您带来不便。请问密封圈是否安装到位?可以拍一段视频吗?"), HOUR
        )
        await self.says(BUYER, k.SendMessage("已经按说明书装好了,还是漏。"), HOUR / 3)
        offer = k.MakeOffer(Remedy.REFUND_ONLY, amount=8_000, goods="keep", message="补偿您 80 元,机器您留用,可以吗?")
        await self.says(AGENT, offer, HOUR)
        assert self.case is not None
        case = await self.shop.reader.case(self.case)
        assert case is not None
        standing = case.offer_of(Side.MERCHANT)
        assert standing is not None
        await self.says(BUYER, k.DeclineOffer(standing.offer_id, "漏水机器没法用,不同意只补偿。"), HOUR / 2)
        await self.ledger.cover(self.case)
        await self.says(AGENT, k.PrepareRejection(1, "facts_differ"), HOUR)
        await self.says(BUYER, k.SendMessage("我不同意,就是质量问题。"), HOUR / 4)
        await self.says(AGENT, k.SendMessage("我们出厂前逐台做过水压测试,测试记录可以提供。"), HOUR / 4)
        tested = self.photo("出厂水压测试.png", (150, 120, 80), (120, 160))
        rejection = k.Reject(
            1, "facts_differ",
            (k.Point("本机出厂前通过 15 bar 水压测试,编号 T-20260225-118,测试无渗漏。"),
             k.Point("照片中积水位于水箱接口处,更像水箱未推到底。")),
            (tested,),
        )  # fmt: skip
        await self.says(AGENT, rejection, HOUR)
        await self.says(BUYER, k.RequestIntervention("商家拒绝退货,机器无法使用,请平台介入。"), 3 * HOUR)
        await self.says(ARBITRATOR, k.Assign("zhou", "小家电"), HOUR)
        await self.says(ARBITRATOR, k.RequestEvidence("buyer", ("水箱推到底后仍漏水的连续视频",)), HOUR)
        video = k.EvidenceItem(EvidenceKind.VIDEO, self.files.put(b"\0\0\0\x18ftypmp42" + bytes(3000)), "连续视频.mp4")
        kept = self.photo("水箱已推到底.png", (70, 130, 90))
        await self.says(BUYER, k.AddEvidence((video, kept), "视频里可以看到水箱卡扣已扣紧"), 4 * HOUR)
        await self.says(BUYER, k.StatePosition((
            k.Point("签收后第二天即发现漏水,有照片为证。", ("e1",)),
            k.Point("水箱已推到底仍漏水,有连续视频为证。", ("e3", "e4")),
        )), HOUR / 2)  # fmt: skip
        await self.says(OWNER, k.StatePosition((
            k.Point("出厂测试合格,有测试记录。", ("e2",)),
            k.Point("不能排除运输或使用不当造成。"),
        )), HOUR / 2)  # fmt: skip
        ours = k.FreightRuling(Payer.MERCHANT, Payer.MERCHANT)
        ruling = k.Rule(
            RulingOutcome.RETURN_AND_REFUND, Fault.MERCHANT, ours,
            (k.Finding("连续视频显示水箱卡扣扣紧后仍漏水,初步证明商品存在质量问题。", ("e3", "e4"), "visible-defect"),
             k.Finding("出厂测试记录未载明本机序列号,不足以证明交付时无瑕疵。", ("e2",), "evidence-on-record"),
             k.Finding("快递记录显示 3 月 3 日签收,买家次日提出,仍在退货期内。", ("scan:delivered",), "law-quality")),
            amount=68_900,
        )  # fmt: skip
        await self.says(ARBITRATOR, ruling, 20 * HOUR)
        await self.says(COLLEAGUE, k.ApproveRuling(approve=True), 2 * HOUR)
        await self.says(BUYER, k.ShipReturn("yuantong", "YT9081726354"), 9 * HOUR)
        await self.ledger.cover(self.case)
        return self.case

    async def ended(self) -> CaseKey:
        """All of that, an appeal, a return that the merchant did not check in time, and the money."""
        await self.told()
        assert self.case is not None
        letter = self.photo("序列号补充说明.png", (120, 90, 130))
        grounds = "出厂测试记录已补充本机序列号 ECM600-2602-0118,与快递面单一致,请求撤销原裁决并驳回买家的退货申请。"
        await self.says(OWNER, k.Appeal(grounds, (letter,)), 14 * HOUR)
        for code, after, place, text in (
            (ScanCode.PICKED_UP, 2 * HOUR, "上海静安营业点", "已揽收"),
            (ScanCode.DELIVERED, 30 * HOUR, "浙江省杭州市余杭区", "已签收,签收人:仓库前台"),
        ):
            self.shop.clock.advance(after)
            scan = Scan(code, self.shop.clock.now(), place, text)
            await self.says(SYSTEM, k.RecordScan(Leg.RETURN, "yuantong", "YT9081726354", scan))
        upheld = k.DecideAppeal(AppealOutcome.UPHOLD, "序列号系事后补写,无法证明测试时即已记载;维持原裁决。")
        await self.says(SUPERVISOR, upheld, 5 * HOUR)
        await self.says(SYSTEM, k.Lapse(), 7 * 24 * HOUR)
        case = await self.shop.reader.case(self.case)
        assert case is not None
        for payout in case.payouts:
            await self.says(SYSTEM, k.RecordPayout(payout.payout_id, "done", "50300107042026031"), HOUR / 60)
        await self.ledger.cover(self.case)
        return self.case

    async def contents(self, reader: Actor = BUYER, language: Language = "zh") -> Contents:
        assert self.case is not None
        contents = await self.dossiers.contents(self.case, Caller(reader, None), language)
        assert not isinstance(contents, Refusal), contents
        return contents

    async def zip(self, reader: Actor = BUYER, language: Language = "zh") -> bytes:
        out = BytesIO()
        await self.dossiers.write(await self.contents(reader, language), out)
        return out.getvalue()


async def messages(dispute: Dispute, texts: Sequence[str]) -> None:
    """A long conversation."""
    for number, text in enumerate(texts):
        await dispute.says(AGENT if number % 2 else BUYER, k.SendMessage(text), timedelta(minutes=2))
