"""Filters of images in float64, for which torch's convolutions are slow on the CPU."""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor


def filtered(images: Tensor, taps: Sequence[float]) -> Tensor:
    """Take weighted means about each pixel, along columns and then along rows.

    Args:
        images: floats [N, C, H, W], sides of more than half of the taps.
        taps: an odd number of weights.

    Returns:
        Floats of the same shape, images being mirrored at their edges without repeating the outermost pixels.
    """
    edge = len(taps) // 2
    found = F.pad(images, (edge, edge, edge, edge), mode="reflect")
    for axis in (-2, -1):
        length = found.shape[axis] - 2 * edge
        total = found.narrow(axis, 0, length) * taps[0]
        for place, weight in enumerate(taps[1:], 1):
            total.add_(found.narrow(axis, place, length), alpha=weight)
        found = total
    return found
