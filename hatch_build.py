"""Brings the pages' foreign scripts along: copied out of wheels at every build, for an editable install too.

So nobody needs Node, nothing is fetched by a browser from elsewhere, and no foreign source stands in this repository.
"""

from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDER = Path("amends/web/static/vendor")


class Script(NamedTuple):
    """A file of a package that `build-system.requires` pins, under the name that our pages know it by."""

    package: str
    file: str
    name: str
    sha256: str


SCRIPTS = (
    Script(
        "django_htmx",
        "static/django_htmx/htmx-4.min.js",
        "htmx.js",
        "28fae7bbe8e8142b702debb9d5234a9a436d9435a4b5165b195aa1a7ed840d25",
    ),
)


class BuildHook(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        folder = Path(self.root) / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        for script in SCRIPTS:
            (folder / script.name).write_bytes(_content(script))
            build_data["artifacts"].append(f"/{FOLDER / script.name}")


def _content(script: Script) -> bytes:
    package = find_spec(script.package)
    if package is None or package.origin is None:
        raise RuntimeError(f"{script.package} is not there; is it missing in build-system.requires?")
    content = (Path(package.origin).parent / script.file).read_bytes()
    if sha256(content).hexdigest() != script.sha256:
        raise RuntimeError(
            f"{script.file} of {script.package} is not the one that was looked at; check and pin it anew"
        )
    return content
