"""Questions about cases and orders, answered for one actor in that reader's words."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from amends.application import ports, projection
from amends.application.access import Caller
from amends.application.caseview import CaseLineView, CaseView, Next, Status, case_line, case_view, next_of, status_of
from amends.application.files import FileView
from amends.application.outward import PublicFact, public_facts, told
from amends.application.ports import CaseFilter, CaseKey, Clock, OrderKey
from amends.application.reach import reaches_feed, within_reach
from amends.application.visibility import author, visible_case, visible_order
from amends.domain import commands as k
from amends.domain import events as e
from amends.domain import views
from amends.domain.case import Case
from amends.domain.commands import CaseLine
from amends.domain.decide import decide, subject
from amends.domain.docket import Context, Decided, Docket, PolicyBook, after
from amends.domain.draft import CaseDraft, Draft
from amends.domain.evolve import evolve, opened
from amends.domain.order import Chargeback, Group, Line, Parcel, Payment, shipping_state
from amends.domain.permissions import is_party
from amends.domain.policy import Freight, Policy
from amends.domain.refusals import Code, Refusal, refuse
from amends.domain.rules import amounts
from amends.domain.time import Instant
from amends.domain.words import EvidenceKind, Fault, Kind, Remedy, Side
from amends.wording.catalogue import Language
from amends.wording.labels import label
from amends.wording.reader import Reader

_PAGE = 1_000
_TALK = (e.MessageSent, e.RejectionPrepared, e.RefusalAgreed, e.OfferMade, e.OfferAccepted, e.OfferDeclined,
         e.PositionStated)  # fmt: skip
"""What was said: messages, scripts and offers with their answers (R2.1)."""


class OrderView(Struct, frozen=True, omit_defaults=True):
    """An order as its parties see it. Amounts in minor units; `left_minor` may still be refunded."""

    merchant_id: str
    order_no: str
    buyer_id: str
    currency: str
    lines: tuple[Line, ...]
    freight_paid: int
    paid: int
    left_minor: int
    shipping_state: str
    payments: tuple[Payment, ...]
    cases: tuple[CaseLineView, ...]
    group: Group | None = None
    ship_by: Instant | None = None
    label_printed: bool | None = None
    parcel: Parcel | None = None
    paid_at: Instant | None = None
    confirmed_at: Instant | None = None
    confirmed_by: str | None = None
    buyer_phone: str | None = None
    cancelled_at: Instant | None = None
    refunded_elsewhere: int = 0
    chargeback: Chargeback | None = None


class ReasonView(Struct, frozen=True, omit_defaults=True):
    """One reason under one kind: possible, or every refusal that stands in its way."""

    reason: str
    text: str
    possible: bool
    must_look: bool = False
    why_not: tuple[dict[str, Any], ...] = ()
    maximum_minor: int = 0
    outward_freight_minor: int = 0
    freight: Freight | None = None
    fault: Fault | None = None
    evidence: tuple[tuple[EvidenceKind, ...], ...] = ()
    description_characters: int = 0
    window_ends_at: Instant | None = None


class KindView(Struct, frozen=True):
    """One kind and its reasons; possible when one of them is."""

    kind: Kind
    possible: bool
    reasons: tuple[ReasonView, ...]


class EligibilityView(Struct, frozen=True):
    """What may be asked for on an order now, for these pieces, and why the rest may not."""

    lines: tuple[CaseLine, ...]
    left_minor: int
    kinds: tuple[KindView, ...]


class RemedyView(Struct, frozen=True, omit_defaults=True):
    """A remedy that could be offered; `why` is the refusal in words where it could not."""

    remedy: Remedy
    text: str
    why: dict[str, Any] | None = None


class RejectionView(Struct, frozen=True):
    """A reason to reject, with its script as it would be sent; `why` is the refusal in words where it does not fit.

    `proof` has one line for each piece that must be there, of which any kind will do.
    """

    reason: str
    text: str
    script: str
    proof: tuple[tuple[EvidenceKind, ...], ...]
    why: dict[str, Any] | None = None


class Outlook(Struct, frozen=True, omit_defaults=True):
    """What a command would do if it were sent now; `pays_minor` is money that it sends on its way."""

    status: Status
    next: Next
    pays_minor: int = 0


class Bench(Struct, frozen=True):
    """What an agent has beside a case: the order, what could be offered, reasons to reject, where steps would lead."""

    order: OrderView
    remedies: tuple[RemedyView, ...]
    rejections: tuple[RejectionView, ...]
    outlooks: dict[str, Outlook]


class EvidenceView(Struct, frozen=True, omit_defaults=True):
    """A piece of evidence of a case."""

    evidence_id: str
    side: Side
    kind: EvidenceKind
    filed_at: Instant
    by: str
    name: str = ""
    note: str = ""
    sha256: str | None = None
    file: FileView | None = None


class FactPage(Struct, frozen=True):
    """Events of a case, read up to number `read_to`; `next_after` continues there, None at the end."""

    events: list[PublicFact]
    read_to: int
    next_after: int | None


class CaseLines(Struct, frozen=True):
    """A page of cases; `cursor` asks for the next one, None on the last."""

    cases: tuple[CaseLineView, ...]
    cursor: str | None


class OrderPages(Struct, frozen=True):
    """A page of a buyer's orders; `cursor` asks for the next one, None on the last."""

    orders: tuple[OrderView, ...]
    cursor: str | None


