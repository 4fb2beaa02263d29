"""Penalties on a discriminator's slope, by the names and formulas of :mod:`steadygan.heuristics.penalties`.

Each returns float32 [N], one number for each image, whose gradient with respect to the discriminator's weights is right
on every backend; take :func:`keras.ops.mean` of it and add it to the discriminator's loss.

A Keras model or layer is called in training mode. Any other function can be given in its place, such as one that passes
labels: ``r1_penalty(lambda x: model([x, labels], training=True), images, state=model.variables)``. Its ``state`` are
the Keras variables that it reads or assigns, without which JAX would take them for constants.
"""

import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from steadygan.keras.gradients import input_gradients

Discriminator = Any
"""A Keras model, or any function from images float [N, ...] to logits [N] or [N, ...], or fewer of neighbours."""


def r1_penalty(discriminator: Discriminator, real: Any, gamma: float = 1.0, state: Sequence[Any] | None = None) -> Any:
    """γ/2 ‖∇D(x)‖² at real images.

    Args:
        discriminator: a Keras model, or a function from images to logits.
        real: float [N, ...].
        gamma: weight, at least 0.
        state: variables that a function reads or assigns; those of the model when None.

    Returns:
        float32 [N], or as many as there are logits if these are fewer, each of several images.

    Source: Mescheder et al. 2018, equation 9.
    """
    return zero_centred_penalty(input_gradient(discriminator, real, state), gamma)


def r2_penalty(discriminator: Discriminator, fake: Any, gamma: float = 1.0, state: Sequence[Any] | None = None) -> Any:
    """γ/2 ‖∇D(G(z))‖² at fake images.

    Args:
        discriminator: a Keras model, or a function from images to logits.
        fake: float [N, ...].
        gamma: weight, at least 0.
        state: variables that a function reads or assigns; those of the model when None.

    Returns:
        float32 [N], or as many as there are logits if these are fewer, each of several images.

    Source: Mescheder et al. 2018, equation 10.
    """
    return zero_centred_penalty(input_gradient(discriminator, fake, state), gamma)


def gradient_penalty(
    discriminator: Discriminator,
    real: Any,
    fake: Any,
    weight: float = 10.0,
    target: float = 1.0,
    state: Sequence[Any] | None = None,
    seed: Any = None,
) -> Any:
    """λ (‖∇D(x̂)‖ - k)² at random points x̂ between real and fake images.

    Args:
        discriminator: a Keras model, or a function from images to logits.
        real: float [N, ...].
        fake: float [N, ...].
        weight: λ, at least 0.
        target: k, the slope that is wanted, at least 0.
        state: variables that a function reads or assigns; those of the model when None.
        seed: int or :class:`keras.random.SeedGenerator`, which JAX needs in compiled functions; Keras' global source
            when None.

    Returns:
        float32 [N], or as many as there are logits if these are fewer.

    Source: Gulrajani et al. 2017, equation 3.
    """
    points = between(real, fake, seed)
    return slope_penalty(input_gradient(discriminator, points, state), weight, target)


def dragan_penalty(
    discriminator: Discriminator,
    real: Any,
    weight: float = 10.0,
    target: float = 1.0,
    spread: float = 0.5,
    state: Sequence[Any] | None = None,
    seed: Any = None,
) -> Any:
    """λ (‖∇D(x + δ)‖ - k)² at random points between real images and noisy ones.

    Args:
        discriminator: a Keras model, or a function from images to logits.
        real: float [N, ...].
        weight: λ, at least 0.
        target: k, the slope that is wanted, at least 0.
        spread: size of the noise, see :func:`perturbed`.
        state: variables that a function reads or assigns; those of the model when None.
        seed: int or :class:`keras.random.SeedGenerator`, which JAX needs in compiled functions; Keras' global source
            when None.

    Returns:
        float32 [N], or as many as there are logits if these are fewer.

    Source: Kodali et al. 2017, algorithm 1, and their code.
    """
    # The same number for both would make the share of an image follow its noise.
    points = between(real, perturbed(real, spread, seed + 1 if isinstance(seed, int) else seed), seed)
    return slope_penalty(input_gradient(discriminator, points, state), weight, target)


