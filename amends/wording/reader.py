"""For whom words are made."""

from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from amends.domain.words import Side
from amends.wording.catalogue import DEFAULT, Language
from amends.wording.formats import moment, money


class Reader(Struct, frozen=True):
    """Who reads, when and where: `side` is None for somebody outside the case, `currency` the order's."""

    now: datetime
    zone: ZoneInfo
    language: Language = DEFAULT
    side: Side | None = None
    currency: str = "CNY"

    def money(self, amount_minor: int) -> str:
        return money(amount_minor, self.currency, self.language)

    def moment(self, instant: datetime) -> str:
        return moment(instant, self.now, self.zone, self.language)


class RecordReader(Reader, frozen=True):
    """Reads years later, elsewhere: every instant in full, nothing is today or tomorrow."""

    def moment(self, instant: datetime) -> str:
        return f"{instant.astimezone(self.zone):%Y-%m-%d %H:%M}"

    def second(self, instant: datetime) -> str:
        return f"{instant.astimezone(self.zone):%Y-%m-%d %H:%M:%S}"
