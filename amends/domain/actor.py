"""Who acts: `buyer/b42`, `merchant/1001/li`, `platform/zhou`, `system` (DESIGN §3)."""

from functools import cached_property

from msgspec import Struct

from amends.domain.words import Role, Side


class Actor(Struct, frozen=True, dict=True):
    """A person, or the system. `party` is the buyer's or merchant's id, `staff` the person who acts for it."""

    side: Side
    role: Role
    party: str = ""
    staff: str = ""

    @cached_property
    def name(self) -> str:
        """The actor as written in records, `merchant/1001/li`."""
        name = self.side + "/" + self.party if self.party else str(self.side)
        return name + "/" + self.staff if self.staff else name


SYSTEM = Actor(Side.SYSTEM, Role.SYSTEM)


def buyer(buyer_id: str) -> Actor:
    return Actor(Side.BUYER, Role.BUYER, party=buyer_id)


def merchant(merchant_id: int, staff: str, role: Role = Role.OWNER) -> Actor:
    return Actor(Side.MERCHANT, role, party=str(merchant_id), staff=staff)


def platform(staff: str, role: Role) -> Actor:
    return Actor(Side.PLATFORM, role, staff=staff)
