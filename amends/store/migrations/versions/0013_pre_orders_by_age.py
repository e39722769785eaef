"""Orders by when they were first told of."""

from amends.store.migrations import run

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    run("0013_pre_orders_by_age")
