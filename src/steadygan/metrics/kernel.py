"""The kernel distance between features: KID where features are Inception's."""

import numpy as np
import torch
from torch import Tensor

from steadygan.metrics.checks import checked_pair
from steadygan.metrics.estimate import Estimate

SUBSETS, SIZE = 100, 1000
"""Subsets and items in each, as in Bińkowski et al. and in torch-fidelity."""


def kernel_distance(real: Tensor, fake: Tensor, subsets: int = SUBSETS, size: int = SIZE, seed: int = 0) -> Estimate:
    """The squared maximum mean discrepancy under a cubic kernel, without bias, as the mean over random subsets.

    The kernel is ``(x · y / D + 1)³``. Subsets are drawn as torch-fidelity draws them, so that its figures come out
    with its seed, which is 2020 unless it is told another.

    Args:
        real: any floats [N, D], N of at least 2.
        fake: any floats [M, D], M of at least 2.
        subsets: how many, at least 2.
        size: items in a subset, without repeats; the smaller set's size if that is less.
        seed: of the subsets.

    Returns:
        The mean, which can be below 0 for sets that are alike, and its standard error: the deviation over subsets,
        divided by the root of their number, but of no more than fit beside each other into the smaller set, because
        subsets that overlap say less than that many new ones.

    Raises:
        SteadyganError: when the features have unlike lengths, there are too few, or a number is not finite.

    Source: Bińkowski et al. 2018 (1801.01401), section 4; Gretton et al. 2012, equation 3.
    """
    real, fake = checked_pair(real, fake, fewest=2)
    fewer = min(len(real), len(fake))
    size = min(size, fewer)
    generator = np.random.RandomState(seed)
    found = []
    for _ in range(subsets):
        some, others = (
            features[torch.from_numpy(generator.choice(len(features), size, replace=False))]
            for features in (real, fake)
        )
        found.append(squared_discrepancy(some, others))
    independent = min(subsets, fewer / size)
    return Estimate(float(np.mean(found)), float(np.std(found, ddof=1) / independent**0.5))


def squared_discrepancy(real: Tensor, fake: Tensor) -> float:
    """The squared maximum mean discrepancy under the cubic kernel, without bias.

    Args:
        real: float64 [N, D], N of at least 2.
        fake: float64 [M, D], M of at least 2.
    """
    within = sum(
        (kernel.sum() - kernel.diagonal().sum()) / (len(kernel) * (len(kernel) - 1))
        for kernel in (_cubic(real, real), _cubic(fake, fake))
    )
    return float(within - 2 * _cubic(real, fake).mean())


def _cubic(first: Tensor, second: Tensor) -> Tensor:
    return torch.addmm(first.new_ones(1), first, second.T, alpha=1 / first.shape[1]).pow_(3)
