"""The measurement of dossiers measures dossiers: real ones, asked for as an operator asks."""

from pathlib import Path

from amends.bench.dossier import PHOTO_BYTES, run_dossiers
from tests.support.database import folder_for_server


def test_a_small_one_is_made_measured_and_holds():
    with folder_for_server() as folder:
        figures = run_dossiers(Path(folder), rounds=1, events=30, files=3)
        assert list(Path(folder).iterdir()) == [], "nothing of it is left behind"
    assert (figures.events, figures.files) == (30, 3)
    assert figures.zip_mb * 1e6 > 3 * PHOTO_BYTES, "the photographs are in it"
    assert 0 < figures.start_seconds < figures.zip_seconds
    assert figures.verify_mb_per_s > 0
    assert 50 < figures.peak_mb < 1000
