"""Pages as somebody opens and reads them, in a browser without JavaScript."""

import re
from html import unescape

from tests.portal.site import Browser


async def seen(browser: Browser, path: str, status: int = 200) -> str:
    page = await browser.get(path, headers={"accept": "text/html"})
    assert page.status_code == status, page.text
    return page.text


def words(page: str) -> str:
    """What people read, tags left out."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page[page.index("<main") :])))
