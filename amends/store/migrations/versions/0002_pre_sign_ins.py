"""People signed in."""

from amends.store.migrations import run

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    run("0002_pre_sign_ins")
