"""What the handlers work with; `bootstrap` puts it together."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from amends.application import ports
from amends.application.access import Access
from amends.application.dossier import Dossiers
from amends.application.evidence import Evidence
from amends.application.findings import Findings
from amends.application.health import Health
from amends.application.holds import Holds
from amends.application.intake import Intake
from amends.application.lanes import Lanes
from amends.application.ledger import Book, Ledger
from amends.application.policies import Policies
from amends.application.precedents import Precedents
from amends.application.queries import Queries
from amends.application.read_once import read_once
from amends.application.service import Service
from amends.application.sign_ins import DemoPerson, SignIns
from amends.application.workbench import Figures, Workbench
from amends.domain.time import Instant
from amends.web.live import Hub


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Everything behind the handlers. `move_clock` and `demo_people` are there in demos and tests only.

    `demo_people` are those whom anybody may step in as.
    """

    lanes: Lanes
    records: ports.Reader
    registry: ports.Registry
    outbox: ports.Outbox
    policies: Policies
    clock: ports.Clock
    access: Access
    queries: Queries
    intake: Intake
    service: Service
    sign_ins: SignIns
    hub: Hub
    book: Book
    ledger: Ledger
    dossiers: Dossiers
    evidence: Evidence
    findings: Findings
    workbench: Workbench
    figures: Figures
    precedents: Precedents
    holds: Holds
    health: Health
    move_clock: Callable[[timedelta], Awaitable[Instant]] | None = None
    demo_people: Sequence[DemoPerson] | None = None

    def for_one_page(self) -> "Desk":
        """For a page that only shows: what it asks for twice is read once."""
        records = read_once(self.records)
        return replace(self, records=records, queries=self.queries.over(records), evidence=self.evidence.over(records))
