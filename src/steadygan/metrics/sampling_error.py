"""How far figures of other samples of the same generator would scatter, with all real items as they are.

All of them are standard errors: of the figures of further sets of as many samples, about two in three lie no farther
from their mean, and 19 in 20 within twice as much.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

RESAMPLES, AT_A_TIME = 200, 25
"""Sets that are drawn from one, by which an error is known to about 5 %, and how many at a time."""


def share_error(share: float, count: int) -> float:
    """The standard error of a share of independent items: ``√(p (1 - p) / N)``.

    Args:
        share: p, in [0, 1].
        count: N, at least 1.
    """
    return float((share * (1 - share) / count) ** 0.5)


def mean_error(values: Tensor) -> float:
    """The standard error of the mean of independent numbers: their deviation over the root of their number.

    Args:
        values: any floats [N], N of at least 1.

    Returns:
        The error; 0 for a single number, of which nothing can be said.
    """
    return float(values.double().std()) / len(values) ** 0.5 if len(values) > 1 else 0.0


def median_error(values: Tensor, seed: int = 0) -> float:
    """The standard error of the median of independent numbers, by bootstrap.

    Args:
        values: any floats [N], N of at least 1.
        seed: of the sets that are drawn.

    Source: Efron 1979, "Bootstrap Methods: Another Look at the Jackknife".
    """
    return deviation(torch.cat([values[drawn].median(1).values for drawn in _drawn(len(values), seed)]))


def mean_rows(rows: Tensor, seed: int = 0) -> Iterator[Tensor]:
    """The mean rows of sets that are drawn from one with replacement, as the bootstrap draws them.

    Args:
        rows: float64 [N, K].
        seed: of the sets.

    Yields:
        float64 [n, K], for :data:`RESAMPLES` sets in all.
    """
    for drawn in _drawn(len(rows), seed):
        weights = rows.new_zeros(drawn.shape)
        yield weights.scatter_add_(1, drawn, weights.new_ones(1).expand_as(drawn)) @ rows / len(rows)


def histograms(counts: Tensor, seed: int = 0) -> Tensor:
    """Shares of classes in sets that are drawn from one with replacement, as the bootstrap draws them.

    Args:
        counts: int64 [K], how many items of each class the set has.
        seed: of the sets.

    Returns:
        float64 [:data:`RESAMPLES`, K].
    """
    size = int(counts.sum())
    shares = counts.double().numpy() / size
    drawn = np.random.Generator(np.random.PCG64(seed)).multinomial(size, shares, RESAMPLES)
    return torch.from_numpy(drawn) / size


def deviation(figures: Tensor) -> float:
    """The standard error that figures of drawn sets show; 0 where one of them is not finite.

    Args:
        figures: any floats [n], one for each set.
    """
    return float(figures.double().std()) if bool(figures.isfinite().all()) else 0.0


def _drawn(count: int, seed: int) -> Iterator[Tensor]:
    """Places of the items of each set, int64 [n, count]."""
    generator = torch.Generator().manual_seed(seed)
    for _ in range(RESAMPLES // AT_A_TIME):
        yield torch.randint(count, (AT_A_TIME, count), generator=generator)
