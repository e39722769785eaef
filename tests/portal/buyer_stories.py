"""A buyer's orders and cases in the states that the pages have to show, over a site that runs."""

from datetime import timedelta
from typing import Any

from amends.application.ports import Answer, CaseKey, Envelope
from amends.domain import commands as k
from amends.domain.actor import SYSTEM, Actor, buyer, merchant, platform
from amends.domain.case import Case, parse_case_id, public_case_id
from amends.domain.order import Group, Line, Payment, Scan
from amends.domain.words import (
    EvidenceKind,
    Fault,
    Kind,
    Leg,
    Payer,
    PayoutState,
    Remedy,
    Role,
    RulingOutcome,
    ScanCode,
)
from tests.portal.site import Site

BUYER = buyer("b42")
OWNER = merchant(1001, "li")
ARBITRATOR = platform("gao", Role.ARBITRATOR)
PHOTO = k.EvidenceItem(EvidenceKind.PHOTO, name="壶嘴.jpg", note="壶嘴与壶身之间有裂纹")
GROUNDS = "裁决没有考虑我提交的第二张照片，裂纹在签收当天就有。"


class Story:
    """What happened so far; the clock of the site goes on with it."""

    def __init__(self, site: Site) -> None:
        self.site = site

    async def send(self, command: k.Command, actor: Actor, *, order_no: str = "", case_id: str = "") -> Answer:
        named = parse_case_id(case_id) if case_id else None
        about: dict[str, Any] = {"case_id": named[1]} if named else {"order_no": order_no}
        answer = await self.site.desk.lanes.submit(Envelope(actor, 1001, command, **about))
        assert answer.refusal is None, (command, answer.refusal)
        return answer

    async def bought(
        self,
        order_no: str,
        *,
        pieces: int = 1,
        title: str = "手冲咖啡壶 600ml 细口",
        each: int = 59_00,
        category: str = "home",
        group: Group | None = None,
    ) -> str:
        """Paid just now, not shipped; 6.00 of freight."""
        paid = each * pieces
        await self.send(
            k.SyncOrder(
                order_no,
                BUYER.party,
                "CNY",
                (Line(1, "pot-600", title, category, pieces, each, paid),),
                6_00,
                paid + 6_00,
                (Payment("wechat", f"wx-{order_no}", paid + 6_00),),
                paid_at=self.site.clock.now(),
                ship_by=self.site.clock.now() + timedelta(days=2),
                buyer_phone="13812345678",
                carrier="shunfeng",
                tracking_no=f"SF-{order_no}",
                group=group,
            ),
            SYSTEM,
            order_no=order_no,
        )
        return order_no

    async def scanned(self, order_no: str, code: ScanCode, leg: Leg = Leg.OUTWARD, case_id: str = "") -> None:
        number = f"SF-{order_no}" if leg is Leg.OUTWARD else f"YT-{order_no}"
        carrier = "shunfeng" if leg is Leg.OUTWARD else "yuantong"
        scan = Scan(code, self.site.clock.now(), "浙江杭州")
        await self.send(k.RecordScan(leg, carrier, number, scan), SYSTEM, order_no=order_no, case_id=case_id)

    async def delivered(self, order_no: str, **more: Any) -> str:
        """It arrived an hour ago."""
        await self.bought(order_no, **more)
        for code, wait in ((ScanCode.PICKED_UP, 5), (ScanCode.OUT_FOR_DELIVERY, 20), (ScanCode.DELIVERED, 3)):
            self.site.clock.advance(timedelta(hours=wait))
            await self.scanned(order_no, code)
        self.site.clock.advance(timedelta(hours=1))
        return order_no

    async def sent(self, order_no: str, **more: Any) -> str:
        """It was picked up five hours ago."""
        await self.bought(order_no, **more)
        self.site.clock.advance(timedelta(hours=5))
        await self.scanned(order_no, ScanCode.PICKED_UP)
        return order_no

    async def regretted(self, order_no: str, **more: Any) -> str:
        """On its way, and not wanted any more."""
        await self.sent(order_no, **more)
        command = k.OpenCase(order_no, (k.CaseLine(1, 1),), Kind.REFUND_ONLY, "changed_mind", goods_received=False)
        answer = await self.send(command, BUYER, order_no=order_no)
        return public_case_id(1001, answer.case_id or 0)

    async def replaced(self, order_no: str, case_id: str) -> None:
        """The new goods arrive under the number that the shop entered."""
        for code in (ScanCode.PICKED_UP, ScanCode.DELIVERED):
            self.site.clock.advance(timedelta(hours=20))
            scan = Scan(code, self.site.clock.now(), "浙江杭州")
            command = k.RecordScan(Leg.REPLACEMENT, "shunfeng", f"SFN-{order_no}", scan)
            await self.send(command, SYSTEM, order_no=order_no, case_id=case_id)

    async def case(self, case_id: str) -> Case:
        case = await self.site.desk.records.case(CaseKey(*(parse_case_id(case_id) or (0, 0))))
        assert case is not None
        return case

    async def order_of(self, case_id: str) -> str:
        return (await self.case(case_id)).order_no

    async def paid_out(self, case_id: str) -> None:
        """The payment provider says of everything that was ordered that it arrived."""
        for payout in (await self.case(case_id)).payouts:
            if payout.state is PayoutState.PAID:
                continue
            await self.send(k.RecordPayout(payout.payout_id, "done", "wx-refund-1"), SYSTEM, case_id=case_id)

    async def complained(self, order_no: str, kind: Kind = Kind.RETURN_AND_REFUND, **more: Any) -> str:
        """The goods are broken; the case's public id."""
        await self.delivered(order_no, **more)
        answer = await self.send(
            k.OpenCase(
                order_no,
                (k.CaseLine(1, more.get("pieces", 1)),),
                kind,
                "quality",
                goods_received=True,
                note="壶嘴漏水，倒水时流到桌上，第一次使用就这样。",
                evidence=(PHOTO,),
            ),
            BUYER,
            order_no=order_no,
        )
        return public_case_id(1001, answer.case_id or 0)

    async def offered(self, order_no: str) -> str:
        """They talk; the merchant offers a small payment."""
        case_id = await self.complained(order_no)
        self.site.clock.advance(timedelta(hours=2))
        await self.send(k.SendMessage("您好，可以补偿您 15 元，商品您留用，可以吗？"), OWNER, case_id=case_id)
        await self.send(k.SendMessage("壶嘴一直漏水，照片发您了。"), BUYER, case_id=case_id)
        await self.send(k.MakeOffer(Remedy.REFUND_ONLY, 15_00, message="补偿 15 元，商品留用"), OWNER, case_id=case_id)
        return case_id

    async def rejected(self, order_no: str, **more: Any) -> str:
        case_id = await self.complained(order_no, **more)
        await self.send(k.SendMessage("您好，请问漏水发生在什么时候？"), OWNER, case_id=case_id)
        await self.send(k.PrepareRejection(1, "facts_differ"), OWNER, case_id=case_id)
        self.site.clock.advance(timedelta(hours=20))
        point = k.Point("照片中的裂纹在壶底，与描述的壶嘴漏水不一致。")
        proof = (k.EvidenceItem(EvidenceKind.PHOTO, name="出库质检.jpg"),)
        await self.send(k.Reject(1, "facts_differ", (point,), proof), OWNER, case_id=case_id)
        return case_id

    async def reviewed(self, order_no: str, **more: Any) -> str:
        case_id = await self.rejected(order_no, **more)
        self.site.clock.advance(timedelta(hours=30))
        await self.send(k.RequestIntervention("商家不认可裂纹，请平台判断。"), BUYER, case_id=case_id)
        await self.send(k.Assign("gao"), ARBITRATOR, case_id=case_id)
        return case_id

    async def ruled(self, order_no: str, outcome: RulingOutcome = RulingOutcome.DISMISS) -> str:
        """The platform says no, with one finding."""
        case_id = await self.reviewed(order_no)
        self.site.clock.advance(timedelta(hours=13))
        for side in (BUYER, OWNER):
            await self.send(k.StatePosition((k.Point("以提交的照片为准。"),)), side, case_id=case_id)
        await self.send(
            k.Rule(
                outcome,
                Fault.BUYER,
                k.FreightRuling(Payer.BUYER, Payer.BUYER),
                (k.Finding("照片显示裂纹在壶底，无法证明壶嘴漏水。", ("e1", "scan:delivered"), "visible-defect"),),
            ),
            ARBITRATOR,
            case_id=case_id,
        )
        return case_id

    async def return_due(self, order_no: str) -> str:
        case_id = await self.complained(order_no)
        await self.send(k.Agree(1, note="同意退货"), OWNER, case_id=case_id)
        return case_id

    async def returning(self, order_no: str) -> str:
        case_id = await self.return_due(order_no)
        await self.send(k.ShipReturn("yuantong", f"YT-{order_no}"), BUYER, case_id=case_id)
        self.site.clock.advance(timedelta(hours=3))
        await self.scanned(order_no, ScanCode.PICKED_UP, Leg.RETURN, case_id)
        return case_id

    async def refunded(self, order_no: str) -> str:
        """Agreed before anything was shipped; the money arrived."""
        await self.bought(order_no)
        command = k.OpenCase(order_no, (k.CaseLine(1, 1),), Kind.REFUND_ONLY, "changed_mind", goods_received=False)
        answer = await self.send(command, BUYER, order_no=order_no)
        case_id = public_case_id(1001, answer.case_id or 0)
        agreed = await self.send(k.Agree(1), OWNER, case_id=case_id)
        for fact in agreed.facts:
            if (payout_id := getattr(fact.event, "payout_id", None)) is not None:
                await self.send(k.RecordPayout(payout_id, "done", "wx-refund-1"), SYSTEM, case_id=case_id)
        return case_id


async def stage(site: Site) -> dict[str, str]:
    """One case of every sort, by name."""
    story = Story(site)
    return {
        "order": await story.delivered("20260302-0109", pieces=3),
        "returning": await story.returning("20260302-0105"),
        "reviewed": await story.reviewed("20260302-0103"),
        "ruled": await story.ruled("20260302-0101"),
        "rejected": await story.rejected("20260302-0104"),
        "return_due": await story.return_due("20260302-0106"),
        "refunded": await story.refunded("20260302-0102"),
        "waiting": await story.complained("20260302-0108"),
        "offered": await story.offered("20260302-0107"),
        "unshipped": await story.bought("20260302-0110"),
    }
