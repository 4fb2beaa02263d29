"""How much images differ from one another."""

import torch
from torch import Tensor

from steadygan.metrics.sliced import small_images
from steadygan.metrics.stored import channels_first


def variety(real: Tensor, fake: Tensor) -> float:
    """Compare how much generated images differ from one another with how much real ones do.

    Images are brought down to 16x16 first, so that noise and fine texture are no variety.

    Args:
        real: float32 [N, C, H, W] in [-1, 1], or uint8 [N, H, W, C].
        fake: the same, M images.

    Returns:
        The mean standard deviation of a pixel over the generated images, divided by that over the real ones: 0 if all
        generated images are alike, about 1 if they vary as the real ones do; 1 if neither vary.
    """
    ours, theirs = (_deviation(images) for images in (fake, real))
    if theirs == 0:
        return 1.0 if ours == 0 else float("inf")
    return ours / theirs


def _deviation(images: Tensor) -> float:
    return float(torch.std(small_images(channels_first(images)), dim=0, correction=0).mean())
