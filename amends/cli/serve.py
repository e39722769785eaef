"""`amends serve`: the pages and the API."""

import sys
from pathlib import Path

import uvicorn
from rich.console import Console

from amends.bootstrap import KEY_FILE, service_key
from amends.cli.given import given, reachable_database
from amends.settings import Settings
from amends.store.migrate import migrate, missing

GRACE_SECONDS = 5
"""Live pages never end by themselves; everything else is long done by then."""


def serve(*, port: int | None = None, data: Path | None = None) -> int:
    """Answer HTTP on this machine. Deadlines and deliveries need `amends worker` beside it.

    :param port: Where to listen; without it the setting, else 8080.
    :param data: Data folder: the database that comes along, and the service key.
    """
    settings = given(port=port, data_dir=data)
    console = Console(stderr=True)
    with reachable_database(settings) as url:
        if not _is_current(settings, url):
            console.print("The database lacks migrations. Run `amends migrate` first.", style="red")
            return 1
        service_key(settings.data_dir)
        console.print(
            f"http://{settings.host}:{settings.port}  service key in {settings.data_dir / KEY_FILE}  calls at /docs"
        )
        uvicorn.run(
            "amends.bootstrap:web_app",
            factory=True,
            host=settings.host,
            port=settings.port,
            workers=settings.web_processes,
            loop="uvloop" if sys.platform != "win32" else "asyncio",
            http="httptools",
            lifespan="on",
            access_log=False,
            server_header=False,
            log_level="warning",
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    return 0


def _is_current(settings: Settings, url: str) -> bool:
    """The database that comes along is brought up to date unasked; one of your own is left to you."""
    if settings.database_url is None:
        migrate(url)
        return True
    return not missing(url)
