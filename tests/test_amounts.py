import ast
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

import steadygan
from steadygan.amounts import things
from steadygan.api import fit_recipe
from steadygan.commands import _say_data
from steadygan.data.encoded_images import enlarged_note, nothing_usable
from steadygan.data.labels import labels_with_notes
from steadygan.data.prepared import Prepared, Skipped
from steadygan.recipes import recipe
from steadygan.report.facts import shape
from steadygan.variation import FewImages
from tests import tiny

COUNTED = {"channels", "checkpoints", "classes", "entries", "files", "frames", "grids", "images", "items", "labels"}
COUNTED |= {"layers", "numbers", "parameters", "pixels", "points", "publications", "rows", "values", "vectors"}
CERTAIN = {
    "{listed} images, first seen at",  # moments of a run, in thousands of images
    "for {count} items",  # an error of a program, not of its user
    "none of the {missing:,} items",
    "of the {len(labels):,} items",
    "of {len(classes):,} images",
    "beyond {SMALLEST_RESOLUTION} to {LARGEST_RESOLUTION} pixels",
    "square images of {SMALLEST} to {LARGEST} pixels",
    "the {side.value} images",
    "{TRIED} images",
    "{TRIED} packs of {packing} images",
    "packing stacks {recipe.blueprint.packing} images",
    "{len(users)} publications by the keys",
    "asks for {channels} channels: use 1",
    "{len(skipped):,} entries were",
    "first {len(first):,} images",
    "about {_rounded(in_all):,} images",
    "pictures of {pixels} pixels",
    "of {seen.pixels} pixels want",
    "by {picture.height} pixels",
}
"""Where the number is not 1, or other words stand for 1."""


@pytest.mark.parametrize(
    ("amount", "said"), [(0, "0 files"), (1, "1 file"), (2, "2 files"), (2000, "2,000 files"), (-1, "-1 files")]
)
def test_exactly_one_is_singular(amount: int, said: str) -> None:
    assert things(amount, "file") == said


def test_the_plural_may_be_any() -> None:
    assert [things(amount, "class is", "classes are") for amount in (1, 3)] == ["1 class is", "3 classes are"]


def test_a_single_image_is_spoken_of_as_one(capsys: pytest.CaptureFixture[str]) -> None:
    one = Prepared(
        np.zeros((1, 8, 8, 1), np.uint8), np.zeros(1, np.int64), ("only",), (Skipped("x", "y"),), "one", "", 1.0, False
    )
    _say_data(one, Console(width=200))
    said = capsys.readouterr().out
    assert "1 image of 8x8x1 from one" in said
    assert "1 class: only" in said
    assert "1 file skipped" in said
    _say_data(tiny.vectors(), Console(width=200))
    assert "24 vectors of 3" in capsys.readouterr().out
    mine = recipe("steady").model_copy(update={"on_few_images": FewImages(below=5, add=("diff-augment",))})
    assert any("1 image is few" in note for note in fit_recipe(mine, one)[1])


def test_notes_of_one_are_singular() -> None:
    assert enlarged_note(1, 16) == ("1 image smaller than 16 x 16 was enlarged (bicubic).",)
    assert nothing_usable("x", [Skipped("a", "hidden")]) == (
        "'x' holds no usable image, only one entry, and that is skipped: hidden."
    )
    notes = labels_with_notes(np.array([-1]), ("a",), "memory")[2]
    assert notes == ("No labels: the only item in memory has none (label -1).",)
    assert [shape([length]) for length in (1, 2)] == ["1 value", "2 values"]


def _uncounted(path: Path) -> Iterator[str]:
    """The ends of f-strings in which a number stands before a plural, whatever the number is."""
    for text in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(text, ast.JoinedStr):
            continue
        for value, after in zip(text.values, text.values[1:], strict=False):
            if isinstance(value, ast.FormattedValue) and isinstance(after, ast.Constant):
                words = str(after.value).split(" ")
                if words[0] == "" and len(words) > 1 and words[1].strip(".,;:()") in COUNTED:
                    yield ast.unparse(text)


def test_no_message_forgets_that_a_number_may_be_one() -> None:
    package = Path(steadygan.__file__).parent
    found = [f"{path.name}: {text}" for path in package.rglob("*.py") for text in _uncounted(path)]
    assert [text for text in found if not any(words in text for words in CERTAIN)] == []
