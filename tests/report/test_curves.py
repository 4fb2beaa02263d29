from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from steadygan.report.curves import POINTS, charts, running_mean, thin
from tests.report.example import rows


def test_a_run_gives_its_charts_in_order() -> None:
    drawn = charts(rows())
    titles = ["Quality: sliced Wasserstein", "Losses", "Logits", "Gradient norms", "Penalties", "Speed", "Time"]
    assert [chart.title for chart in drawn] == titles
    losses = drawn[1]
    assert [(curve.label, curve.tone) for curve in losses.curves] == [
        ("discriminator", "discriminator"),
        ("generator", "generator"),
    ]
    assert [chart.log for chart in drawn[1:4]] == [False, False, True]


def test_without_rows_there_are_no_charts() -> None:
    assert charts([]) == []
    made: list[dict[str, Any]] = [{"images": 5, "step": 1}, {"images": 6, "r1": None}, {"images": 6, "r2": "high"}]
    assert charts(made) == []


def test_a_value_that_was_not_finite_is_a_gap() -> None:
    made: list[dict[str, float | None]] = [
        {"images": 1, "r1": 0.5},
        {"images": 2, "r1": None},
        {"images": 3},
        {"images": 4, "r1": float("nan")},
    ]
    (chart,) = charts(made)
    assert chart.curves[0].images == [1.0, 2.0, 4.0]
    assert chart.curves[0].values == [0.5, None, None]
    assert chart.curves[0].last == 0.5


def test_values_that_span_decades_get_a_logarithmic_axis() -> None:
    steady = [{"images": step, "r1": 1.0 + 0.01 * step} for step in range(50)]
    assert not charts(steady)[0].log
    assert charts([*steady, {"images": 50, "r1": 900.0}])[0].log
    assert not charts([*steady, {"images": 50, "r1": 900.0}, {"images": 51, "r1": 0.0}])[0].log


def test_shares_have_an_axis_from_0_to_1_while_they_keep_to_it() -> None:
    made = [{"images": step, "semi-supervised/accuracy": 0.001 + step / 100} for step in range(100)]
    (chart,) = charts(made)
    assert (chart.title, chart.share, chart.log) == ("Accuracy", True, False)
    (chart,) = charts([*made, {"images": 100, "semi-supervised/accuracy": 1.5}])
    assert (chart.share, chart.log) == (False, False)


def test_few_points_are_marked_beside_a_curve_of_many() -> None:
    made: list[dict[str, float]] = [{"images": step, "semi-supervised/accuracy": 0.5} for step in range(100)]
    (chart,) = charts([*made, {"images": 99, "semi-supervised/held-out-accuracy": 0.4}])
    assert [(curve.label, curve.sparse) for curve in chart.curves] == [
        ("semi-supervised", False),
        ("semi-supervised held-out", True),
    ]


def test_measures_of_heuristics_stand_between_the_usual_charts() -> None:
    keys = ["images_per_second", "mine", "lecam", "adaptive-augment/probability", "auxiliary-classifier/real"]
    keys += ["generator/loss", "semi-supervised/held-out-accuracy", "quality/sliced_wasserstein"]
    assert [chart.title for chart in charts([{"images": 1} | dict.fromkeys(keys, 0.5)])] == [
        "Quality: sliced Wasserstein",
        "Accuracy",
        "Losses",
        "Penalties",
        "Probability",
        "Auxiliary classifier",
        "Other measurements",
        "Speed",
    ]


def test_a_long_run_is_thinned_and_keeps_its_spikes() -> None:
    made = [{"images": step, "generator/loss": 1.0} for step in range(300_000)]
    made[123_457]["generator/loss"] = 77.0
    made[200_001]["generator/loss"] = None  # type: ignore[assignment]
    (curve,) = charts(made)[0].curves
    assert len(curve.values) <= POINTS
    assert curve.thinned
    assert dict(zip(curve.images, curve.values, strict=True))[123_457] == 77.0
    assert dict(zip(curve.images, curve.values, strict=True))[200_001] is None
    assert (curve.images[0], curve.images[-1]) == (0, 299_999)


@given(st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(float("nan"))), min_size=1, max_size=400), st.integers(8, 100))
def test_thinning_keeps_the_ends_the_extremes_and_the_limit(numbers: list[float], limit: int) -> None:
    values = np.array(numbers)
    kept = thin(values, limit)
    assert len(kept) <= max(limit, 0)
    assert kept == sorted(set(kept))
    assert (kept[0], kept[-1]) == (0, len(values) - 1)
    if np.isfinite(values).any():
        assert np.nanmax(values[kept]) == np.nanmax(values)
        assert np.nanmin(values[kept]) == np.nanmin(values)
    assert np.isnan(values[kept]).any() == np.isnan(values).any()


def test_the_running_mean_of_a_straight_line_is_that_line() -> None:
    images = np.arange(200.0)
    where, means = running_mean(images, 3 * images + 1)
    inside = slice(10, -10)  # at the ends the window is cut
    np.testing.assert_allclose(means[inside], 3 * where[inside] + 1)


def test_the_running_mean_ignores_what_was_not_finite() -> None:
    values = np.full(5000, 2.0)
    values[::7] = np.nan
    where, means = running_mean(np.arange(5000.0), values)
    assert len(where) == len(means) <= 600
    np.testing.assert_allclose(means, 2.0)


def test_few_measurements_have_no_running_mean() -> None:
    where, means = running_mean(np.arange(79.0), np.ones(79))
    assert (where.size, means.size) == (0, 0)
