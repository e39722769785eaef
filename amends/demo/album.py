"""The files behind the demo's evidence: made when somebody files them, looked into and kept as every upload is."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from msgspec.structs import replace
from obstore.store import LocalStore

from amends.adapters.files.blobs import ObjectBlobs
from amends.adapters.files.inspector import ProcessInspector
from amends.application.evidence import owner_of
from amends.application.files import Blobs, Copy, FileBook, FileRow, FileState, Form, Inspected, Inspector, blob_key
from amends.application.ids import Ids
from amends.demo.chats import history
from amends.demo.orders import DemoOrder
from amends.demo.papers import Said, Slip, chat, listing, packing, receipt, report
from amends.demo.pictures import Shot, photo, recompressed
from amends.demo.shapes import Thing
from amends.demo.talk import yuan
from amends.domain.actor import Actor
from amends.domain.policy import FileLimits
from amends.domain.time import Instant
from amends.domain.words import EvidenceKind, Side

BORROWED = 0.3
"""Of photos that could be somebody else's (same goods, same fault), the share that are: the desk has to notice."""


class Keeping(NamedTuple):
    """Where files go, as in the service itself; `incoming` is for those that are being looked into."""

    book: FileBook
    blobs: Blobs
    inspector: Inspector
    limits: FileLimits
    incoming: Path


@asynccontextmanager
async def keeping(book: FileBook, data_dir: Path, limits: FileLimits) -> AsyncIterator[Keeping]:
    """In the data folder, where the service looks for them. Nothing waits for the disk: half of it is made anew."""
    folder = data_dir / "evidence"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    async with ProcessInspector() as inspector:
        blobs = ObjectBlobs(LocalStore(folder, mkdir=True))
        yield Keeping(book, blobs, inspector, limits, data_dir / "incoming")


class Filing(NamedTuple):
    """Who files what, when. `amount_minor` is what was talked about, `sent_back` what a receipt is of."""

    order: DemoOrder
    case_id: int | None
    who: Actor
    kind: EvidenceKind
    name: str
    fault: str
    amount_minor: int
    at: Instant
    sent_back: tuple[str, str, int] | None = None
    applied_at: Instant | None = None


class Album:
    """Files are looked into beside the story, while it goes on; `keep` waits for the last one."""

    def __init__(self, keeping: Keeping, ids: Ids) -> None:
        self._to = keeping
        self._ids = ids
        self._counts: Counter[str] = Counter()
        self._photos: dict[tuple[str, str], tuple[str, bytes]] = {}
        self._looks: dict[str, asyncio.Task[Inspected]] = {}
        self._rows: list[FileRow] = []

    def take(self, filing: Filing) -> str:
        """The hash of the file, by which evidence names it."""
        order_no = filing.order.order_no
        self._counts[order_no] += 1
        draws = random.Random(f"{order_no}/{self._counts[order_no]}")  # noqa: S311 - chance for show, not for secrets
        content = self._content(filing, draws)
        hashed = sha256(content).hexdigest()
        if hashed not in self._looks:
            self._looks[hashed] = asyncio.create_task(self._look(hashed, content))
        self._rows.append(
            FileRow(
                merchant_id=filing.order.shop.merchant_id,
                file_id=self._ids.next(filing.at),
                owner=owner_of(filing.who),
                uploaded_by=filing.who.name,
                name=filing.name,
                size_bytes=len(content),
                state=FileState.KEPT,
                created_at=filing.at,
                touched_at=filing.at,
                case_id=filing.case_id,
                received_bytes=len(content),
                sha256=hashed,
            )
        )
        return hashed

    async def keep(self) -> None:
        """Everything that was taken, with its copies. Raises Unavailable."""
        rows, self._rows = self._rows, []
        for row in rows:
            found = await self._looks[row.sha256]
            copies = {Form.ORIGINAL: Copy(found.media_type, row.size_bytes), **found.copies}
            await self._to.book.add(replace(row, media_type=found.media_type, facts=found.facts, copies=copies))

    def close(self) -> None:
        for look in self._looks.values():
            look.cancel()

    async def _look(self, hashed: str, content: bytes) -> Inspected:
        self._to.incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self._to.incoming, ignore_cleanup_errors=True) as name:
            folder = Path(name)
            (folder / Form.ORIGINAL.value).write_bytes(content)
            inspected = await self._to.inspector.inspect(folder / Form.ORIGINAL.value, self._to.limits)
            for form in (Form.ORIGINAL, *inspected.copies):
                await self._to.blobs.put(blob_key(hashed, form), folder / form.value)
        return inspected

    def _content(self, filing: Filing, draws: random.Random) -> bytes:
        order, at = filing.order, filing.at
        shop = order.shop.settings.name
        match filing.kind:
            case EvidenceKind.PACKING_PHOTO:
                return packing(_outward(order), at, draws)
            case EvidenceKind.CHAT_SCREENSHOT:
                return chat(shop, order.order_no, _said(filing), at)
            case EvidenceKind.CHAT_LOG:
                return history(order, filing.fault, filing.applied_at or at, draws)
            case EvidenceKind.LISTING_TAG:
                return listing(_thing(order), yuan(order.lines[0].unit_price), shop)
            case EvidenceKind.FREIGHT_RECEIPT:
                return receipt(_back(filing), at, draws)
            case EvidenceKind.QUALITY_REPORT:
                return report("检测报告", _tested(filing), "质量检测中心", at)
            case EvidenceKind.PURCHASE_PROOF:
                return report("授权书", _authorised(filing), "品牌方授权专用章", at)
            case _:
                return self._photo(filing, draws)

    def _photo(self, filing: Filing, draws: random.Random) -> bytes:
        fault = filing.fault if filing.who.side is Side.BUYER else ""
        like, buyer_id = (filing.order.goods[0].noun, fault), filing.order.buyer.buyer_id
        whose, known = self._photos.get(like, (buyer_id, b""))
        if fault and whose != buyer_id and draws.random() < BORROWED:
            return known if draws.random() < 0.5 else recompressed(known)
        made = photo(Shot(_thing(filing.order), fault, filing.at), draws)
        self._photos[like] = (buyer_id, made)
        return made


