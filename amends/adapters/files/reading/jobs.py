"""What the worker is asked, and what it answers."""

from msgspec import Struct


class Look(Struct, frozen=True):
    """A picture that we drew, and what is wanted of it."""

    file: str
    compare: bool
    read: bool
    seconds: int


class Shown(Struct, frozen=True, omit_defaults=True):
    """What was seen. `lines` is None where they were not read."""

    marks: list[tuple[int, int]] = []
    lines: list[str] | None = None
