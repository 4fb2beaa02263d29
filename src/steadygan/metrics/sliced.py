"""The sliced Wasserstein distance between sets of images or vectors."""

from collections.abc import Iterable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from steadygan.metrics.stored import channels_first, floats

PATCH = 7
"""Side of a patch, as in Karras et al."""
PATCHES = 32
"""Patches drawn from each image."""
WHOLE = 16
"""Images are also compared as wholes, brought down to this size."""
DIRECTIONS = 64
AT_A_TIME = 100
"""Images whose patches are held at a time: of a thousand images they would take more memory than small networks."""


def sliced_wasserstein(first: Tensor, second: Tensor, directions: int = DIRECTIONS, seed: int = 0) -> float:
    """Mean Wasserstein-1 distance between two sets of points along random directions.

    Args:
        first: float32 [N, D].
        second: float32 [M, D]; if M differs from N, both are compared at the quantiles of the smaller.
        directions: how many unit vectors.
        seed: of the directions.

    Returns:
        A number of at least 0, in the points' unit.

    Source: Bonneel et al. 2015, section 3.1; Karras et al. 2017 (1710.10196), section 5.
    """
    axes = _axes(first.shape[1], directions, seed).to(first.device)
    return _apart(_ordered([first], axes), _ordered([second], axes))


def _axes(length: int, directions: int, seed: int) -> Tensor:
    """Unit vectors, float32 [length, directions]."""
    return F.normalize(torch.randn(length, directions, generator=torch.Generator().manual_seed(seed)), dim=0)


def _ordered(points: Iterable[Tensor], axes: Tensor) -> Tensor:
    """Places of points along each axis, ascending: [directions, N], as sorting is quickest along what lies in a row."""
    places = torch.cat([axes.t() @ some.t() for some in points], dim=1)
    for some in torch.split(places, 8):  # because sorting tells the order too, in twice as many bytes
        some.copy_(some.sort(dim=1).values)
    return places


def _apart(left: Tensor, right: Tensor) -> float:
    """The mean distance of ordered places, at the quantiles of the fewer ones."""
    count = min(left.shape[1], right.shape[1])
    return float((_quantiles(left, count) - _quantiles(right, count)).abs_().mean())


def _quantiles(ordered: Tensor, count: int) -> Tensor:
    if ordered.shape[1] == count:
        return ordered
    places = (torch.arange(count, device=ordered.device) + 0.5) / count * ordered.shape[1]
    return ordered[:, places.long().clamp_max(ordered.shape[1] - 1)]


def image_distance(first: Tensor, second: Tensor, seed: int = 0) -> float:
    """Sliced Wasserstein distance of images, by their patches and as wholes.

    Patches see texture and sharpness, wholes see shape and variety; the two distances are averaged. Unlike in Karras
    et al., patches come from one level and keep their mean and contrast, so that wrong colours count.

    Args:
        first: float32 [N, C, H, W] in [-1, 1], or uint8 [N, H, W, C].
        second: the same, M images.
        seed: of directions and patches.

    Returns:
        A number of at least 0; 0 for equal sets.
    """
    first, second = channels_first(first), channels_first(second)
    axes = _axes(first.shape[1] * min(PATCH, first.shape[-1]) ** 2, DIRECTIONS, seed).to(first.device)
    patches = _apart(_ordered(_patches(first, seed), axes), _ordered(_patches(second, seed), axes))
    wholes = sliced_wasserstein(small_images(first), small_images(second), seed=seed)
    return (patches + wholes) / 2


def small_images(images: Tensor) -> Tensor:
    """Bring images down to 16x16 by averaging.

    Args:
        images: [N, C, H, W], float32 in [-1, 1] or uint8.

    Returns:
        float32 [N, C · 16 · 16], or fewer numbers for smaller images.
    """
    size = min(WHOLE, images.shape[-1])
    return torch.cat([F.adaptive_avg_pool2d(floats(some), size).flatten(1) for some in torch.split(images, AT_A_TIME)])


def _patches(images: Tensor, seed: int) -> Iterator[Tensor]:
    """Patches of a few images after the other, [n, D] each."""
    side = min(PATCH, images.shape[-1])
    generator = torch.Generator().manual_seed(seed)
    reach = images.shape[-1] - side + 1
    top, left = (torch.randint(0, reach, (len(images), PATCHES), generator=generator) for _ in range(2))
    offsets = torch.arange(side)
    rows = (top[..., None] + offsets).to(images.device)
    columns = (left[..., None] + offsets).to(images.device)
    for some, lines, places in zip(*(torch.split(each, AT_A_TIME) for each in (images, rows, columns)), strict=True):
        which = torch.arange(len(some), device=images.device)[:, None, None, None]
        # Indexing channels last leaves [N, patches, side, side, C].
        cut = floats(some).permute(0, 2, 3, 1)[which, lines[:, :, :, None], places[:, :, None, :]]
        yield cut.flatten(0, 1).flatten(1)
