"""Latents of a uniform distribution."""

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.citations import DCGAN
from steadygan.heuristics.roles import LatentHeuristic


def uniform_latent(count: int, dimension: int, generator: torch.Generator | None = None) -> Tensor:
    """Draw z ~ U[-1, 1] in each coordinate.

    Args:
        count: how many.
        dimension: length of each.
        generator: source of randomness; the global one when None.

    Returns:
        float32 [count, dimension] in [-1, 1].

    Source: Radford et al. 2015, figure 1; the range is that of the authors' code.
    """
    return torch.rand(count, dimension, generator=generator) * 2 - 1


class UniformLatent(LatentHeuristic):
    """z ~ U[-1, 1]."""

    name: ClassVar[str] = "uniform-latent"
    card: ClassVar[Card] = Card(
        summary="Latents come from the cube [-1, 1] (the naive GAN and the DCGAN paper).",
        formula="z ~ U[-1, 1]",
        sources=(Source(citation=DCGAN, where="section 3 and figure 1"),),
        note="The paper says uniform, in 100 dimensions; the range is from its authors' code.",
        example=(
            "from steadygan.heuristics.latents import uniform_latent\nz = uniform_latent(64, 100)  # float32 [64, 100]"
        ),
    )
    dimension: int = Field(100, ge=1)

    def sample(self, count: int, device: torch.device, generator: torch.Generator | None = None) -> Tensor:
        """Draw latents; see :func:`uniform_latent`."""
        return uniform_latent(count, self.dimension, generator).to(device)

    def truncated(self, count: int, threshold: float, generator: torch.Generator | None = None) -> Tensor:
        """Draw from the smaller cube [-threshold, threshold]; a threshold above 1 changes nothing."""
        return uniform_latent(count, self.dimension, generator) * min(threshold, 1.0)
