"""What a reviewer would have to say again and again, said by a test, with the way out."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.architecture.checks import LONGEST_FILE_LINES, impurities, joined_sql, too_long, unfinished

AMENDS = Path(__file__).parents[2] / "amends"


def complaints(folder: Path, check: Callable[[str], list[str]], pattern: str = "*.py") -> str:
    files = sorted(folder.rglob(pattern))
    assert files, f"{folder} has no {pattern}; does this test still look at the right place?"
    return "\n".join(
        f"{path.relative_to(AMENDS.parent)} {complaint}"
        for path in files
        for complaint in check(path.read_text(encoding="utf-8"))
    )


def test_the_rules_know_no_clock_no_chance_and_no_outside():
    found = complaints(AMENDS / "domain", impurities)
    assert not found, found


def test_no_statement_is_joined_from_strings():
    found = complaints(AMENDS, joined_sql)
    assert not found, found


@pytest.mark.parametrize("pattern", ["*.py", "*.sql", "*.toml", "*.html", "*.css", "*.js"])
def test_nothing_is_left_for_later(pattern):
    if not any(AMENDS.rglob(pattern)):
        pytest.skip(f"no {pattern} to look at")
    found = complaints(AMENDS, unfinished, pattern)
    assert not found, found


def test_every_file_can_be_read_in_one_sitting():
    found = complaints(AMENDS, too_long)
    assert not found, found


@pytest.mark.parametrize(
    "offender",
    [
        "import time",
        "import random",
        "import secrets",
        "import uuid",
        "import os.path",
        "import socket, math",
        "import asyncio",
        "import logging",
        "import psycopg",
        "from pathlib import Path",
        "from amends.store import embedded",
        "from amends import settings",
        "def rule():\n    import json",
        "from datetime import datetime\nnow = datetime.now()",
        "from datetime import datetime as moment\nnow = moment.utcnow()",
        "import datetime\ntoday = datetime.date.today()",
        "import datetime as d\nnow = d.datetime.now(d.UTC)",
        "from datetime import datetime\nfield(default_factory=datetime.now)",
        "open('policy.toml')",
        "print('here')",
        "each = map(print, lines)",
        "exec('x')",
    ],
)
def test_an_impure_rule_is_found(offender):
    assert impurities(offender)


@pytest.mark.parametrize(
    "fine",
    [
        "from datetime import UTC, datetime\nNEVER = datetime(9999, 1, 1, tzinfo=UTC)",
        "from datetime import datetime\nday = datetime.combine(last, midnight)",
        "from amends.domain.order import Order",
        "from amends.domain import rules",
        "import msgspec.structs",
        "def decide(case, now):\n    return draft.now",
        "self.opens.open()",
        "import time  # allowed: an example of an excuse",
    ],
)
def test_a_pure_rule_is_left_in_peace(fine):
    assert impurities(fine) == []


@pytest.mark.parametrize(
    "offender",
    [
        'f"select * from {table}"',
        'f"""\n  SELECT case_id\n    FROM cases WHERE id = {case_id}"""',
        '"select case_id from cases where stage = " + stage',
        '"delete from %s" % table',
        '"insert into {} values (1)".format(table)',
        'f"update {table} set stage = 1"',
        'f"create role {name}"',
    ],
)
def test_joined_sql_is_found(offender):
    assert joined_sql(offender)


@pytest.mark.parametrize(
    "fine",
    [
        'connection.execute("select 1 from cases where case_id = %s", [case_id])',
        'sql.SQL("create database {}").format(sql.Identifier(name))',
        'f"select one of {offers}"',
        'f"the update of {order} is set"',
        'f"drop {name}"',
    ],
)
def test_whole_statements_and_plain_sentences_are_left_in_peace(fine):
    assert joined_sql(fine) == []


def test_a_note_to_oneself_is_found_with_its_line():
    assert unfinished("x = 1\ny = 2  # TO" + "DO later") == [
        "line 2 says TO" + "DO; finish it now, or say in the comment what holds and why that is enough"
    ]
    assert unfinished("-- FIX" + "ME")
    assert unfinished("todo_list = hacking") == []


def test_a_file_that_is_too_long_is_found_unless_its_head_says_why():
    assert too_long("x = 1\n" * LONGEST_FILE_LINES) == []
    assert too_long("x = 1\n" * (LONGEST_FILE_LINES + 1))
    assert too_long("# allowed: a catalogue, looked up and never read through\n" + "x = 1\n" * 700) == []
