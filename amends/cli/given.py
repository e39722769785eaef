"""Settings as a command's options change them."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from amends.bootstrap import database_url
from amends.settings import PREFIX, Settings, SettingsRefused, load_settings
from amends.store.checkup import reach
from amends.store.embedded import EmbeddedPostgresFailed


def given(*, port: int | None = None, data_dir: Path | None = None) -> Settings:
    """The settings of the environment under the options; the options become variables, for processes started from here.

    Ends the program with every fault named.
    """
    for name, value in (("PORT", port), ("DATA_DIR", data_dir)):
        if value is not None:
            os.environ[PREFIX + name] = str(value)
    try:
        return load_settings(os.environ)
    except SettingsRefused as refused:
        sys.exit(str(refused))


@contextmanager
def reachable_database(settings: Settings) -> Iterator[str]:
    """The database, once it answers. Ends the program with what is wrong."""
    try:
        with database_url(settings) as url:
            reach(url)
            yield url
    except (psycopg.OperationalError, EmbeddedPostgresFailed) as fault:
        sys.exit(f"The database cannot be reached: {str(fault).strip()}")
