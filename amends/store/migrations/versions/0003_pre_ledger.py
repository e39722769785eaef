"""The ledger."""

from amends.store.migrations import run

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    run("0003_pre_ledger")
