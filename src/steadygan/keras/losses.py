"""Losses of Keras tensors, by the names and formulas of :mod:`steadygan.heuristics.objectives`.

All take raw logits (no sigmoid), [N] or [N, 1] as a dense layer returns them, and return float32 [N], one number for
each image; take :func:`keras.ops.mean` of it.
"""

from typing import Any

import keras
from keras import ops


def cross_entropy(logits: Any, targets: Any) -> Any:
    """Binary cross entropy of σ(logits) with soft targets, stable for any logit.

    Args:
        logits: float [N] or [N, 1].
        targets: float of as many, 1 for real and 0 for fake.

    Returns:
        float32 [N]: -t log σ(l) - (1 - t) log(1 - σ(l)).

    Raises:
        ValueError: when there are not as many targets as logits.
    """
    logits, targets = _vectors(logits=logits, targets=targets)
    return targets * ops.softplus(-logits) + (1 - targets) * ops.softplus(logits)


def discriminator_cross_entropy(
    real_logits: Any, fake_logits: Any, real_targets: Any = None, fake_targets: Any = None
) -> Any:
    """The discriminator's loss of the original GAN.

    Args:
        real_logits: float [N] or [N, 1].
        fake_logits: float of as many.
        real_targets: float of as many; 1 when None.
        fake_targets: float of as many; 0 when None.

    Returns:
        float32 [N]: -log D(x) - log(1 - D(G(z))) for targets 1 and 0.

    Raises:
        ValueError: when there are not as many of one as of another.

    Source: Goodfellow et al. 2014, equation 1.
    """
    real_logits, fake_logits = _vectors(real_logits=real_logits, fake_logits=fake_logits)
    return cross_entropy(real_logits, _or_ones(real_targets, real_logits)) + cross_entropy(
        fake_logits, _or_zeros(fake_targets, fake_logits)
    )


def minimax_generator_loss(fake_logits: Any, fake_targets: Any = None) -> Any:
    """log(1 - D(G(z))): its gradient vanishes where the discriminator is sure.

    Args:
        fake_logits: float [N] or [N, 1].
        fake_targets: what the discriminator answers for fakes, of as many; 0 when None.

    Returns:
        float32 [N].

    Source: Goodfellow et al. 2014, equation 1.
    """
    (logits,) = _vectors(fake_logits=fake_logits)
    return -cross_entropy(logits, _or_zeros(fake_targets, logits))


def non_saturating_generator_loss(fake_logits: Any, real_targets: Any = None) -> Any:
    """-log D(G(z)): the labels of fakes flipped, so that gradients are strong where the discriminator is sure.

    Args:
        fake_logits: float [N] or [N, 1].
        real_targets: what the generator wants the answer to be, of as many; 1 when None.

    Returns:
        float32 [N].

    Source: Goodfellow et al. 2014, section 3; ganhacks, item 2.
    """
    (logits,) = _vectors(fake_logits=fake_logits)
    return cross_entropy(logits, _or_ones(real_targets, logits))


def least_squares(logits: Any, targets: Any) -> Any:
    """Half the squared distance of logits from targets; no sigmoid in between.

    Args:
        logits: float [N] or [N, 1].
        targets: float of as many, 1 for real and 0 for fake.

    Returns:
        float32 [N]: (l - t)² / 2.

    Raises:
        ValueError: when there are not as many targets as logits.

    Source: Mao et al. 2016, equation 2.
    """
    logits, targets = _vectors(logits=logits, targets=targets)
    return 0.5 * ops.square(logits - targets)


def least_squares_discriminator_loss(
    real_logits: Any, fake_logits: Any, real_targets: Any = None, fake_targets: Any = None
) -> Any:
    """The discriminator's loss of least squares.

    Args:
        real_logits: float [N] or [N, 1].
        fake_logits: float of as many.
        real_targets: float of as many; 1 when None; b in the paper.
        fake_targets: float of as many; 0 when None; a in the paper.

    Returns:
        float32 [N]: (D(x) - 1)² / 2 + D(G(z))² / 2 for targets 1 and 0.

    Raises:
        ValueError: when there are not as many of one as of another.

    Source: Mao et al. 2016, equations 2 and 9.
    """
    real_logits, fake_logits = _vectors(real_logits=real_logits, fake_logits=fake_logits)
    return least_squares(real_logits, _or_ones(real_targets, real_logits)) + least_squares(
        fake_logits, _or_zeros(fake_targets, fake_logits)
    )


def least_squares_generator_loss(fake_logits: Any, real_targets: Any = None) -> Any:
    """(D(G(z)) - 1)² / 2: fakes far on the right side of the border are pulled back too.

    Args:
        fake_logits: float [N] or [N, 1].
        real_targets: what the generator wants the answer to be, of as many; 1 when None; c in the paper.

    Returns:
        float32 [N].

    Source: Mao et al. 2016, equations 2 and 9.
    """
    (logits,) = _vectors(fake_logits=fake_logits)
    return least_squares(logits, _or_ones(real_targets, logits))


