"""What people in the demo say: a phrase book, and how sums are written in a chat."""

import random
import tomllib
from importlib.resources import files

from amends.domain.words import EvidenceKind

SHOWS: dict[EvidenceKind, tuple[str, ...]] = {
    EvidenceKind.PHOTO: ("商品照片", "问题细节", "实拍", "整体图"),
    EvidenceKind.PACKING_PHOTO: ("外包装", "打包照片", "快递面单与纸箱"),
    EvidenceKind.VIDEO: ("开箱视频", "问题演示", "使用录像"),
    EvidenceKind.DOCUMENT: ("说明材料",),
    EvidenceKind.CHAT_SCREENSHOT: ("聊天截图", "店铺聊天记录"),
    EvidenceKind.LISTING_TAG: ("商品页截图", "详情页标注"),
    EvidenceKind.FREIGHT_RECEIPT: ("运费凭证", "快递小票"),
    EvidenceKind.QUALITY_REPORT: ("检测报告",),
    EvidenceKind.PURCHASE_PROOF: ("进货单与授权书",),
}
"""What files of evidence are called."""


LINES: dict[str, list[str]] = tomllib.loads(files("amends.demo").joinpath("talk.toml").read_text(encoding="utf-8"))
"""By turn of a story."""


def yuan(amount_minor: int) -> str:
    """`59`, `59.5`, `0.99`: as people write sums in a chat."""
    return f"{amount_minor / 100:.2f}".rstrip("0").rstrip(".")


def say(draws: random.Random, beat: str, **facts: object) -> str:
    """One of the ways to say it."""
    return draws.choice(LINES[beat]).format(**facts)
