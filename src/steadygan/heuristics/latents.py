"""Slot latent: where do we sample z?"""

import math
from typing import ClassVar

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from steadygan.heuristics.card import Card, Finding, Source
from steadygan.heuristics.roles import LatentHeuristic


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


def slerp(start: Tensor, end: Tensor, share: Tensor | float) -> Tensor:
    """Walk along the great circle from ``start`` to ``end``; the length changes evenly from one to the other.

    Args:
        start: float32 [..., D].
        end: float32 [..., D].
        share: how far, in [0, 1]; a number, or a tensor that broadcasts against [..., 1].

    Returns:
        float32 [..., D]. Where the two directions are equal or opposite there is no one great circle; there the
        walk is straight.

    Source: White 2016, section 2.1; ganhacks, item 3.
    """
    start_length, end_length = start.norm(dim=-1, keepdim=True), end.norm(dim=-1, keepdim=True)
    first, second = start / start_length.clamp_min(1e-12), end / end_length.clamp_min(1e-12)
    # From the diagonals of the rhombus: exact near 0 and π too, where an arc cosine loses half its digits.
    angle = 2 * torch.atan2((first - second).norm(dim=-1, keepdim=True), (first + second).norm(dim=-1, keepdim=True))
    sine = torch.sin(angle)
    along = (torch.sin((1 - share) * angle) * first + torch.sin(share * angle) * second) / sine.clamp_min(1e-12)
    length = (1 - share) * start_length + share * end_length
    return torch.where(sine > 1e-4, length * along, (1 - share) * start + share * end)


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
        treats=(Finding.MODE_DROPPING,),
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


class UniformLatent(LatentHeuristic):
    """z ~ U[-1, 1]."""

    name: ClassVar[str] = "uniform-latent"
    card: ClassVar[Card] = Card(
        summary="Latents come from the cube [-1, 1] (the naive GAN and the DCGAN paper).",
        formula="z ~ U[-1, 1]",
        sources=(Source(citation="radford2015dcgan", where="section 3 and figure 1"),),
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


class SphereLatent(LatentHeuristic):
    """z uniform on a sphere."""

    name: ClassVar[str] = "sphere-latent"
    card: ClassVar[Card] = Card(
        summary="Latents lie on a sphere, so that every step between two of them stays among the likely ones.",
        formula="z = √d · g / ‖g‖, g ~ N(0, I)",
        sources=(
            Source(citation="chintala2016ganhacks", where="item 3"),
            Source(citation="white2016sampling", where="section 2.1"),
        ),
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
