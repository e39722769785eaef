"""The worker: a job a line comes in, what was seen goes out. Started by `reader.py`, confined as `looking` is."""

import sys
from collections.abc import Iterable
from pathlib import Path

import msgspec
from PIL import Image

from amends.adapters.files.confined import allow_time, shut_in
from amends.adapters.files.reading import films, papers, words
from amends.adapters.files.reading.jobs import Look, Shown
from amends.adapters.files.reading.marks import marks
from amends.application.passages import Line


def look(job: Look) -> Shown:
    file = Path(job.file)
    match job.shows:
        case "document":
            return Shown(lines=papers.lines(file, pictures=job.pictures) if job.read else None)
        case "video":
            return Shown(_marks(films.pictures(file)) if job.compare else [])
        case "picture":
            with Image.open(file, formats=["JPEG"]) as picture:
                picture.load()
                read = job.read and job.pictures
                return Shown(
                    _marks([picture]) if job.compare else [],
                    [Line(text) for text in words.lines(picture)] if read else None,
                )


def _marks(pictures: Iterable[Image.Image]) -> list[tuple[int, int]]:
    return [(mark.shape, mark.edges) for picture in pictures for mark in marks(picture)]


def main() -> None:
    """Until no more jobs come."""
    shut_in(int(sys.argv[1]))
    Image.MAX_IMAGE_PIXELS = None  # drawn by us, within the policy's limits
    for line in sys.stdin.buffer:
        job = msgspec.json.decode(line, type=Look)
        allow_time(job.seconds)
        sys.stdout.buffer.write(msgspec.json.encode(look(job)) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
