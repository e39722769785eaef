"""`amends migrate`: the database's tables."""

from pathlib import Path

from rich.console import Console

from amends.cli.given import given, reachable_database
from amends.store.migrate import migrate as bring_up_to_date
from amends.store.migrate import missing


def migrate(*, data: Path | None = None) -> None:
    """Bring the database to what this version needs. Running it twice, or at two places at once, does no harm.

    :param data: Data folder of the database that comes along; not used with one of your own.
    """
    settings = given(data_dir=data)
    with reachable_database(settings) as url:
        lacking = missing(url)
        bring_up_to_date(url)
    Console(stderr=True).print(f"Applied: {', '.join(lacking)}." if lacking else "Nothing was missing.")
