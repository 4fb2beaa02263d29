"""What gradient-penalty and dragan share: a penalty on the difference of a gradient's norm from a target."""

from abc import abstractmethod
from collections.abc import Callable

import torch
from pydantic import Field
from torch import Tensor

from steadygan.heuristics.penalties.input_gradient import input_gradient
from steadygan.heuristics.roles import Penalty
from steadygan.heuristics.turn import Turn
from steadygan.vocabulary import Side

Discriminator = Callable[[Tensor], Tensor]


def slope_penalty(gradient: Tensor, weight: float = 10.0, target: float = 1.0) -> Tensor:
    """λ (‖∇D‖ - k)² of each row.

    Args:
        gradient: float [N, ...], of each logit with respect to what it was computed from.
        weight: λ, at least 0.
        target: k, the slope that is wanted, at least 0.

    Returns:
        float32 [N]; float64 for float64.

    Source: Gulrajani et al. 2017, equation 3.
    """
    wide = gradient.to(torch.promote_types(gradient.dtype, torch.float32))
    # This norm has the slope 0 at 0, where the square root of a sum of squares has none.
    slopes: Tensor = torch.linalg.vector_norm(wide.flatten(1), dim=1)
    return weight * (slopes - target).square()


def between(first: Tensor, second: Tensor) -> Tensor:
    """A random point on the line between each two images.

    Args:
        first: float [N, ...].
        second: float [N, ...].

    Returns:
        float [N, ...], with one share of U[0, 1) for each pair.

    Source: Gulrajani et al. 2017, algorithm 1, lines 4 and 6.
    """
    share = torch.rand(len(first), *[1] * (first.dim() - 1), device=first.device, dtype=first.dtype)
    return torch.lerp(first, second, share)


def slope_at(discriminator: Discriminator, points: Tensor, weight: float, target: float) -> Tensor:
    """λ (‖∇D‖ - k)² at given points.

    Args:
        discriminator: logits of images; fewer logits than images are those of neighbours seen together.
        points: float [N, ...].
        weight: λ, at least 0.
        target: k, the slope that is wanted, at least 0.

    Returns:
        float32 [N], or as many as there are logits if these are fewer; float64 for float64.
    """
    points = points.detach().requires_grad_()
    logits = discriminator(points)
    gradient = input_gradient(logits, points)
    # The input of a discriminator that sees several images at once is all of them.
    inputs = min(logits.numel(), len(points))
    return slope_penalty(gradient.reshape(inputs, -1), weight, target)


class SlopePenalty(Penalty):
    """What gradient-penalty and dragan share; they differ in the points."""

    weight: float = Field(10.0, ge=0)
    target: float = Field(1.0, ge=0, description="the norm of the gradient that is wanted")
    every: int = Field(1, ge=1, description="only every so many discriminator moves, with that many times the weight")

    @abstractmethod
    def _points(self, turn: Turn) -> Tensor:
        """Where the slope is taken, [N, ...]."""

    def __call__(self, turn: Turn) -> Tensor:
        """See :func:`slope_penalty`; the discriminator gets the labels of the real images."""
        labels = turn.labels(Side.REAL)
        with torch.no_grad():
            points = self._points(turn)
        penalty = slope_penalty(turn.score_gradients(points, labels), self.weight, self.target)
        turn.log(self.name, penalty.detach())
        return penalty


NOTE = (
    "With batch norm in the discriminator the gradient of a logit also flows through the other images of its batch; "
    "the authors use none there. Images that are packed are one input with one gradient, patches of an image are "
    "averaged."
)
