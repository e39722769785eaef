"""Which line of a TOML text each key stands on: `tomllib` reads values and forgets their places."""

import re
import tomllib

Path = tuple[str | int, ...]

_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY_PART = re.compile(r"""[ \t]*("(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)[ \t]*(\.?)""")
_STRING = re.compile(r'''"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\]|\\.)*"|'[^']*\'''', re.DOTALL)
_SCALAR = re.compile(r"[^,\]}#\n]+")


def lines_of(text: str) -> dict[Path, int]:
    """The line, from 1, of every table, key and array element of a text that `tomllib` accepts."""
    return _Scan(text.replace("\r\n", "\n")).run()


class _Scan:
    """One pass over valid TOML. Values are skipped, not read; only where they start matters."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Path, int] = {}
        self.arrays: dict[Path, int] = {}

    def run(self) -> dict[Path, int]:
        table: Path = ()
        while self._skip_space():
            if self._take("[["):
                table = self._in_arrays(self._key())
                number = self.arrays.get(table, -1) + 1
                self.arrays[table] = number
                self._note(table)
                table = (*table, number)
                self._note(table)
                self._take("]]")
            elif self._take("["):
                table = self._in_arrays(self._key())
                self._note(table)
                self._take("]")
            else:
                self._pair(table)
        return self.lines

    def _in_arrays(self, path: Path) -> Path:
        """A header's path with the number of the latest element after each array of tables above it."""
        found: Path = ()
        for place, part in enumerate(path):
            found = (*found, part)
            if found in self.arrays and place < len(path) - 1:
                found = (*found, self.arrays[found])
        return found

    def _pair(self, table: Path) -> None:
        path = table
        start = self.at
        for part in self._key():
            path = (*path, part)
            self._note(path, start)
        self._take("=")
        self._value(path)

    def _value(self, path: Path) -> None:
        self._skip_space()
        self._note(path)
        if self._take("["):
            number = 0
            while self._skip_space() and not self._take("]"):
                self._value((*path, number))
                number += 1
                self._skip_space()
                self._take(",")
        elif self._take("{"):
            while self._skip_space() and not self._take("}"):
                self._pair(path)
                self._skip_space()
                self._take(",")
        else:
            found = _STRING.match(self.text, self.at) or _SCALAR.match(self.text, self.at)
            assert found is not None, "a text that tomllib refuses"
            self.at = found.end()

    def _key(self) -> Path:
        parts: list[str] = []
        dot = "."
        while dot:
            found = _KEY_PART.match(self.text, self.at)
            assert found is not None, "a text that tomllib refuses"
            self.at = found.end()
            part, dot = found.groups()
            parts.append(tomllib.loads(f"key = {part}")["key"] if part[0] in "\"'" else part)
        return tuple(parts)

    def _note(self, path: Path, at: int | None = None) -> None:
        """Remember where `path` first stood, and the tables that it implies."""
        line = self.text.count("\n", 0, self.at if at is None else at) + 1
        for length in range(1, len(path) + 1):
            self.lines.setdefault(path[:length], line)

    def _skip_space(self) -> bool:
        """Move past space and comments; whether anything is left."""
        found = _SPACE.match(self.text, self.at)
        assert found is not None
        self.at = found.end()
        return self.at < len(self.text)

    def _take(self, sign: str) -> bool:
        if not self.text.startswith(sign, self.at):
            return False
        self.at += len(sign)
        return True
