"""A case erased in the store in memory, by the same functions as in the tables; for pages, which have no other."""

import msgspec
from msgspec.structs import replace

from amends.application.ports import CaseKey, OrderKey
from amends.application.retention import case_remains, without_buyer
from amends.application.sealing import unseal
from amends.domain.case import Case
from amends.domain.time import Instant
from amends.store.memory import MemoryStore


def erase(store: MemoryStore, key: CaseKey, at: Instant) -> None:
    """The only case of its order."""
    records = store.records[key]
    remains = case_remains([record.payload for record in records], at)
    store.records[key] = [
        replace(record, fact=unseal(left), payload=left) for record, left in zip(records, remains.payloads, strict=True)
    ]
    case = msgspec.json.decode(remains.state, type=Case)
    store.cases[key] = store.cases[key]._replace(case=case)
    order = OrderKey(key.merchant_id, case.order_no)
    store.orders[order] = store.orders[order]._replace(order=without_buyer(store.orders[order].order), words="")
    store.evidence[key] = [row._replace(sha256="") for row in store.evidence[key]]
