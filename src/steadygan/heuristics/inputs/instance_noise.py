"""Noise on what the discriminator sees."""

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.clock import Number, clipped
from steadygan.heuristics.roles import InputHeuristic
from steadygan.heuristics.turn import Turn
from steadygan.vocabulary import Failure, Side


def instance_noise(images: Tensor, std: Number) -> Tensor:
    """Add Gaussian noise to what the discriminator sees.

    Args:
        images: float32 [N, ...].
        std: standard deviation of the noise, at least 0.

    Returns:
        float32 of the same shape.

    Source: Sønderby et al. 2016, section 3.2.1; Arjovsky and Bottou 2017, section 3.
    """
    is_gone = isinstance(std, int | float) and std <= 0
    return images if is_gone else images + std * torch.randn_like(images)


class InstanceNoise(InputHeuristic):
    """Noise on real and fake images, which fades during training."""

    name: ClassVar[str] = "instance-noise"
    order: ClassVar[int] = 3
    card: ClassVar[Card] = Card(
        summary="Noise on real and fake images makes the two distributions overlap; it fades over images seen.",
        formula="x + σ(t) ε, ε ~ N(0, I), σ(t) = std · max(0, 1 - t / images)",
        sources=(
            Source(citation="sonderby2016amortised", where="section 3.2.1"),
            Source(citation="arjovsky2017towards", where="section 3"),
            Source(citation="chintala2016ganhacks", where="item 13"),
        ),
        treats=(Failure.DISCRIMINATOR_WINS, Failure.PREPROCESSING_MISMATCH),
        example=(
            "from steadygan.heuristics.inputs import instance_noise\nlogits = discriminator(instance_noise(x, 0.1))"
        ),
    )
    std: float = Field(0.1, gt=0)
    images: int = Field(500_000, ge=1, description="images seen after which the noise is gone")

    def std_at(self, images_seen: Number) -> Number:
        """The standard deviation after a number of images."""
        return self.std * clipped(1.0 - images_seen / self.images, low=0.0)

    def apply(self, images: Tensor, side: Side, turn: Turn) -> Tensor:
        """Add the noise of this moment."""
        return instance_noise(images, self.std_at(turn.state.images_seen))
