"""Shares of runs that end healthy."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy import stats

from steadygan.study.analysis.contrasts import LEVEL, Interval


@dataclass(frozen=True)
class Share:
    """How many of some runs ended healthy.

    Attributes:
        healthy: so many did.
        runs: so many there were.
        interval: Wilson's interval (1927) of the share; None without runs.
    """

    healthy: int
    runs: int
    interval: Interval | None

    @property
    def share(self) -> float:
        """The share itself, NaN without runs."""
        return self.healthy / self.runs if self.runs else float("nan")


def share_of(survived: Iterable[float]) -> Share:
    """The share of ones among ones and zeros; NaN does not count."""
    known = np.array(list(survived), dtype=np.float64)
    known = known[~np.isnan(known)]
    healthy, runs = int(known.sum()), len(known)
    if runs == 0:
        return Share(0, 0, None)
    found = stats.binomtest(healthy, runs).proportion_ci(LEVEL, method="wilson")
    return Share(healthy, runs, Interval(float(found.low), float(found.high)))


def chance_of_same(first: Share, second: Share) -> float | None:
    """P-value of two shares being the same, by Barnard's exact test (1945); None where one has no runs.

    Seeds are not paired here: with five of them, no paired exact test could ever find a difference.
    """
    if not first.runs or not second.runs:
        return None
    if first.healthy + second.healthy in (0, first.runs + second.runs):
        return 1.0  # all alike: nothing to test, and the statistic would be 0 / 0
    table = [
        [first.healthy, second.healthy],
        [first.runs - first.healthy, second.runs - second.healthy],
    ]
    return min(1.0, float(stats.barnard_exact(table).pvalue))
