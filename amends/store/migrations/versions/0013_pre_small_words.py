"""Words in small letters."""

from amends.store.migrations import run

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    run("0013_pre_small_words")
