"""The rows of a batch as columns, the form in which the statements of `sql/batch.sql` take them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from amends.application.ports import ChangedCase, OrderKey, Write
from amends.application.projection import counted_at, desk_due_at, queues, ruled_at
from amends.application.workbench import queue_at, queue_of
from amends.domain.case import Case
from amends.domain.time import NEVER, Instant
from amends.domain.words import Stage
from amends.store.arrays import Blobs, Jsons, Longs, Texts, Times

Columns = dict[str, Any]
_encode = msgspec.json.Encoder().encode


def _columns(names: Sequence[tuple[str, type]], rows: Sequence[tuple[Any, ...]]) -> Columns:
    return {name: kind(column) for (name, kind), column in zip(names, zip(*rows, strict=True), strict=True)}


def keys(keys: Iterable[OrderKey]) -> Columns:
    """Orders by key."""
    return _columns((("merchants", Longs), ("order_nos", Texts)), list(keys))


_HEADS = (("merchants", Longs), ("order_nos", Texts), ("refunds", Longs), ("compensations", Longs),
          ("refundables", Longs), ("caps", Longs))  # fmt: skip


def heads(writes: Sequence[Write]) -> Columns:
    return _columns(
        _HEADS,
        [
            (*write.key, write.refund_minor, write.compensation_minor, write.refundable_minor,
             write.compensation_cap_minor)
            for write in writes
        ],
    )  # fmt: skip


_ORDERS = (("merchants", Longs), ("order_nos", Texts), ("buyers", Texts), ("states", Jsons), ("nows", Times),
           ("dues", Times), ("counted", Times))  # fmt: skip


def orders(writes: Sequence[Write]) -> Columns | None:
    rows = [
        (*write.key, order.buyer_id, _encode(order), write.written_at, order.due_at, counted_at(order))
        for write in writes
        if (order := write.order) is not None
    ]
    return _columns(_ORDERS, rows) if rows else None


def words(writes: Sequence[Write]) -> Columns | None:
    rows = [(*write.key, write.words) for write in writes if write.words is not None]
    return _columns((("merchants", Longs), ("order_nos", Texts), ("words", Texts)), rows) if rows else None


_NEW_CASES = (("order_nos", Texts), ("buyers", Texts), ("titles", Texts), ("opened", Times))
_CASES = (("merchants", Longs), ("case_ids", Longs), ("stages", Texts), ("kinds", Texts), ("reasons", Texts),
          ("amounts", Longs), ("assignees", Texts), ("versions", Longs), ("chains", Blobs), ("states", Jsons),
          ("nows", Times), ("closed", Times), ("dues", Times), ("auto_refunded", Times), ("queues", Texts),
          ("ruled", Times), ("desk_dues", Times), ("shop_queues", Texts), ("shop_ats", Times))  # fmt: skip


def cases(writes: Sequence[Write]) -> Columns | None:
    """Cases that were there before."""
    rows = [_case_row(changed, write.written_at) for write in writes for changed in write.cases if not changed.is_new]
    return _columns(_CASES, rows) if rows else None


def new_cases(writes: Sequence[Write]) -> Columns | None:
    """Cases that were opened."""
    rows = [
        (changed.case.order_no, changed.case.buyer_id, changed.title, changed.case.opened_at,
         *_case_row(changed, write.written_at))
        for write in writes for changed in write.cases if changed.is_new
    ]  # fmt: skip
    return _columns((*_NEW_CASES, *_CASES), rows) if rows else None


def _case_row(changed: ChangedCase, now: Instant) -> tuple[Any, ...]:
    case = changed.case
    return (
        case.merchant_id, case.case_id, case.stage, case.kind, case.reason, case.amount_minor, case.assignee,
        case.version, changed.chain, _encode(case), now, _closed_at(case), case.next_due_at or NEVER,
        changed.auto_refunded_at, queues(case), ruled_at(case), desk_due_at(case), queue_of(case), queue_at(case),
    )  # fmt: skip


def _closed_at(case: Case) -> Instant | None:
    return case.closing.at if case.closing and case.stage is Stage.CLOSED else None


_EVIDENCE = (("merchants", Longs), ("case_ids", Longs), ("evidence_ids", Texts), ("sides", Texts), ("kinds", Texts),
             ("filed", Times), ("hashes", Texts))  # fmt: skip


def evidence(writes: Sequence[Write]) -> Columns | None:
    rows = [
        (write.key.merchant_id, row.case_id, row.mark.evidence_id, row.mark.side, row.mark.kind, row.mark.filed_at,
         row.sha256)
        for write in writes for row in write.evidence
    ]  # fmt: skip
    return _columns(_EVIDENCE, rows) if rows else None


_PARCELS = (("merchants", Longs), ("order_nos", Texts), ("case_ids", Longs), ("legs", Texts),
            ("tracking_nos", Texts), ("carriers", Texts))  # fmt: skip


def parcels(writes: Sequence[Write]) -> Columns | None:
    """One row a leg, the last number of the batch."""
    rows = {
        (row.merchant_id, row.order_no, row.case_id or 0, row.leg): (row.tracking_no, row.carrier)
        for write in writes
        for row in write.parcels
    }
    return _columns(_PARCELS, [(*leg, *parcel) for leg, parcel in rows.items()]) if rows else None


_ENDINGS = (("merchants", Longs), ("case_ids", Longs), ("kinds", Texts), ("reasons", Texts), ("categories", Texts),
            ("ended", Times), ("refunded", Texts), ("ruled_for", Texts))  # fmt: skip


def endings(writes: Sequence[Write]) -> Columns | None:
    rows = [
        (write.key.merchant_id, one.case_id, one.kind, one.reason, one.category, one.ended_at,
         "yes" if one.is_refunded else "no", one.ruled_for or "")
        for write in writes for one in write.endings
    ]  # fmt: skip
    return _columns(_ENDINGS, rows) if rows else None


_OUTBOX = (("merchants", Longs), ("message_ids", Longs), ("order_nos", Texts), ("case_ids", Longs),
           ("effects", Jsons), ("dues", Times))  # fmt: skip


def outbox(writes: Sequence[Write]) -> Columns | None:
    rows = [
        (message.merchant_id, message.message_id, message.order_no, message.case_id, _encode(message.effect),
         message.due_at)
        for write in writes for message in write.outbox
    ]  # fmt: skip
    return _columns(_OUTBOX, rows) if rows else None


_EVENTS = (("merchants", Longs), ("case_ids", Longs), ("seqs", Longs), ("ats", Times), ("nows", Times),
           ("actors", Texts), ("tags", Texts), ("payloads", Jsons), ("chains", Blobs), ("backs", Longs))  # fmt: skip


def events(writes: Sequence[Write]) -> Columns | None:
    """Events and how many each merchant gets; `backs` counts down to the merchant's last one of the batch."""
    counts = Counter[int]()
    for write in writes:
        counts[write.key.merchant_id] += len(write.facts)
    left = dict(counts)
    rows = []
    for write in writes:
        merchant_id = write.key.merchant_id
        for fact, payload, chain in write.facts:
            left[merchant_id] -= 1
            tag = fact.event.__struct_config__.tag
            rows.append((merchant_id, fact.case_id, fact.seq, fact.at, write.written_at, fact.by, tag, payload, chain,
                         left[merchant_id]))  # fmt: skip
    if not rows:
        return None
    merchants = sorted(merchant_id for merchant_id, count in counts.items() if count)
    return _columns(_EVENTS, rows) | {
        "feed_merchants": Longs(merchants),
        "feed_counts": Longs(counts[merchant_id] for merchant_id in merchants),
    }


_RECEIPTS = (("merchants", Longs), ("actors", Texts), ("keys", Texts), ("hashes", Blobs), ("order_nos", Texts),
             ("case_ids", Longs), ("first_seqs", Longs), ("versions", Longs), ("nows", Times))  # fmt: skip


def receipts(writes: Sequence[Write]) -> Columns | None:
    rows = [
        (*receipt.key, receipt.input_hash, receipt.order_no, receipt.case_id, receipt.first_seq, receipt.version,
         write.written_at)
        for write in writes for receipt in write.receipts
    ]  # fmt: skip
    return _columns(_RECEIPTS, rows) if rows else None
