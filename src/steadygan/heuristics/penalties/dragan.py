"""The DRAGAN gradient penalty."""

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.penalties.slope import NOTE, Discriminator, SlopePenalty, between, slope_at
from steadygan.heuristics.turn import Turn
from steadygan.vocabulary import Failure, Side


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
    return slope_at(discriminator, between(real, perturbed(real, spread)), weight, target)


class Dragan(SlopePenalty):
    """Penalises gradients whose norm is not one around real images."""

    name: ClassVar[str] = "dragan"
    card: ClassVar[Card] = Card(
        summary="The discriminator gets a gradient of norm one in the neighbourhood of real images.",
        formula="λ E (‖∇D(x + ε δ)‖ - 1)², δ = c · std(batch) · U[0, 1] per pixel, ε ~ U[0, 1] per image",
        sources=(Source(citation="kodali2017dragan", where="algorithm 1; code kodalinaveen3/DRAGAN"),),
        treats=(Failure.MODE_COLLAPSE, Failure.OSCILLATION),
        cost="like gradient-penalty; needs no fakes",
        example=(
            "from steadygan.heuristics.penalties import dragan_penalty\n"
            "loss = loss + dragan_penalty(discriminator, real, weight=10.0).mean()"
        ),
        note=(
            "The points are those of the authors' code: uniform noise of half the batch's standard deviation, of which "
            "each image gets a random share; the paper's algorithm writes normal noise. Around the images as the "
            "discriminator sees them, after augmentation. " + NOTE
        ),
    )
    spread: float = Field(0.5, ge=0, description="c, the largest noise in standard deviations of the batch")

    def _points(self, turn: Turn) -> Tensor:
        real = turn.inputs(Side.REAL)
        return between(real, perturbed(real, self.spread, turn.gather(real).std(correction=0)))
