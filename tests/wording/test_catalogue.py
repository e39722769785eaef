"""Both languages are complete: whatever stands in English in the code has Chinese words."""

from io import BytesIO
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import amends
from amends.wording.catalogue import words

PACKAGE = Path(amends.__file__).parent

METHODS = [("**.py", "python"), ("web/templates/**", "jinja2")]


def in_the_code() -> dict[str | tuple[str, ...], str]:
    """Every marked message, and a file where it stands."""
    found = extract_from_dir(PACKAGE, METHODS)
    return {message: file for file, _, message, _, _ in found if message}


def in_the_catalogue() -> dict[str | tuple[str, ...], tuple[str, ...]]:
    translated = {}
    for file in (PACKAGE / "wording" / "locale" / "zh_CN" / "LC_MESSAGES").glob("*.po"):
        for message in read_po(BytesIO(file.read_bytes()), locale="zh_CN"):
            if message.id and not message.fuzzy and any(message.string):
                strings = message.string if isinstance(message.string, tuple) else (message.string,)
                translated[message.id] = strings
    return translated


def test_every_word_in_the_code_has_chinese_words():
    translated = in_the_catalogue()
    missing = {message: file for message, file in in_the_code().items() if message not in translated}
    assert missing == {}, "add them to amends/wording/locale/zh_CN/LC_MESSAGES"


def test_the_catalogue_has_no_words_that_nobody_says():
    assert set(in_the_catalogue()) - set(in_the_code()) == set()


def fields(message: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(message) if name is not None}


def test_chinese_words_name_the_same_facts_as_the_english():
    different = []
    for message, strings in in_the_catalogue().items():
        english = message if isinstance(message, str) else message[-1]
        if "{" in english:
            different += [(english, string) for string in strings if fields(string) != fields(english)]
    assert different == []


def test_words_stay_polite_and_plain():
    """No exclamation marks, no 亲, no half-width punctuation between Chinese words."""
    loud = [
        string
        for strings in in_the_catalogue().values()
        for string in strings
        if any(sign in string for sign in ("!", "！", "亲", "你")) or any(f"{sign} " in string for sign in ",;?")
    ]
    assert loud == []


def test_english_needs_no_catalogue():
    assert words("en").gettext("Refund only") == "Refund only"
    assert words("zh").gettext("Refund only") == "仅退款"


@pytest.mark.parametrize(("count", "english"), [(1, "{count} day"), (2, "{count} days")])
def test_plurals_are_those_of_the_language(count, english):
    assert words("en").ngettext("{count} day", "{count} days", count) == english
    assert words("zh").ngettext("{count} day", "{count} days", count) == "{count} 天"
