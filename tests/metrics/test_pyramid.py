"""Distances of patches level by level, against pyramids of scipy's filters and exact one-dimensional distances."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.ndimage import convolve  # type: ignore[import-untyped]
from scipy.stats import wasserstein_distance  # type: ignore[import-untyped]
from torch import Tensor

from steadygan.errors import SteadyganError
from steadygan.metrics import pyramid
from steadygan.metrics.pyramid import laplacian_pyramid, pyramid_distance

TAPS = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256


def stored(*shape: int, seed: int = 0) -> Tensor:
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(seed))


def _by_hand(image: np.ndarray, levels: int) -> list[np.ndarray]:
    """Karras et al.'s pyramid of one channel."""
    found = []
    for _ in range(levels - 1):
        smaller = convolve(image, TAPS, mode="mirror")[::2, ::2]
        spread = np.zeros_like(image)
        spread[::2, ::2] = 4 * smaller
        found.append(image - convolve(spread, TAPS, mode="mirror"))
        image = smaller
    return [*found, image]


@pytest.mark.parametrize(
    ("height", "width", "levels"), [(16, 16, 1), (28, 28, 2), (32, 40, 2), (27, 33, 2), (64, 64, 3)]
)
def test_a_pyramid_is_that_of_the_filters(height: int, width: int, levels: int) -> None:
    images = torch.randn(2, 3, height, width, dtype=torch.float64)
    found = laplacian_pyramid(images)
    assert len(found) == levels
    for channel in ((0, 0), (1, 2)):
        for level, expected in zip(found, _by_hand(images[channel].numpy(), levels), strict=True):
            np.testing.assert_allclose(level[channel], expected, rtol=1e-12, atol=1e-12)


def test_distances_are_exact_ones_along_directions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Images of the size of a patch, so that there is one patch, whose channels are normalised by hand."""
    monkeypatch.setattr(pyramid, "PATCHES", 1)
    first, second = stored(40, 7, 7, 2), stored(40, 7, 7, 2, seed=1) // 2
    generator = torch.Generator().manual_seed(3)
    axes = F.normalize(torch.randn(98, 20, generator=generator, dtype=torch.float64), dim=0)
    places = []
    for images in (first, second):
        channels = images.permute(0, 3, 1, 2).double().numpy()
        centred = channels - channels.mean((0, 2, 3), keepdims=True)
        patches = (centred / channels.std((0, 2, 3), keepdims=True)).reshape(40, -1)
        places.append(patches @ axes.numpy())
    expected = 1000 * np.mean([wasserstein_distance(*both) for both in zip(places[0].T, places[1].T, strict=True)])
    assert pyramid_distance(first, second, seed=3, directions=20) == {7: pytest.approx(expected, rel=1e-9)}


@pytest.mark.parametrize(("side", "levels"), [(16, [16]), (28, [28, 14]), (32, [32, 16]), (64, [64, 32, 16])])
def test_equal_sets_have_distance_zero_at_each_level(side: int, levels: list[int]) -> None:
    images = stored(10, side, side, 3)
    found = pyramid_distance(images, images.clone(), directions=16)
    assert found == dict.fromkeys(levels, pytest.approx(0, abs=1e-9))


def test_each_level_sees_its_own_details() -> None:
    """White noise against itself, and against noise without its finest details."""
    generator = torch.Generator().manual_seed(0)
    real, fresh = (torch.randn(200, 1, 32, 32, generator=generator) for _ in range(2))
    blurred = F.avg_pool2d(fresh, 3, 1, 1)
    floor, found = pyramid_distance(real, fresh), pyramid_distance(real, blurred)
    assert found[32] > 5 * floor[32]
    assert found[16] < 2 * floor[16]


def test_brightness_and_contrast_are_not_seen_and_stored_images_are_as_floats() -> None:
    first, second = stored(50, 16, 16, 3), stored(50, 16, 16, 3, seed=1) // 3
    found = pyramid_distance(first, second, directions=32)
    floats = [images.permute(0, 3, 1, 2).double() / 127.5 - 1 for images in (first, second * 2 + 5)]
    assert pyramid_distance(*floats, directions=32) == pytest.approx(found, rel=1e-9)


def test_flat_images_are_alike() -> None:
    images = torch.full((20, 32, 32, 1), 77, dtype=torch.uint8)
    assert max(pyramid_distance(images, images - 30, directions=8).values()) < 1e-3


def test_sets_of_unlike_size_are_compared_by_as_many_patches() -> None:
    first, second = stored(300, 16, 16, 1), stored(120, 16, 16, 1, seed=1)
    fewer = pyramid_distance(first, second)[16]
    assert fewer == pytest.approx(pyramid_distance(first[:120], second)[16], rel=0.5)
    coarse = second[:, ::2, ::2].repeat_interleave(2, 1).repeat_interleave(2, 2)
    assert fewer < pyramid_distance(first, coarse)[16] / 3


def test_images_too_small_or_of_unlike_size_are_refused() -> None:
    with pytest.raises(SteadyganError, match=r"larger images.* 1x6x9 with 1x6x9"):
        pyramid_distance(stored(2, 6, 9, 1), stored(2, 6, 9, 1))
    with pytest.raises(SteadyganError, match=r"all of one size.* 1x16x16 with 3x16x16"):
        pyramid_distance(stored(2, 16, 16, 1), stored(2, 16, 16, 3))
