"""Records whose time is over."""

from amends.store.migrations import run

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    run("0008_pre_retention")
