"""Images in other conditions: a little askew, as if drawn at a lower resolution, softer or sharper, paler, noisier.

An encoder without labels that never saw such images knows real ones by how they were sampled, and has little left for
what they show: of all questions about images, that is the easiest.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

TURN, ZOOM, MOVE = 0.15, 0.1, 1.5 / 32
"""How far images are turned at most, in radians; enlarged or reduced, and moved, both as a share of their size."""
REDUCED, PARTS = 0.6, 8
"""To which share of their size images are reduced at most, and to how many different sizes in a batch."""
SHARPER = 1.0
"""How much of what a blur takes away is added or taken away at most."""
CONTRAST, NOISE = 0.2, 0.1
"""By which share contrast changes at most, and the largest deviation of noise, of that of the images."""


def askew(images: Tensor, generator: torch.Generator) -> Tensor:
    """Each image turned, enlarged or reduced, and moved a little; its border is continued.

    Args:
        images: float [N, C, H, W], with N at least 1.
        generator: of the random numbers.

    Returns:
        As many images.
    """
    turn, zoom, right, down = (2 * torch.rand(4, len(images), generator=generator) - 1).unbind()
    angle, scale = turn * TURN, 1 + zoom * ZOOM
    rows = [angle.cos() * scale, -angle.sin() * scale, 2 * MOVE * right]
    rows += [angle.sin() * scale, angle.cos() * scale, 2 * MOVE * down]  # 2 is the width of what is looked at
    there = F.affine_grid(torch.stack(rows, 1).reshape(-1, 2, 3), list(images.shape), align_corners=False)
    return F.grid_sample(images, there, padding_mode="border", align_corners=False)


def conditioned(images: Tensor, generator: torch.Generator) -> Tensor:
    """The same images as if they were made in other ways, which has nothing to do with what they show.

    Args:
        images: float [N, C, H, W], with H = W, mean 0 and deviation 1, and N at least 1.
        generator: of the random numbers.

    Returns:
        As many images, each changed in resolution, sharpness, contrast and noise. Values stay between the least and the
        largest of each channel of the batch.
    """
    lowest, highest = images.amin((0, 2, 3), keepdim=True), images.amax((0, 2, 3), keepdim=True)
    found = _reduced(images, generator)
    sharper, contrast, noise = torch.rand(3, len(images), 1, 1, 1, generator=generator)
    found = found + (2 * sharper - 1) * SHARPER * (found - _blurred(found))
    found = found * (1 + (2 * contrast - 1) * CONTRAST)
    found = found + noise * NOISE * torch.randn(found.shape, generator=generator)
    return torch.maximum(torch.minimum(found, highest), lowest)


def _reduced(images: Tensor, generator: torch.Generator) -> Tensor:
    """Reduced and enlarged again: each of a few parts to another size, and the first of them not at all."""
    size = images.shape[-1]
    order = torch.randperm(len(images), generator=generator)
    parts = list(images[order].tensor_split(PARTS))
    shares = REDUCED + (1 - REDUCED) * torch.rand(PARTS, generator=generator)
    for place, share in enumerate(shares.tolist()[1:], 1):
        smaller = round(share * size)
        if smaller < size and len(parts[place]):  # of fewer images than parts some are empty
            small = F.interpolate(parts[place], (smaller, smaller), mode="bilinear", antialias=True)
            parts[place] = F.interpolate(small, (size, size), mode="bilinear")
    return torch.cat(parts)[order.argsort()]


def _blurred(images: Tensor) -> Tensor:
    """By a binomial filter of 3 x 3."""
    weights = torch.tensor([0.25, 0.5, 0.25])
    kernel = (weights[:, None] * weights).expand(images.shape[1], 1, 3, 3)
    return F.conv2d(F.pad(images, (1, 1, 1, 1), mode="replicate"), kernel, groups=images.shape[1])
