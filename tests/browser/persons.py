"""Somebody at a screen, who finds everything by the words that the page shows in his language."""

import re
from typing import NamedTuple

from playwright.sync_api import Locator, Page, expect

from amends.wording.actions import action_words
from amends.wording.catalogue import Language, translate, words

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DESK = {"viewport": {"width": 1280, "height": 860}, "has_touch": False, "is_mobile": False}

_BY_ITSELF_MS = 8_000
"""That it takes less than a second is shown in `tests/portal/test_browser.py`; here it has to come at all."""


class Way(NamedTuple):
    """On which screen and in which language a journey is made."""

    screen: dict[str, object]
    language: Language


PHONE_IN_CHINESE = Way(PHONE, "zh")
DESK_IN_ENGLISH = Way(DESK, "en")


class Person:
    """One browser."""

    def __init__(self, page: Page, language: Language) -> None:
        self.page = page
        self.language: Language = language
        page.set_default_timeout(8_000)
        page.goto(f"/language/{language}?to=/demo")

    def go(self, path: str) -> None:
        """To a page, which must fit the screen."""
        self.page.goto(path)
        self.fits()

    def fits(self) -> None:
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{self.page.url} is too wide"

    def words(self, text: str, **facts: object) -> str:
        """A sentence of ours in this person's language."""
        return translate(text, self.language).format(**facts)

    def counted(self, one: str, many: str, count: int) -> str:
        return words(self.language).ngettext(one, many, count).format(count=count)

    def name_of(self, verb: str) -> str:
        """What the button of a step says."""
        return action_words(verb, self.language).label

    def sees(self, text: str, **facts: object) -> None:
        """One of our sentences, or words of somebody, somewhere in sight."""
        expect(self._seen(self.words(text, **facts))).to_be_visible()

    def sees_by_itself(self, text: str) -> None:
        """Without doing anything (R2.4)."""
        expect(self._seen(self.words(text))).to_be_visible(timeout=_BY_ITSELF_MS)

    def _seen(self, text: str) -> Locator:
        return self.page.locator("main").get_by_text(text).filter(visible=True).first

    def does_not_see(self, text: str) -> None:
        expect(self.page.locator("main").get_by_text(self.words(text)).filter(visible=True)).to_have_count(0)

    def is_told(self, verb: str) -> None:
        """What is said when a step is done."""
        expect(self.page.get_by_text(action_words(verb, self.language).done).first).to_be_visible()

    def follows(self, text: str) -> None:
        """A link."""
        self.page.locator("main").get_by_role("link", name=self.words(text)).filter(visible=True).first.click()

    def presses(self, text: str) -> None:
        """A button by its words."""
        self.page.get_by_role("button", name=self.words(text), exact=True).filter(visible=True).first.click()

    def does(self, verb: str, **entered: str) -> None:
        """A step of a case: opens its form where it has one, fills it in by field, and sends it."""
        form = self.form(verb)
        for name, value in entered.items():
            self.fill(form, name.replace("__", "."), value)
        form.get_by_role("button", name=self.name_of(verb), exact=True).click()

    def form(self, verb: str) -> Locator:
        """The form of a step, open."""
        drawer = self.page.locator(f"#do-{verb}")
        if drawer.count():
            if drawer.get_attribute("open") is None:
                drawer.locator("summary").first.click()
            return drawer
        return self.page.locator(f"form[action*='/{verb}']").filter(visible=True).first

    @staticmethod
    def fill(form: Locator, name: str, value: str) -> None:
        field = form.locator(f'[name="{name}"]')
        first = field.first
        if first.get_attribute("type") == "radio":
            form.locator(f'[name="{name}"][value="{value}"]').check()
        elif first.evaluate("field => field.tagName") == "SELECT":
            first.select_option(value)
        elif first.get_attribute("type") == "file":
            first.set_input_files(value)
        else:
            first.fill(value)

    def writes(self, text: str) -> None:
        """A message in the conversation."""
        self.page.locator("#composer textarea").fill(text)
        self.page.locator("#composer").get_by_role("button", name=self.name_of("send-message"), exact=True).click()
        expect(self.page.locator(".talk").get_by_text(text).first).to_be_visible()

    def waits_for_the_line(self, path: str) -> None:
        """Opens a page and waits until what others do would reach it."""
        with self.page.expect_response(lambda response: re.search(r"/live\b", response.url) is not None):
            self.page.goto(path)
        self.page.wait_for_timeout(150)
        self.fits()
