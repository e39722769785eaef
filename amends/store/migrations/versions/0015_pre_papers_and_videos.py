"""Papers and videos of before are looked at."""

from amends.store.migrations import run

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    run("0015_pre_papers_and_videos")
