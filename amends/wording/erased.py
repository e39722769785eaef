"""What people read in place of words that were erased: a word of their language, and in a page a quiet one.

The record has a mark there that belongs to no language (`ERASED`), which programs get as it is. Only ask this of a case
that was erased: there the mark stands for nothing else, while in any other case somebody may have typed it.
"""

from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from amends.domain.commands import EvidenceItem
from amends.wording.catalogue import N_, Language, translate

ERASED = "[erased]"
"""The mark in the record."""

_WORD = N_("erased")

T = TypeVar("T")


def erased_word(language: Language) -> str:
    """What people read there."""
    return translate(_WORD, language)


class Quiet(str):
    """Text that a page shows quietly where it stands on its own."""

    __slots__ = ()

    def __html__(self) -> str:
        return f'<span class="soft">{self}</span>'


def in_words(value: T, word: str) -> T:
    """All that an erased case says, with the word for every mark in it."""
    found: T = _in_words(value, word)
    return found


def _in_words(value: Any, word: str) -> Any:
    match value:
        case str():
            return word if value == ERASED else value
        case EvidenceItem(name=name) if name == ERASED:
            # It goes by its kind, as one that never had a name.
            return _in_words(replace(value, name=""), word)
        case Struct():
            inside = {name: getattr(value, name) for name in value.__struct_fields__}
            said = {name: _in_words(part, word) for name, part in inside.items()}
            changed = {name: said[name] for name in inside if said[name] is not inside[name]}
            return replace(value, **changed) if changed else value
        case dict():
            return {key: _in_words(part, word) for key, part in value.items()}
        case tuple() if hasattr(value, "_fields"):
            return type(value)(*(_in_words(part, word) for part in value))
        case tuple() | list():
            return type(value)(_in_words(part, word) for part in value)
    return value
