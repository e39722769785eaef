"""Marks of pictures: what was changed in the usual ways keeps them, and different pictures do not share them."""

import random
from itertools import combinations

import pytest
from PIL import Image

from amends.adapters.files.reading.marks import marks
from amends.application.likeness import difference, probes
from tests.support import pictures


def test_different_photos_are_never_taken_for_the_same():
    """19,900 pairs: at one mistake in a thousand, twenty would be seen."""
    found = [marks(pictures.scene(seed, 300, 400)) for seed in range(1_000, 1_200)]
    assert sum(difference(one, other) is not None for one, other in combinations(found, 2)) == 0


def test_photos_cropped_at_random_made_smaller_and_saved_badly_are_found_nearly_always():
    dice = random.Random(5)
    found = 0
    for seed in range(40):
        photo = pictures.scene(seed, 450, 600)
        edges = [dice.uniform(0, 0.1) for _ in range(4)]
        copy = pictures.compressed(pictures.resized(pictures.cropped(photo, *edges), 0.6), 40)
        found += difference(marks(photo), marks(copy)) is not None
    assert found >= 38, f"{found} of 40"


@pytest.mark.parametrize("colour", ["white", "black", "#777777"])
def test_a_plain_area_is_compared_with_nothing(colour: str):
    assert marks(Image.new("RGB", (400, 300), colour)) == []
    assert difference([], marks(pictures.scene(1))) is None


def test_marks_are_the_same_on_every_machine():
    """They are kept: what changes them makes all that was kept before useless."""
    drawn = Image.new("L", (64, 64))
    drawn.putdata([(x * 5 + y * 3) % 256 for y in range(64) for x in range(64)])
    whole = marks(drawn)[0]
    assert (whole.shape, whole.edges) == (-6431804109232441278, -433484761624764481)
    assert len(probes([whole.shape])) == 68
