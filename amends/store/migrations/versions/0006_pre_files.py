"""Files of evidence."""

from amends.store.migrations import run

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    run("0006_pre_files")
