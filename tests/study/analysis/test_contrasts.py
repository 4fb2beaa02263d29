import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from steadygan.study.analysis.contrasts import Interval, adjusted, log_ratio
from steadygan.study.analysis.shares import chance_of_same, share_of


def test_the_interval_of_a_mean_is_that_of_the_book() -> None:
    """By hand: mean 2 of 1, 2, 3, standard error 1 / sqrt(3), and t(0.975; 2) = 4.302653."""
    found = log_ratio([1.0, 2.0, 3.0])
    assert found is not None
    assert found.student is not None
    assert found.mean == 2
    assert found.ratio == pytest.approx(math.e**2)
    assert found.student.low == pytest.approx(2 - 4.302653 / math.sqrt(3), abs=1e-6)
    assert found.student.high == pytest.approx(2 + 4.302653 / math.sqrt(3), abs=1e-6)


def test_a_page_made_again_says_the_same() -> None:
    values = [0.1, -0.3, 0.2, 0.5, 0.05]
    assert log_ratio(values) == log_ratio(values)


@given(st.lists(st.floats(-3, 3), min_size=2, max_size=6))
def test_the_mean_lies_inside_both_intervals(values: list[float]) -> None:
    found = log_ratio(values)
    assert found is not None
    for interval in (found.student, found.bootstrap):
        if interval is not None:
            assert interval.low - 1e-9 <= found.mean <= interval.high + 1e-9


def test_what_is_not_finite_is_left_out() -> None:
    found = log_ratio([1.0, math.nan, 3.0, math.inf])
    assert found is not None
    assert found.values == (1.0, 3.0)
    assert log_ratio([math.nan]) is None


def test_one_seed_has_no_interval() -> None:
    found = log_ratio([0.5])
    assert found is not None
    assert (found.student, found.bootstrap, found.chance) == (None, None, None)


@pytest.mark.parametrize(("value", "chance"), [(0.0, 1.0), (0.5, 0.0)])
def test_values_that_are_all_the_same(value: float, chance: float) -> None:
    found = log_ratio([value] * 5)
    assert found is not None
    assert (found.student, found.chance) == (Interval(value, value), chance)


def test_p_values_are_adjusted_as_benjamini_and_hochberg_do() -> None:
    """By hand: p(i) m / i, then the least from the end on."""
    assert adjusted([0.01, None, 0.04, 0.03]) == [pytest.approx(0.03), None, pytest.approx(0.04), pytest.approx(0.04)]
    assert adjusted([None]) == [None]
    assert adjusted([]) == []


def test_wilsons_interval_of_all_of_five() -> None:
    """By hand: from n / (n + z²) to 1."""
    found = share_of([1, 1, 1, 1, 1, math.nan])
    assert (found.healthy, found.runs) == (5, 5)
    assert found.interval is not None
    assert found.interval.low == pytest.approx(5 / (5 + 1.959964**2), abs=1e-6)
    assert found.interval.high == 1
    assert share_of([]).interval is None


def test_shares_of_five_and_none_of_five_differ() -> None:
    """By hand: the most that 2 p⁵ (1 - p)⁵ can be, at p = 1/2."""
    assert chance_of_same(share_of([1] * 5), share_of([0] * 5)) == pytest.approx(2 / 2**10)
    assert chance_of_same(share_of([1] * 5), share_of([1] * 5)) == 1
    assert chance_of_same(share_of([0] * 5), share_of([])) is None


@pytest.mark.sweep
@pytest.mark.parametrize(("seeds", "student", "bootstrap"), [(5, 0.95, 0.85), (10, 0.95, 0.89), (20, 0.95, 0.91)])
def test_how_often_the_intervals_cover_the_truth(seeds: int, student: float, bootstrap: float) -> None:
    """The figures in the docstring of steadygan.study.analysis, for normal log ratios, within 2.6 standard errors."""
    random = np.random.default_rng(1)
    found = [log_ratio(random.normal(0, 0.2, seeds).tolist()) for _ in range(1000)]
    for expected, name in ((student, "student"), (bootstrap, "bootstrap")):
        intervals = [getattr(each, name) for each in found]
        covered = np.mean([interval.low <= 0 <= interval.high for interval in intervals])
        assert abs(covered - expected) < 2.6 * stats.binom(1000, expected).std() / 1000
