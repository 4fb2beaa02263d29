"""The sliced Wasserstein distance between patches of images, level by level of a Laplacian pyramid."""

from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from steadygan.errors import SteadyganError
from steadygan.metrics.filters import filtered
from steadygan.metrics.sliced import PATCH
from steadygan.metrics.stored import channels_first

BINOMIAL = tuple(weight / 16 for weight in (1, 4, 6, 4, 1))
COARSEST = 14
"""No level has a shorter side: the coarsest has 16 pixels, as in Karras et al., and 14 of images of 28."""
DIRECTIONS = 512
PATCHES = 128
"""Patches from each image and level at most, as in Karras et al."""
DESCRIPTORS = 2**16
"""Patches from each level in all: more than that add time and hardly change the figure."""
NUMBERS, FEWEST_IMAGES = 100_000_000, 500
"""Numbers in the images that are read, and the fewest images: pyramids of 10,000 images of 256x256 take minutes."""
AT_A_TIME = 1_000_000
"""Numbers in the images whose pyramids are held at a time."""
AXES_AT_A_TIME = 32
FLAT = 1e-12
"""Variance of what is nothing but rounding: it is not blown up."""
UNIT = 1000
"""The field gives these distances in thousandths."""


class _Level(NamedTuple):
    """Patches of one level: float64 [N, C, 7, 7]."""

    side: int
    patches: Tensor


def pyramid_distance(real: Tensor, fake: Tensor, seed: int = 0, directions: int = DIRECTIONS) -> dict[int, float]:
    """Sliced Wasserstein-1 distances of 7x7 patches at each level of a Laplacian pyramid, in thousandths.

    Each level holds the details that the next coarser one lacks, and the coarsest the rest. Patches of a set are
    brought to mean 0 and variance 1 in each channel, so that the figure sees structure and not brightness or contrast.

    Args:
        real: uint8 [N, H, W, C], or floats [N, C, H, W], sides of at least 7.
        fake: the same, M images of the same size.
        seed: of images, patches and directions. Of both sets, as many images and patches are read.
        directions: along which patches are compared.

    Returns:
        For the shorter side of each level in pixels, the finest first: the mean distance, at least 0.

    Raises:
        SteadyganError: when images are smaller than a patch, or of unlike sizes.

    Source: Karras et al. 2017 (1710.10196), section 5.
    """
    real, fake = channels_first(real), channels_first(fake)
    if real.shape[1:] != fake.shape[1:] or min(real.shape[-2:]) < PATCH:
        sizes = " with ".join("x".join(map(str, images.shape[1:])) for images in (real, fake))
        raise SteadyganError(
            f"Patches of {PATCH}x{PATCH} need larger images, all of one size; "
            f"these are (channels x height x width) {sizes}"
        )
    count = min(len(real), len(fake), max(FEWEST_IMAGES, NUMBERS // real[0].numel()))
    generator = torch.Generator().manual_seed(seed)
    axes = F.normalize(
        torch.randn(real.shape[1] * PATCH**2, directions, generator=generator, dtype=torch.float64), dim=0
    )
    ours, theirs = (_levels(images, count, seed) for images in (fake, real))
    pairs = zip(ours, theirs, strict=True)
    return {our.side: UNIT * _apart(_normalised(our.patches), _normalised(their.patches), axes) for our, their in pairs}


def laplacian_pyramid(images: Tensor) -> list[Tensor]:
    """Cut images into details of each scale; blown up and added, they are the images again.

    Args:
        images: floats [N, C, H, W].

    Returns:
        The finest level first, each of half the size (rounded up), down to a shorter side of at least 14.

    Source: Burt & Adelson 1983.
    """
    levels = []
    while (min(images.shape[-2:]) + 1) // 2 >= COARSEST:
        smaller = filtered(images, BINOMIAL)[..., ::2, ::2]
        levels.append(images - _blown_up(smaller, images))
        images = smaller
    return [*levels, images]


def _blown_up(smaller: Tensor, like: Tensor) -> Tensor:
    """A level at the size of the finer one: its pixels with zeros between them, blurred."""
    spread = torch.zeros_like(like)
    spread[..., ::2, ::2] = smaller
    return filtered(spread, BINOMIAL).mul_(4)


def _levels(images: Tensor, count: int, seed: int) -> list[_Level]:
    """Patches of some images at each level."""
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.randperm(len(images), generator=generator)[:count]
    each = max(1, min(PATCHES, DESCRIPTORS // count))
    found: dict[int, list[Tensor]] = {}
    for some in torch.split(chosen, max(1, AT_A_TIME // images[0].numel())):
        for level in laplacian_pyramid(images[some].double()):
            found.setdefault(min(level.shape[-2:]), []).append(_patches(level, each, generator))
    return [_Level(side, torch.cat(patches)) for side, patches in found.items()]


def _patches(level: Tensor, each: int, generator: torch.Generator) -> Tensor:
    """Random patches of each image, [N · each, C, 7, 7]."""
    which = torch.arange(len(level)).repeat_interleave(each)[:, None, None]
    rows, columns = (
        torch.randint(side - PATCH + 1, (len(which), 1), generator=generator) + torch.arange(PATCH)
        for side in level.shape[-2:]
    )
    # Indices apart from each other put the channels last.
    return level[which, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2).contiguous()


def _normalised(patches: Tensor) -> Tensor:
    """Patches brought to mean 0 and variance 1 in each channel, in place; one to a column: [C · 49, N]."""
    variance, mean = torch.var_mean(patches, (0, 2, 3), correction=0, keepdim=True)
    patches.sub_(mean).div_(variance.clamp_min(FLAT).sqrt_())
    return patches.flatten(1).T


def _apart(first: Tensor, second: Tensor, axes: Tensor) -> float:
    """The mean distance of columns along axes, a few axes at a time."""
    found = []
    for some in torch.split(axes.T, AXES_AT_A_TIME):
        # NumPy sorts four times as quickly as torch
        ours, theirs = (np.sort((some @ columns).numpy(), axis=1) for columns in (first, second))
        found.append(np.abs(ours - theirs).mean(axis=1))
    return float(np.concatenate(found).mean())
