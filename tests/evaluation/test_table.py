"""What people read of an evaluation."""

import json
import math

import pytest

from steadygan.evaluation import Evaluation, Figure
from steadygan.evaluation.notes import notes_on
from steadygan.evaluation.table import as_text

HINT = "How far the distribution of features is from that of the data, as Gaussians; lower is better."


def figure(name: str = "frechet_distance", value: float = 12.3456, **given: object) -> Figure:
    about = {
        "name": name,
        "hint": HINT,
        "value": value,
        "floor": 0.5,
        "lower_is_better": True,
        "features": "domain-1-labels-3f9c2a",
        "samples": 10_000,
        "reference": 40_000,
        "held_out": 10_000,
    }
    return Figure.model_validate(about | given)


def evaluation(*figures: Figure, **given: object) -> Evaluation:
    about = {
        "samples": "runs/first",
        "against": "photos",
        "kind": "images",
        "shape": (32, 32, 3),
        "count": 10_000,
        "reference": 40_000,
        "held_out": 10_000,
        "split": "reference: 40,000 images of the training split; floor: 10,000 images held out of it, drawn at random",
        "features": "domain-1-labels-3f9c2a",
        "dimensions": 256,
        "seed": 0,
        "version": "0.1.0",
        "seconds": 80.0,
        "figures": figures,
    }
    return Evaluation.model_validate(about | given)


FOUND = evaluation(
    figure(),
    figure("frechet_distance_extrapolated", 11.9, error=0.21, floor_error=0.013),
    figure("suspicious_share", 0.0101, samples=10_000),
    figure("class_similarity_2_scales", 0.0513, reference=0, like_data=True),
    figure("reverse_kl", math.nan, floor=None, lower_is_better=True),
    figure("variety", 0.98, lower_is_better=False, features="pixels"),
    notes=["9,999 samples are few for a Fréchet distance [bold] of 2,048 features, so that this note is a long one"],
)


@pytest.mark.parametrize("width", [80, 100, 120, 160])
def test_a_table_fits_and_shows_every_figure_with_its_floor(width: int) -> None:
    text = as_text(FOUND, width)
    lines = text.splitlines()
    assert max(map(len, lines)) <= width
    assert "…" not in text
    assert lines[0] == "10,000 samples of runs/first against photos, images of 32x32x3"
    rows = {line.split()[0]: line.split()[1:] for line in lines if line.startswith("  ")}
    assert rows["frechet_distance"][:3] == ["12.35", "0.5", "lower"]
    assert rows["frechet_distance_extrapolated"][:6] == ["11.90", "±", "0.2", "0.500", "±", "0.01"]
    assert rows["class_similarity_2_scales"][:4] == ["0.0513", "0.5", "as", "reals"]
    assert rows["reverse_kl"][:3] == ["–", "–", "lower"]
    assert rows["variety"][:3] == ["0.98", "0.5", "higher"]
    assert [line for line in lines if line.startswith("by ")] == [
        "by domain-1-labels-3f9c2a, 10,000 samples with 40,000 reals",
        "by domain-1-labels-3f9c2a, 10,000 samples",
        "by pixels, 10,000 samples with 40,000 reals",
    ]
    assert "[bold]" in text
    assert (" ".join(HINT.split()[:3]) in text) == (width == 160)


@pytest.mark.parametrize(
    ("value", "error", "shown"),
    [
        (-0.0002764, 0.003, "-0.0003 ± 0.003"),
        (123.456, 21, "123 ± 2e+01"),
        (0.001, 1.2e-9, "0.001 ± 1e-09"),
        (12.34567, None, "12.35"),
        (math.inf, None, "inf"),
        (math.inf, 0.1, "inf"),
    ],
)
def test_no_more_digits_are_shown_than_are_known(value: float, error: float | None, shown: str) -> None:
    assert f"  {shown}  " in as_text(evaluation(figure(value=value, error=error)), 80)


def test_printing_an_evaluation_shows_its_table() -> None:
    assert str(FOUND) == as_text(FOUND, 100)


def test_numbers_that_are_none_are_null_in_json() -> None:
    found = json.loads(FOUND.to_json())["figures"]
    assert [each["name"] for each in found if each["value"] is None] == ["reverse_kl"]
    again = Evaluation.from_json(FOUND.to_json())
    assert math.isnan(again["reverse_kl"].value)
    assert again["reverse_kl"].floor is None


def test_a_protocol_says_on_what_a_value_depends() -> None:
    assert figure().protocol == "frechet_distance/domain-1-labels-3f9c2a/10000:40000"
    assert figure(reference=0).protocol == "frechet_distance/domain-1-labels-3f9c2a/10000"


@pytest.mark.parametrize(
    ("count", "held_out", "dimensions", "begins"),
    [
        (10_000, 10_000, 256, []),
        (4_999, 5_000, 16, ["4,999 samples are few"]),
        (10_000, 10_000, 2_048, ["10,000 samples are few"]),
        (10_000, 400, 256, ["The floor was measured with 400 held-out images"]),
    ],
)
def test_a_frechet_distance_of_few_is_remarked(count: int, held_out: int, dimensions: int, begins: list[str]) -> None:
    notes = list(notes_on([figure()], count, held_out, dimensions))
    assert len(notes) == len(begins)
    assert all(note.startswith(begin) for note, begin in zip(notes, begins, strict=True))
    assert all("frechet_distance_extrapolated" in note for note in notes)
    assert list(notes_on([figure("precision")], count, held_out, dimensions)) == []


def test_copies_are_remarked() -> None:
    (note,) = notes_on([figure("suspicious_share", 0.25)], 10_000, 10_000, 256)
    assert note.startswith("25% of the samples are nearer to a training image than 99 % of held-out images")
    assert list(notes_on([figure("suspicious_share", 0.02)], 10_000, 10_000, 256)) == []
