"""Real images that are mirrored at random."""

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import InputHeuristic
from steadygan.heuristics.shapes import check_images
from steadygan.heuristics.turn import Turn
from steadygan.vocabulary import Failure, Side


def horizontal_flip(images: Tensor, probability: float = 0.5) -> Tensor:
    """Mirror a random share of the images left to right.

    Args:
        images: float32 [N, C, H, W].
        probability: chance of each image, in [0, 1].

    Returns:
        float32 [N, C, H, W].

    Raises:
        ValueError: when these are no images.
    """
    check_images(images, "horizontal_flip")
    chosen = torch.rand(len(images), 1, 1, 1, device=images.device) < probability
    return torch.where(chosen, images.flip(3), images)


class HorizontalFlip(InputHeuristic):
    """Random mirroring of real images."""

    name: ClassVar[str] = "horizontal-flip"
    images_only: ClassVar[bool] = True
    card: ClassVar[Card] = Card(
        summary="Real images are mirrored at random, which doubles the data; wrong for text and digits.",
        formula="x → mirror(x) with probability p, for real x",
        sources=(Source(citation="karras2020ada", where="on dataset x-flips"),),
        treats=(Failure.DISCRIMINATOR_OVERFITS, Failure.MEMORISATION),
        example=(
            "from steadygan.heuristics.inputs import horizontal_flip\nlogits = discriminator(horizontal_flip(real))"
        ),
        note="Only real images are flipped: the generator learns mirrored images as part of the data.",
    )
    probability: float = Field(0.5, gt=0, le=1)

    def apply(self, images: Tensor, side: Side, turn: Turn) -> Tensor:
        """Flip real images."""
        return horizontal_flip(images, self.probability) if side is Side.REAL else images
