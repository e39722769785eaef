"""The API over a store in memory; what the database does of its own is tried over PostgreSQL as well."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.support.api import Api, api_over, desk_in_memory, desk_on_postgres


@pytest.fixture
def api() -> Iterator[Api]:
    with api_over(desk_in_memory) as opened:
        yield opened


@pytest.fixture(params=["memory", "postgres"])
def any_api(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Api]:
    """For stories that must hold over both stores, the second wired as the service wires itself."""
    if request.param == "memory":
        open_ = desk_in_memory
    else:
        open_ = partial(desk_on_postgres, request.getfixturevalue("database"), tmp_path)
    with api_over(open_) as opened:
        yield opened
