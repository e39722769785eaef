"""The phrase book is whole: every turn of a story has its words, and every line can be said."""

import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from amends.application.policies import Policies
from amends.demo.talk import LINES, SHOWS, say, yuan
from amends.domain.words import EvidenceKind

DEMO = Path(__file__).parents[2] / "amends" / "demo"
FACTS = {
    "noun": "咖啡壶",
    "fault": "壶嘴漏水",
    "amount": "12.5",
    "shop": "木棠",
    "surname": "王",
    "stranger": "李",
    "paid": "59",
}
TOPICS = "|".join(sorted({beat.partition(".")[0] for beat in LINES}))


def beats_in_stories() -> Iterator[str]:
    for file in (*DEMO.glob("*.py"), *(DEMO / "stories").glob("*.py")):
        yield from re.findall(rf'"((?:{TOPICS})\.[a-z_0-9]+)"', file.read_text(encoding="utf-8"))


def test_every_turn_of_a_story_has_its_words():
    assert set(beats_in_stories()) - LINES.keys() == set()


def test_no_words_are_kept_that_nobody_says():
    composed = {beat for beat in LINES if beat.startswith(("statement.", "position."))}
    assert LINES.keys() - set(beats_in_stories()) - composed == set()


@pytest.mark.parametrize("beat", LINES)
def test_every_line_can_be_said(beat):
    for line in LINES[beat]:
        said = line.format(**FACTS)
        assert said
        assert not re.search(r"[{}]", said)


def test_points_are_long_enough_for_the_rules():
    limits = Policies.load(None)
    for policy in limits:
        for beat in LINES:
            if beat.startswith("point."):
                assert min(map(len, LINES[beat])) >= policy.limits.explanation_characters, beat
            if beat == "appeal.grounds":
                assert min(map(len, LINES[beat])) >= policy.limits.grounds_characters


def test_the_platform_never_shouts_and_is_never_too_friendly():
    spoken = "".join(
        "".join(LINES[beat]) for beat in LINES if beat.startswith(("desk.", "finding.", "ruling.", "appeal."))
    )
    assert not set(spoken) & set("！!亲")


def test_what_is_said_follows_the_seed():
    assert say(random.Random(4), "agent.sorry_quality", **FACTS) == say(
        random.Random(4), "agent.sorry_quality", **FACTS
    )
    assert {say(random.Random(n), "open.quality", **FACTS) for n in range(60)} == {
        line.format(**FACTS) for line in LINES["open.quality"]
    }


@pytest.mark.parametrize(("minor", "words"), [(5_900, "59"), (5_950, "59.5"), (99, "0.99"), (10_000, "100")])
def test_sums_are_written_as_in_a_chat(minor, words):
    assert yuan(minor) == words


def test_every_kind_of_evidence_that_is_filed_has_a_file_name():
    used = {
        EvidenceKind[name]
        for file in (DEMO / "stories").glob("*.py")
        for name in re.findall(r"EvidenceKind\.([A-Z_]+)", file.read_text(encoding="utf-8"))
    }
    assert used <= SHOWS.keys()
