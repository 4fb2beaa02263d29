"""The damages and the verdicts of benchmarks/damage.py, which says what measures see."""

import importlib
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from steadygan.metrics import MEASURES, METRICS


def _script(name: str) -> Any:
    sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
    try:
        return importlib.import_module(name)
    finally:
        del sys.path[0]


curves, damage, damages = (_script(name) for name in ("curves", "damage", "damages"))
Verdict = curves.Verdict
REAL_DRAWS = (1.0, 1.1, 0.9)  # they differ by 0.2, so that a curve has moved beyond 0.4


def _real(count: int = 20, channels: int = 3, side: int = 8) -> Any:
    random = np.random.default_rng(0)
    images, training = random.integers(0, 256, (2, 3 * count, side, side, channels), np.uint8)
    return damages.Real(images, np.arange(3 * count) % 4, training, count)


@pytest.mark.parametrize("name", damages.DAMAGES)
def test_no_damage_is_none_and_the_images_stay_as_they_are(name: str) -> None:
    real = _real()
    before = real.images.copy()
    assert np.array_equal(damages.DAMAGES[name](real, 0.0), real.images[:20])
    first, again = (damages.DAMAGES[name](real, 1.0) for _ in range(2))
    assert first.dtype == np.uint8
    assert first.shape == (20, 8, 8, 3)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, before[:20])
    assert np.array_equal(real.images, before)


def test_a_blurred_point_is_the_gaussian() -> None:
    images = np.zeros((1, 32, 32, 1), np.uint8)
    images[0, 16, 16] = 255
    found = damages.blurred(damages.Real(images, np.zeros(1, np.int64), images, 1), 0.5)  # a deviation of 1 pixel
    assert found[0, 16, 16, 0] == round(255 / (2 * math.pi))  # 41
    assert found[0, 16, 17, 0] == round(255 / (2 * math.pi) * math.exp(-1 / 2))
    assert found[0, 17, 17, 0] == round(255 / (2 * math.pi) * math.exp(-1))


def test_an_image_of_one_value_stays_the_same_when_blurred() -> None:
    images = np.full((1, 8, 8, 3), 200, np.uint8)
    assert (damages.blurred(damages.Real(images, np.zeros(1, np.int64), images, 1), 1.0) == 200).all()


def test_noise_has_the_deviation_that_is_said() -> None:
    images = np.full((4, 32, 32, 3), 127, np.uint8)
    real = damages.Real(images, np.zeros(4, np.int64), images, 4)
    for degree in (0.25, 0.5):
        change = damages.noisy(real, degree).astype(float) - 127
        assert change.std() == pytest.approx(64 * degree, rel=0.03)
        assert abs(change.mean()) < 1.5


def test_brightness_is_a_sum_that_ends_at_white() -> None:
    images = np.array([0, 100, 200, 255], np.uint8).reshape(1, 2, 2, 1)
    found = damages.brighter(damages.Real(images, np.zeros(1, np.int64), images, 1), 1.0)
    assert found.ravel().tolist() == [64, 164, 255, 255]


def test_classes_are_dropped_from_the_last() -> None:
    real = _real()
    for degree, classes in ((0.5, 3), (1.0, 2)):
        found = damages.without_classes(real, degree)
        wanted = real.images[real.labels < classes][:20]
        assert np.array_equal(found, wanted)
    assert len(np.unique(damages.without_classes(real, 1.0), axis=0)) == 20  # nothing comes twice


def test_too_few_images_of_the_classes_that_are_left_are_refused() -> None:
    real = _real()
    with pytest.raises(SystemExit, match="images are left without 2 classes"):
        damages.without_classes(damages.Real(real.images, real.labels, real.training, 40), 1.0)


@pytest.mark.parametrize(("degree", "different"), [(0.5, 11), (1.0, 2)])
def test_duplicates_leave_a_few_images_that_come_equally_often(degree: float, different: int) -> None:
    real = _real()
    found, times = np.unique(damages.duplicated(real, degree), axis=0, return_counts=True)
    assert len(found) == different
    assert times.max() - times.min() <= 1
    assert all((image == real.images[:20]).all((1, 2, 3)).any() for image in found)


@pytest.mark.parametrize("degree", [0.25, 0.5, 1.0])
def test_shares_are_of_the_images_and_those_of_a_smaller_share_are_among_them(degree: float) -> None:
    real = _real()
    whole = {
        "copies of training": real.training[:20],
        "swapped channels": real.images[:20, ..., [2, 1, 0]],
        "mirrored": np.flip(real.images[:20], 2),
    }
    for name, replaced in whole.items():
        found = damages.DAMAGES[name](real, degree)
        done = [np.array_equal(found[place], replaced[place]) for place in range(20)]
        kept = [np.array_equal(found[place], real.images[place]) for place in range(20)]
        assert sum(done) == 20 * degree
        assert sum(kept) == 20 - sum(done)
        more = damages.DAMAGES[name](real, min(1.0, 1.5 * degree))
        assert all(np.array_equal(more[place], found[place]) for place in range(20) if done[place])


