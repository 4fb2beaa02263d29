"""The range of images: scaling, and the generator's last activation."""

from typing import ClassVar

import torch
from torch import Tensor

from steadygan.blueprint import Blueprint
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import ArchitectureHeuristic
from steadygan.vocabulary import Failure


def scale_images(images: Tensor, low: float = -1.0, high: float = 1.0) -> Tensor:
    """Bring 8-bit images into the range that the generator's last activation has.

    Args:
        images: uint8 [N, ...] in [0, 255].
        low: what 0 becomes.
        high: what 255 becomes.

    Returns:
        float32 of the same shape in [low, high].

    Source: Radford et al. 2015, section 4 ("scaling to the range of the tanh activation function [-1, 1]").
    """
    return images.float().mul_((high - low) / 255.0).add_(low)


def unscale_images(images: Tensor, low: float = -1.0, high: float = 1.0) -> Tensor:
    """Undo :func:`scale_images`, rounding to the nearest of 256 levels.

    Args:
        images: float [N, ...]; values outside [low, high] are clipped.
        low: what becomes 0.
        high: what becomes 255.

    Returns:
        uint8 of the same shape.
    """
    return ((images.float() - low) * (255.0 / (high - low))).round().clamp(0, 255).to(torch.uint8)


class TanhOutput(ArchitectureHeuristic):
    """The generator ends in tanh, and images lie in [-1, 1]."""

    name: ClassVar[str] = "tanh-output"
    images_only: ClassVar[bool] = True
    card: ClassVar[Card] = Card(
        summary="The generator ends in tanh and real images are scaled to [-1, 1], centred like the latents.",
        formula="x = pixel / 127.5 - 1",
        sources=(
            Source(citation="radford2015dcgan", where="sections 3 and 4"),
            Source(citation="chintala2016ganhacks", where="item 1"),
        ),
        treats=(Failure.SATURATED_OUTPUT, Failure.PREPROCESSING_MISMATCH),
        example=(
            "from steadygan.heuristics.architecture import scale_images\nx = scale_images(pixels)  # uint8 to [-1, 1]"
        ),
    )

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Choose the last activation."""
        return blueprint.changed(output="tanh")
