"""Means of log ratios with their intervals."""

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

LEVEL = 0.95
"""How sure every interval of a study is meant to be."""
RESAMPLES = 9999
_SEED = 16
"""Of the bootstrap, so that a page made again says the same."""


@dataclass(frozen=True)
class Interval:
    """A range for a number.

    Attributes:
        low: its lower end.
        high: its upper end.
    """

    low: float
    high: float


@dataclass(frozen=True)
class LogRatio:
    """How many times larger one thing is than another: the mean of log ratios, one for each seed.

    Attributes:
        values: natural logarithms of the ratios, one for each seed.
        student: Student's t interval of their mean; None with fewer than two seeds.
        bootstrap: BCa bootstrap interval of their mean (Efron 1987, Better bootstrap confidence intervals); None with
            fewer than two seeds. Too narrow with few seeds; see :mod:`steadygan.study.analysis`.
        chance: p-value of no difference by Student's t test; None with fewer than two seeds.
    """

    values: tuple[float, ...]
    student: Interval | None
    bootstrap: Interval | None
    chance: float | None

    @property
    def mean(self) -> float:
        """Mean of the log ratios; 0 is no difference."""
        return float(np.mean(self.values))

    @property
    def ratio(self) -> float:
        """The geometric mean of the ratios; 1 is no difference."""
        return math.exp(self.mean)


def log_ratio(values: Sequence[float]) -> LogRatio | None:
    """The mean of log ratios with its intervals.

    Args:
        values: natural logarithms of the ratios, one for each seed; those that are not finite are left out.

    Returns:
        None when no value is left.
    """
    kept = np.asarray(values, dtype=np.float64)
    kept = kept[np.isfinite(kept)]
    if kept.size == 0:
        return None
    if kept.size == 1:
        return LogRatio((float(kept[0]),), None, None, None)
    given = tuple(kept.tolist())
    if np.ptp(kept) == 0:  # nothing varies, as where a heuristic changes nothing at all
        exactly = Interval(given[0], given[0])
        return LogRatio(given, exactly, exactly, 1.0 if given[0] == 0 else 0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # values that are nearly the same have few digits that differ
        test = stats.ttest_1samp(kept, 0.0)
    student = test.confidence_interval(LEVEL)
    return LogRatio(given, Interval(float(student.low), float(student.high)), _bootstrap(kept), float(test.pvalue))


def _bootstrap(values: np.ndarray) -> Interval | None:
    """BCa interval of the mean; None where it cannot be given, as with two values that are nearly the same."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of values that are nearly the same, whose interval is then no number
        found = stats.bootstrap(
            (values,),
            np.mean,
            n_resamples=RESAMPLES,
            confidence_level=LEVEL,
            method="BCa",
            rng=np.random.default_rng(_SEED),
        ).confidence_interval
    low, high = float(found.low), float(found.high)
    return Interval(low, high) if math.isfinite(low) and math.isfinite(high) else None


def adjusted(chances: Sequence[float | None]) -> list[float | None]:
    """P-values of several questions asked at once, adjusted by Benjamini and Hochberg (1995).

    Of those below 0.05 afterwards, at most one in twenty is expected to be wrong. Holm's method, by which in 19 of 20
    studies none is, is stricter, and would need more seeds than most studies have.

    Args:
        chances: p-values; None for a question without an answer, which does not count.

    Returns:
        Adjusted p-values in the same order, None where there was none.
    """
    asked = [value for value in chances if value is not None]
    if not asked:
        return list(chances)
    answers = iter(stats.false_discovery_control(asked, method="bh").tolist())
    return [None if value is None else next(answers) for value in chances]
