"""`amends verify`: check a dossier, offline."""

from pathlib import Path

from rich.console import Console
from rich.markup import escape

from amends.proof.notes import BadNote, PublicKey, public_key
from amends.proof.verify import Finding, Report, Verdict
from amends.proof.verify import verify as check

_SHOWN = {
    Verdict.HOLDS: ("green", "holds"),
    Verdict.LEFT_OUT: ("yellow", "left out"),
    Verdict.NOTE: ("blue", "note"),
    Verdict.BROKEN: ("red", "BROKEN"),
}
UNREADABLE = 2
"""Exit code where there is nothing to check, apart from 1 for a dossier that does not hold."""


def verify(file: Path, *, key: str | None = None, authority: list[Path] | None = None) -> int:
    """Check a dossier without service, database or network. Exit code 1 if anything was changed.

    :param file: The dossier: a ZIP, or the folder that it was unpacked into.
    :param key: The platform's public key as it publishes it, or a file with it. Without it the dossier shows that
        nothing was changed since somebody signed it, and not who that was.
    :param authority: Certificate (PEM) of a time-stamping authority that you trust; may be given several times.
    """
    console = Console(highlight=False)
    try:
        known = _known(key) if key else None
        report = check(file, known_key=known, authorities=[path.read_bytes() for path in authority or []])
    except (OSError, BadNote) as fault:
        Console(stderr=True, highlight=False).print(f"[red]{escape(str(fault))}[/]")
        return UNREADABLE
    for finding in report.findings:
        _print(console, finding)
    console.print(_summary(report))
    return 0 if report.holds else 1


def _known(key: str) -> PublicKey:
    path = Path(key)
    text = path.read_text(encoding="utf-8") if path.is_file() else key
    # The note that introduces a key has it in its third line.
    lines = text.strip().splitlines()
    return public_key(lines[2] if len(lines) > 3 else lines[0])


def _print(console: Console, finding: Finding) -> None:
    colour, word = _SHOWN[finding.verdict]
    console.print(f"[{colour}]{word:8}[/]  {escape(finding.where)}: {escape(finding.what)}", soft_wrap=True)


def _summary(report: Report) -> str:
    broken = sum(finding.verdict is Verdict.BROKEN for finding in report.findings)
    if broken:
        return f"[red]This dossier does not hold: {broken} {'fault' if broken == 1 else 'faults'}.[/]"
    case = report.manifest.case if report.manifest else ""
    events = report.manifest.events if report.manifest else 0
    return f"[green]The dossier of case {case} with {events} events holds.[/]"
