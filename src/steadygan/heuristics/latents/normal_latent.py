"""Latents of a normal distribution, truncated or not."""

import math
from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import LatentHeuristic
from steadygan.vocabulary import Failure


def normal_latent(count: int, dimension: int, generator: torch.Generator | None = None) -> Tensor:
    """Draw z ~ N(0, I).

    Args:
        count: how many.
        dimension: length of each.
        generator: source of randomness; the global one when None.

    Returns:
        float32 [count, dimension].

    Source: ganhacks, item 3.
    """
    return torch.randn(count, dimension, generator=generator)


def truncated_normal(count: int, dimension: int, threshold: float, generator: torch.Generator | None = None) -> Tensor:
    """Draw from N(0, I) with every coordinate beyond ``threshold`` drawn again.

    Args:
        count: how many.
        dimension: length of each.
        threshold: largest absolute value, above 0.
        generator: source of randomness; the global one when None.

    Returns:
        float32 [count, dimension] in [-threshold, threshold].

    Source: Brock et al. 2018, section 3.1 (the truncation trick), drawn here by inverting the distribution function.
    """
    tail = 0.5 * (1 + math.erf(-threshold / math.sqrt(2)))
    uniform = torch.rand(count, dimension, generator=generator, dtype=torch.float64)
    inside = tail + uniform * (1 - 2 * tail)
    drawn: Tensor = torch.special.ndtri(inside)
    return drawn.clamp(-threshold, threshold).float()


class NormalLatent(LatentHeuristic):
    """z ~ N(0, I)."""

    name: ClassVar[str] = "normal-latent"
    card: ClassVar[Card] = Card(
        summary="Latents come from a normal distribution instead of a cube.",
        formula="z ~ N(0, I)",
        sources=(
            Source(citation="chintala2016ganhacks", where="item 3"),
            Source(citation="brock2018biggan", where="appendix E"),
        ),
        treats=(Failure.MODE_DROPPING,),
        example=(
            "from steadygan.heuristics.latents import normal_latent\nz = normal_latent(64, 100)  # float32 [64, 100]"
        ),
    )
    dimension: int = Field(100, ge=1)

    def sample(self, count: int, device: torch.device, generator: torch.Generator | None = None) -> Tensor:
        """Draw latents; see :func:`normal_latent`."""
        return normal_latent(count, self.dimension, generator).to(device)

    def truncated(self, count: int, threshold: float, generator: torch.Generator | None = None) -> Tensor:
        """Draw truncated latents; see :func:`truncated_normal`."""
        return truncated_normal(count, self.dimension, threshold, generator)
