"""The parts of a dossier's PDF: what a printer is given."""

from msgspec import Struct


class Block(Struct, frozen=True, tag_field="block", tag=str.lower):
    """A part of a section."""


class Facts(Block, frozen=True):
    """Names and values."""

    rows: list[tuple[str, str]]


class Table(Block, frozen=True):
    """Columns with their shares of the width; `right` counts columns of figures, `marked` rows that stand out."""

    columns: list[str]
    widths: list[float]
    rows: list[list[str]]
    right: list[int] = []
    marked: list[int] = []


class Text(Block, frozen=True):
    """A paragraph; `quiet` for remarks."""

    text: str
    quiet: bool = False


class Heading(Block, frozen=True):
    """A smaller heading inside a section."""

    text: str


class Claim(Struct, frozen=True):
    """One thing that a side says, on what it rests, and when it was said."""

    number: str
    text: str
    rests_on: str
    source: str


class Group(Struct, frozen=True):
    """What both sides said at one stage."""

    title: str
    rows: list[tuple[Claim | None, Claim | None]]


class Sides(Block, frozen=True):
    """What both sides say, point against point."""

    buyer: str
    merchant: str
    groups: list[Group]


class Remark(Struct, frozen=True):
    """One turn of the conversation; `number` is that of its event."""

    number: int
    side: str
    who: str
    at: str
    what: str
    text: str
    evidence: str


class Talk(Block, frozen=True):
    """The conversation."""

    remarks: list[Remark]


class Piece(Struct, frozen=True):
    """A piece of evidence with its picture, if there is one."""

    number: str
    title: str
    rows: list[tuple[str, str]]
    picture: str = ""


class Pieces(Block, frozen=True):
    """All evidence."""

    pieces: list[Piece]


class Finding(Struct, frozen=True):
    """What was found, on what it rests, and the clause in full."""

    text: str
    rests_on: str
    clause: str


class Findings(Block, frozen=True):
    """The reasons of a ruling."""

    findings: list[Finding]


class Section(Struct, frozen=True):
    """A numbered part."""

    title: str
    blocks: list[Block]


class Pages(Struct, frozen=True):
    """The whole PDF. `footer` stands under every page, with the page number behind it."""

    language: str
    title: str
    case: str
    facts: list[tuple[str, str]]
    outcome: list[tuple[str, str]]
    notice: str
    footer: str
    page_of: str
    sections: list[Section]
