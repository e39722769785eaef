"""The one way to change a case: load, decide, append, for a batch of commands at once (DESIGN §1)."""

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from amends.application.batch import Buyer, OrderWork, Task
from amends.application.ids import Ids
from amends.application.ports import (
    Answer,
    CaseKey,
    Clock,
    Contended,
    Decide,
    Envelope,
    FactRange,
    Failed,
    Loading,
    OrderKey,
    ReceiptKey,
    Rejected,
    Session,
    Store,
    Unavailable,
    Unstorable,
    Wanted,
)
from amends.application.sealing import input_hash
from amends.domain import commands as k
from amends.domain.docket import Context, PolicyBook
from amends.domain.refusals import Code, Refusal, refuse
from amends.domain.time import Instant

log = logging.getLogger(__name__)

ATTEMPTS = 8
"""How often a command is decided before it is given up as the order moved each time."""

FREE_ATTEMPTS = 3
"""So many are made without holding the order. Of those that collide one gets through each time, but which is luck."""

_READS_EVIDENCE = (k.Rule, k.DecideAppeal, k.ApproveRuling)
_NOT_YOURS = (Code.UNKNOWN_CASE, Code.UNKNOWN_ORDER, Code.NOT_YOURS, Code.NOT_ALLOWED_FOR_ROLE)


class Engine:
    """Takes any number of envelopes for any orders; promises atomicity per command, not per batch."""

    def __init__(self, store: Store, decide: Decide, policies: PolicyBook, clock: Clock, ids: Ids) -> None:
        self._store = store
        self._decide = decide
        self._policies = policies
        self._clock = clock
        self._ids = ids

    async def handle(self, batch: Sequence[Envelope]) -> list[Answer | Failed]:
        """Answers in the order of the batch. Commands of one order are judged in the order of the batch.

        The time of all is the instant at which the batch was taken. Raises Unavailable for the whole batch.
        """
        now = self._clock.now()
        tasks = [_task(place, envelope) for place, envelope in enumerate(batch)]
        async with self._store.session() as session:
            await self._settle(session, [task for task in tasks if task.answer is None], now)
            await _give_again(session, [task for task in tasks if task.replays is not None])
        return [task.outcome for task in tasks]

    async def _settle(self, session: Session, tasks: list[Task], now: Instant) -> None:
        """Decide and write until every task has its answer."""
        in_force = self._policies.in_force(now)
        moved: frozenset[OrderKey] = frozenset()
        for attempt in range(ATTEMPTS):
            if not tasks:
                return
            if attempt >= FREE_ATTEMPTS:
                await session.hold(sorted(moved))
            fault = None
            try:
                works = await self._judge_all(session, tasks, now)
                writes = [write for work in works.values() if (write := work.write(self._policies, in_force))]
                moved = await session.write(writes) if writes or attempt >= FREE_ATTEMPTS else frozenset()
            except Unavailable:
                raise
            except Exception as caught:  # noqa: BLE001 (isolated and logged)
                fault = caught
            if fault is not None:
                # Not inside the handler: every halving would hang its own fault onto this one.
                await self._isolate(session, tasks, now, fault)
                return
            tasks = [task for key in moved for task in works[key].tasks]
            tasks.sort(key=lambda task: task.place)
        for task in tasks:
            task.answer = Contended("the order changes faster than the command can be decided")

    async def _isolate(self, session: Session, tasks: list[Task], now: Instant, fault: Exception) -> None:
        """Something of these tasks cannot be written: halve them until only the guilty one fails."""
        await session.write(())  # lets go of what is held
        if len(tasks) == 1:
            log.error("could not write %s", tasks[0].envelope, exc_info=fault)
            tasks[0].answer = Failed(str(fault) if isinstance(fault, Rejected) else repr(fault))
            return
        middle = len(tasks) // 2
        await self._settle(session, tasks[:middle], now)
        await self._settle(session, tasks[middle:], now)

    async def _judge_all(self, session: Session, tasks: list[Task], now: Instant) -> dict[OrderKey, OrderWork]:
        loading = await session.load(self._wanted(tasks, now))
        works: dict[OrderKey, OrderWork] = {}
        paid_unasked: Counter[Buyer] = Counter()
        for task in tasks:
            task.answer = task.replays = None
            receipt = loading.receipts.get(task.receipt_key) if task.receipt_key else None
            if receipt is not None:
                task.repeat(receipt)
                continue
            key = _order_of(task.envelope, loading)
            if key is None:
                code = Code.UNKNOWN_ORDER if task.envelope.case_id is None else Code.UNKNOWN_CASE
                task.refuse(refuse(code))
                continue
            work = works.get(key)
            if work is None:
                work = works[key] = OrderWork(key, loading.orders[key], now, paid_unasked)
            work.tasks.append(task)
            twin = work.receipts.get(task.receipt_key) if task.receipt_key else None
            if twin is not None:
                task.repeat(twin, work.facts_of(twin))
            else:
                self._judge(task, work, now)
        return works

    def _judge(self, task: Task, work: OrderWork, now: Instant) -> None:
        envelope = task.envelope
        context = Context(
            envelope.actor, now, self._policies, self._ids.next(now), envelope.case_id, envelope.received_at
        )
        try:
            decided = self._decide(work.docket_for(envelope), envelope.command, context)
        except Exception as fault:
            log.exception("could not decide %s", envelope)
            task.answer = Failed(f"{type(fault).__name__}: {fault}")
            return
        stale = _stale(envelope, work)
        if isinstance(decided, Refusal):
            # Whose case it is and who may come before the version, which is nobody else's business (rules §11).
            task.refuse(stale if stale and decided.code not in _NOT_YOURS else decided, work.key.order_no)
        elif stale is not None:
            task.refuse(stale, work.key.order_no)
        else:
            task.accept(work, decided, self._ids)

    def _wanted(self, tasks: list[Task], now: Instant) -> Wanted:
        orders: dict[OrderKey, None] = {}
        cases: dict[CaseKey, None] = {}
        receipts: dict[ReceiptKey, None] = {}
        evidence_of: list[CaseKey] = []
        auto_refunds_of: list[OrderKey] = []
        for task in tasks:
            envelope = task.envelope
            if task.receipt_key is not None:
                receipts[task.receipt_key] = None
            if envelope.case_id is not None:
                cases[case := CaseKey(envelope.merchant_id, envelope.case_id)] = None
                if isinstance(envelope.command, _READS_EVIDENCE):
                    evidence_of.append(case)
            elif (order := _order_named(envelope)) is not None:
                orders[order] = None
                if isinstance(envelope.command, k.OpenCase):
                    auto_refunds_of.append(order)
        days = self._policies.in_force(now).limits.auto_refund_days
        return Wanted(
            list(orders), list(cases), list(receipts), evidence_of, auto_refunds_of, now - timedelta(days=days)
        )


