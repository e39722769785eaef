"""Text of strangers without signs that nobody sees."""

import unicodedata

_TURNING = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Signs that turn the direction of writing: a line could be read otherwise than it was written."""


def visible(text: str, *, lines: bool = False) -> str:
    """Without what steers a terminal or turns the writing; `lines` keeps breaks and tabs."""
    kept = text.replace("\r\n", "\n") if lines else text
    return "".join(sign for sign in kept if _stays(sign, lines=lines)).strip()


def _stays(sign: str, *, lines: bool) -> bool:
    if sign in "\n\t":
        return lines
    return unicodedata.category(sign) != "Cc" and sign not in _TURNING
