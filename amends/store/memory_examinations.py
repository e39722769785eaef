"""What was seen in pictures of evidence, in memory."""

from amends.application.examining import Due, Examination, Match
from amends.application.likeness import difference
from amends.application.ports import CaseKey, EvidenceRow
from amends.domain.time import Instant
from amends.store.memory import MemoryStore
from amends.store.memory_files import MemoryFiles


class MemoryExaminations:
    """Beside the cases of a store and their files."""

    def __init__(self, store: MemoryStore, files: MemoryFiles) -> None:
        self._store = store
        self._files = files
        self._found: dict[tuple[CaseKey, str], Examination] = {}
        self._lent: dict[tuple[CaseKey, str], Instant] = {}

    async def due(self, now: Instant, until: Instant, limit: int) -> list[Due]:
        waiting = [
            (case, row)
            for case, rows in self._store.evidence.items()
            for row in rows
            if row.sha256 and (case, row.mark.evidence_id) not in self._found
        ]
        free = [one for one in waiting if self._lent.get((one[0], one[1].mark.evidence_id), now) <= now][:limit]
        self._lent |= {(case, row.mark.evidence_id): until for case, row in free}
        return [
            Due(
                case,
                row.mark.evidence_id,
                row.mark.kind,
                row.sha256,
                self._files.media_type(case.merchant_id, row.sha256),
            )
            for case, row in free
        ]

    async def put(self, examination: Examination) -> None:
        self._found[examination.case, examination.evidence_id] = examination

    async def of_case(self, case: CaseKey) -> list[Examination]:
        found = [one for (of, _), one in self._found.items() if of == case]
        return sorted(found, key=lambda one: (len(one.evidence_id), one.evidence_id))

    async def matches(self, case: CaseKey, limit: int) -> list[Match]:
        return [match for row in self._store.evidence.get(case, []) for match in self._matches(case, row, limit)]

    def _matches(self, case: CaseKey, mine: EvidenceRow, limit: int) -> list[Match]:
        here = mine.mark.evidence_id
        mine_seen = self._found.get((case, here))
        same, near = [], []
        for other, rows in self._store.evidence.items():
            for row in rows if other != case and mine.sha256 else ():
                mark = row.mark
                match = Match(here, other, mark.evidence_id, mark.side, mark.kind, mark.filed_at, None)
                if row.sha256 == mine.sha256:
                    same.append(match)
                    continue
                seen = self._found.get((other, mark.evidence_id))
                bits = difference(mine_seen.marks, seen.marks) if mine_seen is not None and seen is not None else None
                if bits is not None:
                    near.append(match._replace(differing_bits=bits))
        same.sort(key=lambda one: one.filed_at)
        near.sort(key=lambda one: (one.differing_bits, one.filed_at))
        return [*same, *near][:limit]
