"""`amends policy`: check a policy file, read it, compare two."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NoReturn, TextIO, get_args

import msgspec
from cyclopts import App
from rich.console import Console
from rich.table import Table

from amends.application.policies import SHIPPED, PolicyFaults, parse_policy, shipped_text
from amends.application.policy_diff import differences
from amends.domain.policy import DeadlineRule, Policy, Reason, RejectionReason

app = App(name="policy", help="Check, show and compare policy files. Without FILE, the shipped policy.")

Section = Literal[
    "windows",
    "limits",
    "parcels",
    "files",
    "retention",
    "deadlines",
    "categories",
    "reasons",
    "rejections",
    "freight",
    "clauses",
    "holidays",
]

UNREADABLE = 2
"""Exit code where a file cannot be opened, apart from 1 for faults or differences."""


@app.command
def check(file: Path | None = None) -> int:
    """Check a policy file and list every fault with its line. Exit code 1 if there are any.

    :param file: The TOML file; the shipped policy if left out.
    """
    name, text = _read(file)
    try:
        policy = parse_policy(text, name)
    except PolicyFaults as found:
        _print_faults(found, name, sys.stdout)
        return 1
    _console().print(f"{name}: {policy.version} is good: {_counts(policy)}.")
    return 0


@app.command
def show(file: Path | None = None, *, section: Section | None = None) -> int:
    """Print a policy for people to read.

    :param file: The TOML file; the shipped policy if left out.
    :param section: Only this part.
    """
    policy = _parse(file)
    console = _console()
    console.print(f"{policy.version}, in force from {policy.effective_from.isoformat()}", style="bold")
    waking = f"{policy.waking_from_hour:02}:00-{policy.waking_to_hour:02}:00"
    console.print(f"{_counts(policy)}; time zone {policy.timezone}, waking hours {waking}")
    for name in [section] if section else get_args(Section):
        console.print()
        console.print(_table(policy, name))
    return 0


@app.command
def diff(old: Path, new: Path) -> int:
    """Print what differs between two policy files. Exit code 0 if nothing does, 1 otherwise.

    :param old: The policy as it was; `shipped` names the one that comes with the package.
    :param new: The policy as it is to be.
    """
    before, after = (_parse(None if str(file) == "shipped" else file) for file in (old, new))
    table = _grid("where", "old", "new", title=f"{old} → {new}")
    for path, was, now in differences(before, after):
        table.add_row(path, "(not there)" if was is None else was, "(gone)" if now is None else now)
    console = _console()
    if not table.row_count:
        console.print("The two policies say the same.")
        return 0
    if console.is_terminal:
        console.print(table)
    else:
        for row in _rows(table):
            sys.stdout.write("\t".join(row) + "\n")  # for pipes: whole values, never wrapped
    return 1


def _console(out: TextIO | None = None) -> Console:
    """As wide as the terminal; into a pipe or file wide enough for the tables. Square brackets are only text."""
    console = Console(file=out or sys.stdout, highlight=False, markup=False)
    if not console.is_terminal:
        console.width = 160
    return console


def _grid(*headings: str, title: str | None = None) -> Table:
    """A table that shortens nothing: codes stay whole, long texts go on in the next line."""
    table = Table(title=title, title_justify="left")
    for place, heading in enumerate(headings):
        table.add_column(heading, no_wrap=place == 0, overflow="fold")
    return table


def _rows(table: Table) -> Iterator[tuple[str, ...]]:
    return zip(*(tuple(str(cell) for cell in column.cells) for column in table.columns), strict=True)


def _read(file: Path | None) -> tuple[str, str]:
    if file is None:
        return SHIPPED, shipped_text()
    try:
        return str(file), file.read_text(encoding="utf-8")
    except OSError as unreadable:
        _give_up(f"{file}: {unreadable.strerror}")
    except UnicodeDecodeError:
        _give_up(f"{file}: not a text in UTF-8")


def _parse(file: Path | None) -> Policy:
    name, text = _read(file)
    try:
        return parse_policy(text, name)
    except PolicyFaults as found:
        _print_faults(found, name, sys.stderr)
        sys.exit(UNREADABLE)


def _give_up(message: str) -> NoReturn:
    _console(sys.stderr).print(message, style="red")
    sys.exit(UNREADABLE)


def _print_faults(found: PolicyFaults, name: str, out: TextIO) -> None:
    console = _console(out)
    count = len(found.faults)
    console.print(f"{name}: {count} {'fault' if count == 1 else 'faults'}", style="red")
    if not console.is_terminal:
        for fault in found.faults:
            print(fault, file=out)  # `file:line: …`, as editors and build logs expect it
        return
    table = Table("line", "where", "what is wrong", "allowed")
    table.columns[0].justify = "right"
    for fault in found.faults:
        table.add_row(str(fault.line), fault.path, fault.problem, fault.allowed)
    console.print(table)


def _counts(policy: Policy) -> str:
    return (
        f"{len(policy.deadlines)} deadlines, {len(policy.reasons)} reasons, "
        f"{len(policy.rejection_reasons)} reasons to reject, {len(policy.categories)} categories, "
        f"{len(policy.clauses)} clauses"
    )


def _table(policy: Policy, section: Section) -> Table:
    match section:
        case "windows" | "limits" | "parcels" | "files" | "retention":
            return _figures(section, getattr(policy, section))
        case "deadlines":
            return _deadlines(policy.deadlines)
        case "categories":
            table = _grid("code", "label", "", "no-reason return", "warranty", "durable", title="Categories")
            for code, one in policy.categories.items():
                warranty = f"{one.warranty_days} d" if one.warranty_days else ""
                table.add_row(code, one.label, one.label_en, one.no_reason, warranty, "yes" if one.durable else "")
        case "reasons":
            return _reasons(policy.reasons)
        case "rejections":
            return _rejections(policy.rejection_reasons)
        case "freight":
            table = _grid("fault", "outward", "back", "replacement", title="Who pays the freight")
            for fault, payers in policy.freight.items():
                table.add_row(fault, payers.outward, payers.back, payers.replacement)
        case "clauses":
            table = _grid("clause", "text", "source", title="Clauses for rulings")
            for code, clause in policy.clauses.items():
                table.add_row(code, f"{clause.text}\n{clause.text_en}", clause.source, end_section=True)
        case "holidays":
            table = _grid("name", "from", "until", "longer by", "deadlines", title="Holidays")
            for holiday in policy.holidays:
                begins, ends = holiday.starts_at.isoformat(), holiday.ends_at.isoformat()
                table.add_row(holiday.name, begins, ends, _hours(holiday.add_hours), ", ".join(holiday.deadlines))
    return table


def _figures(section: str, figures: msgspec.Struct) -> Table:
    table = _grid("figure", "value", title=section.capitalize())
    table.columns[1].justify = "right"
    for key, value in msgspec.structs.asdict(figures).items():
        name, _, unit = key.rpartition("_")
        if unit == "minor":
            table.add_row(name.replace("_", " "), f"{value / 100:.2f}")
        elif unit == "hours":
            table.add_row(name.replace("_", " "), _hours(value))
        elif unit == "days":
            table.add_row(name.replace("_", " "), f"{value} d")
        else:
            table.add_row(key.replace("_", " "), f"{value:g}")
    return table


def _deadlines(rules: dict[str, DeadlineRule]) -> Table:
    table = _grid("deadline", "owner", "length", "when it passes", "source", title="Deadlines")
    for key, rule in rules.items():
        length = _hours(rule.hours)
        length += " waking" if rule.waking_hours_only else ""
        length += f", at least {_hours(rule.at_least_hours)}" if rule.at_least_hours else ""
        length += f", in all {_hours(rule.at_most_hours)}" if rule.at_most_hours else ""
        length += f", again {_hours(rule.again_hours)}" if rule.again_hours else ""
        length += f", {rule.grace_minutes:g} min of grace" if rule.grace_minutes else ""
        then = "\n".join(outcome if who == "any" else f"{who}: {outcome}" for who, outcome in rule.then.items())
        table.add_row(key, rule.owner, length, then, rule.source)
    return table


def _reasons(reasons: dict[str, Reason]) -> Table:
    table = _grid("reason", "label", "kinds", "goods", "fault", "window", "evidence", "proves first", title="Reasons")
    for code, one in reasons.items():
        evidence = _groups(one.evidence)
        if one.description_characters:
            evidence += f"{' + ' if evidence else ''}{one.description_characters} characters"
        label = f"{one.label}\n{one.label_en}"
        table.add_row(
            code, label, "\n".join(one.kinds), "\n".join(one.goods), one.fault, one.window, evidence, one.burden,
            end_section=True,
        )  # fmt: skip
    return table


def _rejections(reasons: dict[str, RejectionReason]) -> Table:
    table = _grid("reason", "label", "when", "proof", "offer", "script", title="Reasons to reject")
    for code, one in reasons.items():
        proof = _groups(one.proof)
        if one.proof_if_excludable:
            proof += f"\nexcludable goods: {_groups(one.proof_if_excludable)}"
        label = f"{one.label}\n{one.label_en}"
        table.add_row(code, label, "\n".join(one.when), proof, "\n".join(one.solutions), one.script, end_section=True)
    return table


def _groups(groups: tuple[tuple[str, ...], ...]) -> str:
    return " + ".join(" or ".join(group) for group in groups)


def _hours(hours: float) -> str:
    """`30 min`, `48 h`, `7 d`: the unit in which people say it."""
    if hours < 1:
        return f"{hours * 60:g} min"
    return f"{hours / 24:g} d" if hours > 72 and hours % 24 == 0 else f"{hours:g} h"
