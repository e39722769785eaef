"""The policies a service runs under: files become typed figures, versions stay available for old cases."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from difflib import get_close_matches
from enum import Enum
from functools import cached_property
from importlib.resources import files
from pathlib import Path as File
from typing import Any, Literal, cast, get_args, get_origin

import msgspec
from msgspec import Struct

from amends.application.policy_checks import check
from amends.application.toml_lines import Path, lines_of
from amends.domain.policy import Policy

SHIPPED = "marketplace-cn.toml"


class PolicyFault(Struct, frozen=True, order=True):
    """One thing wrong with a policy file: where (line and dotted key), what, and what would be right."""

    file: str
    line: int
    path: str
    problem: str
    allowed: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}: {self.path}: " if self.path else f"{self.file}:{self.line}: "
        return f"{where}{self.problem}" + (f" (allowed: {self.allowed})" if self.allowed else "")


class PolicyFaults(Exception):
    """A policy that cannot be used, with every fault at once."""

    def __init__(self, faults: Iterable[PolicyFault]) -> None:
        self.faults = tuple(sorted(faults))
        super().__init__("\n".join(map(str, self.faults)))


class UnknownPolicy(LookupError):
    """A case names a version that no loaded file carries."""


def parse_policy(text: str, name: str) -> Policy:
    """The policy in `text`; `name` is the file's, for the faults. Raises `PolicyFaults` with all of them."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as broken:
        raise PolicyFaults([_syntax_fault(str(broken), text, name)]) from None
    reading = _Reading(name, text)
    policy = reading.read(raw, Policy, ())
    for path, problem, allowed in check(reading.parts, raw):
        reading.fault(path, problem, allowed)
    if reading.faults:
        raise PolicyFaults(reading.faults)
    return cast("Policy", policy)


