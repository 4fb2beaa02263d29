"""Steps of optimisers as functions that gradients flow through."""

import math

import torch
from torch import Tensor


def sgd_step(
    parameter: Tensor, gradient: Tensor, velocity: Tensor, lr: float | Tensor, momentum: float = 0.0
) -> tuple[Tensor, Tensor]:
    """One step of gradient descent with momentum.

    Args:
        parameter: float, any shape.
        gradient: of its shape.
        velocity: the sum of past gradients, of its shape; zeros at first.
        lr: learning rate.
        momentum: share of the velocity that is kept, in [0, 1).

    Returns:
        The parameter and the velocity after the step.
    """
    velocity = momentum * velocity + gradient
    return parameter - lr * velocity, velocity


def adam_step(
    parameter: Tensor,
    gradient: Tensor,
    first: Tensor,
    second: Tensor,
    step: int | Tensor,
    lr: float | Tensor,
    betas: tuple[float, float],
    eps: float,
) -> tuple[Tensor, Tensor, Tensor]:
    """One step of Adam.

    Args:
        parameter: float, any shape.
        gradient: of its shape.
        first: running mean of the gradient, of its shape; zeros at first.
        second: running mean of the gradient's square, of its shape; zeros at first.
        step: number of this step, from 1; a scalar tensor spares waiting for the device.
        lr: learning rate.
        betas: decay of the first and of the second moment, each in [0, 1).
        eps: added to the denominator, above 0.

    Returns:
        The parameter and both moments after the step.

    Source: Kingma and Ba 2014, algorithm 1.
    """
    first = betas[0] * first + (1 - betas[0]) * gradient
    second = betas[1] * second + (1 - betas[1]) * gradient.square()
    mean = first / _weight(betas[0], step, first.dtype)
    size = _root(second / _weight(betas[1], step, second.dtype))
    return parameter - lr * mean / (size + eps), first, second


def _weight(beta: float, step: int | Tensor, dtype: torch.dtype) -> float | Tensor:
    """1 - beta^step; by expm1, since in float32 the difference would have few digits left."""
    if beta == 0:
        return 1.0
    if isinstance(step, int):
        return -math.expm1(step * math.log(beta))
    return -torch.expm1(step.to(dtype) * math.log(beta))


def _root(square: Tensor) -> Tensor:
    """The square root with a derivative of 0 at 0, where it is infinite and would make NaN of a product with 0."""
    positive = square > 0
    return torch.where(positive, torch.where(positive, square, 1.0).sqrt(), 0.0)
