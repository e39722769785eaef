"""`amends bench`: what the service does on this machine, beside what its database does alone."""

import sys
from functools import partial
from pathlib import Path

import msgspec
from msgspec import Struct
from rich.console import Console

from amends.bench.dossier import run_dossiers, show_dossiers
from amends.bench.figures import show
from amends.bench.pages import CASES, run_pages, show_pages
from amends.bench.photos import PHOTOS, run_photos, show_photos
from amends.bench.run import FULL, QUICK, run
from amends.cli.given import given


def bench(
    *,
    json: bool = False,
    quick: bool = False,
    pages: bool = False,
    dossiers: bool = False,
    photos: bool = False,
    data: Path | None = None,
) -> int:
    """Measure commands, requests, decisions and deadlines a second, beside pgbench, in about four minutes.

    Leave the machine alone meanwhile: whatever else runs is in the figures.

    :param json: Print the figures as JSON, with everything that they were worked out from.
    :param quick: Less of everything, in under a minute: for a first idea.
    :param pages: Measure pages instead: a queue of a shop with 100,000 cases, and a case with 200 events.
    :param dossiers: Measure dossiers instead: of a case with 500 events and 60 photographs, and their verification.
    :param photos: Measure photographs instead: whether taking in 1,000 of 3 MB makes the process grow.
    :param data: Folder on the disk to measure; without it the data folder. Nothing of it is left behind.
    """
    folder = data or given().data_dir
    told = Console(stderr=True, highlight=False)
    with told.status("bench") as status:
        measured: Struct
        if pages:
            measured = found = run_pages(folder, CASES // 10 if quick else CASES)
            print_it = partial(show_pages, found)
        elif dossiers:
            measured = papers = run_dossiers(folder, 1 if quick else 3)
            print_it = partial(show_dossiers, papers)
        elif photos:
            measured = taken = run_photos(folder, PHOTOS // 20 if quick else PHOTOS)
            print_it = partial(show_photos, taken)
        else:
            measured = all_of_it = run(QUICK if quick else FULL, folder, lambda what: status.update(f"bench: {what}"))
            print_it = partial(show, all_of_it)
    if json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(measured)).decode() + "\n")
    else:
        print_it()
    return 0