class Policies:
    """All versions that cases may name. A case keeps the version it was opened under."""

    def __init__(self, policies: Iterable[Policy], texts: Mapping[str, str] | None = None) -> None:
        """`texts` are the files as written, by version, for those who want to read the rules themselves (R1.4)."""
        self._by_version = {policy.version: policy for policy in policies}
        self._by_date = sorted(self._by_version.values(), key=lambda policy: policy.effective_from)
        self._texts = dict(texts or {})
        if not self._by_date:
            raise ValueError("no policy at all")

    @classmethod
    def load(cls, folder: File | None = None) -> "Policies":
        """The shipped policy and every `*.toml` of `folder`. Raises `PolicyFaults` over all files together."""
        sources = {SHIPPED: shipped_text()}
        if folder is not None:
            sources |= {str(file): file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.toml"))}
        faults: list[PolicyFault] = []
        read: dict[str, Policy] = {}
        for name, text in sources.items():
            try:
                read[name] = parse_policy(text, name)
            except PolicyFaults as found:
                faults += found.faults
        faults += _clashes(read)
        if faults:
            raise PolicyFaults(faults)
        return cls(read.values(), {policy.version: sources[name] for name, policy in read.items()})

    def __iter__(self) -> Iterator[Policy]:
        """Oldest first."""
        return iter(self._by_date)

    def get(self, version: str) -> Policy:
        """The version that a case was opened under."""
        try:
            return self._by_version[version]
        except KeyError:
            raise UnknownPolicy(
                f"no loaded policy has the version {version!r}; put its file back into the policy folder"
            ) from None

    def in_force(self, at: datetime) -> Policy:
        """The version in force at `at`; before the first one took effect, the first."""
        for policy in reversed(self._by_date):
            if policy.effective_from <= at:
                return policy
        return self._by_date[0]

    def text(self, version: str) -> str:
        """The file as written."""
        self.get(version)
        return self._texts[version]


def shipped_text() -> str:
    """The policy that comes with the package."""
    return files("amends.policies").joinpath(SHIPPED).read_text(encoding="utf-8")


def _clashes(read: Mapping[str, Policy]) -> Iterable[PolicyFault]:
    """Versions that differ under one name, or begin at one instant: which one holds would be chance."""
    versions: dict[str, tuple[str, Policy]] = {}
    starts: dict[datetime, Policy] = {}
    for name, policy in read.items():
        first, other = versions.setdefault(policy.version, (name, policy))
        if other != policy:
            problem = f"{policy.version!r} is already the version of {first}, which says something else"
            yield PolicyFault(name, 1, "version", problem, "a version of its own for every change")
            continue
        twin = starts.setdefault(policy.effective_from, policy)
        if twin.version != policy.version:
            problem = f"{twin.version!r} takes effect at the same instant"
            yield PolicyFault(name, 1, "effective_from", problem, "an instant of its own for every version")


def _syntax_fault(message: str, text: str, name: str) -> PolicyFault:
    found = re.search(r"\(at (?:line (\d+), column \d+|end of document)\)", message)
    line = int(found[1]) if found and found[1] else text.count("\n") + 1
    return PolicyFault(name, line, "", "not TOML: " + re.sub(r" \(at .*\)$", "", message))


_INVALID: Any = object()


class _Reading:
    """Reads raw TOML by the types of `Policy`, going on after each fault."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.faults: list[PolicyFault] = []
        self.parts: dict[str, Any] = {}
        """What could be read of each top-level field, for the checks of meaning."""

    @cached_property
    def lines(self) -> Mapping[Path, int]:
        return lines_of(self.text)

    def fault(self, path: Path, problem: str, allowed: str = "") -> None:
        near = path
        while near and near not in self.lines:
            near = near[:-1]
        self.faults.append(PolicyFault(self.file, self.lines.get(near, 1), dotted(path), problem, allowed))

    def read(self, value: Any, kind: Any, path: Path) -> Any:
        """The typed value, or `_INVALID` with its faults noted."""
        if _is_struct(kind):
            return self._struct(value, kind, path)
        if get_origin(kind) is dict:
            return self._table(value, get_args(kind)[1], path)
        if get_origin(kind) is tuple:
            return self._list(value, get_args(kind)[0], path)
        try:
            return msgspec.convert(value, kind)
        except msgspec.ValidationError:
            self.fault(path, f"{_shown(value)} is not possible here" + _meant(value, _choices(kind)), _allowed(kind))
            return _INVALID

    def _struct(self, value: Any, kind: type[Struct], path: Path) -> Any:
        if not isinstance(value, dict):
            self.fault(path, f"{_shown(value)} is not possible here", "a table")
            return _INVALID
        known = {field.name: field for field in msgspec.structs.fields(kind)}
        for key in value.keys() - known.keys():
            self.fault((*path, key), "unknown key" + _meant(key, known), ", ".join(known))
        values: dict[str, Any] = {}
        for key, field in known.items():
            if key in value:
                values[key] = self.read(value[key], field.type, (*path, key))
            elif field.required:
                self.fault((*path, key), "missing", _allowed(field.type))
                values[key] = _INVALID
        if not path:
            self.parts = {key: one for key, one in values.items() if one is not _INVALID}
        if any(one is _INVALID for one in values.values()) or value.keys() - known.keys():
            return _INVALID
        return kind(**values)

    def _table(self, value: Any, kind: Any, path: Path) -> Any:
        if not isinstance(value, dict):
            self.fault(path, f"{_shown(value)} is not possible here", "a table")
            return _INVALID
        read = {key: self.read(one, kind, (*path, key)) for key, one in value.items()}
        if _INVALID in read.values() and not _is_struct(kind):
            return _INVALID
        return {key: one for key, one in read.items() if one is not _INVALID}

    def _list(self, value: Any, kind: Any, path: Path) -> Any:
        if not isinstance(value, list):
            self.fault(path, f"{_shown(value)} is not possible here", "a list in square brackets")
            return _INVALID
        read = tuple(self.read(one, kind, (*path, number)) for number, one in enumerate(value))
        return _INVALID if _INVALID in read and not _is_struct(kind) else read


def dotted(path: Path) -> str:
    """A path as one would write it: `deadlines."answer.not_shipped".then.any`, `holidays[0].name`."""
    shown = ""
    for part in path:
        if isinstance(part, int):
            shown += f"[{part}]"
        else:
            shown += ("." if shown else "") + (part if re.fullmatch(r"[A-Za-z0-9_-]+", part) else f'"{part}"')
    return shown


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Struct)


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _choices(kind: Any) -> tuple[str, ...]:
    if get_origin(kind) is Literal:
        return get_args(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return tuple(one.value for one in kind)
    return ()


def _meant(value: Any, choices: Iterable[str]) -> str:
    near = get_close_matches(value, list(choices), n=1) if isinstance(value, str) else []
    return f"; {near[0]} is meant?" if near else ""


_WORDS: dict[Any, str] = {
    str: "text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    datetime: "an instant with its offset, as 2027-02-05T00:00:00+08:00",
}


def _allowed(kind: Any) -> str:
    """What a value of that type may be, in words."""
    choices = _choices(kind)
    if choices:
        return ", ".join(choices)
    if get_origin(kind) is dict or _is_struct(kind):
        return "a table"
    if get_origin(kind) is tuple:
        inner = _allowed(get_args(kind)[0])
        return f"a list of {inner}"
    word = _WORDS[getattr(kind, "__origin__", kind)]
    for meta in getattr(kind, "__metadata__", ()):
        bounds = {"more than": meta.gt, "at least": meta.ge, "less than": meta.lt, "at most": meta.le}
        word += "".join(f", {name} {bound}" for name, bound in bounds.items() if bound is not None)
        word += ", not empty" if meta.min_length else ""
    return word
