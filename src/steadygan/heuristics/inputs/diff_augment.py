"""Differentiable augmentation of what the discriminator sees, real and fake."""

from collections.abc import Callable
from typing import ClassVar, Literal

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import InputHeuristic
from steadygan.heuristics.shapes import check_images
from steadygan.heuristics.turn import Turn
from steadygan.vocabulary import Failure, Side

Policy = Literal["color", "translation", "cutout"]


def _draw(images: Tensor) -> Tensor:
    """One number of U[0, 1) for each image, [N, 1, 1, 1]."""
    return torch.rand(len(images), 1, 1, 1, device=images.device, dtype=images.dtype)


def color_jitter(images: Tensor) -> Tensor:
    """Change brightness by U[-0.5, 0.5], saturation by a factor U[0, 2], contrast by a factor U[0.5, 1.5].

    Args:
        images: float32 [N, C, H, W] in [-1, 1]; saturation leaves grey images as they are.

    Returns:
        float32 [N, C, H, W], not clipped.

    Raises:
        ValueError: when these are no images.

    Source: Zhao et al. 2020, section 3 and its appendix on hyperparameters.
    """
    check_images(images, "color_jitter")
    bright = images + (_draw(images) - 0.5)
    grey = bright.mean(1, keepdim=True)
    saturated = grey + (bright - grey) * (2 * _draw(images))
    middle = saturated.mean((1, 2, 3), keepdim=True)
    return middle + (saturated - middle) * (_draw(images) + 0.5)


def translate(images: Tensor, share: float = 0.125) -> Tensor:
    """Shift each image by whole pixels, up to ``share`` of its size; what comes in from outside is 0.

    Args:
        images: float32 [N, C, H, W].
        share: largest shift as a share of the size, in [0, 1].

    Returns:
        float32 [N, C, H, W].

    Raises:
        ValueError: when these are no images.

    Source: Zhao et al. 2020, section 3.
    """
    check_images(images, "translate")
    count, _, height, width = images.shape
    reach_y, reach_x = int(height * share + 0.5), int(width * share + 0.5)
    shift_y = torch.randint(-reach_y, reach_y + 1, (count, 1), device=images.device)
    shift_x = torch.randint(-reach_x, reach_x + 1, (count, 1), device=images.device)
    rows = (torch.arange(height, device=images.device) + shift_y).clamp(-1, height) + 1  # 0 and height + 1 are padding
    columns = (torch.arange(width, device=images.device) + shift_x).clamp(-1, width) + 1
    padded = F.pad(images, (1, 1, 1, 1)).permute(0, 2, 3, 1)
    which = torch.arange(count, device=images.device)[:, None, None]
    return padded[which, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def cutout(images: Tensor, share: float = 0.5) -> Tensor:
    """Set a random square of each image to 0.

    Args:
        images: float32 [N, C, H, W].
        share: side of the square as a share of the image's, in (0, 1]; its centre is anywhere in the image.

    Returns:
        float32 [N, C, H, W].

    Raises:
        ValueError: when these are no images.

    Source: Zhao et al. 2020, section 3.
    """
    check_images(images, "cutout")
    count, _, height, width = images.shape
    side_y, side_x = int(height * share + 0.5), int(width * share + 0.5)
    top = torch.randint(0, height + (1 - side_y % 2), (count, 1), device=images.device) - side_y // 2
    left = torch.randint(0, width + (1 - side_x % 2), (count, 1), device=images.device) - side_x // 2
    rows, columns = torch.arange(height, device=images.device), torch.arange(width, device=images.device)
    in_rows = (rows >= top) & (rows < top + side_y)
    in_columns = (columns >= left) & (columns < left + side_x)
    hole = in_rows[:, None, :, None] & in_columns[:, None, None, :]
    return images.masked_fill(hole, 0.0)


_POLICIES: dict[Policy, Callable[[Tensor], Tensor]] = {
    "color": color_jitter,
    "translation": translate,
    "cutout": cutout,
}


def diff_augment(images: Tensor, policy: tuple[Policy, ...] = ("color", "translation", "cutout")) -> Tensor:
    """Augment images so that gradients pass through.

    Args:
        images: float32 [N, C, H, W] in [-1, 1].
        policy: which augmentations, in this order.

    Returns:
        float32 [N, C, H, W].

    Raises:
        ValueError: when these are no images.

    Source: Zhao et al. 2020, section 3.2.
    """
    check_images(images, "diff_augment")
    for kind in policy:
        images = _POLICIES[kind](images)
    return images


class DiffAugment(InputHeuristic):
    """Real and fake images are augmented in the same way."""

    name: ClassVar[str] = "diff-augment"
    order: ClassVar[int] = 1
    images_only: ClassVar[bool] = True
    card: ClassVar[Card] = Card(
        summary="Real and fake images are augmented alike before the discriminator sees them, in both players' moves.",
        formula="D(T(x)), D(T(G(z))), T differentiable",
        sources=(Source(citation="zhao2020diffaugment", where="section 3.2"),),
        treats=(Failure.DISCRIMINATOR_OVERFITS, Failure.MEMORISATION),
        cost="a few passes over the images",
        example=(
            "from steadygan.heuristics.inputs import diff_augment\n"
            "logits = discriminator(diff_augment(x, ('color', 'translation', 'cutout')))"
        ),
        note="Made for [-1, 1]: what is shifted in or cut out is 0, the middle grey (black under a sigmoid output).",
    )
    policy: tuple[Policy, ...] = Field(("color", "translation", "cutout"), min_length=1)

    def apply(self, images: Tensor, side: Side, turn: Turn) -> Tensor:
        """Augment."""
        return diff_augment(images, self.policy)
