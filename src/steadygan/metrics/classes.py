"""Measures of what a classifier sees: the Inception score, and how often each class comes."""

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from steadygan.amounts import things
from steadygan.errors import SteadyganError
from steadygan.metrics.checks import checked_probabilities
from steadygan.metrics.estimate import Estimate
from steadygan.metrics.sampling_error import deviation, histograms, mean_rows

SPLITS = 10


class Modes(NamedTuple):
    """How many classes there are among generated items, and how evenly.

    Attributes:
        found: classes that at least one item has.
        reverse_kl: KL(classes of the items ‖ equal shares) in nats: 0 if all come equally often, log(count) if only one
            comes at all.
    """

    found: int
    reverse_kl: float


def inception_score(probabilities: Tensor, splits: int = SPLITS, seed: int = 0) -> Estimate:
    """How sure a classifier is of each item and how varied its answers are: ``exp E KL(p(y|x) ‖ p(y))``.

    Items are put into a random order and cut into equal parts as torch-fidelity does it, so that its figures come out
    with its seed, which is 2020 unless it is told another.

    Args:
        probabilities: any floats [N, K]; each row sums to 1.
        splits: parts that the score is taken of.
        seed: of the order.

    Returns:
        The mean over the parts, in [1, K], and its standard error: their deviation over the root of their number.
        Others print the deviation itself.

    Raises:
        SteadyganError: when rows are no probabilities, or there are fewer than parts.

    Source: Salimans et al. 2016 (1606.03498), section 4; Barratt & Sharma 2018 for its weaknesses.
    """
    probabilities = checked_probabilities(probabilities)
    count = len(probabilities)
    if count < splits:
        raise SteadyganError(f"{things(count, 'item')} cannot be cut into {things(splits, 'part')}; measure more items")
    probabilities = probabilities[torch.from_numpy(np.random.RandomState(seed).permutation(count))]
    parts = [probabilities[part * count // splits : (part + 1) * count // splits] for part in range(splits)]
    scores = np.array([_score(part) for part in parts])
    return Estimate(float(scores.mean()), float(scores.std(ddof=1)) / splits**0.5 if splits > 1 else 0.0)


def _score(probabilities: Tensor) -> float:
    """``KL(p ‖ q) = Σ p log p - Σ p log q``, and the mean of the last sum is ``Σ q log q``."""
    mean = probabilities.mean(0)
    each = torch.xlogy(probabilities, probabilities).sum(1).mean()
    return math.exp(float(each - torch.xlogy(mean, mean).sum()))


def class_divergence(real: Tensor, fake: Tensor) -> float:
    """How much the classes of generated items differ in frequency from those of real ones.

    ``KL(fake ‖ real)`` of the mean probabilities, in nats: log(2) if half of equally frequent classes never come.

    Args:
        real: any floats [N, K], each row of which sums to 1, or labels, int64 [N], from 0 to K - 1.
        fake: any floats [M, K], each row of which sums to 1.

    Returns:
        A number of at least 0; infinite if a class comes that the data do not have at all.

    Raises:
        SteadyganError: when rows are no probabilities, or the numbers of classes differ.
    """
    fake = checked_probabilities(fake)
    return divergence(fake.mean(0), _real_shares(real, fake.shape[1]))


def class_divergence_error(real: Tensor, fake: Tensor) -> float:
    """The standard error of :func:`class_divergence` for other generated items, by bootstrap; 0 if it is infinite.

    Where both are alike, it is up to twice too large, because the divergence of each drawn set is that from the set
    and that of the set in one.

    Args:
        real: as for :func:`class_divergence`.
        fake: likewise.
    """
    fake = checked_probabilities(fake)
    theirs = _real_shares(real, fake.shape[1])
    return deviation(torch.cat([_divergences(drawn, theirs) for drawn in mean_rows(fake)]))


def _real_shares(real: Tensor, count: int) -> Tensor:
    """How often each class comes in real items, float64 [count]."""
    theirs = checked_probabilities(real).mean(0) if real.is_floating_point() else _shares(real, count)
    if len(theirs) != count:
        raise SteadyganError(
            f"Probabilities of {things(count, 'class', 'classes')} cannot be compared with those of "
            f"{things(len(theirs), 'class', 'classes')}; take both from the same classifier"
        )
    return theirs


def modes(labels: Tensor, count: int) -> Modes:
    """Count the classes that come, where all should come equally often.

    Args:
        labels: int64 [N], N of at least 1, from 0 to ``count`` - 1.
        count: how many classes there are.

    Raises:
        SteadyganError: when there are no labels, or one is out of range.

    Source: Metz et al. 2016 (1611.02163), section 3.3, for Stacked MNIST; Lin et al. 2018 (1712.04086), section 4.
    """
    shares = _shares(labels, count)
    return Modes(found=int((shares > 0).sum()), reverse_kl=divergence(shares, torch.full_like(shares, 1 / count)))


def reverse_kl_error(labels: Tensor, count: int) -> float:
    """The standard error of the reverse KL of :func:`modes` for other items, by bootstrap.

    Args:
        labels: as for :func:`modes`.
        count: likewise.
    """
    drawn = histograms(labels.bincount(minlength=count))
    return deviation(_divergences(drawn, torch.full((count,), 1 / count, dtype=torch.float64)))


def divergence(first: Tensor, second: Tensor) -> float:
    """``KL(first ‖ second)`` of two histograms in nats.

    Args:
        first: float64 [K]; sums to 1.
        second: the same.

    Returns:
        A number of at least 0; infinite if the second is 0 where the first is not.
    """
    return max(0.0, float(_divergences(first, second)))


def _divergences(first: Tensor, second: Tensor) -> Tensor:
    """The same of many histograms, float64 [..., K], from one."""
    return (torch.xlogy(first, first) - torch.xlogy(first, second)).sum(-1)


def _shares(labels: Tensor, count: int) -> Tensor:
    """How often each label comes, float64 [count]."""
    if labels.numel() == 0 or int(labels.min()) < 0 or int(labels.max()) >= count:
        raise SteadyganError(f"Labels must be whole numbers from 0 to {count - 1:,}, and at least one; look at them")
    return labels.bincount(minlength=count).double() / len(labels)
