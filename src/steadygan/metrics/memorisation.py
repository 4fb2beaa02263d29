"""Whether generated items are copies of training items: their distances to them, against those of unseen real items."""

from typing import NamedTuple

import torch
from torch import Tensor

from steadygan.metrics.checks import check_features, same_length
from steadygan.metrics.distances import nearest_neighbours, points_of
from steadygan.metrics.sampling_error import mean_error, median_error, share_error

NEAREST_SHARE = 0.01
"""The share of unseen real items that are nearer to a training item than what is counted as suspicious."""


class Nearest(NamedTuple):
    """The nearest training item of each item.

    Attributes:
        distances: float64 [N].
        indices: int64 [N], of the training items.
    """

    distances: Tensor
    indices: Tensor


class Memorisation(NamedTuple):
    """How near generated items are to training items, against unseen real items.

    Attributes:
        share: of generated items that lie nearer to a training item than all but the nearest hundredth of unseen real
            ones: about 0.01 where nothing is copied, p more where a share p is.
        nearer: the chance that a generated item lies nearer to a training item than an unseen real one does, ties
            counted as half: about 0.5 where nothing is copied, 0 if all lie farther off, 1 if all are copies.
        ratio: the median distance of generated items over that of unseen real ones: about 1 where nothing is copied, 0
            if most are copies. Infinite, or 1, if that of real ones is 0.
    """

    share: float
    nearer: float
    ratio: float


def nearest(items: Tensor, training: Tensor) -> Nearest:
    """Find the nearest training item of each item, by exact Euclidean distances in float64.

    Args:
        items: any floats [N, D]: features, or images as :func:`steadygan.metrics.sliced.small_images` gives them.
        training: any floats [M, D].

    Raises:
        SteadyganError: when the lengths differ, there are no training items, or a number is not finite.
    """
    check_features(items, "given")
    check_features(training, "training")
    same_length(items.shape[1], training.shape[1])
    theirs, ours = points_of(training, items)
    squares, indices = nearest_neighbours(ours, theirs, count=1)
    return Nearest(squares[:, 0].sqrt(), indices[:, 0])


def memorisation(training: Tensor, held_out: Tensor, fake: Tensor) -> Memorisation:
    """Compare distances of generated items to their nearest training item with those of unseen real items.

    Items that are blurred, or nearer to the mean than real ones, lie nearer to everything: look at the pairs before
    calling it copying.

    Args:
        training: any floats [M, D].
        held_out: any floats [H, D], of real items that were not trained on.
        fake: any floats [N, D].

    Raises:
        SteadyganError: as :func:`nearest` does.

    Source: Meehan et al. 2020 (2004.05675), section 3, for the comparison with unseen items; the figures are the effect
        size of their rank test, and this package's own.
    """
    return compare_nearest(nearest(fake, training).distances, nearest(held_out, training).distances)


def compare_nearest(fake: Tensor, held_out: Tensor) -> Memorisation:
    """The same from distances that are known, as those of unseen real items need be taken only once.

    Args:
        fake: float64 [N], distances to the nearest training item.
        held_out: float64 [H].
    """
    ordered = held_out.sort().values
    farther = _farther(fake, ordered).mean()
    return Memorisation(
        share=float(_suspicious(fake, ordered).double().mean()),
        nearer=float(farther) / len(ordered),
        ratio=_ratio(float(fake.median()), float(ordered.median())),
    )


def errors_of_nearest(fake: Tensor, held_out: Tensor) -> Memorisation:
    """The standard errors of the same for other generated items, the distances of unseen real ones being as they are.

    Args:
        fake: float64 [N], distances to the nearest training item.
        held_out: float64 [H].
    """
    ordered = held_out.sort().values
    usual = float(ordered.median())
    return Memorisation(
        share=share_error(float(_suspicious(fake, ordered).double().mean()), len(fake)),
        nearer=mean_error(_farther(fake, ordered)) / len(ordered),
        ratio=median_error(fake) / usual if usual else 0.0,
    )


def _suspicious(fake: Tensor, ordered: Tensor) -> Tensor:
    return fake < ordered[int(NEAREST_SHARE * len(ordered))]


def _farther(fake: Tensor, ordered: Tensor) -> Tensor:
    """How many of the unseen real items lie farther off than each generated one, ties counted as half: float64 [N]."""
    below, up_to = (torch.searchsorted(ordered, fake, right=right) for right in (False, True))
    return len(ordered) - (below + up_to).double() / 2


def _ratio(ours: float, theirs: float) -> float:
    if theirs == 0:
        return 1.0 if ours == 0 else float("inf")
    return ours / theirs
