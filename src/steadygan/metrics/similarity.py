"""Similarity of images within their class: 1 if all images of a class are one, less the more varied they are."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from steadygan.errors import SteadyganError
from steadygan.metrics.estimate import Estimate
from steadygan.metrics.filters import filtered
from steadygan.metrics.sampling_error import mean_error
from steadygan.metrics.stored import channels_first

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""What each scale counts, the finest first (Wang et al. 2003, section 3.2)."""
WINDOW, DEVIATION = 11, 1.5
"""Side of the window that means are taken in, and standard deviation of the weights in it."""
SMALLEST_WINDOW = 7
"""Side of the window below which a mean says little; images must be as large."""
STEADY = ((0.01 * 255) ** 2, (0.03 * 255) ** 2)
"""What is added to means and variances, so that flat images have a similarity."""
PAIRS, AT_A_TIME = 1000, 50
"""Pairs that are compared over all classes, and at a time."""


def scales(height: int, width: int) -> int:
    """How many scales images of a size are compared at.

    Five, as in Wang et al., from 176 pixels on. Of smaller images as many as leave a window of 11 pixels: 2 of 32, 3 of
    64, 4 of 128. Figures of unlike numbers of scales cannot be compared, so their name must tell it.

    Args:
        height: pixels.
        width: pixels.
    """
    side, count = min(height, width), 1
    while count < len(WEIGHTS) and side // 2 >= WINDOW:
        side, count = side // 2, count + 1
    return count


def window_for(height: int, width: int) -> int:
    """The side of the window that means of images of a size are taken in.

    Eleven pixels, as in Wang et al.; of smaller images the largest odd number that they have room for: 7 of 8x8, such
    as scikit-learn's digits. Figures of unlike windows cannot be compared, so their name must tell a smaller one.

    Args:
        height: pixels.
        width: pixels.

    Raises:
        SteadyganError: when there is no room for a window of :data:`SMALLEST_WINDOW`.
    """
    side = min(height, width)
    if side < SMALLEST_WINDOW:
        least = f"{SMALLEST_WINDOW}x{SMALLEST_WINDOW}"
        raise SteadyganError(f"Structural similarity needs images of at least {least}; leave it out")
    return min(WINDOW, side - 1 + side % 2)


def bell(window: int) -> tuple[float, ...]:
    """The weights in a window along one side: those of a normal distribution, which narrows with the window.

    Args:
        window: its side, an odd number.
    """
    deviation = DEVIATION * window / WINDOW
    heights = [math.exp(-((place / deviation) ** 2) / 2) for place in range(-(window // 2), window // 2 + 1)]
    return tuple(height / sum(heights) for height in heights)


def protocol(height: int, width: int) -> str:
    """What the name of a figure says of how images of a size are compared: ``2_scales``, ``1_scale_window_7``."""
    count, window = scales(height, width), window_for(height, width)
    return f"{count}_scale{'' if count == 1 else 's'}" + ("" if window == WINDOW else f"_window_{window}")


def structural_similarity(first: Tensor, second: Tensor) -> Tensor:
    """Multi-scale structural similarity (MS-SSIM) of pairs of images, at as many scales as :func:`scales` says.

    The weights of fewer scales than five are scaled to sum to 1. Contrast is compared where the whole window lies in
    the image and luminance, at the coarsest scale, over the whole image mirrored at its edges, as in torchmetrics. The
    window is that of :func:`window_for`.

    Args:
        first: uint8 [N, H, W, C], sides of at least 7.
        second: the same.

    Returns:
        float64 [N], from 0 to 1: 1 for equal images.

    Raises:
        SteadyganError: when images are smaller.

    Source: Wang et al. 2003, equation 7.
    """
    count, weights = scales(*first.shape[1:3]), bell(window_for(*first.shape[1:3]))
    left, right = (channels_first(images).double() for images in (first, second))
    similarity = left.new_ones(len(left))
    for scale, weight in enumerate(WEIGHTS[:count]):
        whole, contrast = _at_one_scale(left, right, weights)
        seen = whole if scale == count - 1 else contrast
        similarity = similarity * seen.clamp_min(0) ** (weight / sum(WEIGHTS[:count]))
        left, right = (F.avg_pool2d(images, 2) for images in (left, right))
    return similarity


def _at_one_scale(first: Tensor, second: Tensor, weights: tuple[float, ...]) -> tuple[Tensor, Tensor]:
    """Structural similarity, and its part without luminance: float64 [N] each."""
    count, channels = first.shape[:2]
    together = torch.cat([first, second, first * first, second * second, first * second])
    blurred = filtered(together, weights).view(5, count, channels, *first.shape[2:])
    ours, theirs, our_square, their_square, product = blurred
    steady_mean, steady_variance = STEADY
    luminance = (2 * ours * theirs + steady_mean) / (ours**2 + theirs**2 + steady_mean)
    variances = (our_square - ours**2).clamp_min(0) + (their_square - theirs**2).clamp_min(0)
    contrast = (2 * (product - ours * theirs) + steady_variance) / (variances + steady_variance)
    edge = len(weights) // 2
    return (luminance * contrast).flatten(1).mean(1), contrast[..., edge:-edge, edge:-edge].flatten(1).mean(1)


def similarity_within_classes(images: Tensor, labels: Tensor, pairs: int = PAIRS, seed: int = 0) -> Estimate:
    """The mean structural similarity of two random images of a class: the mean over classes of means over pairs.

    Compare it with that of real images: a class that is collapsed has more.

    Args:
        images: uint8 [N, H, W, C], sides of at least 7.
        labels: int64 [N].
        pairs: in all, shared equally by the classes; each has at least one.
        seed: of the pairs.

    Returns:
        A number from 0 to 1, and its standard error for other pairs of the same images.

    Raises:
        SteadyganError: when images are smaller, or no class has two of them.

    Source: Odena et al. 2017 (1610.09585), section 4.2, with 100 pairs of a class.
    """
    generator = torch.Generator().manual_seed(seed)
    members = [(labels == label).nonzero().flatten() for label in torch.unique(labels).tolist()]
    members = [places for places in members if len(places) > 1]
    if not members:
        raise SteadyganError("No class has two images, so that none can be compared; measure more of them")
    each = max(1, pairs // len(members))
    means, squares = [], 0.0
    for places in members:
        first = torch.randint(len(places), (each,), generator=generator)
        second = (first + torch.randint(1, len(places), (each,), generator=generator)) % len(places)
        batches = zip(torch.split(first, AT_A_TIME), torch.split(second, AT_A_TIME), strict=True)
        found = torch.cat(
            [structural_similarity(images[places[some]], images[places[others]]) for some, others in batches]
        )
        means.append(float(found.mean()))
        squares += mean_error(found) ** 2
    return Estimate(sum(means) / len(means), squares**0.5 / len(means))