def _task(place: int, envelope: Envelope) -> Task:
    if envelope.key is None and isinstance(envelope.command, k.Lapse):
        # It says nothing that could not be stored, and no receipt will name it.
        return Task(place, envelope, None, b"")
    try:
        asked = input_hash(envelope)
    except Unstorable as fault:
        return Task(place, envelope, None, b"", fault)
    key = None
    if envelope.key is not None:
        key = ReceiptKey(envelope.merchant_id, envelope.actor.name, envelope.key)
    return Task(place, envelope, key, asked)


def _order_named(envelope: Envelope) -> OrderKey | None:
    """The order that a command without a case is about. A command that names its order itself is believed."""
    match envelope.command:
        case k.OpenCase(order_no=order_no) | k.AskPlatformRefund(order_no=order_no) | k.SyncOrder(order_no=order_no):
            return OrderKey(envelope.merchant_id, order_no)
    return OrderKey(envelope.merchant_id, envelope.order_no) if envelope.order_no is not None else None


def _order_of(envelope: Envelope, loading: Loading) -> OrderKey | None:
    if envelope.case_id is not None:
        return loading.order_of.get(CaseKey(envelope.merchant_id, envelope.case_id))
    return _order_named(envelope)


def _stale(envelope: Envelope, work: OrderWork) -> Refusal | None:
    if envelope.expected_version is None or envelope.case_id is None:
        return None
    case = work.docket.case(envelope.case_id)
    if case is None or case.version == envelope.expected_version:
        return None
    return refuse(Code.STALE_VERSION, version=case.version, expected=envelope.expected_version)


async def _give_again(session: Session, tasks: list[Task]) -> None:
    """First answers from receipts: their facts are read back, once for all."""
    missing = [task for task in tasks if task.needs_facts]
    if not missing:
        return
    ranges = []
    for task in missing:
        receipt = task.replays
        assert receipt is not None, "only repeated commands need facts"
        assert receipt.case_id is not None, "only a case has facts"
        ranges.append(FactRange(receipt.key.merchant_id, receipt.case_id, receipt.first_seq, receipt.version))
    for task, facts in zip(missing, await session.facts(ranges), strict=True):
        task.give_facts(facts)
