"""The shop's chat from before the case, as it is filed: who wrote what and when, told by whoever filed it (R1.2, R2.4).

It is evidence like any other file. It is no talk in the case, so nothing that asks for one is met by it (R3.4).
"""

from datetime import timedelta
from enum import StrEnum

import msgspec
from msgspec import Struct

from amends.domain.time import Instant
from amends.domain.words import Side

MEDIA_TYPE = "application/json"
"""Of the copy that is shown, whatever was filed. No other file of this type is taken."""

MEDIA_TYPES = (MEDIA_TYPE, "text/csv")
"""Of files that are chats."""

LONGEST_AUTHOR = 60

EARLIEST_BEFORE_PAYMENT = timedelta(days=90)
"""Questions before buying belong to the matter; older talk is about something else."""

CLOCKS_APART = timedelta(minutes=5)
"""By so much a chat's clock may be ahead of ours."""


class Voice(StrEnum):
    """Who speaks; `service` is the platform's, `system` what the chat itself wrote."""

    BUYER = "buyer"
    MERCHANT = "merchant"
    SERVICE = "service"
    SYSTEM = "system"

    @property
    def speaks_for(self) -> Side:
        """As whose it is drawn beside the conversation of a case."""
        return Side.PLATFORM if self is Voice.SERVICE else Side(self.value)


class Line(Struct, frozen=True, forbid_unknown_fields=True):
    """One message. `author` is what the chat called whoever wrote it, and may be empty."""

    at: Instant
    side: Voice
    text: str
    author: str = ""


class Transcript(Struct, frozen=True, forbid_unknown_fields=True):
    """A chat. `source` says where it was: 客服聊天. In the copy that is shown the oldest message comes first."""

    source: str
    messages: tuple[Line, ...]


class RowFault(Struct, frozen=True, omit_defaults=True):
    """A row of a table that cannot be read: the line of the file on which it begins, and what stands there."""

    line: int
    why: str
    found: str = ""


def read(shown: bytes) -> Transcript:
    """The copy that is shown, as it was written when the file came in."""
    return msgspec.json.decode(shown, type=Transcript)
