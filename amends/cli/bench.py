"""`amends bench`: what the service does on this machine, beside what its database does alone."""

import sys
from pathlib import Path

import msgspec
from rich.console import Console

from amends.bench.figures import show
from amends.bench.pages import CASES, run_pages, show_pages
from amends.bench.run import FULL, QUICK, run
from amends.cli.given import given


def bench(*, json: bool = False, quick: bool = False, pages: bool = False, data: Path | None = None) -> int:
    """Measure commands, requests, decisions and deadlines a second, beside pgbench, in about four minutes.

    Leave the machine alone meanwhile: whatever else runs is in the figures.

    :param json: Print the figures as JSON, with everything that they were worked out from.
    :param quick: Less of everything, in under a minute: for a first idea.
    :param pages: Measure pages instead: a queue of a shop with 100,000 cases, and a case with 200 events.
    :param data: Folder on the disk to measure; without it the data folder. Nothing of it is left behind.
    """
    folder = data or given().data_dir
    told = Console(stderr=True, highlight=False)
    with told.status("bench") as status:
        if pages:
            read = run_pages(folder, CASES // 10 if quick else CASES)
        else:
            measured = run(QUICK if quick else FULL, folder, lambda what: status.update(f"bench: {what}"))
    if json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(read if pages else measured)).decode() + "\n")
    elif pages:
        show_pages(read)
    else:
        show(measured)
    return 0