def _thing(order: DemoOrder) -> Thing:
    return Thing(order.goods[0].noun, order.lines[0].title)


def _outward(order: DemoOrder) -> Slip:
    """The label of the parcel to the buyer; people hide their names before they show it."""
    carrier, number = (order.parcel.carrier, order.parcel.tracking_no) if order.parcel else ("shunfeng", "")
    return Slip(carrier, number, order.shop.settings.name, f"{order.buyer.name[0]}** {order.buyer.city}")


def _back(filing: Filing) -> Slip:
    order = filing.order
    carrier, number, freight_minor = filing.sent_back or ("yunda", f"YD00{order.order_no[-11:]}", filing.amount_minor)
    return Slip(carrier, number, f"{order.buyer.name[0]}**", order.shop.settings.name, yuan(freight_minor))


def _said(filing: Filing) -> Sequence[Said]:
    noun, amount = filing.order.goods[0].noun, yuan(filing.amount_minor or filing.order.lines[0].paid)
    if filing.who.side is Side.MERCHANT:
        return (
            Said(Side.BUYER, f"你好，{noun}还没发货吧，我不想要了"),
            Said(Side.MERCHANT, "您好，还没有发出，可以退的"),
            Said(Side.BUYER, f"那麻烦帮我退一下，{amount}元"),
            Said(Side.MERCHANT, "好的，页面上没有退款入口，我这边向平台申请给您退"),
            Said(Side.BUYER, "可以，谢谢"),
        )
    return (
        Said(Side.BUYER, f"你好，收到的{noun}有点问题，照片发你了"),
        Said(Side.MERCHANT, "看到了，非常抱歉给您添麻烦了"),
        Said(Side.MERCHANT, f"给您退{amount}元，东西您留着用，可以吗"),
        Said(Side.BUYER, "可以的，那我现在申请"),
        Said(Side.MERCHANT, "好的，您申请以后我们来同意"),
    )


def _tested(filing: Filing) -> Sequence[str]:
    order = filing.order
    return (
        f"送检样品：{order.lines[0].title}",
        f"订单编号：{order.order_no}",
        "检测项目：外观、结构与基本功能",
        f"检测所见：{filing.fault or '外观完好'}。",
        "未见摔落、进液或拆修的痕迹。",
        "结论：所见问题与正常使用无关，符合出厂前即已存在的特征。",
        "本报告仅对送检样品负责。",
    )


def _authorised(filing: Filing) -> Sequence[str]:
    order = filing.order
    return (
        f"兹授权 {order.shop.settings.name}",
        f"在网络平台销售本品牌商品：{order.goods[0].title}",
        "授权期限：2026年1月1日至2026年12月31日",
        f"进货单号：JH{order.shop.merchant_id}-2609",
        "被授权方所售商品均由我方直接供货。",
        "本授权书不得转让，涂改无效。",
    )
