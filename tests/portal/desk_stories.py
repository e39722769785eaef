"""What the desk has to show beyond the buyer's stories: appeals, rulings that wait, evidence under points."""

from datetime import timedelta

from amends.application.ports import CaseKey
from amends.domain import commands as k
from amends.domain.actor import platform
from amends.domain.case import parse_case_id
from amends.domain.words import EvidenceKind, Fault, Payer, Role, RulingOutcome
from tests.portal.buyer_stories import ARBITRATOR, BUYER, GROUNDS, OWNER, Story

SUPERVISOR = platform("shen", Role.SUPERVISOR)
FINDING = k.Finding("照片显示裂纹在壶底，无法证明壶嘴漏水。", ("e1", "scan:delivered"), "visible-defect")


class DeskStory(Story):
    """`reviewed` leaves a case with gao; twelve hours later both sides have seen all evidence."""

    async def heard(self, order_no: str, **more: int) -> str:
        """Both sides stated their points, each with evidence."""
        case_id = await self.reviewed(order_no, **more)
        video = k.EvidenceItem(EvidenceKind.VIDEO, name="倒水视频.mp4", note="倒水时壶嘴一直漏")
        await self.send(k.AddEvidence((video,)), BUYER, case_id=case_id)
        points = (k.Point("壶嘴根部有裂纹。", ("e1",)), k.Point("倒水时一直漏，有视频。", ("e3",)))
        await self.send(k.StatePosition(points), BUYER, case_id=case_id)
        await self.send(k.StatePosition((k.Point("出库时完好。", ("e2",)),)), OWNER, case_id=case_id)
        self.site.clock.advance(timedelta(hours=13))
        return case_id

    async def held(self, order_no: str) -> str:
        """A court wants a case kept that both sides are heard in."""
        case_id = await self.heard(order_no)
        key = CaseKey(*(parse_case_id(case_id) or (0, 0)))
        await self.site.desk.holds.place(key, "杭州互联网法院 (2028) 浙 0192 民初 118 号", "platform/bai")
        return case_id

    async def proposed(self, order_no: str) -> str:
        """590.00 yuan are asked: gao's ruling waits for a second person (rules §9)."""
        case_id = await self.heard(order_no, pieces=10)
        await self.send(
            k.Rule(RulingOutcome.DISMISS, Fault.BUYER, k.FreightRuling(Payer.BUYER, Payer.BUYER), (FINDING,)),
            ARBITRATOR,
            case_id=case_id,
        )
        return case_id

    async def appealed(self, order_no: str) -> str:
        case_id = await self.ruled(order_no)
        await self.send(k.Appeal(GROUNDS), BUYER, case_id=case_id)
        return case_id

    async def suspended(self, order_no: str) -> str:
        case_id = await self.heard(order_no)
        until = self.site.clock.now() + timedelta(days=5)
        await self.send(k.Suspend(until, "等待第三方鉴定"), SUPERVISOR, case_id=case_id)
        return case_id

    async def late(self, order_no: str) -> str:
        """Nobody ruled for 80 hours (R4.2)."""
        case_id = await self.heard(order_no)
        self.site.clock.advance(timedelta(hours=67))
        await self.send(k.SendMessage("请平台尽快处理。"), BUYER, case_id=case_id)
        return case_id
