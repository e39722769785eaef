"""The catalogues: English stands in the code, Chinese in `locale/zh_CN/LC_MESSAGES/*.po`.

The `.po` files are read as they are, all of one language together, so nothing has to be compiled. To bring them up
to date with the code and the templates (words may also stand in a `.po` of their own, `pages.po`):

    pybabel extract -F amends/wording/babel.cfg --no-location -o /tmp/amends.pot .
    pybabel update -i /tmp/amends.pot -d amends/wording/locale -D amends -l zh_CN --no-fuzzy-matching --no-wrap
"""

from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Literal

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

Language = Literal["zh", "en"]

LANGUAGES: tuple[Language, ...] = ("zh", "en")
DEFAULT: Language = "zh"
LOCALES: dict[Language, str] = {"zh": "zh_CN", "en": "en"}


def N_(message: str) -> str:  # noqa: N802 - the name by which extractors know it
    """Marks English words for the catalogue where they stand, to be translated later."""
    return message


@cache
def words(language: Language) -> NullTranslations:
    """The gettext interface to one language; made once a process."""
    if language == "en":
        return NullTranslations()
    merged = Catalog(locale=LOCALES[language])
    folder = files("amends.wording") / "locale" / LOCALES[language] / "LC_MESSAGES"
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".po"):
            for message in read_po(BytesIO(file.read_bytes()), locale=LOCALES[language]):
                if message.id and not message.fuzzy and any(message.string or ""):
                    merged[message.id] = message
    compiled = BytesIO()
    write_mo(compiled, merged)
    compiled.seek(0)
    return Translations(compiled)


def translate(message: str, language: Language) -> str:
    """Marked words in a language."""
    return words(language).gettext(message)
