"""Groups of alike images, found without labels, from which an encoder learns as it would from classes."""

import torch
import torch.nn.functional as F
from torch import Tensor

PATCH, FILTERS = 5, 160
"""Side of a patch, and how many typical patches are found."""
STRIDE = 2
PATCHES, PATCH_IMAGES = 30_000, 300
"""Patches among which typical ones are sought, and images from which they come."""
CONTRAST = 0.01
"""Added to the variance of a patch, in units of [-1, 1]: what is fainter counts as flat."""
WHITENING = 0.1
"""Added to the variance of patches in each direction: what is fainter counts as noise."""
THRESHOLD = 0.5
"""Answers of a filter below this count as none."""
DIRECTIONS, FAINT = 48, 0.01
"""Principal directions in which images are grouped, and the variance, of the largest, below which one counts less."""
ROUNDS = 12
AT_A_TIME = 200


def cluster_images(images: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """The group of each image.

    Images are described by how often typical patches, of either sign, occur in each of their quarters; the
    descriptions are whitened and grouped by spherical k-means.

    Args:
        images: float [N, C, H, W] in [-1, 1], with H and W at least 8.
        count: of groups, at most N.
        generator: of the random numbers.

    Returns:
        int64 [N] in 0..count - 1.

    Source: Coates, Ng 2012, "Learning Feature Representations with K-means", sections 2 to 4.
    """
    described = _described(images, *_typical_patches(images, generator))
    return spherical_k_means(whitened(described, DIRECTIONS, FAINT), count, generator)[0]


def spherical_k_means(points: Tensor, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Groups directions.

    Args:
        points: float [N, D], each of length 1.
        count: K, of groups, at most N.
        generator: of the random numbers.

    Returns:
        The group of each point, int64 [N], and the centres, [K, D], of length 1.
    """
    centres = points[torch.randperm(len(points), generator=generator)[:count]].clone()
    for _ in range(ROUNDS):
        nearest = (points @ centres.T).argmax(1)
        sums = torch.zeros_like(centres).index_add_(0, nearest, points)
        others = points[torch.randperm(len(points), generator=generator)[:count]]
        empty = torch.bincount(nearest, minlength=count) == 0
        centres = F.normalize(torch.where(empty[:, None], others, sums), dim=1)  # an empty group starts anew
    return (points @ centres.T).argmax(1), centres


def whitened(points: Tensor, directions: int, faint: float) -> Tensor:
    """Points in their principal directions, each scaled to the same variance, and then to length 1.

    Args:
        points: float [N, D].
        directions: how many to keep, at most D.
        faint: part of the largest variance that is added to each.
    """
    centred = points - points.mean(0)
    variances, vectors = torch.linalg.eigh(((centred.T @ centred) / len(centred)).double())
    variances, vectors = variances.flip(0)[:directions], vectors.flip(1)[:, :directions]
    scale = (variances.clamp(min=0) + faint * variances[0].clamp(min=1e-12)).rsqrt()
    return F.normalize(centred @ (vectors * scale).float(), dim=1)


def _typical_patches(images: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Filters [FILTERS, C, PATCH, PATCH] that answer to typical patches, and the offsets of their answers."""
    some = images[torch.randperm(len(images), generator=generator)[:PATCH_IMAGES]]
    patches = F.unfold(some, PATCH).permute(0, 2, 1).flatten(0, 1)
    patches = patches[torch.randperm(len(patches), generator=generator)[:PATCHES]]
    patches = patches - patches.mean(1, keepdim=True)
    patches = patches / (patches.var(1, keepdim=True, correction=0) + CONTRAST).sqrt()
    mean = patches.mean(0)
    variances, vectors = torch.linalg.eigh(torch.cov(patches.T))
    whitening = (vectors * (variances.clamp(min=0) + WHITENING).rsqrt()) @ vectors.T
    white = (patches - mean) @ whitening
    directions = F.normalize(torch.randn(FILTERS, white.shape[1], generator=generator), dim=1)
    for _ in range(ROUNDS):
        answers = white @ directions.T
        strongest = answers.abs().argmax(1)
        strength = answers.gather(1, strongest[:, None])  # its sign makes a patch and its negative alike
        directions = F.normalize(
            directions + torch.zeros_like(directions).index_add_(0, strongest, white * strength), dim=1
        )
    filters = directions @ whitening
    offsets = filters @ mean
    filters = filters - filters.mean(1, keepdim=True)  # so that the mean of a patch has no part in the answer
    return filters.reshape(FILTERS, images.shape[1], PATCH, PATCH), offsets


def _described(images: Tensor, filters: Tensor, offsets: Tensor) -> Tensor:
    """How much of each typical patch is in each quarter of each image, [N, 8 * FILTERS]."""
    described = torch.empty(len(images), 8 * len(filters))  # in one piece: many small ones would scatter the memory
    for some, place in zip(torch.split(images, AT_A_TIME), torch.split(described, AT_A_TIME), strict=True):
        mean = F.avg_pool2d(some.mean(1, keepdim=True), PATCH, STRIDE)
        square = F.avg_pool2d(some.square().mean(1, keepdim=True), PATCH, STRIDE)
        contrast = ((square - mean * mean).clamp(min=0) + CONTRAST).sqrt()
        answers = F.conv2d(some, filters, stride=STRIDE) / contrast - offsets[:, None, None]
        found = torch.cat([torch.relu(answers - THRESHOLD), torch.relu(-answers - THRESHOLD)], 1)
        place.copy_(F.adaptive_avg_pool2d(found, 2).flatten(1).sqrt())
    return described
