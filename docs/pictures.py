"""`make pictures`: every page as a picture, from the marketplace of `amends demo`, into `docs/pictures/`.

Run on a machine with Chromium. The demo starts in a folder of its own and is gone afterwards.
"""

import io
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from amends.wording.catalogue import Language

FOLDER = Path(__file__).parent / "pictures"
PORT = 8947
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
DESK = {"viewport": {"width": 1280, "height": 860}, "device_scale_factor": 1.5}

BUYER, OWNER, ARBITRATOR = "buyer", "merchant/1001/li", "platform/gao"
"""A buyer: the first whom the demo offers."""

SUPERVISOR, SERVICE, OPERATOR = "platform/shen", "platform/zhou", "platform/bai"


class Picture(NamedTuple):
    """A page to open: `path` itself, or the first link on it that `then` matches."""

    name: str
    actor: str | None
    path: str
    then: str = ""
    sizes: tuple[str, ...] = ("phone", "desk")
    scheme: str = "light"
    language: Language = "zh"


IN_TALKS, MINE = "/merchant?queue=negotiating&reason=quality", "/desk?queue=mine&reason=quality"
"""Lists whose first case has much to show."""

CASE = r"/cases/[0-9A-Z-]+(\?[^\"#]*)?$"
PICTURES = (
    Picture("sign-in", None, "/sign-in"),
    Picture("demo", None, "/demo"),
    Picture("components", None, "/demo/gallery", sizes=("desk",)),
    Picture("buyer-cases", BUYER, "/buyer"),
    Picture("buyer-case", BUYER, "/buyer", CASE),
    Picture("buyer-case-dark", BUYER, "/buyer", CASE, sizes=("phone",), scheme="dark"),
    Picture("buyer-case-english", BUYER, "/buyer", CASE, sizes=("phone",), language="en"),
    Picture("buyer-orders", BUYER, "/buyer/orders"),
    Picture("buyer-apply", BUYER, "/buyer/orders", r"/apply(\?|$)|/orders/\d+/[^/]+$"),
    Picture("buyer-service", BUYER, "/buyer/service"),
    Picture("merchant-queue", OWNER, "/merchant"),
    Picture("merchant-queue-dark", OWNER, "/merchant?queue=negotiating", sizes=("desk",), scheme="dark"),
    Picture("merchant-case", OWNER, IN_TALKS, CASE),
    Picture("merchant-case-new", OWNER, "/merchant?queue=answer", CASE, sizes=("desk",)),
    Picture("merchant-case-return", OWNER, "/merchant?queue=check", CASE, sizes=("desk",)),
    Picture(
        "merchant-case-english",
        OWNER,
        "/merchant?queue=negotiating&reason=quality",
        CASE,
        sizes=("desk",),
        language="en",
    ),
    Picture("merchant-orders", OWNER, "/merchant/orders"),
    Picture("merchant-texts", OWNER, "/merchant/texts", sizes=("desk",)),
    Picture("merchant-settings", OWNER, "/merchant/settings"),
    Picture("merchant-service", OWNER, "/merchant/service", sizes=("desk",)),
    Picture("desk-queue", ARBITRATOR, "/desk"),
    Picture("desk-case", ARBITRATOR, MINE, CASE),
    Picture("desk-case-dark", ARBITRATOR, MINE, CASE, sizes=("desk",), scheme="dark"),
    Picture("desk-case-english", ARBITRATOR, MINE, CASE, sizes=("desk",), language="en"),
    Picture("desk-inbox", SERVICE, "/desk/inbox"),
    Picture("desk-team", SUPERVISOR, "/desk/team", sizes=("desk",)),
    Picture("operator-policy", OPERATOR, "/desk/policy", sizes=("desk",)),
    Picture("operator-holds", OPERATOR, "/desk/holds"),
    Picture("operator-outbox", OPERATOR, "/desk/outbox", sizes=("desk",)),
    Picture("operator-health", OPERATOR, "/desk/health"),
    Picture("operator-health-dark", OPERATOR, "/desk/health", sizes=("desk",), scheme="dark", language="en"),
    Picture("operator-clock", OPERATOR, "/desk/clock", sizes=("desk",)),
)


def main() -> int:
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        sys.stderr.write("There is no Chromium. On Debian: apt-get install chromium fonts-noto-cjk\n")
        return 1
    FOLDER.mkdir(exist_ok=True)
    wanted = [one for one in PICTURES if not sys.argv[1:] or any(name in one.name for name in sys.argv[1:])]
    with demo() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        for picture in wanted:
            for size in picture.sizes:
                take(browser, address, picture, size)
        browser.close()
    return 0


@contextmanager
def demo() -> Iterator[str]:
    """The service with its made-up marketplace, and its address."""
    with tempfile.TemporaryDirectory(prefix="amends-pictures-") as data:
        command = [sys.executable, "-m", "amends", "demo", "--port", str(PORT), "--data", data]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
            assert running.stdout is not None, "it is asked for"
            try:
                line = next((line for line in running.stdout if line.startswith("http")), "")
                if not line:
                    raise RuntimeError("the demo did not start")
                yield line.split()[0]
            finally:
                running.terminate()


def take(browser: Browser, address: str, picture: Picture, size: str) -> None:
    """Open the page as its reader and keep what is seen of it without scrolling far."""
    options = PHONE if size == "phone" else DESK
    context = browser.new_context(base_url=address, color_scheme=picture.scheme, reduced_motion="reduce", **options)
    try:
        if picture.actor is not None:
            offered = re.findall(r'name="actor" value="([^"]+)"', context.request.get("/demo").text())
            actor = next(one for one in offered if one.startswith(picture.actor))
            context.request.post("/demo", form={"actor": actor})
        context.request.get(f"/language/{picture.language}")
        page = context.new_page()
        page.goto(picture.path)
        if picture.then:
            page.goto(link_on(page, picture.then))
        page.wait_for_timeout(250)
        height = page.evaluate("document.documentElement.scrollHeight")
        width = options["viewport"]["width"]
        clip = {"x": 0, "y": 0, "width": width, "height": min(height, 3 * options["viewport"]["height"])}
        seen = Image.open(io.BytesIO(page.screenshot(full_page=True, clip=clip)))
        seen.convert("RGB").save(FOLDER / f"{picture.name}-{size}.webp", quality=82, method=6)
        sys.stdout.write(f"{picture.name}-{size} {seen.width}x{seen.height}\n")
    finally:
        context.close()


def link_on(page: Page, pattern: str) -> str:
    """The first link that matches. Raises RuntimeError where there is none."""
    links: list[str] = page.evaluate("[...document.querySelectorAll('main a')].map((one) => one.getAttribute('href'))")
    for link in links:
        if link and re.search(pattern, link.partition("#")[0]):
            return link
    raise RuntimeError(f"no link on {page.url} matches {pattern}")


if __name__ == "__main__":
    sys.exit(main())
