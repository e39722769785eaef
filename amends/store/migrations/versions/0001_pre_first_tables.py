"""The first tables."""

from amends.store.migrations import run

revision = "0001"
down_revision = None


def upgrade() -> None:
    run("0001_pre_first_tables")
