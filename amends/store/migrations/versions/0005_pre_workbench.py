"""The shop's workbench."""

from amends.store.migrations import run

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    run("0005_pre_workbench")
