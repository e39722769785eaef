"""Pictures that are nearly the same."""

from amends.store.migrations import run

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    run("0012_pre_picture_matches")
