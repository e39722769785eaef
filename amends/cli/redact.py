"""`amends redact`: a copy of a dossier that shows less."""

import zipfile
from pathlib import Path

from rich.console import Console

from amends.proof.redact import Cover
from amends.proof.redact import redact as copy_without


def redact(
    file: Path,
    copy: Path,
    *,
    words: list[int] | None = None,
    event: list[int] | None = None,
    evidence: list[str] | None = None,
) -> int:
    """Make a copy of a dossier that shows less and still verifies. PDF and case.json are left out of it.

    :param file: The dossier, a ZIP.
    :param copy: The copy to write; it must not be there yet.
    :param words: Number of an event whose private words are covered; may be given several times.
    :param event: Number of an event that is covered whole.
    :param evidence: Number of evidence, like e3, whose file is left out.
    """
    cover = Cover(frozenset(words or ()), frozenset(event or ()), frozenset(evidence or ()))
    try:
        with zipfile.ZipFile(file) as source, zipfile.ZipFile(copy, "x") as target:
            left_out = copy_without(source, target, cover)
    except (OSError, zipfile.BadZipFile) as fault:
        Console(stderr=True, highlight=False).print(str(fault), style="red", markup=False)
        return 2
    Console(highlight=False).print(f"{copy}: {left_out} things are left out.", markup=False)
    return 0
