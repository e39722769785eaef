"""A tiny run: that it does what it says, never how fast anything was."""

from amends.bench.photos import run_photos
from tests.support.database import folder_for_server


def test_photographs_are_taken_in_and_memory_is_looked_at():
    with folder_for_server() as folder:
        figures = run_photos(folder, photos=4, photo_bytes=60_000)
    assert (figures.photos, figures.before_mb > 10, figures.after_mb > 10) == (4, True, True)
    assert 0.02 < figures.photo_mb < 0.2
