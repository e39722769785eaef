"""The platform's desk."""

from amends.store.migrations import run

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    run("0004_pre_desk")
