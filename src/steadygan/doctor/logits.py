"""Signals in a discriminator's logits that mean the same under every objective, because only their order counts."""

import torch
from torch import Tensor

FEWEST = 2


def separation(first: Tensor, second: Tensor) -> float:
    """How often a logit of the first set is the larger one of a pair; 0.5 if the sets cannot be told apart.

    Args:
        first: float [N].
        second: float [M].

    Returns:
        The area under the ROC curve, in [0, 1]; NaN where a set is empty or holds a number that is not finite.

    Source: Fawcett 2006, "An introduction to ROC analysis", section 7.
    """
    first, second = first.detach().flatten().double(), second.detach().flatten().double()
    if not (_is_usable(first) and _is_usable(second)):
        return float("nan")
    merged = torch.cat([first, second])
    _, places, counts = torch.unique(merged, return_inverse=True, return_counts=True)
    ranks = (counts.cumsum(0).double() - (counts.double() - 1) / 2)[
        places
    ]  # equal values share the mean of their ranks
    wins = ranks[: len(first)].sum() - len(first) * (len(first) + 1) / 2
    return float(wins / (len(first) * len(second)))


def gap(first: Tensor, second: Tensor) -> float:
    """How far apart the means of two sets of logits are, in units of their standard deviations.

    Args:
        first: float [N], at least 2.
        second: float [M], at least 2.

    Returns:
        The difference of the means over the root of the mean variance (d'); NaN where it is not known.
    """
    first, second = first.detach().flatten().double(), second.detach().flatten().double()
    if not (_is_usable(first) and _is_usable(second)) or min(len(first), len(second)) < FEWEST:
        return float("nan")
    deviation = ((first.var() + second.var()) / 2).sqrt()
    return float((first.mean() - second.mean()) / deviation.clamp(min=1e-12))


def _is_usable(logits: Tensor) -> bool:
    return logits.numel() > 0 and bool(logits.isfinite().all())
