"""Latents on a sphere."""

import math
from typing import ClassVar

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.citations import GANHACKS, SAMPLING
from steadygan.heuristics.roles import LatentHeuristic


def sphere_latent(count: int, dimension: int, generator: torch.Generator | None = None) -> Tensor:
    """Draw z uniformly from the sphere of radius √dimension, near which normal latents lie anyway.

    Args:
        count: how many.
        dimension: length of each.
        generator: source of randomness; the global one when None.

    Returns:
        float32 [count, dimension], each of norm √dimension.

    Source: ganhacks, item 3; White 2016.
    """
    z = torch.randn(count, dimension, generator=generator)
    return math.sqrt(dimension) * F.normalize(z, dim=1)


class SphereLatent(LatentHeuristic):
    """z uniform on a sphere."""

    name: ClassVar[str] = "sphere-latent"
    card: ClassVar[Card] = Card(
        summary="Latents lie on a sphere, so that every step between two of them stays among the likely ones.",
        formula="z = √d · g / ‖g‖, g ~ N(0, I)",
        sources=(Source(citation=GANHACKS, where="item 3"), Source(citation=SAMPLING, where="section 2.1")),
        example=(
            "from steadygan.heuristics.latents import sphere_latent\nz = sphere_latent(64, 100)  # float32 [64, 100]"
        ),
    )
    dimension: int = Field(100, ge=2)

    def sample(self, count: int, device: torch.device, generator: torch.Generator | None = None) -> Tensor:
        """Draw latents; see :func:`sphere_latent`."""
        return sphere_latent(count, self.dimension, generator).to(device)

    def truncated(self, count: int, threshold: float, generator: torch.Generator | None = None) -> Tensor:
        """Refuse: no point of a sphere is nearer to its middle than another.

        Raises:
            ValueError: always.
        """
        raise ValueError("sphere-latent cannot be truncated, because all its latents are equally far from the middle")
