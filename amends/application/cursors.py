"""Places in a list as opaque text: the sort key of the last row shown."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any, TypeVar

import msgspec

from amends.application.ports import BadCursor

Place = TypeVar("Place", bound=tuple[Any, ...])


def pack(*place: Any) -> str:
    """The cursor that continues behind this place."""
    return urlsafe_b64encode(msgspec.json.encode(place)).rstrip(b"=").decode()


def unpack(cursor: str, kind: type[Place]) -> Place:
    """The place of a cursor. Raises BadCursor for anything that `pack` did not make for this kind of list."""
    try:
        place: Place = msgspec.json.decode(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=kind)
    except (ValueError, msgspec.DecodeError) as fault:
        raise BadCursor("the cursor is not one that a page of this list gave out") from fault
    return place
