"""A question that images without labels can answer: which of several things was done to an image.

An encoder that tells whole images from turned, torn, blended and bent ones knows the forms and the layout of its data,
and those are what generated images get wrong.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

CHANGES = 8
"""How many kinds of image there are: the images as they are, and seven changes."""
BEND = 3.0
"""Standard deviation, in pixels, of the field that bends images of 32 x 32; in proportion elsewhere."""
TILES, REPLACED = 4, 0.3
"""Tiles along a side, and the share of them that comes from another image."""


def changed(images: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Images with each of the changes, and which change it was.

    Args:
        images: float [N, C, H, W], with H = W, of any number N.
        generator: of the random numbers.

    Returns:
        As many images, of which each change gets an equal share, and int64 [N] in 0..7: as it is, turned by 90, 180 and
        270 degrees, quarters exchanged, blended with another image, bent, with tiles of another image.

    Source: turns after Gidaris et al. 2018, "Unsupervised Representation Learning by Predicting Image Rotations".
    """
    parts = list(images.tensor_split(CHANGES))
    made = [torch.rot90(parts[turns], turns, (2, 3)) for turns in range(4)]
    made += [_quarters_exchanged(parts[4]), _blended(parts[5])]
    made += [_bent(parts[6], generator), _tiled(parts[7], generator)]
    kinds = torch.cat([torch.full((len(each),), kind) for kind, each in enumerate(made)])
    return torch.cat(made), kinds


def _quarters_exchanged(images: Tensor) -> Tensor:
    """Each quarter in the place of the one that lies diagonally across; of an odd size, as near as may be."""
    return images.roll((images.shape[2] // 2, images.shape[3] // 2), (2, 3))


def _blended(images: Tensor) -> Tensor:
    return images.lerp(images.roll(1, 0), 0.5)


def _bent(images: Tensor, generator: torch.Generator) -> Tensor:
    """Moved by a smooth random field."""
    count, _, height, width = images.shape
    if count == 0:
        return images  # of fewer images than there are changes
    field = F.interpolate(torch.randn(count, 2, 4, 4, generator=generator), (height, width), mode="bicubic")
    there = F.affine_grid(torch.eye(2, 3).expand(count, 2, 3), list(images.shape), align_corners=False)
    return F.grid_sample(
        images, there + (2 * BEND / 32) * field.permute(0, 2, 3, 1), padding_mode="border", align_corners=False
    )


def _tiled(images: Tensor, generator: torch.Generator) -> Tensor:
    chosen = (torch.rand(len(images), 1, TILES, TILES, generator=generator) < REPLACED).float()
    return images.lerp(images.roll(1, 0), F.interpolate(chosen, images.shape[2:]))
