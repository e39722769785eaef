"""Chats from before the case, each with who filed it: what they say is as good as its source."""

from collections.abc import Iterator

from amends.application.dossier import Exhibit
from amends.application.dossier_pages.blocks import Block, Heading, Remark, Talk, Text
from amends.application.dossier_pages.teller import Teller
from amends.application.transcripts import Transcript
from amends.domain.words import Side

_PRINTED = 500
"""So many messages of a chat are printed, the newest; the file has all of them."""


def earlier_conversations(t: Teller) -> list[Block]:
    chats = t.contents.chats
    return [
        block
        for one in t.contents.exhibits
        if one.evidence_id in chats
        for block in _chat(t, one, chats[one.evidence_id])
    ]


def _chat(t: Teller, exhibit: Exhibit, told: Transcript) -> Iterator[Block]:
    _, count = t._, len(told.messages)
    yield Heading(f"{exhibit.evidence_id.upper()} · {told.source}")
    period = _("{count} messages, from {first} to {last}.").format(
        count=count, first=t.second(told.messages[0].at), last=t.second(told.messages[-1].at)
    )
    if exhibit.side is Side.SYSTEM:
        whose = _("Brought in by the marketplace from its own records.")
    else:
        whose = _("Filed by the {side}; the marketplace has not confirmed it.").format(side=t.label(exhibit.side))
    parts = [period, whose]
    if count > _PRINTED:
        parts.append(_("Printed here are the newest {count}; {file} has all of them.").format(
            count=_PRINTED, file=exhibit.attached
        ))  # fmt: skip
    yield Text(t.sentences(parts), quiet=True)
    first = max(0, count - _PRINTED)
    remarks = []
    for number, line in enumerate(told.messages[first:], start=first + 1):
        side = line.side.speaks_for
        who = f"{t.label(side)} {line.author}".strip()
        remarks.append(Remark(number, side, who, t.moment(line.at), "", line.text, ""))
    yield Talk(remarks)
