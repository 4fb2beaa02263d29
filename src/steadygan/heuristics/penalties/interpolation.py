"""Penalties that give the discriminator a slope of one near and between the data and the fakes."""

from collections.abc import Callable
from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from steadygan.heuristics.base import Side
from steadygan.heuristics.card import Card, Finding, Source
from steadygan.heuristics.penalties.gradients import input_gradient
from steadygan.heuristics.roles import Penalty
from steadygan.heuristics.turn import Turn

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


def gradient_penalty(
    discriminator: Discriminator, real: Tensor, fake: Tensor, weight: float = 10.0, target: float = 1.0
) -> Tensor:
    """λ (‖∇D(x̂)‖ - k)² at random points x̂ between real and fake images.

    Args:
        discriminator: logits of images; fewer logits than images are those of neighbours seen together.
        real: float [N, ...].
        fake: float [N, ...].
        weight: λ, at least 0.
        target: k, the slope that is wanted, at least 0.

    Returns:
        float32 [N], or as many as there are logits if these are fewer.

    Source: Gulrajani et al. 2017, equation 3.
    """
    return _slope_at(discriminator, between(real, fake), weight, target)


def perturbed(real: Tensor, spread: float = 0.5, deviation: Tensor | None = None) -> Tensor:
    """Images with noise of U[0, 1) · spread · the standard deviation of the batch.

    Args:
        real: float [N, ...]; all its values together have one standard deviation.
        spread: size of the noise, at least 0.
        deviation: standard deviation of the batch that the images are from, a scalar; their own when None.

    Returns:
        float [N, ...].

    Source: the code of Kodali et al. 2017.
    """
    deviation = real.std(correction=0) if deviation is None else deviation
    return real + spread * deviation * torch.rand_like(real)


def dragan_penalty(
    discriminator: Discriminator, real: Tensor, weight: float = 10.0, target: float = 1.0, spread: float = 0.5
) -> Tensor:
    """λ (‖∇D(x + δ)‖ - k)² at random points between real images and noisy ones.

    Args:
        discriminator: logits of images; fewer logits than images are those of neighbours seen together.
        real: float [N, ...].
        weight: λ, at least 0.
        target: k, the slope that is wanted, at least 0.
        spread: size of the noise, see :func:`perturbed`.

    Returns:
        float32 [N], or as many as there are logits if these are fewer.

    Source: Kodali et al. 2017, algorithm 1, and their code.
    """
    return _slope_at(discriminator, between(real, perturbed(real, spread)), weight, target)


def _slope_at(discriminator: Discriminator, points: Tensor, weight: float, target: float) -> Tensor:
    points = points.detach().requires_grad_()
    logits = discriminator(points)
    gradient = input_gradient(logits, points)
    # The input of a discriminator that sees several images at once is all of them.
    inputs = min(logits.numel(), len(points))
    return slope_penalty(gradient.reshape(inputs, -1), weight, target)


class _Slope(Penalty):
    """What gradient-penalty and dragan share; they differ in the points."""

    weight: float = Field(10.0, ge=0)
    target: float = Field(1.0, ge=0, description="the norm of the gradient that is wanted")
    every: int = Field(1, ge=1, description="only every so many discriminator moves, with that many times the weight")

    def _points(self, turn: Turn) -> Tensor:
        raise NotImplementedError

    def __call__(self, turn: Turn) -> Tensor:
        """See :func:`slope_penalty`; the discriminator is told the labels of the real images."""
        labels = turn.labels(Side.REAL)
        with torch.no_grad():
            points = self._points(turn)
        slopes = _slope_at(lambda images: turn.answer(images, labels).logits, points, self.weight, self.target)
        penalty = turn.whole(slopes)
        turn.note(self.name, penalty.detach())
        return penalty


_BATCHES = (
    "With batch norm in the discriminator the gradient of a logit also flows through the other images of its batch; "
    "the authors use none there. Images that are packed are one input with one gradient, patches of an image are "
    "averaged."
)


class GradientPenalty(_Slope):
    """A slope of one between data and fakes."""

    name: ClassVar[str] = "gradient-penalty"
    card: ClassVar[Card] = Card(
        summary="The discriminator gets a gradient of norm one on the lines between real and fake images.",
        formula="λ E (‖∇D(x̂)‖ - 1)², x̂ = x + ε (G(z) - x), ε ~ U[0, 1]",
        sources=(Source(citation="gulrajani2017wgangp", where="equation 3"),),
        treats=(Finding.OSCILLATION, Finding.EXPLODING_GRADIENTS, Finding.DISCRIMINATOR_WINS),
        cost="one more pass through the discriminator, differentiated twice; every=k divides it by k",
        example=(
            "from steadygan.heuristics.penalties import gradient_penalty\n"
            "loss = loss + gradient_penalty(discriminator, real, fake, weight=10.0).mean()"
        ),
        note=(
            "Between the images as the discriminator sees them, after augmentation, with the labels of the real ones. "
            "Made for the wasserstein objective. " + _BATCHES
        ),
    )

    def _points(self, turn: Turn) -> Tensor:
        return between(turn.seen(Side.REAL), turn.seen(Side.FAKE))


class Dragan(_Slope):
    """A slope of one around the data."""

    name: ClassVar[str] = "dragan"
    card: ClassVar[Card] = Card(
        summary="The discriminator gets a gradient of norm one in the neighbourhood of real images.",
        formula="λ E (‖∇D(x + ε δ)‖ - 1)², δ = c · std(batch) · U[0, 1] per pixel, ε ~ U[0, 1] per image",
        sources=(Source(citation="kodali2017dragan", where="algorithm 1; code kodalinaveen3/DRAGAN"),),
        treats=(Finding.MODE_COLLAPSE, Finding.OSCILLATION),
        cost="like gradient-penalty; needs no fakes",
        example=(
            "from steadygan.heuristics.penalties import dragan_penalty\n"
            "loss = loss + dragan_penalty(discriminator, real, weight=10.0).mean()"
        ),
        note=(
            "The points are those of the authors' code: uniform noise of half the batch's standard deviation, of which "
            "each image gets a random share; the paper's algorithm writes normal noise. Around the images as the "
            "discriminator sees them, after augmentation. " + _BATCHES
        ),
    )
    spread: float = Field(0.5, ge=0, description="c, the largest noise in standard deviations of the batch")

    def _points(self, turn: Turn) -> Tensor:
        real = turn.seen(Side.REAL)
        return between(real, perturbed(real, self.spread, turn.whole(real).std(correction=0)))
