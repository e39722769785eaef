"""Keys that can be revoked, and what is found by its age."""

from amends.store.migrations import run

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    run("0010_pre_keys")
