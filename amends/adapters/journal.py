"""Lines of JSON in a file: the memory of the sandbox partners, which outlives them being killed."""

import os
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

Entry = TypeVar("Entry")


class Journal(Generic[Entry]):
    """Each line is handed to the system whole before `append` returns: kill -9 loses nothing, a power cut may.

    Without a file it remembers nothing beyond the process.
    """

    def __init__(self, file: Path | None, kind: type[Entry]) -> None:
        self._decoder = msgspec.json.Decoder(kind)
        self._file = None if file is None else os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)

    def read(self) -> list[Entry]:
        """Everything so far. A last line that was cut off while being written is taken away."""
        if self._file is None:
            return []
        size = os.fstat(self._file).st_size
        text = os.pread(self._file, size, 0)
        whole = text.rfind(b"\n") + 1
        if whole != size:
            os.truncate(self._file, whole)
        return [self._decoder.decode(line) for line in text[:whole].splitlines()]

    def append(self, *entries: Entry) -> None:
        if self._file is not None and entries:
            os.write(self._file, b"".join(msgspec.json.encode(entry) + b"\n" for entry in entries))

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
