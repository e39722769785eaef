"""The worker: a job a line comes in, what was seen goes out. Started by `reader.py`, confined as `looking` is."""

import sys

import msgspec
from PIL import Image

from amends.adapters.files.confined import allow_time, shut_in
from amends.adapters.files.reading import words
from amends.adapters.files.reading.jobs import Look, Shown
from amends.adapters.files.reading.marks import marks


def look(job: Look) -> Shown:
    with Image.open(job.file, formats=["JPEG"]) as picture:
        picture.load()
        found = [(mark.shape, mark.edges) for mark in marks(picture)] if job.compare else []
        return Shown(found, words.lines(picture) if job.read else None)


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
