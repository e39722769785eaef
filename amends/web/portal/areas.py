"""The parts of the pages: one for each side, with its address, its cookie and its menu."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from amends.domain.words import Role, Side


class MenuItem(NamedTuple):
    """`text` is English, marked by N_. `roles` None: everybody of that side."""

    path: str
    text: str
    icon: str
    roles: frozenset[Role] | None = None


class Area(NamedTuple):
    """`home` is where people land after signing in; the first menu item, usually."""

    side: Side
    path: str
    title: str
    menu: tuple[MenuItem, ...]
    routes: Sequence[Any]

    @property
    def cookie(self) -> str:
        return f"amends_{self.side.value}"

    @property
    def home(self) -> str:
        return self.menu[0].path

    def menu_for(self, role: Role) -> list[MenuItem]:
        """What somebody in that role can open."""
        return [item for item in self.menu if item.roles is None or role in item.roles]
