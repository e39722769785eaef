"""What differs between two versions of a policy, value by value."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from amends.application.policies import dotted
from amends.domain.policy import Policy


class Difference(NamedTuple):
    """One value under its dotted path; `old` None where it is new, `new` None where it is gone."""

    path: str
    old: str | None
    new: str | None


def differences(old: Policy, new: Policy) -> list[Difference]:
    """In the order of the files, what is new at the end."""
    before, after = _flat(old), _flat(new)
    return [
        Difference(path, before.get(path), after.get(path))
        for path in [*before, *(path for path in after if path not in before)]
        if before.get(path) != after.get(path)
    ]


def _flat(policy: Policy) -> dict[str, str]:
    """Every value of a policy by its dotted path, in the order of the file."""
    return dict(_leaves(msgspec.to_builtins(policy), ()))


def _leaves(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _leaves(one, (*path, key))
    elif isinstance(value, list | tuple) and any(isinstance(one, dict) for one in value):
        for number, one in enumerate(value):
            yield from _leaves(one, (*path, number))
    else:
        yield dotted(path), value if isinstance(value, str) else msgspec.json.encode(value).decode()
