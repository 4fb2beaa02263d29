"""What is refused before anything is measured, so that no measure gives a figure of numbers that are none."""

import torch
from torch import Tensor

from steadygan.amounts import things
from steadygan.errors import SteadyganError


def check_features(features: Tensor, whose: str, fewest: int = 1) -> None:
    """Refuse what cannot be measured as features.

    Args:
        features: any floats [N, D].
        whose: names them in the message, such as ``fake``.
        fewest: N may not be smaller.

    Raises:
        SteadyganError: when there are fewer, they are no table, or a number is not finite.
    """
    if features.ndim != 2:
        shape = list(features.shape)
        raise SteadyganError(f"The {whose} features have the shape {shape}; pass one row for each item: [N, D]")
    if len(features) < fewest:
        raise SteadyganError(
            f"There are features of only {things(len(features), f'{whose} item')}; "
            f"this measure needs at least {fewest:,}"
        )
    if not bool(torch.isfinite(features).all()):
        raise SteadyganError(f"The {whose} features hold numbers that are not finite; look at their extractor")


def checked_features(features: Tensor, whose: str, fewest: int = 1) -> Tensor:
    """The same numbers in float64, after :func:`check_features` with the same arguments."""
    check_features(features, whose, fewest)
    return features.double()


def checked_pair(real: Tensor, fake: Tensor, fewest: int = 1) -> tuple[Tensor, Tensor]:
    """Refuse two sets of features that cannot be compared.

    Args:
        real: any floats [N, D].
        fake: any floats [M, D].
        fewest: neither N nor M may be smaller.

    Returns:
        Both in float64.

    Raises:
        SteadyganError: as :func:`check_features` does, and when their lengths differ.
    """
    real, fake = checked_features(real, "real", fewest), checked_features(fake, "fake", fewest)
    same_length(real.shape[1], fake.shape[1])
    return real, fake


def same_length(first: int, second: int) -> None:
    """Refuse features of unlike length.

    Raises:
        SteadyganError: when the lengths differ.
    """
    if first != second:
        raise SteadyganError(
            f"Features of {things(first, 'number')} cannot be compared with features of {things(second, 'number')}; "
            "extract both in the same way"
        )


def checked_probabilities(probabilities: Tensor) -> Tensor:
    """Refuse what are no probabilities of classes.

    Args:
        probabilities: any floats [N, K]; each row sums to 1.

    Returns:
        The same numbers in float64.

    Raises:
        SteadyganError: when a row does not sum to 1, or a number is negative or not finite.
    """
    probabilities = checked_features(probabilities, "classes'")
    off = float((probabilities.sum(1) - 1).abs().max())
    if off > 1e-3 or float(probabilities.min()) < 0:
        raise SteadyganError("Rows of probabilities must be at least 0 and sum to 1; apply a softmax to logits")
    return probabilities
