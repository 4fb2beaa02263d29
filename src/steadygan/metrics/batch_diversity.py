"""Diversity within a batch: whether items that are generated together differ as much as real ones do."""

import torch
from torch import Tensor

from steadygan.amounts import things
from steadygan.errors import SteadyganError
from steadygan.metrics.checks import checked_pair
from steadygan.metrics.estimate import Estimate

BATCH = 64


def batch_diversity(real: Tensor, fake: Tensor, batch: int = BATCH) -> Estimate:
    """The mean distance between two items of a batch, over that of real items.

    Batches are cut in the order of the items, so that a generator whose items are alike within each batch is seen even
    if its batches differ. Where items do not depend on those beside them, it is the mean distance of any two.

    Args:
        real: any floats [N, D].
        fake: any floats [M, D], in the order in which they were generated.
        batch: items in a batch, at least 2; what is left over is not measured.

    Returns:
        The ratio: 0 if all are alike, about 1 if they are as varied as real items, 1 if neither vary, and infinite if
        only generated ones do. Its standard error comes from how batches differ.

    Raises:
        SteadyganError: when the features have unlike lengths, a number is not finite, or there are fewer than a batch.

    Source: this package's own; mean distances in a batch are what minibatch discrimination looks at (Salimans et al.
        2016, section 3.2).
    """
    real, fake = checked_pair(real, fake, fewest=2)
    fewer = min(len(real), len(fake))
    if not 2 <= batch <= fewer:
        raise SteadyganError(
            f"Batches of {things(batch, 'item')} cannot be cut from {fewer:,}; choose from 2 to that many"
        )
    (theirs, their_error), (ours, our_error) = (_mean_distance(features, batch) for features in (real, fake))
    if theirs == 0:
        return Estimate(1.0 if ours == 0 else float("inf"), 0.0)
    return Estimate(ours / theirs, float((our_error**2 + (their_error * ours / theirs) ** 2) ** 0.5 / theirs))


def _mean_distance(features: Tensor, batch: int) -> Estimate:
    whole = features[: len(features) // batch * batch].view(-1, batch, features.shape[1])
    sums = torch.stack([torch.nn.functional.pdist(items).mean() for items in whole])
    error = float(sums.std()) / len(sums) ** 0.5 if len(sums) > 1 else 0.0
    return Estimate(float(sums.mean()), error)
