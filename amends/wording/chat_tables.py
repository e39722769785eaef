"""What is wrong with a chat in a CSV: each line that cannot be read, then what to write instead."""

from collections.abc import Mapping, Sequence
from typing import Any

from amends.wording.catalogue import N_, Language, translate, words
from amends.wording.formats import sentences

_WHY: Mapping[str, str] = {
    "columns": N_("line {line}: number of cells ({found})"),
    "quotes": N_("line {line}: quotes that are open or stand within a text"),
    "row_too_long": N_("line {line}: too long"),
    "time_missing": N_("line {line}: no time"),
    "time_unreadable": N_("line {line}: time “{found}”"),
    "time_unclear": N_("line {line}: clocks were changed at {found}"),
    "sender_missing": N_("line {line}: no sender"),
    "sender_unknown": N_("line {line}: sender “{found}”"),
    "name_too_long": N_("line {line}: sender's name of more than {found} characters"),
    "text_missing": N_("line {line}: no text"),
    "text_too_long": N_("line {line}: text of more than {found} characters"),
}

_QUOTES = N_("A text with a separator or a quote in it stands in quotes, and quotes within it are written twice.")
_SENDERS = N_(
    "The sender is buyer, merchant, service (of the platform) or system, with a name behind a colon if there is one."
)
_TIMES = N_("Times are written like 2026-03-02 09:00:00.")

_INSTEAD: Mapping[str, str] = {
    "columns": _QUOTES,
    "quotes": _QUOTES,
    "time_missing": _TIMES,
    "time_unreadable": _TIMES,
    "time_unclear": N_("Where clocks were changed, the distance to UTC stands behind the time, like +08:00."),
    "sender_missing": _SENDERS,
    "sender_unknown": _SENDERS,
}
"""Said once, however many lines have it."""

_COLUMNS: Mapping[str, str] = {
    "time": N_("time"),
    "sender": N_("sender"),
    "text": N_("text"),
    "rows": N_("messages below the first line"),
    "columns": N_("a line of at most 64 columns"),
    "time twice": N_("time only once"),
    "sender twice": N_("sender only once"),
    "role twice": N_("role only once"),
    "text twice": N_("text only once"),
    "order twice": N_("order number only once"),
}

_BETWEEN: Mapping[Language, str] = {"zh": "；", "en": "; "}
_END: Mapping[Language, str] = {"zh": "。", "en": "."}


def lines_told(faults: Sequence[Mapping[str, Any]], more: int, language: Language) -> str:
    """All lines that are named, how many others there are, and what to write instead."""
    told = [
        translate(_WHY[fault["why"]], language).format(line=fault["line"], found=fault.get("found", ""))
        for fault in faults
    ]
    if more:
        others = words(language).ngettext("and {count} more line", "and {count} more lines", more)
        told.append(others.format(count=more))
    text = _BETWEEN[language].join(told) + _END[language]
    instead = dict.fromkeys(_INSTEAD[fault["why"]] for fault in faults if fault["why"] in _INSTEAD)
    return sentences([text[:1].upper() + text[1:], *(translate(one, language) for one in instead)], language)


def missing_told(missing: Sequence[str], language: Language) -> str:
    return _BETWEEN[language].join(translate(_COLUMNS[name], language) for name in missing)
