"""The order of the platform's desk."""

from amends.store.migrations import run

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    run("0007_pre_desk_due")
