"""Soft, flipped and smoothed labels for hand-written training loops.

Each function takes NumPy arrays or Keras tensors and returns the same. Labels are flipped before they are softened,
``soft_labels(flip_labels(np.ones((64, 1))))``, so that a flipped real image gets a fake one's soft target. The
generator's targets stay 1.
"""

from typing import Any

import keras
import numpy as np
from keras import ops


def soft_labels(
    targets: Any,
    real: tuple[float, float] | None = (0.7, 1.2),
    fake: tuple[float, float] | None = (0.0, 0.3),
    seed: Any = None,
) -> Any:
    """Draw each target from a range around its label.

    Args:
        targets: [N] or [N, 1], 1 for real and 0 for fake.
        real: range for labels 1; None leaves them.
        fake: range for labels 0; None leaves them.
        seed: a :class:`keras.random.SeedGenerator`, or an int for the same numbers at each call; Keras' global source
            when None.

    Returns:
        float32 of the same shape.

    Source: ganhacks, item 6.
    """
    labels = _floats(targets)
    is_real, share = labels > 0.5, _uniform(labels, seed)
    soft = labels
    if real is not None:
        soft = ops.where(is_real, real[0] + (real[1] - real[0]) * share, soft)
    if fake is not None:
        soft = ops.where(is_real, soft, fake[0] + (fake[1] - fake[0]) * share)
    return _like(targets, soft)


def flip_labels(targets: Any, probability: float = 0.05, seed: Any = None) -> Any:
    """Exchange real and fake for a random share of the labels.

    Args:
        targets: [N] or [N, 1], 1 for real and 0 for fake.
        probability: chance of each label to be flipped, in [0, 1].
        seed: a :class:`keras.random.SeedGenerator`, or an int for the same numbers at each call; Keras' global source
            when None.

    Returns:
        float32 of the same shape.

    Raises:
        ValueError: when an array has other values than 0 and 1.

    Source: ganhacks, item 6.
    """
    if isinstance(targets, np.ndarray) and not np.isin(targets, (0, 1)).all():
        raise ValueError("flip_labels was given labels other than 0 and 1; flip them before they are softened")
    labels = _floats(targets)
    # With the same number for both, soft_labels would draw the labels that are flipped from one end of its range.
    chance = _uniform(labels, seed + 1 if isinstance(seed, int) else seed)
    return _like(targets, ops.where(chance < probability, 1 - labels, labels))


def smooth_labels(targets: Any, smoothing: float = 0.1) -> Any:
    """Lower the targets of real images, or those of the true classes.

    Args:
        targets: [N] or [N, 1], 1 for real and 0 for fake, see :func:`one_sided_smoothing`; or one-hot [N, K], see
            :func:`smooth_classes`.
        smoothing: how much below 1 they get, in [0, 1].

    Returns:
        float32 of the same shape.

    Source: Salimans et al. 2016, section 3.4; Szegedy et al. 2015, section 7, for classes.
    """
    if len(targets.shape) == 2 and targets.shape[1] != 1:
        return smooth_classes(targets, smoothing)
    return one_sided_smoothing(targets, 1 - smoothing, 1 - smoothing)


def one_sided_smoothing(targets: Any, low: float = 0.9, high: float = 0.9, seed: Any = None) -> Any:
    """Lower the targets of real images; those of fake ones stay 0.

    Args:
        targets: [N] or [N, 1], 1 for real and 0 for fake.
        low: lower end of what real targets become.
        high: upper end; equal to ``low`` for a constant.
        seed: a :class:`keras.random.SeedGenerator`, or an int for the same numbers at each call; Keras' global source
            when None.

    Returns:
        float32 of the same shape: 0 where the target was 0, U[low, high] where it was 1.

    Source: Salimans et al. 2016, section 3.4; Goodfellow 2016, section 4.2.
    """
    labels = _floats(targets)
    factor = low if low == high else low + (high - low) * _uniform(labels, seed)
    return _like(targets, labels * factor)


def smooth_classes(targets: Any, smoothing: float = 0.1, one_sided: bool = False) -> Any:
    """Lower the target of the true class, and share what is gained among all classes.

    Args:
        targets: [N, K], distributions over the classes, or 0 where the class is unknown.
        smoothing: share s that leaves the true class, in [0, 1].
        one_sided: whether nothing is shared, so that wrong classes keep the target 0.

    Returns:
        float32 [N, K]: (1 - s) t + s / K, or (1 - s) t; rows of 0 stay 0.

    Source: Szegedy et al. 2015, section 7; one-sided as in Salimans et al. 2016, section 3.4.
    """
    labels = _floats(targets)
    lowered = (1 - smoothing) * labels
    if not one_sided:
        lowered = lowered + smoothing / labels.shape[1] * ops.sum(labels, axis=1, keepdims=True)
    return _like(targets, lowered)


def _floats(targets: Any) -> Any:
    return ops.cast(ops.convert_to_tensor(targets), "float32")


def _uniform(like: Any, seed: Any) -> Any:
    return keras.random.uniform(ops.shape(like), dtype="float32", seed=seed)


def _like(given: Any, made: Any) -> Any:
    """What was made, as the kind of array that was given."""
    return made if ops.is_tensor(given) else ops.convert_to_numpy(made)
