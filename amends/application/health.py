"""Looks at how the service runs, for its page and for `amends doctor`."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import NamedTuple, Protocol

from amends.application import checks
from amends.application.checks import PATIENCE, Check, Part, Server, Space, Teller, Unsealed, Waiting
from amends.application.policies import PolicyFaults
from amends.application.ports import CaseKey, CasePage, Clock
from amends.domain.time import Instant
from amends.wording.catalogue import N_, Language

_ANSWER_SECONDS = 5.0
"""Longer than this no single look may take."""


class Books(Protocol):
    """Figures of the store, bounded or read from an index. None where a store has no such thing."""

    async def server(self, machine: Clock) -> Server | None: ...

    async def missing(self) -> Sequence[str]:
        """Migrations that the database has not had."""

    async def deliveries(self, now: Instant) -> Waiting:
        """Messages that are due, those lent to a deliverer too."""

    async def given_up(self) -> Waiting: ...

    async def overdue_cases(self, now: Instant) -> Waiting: ...

    async def overdue_orders(self, now: Instant) -> Waiting: ...

    async def stuck(self, since: Instant, now: Instant, cursor: str | None, limit: int) -> CasePage:
        """Cases whose deadline passed at `since` or before, the oldest first. Raises BadCursor."""

    async def late_twice(self, limit: int) -> Sequence[CaseKey]:
        """Under review, the platform's own time missed twice or more (rules §4, `ruling`), up to so many."""

    async def unseen_evidence(self) -> Waiting | None:
        """Filed with a file that nobody looked at yet."""

    async def unsealed(self) -> Unsealed | None: ...


class Disk(NamedTuple):
    """`space` answers None where there is no disk to run full."""

    name: str
    space: Callable[[], Awaitable[Space | None]]


class Lane(Protocol):
    """Commands that wait in this process."""

    @property
    def waiting(self) -> int: ...

    @property
    def depth(self) -> int: ...


class Around(NamedTuple):
    """What lies outside of the store. `policy` gives the version in force, `notice` how long one takes to come back.

    `machine` is the machine's own clock, which a demonstration's is not. Lanes are there in a web process only.
    """

    policy: Callable[[], str]
    notice: Callable[[], Awaitable[timedelta | None]]
    machine: Clock
    disks: Sequence[Disk] = ()
    reads_text: bool = False
    scanner: Callable[[], Awaitable[bool]] | None = None
    lanes: Sequence[tuple[str, Lane]] = ()


EVIDENCE_DISK = N_("Disk of the evidence")
DATABASE_DISK = N_("Disk of the database")
PEOPLE_LANE = N_("Commands of people")
BULK_LANE = N_("Bulk commands")

_Look = Callable[[Teller], Awaitable[Sequence[Check]]]


class Health:
    """All checks, each by itself: one that cannot be looked at says so and spoils no other."""

    def __init__(self, books: Books, clock: Clock, around: Around) -> None:
        self._books = books
        self._clock = clock
        self._around = around

    async def checks(self, language: Language) -> list[Check]:
        """In the order in which they are shown. Never fails."""
        looks: list[tuple[Part, str, _Look]] = [
            (Part.WORK, N_("Time limits"), self._deadlines),
            (Part.WORK, N_("Deliveries"), self._deliveries),
            (Part.WORK, N_("Given up"), self._given_up),
            (Part.WORK, N_("Rulings"), self._rulings),
            (Part.WORK, N_("Looks at evidence"), self._evidence),
            (Part.WORK, N_("Ledger"), self._ledger),
            (Part.WORK, N_("Live notices"), self._notices),
            *((Part.WORK, name, self._lane) for name, _ in self._around.lanes),
            (Part.BASE, N_("Database"), self._server),
            (Part.BASE, N_("Migrations"), self._migrations),
            *((Part.BASE, disk.name, self._disk) for disk in self._around.disks),
            (Part.SETUP, N_("Policy"), self._policy),
            (Part.SETUP, N_("Text reader"), self._text_reader),
            (Part.SETUP, N_("Virus scanner"), self._scanner),
        ]
        now = self._clock.now()
        found = await asyncio.gather(*(_looked(look, Teller(language, part, name, now)) for part, name, look in looks))
        return [check for some in found for check in some]

    async def stuck(self, cursor: str | None, limit: int) -> CasePage:
        """Cases that nobody moved on though their time is over. Raises BadCursor, Unavailable."""
        now = self._clock.now()
        return await self._books.stuck(now - PATIENCE, now, cursor, limit)

    async def _deadlines(self, say: Teller) -> Sequence[Check]:
        cases = await self._books.overdue_cases(say.now)
        return [checks.deadlines(say, cases, await self._books.overdue_orders(say.now))]

    async def _deliveries(self, say: Teller) -> Sequence[Check]:
        return [checks.deliveries(say, await self._books.deliveries(say.now))]

    async def _given_up(self, say: Teller) -> Sequence[Check]:
        return [checks.given_up(say, await self._books.given_up())]

    async def _rulings(self, say: Teller) -> Sequence[Check]:
        return [checks.rulings(say, await self._books.late_twice(checks.MOST_NAMED))]

    async def _evidence(self, say: Teller) -> Sequence[Check]:
        waiting = await self._books.unseen_evidence()
        return [checks.evidence(say, waiting)] if waiting is not None else []

    async def _ledger(self, say: Teller) -> Sequence[Check]:
        unsealed = await self._books.unsealed()
        return [checks.ledger(say, unsealed)] if unsealed is not None else []

    async def _notices(self, say: Teller) -> Sequence[Check]:
        return [checks.notices(say, await self._around.notice())]

    async def _lane(self, say: Teller) -> Sequence[Check]:
        return [checks.lane(say, lane.waiting, lane.depth) for name, lane in self._around.lanes if name == say.subject]

    async def _server(self, say: Teller) -> Sequence[Check]:
        server = await self._books.server(self._around.machine)
        if server is None:
            return []
        return [checks.database(say, server), checks.clock(say.about(N_("Clock")), server)]

    async def _migrations(self, say: Teller) -> Sequence[Check]:
        return [checks.migrations(say, await self._books.missing())]

    async def _disk(self, say: Teller) -> Sequence[Check]:
        return [checks.disk(say, await disk.space()) for disk in self._around.disks if disk.name == say.subject]

    async def _policy(self, say: Teller) -> Sequence[Check]:
        try:
            return [checks.policy(say, self._around.policy(), ())]
        except PolicyFaults as fault:
            return [checks.policy(say, "", fault.faults)]

    async def _text_reader(self, say: Teller) -> Sequence[Check]:
        return [checks.text_reader(say, is_there=self._around.reads_text)]

    async def _scanner(self, say: Teller) -> Sequence[Check]:
        ask = self._around.scanner
        return [checks.scanner(say, answers=await ask() if ask is not None else None)]


async def _looked(look: _Look, say: Teller) -> Sequence[Check]:
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            return await look(say)
    except TimeoutError:
        return [say.unknown(say.told(N_("no answer within {seconds} s"), seconds=f"{_ANSWER_SECONDS:.0f}"))]
    except Exception as fault:  # noqa: BLE001 - whatever it is, saying it is what the line is for
        return [say.unknown(f"{type(fault).__name__}: {str(fault).strip().splitlines()[0] if str(fault) else ''}")]
