"""The sliced Wasserstein distance between sets of images or vectors."""

import torch
import torch.nn.functional as F
from torch import Tensor

PATCH = 7
"""Side of a patch, as in Karras et al."""
PATCHES = 32
"""Patches drawn from each image."""
WHOLE = 16
"""Images are also compared as wholes, brought down to this size."""
DIRECTIONS = 64


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
    generator = torch.Generator().manual_seed(seed)
    axes = torch.randn(first.shape[1], directions, generator=generator)
    axes = F.normalize(axes, dim=0).to(first.device)
    count = min(len(first), len(second))
    left, right = (_quantiles(_ordered(points, axes), count) for points in (first, second))
    return float((left - right).abs().mean())


def _ordered(points: Tensor, axes: Tensor) -> Tensor:
    """Places along each axis, ascending: [directions, N], because sorting is quickest along what lies in a row."""
    return (axes.t() @ points.t()).sort(dim=1).values


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
        first: float32 [N, C, H, W] in [-1, 1].
        second: float32 [M, C, H, W] in [-1, 1].
        seed: of directions and patches.

    Returns:
        A number of at least 0; 0 for equal sets.
    """
    patches = sliced_wasserstein(_patches(first, seed), _patches(second, seed), seed=seed)
    wholes = sliced_wasserstein(_wholes(first), _wholes(second), seed=seed)
    return (patches + wholes) / 2


def _wholes(images: Tensor) -> Tensor:
    size = min(WHOLE, images.shape[-1])
    return F.adaptive_avg_pool2d(images, size).flatten(1)


def _patches(images: Tensor, seed: int) -> Tensor:
    side = min(PATCH, images.shape[-1])
    generator = torch.Generator().manual_seed(seed)
    reach = images.shape[-1] - side + 1
    top, left = (torch.randint(0, reach, (len(images), PATCHES), generator=generator) for _ in range(2))
    offsets = torch.arange(side)
    rows = (top[..., None] + offsets).to(images.device)
    columns = (left[..., None] + offsets).to(images.device)
    which = torch.arange(len(images), device=images.device)[:, None, None, None]
    # Indexing channels last leaves [N, patches, side, side, C].
    cut = images.permute(0, 2, 3, 1)[which, rows[:, :, :, None], columns[:, :, None, :]]
    return cut.flatten(0, 1).flatten(1)
