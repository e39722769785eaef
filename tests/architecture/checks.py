"""The house rules as functions from source text to complaints. `# allowed: <reason>` on a line excuses it."""

import ast
import re
from collections.abc import Iterator

LONGEST_FILE_LINES = 600

PURE_MODULES = frozenset(
    "__future__ abc bisect collections dataclasses datetime decimal enum fractions functools heapq itertools math "
    "operator re string types typing unicodedata zoneinfo msgspec amends.domain".split()
)
IMPURE_CALLS = frozenset("open print input eval exec compile __import__ breakpoint".split())
CLOCKS = frozenset(
    f"{owner}.{reading}" for owner in ("datetime.datetime", "datetime.date") for reading in ("now", "utcnow", "today")
)

SQL = re.compile(
    r"\bselect\b.+\bfrom\b|\binsert\s+into\b|\bupdate\s+\S+\s+set\b|\bdelete\s+from\b"
    r"|\b(create|alter|drop)\s+(table|index|database|schema|role|user|type|function|trigger|view|sequence|extension)\b",
    re.IGNORECASE | re.DOTALL,
)
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
EXCUSE = re.compile(r"#\s*allowed:\s*\S+")


def impurities(source: str) -> list[str]:
    """What ties a module to the moment, to chance or to the machine."""
    tree = ast.parse(source)
    names = _imported_names(tree)
    found: list[tuple[int, str]] = []
    for node in ast.walk(tree):
        found += [
            (node.lineno, f"imports {module}; rules get all they need as arguments, so that they can be replayed")
            for module in _imports(node)
            if not any(module == pure or module.startswith(f"{pure}.") for pure in PURE_MODULES)
        ]
        name = _dotted(node, names)
        if name in CLOCKS:
            found.append((node.lineno, f"reads the clock by {name}; `now` is an argument"))
        if isinstance(node, ast.Name) and node.id in IMPURE_CALLS and node.id not in names:
            found.append((node.lineno, f"uses {node.id}; leave the outside to adapters/"))
    return _told(found, source)


def joined_sql(source: str) -> list[str]:
    """SQL put together out of strings."""
    found = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.JoinedStr(values=parts) if any(isinstance(part, ast.FormattedValue) for part in parts):
                text = "".join(part.value if isinstance(part, ast.Constant) else " x " for part in parts)
            case ast.BinOp(op=ast.Add() | ast.Mod(), left=left, right=right):
                text = " x ".join(side.value for side in (left, right) if _is_text(side))
            case ast.Call(func=ast.Attribute(attr="format", value=ast.Constant(value=str(text)))):
                pass
            case _:
                continue
        if SQL.search(text):
            found.append((node.lineno, "joins SQL from strings; put the statement into store/sql/ and pass values"))
    return _told(found, source)


def unfinished(source: str) -> list[str]:
    """Notes to oneself."""
    found = [
        (number, f"says {noted[0]}; finish it now, or say in the comment what holds and why that is enough")
        for number, line in enumerate(source.splitlines(), 1)
        if (noted := UNFINISHED.search(line))
    ]
    return _told(found, source)


def too_long(source: str) -> list[str]:
    """Files that cannot be read in one sitting; the excuse stands in the first ten lines."""
    lines = source.splitlines()
    if len(lines) <= LONGEST_FILE_LINES or any(EXCUSE.search(line) for line in lines[:10]):
        return []
    return [f"has {len(lines)} lines; more than {LONGEST_FILE_LINES} are hard to hold in mind: which part has a name?"]


def _told(found: list[tuple[int, str]], source: str) -> list[str]:
    lines = source.splitlines()
    return [f"line {number} {what}" for number, what in sorted(set(found)) if not EXCUSE.search(lines[number - 1])]


def _imports(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (name.name for name in names)
        case ast.ImportFrom(module=str(module), level=0) if module == "amends":
            yield from (f"amends.{name.name}" for name in node.names)
        case ast.ImportFrom(module=str(module), level=0):
            yield module


def _imported_names(tree: ast.AST) -> dict[str, str]:
    """Name in this file → what it stands for, so that `from datetime import datetime as clock` hides nothing."""
    names = {}
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                for name in node.names:
                    names[name.asname or name.name.split(".")[0]] = (
                        name.name if name.asname else name.name.split(".")[0]
                    )
            case ast.ImportFrom(module=str(module), level=0):
                for name in node.names:
                    names[name.asname or name.name] = f"{module}.{name.name}"
    return names


def _dotted(node: ast.AST, names: dict[str, str]) -> str | None:
    match node:
        case ast.Name(id=name):
            return names.get(name)
        case ast.Attribute(value=value, attr=attribute) if owner := _dotted(value, names):
            return f"{owner}.{attribute}"
    return None


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
