"""What is wrong with a chat in a CSV, line by line, and what to write instead."""

from collections.abc import Mapping, Sequence
from typing import Any

from amends.wording.catalogue import N_, Language, translate, words

_WHY: Mapping[str, str] = {
    "columns": N_("line {line}: its number of cells is not that of the first line ({found}); put quotes around a text "
                  "that has a separator in it"),
    "quotes": N_("line {line}: quotes are open or stand within a text; inside quotes, write a quote twice"),
    "row_too_long": N_("line {line}: it is too long"),
    "time_missing": N_("line {line}: the time is missing"),
    "time_unreadable": N_("line {line}: “{found}” is not a date with a time; write it like 2026-03-02 09:00:00"),
    "time_unclear": N_("line {line}: clocks were changed at {found}; add the distance to UTC, like +08:00"),
    "sender_missing": N_("line {line}: the sender is missing"),
    "sender_unknown": N_("line {line}: it is not clear whose side “{found}” is; write buyer, merchant, service (of the "
                         "platform) or system, with a name behind a colon if there is one"),
    "name_too_long": N_("line {line}: the sender's name has more than {found} characters"),
    "text_missing": N_("line {line}: the text is missing"),
    "text_too_long": N_("line {line}: the text has more than {found} characters"),
}  # fmt: skip

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
    """One sentence over all lines that are named, with how many others there are."""
    told = [
        translate(_WHY[fault["why"]], language).format(line=fault["line"], found=fault.get("found", ""))
        for fault in faults
    ]
    if more:
        told.append(
            words(language).ngettext("and {count} more line", "and {count} more lines", more).format(count=more)
        )
    text = _BETWEEN[language].join(told) + _END[language]
    return text[:1].upper() + text[1:]


def missing_told(missing: Sequence[str], language: Language) -> str:
    return _BETWEEN[language].join(translate(_COLUMNS[name], language) for name in missing)
