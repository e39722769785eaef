"""What was seen in pictures of evidence."""

from amends.store.migrations import run

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    run("0009_pre_examinations")
