"""Lifting a hold writes three columns and no more."""

from amends.store.migrations import run

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    run("0016_pre_holds_on_record")