class FeedEntry(Struct, frozen=True):
    """An event with its number in the merchant's feed."""

    feed_no: int
    fact: PublicFact


class FeedPage(Struct, frozen=True):
    """Events of a merchant's cases in the order in which they became visible; `next_after` asks for what follows."""

    entries: list[FeedEntry]
    next_after: int


class Queries:
    """Reads for people and programs. Everything goes through `visible`; all raise Unavailable."""

    def __init__(self, records: ports.Reader, policies: PolicyBook, clock: Clock) -> None:
        self._records = records
        self._policies = policies
        self._clock = clock

    def over(self, records: ports.Reader) -> "Queries":
        """The same questions to other records."""
        return Queries(records, self._policies, self._clock)

    def reader(self, language: Language, side: Side | None = None, currency: str = "CNY") -> Reader:
        """For whom words are made now."""
        now = self._clock.now()
        return Reader(now, self._policies.in_force(now).zone, language, side, currency)

    async def case(self, key: CaseKey, caller: Caller, language: Language) -> CaseView | Refusal:
        """The case page."""
        docket = await self._docket_of(key, caller)
        if isinstance(docket, Refusal):
            return docket
        context = self._context(caller, key.case_id)
        c = views.preview(docket, key.case_id, context)
        stored = docket.case(key.case_id)
        if isinstance(c, Refusal) or stored is None:
            return c if isinstance(c, Refusal) else refuse(Code.UNKNOWN_CASE)
        return case_view(docket, c, context, self.reader(language, caller.actor.side, stored.currency), stored.version)

    async def may_do_now(self, key: CaseKey, caller: Caller) -> tuple[str, ...]:
        """The verbs that are open on a case; none where it is not the caller's."""
        docket = await self._docket_of(key, caller)
        if isinstance(docket, Refusal):
            return ()
        return views.may_do_now(docket, key.case_id, self._context(caller, key.case_id))

    async def openings(self, key: OrderKey, caller: Caller) -> views.Openings | None:
        """What may be opened on an order; None where it is not the caller's."""
        docket = await self._docket(key, caller)
        return None if isinstance(docket, Refusal) else views.openings(docket, self._context(caller, None))

    async def case_at(self, key: CaseKey, version: int) -> Case:
        """The case as it was at a version, folded from its record: for answers that are given again."""
        first, *rest = await self._records.timeline(key, 0, version)
        case = opened(first.event, first.at)
        for fact in rest:
            case = evolve(case, fact)
        return case

    async def contact(self, key: CaseKey, caller: Caller) -> str | None:
        """The buyer's number in full, for the answer to a recorded `reveal-contact` of a case that is open."""
        docket = await self._docket_of(key, caller)
        if isinstance(docket, Refusal) or docket.order is None:
            return None
        case = docket.case(key.case_id)
        return docket.order.buyer_phone if case is not None and case.is_open else None

    async def timeline(self, key: CaseKey, caller: Caller, after: int, limit: int) -> FactPage | Refusal:
        """The record of a case as this actor may see it."""
        case = await self._readable(key, caller)
        if isinstance(case, Refusal):
            return case
        facts = await self._records.timeline(key, after, limit)
        read_to = facts[-1].seq if facts else after
        more = len(facts) == limit
        return FactPage(public_facts(facts, key.merchant_id, caller.actor), read_to, read_to if more else None)

    async def version(self, key: CaseKey, caller: Caller) -> int | Refusal:
        """The number of the newest event."""
        case = await self._readable(key, caller)
        return case if isinstance(case, Refusal) else case.version

    async def is_theirs(self, key: CaseKey, caller: Caller) -> bool:
        """Whether the caller may know of the case."""
        return not isinstance(await self._readable(key, caller), Refusal)

    async def messages(self, key: CaseKey, caller: Caller, after: int, limit: int) -> FactPage | Refusal:
        """What was said in a case, the rest of the record left out."""
        case = await self._readable(key, caller)
        if isinstance(case, Refusal):
            return case
        said: list[e.Fact] = []
        while len(said) < limit and (facts := await self._records.timeline(key, after, _PAGE)):
            said += [fact for fact in facts if isinstance(fact.event, _TALK)]
            after = facts[-1].seq
        more = len(said) >= limit
        read_to = said[limit - 1].seq if more else after
        return FactPage(public_facts(said[:limit], key.merchant_id, caller.actor), read_to, read_to if more else None)

    async def evidence(self, key: CaseKey, caller: Caller) -> list[EvidenceView] | Refusal:
        """Every piece of evidence on a case."""
        case = await self._readable(key, caller)
        if isinstance(case, Refusal):
            return case
        found: list[EvidenceView] = []
        after = 0
        while facts := await self._records.timeline(key, after, _PAGE):
            for fact in facts:
                found += _evidence(fact, author(fact.by, caller.actor))
            if len(facts) < _PAGE:
                break
            after = facts[-1].seq
        return found

    async def cases(
        self, wanted: CaseFilter, cursor: str | None, limit: int, caller: Caller, language: Language
    ) -> CaseLines | Refusal:
        """A page of a list, as far as the caller reaches. Raises BadCursor."""
        mine = within_reach(wanted, caller)
        if mine is None:
            return refuse(Code.NOT_YOURS)
        merchant_id = mine.merchant_id
        if mine.buyer_id is not None:
            # A buyer's cases are few: they are read with all merchants and the others' left out.
            mine = replace(mine, merchant_id=None)
        page = await self._records.cases(mine, cursor, limit)
        reader = self.reader(language, caller.actor.side)
        return CaseLines(
            tuple(
                case_line(
                    row.case, row.title, row.updated_at, actor=caller.actor, policies=self._policies, reader=reader
                )
                for row in page.rows
                if merchant_id in (None, row.case.merchant_id)
            ),
            page.cursor,
        )

    async def order(self, key: OrderKey, caller: Caller, language: Language) -> OrderView | Refusal:
        """An order with its cases."""
        docket = await self._docket(key, caller)
        return docket if isinstance(docket, Refusal) else self._order_view(docket, caller, language)

    async def orders(
        self, buyer_id: str, cursor: str | None, limit: int, caller: Caller, language: Language
    ) -> OrderPages | Refusal:
        """A buyer's orders. Raises BadCursor."""
        if caller.actor.side is Side.MERCHANT or (caller.actor.side is Side.BUYER and caller.actor.party != buyer_id):
            return refuse(Code.NOT_YOURS)
        page = await self._records.orders_of_buyer(buyer_id, cursor, limit)
        keys = [OrderKey(o.merchant_id, o.order_no) for o in page.orders if caller.may_reach(o.merchant_id)]
        dockets = await asyncio.gather(*map(self._records.docket, keys))
        return OrderPages(tuple(self._order_view(docket, caller, language) for docket in dockets), page.cursor)

    async def eligibility(
        self, key: OrderKey, caller: Caller, language: Language, lines: tuple[CaseLine, ...] | None
    ) -> EligibilityView | Refusal:
        """What may be asked for; `lines` None means all that is left."""
        docket = await self._docket(key, caller)
        if isinstance(docket, Refusal):
            return docket
        context = self._context(caller, None)
        policy = self._policies.in_force(context.now)
        return self._eligibility_view(docket, views.eligibility(docket, context, lines), policy, caller, language)

    async def modification(self, key: CaseKey, caller: Caller, language: Language) -> EligibilityView | Refusal:
        """What an application could be changed to."""
        docket = await self._docket_of(key, caller)
        if isinstance(docket, Refusal):
            return docket
        case = docket.case(key.case_id)
        if case is None:
            return refuse(Code.UNKNOWN_CASE)
        found = views.modification(docket, key.case_id, self._context(caller, key.case_id))
        return self._eligibility_view(docket, found, self._policies.get(case.policy), caller, language)

    async def remedies(self, key: CaseKey, caller: Caller, language: Language) -> tuple[RemedyView, ...] | Refusal:
        """What the caller could offer in a case now, and why not the rest."""
        docket = await self._docket_of(key, caller)
        return docket if isinstance(docket, Refusal) else self._remedies(docket, key, caller, language)

    def _remedies(
        self, docket: Docket, key: CaseKey, caller: Caller, language: Language
    ) -> tuple[RemedyView, ...] | Refusal:
        case = docket.case(key.case_id)
        if case is None:
            return refuse(Code.UNKNOWN_CASE)
        policy = self._policies.get(case.policy)
        reader = self.reader(language, caller.actor.side, case.currency)
        return tuple(
            RemedyView(
                one.remedy,
                label(one.remedy, language),
                told(one.refusal, key.merchant_id, reader, policy) if one.refusal else None,
            )
            for one in views.remedies(docket, key.case_id, self._context(caller, key.case_id))
        )

    async def bench(
        self,
        key: CaseKey,
        commands: Mapping[str, k.Command],
        caller: Caller,
        language: Language,
        *,
        offers: bool = False,
        rejects: bool = False,
    ) -> Bench | Refusal:
        """What a page shows beside a case, in one look; commands that would be refused have no outlook."""
        docket = await self._docket_of(key, caller)
        if isinstance(docket, Refusal):
            return docket
        remedies = self._remedies(docket, key, caller, language) if offers else ()
        outlooks = {
            name: self._outlook(docket, key.case_id, command, caller, language) for name, command in commands.items()
        }
        return Bench(
            self._order_view(docket, caller, language),
            () if isinstance(remedies, Refusal) else remedies,
            self._rejections(docket, key, caller, language) if rejects else (),
            {name: outlook for name, outlook in outlooks.items() if not isinstance(outlook, Refusal)},
        )

    def _rejections(
        self, docket: Docket, key: CaseKey, caller: Caller, language: Language
    ) -> tuple[RejectionView, ...]:
        """The reasons to reject, those that fit the case as it stands first (R3.5)."""
        case = docket.case(key.case_id)
        if case is None:
            return ()
        policy = self._policies.get(case.policy)
        reader = self.reader(language, caller.actor.side, case.currency)
        found = [
            RejectionView(
                one.reason,
                getattr(policy.rejection_reasons[one.reason], "label" if language == "zh" else "label_en"),
                policy.rejection_reasons[one.reason].script,
                one.proof,
                told(one.refusal, key.merchant_id, reader, policy) if one.refusal else None,
            )
            for one in views.rejections(docket, key.case_id, self._context(caller, key.case_id))
        ]
        return tuple(sorted(found, key=lambda one: one.why is not None))

    async def outlook(
        self, key: OrderKey | CaseKey, command: k.Command, caller: Caller, language: Language
    ) -> Outlook | Refusal:
        """The consequence of a command, worked out by deciding it without keeping the result."""
        docket = await (self._docket_of(key, caller) if isinstance(key, CaseKey) else self._docket(key, caller))
        if isinstance(docket, Refusal):
            return docket
        case_id = key.case_id if isinstance(key, CaseKey) else None
        return self._outlook(docket, case_id, command, caller, language)

    def _outlook(
        self, docket: Docket, case_id: int | None, command: k.Command, caller: Caller, language: Language
    ) -> Outlook | Refusal:
        decided = decide(docket, command, self._context(caller, case_id))
        if isinstance(decided, Refusal):
            return decided
        case = next((case for case in decided.cases if case.case_id == decided.case_id), None)
        if case is None:
            return refuse(Code.UNKNOWN_CASE)
        before = docket.case(case.case_id)
        sent = {payout.payout_id for payout in before.payouts} if before else set()
        reader = self.reader(language, caller.actor.side, case.currency)
        seen = visible_case(case, caller.actor)
        return Outlook(
            status_of(seen, reader),
            next_of(seen, self._policies.get(case.policy), reader, self._left_by(docket, decided, caller, case)),
            sum(payout.amount_minor for payout in case.payouts if payout.payout_id not in sent),
        )

    def _left_by(self, docket: Docket, decided: Decided, caller: Caller, case: Case) -> CaseDraft:
        """The case as a command that was only tried would leave it."""
        return Draft(after(docket, decided), self._context(caller, case.case_id)).on(case.case_id)

    def _eligibility_view(
        self, docket: Docket, found: views.Eligibility, policy: Policy, caller: Caller, language: Language
    ) -> EligibilityView:
        merchant_id = docket.merchant.merchant_id
        currency = docket.order.currency if docket.order else "CNY"
        reader = self.reader(language, caller.actor.side, currency)
        return EligibilityView(
            found.lines,
            found.balance_minor,
            tuple(
                KindView(
                    kind.kind,
                    kind.possible,
                    tuple(
                        ReasonView(
                            reason=answer.reason,
                            text=getattr(policy.reasons[answer.reason], "label" if language == "zh" else "label_en"),
                            possible=answer.possible,
                            must_look=answer.must_look,
                            why_not=tuple(told(one, merchant_id, reader, policy) for one in answer.refusals),
                            maximum_minor=answer.maximum_minor,
                            outward_freight_minor=answer.outward_freight_minor,
                            freight=answer.freight,
                            fault=answer.fault,
                            evidence=answer.evidence,
                            description_characters=answer.description_characters,
                            window_ends_at=answer.window_ends_at,
                        )
                        for answer in kind.reasons
                    ),
                )
                for kind in found.kinds
            ),
        )

    async def feed(self, merchant_id: int, after: int, limit: int, caller: Caller) -> FeedPage | Refusal:
        """A merchant's events behind a feed number, as the caller may see them."""
        if not reaches_feed(caller, merchant_id):
            return refuse(Code.NOT_YOURS)
        items = await self._records.feed(merchant_id, after, limit)
        return FeedPage(
            [
                FeedEntry(item.feed_no, fact)
                for item in items
                for fact in public_facts([item.fact], merchant_id, caller.actor)
            ],
            items[-1].feed_no if items else after,
        )

    def _context(self, caller: Caller, case_id: int | None) -> Context:
        return Context(caller.actor, self._clock.now(), self._policies, 0, case_id)

    async def _docket(self, key: OrderKey, caller: Caller) -> Docket | Refusal:
        if not caller.may_reach(key.merchant_id):
            return refuse(Code.NOT_YOURS)
        docket = await self._records.docket(key)
        if docket.order is None:
            return refuse(Code.UNKNOWN_ORDER)
        return docket if is_party(caller.actor, docket.order) else refuse(Code.NOT_YOURS)

    async def _docket_of(self, key: CaseKey, caller: Caller) -> Docket | Refusal:
        if not caller.may_reach(key.merchant_id):
            return refuse(Code.NOT_YOURS)
        docket = await self._records.docket_of(key)
        if docket is None or docket.order is None:
            return refuse(Code.UNKNOWN_CASE)
        return docket if is_party(caller.actor, docket.order) else refuse(Code.NOT_YOURS)

    async def _readable(self, key: CaseKey, caller: Caller) -> Case | Refusal:
        if not caller.may_reach(key.merchant_id):
            return refuse(Code.NOT_YOURS)
        case = await self._records.case(key)
        if case is None:
            return refuse(Code.UNKNOWN_CASE)
        return case if is_party(caller.actor, case) else refuse(Code.NOT_YOURS)

    def _order_view(self, docket: Docket, caller: Caller, language: Language) -> OrderView:
        order = docket.order
        assert order is not None, "only a known order is shown"
        context = self._context(caller, None)
        reader = self.reader(language, caller.actor.side, order.currency)
        cases = [self._as_of_now(docket, case, context) for case in docket.cases]
        shown = visible_order(order, caller.actor, has_open_case=any(case.is_open for case in cases))
        name = projection.title(order)
        return OrderView(
            merchant_id=str(order.merchant_id),
            order_no=order.order_no,
            buyer_id=order.buyer_id,
            currency=order.currency,
            lines=order.lines,
            freight_paid=order.freight_paid,
            paid=order.paid,
            left_minor=amounts.balance_minor(Draft(docket, context)),
            shipping_state=shipping_state(order),
            payments=shown.payments,
            cases=tuple(
                case_line(case, name, None, actor=caller.actor, policies=self._policies, reader=reader)
                for case in cases
            ),
            group=order.group,
            ship_by=order.ship_by,
            label_printed=order.label_printed,
            parcel=order.parcel,
            paid_at=order.paid_at,
            confirmed_at=order.confirmed_at,
            confirmed_by=order.confirmed_by,
            buyer_phone=shown.buyer_phone,
            cancelled_at=order.cancelled_at,
            refunded_elsewhere=order.refunded_elsewhere,
            chargeback=order.chargeback,
        )

    def _as_of_now(self, docket: Docket, case: Case, context: Context) -> Case:
        """With due deadlines applied; the version stays the stored one, which commands are compared with."""
        c = subject(docket, context, case)
        c.flush()
        return replace(c.case, version=case.version)


def evidence_in(facts: Iterable[PublicFact]) -> list[EvidenceView]:
    """Every piece of evidence of a record that was read already."""
    return [one for fact in facts for one in _evidence(fact, fact.by)]


def _evidence(fact: e.Fact | PublicFact, by: str) -> Iterator[EvidenceView]:
    match fact.event:
        case e.EvidenceFiled(side=side, items=items):
            for item in items:
                if item.kind is not None and item.evidence_id is not None:
                    yield EvidenceView(
                        item.evidence_id, side, item.kind, fact.at, by, item.name, item.note, item.sha256
                    )
        case e.CallRecorded(evidence_id=evidence_id, result=result, note=note):
            yield EvidenceView(
                evidence_id, Side.MERCHANT, EvidenceKind.CALL_RECORD, fact.at, by, name=result, note=note
            )
