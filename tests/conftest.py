"""What every test may count on: no network but loopback, no settings of the person at the keyboard, a PostgreSQL."""

import os
from collections.abc import Iterator
from functools import partial

import pytest

from amends.store.embedded import EmbeddedPostgres
from amends.store.migrate import migrate
from tests.support.database import fresh_database, running_server, template_database
from tests.support.network import only_loopback
from tests.support.shops import OpenShop, shop_in_memory, shop_on_postgres


@pytest.fixture(scope="session", autouse=True)
def _alone_on_this_machine() -> Iterator[None]:
    for name in [name for name in os.environ if name.startswith("AMENDS_")]:
        del os.environ[name]
    with only_loopback():
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """Started when the first test of this process asks for it."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="module")
def empty_database(postgres: EmbeddedPostgres) -> Iterator[str]:
    """Connection string of a database without tables, shared by the tests of one module."""
    with fresh_database(postgres) as dsn:
        yield dsn


@pytest.fixture
def database(postgres: EmbeddedPostgres) -> Iterator[str]:
    """Connection string of a database with tables, for one test."""
    with fresh_database(postgres, template_database(postgres, "migrated", migrate)) as dsn:
        yield dsn


@pytest.fixture(params=["memory", "postgres"])
def open_shop(request: pytest.FixtureRequest) -> OpenShop:
    """What a test asks of it must hold over both stores."""
    if request.param == "memory":
        return shop_in_memory
    return partial(shop_on_postgres, request.getfixturevalue("database"))
