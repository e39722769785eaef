"""Places in a list as opaque text: the sort key of the last row shown."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from amends.application.ports import BadCursor

Place = TypeVar("Place", bound=tuple[Any, ...])

Number = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Name = Annotated[str, Meta(pattern="^[^\\x00]*$")]
"""Parts of places, as narrow as the columns that they are compared with."""


def pack(*place: Any) -> str:
    """The cursor that continues behind this place."""
    return urlsafe_b64encode(msgspec.json.encode(place)).rstrip(b"=").decode()


def unpack(cursor: str | None, kind: type[Place], start: Place) -> Place:
    """The place of a cursor, `start` without one. Raises BadCursor for what `pack` did not make for such a list."""
    if cursor is None:
        return start
    try:
        place: Place = msgspec.json.decode(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=kind)
    except (ValueError, msgspec.DecodeError) as fault:
        raise BadCursor("the cursor is not one that a page of this list gave out") from fault
    return place
