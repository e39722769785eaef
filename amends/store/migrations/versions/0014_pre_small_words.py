"""Words in small letters."""

from amends.store.migrations import run

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    run("0014_pre_small_words")
