"""What bounds a look into a file, and how it says that a file is not taken."""

from typing import Any

from msgspec import Struct


class NotTaken(Exception):
    """`code` is the problem's, `facts` its figures."""

    def __init__(self, code: str, **facts: Any) -> None:
        self.code = code
        self.facts = facts
        super().__init__(code)


class Job(Struct, frozen=True):
    """One file, and the policy's limits by name; `zone` and `is_chat` as in `Inspector.inspect`."""

    file: str
    limits: dict[str, int]
    zone: str = "UTC"
    is_chat: bool = False


class Made(Struct, frozen=True):
    """A copy that lies beside the file."""

    form: str
    media_type: str
    size_bytes: int
    width: int = 0
    height: int = 0


class Told(Struct, frozen=True, omit_defaults=True):
    """What a look gave: a type with facts and copies, or why the file is not taken."""

    media_type: str = ""
    facts: dict[str, Any] = {}
    copies: list[Made] = []
    refused: str = ""
    why: dict[str, Any] = {}


def at_most(code: str, found: float, limit: float) -> None:
    """Raises NotTaken."""
    if found > limit:
        raise NotTaken(code, found=round(found, 1), limit=limit)
