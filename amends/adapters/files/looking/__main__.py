"""The worker: a job a line comes in, what was found goes out. Started by `inspector.py`, with nothing in its hands.

It has a bound on memory, processor time and open files, no environment, and where the kernel lets it, no network.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
from av.error import FFmpegError
from PIL import Image, UnidentifiedImageError

from amends.adapters.files.confined import allow_time, shut_in
from amends.adapters.files.looking import documents, images, media, transcripts
from amends.adapters.files.looking.kinds import Taken, kind_of
from amends.adapters.files.looking.limits import Job, Made, NotTaken, Told, at_most

_LOOKS = {
    "image": images.look,
    "video": media.look_at_video,
    "audio": media.look_at_sound,
    "document": documents.look,
}


def look(job: Job) -> Told:
    """What the file is, or why it is not taken."""
    file = Path(job.file)
    try:
        taken = kind_of(file, is_chat=job.is_chat)
        if taken is None:
            return Told(refused="file_type_not_allowed")
        _check_size(taken, file, job.limits)
        if taken.family == "transcript":
            facts, copies = transcripts.look(file, taken.reader, job.limits, job.zone)
        else:
            facts, copies = _LOOKS[taken.family](file, taken.reader, job.limits)
    except NotTaken as fault:
        return Told(refused=fault.code, why=fault.facts)
    except MemoryError:
        return Told(refused="file_too_costly", why={"what": "memory"})
    except (UnidentifiedImageError, FFmpegError, OSError, SyntaxError, ValueError, ArithmeticError, LookupError,
            TypeError, RuntimeError, EOFError, Image.DecompressionBombError) as fault:  # fmt: skip
        # Decoders complain in many ways about what is broken; none of them is news for the log.
        return Told(refused="file_unreadable", why={"why": type(fault).__name__})
    return Told(_media_type(taken, copies), facts, copies)


def _check_size(taken: Taken, file: Path, limits: dict[str, int]) -> None:
    at_most("file_too_large", file.stat().st_size / 1e6, limits[f"{taken.family}_megabytes"])


def _media_type(taken: Taken, copies: Sequence[Made]) -> str:
    """A container of videos may hold nothing but sound."""
    only_sound = taken.family == "video" and len(copies) == 1
    return taken.media_type.replace("video/", "audio/") if only_sound else taken.media_type


def main() -> None:
    """Until no more jobs come."""
    shut_in(int(sys.argv[1]))
    jobs, answers = sys.stdin.buffer, sys.stdout.buffer
    while line := jobs.readline():
        job = msgspec.json.decode(line, type=Job)
        allow_time(job.limits["inspection_seconds"])
        answers.write(msgspec.json.encode(look(job)) + b"\n")
        answers.flush()


if __name__ == "__main__":
    main()
