"""How finished cases ended, to compare others with."""

from amends.store.migrations import run

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    run("0011_pre_endings")