def zero_centred_penalty(gradient: Any, gamma: float) -> Any:
    """γ/2 ‖∇D‖² of each row.

    Args:
        gradient: float [N, ...], from :func:`input_gradient`.
        gamma: weight, at least 0.

    Returns:
        float32 [N].

    Source: Mescheder et al. 2018, equation 9.
    """
    return 0.5 * gamma * _squared_length(gradient)


def slope_penalty(gradient: Any, weight: float = 10.0, target: float = 1.0) -> Any:
    """λ (‖∇D‖ - k)² of each row.

    Args:
        gradient: float [N, ...], of each logit with respect to what it was computed from.
        weight: λ, at least 0.
        target: k, the slope that is wanted, at least 0.

    Returns:
        float32 [N].

    Source: Gulrajani et al. 2017, equation 3.
    """
    squared = _squared_length(gradient)
    # The root has no slope at 0; here it gets the slope 0, and the other branch may not divide by 0 either.
    slopes = ops.where(squared > 0, ops.sqrt(ops.where(squared > 0, squared, 1.0)), 0.0)
    return weight * ops.square(slopes - target)


def input_gradient(discriminator: Discriminator, images: Any, state: Sequence[Any] | None = None) -> Any:
    """Gradient of each image's logit with respect to that image, itself differentiable.

    Args:
        discriminator: a Keras model, or a function from images to logits; several logits of an image are averaged, and
            fewer logits than images are each of several images.
        images: float [N, ...].
        state: variables that a function reads or assigns; those of the model when None.

    Returns:
        float [N, D] with D numbers of an image, or a row for each logit if these are fewer.
    """
    is_layer = isinstance(discriminator, keras.layers.Layer)
    variables = (discriminator.variables if is_layer else ()) if state is None else state

    def total(given: list[Any]) -> tuple[Any, Any]:
        logits = discriminator(given[0], training=True) if is_layer else discriminator(given[0])
        logits = ops.cast(logits, keras.backend.result_type(logits.dtype, "float32"))
        rows, answers = _rows(logits, given[0]), math.prod(ops.shape(logits))
        return ops.sum(logits) * (ops.cast(rows, logits.dtype) / ops.cast(answers, logits.dtype)), logits

    _, logits, (gradient,) = input_gradients(total, [ops.convert_to_tensor(images)], variables)
    return ops.reshape(gradient, (_rows(logits, images), -1))


def between(first: Any, second: Any, seed: Any = None) -> Any:
    """A random point on the line between each two images.

    Args:
        first: float [N, ...].
        second: float [N, ...].
        seed: int or :class:`keras.random.SeedGenerator`; Keras' global source when None.

    Returns:
        float [N, ...], with one share of U[0, 1) for each pair.

    Source: Gulrajani et al. 2017, algorithm 1, lines 4 and 6.
    """
    first, second = ops.convert_to_tensor(first), ops.convert_to_tensor(second)
    shape = (ops.shape(first)[0], *[1] * (first.ndim - 1))
    return first + keras.random.uniform(shape, dtype=first.dtype, seed=seed) * (second - first)


def perturbed(real: Any, spread: float = 0.5, seed: Any = None) -> Any:
    """Images with noise of U[0, 1) · spread · the standard deviation of the batch.

    Args:
        real: float [N, ...]; all its values together have one standard deviation.
        spread: size of the noise, at least 0.
        seed: int or :class:`keras.random.SeedGenerator`; Keras' global source when None.

    Returns:
        float [N, ...].

    Source: the code of Kodali et al. 2017.
    """
    real = ops.convert_to_tensor(real)
    return real + spread * ops.std(real) * keras.random.uniform(ops.shape(real), dtype=real.dtype, seed=seed)


def _rows(logits: Any, images: Any) -> Any:
    """How many inputs the discriminator has, of which a pack of images is one; a tensor for batches of any size."""
    answers, count = math.prod(ops.shape(logits)), ops.shape(images)[0]
    known = isinstance(answers, int) and isinstance(count, int)
    return min(answers, count) if known else ops.minimum(answers, count)


def _squared_length(gradient: Any) -> Any:
    wide = ops.cast(gradient, keras.backend.result_type(gradient.dtype, "float32"))
    return ops.sum(ops.reshape(ops.square(wide), (ops.shape(wide)[0], -1)), axis=1)
