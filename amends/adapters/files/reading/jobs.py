"""What the worker is asked, and what it answers."""

from typing import Literal

from msgspec import Struct

from amends.application.passages import Line

Shows = Literal["picture", "video", "document"]


class Look(Struct, frozen=True):
    """A picture or video that we made, or a document as it was sent, and what is wanted of it.

    `pictures`: whether text in pictures can be read here.
    """

    file: str
    shows: Shows
    compare: bool
    read: bool
    pictures: bool
    seconds: int


class Shown(Struct, frozen=True, omit_defaults=True):
    """What was seen. `lines` is None where they were not read."""

    marks: list[tuple[int, int]] = []
    lines: list[Line] | None = None