def hinge_discriminator_loss(real_logits: Any, fake_logits: Any) -> Any:
    """max(0, 1 - D(x)) + max(0, 1 + D(G(z))).

    Args:
        real_logits: float [N] or [N, 1].
        fake_logits: float of as many.

    Returns:
        float32 [N].

    Raises:
        ValueError: when there are not as many of one as of the other.

    Source: Lim and Ye 2017, section 3.
    """
    real_logits, fake_logits = _vectors(real_logits=real_logits, fake_logits=fake_logits)
    return ops.relu(1 - real_logits) + ops.relu(1 + fake_logits)


def hinge_generator_loss(fake_logits: Any) -> Any:
    """-D(G(z)).

    Args:
        fake_logits: float [N] or [N, 1].

    Returns:
        float32 [N].

    Source: Lim and Ye 2017, section 3.
    """
    (logits,) = _vectors(fake_logits=fake_logits)
    return -logits


def wasserstein_discriminator_loss(real_logits: Any, fake_logits: Any) -> Any:
    """D(G(z)) - D(x); its mean is minus an estimate of the earth mover's distance if D is 1-Lipschitz.

    Args:
        real_logits: float [N] or [N, 1].
        fake_logits: float of as many.

    Returns:
        float32 [N].

    Raises:
        ValueError: when there are not as many of one as of the other.

    Source: Arjovsky et al. 2017, algorithm 1.
    """
    real_logits, fake_logits = _vectors(real_logits=real_logits, fake_logits=fake_logits)
    return fake_logits - real_logits


def wasserstein_generator_loss(fake_logits: Any) -> Any:
    """-D(G(z)).

    Args:
        fake_logits: float [N] or [N, 1].

    Returns:
        float32 [N].

    Source: Arjovsky et al. 2017, algorithm 1.
    """
    (logits,) = _vectors(fake_logits=fake_logits)
    return -logits


def relativistic_loss(winner_logits: Any, loser_logits: Any) -> Any:
    """log(1 + exp(loser - winner)), over pairs.

    Args:
        winner_logits: float [N] or [N, 1]; reals in the discriminator's loss, fakes in the generator's.
        loser_logits: float of as many, the other side; images are paired by their place in the batch.

    Returns:
        float32 [N].

    Raises:
        ValueError: when there are not as many of one as of the other.

    Source: Jolicoeur-Martineau 2018, section 4.1; Huang et al. 2025, equation 2.
    """
    winner_logits, loser_logits = _vectors(winner_logits=winner_logits, loser_logits=loser_logits)
    return ops.softplus(loser_logits - winner_logits)


def relativistic_average_loss(
    winner_logits: Any, loser_logits: Any, winner_targets: Any = None, loser_targets: Any = None
) -> Any:
    """Cross entropy of every logit less the mean logit of the other side.

    Args:
        winner_logits: float [N] or [N, 1]; reals in the discriminator's loss, fakes in the generator's.
        loser_logits: float of as many, the other side.
        winner_targets: float of as many; 1 when None.
        loser_targets: float of as many; 0 when None.

    Returns:
        float32 [N]: -log σ(w - mean(l)) - log(1 - σ(l - mean(w))) for targets 1 and 0.

    Raises:
        ValueError: when there are not as many of one as of another.

    Source: Jolicoeur-Martineau 2018, section 4 (RaGAN).
    """
    winners, losers = _vectors(winner_logits=winner_logits, loser_logits=loser_logits)
    return cross_entropy(winners - ops.mean(losers), _or_ones(winner_targets, winners)) + cross_entropy(
        losers - ops.mean(winners), _or_zeros(loser_targets, losers)
    )


def feature_matching_loss(real_features: Any, fake_features: Any) -> Any:
    """Squared distance between the mean features of the two sides.

    Args:
        real_features: float [N, F]; no gradients flow into them.
        fake_features: float [M, F].

    Returns:
        float32 scalar: ‖mean f(x) - mean f(G(z))‖².

    Source: Salimans et al. 2016, section 3.1.
    """
    real, fake = (ops.cast(ops.convert_to_tensor(each), "float32") for each in (real_features, fake_features))
    return ops.sum(ops.square(ops.mean(ops.stop_gradient(real), axis=0) - ops.mean(fake, axis=0)))


def _vectors(**given: Any) -> list[Any]:
    """Each of some tensors as float32 [N], or float64 where it is so."""
    shapes = {name: list(each.shape) for name, each in given.items()}
    counts = {shape[0] if len(shape) == 1 or shape[1:] == [1] else -1 for shape in shapes.values()}
    if len(counts - {None}) > 1 or -1 in counts:
        came = " and ".join(f"{name} is {shape}" for name, shape in shapes.items())
        raise ValueError(f"{came}; give as many of each, [N] or [N, 1]")
    tensors = [ops.convert_to_tensor(each) for each in given.values()]
    return [ops.reshape(ops.cast(each, _wide(each)), (-1,)) for each in tensors]


def _wide(tensor: Any) -> Any:
    return keras.backend.result_type(tensor.dtype, "float32")


def _or_ones(targets: Any, logits: Any) -> Any:
    return ops.ones_like(logits) if targets is None else targets


def _or_zeros(targets: Any, logits: Any) -> Any:
    return ops.zeros_like(logits) if targets is None else targets