def test_only_colour_has_channels_to_swap() -> None:
    assert set(damages.damages_for(3)) - set(damages.damages_for(1)) == {"swapped channels"}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0, 1.2, 1.3, 1.4, 1.5], Verdict.SEES),
        ([1.0, 1.2, 1.1, 1.4, 1.5], Verdict.SEES),  # back by no more than draws differ
        ([1.0, 1.1, 1.2, 1.3, 1.35], Verdict.NOTHING),  # not far enough
        ([1.0, 1.8, 1.3, 1.4, 1.5], Verdict.NOTHING),  # back by more
        ([1.0, 0.9, 0.8, 0.6, 0.5], Verdict.PRAISES),
        ([1.0, 1.0, 1.0, 1.0, 1.0], Verdict.NOTHING),
        ([1.0, 1.2, math.nan, 1.4, 1.5], Verdict.NOTHING),
        ([1.0, 1.2, 1.3, 1.4, math.nan], Verdict.NOTHING),
    ],
)
def test_a_curve_is_seen_if_it_is_monotone_and_ends_far_from_its_start(values: list[float], expected: Any) -> None:
    assert curves.verdict(values, REAL_DRAWS, True, False) is expected
    turned = {Verdict.SEES: Verdict.PRAISES, Verdict.PRAISES: Verdict.SEES}.get(expected, expected)
    assert curves.verdict(values, REAL_DRAWS, False, False) is turned
    either = Verdict.NOTHING if expected is Verdict.NOTHING else Verdict.SEES
    assert curves.verdict(values, REAL_DRAWS, True, True) is either


def test_what_no_draw_moves_is_seen_at_the_smallest_move() -> None:
    assert curves.verdict([10, 9, 8], [10, 10], False, False) is Verdict.SEES
    assert curves.verdict([10, 10, 10], [10, 10], False, False) is Verdict.NOTHING


@pytest.mark.parametrize(
    ("verdicts", "claims", "expected"),
    [
        ("SSS", "yyy", "**3/3**"),
        ("SSN", "yyy", "**2/3** ✗"),
        ("SSN", "yyn", "**2/3**"),
        ("NNN", "yyy", "**0/3** ✗"),
        ("NNN", "nnn", "–"),
        ("SPN", "nnn", "1/3 ↑1"),
        ("PP", "nn", "– ↑2"),
    ],
)
def test_a_cell_counts_and_marks_claims(verdicts: str, claims: str, expected: str) -> None:
    named = {"S": Verdict.SEES, "P": Verdict.PRAISES, "N": Verdict.NOTHING}
    assert curves.cell([named[each] for each in verdicts], [each == "y" for each in claims]) == expected


def test_claims_are_of_measures_and_damages_that_there_are() -> None:
    assert {each for claimed in damage.CLAIMS.values() for each in claimed} <= set(damages.DAMAGES)
    metrics = {metric.name for metric in (*MEASURES, *METRICS)}
    for figure in (*damage.CLAIMS, *damage.PLOTTED):
        assert damage.metric_of(figure).name in metrics
        assert figure.startswith(damage.metric_of(figure).name)
    assert damage.metric_of("frechet_distance_extrapolated").name == "frechet_distance_extrapolated"


def _measured(data: str, blurred: list[float], mirrored: list[float]) -> Any:
    """What one measure made of two damages; draws are 0.9 to 1.1."""
    found = {"blur": blurred, "mirrored": mirrored}
    rows = {name: [{"frechet_distance": value} for value in values] for name, values in found.items()}
    draws = [{"frechet_distance": value} for value in REAL_DRAWS]
    return damage.Measured(data, "domain", damage.SEEN, 20, 40, draws, rows)


def test_the_table_and_the_list_tell_of_claims_that_fail(tmp_path: Path) -> None:
    still, moved = [1.0, 1.1, 1.0, 1.0, 1.1], [1.0, 1.5, 2.0, 3.0, 4.0]
    found = [_measured("mnist", moved, moved), _measured("cifar10", still, still)]
    row = damage.damage_table(found).splitlines()[-1].split("|")
    cells = dict(zip(damages.DAMAGES, (cell.strip() for cell in row[2:-1]), strict=True))
    assert cells["blur"] == "**1/2** ✗"
    assert cells["mirrored"] == "**1/2**"  # of photographs nobody claims to see it
    assert cells["noise"] == ""
    assert damage.broken_claims(found) == [
        "`frechet_distance` of blur on cifar10: 1, 1.1, 1, 1, 1.1; undamaged 0.9 to 1.1"
    ]


def test_a_curve_is_drawn_in_units_of_the_least_move() -> None:
    found = _measured("mnist", [1.0, 1.4, 2.2, 1.0, 0.6], [1.0] * 5)
    assert damage._logarithms(found, "blur", "frechet_distance") == pytest.approx(
        [0, math.log(2), math.log(4), 0, -math.log(2)]
    )


def test_lines_are_drawn_where_their_values_are() -> None:
    multiples = _script("multiples")
    picture = multiples.small_multiples({"row": {"column": {"line": [1.0, 1.0]}}}, (0, 1), 0.5, "").convert("RGB")
    middle = multiples.LEFT + multiples.WIDE // 2
    at = [multiples.TOP + 4 + (multiples.HIGH - 8) * (1 - value) / 1.5 for value in (1.0, 0.0)]  # from -0.5 to 1
    colours = [picture.getpixel((middle * multiples.SCALE, round(y * multiples.SCALE))) for y in at]
    for colour, expected in zip(colours, (multiples.COLOURS[0], multiples.BAND), strict=True):
        assert np.abs(np.array(colour) - expected).max() < 12
